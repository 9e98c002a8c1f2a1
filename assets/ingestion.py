"""From the inbox to `raw.*`: what is new is read once and archived, the rest is set-based SQL over the archive.

`ingest` turns files into the tables of schema `input` (what the users say today, independent of any month);
`prepare_raw` turns those into schema `raw` (what a run at one control date sees). Both hold the warehouse open only
while they work. Formats belong to `readers` and `letters`, values to `normalise`, durability to `deliveries`.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from assets.contract import TABLES, Table, table_of
from assets.deliveries import Archive, Delivery, IngestError, Version
from assets.input_tables import Passing, literal, update_input
from assets.messages import MASK, REASONS, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    import duckdb
    import polars as pl

    from assets.readers import Sheet

TABULAR = (".csv", ".xlsx", ".parquet")
LETTERS = "documents"
PAYROLL = "payroll"

#: Columns of `raw.rejected_row`.
REJECTED_ROW = {
    "source_file": "VARCHAR",
    "sheet": "VARCHAR",
    "row_number": "BIGINT",
    "table_name": "VARCHAR",
    "column_name": "VARCHAR",
    "value": "VARCHAR",
    "reason": "VARCHAR",
}


@dataclass(frozen=True)
class NewDelivery:
    """What one new file, or one sheet of it, brought.

    Attributes:
        file: path under `inbox/`.
        sheet: name of the sheet, empty where the format has none.
        table: the table fed.
        rows: accepted rows.
        rejected: rejected rows; a file refused whole counts as one.
    """

    file: str
    sheet: str
    table: str
    rows: int
    rejected: int


@dataclass(frozen=True)
class IngestReport:
    """What an ingestion found.

    Attributes:
        new: the deliveries read this time; empty when nothing changed.
        rows: rows accepted in them.
        rejects: rows rejected in them, and files refused.
        unread: files (`file`) and sheets (`file [sheet]`) that feed no table.
        unknown_columns: (file, sheet, column) of live deliveries that the contract does not know.
        input_fingerprint: changes exactly when what is live changes.
    """

    new: tuple[NewDelivery, ...]
    rows: int
    rejects: int
    unread: tuple[str, ...]
    unknown_columns: tuple[tuple[str, str, str], ...]
    input_fingerprint: str


@dataclass
class _Scan:
    """The inbox by what its files are for, in name order."""

    candidates: list[tuple[str, Path]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    links_outside: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Part:
    """Rows for one table out of one file: a CSV, a sheet, or a third of an engagement letter."""

    sheet: str
    table: str
    rows: pl.DataFrame | None
    rejects: pl.DataFrame
    unknown_columns: tuple[str, ...] = ()


def ingest(workspace: Path, *, language: str, progress: Callable[[str], None]) -> IngestReport:
    """Reads what is new in the inbox and brings the `input` tables up to date.

    Args:
        workspace: the folder with `inbox/`, `archive/` and `warehouse.duckdb`.
        language: `fr` or `en`, of the progress and the errors.
        progress: called with a line for people as each file is read.

    Raises:
        IngestError: there is no inbox, or the archive or the warehouse cannot be used.
    """
    inbox = workspace / "inbox"
    if not inbox.is_dir():
        raise IngestError(text("no_inbox", language, inbox))
    archive = Archive(workspace / "archive", language)
    scan = _scan(inbox)
    passing = [Passing(file, _table_of_file(file), "link_outside") for file in scan.links_outside]
    latest = archive.latest()
    new: list[NewDelivery] = []
    for file, path in scan.candidates:
        outcome = _read_if_new(
            file, path, latest.get(file), archive, lambda name: progress(text("reading", language, name))
        )
        if isinstance(outcome, Version):
            new += _as_new(outcome)
        elif outcome is not None:
            code, detail = outcome
            passing.append(Passing(file, _table_of_file(file), code, detail))
            new.append(NewDelivery(file, "", _table_of_file(file), 0, 1))
    live = archive.live()
    with open_warehouse(workspace, language) as connection:
        update_input(connection, archive, live, passing)
    if not new:
        progress(text("nothing_new", language))
    latest = archive.latest()
    return IngestReport(
        new=tuple(new),
        rows=sum(each.rows for each in new),
        rejects=sum(each.rejected for each in new),
        unread=tuple(
            sorted([*scan.unread, *(f"{v.file} [{sheet}]" for v in latest.values() for sheet in v.unread_sheets)])
        ),
        unknown_columns=tuple(
            (version.file, delivery.sheet, column) for version, delivery in live for column in delivery.unknown_columns
        ),
        input_fingerprint=fingerprint(live),
    )


def fingerprint(live: list[tuple[Version, Delivery]]) -> str:
    """SHA-256 over what is live, whatever the order in which it came."""
    facts = sorted((version.file, delivery.sheet, delivery.table, version.content_hash) for version, delivery in live)
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@contextmanager
def open_warehouse(workspace: Path, language: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the warehouse in a transaction, committed and closed at the end, rolled back on error."""
    import duckdb

    path = workspace / "warehouse.duckdb"
    try:
        connection = duckdb.connect(path)
    except duckdb.Error as error:
        raise IngestError(text("warehouse", language, path, str(error).splitlines()[0])) from error
    try:
        connection.execute("set preserve_insertion_order = true")
        connection.execute("begin")
        yield connection
        connection.execute("commit")
    finally:
        connection.close()


