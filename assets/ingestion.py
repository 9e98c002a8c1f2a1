"""From the inbox to `raw.*`: what is new is read once and archived, the rest is set-based SQL over the archive.

`ingest` turns files into the tables of schema `input` (what the users say today, independent of any month);
`prepare_raw` turns those into schema `raw` (what a run at one control date sees). Both hold the warehouse open only
while they work. Formats belong to `readers`, `letters` and `letter_files`, values to `normalise`, durability to
`deliveries`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from assets.contract import TABLES, Table, table_of
from assets.deliveries import Archive, Delivery, IngestError, Version
from assets.input_tables import Passing, literal, update_input
from assets.messages import MASK, REASONS, text
from assets.timesheets.tools import is_export

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future
    from datetime import date

    import duckdb
    import polars as pl

    from assets.letter_files.bounded import Extractor
    from assets.letter_files.faults import Unreadable
    from assets.letters import Loaded
    from assets.readers import FileRefused, Sheet

TABULAR = (".csv", ".xlsx", ".parquet")
LETTERS = "documents"
LETTER_FILES = (".docx", ".pdf")
PAYROLL = "payroll"
EXPORT_TABLE = "tracked_entry"
DECLARATIONS = "payroll_declaration"
PAYROLL_FILES = (".dsn", ".edi", ".txt")
DOCUMENT_TABLES = tuple(name for name, table in TABLES.items() if table.kind == "document")
#: Rows held in memory before what was read is archived.
BATCH_ROWS = 1_000_000

_In = TypeVar("_In")
_Out = TypeVar("_Out")

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
        remarks: (file, rubric and value) of live payroll declarations a person may want to look at.
    """

    new: tuple[NewDelivery, ...]
    rows: int
    rejects: int
    unread: tuple[str, ...]
    unknown_columns: tuple[tuple[str, str, str], ...]
    input_fingerprint: str
    remarks: tuple[tuple[str, str], ...] = ()


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


@dataclass
class _File:
    """A file whose content is new, and what it holds once parsed."""

    file: str
    path: Path
    state: os.stat_result
    content_hash: str
    parts: list[_Part] = field(default_factory=list)
    accepted: bool = True
    unread_sheets: tuple[str, ...] = ()


@dataclass(frozen=True)
class InboxState:
    """What an ingestion would find, nothing read into the archive.

    Attributes:
        new_files: files under `inbox/` whose content is new, in name order.
        input_fingerprint: of what is live in the archive.
    """

    new_files: tuple[str, ...]
    input_fingerprint: str


def look_at_inbox(workspace: Path, language: str) -> InboxState:
    """Compares the inbox with the archive without altering either.

    Raises:
        IngestError: there is no inbox, or the archive cannot be read.
    """
    inbox = _inbox(workspace, language)
    archive = Archive(workspace / "archive", language)
    latest = archive.latest()
    new_files = []
    for file, path in _scan(inbox).candidates:
        with suppress(_NotNow):  # Cannot be judged this time: a run would leave it out as well.
            if _read_if_new(file, path, latest.get(file))[0] is not None:
                new_files.append(file)
    return InboxState(tuple(new_files), fingerprint(archive.live()))


