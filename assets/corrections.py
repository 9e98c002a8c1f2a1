"""Corrections people type over the input: the original is kept, a run sees the corrected row.

A correction in force at the control date wins over any delivery, later ones included. One on a key that does not exist
creates the row, with the columns all corrections of that key give together. `_deleted` withdraws a row. A correction
that cannot be applied is rejected with its cause and changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from assets.contract import PROVENANCE, TABLES, Column, Table
from assets.input_tables import literal
from assets.messages import MASK
from assets.normalise import expected, key_text, parse_cells, polars_type, row_rejects, trimmed, with_defaults
from assets.references import columns_of

if TYPE_CHECKING:
    from datetime import date

    import duckdb

_PROVENANCE = {"_key": pl.String(), "_file": pl.String(), "_sheet": pl.String(), "_row": pl.Int64()}
#: Columns of `raw.applied_correction`: the corrections in force, with what they replace.
APPLIED_CORRECTION = {
    "correction_id": "VARCHAR",
    "table_name": "VARCHAR",
    "row_key": "VARCHAR",
    "column_name": "VARCHAR",
    "old_value": "VARCHAR",
    "new_value": "VARCHAR",
    "reason": "VARCHAR",
    "author": "VARCHAR",
    "effective_from": "DATE",
}
_DELETED = Column("_deleted", "boolean", required=True)


class Corrections:
    """The corrections of `input.correction` in force at a control date, laid over one table after the other."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, control_date: date) -> None:
        """Reads the corrections and rejects those of no table.

        Args:
            connection: the warehouse; the temporary table `reject` gets what cannot be applied.
            control_date: corrections with a later `effective_from` wait.
        """
        self._connection = connection
        self._control_date = control_date
        self._by_table: dict[str, pl.DataFrame] = {}
        columns = ", ".join(f'"{name}" {kind}' for name, kind in APPLIED_CORRECTION.items())
        connection.execute(f"create or replace table raw.applied_correction ({columns})")
        if not connection.execute("select 1 from input.correction limit 1").fetchone():
            return
        # The order decides: of several corrections of one cell, the last of these applies.
        typed = _fetch(
            connection,
            'select correction_id, lower("table") as "table", "key", lower("column") as "column", new_value, '
            "effective_from, _file, _sheet, _row from input.correction "
            "order by effective_from nulls first, correction_id",
            {
                **dict.fromkeys(("correction_id", "table", "key", "column", "new_value"), pl.String()),
                "effective_from": pl.Date(),
                "_file": pl.String(),
                "_sheet": pl.String(),
                "_row": pl.Int64(),
            },
        )
        # Payroll declarations are corrected where they count: in payroll_metric.
        tables = [
            name for name, table in TABLES.items() if name != "correction" and table.key and table.kind != "declaration"
        ]
        known = pl.col("table").is_in(tables)
        _insert(connection, "reject", _refuse(typed.filter(~known), "table", "correction_table", ", ".join(tables)))
        parts = typed.filter(known).partition_by("table", as_dict=True, maintain_order=True)
        self._by_table = {name: corrections for (name,), corrections in parts.items()}

    def laid_over(self, name: str, source: str) -> str | None:
        """Applies the corrections of a table.

        Args:
            name: the table.
            source: the relation with its rows as they arrived.

        Returns:
            The query that gives the corrected rows, over temporary tables of this connection; None when nothing is
            corrected.
        """
        if name not in self._by_table:
            return None
        table = TABLES[name]
        readable, refused = _read(table, self._by_table[name])
        in_force = readable.filter(
            pl.col("effective_from").is_null() | (pl.col("effective_from") <= self._control_date)
        )
        query = None
        if in_force.height:
            touched, fixed, bad = _apply(self._connection, table, source, in_force)
            refused += bad
            columns = columns_of(table)
            self._connection.execute(f"create or replace temp table touched_{name} (_key varchar)")
            self._connection.execute(f"create or replace temp table fixed_{name} as from {source} limit 0")
            _insert(self._connection, f"touched_{name}", touched)
            _insert(self._connection, f"fixed_{name}", fixed)
            self._note(table, source, in_force.filter(~_places(in_force, *bad)))
            query = (
                f"select {columns} from {source} where _key not in (select _key from touched_{name}) "
                f"union all select {columns} from fixed_{name}"
            )
        _insert(self._connection, "reject", pl.concat(refused))
        return query

    def _note(self, table: Table, source: str, corrections: pl.DataFrame) -> None:
        """Keeps what stood where a correction lies now, and who said so: for whoever asks why a line is what it is."""
        self._connection.execute(
            "create or replace temp table noted (correction_id varchar, row_key varchar, column_name varchar)"
        )
        rows = corrections.select(
            "correction_id", pl.col("_key").alias("row_key"), pl.col("column").alias("column_name")
        )
        _insert(self._connection, "noted", rows)
        for name in rows["column_name"].unique().sort():
            is_hidden = name != "_deleted" and table.column(name).personal
            old = "null" if name == "_deleted" else literal(MASK) if is_hidden else f'arrived."{name}"::varchar'
            self._connection.execute(
                f"""insert into raw.applied_correction
                select noted.correction_id, {literal(table.name)}, noted.row_key, noted.column_name, {old},
                    {literal(MASK) if is_hidden else "said.new_value"}, said.reason, said.author, said.effective_from
                from noted
                join input.correction as said using (correction_id)
                left join {source} as arrived on arrived._key = noted.row_key
                where noted.column_name = {literal(name)}"""
            )