# --- finding files -------------------------------------------------------------------------------------------------


def _scan(inbox: Path) -> _Scan:
    scan = _Scan()
    root = inbox.resolve()
    for folder, folders, names in os.walk(inbox):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in [*names, *(name for name in folders if os.path.islink(os.path.join(folder, name)))]:
            path = Path(folder, name)
            file = os.fsencode(path.relative_to(inbox).as_posix()).decode("utf-8", "replace")
            if _is_temporary(name):
                continue
            if path.is_symlink() and not _leads_into(path, root):
                scan.links_outside.append(file)
            elif path.is_dir():
                continue
            elif _feeds(file) and path.is_file():
                scan.candidates.append((file, path))
            else:
                scan.unread.append(file)
    scan.candidates.sort()
    scan.unread.sort()
    scan.links_outside.sort()
    return scan


def _is_temporary(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower().endswith((".tmp", ".part"))


def _leads_into(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # a broken link or a loop leads nowhere
        return False


def _feeds(file: str) -> bool:
    parts = file.lower().split("/")
    if parts[0] == LETTERS and len(parts) > 1 and parts[-1].endswith(".json"):
        return True
    stem, extension = os.path.splitext(parts[-1])
    # A workbook may hold sheets named after tables whatever its own name: only its content tells.
    return extension == ".xlsx" or (extension in TABULAR and table_of(stem) is not None)


def _table_of_file(file: str) -> str | None:
    name = file.rsplit("/", 1)[-1]
    if name.lower().endswith(".json"):
        return "document"
    return table_of(os.path.splitext(name)[0])


# --- reading one file ----------------------------------------------------------------------------------------------


def _read_if_new(
    file: str, path: Path, before: Version | None, archive: Archive, announce: Callable[[str], None]
) -> Version | tuple[str, str | None] | None:
    """Reads and archives a file whose content is new.

    Returns:
        The archived version; None when the content is the one known; or (reason code, detail) when the file cannot be
        judged this time, in which case nothing is recorded and the next run tries again.
    """
    from assets.readers import MAX_FILE_BYTES, FileRefused

    try:
        state = path.stat()
        if state.st_size > MAX_FILE_BYTES:
            return "too_large", f"{state.st_size >> 20} Mio/MiB"
        data = path.read_bytes()
        content_hash = hashlib.sha256(data).hexdigest()
        if before is not None and before.content_hash == content_hash:
            return None
        announce(file)
        unread_sheets: tuple[str, ...] = ()
        try:
            parts, unread_sheets = _parse(file, data)
            accepted = True
        except FileRefused as refusal:
            parts, accepted = [_refused(refusal, _table_of_file(file))], False
        if _changed_since(path, state, content_hash):
            return "being_written", None
    except OSError as error:
        return "unreadable", error.strerror
    return _archive(archive, file, content_hash, parts, accepted, unread_sheets)


def _changed_since(path: Path, state: os.stat_result, content_hash: str) -> bool:
    with path.open("rb") as again:
        now = os.fstat(again.fileno())
        if not stat.S_ISREG(now.st_mode) or (now.st_size, now.st_mtime_ns) != (state.st_size, state.st_mtime_ns):
            return True
        return hashlib.file_digest(again, "sha256").hexdigest() != content_hash


def _parse(file: str, data: bytes) -> tuple[list[_Part], tuple[str, ...]]:
    """The parts of a file and the names of its sheets that feed no table; FileRefused when it is refused whole."""
    from assets import readers

    extension = os.path.splitext(file)[1].lower()
    if extension == ".json":
        from assets.letters import read_letters

        return [_Part("", *part) for part in read_letters(data)], ()
    table = _table_of_file(file)
    if extension != ".xlsx":
        known = _known(TABLES[table])
        sheet = readers.read_csv(data, known) if extension == ".csv" else readers.read_parquet(data, known)
        return [_part(sheet, TABLES[table])], ()
    sheets = readers.read_xlsx(data)
    placed, unread = _place(sheets, table)
    parts = []
    for sheet, name in placed:
        try:
            parts.append(_part(sheet, TABLES[name]))
        except readers.FileRefused as refusal:
            if len(placed) == 1:
                raise
            refusal.sheet = sheet.name
            parts.append(_refused(refusal, name))
    return parts, unread


def _place(sheets: list[Sheet], table: str | None) -> tuple[list[tuple[Sheet, str]], tuple[str, ...]]:
    """Which sheet of a workbook feeds which table."""
    from assets.readers import FileRefused

    if len(sheets) > 1:
        named = [(sheet, table_of(sheet.name)) for sheet in sheets]
        placed = [(sheet, name) for sheet, name in named if name]
        if placed or table is None:
            return placed, tuple(sheet.name for sheet, name in named if not name)
        filled = [sheet for sheet in sheets if sheet.header]
        if len(filled) > 1:
            raise FileRefused("which_sheet", ", ".join(sheet.name for sheet in sheets))
        sheets = filled or sheets[:1]
    name = table or table_of(sheets[0].name)
    return ([(sheets[0], name)], ()) if name else ([], (sheets[0].name,))


def _known(table: Table) -> frozenset[str]:
    return frozenset((*table.column_names, "currency"))


def _part(sheet: Sheet, table: Table) -> _Part:
    """Matches a sheet's header with a table and types its rows."""
    import polars as pl

    from assets.normalise import normalise, rejects
    from assets.readers import FileRefused

    if not sheet.header:
        raise FileRefused("empty_file", sheet=sheet.name)
    names = [name.strip().strip("\ufeff").strip().lower() for name in sheet.header]
    required = [column.name for column in table.columns if column.required]
    missing = [name for name in required if name not in names]
    if missing:
        raise FileRefused(
            "missing_column",
            ", ".join(missing),
            ", ".join(required),
            sheet=sheet.name,
            row=sheet.header_row,
            column=missing[0],
        )
    for place, name in enumerate(names):
        if name and name in names[:place]:
            raise FileRefused("duplicate_column", sheet=sheet.name, row=sheet.header_row, column=name)
    known = _known(table)
    result = normalise(
        table,
        sheet.cells.select(
            *(pl.col(f"c{place}").alias(name) for place, name in enumerate(names) if name in known), "_row"
        ),
    )
    unknown = tuple(sheet.header[place].strip() for place, name in enumerate(names) if name and name not in known)
    return _Part(sheet.name, table.name, result.rows, rejects([*sheet.rejects, result.rejects]), unknown)


def _refused(refusal: Exception, table: str | None) -> _Part:
    from assets.normalise import reject

    line = reject(refusal.row, refusal.code, refusal.column, refusal.value, *refusal.expected)
    return _Part(refusal.sheet, table or "", None, line)


def _archive(
    archive: Archive, file: str, content_hash: str, parts: list[_Part], accepted: bool, unread_sheets: tuple[str, ...]
) -> Version:
    import polars as pl

    deliveries = []
    all_rejects = []
    seq = archive.next_seq
    for place, part in enumerate(parts):
        if place and part.sheet != parts[place - 1].sheet:
            seq += 1
        value = pl.col("value")
        if file.lower().startswith(PAYROLL + "/"):
            value = pl.when(value.is_not_null()).then(pl.lit(MASK)).alias("value")
        all_rejects.append(
            part.rejects.select(
                pl.lit(file).alias("source_file"),
                pl.lit(part.sheet).alias("sheet"),
                "row_number",
                pl.lit(part.table or None, pl.String).alias("table_name"),
                "column_name",
                value,
                "code",
                "first",
                "second",
            )
        )
        data = ""
        if part.rows is not None:
            provenance = [
                pl.lit(seq, pl.Int64).alias("_seq"),
                pl.lit(file).alias("_file"),
                pl.lit(part.sheet).alias("_sheet"),
            ]
            data = archive.write(part.rows.with_columns(provenance), part.table, seq, content_hash)
        deliveries.append(
            Delivery(
                seq=seq,
                sheet=part.sheet,
                table=part.table,
                accepted=part.rows is not None,
                rows=0 if part.rows is None else part.rows.height,
                rejected=part.rejects["row_number"].n_unique(),
                data=data,
                unknown_columns=part.unknown_columns,
            )
        )
    found = pl.concat(all_rejects) if all_rejects else pl.DataFrame()
    rejects = archive.write(found, "rejects", len(archive.versions) + 1, content_hash) if found.height else ""
    version = Version(file, content_hash, accepted, tuple(deliveries), rejects, unread_sheets)
    archive.append(version)
    return version


def _as_new(version: Version) -> list[NewDelivery]:
    return [NewDelivery(version.file, each.sheet, each.table, each.rows, each.rejected) for each in version.deliveries]


# --- the raw tables ------------------------------------------------------------------------------------------------


def prepare_raw(workspace: Path, control_date: date, language: str) -> None:
    """Rebuilds the `raw` tables: the input as a run at one control date sees it.

    Corrections in force are laid over the input, then rows that point at nothing are rejected, each table after the
    ones it points at. `raw.rejected_row` tells in the language given what every refused row and file lacks.

    Raises:
        IngestError: the warehouse cannot be used.
    """
    from assets.corrections import lay_corrections
    from assets.references import build_raw

    with open_warehouse(workspace, language) as connection:
        connection.execute("create schema if not exists raw")
        connection.execute("create or replace temp table reject as select * from input.reject")
        build_raw(connection, lay_corrections(connection, control_date))
        _write_rejected_rows(connection, language)


def _write_rejected_rows(connection: duckdb.DuckDBPyConnection, language: str) -> None:
    sentences = ", ".join(f"({literal(code)}, {literal(text[language])})" for code, text in REASONS.items())
    definition = ", ".join(f'"{name}" {kind}' for name, kind in REJECTED_ROW.items())
    connection.execute(f"create or replace table raw.rejected_row ({definition})")
    connection.execute(
        f"""insert into raw.rejected_row
        select source_file, sheet, row_number, table_name, column_name, value,
            replace(replace(sentence, '{{0}}', coalesce("first", '')), '{{1}}', coalesce("second", ''))
        from reject join (values {sentences}) as reasons(code, sentence) using (code)
        order by all"""
    )
