"""Synthetic payroll declarations (DSN): written as payroll software does, about persons who do not exist.

Identifiers have valid keys; no one is born in the department of these persons. Tests and benchmarks use it as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from assets.demo.dates import month_end

NORM = "P26V01"
SENDER = "11111111100006"
#: Nature of a contract: permanent, internship, corporate officer.
PERMANENT, INTERNSHIP, OFFICER = "01", "29", "80"

_FAMILY_NAMES = ("Quibolle", "D'Orvaison", "Trémalou", "Zéphirin-Ozé", "Malvoisel", "Grandpérier", "L'Hostellec")
_FIRST_NAMES = ("Théodulie", "Anselmin", "Zoëlle", "Gaspardin", "Maïlys-Ophé", "Ulricien")


@dataclass(frozen=True, slots=True)
class Employee:
    """Somebody as an employer declares them for a month.

    Attributes:
        nir: fifteen digits; a declaration carries the first thirteen.
        family_name: invented.
        first_name: invented.
        contract: number of the contract.
        start: first day of the contract.
        nature: nature of the contract.
        end: last day of the contract.
        payments: how often paid in the month; each is a payslip.
        sick: whether a sick leave is declared.
    """

    nir: str
    family_name: str
    first_name: str
    contract: str
    start: date
    nature: str = PERMANENT
    end: date | None = None
    payments: int = 1
    sick: bool = False


def nir(rng: Random) -> str:
    """A NIR with its key, of a department that there is not."""
    body = f"{rng.choice('12')}{rng.randrange(50, 99)}{rng.randrange(1, 13):02d}00{rng.randrange(1_000_000):06d}"
    return f"{body}{97 - int(body) % 97:02d}"


def staff(seed: int, siret: str, headcount: int, start: date) -> list[Employee]:
    """The employees of an establishment, always the same for the same arguments, hired before `start`."""
    rng = Random(f"{seed}|{siret}")
    return [
        Employee(
            nir(rng),
            rng.choice(_FAMILY_NAMES),
            rng.choice(_FIRST_NAMES),
            f"{number:05d}",
            start - timedelta(days=rng.randrange(40, 4000)),
        )
        for number in range(1, headcount + 1)
    ]


def declaration(
    siret: str,
    month: date,
    employees: Iterable[Employee],
    *,
    kind: str = "01",
    nature: str = "01",
    fraction: str = "11",
    part: str = "01",
    order: int = 1,
    created: date | None = None,
) -> list[str]:
    """The lines of one declaration (S20) of an establishment.

    Args:
        siret: of the establishment.
        month: its first day.
        employees: the individuals.
        kind: rubric S20.G00.05.002: 01 normal, 02 without individuals, 03 replacing, 04 cancelling, 05 replacing none.
        nature: rubric S20.G00.05.001: 01 monthly, others for events, which name no month.
        fraction: rank, then number of fractions.
        part: rubric S20.G00.05.008.
        order: the later of one day wins.
        created: when the file was made; the fifth of the month after by default.
    """
    created = created or month_end(month) + timedelta(days=5)
    lines = [
        f"S20.G00.05.001,'{nature}'",
        f"S20.G00.05.002,'{kind}'",
        f"S20.G00.05.003,'{fraction}'",
        f"S20.G00.05.004,'{order}'",
        f"S20.G00.05.007,'{_day(created)}'",
        f"S20.G00.05.008,'{part}'",
        "S20.G00.05.010,'01'",
        "S20.G00.07.001,'Service paie'",
        "S20.G00.07.003,'paie@cabinet.example'",
        f"S21.G00.06.001,'{siret[:9]}'",
        f"S21.G00.06.002,'{siret[9:]}'",
        "S21.G00.06.003,'6920Z'",
        f"S21.G00.11.001,'{siret[9:]}'",
        "S21.G00.11.002,'6920Z'",
        "S21.G00.11.004,'69001'",
    ]
    if nature == "01":
        lines.insert(4, f"S20.G00.05.005,'{_day(month.replace(day=1))}'")
    for employee in employees:
        lines += individual(employee, month)
    return lines


def individual(employee: Employee, month: date) -> list[str]:
    """The lines of one individual (S21.G00.30) in a month."""
    last = month_end(month)
    lines = [
        f"S21.G00.30.001,'{employee.nir[:13]}'",
        f"S21.G00.30.002,'{employee.family_name}'",
        f"S21.G00.30.004,'{employee.first_name}'",
        f"S21.G00.30.005,'0{employee.nir[0]}'",
        f"S21.G00.30.006,'01{employee.nir[3:5]}19{employee.nir[1:3]}'",
        "S21.G00.30.008,'1 rue de l'Essai'",
        "S21.G00.30.009,'69001'",
        "S21.G00.30.010,'LYON'",
        f"S21.G00.30.019,'M{employee.contract}'",
        f"S21.G00.40.001,'{_day(employee.start)}'",
        "S21.G00.40.002,'04'",
        "S21.G00.40.004,'542a'",
        "S21.G00.40.006,'Employé'",
        f"S21.G00.40.007,'{employee.nature}'",
        "S21.G00.40.008,'99'",
        f"S21.G00.40.009,'{employee.contract}'",
        "S21.G00.40.012,'151.67'",
        "S21.G00.40.013,'151.67'",
    ]
    if employee.sick:
        lines += ["S21.G00.60.001,'01'", f"S21.G00.60.002,'{_day(month)}'"]
    if employee.end:
        lines += [f"S21.G00.62.001,'{_day(employee.end)}'", "S21.G00.62.002,'059'"]
    for number in range(employee.payments):
        lines += [
            f"S21.G00.50.001,'{_day(last)}'",
            "S21.G00.50.002,'1987.65'",
            f"S21.G00.50.003,'{number + 1:02d}'",
            "S21.G00.50.004,'1876.54'",
        ]
        for kind, amount in (("001", "2345.67"), ("002", "2345.67"), ("003", "2345.67"), ("010", "2345.67")):
            lines += [
                f"S21.G00.51.001,'{_day(month)}'",
                f"S21.G00.51.002,'{_day(last)}'",
                f"S21.G00.51.010,'{employee.contract}'",
                f"S21.G00.51.011,'{kind}'",
                f"S21.G00.51.013,'{amount}'",
            ]
        lines += ["S21.G00.54.001,'18'", "S21.G00.54.002,'12.00'"]
    return [
        *lines,
        "S21.G00.78.001,'02'",
        f"S21.G00.78.002,'{_day(month)}'",
        "S21.G00.78.004,'2345.67'",
        "S21.G00.81.001,'076'",
        "S21.G00.81.004,'123.45'",
        "S21.G00.86.001,'07'",
    ]


def envelope(declarations: Sequence[list[str]], *, real: bool = True, norm: str = NORM) -> list[str]:
    """The lines of one send, from its head to its totals.

    Args:
        declarations: as `declaration` gives them.
        real: whether it is meant, else a test.
        norm: version of the norm.
    """
    head = [
        "S10.G00.00.001,'PaieExemple'",
        "S10.G00.00.002,'Exemple'",
        "S10.G00.00.003,'1.0'",
        f"S10.G00.00.005,'{'02' if real else '01'}'",
        f"S10.G00.00.006,'{norm}'",
        "S10.G00.00.008,'01'",
        f"S10.G00.01.001,'{SENDER[:9]}'",
        f"S10.G00.01.002,'{SENDER[9:]}'",
        "S10.G00.01.003,'Cabinet d'essai'",
    ]
    lines = [*head, *(line for each in declarations for line in each)]
    return [*lines, f"S90.G00.90.001,'{len(lines) + 2}'", f"S90.G00.90.002,'{len(declarations)}'"]


def written(lines: Iterable[str], *, encoding: str = "latin-1", line_end: str = "\r\n") -> bytes:
    """Lines as a file."""
    return "".join(f"{line}{line_end}" for line in lines).encode(encoding)


def _day(day: date) -> str:
    return f"{day:%d%m%Y}"
