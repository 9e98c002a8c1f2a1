"""Fee tables to lines of a letter: service, periodicity, yearly amount, instalments, first due date, unit price.

Every row of a fee table is a line, a total, a title, or is refused: none is dropped in silence. Hourly rates per grade
concern work outside the letter's scope: they are prices of the firm (`selling_rate`), recognised and left aside.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from assets.letter_files.content import Cell, Grid
from assets.letter_files.faults import Evidence, Fault, Place
from assets.letter_files.values import (
    Unread,
    add,
    fold,
    is_included,
    looks_like_value,
    match_rule,
    read_amount,
    read_count,
    read_date,
    read_times,
    tidy,
)
from assets.letter_files.words import (
    HEADINGS,
    MODES,
    PERIOD_AMOUNTS,
    PERIODICITIES,
    SKIPPED_ROW,
    SUBTOTAL_ROW,
    TERMS,
    TOTAL_ROW,
)

_NAMES = ("label", "mission_code", "mission_id")
_AMOUNTS = ("amount", "instalment_amount", *PERIOD_AMOUNTS)
_PRICES = (*_AMOUNTS, "unit_price")
_MONTHS = {"MONTHLY": 1, "BIMONTHLY": 2, "QUARTERLY": 3, "HALF_YEARLY": 6, "YEARLY": 12}
#: A header is looked for in the first rows and has at most so many.
_HEADER_WITHIN = 5
_HEADER_ROWS = 3
_BRACKETS = re.compile(r"[()\[\]:*]")
_FOOTNOTE = re.compile(r"\s*(?:\(\d\)|\*+)$")
_CENT = Decimal("0.01")

_Value = TypeVar("_Value")


@dataclass
class Fees:
    """What the fee tables of a document hold.

    Attributes:
        lines: lines of the letter, as in JSON.
        places: where each line stands.
        total: what the lines add up to, when a row of the tables says so.
        aside: tables and rows that are no part of the letter.
        evidence: what was read beside what is written.
        faults: what could not be read.
        found: whether there was any fee table.
    """

    lines: list[dict[str, Any]] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    total: str | None = None
    aside: list[str] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    found: bool = False


@dataclass(frozen=True)
class _Header:
    """The header of a table: its last row, and by column what it is and how it is worded."""

    last: int
    roles: tuple[str | None, ...]
    texts: tuple[str, ...]

    @property
    def known(self) -> set[str]:
        return {role for role in self.roles if role and role != "skipped"}

    @property
    def is_fees(self) -> bool:
        return bool(self.known & set(_NAMES)) and bool(self.known & {*_PRICES, "instalments"})

    @property
    def is_rates(self) -> bool:
        return "hourly_rate" in self.known and bool(self.known & {"grade", "label"})


def read_fees(grids: tuple[Grid, ...]) -> tuple[Fees, list[Grid]]:
    """Reads the fee tables of a document.

    Returns:
        What they hold, and the tables that are none.
    """
    fees = Fees()
    others: list[Grid] = []
    written: list[str] = []
    before: _Table | None = None
    for grid in grids:
        header = _find_header(grid)
        if header is None or not (header.is_fees or header.is_rates):
            if before is not None and grid.continues and len(grid.rows[0]) == len(before.header.roles):
                before.carry_on(grid)
                continue
            others.append(grid)
            before = None
        elif not header.is_fees:
            fees.aside.append(f"{grid.place}: {' | '.join(header.texts)}")
            fees.evidence.append(Evidence(Place(grid.place), " | ".join(header.texts), ""))
            before = None
        else:
            fees.found = True
            before = _Table(fees, grid, header, written)
            before.read()
    return fees, others


def _find_header(grid: Grid) -> _Header | None:
    """The rows, at most three, that name the most columns; the uppermost and fewest among equals."""
    best: tuple[int, _Header] | None = None
    for first in range(min(_HEADER_WITHIN, len(grid.rows))):
        for height in range(1, _HEADER_ROWS + 1):
            rows = grid.rows[first : first + height]
            if len(rows) < height or any(looks_like_value(cell.text) for cell in rows[-1]):
                break
            columns = list(zip(*rows, strict=True))
            texts = tuple(tidy(" ".join(dict.fromkeys(cell.text for cell in column))) for column in columns)
            roles = tuple(match_rule(HEADINGS, _BRACKETS.sub(" ", text)) for text in texts)
            header = _Header(first + height - 1, roles, texts)
            score = len(header.known)
            if score and (best is None or score > best[0]):
                best = score, header
    return best[1] if best else None


class _Table:
    """One fee table being read."""

    def __init__(self, fees: Fees, grid: Grid, header: _Header, written: list[str]) -> None:
        self.fees = fees
        self.grid = grid
        self.header = header
        #: Amounts in the tables so far, and in this section, as the totals below them count them.
        self.written = written
        self.section: list[str] = []
        self.own: list[str] = []
        self.place = Place(grid.place)

    def read(self) -> None:
        """Reads every row below the header."""
        if self._columns_are_clear():
            for number, row in enumerate(self.grid.rows[self.header.last + 1 :], self.header.last + 2):
                self.place = Place(self.grid.place, number)
                self._read_row(row)

    def carry_on(self, grid: Grid) -> None:
        """Reads the rows of a table that carries this one on, without a header of its own."""
        self.grid, self.header = grid, _Header(-1, self.header.roles, self.header.texts)
        self.read()

    def _fault(self, code: str, *expected: str, column: str | None = None, value: str | None = None) -> None:
        self.fees.faults.append(Fault(self.place, code, expected, column, value))

    def _columns_are_clear(self) -> bool:
        """Refuses two columns for one thing, and headings not understood over figures; over words they are told."""
        self.place = Place(self.grid.place, max(self.header.last + 1, 0))
        roles = self.header.roles
        clear = True
        for column, (role, text) in enumerate(zip(roles, self.header.texts, strict=True)):
            below = [row[column].text for row in self.grid.rows[self.header.last + 1 :] if not row[column].across]
            if role is None and any(character.isdigit() for cell in below for character in cell):
                self._fault("letter_column", column=text or None)
            elif role is None and any(below):
                self.fees.aside.append(f"{self.place}: {text}")
                continue
            elif role not in (None, "skipped", "label") and role in roles[:column]:
                self._fault("letter_column_twice", self.header.texts[roles.index(role)], column=text)
            else:
                continue
            clear = False
        return clear

    def _read_row(self, row: tuple[Cell, ...]) -> None:
        own = [cell for cell in row if cell.text and not cell.across]
        if not own or all(cell.down for cell in own):
            return
        if self.header.last >= 0 and [tidy(cell.text) for cell in row] == [
            tidy(cell.text) for cell in self.grid.rows[self.header.last]
        ]:
            return
        first = tidy(fold(own[0].text))
        if re.search(SKIPPED_ROW, first):
            self._note(row, "")
        elif re.search(TOTAL_ROW, first):
            self._check_total(row, subtotal=re.search(SUBTOTAL_ROW, first) is not None)
        elif len(own) == 1 and all(cell.across for cell in row[1:]) and not re.search(r"\d\s*(?:€|eur)", first):
            self._note(row, "")
        elif self.grid.guessed and len(own) != len([text for text in self.header.texts if text]):
            self._fault("letter_ragged", str(len(own)), str(len(self.header.texts)), value=own[0].text)
        else:
            self._read_service(row)

    def _note(self, row: tuple[Cell, ...], read: str) -> None:
        written = " | ".join(tidy(cell.text) for cell in row if not cell.across)
        self.fees.evidence.append(Evidence(self.place, written, read))

    def _cell(self, row: tuple[Cell, ...], role: str) -> tuple[str, str]:
        """Text and heading of a cell; the text is empty where another cell reaches over it from the left."""
        if role not in self.header.roles:
            return "", ""
        column = self.header.roles.index(role)
        return ("" if row[column].across else tidy(row[column].text)), self.header.texts[column]

    def _value(self, row: tuple[Cell, ...], role: str, read: Callable[[str], _Value]) -> _Value | None:
        text, heading = self._cell(row, role)
        if not text:
            return None
        try:
            return read(text)
        except Unread as problem:
            self._fault(problem.code, *problem.expected, column=heading, value=text)
            return None

    def _word(self, row: tuple[Cell, ...], role: str, rules: tuple[tuple[str, str], ...], code: str) -> str | None:
        text, heading = self._cell(row, role)
        found = match_rule(rules, text)
        if text and found is None and any(character.isalnum() for character in text):
            self._fault(code, column=heading, value=text)
        return found

    def _counted(self) -> str | None:
        """The column a row of totals adds up: yearly amounts, else those of the instalments."""
        return next((role for role in _AMOUNTS if role in self.header.roles), None)

    def _check_total(self, row: tuple[Cell, ...], subtotal: bool) -> None:
        """A total must be the sum of the lines above it: of its section, of its table, or of all tables so far."""
        counted = self._counted()
        total = self._value(row, counted, read_amount) if counted else None
        if self.grid.guessed:
            amounts = [cell.text for cell in row[1:] if cell.text and looks_like_value(cell.text)]
            total = None
            if counted == "amount" and len(amounts) == 1:
                try:
                    total = read_amount(amounts[0])
                except Unread as problem:
                    self._fault(problem.code, *problem.expected, value=amounts[0])
        self._note(row, f"total = {total}" if total else "")
        sums = [add(self.section)] if subtotal else [add(self.own), add(self.written)]
        if total is not None and not self.fees.faults and Decimal(total) not in sums:
            self._fault("letter_total", str(sums[0]), column=self._cell(row, counted)[1] or None, value=total)
        if subtotal:
            self.section = []
        elif total is not None and counted == "amount" and Decimal(total) == add(self.written):
            self.fees.total = total

    def _read_service(self, row: tuple[Cell, ...]) -> None:
        faults = len(self.fees.faults)
        names = {role: self._cell(row, role)[0] for role in ("mission_id", "mission_code", "service_code")}
        labels = [
            cell
            for cell, role in zip(row, self.header.roles, strict=True)
            if role == "label" and cell.text and not cell.across and not cell.down
        ]
        label = _FOOTNOTE.sub("", tidy(labels[0].text)) if labels else ""
        if not (label or names["mission_id"] or names["mission_code"]):
            self._fault("letter_no_service", value=" | ".join(cell.text for cell in row if cell.text))
            return
        if any(is_included(self._cell(row, role)[0]) for role in _PRICES):
            self.fees.aside.append(f"{self.place}: {label}")
            self._note(row, "")
            return
        for role in _PRICES:
            if role in self.header.roles and row[self.header.roles.index(role)].down:
                text, heading = self._cell(row, role)
                if text:
                    self._fault("letter_merged", column=heading, value=text)
        line: dict[str, Any] = {"line_no": len(self.fees.lines) + 1}
        line |= {name: text for name, text in names.items() if text}
        if not names["mission_id"] and not names["mission_code"]:
            line["mission_code"] = label
        if label:
            line["label"] = label
        if term := self._word(row, "term", TERMS, "letter_term"):
            line["term"] = term
        line |= self._price(row)
        if len(self.fees.faults) == faults:
            self.fees.lines.append(line)
            self.fees.places.append(self.place)
            self._note(row, ", ".join(_spelt(line)))

    def _price(self, row: tuple[Cell, ...]) -> dict[str, Any]:
        """What a line costs and when: its mode, price and schedule."""
        faults = len(self.fees.faults)
        periodicity = self._word(row, "periodicity", PERIODICITIES, "letter_periodicity")
        mode = self._word(row, "billing_mode", MODES, "letter_mode")
        unit_price = self._value(row, "unit_price", lambda text: read_amount(text, decimals=6))
        if len(self.fees.faults) > faults:
            return {}
        if mode == "TIME" or periodicity == "TIME":
            return {"billing_mode": "TIME"}
        if mode == "UNIT" or periodicity == "UNIT" or (unit_price is not None and not self._has_amount(row)):
            if unit_price is None and not self.header.known & {"unit_price"}:
                unit_price = self._value(row, "amount", lambda text: read_amount(text, decimals=6))
            elif self._has_amount(row):
                self._fault("letter_two_prices")
            if unit_price is None:
                self._fault("letter_no_price")
            return {"billing_mode": "UNIT", "unit_price": unit_price}
        if unit_price is not None:
            self._fault("letter_two_prices")
        return self._flat(row, periodicity)

    def _has_amount(self, row: tuple[Cell, ...]) -> bool:
        return any(looks_like_value(self._cell(row, role)[0]) for role in _AMOUNTS)

    def _flat(self, row: tuple[Cell, ...], periodicity: str | None) -> dict[str, Any]:
        faults = len(self.fees.faults)
        amount = self._value(row, "amount", read_amount)
        times = self._value(row, "instalment_amount", read_times_or_amount)
        count = self._value(row, "instalments", read_times_or_count)
        first = self._value(row, "first_due_date", read_date)
        balance_on = self._value(row, "balance_date", read_date)
        by_period = {role: value for role in PERIOD_AMOUNTS if (value := self._value(row, role, read_amount))}
        number, each = _combined(count, times)
        for role, value in by_period.items():
            if amount is None and each is None and len(by_period) == 1:
                each = value
                if periodicity not in (None, PERIOD_AMOUNTS[role]):
                    self._fault("letter_periodicity", column=self._cell(row, role)[1], value=value)
                periodicity = PERIOD_AMOUNTS[role]
            elif amount is not None and _differ(amount, value, 12 // _MONTHS[PERIOD_AMOUNTS[role]]):
                self._fault("letter_instalments", amount, column=self._cell(row, role)[1], value=value)
        if len(self.fees.faults) > faults:
            return {}
        self._count(amount, each)
        if periodicity is None and number == 1:
            periodicity = "ONE_OFF"
        if amount is None and each is None:
            self._fault("letter_no_price")
        elif periodicity is None:
            self._fault("letter_no_periodicity")
        elif periodicity == "ONE_OFF" and (number or 1) > 1:
            self._fault("letter_one_off", str(number))
        elif balance_on is not None:
            return self._with_balance(amount, number, each, periodicity, first, balance_on)
        elif amount is not None and each is not None and _differ(amount, each, number or _in_a_year(periodicity)):
            self._fault("letter_instalments", amount, value=each)
        schedule: dict[str, Any] = {"periodicity": periodicity}
        schedule |= {"first_due_date": first} if first else {}
        schedule |= {"instalments": number} if number else {}
        if amount is None and each is not None and number:
            amount = str(Decimal(each) * number)
        price = {"amount": amount} if amount is not None else {"amount_per_period": each}
        return {"billing_mode": "FLAT", **price, "schedule": schedule}

    def _count(self, amount: str | None, each: str | None) -> None:
        counted = amount if self._counted() == "amount" else each
        for total in (self.section, self.own):
            total += [counted] if counted is not None else []
        self.written += [amount] if amount is not None else []

    def _with_balance(
        self, amount: str | None, number: int | None, each: str | None, periodicity: str, first: str | None, last: str
    ) -> dict[str, Any]:
        """Provisions, then what is left on a day of its own."""
        if amount is None or number is None or each is None or first is None or periodicity not in _MONTHS:
            self._fault("letter_balance")
            return {}
        if Decimal(each) * number > Decimal(amount):
            self._fault("letter_instalments", amount, value=each)
            return {}
        start = date.fromisoformat(first)
        dated = [
            {"due_date": _later(start, place * _MONTHS[periodicity]).isoformat(), "amount": each}
            for place in range(number)
        ]
        return {
            "billing_mode": "FLAT",
            "amount": amount,
            "instalments": [*dated, {"due_date": last, "is_balance": True}],
        }


def read_times_or_amount(text: str) -> tuple[int | None, str | None]:
    """`12 x 100,00 €`, or an amount alone."""
    return read_times(text) or (None, read_amount(text))


def read_times_or_count(text: str) -> tuple[int | None, str | None]:
    """`12 mensualités de 100,00 €`, or a number alone."""
    return read_times(text) or (read_count(text), None)


def _combined(*pairs: tuple[int | None, str | None] | None) -> tuple[int | None, str | None]:
    """The first number and the first amount of what two columns say."""
    numbers = [pair[0] for pair in pairs if pair and pair[0] is not None]
    amounts = [pair[1] for pair in pairs if pair and pair[1] is not None]
    return (numbers[0] if numbers else None), (amounts[0] if amounts else None)


def _in_a_year(periodicity: str) -> int:
    return 12 // _MONTHS.get(periodicity, 12)


def _differ(amount: str, each: str, number: int) -> bool:
    """Whether instalments cannot be a split of an amount, the cents of rounding apart."""
    return (
        abs(Decimal(amount) - Decimal(each) * number) >= _CENT * max(number, 1)
        and Decimal(amount) != Decimal(each) * number
    )


def _later(start: date, months: int) -> date:
    """The same day some months later, or the last day of a shorter month."""
    month = start.month - 1 + months
    year, month = start.year + month // 12, month % 12 + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))


def _spelt(line: dict[str, Any]) -> list[str]:
    """`name = value` of what a line says."""
    result = []
    for name, value in line.items():
        if isinstance(value, dict):
            result += _spelt(value)
        elif isinstance(value, list):
            result.append(f"{name} = " + "; ".join(" ".join(str(part) for part in each.values()) for each in value))
        elif name != "line_no":
            result.append(f"{name} = {value}")
    return result
