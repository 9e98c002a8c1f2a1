"""CSV, XLSX and Parquet become the same text, with the row numbers a person sees."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from assets import readers
from assets.normalise import CELL_ERROR
from assets.readers import FileRefused, read_csv, read_parquet, read_xlsx
from tests.unit.workspace import workbook

KNOWN = frozenset({"client_id", "legal_name", "city"})


def rows(sheet: readers.Sheet) -> list[tuple]:
    return sheet.cells.rows()


def refused_rows(sheet: readers.Sheet) -> list[tuple]:
    return [(row["row_number"], row["code"], row["first"]) for frame in sheet.rejects for row in frame.to_dicts()]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separator_and_line_ends_are_found(separator, end):
    data = end.join(["client_id,legal_name,city", "C1,Dupont,Lyon", "C2,Martin,Nice", ""]).replace(",", separator)
    sheet = read_csv(data.encode(), KNOWN)
    assert sheet.header == ["client_id", "legal_name", "city"]
    assert rows(sheet) == [("C1", "Dupont", "Lyon", 2), ("C2", "Martin", "Nice", 3)]


def test_the_separator_is_the_one_that_yields_known_columns():
    sheet = read_csv(b"client_id;legal_name, trade name, sign\nC1;Dupont, SARL, Lyon\n", KNOWN)
    assert rows(sheet) == [("C1", "Dupont, SARL, Lyon", 2)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1"])
def test_accents_survive_every_encoding(encoding):
    text = "client_id;legal_name\nC1;Société Générale de l'Œuvre – 10 €\n"
    if encoding == "latin-1":
        text = text.replace("Œ", "O").replace("–", "-").replace("€", "e")
    sheet = read_csv(text.encode(encoding), KNOWN)
    assert sheet.header[0] == "client_id"
    assert rows(sheet)[0][1] == text.splitlines()[1].split(";")[1]


def test_bytes_windows_does_not_know_are_read_as_latin_1():
    assert rows(read_csv(b"client_id;legal_name\nC1;\xe9\x81\n", KNOWN)) == [("C1", "é\x81", 2)]


def test_quotes_hold_separators_quotes_and_line_ends_and_rows_keep_their_number():
    data = b'client_id,legal_name\n"C1","Dupont, ""the"" firm"\r\nC2,"two\r\nlines"\nC3,plain\n'
    assert rows(read_csv(data, KNOWN)) == [
        ("C1", 'Dupont, "the" firm', 2),
        ("C2", "two\nlines", 3),
        ("C3", "plain", 4),
    ]


def test_stray_quotes_are_read_for_what_they_are():
    data = b'client_id,legal_name\nC1,3" pipes\nC2,"Dupont" SARL\nC3,"quoted, well"\n'
    assert rows(read_csv(data, KNOWN)) == [("C1", '3" pipes', 2), ("C2", "Dupont SARL", 3), ("C3", "quoted, well", 4)]


def test_a_quote_never_closed_refuses_the_file_and_says_where_it_begins():
    data = b'client_id,legal_name\nC1,Dupont\nC2,"Martin\nC3,Durand\nC4,Petit\n'
    with pytest.raises(FileRefused) as refusal:
        read_csv(data, KNOWN)
    assert (refusal.value.code, refusal.value.row) == ("unclosed_quote", 3)


@pytest.mark.parametrize("quote", ["", '"'])
def test_blank_lines_are_skipped_and_counted(quote):
    data = f"\n\nclient_id;legal_name\n\nC1;{quote}Dupont{quote}\n;;\n  \nC2;Martin\n\n"
    sheet = read_csv(data.encode(), KNOWN)
    assert sheet.header_row == 3
    assert rows(sheet) == [("C1", "Dupont", 5), ("C2", "Martin", 8)]
    assert refused_rows(sheet) == []


@pytest.mark.parametrize("stray", ["", '3" '])
def test_a_row_with_too_many_cells_is_refused_alone(stray):
    data = f"client_id,legal_name\nC1,{stray}Dupont\nC2,Martin, SARL\nC3,Durand,\nC4,Petit\n"
    sheet = read_csv(data.encode(), KNOWN)
    assert [row[0] for row in rows(sheet)] == ["C1", "C3", "C4"], "an empty cell in excess is harmless"
    assert refused_rows(sheet) == [(3, "ragged", "3")]


def test_excel_leaves_out_separators_of_trailing_blank_cells():
    sheet = read_csv(b"client_id,legal_name,city\nC1,Dupont,Lyon\nC2,Martin\n", KNOWN)
    assert [row[0] for row in rows(sheet)] == ["C1", "C2"]
    assert refused_rows(sheet) == []


@pytest.mark.parametrize("stray", ["", '3" '])
def test_a_last_line_cut_short_is_refused(stray):
    sheet = read_csv(f"client_id,legal_name,city\nC1,{stray}Dupont,Lyon\nC2,Mar".encode(), KNOWN)
    assert [row[0] for row in rows(sheet)] == ["C1"]
    assert refused_rows(sheet) == [(3, "cut", "2")]


def test_the_last_line_needs_no_line_end():
    assert rows(read_csv(b"client_id,legal_name\nC1,Dupont", KNOWN)) == [("C1", "Dupont", 2)]


def test_a_single_column_needs_no_separator():
    assert rows(read_csv(b"client_id\nC1\nC2\n", KNOWN)) == [("C1", 2), ("C2", 3)]


def test_both_ways_of_reading_csv_agree():
    text = 'client_id;legal_name\nC1;"a;b"\n\nC2;"c""d"\n;\nC3;"e\nf";\nC4;x;y\nC5;z'
    fast = readers._read_well_formed(text, ";", ["client_id", "legal_name"], 0)
    slow = readers._read_lenient(text, ";", ["client_id", "legal_name"], 0)
    assert rows(fast) == rows(slow)
    assert refused_rows(fast) == refused_rows(slow) == [(7, "ragged", "3")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\n \n", "empty_file"),
        (b"\xef\xbb\xbf", "empty_file"),
        ("client_id".encode("utf-16"), "utf16"),
    ],
)
def test_csv_that_holds_nothing_to_read(data, code):
    with pytest.raises(FileRefused) as refusal:
        read_csv(data, KNOWN)
    assert refusal.value.code == code


def test_a_workbook_is_read_by_value_with_the_rows_of_the_sheet():
    (sheet,) = read_xlsx(
        workbook(
            {
                "client": [
                    [],
                    ["client_id", "legal_name", "opened", "n"],
                    ["C1", " Dupont ", date(2026, 3, 1), 1234.5],
                    [],
                    [73282932000074, True, None, 0.1 + 0.2],
                    ["C3", None, None, 1e15],
                ]
            }
        )
    )
    assert (sheet.name, sheet.header, sheet.header_row) == ("client", ["client_id", "legal_name", "opened", "n"], 2)
    assert rows(sheet) == [
        ("C1", " Dupont ", "2026-03-01 00:00:00", "1234.5", 3),
        ("73282932000074", "true", None, "0.3", 5),
        ("C3", None, None, "1000000000000000", 6),
    ]


def test_a_spreadsheet_error_is_no_blank_cell():
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet("client")
        sheet.write_row(0, 0, ["client_id", "city"])
        sheet.write(1, 0, "C1")
        sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
        sheet.write_row(2, 0, ["C2", "Lyon"])
    (sheet,) = read_xlsx(content.getvalue())
    assert rows(sheet) == [("C1", CELL_ERROR, 2), ("C2", "Lyon", 3)]


def test_every_sheet_of_a_workbook_is_read_empty_ones_included():
    sheets = read_xlsx(workbook({"client": [["client_id"], ["C1"]], "empty": [], "mission": [["mission_id"]]}))
    assert [(sheet.name, sheet.header) for sheet in sheets] == [
        ("client", ["client_id"]),
        ("empty", []),
        ("mission", ["mission_id"]),
    ]


def rewritten(data: bytes, change) -> bytes:
    """A workbook with its parts passed through `change(name, content)`."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(entry.filename, change(entry.filename, source.read(entry)))
    return out.getvalue()


