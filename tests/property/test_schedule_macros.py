"""Periods, their proration and grids, against walks over the calendar day by day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.property.strategies import (
    SETTINGS,
    amounts,
    anchored,
    awkward_dates,
    days_of,
    month_length,
    rounded,
    sets_of,
)
from tests.sql.harness import evaluate, query

ONE_DAY = timedelta(days=1)
terms = st.sampled_from(["ADVANCE", "ARREARS"])
SPAN = {
    "convention": "varchar",
    "from_date": "date",
    "to_date": "date",
    "slice_start": "date",
    "slice_end": "date",
    "slice_months": "integer",
    "anchor_day": "integer",
    "amount": "decimal(18, 2)",
}
ARGUMENTS = "('convention', 'from_date', 'to_date', 'slice_start', 'slice_end', 'slice_months', 'anchor_day')"
GRID = {
    "base": "date",
    "months": "integer",
    "days": "integer",
    "anchor_day": "integer",
    "month_end_days": "integer",
    "span_start": "date",
    "span_end": "date",
    "through": "date",
}


def test_periodicities_have_their_months():
    names = ["MONTHLY", "BIMONTHLY", "QUARTERLY", "HALF_YEARLY", "YEARLY", "ONE_OFF"]
    results = evaluate({"p": "varchar"}, {"months": "{{ period_months('p') }}"}, [(name,) for name in names])
    assert [row["months"] for row in results] == [1, 2, 3, 6, 12, None]


@st.composite
def clipped_slices(draw):
    """A slice on a grid, and a span that covers it, cuts it at one end or both, or misses it."""
    anchor_day = draw(st.one_of(st.just(1), st.integers(1, 31)))
    first = anchored(draw(awkward_dates), 0, anchor_day)
    months = draw(st.sampled_from([1, 1, 2, 3, 6, 12]))
    last = anchored(first, months, anchor_day) - ONE_DAY
    length = (last - first).days
    start = draw(st.one_of(st.none(), st.integers(-3, length + 3).map(lambda n: first + timedelta(days=n))))
    end = draw(st.one_of(st.none(), st.integers(-3, length + 3).map(lambda n: first + timedelta(days=n))))
    convention = draw(st.sampled_from(["NONE", "ACTUAL", "THIRTY_360", "HALF_MONTH"]))
    return convention, start, end, first, last, months, anchor_day, draw(amounts)


def _share(convention, start, end, first, last, months, anchor_day) -> tuple[int, int]:
    """The share of a slice, counted day by day."""
    start, end = max(start or first, first), min(end or last, last)
    covered = set(days_of(start, end))
    if convention == "NONE":
        return (1 if covered else 0), 1
    if convention == "ACTUAL":
        return len(covered), len(list(days_of(first, last)))
    if convention == "THIRTY_360":

        def rank(day):
            return 30 * (12 * day.year + day.month) + (30 if day.day == month_length(day) else min(day.day, 30))

        return (rank(end) - rank(start) + 1 if covered else 0), rank(last) - rank(first) + 1
    halves = 0
    for number in range(months):
        part = set(days_of(anchored(first, number, anchor_day), anchored(first, number + 1, anchor_day) - ONE_DAY))
        halves += 2 if part <= covered else 1 if part & covered else 0
    return halves, 2 * months


@SETTINGS
@given(sets_of(clipped_slices()))
def test_a_clipped_slice_is_prorated_by_its_convention(cases):
    results = evaluate(
        SPAN,
        {
            "numerator": f"{{{{ prorata_numerator{ARGUMENTS} }}}}",
            "denominator": f"{{{{ prorata_denominator{ARGUMENTS} }}}}",
            "amount": f"{{{{ prorate('amount', prorata_numerator{ARGUMENTS}, prorata_denominator{ARGUMENTS}) }}}}",
        },
        cases,
    )
    for case, row in zip(cases, results, strict=True):
        numerator, denominator = _share(*case[:-1])
        assert (row["numerator"], row["denominator"]) == (numerator, denominator), case
        assert 0 <= numerator <= denominator
        assert row["amount"] == rounded(Fraction(case[-1]) * numerator / denominator)


def test_three_hundred_and_ten_a_month_from_the_seventeenth():
    january = (date(2025, 1, 17), None, date(2025, 1, 1), date(2025, 1, 31), 1, 1, Decimal("310.00"))
    results = evaluate(
        SPAN,
        {"amount": f"{{{{ prorate('amount', prorata_numerator{ARGUMENTS}, prorata_denominator{ARGUMENTS}) }}}}"},
        [(convention, *january) for convention in ("ACTUAL", "THIRTY_360", "HALF_MONTH", "NONE")],
    )
    assert [row["amount"] for row in results] == [
        Decimal("150.00"),
        Decimal("144.67"),
        Decimal("155.00"),
        Decimal("310.00"),
    ]


def test_a_quarter_has_ninety_to_ninety_two_days():
    quarters = [date(year, month, 1) for year in (2023, 2024) for month in (1, 4, 7, 10)]
    cases = [("ACTUAL", None, None, q, anchored(q, 3, 1) - ONE_DAY, 3, 1, Decimal("1")) for q in quarters]
    results = evaluate(SPAN, {"days": f"{{{{ prorata_denominator{ARGUMENTS} }}}}"}, cases)
    assert [row["days"] for row in results] == [90, 91, 92, 92, 91, 91, 92, 92]


@st.composite
def grids(draw):
    """A grid, and a span over at most a few dozen of its periods."""
    base = draw(awkward_dates)
    by_days = draw(st.booleans())
    months = None if by_days else draw(st.sampled_from([1, 2, 3, 5, 6, 12, 24]))
    days = draw(st.sampled_from([1, 7, 30])) if by_days else None
    anchor_day = draw(st.one_of(st.none(), st.integers(1, 31)))
    month_end_days = None if by_days else draw(st.one_of(st.none(), st.integers(0, 2)))
    start = base + timedelta(days=draw(st.integers(-900, 900)))
    end = draw(st.one_of(st.none(), st.integers(-20, 500).map(lambda n: start + timedelta(days=n))))
    through = start + timedelta(days=draw(st.integers(-20, 500)))
    return base, months, days, anchor_day, month_end_days, start, end, through


def _boundary(base, months, days, anchor_day, month_end_days, step) -> date:
    if months is None:
        return base + timedelta(days=step * days)
    if month_end_days is not None:
        return anchored(base, step * months, 31) - timedelta(days=month_end_days)
    return anchored(base, step * months, anchor_day or base.day)


def _periods(base, months, days, anchor_day, month_end_days, start, end, through):
    """The periods of the span, found by trying every boundary of the years around it."""
    grid = (base, months, days, anchor_day, month_end_days)
    reach = 2600 if days else 120
    for step in range(-reach, reach):
        first, last = _boundary(*grid, step), _boundary(*grid, step + 1) - ONE_DAY
        clipped = max(first, start), min(last, end or last)
        if clipped[0] <= clipped[1] and clipped[0] <= through:
            yield (step, first, last, *clipped)


@SETTINGS
@given(sets_of(grids(), 12))
def test_the_periods_of_a_span_follow_one_another_and_come_from_the_base(cases):
    rows = query(
        GRID,
        "select case_no, step, slice_start, slice_end, period_start, period_end"
        " from {{ grid_periods('given') }} order by case_no, step",
        cases,
    )
    for number, case in enumerate(cases):
        found = [tuple(row.values())[1:] for row in rows if row["case_no"] == number]
        assert found == list(_periods(*case)), case
        for before, after in pairwise(found):
            assert before[4] + ONE_DAY == after[3], "a period must begin the day after the one before it ended"


@SETTINGS
@given(sets_of(grids(), 40))
def test_the_number_of_a_period_and_its_first_day_are_each_others_inverse(cases):
    grid = "'months', 'days', 'anchor_day', 'month_end_days'"
    results = evaluate(
        GRID,
        {
            "step": f"{{{{ grid_step('base', 'span_start', {grid}) }}}}",
            "first": f"{{{{ grid_date('base', grid_step('base', 'span_start', {grid}), {grid}) }}}}",
        },
        cases,
    )
    for case, row in zip(cases, results, strict=True):
        assert row["first"] == _boundary(*case[:5], row["step"])
        assert row["first"] <= case[5] < _boundary(*case[:5], row["step"] + 1)


@SETTINGS
@given(
    sets_of(st.tuples(awkward_dates, st.integers(0, 400), st.sampled_from(["ADVANCE", "ARREARS"]), st.integers(0, 3)))
)
def test_an_invoice_date_leads_back_to_the_boundary_it_came_from(cases):
    rows = [(start, start + timedelta(days=length), term, shift) for start, length, term, shift in cases]
    results = evaluate(
        {"first": "date", "last": "date", "term": "varchar", "shift": "integer"},
        {
            "ours": "{{ invoice_date('term', 'first', 'last') }}",
            "back": "{{ invoiced_boundary('term', invoice_date('term', 'first', 'last', 'shift'), 'shift') }}",
        },
        rows,
    )
    assert results == [
        {
            "ours": first if term == "ADVANCE" else last + ONE_DAY,
            "back": first if term == "ADVANCE" else last + ONE_DAY,
        }
        for first, last, term, _ in rows
    ]


@SETTINGS
@given(sets_of(awkward_dates))
def test_a_grid_begins_on_the_day_the_month_or_the_calendar(days):
    cases = [
        (day, alignment, length)
        for day in days
        for alignment, length in (("ANCHORED", None), ("MONTH", None), ("CALENDAR", None), ("CALENDAR", 7))
    ]
    results = evaluate(
        {"day": "date", "alignment": "varchar", "length": "integer"},
        {"base": "{{ grid_base('alignment', 'day', 'length') }}", "distance": "{{ month_end_days('day', 2) }}"},
        cases,
    )
    for (day, alignment, length), row in zip(cases, results, strict=True):
        to_month_end = month_length(day) - day.day
        assert row["distance"] == (to_month_end if to_month_end <= 2 else None)
        assert (
            row["base"]
            == {
                "ANCHORED": day,
                "MONTH": day.replace(day=1),
                "CALENDAR": day - timedelta(days=day.weekday()) if length else day.replace(month=1, day=1),
            }[alignment]
        )


@SETTINGS
@given(sets_of(st.tuples(awkward_dates, st.sampled_from([1, 3, 12]), st.integers(1, 31), st.integers(0, 400)), 30))
def test_what_is_cut_off_is_measured_by_its_grid_or_by_the_boundary_it_touches(cases):
    grid = [
        (start, months, None, anchor, None, start, start + timedelta(days=length))
        for start, months, anchor, length in cases
    ]
    rows = query(
        GRID | {"measure": "varchar"},
        "select *, {{ measured_from('measure', 'period_start', 'slice_start', 'slice_end', 'months', 'days') }} as f,"
        " {{ measured_to('measure', 'period_start', 'period_end', 'slice_start', 'slice_end', 'months', 'days') }} as t"
        " from {{ grid_periods('given') }}",
        [(*case, case[-1], measure) for case in grid for measure in ("GRID", "EDGE")],
    )
    for row in rows:
        first, last, months = row["slice_start"], row["slice_end"], row["months"]
        if row["measure"] == "EDGE" and row["period_start"] > first:
            following = last + ONE_DAY
            first = anchored(following, -months, following.day)
        elif row["measure"] == "EDGE" and row["period_end"] < last:
            last = anchored(first, months, first.day) - ONE_DAY
        assert (row["f"], row["t"]) == (first, last), row


@SETTINGS
@given(sets_of(st.tuples(awkward_dates, st.integers(0, 400), terms, st.integers(0, 3))))
def test_an_invoice_bills_through_the_end_of_its_period(cases):
    rows = [(start, start + timedelta(days=length), term, shift) for start, length, term, shift in cases]
    results = evaluate(
        {"first": "date", "last": "date", "term": "varchar", "shift": "integer"},
        {"through": "{{ invoiced_through('term', invoice_date('term', 'first', 'last', 'shift'), 'last', 'shift') }}"},
        rows,
    )
    assert [row["through"] for row in results] == [last for _, last, _, _ in rows]


def test_a_span_is_measured_in_whole_periods_and_the_days_of_the_one_it_breaks_off():
    """31 January to 28 February: one month, and one of the 31 days from 28 February to 30 March."""
    rows = query(
        GRID,
        "select {{ periods_elapsed_numerator('step', 'period_start', 'period_end', 'slice_start', 'slice_end') }} as n,"
        " {{ days_inclusive('slice_start', 'slice_end') }} as d"
        " from {{ grid_periods('given') }} qualify step = max(step) over ()",
        [(date(2023, 1, 31), 1, None, None, None, date(2023, 1, 31), date(2023, 2, 28), date(2023, 2, 28))],
    )
    assert rows == [{"n": 32, "d": 31}]


def test_a_span_inside_one_month_is_measured_by_that_month():
    results = evaluate(
        {"a": "date", "b": "date", "months": "integer"},
        {"alignment": "{{ span_alignment('a', 'b', 'months') }}"},
        [
            (date(2025, 2, 26), date(2025, 2, 28), 1),
            (date(2025, 2, 26), date(2025, 3, 1), 1),
            (date(2025, 2, 26), date(2026, 2, 26), 1),
            (date(2025, 2, 26), date(2025, 2, 28), 3),
        ],
    )
    assert [row["alignment"] for row in results] == ["MONTH", "ANCHORED", "ANCHORED", "ANCHORED"]
