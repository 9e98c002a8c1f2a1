"""How far a source was read: the cursor is in the name of each file delivered, hence in the log of the archive.

One rename puts the rows in the inbox and moves the cursor: no kill can fall between the two. The archive keeps the
name for ever, also when the file itself is tidied away and when the warehouse is rebuilt.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from assets.sources.faults import SourceError
from assets.sources.spec import PULLED, TableSource

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Cursor = int | float | Decimal | dt.datetime | dt.date | str
#: A file name may have 255 bytes, the table's among them.
LONGEST_CURSOR = 120
_NAME = re.compile(r"(?P<table>[a-z_]+?)_(?P<seq>[0-9]{6})_(?P<definition>[0-9a-f]{8})_(?P<cursor>[a-z].*)\.csv")
_READERS = {
    "i": int,
    "f": float,
    "n": Decimal,
    "t": dt.datetime.fromisoformat,
    "d": dt.date.fromisoformat,
    "s": str,
}


@dataclass(frozen=True)
class Pulled:
    """One file that an incremental source delivered.

    Attributes:
        file: path under `inbox/`.
        source: name of the source.
        table: it feeds.
        seq: 1 for the source's first file.
        definition: of the source at that time.
        cursor: how new its newest row is.
    """

    file: str
    source: str
    table: str
    seq: int
    definition: str
    cursor: Cursor


@dataclass(frozen=True)
class Position:
    """Where a source stands.

    Attributes:
        next_seq: number of its next file.
        last: its last file, of the same definition; None before the first.
    """

    next_seq: int
    last: Pulled | None

    @property
    def cursor(self) -> Cursor | None:
        """How far the source was read; None: not at all."""
        return self.last.cursor if self.last else None


def written(cursor: Cursor) -> str:
    """Return a cursor as it stands in a file name.

    Args:
        cursor: of one of the kinds there are.

    Raises:
        SourceError: it is of another kind, or too long.
    """
    if isinstance(cursor, dt.datetime):
        kind, text = "t", cursor.isoformat()
    elif isinstance(cursor, dt.date):
        kind, text = "d", cursor.isoformat()
    elif type(cursor) in (int, float, Decimal, str):
        kind = {int: "i", float: "f", Decimal: "n", str: "s"}[type(cursor)]
        text = str(cursor)
    else:
        raise SourceError("source_cursor_kind", type(cursor).__name__)
    name = kind + quote(text, safe="", errors="surrogatepass")
    if len(name) > LONGEST_CURSOR:
        raise SourceError("source_cursor_long", len(text), LONGEST_CURSOR)
    return name


def read_name(file: str) -> Pulled | None:
    """Return what the name of a file says; None when no incremental source delivered it.

    Args:
        file: path under `inbox/`.
    """
    parts = file.split("/")
    found = _NAME.fullmatch(parts[-1])
    if len(parts) != 3 or parts[0] != PULLED or not found:
        return None
    kind, text = found["cursor"][0], unquote(found["cursor"][1:], errors="surrogatepass")
    try:
        cursor = _READERS[kind](text)
    except (KeyError, ValueError, ArithmeticError):
        return None
    return Pulled(file, parts[1], found["table"], int(found["seq"]), found["definition"], cursor)


def file_name(source: TableSource, seq: int, cursor: Cursor) -> str:
    """Return the path under `inbox/` of what an incremental source delivers.

    Args:
        source: the source.
        seq: number of the file.
        cursor: how new its newest row is.
    """
    return f"{source.target}/{source.table}_{seq:06d}_{source.definition}_{written(cursor)}.csv"


def position_of(source: TableSource, delivered: Iterable[str], refused: Iterable[str]) -> Position:
    """Return where a source stands.

    Args:
        source: the source.
        delivered: files under `inbox/` that were read, or wait to be.
        refused: files that were refused whole: their rows are to come again, under another number.
    """

    def own(files: Iterable[str]) -> list[Pulled]:
        return [each for each in map(read_name, files) if each and each.source == source.name]

    counted = own(delivered)
    next_seq = 1 + max((each.seq for each in [*counted, *own(refused)]), default=0)
    same = [each for each in counted if (each.definition, each.table) == (source.definition, source.table)]
    return Position(next_seq, max(same, key=lambda each: each.seq, default=None))


def find_position(root: Path, source: TableSource, language: str) -> Position:
    """Return where a source stands, by the archive and the inbox.

    Args:
        root: the workspace.
        source: the source.
        language: of errors.

    Raises:
        IngestError: the archive cannot be read.
    """
    from assets.deliveries import Archive

    latest = Archive(root / "archive", language).latest()
    folder = root / "inbox" / source.target
    waiting = {f"{source.target}/{path.name}" for path in folder.glob("*.csv")} if folder.is_dir() else set()
    refused = {file for file, version in latest.items() if not all(each.accepted for each in version.deliveries)}
    return position_of(source, (set(latest) | waiting) - refused, refused)


def archived_rows(root: Path, file: str, language: str) -> int:
    """Return how many rows a file had when it was read last.

    Args:
        root: the workspace.
        file: path under `inbox/`, which may be tidied away.
        language: of errors.
    """
    from assets.deliveries import Archive

    version = Archive(root / "archive", language).latest().get(file)
    return sum(each.rows for each in version.deliveries) if version else 0
