"""UNIT: quantities of payroll metrics at a unit price."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from tests.oracle.arithmetic import first_day, last_day, month_plus, rounded
from tests.oracle.model import Configuration, Item, Row, Tables, discounted, overlaps
from tests.oracle.pricing import priced, tiers


@dataclass
class Measure:
    """What one binding finds for one metric month."""

    mission: Row
    binding: Row
    metric_month: str
    home_month: str
    rows: list[Row]
    expected: list[str]

    @property
    def lacking(self) -> list[str]:
        """Active establishments without a metric."""
        present = {row["siret"] for row in self.rows}
        return [siret for siret in self.expected if siret not in present]

    def feeds(self, item: Item) -> bool:
        """Whether the item is a part of the sale this binding counts for."""
        service = self.binding["service_code"] or self.mission["service_code"]
        return (item.mission_id, item.service_code, item.period[0]) == (
            self.mission["mission_id"],
            service,
            first_day(self.metric_month),
        )


@dataclass
class Units:
    items: list[Item] = field(default_factory=list)
    missing: list[Measure] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)


def metric_key(row: Row) -> str:
    return f"{row['siret']}|{row['month']}|{row['metric_code']}|{row['method'] or ''}"


def metric_row(row: Row) -> tuple[str, str]:
    """What a person typed and what a feed said share a key and are two rows."""
    return "payroll_metric", f"{metric_key(row)}|{row['manual']}"


def bound_sirets(tables: Tables, mission: Row, binding: Row) -> list[str]:
    """The establishments of a binding, active or not."""
    if binding["sirets"]:
        return binding["sirets"].split("|")
    return [row["siret"] for row in tables.rows("establishment") if row["client_file_id"] == mission["client_file_id"]]


def is_succeeded(tables: Tables, mission: Row) -> bool:
    """Whether a later mission of the same client file and code takes over."""
    return mission["end_date"] is not None and any(
        other["mission_id"] != mission["mission_id"]
        and (other["client_file_id"], other["mission_code"]) == (mission["client_file_id"], mission["mission_code"])
        and other["start_date"] > mission["end_date"]
        for other in tables.rows("mission")
    )


def expects(mission: Row, month: str) -> bool:
    """Whether a metric of the month is missed when it does not come."""
    end = mission["end_date"]
    return mission["start_date"] <= last_day(month) and (
        end is None or mission["renewal"] == "TACIT" or end >= first_day(month)
    )


def covers(tables: Tables, mission: Row, month: str) -> bool:
    """Whether a metric of the month is this mission's: an express renewal nobody made is for FI-07 to hold."""
    unrenewed = mission["renewal"] == "EXPRESS" and not is_succeeded(tables, mission)
    return expects(mission, month) or (unrenewed and mission["start_date"] <= last_day(month))


def find_metric(tables: Tables, binding: Row, siret: str, month: str, configuration: Configuration) -> Row | None:
    """The metric a binding reads: manual before feed, the method asked for before one that fits any."""
    method = binding["method"] or configuration.units_method
    found = [
        row
        for row in tables.rows("payroll_metric")
        if (row["siret"], row["month"], row["metric_code"]) == (siret, month, binding["metric_code"])
        and row["method"] in (None, method)
        and (binding["auto"] or row["manual"])
    ]
    return min(found, key=lambda row: (not row["manual"], row["method"] is None), default=None)


def measure(tables: Tables, mission: Row, binding: Row, home_month: str, configuration: Configuration) -> Measure:
    metric_month = month_plus(home_month, -binding["lag_months"])
    rows, expected = [], []
    for siret in bound_sirets(tables, mission, binding):
        row = find_metric(tables, binding, siret, metric_month, configuration)
        if row is not None:
            rows.append(row)
        establishment = tables.establishments.get(siret)
        if (
            expects(mission, metric_month)
            and establishment is not None
            and overlaps(establishment, first_day(metric_month), last_day(metric_month), "active_from", "active_to")
        ):
            expected.append(siret)
    return Measure(mission, binding, metric_month, home_month, rows, expected)


def unit_work(tables: Tables, letter_prices: list[Row], home_month: str, configuration: Configuration) -> Units:
    """Items and gaps of the unit missions in one home month."""
    work = Units()
    for mission in tables.rows("mission"):
        if mission["billing_mode"] != "UNIT" or mission["status"] != "OPEN":
            continue
        by_service: dict[tuple[str, str], list[Measure]] = {}
        for binding in tables.rows("metric_binding"):
            if binding["mission_id"] != mission["mission_id"]:
                continue
            found = measure(tables, mission, binding, home_month, configuration)
            if not covers(tables, mission, found.metric_month):
                continue
            work.measures.append(found)
            if not found.rows:
                if expects(mission, found.metric_month):
                    work.missing.append(found)
                continue
            service = binding["service_code"] or mission["service_code"]
            by_service.setdefault((service, found.metric_month), []).append(found)
        for (service_code, metric_month), measures in by_service.items():
            work.items += _items(tables, letter_prices, mission, service_code, metric_month, home_month, measures)
    return work


def _items(tables, letter_prices, mission, service_code, metric_month, home_month, measures) -> list[Item]:
    service = tables.services[service_code]
    rows = [row for found in measures for row in found.rows]
    total = sum((row["quantity"] for row in rows), Decimal(0))
    quantity = total if total < 0 else max(total - service["free_quantity"], Decimal(0))
    found, discount = tiers(tables, letter_prices, mission["client_file_id"], service_code, first_day(metric_month))
    subjects = sorted({row["siret"] for row in rows})
    sources = [metric_row(row) for row in rows]

    def item(suffix, quantity, unit_price, discount_pct, amount) -> Item:
        key = f"UNIT|{mission['mission_id']}|{service_code}|{metric_month}|{suffix}"
        return Item(
            mode="UNIT",
            line_key=key,
            held_key=key,
            client_file_id=mission["client_file_id"],
            mission_id=mission["mission_id"],
            fy_label=mission["fy_label"],
            service_code=service_code,
            due_date=last_day(home_month),
            origin_month=home_month,
            period=(first_day(metric_month), last_day(metric_month)),
            quantity=rounded(quantity, 4),
            unit_price=unit_price,
            discount_pct=discount_pct,
            amount=amount,
            subjects=subjects,
            sources=sources,
            missing=set() if amount is not None else {"FI-17"},
        )

    items = []
    for tier, part in priced(found, service["tier_mode"], quantity):
        amount = None if tier.unit_price is None else discounted(part, tier.unit_price, discount)
        items.append(item(tier.number, part, tier.unit_price, discount, amount))
    amounts = [made.amount for made in items]
    if total != 0 and None not in amounts and sum(amounts) < service["minimum_amount"]:
        lacking = service["minimum_amount"] - sum(amounts)
        items.append(item("MIN", Decimal(1), lacking, None, lacking))
    return items
