"""ADHOC: services done once, not backed by a plan."""

from __future__ import annotations

from decimal import Decimal

from tests.oracle.arithmetic import month_of, rounded
from tests.oracle.model import Item, Row, Tables, discounted, overlaps
from tests.oracle.pricing import priced, tiers


def adhoc_items(tables: Tables, letter_prices: list[Row]) -> list[Item]:
    items = []
    for row in tables.rows("adhoc_service"):
        if row["unit_price"] is not None:
            amount = discounted(row["quantity"], row["unit_price"], None)
            items.append(_item(tables, row, 1, row["quantity"], row["unit_price"], None, amount))
            continue
        found, discount = tiers(tables, letter_prices, row["client_file_id"], row["service_code"], row["service_date"])
        mode = tables.services[row["service_code"]]["tier_mode"]
        for tier, part in priced(found, mode, row["quantity"]):
            amount = None if tier.unit_price is None else discounted(part, tier.unit_price, discount)
            items.append(_item(tables, row, tier.number, part, tier.unit_price, discount, amount))
    return items


def _item(
    tables: Tables,
    row: Row,
    number: int,
    quantity: Decimal,
    unit_price: Decimal | None,
    discount_pct: Decimal | None,
    amount: Decimal | None,
) -> Item:
    key = f"ADHOC|{row['adhoc_id']}|{number}"
    mission = tables.missions.get(row["mission_id"])
    years = [
        year["fy_label"]
        for year in tables.rows("fiscal_year")
        if year["client_file_id"] == row["client_file_id"]
        and overlaps(year, row["service_date"], row["service_date"], "start_date", "end_date")
    ]
    return Item(
        mode="ADHOC",
        line_key=key,
        held_key=key,
        client_file_id=row["client_file_id"],
        mission_id=row["mission_id"],
        fy_label=mission["fy_label"] if mission is not None else min(years, default=None),
        service_code=row["service_code"],
        due_date=row["service_date"],
        origin_month=month_of(row["service_date"]),
        period=(row["service_date"], row["service_date"]),
        quantity=rounded(quantity, 4),
        unit_price=unit_price,
        discount_pct=discount_pct,
        amount=amount,
        subjects=[row["adhoc_id"]],
        sources=[("adhoc_service", row["adhoc_id"])],
        missing=set() if amount is not None else {"FI-16"},
    )
