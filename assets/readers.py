"""Untrusted files to sheets of text: CSV, XLSX and Parquet, each within limits.

A reader gets the bytes of one file and hands over sheets: a header and cells as text, with the row number a person
sees. It knows formats, not tables (the contract's column names help only to tell the separator of a CSV). What cannot
be read as a whole raises `FileRefused`; a row that is out of shape becomes a reject and the others go on.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from assets.normalise import CELL_ERROR

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Files larger than this are refused before being read into memory.
MAX_FILE_BYTES = 1 << 30
#: A workbook's parts, unpacked, and how many there may be: far above real workbooks, far below a zip bomb.
MAX_UNPACKED_BYTES = 1 << 29
MAX_ZIP_ENTRIES = 2_000
#: A sheet is laid out in memory as a full rectangle: one cell at XFD1048576 would ask for 17 thousand million.
MAX_SHEET_CELLS = 30_000_000
MAX_ROWS = 10_000_000
MAX_COLUMNS = 1_000
_LONGEST_HEADER = 100_000


class FileRefused(Exception):
    """A file, or a sheet of it, that cannot be taken at all.

    Attributes:
        code: key of `messages.REASONS`.
        expected: what fills the places of the reason.
        sheet: name of the sheet, empty for the whole file.
        row: row to look at, 0 when there is none.
        column: name of the column, if one is to blame.
        value: the offending value, if one is to blame.
    """

    def __init__(
        self,
        code: str,
        *expected: str,
        sheet: str = "",
        row: int = 0,
        column: str | None = None,
        value: str | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.expected = expected
        self.sheet = sheet
        self.row = row
        self.column = column
        self.value = value


@dataclass(frozen=True)
class Sheet:
    """A header and the cells below it, as text.

    Attributes:
        name: name of the sheet, empty where the format has none.
        header: the names as written, one per column of `cells`.
        header_row: row number of the header, 0 when the format keeps names elsewhere.
        cells: columns `c0`, `c1`, … of text and `_row`; rows without any content are left out.
        rejects: rows out of shape, which are not in `cells`.
    """

    name: str
    header: list[str]
    header_row: int
    cells: pl.DataFrame
    rejects: list[pl.DataFrame] = field(default_factory=list)


def read_csv(data: bytes, known: frozenset[str]) -> Sheet:
    """Reads a CSV file.

    Args:
        data: the file; UTF-8 with or without BOM, else Windows-1252, else Latin-1.
        known: column names that may be in the header; the separator that yields most of them is the right one.
    """
    text = _decode(data)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise FileRefused("empty_file")
    blank = len(text) - len(text.lstrip("\n"))
    lines = text.count("\n") + 1
    if lines > MAX_ROWS:
        raise FileRefused("too_many_rows", str(lines), str(MAX_ROWS))
    separator, header = _header(text[blank:], known)
    if len(header) > MAX_COLUMNS:
        raise FileRefused("too_many_columns", str(len(header)), str(MAX_COLUMNS))
    return _read_well_formed(text, separator, header, blank) or _read_lenient(text, separator, header, blank)


def _decode(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise FileRefused("utf16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if _UTF8_LETTER.search(data):
        # Parts of several files in one: each line is in an encoding of its own.
        return "\n".join(map(_decode_line, data.removeprefix(codecs.BOM_UTF8).split(b"\n")))
    return _decode_windows(data)


#: An accented letter, a mark of punctuation or the euro sign in UTF-8, and nothing French wrote in Windows-1252.
_UTF8_LETTER = re.compile(rb"[\xc2-\xcb][\x80-\xbf]|\xe2[\x80-\x82][\x80-\xbf]")
_UTF8_LINE = re.compile(rb"(?:[\x00-\x7f]|[\xc2-\xcb][\x80-\xbf]|\xe2[\x80-\x82][\x80-\xbf])*+")


def _decode_line(line: bytes) -> str:
    return line.decode() if _UTF8_LINE.fullmatch(line) else _decode_windows(line)


def _decode_windows(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _header(text: str, known: frozenset[str]) -> tuple[str, list[str]]:
    best: tuple[int, int, str, list[str]] | None = None
    beginning = text[:_LONGEST_HEADER]
    for separator in (";", ",", "\t"):
        try:
            names = next(csv.reader(io.StringIO(beginning), delimiter=separator))
        except csv.Error as error:
            raise FileRefused("unreadable_csv", row=1) from error
        score = (sum(name.strip().lower() in known for name in names), len(names), separator, names)
        if best is None or score[:2] > best[:2]:
            best = score
    return best[2], best[3]


# A quoted cell, once replaced by this character, must fill its whole cell.
_MARK = "\x01"


def _read_well_formed(text: str, separator: str, header: list[str], blank: int) -> Sheet | None:
    """The fast path: polars reads the cells, a skeleton without quoted text tells the shape of each record.

    None when quotes do not enclose whole cells, so that the lenient path has to look.
    """
    skeleton = pl.Series([text])
    if _MARK in text:
        return None
    if '"' in text:
        skeleton = skeleton.str.replace_all(r'"[^"]*"', _MARK)
        escaped = re.escape(separator)
        if skeleton.str.contains(f'[^{escaped}\n{_MARK}]{_MARK}|{_MARK}[^{escaped}\n{_MARK}]|"')[0]:
            return None
    lines = skeleton.str.split("\n").explode().alias("line").to_frame()
    if text.endswith("\n"):
        lines = lines.head(-1)
    try:
        cells = pl.read_csv(
            text.encode(),
            has_header=False,
            separator=separator,
            schema={f"c{i}": pl.String for i in range(len(header))},
            empty_string_is_null=False,
            missing_columns="insert",
            truncate_ragged_lines=True,
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError:
        return None
    if cells.height != lines.height:
        return None
    line = pl.col("line")
    shape = lines.with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("_row"),
        (line.str.count_matches(separator, literal=True) + 1).cast(pl.Int64).alias("count"),
    )
    # Only a line of another width, or one that begins with nothing, can be ragged or blank.
    odd = shape.filter((pl.col("count") != len(header)) | line.str.contains(f"^(?:{re.escape(separator)}|\\s|$)"))
    filled = line.str.strip_chars_end(separator + " ")
    odd = odd.select(
        "_row",
        "count",
        pl.when(filled.str.strip_chars() == "")
        .then(0)
        .otherwise(filled.str.count_matches(separator, literal=True) + 1)
        .cast(pl.Int64)
        .alias("filled"),
    )
    return _sheet(cells.with_columns(shape["_row"]), odd, header, blank, text.endswith("\n"))


def _read_lenient(text: str, separator: str, header: list[str], blank: int) -> Sheet:
    """The slow path, for stray quotes: Python's reader, which takes a quote inside a cell for what it is."""
    sentinel = "\x02end"
    limit = csv.field_size_limit(len(text) + 16)
    try:
        records = list(csv.reader(io.StringIO(f"{text.removesuffix(chr(10))}\n{sentinel}"), delimiter=separator))
    except csv.Error as error:
        raise FileRefused("unreadable_csv") from error
    finally:
        csv.field_size_limit(limit)
    if records[-1] != [sentinel]:
        raise FileRefused("unclosed_quote", row=len(records))
    records.pop()
    width = len(header)
    padding = [""] * width
    padded = [(record + padding)[:width] for record in records]
    cells = pl.DataFrame(
        {f"c{i}": column for i, column in enumerate(zip(*padded, strict=True))},
        schema={f"c{i}": pl.String for i in range(width)},
    )
    odd = pl.DataFrame(
        {
            "_row": range(1, len(records) + 1),
            "count": [len(record) for record in records],
            "filled": [max((i for i, cell in enumerate(record, 1) if cell.strip()), default=0) for record in records],
        },
        schema={"_row": pl.Int64, "count": pl.Int64, "filled": pl.Int64},
    )
    return _sheet(cells.with_columns(odd["_row"]), odd, header, blank, text.endswith("\n"))


