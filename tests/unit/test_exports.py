"""Batches of validated lines: exact, the same again, whole whatever happens, harmless, and never an invoice."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

import pytest

from assets import exports
from assets.exports import CANONICAL, ExportError
from assets.ledger import LedgerError
from tests.unit.exporting import AT, CLIENTS, MONTH, Firm, line

LINES = (
    line("FLAT|P1|1", "1027.78"),
    line("ADHOC|A1|1", "1.24", client_file_id="D4", service_code="COPIE", vat_code="R", vat_rate="10"),
    line("ADHOC|A2|1", "1.24", client_file_id="D4", service_code="COPIE", vat_code="R", vat_rate="10"),
    line("TIME|M1|BOB|90.000000|2025-01", "30.00", quantity="0.3333", unit="heure", unit_price="90"),
    line("UNIT|M2|PAIE|2025-01|1", "225.00", client_id="C2", client_file_id="D2", quantity="10", unit_price="25",
         discount_pct="10"),
    line("FLAT|P9|1|R", "-41.15", client_id="C2", client_file_id="D2", quantity="-1", unit_price="41.15",
         adjusts_line_key="FLAT|P9|1"),
)  # fmt: skip


@pytest.fixture(scope="module")
def validated(tmp_path_factory) -> Firm:
    """Made once, and copied: nothing in a test changes it."""
    firm = Firm(tmp_path_factory.mktemp("exports") / "firm")
    firm.validate(*LINES)
    return firm


@pytest.fixture
def firm(validated, tmp_path) -> Firm:
    return validated.copy(tmp_path / "firm")


def read_csv(content: bytes) -> list[dict[str, str]]:
    """As the documentation says: UTF-8 with its mark, `;`, decimal comma."""
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def plain(row: dict, comma: bool = False) -> dict[str, str]:
    """A row of any format as texts, decimals with a point, nothing as the empty text."""
    texts = {name: "" if value is None else str(value) for name, value in row.items()}
    decimals = (name for name in texts if comma and CANONICAL[name].startswith("DECIMAL"))
    return {**texts, **{name: texts[name].replace(",", ".") for name in decimals}}


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_the_three_formats_hold_the_same_rows(firm):
    report = firm.export()
    document = json.loads(firm.file("json").read_bytes())
    head = {name: document[name] for name in ("batch_id", "idempotency_key")}
    in_json = [plain({**head, **row}) for row in document["lines"]]
    in_csv = [plain(row, comma=True) for row in read_csv(firm.file("csv").read_bytes())]
    in_parquet = [plain(row) for row in firm.parquet()]
    assert in_csv == in_json == in_parquet
    assert [list(row) for row in firm.parquet()] == [list(CANONICAL)] * len(LINES)
    assert report.new_batch.lines == len(LINES) == document["control_totals"]["lines"]
    assert {row["batch_id"] for row in in_csv} == {report.new_batch.batch_id}
    assert {row["idempotency_key"] for row in in_csv} == {report.new_batch.idempotency_key}


def test_a_line_carries_what_the_invoicing_software_needs(firm):
    firm.export()
    row = next(row for row in firm.parquet() if row["line_key"] == "FLAT|P1|1")
    assert (row["siren"], row["vat_number"], row["payment_terms_days"]) == ("732829320", "FR44732829320", 30)
    assert (row["revenue_account"], row["fy_label"], row["mission_id"]) == ("706100", "2025", "M1")
    assert (row["amount_net"], row["unit_price"], row["vat_rate"]) == (Decimal("1027.78"), Decimal("1027.78"), 20)


def test_the_csv_opens_in_a_french_spreadsheet(firm):
    firm.export("csv")
    content = firm.file("csv").read_bytes()
    first, second, *_ = content.decode("utf-8-sig").split("\r\n")
    assert content.endswith(b"\r\n") and content.count(b"\r\n") == len(LINES) + 1
    assert first == ";".join(CANONICAL)
    assert "1027,78" in second


def test_control_totals_are_exact_and_vat_is_per_rate_of_a_client_file(firm):
    report = firm.export()
    totals = json.loads(firm.file("json").read_bytes())["control_totals"]
    bases: dict[tuple, Decimal] = defaultdict(Decimal)
    for each in LINES:
        bases[each["client_file_id"], Decimal(each["vat_rate"])] += Decimal(each["amount_net"])
    vat = {key: cents(base * key[1] / 100) for key, base in bases.items()}
    found = {(row["client_file_id"], Decimal(row["vat_rate"])): row for row in totals["vat"]}
    assert {key: Decimal(row["base"]) for key, row in found.items()} == bases
    assert {key: Decimal(row["vat"]) for key, row in found.items()} == vat
    assert found["D4", Decimal(10)]["vat"] == "0.25"  # 2 × 1.24 at 10 %, not 0.12 + 0.12
    net = sum(bases.values())
    assert Decimal(totals["amount_net"]) == report.new_batch.amount_net == net
    assert Decimal(totals["amount_vat"]) == report.new_batch.amount_vat == sum(vat.values())
    assert Decimal(totals["amount_gross"]) == net + sum(vat.values())


def test_vat_is_rounded_half_away_from_zero_whatever_its_size(tmp_path):
    cases = {
        ("0.25", "10"): "0.03",
        ("-0.25", "10"): "-0.03",
        ("0.10", "5.5"): "0.01",
        ("9999999999999999.99", "20"): "2000000000000000.00",
        ("100.10", "2.1"): "2.10",
        ("0.00", "20"): "0.00",
    }
    firm = Firm(tmp_path)
    for place, (net, rate) in enumerate(cases):
        month = f"2025-{place + 1:02d}"
        firm.validate(line(f"L{place}", net, unit_price="1", vat_rate=rate, month=month), month=month)
    found = [firm.export("csv", month=f"2025-{place + 1:02d}").new_batch.amount_vat for place in range(len(cases))]
    assert found == [Decimal(vat) for vat in cases.values()]


def test_control_totals_stand_beside_every_format(firm):
    report = firm.export("csv")
    (path,) = (firm.root / "exports" / MONTH / "totals").iterdir()
    totals = json.loads(path.read_bytes())
    assert totals["control_totals"]["amount_net"] == str(report.new_batch.amount_net)
    assert (totals["batch_id"], totals["number"]) == (report.new_batch.batch_id, 1)


def test_nothing_of_a_batch_is_an_invoice_number_or_a_time_of_day(firm):
    firm.export()
    assert not any("invoice" in name or "facture" in name for name in CANONICAL)
    assert all(AT[:10].encode() not in content for content in firm.files().values())


def test_a_text_that_a_spreadsheet_would_run_is_made_harmless_in_csv_alone(tmp_path):
    hostile = [f'{start}HYPERLINK("http://x.test";"a")' for start in "=+-@\t\r\n＝＋－＠"]
    firm = Firm(tmp_path)
    firm.validate(*(line(f"L{place:02d}", label=text, mission_id="@") for place, text in enumerate(hostile)))
    firm.export()
    rows = read_csv(firm.file("csv").read_bytes())
    assert [row["label"] for row in rows] == ["'" + text for text in hostile]
    assert {row["mission_id"] for row in rows} == {"'@"}
    assert [row["label"] for row in firm.parquet()] == hostile
    assert [row["label"] for row in json.loads(firm.file("json").read_bytes())["lines"]] == hostile


def test_any_text_survives_every_format(tmp_path):
    texts = ["a;b", 'un "mot"', "deux\nlignes", "retour\r\nchariot", "é€😀\u202f", "'", "null", "\\", "a=b", " =a"]
    firm = Firm(tmp_path)
    firm.validate(*(line(f"L{place:02d}", label=text) for place, text in enumerate(texts)))
    firm.export()
    assert [row["label"] for row in read_csv(firm.file("csv").read_bytes())] == texts
    assert [row["label"] for row in firm.parquet()] == texts
    assert [row["label"] for row in json.loads(firm.file("json").read_bytes())["lines"]] == texts


def test_a_negative_amount_stays_a_number(firm):
    firm.export("csv")
    row = next(row for row in read_csv(firm.file("csv").read_bytes()) if row["line_key"] == "FLAT|P9|1|R")
    assert (row["amount_net"], row["quantity"]) == ("-41,15", "-1,0000")


def test_exporting_again_gives_the_same_batch_and_says_so(firm):
    first = firm.export()
    before, links = firm.files(), firm.links()
    again = firm.export()
    assert again.new_batch is None
    assert [batch.batch_id for batch in again.batches] == [first.new_batch.batch_id]
    assert not any(file.is_written for file in again.batches[0].files)
    assert (firm.files(), firm.links()) == (before, links)
    assert "pas de nouveau lot" in again.sentences("fr")[-1]
    assert "no new batch" in again.sentences("en")[-1]


def test_the_lines_of_a_batch_are_said_to_have_left(firm):
    batch = firm.export("csv").new_batch
    with firm.warehouse() as connection:
        found = connection.execute("select batch_id, line_key from ledger.exported").fetchall()
    assert sorted(found) == sorted((batch.batch_id, each["line_key"]) for each in LINES)


def test_a_later_validation_gives_a_batch_of_the_new_lines_alone(firm):
    first = firm.export().new_batch
    before = firm.files()
    firm.validate(line("LATE|1"), line("LATE|2", client_id="C2", client_file_id="D2"))
    report = firm.export()
    second = report.new_batch
    assert [batch.number for batch in report.batches] == [1, 2]
    assert {row["line_key"] for row in firm.parquet(2)} == {"LATE|1", "LATE|2"}
    assert second.batch_id != first.batch_id and second.idempotency_key != first.idempotency_key
    assert before.items() <= firm.files().items()


def test_months_have_batches_of_their_own(firm):
    firm.validate(line("FEB|1", month="2025-02"), month="2025-02")
    firm.export()
    report = firm.export(month="2025-02")
    assert report.new_batch.batch_id.startswith("2025-02-001-")
    assert report.new_batch.lines == 1


def test_a_lost_or_changed_file_is_made_again_whatever_the_input_has_become(firm):
    firm.export()
    firm.validate(line("LATE|1"))
    firm.export()
    before = firm.files()
    with firm.warehouse() as connection:
        connection.execute("update raw.client set siren = '000', vat_number = null, payment_terms_days = 99")
        connection.execute("delete from raw.service")
        connection.execute("drop schema ledger cascade")
    shutil.rmtree(firm.root / "exports" / MONTH / "totals")
    firm.file("csv", 1).unlink()
    firm.file("parquet", 2).write_bytes(b"opened and saved by someone")
    report = firm.export()
    assert report.new_batch is None
    assert firm.files() == before
    first, second = ({file.path for file in batch.files if file.is_written} for batch in report.batches)
    assert {path.rpartition(".")[2] for path in first} == {"csv", "json"}
    assert {path.rpartition(".")[2] for path in second} == {"parquet", "json"}


def test_another_format_later_is_the_same_batch(firm):
    first = firm.export("csv").new_batch
    report = firm.export("json", "parquet")
    assert report.new_batch is None
    assert json.loads(firm.file("json").read_bytes())["batch_id"] == first.batch_id
    assert {row["idempotency_key"] for row in firm.parquet()} == {first.idempotency_key}


def test_the_same_lines_give_the_same_bytes_elsewhere_and_in_another_order(firm, tmp_path):
    other = Firm(tmp_path / "other", list(reversed(CLIENTS)))
    other.validate(*reversed(LINES))
    firm.export()
    other.export()
    assert other.files() == firm.files()


def test_a_delta_names_the_draft_its_line_left_in(firm):
    firm.export("csv")
    firm.validate(line("FLAT|P1|1|V", "-1027.78", quantity="-1", unit_price="1027.78", adjusts_line_key="FLAT|P1|1"))
    firm.export("csv")
    with firm.warehouse() as connection:
        found = connection.execute(
            "select draft_ref, adjusts_draft_ref from ledger.export_line where line_key like '%V'"
        ).fetchall()
    assert found == [(f"BROUILLON-{MONTH}-002-0001", f"BROUILLON-{MONTH}-001-0001")]


class Killed(BaseException):
    """The process dies here."""


#: What makes a step durable, and what a kill may fall before.
DURABLE = ("fsync", "replace", "rename", "mkdir", "rmdir", "unlink")


def kill_before(monkeypatch, step: int) -> list[str]:
    """Die before the durable step of that number; returns the steps taken."""
    taken: list[str] = []

    def dying(name, really):
        def call(*args, **kwargs):
            if len(taken) == step:
                raise Killed
            taken.append(name)
            return really(*args, **kwargs)

        return call

    for name in DURABLE:
        monkeypatch.setattr(os, name, dying(name, getattr(os, name)))
    return taken


def test_killed_at_any_step_the_same_command_finishes_the_same_batch(firm, tmp_path, monkeypatch):
    shutil.copytree(firm.root / "ledger", tmp_path / "validated")
    shutil.copy(firm.root / "warehouse.duckdb", tmp_path)
    with monkeypatch.context() as patch:
        steps = kill_before(patch, -1)
        firm.export("csv")
    assert {"fsync", "replace", "rename"} < set(steps)
    whole = {folder: firm.files(folder) for folder in ("exports", "ledger")}
    for step in range(len(steps)):
        shutil.rmtree(firm.root / "exports")
        shutil.rmtree(firm.root / "ledger")
        shutil.copytree(tmp_path / "validated", firm.root / "ledger")
        shutil.copy(tmp_path / "warehouse.duckdb", firm.root)
        with monkeypatch.context() as patch, pytest.raises(Killed):
            kill_before(patch, step)
            firm.export("csv")
        firm.export("csv")
        assert {folder: firm.files(folder) for folder in whole} == whole, f"killed before step {step}, {steps[step]}"


def test_a_new_batch_leaves_no_unfinished_one_behind(firm):
    firm.export("csv")
    before = firm.files("exports")
    # As a kill between the link and the switch leaves it.
    shutil.rmtree(firm.root / "exports")
    firm.validate(line("LATE|1"))
    firm.export("csv")
    assert before.items() < firm.files("exports").items()
    assert not list((firm.root / "exports" / MONTH).glob(".*"))


def test_a_month_that_is_not_validated_is_not_exported(firm):
    with pytest.raises(ExportError, match="prefact validate 2025-03"):
        firm.export(month="2025-03")
    assert not (firm.root / "exports").exists()


def test_a_month_validated_without_a_line_has_nothing_to_export(firm):
    firm.validate(month="2025-03")
    report = firm.export(month="2025-03")
    assert report.batches == ()
    assert report.sentences("en") == ["2025-03: validated without any line, nothing to export."]


@pytest.mark.parametrize("formats", [("pdf",), ("csv", "")])
def test_an_unknown_format_is_named_with_those_allowed(firm, formats):
    with pytest.raises(ExportError, match="csv, json, parquet, facturx"):
        firm.export(*formats)


def test_no_format_at_all_is_refused(firm):
    with pytest.raises(ExportError, match="csv, json, parquet, facturx"):
        exports.export_month(firm.root, MONTH, (), "en", AT, "anne")


def test_without_a_warehouse_the_way_out_is_named(tmp_path):
    with pytest.raises(ExportError, match="prefact rebuild"):
        exports.export_month(tmp_path, MONTH, ("csv",), "en", AT, "anne")


def test_a_folder_that_cannot_be_written_is_named_and_nothing_has_left(firm):
    links = firm.links()
    (firm.root / "exports").write_text("a file in the way")
    with pytest.raises(ExportError, match="exports") as refused:
        firm.export()
    assert refused.value.code == "cannot_write"
    assert firm.links() == links
    (firm.root / "exports").unlink()
    assert firm.export().new_batch.number == 1


def test_a_changed_ledger_is_refused(firm):
    firm.export("csv")
    (found,) = (firm.root / "ledger").glob("*/export_line.parquet")
    found.write_bytes(found.read_bytes()[:-1] + b"?")
    with pytest.raises(LedgerError, match="export_line"):
        firm.export("csv")


def test_every_sentence_exists_in_both_languages(firm):
    assert all(set(texts) == {"fr", "en"} for texts in exports.TEXTS.values())
    said = firm.export()
    assert "1\u202f244,11 € HT" in said.sentences("fr")[0]
    assert "€1,244.11 net" in said.sentences("en")[0]
