"""Inputs of the property tests, and the oracle's own arithmetic: fractions, decimals and the standard calendar."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

#: Each example is a whole set of cases evaluated by one query, so a few examples are hundreds of cases. A failure is
#: not shrunk: that would take minutes of queries, and the assertion shows the case that differs.
SETTINGS = settings(
    max_examples=10,
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)

dates = st.dates(date(1999, 1, 1), date(2052, 12, 31))
#: Month ends, Februaries and leap days come up far more often than chance would have it.
awkward_dates = st.one_of(
    dates,
    st.builds(
        lambda year, month, back: date(year, month, calendar.monthrange(year, month)[1]) - timedelta(days=back),
        st.integers(1999, 2052),
        st.sampled_from([1, 2, 2, 2, 3, 4, 12]),
        st.integers(0, 3),
    ),
    st.builds(date, st.integers(1999, 2052), st.integers(1, 12), st.just(1)),
)
money = st.decimals(Decimal("-99999999.99"), Decimal("99999999.99"), places=2)
small_money = st.decimals(Decimal("-9.99"), Decimal("9.99"), places=2)
amounts = st.one_of(money, small_money)


def sets_of(case: st.SearchStrategy, size: int = 60) -> st.SearchStrategy:
    """Lists of cases, long enough for one query to carry many."""
    return st.lists(case, min_size=size, max_size=size)


def rounded(value: Fraction, places: int = 2) -> Decimal:
    """`value` to `places` decimals, half away from zero, from the definition."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return (Decimal(whole) * (-1 if value < 0 else 1)).scaleb(-places)


def month_length(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def anchored(base: date, months: int, anchor_day: int) -> date:
    """The day of the month `months` after that of `base`: the anchor day, or the last one there is."""
    number = base.year * 12 + base.month - 1 + months
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(anchor_day, calendar.monthrange(year, month)[1]))


def days_of(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included."""
    day = first
    while day <= last:
        yield day
        day += timedelta(days=1)
