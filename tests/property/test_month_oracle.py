"""The oracle against what was worked by hand: whoever judges the product is judged first."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tests.oracle.arithmetic import anchored, proration, split
from tests.oracle.month import expected_month
from tests.oracle.reading import read_inbox, read_rows

GOLDEN = Path(__file__).resolve().parents[1] / "fixtures" / "golden_month"


def _rows(found, columns) -> list[dict]:
    return [{column: asdict(one)[column] for column in columns} for one in found]


@pytest.mark.parametrize("month", ["2025-01", "2025-02"])
@pytest.mark.parametrize("relation", ["lines", "groups", "vat_groups", "exclusions", "anomalies"])
def test_the_oracle_finds_the_golden_month(month, relation):
    wanted = read_rows(GOLDEN / "expected" / f"{relation}_{month}.csv")
    for row in wanted:
        row.pop("worked", None)
    tables, letters = read_inbox(GOLDEN / "inbox")
    found = getattr(expected_month(tables, letters, month), relation)
    assert _rows(found, wanted[0]) == wanted


def test_a_total_is_split_without_losing_a_cent():
    thousand = Decimal("1000.00")
    assert split(thousand, 12, "LAST") == [Decimal("83.33")] * 11 + [Decimal("83.37")]
    assert split(thousand, 12, "SPREAD") == [Decimal("83.33"), Decimal("83.34"), Decimal("83.33")] * 4
    assert split(Decimal("200.00"), 3, "LAST") == [Decimal("66.67"), Decimal("66.67"), Decimal("66.66")]


def test_month_ends_come_from_the_anchor_and_are_never_chained():
    start = date(2025, 1, 31)
    assert [anchored(start, count) for count in range(4)] == [
        date(2025, 1, 31),
        date(2025, 2, 28),
        date(2025, 3, 31),
        date(2025, 4, 30),
    ]
    assert anchored(start, -11) == date(2024, 2, 29)


def test_a_cut_month_is_prorated_by_each_convention():
    january = (date(2025, 1, 1), date(2025, 1, 31))
    cut = (date(2025, 1, 17), date(2025, 1, 31))
    shares = {method: proration(method, january, cut, 1) for method in ("ACTUAL", "THIRTY_360", "HALF_MONTH", "NONE")}
    assert shares == {
        "ACTUAL": Fraction(15, 31),
        "THIRTY_360": Fraction(14, 30),
        "HALF_MONTH": Fraction(1, 2),
        "NONE": Fraction(1),
    }
