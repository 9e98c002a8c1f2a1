"""Dates, months and exact roundings of the oracle."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

ONE_DAY = timedelta(days=1)


def exact(value) -> Fraction:
    """A number as an exact fraction; floats have no business here."""
    if isinstance(value, float):
        raise TypeError("no float near money")
    return Fraction(value)


def rounded(value, places: int = 2) -> Decimal:
    """`value` to `places` decimals, half away from zero."""
    scaled = exact(value) * 10**places
    whole, rest = divmod(abs(scaled.numerator), scaled.denominator)
    if 2 * rest >= scaled.denominator:
        whole += 1
    return Decimal(-whole if scaled < 0 else whole).scaleb(-places)


def month_of(day: date) -> str:
    return f"{day.year:04d}-{day.month:02d}"


def first_day(month: str) -> date:
    return date(int(month[:4]), int(month[5:7]), 1)


def last_day(month: str) -> date:
    day = first_day(month)
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def month_plus(month: str, count: int) -> str:
    number = int(month[:4]) * 12 + int(month[5:7]) - 1 + count
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def anchored(start: date, months: int, anchor_day: int | None = None) -> date:
    """The day `months` after `start`, on the anchor day or the month's last day when it is shorter."""
    month = month_plus(month_of(start), months)
    end = last_day(month)
    return end.replace(day=min(anchor_day or start.day, end.day))


def is_month_end(day: date) -> bool:
    return (day + ONE_DAY).day == 1


def days_actual(start: date, end: date) -> int:
    """Calendar days from `start` to `end`, both included."""
    return (end - start).days + 1


def days_30_360(start: date, end: date) -> int:
    """Days from `start` to `end`, both included, in months of thirty days, whose last day is always the thirtieth."""

    def rank(day: date) -> int:
        return 360 * day.year + 30 * day.month + (30 if is_month_end(day) else day.day)

    return rank(end) - rank(start) + 1


def proration(method: str, full: tuple[date, date], cut: tuple[date, date], months: int) -> Fraction:
    """The share of the full slice that the clipped slice stands for.

    Args:
        method: NONE, ACTUAL, THIRTY_360 or HALF_MONTH.
        full: first and last day of the nominal slice.
        cut: first and last day of what is left of it.
        months: nominal length of the slice.
    """
    if method == "NONE" or full == cut:
        return Fraction(1)
    if method == "ACTUAL":
        return Fraction(days_actual(*cut), days_actual(*full))
    if method == "THIRTY_360":
        return Fraction(days_30_360(*cut), days_30_360(*full))
    share = Fraction(0)
    for number in range(months):
        start = anchored(full[0], number)
        end = anchored(full[0], number + 1) - ONE_DAY
        inside = (max(start, cut[0]), min(end, cut[1]))
        if inside == (start, end):
            share += 1
        elif inside[0] <= inside[1]:
            share += Fraction(1, 2)
    return share / months


def split(total: Decimal, count: int, policy: str) -> list[Decimal]:
    """`total` over `count` instalments that add up to it exactly."""
    if policy == "SPREAD":
        running = [rounded(exact(total) * i / count) for i in range(count + 1)]
        return [running[i + 1] - running[i] for i in range(count)]
    each = rounded(exact(total) / count)
    rest = total - each * (count - 1)
    parts = [each] * count
    parts[0 if policy == "FIRST" else -1] = rest
    return parts