def _places(corrections: pl.DataFrame, *refused: pl.DataFrame) -> pl.Series:
    """Which corrections are among the refused ones, by where they stand."""
    told = {
        (row[0], row[2]) for each in refused for row in each.select("source_file", "sheet", "row_number").iter_rows()
    }
    return pl.Series([place in told for place in corrections.select("_file", "_row").iter_rows()], dtype=pl.Boolean)


def _fetch(connection: duckdb.DuckDBPyConnection, query: str, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """The rows of a query, few of them: without Arrow and pandas, which take a second to import."""
    return pl.DataFrame(connection.execute(query).fetchall(), schema=schema, orient="row")


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame) -> None:
    """Inserts rows, few of them, as text that the types of the table read back exactly."""
    if rows.height:
        columns = ", ".join(f'"{name}"' for name in rows.columns)
        texts = rows.select(pl.all().cast(pl.String)).iter_rows()
        values = ", ".join(f"({', '.join(literal(value) for value in row)})" for row in texts)
        connection.execute(f"insert into {table} ({columns}) values {values}")


def _refuse(
    corrections: pl.DataFrame, column: str, code: str | pl.Expr, first: str | pl.Expr = "", second: str | pl.Expr = ""
) -> pl.DataFrame:
    """Rejected corrections, as rows of the temporary table `reject`."""
    shown = pl.col(column)
    if column == "new_value":
        personal = [f"{t.name}.{c.name}" for t in TABLES.values() for c in t.columns if c.personal]
        place = pl.concat_str("table", "column", separator=".")
        shown = pl.when(place.is_in(personal) & shown.is_not_null()).then(pl.lit(MASK)).otherwise(shown)
    return corrections.select(
        pl.col("_file").alias("source_file"),
        pl.col("_sheet").alias("sheet"),
        pl.col("_row").alias("row_number"),
        pl.lit("correction").alias("table_name"),
        pl.lit(column).alias("column_name"),
        shown.alias("value"),
        *(
            (pl.lit(each, pl.String) if isinstance(each, str) else each.cast(pl.String)).alias(name)
            for name, each in (("code", code), ("first", first), ("second", second))
        ),
    )


