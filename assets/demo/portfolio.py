"""The ordinary dossiers: a clean portfolio in which nothing is to be found."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from assets.demo.catalogue import Collaborator, Staff
from assets.demo.dates import month_end, month_text, months_between, shift, workdays
from assets.demo.firm import Dossier, Due, Firm, FiscalYear, euros, monthly_dues

_CLOSING_MONTHS = (12, 6, 9, 3, 8, 4)
_CLOSING_WEIGHTS = (62, 12, 11, 8, 4, 3)
#: How many establishments declare their payroll, at least.
_DECLARING = 12
_ADHOC = (
    ("ATTESTATION", 1),
    ("FORMALITE", 2),
    ("FORMATION", 6),
    ("DEPLACEMENT", 120),
    ("ASSEMBLEE", 1),
    ("DEBOURS", 1),
)
# How some clients' time is counted: as recorded, by started quarters, by tenths of an hour of a day, without approval.
_TIME_HABITS: tuple[dict[str, object], ...] = (
    {},
    {"rounding_minutes": 15, "rounding_mode": "up", "rounding_per": "entry"},
    {"rounding_minutes": 6, "rounding_mode": "nearest", "rounding_per": "day"},
    {"approval_required": False},
)


@dataclass(frozen=True, slots=True)
class TimeMission:
    """A mission billed by time, with the minutes it usually takes in a month."""

    mission_id: str
    code: str
    first: date
    last: date
    minutes: int
    team: tuple[Collaborator, ...]


@dataclass(slots=True)
class Portfolio:
    """What the timesheets and the payroll need to know of the missions."""

    time_missions: list[TimeMission] = field(default_factory=list)
    # Missions somebody works on beside: collaborator id → (mission_id, code, first day, last day).
    covered: dict[str, list[tuple[str, str, date, date]]] = field(default_factory=lambda: defaultdict(list))
    dossiers: list[Dossier] = field(default_factory=list)
    # Establishments whose payroll comes as declarations, not as counts.
    declaring: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Profile:
    """The habits of one dossier."""

    yearly_fee: int
    payslips: list[int]
    anchor: int
    every: int
    delivery_months: int
    keeps_books: bool
    juridical: str
    advised: bool
    letter: int | None


def build_portfolio(firm: Firm, staff: Staff, size: int) -> Portfolio:
    """`size` client files with their years, missions, plans, letters, payroll and ad-hoc services."""
    portfolio = Portfolio()
    previous: Dossier | None = None
    for index in range(size):
        closed = index % 40 == 27
        manager = staff.by_grade[("CHEF", "MANAGER")[index % 3 == 0]]
        over: dict[str, object] = {"manager_id": manager[index % len(manager)].collaborator_id}
        client = None
        if index % 20 == 13 and previous and not closed:
            client = (previous.client_id, previous.siren)
        elif closed:
            client = firm.client(status="CLOSED")
            over |= {"status": "CLOSED", "closed_on": month_end(shift(firm.month, -14))}
        opened, years = _years(firm, index, closed)
        dossier = firm.dossier(client=client, opened_on=opened, **over)
        for start, end, label in years:
            if closed and end > month_end(shift(firm.month, -14)):
                continue
            done = closed or months_between(end, firm.month) >= 12
            firm.fiscal_year(dossier, start, end, status="CLOSED" if done else "OPEN", label=label)
        firm.establishment(dossier, active_from=opened)
        _missions(firm, staff, portfolio, dossier, _profile(firm, index, closed), index)
        if not closed:
            portfolio.dossiers.append(dossier)
            previous = dossier
    _adhoc(firm, portfolio, size)
    return portfolio


def _years(firm: Firm, index: int, closed: bool) -> tuple[date, list[tuple[date, date, str | None]]]:
    """The day the file was opened and its fiscal years, up to the one the month lies in."""
    rng, month = firm.rng, firm.month
    if index % 150 in (7, 9):  # a first year of fifteen months
        start = shift(month, -9).replace(day=17 if index % 150 == 7 else 1)
        return start, [(start, month_end(shift(start, 14)), None)]
    if index % 150 == 8:  # the closing date was moved: a year of six months between two ordinary ones
        start = shift(month, -3)
        short = (start, month_end(shift(start, 5)), None)
        before = [(shift(start, -12 * n), month_end(shift(start, -12 * n + 11)), None) for n in (2, 1)]
        return before[0][0], [*before, short]
    closing = rng.choices(_CLOSING_MONTHS, _CLOSING_WEIGHTS)[0]
    end = shift(month, (closing - month.month) % 12)
    if (
        rng.random() < 0.12 and not closed
    ):  # a young company: its first year is as long as it takes to reach the closing month
        start = shift(month, -rng.randrange(4, 30))
        first_end = end
        while months_between(start, shift(first_end, -12)) >= 5:
            first_end = shift(first_end, -12)
        years = [(start, month_end(first_end), None)]
        while first_end < end:
            years.append((shift(first_end, 1), month_end(shift(first_end, 12)), None))
            first_end = shift(first_end, 12)
        return start, years
    opened = date(month.year - rng.randrange(5, 25), rng.randrange(1, 13), 1)
    return opened, [(shift(end, -12 * n - 11), month_end(shift(end, -12 * n)), None) for n in (3, 2, 1, 0)]


def _profile(firm: Firm, index: int, closed: bool) -> _Profile:
    rng = firm.rng
    fee = rng.randrange(90, 840) * 1000
    employees = rng.choice((1, 2, 2, 3, 4, 6, 8, 11, 14, 19, 27, 45, 80)) if rng.random() < 0.58 and not closed else 0
    sites = [employees] if employees else []
    if employees >= 8 and rng.random() < 0.45:
        parts = rng.choice((2, 2, 3, 4))
        sites = [employees // parts + (1 if n < employees % parts else 0) for n in range(parts)]
    return _Profile(
        yearly_fee=fee,
        payslips=sites,
        anchor=rng.choice((5, 10, 15, 31, 31, 31)),
        every=3 if rng.random() < 0.2 else 1,
        delivery_months=rng.choice((4, 5, 5, 6)),
        keeps_books=rng.random() < 0.88,
        juridical=rng.choices(("FLAT", "TIME", ""), (66, 12, 22))[0],
        advised=rng.random() < 0.35,
        letter=index // 4 if index % 4 == 1 and not closed else None,
    )


def _missions(firm: Firm, staff: Staff, portfolio: Portfolio, dossier: Dossier, profile: _Profile, index: int) -> None:
    accountants = staff.by_grade["CONFIRME"] + staff.by_grade["ASSISTANT"]
    leads = staff.by_grade["CHEF"] + staff.by_grade["MANAGER"]
    accountant, lead = accountants[index % len(accountants)], leads[index % len(leads)]
    for age, year in enumerate(reversed(dossier.years)):
        fee = profile.yearly_fee * (100 - 3 * age) // 100
        current = age == 0
        lines: list[dict] = []
        letter = profile.letter if current and year.status == "OPEN" else None
        if profile.keeps_books:
            mission_id = _tenue(firm, dossier, year, profile, fee, letter, lines, current)
            _cover(portfolio, mission_id, "TENUE", year.start, month_end(shift(year.end, 2)), accountant)
        mission_id, last = _bilan(firm, dossier, year, profile, fee // 3, letter, lines)
        _cover(portfolio, mission_id, "BILAN", shift(year.end, -1), last, accountant, lead)
        if profile.juridical == "FLAT":
            _juridical(firm, dossier, year, 18000 + fee // 40 // 100 * 100, letter, lines)
        elif profile.juridical == "TIME":
            team = (staff.by_grade["JURISTE"][index % len(staff.by_grade["JURISTE"])], lead)
            _by_time(firm, portfolio, dossier, year, "JURIDIQUE", team)
        if profile.payslips:
            payroll = staff.by_grade["PAIE"][index % len(staff.by_grade["PAIE"])]
            mission_id = _social(firm, dossier, year, profile, index, current)
            _cover(portfolio, mission_id, "SOCIAL", year.start, year.end, payroll)
        if profile.advised:
            _by_time(firm, portfolio, dossier, year, "CONSEIL", (lead, accountant))
            if current and firm.rng.random() < 0.15:
                _agreed_rate(firm, dossier, lead)
        if lines:
            _letter(firm, dossier, year, lines, letter or 0)
    if profile.payslips:
        _payroll(firm, dossier, profile, index)
        # Billed a month later, when what was declared is final.
        late = index % 3 == 0 and dossier.current.start < firm.month
        if late and len(portfolio.declaring) < _DECLARING:
            portfolio.declaring += dossier.sirets


def _cover(portfolio: Portfolio, mission_id: str, code: str, first: date, last: date, *people: Collaborator) -> None:
    for person in people:
        portfolio.covered[person.collaborator_id].append((mission_id, code, first, last))


def _old_plan_status(firm: Firm, year: FiscalYear) -> str:
    return "CANCELLED" if year.status == "CLOSED" and firm.rng.random() < 0.08 else "ACTIVE"


def _tenue(
    firm: Firm,
    dossier: Dossier,
    year: FiscalYear,
    profile: _Profile,
    fee: int,
    letter: int | None,
    lines: list[dict],
    current: bool,
) -> str:
    kind = None if letter is None else letter % 6
    mission_id = firm.mission(
        dossier,
        "TENUE",
        "FLAT",
        year=year,
        # Priced per month and begun in the middle of one: the first period is prorated.
        start_date=year.start + timedelta(days=16) if kind == 2 and len(dossier.years) == 1 else year.start,
        status=year.status,
        last_time_entry_date=month_end(shift(year.end, 5)),
        renewal="TACIT" if current and firm.rng.random() < 0.5 else "NONE",
        budget_minutes=fee // 75 // 60 * 60,
    )
    if letter is None:
        dues = monthly_dues(year.start, year.end, fee, anchor=profile.anchor, every=profile.every)
        firm.plan(dossier, mission_id, dues, year=year, status=_old_plan_status(firm, year))
        return mission_id
    months = months_between(year.start, year.end) + 1
    line: dict = {
        "mission_id": mission_id,
        "mission_code": "TENUE",
        "service_code": "TENUE",
        "label": "Tenue comptable",
    }
    if kind == 2:
        line |= {"amount_per_period": euros(fee // 12), "term": "ARREARS"}
        line["schedule"] = {"periodicity": "MONTHLY", "proration": "ACTUAL"}
    elif kind == 3 and months % 3 == 0:
        line |= {"amount": euros(fee), "term": "ARREARS"}
        first_due = month_end(shift(year.start, 2)).isoformat()
        line["schedule"] = {
            "periodicity": "QUARTERLY",
            "first_due_date": first_due,
            "instalments": months // 3,
            "rounding": "FIRST",
        }
    elif kind == 1:
        line |= {"amount": euros(fee), "term": "ADVANCE"}
        line["schedule"] = {
            "periodicity": "MONTHLY",
            "first_due_date": year.start.isoformat(),
            "instalments": months,
            "rounding": "SPREAD",
        }
    else:
        line |= {"amount": euros(fee), "term": "ARREARS"}
        line["schedule"] = {
            "periodicity": "MONTHLY",
            "first_due_date": month_end(year.start).isoformat(),
            "instalments": months,
        }
        if kind == 4:
            line["indexation"] = {
                "index_code": "SYNTEC",
                "series": "REVISEE",
                "base_month": month_text(max(shift(year.start, -12), date(2022, 8, 1))),
                "revision_month": month_text(shift(year.start, 1)),
            }
        elif kind == 5:
            line["indexation"] = {
                "index_code": "SYNTEC",
                "series": "ANCIENNE",
                "base_month": "2021-09",
                "revision_month": month_text(year.start),
                "cap_pct": "12",
                "floor_pct": "0",
            }
    lines.append(line)
    return mission_id


def _bilan(
    firm: Firm,
    dossier: Dossier,
    year: FiscalYear,
    profile: _Profile,
    fee: int,
    letter: int | None,
    lines: list[dict],
) -> tuple[str, date]:
    """The yearly accounts: provisions during the year or half at its end, the balance on delivery months later."""
    delivery = month_end(shift(year.end, profile.delivery_months))
    last_entry = month_end(shift(delivery, 1))
    mission_id = firm.mission(
        dossier, "BILAN", "FLAT", year=year, end_date=delivery, last_time_entry_date=last_entry, status=year.status
    )
    provisions = fee * 2 // 3
    if letter is None:
        if profile.every == 1 and not profile.keeps_books:
            dues = monthly_dues(year.start, year.end, provisions, anchor=profile.anchor)
        else:
            dues = [Due(year.end, provisions, (year.start, year.end), label="Acompte")]
        dues.append(Due(delivery, fee - provisions, is_balance=True, label="Solde à la remise des comptes"))
        firm.plan(dossier, mission_id, dues, year=year, status=_old_plan_status(firm, year))
    else:
        lines.append(
            {
                "mission_id": mission_id,
                "mission_code": "BILAN",
                "service_code": "BILAN",
                "label": "Comptes annuels",
                "amount": euros(fee),
                "instalments": [
                    {"due_date": year.end.isoformat(), "amount": euros(provisions), "is_balance": False},
                    {"due_date": delivery.isoformat(), "amount": None, "is_balance": True},
                ],
            }
        )
    return mission_id, last_entry


def _juridical(firm: Firm, dossier: Dossier, year: FiscalYear, fee: int, letter: int | None, lines: list[dict]) -> None:
    """The yearly approval of the accounts, billed once."""
    due = min(month_end(shift(year.start, 5)), year.end)
    mission_id = firm.mission(
        dossier,
        "JURIDIQUE",
        "FLAT",
        year=year,
        end_date=due,
        last_time_entry_date=month_end(shift(due, 2)),
        status=year.status,
    )
    if letter is None:
        dues = [Due(due, fee, (year.start, year.end), label="Approbation des comptes")]
        firm.plan(dossier, mission_id, dues, year=year, status=_old_plan_status(firm, year))
    else:
        schedule = {"periodicity": "ONE_OFF", "first_due_date": due.isoformat(), "instalments": 1}
        lines.append(
            {
                "mission_id": mission_id,
                "mission_code": "JURIDIQUE",
                "service_code": "JURID",
                "label": "Approbation des comptes",
                "amount": euros(fee),
                "schedule": schedule,
            }
        )


def _letter(firm: Firm, dossier: Dossier, year: FiscalYear, lines: list[dict], letter: int) -> None:
    """The engagement letter of the year; one in nine is amended, its second version replacing the first."""
    document = {
        "document_id": f"LM-{dossier.file_id}-{year.label}",
        "version": 1,
        "client_file_id": dossier.file_id,
        "fy_label": year.label,
        "signed_on": (year.start - timedelta(days=21)).isoformat(),
        "effective_from": year.start.isoformat(),
        "currency": "EUR",
    }
    numbered = [{"line_no": line_no, "billing_mode": "FLAT", **line} for line_no, line in enumerate(lines, 1)]
    firm.letters.append(document | _total(numbered) | {"lines": numbered})
    if letter % 9 == 3:
        amended = [dict(line) for line in numbered]
        amended[-1]["amount"] = euros(_cents(amended[-1]["amount"]) + 12000)
        document |= {"version": 2, "signed_on": (year.start + timedelta(days=40)).isoformat()}
        firm.letters.append(document | _total(amended) | {"lines": amended})


def _cents(amount: str) -> int:
    return int(amount.replace(".", ""))


def _total(lines: list[dict]) -> dict:
    """The fee of the letter, unless a line is priced per period."""
    if any("amount" not in line for line in lines):
        return {}
    return {"total_fee": euros(sum(_cents(line["amount"]) for line in lines))}


def _by_time(
    firm: Firm, portfolio: Portfolio, dossier: Dossier, year: FiscalYear, code: str, team: tuple[Collaborator, ...]
) -> None:
    """Advice or legal work billed by time, steady from month to month or done at the end only."""
    rng = firm.rng
    minutes = rng.randrange(8, 48) * 15
    policy = rng.choices(("NONE", "FLAG", "CAP"), (70, 22, 8))[0]
    months = months_between(year.start, year.end) + 1
    mission_id = firm.mission(
        dossier,
        code,
        "TIME",
        year=year,
        service_code="HEURE" if code == "CONSEIL" else "HEURE_JUR",
        last_time_entry_date=month_end(shift(year.end, 1)),
        budget_minutes=None if policy == "NONE" else minutes * months * 2,
        budget_policy=policy,
        renewal="EXPRESS" if rng.random() < 0.4 else "NONE",
        status=year.status,
        **rng.choices(_TIME_HABITS, (60, 15, 10, 15))[0],
    )
    first = year.start
    if rng.random() < 0.25:  # a piece of work of the last two months
        first = max(first, shift(firm.month, -1))
    if first.day > 1:
        first = shift(first, 1)
    portfolio.time_missions.append(TimeMission(mission_id, code, first, year.end, minutes, team))


def _agreed_rate(firm: Firm, dossier: Dossier, lead: Collaborator) -> None:
    """A rate agreed with one client for a grade, some for its advice only."""
    scope = {"grade": lead.grade, "client_file_id": dossier.file_id}
    if firm.rng.random() < 0.4:
        scope["mission_code"] = "CONSEIL"
    firm.add("selling_rate", valid_from=date(firm.month.year - 1, 1, 1), hourly_price="98.00", **scope)


def _social(firm: Firm, dossier: Dossier, year: FiscalYear, profile: _Profile, index: int, current: bool) -> str:
    """Payroll by the payslip: one mission a year, the current one without an end."""
    mission_id = firm.mission(
        dossier,
        "SOCIAL",
        "UNIT",
        year=year,
        service_code=_payslip_service(profile, index),
        end_date=None if current else year.end,
        last_time_entry_date=None if current else month_end(shift(year.end, 1)),
        renewal="TACIT" if current else "NONE",
        status="OPEN" if current else "CLOSED",
    )
    lag = 1 if index % 3 == 0 and year.start < firm.month else 0
    while len(dossier.sirets) < len(profile.payslips):
        firm.establishment(dossier, f"Établissement {len(dossier.sirets) + 1}")
    sirets = "|".join(dossier.sirets) if index % 5 == 0 else None
    firm.binding(mission_id, _payslip_service(profile, index), sirets=sirets, lag_months=lag)
    if sum(profile.payslips) >= 27:
        firm.binding(mission_id, "ENTREE", "NEW_HIRES", sirets=sirets, lag_months=lag)
    if current and index % 7 == 2:
        start = date(firm.month.year - 2, 1, 1)
        agreed = {"discount_pct": "10"} if index % 2 else {"unit_price": "19.50"}
        service = _payslip_service(profile, index)
        firm.add("client_price", client_file_id=dossier.file_id, service_code=service, valid_from=start, **agreed)
    return mission_id


def _payslip_service(profile: _Profile, index: int) -> str:
    total = sum(profile.payslips)
    if total <= 4:
        return "BULLETIN_M"
    if total >= 8 and index % 4 == 2:
        return "BULLETIN_P"
    return "BULLETIN_V" if total >= 27 and index % 2 else "BULLETIN"


def _payroll(firm: Firm, dossier: Dossier, profile: _Profile, index: int) -> None:
    """A year of payslips per establishment; a few counts were corrected by hand beside the feed."""
    start = max(dossier.years[0].start.replace(day=1), shift(firm.month, -12))
    for site, headcount in enumerate(profile.payslips):
        number = dossier.sirets[site]
        for offset in range(months_between(start, firm.month) + 1):
            month = shift(start, offset)
            swing = firm.rng.randrange(-(headcount // 8), headcount // 8 + 1)
            firm.metric(number, month, headcount + swing)
            if sum(profile.payslips) >= 27:
                firm.metric(number, month, 1 + site % 2, "NEW_HIRES")
            if index % 25 == 3 and site == 0 and month == firm.month:
                firm.metric(number, month, headcount + 1, manual=True)


def _adhoc(firm: Firm, portfolio: Portfolio, size: int) -> None:
    """A year of services added on the fly, half of them at the catalogue's price."""
    rng = firm.rng
    seen: set[tuple] = set()
    for offset in range(-11, 1):
        days = workdays(shift(firm.month, offset))
        for _ in range(max(size // 6, 3)):
            dossier, (service, most), day = rng.choice(portfolio.dossiers), rng.choice(_ADHOC), rng.choice(days)
            quantity = rng.randrange(1, most + 1)
            if day < dossier.years[0].start or (dossier.file_id, service, day, quantity) in seen:
                continue
            seen.add((dossier.file_id, service, day, quantity))
            over: dict[str, object] = {"author": rng.choice(("accueil", "juridique", "social"))}
            if service == "DEBOURS":
                over["unit_price"] = "37.45"
            elif service not in ("DEPLACEMENT",) and rng.random() < 0.5:
                over["unit_price"] = f"{rng.randrange(60, 180)}.00"
            firm.adhoc(dossier, service, day, quantity, **over)
