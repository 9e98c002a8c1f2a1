"""Calendar macros against the standard calendar."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.property.strategies import SETTINGS, anchored, awkward_dates, dates, days_of, month_length, sets_of
from tests.sql.harness import evaluate


@SETTINGS
@given(sets_of(st.tuples(awkward_dates, st.integers(-40, 120), st.integers(1, 31))))
def test_an_anchored_date_falls_on_the_anchor_day_or_the_last_day_of_a_shorter_month(cases):
    results = evaluate(
        {"base": "date", "months": "integer", "anchor_day": "integer"},
        {"result": "{{ anchored_date('base', 'months', 'anchor_day') }}"},
        cases,
    )
    assert [row["result"] for row in results] == [anchored(*case) for case in cases]


def test_month_ends_come_from_the_anchor_and_are_never_chained():
    results = evaluate(
        {"base": "date", "months": "integer"},
        {"result": "{{ anchored_date('base', 'months', 31) }}"},
        [(date(2025, 1, 31), step) for step in range(4)] + [(date(2024, 1, 31), 1)],
    )
    assert [row["result"] for row in results] == [
        date(2025, 1, 31),
        date(2025, 2, 28),
        date(2025, 3, 31),
        date(2025, 4, 30),
        date(2024, 2, 29),
    ]


@SETTINGS
@given(sets_of(awkward_dates))
def test_the_plain_calendar_macros_agree_with_the_standard_calendar(days):
    results = evaluate(
        {"day": "date"},
        {
            "key": "{{ month_key('day') }}",
            "first": "{{ month_start(month_key('day')) }}",
            "last": "{{ month_end_of('day') }}",
            "following": "{{ next_day('day') }}",
            "preceding": "{{ previous_day('day') }}",
            "monday": "{{ first_day_of_week('day') }}",
            "new_year": "{{ first_day_of_year('day') }}",
        },
        [(day,) for day in days],
    )
    assert results == [
        {
            "key": day.isoformat()[:7],
            "first": day.replace(day=1),
            "last": day.replace(day=month_length(day)),
            "following": day + timedelta(days=1),
            "preceding": day - timedelta(days=1),
            "monday": day - timedelta(days=day.weekday()),
            "new_year": day.replace(month=1, day=1),
        }
        for day in days
    ]


@SETTINGS
@given(sets_of(st.tuples(dates, st.integers(-3, 800)), 40))
def test_inclusive_days_count_both_ends(spans):
    results = evaluate(
        {"a": "date", "b": "date"},
        {"days": "{{ days_inclusive('a', 'b') }}"},
        [(start, start + timedelta(days=length)) for start, length in spans],
    )
    assert [row["days"] for row in results] == [length + 1 for _, length in spans]


def _rank_30_360(day: date) -> int:
    """Days of 30-day months up to `day`: the last day of a month is its 30th, and no day comes after the 30th."""
    within = 30 if day.day == month_length(day) else min(day.day, 30)
    return 30 * (12 * day.year + day.month) + within


@SETTINGS
@given(sets_of(st.tuples(awkward_dates, awkward_dates)))
def test_days_of_thirty_day_months_end_every_month_on_the_thirtieth(spans):
    spans = [(min(span), max(span)) for span in spans]
    results = evaluate({"a": "date", "b": "date"}, {"days": "{{ days_30_360('a', 'b') }}"}, spans)
    assert [row["days"] for row in results] == [_rank_30_360(b) - _rank_30_360(a) + 1 for a, b in spans]


def test_every_whole_month_has_thirty_days():
    months = [date(year, month, 1) for year in (2023, 2024) for month in range(1, 13)]
    results = evaluate(
        {"a": "date"},
        {
            "whole": "{{ days_30_360('a', last_day_of_month('a')) }}",
            "to_the_thirtieth": "{{ days_30_360('a', 'least(a + 29, last_day(a))') }}",
            "half": "{{ days_30_360('a', 'a + 14') }}",
            "second_half": "{{ days_30_360('a + 15', last_day_of_month('a')) }}",
        },
        [(month,) for month in months],
    )
    assert all(row == {"whole": 30, "to_the_thirtieth": 30, "half": 15, "second_half": 15} for row in results)


@SETTINGS
@given(sets_of(st.tuples(awkward_dates, awkward_dates, st.integers(1, 31)), 40))
def test_whole_months_since_a_base_are_the_number_of_the_anchored_period_that_holds_the_date(cases):
    results = evaluate(
        {"base": "date", "day": "date", "anchor_day": "integer"},
        {
            "months": "{{ months_since('base', 'day', 'anchor_day') }}",
            "apart": "{{ months_between_months('base', 'day') }}",
        },
        cases,
    )
    for (base, day, anchor_day), row in zip(cases, results, strict=True):
        assert anchored(base, row["months"], anchor_day) <= day < anchored(base, row["months"] + 1, anchor_day)
        assert row["apart"] == (day.year - base.year) * 12 + day.month - base.month


def test_days_of_a_span_are_those_a_calendar_shows():
    start, end = date(2024, 2, 27), date(2024, 3, 2)
    (row,) = evaluate({"a": "date", "b": "date"}, {"days": "{{ days_inclusive('a', 'b') }}"}, [(start, end)])
    assert row["days"] == len(list(days_of(start, end))) == 5
