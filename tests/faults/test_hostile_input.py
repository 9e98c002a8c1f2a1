"""Hostile input: whatever arrives costs bounded memory, is rejected with its cause, and the rest is billed."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from assets.contract import TABLES, WHOLE_DIGITS, Column, Table
from assets.ingestion import _part
from assets.letters import MAX_LETTERS, MAX_PROBLEMS, Loaded, check_letters, load_letters
from assets.messages import REASONS
from assets.readers import FileRefused, Sheet, read_csv, read_xlsx
from tests.contracts.park import seed_story
from tests.oracle.model import Configuration
from tests.property.month_run import run_month
from tests.unit.workspace import Workspace, workbook

#: Reads an inbox like a run, with bounds the system enforces, and tells how much memory it took.
BOUNDED = """
import resource, sys
from datetime import date
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
from assets.ingestion import ingest, prepare_raw
ingest(Path(sys.argv[1]), language="en", progress=lambda line: None)
prepare_raw(Path(sys.argv[1]), date(2026, 3, 31), "en")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)
"""
#: Without anything hostile it is about 150.
MOST_MEBIBYTES = 1_500


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


def changed(part: str, change: Callable[[bytes], bytes], **added: bytes) -> bytes:
    """A workbook of clients, one of its parts changed and others added."""
    content = io.BytesIO()
    sound = workbook({"client": [["client_id", "legal_name"], ["C8", "text"]]})
    with zipfile.ZipFile(io.BytesIO(sound)) as before, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, change(before.read(name)) if name == part else before.read(name))
        for name, data in added.items():
            after.writestr(name, data)
    return content.getvalue()


SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


def with_rows(rows: bytes) -> Callable[[bytes], bytes]:
    return lambda xml: xml.replace(b"</sheetData>", rows + b"</sheetData>")


def shared_text() -> bytes:
    """One text of ten megabytes in three thousand cells: thirty gigabytes."""
    rows = b"".join(b'<row r="%d"><c r="B%d" t="s"><v>3</v></c></row>' % (row, row) for row in range(3, 3000))
    data = changed(SHEET, with_rows(rows))
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            part = before.read(name)
            after.writestr(name, part.replace(b"<t>text</t>", b"<t>" + b"x" * (10 << 20) + b"</t>"))
    return content.getvalue()


def same_part() -> bytes:
    """One sheet under three hundred names."""
    sheets = b"".join(b'<sheet name="client_%d" sheetId="%d" r:id="rId1"/>' % (n, n) for n in range(2, 300))
    return changed("xl/workbook.xml", lambda xml: xml.replace(b"</sheets>", sheets + b"</sheets>"))


FAR = {
    "single quotes": b"<row r='1048576'><c r='XFD1048576'><v>3</v></c></row>",
    "blanks": b'<row r = "1048576"><c\nr = "XFD1048576"><v>3</v></c></row>',
    "small letters": b'<row r="9"><c t="n" r="xfd1048576"><v>3</v></c></row>',
    "no cell names its row": b'<row r="1048576"><c><v>3</v></c></row><row r="2"><c r="XFD2"><v>1</v></c></row>',
}

#: File, content, and (row, column, code) of what is rejected.
BOMBS: dict[str, tuple[bytes, list[tuple]]] = {
    "client_separators.csv": (b";" * 10_000_000, [(0, None, "too_many_columns")]),
    "client_ragged.csv": (
        b"client_id;legal_name\nC3;good\n" + b"a;" * 5_000_000 + b"\n" + b";" * 5_000_000 + b"\nC4;good;too\n",
        [(3, None, "ragged"), (5, None, "ragged")],
    ),
    "client_stray.csv": (
        b'client_id;legal_name\nC5;go"od\n' + b"a;" * 1_000_000 + b"\n",
        [(3, None, "ragged")],
    ),
    "client_ends.csv": (b"client_id;legal_name\n" + b"\n" * 11_000_000, [(0, None, "too_many_rows")]),
    "client_field.csv": (b'client_id;legal_name\nC6;"' + b"x\n" * 9_000_000 + b'"\n', [(2, "legal_name", "too_long")]),
    "client_nul.csv": (
        b"client_id;legal_name\nC7;" + b"\0" * 10_000_000 + b"\n",
        [(2, "legal_name", "control_character")],
    ),
    "client_twice.csv": (b"client_id;legal_name\n" + b"C9;same\n" * 1_000_000, []),
    "client_shared.xlsx": (shared_text(), [(0, None, "too_large")]),
    "client_part.xlsx": (same_part(), [(0, None, "not_xlsx")]),
    **{
        f"client_far_{number}.xlsx": (changed(SHEET, with_rows(rows)), [(0, None, "too_many_cells")])
        for number, rows in enumerate(FAR.values())
    },
    "documents/zeros.json": (b"[" + b"0," * 500_000 + b"0]", [(0, None, "json_too_many")]),
}


def test_what_is_built_to_take_memory_is_rejected_within_it_and_the_rest_is_read(workspace):
    workspace.put_minimal()
    for name, (content, _) in BOMBS.items():
        workspace.put(name, content)
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", BOUNDED, str(workspace.root)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.split()[-1]) < MOST_MEBIBYTES
    found = defaultdict(list)
    for file, _, row, _, column, _, code in workspace.rejects():
        found[file].append((row, column, code))
    assert found == {name: rejects for name, (_, rejects) in BOMBS.items() if rejects}
    assert workspace.query("select client_id, legal_name from raw.client order by all") == [
        ("C1", "Dupont"),
        ("C2", "Martin"),
        ("C3", "good"),
        ("C5", 'go"od'),
        ("C9", "same"),
    ]
    assert workspace.column("select count(*) from raw.mission") == [2]


def test_formulas_of_a_workbook_give_their_stored_values_and_macros_and_links_nothing(workspace):
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet("client")
        sheet.write_row(0, 0, ["client_id", "legal_name"])
        sheet.write(1, 0, "C1")
        sheet.write_formula(1, 1, '=WEBSERVICE("http://127.0.0.1:9/x")', None, "stored")
        sheet.write(2, 0, "C2")
        sheet.write_string(2, 1, "=cmd|'/C calc'!A0")
    workspace.put("client.xlsx", content.getvalue())
    link = b'<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    extra = {"xl/vbaProject.bin": b"x", "xl/externalLinks/externalLink1.xml": link, "../../evil.csv": b"x"}
    workspace.put("client_macro.xlsx", changed(SHEET, lambda xml: xml, **extra))
    workspace.run()
    assert workspace.query("select client_id, legal_name from raw.client order by all") == [
        ("C1", "stored"),
        ("C2", "=cmd|'/C calc'!A0"),
        ("C8", "text"),
    ]
    assert not list(workspace.root.parent.rglob("evil.csv"))


@pytest.mark.parametrize("entity", ['SYSTEM "file:///etc/passwd"', '"&#97;&#97;"'])
def test_entities_of_a_workbook_are_never_replaced(entity):
    def declare(xml: bytes) -> bytes:
        head, _, body = xml.partition(b"?>")
        declared = f"?><!DOCTYPE d [<!ENTITY e {entity}>]>".encode()
        return head + declared + body.replace(b"<t>text</t>", b"<t>&e;</t>")

    try:
        (sheet,) = read_xlsx(changed(STRINGS, declare))
    except FileRefused as refusal:
        assert refusal.code == "not_xlsx"
    else:
        assert "root:" not in str(sheet.cells) and "aa" not in str(sheet.cells)


def test_lines_in_several_encodings_are_each_read_in_their_own(workspace):
    lines = ["client_id;legal_name\n", "C1;Léa « œuvre » 5 €\n", "C2;Zoé « café\xa0» 5 €\n", "C3;Ça et là – fin\n"]
    encodings = ["ascii", "utf-8", "cp1252", "utf-8"]
    workspace.put("client.csv", b"".join(line.encode(name) for line, name in zip(lines, encodings, strict=True)))
    workspace.put("client_old.csv", "client_id;legal_name\nC4;café\xa0» à Évry\n".encode("cp1252"))
    workspace.ingest()
    names = [line.strip().split(";")[1] for line in lines[1:]]
    assert workspace.column("select legal_name from input.client order by client_id") == [*names, "café\xa0» à Évry"]


NUMBERS = {
    "1e400": "number",
    "-1e-400": "number",
    "NaN": "number",
    "Infinity": "number",
    "٣": "number",
    "(12,50)": "number",
    "12-": "number",
    "1'234": "number",
    "0x1F": "number",
    "=1+1": "number",
    "999999999999": "digits",
    "9" * 9_999: "digits",
    "0.00001": "decimals",
}
DATES = ("0000-01-01", "1899-12-31", "2026-02-29", "2026-13-01", "10000-01-01", "99999-12-31", "-2026-01-01", "45000")


def test_numbers_and_dates_that_are_none_cost_their_row_alone(workspace):
    workspace.put_minimal()
    rows = [("1.234,56", "2026-03-01"), *((cell, "2026-03-01") for cell in NUMBERS), *(("1", day) for day in DATES)]
    with (workspace.root / "inbox" / "adhoc_service.csv").open("w", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["adhoc_id", "client_file_id", "service_code", "quantity", "service_date"])
        writer.writerows([f"A{number}", "F1", "PAY", *cells] for number, cells in enumerate(rows))
    workspace.run()
    assert [(column, code) for _, column, code in workspace.codes()] == [
        *(("quantity", code) for code in NUMBERS.values()),
        *[("service_date", "date")] * len(DATES),
    ]
    assert workspace.query("select adhoc_id, quantity from raw.adhoc_service") == [("A0", Decimal("1234.56"))]


def test_ids_that_look_alike_are_not_the_same(workspace):
    workspace.put_minimal()
    alike = ["f1", "Ｆ1", "F\u200b1", "F1\u0301", "F 1", "Ϝ1", "F1' or 1=1 --", "../../F1"]
    rows = "".join(f"A{number};{name};PAY;2026-03-01;1\n" for number, name in enumerate([" F1\xa0", *alike]))
    workspace.put("adhoc_service.csv", "adhoc_id;client_file_id;service_code;service_date;quantity\n" + rows)
    workspace.run()
    refused = workspace.query("select row_number, column_name, value, reason from raw.rejected_row order by 1")
    assert [row[:3] for row in refused] == [(place, "client_file_id", name) for place, name in enumerate(alike, 3)]
    assert all("client_file" in reason for *_, reason in refused)
    assert workspace.query("select adhoc_id, client_file_id from raw.adhoc_service") == [("A0", "F1")]


def test_letters_tell_what_is_wrong_with_them_as_far_as_anybody_reads():
    (found,) = check_letters([load_letters(b'{"lines": [' + b"0," * 20_000 + b"0]}")])
    assert found.rows is None
    assert 0 < found.rejects.height <= MAX_PROBLEMS
    assert load_letters(b"[" + b"0," * MAX_LETTERS + b"0]").code == "json_too_many"


def test_a_file_of_letters_too_large_is_not_parsed(monkeypatch):
    monkeypatch.setattr("assets.letters.MAX_BYTES", 10)
    assert load_letters(b'{"lines": [0, 0]}').code == "too_large"


# --- whatever the bytes ---------------------------------------------------------------------------------------------

CSV_BYTES = st.lists(
    st.sampled_from([b";", b",", b"\t", b'"', b"\n", b"\r", b"\r\n", b"\0", b"C1", b"\xc3\xa9", b"\xe9", b"\xa0", b" "])
    | st.binary(max_size=4),
    max_size=40,
).map(b"".join)


@settings(max_examples=150, deadline=None)
@given(data=CSV_BYTES | st.binary(max_size=80), header=st.sampled_from([b"", b"client_id;legal_name\n"]))
def test_any_bytes_are_a_csv_or_are_refused_with_a_reason(data, header):
    table = TABLES["client"]
    try:
        part = _part(read_csv(header + data, frozenset(table.column_names)), table)
    except FileRefused as refusal:
        assert refusal.code in REASONS
    else:
        assert set(part.rejects["code"]) <= set(REASONS)
        assert part.rows["client_id"].null_count() == 0


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused_with_a_reason(data):
    part = data.draw(st.sampled_from([SHEET, STRINGS, "xl/workbook.xml", "[Content_Types].xml"]))

    def damage(xml: bytes) -> bytes:
        place = data.draw(st.integers(0, len(xml)))
        return xml[:place] + data.draw(st.binary(max_size=8)) + xml[place + data.draw(st.integers(0, 12)) :]

    try:
        sheets = read_xlsx(changed(part, damage))
    except FileRefused as refusal:
        assert refusal.code in REASONS
    else:
        assert all(isinstance(sheet, Sheet) and isinstance(sheet.cells, pl.DataFrame) for sheet in sheets)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["2026-02-30", "1e9"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["lines", "document_id", "schedule", "amount", "line_no", "instalments", "indexation", "x"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=30, deadline=None)
@given(JSON_VALUES.map(json.dumps).map(str.encode) | st.binary(max_size=40))
def test_any_json_is_letters_or_is_refused_with_a_reason(data):
    loaded = load_letters(data)
    assert isinstance(loaded, Loaded | FileRefused)
    (found,) = check_letters([loaded])
    codes = [found.code] if isinstance(found, FileRefused) else found.rejects["code"]
    assert set(codes) <= set(REASONS)


# --- rows that are well typed and mean harm -------------------------------------------------------------------------

CONTROL_DATE = date(2006, 11, 30)
CONTRACT_TABLES = (
    "service_contract",
    "contract_module",
    "rule_template",
    "billing_rule",
    "rule_change",
    "asset",
    "quantity",
    "rule_quantity",
    "meter_reading",
    "flat_fee_history",
)
#: Rows tried per table; keys are of forty numbers, so that few rows point at nothing.
ROWS = {"meter_reading": 200, "rule_quantity": 100, "rule_change": 50, "rule_template": 20}
HOSTILE_DATES = (
    *("1900-01-01", "1904-02-29", "2000-02-29", "2005-11-01", "2006-01-31", "2006-02-28"),
    *("2006-10-31", "2006-11-01", "2006-11-30", "2006-12-01", "2007-01-31", "9999-12-31", ""),
)
FORMULAS = (
    "'; drop table raw.client; --",
    "9999 * BW * 9999 - 9999,9999 * BW",
    "999999999 * BW",
    " + ".join(["BW"] * 1_900),
    "a-" * 4_999,
    "-" * 9_999,
    "+" * 9_999,
    "(" * 4_000 + "BW" + ")" * 4_000,
    "*".join(["BW"] * 3_000),
    " + ".join(f"HQ{number}" for number in range(40)),
    "9999 * HQ1 - HQ2",
    "BW / 0",
    "min",
    "MEAN",
    "",
)
KEYS = {
    "contract_id": "HK",
    "module_id": "HM",
    "template_id": "HT",
    "rule_id": "HR",
    "asset_id": "HA",
    "quantity_id": "HQ",
}


def hostile_value(random: Random, column: Column) -> str:
    """A value of the column's type at or near the ends of what is accepted, or none."""
    if column.name in KEYS:
        return f"{KEYS[column.name]}{random.randrange(40)}"
    if column.name == "renewed_by_module_id":
        return random.choice(["", "HM0", "HM1", "HM2", "HM3", "nobody"])
    if column.name == "service_code":
        return "COPY"
    if column.name == "formula":
        return random.choice(FORMULAS)
    if column.name == "predefined_code":
        return random.choice(["BW", "COLOUR", "", "BW'"])
    if column.type == "date":
        return random.choice(HOSTILE_DATES if not column.required else HOSTILE_DATES[:-1])
    if not column.required and random.random() < 0.2:
        return ""
    if column.type == "choice":
        return random.choice(column.choices)
    if column.type == "boolean":
        return random.choice(["true", "false"])
    if column.type == "integer":
        low, high = int(column.minimum or -999_999_999), int(column.maximum or 999_999_999)
        return str(random.choice([low, high, min(max(1, low), high), min(max(3, low), high)]))
    if column.type in WHOLE_DIGITS:
        most = "9" * WHOLE_DIGITS[column.type] + ".99"
        return random.choice([most, f"-{most}" if column.minimum is None else "0", "0", "0.01", "-0", "100"])
    return random.choice(["x", "'; drop table raw.client; --", "../../x", "{{ 1/0 }}", "é" * 500])


