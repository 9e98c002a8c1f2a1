"""Functions that only one engine knows stay in `compat.sql`."""

from __future__ import annotations

import re

import pytest

from tests.sql.harness import MACROS, compile_sql

#: Written differently, or meaning something else, from one engine to the next.
ENGINE_SPECIFIC = re.compile(
    r"\b(strftime|date_trunc|date_diff|datediff|date_add|last_day|to_months|to_days|interval|generate_series|unnest"
    r"|explode|sequence|hugeint|string_agg|string_split|starts_with|startswith|strip_accents|list_\w+|regexp_\w+)\b|::|//",
    re.IGNORECASE,
)
ENGINES = ("duckdb", "spark")
COMMENTS = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)


OTHERS = [path for path in sorted(MACROS.glob("*.sql")) if path.stem != "compat"]


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_a_macro_uses_what_every_engine_has(path):
    assert _found(path) == []


def test_the_search_finds_what_it_looks_for():
    assert len(_found(MACROS / "compat.sql")) > 10


def test_each_engine_has_its_side_of_what_one_of_them_has():
    sides = re.findall(r"macro (duckdb|spark)__(\w+)\(([^)]*)\)", (MACROS / "compat.sql").read_text(encoding="utf-8"))
    by_engine = {engine: {(name, arguments) for side, name, arguments in sides if side == engine} for engine in ENGINES}
    assert len(by_engine["duckdb"]) > 10
    assert by_engine["duckdb"] == by_engine["spark"]


@pytest.mark.parametrize(
    ("query", "for_spark"),
    [
        ("select a, from t", "select a from t"),
        ("select a,\n    b, -- why\nfrom t", "select a,\n    b -- why\nfrom t"),
        ("select a, (select b, from t), c", "select a, (select b from t), c"),
        ("select 1, union all select 2,", "select 1 union all select 2"),
        ("(select 1, )", "(select 1 )"),
        ("select a, from_date, ', from', f(a, b) from t", "select a, from_date, ', from', f(a, b) from t"),
    ],
)
def test_spark_reads_no_comma_after_the_last_column(query, for_spark):
    text = "{{ query_text(" + repr(query) + ") }}"
    assert compile_sql(text, "spark") == for_spark
    assert compile_sql(text) == query


def _found(path):
    text = COMMENTS.sub("", path.read_text(encoding="utf-8"))
    return [line.strip() for line in text.splitlines() if ENGINE_SPECIFIC.search(line)]
