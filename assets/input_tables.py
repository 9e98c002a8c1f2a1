"""The tables of schema `input`: what stands of all deliveries, as set-based SQL over the archive.

A table is rebuilt when the deliveries that count for it, or its contract, are not those it was built from; else it is
left as it is. Nothing here depends on a month, a clock or a language.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from assets.contract import PROVENANCE, TABLES, Table
from assets.references import columns_of

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from assets.deliveries import Archive, Delivery, Version

#: Columns of `input.reject`: as `raw.rejected_row`, but the sentence is chosen when it is shown.
REJECT = {
    "source_file": "VARCHAR",
    "sheet": "VARCHAR",
    "row_number": "BIGINT",
    "table_name": "VARCHAR",
    "column_name": "VARCHAR",
    "value": "VARCHAR",
    "code": "VARCHAR",
    "first": "VARCHAR",
    "second": "VARCHAR",
}
#: Columns of `input.delivery`: every delivery there has been.
DELIVERY = {
    "seq": "BIGINT",
    "source_file": "VARCHAR",
    "sheet": "VARCHAR",
    "table_name": "VARCHAR",
    "content_hash": "VARCHAR",
    "rows": "BIGINT",
    "rejected": "BIGINT",
    "live": "BOOLEAN",
}


_PATTERN = re.compile(r"([*?\[])")


@dataclass(frozen=True)
class Passing:
    """A file that could not be judged this time; the next run tries again, so nothing is archived.

    Attributes:
        file: path under `inbox/`.
        table: the table it would feed, if its name tells.
        code: key of `messages.REASONS`.
        first: what fills the first place of the reason.
        second: what fills the second.
    """

    file: str
    table: str | None
    code: str
    first: str | None = None
    second: str | None = None


def update_input(
    connection: duckdb.DuckDBPyConnection,
    archive: Archive,
    live: list[tuple[Version, Delivery]],
    passing: list[Passing],
) -> None:
    """Brings schema `input` up to date with the archive.

    Args:
        connection: the warehouse, in a transaction.
        archive: all versions of all files.
        live: the deliveries that count, as `Archive.live` gives them.
        passing: files refused for this run only.
    """
    connection.execute("create schema if not exists input")
    connection.execute("create table if not exists input.state (name varchar primary key, signature varchar)")
    built = dict(connection.execute("select name, signature from input.state").fetchall())
    data: dict[str, dict[str, list[int]]] = {name: {} for name in TABLES}
    for _, delivery in live:
        data[delivery.table].setdefault(str(archive.folder / delivery.data), []).append(delivery.seq)
    history = _signature([(version.file, version.content_hash) for version in archive.versions])
    queries = {name: _query(table, data) for name, table in TABLES.items()}
    # The query says it all: the files, the contract, and the rules of this very release.
    wanted = {name: _signature(query) for name, query in queries.items()}
    wanted |= {"delivery": history, "reject": _signature(history, [astuple(each) for each in passing])}
    stale = [name for name, signature in wanted.items() if built.get(name) != signature]
    for name in stale:
        if name == "delivery":
            _build_deliveries(connection, archive, live)
        elif name == "reject":
            _build_rejects(connection, archive, live, passing)
        else:
            for file in data[name]:
                archive.check(file)
            connection.execute(f"create or replace table input.{name} {queries[name]}")
    if stale:
        signed = ", ".join(f"({literal(name)}, {literal(wanted[name])})" for name in stale)
        connection.execute(f"insert or replace into input.state values {signed}")


def _signature(*facts: object) -> str:
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def literal(value: str | int | None) -> str:
    """A plain value as an SQL literal.

    Bound parameters would do as well, but binding the first one makes duckdb import pandas: 0.6 s.
    """
    if value is None:
        return "null"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def _parquet(*paths: Path | str) -> str:
    """A scan of Parquet files; what a folder's name may hold of a file pattern is taken for what it is."""
    listed = ", ".join(literal(_PATTERN.sub(r"[\1]", str(path))) for path in paths)
    return f"read_parquet([{listed}], union_by_name = true)"


def _query(table: Table, files: dict[str, dict[str, list[int]]]) -> str:
    """What follows `create table`: a query, or the columns when nothing was delivered."""
    if files[table.name]:
        if table.kind == "export":
            return _exports_query(table, files[table.name])
        return (_parts_query if table.name.startswith("document_") else _table_query)(table, files)
    typed = {column.name: column.sql_type for column in table.columns} | PROVENANCE
    return "(" + ", ".join(f'"{name}" {kind}' for name, kind in typed.items()) + ")"


def _arrived(table: Table, files: dict[str, list[int]]) -> str:
    """A query of the archived rows of a table that count, with the types and defaults of today's contract.

    Args:
        table: the table.
        files: the Parquet files, each with the `_seq` of the deliveries in it that count.
    """
    typed = {column.name: column.sql_type for column in table.columns} | PROVENANCE | {"_seq": "BIGINT"}
    if table.kind == "document":
        typed["_document"] = "BIGINT"
    if table.content:
        typed["_occurrence"] = "BIGINT"
    empty = ", ".join(f'null::{kind} as "{name}"' for name, kind in typed.items())
    live = ", ".join(str(seq) for seqs in files.values() for seq in seqs)
    # By name: an archive written before a column was added to the contract lacks it.
    rows = f"""
        select {empty} where false
        union all by name from {_parquet(*files)} where _seq in ({live})"""
    defaults = {column.name: literal(column.default) for column in table.columns if column.default is not None}
    select = ", ".join(
        f'coalesce("{name}"::{kind}, {defaults.get(name, "null")}::{kind}) as "{name}"' for name, kind in typed.items()
    )
    return f"select {select} from ({rows})"


