"""A month as it would be with corrections nobody has delivered: played in a copy, shown next to the current one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.contract import table_of
from assets.publication import published_state
from orchestration.errors import PrefactError
from orchestration.lock import workspace_lock
from orchestration.month import STATUS_SECONDS, MonthOutcome, carry_out, run_order
from orchestration.reading import read_published, require_months
from orchestration.render import euros, plain, table
from orchestration.settings import Workspace
from orchestration.texts import say

if TYPE_CHECKING:
    import datetime as dt

BESIDE = "what-if"
#: What a run needs of a workspace beside its warehouse; the copy shares the files that never change.
COPIED = ("inbox", "archive", "ledger")
CORRECTIONS = "correction"


def show_what_if(
    workspace: Workspace,
    month: str,
    control_date: dt.date | None,
    file: str,
    show: Callable[[str, str, float | None], None],
    finished: Callable[[MonthOutcome], None],
) -> None:
    """Print what a file of corrections would change in a month; the workspace stays as it is.

    Args:
        workspace: the folder and its settings.
        month: ``YYYY-MM``, run before.
        control_date: as for a run; None for the one the month was run at.
        file: the corrections, or rows of another table its name begins with.
        show: told of each stage as it begins and ends.
        finished: called when the month is played.

    Raises:
        PrefactError: the file is not there, or the month was never run or is validated.
    """
    language = workspace.settings.language
    source = Path(file)
    if not source.is_file():
        raise PrefactError("what_if_no_file", file=file)
    require_months(workspace, [month], month)
    state = published_state(workspace.published, month)
    if state.status in ("VALIDATED", "EXPORTED"):
        raise PrefactError("what_if_validated", month=month)
    beside = _copy(workspace, source)
    try:
        order = run_order(month, control_date or state.control_date)
        carry_out(beside, "run", [order], show, finished)
        print("\n".join(_comparison(workspace, beside, month, source.name, language)))
    finally:
        shutil.rmtree(beside.root, ignore_errors=True)


def _copy(workspace: Workspace, source: Path) -> Workspace:
    """A workspace inside the hidden folder with the file laid into its inbox."""
    root = workspace.hidden.resolve() / BESIDE
    with workspace_lock(workspace.hidden, "run --what-if", wait_seconds=STATUS_SECONDS):
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        for name in COPIED:
            if (workspace.root / name).is_dir():
                shutil.copytree(workspace.root / name, root / name, copy_function=_share)
        for name in (workspace.warehouse.name, f"{workspace.warehouse.name}.wal"):
            if (workspace.root / name).is_file():
                shutil.copyfile(workspace.root / name, root / name)
        dbt = workspace.hidden / "dbt"
        if dbt.is_dir():
            shutil.copytree(dbt, root / workspace.hidden.name / "dbt")
    name = source.name if table_of(source.stem) else f"{CORRECTIONS}_{source.name}"
    target = root / "inbox" / BESIDE / name
    target.parent.mkdir()
    shutil.copyfile(source, target)
    return Workspace(root, workspace.settings)


def _share(source: str, target: str) -> None:
    """Link what is written once and never again; copy what grows."""
    if source.endswith(".parquet"):
        try:
            os.link(source, target)
            return
        except OSError:  # Another disk, or one without links.
            pass
    shutil.copy2(source, target)


def _comparison(workspace: Workspace, beside: Workspace, month: str, file: str, language: str) -> list[str]:
    """Both months, line by line where they differ, their totals and their registers."""
    with read_published(workspace, [month]) as now, read_published(beside, [month]) as then:
        columns = "line_key, status, held_by, quantity, amount_net"
        lines = {
            name: {row["line_key"]: row for row in side.rows(f"select {columns} from prebill_line order by line_key")}
            for name, side in (("now", now), ("then", then))
        }
        anomalies = {
            name: {
                (row["code"], row["subject_id"])
                for row in side.rows("select code, subject_id from anomaly where status = 'OPEN'")
            }
            for name, side in (("now", now), ("then", then))
        }
    changed = [
        key for key in sorted({*lines["now"], *lines["then"]}) if lines["now"].get(key) != lines["then"].get(key)
    ]
    shown = [say(language, "what_if_title", month=month, file=file), ""]
    if changed:
        headers = [say(language, name) for name in ("what_if_line", "what_if_now", "what_if_then")]
        rows = [[plain(key), *(_said(lines[name].get(key), language) for name in ("now", "then"))] for key in changed]
        shown += [*table(headers, rows, "lrr"), ""]
    totals = {name: _total(lines[name].values()) for name in lines}
    shown.append(
        say(
            language,
            "what_if_total",
            now=euros(totals["now"], language),
            then=euros(totals["then"], language),
            change=euros(totals["then"] - totals["now"], language),
        )
    )
    for key, codes in (
        ("what_if_mended", anomalies["now"] - anomalies["then"]),
        ("what_if_raised", anomalies["then"] - anomalies["now"]),
    ):
        if codes:
            shown.append(say(language, key, list=", ".join(f"{code} {subject}" for code, subject in sorted(codes))))
    if not changed and anomalies["now"] == anomalies["then"]:
        shown.append(say(language, "what_if_same"))
    return shown


def _said(line: dict[str, Any] | None, language: str) -> str:
    if line is None:
        return "–"
    held = f" ({line['held_by']})" if line["held_by"] else ""
    return f"{euros(line['amount_net'], language)} {line['status']}{held}"


def _total(lines: Iterable[dict[str, Any]]) -> Decimal:
    return sum((line["amount_net"] for line in lines if line["status"] != "HELD"), Decimal(0))
