"""The demonstration firm as generated: the same bytes again, sound keys and references, sums that add up.

Nothing here runs the product: `integration/test_demo_register.py` compares its register with the list.
"""

from __future__ import annotations

import csv
import inspect
import json
from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pyarrow.parquet as pq
import pytest
from stdnum.fr import siren, siret, tva

from assets.contract import TABLES
from assets.demo import dates, identifiers
from assets.demo.firm import COLUMNS, euros, split_cents
from assets.demo.generator import build, generate
from assets.demo.scene import STORIES
from assets.demo.timesheets import timesheet_months

SEED = 2026
MONTH = "2026-03"
SIZE = 120
# What the planted stories cannot resolve on purpose: time of unknown people on unknown missions.
DANGLING_BY_DESIGN = {("time_entry", "collaborator_id"), ("time_entry", "mission_id")}
CODES = [f"FI-{number:02d}" for number in (*range(1, 18), 19, 20, 22)]
CODES += [f"AN-{number:02d}" for number in range(1, 28)]


@pytest.fixture(scope="module")
def demo():
    return build(SEED, SIZE, MONTH)


@pytest.fixture(scope="module")
def tables(demo) -> dict[str, list[dict]]:
    """Every row of the firm, a dictionary each, the ordinary time entries included."""
    rows = demo.firm.rows | {
        "time_entry": [row for month in timesheet_months(demo.firm.month) for row in demo.time_entries(SEED, month)]
    }
    return {table: [dict(zip(COLUMNS[table], row, strict=True)) for row in content] for table, content in rows.items()}


def content_of(folder) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        generate(tmp_path / name, seed=seed, client_files=15)
    one = content_of(tmp_path / "one")
    assert one == content_of(tmp_path / "again")
    assert one != content_of(tmp_path / "other")


