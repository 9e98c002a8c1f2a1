"""The models on a Spark cluster: the same dbt project, the same warehouse around it.

Ingestion, the suites, the reports and publication stay in DuckDB; what lies between them runs where `Cluster.master`
says, through dbt-spark in this process. A run has a folder of its own below `Cluster.shared`:

    <run>/raw, ledger, register      what the models read, written by DuckDB
    <run>/intermediate, controls, …  what Spark writes
    <run>/marts                      the other months, written by DuckDB; the month of the run, by Spark

Spark's catalogue is in the memory of the session, and nobody sees what a run writes before DuckDB takes it over: the
control tables for the suites, then the month of the marts in one transaction, last of all. A run that dies leaves a
folder nobody refers to, which the next one removes.
"""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
import socket
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import duckdb

from assets.dbt import DbtHome, DbtStopped, NodeOutcome
from assets.site import FIXED_OPTIONS, Cluster

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Schemas of the warehouse that the models read, by when they are ready.
INPUTS = ("raw", "ledger")
REGISTER = "register"
MARTS = "marts"
CALCULATED = "intermediate"
AUDITED = "audited"
#: Copied: the suites know the columns of tables, not of views.
CONTROLS = "controls"
STAGING = "staging"
#: What commands read in the warehouse long after the run: copied, not shown.
READ_BY_COMMANDS = (
    (STAGING, "stg_adjustment"),
    (STAGING, "stg_ledger_item"),
    (CALCULATED, "int_plan_line"),
    (CALCULATED, "int_contract_plan"),
)
#: Where the warehouse says whose files its views read.
SHOWN_RUN = "register.spark_run"
RUN_PREFIX = "run-"