def ingest(
    workspace: Path,
    *,
    language: str,
    progress: Callable[[str], None],
    take_new: bool = True,
    payroll_counts: str = "quantity",
) -> IngestReport:
    """Reads what is new in the inbox and brings the `input` tables up to date.

    Args:
        workspace: the folder with `inbox/`, `archive/` and `warehouse.duckdb`.
        language: `fr` or `en`, of the progress and the errors.
        progress: called with a line for people as each file is read.
        take_new: whether files whose content is new are read; else the input stays as the archive has it.
        payroll_counts: the column of `payroll_declaration` that counts, by the contracts it leaves out.

    Raises:
        IngestError: there is no inbox, or the archive or the warehouse cannot be used.
    """
    from assets.letter_files.bounded import Extractor

    inbox = _inbox(workspace, language)
    archive = Archive(workspace / "archive", language)
    scan = _scan(inbox)
    passing = [Passing(file, _table_of_file(file), "link_outside") for file in scan.links_outside]
    versions: list[Version] = []
    letters: list[tuple[_File, Loaded | FileRefused | Unreadable]] = []
    payroll: list[_File] = []
    batch: list[_File] = []
    latest = archive.latest()

    def take(candidate: tuple[str, Path]) -> tuple[_File | None, bytes]:
        file, path = candidate
        found, data = _read_if_new(file, path, latest.get(file))
        if found is None or not take_new:
            return None, b""
        progress(text("reading", language, file))
        if _is_letter(file) or _is_payroll(file):
            return found, data
        _parse(found, data)
        _check_unchanged(found)
        return found, b""

    with Extractor() as extractor:
        for taken in _ahead(take, scan.candidates):
            try:
                found, data = taken.result()
            except _NotNow as problem:
                passing.append(problem.passing)
                continue
            if found is None:
                continue
            if _is_letter(found.file):
                letters.append((found, _load(found, data, extractor)))
                continue
            if _is_payroll(found.file):
                payroll.append(found)
                continue
            batch.append(found)
            if sum(part.rows.height for each in batch for part in each.parts if part.rows is not None) > BATCH_ROWS:
                versions += _archive(archive, batch)
                batch = []
    _parse_letters(letters)
    unreadable = _parse_payroll(payroll)
    for found in (*(found for found, _ in letters), *payroll):
        try:
            if found.file in unreadable:
                raise unreadable[found.file]
            _check_unchanged(found)
            batch.append(found)
        except _NotNow as problem:
            passing.append(problem.passing)
    versions += _archive(archive, batch)
    live = archive.live()
    with open_warehouse(workspace, language) as connection:
        update_input(connection, archive, live, passing, payroll_counts)
    if not versions:
        progress(text("nothing_new", language))
    new = tuple(
        NewDelivery(version.file, each.sheet, each.table, each.rows, each.rejected)
        for version in versions
        for each in version.deliveries
    )
    return IngestReport(
        new=new,
        rows=sum(each.rows for each in new),
        rejects=sum(each.rejected for each in new) + len(passing),
        unread=tuple(
            sorted(
                [*scan.unread, *(f"{v.file} [{sheet}]" for v in archive.latest().values() for sheet in v.unread_sheets)]
            )
        ),
        unknown_columns=tuple(
            (version.file, delivery.sheet, column)
            for version, delivery in live
            if delivery.table != DECLARATIONS
            for column in delivery.unknown_columns
        ),
        remarks=tuple(
            (version.file, remark)
            for version, delivery in live
            if delivery.table == DECLARATIONS
            for remark in delivery.unknown_columns
        ),
        input_fingerprint=fingerprint(live),
    )


def fingerprint(live: list[tuple[Version, Delivery]]) -> str:
    """SHA-256 over what is live, whatever the order in which it came."""
    facts = sorted((version.file, delivery.sheet, delivery.table, version.content_hash) for version, delivery in live)
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def make_warehouse(path: Path) -> None:
    """Makes an empty warehouse where there is none, whole or not at all: a file cut short opens no more.

    Raises:
        duckdb.IOException, OSError: the disk is full or refuses.
    """
    import duckdb

    if path.exists():
        return
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    duckdb.connect(beside).close()
    os.replace(beside, path)


