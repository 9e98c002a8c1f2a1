"""What counters counted: positions across device changes and rollovers, consumption, estimates, formulas."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.oracle.arithmetic import anchored, exact, rounded
from tests.oracle.contracts.records import Row, View

ACTUAL_ORIGINS = frozenset({"CUSTOMER", "PROVIDER", "REMOVAL", "ROLLOVER"})
#: On one day the old device goes before the new one comes.
RANK = {"REMOVAL": "0", "INSTALLATION": "1"}
NUMBER = r"\d+(?:[.,]\d+)?"
TERM = re.compile(rf"(?P<sign>-?)\s*(?:(?P<before>{NUMBER})\s*\*\s*)?(?P<name>.*?)(?:\s*\*\s*(?P<after>{NUMBER}))?")


def reading_order(reading: Row) -> tuple:
    return (reading.reading_date, RANK.get(reading.origin, reading.origin))


@dataclass(frozen=True)
class Mark:
    """A value a counter showed, or is taken to have shown, on a day."""

    day: date
    value: Decimal
    estimated: bool = False


def months_between(start: date, end: date) -> Fraction:
    """Whole months, then the days left as a part of the month they fall in."""
    count = (end.year - start.year) * 12 + end.month - start.month
    if anchored(start, count) > end:
        count -= 1
    begin, finish = anchored(start, count), anchored(start, count + 1)
    return count + Fraction((end - begin).days, (finish - begin).days)


class Meter:
    """The readings of one quantity, up to a day."""

    def __init__(self, readings: Iterable[Row]) -> None:
        self.readings = sorted(readings, key=reading_order)
        self.offsets: list[Decimal] = []
        offset, position, before = Decimal(0), Decimal(0), None
        for reading in self.readings:
            if before is not None and before.origin == "ROLLOVER":
                offset = position
            if before is not None and reading.origin == "INSTALLATION":
                offset = position - reading.value
            position = offset + reading.value
            self.offsets.append(offset)
            before = reading

    def position(self, mark: Mark) -> Decimal:
        """What the counter would show had it never been changed nor passed zero."""
        offset = self.offsets[0] if self.offsets else Decimal(0)
        for reading, own in zip(self.readings, self.offsets, strict=True):
            if (reading.reading_date, reading.value) == (mark.day, mark.value):
                return own + reading.value
            if reading.reading_date <= mark.day:
                offset = own
        return offset + mark.value

    def admissible(self, after: date, until: date, estimates: bool) -> list[Row]:
        return [
            reading
            for reading in self.readings
            if after < reading.reading_date <= until
            and (reading.origin in ACTUAL_ORIGINS or (estimates and reading.origin == "ESTIMATE"))
        ]

    def opening(self, on: date | None, estimates: bool) -> Mark | None:
        """Where counting begins when nothing was billed by us: billed reading, reading of that day, installation."""
        billed = [one for one in self.readings if one.billed_ref]
        before = [
            one
            for one in self.readings
            if on is not None and one.reading_date <= on and (estimates or one.origin != "ESTIMATE")
        ]
        installed = [one for one in self.readings if one.origin == "INSTALLATION"]
        for found in (billed[-1:], before[-1:], installed[:1]):
            if found:
                return Mark(found[0].reading_date, found[0].value)
        return None

    def estimate(self, on: date) -> Mark | None:
        """The value on a day, from the average monthly volume of the twelve months before the last actual reading."""
        actual = [one for one in self.readings if one.origin != "ESTIMATE"]
        if not actual:
            return None
        last = actual[-1]
        if last.origin == "REMOVAL":
            return None
        window = anchored(last.reading_date, -12)
        recent = [one for one in actual if one.reading_date >= window]
        first = recent[0]
        if first is last:
            older = [one for one in actual if one.reading_date < last.reading_date]
            if not older:
                return None
            first = older[-1]
        if first.reading_date == last.reading_date:
            return None
        volume = self._at(last) - self._at(first)
        if volume < 0:
            return None
        months = months_between(first.reading_date, last.reading_date)
        further = rounded(exact(volume) / months * months_between(last.reading_date, on), 0)
        return Mark(on, last.value + further, estimated=True)

    def taken_away(self, opening: Mark | None) -> bool:
        """Whether the last billed reading was that of the device's removal, and no other device came."""
        last = self.readings[-1] if self.readings else None
        return (
            opening is not None
            and last is not None
            and last.origin == "REMOVAL"
            and (last.reading_date, last.value) == (opening.day, opening.value)
        )

    def _at(self, reading: Row) -> Decimal:
        return self.offsets[self.readings.index(reading)] + reading.value


def aggregated(how: str | None, values: list[Decimal]) -> Decimal:
    """A period's value of a quantity that does not accumulate."""
    how = (how or "sum").lower()
    if how == "mean":
        return rounded(exact(sum(values)) / len(values), 4)
    return {"sum": sum, "min": min, "max": max}[how](values)


def terms(formula: str | None) -> list[tuple[Fraction, str]]:
    """The signed terms of a formula: names joined by plus and minus, each with or without a factor."""
    found = []
    for piece in re.sub(r"(^|\s)-\s*", "+-", formula or "").split("+"):
        if piece.strip():
            match = TERM.fullmatch(piece.strip())
            factor = Fraction(1)
            for number in (match["before"], match["after"]):
                factor *= Fraction((number or "1").replace(",", "."))
            found.append((-factor if match["sign"] else factor, match["name"].strip()))
    return found


