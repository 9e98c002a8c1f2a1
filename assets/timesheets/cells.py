"""Dates and durations as time trackers write them: read exactly, decided by what the whole column shows, or refused.

`03/04/2026` is 3 April or March 4th, `1.500` is an hour and a half or fifteen hundred hours, by the settings of
whoever exported. One cell that can be read in a single way settles the column; what nothing settles is not guessed.
"""

from __future__ import annotations

import polars as pl

#: Longest entry accepted, in hours; a whole number of more than a month is taken for seconds, and refused.
MAX_HOURS = 9_999
MAX_PLAIN_HOURS = 744

_SPACES = "[ \u00a0\u202f\u2009]"
_ISO = r"^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T].*)?$"
_DOTTED = r"^([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?: .*)?$"
_SLASHED = r"^([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})(?: .*)?$"


def date_order(cells: pl.Series, *, day_first: bool) -> str:
    """Which of the two first numbers of the dates of a file is the day.

    Args:
        cells: the dates as text.
        day_first: whether the header tells, being in French.

    Returns:
        `day` or `month` (what comes first), `ambiguous` when nothing tells, `contradictory` when the dates disagree.
    """
    frame = cells.alias("cell").to_frame()
    first = pl.col("cell").str.extract(_SLASHED, 1).cast(pl.Int32)
    second = pl.col("cell").str.extract(_SLASHED, 2).cast(pl.Int32)
    day, month, open_question = frame.select(
        ((first > 12) & (second <= 12)).any().alias("day"),
        ((second > 12) & (first <= 12)).any().alias("month"),
        ((first <= 12) & (second <= 12) & (first != second)).any().alias("question"),
    ).row(0)
    if (day or day_first) and month:
        return "contradictory"
    if day or day_first:
        return "day"
    if month:
        return "month"
    return "ambiguous" if open_question else "day"


def iso_dates(order: str) -> pl.Expr:
    """The column `cell` with its dates as `YYYY-MM-DD`; what is no date that exists stays as it is."""
    cell = pl.col("cell")
    swapped = "$3-0$1-0$2" if order == "month" else "$3-0$2-0$1"
    written = pl.coalesce(
        pl.when(cell.str.contains(_ISO)).then(cell.str.replace(_ISO, "$1-$2-$3")),
        pl.when(cell.str.contains(_DOTTED)).then(cell.str.replace(_DOTTED, "$3-0$2-0$1")),
        pl.when(cell.str.contains(_SLASHED)).then(cell.str.replace(_SLASHED, swapped)),
    )
    # Two digits for each number, whether it was written with one or two.
    padded = written.str.replace(r"-0([0-9]{2})-", "-$1-").str.replace(r"-0([0-9]{2})$", "-$1")
    return pl.coalesce(pl.when(padded.str.to_date("%Y-%m-%d", strict=False).is_not_null()).then(padded), cell)


_CLOCK = r"^([0-9]{1,6}):([0-5][0-9])(?::([0-5][0-9]))?$"
#: A duration in a workbook is a time after the last day of 1899.
_SHEET = r"^((?:1899|19[0-9]{2})-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?$"
_WHOLE = r"^[0-9]+$"
#: One mark that can only be the decimal one: not three digits after it, or more than three or none before.
_CLEAR = r"^(?:[0-9]+[.,](?:[0-9]{1,2}|[0-9]{4,9})|(?:0|[0-9]{4,})[.,][0-9]{3})$"
_UNCLEAR = r"^[1-9][0-9]{0,2}[.,][0-9]{3}$"
_POINT_GROUPS = r"^[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]{1,9}$"
_COMMA_GROUPS = r"^[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]{1,9}$"