def _sheet(cells: pl.DataFrame, odd: pl.DataFrame, header: list[str], blank: int, complete: bool) -> Sheet:
    """Takes the header off and sets blank and ragged rows aside.

    Too few cells are taken for blank ones, since Excel leaves out separators of trailing blank cells after some rows,
    unless the last line also lacks its line end: such a file was cut.

    Args:
        cells: every record, the header and what is above it included, with `_row`.
        odd: of the records that may be out of shape: `count` of cells, and the last that is `filled` (0: none).
        header: the names.
        blank: how many blank lines stand above the header.
        complete: whether the last line has its line end.
    """
    width = len(header)
    ragged = pl.col("filled") > width
    cut = (pl.col("_row") == cells.height) & (pl.col("count") < width) & pl.lit(not complete)
    odd = odd.filter((pl.col("_row") > blank + 1) & ((pl.col("filled") == 0) | ragged | cut))
    body = cells.slice(blank + 1)
    if odd.height:
        body = body.filter(~pl.col("_row").is_in(odd["_row"].implode()))
    bad = odd.filter(pl.col("filled") > 0)
    found = bad.select(
        pl.col("_row").alias("row_number"),
        pl.lit(None, pl.String).alias("column_name"),
        pl.lit(None, pl.String).alias("value"),
        pl.when(ragged).then(pl.lit("ragged")).otherwise(pl.lit("cut")).alias("code"),
        pl.col("count").cast(pl.String).alias("first"),
        pl.lit(str(width)).alias("second"),
    )
    return Sheet("", header, blank + 1, body, [found])


