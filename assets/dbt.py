"""dbt inside Dagster: one runner in this process, its parse kept from month to month, and the dbt assets.

dbt runs in process (about a second with the parse kept, against five as a sub-process), twice a run: up to the
control tables, then, once the suites have filled the register, the marts. The month reaches SQL as the relation
``raw.run_context``, never as ``--vars``, which would discard the kept parse.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, ClassVar, TextIO

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from assets.digests import files_digest
from assets.stages import DBT, Stages
from assets.standing import Standing

PROJECT_DIR = Path(__file__).resolve().parents[1] / "dbt_project"
CONTROL_LAYERS = ("staging", "intermediate", "controls")
MART_LAYERS = ("audited", "marts")
# The lineage picture reads from left to right; the numbers keep the list of groups in the same order.
GROUP_OF_LAYER: Mapping[str, str] = {
    "staging": "3_staging",
    "intermediate": "4_calculation",
    "controls": "5_controls",
    "audited": "7_prebilling",
    "marts": "7_prebilling",
}
# The first of these a relation has is the money shown for it.
MONEY_COLUMNS = ("amount_net", "amount_at_stake", "amount", "total_amount")


#: The layer of views, and what of it a build may leave as it is.
STAGING = "fqn:prefact.staging"
VIEWS = f"{STAGING},config.materialized:view"
MADE_VIEWS = "staging.made_views"
#: What is said of a model, or of all of them, that would come out the same.
UNCHANGED = "unchanged"
#: A log longer than this is begun anew.
LOG_BYTES = 5_000_000
#: dbt's manifests by project and target.
_PARSED: dict[tuple[str, str], Any] = {}


class DbtStopped(Exception):
    """dbt did not finish: a model broke or an invariant does not hold.

    Attributes:
        node: the model or test, by name.
        detail: dbt's message.
        is_test: whether an invariant failed, as opposed to a model.
    """

    def __init__(self, node: str, detail: str, is_test: bool) -> None:
        super().__init__(f"{node}: {detail}")
        self.node = node
        self.detail = detail
        self.is_test = is_test


@dataclass(frozen=True)
class NodeOutcome:
    """What became of one dbt node in an invocation."""

    unique_id: str
    status: str
    seconds: float
    message: str


def kept_as_it_is(unique_id: str) -> NodeOutcome:
    """Return the outcome of a model that is not built anew, since it would come out the same."""
    return NodeOutcome(unique_id, "success", 0.0, UNCHANGED)


@dataclass(frozen=True)
class DbtHome:
    """Where dbt works for one workspace.

    Attributes:
        state: folder of the kept parse, the manifest and the logs.
        warehouse: the DuckDB file.
        project: the dbt project.
    """

    state: Path
    warehouse: Path
    project: Path = PROJECT_DIR

    #: The engine the models run on: the target of that name in the profile.
    target: ClassVar[str] = "duckdb"

    @property
    def log(self) -> Path:
        """dbt's log file."""
        return self.state / "logs" / "dbt.log"

    def arguments(self, command: str, *options: str) -> list[str]:
        """Return dbt's command line: everything it writes goes to the workspace, nothing to the terminal."""
        return [
            "--no-version-check",
            "--no-send-anonymous-usage-stats",
            "--no-use-colors",
            command,
            *options,
            "--project-dir",
            str(self.project),
            "--profiles-dir",
            str(self.project),
            "--target",
            self.target,
            "--target-path",
            str(self.state),
            "--log-path",
            str(self.log.parent),
            # The log is written from dbt's events: its own log file takes a tenth of a build.
            "--log-level",
            "none",
            "--log-level-file",
            "none",
        ]

    @contextmanager
    def environment(self) -> Iterator[None]:
        """Tell dbt's profile, for the time of a block, which warehouse to use and to close it only at the end.

        Opening the file anew for each model takes a third of the time of a build.
        """
        settings = {"PREFACT_WAREHOUSE": str(self.warehouse), "PREFACT_KEEP_OPEN": "True"}
        before = {name: os.environ.get(name) for name in settings}
        os.environ.update(settings)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value

    def invoke(self, command: str, *options: str) -> list[NodeOutcome]:
        """Run one dbt command in this process.

        Raises:
            DbtStopped: naming the first node that failed, an invariant before what was skipped because of it.
        """
        outcome = self._outcome(command, *options, manifest=self._parsed())
        if outcome.exception is not None and not isinstance(outcome.exception, Exception):
            raise outcome.exception  # Ctrl-C, in whatever shape it came.
        results = getattr(outcome.result, "results", None) or []
        for result in results:
            if result.status in ("error", "fail", "runtime error"):
                is_test = result.node.resource_type == "test" and result.status == "fail"
                raise DbtStopped(result.node.name, " ".join((result.message or "").split()), is_test)
        if not outcome.success:
            raise DbtStopped(f"dbt {command}", " ".join(str(outcome.exception or "").split()), False)
        return [
            NodeOutcome(result.node.unique_id, str(result.status), result.execution_time, result.message or "")
            for result in results
        ]

    def _outcome(self, command: str, *options: str, manifest: Any = None) -> Any:
        from dbt.cli.main import dbtRunner

        self.log.parent.mkdir(parents=True, exist_ok=True)
        is_long = self.log.is_file() and self.log.stat().st_size > LOG_BYTES
        with self.environment(), self.log.open("w" if is_long else "a", encoding="utf-8") as log:
            try:
                return dbtRunner(manifest, [partial(_log_event, log)]).invoke(self.arguments(command, *options))
            finally:
                self.release()

    def _parsed(self) -> Any:
        """Return dbt's own manifest, parsed once a process, whatever the workspace."""
        place = (self._project_digest, self.target)
        if place not in _PARSED:
            outcome = self._outcome("parse", "--no-write-json")
            if not outcome.success:
                raise DbtStopped("dbt parse", " ".join(str(outcome.exception or "").split()), False)
            _PARSED[place] = outcome.result
        return _PARSED[place]

    def can_build(self, *, whole: bool, last: bool) -> bool:
        """Say whether layers can be built as things stand.

        Args:
            whole: whether all models of them are asked for.
            last: whether they are the last ones.
        """
        return True

    def release(self) -> None:
        """Close the file dbt's adapter kept open: the suites read it next, in the same process."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        with suppress(Exception):  # The adapter has nothing open before its first connection, and says so by raising.
            DuckDBConnectionManager.env().close()
        DuckDBConnectionManager.close_all_connections()

    def build(self, selection: Sequence[str], *, last: bool) -> list[NodeOutcome]:
        """Build models and run the invariants all of whose relations exist by then.

        Args:
            selection: dbt selectors.
            last: whether nothing is built after them: an invariant that spans layers waits for the last one.
        """
        kept = self.views_in_place() if STAGING in selection else []
        if STAGING in selection and not kept:
            self.forget_views()
        outcomes = self.invoke(
            "build",
            *(option for selector in selection for option in ("--select", selector)),
            *(("--exclude", VIEWS) if kept else ()),
            "--indirect-selection",
            "eager" if last else "cautious",
            "--exclude-resource-type",
            "unit_test",
            "--no-write-json",
        )
        if STAGING in selection and not kept:
            self.note_views()
        return outcomes + [kept_as_it_is(view) for view in kept]

    def views_in_place(self) -> list[str]:
        """Return the views of staging, if they read as they did when they were made: they are not made anew."""
        # None was ever made.
        with duckdb.connect(str(self.warehouse)) as connection, suppress(duckdb.CatalogException):
            (noted,) = connection.execute(f"select signature from {MADE_VIEWS}").fetchone()
            if noted == self.views_signature(connection):
                return [
                    node.unique_id
                    for node in self._parsed().nodes.values()
                    if node.resource_type == "model" and node.fqn[1] == "staging" and node.config.materialized == "view"
                ]
        return []

    def forget_views(self) -> None:
        """Forget what the views of staging were made of: whoever dies among them makes them all again."""
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute(f"drop table if exists {MADE_VIEWS}")

    def note_views(self) -> None:
        """Remember what the views of staging were made of."""
        with duckdb.connect(str(self.warehouse)) as connection:
            signature = self.views_signature(connection)
            connection.execute(f"create or replace table {MADE_VIEWS} as select '{signature}' as signature")

    def views_signature(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Return what the views depend on: the project, and the columns of what they read."""
        (columns,) = connection.execute(
            "select md5(string_agg(described, ',' order by described)) from ("
            " select concat_ws('|', schema_name, table_name, column_name, data_type) as described"
            " from duckdb_columns() where schema_name in ('raw', 'ledger'))"
        ).fetchone()
        return f"{self._project_digest} {columns}"

    def manifest(self) -> Mapping[str, Any]:
        """Return dbt's manifest, parsed anew only when a file of the project changed since the last time."""
        digest = self._project_digest
        stamp = self.state / "project.sha256"
        file = self.state / "manifest.json"
        if stamp.is_file() and stamp.read_text() == digest:
            with suppress(OSError, ValueError):  # Lost or damaged: parsed anew.
                return json.loads(file.read_bytes())
        stamp.unlink(missing_ok=True)
        self._parsed().write(str(file))
        stamp.write_text(digest)
        return json.loads(file.read_bytes())

    @cached_property
    def _project_digest(self) -> str:
        """What the files of the project are, for as long as this object is in use."""
        return files_digest(self.project, ("target", "logs"))


