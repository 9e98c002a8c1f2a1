"""Workspaces as small as they go, each ready for one of `actions`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb

from tests.faults import actions
from tests.faults.actions import FEW_RELATIONS, MONTH
from tests.faults.crashing import perform
from tests.unit import drafts
from tests.unit.exporting import Firm, line
from tests.unit.workspace import MINIMAL

Action = Callable[[Path], int]


def done(action: Action, root: Path) -> tuple[str, ...]:
    """Do it, and return the steps it took."""
    ended = perform(action, root)
    assert ended.status == 0, ended.err
    return ended.steps


def with_inbox(root: Path) -> Path:
    """Two files wait to be read."""
    (root / "inbox").mkdir(parents=True)
    for name in ("client", "client_file"):
        (root / "inbox" / f"{name}.csv").write_text(MINIMAL[name])
    return root


def with_source(root: Path) -> Path:
    """A source was fetched once, and has other rows since: one more, one changed."""
    with_inbox(root)
    with sqlite3.connect(root / "office.db") as office:
        office.execute("create table client (client_id primary key, legal_name, modified)")
        office.executemany("insert into client values (?, ?, ?)", [("C1", "Alpha", 1), ("C2", "Beta", 2)])
    done(actions.pull_and_take_in, root)
    with sqlite3.connect(root / "office.db") as office:
        office.executemany("replace into client values (?, ?, ?)", [("C1", "Alpha SA", 3), ("C3", "Gamma", 3)])
    office.close()
    return root


def with_versions(root: Path) -> Path:
    """The month was published three times: the first version is to come again, the second to be swept."""
    root.mkdir()
    for amount in (1, 2, 3):
        make_warehouse(root, amount)
        done(actions.publish_only, root)
    make_warehouse(root, 1)
    return root


def with_draft(root: Path) -> Path:
    """A draft waits to be validated."""
    drafts.publish(root, MONTH)
    return root


def with_validated_lines(root: Path) -> Path:
    """Lines wait to be handed over."""
    Firm(root).validate(line("FLAT|P1|1"), line("FLAT|P1|2"))
    return root


def make_warehouse(root: Path, amount: int) -> None:
    """A warehouse with the few relations that are published here."""
    (root / "warehouse.duckdb").unlink(missing_ok=True)
    with duckdb.connect(str(root / "warehouse.duckdb")) as connection:
        connection.execute("create schema marts")
        for relation in FEW_RELATIONS:
            connection.execute(f"create table marts.{relation} as select '{MONTH}' as month, {amount} as amount")


def tables(root: Path) -> dict[str, list[tuple]]:
    """Rows of every table that a run reads."""
    with duckdb.connect(str(root / "warehouse.duckdb")) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
            " where schema_name in ('raw', 'ledger') order by all"
        ).fetchall()
        return {name: connection.execute(f"from {name} order by all").fetchall() for (name,) in names}
