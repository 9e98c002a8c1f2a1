"""Rows on their way into the inbox: text in a CSV file that nobody reads until it is whole."""

from __future__ import annotations

import csv
import datetime as dt
import os
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from assets.contract import TABLES
from assets.sources.faults import SourceError

if TYPE_CHECKING:
    import polars as pl

#: What is being fetched; the inbox passes over names that begin with a point.
UNFINISHED = ".unfinished.csv"


class Parcel:
    """The rows of one fetch, written to the disk as they come."""

    def __init__(self, folder: Path, table: str, largest: int) -> None:
        """Begin with nothing.

        Args:
            folder: of the source in the inbox; what a kill left there is removed.
            table: fed by the rows.
            largest: bytes that a file may have.
        """
        self.path = folder / UNFINISHED
        self.rows = 0
        self._table = TABLES[table]
        self._largest = largest
        folder.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("w", encoding="utf-8", errors="replace", newline="")
        self._writer = csv.writer(self._file, quoting=csv.QUOTE_ALL, lineterminator="\n")

    def begin(self, columns: Sequence[str]) -> None:
        """Write the header, after whatever an earlier attempt wrote was dropped.

        Args:
            columns: names of the values of each row.

        Raises:
            SourceError: a column that the table requires is missing, or one comes twice.
        """
        names = [name.lower() for name in columns]
        missing = [each.name for each in self._table.columns if each.required and each.name not in names]
        if missing:
            raise SourceError("source_column", ", ".join(missing), self._table.name, ", ".join(columns))
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise SourceError("source_column_twice", ", ".join(twice))
        self._file.seek(0)
        self._file.truncate()
        self._writer.writerow(columns)
        self.rows = 0

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        """Write rows.

        Args:
            rows: with a plain value for each column.

        Raises:
            SourceError: a value is not plain, or there are more rows than one file may hold.
        """
        made = [[_text(value) for value in row] for row in rows]
        self._writer.writerows(made)
        self.rows += len(made)
        if self._file.tell() > self._largest:
            raise SourceError("source_large", self._largest >> 20)

    def finish(self) -> None:
        """Bring the file to the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def drop(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def put(self, target: Path) -> None:
        """Give the file its name, in one step and for good.

        Args:
            target: in the same folder.
        """
        os.replace(self.path, target)
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _text(value: object) -> str:
    """Return a value of a driver or of JSON as the reader of files understands it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        # `str` would write 0.00000000 as 0E-8.
        return format(value, "f")
    if isinstance(value, dt.datetime):
        # A moment with a zone is written in UTC; without one as it is.
        return (value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value).isoformat(" ")
    if isinstance(value, int | float | dt.date):
        return str(value)
    raise SourceError("source_value", type(value).__name__)


def is_known(new: Path, old: Path) -> bool:
    """Say whether every row of a file is in another one that has the same columns.

    Args:
        new: the file just fetched.
        old: an earlier one, which may be gone.
    """
    if not old.is_file():
        return False
    ours, theirs = _read(new), _read(old)
    if theirs is None or ours.columns != theirs.columns:
        return False
    return ours.join(theirs, on=ours.columns, how="anti").is_empty()


def is_same(new: Path, old: Path) -> bool:
    """Say whether two files hold the same rows, whatever their order.

    Args:
        new: the file just fetched.
        old: an earlier one, which may be gone.
    """
    if not old.is_file():
        return False
    ours, theirs = _read(new), _read(old)
    if theirs is None or ours.columns != theirs.columns:
        return False
    return ours.sort(ours.columns).equals(theirs.sort(theirs.columns))


def count_rows(path: Path) -> int | None:
    """Return the number of rows of a file that a source delivered; None when it is no longer readable as one.

    Args:
        path: the file.
    """
    rows = _read(path)
    return None if rows is None else rows.height


def _read(path: Path) -> pl.DataFrame | None:
    """The rows of a delivered file; None when somebody made something else of it."""
    import polars as pl

    # As a file, not as a name, which might be a pattern.
    with path.open("rb") as file:
        try:
            return pl.read_csv(file, infer_schema=False, empty_string_is_null=False)
        except pl.exceptions.PolarsError:
            return None
