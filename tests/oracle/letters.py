"""Engagement letters: their slices, instalments, refusals and versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.oracle.arithmetic import (
    ONE_DAY,
    anchored,
    exact,
    first_day,
    month_of,
    month_plus,
    proration,
    rounded,
    split,
)
from tests.oracle.model import Row, Tables

PERIOD_MONTHS = {"MONTHLY": 1, "BIMONTHLY": 2, "QUARTERLY": 3, "HALF_YEARLY": 6, "YEARLY": 12}


@dataclass
class Instalment:
    document_id: str
    version: int
    line_no: int
    instalment_no: int
    mission_id: str
    service_code: str
    due_date: date
    period: tuple[date | None, date | None]
    amount: Decimal | None
    is_balance: bool = False
    term: str | None = None
    indexed: bool = False
    ratio: Fraction | None = None


@dataclass
class Letter:
    """One version of one document, read and judged."""

    document: Row
    refusal: str | None
    instalments: list[Instalment]
    unit_prices: list[Row]

    @property
    def key(self) -> tuple[str, int]:
        return self.document["document_id"], self.document["version"]


class Refused(Exception):
    """The document is refused whole; the message is for the reader of a failing test."""


def _money(value) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _day(value) -> date | None:
    return None if value is None else date.fromisoformat(value)


def read_letters(tables: Tables) -> list[Letter]:
    letters = []
    for document in tables.documents:
        try:
            instalments, unit_prices = _judge(Row(document), tables)
            letters.append(Letter(Row(document), None, instalments, unit_prices))
        except Refused as refusal:
            letters.append(Letter(Row(document), str(refusal), [], []))
    return letters


def live_letters(letters: list[Letter]) -> list[Letter]:
    """The highest accepted version of each document."""
    latest: dict[str, Letter] = {}
    for letter in letters:
        if letter.refusal is None:
            known = latest.get(letter.key[0])
            if known is None or letter.key[1] > known.key[1]:
                latest[letter.key[0]] = letter
    return list(latest.values())


def superseded_letters(letters: list[Letter]) -> list[Letter]:
    live = {letter.key for letter in live_letters(letters)}
    return [letter for letter in letters if letter.refusal is None and letter.key not in live]


def _judge(document: Row, tables: Tables) -> tuple[list[Instalment], list[Row]]:
    client_file = document["client_file_id"]
    if client_file not in tables.client_files:
        raise Refused("unknown client file")
    year = tables.fiscal_years.get((client_file, document["fy_label"]))
    if year is None:
        raise Refused("unknown fiscal year")
    effective = (_day(document["effective_from"]), _day(document["effective_to"]))
    flat: list[tuple[Row, Row, list[Instalment]]] = []
    unit_prices = []
    for line in document["lines"]:
        line = Row(line)
        mission = _mission(line, document, tables)
        mode = line["billing_mode"] or mission["billing_mode"]
        if mode == "UNIT" and line["unit_price"] is not None:
            unit_prices.append(
                Row(
                    client_file_id=client_file,
                    service_code=line["service_code"] or mission["service_code"],
                    valid_from=effective[0] or year["start_date"],
                    valid_to=effective[1] or year["end_date"],
                    unit_price=_money(line["unit_price"]),
                )
            )
        if mode == "FLAT":
            flat.append((line, mission, _instalments(document, line, mission, year, effective, tables)))
    _settle_balances(document, flat)
    _check(document, flat)
    return [instalment for _, _, instalments in flat for instalment in instalments], unit_prices


def _mission(line: Row, document: Row, tables: Tables) -> Row:
    if line["mission_id"] is not None:
        mission = tables.missions.get(line["mission_id"])
    else:
        wanted = (document["client_file_id"], document["fy_label"], line["mission_code"])
        found = [
            row
            for row in tables.rows("mission")
            if (row["client_file_id"], row["fy_label"], row["mission_code"]) == wanted
        ]
        mission = found[0] if len(found) == 1 else None
    if mission is None:
        raise Refused("unknown mission")
    if mission["client_file_id"] != document["client_file_id"]:
        raise Refused("mission of another client file")
    return mission


def slices(
    periodicity: str, year: Row, mission: Row, effective: tuple[date | None, date | None]
) -> list[tuple[tuple[date, date], tuple[date, date], int]]:
    """The slices of the fiscal year that the mission and the letter touch: full slice, clipped slice, months."""
    start, end = year["start_date"], year["end_date"]
    first = max(day for day in (start, mission["start_date"], effective[0]) if day)
    last = min(day for day in (end, mission["end_date"], effective[1]) if day)
    if periodicity == "ONE_OFF":
        months = 1
        while anchored(start, months) - ONE_DAY < end:
            months += 1
        grid = [((start, end), months)]
    else:
        step = PERIOD_MONTHS[periodicity]
        grid = []
        number = 0
        while (begin := anchored(start, number * step)) <= end:
            grid.append(((begin, anchored(start, (number + 1) * step) - ONE_DAY), step))
            number += 1
    found = []
    for full, months in grid:
        cut = (max(full[0], first), min(full[1], last))
        if cut[0] <= cut[1]:
            found.append((full, cut, months))
    return found


def _instalments(document, line, mission, year, effective, tables) -> list[Instalment]:
    def instalment(number, due_date, period, amount, is_balance=False) -> Instalment:
        return Instalment(
            document_id=document["document_id"],
            version=document["version"],
            line_no=line["line_no"],
            instalment_no=number,
            mission_id=mission["mission_id"],
            service_code=line["service_code"] or mission["service_code"],
            due_date=due_date,
            period=period,
            amount=amount,
            is_balance=is_balance,
            term=line["term"] or mission["term"],
        )

    if line["instalments"]:
        made = [
            instalment(
                number,
                _day(given["due_date"]),
                (None, None),
                _money(given.get("amount")),
                bool(given.get("is_balance")),
            )
            for number, given in enumerate(line["instalments"], start=1)
        ]
        return _indexed(made, line, tables)
    schedule = Row(line["schedule"])
    found = slices(schedule["periodicity"], year, mission, effective)
    count = schedule["instalments"] or len(found)
    per_period = _money(line["amount_per_period"])
    if per_period is not None:
        if count > len(found):
            raise Refused("more instalments than slices")
        method = schedule["proration"] or "ACTUAL"
        amounts = [
            rounded(exact(per_period) * proration(method, full, cut, months)) for full, cut, months in found[:count]
        ]
    elif line["amount"] is not None:
        amounts = split(_money(line["amount"]), count, schedule["rounding"] or "LAST") if count else []
    else:
        amounts = [None] * count
    first_due = _day(schedule["first_due_date"])
    term = line["term"] or mission["term"]
    step = PERIOD_MONTHS.get(schedule["periodicity"], 0)
    made = []
    for number in range(count):
        period = found[number][1] if number < len(found) else (None, None)
        if first_due is not None:
            due = anchored(first_due, number * step)
        elif number < len(found):
            due = period[0] if term == "ADVANCE" else period[1]
        else:
            raise Refused("an instalment without slice has no due date")
        made.append(instalment(number + 1, due, period, amounts[number]))
    return _indexed(made, line, tables)


def _indexed(instalments: list[Instalment], line: Row, tables: Tables) -> list[Instalment]:
    """Instalments keep their agreed amount here; the index is laid on after the sums are checked."""
    terms = Row(line["indexation"] or {})
    if terms["index_code"]:
        ratio = index_ratio(terms, tables)
        for instalment in instalments:
            instalment.indexed = month_of(instalment.due_date) >= terms["revision_month"]
            instalment.ratio = ratio
    return instalments


def index_ratio(terms: Row, tables: Tables) -> Fraction | None:
    """S1/S0 within cap and floor; None when an index or the link between two series is missing."""
    known = [row for row in tables.rows("price_index") if row["index_code"] == terms["index_code"]]
    deadline = first_day(terms["revision_month"])
    own = terms["series"] or ""

    def latest(rows: list[Row]) -> Row | None:
        """The last month's row; for one month in two series, the one of the letter's own."""
        return max(rows, key=lambda row: (row["month"], (row["series"] or "") == own), default=None)

    base = latest([row for row in known if row["month"] == terms["base_month"] and (row["series"] or "") == own])
    revised = latest(
        [row for row in known if (row["published_on"] or first_day(month_plus(row["month"], 2))) <= deadline]
    )
    if base is None or revised is None:
        return None
    coefficient = _coefficient(terms["index_code"], base["series"] or "", revised["series"] or "", tables)
    if coefficient is None:
        return None
    ratio = exact(revised["value"]) / (exact(base["value"]) * exact(coefficient))
    if terms["cap_pct"] is not None:
        ratio = min(ratio, 1 + exact(_money(terms["cap_pct"])) / 100)
    if terms["floor_pct"] is not None:
        ratio = max(ratio, 1 + exact(_money(terms["floor_pct"])) / 100)
    return ratio


def _coefficient(index_code: str, old: str, new: str, tables: Tables) -> Decimal | None:
    """What an index of the old series is multiplied by to compare with the new one."""
    if old == new:
        return Decimal(1)
    for link in tables.rows("index_link"):
        if (link["index_code"], link["from_series"], link["to_series"]) == (index_code, old, new):
            return link["coefficient"]
    return None


def _settle_balances(document: Row, flat) -> None:
    """Gives a balance without amount what is left of the line, else of the letter."""
    for line, _, instalments in flat:
        for balance in instalments:
            if not (balance.is_balance and balance.amount is None):
                continue
            agreed = _money(line["amount"])
            others = [other for other in instalments if other is not balance]
            if agreed is None and document["total_fee"] is not None:
                agreed = _money(document["total_fee"])
                others = [other for _, _, made in flat for other in made if other is not balance]
            if agreed is not None and all(other.amount is not None for other in others):
                balance.amount = agreed - sum(other.amount for other in others)


def _check(document: Row, flat) -> None:
    for line, mission, instalments in flat:
        amounts = [instalment.amount for instalment in instalments]
        if line["amount"] is not None and None not in amounts and sum(amounts, Decimal(0)) != _money(line["amount"]):
            raise Refused("instalments do not add up to the line")
        if not instalments:
            raise Refused("a flat line that plans nothing")
        for instalment in instalments:
            if instalment.amount is None:
                raise Refused("an instalment without amount")
            if instalment.is_balance:
                continue
            if instalment.due_date < mission["start_date"]:
                raise Refused("an instalment before the mission")
            if mission["end_date"] is not None and instalment.due_date > mission["end_date"]:
                raise Refused("an instalment after the mission")
    amounts = [instalment.amount for _, _, instalments in flat for instalment in instalments]
    if document["total_fee"] is not None and sum(amounts, Decimal(0)) != _money(document["total_fee"]):
        raise Refused("lines do not add up to the letter")
    for _, _, instalments in flat:
        for instalment in instalments:
            if instalment.indexed:
                known = instalment.ratio is not None
                instalment.amount = rounded(exact(instalment.amount) * instalment.ratio) if known else None
