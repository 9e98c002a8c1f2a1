"""Where Dagster keeps its runs and events for one workspace, shared by the command and the UI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log.sqlite import SqliteEventLogStorage
from dagster._core.storage.tags import GRPC_INFO_TAG
from sqlalchemy import Connection, Engine, event
from sqlalchemy import create_engine as create_sql_engine

LOCK_WAIT_SECONDS = 60


class KeptEngineEventLog(SqliteEventLogStorage):
    """Dagster's SQLite event log with one engine per file instead of one per event.

    The stock class makes an engine, a connection and a compiled statement for every event: 4.0 s for a run of 150
    assets, against 1.5 s with the engines kept (measured with Dagster 1.13.27). Files and schema are the same.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Open nothing yet; the arguments are those of the stock class."""
        self._engines: dict[str, Engine] = {}
        super().__init__(*args, **kwargs)

    @classmethod
    def from_config_value(cls, inst_data: object, config_value: dict[str, str]) -> KeptEngineEventLog:
        """Build the storage that ``dagster.yaml`` names."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engines.get(shard)
            if engine is None:
                engine = create_sql_engine(
                    self.conn_string_for_shard(shard),
                    pool_size=1,
                    connect_args={"timeout": LOCK_WAIT_SECONDS, "check_same_thread": False},
                )
                # In write-ahead mode this keeps the file whole after a power cut; at worst the last events go.
                event.listen(engine, "connect", lambda raw, _: raw.execute("pragma synchronous = normal"))
                self._engines[shard] = engine
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def dispose(self) -> None:
        """Close the files."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def dagster_home(hidden: Path) -> Path:
    """Return the workspace's DAGSTER_HOME, with its ``dagster.yaml`` written: telemetry off, everything local.

    Args:
        hidden: the workspace's ``.prefact`` folder.
    """
    home = hidden / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    text = CONFIGURATION.format(events=str(home / "history" / "runs").replace("'", "''"))
    file = home / "dagster.yaml"
    if not (file.is_file() and file.read_text(encoding="utf-8") == text):
        file.write_text(text, encoding="utf-8")
    return home


def open_history(hidden: Path) -> dg.DagsterInstance:
    """Open the persistent Dagster instance of a workspace.

    Args:
        hidden: the workspace's ``.prefact`` folder.
    """
    return dg.DagsterInstance.from_config(str(dagster_home(hidden)))


def close_interrupted_runs(history: dg.DagsterInstance, tags: Mapping[str, str]) -> None:
    """Mark as failed the runs of the command that a kill cut short: nothing else ever would.

    Args:
        history: the workspace's instance, its lock held: a run of the command that is still marked as going is dead.
        tags: of the command's runs, and of runs of the interface that repeat one of them: those are left alone.
    """
    going = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.NOT_STARTED], tags=dict(tags))
    for run in history.get_runs(filters=going):
        if GRPC_INFO_TAG not in run.tags:
            history.report_run_failed(run, "Interrompu avant la fin. / Interrupted before its end.")


CONFIGURATION = """\
# Written by prefact.
telemetry:
  enabled: false
# No invitation to a newsletter.
nux:
  enabled: false
# What the steps print is their log; capturing it costs two processes for each step.
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
# One run at a time writes a workspace: a range of months launched from the UI waits in line.
concurrency:
  runs:
    max_concurrent_runs: 1
# A run that died makes way for the next.
run_launcher:
  module: orchestration.launcher
  class: WatchedRunLauncher
run_monitoring:
  enabled: true
  poll_interval_seconds: 20
event_log_storage:
  module: orchestration.history
  class: KeptEngineEventLog
  config:
    base_dir: '{events}'
"""
