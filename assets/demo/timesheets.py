"""A year of timesheets, month by month, streamed: it is by far the largest table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

from assets.demo.catalogue import Staff
from assets.demo.dates import month_end, shift, workdays
from assets.demo.portfolio import Portfolio
from assets.demo.vocabulary import WORK_DONE

_DAY_MINUTES = 420


def timesheet(seed: int, staff: Staff, portfolio: Portfolio, month: date, *, last: bool) -> Iterator[tuple]:
    """The time entries of one month in the column order of `time_entry`.

    Work billed by time is laid down first, so that it stays steady from month to month; what is left of each day goes
    to the missions billed otherwise. In the `last` month the final days are not approved yet, on the latter only.
    """
    rng = Random(f"{seed}|time|{month.isoformat()}")
    days, end = workdays(month), month_end(month)
    prefix = f"T{month.year % 100:02d}{month.month:02d}"
    number = 0
    used: dict[tuple[str, date], int] = {}
    for mission in portfolio.time_missions:
        if not mission.first <= month or not mission.last >= end:
            continue
        left = max(mission.minutes * rng.randrange(80, 126) // 1500 * 15, 60)
        labels = WORK_DONE[mission.code]
        while left > 0:
            day = rng.choice(days)
            team = [person for person in mission.team if person.works_on(day)] or staff.by_grade["CHEF"][:1]
            person = team[0] if rng.random() < 0.6 else team[-1]
            minutes = min(left, rng.randrange(6, 25) * 5)
            left -= minutes
            key = (person.collaborator_id, day)
            used[key] = used.get(key, 0) + minutes
            number += 1
            yield _row(prefix, number, person.collaborator_id, mission.mission_id, day, minutes, rng.choice(labels))
    unapproved_from = days[-4] if last else None
    for person in staff.everyone:
        pool = [
            (mission_id, WORK_DONE[code])
            for mission_id, code, first, until in portfolio.covered.get(person.collaborator_id, ())
            if first <= month and until >= end
        ]
        if not pool:
            continue
        away = 0.35 if month.month == 8 else 0.08
        for day in days:
            if not person.works_on(day) or rng.random() < away:
                continue
            left = _DAY_MINUTES - used.get((person.collaborator_id, day), 0)
            while left >= 30:
                mission_id, labels = pool[int(rng.random() * len(pool))]
                minutes = min(left, (2 + int(rng.random() * 9)) * 15)
                left -= minutes
                number += 1
                yield _row(
                    prefix,
                    number,
                    person.collaborator_id,
                    mission_id,
                    day,
                    minutes,
                    labels[int(rng.random() * len(labels))],
                    billable=rng.random() > 0.03,
                    approved=unapproved_from is None or day < unapproved_from or rng.random() < 0.6,
                )


def _row(
    prefix: str,
    number: int,
    collaborator_id: str,
    mission_id: str,
    day: date,
    minutes: int,
    description: str,
    *,
    billable: bool = True,
    approved: bool = True,
) -> tuple:
    source_id = f"{prefix}-{number:06d}"
    return ("temps", source_id, collaborator_id, mission_id, day, minutes, billable, approved, description)


def timesheet_months(month: date) -> list[date]:
    """The twelve months up to the one billed, first days."""
    return [shift(month, offset) for offset in range(-11, 1)]
