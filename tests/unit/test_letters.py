"""Engagement letters: taken whole or refused whole, each fault named by its path."""

from __future__ import annotations

import copy
import json
from datetime import date
from decimal import Decimal

import pytest
from jsonschema import Draft202012Validator

from assets.contract import PERIODICITIES, PRORATIONS, ROUNDINGS, TABLES
from assets.letters import SCHEMA, Letters, check_letters, load_letters
from assets.messages import REASONS
from assets.readers import FileRefused
from tests.unit.workspace import Workspace

LETTER = {
    "document_id": "LM-1",
    "version": 2,
    "client_file_id": "F1",
    "fy_label": "2025",
    "signed_on": "2024-12-15",
    "effective_from": "2025-01-01",
    "effective_to": None,
    "currency": "EUR",
    "total_fee": "1350.00",
    "lines": [
        {
            "line_no": 1,
            "mission_id": "M1",
            "label": "Tenue",
            "service_code": "BOOK",
            "billing_mode": "FLAT",
            "amount": 1200.10,
            "term": "ARREARS",
            "indexation": {
                "index_code": "SYNTEC",
                "series": "2020",
                "base_month": "2023-09",
                "revision_month": "2025-01",
                "cap_pct": 3,
                "floor_pct": "0",
            },
            "schedule": {"periodicity": "MONTHLY", "first_due_date": "2025-01-31", "instalments": 12},
        },
        {"line_no": 2, "mission_code": "SOCIAL", "service_code": "PAY", "unit_price": "25.123456"},
        {
            "line_no": 3,
            "mission_id": "M3",
            "amount": "150",
            "instalments": [
                {"due_date": "2025-03-31", "amount": 100},
                {"due_date": "2025-12-31", "amount": None, "is_balance": True},
            ],
        },
    ],
}


def read(content: object) -> Letters | FileRefused:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return check_letters([load_letters(data)])[0]


def changed(*path: object, to: object = ..., drop: bool = False) -> dict:
    letter = copy.deepcopy(LETTER)
    place = letter
    for step in path[:-1]:
        place = place[step]
    if drop:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return letter


def faults(content: object) -> list[tuple]:
    return [(row["column_name"], row["code"], row["value"]) for row in read(content).rejects.to_dicts()]


def test_a_letter_becomes_rows_of_three_tables():
    letters = read(LETTER)
    assert faults(LETTER) == []
    (document,) = letters.rows["document"].to_dicts()
    assert document["total_fee"] == Decimal("1350.00")
    assert (document["version"], document["effective_from"], document["effective_to"]) == (2, date(2025, 1, 1), None)
    first, second, third = letters.rows["document_line"].to_dicts()
    assert first["amount"] == Decimal("1200.10"), "a JSON number never passes through a float"
    assert (first["index_series"], first["cap_pct"], first["floor_pct"]) == ("2020", Decimal(3), Decimal(0))
    assert (first["periodicity"], first["instalments"]) == ("MONTHLY", 12)
    assert (first["rounding"], first["proration"]) == ("LAST", "ACTUAL"), "the defaults of the semantics"
    assert (second["billing_mode"], second["unit_price"]) == ("UNIT", Decimal("25.123456"))
    assert third["billing_mode"] == "FLAT"
    instalments = letters.rows["document_instalment"].to_dicts()
    assert [(row["line_no"], row["instalment_no"], row["amount"], row["is_balance"]) for row in instalments] == [
        (3, 1, Decimal("100.00"), False),
        (3, 2, None, True),
    ]
    assert [row["_row"] for row in letters.rows["document_line"].to_dicts()] == [1, 2, 3]
    assert [row["_key"] for row in instalments] == ["LM-1|2|3|1", "LM-1|2|3|2"]


