"""The words, figures and charts of the reports."""

import datetime as dt
import re
import string
from decimal import Decimal
from pathlib import Path

import pytest

from assets.reports import words
from assets.reports.changes import CAUSES
from assets.reports.charts import nice_step, share_of, stacked_columns
from assets.reports.columns import (
    ANOMALY_COLUMNS,
    ARRIVAL_COLUMNS,
    BILLING_COLUMNS,
    CHANGE_COLUMNS,
    CHANGE_PART_COLUMNS,
    HELD_COLUMNS,
    LEFT_OUT_COLUMNS,
    LINE_COLUMNS,
    REJECT_COLUMNS,
)
from assets.reports.model import MODES
from assets.reports.words import read_words

LISTS = (
    ANOMALY_COLUMNS,
    ARRIVAL_COLUMNS,
    BILLING_COLUMNS,
    CHANGE_COLUMNS,
    CHANGE_PART_COLUMNS,
    HELD_COLUMNS,
    LEFT_OUT_COLUMNS,
    LINE_COLUMNS,
    REJECT_COLUMNS,
)


def leaves(texts, before=()):
    for name, value in texts.items():
        if isinstance(value, dict):
            yield from leaves(value, (*before, name))
        else:
            yield (*before, name), value


def blanks(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_words_with_the_same_blanks():
    french, english = (dict(leaves(read_words(language).texts)) for language in ("fr", "en"))
    assert french.keys() == english.keys()
    for name, text in french.items():
        if name[0] != "formats" and isinstance(text, str):
            assert blanks(text) == blanks(english[name]), name


def test_no_word_is_left_unused():
    folder = Path(words.__file__).parent
    sources = "\n".join(
        path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.suffix in (".py", ".html")
    )
    texts = read_words("fr").texts
    unused = [name for name in texts["words"] if not re.search(rf"words\.{name}\b|[\"']{name}[\"']", sources)]
    assert unused == []
    assert [name for name in texts["counted"] if f'"{name}"' not in sources] == []


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_code_has_a_word(language):
    texts = read_words(language).texts
    assert set(MODES) == set(texts["modes"])
    assert set(CAUSES) == set(texts["causes"]) == set(texts["cause_notes"])
    for columns in LISTS:
        for column in columns:
            assert column.word in texts["words"] or column.word in CAUSES
            assert column.kind in {"text", "wrap", "date", "words"} | texts["formats"].keys() | texts.keys()
        assert len({column.name for column in columns}) == len(columns)
    # What Excel refuses in the name of a sheet.
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\'") for name in texts["sheets"].values())


def test_figures_are_written_as_each_language_does():
    french, english = read_words("fr"), read_words("en")
    assert french.money(Decimal("1234567.5")) == "1\u202f234\u202f567,50\u00a0€"
    assert english.money(Decimal("1234567.5")) == "€1,234,567.50"
    assert french.money(Decimal("-0.01")) == "\u22120,01\u00a0€"
    assert english.change(Decimal("12")) == "+€12.00"
    assert english.change(Decimal("-12")) == "\u2212€12.00"
    assert french.change(Decimal("0.00")) == "0,00\u00a0€"
    assert french.percent(Decimal("5.5000"), 4) == "5,5\u00a0%"
    assert french.percent(Decimal("20.0000"), 4) == "20\u00a0%"
    assert french.month("2026-03") == "mars 2026"
    assert english.short_month("2026-12") == "Dec 26"
    assert french.day(dt.date(2026, 3, 31)) == "31 mars 2026"
    assert french.fact("≥ 2025-07-01, 1000.50 (a-2025-07-01)") == "≥ 01/07/2025, 1\u202f000,50 (a-2025-07-01)"
    assert english.fact("≥ 2025-07-01, 1000.50") == "≥ 2025-07-01, 1,000.50"


def test_a_noun_follows_its_number():
    french, english = read_words("fr"), read_words("en")
    assert [french.counted("line", number) for number in (0, 1, 2)] == ["0 ligne", "1 ligne", "2 lignes"]
    assert [english.counted("line", number) for number in (0, 1, 2)] == ["0 lines", "1 line", "2 lines"]


def test_an_unknown_code_stands_for_itself():
    assert read_words("fr").of("reasons", "SOMETHING_NEW") == "SOMETHING_NEW"
    assert read_words("fr").of("reasons", None) == "–"


@pytest.mark.parametrize("largest", ["0", "1", "3", "7", "10", "33", "61", "100", "257321.55", "999999.99", "1000000"])
def test_a_chart_has_a_few_lines_at_round_figures(largest):
    step = nice_step(Decimal(largest))
    assert step.normalize().as_tuple().digits in ((1,), (2,), (5,))
    assert Decimal(largest) / step <= 5


def chart_of(*values):
    return stacked_columns(
        [str(number) for number in range(len(values))],
        [{"a": Decimal(first), "b": Decimal(second)} for first, second in values],
        height=200,
        tell=str,
        tell_short=str,
        titles={"a": "A", "b": "B"},
    )


def test_columns_are_stacked_in_proportion_inside_the_drawing():
    chart = chart_of(("100", "300"), ("50", "0"), ("-20", "10"))
    assert [bar.style for bar in chart.bars] == ["a", "b", "a", "b"]
    first, second, third, _ = chart.bars
    assert second.height == pytest.approx(first.height * 3, abs=Decimal("0.2"))
    assert third.height == pytest.approx(first.height / 2, abs=Decimal("0.2"))
    assert second.y + second.height == pytest.approx(first.y, abs=Decimal("0.2"))
    for bar in chart.bars:
        assert bar.x >= 0 and bar.x + bar.width <= chart.width
        assert bar.y >= 0 and bar.y + bar.height <= chart.height
    # The figure above a column is the whole truth, credits included.
    assert [label.text for label in chart.labels if label.style == "value"] == ["400", "50", "-10"]


def test_a_chart_of_nothing_is_an_empty_one():
    assert chart_of(("0", "0")).bars == ()
    assert chart_of().bars == ()


def test_the_width_of_a_bar_is_its_share():
    assert share_of(Decimal("-25"), Decimal(200)) == Decimal("12.5")
    assert share_of(Decimal(300), Decimal(200)) == 100
    assert share_of(Decimal(1), Decimal(0)) == 0
