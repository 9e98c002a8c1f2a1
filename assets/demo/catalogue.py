"""The firm's price list, VAT rates, index and staff: what exists before the first client."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from assets.demo import vocabulary
from assets.demo.dates import month_end, month_text, months_between, shift
from assets.demo.firm import Firm, day_before

# (code, label, unit, account, tier mode, minimum amount, free quantity)
SERVICES = (
    ("TENUE", "Tenue comptable", "forfait", "706100", None, None, None),
    ("BILAN", "Comptes annuels et liasse fiscale", "forfait", "706200", None, None, None),
    ("JURID", "Secrétariat juridique annuel", "forfait", "706400", None, None, None),
    ("HEURE", "Travaux au temps passé", "heure", "706500", None, None, None),
    ("HEURE_JUR", "Assistance juridique au temps passé", "heure", "706500", None, None, None),
    ("BULLETIN", "Bulletin de salaire", "bulletin", "706300", "GRADUATED", None, None),
    ("BULLETIN_V", "Bulletin de salaire, tarif selon l'effectif", "bulletin", "706300", "VOLUME", None, None),
    ("BULLETIN_M", "Bulletin de salaire, minimum mensuel", "bulletin", "706300", None, "90.00", None),
    ("BULLETIN_P", "Bulletin de salaire, cinq compris au forfait", "bulletin", "706300", None, None, "5"),
    ("ENTREE", "Dossier d'entrée d'un salarié", "dossier", "706310", None, None, None),
    ("ATTESTATION", "Attestation", "unité", "706600", None, None, None),
    ("FORMALITE", "Formalité et extrait Kbis", "unité", "706410", None, None, None),
    ("FORMATION", "Formation au logiciel", "heure", "706700", None, None, None),
    ("DEPLACEMENT", "Déplacement", "km", "708500", None, None, None),
    ("ASSEMBLEE", "Procès-verbal d'assemblée supplémentaire", "unité", "706410", None, None, None),
    ("DEBOURS", "Débours de greffe", "unité", "467000", None, None, None),
)

# Unit prices of two years ago in cents, by upper bound of the tier (None: no end); they rise each January.
PRICES: dict[str, tuple[tuple[str | None, int], ...]] = {
    "BULLETIN": (("10", 2400), ("50", 1950), (None, 1650)),
    "BULLETIN_V": (("20", 2200), ("100", 1800), (None, 1500)),
    "BULLETIN_M": ((None, 2700),),
    "BULLETIN_P": ((None, 2100),),
    "ENTREE": ((None, 4500),),
    "ATTESTATION": ((None, 8000),),
    "FORMALITE": ((None, 12000),),
    "FORMATION": ((None, 9000),),
    "DEPLACEMENT": ((None, 60),),
    "ASSEMBLEE": ((None, 25000),),
    "HEURE": ((None, 9500),),
    "HEURE_JUR": ((None, 11000),),
}

GRADE_RATES = {
    "EXPERT": 17000,
    "MANAGER": 12500,
    "CHEF": 10000,
    "CONFIRME": 8200,
    "ASSISTANT": 6400,
    "PAIE": 7600,
    "JURISTE": 10800,
}

# The first seven give each grade a permanent member; then the pyramid of a firm of twenty-five, repeated.
_PYRAMID = vocabulary.words(
    "EXPERT MANAGER CHEF CONFIRME ASSISTANT PAIE JURISTE EXPERT MANAGER MANAGER CHEF CHEF CHEF CHEF CONFIRME CONFIRME "
    "CONFIRME CONFIRME ASSISTANT ASSISTANT ASSISTANT ASSISTANT ASSISTANT PAIE PAIE"
)

# Points of the Syntec index, first the series that ended in 2022, then the revised one; linear in between.
_OLD_SERIES = ((date(2018, 1, 1), 2650), (date(2020, 1, 1), 2740), (date(2021, 9, 1), 2784), (date(2022, 8, 1), 2864))
_NEW_SERIES = ((date(2022, 8, 1), 2806), (date(2023, 9, 1), 3060), (date(2024, 9, 1), 3145), (date(2034, 9, 1), 3895))


@dataclass(frozen=True, slots=True)
class Collaborator:
    """Someone who records time."""

    collaborator_id: str
    grade: str
    entry_date: date | None
    exit_date: date | None

    def works_on(self, day: date) -> bool:
        """Whether the day lies in the employment."""
        return (self.entry_date is None or self.entry_date <= day) and (self.exit_date is None or day <= self.exit_date)


class Staff:
    """The collaborators, by grade; the first of each grade never leaves and is billed at the grade's rate."""

    def __init__(self) -> None:
        self.everyone: list[Collaborator] = []
        self.by_grade: dict[str, list[Collaborator]] = {}

    def first(self, grade: str) -> str:
        """The id of the permanent member of a grade."""
        return self.by_grade[grade][0].collaborator_id


def hire(
    firm: Firm, collaborator_id: str, grade: str | None, entry_date: date | None, exit_date: date | None = None
) -> Collaborator:
    """Adds a collaborator with a made-up name."""
    name = f"{firm.rng.choice(vocabulary.FIRST_NAMES)} {firm.rng.choice(vocabulary.SURNAMES)}"
    firm.add(
        "collaborator",
        collaborator_id=collaborator_id,
        name=name,
        grade=grade,
        email=f"{collaborator_id.lower()}@cabinet-demo.example",
        entry_date=entry_date,
        exit_date=exit_date,
    )
    return Collaborator(collaborator_id, grade or "", entry_date, exit_date)


