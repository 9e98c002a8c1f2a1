"""Numbers, dates, months and booleans are read exactly or refused, checked against oracles written another way."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Context, Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.contract import DECIMALS, WHOLE_DIGITS, Column
from assets.normalise import CELL_ERROR, MAX_TEXT, parse_cells

SPACES = " \u00a0\u202f\u2009"


def parse(column: Column, cells: list[str | None]) -> list[tuple[object, str | None]]:
    return parse_cells(column, pl.Series(cells, dtype=pl.String)).rows()


def value(type_: str, cell: str, **more: object) -> object:
    """The value read, or the reason code as a string in angle brackets."""
    ((result, code),) = parse(Column("x", type_, **more), [cell])
    return result if code is None else f"<{code}>"


def number_oracle(text: str) -> Decimal | None:
    """What a person reads: digits in threes, one decimal mark; None when in doubt."""
    for space in SPACES:
        text = text.replace(space, "_")
    negative = text.startswith("-")
    text = text[1:] if text[:1] in ("+", "-") else text
    if not text or not set(text) <= set("0123456789._,"):
        return None
    marks = [character for character in text if character in ".,"]
    if "_" in text:
        group, decimal = "_", marks[0] if marks else None
        if len(marks) > 1:
            return None
    elif len(marks) < 2:
        group, decimal = None, marks[0] if marks else None
    elif len(set(marks)) == 1:
        group, decimal = marks[0], None
    elif len(set(marks[:-1])) == 1 and marks[-1] != marks[0]:
        group, decimal = marks[0], marks[-1]
    else:
        return None
    whole, mark, fraction = text.partition(decimal) if decimal else (text, "", "")
    if mark and not fraction.isdigit():
        return None
    groups = whole.split(group) if group else [whole]
    if not all(part.isdigit() for part in groups):
        return None
    if len(groups) > 1 and (len(groups[0]) > 3 or any(len(part) != 3 for part in groups[1:])):
        return None
    return Decimal(f"{'-' if negative else ''}{''.join(groups)}.{fraction or 0}")


messy_numbers = st.text(alphabet="0012345,.  -+e\u00a0\u202f", min_size=1, max_size=14)
grouped = st.builds(
    lambda sign, head, groups, space, mark, fraction: (
        sign + str(head) + "".join(f"{space}{group:03d}" for group in groups) + (mark + fraction if fraction else "")
    ),
    st.sampled_from(["", "-", "+"]),
    st.integers(0, 9999),
    st.lists(st.integers(0, 999), max_size=6),
    st.sampled_from([*SPACES, ".", ",", ""]),
    st.sampled_from([".", ","]),
    st.text(alphabet="0123456789", max_size=8),
)


@settings(max_examples=60, deadline=None)
@given(cells=st.lists(messy_numbers | grouped, min_size=1, max_size=40), type_=st.sampled_from(sorted(DECIMALS)))
def test_decimals_agree_with_the_oracle_and_are_never_rounded(cells, type_):
    scale = DECIMALS[type_][1]
    cells = [cell.strip() for cell in cells if cell.strip()]
    for cell, (result, code) in zip(cells, parse(Column("x", type_), cells), strict=True):
        exact = number_oracle(cell)
        if exact is None:
            assert (result, code) == (None, "number"), cell
        elif exact != exact.quantize(Decimal(1).scaleb(-scale), context=Context(prec=80)):
            assert (result, code) == (None, "decimals"), cell
        elif abs(exact) >= Decimal(10) ** WHOLE_DIGITS[type_]:
            assert (result, code) == (None, "digits"), cell
        else:
            assert (result, code) == (exact, None), cell


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-(10**14), 10**14) | st.integers(-(10**17), 10**17), min_size=1, max_size=40))
def test_every_amount_survives_the_way_in_to_the_cent(cents):
    amounts = [Decimal(cent).scaleb(-2) for cent in cents]
    shown = [f"{amount:.2f}".replace(".", ",") for amount in amounts]
    expected = [(amount, None) if abs(amount) < 10**12 else (None, "digits") for amount in amounts]
    assert parse(Column("x", "money"), shown) == expected


@settings(max_examples=40, deadline=None)
@given(st.lists(messy_numbers | st.integers().map(str), min_size=1, max_size=40))
def test_integers_agree_with_the_oracle(cells):
    cells = [cell.strip() for cell in cells if cell.strip()]
    for cell, (result, code) in zip(cells, parse(Column("x", "integer"), cells), strict=True):
        exact = number_oracle(cell)
        if exact is None:
            assert code == "number", cell
        elif exact != int(exact):
            assert code == "integer", cell
        else:
            assert (result, code) == ((int(exact), None) if abs(exact) < 10**9 else (None, "digits")), cell


dates = st.tuples(st.integers(1850, 2110) | st.just(9999), st.integers(0, 13), st.integers(0, 32))


@settings(max_examples=60, deadline=None)
@given(st.lists(dates, min_size=1, max_size=60))
def test_dates_exist_or_are_refused(parts):
    expected = []
    for year, month, day in parts:
        try:
            expected.append((date(year, month, day), None) if year >= 1900 else (None, "date"))
        except ValueError:
            expected.append((None, "date"))
    column = Column("x", "date")
    assert parse(column, [f"{y:04d}-{m:02d}-{d:02d}" for y, m, d in parts]) == expected
    assert parse(column, [f"{d:02d}/{m:02d}/{y:04d}" for y, m, d in parts]) == expected
    assert parse(column, [f"{y:04d}-{m:02d}-{d:02d} 00:00:00" for y, m, d in parts]) == expected


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1850, 2110), st.integers(0, 14)), min_size=1, max_size=60))
def test_months_exist_or_are_refused(parts):
    cells = [f"{year:04d}-{month:02d}" for year, month in parts]
    expected = [
        (cell, None) if 1 <= month <= 12 and year >= 1900 else (None, "month")
        for cell, (year, month) in zip(cells, parts, strict=True)
    ]
    assert parse(Column("x", "month"), cells) == expected


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["true", "oui", "1", "false", "non", "0", "vrai", "2", "o", "nan"]), min_size=1))
def test_booleans_in_any_case(words):
    meaning = {"true": True, "oui": True, "1": True, "false": False, "non": False, "0": False}
    expected = [(meaning.get(word), None if word in meaning else "boolean") for word in words]
    for change in (str.lower, str.upper, str.title):
        assert parse(Column("x", "boolean"), [change(word) for word in words]) == expected


@pytest.mark.parametrize(
    ("cell", "result"),
    [
        ("1.234,56", Decimal("1234.56")),
        ("1,234.56", Decimal("1234.56")),
        ("1.234.567", Decimal("1234567.00")),
        ("1.234", "<decimals>"),
        ("1,234", "<decimals>"),
        ("1.23,456", "<number>"),
        ("1 234,5", Decimal("1234.50")),
        ("12 34", "<number>"),
        ("12.500", Decimal("12.50")),
        ("-0", Decimal("0.00")),
        ("NaN", "<number>"),
        ("inf", "<number>"),
        ("1e400", "<number>"),
        ("1e3", "<number>"),
        ("0x10", "<number>"),
        ("１２", "<number>"),
        ("٣", "<number>"),
        ("1\u066b5", "<number>"),
        ("12 €", "<number>"),
        ("--1", "<number>"),
        ("1_000", "<number>"),
        ("9" * 12, Decimal("9" * 12)),
        ("9" * 13, "<digits>"),
        ("(12,50)", "<number>"),
        ("9" * 5000, "<digits>"),
        (CELL_ERROR, "<cell_error>"),
    ],
)
def test_money_as_people_and_programs_write_it(cell, result):
    assert value("money", cell) == result


def test_bounds_are_part_of_the_contract():
    assert value("percent", "100", minimum="0", maximum="100") == Decimal(100)
    assert value("percent", "100.0001", minimum="0", maximum="100") == "<maximum>"
    assert value("percent", "-0.0001", minimum="0", maximum="100") == "<minimum>"
    assert value("integer", "0", minimum="1") == "<minimum>"
    assert value("integer", "15,0") == 15


@pytest.mark.parametrize(
    ("cell", "result"),
    [
        ("2026-03-01 14:05:06", datetime(2026, 3, 1, 14, 5, 6)),
        ("2026-03-01T14:05Z", datetime(2026, 3, 1, 14, 5)),
        ("01/03/2026 14:05", datetime(2026, 3, 1, 14, 5)),
        ("2026-03-01", datetime(2026, 3, 1)),
        ("2026-02-30 10:00", "<timestamp>"),
        ("2026-03-01 24:01", "<timestamp>"),
        ("2026-03-01T14:05+02:00", "<timestamp>"),
    ],
)
def test_timestamps(cell, result):
    assert value("timestamp", cell) == result


@pytest.mark.parametrize(
    "cell", ["2026-02-31", "31/02/2026", "2026-3-1", "1/3/2026", "2026-03-01 08:00", "46000", "२०२६-०३-०१"]
)
def test_dates_nobody_should_guess_are_refused(cell):
    assert value("date", cell) == "<date>"


def test_a_month_typed_in_a_spreadsheet_arrives_as_its_first_day():
    assert value("month", "2026-03-01 00:00:00") == "2026-03"
    assert value("month", "01/03/2026") == "2026-03"
    assert value("month", "2026-03-02") == "<month>"


def test_words_are_taken_in_any_case_and_kept_in_the_contract_s():
    assert value("choice", "advance", choices=("ADVANCE", "ARREARS")) == "ADVANCE"
    assert value("choice", "UP", choices=("up", "down")) == "up"
    assert value("choice", "later", choices=("ADVANCE", "ARREARS")) == "<choice>"


def test_sirets_are_fourteen_digits_however_they_are_spaced():
    assert value("siret", "732 829 320\u00a000074") == "73282932000074"
    assert value("siret", "1.23457E+13") == "<siret>"
    assert value("sirets", "73282932000074 | 73282932000082") == "73282932000074|73282932000082"
    assert value("sirets", "73282932000074;73282932000082") == "<sirets>"


def test_text_is_kept_as_it_is_within_limits():
    assert value("text", 'É "quoted" | piped\nsecond line') == 'É "quoted" | piped\nsecond line'
    assert value("text", "a\x00b") == "<control_character>"
    assert value("text", "x" * MAX_TEXT) == "x" * MAX_TEXT
    assert value("text", "x" * (MAX_TEXT + 1)) == "<too_long>"


def test_a_blank_cell_is_null_whatever_its_type():
    for type_ in ("text", "money", "date", "month", "boolean", "integer", "siret", "timestamp"):
        assert parse(Column("x", type_), [None]) == [(None, None)]
