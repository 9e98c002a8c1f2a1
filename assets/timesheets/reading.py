"""One export of a time tracker to rows of `tracked_entry`, and what of it cannot be read.

Names stay as the tool has them: which mission and which collaborator they stand for is looked up at each run
(`mapping`), so that a mapping delivered later covers entries already archived.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.contract import TABLES
from assets.messages import MASK
from assets.normalise import REJECT_SCHEMA, normalise, rejects, shown, trimmed
from assets.readers import FileRefused, Sheet, read_csv, read_xlsx
from assets.timesheets.cells import MAX_HOURS, MAX_PLAIN_HOURS, date_order, iso_dates, read_durations
from assets.timesheets.tools import KNOWN_HEADERS, TOOLS, Tool, folder_tool, header_key, missing, places, recognise

TABLE = TABLES["tracked_entry"]

_WORDS = {"yes": "true", "y": "true", "no": "false", "n": "false"}
#: What an entry without project is mapped by, since a mapping names a project.
NO_PROJECT = "-"


@dataclass(frozen=True)
class Export:
    """What an export holds.

    Attributes:
        sheet: name of the sheet, empty for a CSV.
        rows: the typed rows of `tracked_entry`.
        rejects: what was refused, under the names of the columns as the file has them.
    """

    sheet: str
    rows: pl.DataFrame
    rejects: pl.DataFrame


def read_export(file: str, data: bytes) -> tuple[Export, tuple[str, ...]]:
    """Reads an export, CSV or workbook.

    Args:
        file: path under `inbox/`; its folder may name the tool.
        data: the file.

    Returns:
        What it holds, and the names of the sheets that are no export.

    Raises:
        FileRefused: no tool writes such a header row, or the file cannot be read at all.
    """
    if file.lower().endswith(".csv"):
        return _read_sheet(file, read_csv(data, KNOWN_HEADERS)), ()
    sheets = read_xlsx(data)
    fitting = [sheet for sheet in sheets if recognise(sheet.header)]
    if not fitting:
        filled = [sheet for sheet in sheets if sheet.header]
        raise _unrecognised(file, filled[0] if filled else sheets[0])
    if len(fitting) > 1:
        # A later export replaces an earlier one, and nothing tells which of two sheets is the later.
        raise FileRefused("tracker_sheets", ", ".join(sheet.name for sheet in fitting))
    try:
        export = _read_sheet(file, fitting[0])
    except FileRefused as refusal:
        refusal.sheet = fitting[0].name
        raise
    return export, tuple(sheet.name for sheet in sheets if sheet is not fitting[0])


def _read_sheet(file: str, sheet: Sheet) -> Export:
    tool = recognise(sheet.header)
    if tool is None:
        raise _unrecognised(file, sheet)
    folder = folder_tool(file)
    if folder not in (None, tool):
        raise FileRefused("tracker_folder", tool.title, f"timesheets/{tool.name}/", row=sheet.header_row)
    found = places(tool, sheet.header)
    cells = sheet.cells.select(*(pl.col(f"c{place}").alias(name) for name, place in found.items()), "_row")
    day_first = any(header_key(sheet.header[place]) in tool.french for place in found.values())
    headers = {name: sheet.header[place].replace("\ufeff", "").strip() for name, place in found.items()}
    rows, refused = tracked_rows(tool, cells, headers, day_first=day_first, header_row=sheet.header_row)
    return Export(sheet.name, rows, rejects([*sheet.rejects, refused]))


def _unrecognised(file: str, sheet: Sheet) -> FileRefused:
    if not sheet.header:
        return FileRefused("empty_file", sheet=sheet.name)
    folder = folder_tool(file)
    if folder is None:
        titles = ", ".join(tool.title for tool in TOOLS.values())
        return FileRefused("tracker_unknown", titles, sheet=sheet.name, row=sheet.header_row)
    lacking = ", ".join(missing(folder, sheet.header))
    return FileRefused("tracker_header", folder.title, lacking, sheet=sheet.name, row=sheet.header_row)


def tracked_rows(
    tool: Tool,
    cells: pl.DataFrame,
    headers: dict[str, str],
    *,
    day_first: bool = False,
    header_row: int = 1,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Types the entries of a tool, whatever they were fetched as.

    Args:
        tool: where they come from.
        cells: text columns named after the fields of `Tool.headers`, and `_row`.
        headers: for each of them, what the column is called where the entries come from.
        day_first: whether dates are known to put the day before the month.
        header_row: the row that tells what the columns are.

    Returns:
        The accepted rows of `tracked_entry`, with `_key`, `_occurrence` and `_row`, and the rejects.

    Raises:
        FileRefused: the dates can be read in two ways.
    """
    frame = cells.with_columns(trimmed(pl.exclude("_row")))
    # A line of totals at the end of a workbook names nobody, no day and no work.
    naming = [name for name in frame.columns if name not in ("_row", "duration", "billable", "approved")]
    frame = frame.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in naming))
    order = date_order(frame["work_date"], day_first=day_first)
    if order in ("ambiguous", "contradictory"):
        raise FileRefused(f"dates_{order}", row=header_row, column=headers["work_date"])
    durations = read_durations(frame["duration"])
    frame = frame.with_columns(
        frame.select(pl.col("work_date").alias("cell")).select(iso_dates(order).alias("work_date"))["work_date"],
        *(
            pl.col(name).str.to_lowercase().replace(_WORDS).alias(name)
            for name in ("billable", "approved")
            if name in frame.columns
        ),
        durations["minutes"].cast(pl.String).alias("minutes"),
        pl.when(pl.col("duration").is_null()).then(pl.lit("required")).otherwise(durations["code"]).alias("code"),
    )
    bad = frame.filter(pl.col("code").is_not_null())
    refused = bad.select(
        pl.col("_row").alias("row_number"),
        pl.lit(headers["duration"]).alias("column_name"),
        shown(pl.col("duration")).alias("value"),
        "code",
        pl.when(pl.col("code") == "duration_max")
        .then(
            pl.when(pl.col("duration").str.contains("[:.,]")).then(pl.lit(MAX_HOURS)).otherwise(pl.lit(MAX_PLAIN_HOURS))
        )
        .cast(pl.String)
        .alias("first"),
        pl.lit(None, pl.String).alias("second"),
    ).cast(REJECT_SCHEMA)
    frame = frame.filter(pl.col("code").is_null())
    names = [pl.col(name) for name in ("first_name", "last_name") if name in frame.columns]
    if names:
        frame = frame.with_columns(pl.concat_str(names, separator=" ", ignore_nulls=True).alias("name"))
    for name in ("email", "login", "name", "client", "project", "task"):
        text = _plain(pl.col(name)) if name in frame.columns else pl.lit(None, pl.String)
        frame = frame.with_columns(text.alias(name))
    typed = frame.select(
        pl.lit(tool.name).alias("tool"),
        "client",
        pl.col("project").fill_null(NO_PROJECT),
        "task",
        # Whoever has an e-mail is known by it, in whatever case; else by the login, else by the name.
        pl.coalesce(pl.col("email").str.to_lowercase(), "login", "name").alias("user"),
        pl.col("login").alias("user_login"),
        pl.col("name").alias("user_name"),
        "work_date",
        "minutes",
        *(name for name in ("billable", "approved", "description") if name in frame.columns),
        "_row",
    )
    # Equal entries are told apart by their rank, which must not hang on how an export was sorted.
    flags = [name for name in ("billable", "approved", "description") if name in typed.columns]
    result = normalise(TABLE, typed.sort(*flags, "_row", descending=[name != "_row" for name in (*flags, "_row")]))
    return result.rows.sort("_row"), rejects([refused, _as_written(result.rejects, headers)])


def _plain(text: pl.Expr) -> pl.Expr:
    """A name with single spaces."""
    return trimmed(text.str.replace_all(r"\s+", " "))


def _as_written(refused: pl.DataFrame, headers: dict[str, str]) -> pl.DataFrame:
    """Rejects under the names of the columns as the file has them; what names a person is masked."""
    people = [headers[name] for name in ("email", "login", "name", "last_name", "first_name") if name in headers]
    written = headers | {"user": people[0], "user_login": people[0], "user_name": people[0]}
    return refused.with_columns(
        pl.col("column_name").replace(written),
        pl.when(pl.col("column_name").is_in(["user", "user_login", "user_name"]) & pl.col("value").is_not_null())
        .then(pl.lit(MASK))
        .otherwise("value")
        .alias("value"),
    )
