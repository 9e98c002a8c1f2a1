"""Month arithmetic and the working days of a French office."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import cache

ONE_DAY = timedelta(days=1)


def parse_month(text: str) -> date:
    """The first day of a month written `YYYY-MM`."""
    year, month = text.split("-")
    return date(int(year), int(month), 1)


def month_text(day: date) -> str:
    """`YYYY-MM`."""
    return f"{day.year:04d}-{day.month:02d}"


def shift(day: date, months: int) -> date:
    """The first day of the month `months` after the month of `day`."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def month_end(day: date) -> date:
    """The last day of the month of `day`."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def months_between(first: date, last: date) -> int:
    """How many months lie from the month of `first` to that of `last`; 0 when they are the same."""
    return (last.year - first.year) * 12 + last.month - first.month


def anchored(day: date, months: int, anchor: int) -> date:
    """Day `anchor` of the month `months` later, or that month's last day when it is shorter."""
    first = shift(day, months)
    return first.replace(day=min(anchor, monthrange(first.year, first.month)[1]))


def _easter(year: int) -> date:
    """Easter Sunday (Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


@cache
def holidays(year: int) -> frozenset[date]:
    """The public holidays of mainland France."""
    easter = _easter(year)
    fixed = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    return frozenset({date(year, m, d) for m, d in fixed} | {easter + timedelta(days=n) for n in (1, 39, 50)})


@cache
def workdays(month: date) -> tuple[date, ...]:
    """The working days of a month given by its first day."""
    days = (month.replace(day=n) for n in range(1, month_end(month).day + 1))
    return tuple(day for day in days if day.weekday() < 5 and day not in holidays(day.year))
