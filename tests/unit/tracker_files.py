"""Exports as the trackers write them, made independently of what reads them: headers, locales and quoting of each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Work:
    """An entry as a person made it in a tracker."""

    user: str
    client: str
    project: str
    task: str
    day: date
    seconds: int
    billable: bool = True
    approved: bool = True
    description: str = ""

    @property
    def email(self) -> str:
        return f"{self.user.lower()}@cabinet.fr"


HEADERS = {
    "kimai": "Date,From,To,Duration,Currency,Price,Internal price,Hourly price,Fixed price,Name,User,E-mail,"
    "Staff number,Customer,Project,Activity,Description,Billable,Tags,Type,category,Account,Project number,VAT-ID,"
    "Order number",
    "kimai_fr": "Date,De,À,Durée,Devise,Prix,Prix interne,Prix horaire,Prix fixe,Nom,Utilisateur,E-mail,Matricule,"
    "Client,Projet,Activité,Description,Facturable,Mots-clés,Type,Catégorie,Compte,Numéro de projet,ID de TVA,"
    "Numéro de commande",
    "toggl": "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,"
    "Tags",
    "clockify": "Project,Client,Description,Task,User,Group,Email,Tags,Billable,Start Date,Start Time,End Date,"
    "End Time,Duration (h),Duration (decimal),Billable Rate (USD),Billable Amount (USD)",
    "harvest": "Date,Client,Project,Project Code,Task,Notes,Hours,Billable?,Invoiced?,Approved?,First Name,Last Name,"
    "Roles,Employee?,Billable Rate,Billable Amount,Cost Rate,Cost Amount,Currency,External Reference URL",
}


def header(name: str, *more: str) -> list[str]:
    return [*HEADERS[name].split(","), *more]


def records(names: Sequence[str], entries: Iterable[dict[str, str]]) -> list[list[str]]:
    """Rows under a header, from what each entry says of some of its columns; the others are blank."""
    return [[entry.get(name, "") for name in names] for entry in entries]


def written(header: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str = ",", bom: bool = False) -> str:
    """A CSV file."""
    content = io.StringIO()
    writer = csv.writer(content, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return ("\ufeff" if bom else "") + content.getvalue()


def clock(seconds: int, *, short: bool = False) -> str:
    """`01:30:00`, or `1:30`."""
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02d}" if short else f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"


def hundredths(seconds: int, mark: str = ".") -> str:
    """Decimal hours as a tool shows them: rounded to two places, half up."""
    total = (seconds * 100 + 1800) // 3600
    return f"{total // 100}{mark}{total % 100:02d}"


def yes(flag: bool) -> str:
    return "Yes" if flag else "No"


def kimai(entries: Iterable[Work], *, french: bool = False, delimiter: str = ",", decimal: bool = False) -> str:
    names = header("kimai_fr" if french else "kimai")
    # The same columns in both languages, in the same order.
    english = dict(zip(header("kimai"), names, strict=True))
    rows = [
        {
            "Date": f"{e.day:%d/%m/%Y}" if french else e.day.isoformat(),
            "From": "09:00",
            "Duration": hundredths(e.seconds, "," if french else ".") if decimal else clock(e.seconds, short=True),
            "Currency": "EUR",
            "Name": e.user,
            "User": e.user.lower(),
            "E-mail": e.email,
            "Customer": e.client,
            "Project": e.project,
            "Activity": e.task,
            "Description": e.description,
            "Billable": "1" if e.billable else "0",
            "Type": "timesheet",
        }
        for e in entries
    ]
    translated = [{english[name]: value for name, value in row.items()} for row in rows]
    return written(names, records(names, translated), delimiter)


def toggl(entries: Iterable[Work], *, amount: bool = False) -> str:
    names = header("toggl", *(["Amount (EUR)"] if amount else []))
    rows = [
        {
            "User": e.user,
            "Email": e.email,
            "Client": e.client,
            "Project": e.project,
            "Task": e.task,
            "Description": e.description,
            "Billable": yes(e.billable),
            "Start date": e.day.isoformat(),
            "Start time": "09:00:00",
            "Duration": clock(e.seconds),
            "Amount (EUR)": "12.00",
        }
        for e in entries
    ]
    return written(names, records(names, rows), bom=True)


def clockify(entries: Iterable[Work], *, american: bool = False) -> str:
    names = header("clockify")
    rows = [
        {
            "Project": e.project,
            "Client": e.client,
            "Description": e.description,
            "Task": e.task,
            "User": e.user,
            "Email": e.email,
            "Billable": yes(e.billable),
            "Start Date": f"{e.day:%m/%d/%Y}" if american else f"{e.day:%d/%m/%Y}",
            "Start Time": "09:00:00 AM" if american else "09:00:00",
            "Duration (h)": clock(e.seconds),
            "Duration (decimal)": hundredths(e.seconds),
        }
        for e in entries
    ]
    return written(names, records(names, rows))


def harvest(entries: Iterable[Work], *, mark: str = ".") -> str:
    names = header("harvest")
    rows = [
        {
            "Date": e.day.isoformat(),
            "Client": e.client,
            "Project": e.project,
            "Task": e.task,
            "Notes": e.description,
            "Hours": hundredths(e.seconds, mark),
            "Billable?": yes(e.billable),
            "Approved?": yes(e.approved),
            "First Name": e.user,
            "Last Name": "Martin",
            "Currency": "Euro - EUR",
        }
        for e in entries
    ]
    return written(names, records(names, rows))
