"""From cells as text to typed rows: the only place where an input value is interpreted.

Everything arrives as text, with the row number a person sees, and leaves as a frame with the columns of the contract
and a frame of rejects. Parsing is strict and vectorised: a value is read exactly or refused, never rounded or guessed.
Reading files belongs to `readers`, what several files mean together to `ingestion`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from assets.contract import CURRENCY, DECIMALS, WHOLE_DIGITS, Column, Table
from assets.messages import MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Longest text a cell may hold: far above any label, far below what a runaway quote swallows.
MAX_TEXT = 10_000

#: Stands for a spreadsheet cell in error (#N/A, #DIV/0! …), which holds no value at all.
CELL_ERROR = "\x1a#"

#: Digit groups are separated by any of these: plain, no-break, narrow no-break and thin space.
_SPACES = "[ \u00a0\u202f\u2009]"

_POLARS_TYPES: dict[str, pl.DataType] = {
    **dict.fromkeys(("text", "siret", "sirets", "month", "choice"), pl.String()),
    **{name: pl.Decimal(precision, scale) for name, (precision, scale) in DECIMALS.items()},
    "date": pl.Date(),
    "timestamp": pl.Datetime("us"),
    "integer": pl.Int32(),
    "boolean": pl.Boolean(),
}

#: One line per refused cell (or row, or file, when there is no cell to name).
REJECT_SCHEMA: dict[str, pl.DataType] = {
    "row_number": pl.Int64(),
    "column_name": pl.String(),
    "value": pl.String(),
    "code": pl.String(),
    "first": pl.String(),
    "second": pl.String(),
}


@dataclass(frozen=True)
class Normalised:
    """What became of the rows of one file or sheet.

    Attributes:
        rows: the columns of the contract, typed, then `_key` (text) and `_row` (Int64), in the order of the file.
        rejects: `REJECT_SCHEMA`, in the order of the file; values of personal columns are masked.
    """

    rows: pl.DataFrame
    rejects: pl.DataFrame


def polars_type(column: Column) -> pl.DataType:
    """The polars type that carries a column's values without loss."""
    return _POLARS_TYPES[column.type]


def reject(
    row: int, code: str, column: str | None = None, value: str | None = None, *expected: str | None
) -> pl.DataFrame:
    """One reject as a frame of `REJECT_SCHEMA`."""
    first, second = (*expected, None, None)[:2]
    return pl.DataFrame([[row], [column], [value], [code], [first], [second]], schema=REJECT_SCHEMA)


