"""The stage of the planted stories: what a story may use, and how it says what it expects.

A story is a small function with a one-line docstring. It builds dossiers of its own, so that it disturbs nobody, says
with `raises` what the register must show and with `spares` which look-alike it must leave alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from assets.demo.catalogue import Collaborator, Staff, hire
from assets.demo.dates import month_end, shift, workdays
from assets.demo.firm import Dossier, Due, Firm, euros, monthly_dues

CRITICAL, WARNING, INFO = "critical", "warning", "info"


class Planted(NamedTuple):
    """An anomaly the register must show; the note tells the story in French, the cause is the anomaly behind it."""

    code: str
    subject_id: str
    severity: str
    note: str
    cause_code: str = ""


class NearMiss(NamedTuple):
    """A subject for which the register must not show that code."""

    code: str
    subject_id: str


Story = Callable[["Scene"], None]
STORIES: list[Story] = []


def story(function: Story) -> Story:
    """Puts a story on the programme, in the order of the source."""
    STORIES.append(function)
    return function


class Scene:
    """The firm as a story sees it: dates around the month, quick ways to build a dossier, the expectations so far."""

    def __init__(self, firm: Firm, staff: Staff) -> None:
        self.firm = firm
        self.staff = staff
        self.month = firm.month
        self.planted: list[Planted] = []
        self.near_misses: list[NearMiss] = []
        self._people = 0

    def raises(self, code: str, subject_id: str, severity: str, note: str, cause_code: str = "") -> None:
        """The register of the month must show this."""
        self.planted.append(Planted(code, subject_id, severity, note, cause_code))

    def spares(self, code: str, *subject_ids: str) -> None:
        """The register of the month must not show these."""
        self.near_misses.extend(NearMiss(code, subject_id) for subject_id in subject_ids)

    # -- dates

    @property
    def last_day(self) -> date:
        """The last day of the month billed."""
        return month_end(self.month)

    def workday(self, number: int, months: int = 0) -> date:
        """The n-th working day (from 1; negative from the end) of the month `months` away."""
        days = workdays(shift(self.month, months))
        return days[number - 1 if number > 0 else number]

    def end_of(self, months: int) -> date:
        """The last day of the month `months` away."""
        return month_end(shift(self.month, months))

    # -- dossiers

    def dossier(self, *, previous: str | None = None, **identity: object) -> Dossier:
        """A client with a year begun eight months ago, three more to go; `previous` is the status of the one before."""
        client = self.firm.client(**identity)
        lead = self.staff.first("CHEF")
        dossier = self.firm.dossier(client=client, opened_on=shift(self.month, -40), manager_id=lead)
        if previous:
            self.firm.fiscal_year(dossier, shift(self.month, -20), self.end_of(-9), status=previous)
        self.firm.fiscal_year(dossier, shift(self.month, -8), self.end_of(3))
        return dossier

    def monthly(self, dossier: Dossier, mission_id: str, cents: int = 120_000, **over: object) -> str:
        """A plan of twelve equal monthly instalments over the current year."""
        year = dossier.current
        return self.firm.plan(dossier, mission_id, monthly_dues(year.start, year.end, cents), **over)

    def bookkeeping(self, **over: object) -> tuple[Dossier, str]:
        """A dossier with a flat bookkeeping mission, without plan yet."""
        dossier = self.dossier()
        return dossier, self.firm.mission(dossier, "TENUE", "FLAT", **over)

    def advice(self, **over: object) -> tuple[Dossier, str]:
        """A dossier with a mission billed by time."""
        dossier = self.dossier()
        return dossier, self.firm.mission(dossier, "CONSEIL", "TIME", **over)

    def payroll(self, service: str = "BULLETIN", lag: int = 0, **over: object) -> tuple[Dossier, str, str]:
        """A dossier with one establishment and a bound payroll mission, without metrics yet."""
        dossier = self.dossier()
        number = self.firm.establishment(dossier)
        values: dict[str, object] = {"service_code": service, "end_date": None, "renewal": "TACIT"}
        mission_id = self.firm.mission(dossier, "SOCIAL", "UNIT", **(values | over))
        self.firm.binding(mission_id, service, lag_months=lag)
        return dossier, mission_id, number

    def person(
        self, grade: str | None = None, entry_date: date | None = None, exit_date: date | None = None
    ) -> Collaborator:
        """A collaborator of the story's own."""
        self._people += 1
        return hire(self.firm, f"KS{self._people:02d}", grade, entry_date, exit_date)

    def own_rate(self, person: Collaborator, cents: int, start: date | None = None, end: date | None = None) -> None:
        """A selling rate of that person alone."""
        start = start or date(self.month.year - 2, 1, 1)
        self.firm.add(
            "selling_rate",
            collaborator_id=person.collaborator_id,
            valid_from=start,
            valid_to=end,
            hourly_price=euros(cents),
        )

    def letter(self, dossier: Dossier, mission_id: str, cents: int, *, document: str = "LM", version: int = 1) -> str:
        """An engagement letter with one bookkeeping line in twelve monthly instalments; returns its id."""
        year = dossier.current
        document_id = f"{document}-{dossier.file_id}-{year.label}"
        line = {
            "line_no": 1,
            "mission_id": mission_id,
            "mission_code": "TENUE",
            "label": "Tenue comptable",
            "service_code": "TENUE",
            "billing_mode": "FLAT",
            "amount": euros(cents),
            "term": "ARREARS",
            "schedule": {
                "periodicity": "MONTHLY",
                "first_due_date": month_end(year.start).isoformat(),
                "instalments": 12,
                "rounding": "LAST",
            },
        }
        self.firm.letters.append(
            {
                "document_id": document_id,
                "version": version,
                "client_file_id": dossier.file_id,
                "fy_label": year.label,
                "signed_on": shift(year.start, version - 2).isoformat(),
                "effective_from": year.start.isoformat(),
                "currency": "EUR",
                "total_fee": euros(cents),
                "lines": [line],
            }
        )
        return document_id

    def due(self, day: date, cents: int | None = 10_000, **over: object) -> Due:
        """An instalment."""
        return Due(day, cents, **over)
