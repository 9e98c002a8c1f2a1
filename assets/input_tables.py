"""The tables of schema `input`: what stands of all deliveries, as set-based SQL over the archive.

A table is rebuilt when the deliveries that count for it, or its contract, are not those it was built from; else it is
left as it is. A large table of events is a view: its rows stay in the archive alone. Nothing here depends on a month, a
clock or a language.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from assets.contract import PROVENANCE, TABLES, Table
from assets.references import columns_of, make_room
from assets.sources.history import Pulled, read_name

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
#: Columns of `input.source_cursor`: how far each pulled source is read, by what was archived of it.
SOURCE_CURSOR = {
    "source": "VARCHAR",
    "table_name": "VARCHAR",
    "definition": "VARCHAR",
    "cursor": "VARCHAR",
    "files": "BIGINT",
    "rows": "BIGINT",
}


#: From how many rows on the archive is read in place: writing a year of time entries takes ten times what reading does.
LARGE = 100_000

# A PDF beside the same letter in JSON or DOCX, signed for instance, never takes its place.
_LATEST_LETTER = "to_confirm is not null, _seq desc, _document desc"
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
    counted: str = "quantity",
) -> None:
    """Brings schema `input` up to date with the archive.

    Args:
        connection: the warehouse, in a transaction.
        archive: all versions of all files.
        live: the deliveries that count, as `Archive.live` gives them.
        passing: files refused for this run only.
        counted: the column of `payroll_declaration` that counts.
    """
    connection.execute("create schema if not exists input")
    connection.execute("create table if not exists input.state (name varchar primary key, signature varchar)")
    built = dict(connection.execute("select name, signature from input.state").fetchall())
    data: dict[str, dict[str, list[int]]] = {name: {} for name in TABLES}
    for _, delivery in live:
        # Resolved: a workspace made anew beside the real one borrows its archive.
        path = str((archive.folder / delivery.data).resolve())
        data[delivery.table].setdefault(path, []).append(delivery.seq)
    history = _signature([(version.file, version.content_hash) for version in archive.versions])
    queries = {name: _query(table, data, counted) for name, table in TABLES.items()}
    in_place = _in_place(data, live)
    # The query says it all: the files, the contract, and the rules of this very release.
    wanted = {name: _signature(query, name in in_place) for name, query in queries.items()}
    wanted |= {"delivery": history, "reject": _signature(history, [astuple(each) for each in passing])}
    cursors = _cursors(archive)
    wanted["source_cursor"] = _signature(cursors)
    stale = [name for name, signature in wanted.items() if built.get(name) != signature]
    for name in stale:
        if name == "delivery":
            _build_deliveries(connection, archive, live)
        elif name == "source_cursor":
            _replace(connection, "input.source_cursor", SOURCE_CURSOR, cursors)
        elif name == "reject":
            _build_rejects(connection, archive, live, passing)
        else:
            for file in data[name]:
                archive.check(file)
            if name in in_place and _read_in_place(connection, TABLES[name], data[name]):
                continue
            # It may have been large before.
            connection.execute(f"drop table if exists input.{name}_replaced")
            make_room(connection, "input", name, "BASE TABLE")
            connection.execute(f"create or replace table input.{name} {queries[name]}")
    if stale:
        signed = ", ".join(f"({literal(name)}, {literal(wanted[name])})" for name in stale)
        connection.execute(f"insert or replace into input.state values {signed}")


def _in_place(data: dict[str, dict[str, list[int]]], live: list[tuple[Version, Delivery]]) -> set[str]:
    """The tables of events that are large and made of the archived rows alone."""
    rows: dict[str, int] = {}
    for _, delivery in live:
        rows[delivery.table] = rows.get(delivery.table, 0) + delivery.rows
    large = {name for name, count in rows.items() if count >= LARGE and TABLES[name].kind == "event"}
    return large - ({"payroll_metric"} if data["payroll_declaration"] else set())


def _read_in_place(connection: duckdb.DuckDBPyConnection, table: Table, files: dict[str, list[int]]) -> bool:
    """Makes a table a view of the archive without the rows that others replace.

    Returns:
        False, and nothing made, when rows have no key of their own: it would be made anew at each look.
    """
    arrived = _arrived(table, files)
    if table.content and connection.execute(f"select 1 from ({arrived}) where _key is null limit 1").fetchone():
        return False
    replaced = f"input.{table.name}_replaced"
    connection.execute(f"""
        create or replace table {replaced} as
        select _seq, _row from ({arrived})
        semi join (select _key from ({arrived}) group by _key having count(*) > 1) using (_key)
        qualify row_number() over ({_latest_of_key(table)}) > 1""")
    make_room(connection, "input", table.name, "VIEW")
    connection.execute(
        f"create or replace view input.{table.name} as "
        f"select {columns_of(table)} from ({arrived}) anti join {replaced} using (_seq, _row)"
    )
    return True


def _latest_of_key(table: Table) -> str:
    """The rows of one key, the one that stands first."""
    # Two keys may read the same where a part holds a `|`, hence the columns themselves decide.
    key = ", ".join(f'"{name}"' for name in (*table.key, "_key"))
    latest = f"{_LATEST_LETTER}, _row desc" if table.kind == "document" else "_seq desc, _row desc"
    return f"partition by {key} order by {latest}"


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


def _query(table: Table, files: dict[str, dict[str, list[int]]], counted: str) -> str:
    """What follows `create table`: a query, or the columns when nothing was delivered."""
    if table.kind == "export" and files[table.name]:
        return _exports_query(table, files[table.name])
    if table.kind == "document" and table.name != "document" and files[table.name]:
        return _parts_query(table, files)
    rows = [_arrived(table, files[table.name])] if files[table.name] else []
    if table.name == "payroll_metric" and files["payroll_declaration"]:
        rows.append(_declared(files["payroll_declaration"], counted))
    if rows:
        return _table_query(table, " union all by name ".join(rows))
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


def _declared(files: dict[str, list[int]], counted: str) -> str:
    """A query of the rows of `payroll_metric` that the payroll declarations give together.

    The latest declaration of an establishment, month, fraction and part stands, unless it withdraws the one before. In
    how many fractions a part comes is what its latest declaration says: what was declared otherwise before is replaced.
    A count is the sum of what stands, complete when every fraction does. Whether it is final depends on the day, which
    the input knows nothing of: that stays NULL. The row points at the latest declaration.

    Args:
        files: the Parquet files, each with the `_seq` of the deliveries in it that count.
        counted: the column that counts.
    """
    latest = "declared_on desc nulls last, order_no desc, _seq desc, _row desc"
    key = " || '|' || ".join(("siret", "month", "metric_code", "coalesce(method, '')", "'false'"))
    return f"""select * from (
        with standing as (
            select * from ({_arrived(TABLES["payroll_declaration"], files)})
            qualify row_number() over (
                partition by siret, month, fraction, part, metric_code, method order by {latest}
            ) = 1
        ),
        divided as (
            select * from standing where type <> '04'
            qualify right(fraction, 1) = first_value(right(fraction, 1)) over (
                partition by siret, month, part, metric_code, method order by {latest}
            )
        ),
        ranked as (
            select
                *,
                row_number() over (partition by siret, month, metric_code, method order by {latest}) as place,
                count(*) over (partition by siret, month, part, metric_code, method)
                    = right(fraction, 1)::integer as whole
            from divided
        )
        select
            siret,
            month,
            metric_code,
            method,
            sum({counted})::DECIMAL(18,4) as quantity,
            null::BOOLEAN as final,
            false as manual,
            bool_and(whole) as complete,
            {key} as _key,
            max(_file) filter (where place = 1) as _file,
            max(_sheet) filter (where place = 1) as _sheet,
            max(_row) filter (where place = 1) as _row,
            max(_seq) as _seq
        from ranked
        group by siret, month, metric_code, method
    )"""


def _table_query(table: Table, rows: str) -> str:
    """`as` the latest row of each key."""
    if table.content:
        # Overlapping exports hold the same entries: without an id, an entry is its content and its rank in its file.
        content = ", ".join(f"coalesce(\"{name}\"::varchar, '')" for name in table.content)
        own = f"coalesce(_key, '#' || md5(concat_ws(chr(31), {content})) || '|' || _occurrence)"
        rows = f"select * replace ({own} as _key) from ({rows})"
    # Few keys come twice, and ranking costs a sort: only those that do are ranked.
    return f"""as
        with arrived as materialized ({rows}),
        again as (select _key from arrived group by _key having count(*) > 1)
        select {columns_of(table)} from arrived anti join again using (_key)
        union all
        select {columns_of(table)} from (
            select * from arrived semi join again using (_key)
            qualify row_number() over ({_latest_of_key(table)}) = 1
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
            select document_id, version, to_confirm, _seq, _document
            from ({_arrived(TABLES["document"], files["document"])})
            qualify row_number() over (partition by document_id, version order by {_LATEST_LETTER}) = 1
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


def _cursors(archive: Archive) -> list[tuple[str | int, ...]]:
    """One row for each definition a pulled source has had."""
    files: dict[tuple[str, str, str], dict[str, tuple[Pulled, int]]] = {}
    for version in archive.latest().values():
        pulled = read_name(version.file)
        if pulled and all(each.accepted for each in version.deliveries):
            rows = sum(each.rows for each in version.deliveries)
            files.setdefault((pulled.source, pulled.table, pulled.definition), {})[version.file] = (pulled, rows)
    cursors = []
    for key, delivered in sorted(files.items()):
        last = max((pulled for pulled, _ in delivered.values()), key=lambda pulled: pulled.seq)
        cursors.append((*key, str(last.cursor), len(delivered), sum(rows for _, rows in delivered.values())))
    return cursors


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
