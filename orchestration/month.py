"""Running a month from the command line: the very job the UI launches, in this process, with progress."""

from __future__ import annotations

import datetime as dt
import gc
import logging
import os
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from assets.publication import sweep_versions
from assets.stages import Stages
from orchestration.errors import PolicyRefusal, PrefactError
from orchestration.lock import workspace_lock
from orchestration.settings import Workspace
from orchestration.texts import say

if TYPE_CHECKING:
    import dagster as dg

START_UP = "start-up"
# The jobs of `orchestration.definitions`, which is too heavy to import for their names.
MONTH_JOB = "month"
VALIDATE_JOB = "validate"
EXPORT_JOB = "export"
# Marks the runs of this command in Dagster's history.
COMMAND_TAG = {"prefact/launched_by": "prefact run"}
# `prefact status` holds the lock for a moment while it reads the warehouse.
STATUS_SECONDS = 1.0
# DuckDB's words.
LOCKED = "Could not set lock on file"
LOCK_HOLDER = re.compile(r"Conflicting lock is held in (?:\S*/)?(\S+) \(PID (\d+)\)")
INTERRUPTED = "Query interrupted"
# A full disk and a folder that may not be written, in the words of the system, DuckDB, SQLite and dbt.
NO_WRITING = re.compile(
    "No space left on device|File too large|Disk quota exceeded|Read-only file system|Permission denied"
    "|disk is full|disk I/O error|readonly database|unable to open database file"
)
# The latter: the file was cut short.
NOT_A_WAREHOUSE = ("not a valid DuckDB database file", "Could not read enough bytes from file")


@dataclass(frozen=True)
class Order:
    """What to have Dagster do for one month.

    Attributes:
        job: name of the job.
        month: ``YYYY-MM``.
        control_date: the date the month is judged by.
        steps: configuration of the job's steps.
        fetch: whether the pulled sources are fetched first.
    """

    job: str
    month: str
    control_date: dt.date
    steps: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    fetch: bool = False


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
    orders = [
        run_order(month, control_date or workspace.settings.control_date(month), fetch=month == months[0])
        for month in months
    ]
    carry_out(workspace, command_words("run", months), orders, show, finished)


def run_order(month: str, control_date: dt.date, fetch: bool = False) -> Order:
    """Return the order to run a month.

    Args:
        month: ``YYYY-MM``.
        control_date: a day of it.
        fetch: whether the pulled sources are fetched first: once a command is enough.
    """
    return Order(MONTH_JOB, month, control_date, {"ingest": {"control_date": control_date.isoformat()}}, fetch)


def command_words(command: str, months: Sequence[str]) -> str:
    """Return what a process is doing, for whoever finds the workspace busy.

    Args:
        command: of prefact.
        months: ``YYYY-MM``, oldest first.
    """
    return f"{command} {months[0]}" if len(months) == 1 else f"{command} {months[0]}..{months[-1]}"