@pytest.mark.parametrize(
    ("letter", "path", "code", "value"),
    [
        (changed("document_id", drop=True), "document_id", "json_missing", None),
        (changed("document_id", to=" "), "document_id", "json_blank", " "),
        (changed("fy_label", to=2025), "fy_label", "json_type", "2025"),
        (changed("currency", to="USD"), "currency", "currency", "USD"),
        (changed("version", to="2"), "version", "json_type", "2"),
        (changed("version", to=0), "version", "minimum", "0"),
        (changed("signed_on", to="15/12/2024"), "signed_on", "date", "15/12/2024"),
        (changed("signed_on", to="2025-02-31"), "signed_on", "date", "2025-02-31"),
        (changed("effective_to", to="2024-12-31"), "effective_to", "before", "2024-12-31"),
        (changed("total_fee", to="NaN"), "total_fee", "number", "NaN"),
        (changed("total_fee", to=10**30), "total_fee", "digits", str(10**30)),
        (changed("lines", to=[]), "lines", "json_lines", None),
        (changed("lines", to={}), "lines", "json_type", None),
        (changed("lines", 0, "amount", to=1.234), "lines[0].amount", "decimals", "1.234"),
        (changed("lines", 0, "amount", drop=True), "lines[0]", "json_price", None),
        (changed("lines", 0, "unit_price", to=1), "lines[0]", "json_price", None),
        (changed("lines", 0, "billing_mode", to="ADHOC"), "lines[0].billing_mode", "choice", "ADHOC"),
        (changed("lines", 0, "schedule", to="monthly"), "lines[0].schedule", "json_type", "monthly"),
        (
            changed("lines", 0, "schedule", "periodicity", to="WEEKLY"),
            "lines[0].schedule.periodicity",
            "choice",
            "WEEKLY",
        ),
        (changed("lines", 0, "schedule", "instalments", to=0), "lines[0].schedule.instalments", "minimum", "0"),
        (changed("lines", 0, "indexation", "base_month", to="2023"), "lines[0].indexation.base_month", "month", "2023"),
        (
            changed("lines", 0, "indexation", "revision_month", to="2025-13"),
            "lines[0].indexation.revision_month",
            "month",
            "2025-13",
        ),
        (changed("lines", 1, "line_no", to=1), "lines[1].line_no", "json_line_twice", "1"),
        (changed("lines", 1, "mission_code", drop=True), "lines[1]", "json_mission", None),
        (changed("lines", 2, "schedule", to={"periodicity": "MONTHLY"}), "lines[2]", "json_schedule", None),
        (
            changed("lines", 2, "instalments", 0, "amount", drop=True),
            "lines[2].instalments[0]",
            "json_instalment",
            None,
        ),
        (
            changed("lines", 2, "instalments", 0, "amount", to=None),
            "lines[2].instalments[0].amount",
            "json_instalment",
            None,
        ),
        (changed("lines", 2, "instalments", 0, "is_balance", to=True), "lines[2].instalments", "json_balance", None),
        (
            changed("lines", 2, "instalments", 0, "due_date", to="2025-02-30"),
            "lines[2].instalments[0].due_date",
            "date",
            "2025-02-30",
        ),
    ],
)
def test_a_fault_is_named_by_its_path_and_refuses_the_letter(letter, path, code, value):
    assert faults(letter) == [(path, code, value)]
    assert read(letter).rows is None
    assert code in REASONS


def test_every_missing_property_is_named():
    assert [path for path, _, _ in faults({})] == ["document_id", "client_file_id", "fy_label", "lines"]


def test_a_bad_letter_of_a_list_leaves_the_others():
    letters = read([changed("document_id", to="LM-0"), changed("currency", to="CHF"), LETTER])
    assert [row["_row"] for row in letters.rows["document"].to_dicts()] == [1, 3]
    assert letters.rejects["row_number"].to_list() == [2]
    assert letters.rows["document_line"].height == 6


def test_unknown_properties_are_reported_and_ignored():
    letter = changed("partner", to="X")
    letter["lines"][0]["schedule"]["colour"] = "blue"
    letter["lines"][1]["schedule"] = None
    letters = read(letter)
    assert sorted(letters.unknown) == ["lines[].schedule.colour", "partner"]
    assert letters.rows["document"].height == 1


def test_version_currency_and_null_amount_per_period_have_their_defaults():
    letter = changed("version", drop=True)
    del letter["currency"], letter["total_fee"]
    (document,) = read(letter).rows["document"].to_dicts()
    assert (document["version"], document["currency"], document["total_fee"]) == (1, "EUR", None)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b" \n", "empty_file"),
        (b"{", "json"),
        (b'{"a": 1,}', "json"),
        (b"3", "json_type"),
        (b'{"lines": NaN}', "number"),
        (b'{"version": 1, "version": 2}', "json_property_twice"),
        (b"[" * 100_000, "json"),
        (b'{"total_fee": ' + b"9" * 10_000 + b"}", "json"),
        (b'"\xff\xfe\xfa"', "json"),
    ],
)
def test_what_is_no_letter_is_refused_as_a_file(data, code):
    refusal = read(data)
    assert isinstance(refusal, FileRefused)
    assert refusal.code == code


