"""The contracts all systems bill, and whether what they billed is right."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

#: The first day of the month to bill, in advance; the months before it were billed.
MONTH = date(2026, 3, 1)
SERVICES = {
    "COMPTA": "Tenue comptable",
    "PAIE": "Gestion de la paie",
    "JURID": "Secrétariat juridique",
    "COPIEUR": "Location et entretien",
    "LOGICIEL": "Abonnement au logiciel",
}
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Contract:
    """A flat monthly contract.

    Attributes:
        contract_id: of the contract.
        client_id: of its client, who may have several.
        service_code: of what is sold.
        quantity: of it, each month.
        unit_cents: the price of one, in cents.
        start: the first day of a month before the one to bill.
    """

    contract_id: str
    client_id: str
    service_code: str
    quantity: int
    unit_cents: int
    start: date

    @property
    def unit_price(self) -> Decimal:
        """The price of one, in euros."""
        return self.unit_cents * CENT

    @property
    def amount(self) -> Decimal:
        """What a month costs, in euros."""
        return self.quantity * self.unit_price


def portfolio(seed: int, size: int) -> list[Contract]:
    """Returns as many contracts, each due once in the month: any cents, one in three of several units."""
    rng = Random(seed)
    return [
        Contract(
            contract_id=f"K{number:05d}",
            client_id=f"C{rng.randrange(size * 2 // 3) + 1:05d}",
            service_code=rng.choice(list(SERVICES)),
            quantity=rng.randrange(2, 13) if rng.random() < 1 / 3 else 1,
            unit_cents=rng.randrange(990, 90_000),
            start=months_before(MONTH, rng.randrange(1, 25)),
        )
        for number in range(1, size + 1)
    ]


def months_before(month: date, count: int) -> date:
    """Returns the first day of an earlier month."""
    years, zero_based = divmod(month.year * 12 + month.month - 1 - count, 12)
    return date(years, zero_based + 1, 1)


def last_day(month: date) -> date:
    """Returns the last day of a month."""
    return months_before(month, -1) - timedelta(days=1)


def write_portfolio(path: Path, contracts: Iterable[Contract]) -> None:
    """Writes the contracts as a CSV file."""
    write_rows(path, (astuple(contract) for contract in contracts))


def read_portfolio(path: Path) -> list[Contract]:
    """Reads the contracts back."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Contract(contract_id, client_id, service, int(quantity), int(cents), date.fromisoformat(start))
            for contract_id, client_id, service, quantity, cents, start in csv.reader(file)
        ]


def write_rows(path: Path, rows: Iterable[Iterable[object]]) -> None:
    """Writes rows as a CSV file; a line billed is the id of its contract and its amount."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def read_lines(path: Path) -> list[tuple[str, Decimal]]:
    """Reads the lines a system billed."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(contract_id, Decimal(amount)) for contract_id, amount in csv.reader(file)]


def differences(contracts: Iterable[Contract], lines: Iterable[tuple[str, Decimal]]) -> list[str]:
    """Returns what is wrong with the lines, in words: every contract has one line, of its amount to the cent."""
    expected: Mapping[str, Decimal] = {contract.contract_id: contract.amount for contract in contracts}
    lines = list(lines)
    counts = Counter(contract_id for contract_id, _ in lines)
    found = [f"{contract_id}: no line" for contract_id in expected if contract_id not in counts]
    found += [f"{contract_id}: {count} lines" for contract_id, count in counts.items() if count > 1]
    for contract_id, amount in lines:
        if contract_id not in expected:
            found.append(f"{contract_id}: a line of no contract")
        elif amount != expected[contract_id]:
            found.append(f"{contract_id}: {amount} instead of {expected[contract_id]}")
    return found