def carry_out(
    workspace: Workspace,
    what: str,
    orders: Sequence[Order],
    show: Callable[[str, str, float | None], None],
    finished: Callable[[MonthOutcome], None],
) -> None:
    """Have Dagster execute jobs one after the other, in this process.

    Args:
        workspace: the folder and its settings.
        what: the command, for whoever finds the workspace busy.
        orders: what to do, month by month.
        show: told of each stage as it begins and ends.
        finished: called with each month's outcome as soon as it is published.

    Raises:
        PrefactError: with the cause and the way out; what was done before the order that failed stays done.
    """
    if not workspace.inbox.is_dir():
        raise PrefactError("no_inbox", folder=workspace.root)
    with workspace_lock(workspace.hidden, what, wait_seconds=STATUS_SECONDS):
        sweep_versions(workspace.published)
        require_free_warehouse(workspace)
        stages = Stages(show)
        started, cpu_started = time.perf_counter(), time.process_time()
        try:
            with stages.stage(START_UP), collector_paused():
                defs, history = open_tools(workspace, stages)
        except Exception as error:
            raise explained(error, workspace, orders[0].month) from error
        with history:
            for order in orders:
                if workspace.settings.sources and order.job == MONTH_JOB:
                    order = replace(order, steps={**order.steps, "pull": {"fetch": order.fetch}})
                try:
                    execute(workspace, defs, history, order)
                except Exception as error:
                    raise explained(error, workspace, order.month) from error
                finished(
                    MonthOutcome(
                        order.month,
                        order.control_date,
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


def open_tools(workspace: Workspace, stages: Stages) -> tuple[dg.Definitions, dg.DagsterInstance]:
    """Load the tools, assemble the graph and open the history of runs that the UI shows.

    Args:
        workspace: the folder and its settings.
        stages: where the steps report.
    """
    quieten()
    from orchestration.definitions import build_defs
    from orchestration.history import close_interrupted_runs, open_history

    defs = build_defs(workspace, stages)
    history = open_history(workspace.hidden.resolve())
    close_interrupted_runs(history, COMMAND_TAG)
    return defs, history


def execute(workspace: Workspace, defs: dg.Definitions, history: dg.DagsterInstance, order: Order) -> None:
    """Execute a job for one month in this process, and give notice when it fails.

    Args:
        workspace: the folder and its settings.
        defs: the graph.
        history: where the run is recorded.
        order: what to do.
    """
    from dagster import DagsterExecutionInterruptedError
    from dagster._core.utils import make_new_run_id

    from orchestration.notice import tell_failed_command

    run_id = make_new_run_id()
    try:
        defs.resolve_job_def(order.job).execute_in_process(
            run_id=run_id,
            instance=history,
            partition_key=order.month,
            run_config={
                "ops": {step: {"config": dict(config)} for step, config in order.steps.items()},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            tags={
                **COMMAND_TAG,
                "prefact/bills": order.month,
                "prefact/control_date": order.control_date.isoformat(),
            },
        )
    except DagsterExecutionInterruptedError as error:
        raise KeyboardInterrupt from error
    except Exception as error:
        tell_failed_command(workspace, history, run_id, error, lambda text: print(text, file=sys.stderr))
        raise


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

    from assets.ingestion import make_warehouse

    try:
        make_warehouse(workspace.warehouse)
        duckdb.connect(str(workspace.warehouse)).close()
    except (duckdb.Error, OSError) as error:
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
    import duckdb

    from assets.deliveries import IngestError

    if isinstance(error, IngestError):
        if isinstance(error.__cause__, (duckdb.Error, OSError)):
            return explained(error.__cause__, workspace, month)
        return PrefactError("as_is", text=str(error))
    from assets.sources.faults import RequiredSourceFailed

    if isinstance(error, RequiredSourceFailed):
        return PrefactError("as_is", text=str(error))
    from assets.ledger import LedgerError

    if isinstance(error, LedgerError):
        return PrefactError(error.code, place=workspace.root / error.place)
    from assets.validation import ValidationError

    if isinstance(error, ValidationError):
        return (PolicyRefusal if error.is_refusal else PrefactError)("as_is", text=str(error))
    from assets.exports import ExportError

    if isinstance(error, ExportError):
        return (PolicyRefusal if error.code == "not_validated" else PrefactError)("as_is", text=str(error))
    # SQLAlchemy wraps what Dagster's databases say.
    text = " ".join(str(getattr(error, "orig", error)).split())
    if LOCKED in text:
        holder = LOCK_HOLDER.search(text)
        language = workspace.settings.language
        who = say(language, "warehouse_who", program=holder[1], pid=holder[2]) if holder else ""
        return PrefactError("warehouse_locked", warehouse=workspace.warehouse, who=who)
    if text == INTERRUPTED:
        return PrefactError("interrupted")
    if any(words in text for words in NOT_A_WAREHOUSE):
        return PrefactError("warehouse_damaged", warehouse=workspace.warehouse, detail=text)
    if isinstance(error, OSError) or NO_WRITING.search(text):
        place = getattr(error, "filename", None) or workspace.root
        return PrefactError("cannot_use", path=place, detail=getattr(error, "strerror", None) or text)
    from assets.dbt import DbtStopped
    from assets.spark import SparkStopped
    from orchestration.definitions import build_site, dbt_home

    if isinstance(error, SparkStopped):
        return PrefactError(error.code, **error.values)
    if isinstance(error, DbtStopped):
        return PrefactError(
            "invariant_failed" if error.is_test else "dbt_failed",
            node=error.node,
            detail=error.detail,
            month=month,
            log=dbt_home(build_site(workspace, Stages())).log,
        )
    return PrefactError("run_failed", kind=type(error).__name__, detail=text, month=month)