def hostile_rows(random: Random, table: Table, count: int) -> list[dict[str, str]]:
    """Rows of a table, no two with one key; dates in order, so that most are accepted."""
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for _ in range(count):
        row = {column.name: hostile_value(random, column) for column in table.columns}
        for earlier, later in table.ordered:
            if row[earlier] and row[later]:
                row[earlier], row[later] = sorted((row[earlier], row[later]))
        rows[tuple(row[name] for name in table.key)] = row
    return list(rows.values())


def largest_bills() -> dict[str, list[dict[str, str]]]:
    """Lines of the firm, each as large as its table accepts, of one client file and in one month."""
    mission = {"client_file_id": "F1", "mission_code": "T", "vintage": "1", "start_date": "1900-01-01"}
    adhoc = {
        "client_file_id": "F1",
        "service_code": "COPY",
        "service_date": "2006-11-02",
        "unit_price": "999999.999999",
    }
    entry = {"source": "k", "collaborator_id": "A", "mission_id": "MT", "work_date": "2006-11-03", "minutes": "1000000"}
    years = {"2006": ("2006-01-01", "2006-12-31"), "9999": ("1900-01-01", "9999-12-31")}
    return {
        "client_file": [{"client_file_id": "F1", "client_id": "C1"}],
        "fiscal_year": [
            {"client_file_id": "F1", "fy_label": label, "start_date": start, "end_date": end}
            for label, (start, end) in years.items()
        ],
        "collaborator": [{"collaborator_id": "A", "name": "A", "entry_date": "1900-01-01", "exit_date": "9999-12-31"}],
        "selling_rate": [{"collaborator_id": "A", "valid_from": "1900-01-01", "hourly_price": "999999.999999"}],
        "mission": [
            {**mission, "mission_id": "MT", "fy_label": "2006", "billing_mode": "TIME", "service_code": "COPY"},
            {**mission, "mission_id": "MF", "fy_label": "9999", "billing_mode": "FLAT", "service_code": "COPY"},
        ],
        "time_entry": [{**entry, "source_id": str(number)} for number in range(20)],
        "adhoc_service": [
            {**adhoc, "adhoc_id": f"X{number}", "quantity": "-9999999" if number == 5 else "9999999"}
            for number in range(20)
        ],
        "billing_plan": [{"plan_id": "P", "client_file_id": "F1", "fy_label": "9999", "mission_id": "MF"}],
        "billing_plan_line": [
            {"plan_id": "P", "line_no": str(number), "due_date": "2006-11-05", "amount": "999999999999.99"}
            for number in range(1, 20)
        ],
    }


@settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 1_000_000))
def test_no_well_typed_row_breaks_the_month(tmp_path_factory, seed):
    random = Random(seed)
    tables = seed_story()
    for name in CONTRACT_TABLES:
        tables[name] = [*tables.get(name, []), *hostile_rows(random, TABLES[name], ROWS.get(name, 120))]
    for number, rule in enumerate(tables["billing_rule"][1:4]):
        # A century of periods nobody billed, of one month.
        rule |= {"period_months": "1", "next_invoice_date": "1900-01-01", "period_start": "1900-01-01"}
        rule["anchor_day"] = str(29 + number)
    for row in tables["service_contract"][1:]:
        row["client_id"] = "C1"
    tables |= largest_bills()
    root = tmp_path_factory.mktemp("month")
    (root / "inbox").mkdir()
    for name, rows in tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (root / "inbox" / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
    month = run_month(root, "2006-11", CONTROL_DATE, Configuration())
    codes = {row["code"] for row in month.query("select distinct code from input.reject")}
    assert codes <= {"dangling", "maximum", "minimum", "required", "before"}, codes
    lines = {row["line_key"]: row for row in month.relation("lines")}
    sound = [(row["amount_net"], row["status"]) for row in lines.values() if row["rule_id"] == "R1"]
    assert (Decimal("90.00"), "READY") in sound
    assert sum(row["billing_mode"] == "ADHOC" for row in lines.values()) == 20
    assert len(lines) > len(sound), "hostile rules are billed or held"
    terms = month.query("select count(*) as terms from intermediate.int_quantity_term group by quantity_id")
    assert max(row["terms"] for row in terms) <= 100, "formulas within formulas are followed within bounds"
    assert all(row["status"] == "HELD" for row in lines.values() if row["amount_net"] is None)