def _read(table: Table, corrections: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Corrections whose key, column and value can be read, and the rejected others.

    The readable ones gain `_key` in the spelling of the input tables and the typed parts of the key, `_key.<column>`.
    """
    columns = {**{column.name: column for column in table.columns}, "_deleted": _DELETED}
    known = pl.col("column").is_in(list(columns))
    refused = [_refuse(corrections.filter(~known), "column", "correction_column", table.name, ", ".join(columns))]
    corrections, bad = _read_keys(table, corrections.filter(known))
    refused.append(_refuse(bad, "key", "correction_key", table.name, "|".join(table.key)))
    good = [corrections.clear()]
    for (name,), part in corrections.partition_by("column", as_dict=True, maintain_order=True).items():
        column = columns[name]
        part = part.with_columns(_parsed(column, part))
        if column.required:
            code = pl.when(pl.col("code").is_null() & pl.col("value").is_null()).then(pl.lit("required"))
            part = part.with_columns(code.otherwise("code").alias("code"))
        for code in part["code"].drop_nulls().unique().sort():
            first, second = expected(column, code)
            refused.append(_refuse(part.filter(pl.col("code") == code), "new_value", code, first or "", second or ""))
        part = part.filter(pl.col("code").is_null())
        if name in table.key:
            # Creating a row, one may repeat what its key says, no more.
            same = pl.col("value").eq_missing(pl.col(f"_key.{name}"))
            refused.append(_refuse(part.filter(~same), "column", "correction_of_key"))
            part = part.filter(same)
        good.append(part.drop("value", "code"))
    return pl.concat(good).sort(pl.col("effective_from"), "correction_id", nulls_last=False), refused


def _parsed(column: Column, corrections: pl.DataFrame) -> pl.DataFrame:
    """`value` and `code` of the new values, read as cells of a column."""
    return parse_cells(column, corrections.select(trimmed(pl.col("new_value"))).to_series())


def _read_keys(table: Table, corrections: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Splits the key of each correction into typed parts; returns the readable and the unreadable ones."""
    width = len(table.key)
    parts = pl.col("key").str.split("|") if width > 1 else pl.concat_list("key")
    split = corrections.with_columns(parts.alias("parts")).with_columns(
        (pl.col("parts").list.len() == width).alias("ok")
    )
    typed: list[pl.Series] = []
    ok = split["ok"]
    for place, name in enumerate(table.key):
        column = table.column(name)
        cells = split.select(trimmed(pl.col("parts").list.get(place, null_on_oob=True)).alias(name)).to_series()
        parsed = parse_cells(column, cells)
        typed.append(parsed["value"].alias(name))
        ok = ok & parsed["code"].is_null()
        if column.required:
            ok = ok & cells.is_not_null()
    keys = pl.DataFrame(typed).with_columns(key_text(table).alias("_key"))
    keys = keys.rename({name: f"_key.{name}" for name in table.key})
    whole = pl.concat([corrections, keys], how="horizontal")
    return whole.filter(ok), corrections.filter(~ok)


def _apply(
    connection: duckdb.DuckDBPyConnection, table: Table, source: str, corrections: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, list[pl.DataFrame]]:
    """The corrected rows of a table.

    Returns:
        `_key` of the rows replaced or withdrawn, the rows that stand in their place, and the rejected corrections.
    """
    last = corrections.unique(["_key", "column"], keep="last", maintain_order=True)
    keys = ", ".join(literal(key) for key in last["_key"].unique())
    current = _fetch(
        connection,
        f"select {columns_of(table)} from {source} where _key in ({keys})",
        {column.name: polars_type(column) for column in table.columns} | _PROVENANCE,
    )
    known = (
        last.select("_key")
        .unique(maintain_order=True)
        .join(current.with_columns(pl.lit(True).alias("exists")), on="_key", how="left", maintain_order="left")
    )
    # A row that does not exist begins with its key, and is said to come from the last correction that speaks of it.
    origin = last.unique("_key", keep="last").select(
        "_key",
        *(pl.col(f"_key.{name}") for name in table.key),
        *(pl.col(name).alias(f"{name}.origin") for name in ("_file", "_sheet", "_row")),
    )
    rows = known.join(origin, on="_key", how="left", maintain_order="left").with_columns(
        *(pl.coalesce(name, f"_key.{name}") for name in table.key),
        *(pl.coalesce(name, f"{name}.origin") for name in ("_file", "_sheet", "_row")),
        pl.col("exists").fill_null(False),
        pl.lit(False).alias("_deleted"),
    )
    for (name,), part in last.partition_by("column", as_dict=True, maintain_order=True).items():
        column = _DELETED if name == "_deleted" else table.column(name)
        new = part.select("_key", pl.lit(True).alias("hit")).with_columns(_parsed(column, part)["value"].alias("new"))
        rows = rows.join(new, on="_key", how="left", maintain_order="left")
        rows = rows.with_columns(pl.when(pl.col("hit")).then("new").otherwise(name).alias(name)).drop("hit", "new")
    rows = with_defaults(table, rows)
    return _judge(table, corrections, rows)


def _judge(
    table: Table, corrections: pl.DataFrame, rows: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, list[pl.DataFrame]]:
    """Keeps the corrected rows that could have been delivered; the corrections of the others are rejected."""
    required = [column.name for column in table.columns if column.required]
    missing = pl.concat_list(pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in required)
    rows = rows.with_columns(missing.list.drop_nulls().list.join(", ").alias("missing"))
    nowhere = ~pl.col("exists") & (pl.col("_deleted") | (pl.col("missing") != ""))
    verdicts = [
        rows.filter(nowhere).select(
            "_key",
            pl.lit("correction_new_row").alias("why"),
            pl.when("_deleted").then(pl.lit(", ".join(required))).otherwise("missing").alias("first"),
            pl.lit("").alias("second"),
        )
    ]
    standing = rows.filter(~pl.col("_deleted") & ~nowhere)
    numbered = standing.drop("_row").with_row_index("_row").with_columns(pl.col("_row").cast(pl.Int64))
    contradictory = row_rejects(table, numbered.select(*table.column_names, "_row")).unique(
        "row_number", keep="first", maintain_order=True
    )
    verdicts.append(
        contradictory.join(numbered.select("_key", pl.col("_row").alias("row_number")), on="row_number").select(
            "_key",
            pl.format("correction_{}", "code").alias("why"),
            pl.when(pl.col("code") == "before").then("column_name").otherwise("first").alias("first"),
            pl.when(pl.col("code") == "before").then("first").otherwise(pl.lit("")).alias("second"),
        )
    )
    verdict = pl.concat(verdicts)
    refused = _refuse(corrections.join(verdict, on="_key"), "key", pl.col("why"), pl.col("first"), pl.col("second"))
    applied = rows.join(verdict, on="_key", how="anti")
    return (
        applied.select("_key"),
        applied.filter(~pl.col("_deleted")).select(*table.column_names, *PROVENANCE),
        [refused],
    )
