"""The tables of schema `input`: what stands of all deliveries, as set-based SQL over the archive.

A table is rebuilt when the deliveries that count for it, or its contract, are not those it was built from; else it is
left as it is. Nothing here depends on a month, a clock or a language.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from assets.contract import PROVENANCE, TABLES, Table
from assets.references import columns_of

if TYPE_CHECKING:
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
    data: dict[str, list[str]] = {name: [] for name in TABLES}
    for _, delivery in live:
        data[delivery.table].append(delivery.data)
    history = _signature([(version.file, version.content_hash) for version in archive.versions])
    files = {name: [str(archive.folder / each) for each in names] for name, names in data.items()}
    queries = {
        name: (_parts_query if name.startswith("document_") else _table_query)(table, files)
        for name, table in TABLES.items()
    }
    # The query says it all: the files, the contract, and the rules of this very release.
    wanted = {name: _signature(query) for name, query in queries.items()}
    wanted |= {"delivery": history, "reject": _signature(history, [astuple(each) for each in passing])}
    for name, signature in wanted.items():
        if built.get(name) == signature:
            continue
        if name == "delivery":
            _build_deliveries(connection, archive, live)
        elif name == "reject":
            _build_rejects(connection, archive, live, passing)
        else:
            for each in data[name]:
                archive.path(each)
            connection.execute(f"create or replace table input.{name} as {queries[name]}")
        connection.execute("insert or replace into input.state values (?, ?)", [name, signature])


def _signature(*facts: object) -> str:
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def literal(value: str) -> str:
    """A string as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def _arrived(table: Table, files: list[str]) -> str:
    """A query of every archived row of a table, with the types and defaults of today's contract."""
    typed = {column.name: column.sql_type for column in table.columns} | PROVENANCE | {"_seq": "BIGINT"}
    if table.kind == "document":
        typed["_document"] = "BIGINT"
    empty = ", ".join(f'null::{kind} as "{name}"' for name, kind in typed.items())
    rows = f"select {empty} where false"
    if files:
        # By name: an archive written before a column was added to the contract lacks it.
        listed = ", ".join(map(literal, files))
        rows += f" union all by name from read_parquet([{listed}], union_by_name = true)"
    defaults = {column.name: literal(column.default) for column in table.columns if column.default is not None}
    select = ", ".join(
        f'coalesce("{name}"::{kind}, {defaults.get(name, "null")}::{kind}) as "{name}"' for name, kind in typed.items()
    )
    return f"select {select} from ({rows})"


def _table_query(table: Table, files: dict[str, list[str]]) -> str:
    """The latest row of each key, in order of arrival."""
    rows = _arrived(table, files[table.name])
    key = ", ".join(f'"{name}"' for name in table.key)
    if table.content:
        # Overlapping exports hold the same entries. Without an id an entry is its content and, since a person may well
        # do the same thing twice a day, its rank among the equal ones of its file.
        content = ", ".join(f"coalesce(\"{name}\"::varchar, '')" for name in table.content)
        rows = f"""
            select * replace (coalesce(_key, '#' || _hash || '|' || _rank) as _key) from (
                select *, row_number() over (partition by _seq, _key, _hash order by _row) as _rank from (
                    select *, case when _key is null then md5(concat_ws(chr(31), {content})) end as _hash from ({rows})
                )
            )"""
        key += ", _key"
    return f"""
        select {columns_of(table)} from ({rows})
        qualify row_number() over (partition by {key} order by _seq desc, _row desc{_DOCUMENT_LAST[table.kind]}) = 1
        order by _seq, _row"""


_DOCUMENT_LAST = {"document": ", _document desc", "reference": "", "event": ""}


def _parts_query(table: Table, files: dict[str, list[str]]) -> str:
    """The lines or instalments of the letters that stand: a letter delivered again brings all its parts anew."""
    return f"""
        with letter as (
            select document_id, version, _seq, _document from ({_arrived(TABLES["document"], files["document"])})
            qualify row_number() over (partition by document_id, version order by _seq desc, _document desc) = 1
        )
        select {columns_of(table)} from ({_arrived(table, files[table.name])})
        semi join letter using (document_id, version, _seq, _document)
        order by _seq, _document, line_no, _row"""


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
    last = {id(version) for version in archive.latest().values()}
    columns = ", ".join(f'"{name}"' for name in REJECT)
    files = [str(archive.path(each.rejects)) for each in archive.latest().values() if each.rejects]
    if files:
        listed = ", ".join(map(literal, files))
        connection.execute(f"insert into input.reject select {columns} from read_parquet([{listed}])")
    for version, delivery in live:
        if version.rejects and id(version) not in last:
            connection.execute(
                f"insert into input.reject select {columns} from read_parquet($1) where sheet = $2 and table_name = $3",
                [str(archive.path(version.rejects)), delivery.sheet, delivery.table],
            )


def _replace(
    connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, str], rows: list[tuple[object, ...]]
) -> None:
    definition = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
    connection.execute(f"create or replace table {name} ({definition})")
    if rows:
        one = f"({', '.join('?' for _ in columns)})"
        connection.execute(
            f"insert into {name} values {', '.join([one] * len(rows))}", [value for row in rows for value in row]
        )