def hire_staff(firm: Firm, size: int) -> Staff:
    """Staff of `size` people: some leave or arrive during the year, some have rates of their own."""
    staff = Staff()
    month = firm.month
    moves = {
        9: (None, shift(month, -5).replace(day=14)),
        12: (shift(month, -7), None),
        16: (None, month_end(shift(month, -9))),
        20: (shift(month, -4).replace(day=16), None),
    }
    for index in range(size):
        grade = _PYRAMID[index % len(_PYRAMID)]
        entry, leaving = moves.get(index, (None, None))
        if entry is None and index % 8 != 6:
            entry = date(firm.month.year - firm.rng.randrange(3, 20), firm.rng.randrange(1, 13), 1)
        person = hire(firm, f"K{index + 1:03d}", grade, entry, leaving)
        staff.everyone.append(person)
        staff.by_grade.setdefault(grade, []).append(person)
    year = month.year
    for grade, cents in GRADE_RATES.items():
        for age in (2, 1, 0):
            _rate(firm, date(year - age, 1, 1), date(year - age, 12, 31) if age else None, cents, 2 - age, grade=grade)
    for index in (8, 11, 14, 18):
        if index < size:
            _own_rates(firm, staff.everyone[index], change=shift(month, -4 if index == 14 else 0).replace(day=16))
    return staff


def _rate(firm: Firm, start: date, end: date | None, cents: int, steps: int, **scope: str) -> None:
    """A selling rate, raised by 3.50 a step."""
    hourly = cents + 350 * steps
    firm.add(
        "selling_rate", valid_from=start, valid_to=end, hourly_price=f"{hourly // 100}.{hourly % 100:02d}", **scope
    )


def _own_rates(firm: Firm, person: Collaborator, change: date) -> None:
    """A collaborator's own rate, changed in the middle of a month."""
    cents = GRADE_RATES[person.grade] + 900
    start = date(firm.month.year - 2, 1, 1)
    _rate(firm, start, day_before(change), cents, 0, collaborator_id=person.collaborator_id)
    _rate(firm, change, None, cents, 2, collaborator_id=person.collaborator_id)


def add_service(firm: Firm, code: str, label: str, *, unit: str = "unité", vat_code: str = "TVA20") -> None:
    """A plain service without tiers."""
    firm.add("service", service_code=code, label=label, unit=unit, vat_code=vat_code, revenue_account="706600")


def stock_catalogue(firm: Firm) -> None:
    """Services, prices of three years, VAT rates and the index with its broken series."""
    for code, label, unit, account, tier_mode, minimum, free in SERVICES:
        firm.add(
            "service",
            service_code=code,
            label=label,
            unit=unit,
            vat_code="EXO" if code == "DEBOURS" else "TVA20",
            revenue_account=account,
            tier_mode=tier_mode,
            minimum_amount=minimum,
            free_quantity=free,
        )
    year = firm.month.year
    for code, tiers in PRICES.items():
        for age in (2, 1, 0):
            for up_to, cents in tiers:
                raised = cents * (100 + 3 * (2 - age)) // 100
                firm.add(
                    "price",
                    service_code=code,
                    valid_from=date(year - age, 1, 1),
                    up_to=up_to,
                    valid_to=date(year - age, 12, 31) if age else None,
                    unit_price=f"{raised // 100}.{raised % 100:02d}",
                )
    for code, start, rate, category in (
        ("TVA20", date(2014, 1, 1), "20", "S"),
        ("TVA10", date(2014, 1, 1), "10", "S"),
        ("TVA055", date(2014, 1, 1), "5.5", "S"),
    ):
        firm.add("vat_rate", vat_code=code, valid_from=start, rate=rate, category=category)
    firm.add(
        "vat_rate",
        vat_code="EXO",
        valid_from=date(2000, 1, 1),
        rate="0",
        category="E",
        legal_mention="Débours, article 267 II 2° du CGI",
    )
    _index(firm, "ANCIENNE", _OLD_SERIES)
    _index(firm, "REVISEE", _NEW_SERIES)
    firm.add("index_link", index_code="SYNTEC", from_series="ANCIENNE", to_series="REVISEE", coefficient="0.97975")


def _index(firm: Firm, series: str, points: tuple[tuple[date, int], ...]) -> None:
    """Monthly values in tenths between known points, as far as they are published in the month billed."""
    for (start, low), (end, high) in pairwise(points):
        span = months_between(start, end)
        for offset in range(span + (end == points[-1][0])):
            month = shift(start, offset)
            published_on = shift(month, 2) + timedelta(days=14)
            if published_on > month_end(firm.month):
                return
            tenths = low + ((high - low) * offset * 2 + span) // (2 * span)
            firm.add(
                "price_index",
                index_code="SYNTEC",
                month=month_text(month),
                series=series,
                value=f"{tenths // 10}.{tenths % 10}",
                published_on=published_on,
            )
