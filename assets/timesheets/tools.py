"""The detailed exports of time trackers, by their header rows: the names each column may have, as data.

Imports nothing heavy. A column that is named twice, as custom fields may be, is the first of that name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FOLDER = "timesheets"

#: The columns of `tracked_entry` a header cell may stand for, and `duration`, from which minutes are read.
Field = str


@dataclass(frozen=True)
class Tool:
    """One time tracker.

    Attributes:
        name: as `project_map.tool` and `user_map.tool` write it.
        title: as people write it.
        headers: for each field the header cells that stand for it, as `header_key` writes them, the best first.
        required: fields an export must have; of a tuple, at least one.
        french: header cells only an export in French has: it then writes the day before the month.
    """

    name: str
    title: str
    headers: Mapping[Field, tuple[str, ...]]
    required: tuple[Field | tuple[Field, ...], ...]
    french: frozenset[str] = frozenset()


TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            "kimai",
            "Kimai",
            {
                "work_date": ("date",),
                "duration": ("duration", "durée"),
                "email": ("e-mail", "email", "courriel", "adresse e-mail", "adresse électronique"),
                "login": ("user", "username", "utilisateur", "identifiant", "nom d'utilisateur"),
                "name": ("name", "alias", "nom"),
                "client": ("customer", "client"),
                "project": ("project", "projet"),
                "task": ("activity", "activité"),
                "description": ("description",),
                "billable": ("billable", "facturable"),
            },
            ("work_date", "duration", "project", "task", ("email", "login", "name")),
            frozenset({"durée", "projet", "activité"}),
        ),
        Tool(
            "toggl",
            "Toggl Track",
            {
                "work_date": ("start date",),
                "duration": ("duration",),
                "email": ("email", "e-mail"),
                "name": ("user", "member"),
                "client": ("client",),
                "project": ("project",),
                "task": ("task",),
                "description": ("description",),
                "billable": ("billable",),
            },
            ("work_date", "duration", "project", ("email", "name")),
        ),
        Tool(
            "clockify",
            "Clockify",
            {
                "work_date": ("start date",),
                "duration": ("duration (h)",),
                "email": ("email", "e-mail"),
                "name": ("user",),
                "client": ("client",),
                "project": ("project",),
                "task": ("task", "activity"),
                "description": ("description",),
                "billable": ("billable",),
            },
            ("work_date", "duration", "project", ("email", "name")),
        ),
        Tool(
            "harvest",
            "Harvest",
            {
                "work_date": ("date",),
                "duration": ("hours",),
                "email": ("email", "e-mail"),
                "first_name": ("first name",),
                "last_name": ("last name",),
                "client": ("client",),
                "project": ("project",),
                "task": ("task",),
                "description": ("notes",),
                "billable": ("billable?",),
                "approved": ("approved?",),
            },
            ("work_date", "duration", "project", "task", ("email", "last_name", "first_name")),
        ),
    )
}

#: Every header cell of any tool: the separator of a CSV that yields most of them is the right one.
KNOWN_HEADERS = frozenset(name for tool in TOOLS.values() for names in tool.headers.values() for name in names)


def header_key(cell: str) -> str:
    """A header cell without what programs differ in: case, accents in two characters, kinds of spaces and apostrophes.

    >>> header_key("\\ufeff Durée\\u00a0"), header_key("Start  Date")
    ('durée', 'start date')
    """
    text = unicodedata.normalize("NFC", cell).replace("\ufeff", "").replace("\u2019", "'")
    return re.sub(r"\s+", " ", text).strip().lower()


def places(tool: Tool, header: Sequence[str]) -> dict[Field, int]:
    """Where each field of a tool is in a header row; fields that are not there are left out."""
    keys = [header_key(cell) for cell in header]
    found = {}
    for name, spellings in tool.headers.items():
        for spelling in spellings:
            if spelling in keys:
                found[name] = keys.index(spelling)
                break
    return found


def missing(tool: Tool, header: Sequence[str]) -> list[str]:
    """The columns an export of a tool must have and this header lacks, as the tool writes them in English."""
    found = places(tool, header)
    lacking = []
    for need in tool.required:
        fields = (need,) if isinstance(need, str) else need
        if not any(name in found for name in fields):
            lacking.append(" / ".join(tool.headers[name][0] for name in fields))
    return lacking


def recognise(header: Sequence[str]) -> Tool | None:
    """The tool that wrote a header row, if one alone can have."""
    fitting = [tool for tool in TOOLS.values() if not missing(tool, header)]
    return fitting[0] if len(fitting) == 1 else None


def is_export(file: str) -> bool:
    """Whether a path under `inbox/` is that of a tracker's export by its folder and extension."""
    parts = file.lower().split("/")
    return parts[0] == FOLDER and len(parts) > 1 and parts[-1].endswith((".csv", ".xlsx"))


def folder_tool(file: str) -> Tool | None:
    """The tool whose folder under `timesheets/` a file lies in, if any."""
    return next((TOOLS[part] for part in file.lower().split("/")[1:-1] if part in TOOLS), None)
