"""Mappings that are missing, and which mission or collaborator each name most likely stands for.

Nothing here is applied: a person reads a proposal, corrects it and delivers it like any other file. Names are compared
by similarity, without case, accents and legal forms; a proposal that is not near enough is left blank.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from assets.timesheets.mapping import MAPPED
from assets.timesheets.reading import NO_PROJECT

if TYPE_CHECKING:
    import duckdb

#: Least similarity, of 100, at which something is proposed.
NEAR_ENOUGH = 70
#: Clients whose name is nearly as like as the likeliest one's are looked at too.
_AS_LIKE = 5
_LEGAL_FORMS = frozenset(
    ("sa", "sas", "sasu", "sarl", "eurl", "sci", "snc", "scp", "scm", "selarl", "ei", "eirl", "gie", "ste", "societe")
)


@dataclass(frozen=True)
class Unmapped:
    """A project or a user of a tracker that no map names.

    Attributes:
        table: `project_map` or `user_map`.
        tool: the tracker.
        client: of the project, if any.
        project: its name, None for a user.
        task: what was done in it, if anything.
        user: the user, None for a project.
        pseudonym: how published relations name the user, None for a project.
        entries: how many entries wait for the mapping.
        minutes: their time.
        proposal: the mission or the collaborator it most likely stands for, None when nothing is near enough.
        score: how near it is, of 100; 0 without proposal.
        meaning: what the proposal stands for, in words.
    """

    table: str
    tool: str
    client: str | None
    project: str | None
    task: str | None
    user: str | None
    pseudonym: str | None
    entries: int
    minutes: int
    proposal: str | None = None
    score: int = 0
    meaning: str = ""


@dataclass(frozen=True)
class _Mission:
    mission_id: str
    client_file_id: str
    names: tuple[str, ...]
    work: str
    vintage: str
    meaning: str
    open: bool
    by_the_hour: bool
    start: date
    end: date


def find_unmapped(connection: duckdb.DuckDBPyConnection) -> list[Unmapped]:
    """The projects and users without a mapping, those with the most time first, each with a proposal.

    Args:
        connection: the warehouse; the raw tables are there.
    """
    projects = connection.execute(
        f"""select source, client, project, task, count(*), sum(minutes), min(work_date), max(work_date)
        from {MAPPED} where not is_project_mapped group by all
        order by sum(minutes) desc, source, client nulls first, project, task nulls first"""
    ).fetchall()
    users = connection.execute(
        f"""select mapped.source, mapped."user", any_value(tracked.user_login), any_value(tracked.user_name),
            any_value(mapped.collaborator_id), count(*), sum(mapped.minutes)
        from {MAPPED} as mapped inner join raw.tracked_entry as tracked on mapped._key = tracked._key
        where not mapped.is_user_mapped group by 1, 2 order by 7 desc, 1, 2"""
    ).fetchall()
    found = [_propose_missions(connection, projects), _propose_collaborators(connection, users)]
    return [each for part in found for each in part]


def likeness(text: str) -> str:
    """A name reduced to what is compared.

    >>> likeness("SARL Émile & Fils"), likeness("EMILE FILS")
    ('emile fils', 'emile fils')
    """
    bare = unicodedata.normalize("NFKD", text.lower())
    words = re.findall(r"[a-z0-9]+", "".join(letter for letter in bare if not unicodedata.combining(letter)))
    return " ".join(word for word in words if word not in _LEGAL_FORMS) or " ".join(words)


def _propose_missions(connection: duckdb.DuckDBPyConnection, projects: Sequence[tuple]) -> list[Unmapped]:
    if not projects:
        return []
    missions = _missions(connection)
    by_file: dict[str, list[_Mission]] = {}
    names: dict[str, set[str]] = {}
    for mission in missions:
        by_file.setdefault(mission.client_file_id, []).append(mission)
        for name in mission.names:
            names.setdefault(name, set()).add(mission.client_file_id)
    found = []
    for tool, client, project, task, entries, minutes, first_day, last_day in projects:
        named = " ".join(text for text in (project if project != NO_PROJECT else None, task) if text)
        files = _files(names, client or named)
        best = max(
            (
                (
                    _nearness(mission, score, client, named),
                    mission.open,
                    _lasts(mission, first_day, last_day),
                    mission.by_the_hour,
                    mission.start,
                    mission.mission_id,
                    mission,
                )
                for file, score in files.items()
                for mission in by_file[file]
            ),
            default=None,
            key=lambda rank: rank[:-1],
        )
        proposed = best is not None and best[0] >= NEAR_ENOUGH
        found.append(
            Unmapped(
                "project_map",
                tool,
                client,
                project,
                task,
                None,
                None,
                entries,
                minutes,
                proposal=best[-1].mission_id if proposed else None,
                score=best[0] if proposed else 0,
                meaning=best[-1].meaning if proposed else "",
            )
        )
    return found


def _missions(connection: duckdb.DuckDBPyConnection) -> list[_Mission]:
    rows = connection.execute(
        """select mission.mission_id, mission.client_file_id, client.client_id, client.legal_name, file.label,
            mission.mission_code, mission.label, mission.vintage, mission.status, mission.billing_mode,
            mission.start_date, mission.end_date
        from raw.mission as mission
        inner join raw.client_file as file using (client_file_id)
        inner join raw.client as client on file.client_id = client.client_id
        order by mission.mission_id"""
    ).fetchall()
    return [
        _Mission(
            mission_id=mission_id,
            client_file_id=file_id,
            names=tuple(likeness(name) for name in dict.fromkeys((file_id, client_id, legal_name, file_label)) if name),
            work=likeness(" ".join(filter(None, (code, label)))),
            vintage=vintage.lower(),
            meaning=" · ".join(filter(None, (legal_name, label or code, vintage))),
            open=status == "OPEN",
            by_the_hour=mode == "TIME",
            start=start,
            end=end or date.max,
        )
        for (
            mission_id,
            file_id,
            client_id,
            legal_name,
            file_label,
            code,
            label,
            vintage,
            status,
            mode,
            start,
            end,
        ) in rows
    ]


def _files(names: dict[str, set[str]], text: str) -> dict[str, float]:
    """The client files whose names are likest to a text, with how like they are."""
    from rapidfuzz import fuzz, process

    likest = process.extract(likeness(text), list(names), scorer=fuzz.token_set_ratio, limit=10)
    if not likest:
        return {}
    least = likest[0][1] - _AS_LIKE
    files: dict[str, float] = {}
    for name, score, _ in likest:
        if score >= least:
            for file in names[name]:
                files[file] = max(files.get(file, 0), score)
    return files


def _nearness(mission: _Mission, client_score: float, client: str | None, named: str) -> int:
    from rapidfuzz import fuzz

    text = likeness(named)
    work = fuzz.token_set_ratio(text, mission.work)
    if re.search(r"\b(19|20)[0-9]{2}\b", text):
        # A year in the name of a project is its vintage: any other mission of that work is the wrong one.
        work = work if mission.vintage in text.split() else work / 2
    return round(0.6 * client_score + 0.4 * work)


def _lasts(mission: _Mission, first_day: date, last_day: date) -> bool:
    return mission.start <= last_day and mission.end >= first_day


def _propose_collaborators(connection: duckdb.DuckDBPyConnection, users: Sequence[tuple]) -> list[Unmapped]:
    if not users:
        return []
    from rapidfuzz import fuzz, process

    rows = connection.execute("select collaborator_id, name, email from raw.collaborator order by 1").fetchall()
    names = {identity: likeness(name) for identity, name, _ in rows}
    written = {identity: name for identity, name, _ in rows}
    exact = {(email or "").lower(): identity for identity, _, email in rows if email}
    exact |= {identity.lower(): identity for identity, _, _ in rows}
    found = []
    for tool, user, login, name, pseudonym, entries, minutes in users:
        known = next((exact[each.lower()] for each in (user, login, name) if each and each.lower() in exact), None)
        score = 100 if known else 0
        if known is None and names:
            spellings = [each.partition("@")[0] for each in (name, user, login) if each]
            for spelling in spellings:
                nearest = process.extractOne(likeness(spelling), names, scorer=fuzz.token_sort_ratio)
                if nearest is not None and nearest[1] > max(score, NEAR_ENOUGH):
                    known, score = nearest[2], int(nearest[1])
        found.append(
            Unmapped(
                "user_map",
                tool,
                None,
                None,
                None,
                user,
                pseudonym,
                entries,
                minutes,
                proposal=known,
                score=score if known else 0,
                meaning=written.get(known, "") if known else "",
            )
        )
    return found
