"""Unit prices: tiers of the catalogue, prices and discounts of a client file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.oracle.model import Row, Tables, in_force


@dataclass
class Tier:
    number: int
    lower: Decimal
    upper: Decimal | None
    unit_price: Decimal | None

    def holds(self, quantity: Decimal) -> bool:
        """Whether a whole quantity falls into this tier; nothing at all falls into the first."""
        return (quantity > self.lower or self.number == 1) and (self.upper is None or quantity <= self.upper)

    def share(self, quantity: Decimal) -> Decimal:
        """The part of a quantity between the tier's bounds."""
        top = quantity if self.upper is None else min(quantity, self.upper)
        return max(top - self.lower, Decimal(0))


def latest(rows: list[Row], day: date) -> list[Row]:
    """Of the rows in force on `day`, those that began last."""
    current = [row for row in rows if in_force(row, day)]
    begin = max((row["valid_from"] for row in current), default=None)
    return [row for row in current if row["valid_from"] == begin]


def tiers(
    tables: Tables, letter_prices: list[Row], client_file_id: str, service_code: str, day: date
) -> tuple[list[Tier], Decimal | None]:
    """The tiers that price a quantity on `day`, and the client file's discount."""

    def scope(rows):
        return [row for row in rows if (row["client_file_id"], row["service_code"]) == (client_file_id, service_code)]

    own = latest(scope(tables.rows("client_price")), day) or latest(scope(letter_prices), day)
    discount = own[0]["discount_pct"] if own else None
    if own and own[0]["unit_price"] is not None:
        return [Tier(1, Decimal(0), None, own[0]["unit_price"])], discount
    rows = latest([row for row in tables.rows("price") if row["service_code"] == service_code], day)
    rows.sort(key=lambda row: (row["up_to"] is None, row["up_to"] or 0))
    found = []
    lower = Decimal(0)
    for number, row in enumerate(rows, start=1):
        found.append(Tier(number, lower, row["up_to"], row["unit_price"]))
        lower = row["up_to"]
    if not found:
        found.append(Tier(1, Decimal(0), None, None))
    elif lower is not None:
        found.append(Tier(len(found) + 1, lower, None, None))
    return found, discount


def priced(found: list[Tier], tier_mode: str, quantity: Decimal) -> list[tuple[Tier, Decimal]]:
    """The tiers a quantity touches, with its part in each; quantity 0 touches the first."""
    if quantity <= 0:
        return [(found[0], quantity)]
    if tier_mode == "VOLUME":
        return [(tier, quantity) for tier in found if tier.holds(quantity)][:1]
    return [(tier, tier.share(quantity)) for tier in found if tier.share(quantity) > 0]