def _log_event(log: TextIO, event: Any) -> None:
    if event.info.level not in ("debug", "test"):
        log.write(f"{event.info.ts.ToJsonString()} [{event.info.level}] {event.info.msg}\n")


class MonthTranslator(DagsterDbtTranslator):
    """dbt nodes as assets of the month: keys ``<schema>/<table>``, one group per layer, plain descriptions."""

    def __init__(self, partitions: dg.PartitionsDefinition, engine: str) -> None:
        """Keep the partitions every model has.

        Args:
            partitions: the months.
            engine: that runs the models.
        """
        # The invariants stop the run by themselves; as checks they would bury the rules a person works on.
        super().__init__(settings=DagsterDbtTranslatorSettings(enable_asset_checks=False))
        self.partitions = partitions
        self.engine = engine

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        """Return the spec of one dbt node.

        Args:
            manifest: dbt's manifest.
            unique_id: the node.
            project: unused by prefact, part of the interface.
        """
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = self.get_resource_props(manifest, unique_id)
        schema = node["source_name"] if node["resource_type"] == "source" else node["schema"]
        return spec.replace_attributes(
            key=dg.AssetKey([schema, node["name"]]),
            group_name=GROUP_OF_LAYER.get(schema),
            description=node["description"] or None,
            partitions_def=self.partitions,
            kinds={"dbt", self.engine},
        )


