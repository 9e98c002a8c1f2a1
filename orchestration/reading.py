"""Reading what was published. A month is read from one version, whatever is published meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from assets.publication import RELATIONS, published_months
from orchestration.errors import PrefactError
from orchestration.settings import Workspace


class Published:
    """The published relations of some months, to be asked in SQL."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Keep the connection.

        Args:
            connection: in memory, with a view per relation.
        """
        self._connection = connection

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return the rows of a query as dictionaries."""
        cursor = self._connection.execute(sql, dict(parameters or {}))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def row(self, sql: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the only row of a query."""
        (row,) = self.rows(sql, parameters)
        return row


@contextmanager
def read_published(workspace: Workspace, months: Sequence[str]) -> Iterator[Published]:
    """Open the published relations of ``months``, together.

    Args:
        workspace: the folder.
        months: published months, at least one.
    """
    folders = [Path(os.path.realpath(workspace.published / month)) for month in months]
    with duckdb.connect(":memory:") as connection:
        for relation in RELATIONS:
            paths = [folder / f"{relation}.parquet" for folder in folders]
            # A month published by an earlier release may lack a relation that is new.
            files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths if path.exists())
            if not files:
                continue
            connection.execute(
                f"create view {relation} as from read_parquet([{files}], union_by_name = true, filename = false)"
            )
        yield Published(connection)


def latest_month(workspace: Workspace) -> str | None:
    """Return the month that was run last; None before the first run."""
    months = published_months(workspace.published)
    return max(months, key=lambda month: (workspace.published / month).lstat().st_mtime_ns, default=None)


def require_months(workspace: Workspace, wanted: Sequence[str], example: str) -> list[str]:
    """Return those of the months wanted that were run, all of them when none is named.

    Args:
        workspace: the folder.
        wanted: months, or none for all.
        example: a month to suggest when nothing was ever run.

    Raises:
        PrefactError: when nothing is left.
    """
    months = published_months(workspace.published)
    if not months:
        raise PrefactError("nothing_run_yet", folder=workspace.root, month=wanted[0] if wanted else example)
    found = [month for month in months if not wanted or month in wanted]
    if not found:
        raise PrefactError("month_not_run", month=wanted[0], months=", ".join(months))
    return found
