"""Part of the firm records its time in Kimai: its last month comes as an export in French, with the maps it needs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from assets.demo.catalogue import Staff
from assets.demo.firm import COLUMNS, Firm

TOOL = "kimai"
#: One collaborator of this many works in it.
_EVERY = 5
_HEADER = (
    "Date",
    "De",
    "À",
    "Durée",
    "Devise",
    "Prix",
    "Nom",
    "Utilisateur",
    "E-mail",
    "Client",
    "Projet",
    "Activité",
    "Description",
    "Facturable",
    "Mots-clés",
)


def split_off(entries: Iterable[tuple], staff: Staff) -> tuple[list[tuple], list[tuple]]:
    """Time entries apart: those of the firm's own tool, and those of Kimai.

    Kimai knows no approval, and the entries of the stories stay where their subjects are told from.

    Args:
        entries: in the column order of `time_entry`.
        staff: who records time.
    """
    users = {person.collaborator_id for person in staff.everyone[::_EVERY]}
    place = {name: position for position, name in enumerate(COLUMNS["time_entry"])}
    own, tracked = [], []
    for entry in entries:
        ordinary = entry[place["source_id"]].startswith("T") and entry[place["approved"]]
        (tracked if ordinary and entry[place["collaborator_id"]] in users else own).append(entry)
    return own, tracked


def write_export(path: Path, firm: Firm, entries: Sequence[tuple]) -> dict[str, list[tuple]]:
    """Writes time entries as Kimai exports them in French, and returns the rows of the maps that lead back from it.

    Args:
        path: the file.
        firm: whose clients, missions and people the entries are of.
        entries: in the column order of `time_entry`.
    """
    missions = {row["mission_id"]: row for row in _rows(firm, "mission")}
    owners = {row["client_file_id"]: row["client_id"] for row in _rows(firm, "client_file")}
    clients = {row["client_id"]: row["legal_name"] for row in _rows(firm, "client")}
    people = {row["collaborator_id"]: row for row in _rows(firm, "collaborator")}
    names: dict[str, tuple[str, str]] = {}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(_HEADER)
        for _, _, collaborator_id, mission_id, day, minutes, billable, _, description in entries:
            mission, person = missions[mission_id], people[collaborator_id]
            client = clients[owners[mission["client_file_id"]]]
            # Two client files may belong to one client: the tool's project says which.
            names[mission_id] = (client, f"{mission['label']} {mission['vintage']} ({mission['client_file_id']})")
            writer.writerow(
                (
                    f"{day:%d/%m/%Y}",
                    "09:00",
                    "",
                    f"{minutes // 60}:{minutes % 60:02d}",
                    "EUR",
                    "0",
                    person["name"],
                    person["email"].partition("@")[0],
                    person["email"],
                    *names[mission_id],
                    description,
                    "",
                    int(billable),
                    "",
                )
            )
    users = dict.fromkeys(entry[2] for entry in entries)
    return {
        "project_map": [(TOOL, client, project, None, mission) for mission, (client, project) in sorted(names.items())],
        "user_map": [(TOOL, people[identity]["email"], identity) for identity in sorted(users)],
    }


def _rows(firm: Firm, table: str) -> list[dict[str, object]]:
    return [dict(zip(COLUMNS[table], row, strict=True)) for row in firm.rows[table]]