def measure_relations(warehouse: Path, relations: Sequence[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Count the rows and add up the money of relations, in one short-lived connection.

    Args:
        warehouse: the DuckDB file.
        relations: (schema, table) pairs; those that do not exist are left out.

    Returns:
        Metadata by relation: ``dagster/row_count`` and, where the relation has money, ``euros`` as text.
    """
    with duckdb.connect(str(warehouse)) as connection:
        columns: dict[tuple[str, str], list[str]] = {}
        for schema, table, column in connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns"
        ).fetchall():
            columns.setdefault((schema, table), []).append(column)
        known = [relation for relation in relations if relation in columns]
        if not known:
            return {}
        queries = []
        for number, (schema, table) in enumerate(known):
            money = next((name for name in MONEY_COLUMNS if name in columns[schema, table]), None)
            euros = f'sum("{money}")::varchar' if money else "null::varchar"
            queries.append(f'select {number}, count(*), {euros} from "{schema}"."{table}"')
        rows = connection.execute(" union all ".join(queries)).fetchall()
    return {
        known[number]: {"dagster/row_count": count, **({"euros": euros} if euros else {})}
        for number, count, euros in rows
    }


def build_dbt_step(
    name: str,
    layers: Sequence[str],
    home: DbtHome,
    manifest: Mapping[str, Any],
    partitions: dg.PartitionsDefinition,
    standing: Standing,
    stages: Stages,
) -> dg.AssetsDefinition:
    """Return the assets of one dbt invocation.

    Args:
        name: of the step.
        layers: folders of models it builds.
        home: where dbt works.
        manifest: dbt's manifest.
        partitions: the months.
        standing: what the warehouse was computed from.
        stages: where its time is reported.
    """
    translator = MonthTranslator(partitions, home.target)
    selectors = [f"fqn:prefact.{layer}" for layer in layers]
    # Dagster wants to be told of each after those it reads.
    ordered = TopologicalSorter(manifest["parent_map"]).static_order()
    models = [uid for uid in ordered if uid.startswith("model.") and manifest["nodes"][uid]["fqn"][1] in layers]

    @dbt_assets(
        manifest=manifest,
        name=name,
        # The months come with the specs: named here they would make a single run of a range of months.
        select=" ".join(selectors),
        dagster_dbt_translator=translator,
        required_resource_keys={"workspace_lock"},
    )
    def step(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        with stages.stage(DBT, name):
            last = layers == MART_LAYERS
            if not home.can_build(whole=not context.is_subset, last=last):
                raise dg.Failure(
                    f"on {home.target} a month is computed whole: launch the job «month» for {context.partition_key}",
                    allow_retries=False,
                )
            if layers == CONTROL_LAYERS and not context.is_subset:
                standing.judge(context.run_id)
            if standing.holds(context.run_id):
                outcomes = [kept_as_it_is(model) for model in models]
                stages.notes[DBT] = UNCHANGED
            else:
                standing.forget()
                # A person may materialise a few models alone from the UI.
                wanted = [key.path[-1] for key in context.selected_asset_keys] if context.is_subset else selectors
                outcomes = home.build(wanted, last=last)
                if last and not context.is_subset:
                    standing.note(context.run_id)
            built = {outcome.unique_id: outcome for outcome in outcomes}
            keys = {uid: translator.get_asset_spec(manifest, uid, None).key for uid in models if uid in built}
            measures = measure_relations(home.warehouse, [tuple(key.path) for key in keys.values()])
        for uid, key in keys.items():
            yield dg.MaterializeResult(
                asset_key=key,
                metadata={"seconds": round(built[uid].seconds, 3), **measures.get(tuple(key.path), {})},
            )

    return step
