"""``prefact confirm``: the letters read from a PDF, shown beside what stands in them, and a person's word on one."""

from __future__ import annotations

import csv
import datetime as dt
import json
import sys
from collections.abc import Sequence
from typing import Any

from assets.confirmation import Waiting
from orchestration.errors import PrefactError
from orchestration.lock import workspace_lock
from orchestration.render import count, euros, plain, spreadsheet_cell, table
from orchestration.settings import Workspace
from orchestration.summary import command_line
from orchestration.texts import say
from orchestration.waiting import find_waiting

COLUMNS = ("document_id", "version", "client_file_id", "fy_label", "file", "content_hash", "place", "written", "read")


def show_waiting(workspace: Workspace, form: str) -> None:
    """Print the letters that wait, each line of them beside what stands in the document.

    Args:
        workspace: the folder.
        form: ``table``, ``csv`` or ``json``.
    """
    letters = find_waiting(workspace, take_new=True)
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(COLUMNS)
        for letter in letters:
            for row in _evidence(workspace, letter) or [{}]:
                cells = {**_facts(letter), **row}
                writer.writerow([spreadsheet_cell(cells.get(name, "")) for name in COLUMNS])
    elif form == "json":
        found = [{**_facts(letter), "readings": _evidence(workspace, letter)} for letter in letters]
        print(json.dumps(found, ensure_ascii=False))
    else:
        print("\n".join(_waiting_table(workspace, letters)))


def confirm_letter(workspace: Workspace, document_id: str, version: int | None) -> None:
    """Record that a letter was read rightly.

    Args:
        workspace: the folder.
        document_id: of the letter.
        version: of it; needed where several wait.

    Raises:
        PrefactError: no such letter waits, several do, or its file is no longer the one that was read.
    """
    from assets.confirmation import FILE, ForeignFile, is_as_read, record_confirmation
    from assets.validation import person

    language = workspace.settings.language
    with workspace_lock(workspace.hidden, "confirm"):
        # The input as it was last read and shown: what arrived since was seen by nobody.
        letters = find_waiting(workspace, take_new=False)
        chosen = [each for each in letters if each.document_id == document_id and version in (None, each.version)]
        if not chosen:
            waiting = ", ".join(f"{each.document_id} v{each.version}" for each in letters) or "–"
            raise PrefactError("confirm_unknown", value=document_id, waiting=waiting)
        if len(chosen) > 1:
            versions = ", ".join(str(each.version) for each in chosen)
            raise PrefactError("confirm_which", value=document_id, versions=versions)
        (letter,) = chosen
        path = workspace.inbox / letter.file
        if path.exists() and not is_as_read(workspace.inbox, letter):
            raise PrefactError("confirm_changed", file=path, command=command_line(workspace, "confirm"))
        try:
            file = record_confirmation(workspace.inbox, letter, person(), dt.date.today())
        except ForeignFile as error:
            raise PrefactError(
                "confirm_foreign",
                file=workspace.inbox / FILE,
                row=f"{letter.document_id}, {letter.version}, {letter.content_hash}",
            ) from error
    print(say(language, "confirm_done", document=letter.document_id, version=letter.version, file=file))
    print(say(language, "summary_next", command=command_line(workspace, "run", f"{dt.date.today():%Y-%m}")))


def _facts(letter: Waiting) -> dict[str, Any]:
    return {name: getattr(letter, name) for name in COLUMNS[:6]}


def _evidence(workspace: Workspace, letter: Waiting) -> list[dict[str, str]] | None:
    """Return what is written and what was read, place by place; None when the file is gone."""
    from assets.confirmation import side_by_side

    found = side_by_side(workspace.inbox, letter)
    return (
        None
        if found is None
        else [{"place": str(each.place), "written": each.written, "read": each.read} for each in found]
    )


def _waiting_table(workspace: Workspace, letters: Sequence[Waiting]) -> list[str]:
    language = workspace.settings.language
    if not letters:
        return [say(language, "confirm_none")]
    lines: list[str] = []
    for letter in letters:
        amount = euros(letter.amount, language)
        lines.append(
            plain(
                say(
                    language,
                    "confirm_letter",
                    document=letter.document_id,
                    version=letter.version,
                    client_file=letter.client_file_id,
                    year=letter.fy_label,
                    lines=count(letter.lines, language),
                    amount=amount,
                    file=letter.file,
                )
            )
        )
        evidence = _evidence(workspace, letter)
        if evidence is None:
            lines.append("  " + say(language, "confirm_gone", file=letter.file))
        else:
            headers = [say(language, f"column_{name}") for name in ("place", "written", "read")]
            nothing = say(language, "confirm_aside")
            rows = [[row["place"] or "–", row["written"], row["read"] or nothing] for row in evidence]
            lines += table(headers, rows, "lll")
        command = command_line(workspace, "confirm", letter.document_id, "--version", str(letter.version))
        lines += ["  " + say(language, "confirm_how", command=command), ""]
    return lines[:-1]