def refusal_of(read, *arguments) -> FileRefused:
    with pytest.raises(FileRefused) as refusal:
        read(*arguments)
    return refusal.value


def test_two_sheets_with_one_name_refuse_the_workbook():
    data = workbook({"client": [["client_id"], ["C1"]], "other": [["client_id"], ["C2"]]})
    data = rewritten(data, lambda name, content: content.replace(b'name="other"', b'name="Client"'))
    refusal = refusal_of(read_xlsx, data)
    assert (refusal.code, refusal.value) == ("duplicate_sheet", "Client")


def test_a_cell_far_away_does_not_exhaust_memory():
    data = workbook({"client": [["client_id", "x"], ["C1", "y"]]})
    data = rewritten(data, lambda name, content: content.replace(b'r="B2"', b'r="XFD1048576"'))
    assert refusal_of(read_xlsx, data).code == "too_many_cells"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(readers, "MAX_UNPACKED_BYTES", 1_000_000)
    data = rewritten(
        workbook({"client": [["client_id"]]}),
        lambda name, content: content + b" " * 2_000_000 if name.endswith("sheet1.xml") else content,
    )
    assert len(data) < 50_000
    assert refusal_of(read_xlsx, data).code == "too_large"


def test_a_part_larger_than_it_says_is_refused():
    data = bytearray(workbook({"client": [["client_id"], ["C1"]]}))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        size = package.getinfo("xl/worksheets/sheet1.xml").file_size
    at = data.rindex(size.to_bytes(4, "little"))
    data[at : at + 4] = (size - 100).to_bytes(4, "little")
    assert refusal_of(read_xlsx, bytes(data)).code == "not_xlsx"