def read_durations(cells: pl.Series) -> pl.DataFrame:
    """Reads a column of durations: `h:mm`, `h:mm:ss`, a spreadsheet's time, or decimal hours.

    An exact duration is rounded to the minute once, half a minute up; of decimal hours, the nearest minute is what the
    tool itself had rounded.

    Args:
        cells: text, trimmed; NULL where blank.

    Returns:
        `minutes` (Int64, NULL where blank or refused) and `code` (NULL where accepted), row for row.
    """
    frame = cells.alias("cell").to_frame().with_columns(pl.col("cell").str.replace_all(_SPACES, "").alias("tight"))
    tight = pl.col("tight")
    marks = set(
        frame.select(
            pl.when(tight.str.contains(_CLEAR))
            .then(tight.str.extract("([.,])"))
            .when(tight.str.contains(_POINT_GROUPS))
            .then(pl.lit(","))
            .when(tight.str.contains(_COMMA_GROUPS))
            .then(pl.lit("."))
            .alias("mark")
        )["mark"].drop_nulls()
    )
    mark = next(iter(marks)) if len(marks) == 1 else None
    settled = (
        pl.lit(None, pl.String)
        if mark is None
        else pl.when(tight.str.extract("([.,])") == mark)
        .then(tight.str.replace(",", ".", literal=True))
        .otherwise(tight.str.replace("[.,]", ""))
    )
    plain = (
        pl.when(tight.str.contains(_WHOLE))
        .then(tight)
        .when(tight.str.contains(_CLEAR))
        .then(tight.str.replace(",", ".", literal=True))
        .when(tight.str.contains(_POINT_GROUPS))
        .then(tight.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True))
        .when(tight.str.contains(_COMMA_GROUPS))
        .then(tight.str.replace_all(",", "", literal=True))
        .when(tight.str.contains(_UNCLEAR))
        .then(settled)
    )
    sheet_day = pl.col("cell").str.extract(_SHEET, 1).str.to_date("%Y-%m-%d", strict=False)
    clock_seconds = _number(_CLOCK, 1, "tight") * 3600 + _number(_CLOCK, 2, "tight") * 60 + _number(_CLOCK, 3, "tight")
    sheet_seconds = (
        (sheet_day - pl.date(1899, 12, 31)).dt.total_days() * 86_400
        + _number(_SHEET, 2, "cell") * 3600
        + _number(_SHEET, 3, "cell") * 60
        + _number(_SHEET, 4, "cell")
    )
    frame = frame.with_columns(
        plain.alias("plain"),
        pl.when(tight.str.contains(_CLOCK)).then(clock_seconds).otherwise(sheet_seconds).alias("seconds"),
    )
    whole = pl.col("plain").str.extract(r"^0*([0-9]{1,9}?)(?:\.|$)").replace("", "0").cast(pl.Int64, strict=False)
    billionths = (
        pl.col("plain").str.extract(r"\.([0-9]+)$").fill_null("").str.pad_end(9, "0").cast(pl.Int64, strict=False)
    )
    decimal_minutes = ((whole * 1_000_000_000 + billionths) * 60 + 500_000_000) // 1_000_000_000
    minutes = pl.when(pl.col("seconds").is_not_null()).then((pl.col("seconds") + 30) // 60).otherwise(decimal_minutes)
    filled = pl.col("cell").is_not_null()
    unclear = tight.str.contains(_UNCLEAR) & pl.lit(mark is None)
    known = pl.col("seconds").is_not_null() | pl.col("plain").is_not_null()
    too_long = (pl.col("minutes") > MAX_HOURS * 60) | (
        tight.str.contains(_WHOLE) & (pl.col("minutes") > MAX_PLAIN_HOURS * 60)
    )
    frame = frame.with_columns(minutes.alias("minutes")).with_columns(
        pl.when(filled & unclear)
        .then(pl.lit("hours_ambiguous"))
        .when(filled & (~known.fill_null(False) | pl.col("minutes").is_null()))
        .then(pl.lit("duration"))
        .when(filled & too_long)
        .then(pl.lit("duration_max"))
        .alias("code")
    )
    return frame.select(pl.when(pl.col("code").is_null()).then("minutes").alias("minutes"), "code")


def _number(pattern: str, group: int, column: str) -> pl.Expr:
    return pl.col(column).str.extract(pattern, group).cast(pl.Int64, strict=False).fill_null(0)