DEFAULTS: Mapping[str, str] = {
    "spark.app.name": "prefact",
    # Of nested expressions of dates and money it takes longer than the query.
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
#: DuckDB's types as Spark names them; decimals are written alike.
SPARK_TYPES: Mapping[str, str] = {
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "INTEGER": "int",
    "TIMESTAMP": "timestamp_ntz",
    "VARCHAR": "string",
}
DECIMAL = re.compile(r"decimal\(\d+,\s*\d+\)", re.IGNORECASE)
STACK = re.compile(r"\s+at (?:org|java|scala|py4j)\.|\s+JVM stacktrace:")
STANDALONE = re.compile(r"spark://(.+)")
CONNECT_SECONDS = 10.0
WORKER_SECONDS = 120.0


class SparkStopped(Exception):
    """The cluster cannot be used.

    Attributes:
        code: of the text that says so.
        values: what that text names.
    """

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(f"{code} {values}")
        self.code = code
        self.values = values


@dataclass(frozen=True)
class Run:
    """A month being computed: its folder and the session that computes it."""

    folder: Path
    month: str
    session: SparkSession


@dataclass(frozen=True)
class SparkHome(DbtHome):
    """Where dbt works for one workspace whose models run on Spark.

    Attributes:
        cluster: where they run.
        runs: the run begun and not yet over, if any.
    """

    cluster: Cluster = field(kw_only=True)
    runs: list[Run] = field(default_factory=list, kw_only=True)

    target: ClassVar[str] = "spark"

    def can_build(self, *, whole: bool, last: bool) -> bool:
        """Say whether layers can be built as things stand: what the session knows of a run goes with it.

        Args:
            whole: whether all models of them are asked for.
            last: whether they are the last ones.
        """
        return whole and (not last or bool(self.runs))

    def invoke(self, command: str, *options: str) -> list[NodeOutcome]:
        """Run one dbt command in this process.

        Raises:
            DbtStopped: naming the first node that failed.
            SparkStopped: when Spark is not installed.
        """
        try:
            return super().invoke(command, *options)
        except DbtStopped as error:
            # What follows the message is Spark's own stack.
            raise DbtStopped(error.node, STACK.split(error.detail)[0], error.is_test) from error

    def _outcome(self, command: str, *options: str, manifest: Any = None) -> Any:
        try:
            from dbt.adapters.spark import session
        except ImportError as error:
            raise SparkStopped("spark_missing") from error

        # The adapter turns ANSI mode off before each statement: an overflow would be NULL instead of an error.
        stock = session.Connection.cursor
        session.Connection.cursor = lambda connection: session.Cursor()
        try:
            return super()._outcome(command, *options, manifest=manifest)
        finally:
            session.Connection.cursor = stock

    def release(self) -> None:
        """Close nothing: dbt has no file open."""

    def build(self, selection: Sequence[str], *, last: bool) -> list[NodeOutcome]:
        """Build models on the cluster and show the warehouse what came of them.

        Args:
            selection: dbt selectors.
            last: whether nothing is built after them.

        Raises:
            DbtStopped: naming the first node that failed.
            SparkStopped: when the cluster cannot be used.
        """
        try:
            run = self.runs[0] if last else self._begin()
            if last:
                self._hand_over(run, [REGISTER])
            outcomes = super().build(selection, last=last)
            if last:
                self._take_over(run)
                self._end()
            else:
                with duckdb.connect(str(self.warehouse)) as connection:
                    _in_one(
                        connection,
                        [
                            *_shown(run, CALCULATED),
                            *_copied(run, CALCULATED),
                            *_shown(run, CONTROLS, kind="table"),
                            *_shown(run, AUDITED),
                            *_noted(run),
                        ],
                    )
                self._sweep(run.folder)
        except BaseException:
            self._end()
            raise
        return outcomes

    def views_in_place(self) -> list[str]:
        """Return none: those of the session go with it, and what the warehouse shows of them is no view of its own."""
        return []

    def note_views(self) -> None:
        """Note nothing: the next run in DuckDB makes the views anew."""

    @property
    def _runs_folder(self) -> Path:
        """One per workspace: several may share a cluster and its folder."""
        workspace = hashlib.sha256(str(self.warehouse.resolve()).encode()).hexdigest()[:12]
        return self.cluster.shared / workspace

    def _begin(self) -> Run:
        self._end()
        with duckdb.connect(str(self.warehouse)) as connection:
            (month,) = connection.execute("select month from raw.run_context").fetchone()
            self._sweep(_shown_run(connection))
        folder = self._runs_folder / f"{RUN_PREFIX}{month}-{uuid.uuid4().hex[:12]}"
        folder.mkdir(parents=True)
        run = Run(folder, month, open_session(self.cluster, folder, self.state / "spark.log"))
        self.runs.append(run)
        for schema in (*INPUTS, REGISTER, STAGING, CALCULATED, CONTROLS, AUDITED, MARTS):
            run.session.sql(f"create schema {schema} location '{_literal(folder / schema)}'")
        self._hand_over(run, INPUTS)
        self._hand_over_marts(run)
        return run

    def _hand_over(self, run: Run, schemas: Iterable[str]) -> None:
        """Give Spark the relations of schemas of the warehouse that the models read."""
        wanted = {
            (source["schema"], source["name"])
            for source in self.manifest()["sources"].values()
            if source["schema"] in schemas
        }
        with duckdb.connect(str(self.warehouse)) as connection:
            for schema, name in sorted(wanted):
                columns = connection.execute(
                    "select column_name, data_type from information_schema.columns "
                    "where table_schema = ? and table_name = ? order by ordinal_position",
                    [schema, name],
                ).fetchall()
                _write(connection, f'select * from "{schema}"."{name}"', run.folder / schema / name)
                _declare(run, schema, name, {column: _spark_type(kind) for column, kind in columns})

    def _hand_over_marts(self, run: Run) -> None:
        """Give Spark the marts as they are but for the month it is to write."""
        with duckdb.connect(str(self.warehouse)) as connection:
            present = _columns(connection, MARTS)
            for name, columns in self._marts(by_month=True).items():
                known = [column for column in columns if column in present.get(name, {})]
                if known:
                    _write(
                        connection,
                        f"select {_names(known)} from {MARTS}.{name} where month <> '{run.month}'",
                        run.folder / MARTS / name,
                    )
                _declare(run, MARTS, name, {column: _spark_type(kind) for column, kind in columns.items()})

    def _take_over(self, run: Run) -> None:
        """Put the month into the marts of the warehouse, in one transaction."""
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute(f"create schema if not exists {MARTS}")
            present = _columns(connection, MARTS)
            statements = []
            for by_month in (True, False):
                for name, columns in self._marts(by_month=by_month).items():
                    # DuckDB does not commit a transaction that deletes from a table and then alters it.
                    if name not in present:
                        declared = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
                        connection.execute(f"create table {MARTS}.{name} ({declared})")
                    for column, kind in columns.items():
                        if name in present and column not in present[name]:
                            connection.execute(f'alter table {MARTS}.{name} add column "{column}" {kind}')
                    which = f"where month = '{run.month}'" if by_month else ""
                    statements += [
                        f"delete from {MARTS}.{name} {which}",
                        f"insert into {MARTS}.{name} by name {_written(run.folder / MARTS / name)}",
                    ]
            _in_one(connection, [*statements, *_shown(run, AUDITED), *_shown(run, STAGING), *_copied(run, STAGING)])

    def _marts(self, *, by_month: bool) -> dict[str, dict[str, str]]:
        """The columns of the marts and their types, by mart.

        Args:
            by_month: those that hold all months; else those that are written anew by each run.
        """
        return {
            node["name"]: {column["name"]: column["data_type"] for column in node["columns"].values()}
            for node in self.manifest()["nodes"].values()
            if node["resource_type"] == "model"
            and node["schema"] == MARTS
            and (node["config"]["materialized"] == "incremental") == by_month
        }

    def _end(self) -> None:
        """Give the cluster back."""
        while self.runs:
            with suppress(Exception):  # A session whose driver died has nothing left to stop.
                self.runs.pop().session.stop()

    def _sweep(self, kept: Path | None) -> None:
        """Remove the folders of runs but the one that views of the warehouse read."""
        for folder in self._runs_folder.glob(f"{RUN_PREFIX}*"):
            if folder != kept:
                shutil.rmtree(folder, ignore_errors=True)


def open_session(cluster: Cluster, folder: Path, log: Path) -> SparkSession:
    """Return a session on a cluster that has workers.

    Args:
        cluster: where.
        folder: of the run.
        log: where Spark's own talk goes.

    Raises:
        SparkStopped: when Spark is not installed, or nobody answers.
    """
    try:
        from py4j.protocol import Py4JError
        from pyspark import SparkConf, SparkContext
        from pyspark.errors import PySparkException
        from pyspark.java_gateway import launch_gateway
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SparkStopped("spark_missing") from error
    require_answer(cluster.master)
    log.parent.mkdir(parents=True, exist_ok=True)
    talk = log.with_suffix(".properties")
    talk.write_text(LOGGING.format(log=log), encoding="utf-8")
    # Errors of queries come as exceptions; here they would be on the terminal as well.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    conf = SparkConf().setMaster(cluster.master)
    java = "spark.driver.extraJavaOptions"
    conf.setAll(
        {
            **DEFAULTS,
            **cluster.options,
            java: f"-Dlog4j2.configurationFile={talk.as_uri()} {cluster.options.get(java, '')}".strip(),
            **FIXED_OPTIONS,
            "spark.sql.warehouse.dir": folder.as_uri(),
        }.items()
    )
    try:
        if SparkContext._gateway is None:
            # One virtual machine a process; what it says for itself goes beside the log.
            with log.with_suffix(".out").open("wb") as output:
                gateway = launch_gateway(conf, {"stdout": output, "stderr": output})
            session = SparkSession(SparkContext(conf=conf, gateway=gateway))
        else:
            session = SparkSession.builder.config(conf=conf).getOrCreate()
    except (PySparkException, Py4JError, OSError, RuntimeError) as error:
        raise SparkStopped(
            "spark_no_session", master=cluster.master, log=log, detail=STACK.split(str(error))[0]
        ) from error
    if not cluster.master.startswith("local"):
        until = time.monotonic() + WORKER_SECONDS
        # The driver counts itself.
        while session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() < 2:
            if time.monotonic() > until:
                session.stop()
                raise SparkStopped("spark_no_worker", master=cluster.master, seconds=round(WORKER_SECONDS))
            time.sleep(0.2)
    return session


def require_answer(master: str) -> None:
    """Check that a standalone master listens: Spark itself tries for a minute and then ends the process.

    Args:
        master: as the configuration names it; of others than `spark://` nothing is known.

    Raises:
        SparkStopped: when no host listens.
    """
    named = STANDALONE.fullmatch(master)
    if not named:
        return
    for place in named[1].split(","):
        host, _, port = place.rpartition(":")
        with suppress(OSError, ValueError), socket.create_connection((host, int(port)), CONNECT_SECONDS):
            return
    raise SparkStopped("spark_unreachable", master=master)


LOGGING = """\
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
appender.file.type = File
appender.file.name = file
appender.file.fileName = {log}
appender.file.append = false
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d %p %c: %m%n
# At each statement, that the session is the one there is.
logger.session.name = org.apache.spark.sql.classic.SparkSession
logger.session.level = error
"""


def _spark_type(kind: str) -> str:
    return kind if DECIMAL.fullmatch(kind) else SPARK_TYPES[kind.upper()]


def _literal(path: Path) -> str:
    """A path inside an SQL literal."""
    return str(path).replace("'", "''")


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _columns(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from information_schema.columns where table_schema = ?", [schema]
    ).fetchall():
        found.setdefault(table, set()).add(column)
    return found


def _write(connection: duckdb.DuckDBPyConnection, query: str, folder: Path) -> None:
    folder.mkdir(parents=True)
    connection.execute(f"copy ({query}) to '{_literal(folder / 'duckdb.parquet')}' (format parquet)")


def _declare(run: Run, schema: str, name: str, columns: Mapping[str, str]) -> None:
    """Make a table of Spark of what is in a folder, if anything."""
    declared = ", ".join(f"`{column}` {kind}" for column, kind in columns.items())
    place = _literal(run.folder / schema / name)
    run.session.sql(f"create table {schema}.{name} ({declared}) using parquet location '{place}'")


def _written(folder: Path) -> str:
    """A query of what Spark wrote into a folder."""
    return f"from read_parquet('{_literal(folder)}/part-*.parquet')"


def _shown(run: Run, schema: str, kind: str = "view") -> list[str]:
    """Statements that make a schema of the warehouse of the tables Spark wrote."""
    return [
        f"drop schema if exists {schema} cascade",
        f"create schema {schema}",
        *(
            f"create {kind} {schema}.{folder.name} as {_written(folder)}"
            for folder in sorted((run.folder / schema).glob("*"))
        ),
    ]


def _copied(run: Run, schema: str) -> list[str]:
    """Statements that copy what commands read of a schema that is shown."""
    statements = []
    for name in (name for place, name in READ_BY_COMMANDS if place == schema):
        if not (run.folder / schema / name).exists():  # A view.
            run.session.table(f"{schema}.{name}").write.parquet(str(run.folder / schema / name))
        statements += [
            f"drop view if exists {schema}.{name}",
            f"create table {schema}.{name} as {_written(run.folder / schema / name)}",
        ]
    return statements


def _noted(run: Run) -> list[str]:
    schema = SHOWN_RUN.split(".")[0]
    return [
        f"create schema if not exists {schema}",
        f"create or replace table {SHOWN_RUN} as select '{_literal(run.folder)}' as folder",
    ]


def _shown_run(connection: duckdb.DuckDBPyConnection) -> Path | None:
    """The folder that views of the warehouse read, if any."""
    schema, table = SHOWN_RUN.split(".")
    if "folder" not in _columns(connection, schema).get(table, ()):
        return None
    return Path(connection.execute(f"select folder from {SHOWN_RUN}").fetchone()[0])


def _in_one(connection: duckdb.DuckDBPyConnection, statements: Sequence[str]) -> None:
    """Execute statements in one transaction."""
    connection.execute("begin")
    for statement in statements:
        connection.execute(statement)
    connection.execute("commit")