def test_only_the_inbox_and_the_list_of_anomalies_are_written(tmp_path):
    manifest = generate(tmp_path, client_files=15)
    assert {path.name for path in tmp_path.iterdir()} == {"inbox", "planted.csv"}
    with (tmp_path / "planted.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *listed = list(csv.reader(file, delimiter=";"))
    assert header == ["code", "subject_id", "severity", "note", "cause_code"]
    assert [tuple(row) for row in listed] == [tuple(planted) for planted in manifest.planted]


def test_files_come_in_every_format_and_hold_every_row(tmp_path):
    manifest = generate(tmp_path, client_files=30)
    paths = [path for path in (tmp_path / "inbox").rglob("*") if path.is_file()]
    assert {path.suffix for path in paths} == {".csv", ".xlsx", ".parquet", ".json", ".dsn", ".edi", ".txt", ".docx"}
    written: Counter = Counter()
    for path in paths:
        if path.suffix == ".csv" and path.parent.name == "kimai":
            written["tracked_entry"] += len(path.read_text(encoding="utf-8").splitlines()) - 1
        elif path.suffix == ".csv":
            table = max((name for name in COLUMNS if path.stem.startswith(name)), key=len)
            text = path.read_bytes()
            encoding = "cp1252" if path.parent.name in ("echeanciers", "accueil", "parc") else "utf-8-sig"
            written[table] += text.decode(encoding).count("\r\n") - 1
    assert written["time_entry"] == manifest.rows["time_entry"]
    assert written["tracked_entry"] == manifest.rows["tracked_entry"] > 20
    assert written["project_map"] == manifest.rows["project_map"]
    for table in ("billing_plan_line", "billing_rule", "rule_change", "flat_fee_history", "run_override"):
        assert written[table] == manifest.rows[table] > 0, table
    past = pq.read_metadata(tmp_path / "inbox" / "parc" / "meter_reading_historique.parquet").num_rows
    assert past + written["meter_reading"] == manifest.rows["meter_reading"] > past


def test_columns_are_those_of_the_contract():
    for table, columns in COLUMNS.items():
        assert set(columns) <= set(TABLES[table].column_names), table


def test_required_columns_are_filled_and_choices_are_known(tables):
    for table, rows in tables.items():
        for column in TABLES[table].columns:
            values = {row.get(column.name) for row in rows}
            if column.required:
                assert None not in values, (table, column.name)
            if column.choices:
                assert values <= {None, *column.choices}, (table, column.name)


def test_keys_are_unique_and_dates_in_order(tables):
    for table, rows in tables.items():
        # A count corrected by hand stands beside the feed's.
        key = (*TABLES[table].key, *(("manual",) if table == "payroll_metric" else ()))
        seen = Counter(tuple(row[name] for name in key) for row in rows)
        assert [value for value, count in seen.items() if count > 1] == [], table
        for earlier, later in TABLES[table].ordered:
            for row in rows:
                assert row[earlier] is None or row[later] is None or row[earlier] <= row[later], (table, row)


def test_references_resolve(tables):
    for table, rows in tables.items():
        for reference in TABLES[table].references:
            if (table, reference.columns[0]) in DANGLING_BY_DESIGN:
                continue
            known = {tuple(row[name] for name in reference.target_columns) for row in tables[reference.target]}
            pointed = {tuple(row[name] for name in reference.columns) for row in rows}
            assert {value for value in pointed if None not in value} <= known, (table, reference)


def test_only_planted_time_points_nowhere(demo, tables):
    missions = {row["mission_id"] for row in tables["mission"]}
    people = {row["collaborator_id"] for row in tables["collaborator"]}
    lost = {
        f"{row['source']}|{row['source_id']}"
        for row in tables["time_entry"]
        if row["mission_id"] not in missions or row["collaborator_id"] not in people
    }
    told = {subject for code, subject, *_ in (*demo.planted, *demo.near_misses) if code in ("FI-02", "FI-20")}
    assert lost <= told


def test_identifiers_are_valid(tables):
    for row in tables["client"]:
        assert row["siren"] is None or siren.is_valid(row["siren"])
        assert row["vat_number"] is None or tva.is_valid(row["vat_number"])
    assert all(siret.is_valid(row["siret"]) for row in tables["establishment"])
    assert identifiers.luhn_key("73282932") == "0"


def test_mail_goes_nowhere(tables):
    addresses = [row["email"] for table in ("client", "collaborator") for row in tables[table] if row["email"]]
    assert addresses and all(address.endswith(".example") for address in addresses)


def test_plans_add_up_but_for_the_planted_ones(demo, tables):
    sums: dict[str, Decimal] = {}
    for line in tables["billing_plan_line"]:
        sums[line["plan_id"]] = sums.get(line["plan_id"], Decimal(0)) + Decimal(line["amount"] or 0)
    wrong = {
        row["plan_id"]
        for row in tables["billing_plan"]
        if row["status"] == "ACTIVE" and row["total_amount"] and Decimal(row["total_amount"]) != sums[row["plan_id"]]
    }
    assert wrong == {subject for code, subject, *_ in demo.planted if code == "FI-05"}


def test_letters_add_up_and_stay_inside_their_missions(demo, tables):
    missions = {row["mission_id"]: row for row in tables["mission"]}
    assert len(demo.firm.letters) >= SIZE // 5
    assert any(letter["version"] == 2 for letter in demo.firm.letters)
    for letter in demo.firm.letters:
        amounts = [Decimal(line["amount"]) for line in letter["lines"] if "amount" in line]
        assert "total_fee" not in letter or Decimal(letter["total_fee"]) == sum(amounts)
        for line in letter["lines"]:
            mission = missions[line["mission_id"]]
            assert (mission["client_file_id"], mission["fy_label"]) == (letter["client_file_id"], letter["fy_label"])
            for instalment in line.get("instalments", ()):
                day = date.fromisoformat(instalment["due_date"])
                assert mission["start_date"] <= day <= mission["end_date"]


def test_letters_typed_by_a_partner_say_what_the_others_say(demo, tmp_path):
    from assets.demo.letters import IN_WORDS, write_letters
    from assets.letter_files.docx import read_docx
    from assets.letter_files.reading import read_document
    from assets.letters import Loaded, check_letters

    write_letters(tmp_path, demo.firm.letters)
    typed = sorted(tmp_path.glob("*.docx"))
    assert len(typed) == IN_WORDS
    assert len(list(tmp_path.iterdir())) == len(demo.firm.letters)
    for path in typed:
        (said,) = [each for each in demo.firm.letters if f"{each['document_id']}_v{each['version']}" == path.stem]
        read = read_document(read_docx(path.read_bytes()), path.stem).letter
        one, other = check_letters([Loaded([said]), Loaded([read])])
        for table in ("document", "document_line", "document_instalment"):
            assert one.rows[table].equals(other.rows[table]), table


def test_letters_fit_the_published_schema(demo):
    from jsonschema.validators import validator_for

    from assets.letters import SCHEMA

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = validator_for(schema)(schema)
    assert [error.message for letter in demo.firm.letters for error in validator.iter_errors(letter)] == []


def test_the_firm_is_rich(tables):
    """Several years, other closings than December, long and short years, several establishments, every mode."""
    assert len(tables["mission"]) > 10 * SIZE
    assert len(tables["time_entry"]) > 60 * SIZE
    lengths = {dates.months_between(row["start_date"], row["end_date"]) + 1 for row in tables["fiscal_year"]}
    assert {6, 12, 15} <= lengths
    assert {6, 9, 12} <= {row["end_date"].month for row in tables["fiscal_year"]}
    assert {row["billing_mode"] for row in tables["mission"]} == {"FLAT", "UNIT", "TIME"}
    assert {row["lag_months"] for row in tables["metric_binding"]} == {0, 1}
    assert {row["tier_mode"] for row in tables["service"]} == {None, "GRADUATED", "VOLUME"}
    assert {row["series"] for row in tables["price_index"]} == {"ANCIENNE", "REVISEE"}
    assert max(Counter(row["client_file_id"] for row in tables["establishment"]).values()) > 1
    assert {row["status"] for row in tables["billing_plan"]} == {"ACTIVE", "CANCELLED"}
    assert any(row["manual"] for row in tables["payroll_metric"])


def test_the_park_is_rich(tables):
    """Every way of billing, in advance and in arrears, of several periods, days and ages; every origin of a reading."""
    assert len(tables["service_contract"]) > SIZE
    rules = tables["billing_rule"]
    assert {(row["type"], row["term"]) for row in rules} >= {
        (kind, term) for kind in ("FLAT_AMOUNT", "FLAT_WITH_TRUE_UP") for term in ("ADVANCE", "ARREARS")
    } | {("CONSUMED_UNITS", "ARREARS")}
    assert {row["period_months"] for row in rules} >= {1, 3, 12}
    assert {row["anchor_day"] for row in rules} >= {1, 15, 31}
    assert {row["reading_mode"] for row in rules} == {"ACTUAL", "ESTIMATE_ALLOWED"}
    origins = {"INSTALLATION", "CUSTOMER", "PROVIDER", "REMOVAL", "ROLLOVER"}
    assert {row["origin"] for row in tables["meter_reading"]} == origins
    assert {row["kind"] for row in tables["quantity"]} == {"TECHNICAL", "COMPUTED"}


def test_nobody_records_more_than_a_long_day(tables):
    worked: Counter = Counter()
    for row in tables["time_entry"]:
        if row["source_id"].startswith("T"):
            worked[row["collaborator_id"], row["work_date"]] += row["minutes"]
            assert row["work_date"].weekday() < 5
    assert sum(minutes > 600 for minutes in worked.values()) < len(worked) // 100


@pytest.mark.parametrize("code", CODES)
def test_each_kind_of_anomaly_is_planted_beside_a_near_miss(demo, code):
    assert [planted for planted in demo.planted if planted.code == code]
    assert [missed for missed in demo.near_misses if missed.code == code]


def test_the_list_is_unambiguous(demo):
    planted = [(code, subject) for code, subject, *_ in demo.planted]
    missed = [tuple(near) for near in demo.near_misses]
    assert len(set(planted)) == len(planted)
    assert len(set(missed)) == len(missed)
    assert not set(planted) & set(missed)
    assert {planted.code for planted in demo.planted} == set(CODES)
    assert {planted.severity for planted in demo.planted} == {"critical", "warning", "info"}
    assert all(planted.note for planted in demo.planted)


def test_each_story_has_a_line_that_tells_it():
    for told in STORIES:
        assert inspect.getdoc(told) and "\n" not in inspect.getdoc(told), told.__name__


@pytest.mark.parametrize("month", ["2024-02", "2025-12", "2026-01", "2026-08"])
def test_any_month_can_be_the_one_billed(month):
    demo = build(7, 10, month)
    assert {planted.code for planted in demo.planted} == set(CODES)
    assert list(demo.time_entries(7, demo.firm.month))


def test_the_anomalies_are_the_same_whatever_the_size():
    def kinds(size: int) -> Counter:
        return Counter((planted.code, planted.note) for planted in build(SEED, size, MONTH).planted)

    assert kinds(5) == kinds(40)


def test_splitting_a_total_loses_no_cent():
    for total in (0, 1, 100_000, 20_000, 99_999):
        for parts in range(1, 16):
            assert sum(split_cents(total, parts)) == total
    assert split_cents(100_000, 12) == [8333] * 11 + [8337]
    assert euros(-105) == "-1.05"


def test_dates_are_anchored_on_the_calendar():
    assert dates.month_end(date(2024, 2, 1)) == date(2024, 2, 29)
    assert dates.shift(date(2026, 1, 31), -13) == date(2024, 12, 1)
    assert date(2026, 4, 6) in dates.holidays(2026) and date(2026, 5, 14) in dates.holidays(2026)
    days = dates.workdays(date(2026, 3, 1))
    assert len(days) == 22 and all(a < b for a, b in pairwise(days))
