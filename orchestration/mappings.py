"""`prefact map`: the names of time trackers that no map knows, with a proposal for each, written for review.

What it writes is never read by itself: a person checks the files and moves them into the inbox.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assets.timesheets.proposals import Unmapped
from orchestration.lock import workspace_lock
from orchestration.month import STATUS_SECONDS, explained
from orchestration.reading import latest_month
from orchestration.render import count, shortened, spreadsheet_cell, table
from orchestration.settings import Workspace
from orchestration.summary import reject_line
from orchestration.texts import say

FOLDER = "mapping"
COLUMNS = (
    "table",
    "tool",
    "client",
    "project",
    "task",
    "user",
    "seen_as",
    "proposal",
    "score",
    "meaning",
    "entries",
    "minutes",
)
#: What a map's file holds: its columns of the contract, `note` last.
FILES = {
    "project_map": ("tool", "client", "project", "task", "mission_id", "note"),
    "user_map": ("tool", "user", "collaborator_id", "note"),
}
#: The first rejected rows of exports and maps; `prefact run` counts them all.
REFUSED = """
    select * from raw.rejected_row
    where source_file ilike 'timesheets/%' or table_name in ('project_map', 'user_map')
    order by source_file, sheet, row_number, column_name limit 20
"""
_CELL = 34


def propose_mappings(workspace: Workspace, form: str, today: dt.date, progress: Callable[[str], None]) -> None:
    """Read what is new in the inbox, name what of it is rejected, write the proposals under `reports/` and print them.

    Args:
        workspace: the folder and its settings.
        form: ``table``, ``csv`` or ``json``.
        today: decides which corrections are in force when no month was run yet.
        progress: told of each file as it is read.

    Raises:
        PrefactError: with the cause and the way out.
    """
    language = workspace.settings.language
    unmapped, refused = look_up(workspace, latest_month(workspace) or f"{today:%Y-%m}", progress)
    for row in refused:
        print(reject_line(row, language), file=sys.stderr)
    files = write_files(workspace, unmapped)
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([spreadsheet_cell(cell) for cell in _values(each)] for each in unmapped)
    elif form == "json":
        print(json.dumps([dict(zip(COLUMNS, _values(each), strict=True)) for each in unmapped], ensure_ascii=False))
    else:
        print("\n".join(proposal_lines(unmapped, files, language)))


def look_up(
    workspace: Workspace, month: str, progress: Callable[[str], None]
) -> tuple[list[Unmapped], list[dict[str, Any]]]:
    """Return what no map names, of everything delivered so far, and what of exports and maps was rejected.

    Args:
        workspace: the folder and its settings.
        month: whose control date decides which corrections are in force.
        progress: told of each file as it is read.
    """
    from assets.ingestion import ingest, open_warehouse, prepare_raw
    from assets.timesheets.proposals import find_unmapped

    language = workspace.settings.language
    with workspace_lock(workspace.hidden, "map", wait_seconds=STATUS_SECONDS):
        try:
            ingest(workspace.root, language=language, progress=progress)
            prepare_raw(workspace.root, workspace.settings.control_date(month), language)
            with open_warehouse(workspace.root, language) as connection:
                cursor = connection.execute(REFUSED)
                names = [column[0] for column in cursor.description]
                refused = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
                return find_unmapped(connection), refused
        except Exception as error:
            raise explained(error, workspace, month) from error


def write_files(workspace: Workspace, unmapped: Sequence[Unmapped]) -> dict[str, Path]:
    """Write one file per map that lacks something, ready to be moved into the inbox once read; return their paths.

    Args:
        workspace: the folder.
        unmapped: what lacks.
    """
    folder = workspace.root / "reports" / FOLDER
    written = {}
    for name, columns in FILES.items():
        path = folder / f"{name}_proposed.csv"
        rows = [each for each in unmapped if each.table == name]
        if not rows:
            path.unlink(missing_ok=True)
            continue
        content = io.StringIO()
        writer = csv.writer(content, delimiter=";", lineterminator="\n")
        writer.writerow(columns)
        for each in rows:
            note = f"{each.meaning} ({each.score} %)" if each.proposal else ""
            cells = {
                "tool": each.tool,
                "client": each.client,
                "project": each.project,
                "task": each.task,
                "user": each.user,
                "mission_id": each.proposal,
                "collaborator_id": each.proposal,
                "note": note,
            }
            writer.writerow([spreadsheet_cell(cells[column]) for column in columns])
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(content.getvalue(), encoding="utf-8-sig")
        written[name] = path
    return written


def proposal_lines(unmapped: Sequence[Unmapped], files: dict[str, Path], language: str) -> list[str]:
    """Return the proposals as text: a table per map, where it was written, what to do with it.

    Args:
        unmapped: what lacks.
        files: where each map's proposals were written.
        language: of the words.
    """
    if not unmapped:
        return [say(language, "map_none")]
    lines: list[str] = []
    for name, path in files.items():
        rows = [each for each in unmapped if each.table == name]
        lines.append(
            say(
                language,
                f"map_{name}",
                count=count(len(rows), language),
                proposed=count(sum(each.proposal is not None for each in rows), language),
                time=_hours(sum(each.minutes for each in rows)),
            )
        )
        shown = [
            [
                each.tool,
                *((each.client, each.project, each.task) if name == "project_map" else (each.user, each.pseudonym)),
                _hours(each.minutes),
                each.proposal or "?",
                f"{each.score} %" if each.proposal else "",
                each.meaning,
            ]
            for each in rows
        ]
        cut = [[shortened(str(cell or ""), _CELL) for cell in row] for row in shown]
        headers = say(language, f"map_headers_{name}").split("|")
        align = "l" * (len(headers) - 4) + "rlrl"
        lines += [*table(headers, cut, align), "  " + say(language, "map_written", path=path), ""]
    return [*lines, say(language, "map_next")]


def _values(each: Unmapped) -> list[str | int | None]:
    return [
        each.table,
        each.tool,
        each.client,
        each.project,
        each.task,
        each.user,
        each.pseudonym,
        each.proposal,
        each.score if each.proposal else None,
        each.meaning or None,
        each.entries,
        each.minutes,
    ]


def _hours(minutes: int) -> str:
    return f"{minutes // 60} h {minutes % 60:02d}"