@contextmanager
def open_warehouse(workspace: Path, language: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the warehouse in a transaction, committed and closed at the end, rolled back on error."""
    import duckdb

    path = workspace / "warehouse.duckdb"
    connection = None
    try:
        make_warehouse(path)
        connection = duckdb.connect(path)
        connection.execute("begin")
        yield connection
        connection.execute("commit")
    except (
        duckdb.IOException,
        duckdb.FatalException,
        duckdb.ConnectionException,
        duckdb.TransactionException,
        OSError,
    ) as error:
        # In use, damaged, or a full disk; anything else would be a bug and is shown as one.
        raise IngestError(text("warehouse", language, path, str(error).splitlines()[0])) from error
    finally:
        if connection is not None:
            connection.close()


# --- finding files -------------------------------------------------------------------------------------------------


def _inbox(workspace: Path, language: str) -> Path:
    inbox = workspace / "inbox"
    if not inbox.is_dir():
        raise IngestError(text("no_inbox", language, inbox))
    return inbox


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
    if is_export(file) or (parts[0] == LETTERS and len(parts) > 1 and parts[-1].endswith((".json", *LETTER_FILES))):
        return True
    if _is_payroll(file):
        return True
    stem, extension = os.path.splitext(parts[-1])
    # A workbook may hold sheets named after tables whatever its own name: only its content tells.
    return extension == ".xlsx" or (extension in TABULAR and table_of(stem) is not None)


def is_wanted(file: str) -> bool:
    """Say whether a file, by its path under `inbox/`, would be read.

    Args:
        file: path under `inbox/`, with `/`.
    """
    return not _is_temporary(file.rsplit("/", 1)[-1]) and _feeds(file)


def _table_of_file(file: str) -> str | None:
    name = file.rsplit("/", 1)[-1]
    if _is_letter(name):
        return "document"
    if _is_payroll(file):
        return DECLARATIONS
    # A mapping may lie beside the exports it is for: the name of a table says more than the folder.
    return table_of(os.path.splitext(name)[0]) or (EXPORT_TABLE if is_export(file) else None)


def _ahead(work: Callable[[_In], _Out], items: Iterable[_In]) -> Iterator[Future[_Out]]:
    """The results of some work in the order of the items, two of them in hand at a time: files fill both processors."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        ahead: deque[Future[_Out]] = deque()
        for item in items:
            ahead.append(pool.submit(work, item))
            if len(ahead) > 2:
                yield ahead.popleft()
        yield from ahead


# --- reading one file ----------------------------------------------------------------------------------------------


class _NotNow(Exception):
    """A file that cannot be judged this time: nothing is recorded and the next run tries again."""

    def __init__(self, file: str, code: str, *expected: str) -> None:
        super().__init__(code)
        self.passing = Passing(file, _table_of_file(file), code, *expected)


def _read_if_new(file: str, path: Path, before: Version | None) -> tuple[_File | None, bytes]:
    """The content of a file, unless it is the one known; of a payroll file no bytes."""
    from assets.readers import MAX_FILE_BYTES

    try:
        state = path.stat()
        if state.st_size > MAX_FILE_BYTES:
            raise _NotNow(file, "too_large", str(state.st_size >> 20), str(MAX_FILE_BYTES >> 20))
        if _is_payroll(file):
            # Read piece by piece when it is parsed; that it is still the same then is checked last.
            with path.open("rb") as content:
                data, content_hash = b"", hashlib.file_digest(content, "sha256").hexdigest()
        else:
            data = path.read_bytes()
            content_hash = hashlib.sha256(data).hexdigest()
    except OSError as error:
        raise _NotNow(file, "unreadable", error.strerror or "") from error
    if before is not None and before.content_hash == content_hash:
        return None, b""
    return _File(file, path, state, content_hash), data


def _check_unchanged(found: _File) -> None:
    """Raises when a file is no longer what was read: somebody is writing it."""
    try:
        with found.path.open("rb") as again:
            now = os.fstat(again.fileno())
            same = (now.st_size, now.st_mtime_ns) == (found.state.st_size, found.state.st_mtime_ns)
            if same and hashlib.file_digest(again, "sha256").hexdigest() == found.content_hash:
                return
    except OSError as error:
        raise _NotNow(found.file, "being_written") from error
    raise _NotNow(found.file, "being_written")


def _is_letter(file: str) -> bool:
    return file.lower().endswith((".json", *LETTER_FILES))


def _is_payroll(file: str) -> bool:
    """Whether a path under `inbox/` is that of payroll declarations."""
    folder, _, rest = file.lower().partition("/")
    return folder == PAYROLL and rest.endswith(PAYROLL_FILES)


def _parse_payroll(payroll: list[_File]) -> dict[str, _NotNow]:
    """Fills in what files of payroll declarations hold, or why they are refused; those that cannot be read now."""
    if not payroll:
        return {}
    from assets.payroll.reading import read_payroll
    from assets.readers import FileRefused

    unreadable = {}
    for found, result in zip(payroll, read_payroll([found.path for found in payroll]), strict=True):
        if isinstance(result, OSError):
            unreadable[found.file] = _NotNow(found.file, "unreadable", result.strerror or "")
        elif isinstance(result, FileRefused):
            found.parts, found.accepted = [_refused(result, DECLARATIONS)], False
        else:
            found.parts = [_Part("", DECLARATIONS, result.rows, result.rejects, result.remarks)]
    return unreadable


def _load(found: _File, data: bytes, extractor: Extractor) -> Loaded | FileRefused | Unreadable:
    """The letters of a file as JSON values, or why it is refused."""
    from assets.letters import Loaded, load_letters

    stem, extension = os.path.splitext(found.path.name)
    kind = extension.lower()
    if kind not in LETTER_FILES:
        return load_letters(data)
    from assets.letter_files.faults import Unreadable
    from assets.letter_files.reading import read_document
    from assets.readers import FileRefused

    try:
        reading = read_document(extractor.extract(kind[1:], data), stem)
    except (FileRefused, Unreadable) as refusal:
        return refusal
    to_confirm = found.content_hash if kind == ".pdf" else None
    places = tuple((place.part, place.row) for place in reading.places)
    return Loaded([reading.letter], places, reading.aside, to_confirm)


def _parse_letters(letters: list[tuple[_File, Loaded | FileRefused | Unreadable]]) -> None:
    if not letters:
        return
    from assets.letter_files.faults import Unreadable
    from assets.letters import check_letters
    from assets.readers import FileRefused

    readable = []
    for found, loaded in letters:
        if isinstance(loaded, Unreadable):
            found.parts, found.accepted = [_refused(fault.as_refusal(), "document") for fault in loaded.faults], False
        else:
            readable.append((found, loaded))
    for (found, loaded), result in zip(readable, check_letters([loaded for _, loaded in readable]), strict=True):
        if isinstance(result, FileRefused):
            found.parts, found.accepted = [_refused(result, "document")], False
            continue
        if loaded.places and result.rows is None:
            found.parts, found.accepted = _refused_lines(result.rejects, loaded.places), False
            continue
        for name in DOCUMENT_TABLES:
            first = name == "document"
            found.parts.append(
                _Part(
                    "",
                    name,
                    None if result.rows is None else result.rows[name],
                    result.rejects if first else result.rejects.clear(),
                    result.unknown if first else (),
                )
            )


def _refused_lines(refused: pl.DataFrame, places: tuple[tuple[str, int], ...]) -> list[_Part]:
    """Rejects of a letter people wrote, each with its place in the document rather than its path in the structure."""
    import polars as pl

    parts = []
    for number in range(refused.height):
        line = re.match(r"lines\[(\d+)\]", refused["column_name"][number] or "")
        table, row = places[int(line[1])] if line else ("", 0)
        parts.append(
            _Part(
                table,
                "document",
                None,
                refused.slice(number, 1).with_columns(pl.lit(row, pl.Int64).alias("row_number")),
            )
        )
    return parts


def _parse(found: _File, data: bytes) -> None:
    """Fills in what a CSV, XLSX or Parquet file holds, or why it is refused."""
    from assets import readers

    table = _table_of_file(found.file)
    if table == EXPORT_TABLE:
        _parse_export(found, data)
        return
    extension = os.path.splitext(found.file)[1].lower()
    try:
        if extension == ".xlsx":
            sheets = readers.read_xlsx(data)
            placed, found.unread_sheets = _place(sheets, table)
        else:
            read = readers.read_csv if extension == ".csv" else readers.read_parquet
            placed = [(read(data, _known(TABLES[table])), table)]
    except readers.FileRefused as refusal:
        found.parts, found.accepted = [_refused(refusal, table)], False
        return
    for sheet, name in placed:
        try:
            found.parts.append(_part(sheet, TABLES[name]))
        except readers.FileRefused as refusal:
            # The other sheets of a workbook are taken; of this one, what was delivered before stands.
            refusal.sheet = sheet.name
            found.parts.append(_refused(refusal, name))


def _parse_export(found: _File, data: bytes) -> None:
    from assets.readers import FileRefused
    from assets.timesheets.reading import read_export

    try:
        export, found.unread_sheets = read_export(found.file, data)
    except FileRefused as refusal:
        found.parts, found.accepted = [_refused(refusal, EXPORT_TABLE)], False
        return
    found.parts = [_Part(export.sheet, EXPORT_TABLE, export.rows, export.rejects)]


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


def _archive(archive: Archive, files: list[_File]) -> list[Version]:
    """Archives what was read, in name order, one Parquet file per table, and makes it count."""
    import polars as pl

    if not files:
        return []
    files = sorted(files, key=lambda each: each.file)
    first_seq, first_number = archive.next_seq, len(archive.versions) + 1
    rows: dict[str, list[pl.DataFrame]] = {}
    rejects: list[pl.DataFrame] = []
    seq = first_seq - 1
    drafts: list[tuple[_File, list[Delivery]]] = []
    for number, found in enumerate(files, first_number):
        deliveries = []
        for place, part in enumerate(found.parts):
            if not place or part.sheet != found.parts[place - 1].sheet:
                seq += 1
            if part.rows is not None:
                origin = {"_seq": pl.lit(seq, pl.Int64), "_file": pl.lit(found.file), "_sheet": pl.lit(part.sheet)}
                rows.setdefault(part.table, []).append(part.rows.with_columns(**origin))
            rejects.append(_stamped(found.file, number, part))
            deliveries.append(
                Delivery(
                    seq=seq,
                    sheet=part.sheet,
                    table=part.table,
                    accepted=part.rows is not None,
                    rows=0 if part.rows is None else part.rows.height,
                    rejected=part.rejects["row_number"].n_unique(),
                    data="",
                    unknown_columns=part.unknown_columns,
                )
            )
        drafts.append((found, deliveries))
    data = {table: archive.write(pl.concat(frames), table, first_seq) for table, frames in rows.items()}
    refused = pl.concat(rejects) if rejects else None
    rejects_path = archive.write(refused, "rejects", first_number) if refused is not None and refused.height else ""
    versions = [
        Version(
            number=number,
            file=found.file,
            content_hash=found.content_hash,
            accepted=found.accepted,
            deliveries=tuple(replace(each, data=data[each.table]) if each.accepted else each for each in deliveries),
            rejects=rejects_path if any(part.rejects.height for part in found.parts) else "",
            unread_sheets=found.unread_sheets,
        )
        for number, (found, deliveries) in enumerate(drafts, first_number)
    ]
    archive.append(versions)
    return versions


def _stamped(file: str, number: int, part: _Part) -> pl.DataFrame:
    """The rejects of a part as they are archived; nothing of a payroll file is shown."""
    import polars as pl

    value = pl.col("value")
    if file.lower().startswith(PAYROLL + "/"):
        value = pl.when(value.is_not_null()).then(pl.lit(MASK)).alias("value")
    return part.rejects.select(
        pl.lit(number, pl.Int64).alias("_version"),
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


# --- the raw tables ------------------------------------------------------------------------------------------------


def prepare_raw(workspace: Path, control_date: date, language: str) -> None:
    """Rebuilds the `raw` tables: the input as a run at one control date sees it.

    Corrections in force are laid over the input, then rows that point at nothing are rejected, each table after the
    ones it points at. `raw.rejected_row` tells in the language given what every refused row and file lacks. The
    copy of the ledger is brought up to date as well.

    Raises:
        IngestError: the warehouse cannot be used.
    """
    from assets.corrections import Corrections
    from assets.ledger import load_ledger
    from assets.references import build_raw

    with open_warehouse(workspace, language) as connection:
        connection.execute("create schema if not exists raw")
        connection.execute("create or replace temp table reject as select * from input.reject")
        build_raw(connection, Corrections(connection, control_date))
        _write_rejected_rows(connection, language)
        load_ledger(connection, workspace / "ledger")
        _note_standing_drafts(connection, f"{control_date:%Y-%m}")


def _note_standing_drafts(connection: duckdb.DuckDBPyConnection, before: str) -> None:
    """The months before one that stand as a draft, and the lines that only wait in them, as the marts have them."""
    connection.execute("create or replace table raw.standing_draft (month varchar, control_date date)")
    connection.execute("create or replace table raw.waiting_line (month varchar, line_key varchar)")
    (marts,) = connection.execute(
        "select count(*) from information_schema.tables"
        " where table_schema = 'marts' and table_name in ('month_state', 'prebill_exclusion')"
    ).fetchone()
    if marts == 2:
        connection.execute(
            "insert into raw.standing_draft select month, control_date from marts.month_state"
            f" where status in ('DRAFT', 'PARTLY_VALIDATED') and month < {literal(before)}"
        )
        connection.execute(
            "insert into raw.waiting_line select month, detail from marts.prebill_exclusion"
            f" where reason_code = 'BELOW_THRESHOLD' and month < {literal(before)}"
        )


def _write_rejected_rows(connection: duckdb.DuckDBPyConnection, language: str) -> None:
    sentences = ", ".join(f"({literal(code)}, {literal(text[language])})" for code, text in REASONS.items())
    definition = ", ".join(f'"{name}" {kind}' for name, kind in REJECTED_ROW.items())
    connection.execute(f"create or replace table raw.rejected_row ({definition})")
    connection.execute(
        f"""insert into raw.rejected_row
        -- What an export holds are time entries: its own table is none a person delivers.
        select source_file, sheet, row_number, replace(table_name, {literal(EXPORT_TABLE)}, 'time_entry'), column_name,
            value, replace(replace(sentence, '{{0}}', coalesce("first", '')), '{{1}}', coalesce("second", ''))
        from reject join (values {sentences}) as reasons(code, sentence) using (code)
        order by all"""
    )