def test_a_number_with_a_huge_exponent_is_refused_not_spelt_out():
    data = json.dumps(LETTER).replace('"1350.00"', "1e999999").encode()
    assert faults(data) == [("total_fee", "number", "1E+999999")]


def test_items_that_are_no_objects_are_refused_one_by_one():
    assert faults(["x", None]) == [(None, "json_type", "x"), (None, "json_type", None)]


def test_the_published_schema_is_a_valid_schema_and_says_what_the_contract_says():
    schema = json.loads(SCHEMA.read_bytes())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(LETTER)
    Draft202012Validator(schema).validate([LETTER, LETTER])
    schedule = schema["$defs"]["schedule"]["properties"]
    assert schedule["periodicity"]["enum"] == list(PERIODICITIES)
    assert [each for each in schedule["rounding"]["enum"] if each] == list(ROUNDINGS)
    assert [each for each in schedule["proration"]["enum"] if each] == list(PRORATIONS)
    known = {name for part in schema["$defs"].values() for name in part.get("properties", {})}
    columns = {name for table in TABLES.values() if table.kind == "document" for name in table.column_names}
    assert columns - known == {"instalment_no", "index_series", "to_confirm", "place"}
    reasons = [part["x-reason"] for part in _walk(schema) if "x-reason" in part]
    assert reasons
    assert set(reasons) <= set(REASONS)


def _walk(value: object):
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _walk(each)


def test_letters_arrive_in_the_raw_tables(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.put("documents/lm-1.json", json.dumps(LETTER))
    workspace.put("documents/sub/others.JSON", json.dumps([changed("document_id", to="LM-2"), {"document_id": "LM-3"}]))
    report = workspace.run()
    assert [(each.file, each.table, each.rows) for each in report.new] == [
        ("documents/lm-1.json", "document", 1),
        ("documents/lm-1.json", "document_line", 3),
        ("documents/lm-1.json", "document_instalment", 2),
        ("documents/sub/others.JSON", "document", 1),
        ("documents/sub/others.JSON", "document_line", 3),
        ("documents/sub/others.JSON", "document_instalment", 2),
    ]
    assert workspace.query("select _key, _file, _row from raw.document order by 1") == [
        ("LM-1|2", "documents/lm-1.json", 1),
        ("LM-2|2", "documents/sub/others.JSON", 1),
    ]
    assert {(row[0], row[2], row[4]) for row in workspace.rejects()} == {
        ("documents/sub/others.JSON", 2, name) for name in ("client_file_id", "fy_label", "lines")
    }


def test_a_letter_delivered_again_brings_all_its_parts_anew(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.put("documents/a.json", json.dumps(LETTER))
    workspace.run()
    shorter = copy.deepcopy(LETTER)
    shorter["lines"] = shorter["lines"][:1]
    workspace.put("documents/b.json", json.dumps(shorter))
    workspace.run()
    assert workspace.column("select line_no from raw.document_line") == [1]
    assert workspace.column("select count(*) from raw.document_instalment") == [0]


def test_a_letter_that_became_unreadable_leaves_the_one_before(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.put("documents/a.json", json.dumps(LETTER))
    workspace.run()
    workspace.put("documents/a.json", json.dumps(changed("currency", to="USD")))
    workspace.run()
    assert workspace.column("select count(*) from raw.document_line") == [3]
    assert workspace.codes() == [(1, "currency", "currency")]


def test_withdrawing_a_letter_withdraws_its_parts(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.put("documents/a.json", json.dumps(LETTER))
    workspace.put(
        "correction.csv",
        "correction_id,table,key,column,new_value,reason,author\nK1,document,LM-1|2,_deleted,true,r,a\n",
    )
    workspace.run()
    for table in ("document", "document_line", "document_instalment", "rejected_row"):
        assert workspace.column(f"select count(*) from raw.{table}") == [0], table
