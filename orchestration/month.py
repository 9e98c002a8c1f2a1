"""Running a month from the command line: the very job the UI launches, in this process, with progress."""

from __future__ import annotations

import datetime as dt
import gc
import logging
import os
import re
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assets.publication import sweep_versions
from assets.stages import Stages
from orchestration.errors import PrefactError
from orchestration.lock import workspace_lock
from orchestration.settings import Workspace
from orchestration.texts import say

if TYPE_CHECKING:
    import dagster as dg

START_UP = "start-up"
# Marks the runs of this command in Dagster's history.
COMMAND_TAG = {"prefact/launched_by": "prefact run"}
# `prefact status` holds the lock for a moment while it reads the warehouse.
STATUS_SECONDS = 1.0
# DuckDB's words.
LOCKED = "Could not set lock on file"
LOCK_HOLDER = re.compile(r"Conflicting lock is held in (?:\S*/)?(\S+) \(PID (\d+)\)")
INTERRUPTED = "Query interrupted"
NOT_A_WAREHOUSE = "not a valid DuckDB database file"


@dataclass(frozen=True)
class MonthOutcome:
    """What running one month gave.

    Attributes:
        month: ``YYYY-MM``.
        control_date: the date it was judged by.
        notes: what each stage left for the summary.
        seconds: wall seconds by stage, the tools' start-up in the first month's.
        cpu_seconds: processor seconds by stage.
        total_seconds: wall seconds of all of it, Dagster's own bookkeeping included.
        total_cpu_seconds: processor seconds of all of it.
    """

    month: str
    control_date: dt.date
    notes: dict[str, Any]
    seconds: dict[str, float] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    total_seconds: float = 0.0
    total_cpu_seconds: float = 0.0


def run_months(
    workspace: Workspace,
    months: Sequence[str],
    control_date: dt.date | None,
    show: Callable[[str, str, float | None], None],
    finished: Callable[[MonthOutcome], None],
) -> None:
    """Run months one after the other, oldest first.

    Args:
        workspace: the folder and its settings.
        months: ``YYYY-MM``.
        control_date: for all of them; None for each month's default.
        show: told of each stage as it begins and ends.
        finished: called with each month's outcome as soon as it is published.

    Raises:
        PrefactError: with the cause and the way out; the months before the one that failed stay published.
    """
    if not workspace.inbox.is_dir():
        raise PrefactError("no_inbox", folder=workspace.root)
    what = f"run {months[0]}" if len(months) == 1 else f"run {months[0]}..{months[-1]}"
    with workspace_lock(workspace.hidden, what, wait_seconds=STATUS_SECONDS):
        sweep_versions(workspace.published)
        require_free_warehouse(workspace)
        stages = Stages(show)
        started, cpu_started = time.perf_counter(), time.process_time()
        try:
            with stages.stage(START_UP), collector_paused():
                job, history = open_tools(workspace, stages)
        except Exception as error:
            raise explained(error, workspace, months[0]) from error
        with history:
            for month in months:
                chosen = control_date or workspace.settings.control_date(month)
                try:
                    execute(job, history, month, chosen)
                except Exception as error:
                    raise explained(error, workspace, month) from error
                finished(
                    MonthOutcome(
                        month,
                        chosen,
                        notes=dict(stages.notes),
                        seconds=dict(stages.seconds),
                        cpu_seconds=dict(stages.cpu_seconds),
                        total_seconds=time.perf_counter() - started,
                        total_cpu_seconds=time.process_time() - cpu_started,
                    )
                )
                stages.seconds.clear()
                stages.cpu_seconds.clear()
                stages.notes.clear()
                started, cpu_started = time.perf_counter(), time.process_time()


def open_tools(workspace: Workspace, stages: Stages) -> tuple[dg.JobDefinition, dg.DagsterInstance]:
    """Load the tools, assemble the job and open the history of runs that the UI shows.

    Args:
        workspace: the folder and its settings.
        stages: where the steps report.
    """
    quieten()
    from orchestration.definitions import JOB, build_defs
    from orchestration.history import close_interrupted_runs, open_history

    job = build_defs(workspace, stages).resolve_job_def(JOB)
    history = open_history(workspace.hidden)
    close_interrupted_runs(history, COMMAND_TAG)
    return job, history


def execute(job: dg.JobDefinition, history: dg.DagsterInstance, month: str, control_date: dt.date) -> None:
    """Execute the job for one month in this process.

    Args:
        job: the month.
        history: where the run is recorded.
        month: ``YYYY-MM``.
        control_date: a day of it.
    """
    from dagster import DagsterExecutionInterruptedError

    try:
        job.execute_in_process(
            instance=history,
            partition_key=month,
            run_config={
                "ops": {"ingest": {"config": {"control_date": control_date.isoformat()}}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            tags={**COMMAND_TAG, "prefact/bills": month, "prefact/control_date": control_date.isoformat()},
        )
    except DagsterExecutionInterruptedError as error:
        raise KeyboardInterrupt from error


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector while the tools load: they make a million objects and free none.

    Measured on two cores: imports and definitions in 3.1 s instead of 5 s. What was loaded is then left out of later
    collections, since it lives as long as the process.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def quieten() -> None:
    """Keep the tools' own talk off the terminal: their logs are in ``.prefact``, their events in Dagster's."""
    warnings.simplefilter("ignore")
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    os.environ.setdefault("DO_NOT_TRACK", "1")


def require_free_warehouse(workspace: Workspace) -> None:
    """Check that nothing else has the warehouse open, before any work is done.

    Raises:
        PrefactError: naming the program that has it open, or saying that the file is no warehouse.
    """
    import duckdb

    try:
        duckdb.connect(str(workspace.warehouse)).close()
    except duckdb.Error as error:
        raise explained(error, workspace, "") from error


def explained(error: BaseException, workspace: Workspace, month: str) -> PrefactError:
    """Return what to tell a person about an error met while running a month.

    Args:
        error: as it came up.
        workspace: the folder.
        month: the month being run.
    """
    if isinstance(error, PrefactError):
        return error
    from assets.deliveries import IngestError

    if isinstance(error, IngestError):
        return PrefactError("as_is", text=str(error))
    text = " ".join(str(error).split())
    if LOCKED in text:
        holder = LOCK_HOLDER.search(text)
        language = workspace.settings.language
        who = say(language, "warehouse_who", program=holder[1], pid=holder[2]) if holder else ""
        return PrefactError("warehouse_locked", warehouse=workspace.warehouse, who=who)
    if text == INTERRUPTED:
        return PrefactError("interrupted")
    if NOT_A_WAREHOUSE in text:
        return PrefactError("warehouse_damaged", warehouse=workspace.warehouse, detail=text)
    from assets.dbt import DbtHome, DbtStopped

    if isinstance(error, DbtStopped):
        return PrefactError(
            "invariant_failed" if error.is_test else "dbt_failed",
            node=error.node,
            detail=error.detail,
            month=month,
            log=DbtHome(workspace.hidden / "dbt", workspace.warehouse).log,
        )
    return PrefactError("run_failed", kind=type(error).__name__, detail=text, month=month)
