"""Money macros against exact fractions, rounded once by the definition."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.strategies import SETTINGS, amounts, money, rounded, sets_of, small_money
from tests.sql.harness import evaluate

NEXT_TO_THE_LIMIT = Decimal("9999999999999999.99")

quantities = st.one_of(
    st.decimals(Decimal("-99999.9999"), Decimal("99999.9999"), places=4), st.integers(-40, 40).map(Decimal)
)
unit_prices = st.one_of(
    st.decimals(Decimal("0"), Decimal("99999.999999"), places=6), st.decimals(Decimal("0"), Decimal("99.99"), places=2)
)
percents = st.decimals(Decimal("0"), Decimal("100"), places=4)


def _one(columns, template, cases):
    return [row["result"] for row in evaluate(columns, {"result": template}, cases)]


@SETTINGS
@given(sets_of(st.tuples(amounts, st.integers(-400, 400), st.integers(1, 400))))
def test_a_prorated_amount_is_the_exact_fraction_rounded_once_half_away_from_zero(cases):
    results = _one(
        {"amount": "decimal(18, 2)", "numerator": "bigint", "denominator": "bigint"},
        "{{ prorate('amount', 'numerator', 'denominator') }}",
        cases,
    )
    assert results == [rounded(Fraction(amount) * n / d) for amount, n, d in cases]


def test_every_amount_up_to_a_euro_by_every_day_of_every_month_length_is_exact():
    """The doubles that DECIMAL division would use miss thousands of these: 0.98 × 1/28 is exactly 0.035."""
    cases = [
        (Decimal(cents).scaleb(-2), day, length)
        for length in (28, 29, 30, 31)
        for day in range(1, length + 1, 3)
        for cents in range(-101, 102)
    ]
    results = _one(
        {"amount": "decimal(18, 2)", "n": "bigint", "d": "bigint"}, "{{ prorate('amount', 'n', 'd') }}", cases
    )
    assert results == [rounded(Fraction(amount) * n / d) for amount, n, d in cases]
    assert _one({"a": "decimal(18, 2)"}, "{{ prorate('a', 1, 28) }}", [(Decimal("0.98"),), (Decimal("-0.98"),)]) == [
        Decimal("0.04"),
        Decimal("-0.04"),
    ]


@SETTINGS
@given(sets_of(st.tuples(money, st.integers(1, 400)), 20), st.integers(2, 9))
def test_ratios_and_unit_prices_keep_the_decimals_asked_for(cases, scale):
    results = evaluate(
        {"amount": "decimal(18, 2)", "d": "bigint"},
        {
            "ratio": f"{{{{ ratio('d - 7', 'd', {scale}) }}}}",
            "price": f"{{{{ prorate('amount', 7, 'd', scale={scale}) }}}}",
        },
        cases,
    )
    assert results == [
        {
            "ratio": rounded(Fraction(d - 7, d), scale),
            "price": rounded(Fraction(amount) * 7 / d, scale),
        }
        for amount, d in cases
    ]


@SETTINGS
@given(sets_of(st.tuples(quantities, unit_prices, st.one_of(st.none(), percents))))
def test_a_line_is_quantity_by_price_less_discount_rounded_once(cases):
    results = _one(
        {"quantity": "decimal(18, 4)", "unit_price": "decimal(18, 6)", "discount_pct": "decimal(9, 4)"},
        "{{ line_amount('quantity', 'unit_price', 'discount_pct') }}",
        cases,
    )
    assert results == [rounded(Fraction(q) * Fraction(p) * (1 - Fraction(d or 0) / 100)) for q, p, d in cases]


def test_a_line_is_exact_up_to_the_largest_amount_and_an_error_beyond():
    columns = {"quantity": "decimal(18, 4)", "unit_price": "decimal(18, 6)", "discount_pct": "decimal(9, 4)"}
    template = "{{ line_amount('quantity', 'unit_price', 'discount_pct') }}"
    cases = [
        (Decimal("99999999999999.9999"), Decimal("99.999999"), None),
        (Decimal("99999999999999.9999"), Decimal("999999999999.999999"), Decimal("100")),
        (Decimal("99999999999999.9999"), Decimal("99999999.999999"), Decimal("99.9999")),
        (Decimal("-99999999999999.9999"), Decimal("99.999999"), Decimal("0.0001")),
        (Decimal("0.0001"), Decimal("0.000001"), None),
    ]
    assert _one(columns, template, cases) == [
        rounded(Fraction(q) * Fraction(p) * (1 - Fraction(d or 0) / 100)) for q, p, d in cases
    ]
    with pytest.raises(duckdb.Error):
        _one(columns, template, [(Decimal("99999999999999.9999"), Decimal("999"), None)])


@SETTINGS
@given(sets_of(st.tuples(st.integers(0, 60_000), unit_prices)))
def test_time_is_billed_from_its_minutes_and_not_from_rounded_hours(cases):
    results = evaluate(
        {"minutes": "bigint", "hourly_price": "decimal(18, 6)"},
        {
            "amount": "{{ minutes_amount('minutes', 'hourly_price') }}",
            "hours": "{{ minutes_to_hours('minutes') }}",
            "seconds": "{{ duration_amount('minutes', 3600, 'hourly_price', scale=4) }}",
        },
        cases,
    )
    assert results == [
        {
            "amount": rounded(Fraction(price) * minutes / 60),
            "hours": rounded(Fraction(minutes, 60), 4),
            "seconds": rounded(Fraction(price) * minutes / 3600, 4),
        }
        for minutes, price in cases
    ]


def test_an_hour_and_a_half_at_ninety_is_one_hundred_and_thirty_five():
    assert _one({"minutes": "bigint"}, "{{ minutes_amount('minutes', \"'90.00'\") }}", [(90,)]) == [Decimal("135.00")]


def _split(total: Decimal, n: int, rounding: str) -> list[Decimal]:
    template = "{{ split_amount('total', 'n', 'i', 'rounding') }}"
    columns = {"total": "decimal(18, 2)", "n": "integer", "i": "integer", "rounding": "varchar"}
    return _one(columns, template, [(total, n, i, rounding) for i in range(1, n + 1)])


@SETTINGS
@given(st.lists(st.tuples(amounts, st.integers(1, 40)), min_size=12, max_size=12))
def test_the_shares_of_a_split_add_up_to_the_total_whatever_the_policy(totals):
    cases = [
        (total, n, i, rounding)
        for total, n in totals
        for rounding in ("LAST", "FIRST", "SPREAD")
        for i in range(1, n + 1)
    ]
    columns = {"total": "decimal(18, 2)", "n": "integer", "i": "integer", "rounding": "varchar"}
    results = iter(_one(columns, "{{ split_amount('total', 'n', 'i', 'rounding') }}", cases))
    for total, n in totals:
        last, first, spread = ([next(results) for _ in range(n)] for _ in range(3))
        equal = rounded(Fraction(total) / n)
        assert sum(last) == sum(first) == sum(spread) == total
        assert last[:-1] == first[1:] == [equal] * (n - 1)
        assert spread == [
            rounded(Fraction(total) * i / n) - rounded(Fraction(total) * (i - 1) / n) for i in range(1, n + 1)
        ]
        assert max(spread) - min(spread) <= Decimal("0.01")


def test_splits_worked_by_hand():
    assert _split(Decimal("1000.00"), 12, "LAST") == [Decimal("83.33")] * 11 + [Decimal("83.37")]
    assert _split(Decimal("1000.00"), 12, "FIRST") == [Decimal("83.37")] + [Decimal("83.33")] * 11
    assert _split(Decimal("1000.00"), 12, "SPREAD") == [Decimal("83.33"), Decimal("83.34"), Decimal("83.33")] * 4
    assert _split(Decimal("200.00"), 3, "LAST") == [Decimal("66.67"), Decimal("66.67"), Decimal("66.66")]
    assert _split(Decimal("1100.00"), 8, "LAST") == [Decimal("137.50")] * 8


indices = st.decimals(Decimal("50"), Decimal("400"), places=1)


@SETTINGS
@given(
    sets_of(
        st.tuples(
            amounts,
            indices,
            indices,
            st.one_of(st.none(), st.decimals(Decimal("0.5"), Decimal("2"), places=5)),
            st.one_of(st.none(), st.decimals(Decimal("0"), Decimal("5"), places=2)),
            st.one_of(st.none(), st.decimals(Decimal("-5"), Decimal("0"), places=2)),
        )
    )
)
def test_an_indexed_amount_follows_the_index_inside_its_bounds_and_is_rounded_once(cases):
    results = _one(
        {
            "amount": "decimal(18, 2)",
            "new": "decimal(18, 4)",
            "base": "decimal(18, 4)",
            "link": "decimal(18, 6)",
            "cap": "decimal(9, 4)",
            "floor": "decimal(9, 4)",
        },
        "{{ indexed_amount('amount', 'new', 'base', 'link', 'cap', 'floor') }}",
        cases,
    )
    for (amount, new, base, link, cap, floor), result in zip(cases, results, strict=True):
        change = Fraction(new) / (Fraction(base) * Fraction(link if link is not None else 1)) - 1
        if cap is not None:
            change = min(change, Fraction(cap) / 100)
        if floor is not None:
            change = max(change, Fraction(floor) / 100)
        assert result == rounded(Fraction(amount) * (1 + change))


def test_the_syntec_index_and_its_broken_series():
    columns = {"amount": "decimal(18, 2)", "new": "decimal(18, 4)", "base": "decimal(18, 4)", "link": "decimal(18, 6)"}
    template = "{{ indexed_amount('amount', 'new', 'base', 'link', 'null', 'null') }}"
    cases = [
        (Decimal("1000.00"), Decimal("314.5"), Decimal("306.0"), None),
        # 286.4 of the old series stands for 280.6 of the revised one: 286.4 × 0.97975 = 280.6004.
        (Decimal("1000.00"), Decimal("314.5"), Decimal("286.4"), Decimal("0.97975")),
    ]
    assert _one(columns, template, cases) == [Decimal("1027.78"), Decimal("1120.81")]


@SETTINGS
@given(sets_of(st.tuples(amounts, st.decimals(Decimal("0"), Decimal("30"), places=2))))
def test_vat_is_taken_once_on_the_sum_of_the_net_amounts(cases):
    results = _one({"net": "decimal(18, 2)", "rate": "decimal(9, 4)"}, "{{ vat_amount('net', 'rate') }}", cases)
    assert results == [rounded(Fraction(net) * Fraction(rate) / 100) for net, rate in cases]


def test_two_lines_of_one_twenty_four_bear_twenty_five_cents_of_vat():
    assert _one({"net": "decimal(18, 2)"}, "{{ vat_amount('net', 10) }}", [(Decimal("2.48"),)]) == [Decimal("0.25")]


@SETTINGS
@given(sets_of(st.tuples(small_money, st.integers(0, 10**6))))
def test_an_exact_decimal_is_rounded_half_away_from_zero(cases):
    values = [whole + Decimal(millionths).scaleb(-6) for whole, millionths in cases]
    results = _one({"x": "decimal(18, 6)"}, "{{ round_money('x') }}", [(value,) for value in values])
    assert results == [rounded(Fraction(value)) for value in values]


def test_the_largest_amount_survives_every_macro_that_leaves_it_alone():
    (row,) = evaluate(
        {"a": "decimal(18, 2)"},
        {
            "prorated": "{{ prorate('a', 366, 366) }}",
            "split": "{{ split_amount('a', 1, 1, \"'LAST'\") }}",
            "rounded": "{{ round_money('a') }}",
            "vat": "{{ vat_amount('a', 100) }}",
        },
        [(NEXT_TO_THE_LIMIT,)],
    )
    assert set(row.values()) == {NEXT_TO_THE_LIMIT}