def test_too_many_parts_are_refused(monkeypatch):
    monkeypatch.setattr(readers, "MAX_ZIP_ENTRIES", 3)
    assert refusal_of(read_xlsx, workbook({"client": [["client_id"]]})).code == "too_many_parts"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"client_id;legal_name\n", "not_xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "not_xlsx"),
        (b"PK\x03\x04" + bytes(50), "not_xlsx"),
    ],
)
def test_what_is_no_workbook(data, code):
    assert refusal_of(read_xlsx, data).code == code


def test_a_truncated_workbook_is_refused():
    data = workbook({"client": [["client_id"], ["C1"]]})
    for length in (len(data) // 3, len(data) - 40):
        assert refusal_of(read_xlsx, data[:length]).code == "not_xlsx"


def parquet(frame: pl.DataFrame) -> bytes:
    content = io.BytesIO()
    frame.write_parquet(content)
    return content.getvalue()


def test_parquet_values_become_the_text_a_person_would_type():
    frame = pl.DataFrame(
        {
            "Client_ID": ["C1", None],
            "city": [0.1 + 0.2, 73282932000074.0],
            "legal_name": pl.Series([Decimal("12.50"), None], dtype=pl.Decimal(10, 2)),
            "unknown": [[1], [2]],
        }
    )
    sheet = read_parquet(parquet(frame), KNOWN)
    assert sheet.header == ["Client_ID", "city", "legal_name", "unknown"]
    assert sheet.cells.select("c0", "c1", "c2", "_row").rows() == [
        ("C1", "0.3", "12.50", 1),
        (None, "73282932000074", None, 2),
    ]
    moments = pl.DataFrame({"client_id": [date(2026, 3, 1)], "city": [datetime(2026, 3, 1)], "legal_name": [True]})
    assert rows(read_parquet(parquet(moments), KNOWN))[0][:3] == ("2026-03-01", "2026-03-01 00:00:00.000000", "true")


def test_nested_parquet_columns_and_other_files_are_refused():
    refusal = refusal_of(read_parquet, parquet(pl.DataFrame({"client_id": [["a"]]})), KNOWN)
    assert (refusal.code, refusal.column) == ("not_tabular", "client_id")
    assert refusal_of(read_parquet, b"PAR1" + bytes(40) + b"PAR1", KNOWN).code == "not_parquet"
    assert refusal_of(read_parquet, b"", KNOWN).code == "empty_file"


def test_more_parquet_rows_than_the_limit_are_refused_unread(monkeypatch):
    monkeypatch.setattr(readers, "MAX_ROWS", 2)
    refusal = refusal_of(read_parquet, parquet(pl.DataFrame({"client_id": ["a", "b", "c"]})), KNOWN)
    assert refusal.code == "too_many_rows"
