"""`prefact run` with pulled sources: a share, an API and a database; what people see, and what a rebuild keeps."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from assets.sources import attempts
from assets.sources.pull import pull
from orchestration import cli
from orchestration.settings import load_workspace
from tests.integration.test_commands import INBOX
from tests.unit.kimai import TOKEN, serve

MONTH = "2026-03"
CONFIGURATION = """
language = "en"

[sources.share]
kind = "folder"
path = "../share"

[sources.kimai]
kind = "http"
url = "{url}/api/timesheets"
table = "time_entry"
headers = {{ Authorization = "Bearer ${{KIMAI_TOKEN}}" }}
params = {{ user = "all", active = "0", orderBy = "id", order = "ASC" }}
page_param = "page"
size_param = "size"
size = 2
cursor_param = "modified_after"
timezone = "Europe/Paris"

[sources.kimai.columns]
source = {{ value = "kimai" }}
source_id = "id"
collaborator_id = "user"
mission_id = "project"
work_date = {{ field = "begin", part = "date" }}
minutes = {{ field = "duration", unit = "seconds" }}
billable = "billable"

[sources.office]
kind = "sql"
url = "sqlite:///${{OFFICE}}"
query = "select adhoc_id, client_file_id, service_code, service_date, quantity, unit_price, modified from service"
table = "adhoc_service"
cursor = "modified"
"""
SERVED = {name: INBOX[name] for name in ("client.csv", "client_file.csv", "fiscal_year.csv")}


class Firm:
    """A workspace, and beside it the share, the database and the server it is fed by."""

    def __init__(self, place: Path, kimai, monkeypatch, capsys) -> None:
        self.root = place / "firm"
        self.share = place / "share"
        self.kimai = kimai
        self.capsys = capsys
        (self.root / "inbox").mkdir(parents=True)
        self.share.mkdir()
        for name, text in INBOX.items():
            if name.endswith(".csv") and name != "time_entry.csv":
                folder = self.share if name in SERVED else self.root / "inbox"
                text = text.replace("K1,", "5,") if name in ("collaborator.csv", "selling_rate.csv") else text
                (folder / name).write_text(text.replace("\nMT,", "\n7,"), encoding="utf-8")
        self.office = sqlite3.connect(place / "office.db")
        columns = "adhoc_id, client_file_id, service_code, service_date, quantity, unit_price, modified"
        self.office.execute(f"create table service ({columns})")
        self.serve(1, "40", "2026-03-10 10:00:00")
        self.configure(CONFIGURATION.format(url=kimai.url))
        monkeypatch.setenv("KIMAI_TOKEN", TOKEN)
        monkeypatch.setenv("OFFICE", str(place / "office.db"))

    def configure(self, text: str) -> None:
        (self.root / "prefact.toml").write_text(text, encoding="utf-8")

    def serve(self, number: int, price: str, moment: str) -> None:
        self.office.execute("delete from service where adhoc_id = ?", [f"A{number}"])
        row = (f"A{number}", "D1", "HEURE", "2026-03-10", "1", price, moment)
        self.office.execute("insert into service values (?, ?, ?, ?, ?, ?, ?)", row)
        self.office.commit()

    def prefact(self, *words: str) -> tuple[int, str, str]:
        self.capsys.readouterr()
        status = cli.main([*words, "-w", str(self.root)])
        captured = self.capsys.readouterr()
        assert TOKEN not in captured.out + captured.err
        return status, captured.out, captured.err

    def lines(self) -> dict[str, Decimal]:
        lines = duckdb.sql(
            f"select billing_mode, sum(amount_net) from '{self.root}/published/{MONTH}/prebill_line.parquet'"
            " where status = 'READY' group by all"
        )
        return dict(lines.fetchall())

    def kept(self) -> tuple[dict[str, bytes], bytes, list[str]]:
        """What is published, clock times left out, the deliveries and the files fetched."""
        published = (self.root / "published" / MONTH).glob("*.parquet")
        relations = {path.name: path.read_bytes() for path in published if path.stem != "month_state"}
        return relations, (self.root / "archive/deliveries.jsonl").read_bytes(), self.pulled()

    def pulled(self) -> list[str]:
        return sorted(path.name for path in (self.root / "inbox/pulled").rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def server():
    with serve() as kimai:
        yield kimai


@pytest.fixture
def firm(tmp_path, server, monkeypatch, capsys):
    server.reset()
    server.put(1, 5400)
    server.put(2, 1800)
    server.put(3, 3600)
    monkeypatch.setattr(attempts, "FIRST_WAIT_SECONDS", 0.01)
    return Firm(tmp_path, server, monkeypatch, capsys)


def test_a_month_is_made_from_what_was_fetched_and_from_the_data_of_before_when_a_source_fails(firm):
    status, out, err = firm.prefact("run", MONTH)
    assert status == 0, err
    assert err.count("✓ fetching the sources") == 1
    assert firm.kimai.asked() == ["1", "2"]
    assert firm.lines() == {"FLAT": Decimal("1234.50"), "TIME": Decimal("270.00"), "ADHOC": Decimal("40.00")}
    assert "NOT FETCHED" not in out

    # Late: an entry changed, a service priced anew.
    firm.kimai.now += dt.timedelta(days=1)
    firm.kimai.put(2, 3600)
    firm.serve(1, "55", "2026-03-11 10:00:00")
    assert firm.prefact("run", MONTH)[0] == 0
    wanted = {"FLAT": Decimal("1234.50"), "TIME": Decimal("315.00"), "ADHOC": Decimal("55.00")}
    assert firm.lines() == wanted

    # The server is ill, nothing else is new: said loudly, and the published files are the same byte for byte.
    before = firm.kept()
    firm.kimai.faults = {0: "500"}
    status, out, _ = firm.prefact("run", MONTH)
    assert status == 0
    assert "SOURCES NOT FETCHED: 1" in out
    assert "kimai (fetched last: " in out
    assert "answers 500" in out
    assert firm.kept() == before

    status, out, _ = firm.prefact("status")
    assert status == 0
    rows = {line.split()[0]: line for line in out[out.index("Pulled sources") :].splitlines() if line.strip()}
    assert "FAILED" in rows["kimai"]
    assert "2026-04-01 16:00:00+00:00" in rows["kimai"]
    assert "2026-03-11 10:00:00" in rows["office"]
    assert "FAILED" not in rows["office"] + rows["share"]
    assert "kimai: http://127.0.0.1" in out
    look_at_dagster(firm)

    # What was fetched may be tidied away and the warehouse lost: a rebuild fetches nothing, and the cursors stand.
    shutil.rmtree(firm.root / "inbox/pulled")
    firm.kimai.requests.clear()
    status, out, err = firm.prefact("rebuild")
    assert status == 0, err
    assert firm.kimai.requests == []
    assert firm.lines() == wanted
    with duckdb.connect(str(firm.root / "warehouse.duckdb")) as connection:
        cursors = dict(connection.execute("select source, cursor from input.source_cursor").fetchall())
    assert cursors == {"kimai": "2026-04-01 16:00:00+00:00", "office": "2026-03-11 10:00:00"}
    firm.kimai.faults = {}
    workspace = load_workspace(firm.root)
    pull(firm.root, workspace.settings.sources, language="en", progress=lambda _: None)
    assert [params.get("modified_after") for params in firm.kimai.requests] == ["2026-04-01T17:00:00"]


def look_at_dagster(firm: Firm) -> None:
    """Each source is an asset with its figures, and a check that says that it failed."""
    import dagster as dg

    from orchestration.definitions import build_defs
    from orchestration.history import open_history

    workspace = load_workspace(firm.root)
    defs = build_defs(workspace)
    specs = {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}
    assert {name for name in specs if name.startswith("source/")} == {"source/share", "source/kimai", "source/office"}
    feeding = {dep.asset_key.to_user_string() for dep in specs["raw/time_entry"].deps}
    assert feeding == {"inbox/activity", "source/kimai", "source/share"}
    for job in ("validate", "export"):
        assert "pull" not in {node.name for node in defs.resolve_job_def(job).graph.node_defs}
    with open_history(workspace.hidden.resolve()) as history:
        event = history.get_latest_materialization_event(dg.AssetKey(["source", "kimai"]))
        metadata = event.asset_materialization.metadata
        assert (metadata["rows"].value, metadata["cursor"].value) == (3, "2026-04-01 16:00:00+00:00")
        assert metadata["fetched"].value > 0
        key = dg.AssetCheckKey(dg.AssetKey(["source", "kimai"]), "fetched")
        records = history.event_log_storage.get_asset_check_execution_history(key, limit=2)
        assert [record.status.value for record in records] == ["FAILED", "SUCCEEDED"]
    stored = b"".join(path.read_bytes() for path in workspace.hidden.rglob("*") if path.is_file())
    assert TOKEN.encode() not in stored


def test_a_required_source_that_fails_stops_the_run_and_publishes_nothing(firm):
    configuration = CONFIGURATION.format(url=firm.kimai.url)
    firm.configure(configuration.replace("[sources.kimai]\n", "[sources.kimai]\nrequired = true\n"))
    firm.kimai.faults = {0: "403"}
    status, _, err = firm.prefact("run", MONTH)
    assert status == 1
    assert "the source kimai, which is required" in err
    assert "refuses access (403)" in err
    assert "Traceback" not in err
    assert not (firm.root / "published" / MONTH).exists()
    assert any(name.startswith("adhoc_service") for name in firm.pulled()), "the others were fetched all the same"
