"""Quantities by tier and rounded minutes."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

from hypothesis import given
from hypothesis import strategies as st

from tests.property.strategies import SETTINGS, sets_of
from tests.sql.harness import evaluate

quantities = st.one_of(
    st.integers(0, 60).map(Decimal), st.decimals(Decimal("0"), Decimal("60"), places=4), st.just(Decimal("-2"))
)


@st.composite
def tier_tables(draw):
    """A quantity and the upper bounds of its tiers, the last one without end."""
    bounds = sorted(draw(st.lists(st.integers(1, 50).map(Decimal), unique=True, max_size=4)))
    return draw(quantities), bounds


def _tiers(bounds):
    """(lower, upper) of each tier; the first has no lower bound to give."""
    return list(zip([None, *bounds], [*bounds, None], strict=True))


@SETTINGS
@given(sets_of(tier_tables(), 30))
def test_tiers_share_out_the_whole_quantity_and_volume_gives_it_to_one(tables):
    cases = [
        (quantity, lower, upper, mode)
        for quantity, bounds in tables
        for mode in ("GRADUATED", "VOLUME")
        for lower, upper in _tiers(bounds)
    ]
    columns = {
        "quantity": "decimal(18, 4)",
        "lower": "decimal(18, 4)",
        "upper": "decimal(18, 4)",
        "mode": "varchar",
    }
    results = iter(evaluate(columns, {"part": "{{ tier_quantity('quantity', 'lower', 'upper', 'mode') }}"}, cases))
    for quantity, bounds in tables:
        graduated = [next(results)["part"] for _ in _tiers(bounds)]
        volume = [next(results)["part"] for _ in _tiers(bounds)]
        assert sum(graduated) == sum(volume) == quantity
        assert len([part for part in volume if part]) == (1 if quantity else 0)
        if quantity >= 0:
            for part, (lower, upper) in zip(graduated, _tiers(bounds), strict=True):
                top = quantity if upper is None else min(quantity, upper)
                assert part == max(top - (lower or 0), Decimal(0))
        if quantity > 0:
            (reached,) = [
                n
                for n, (lo, up) in enumerate(_tiers(bounds))
                if quantity > (lo or 0) and (up is None or quantity <= up)
            ]
            assert volume[reached] == quantity


def test_fifteen_payslips_graduated_and_by_volume():
    cases = [(mode, lower, upper) for mode in ("GRADUATED", "VOLUME") for lower, upper in ((0, 10), (10, None))]
    results = evaluate(
        {"mode": "varchar", "lower": "integer", "upper": "integer"},
        {
            "amount": "{{ line_amount(tier_quantity(15, 'lower', 'upper', 'mode'), "
            "'case when lower = 0 then 25 else 20 end', 'null') }}"
        },
        cases,
    )
    assert [row["amount"] for row in results] == [Decimal(a) for a in ("250.00", "100.00", "0.00", "300.00")]


@SETTINGS
@given(sets_of(st.tuples(quantities, st.one_of(st.none(), st.integers(0, 20).map(Decimal)))))
def test_free_units_are_taken_first_and_never_leave_less_than_nothing(cases):
    results = evaluate(
        {"quantity": "decimal(18, 4)", "free": "decimal(18, 4)"},
        {"left": "{{ quantity_after_free('quantity', 'free') }}"},
        cases,
    )
    assert [row["left"] for row in results] == [
        quantity if quantity < 0 else max(quantity - (free or 0), Decimal(0)) for quantity, free in cases
    ]


@SETTINGS
@given(
    sets_of(
        st.tuples(
            st.integers(0, 5000),
            st.one_of(st.none(), st.sampled_from([0, 1, 5, 6, 7, 10, 15, 30, 60])),
            st.sampled_from(["up", "down", "nearest"]),
        )
    )
)
def test_minutes_are_rounded_to_the_step(cases):
    results = evaluate(
        {"minutes": "bigint", "step": "integer", "mode": "varchar"},
        {"rounded": "{{ round_minutes('minutes', 'step', 'mode') }}"},
        cases,
    )
    for (minutes, step, mode), row in zip(cases, results, strict=True):
        if not step:
            assert row["rounded"] == minutes
            continue
        steps = Fraction(minutes, step)
        expected = {"up": -floor(-steps), "down": floor(steps), "nearest": floor(steps + Fraction(1, 2))}[mode]
        assert row["rounded"] == expected * step


def test_three_times_five_minutes_per_entry_and_per_day():
    results = evaluate(
        {"minutes": "bigint"}, {"rounded": "{{ round_minutes('minutes', 15, \"'up'\") }}"}, [(5,), (5,), (5,), (15,)]
    )
    assert [row["rounded"] for row in results] == [15, 15, 15, 15]