def read_xlsx(data: bytes) -> list[Sheet]:
    """Reads every sheet of a workbook, values only; an empty sheet has an empty header.

    The zip directory and the extent of each sheet are checked before anything is laid out in memory.
    """
    import fastexcel

    if not data:
        raise FileRefused("empty_file")
    parts = _check_workbook(data)
    try:
        workbook = fastexcel.read_excel(data)
        names = workbook.sheet_names
    except Exception as error:  # the Rust reader has no common base class for what a broken workbook raises
        raise FileRefused("not_xlsx") from error
    if len(names) > parts:  # the same part under several names
        raise FileRefused("not_xlsx")
    seen: set[str] = set()
    for name in names:
        if name.strip().lower() in seen:
            raise FileRefused("duplicate_sheet", sheet=name, value=name)
        seen.add(name.strip().lower())
    return [_read_sheet(workbook, index, name) for index, name in enumerate(names)]


# As any writer of XML may put them: with a prefix, either quote, blanks, in any order.
_SHEET_ROOT = re.compile(rb"<(?:[\w.-]+:)?(?:worksheet|chartsheet|dialogsheet|macrosheet)\b")
_STRINGS_ROOT = re.compile(rb"<(?:[\w.-]+:)?sst\b")
_CELL_COLUMN = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,9})""")
_CELL_ROW = re.compile(rb"""\sr\s*=\s*["'][A-Za-z]{0,9}([0-9]{1,9})""")
_CELL_VALUE = re.compile(rb"<(?:[\w.-]+:)?v\s*>\s*([0-9]{1,9})\s*<")
_STRING = re.compile(rb"<(?:[\w.-]+:)?si\b(?:[^>]*[^/>])?>.*?</(?:[\w.-]+:)?si\s*>|<(?:[\w.-]+:)?si\s*/>", re.DOTALL)
_ROOT_WITHIN = 4_096


def _check_workbook(data: bytes) -> int:
    """Refuses what would take more memory than the size of its parts tells; how many sheets the workbook may have."""
    sheets = cells = 0
    strings = b""
    values: Counter[bytes] = Counter()
    for _, content in unpacked_parts(data, "not_xlsx", MAX_UNPACKED_BYTES):
        beginning = content[:_ROOT_WITHIN].replace(b"\0", b"")
        if _SHEET_ROOT.search(beginning):
            if b"\0" in content[:_ROOT_WITHIN]:  # UTF-16, which no spreadsheet writes
                raise FileRefused("not_xlsx")
            sheets += 1
            cells += _extent(content)
            if cells > MAX_SHEET_CELLS:
                raise FileRefused("too_many_cells", str(cells), str(MAX_SHEET_CELLS))
            values.update(_CELL_VALUE.findall(content))
        elif _STRINGS_ROOT.search(beginning) and len(content) > len(strings):
            strings = content
    _check_strings(strings, values)
    return sheets


def _check_strings(xml: bytes, values: Counter[bytes]) -> None:
    """A text that is shared takes its room once in the file and once per cell in memory."""
    times = values.total()
    if len(xml) * times <= MAX_UNPACKED_BYTES:
        return
    # What a comment or a section of characters holds is not told apart from what is a text.
    lengths = [len(xml)] * times if b"<!" in xml else [len(text) for text in _STRING.findall(xml)]
    room = sum(count * lengths[int(value)] for value, count in values.items() if int(value) < len(lengths))
    if room > 2 * MAX_UNPACKED_BYTES:
        raise FileRefused("too_large", str(room >> 20), str(2 * MAX_UNPACKED_BYTES >> 20))


