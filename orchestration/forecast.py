"""`prefact forecast`: what schedules and history say will be billed, each figure with its basis."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.errors import PrefactError
from orchestration.lock import workspace_lock
from orchestration.month import STATUS_SECONDS, explained
from orchestration.reading import latest_month
from orchestration.render import count, euros, table
from orchestration.settings import Workspace
from orchestration.texts import say

QUERY = Path(__file__).with_suffix(".sql")
MODES = ("FLAT", "UNIT", "TIME", "ADHOC", "CONTRACT_FLAT", "TRUE_UP", "CONSUMED")
PLANNED = ("FLAT", "CONTRACT_FLAT")
COLUMNS = ("month", "billing_mode", "amount_net", "certainty", "basis")


def show_forecast(workspace: Workspace, months: int, form: str, example: str) -> None:
    """Print what will be billed in the months after the latest one run.

    Args:
        workspace: the folder and its settings.
        months: how many.
        form: ``table``, ``csv`` or ``json``.
        example: a month to suggest when nothing was ever run.

    Raises:
        PrefactError: nothing was run yet, or the warehouse cannot be read.
    """
    language = workspace.settings.language
    if latest_month(workspace) is None or not workspace.warehouse.exists():
        raise PrefactError("nothing_run_yet", folder=workspace.root, month=example)
    rows = read_forecast(workspace, months)
    for row in rows:
        row["basis"] = basis(row, language)
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([row[name] for name in COLUMNS] for row in rows)
    elif form == "json":
        # An amount is a text: no reader takes it for a float.
        shown = [
            {name: str(row[name]) if isinstance(row[name], Decimal) else row[name] for name in COLUMNS} for row in rows
        ]
        print(json.dumps(shown, ensure_ascii=False))
    else:
        print("\n".join(forecast_lines(rows, language)))


def read_forecast(workspace: Workspace, months: int) -> list[dict[str, Any]]:
    """Return the forecast, month by month and mode by mode.

    Args:
        workspace: the folder.
        months: how many.
    """
    import duckdb

    # Even a reader makes a writer fail, so a run must not start while this reads.
    with workspace_lock(workspace.hidden, "forecast", wait_seconds=STATUS_SECONDS):
        try:
            with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
                cursor = connection.execute(QUERY.read_text(encoding="utf-8"), {"months": months})
                names = [column[0] for column in cursor.description]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except duckdb.Error as error:
            raise explained(error, workspace, "") from error


def basis(row: dict[str, Any], language: str) -> str:
    """Return where a figure comes from.

    Args:
        row: of the forecast.
        language: of the words.
    """
    if row["certainty"] == "EXACT":
        text = say(language, "forecast_exact", count=count(row["instalments"], language))
        return text + (
            say(language, "forecast_unknown", count=count(row["unknown"], language)) if row["unknown"] else ""
        )
    if row["certainty"] == "NONE":
        return say(language, "forecast_none" if row["billing_mode"] == "ADHOC" else "forecast_unvalidated")
    return say(
        language,
        "forecast_validated" if row["is_validated"] else "forecast_drafted",
        count=count(row["months"], language),
        first=row["first_month"],
        last=row["last_month"],
    )


def forecast_lines(rows: Sequence[dict[str, Any]], language: str) -> list[str]:
    """Return the forecast as a table, a month a line, and the basis of each column under it.

    Args:
        rows: of the forecast, with their basis.
        language: of the words.
    """
    months: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        months.setdefault(row["month"], {})[row["billing_mode"]] = row
    headers = [say(language, "column_month"), *MODES, say(language, "summary_total")]

    def cells(label: str, amounts: Sequence[Decimal | None]) -> list[str]:
        total = sum((amount for amount in amounts if amount is not None), Decimal(0))
        return [label, *(euros(amount, language) for amount in amounts), euros(total, language)]

    amounts = {month: [modes[mode]["amount_net"] for mode in MODES] for month, modes in months.items()}
    sums = [None if column[0] is None else sum(column, Decimal(0)) for column in zip(*amounts.values(), strict=True)]
    lines = [say(language, "forecast_title", first=min(months), last=max(months)), ""]
    lines += table(
        headers,
        [*(cells(month, values) for month, values in amounts.items()), cells(say(language, "summary_total"), sums)],
        "l" + "r" * (len(MODES) + 1),
    )
    lines += ["", say(language, "forecast_basis")]
    first = months[min(months)]
    for mode in MODES:
        row = first[mode]
        if mode in PLANNED:
            row = row | {
                name: sum(modes[mode][name] for modes in months.values()) for name in ("instalments", "unknown")
            }
        text = basis(row, language)
        lines.append("  " + say(language, "forecast_mode", mode=say(language, f"mode_{mode}"), basis=text))
    return lines