def rejects(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Several frames of rejects as one, in the order of the rows."""
    if not frames:
        return pl.DataFrame(schema=REJECT_SCHEMA)
    return pl.concat(frames).sort("row_number", maintain_order=True)


def parse_cells(column: Column, cells: pl.Series) -> pl.DataFrame:
    """Reads cells of one column.

    Args:
        column: decides the type and what is accepted.
        cells: text, trimmed; NULL where the cell is blank.

    Returns:
        `value` (typed, NULL where blank or refused) and `code` (NULL where accepted), row for row.
    """
    cells = cells.alias("cell")
    if column.type == "text":
        return cells.to_frame().select(*_keep_if_accepted(pl.col("cell"), _text_code()))
    # Numbers, dates and words repeat: each distinct spelling is read once.
    distinct = cells.unique().to_frame()
    parsed = _PARSERS.get(column.type, _parse_decimal)(column, distinct).with_columns(
        pl.when(pl.col("cell") == CELL_ERROR).then(pl.lit("cell_error")).otherwise("code").alias("code")
    )
    return cells.to_frame().join(parsed, on="cell", how="left", nulls_equal=True, maintain_order="left").drop("cell")


def _keep_if_accepted(value: pl.Expr, code: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    return pl.when(code.is_null()).then(value).alias("value"), code.alias("code")


def _text_code() -> pl.Expr:
    cell = pl.col("cell")
    return (
        pl.when(cell == CELL_ERROR)
        .then(pl.lit("cell_error"))
        .when(cell.str.contains("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"))
        .then(pl.lit("control_character"))
        .when(cell.str.len_chars() > MAX_TEXT)
        .then(pl.lit("too_long"))
        .otherwise(pl.lit(None, pl.String))
    )


def _refused_unless(accepted: pl.Expr, code: str) -> pl.Expr:
    """`code` where the cell is filled and not accepted, else NULL."""
    return pl.when(pl.col("cell").is_not_null() & ~accepted.fill_null(False)).then(pl.lit(code)).otherwise(None)


# The three ways to write a number: digits grouped by spaces with either decimal mark, and the two usages in which both
# marks (or one mark several times) leave no doubt about which one groups.
_PLAIN = r"^[+-]?(?:[0-9]+|[0-9]{1,3}(?: [0-9]{3})+)(?:[.,][0-9]+)?$"
_POINT_GROUPS = r"^[+-]?[0-9]{1,3}(?:(?:\.[0-9]{3})+,[0-9]+|(?:\.[0-9]{3}){2,})$"
_COMMA_GROUPS = r"^[+-]?[0-9]{1,3}(?:(?:,[0-9]{3})+\.[0-9]+|(?:,[0-9]{3}){2,})$"


def _digits(distinct: pl.DataFrame) -> pl.DataFrame:
    """Adds `sign`, `whole` and `fraction` (without idle zeros), NULL when the cell is no number."""
    cell = pl.col("cell").str.replace_all(_SPACES, " ")
    plain = (
        pl.when(cell.str.contains(_PLAIN))
        .then(cell.str.replace_all(" ", "", literal=True).str.replace(",", ".", literal=True))
        .when(cell.str.contains(_POINT_GROUPS))
        .then(cell.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True))
        .when(cell.str.contains(_COMMA_GROUPS))
        .then(cell.str.replace_all(",", "", literal=True))
    )
    return distinct.with_columns(plain=plain).with_columns(
        sign=pl.when(pl.col("plain").str.starts_with("-")).then(pl.lit("-")).otherwise(pl.lit("")),
        whole=pl.col("plain").str.extract(r"^[+-]?0*([0-9]*?)(?:\.|$)"),
        fraction=pl.col("plain").str.extract(r"\.([0-9]*?)0*$").fill_null(""),
    )


def _bounds_code(column: Column, value: pl.Expr) -> pl.Expr:
    code = pl.lit(None, pl.String)
    if column.minimum is not None:
        code = pl.when(value < _bound(column, column.minimum)).then(pl.lit("minimum")).otherwise(code)
    if column.maximum is not None:
        code = pl.when(value > _bound(column, column.maximum)).then(pl.lit("maximum")).otherwise(code)
    return code


def _bound(column: Column, text: str) -> pl.Expr:
    return pl.lit(int(text)) if column.type == "integer" else pl.lit(Decimal(text), polars_type(column))


def _parse_decimal(column: Column, distinct: pl.DataFrame) -> pl.DataFrame:
    scale = DECIMALS[column.type][1]
    frame = _digits(distinct).with_columns(
        code=pl.when(pl.col("cell").is_not_null() & pl.col("plain").is_null())
        .then(pl.lit("number"))
        .when(pl.col("fraction").str.len_bytes() > scale)
        .then(pl.lit("decimals"))
        .when(pl.col("whole").str.len_bytes() > WHOLE_DIGITS[column.type])
        .then(pl.lit("digits"))
    )
    text = pl.concat_str("sign", pl.lit("0"), "whole", pl.lit("."), "fraction", pl.lit("0"))
    frame = frame.with_columns(
        number=pl.when(pl.col("code").is_null() & pl.col("plain").is_not_null())
        .then(text)
        .cast(polars_type(column), strict=False)
    )
    return frame.select(
        "cell", *_keep_if_accepted(pl.col("number"), pl.coalesce("code", _bounds_code(column, pl.col("number"))))
    )


def _parse_integer(column: Column, distinct: pl.DataFrame) -> pl.DataFrame:
    frame = _digits(distinct).with_columns(
        code=pl.when(pl.col("cell").is_not_null() & pl.col("plain").is_null())
        .then(pl.lit("number"))
        .when(pl.col("fraction") != "")
        .then(pl.lit("integer"))
        .when(pl.col("whole").str.len_bytes() > 9)
        .then(pl.lit("digits"))
    )
    frame = frame.with_columns(
        number=pl.when(pl.col("code").is_null() & pl.col("plain").is_not_null())
        .then(pl.concat_str("sign", pl.lit("0"), "whole"))
        .cast(pl.Int32, strict=False)
    )
    return frame.select(
        "cell", *_keep_if_accepted(pl.col("number"), pl.coalesce("code", _bounds_code(column, pl.col("number"))))
    )


# Spreadsheets and Parquet hand over a date as midnight; any other time of day is no date.
_ISO_DATE = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]00:00(?::00(?:\.0+)?)?)?$"
_FRENCH_DATE = r"^([0-9]{2})/([0-9]{2})/([0-9]{4})(?: 00:00(?::00)?)?$"
_FIRST_YEAR = 1900


def _date(cell: pl.Expr) -> pl.Expr:
    iso = pl.coalesce(cell.str.extract(_ISO_DATE), cell.str.replace(_FRENCH_DATE, "$3-$2-$1"))
    value = iso.str.to_date("%Y-%m-%d", strict=False)
    return pl.when(iso.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$") & (value.dt.year() >= _FIRST_YEAR)).then(value)


def _parse_date(column: Column, distinct: pl.DataFrame) -> pl.DataFrame:
    value = _date(pl.col("cell"))
    return distinct.select("cell", value.alias("value"), _refused_unless(value.is_not_null(), "date").alias("code"))


def _parse_month(column: Column, distinct: pl.DataFrame) -> pl.DataFrame:
    cell = pl.col("cell")
    # «2026-03» typed in a spreadsheet becomes the date of its first day.
    day = pl.coalesce(_date(pl.concat_str(cell, pl.lit("-01"))), _date(cell))
    value = pl.when(day.dt.day() == 1).then(day.dt.strftime("%Y-%m"))
    return distinct.select("cell", value.alias("value"), _refused_unless(value.is_not_null(), "month").alias("code"))


_ISO_TIMESTAMP = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2})(:[0-9]{2})?(\.[0-9]{1,9})?Z?$"
_FRENCH_TIMESTAMP = r"^([0-9]{2})/([0-9]{2})/([0-9]{4}) ([0-9]{2}:[0-9]{2})(:[0-9]{2})?$"


def _parse_timestamp(column: Column, distinct: pl.DataFrame) -> pl.DataFrame:
    cell = pl.col("cell")
    iso = pl.when(cell.str.contains(_FRENCH_TIMESTAMP)).then(cell.str.replace(_FRENCH_TIMESTAMP, "$3-$2-$1 $4$5"))
    parts = pl.coalesce(iso, cell)
    moment = pl.concat_str(
        parts.str.extract(_ISO_TIMESTAMP, 1),
        pl.lit(" "),
        parts.str.extract(_ISO_TIMESTAMP, 2),
        parts.str.extract(_ISO_TIMESTAMP, 3).fill_null(":00"),
    ).str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    value = pl.coalesce(moment, _date(cell).cast(pl.Datetime("us")))
    return distinct.select(
        "cell", value.alias("value"), _refused_unless(value.is_not_null(), "timestamp").alias("code")
    )


_BOOLEANS = {"true": True, "false": False, "oui": True, "non": False, "1": True, "0": False}


def _parse_boolean(column: Column, distinct: pl.DataFrame) -> pl.DataFrame:
    value = pl.col("cell").str.to_lowercase().replace_strict(_BOOLEANS, default=None, return_dtype=pl.Boolean)
    return distinct.select("cell", value.alias("value"), _refused_unless(value.is_not_null(), "boolean").alias("code"))


def _parse_choice(column: Column, distinct: pl.DataFrame) -> pl.DataFrame:
    spellings = {choice.lower(): choice for choice in column.choices}
    value = pl.col("cell").str.to_lowercase().replace_strict(spellings, default=None, return_dtype=pl.String)
    return distinct.select("cell", value.alias("value"), _refused_unless(value.is_not_null(), "choice").alias("code"))


def _parse_siret(column: Column, distinct: pl.DataFrame) -> pl.DataFrame:
    value = pl.col("cell").str.replace_all(_SPACES, "")
    pattern = r"^[0-9]{14}$" if column.type == "siret" else r"^[0-9]{14}(?:\|[0-9]{14})*$"
    code = _refused_unless(value.str.contains(pattern), column.type)
    return distinct.select("cell", *_keep_if_accepted(value, code))


_PARSERS: dict[str, Callable[[Column, pl.DataFrame], pl.DataFrame]] = {
    "integer": _parse_integer,
    "date": _parse_date,
    "month": _parse_month,
    "timestamp": _parse_timestamp,
    "boolean": _parse_boolean,
    "choice": _parse_choice,
    "siret": _parse_siret,
    "sirets": _parse_siret,
}


def expected(column: Column, code: str) -> tuple[str | None, str | None]:
    """What fills the places of a reason: what the column would have accepted."""
    if code == "choice":
        return ", ".join(column.choices), None
    if code in ("minimum", "maximum"):
        return getattr(column, code), None
    if code == "decimals":
        return str(DECIMALS[column.type][1]), None
    if code == "digits":
        return str(WHOLE_DIGITS.get(column.type, 9)), None
    if code == "too_long":
        return str(MAX_TEXT), None
    return None, None


def trimmed(cells: pl.Expr) -> pl.Expr:
    """Cells without the white space around them; NULL when nothing is left."""
    stripped = cells.str.strip_chars()
    return pl.when(stripped != "").then(stripped)


def default_of(column: Column) -> pl.Expr:
    """What a blank cell of the column means, typed."""
    value: object = None
    if column.default is not None:
        value = parse_cells(column, pl.Series([column.default]))["value"][0]
    return pl.lit(value, polars_type(column))


def normalise(table: Table, cells: pl.DataFrame) -> Normalised:
    """Types the rows of one file or sheet and sets the refused ones aside.

    Args:
        table: the table they feed.
        cells: text columns named after the contract (others, `currency` aside, already left out; optional ones may
            be absent) and `_row`.

    Returns:
        The accepted rows and every refused cell; a row with a refused cell is not among the accepted ones.
    """
    found: list[pl.DataFrame] = []
    rows = cells["_row"]
    typed: list[pl.Series] = []
    for column in table.columns:
        if column.name not in cells.columns:
            typed.append(pl.select(pl.repeat(None, cells.height, dtype=polars_type(column))).to_series())
        else:
            raw = cells.select(trimmed(pl.col(column.name)).alias("cell")).to_series()
            parsed = parse_cells(column, raw)
            typed.append(parsed["value"])
            found += _cell_rejects(column, rows, raw, parsed["code"])
        typed[-1] = typed[-1].alias(column.name)
    if "currency" in cells.columns and "currency" not in table.column_names:
        raw = cells.select(trimmed(pl.col("currency")).alias("cell")).to_series()
        code = raw.to_frame().select(
            pl.when(pl.col("cell").str.to_uppercase() != CURRENCY).then(pl.lit("currency")).alias("code")
        )["code"]
        found += _cell_rejects(Column("currency"), rows, raw, code)
    frame = pl.DataFrame([*typed, rows])
    found.append(row_rejects(table, frame))
    all_rejects = rejects(found)
    if all_rejects.height:
        frame = frame.filter(~pl.col("_row").is_in(all_rejects["row_number"].unique().implode()))
    return Normalised(with_key(table, with_defaults(table, frame)), all_rejects)


def _cell_rejects(column: Column, rows: pl.Series, cells: pl.Series, codes: pl.Series) -> list[pl.DataFrame]:
    if column.required and cells.null_count():
        codes = pl.select(pl.when(cells.is_null()).then(pl.lit("required")).otherwise(codes)).to_series()
    if codes.null_count() == codes.len():
        return []
    frame = pl.DataFrame({"row_number": rows, "value": cells, "code": codes}).filter(pl.col("code").is_not_null())
    meanings = {code: expected(column, code) for code in frame["code"].unique()}
    value = pl.when(pl.col("value").is_not_null()).then(pl.lit(MASK)) if column.personal else shown(pl.col("value"))
    return [
        frame.select(
            "row_number",
            pl.lit(column.name).alias("column_name"),
            value.alias("value"),
            "code",
            *(
                pl.col("code")
                .replace_strict({code: both[place] for code, both in meanings.items()}, return_dtype=pl.String)
                .alias(name)
                for place, name in enumerate(("first", "second"))
            ),
        )
    ]


def shown(value: pl.Expr) -> pl.Expr:
    """A value fit for a message: printable and not endless."""
    return value.str.replace_all("[\x00-\x1f\x7f]", "\N{REPLACEMENT CHARACTER}").str.slice(0, 200)


def row_rejects(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose columns contradict each other, from typed rows with `_row`."""
    found = []
    for earlier, later in table.ordered:
        found.append(
            rows.filter(pl.col(later) < pl.col(earlier)).select(
                pl.col("_row").alias("row_number"),
                pl.lit(later).alias("column_name"),
                pl.col(later).cast(pl.String).alias("value"),
                pl.lit("before").alias("code"),
                pl.lit(earlier).alias("first"),
                pl.col(earlier).cast(pl.String).alias("second"),
            )
        )
    if table.exactly_one:
        filled = pl.sum_horizontal(pl.col(name).is_not_null() for name in table.exactly_one)
        found.append(
            rows.filter(filled != 1).select(
                pl.col("_row").alias("row_number"),
                pl.lit(table.exactly_one[0]).alias("column_name"),
                pl.col(table.exactly_one[0]).cast(pl.String).alias("value"),
                pl.lit("exactly_one").alias("code"),
                pl.lit(", ".join(table.exactly_one)).alias("first"),
                pl.lit(None, pl.String).alias("second"),
            )
        )
    return rejects(found)


def with_defaults(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Fills blank cells of the columns whose blank has a meaning."""
    return rows.with_columns(
        pl.col(column.name).fill_null(default_of(column)) for column in table.columns if column.default is not None
    )


def key_text(table: Table) -> pl.Expr:
    """The key as `_key` writes it: parts joined with `|`, dates ISO, numbers without idle zeros, nothing for NULL."""
    parts = []
    for name in table.key:
        part = pl.col(name).cast(pl.String)
        if table.column(name).type in DECIMALS:
            part = part.str.replace(r"\.?0+$", "")
        parts.append(part.fill_null(""))
    return pl.concat_str(parts, separator="|")


def with_key(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Adds `_key`.

    Where a row has no id of its own and its content stands for it, `_key` is NULL and `_occurrence` is its rank among
    the rows of the file with that content: a person may well do the same thing twice a day.
    """
    if not table.key:
        rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(*table.content).alias("_occurrence")
        return rows.select(*table.column_names, pl.lit(None, pl.String).alias("_key"), rank, "_row")
    key = key_text(table).alias("_key")
    if not table.content:
        return rows.select(*table.column_names, key, "_row")
    own = pl.col(table.key[-1]).is_not_null()
    occurrence = pl.lit(None, pl.Int64)
    if rows[table.key[-1]].null_count():
        occurrence = pl.when(~own).then(
            pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(table.key[-1], *table.content)
        )
    return rows.select(*table.column_names, pl.when(own).then(key), occurrence.alias("_occurrence"), "_row")