def unpacked_parts(data: bytes, refusal: str, at_most: int) -> Iterator[tuple[str, bytes]]:
    """Name and content of each part of an office document, one at a time, bombs refused.

    Args:
        data: the zipped package.
        refusal: reason code of a package that cannot be read.
        at_most: bytes all parts together may have, unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.infolist()
            if len(entries) > MAX_ZIP_ENTRIES:
                raise FileRefused("too_many_parts", str(len(entries)), str(MAX_ZIP_ENTRIES))
            # The sizes declared are checked first, then, part by part, that no part is larger than it declares:
            # `read` stops there and the checksum fails.
            unpacked = sum(entry.file_size for entry in entries)
            if unpacked > at_most:
                raise FileRefused("too_large", str(unpacked >> 20), str(at_most >> 20))
            for entry in entries:
                yield entry.filename, package.read(entry)
    except FileRefused:
        raise
    except Exception as error:  # zipfile raises half a dozen types on damaged, encrypted or crafted packages
        raise FileRefused(refusal) from error


def _extent(xml: bytes) -> int:
    """Cells of the rectangle that holds all cells of a sheet."""
    columns = max(map(_column_number, set(_CELL_COLUMN.findall(xml))), default=0)
    return columns * max(map(int, set(_CELL_ROW.findall(xml))), default=0)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _read_sheet(workbook: object, index: int, name: str) -> Sheet:
    try:
        batch, errors = workbook.load_sheet(index, header_row=None, skip_rows=0, dtypes="string").to_arrow_with_errors()
    except Exception as error:  # see read_xlsx
        raise FileRefused("not_xlsx", sheet=name) from error
    nothing = Sheet(name, [], 1, pl.DataFrame(schema={"_row": pl.Int64}))
    if not batch.num_columns or not batch.num_rows:
        return nothing
    cells = pl.from_arrow(batch)
    cells.columns = [f"c{i}" for i in range(cells.width)]
    cells = _mark_errors(cells, errors.errors if errors else ())
    filled = cells.select(pl.any_horizontal(pl.all().str.strip_chars() != "").fill_null(False)).to_series()
    if not filled.any():
        return nothing
    first = filled.arg_max()
    rows = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("_row")
    body = cells.with_columns(rows).filter(filled & (pl.int_range(pl.len()) > first))
    return Sheet(name, [cell or "" for cell in cells.row(first)], first + 1, body)


def _mark_errors(cells: pl.DataFrame, errors: tuple) -> pl.DataFrame:
    """Puts `CELL_ERROR` where the workbook holds #N/A, #DIV/0! and the like, which would else look blank."""
    rows_of: dict[int, list[int]] = {}
    for error in errors:
        row, column = error.position
        rows_of.setdefault(column, []).append(row)
    return cells.with_columns(cells.to_series(column).scatter(rows, CELL_ERROR) for column, rows in rows_of.items())


def read_parquet(data: bytes, known: frozenset[str]) -> Sheet:
    """Reads the known columns of a Parquet file as text; its first row is row 1."""
    import pyarrow.parquet

    if not data:
        raise FileRefused("empty_file")
    try:
        metadata = pyarrow.parquet.read_metadata(io.BytesIO(data))
        schema = pl.read_parquet_schema(io.BytesIO(data))
    except Exception as error:  # pyarrow and polars raise many types on crafted files
        raise FileRefused("not_parquet") from error
    if metadata.num_rows > MAX_ROWS:
        raise FileRefused("too_many_rows", str(metadata.num_rows), str(MAX_ROWS))
    header = list(schema)
    wanted = [name for name in header if name.strip().lower() in known]
    for name in wanted:
        if schema[name].is_nested() or schema[name] in (pl.Binary, pl.Object):
            raise FileRefused("not_tabular", str(schema[name]), column=name)
    try:
        frame = pl.read_parquet(io.BytesIO(data), columns=wanted)
        cells = frame.select(_as_text(name, frame.schema[name]).alias(f"c{header.index(name)}") for name in wanted)
    except Exception as error:  # as above
        raise FileRefused("not_parquet") from error
    rows = pl.Series("_row", range(1, metadata.num_rows + 1), dtype=pl.Int64)
    others = [pl.lit(None, pl.String).alias(f"c{i}") for i, name in enumerate(header) if name not in wanted]
    return Sheet("", header, 0, cells.with_columns(*others, rows))


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    value = pl.col(name)
    if dtype.is_float():
        # A binary float carries 15 significant digits, as in a spreadsheet: 0.1 + 0.2 is 0.3. A whole one is what
        # becomes of an integer column with gaps.
        value = value.round_sig_figs(15) if dtype == pl.Float64 else value
        return value.cast(pl.String).str.replace(r"\.0$", "")
    return value.cast(pl.String)
