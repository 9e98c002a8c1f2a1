"""The data source that lets Great Expectations run inside DuckDB.

Great Expectations knows no DuckDB engine, and its stock SQL source closes the connection before the result is fetched.
What differs here: an execution engine that keeps one read-only connection, a reflection of the whole schema in one
query instead of one per table, and the fluent data source that uses both.

This module imports Great Expectations: import it inside the function that needs it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Literal

import sqlalchemy as sa
from duckdb_engine import DuckDBInspector
from great_expectations import get_context
from great_expectations.compatibility.pydantic import Field
from great_expectations.core import ExpectationValidationResult
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.datasource.fluent.interfaces import DataAsset
from great_expectations.datasource.fluent.sql_datasource import TableAsset
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import Expectation
from great_expectations.validator.validator import Validator

SCHEMA = "controls"
_BATCH_NAME = "month"
# Counts and the query that selects every failing row. Lists of rows are capped at 200 by Great Expectations, so none
# are asked for.
_RESULT_FORMAT = {
    "result_format": "BASIC",
    "unexpected_index_column_names": ["case_id"],
    "return_unexpected_index_query": True,
    "include_unexpected_rows": False,
    "exclude_unexpected_values": True,
    "partial_unexpected_count": 0,
}


class SchemaInspector(DuckDBInspector):
    """Reflects the schema once; the dialect takes some 40 ms for each table asked about."""

    _columns_by_table: dict[str, list[dict]] | None = None

    def get_columns(self, table_name: str, schema: str | None = None, **kw: Any) -> list[dict]:
        """Columns of one table, out of the one reflection of the schema."""
        if self._columns_by_table is None:
            found = self.get_multi_columns(schema)
            self._columns_by_table = {name: columns for (_, name), columns in found.items()}
        return self._columns_by_table[str(table_name)]

    def get_pk_constraint(self, table_name: str, schema: str | None = None, **kw: Any) -> dict:
        """Control tables declare no primary key."""
        return {"constrained_columns": [], "name": None}


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """Keeps one connection: DuckDB loses a result when the connection it came from is closed."""

    _schema_inspector: SchemaInspector | None = None

    @contextmanager
    def get_connection(self) -> Iterator[sa.Connection]:
        """The one connection, opened at the first use and left open."""
        if self._connection is None:
            self._connection = self.engine.connect()
        yield self._connection

    def get_inspector(self) -> SchemaInspector:
        """One inspector on that same connection, kept: the base class forgets its own with every batch it loads."""
        if self._schema_inspector is None:
            with self.get_connection() as connection:
                self._schema_inspector = SchemaInspector(connection)
        return self._schema_inspector

    def close(self) -> None:
        """Let the file go, so that a writer can open it."""
        if self._connection is not None:
            self._connection.close()
        self.engine.dispose()


# Named here because inside the data source `type` is a field.
EngineClass = type[DuckDBExecutionEngine]


class ControlTable(TableAsset):
    """A table of schema `controls`. Its existence is the caller's to check, in words a person understands."""

    def test_connection(self) -> None:
        """Nothing to probe."""


class DuckDBDatasource(SQLDatasource):
    """A DuckDB file, opened read-only."""

    asset_types: ClassVar[list[type[DataAsset]]] = [ControlTable]

    type: Literal["duckdb"] = "duckdb"
    connection_string: str = "duckdb://"
    warehouse: str
    assets: list[ControlTable] = Field(default=[])

    @property
    def schema_(self) -> str:
        """Where the control tables are."""
        return SCHEMA

    @property
    def execution_engine_type(self) -> EngineClass:
        """The engine that keeps its connection."""
        return DuckDBExecutionEngine

    def _create_engine(self) -> sa.Engine:
        url = sa.URL.create("duckdb", database=self.warehouse)
        return sa.create_engine(url, connect_args={"read_only": True})

    def get_execution_engine(self) -> DuckDBExecutionEngine:
        """One execution engine, on the one SQLAlchemy engine."""
        if self._execution_engine is None:
            self._execution_engine = DuckDBExecutionEngine(engine=self.get_engine())
        return self._execution_engine


class ControlTables:
    """The open control tables of a warehouse, one batch each.

    Use `open_control_tables`; the connection stays open until that block ends.
    """

    def __init__(self, context: EphemeralDataContext, source: DuckDBDatasource) -> None:
        self._context = context
        self._assets = {asset.name: asset for asset in source.assets}

    def validate(self, table: str, expectations: list[Expectation]) -> list[ExpectationValidationResult]:
        """Validate every expectation on one table in one resolution of metrics.

        The validator is given the batch itself: `Batch.validate` would look the data source up again by name and get
        a copy of it, with a second connection to the file that nobody closes.

        Returns:
            One result per expectation, in their order, with `unexpected_count` and, when it is not zero,
            `unexpected_index_query`, which selects the `case_id` of every failing row.
        """
        batch = self._assets[table].get_batch_definition(_BATCH_NAME).get_batch()
        validator = Validator(batch.data.execution_engine, data_context=self._context, batches=[batch])
        return validator.graph_validate(
            configurations=[expectation.configuration for expectation in expectations],
            runtime_configuration={"result_format": dict(_RESULT_FORMAT), "catch_exceptions": False},
        )


@contextmanager
def open_control_tables(warehouse: Path, tables: Iterable[str]) -> Iterator[ControlTables]:
    """Open the warehouse read-only and close it whatever happens, so that a writer can open it afterwards.

    Args:
        warehouse: the DuckDB file; no connection of this process may have it open for writing.
        tables: names of existing tables of schema `controls`.
    """
    context = get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    # All assets at once: every later addition would serialise the whole configuration again.
    source = context.data_sources.add_or_update_duckdb(
        name="warehouse",
        warehouse=str(warehouse),
        assets=[ControlTable(name=table, batch_definitions=[BatchDefinition(name=_BATCH_NAME)]) for table in tables],
    )
    try:
        yield ControlTables(context, source)
    finally:
        source.get_execution_engine().close()