def _table_query(table: Table, files: dict[str, dict[str, list[int]]]) -> str:
    """`as` the latest row of each key."""
    rows = _arrived(table, files[table.name])
    if table.content:
        # Overlapping exports hold the same entries: without an id, an entry is its content and its rank in its file.
        content = ", ".join(f"coalesce(\"{name}\"::varchar, '')" for name in table.content)
        own = f"coalesce(_key, '#' || md5(concat_ws(chr(31), {content})) || '|' || _occurrence)"
        rows = f"select * replace ({own} as _key) from ({rows})"
    # Few keys come twice, and ranking costs a sort: only those that do are ranked. Two keys may read the same where a
    # part holds a `|`, hence the columns themselves decide.
    key = ", ".join(f'"{name}"' for name in (*table.key, "_key"))
    latest = "_seq desc, _document desc, _row desc" if table.kind == "document" else "_seq desc, _row desc"
    return f"""as
        with arrived as materialized ({rows}),
        again as (select _key from arrived group by _key having count(*) > 1)
        select {columns_of(table)} from arrived anti join again using (_key)
        union all
        select {columns_of(table)} from (
            select * from arrived semi join again using (_key)
            qualify row_number() over (partition by {key} order by {latest}) = 1
        )"""


def _exports_query(table: Table, files: dict[str, list[int]]) -> str:
    """`as` the rows of the latest export that covers their user and day.

    An export covers, for each user in it, the days from its first to its last: so an entry deleted in the tool goes.
    Whatever stands of one user and day is of one export; its rank among equal rows there makes its key.
    """
    content = ", ".join(f"coalesce(\"{name}\"::varchar, '')" for name in table.content)
    key = f"tool || '|' || md5(concat_ws(chr(31), {content})) || '-' || _occurrence"
    return f"""as
        with arrived as materialized ({_arrived(table, files)}),
        export as (
            select tool, _seq, min(work_date) as first_day, max(work_date) as last_day from arrived group by all
        ),
        told as (select distinct tool, "user", _seq from arrived),
        worked as (select distinct tool, "user", work_date from arrived),
        latest as (
            select worked.tool, worked."user", worked.work_date, max(export._seq) as _seq
            from worked
            join told using (tool, "user")
            join export on export.tool = told.tool and export._seq = told._seq
                and worked.work_date between export.first_day and export.last_day
            group by all
        )
        select {columns_of(table)} from (select * replace ({key} as _key) from arrived)
        semi join latest using (tool, "user", work_date, _seq)"""


def _parts_query(table: Table, files: dict[str, dict[str, list[int]]]) -> str:
    """`as` the lines or instalments of the letters that stand: a letter delivered again brings all its parts anew."""
    return f"""as
        with letter as (
            select document_id, version, _seq, _document from ({_arrived(TABLES["document"], files["document"])})
            qualify row_number() over (partition by document_id, version order by _seq desc, _document desc) = 1
        )
        select {columns_of(table)} from ({_arrived(table, files[table.name])})
        semi join letter using (document_id, version, _seq, _document)"""


def _build_deliveries(
    connection: duckdb.DuckDBPyConnection, archive: Archive, live: list[tuple[Version, Delivery]]
) -> None:
    standing = {(each.seq, each.table) for _, each in live}
    rows = [
        (
            each.seq,
            version.file,
            each.sheet,
            each.table,
            version.content_hash,
            each.rows,
            each.rejected,
            each.accepted and (each.seq, each.table) in standing,
        )
        for version in archive.versions
        for each in version.deliveries
    ]
    _replace(connection, "input.delivery", DELIVERY, rows)


def _build_rejects(
    connection: duckdb.DuckDBPyConnection,
    archive: Archive,
    live: list[tuple[Version, Delivery]],
    passing: list[Passing],
) -> None:
    """The rejects of the last version of each file, and of what still stands of an earlier one."""
    rows = [(each.file, "", 0, each.table, None, None, each.code, each.first, each.second) for each in passing]
    _replace(connection, "input.reject", REJECT, rows)
    last = {version.number for version in archive.latest().values()}
    columns = ", ".join(f'"{name}"' for name in REJECT)
    wanted: dict[str, list[str]] = {}
    for version in archive.latest().values():
        if version.rejects:
            wanted.setdefault(version.rejects, []).append(f"_version = {version.number}")
    for version, delivery in live:
        if version.rejects and version.number not in last:
            still = (f"_version = {version.number}", f"sheet = {literal(delivery.sheet)}")
            wanted.setdefault(version.rejects, []).append(
                " and ".join((*still, f"table_name = {literal(delivery.table)}"))
            )
    for file, conditions in wanted.items():
        path = archive.folder / file
        archive.check(path)
        connection.execute(
            f"insert into input.reject select {columns} from {_parquet(path)} "
            f"where {' or '.join(f'({each})' for each in conditions)}"
        )


def _replace(
    connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, str], rows: list[tuple[str | int | None, ...]]
) -> None:
    definition = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
    connection.execute(f"create or replace table {name} ({definition})")
    if rows:
        values = ", ".join(f"({', '.join(literal(value) for value in row)})" for row in rows)
        connection.execute(f"insert into {name} values {values}")
