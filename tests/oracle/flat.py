"""FLAT: instalments of hand plans and of engagement letters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.oracle.arithmetic import month_of
from tests.oracle.letters import Letter
from tests.oracle.model import Item, Row, Tables


@dataclass
class Plan:
    """A live plan, entered by hand or derived from a letter."""

    plan_id: str
    client_file_id: str
    fy_label: str
    mission_id: str
    due_dates: list[date]
    by_hand: bool
    total_amount: Decimal | None = None
    lines: list[Row] | None = None


def live_plans(tables: Tables, live: list[Letter]) -> list[Plan]:
    plans = []
    for row in tables.rows("billing_plan"):
        if row["status"] != "ACTIVE":
            continue
        lines = [line for line in tables.rows("billing_plan_line") if line["plan_id"] == row["plan_id"]]
        plans.append(
            Plan(
                row["plan_id"],
                row["client_file_id"],
                row["fy_label"],
                row["mission_id"],
                [line["due_date"] for line in lines],
                True,
                row["total_amount"],
                lines,
            )
        )
    for letter in live:
        for mission_id in sorted({instalment.mission_id for instalment in letter.instalments}):
            plans.append(
                Plan(
                    f"{letter.document['document_id']}|{mission_id}",
                    letter.document["client_file_id"],
                    letter.document["fy_label"],
                    mission_id,
                    [i.due_date for i in letter.instalments if i.mission_id == mission_id],
                    False,
                )
            )
    return plans


def flat_items(tables: Tables, live: list[Letter]) -> list[Item]:
    """Every instalment of every live plan, whatever its month."""
    items = []
    for plan in live_plans(tables, live):
        if not plan.by_hand:
            continue
        mission = tables.missions.get(plan.mission_id) or Row()
        for line in plan.lines:
            items.append(
                _item(
                    subject=f"{plan.plan_id}|{line['line_no']}",
                    source=("billing_plan_line", f"{plan.plan_id}|{line['line_no']}"),
                    client_file_id=plan.client_file_id,
                    mission_id=plan.mission_id,
                    fy_label=plan.fy_label,
                    service_code=mission["service_code"],
                    due_date=line["due_date"],
                    period=(line["period_start"], line["period_end"]),
                    amount=line["amount"],
                    is_balance=line["is_balance"],
                    term=mission["term"],
                )
            )
    for letter in live:
        in_month: Counter[tuple[int, str]] = Counter()
        for instalment in sorted(letter.instalments, key=lambda each: (each.line_no, each.instalment_no)):
            # An instalment is known by the month it falls due in; a second one of that month, by its occurrence too.
            month = (instalment.line_no, month_of(instalment.due_date))
            in_month[month] += 1
            occurrence = f"|{in_month[month]}" if in_month[month] > 1 else ""
            place = f"{instalment.line_no}|{instalment.instalment_no}"
            items.append(
                _item(
                    subject=f"{instalment.document_id}|{instalment.line_no}|{month[1]}{occurrence}",
                    source=("document", f"{instalment.document_id}|{instalment.version}|{place}"),
                    client_file_id=letter.document["client_file_id"],
                    mission_id=instalment.mission_id,
                    fy_label=letter.document["fy_label"],
                    service_code=instalment.service_code,
                    due_date=instalment.due_date,
                    period=instalment.period,
                    amount=instalment.amount,
                    is_balance=instalment.is_balance,
                    term=instalment.term,
                )
            )
    return items


def _item(
    subject, source, client_file_id, mission_id, fy_label, service_code, due_date, period, amount, is_balance, term
):
    return Item(
        mode="FLAT",
        line_key=f"FLAT|{subject}",
        held_key=f"FLAT|{subject}",
        client_file_id=client_file_id,
        mission_id=mission_id,
        fy_label=fy_label,
        service_code=service_code,
        due_date=due_date,
        origin_month=month_of(due_date),
        period=period,
        quantity=Decimal(1),
        unit_price=amount,
        discount_pct=None,
        amount=amount,
        is_balance=is_balance,
        term=term,
        subjects=[subject],
        sources=[source],
        missing=set() if amount is not None else {"FI-17"},
    )
