"""`prefact rebuild`: the warehouse anew, from the ledger, the archive of deliveries and the inbox.

It is built beside, in a workspace of its own that borrows those three, and switched in place once every month was laid
out again; killed at any moment, the same command starts afresh and finishes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from assets.publication import WITH_CLOCK, adopt_month, published_months, published_state
from orchestration.errors import PrefactError
from orchestration.lock import workspace_lock
from orchestration.month import (
    STATUS_SECONDS,
    MonthOutcome,
    Order,
    carry_out,
    explained,
    run_order,
)
from orchestration.settings import Workspace
from orchestration.texts import say

BESIDE = "rebuild"
#: What the workspace beside borrows.
BORROWED = ("inbox", "archive", "ledger", ".prefact")


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild gave.

    Attributes:
        months: laid out again, oldest first.
        differing: relations that differ from what was published before, by month; absent when none does.
    """

    months: tuple[str, ...]
    differing: Mapping[str, tuple[str, ...]]


def rebuild_and_show(
    workspace: Workspace,
    show: Callable[[str, str, float | None], None],
    finished: Callable[[MonthOutcome], None],
) -> None:
    """Rebuild, and say which months read otherwise than before.

    Args:
        workspace: the folder and its settings.
        show: told of each stage as it begins and ends.
        finished: called with each month's outcome.
    """
    language = workspace.settings.language
    outcome = rebuild(workspace, show, finished)
    print(say(language, "rebuild_done", warehouse=workspace.warehouse, months=", ".join(outcome.months) or "–"))
    for month, relations in outcome.differing.items():
        print("  " + say(language, "rebuild_differs", month=month, relations=", ".join(relations)))
    if outcome.months and not outcome.differing:
        print("  " + say(language, "rebuild_same"))


def rebuild(
    workspace: Workspace,
    show: Callable[[str, str, float | None], None],
    finished: Callable[[MonthOutcome], None],
) -> Rebuilt:
    """Check the ledger and the archive, then make the warehouse anew and lay every published month out again.

    Args:
        workspace: the folder and its settings.
        show: told of each stage as it begins and ends.
        finished: called with each month's outcome.

    Raises:
        PrefactError: naming the link or file that is missing or was altered, before anything is written.
    """
    if not workspace.inbox.is_dir():
        raise PrefactError("no_inbox", folder=workspace.root)
    with workspace_lock(workspace.hidden, "rebuild", wait_seconds=STATUS_SECONDS):
        try:
            control_dates = months_to_lay_out(workspace)
        except Exception as error:
            raise explained(error, workspace, "") from error
        before = {month: digests(workspace.published / month) for month in control_dates}
        orders = [run_order(month, control_date) for month, control_date in control_dates.items()]
        beside = prepare_beside(workspace)
        try:
            build(beside, orders, show, finished)
            switch(workspace, beside, list(control_dates))
        finally:
            shutil.rmtree(beside.root, ignore_errors=True)
        after = {month: digests(workspace.published / month) for month in control_dates}
    differing = {
        month: tuple(name for name in after[month] if after[month][name] != before[month].get(name, after[month][name]))
        for month in after
    }
    return Rebuilt(tuple(after), {month: names for month, names in differing.items() if names})


def months_to_lay_out(workspace: Workspace) -> dict[str, dt.date]:
    """Return the months that are published or in the ledger, oldest first, with their control dates; all is checked.

    Args:
        workspace: the folder.

    Raises:
        LedgerError: the chain does not hold.
        IngestError: the archive does not hold.
    """
    from assets.deliveries import check_archive
    from assets.ledger import read_chain, require_recorded

    links = read_chain(workspace.root / "ledger")
    anchors = [link.manifest["archive"] for link in links if "archive" in link.manifest]
    check_archive(workspace.root / "archive", anchors, workspace.settings.language)
    found = {
        link.manifest["month"]: dt.date.fromisoformat(link.manifest["control_date"])
        for link in links
        if link.manifest.get("control_date")
    }
    for month in published_months(workspace.published):
        state = published_state(workspace.published, month)
        require_recorded(links, month, state.validated_at)
        found[month] = state.control_date
    return dict(sorted(found.items()))


def prepare_beside(workspace: Workspace) -> Workspace:
    """Return an empty workspace inside the hidden folder that borrows what the real one is made from.

    Args:
        workspace: the real one.
    """
    root = workspace.hidden.resolve() / BESIDE
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for name in BORROWED:
        (workspace.root / name).mkdir(exist_ok=True)
        (root / name).symlink_to(workspace.root.resolve() / name, target_is_directory=True)
    return Workspace(root, workspace.settings)


def build(
    beside: Workspace,
    orders: list[Order],
    show: Callable[[str, str, float | None], None],
    finished: Callable[[MonthOutcome], None],
) -> None:
    """Make the warehouse in the workspace beside.

    Args:
        beside: as `prepare_beside` gives it.
        orders: the months to lay out; without any the warehouse holds the input alone.
        show: told of each stage as it begins and ends.
        finished: called with each month's outcome.
    """
    if orders:
        carry_out(beside, "rebuild", orders, show, finished)
        return
    from assets.ingestion import ingest

    try:
        ingest(
            beside.root,
            language=beside.settings.language,
            progress=lambda _: None,
            payroll_counts=beside.settings.units.payroll_counts,
        )
    except Exception as error:
        raise explained(error, beside, "") from error


def switch(workspace: Workspace, beside: Workspace, months: list[str]) -> None:
    """Put the warehouse made beside in place, then what was published and reported there.

    Args:
        workspace: the real one.
        beside: where the warehouse and the reports were made.
        months: that were laid out.
    """
    import duckdb

    with duckdb.connect(str(beside.warehouse)) as connection:
        connection.execute("force checkpoint")
    # The log of the old file must not be replayed over the new one.
    Path(f"{workspace.warehouse}.wal").unlink(missing_ok=True)
    os.replace(beside.warehouse, workspace.warehouse)
    for month in months:
        adopt_month(beside.published, workspace.published, month)
        target = workspace.reports / month
        target.mkdir(parents=True, exist_ok=True)
        for made in sorted((beside.reports / month).iterdir()):
            place = target / made.name
            if place.is_dir():
                shutil.rmtree(place)
            os.replace(made, place)


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each published relation of a month, clock times left out.

    Args:
        folder: the month's folder, which may not exist.
    """
    if not folder.is_dir():
        return {}
    return {
        file.stem: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.glob("*.parquet"))
        if file.stem not in WITH_CLOCK
    }
