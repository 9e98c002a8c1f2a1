"""The golden month, validated in two parts and exported after each: what left is what was worked by hand."""

from __future__ import annotations

import json
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from assets.exports import ExportReport, export_month
from assets.ledger import freeze_month
from tests.oracle.model import Configuration
from tests.oracle.reading import read_rows
from tests.property.month_run import run_month

GOLDEN = Path(__file__).resolve().parents[1] / "fixtures" / "golden_month"
MONTH = "2025-01"
AT = "2025-02-03T09:00:00"
#: Client files validated, and so exported, first; the others follow with the rest of the month.
FIRST = ("D2", "D4")


class Story:
    """The month run, exported in two parts, and its models built again."""

    def __init__(self, workspace: Path) -> None:
        from assets.dbt import CONTROL_LAYERS, MART_LAYERS, DbtHome

        shutil.copytree(GOLDEN / "inbox", workspace / "inbox")
        self.workspace = workspace
        self.outcome = run_month(workspace, MONTH, date(2025, 1, 31), Configuration())
        self.vat_of_marts = self.outcome.relation("vat_groups")
        self.reports: list[ExportReport] = []
        for client_files in (FIRST, None):
            with duckdb.connect(str(self.outcome.warehouse)) as connection:
                ledger = workspace / "ledger"
                freeze_month(connection, ledger, MONTH, client_files, recorded_at=AT, recorded_by="anne")
            self.reports.append(export_month(workspace, MONTH, ("csv", "parquet"), "fr", AT, "anne"))
        dbt = DbtHome(workspace / ".prefact" / "dbt", self.outcome.warehouse)
        dbt.build([f"fqn:prefact.{layer}" for layer in CONTROL_LAYERS], last=False)
        dbt.build([f"fqn:prefact.{layer}" for layer in MART_LAYERS], last=True)

    def totals(self, batch: int) -> dict:
        (path,) = (self.workspace / "exports" / MONTH / "totals").glob(f"{MONTH}-{batch:03d}-*")
        return json.loads(path.read_bytes())["control_totals"]

    def rows(self, batch: int) -> list[tuple]:
        (path,) = (self.workspace / "exports" / MONTH).glob(f"{MONTH}-{batch:03d}-*.parquet")
        query = "select line_key, client_file_id, quantity, unit_price, amount_net, vat_rate from read_parquet(?)"
        return duckdb.execute(query + " order by line_key", [str(path)]).fetchall()


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> Story:
    return Story(tmp_path_factory.mktemp("golden"))


def test_the_lines_that_left_are_those_worked_by_hand(story):
    wanted = sorted(
        tuple(row[name] for name in ("line_key", "client_file_id", "quantity", "unit_price", "amount_net", "vat_rate"))
        for row in read_rows(GOLDEN / "expected" / f"lines_{MONTH}.csv")
        if row["status"] == "READY"
    )
    assert sorted(story.rows(1) + story.rows(2)) == wanted


def test_each_batch_holds_what_was_validated_since_the_one_before(story):
    assert {row[1] for row in story.rows(1)} == set(FIRST)
    assert not {row[1] for row in story.rows(2)} & set(FIRST)
    assert [report.new_batch.number for report in story.reports] == [1, 2]


def test_vat_of_the_batches_is_the_vat_worked_by_hand(story):
    columns = ("client_file_id", "vat_code", "vat_rate", "base", "vat")
    worked = read_rows(GOLDEN / "expected" / f"vat_groups_{MONTH}.csv")
    found = [row for batch in (1, 2) for row in story.totals(batch)["vat"]]
    assert sorted(
        (row["client_file_id"], row["vat_code"], *(Decimal(row[name]) for name in columns[2:])) for row in found
    ) == (sorted(tuple(row[name] for name in columns) for row in worked))


def test_vat_of_the_batches_is_the_vat_of_the_marts(story):
    columns = ("client_id", "client_file_id", "vat_code")
    marts = {tuple(row[name] for name in columns): row["vat"] for row in story.vat_of_marts}
    found = [row for batch in (1, 2) for row in story.totals(batch)["vat"]]
    assert {tuple(row[name] for name in columns): Decimal(row["vat"]) for row in found} == marts


def test_lines_that_left_are_shown_as_exported_and_so_is_their_month(story):
    state = story.outcome.query(f"select status from marts.month_state where month = '{MONTH}'")
    assert state == [{"status": "EXPORTED"}]
    lines = story.outcome.relation("lines")
    assert {line["status"] for line in lines if line["status"] != "HELD"} == {"EXPORTED"}


def test_exporting_the_month_once_more_adds_nothing(story):
    before = {path: path.read_bytes() for path in (story.workspace / "ledger").rglob("*") if path.is_file()}
    assert export_month(story.workspace, MONTH, ("csv",), "fr", AT, "anne").new_batch is None
    assert before == {path: path.read_bytes() for path in (story.workspace / "ledger").rglob("*") if path.is_file()}
