"""What a row points at must exist: rows whose references dangle are rejected, with the missing key named.

Tables are taken in an order in which each comes after those it points at, so that a row rejected here takes along what
depends on it. A plan's mission and a time entry's mission and collaborator are no references: those are anomalies
(FI-03, FI-02, FI-20), which people work off in the register.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.contract import PROVENANCE, TABLES, Reference, Table, reference_order
from assets.messages import MASK

if TYPE_CHECKING:
    import duckdb

    from assets.corrections import Corrections


def columns_of(table: Table) -> str:
    """The columns of an input or raw table as a select list."""
    return ", ".join(f'"{name}"' for name in (*table.column_names, *PROVENANCE))


def make_room(connection: duckdb.DuckDBPyConnection, schema: str, name: str, kind: str) -> None:
    """Drops a relation that is a table where a view is to come, or the other way round.

    Args:
        connection: the warehouse, in a transaction.
        schema: of the relation.
        name: of the relation.
        kind: `BASE TABLE` or `VIEW`, what it is to be.
    """
    found = connection.execute(
        f"select table_type from information_schema.tables where table_schema = '{schema}' and table_name = '{name}'"
    ).fetchone()
    if found and found[0] != kind:
        connection.execute(f"drop {'view' if found[0] == 'VIEW' else 'table'} {schema}.{name}")


def build_raw(connection: duckdb.DuckDBPyConnection, corrections: Corrections) -> None:
    """Builds every `raw.<table>` and adds what dangles to the temporary table `reject`.

    Args:
        connection: the warehouse, in a transaction.
        corrections: those in force.
    """
    from assets.timesheets.mapping import map_entries

    for name in reference_order():
        table = TABLES[name]
        source = map_entries(connection) if table.made_of else f"input.{name}"
        corrected = corrections.laid_over(name, source)
        rows = corrected or f"select {columns_of(table)} from {source}"
        as_view = not table.references and not corrected and name != "document"
        if table.references:
            _build_checked(connection, table, rows, unchanged=not corrected)
            continue
        make_room(connection, "raw", name, "VIEW" if as_view else "BASE TABLE")
        if as_view:
            # Nothing to check and nothing to change: the biggest table, time entries, is not copied.
            connection.execute(f"create or replace view raw.{name} as {_of_documents(table, rows)}")
        else:
            connection.execute(f"create or replace table raw.{name} as {_of_documents(table, rows)}")


def _of_documents(table: Table, rows: str) -> str:
    """The parts of an engagement letter go with it when a correction withdraws it."""
    if table.kind != "document" or table.name == "document":
        return rows
    return f"select * from ({rows}) semi join raw.document using (document_id, version)"


def _build_checked(connection: duckdb.DuckDBPyConnection, table: Table, rows: str, *, unchanged: bool) -> None:
    """Builds a table without the rows that point at nothing, which are rejected; a view where nothing differs."""
    joins = "\n".join(_join(place, reference) for place, reference in enumerate(table.references))
    whens = " ".join(
        f"when {_dangles(place, reference)} then {place}" for place, reference in enumerate(table.references)
    )
    mine = ", ".join(f's."{name}"' for name in (*table.column_names, *PROVENANCE))
    if (
        unchanged
        and not connection.execute(
            f"select 1 from ({rows}) as s {joins} where case {whens} end is not null limit 1"
        ).fetchone()
    ):
        make_room(connection, "raw", table.name, "VIEW")
        connection.execute(f"create or replace view raw.{table.name} as {rows}")
        return
    make_room(connection, "raw", table.name, "BASE TABLE")
    connection.execute(
        f"create or replace temp table checked as "
        f"select {mine}, case {whens} end as _missing from ({rows}) as s {joins}"
    )
    connection.execute(
        f"create or replace table raw.{table.name} as "
        f"select {columns_of(table)} from checked where _missing is null order by _file, _sheet, _row, _key"
    )
    for place, reference in enumerate(table.references):
        value = " || '|' || ".join(f'"{name}"::varchar' for name in reference.columns)
        hidden = any(table.column(name).personal for name in reference.columns)
        connection.execute(
            # Once a place: a payroll declaration gives several rows.
            f"insert into reject select distinct _file, _sheet, _row, '{table.name}', '{'|'.join(reference.columns)}', "
            f"case when {hidden} or _file ilike 'payroll/%' then '{MASK}' else {value} end, "
            f"'dangling', '{reference.target}', {value} from checked where _missing = {place}"
        )
    connection.execute("drop table checked")


def _join(place: int, reference: Reference) -> str:
    pairs = zip(reference.columns, reference.target_columns, strict=True)
    matches = " and ".join(f's."{mine}" = r{place}."{theirs}"' for mine, theirs in pairs)
    join = f"left join raw.{reference.target} as r{place} on {matches}"
    if reference.unless_listed_in:
        table, column = reference.unless_listed_in
        listed = f"select distinct unnest(string_split(\"{column}\", '|')) as listed from raw.{table}"
        join += f' left join ({listed}) as l{place} on s."{reference.columns[0]}" = l{place}.listed'
    return join


def _dangles(place: int, reference: Reference) -> str:
    filled = " and ".join(f's."{name}" is not null' for name in reference.columns)
    unlisted = f" and l{place}.listed is null" if reference.unless_listed_in else ""
    return f"{filled} and r{place}._file is null{unlisted}"