class Quantities:
    """The quantities of a run and what they rest on."""

    def __init__(self, view: View, control_date: date) -> None:
        self.view = view
        self.control_date = control_date
        self.readings: dict[str, list[Row]] = {}
        for reading in view.rows("meter_reading"):
            if reading.reading_date <= control_date:
                self.readings.setdefault(reading.quantity_id, []).append(reading)
        self.meters = {
            quantity.quantity_id: Meter(self.readings.get(quantity.quantity_id, []))
            for quantity in view.rows("quantity")
        }

    def quantity(self, quantity_id: str) -> Row:
        return self.view.row("quantity", quantity_id)

    def live(self, quantity: Row) -> bool:
        return (quantity.created_on is None or quantity.created_on <= self.control_date) and (
            quantity.retired_on is None or quantity.retired_on > self.control_date
        )

    def named(self, asset_id: str, name: str) -> Row | None:
        """The quantity of an asset that answers to an id or, the one in use first, to a code."""
        own = [row for row in self.view.rows("quantity") if row.asset_id == asset_id]
        coded = [row for row in own if row.predefined_code == name]
        coded.sort(key=lambda row: (row.retired_on or date.max, row.created_on or date.min, row.quantity_id))
        found = [row for row in own if row.quantity_id == name] or coded[-1:]
        return found[0] if found else None

    def parts(self, quantity: Row) -> list[tuple[Fraction, Row | None]]:
        """The quantities of a formula; a hyphen that belongs to no name is a minus."""
        found: list[tuple[Fraction, Row | None]] = []
        for factor, name in terms(quantity.formula):
            known = self.named(quantity.asset_id, name)
            if known is not None or "-" not in name:
                found.append((factor, known))
                continue
            for number, piece in enumerate(name.split("-")):
                found.append((-factor if number else factor, self.named(quantity.asset_id, piece.strip())))
        return found

    def leaves(self, quantity_id: str, above: tuple[str, ...] = ()) -> list[tuple[Fraction, str]] | None:
        """The technical quantities a quantity is made of, None when it cannot be calculated."""
        quantity = self.quantity(quantity_id)
        if quantity_id in above:
            return None
        if quantity.kind != "COMPUTED":
            return [(Fraction(1), quantity_id)]
        found: list[tuple[Fraction, str]] = []
        for factor, part in self.parts(quantity):
            below = self.leaves(part.quantity_id, (*above, quantity_id)) if part is not None else None
            if below is None:
                return None
            found += [(factor * inner, leaf) for inner, leaf in below]
        return found or None

    def reached(self, quantity_id: str, above: tuple[str, ...] = ()) -> set[str]:
        """The quantity and all that its formula names, as far as it can be followed."""
        quantity = self.quantity(quantity_id)
        if quantity_id in above:
            return set()
        found = {quantity_id}
        if quantity.kind == "COMPUTED":
            for _, part in self.parts(quantity):
                if part is not None:
                    found |= self.reached(part.quantity_id, (*above, quantity_id))
        return found

    def computable(self, quantity: Row) -> bool:
        """Whether a computed quantity can be calculated on the control date."""
        leaves = self.leaves(quantity.quantity_id)
        return (
            leaves is not None
            and all(self.readings.get(leaf) for _, leaf in leaves)
            and not self.readings.get(quantity.quantity_id)
        )


@dataclass
class Count:
    """What one leaf counted for a rule since the last billed reading, over one or several periods.

    Attributes:
        opening: the last billed reading, None when there is none.
        parts: consumption per period; None when nothing can be said.
        marks: the last billed reading after each period.
        missing: no reading since the last billed one, and none estimated.
        estimable: an estimate could be made.
    """

    opening: Mark | None
    parts: list[Decimal] | None
    marks: list[Mark]
    missing: bool
    estimable: bool


def count(quantity: Row, meter: Meter, opening: Mark | None, cuts: list[date], estimates: bool, lookback: int) -> Count:
    """Counts one technical quantity up to each cut; the last cut is the control date."""
    control_date = cuts[-1]
    since = meter.admissible(opening.day if opening else date.min, control_date, estimates)
    if not quantity.cumulative:
        if not since:
            return Count(opening, None, [], True, False)
        parts, marks, after = [], [], opening.day if opening else date.min
        for cut in cuts:
            found = meter.admissible(after, cut, estimates)
            parts.append(aggregated(quantity.formula, [one.value for one in found]) if found else Decimal(0))
            if found:
                after = found[-1].reading_date
                opening = Mark(after, found[-1].value)
            marks.append(opening)
        return Count(opening, parts, marks, False, False)
    if meter.taken_away(opening):
        return Count(opening, [Decimal(0)] * len(cuts), [opening] * len(cuts), False, False)
    guess = meter.estimate(control_date)
    final = Mark(since[-1].reading_date, since[-1].value) if since else None
    if estimates and (final is None or (control_date - final.day).days > lookback):
        final = guess or final
    if final is None or opening is None:
        return Count(opening, None, [], final is None, guess is not None)
    parts, marks, before = [], [], opening
    for number, cut in enumerate(cuts, start=1):
        found = meter.admissible(before.day, cut, estimates)
        after = Mark(found[-1].reading_date, found[-1].value) if found else before
        if number == len(cuts):
            after = final
        parts.append(meter.position(after) - meter.position(before))
        marks.append(after)
        before = after
    return Count(opening, parts, marks, False, guess is not None)
