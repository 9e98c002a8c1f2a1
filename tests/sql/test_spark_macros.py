"""The macros on Spark give what they give on DuckDB: drawn cases for arithmetic, every character for texts."""

from __future__ import annotations

import duckdb
import pytest

from assets.site import Cluster
from tests.sql.harness import compile_sql

pytest.importorskip("pyspark", reason="the engine spark is not installed (requirements-spark.lock)")

CASES = 4000
#: As drawn by a congruence: the same on every machine, and on both engines.
GIVEN = f"""
    select
        n,
        (date '1999-01-01' + draw(1, 12000)) as d,
        (date '1999-01-01' + draw(2, 12000)) as e,
        1 + draw(3, 31) as day,
        draw(4, 61) - 30 as months,
        1 + draw(5, 12) as period_months,
        ((draw(6, 2000001) - 1000000) * 0.01)::decimal(18, 2) as amount,
        (draw(7, 4000001) * 0.0001 - 200)::decimal(18, 4) as quantity,
        (draw(8, 9000001) * 0.000001)::decimal(18, 6) as price,
        case when draw(9, 3) > 0 then (draw(10, 1000001) * 0.0001)::decimal(9, 4) end as pct,
        case when draw(11, 5) > 0 then draw(12, 10) || ['', ' a', '-b', 'é|'][1 + draw(13, 4)] end as text,
        ['ADVANCE', 'ARREARS'][1 + draw(14, 2)] as term,
        ['ACTUAL', 'THIRTY_360', 'HALF_MONTH', 'NONE'][1 + draw(15, 4)] as proration,
        ['LAST', 'FIRST', 'SPREAD'][1 + draw(16, 3)] as rounding,
    from range({CASES}) as range(n)
"""
DRAW = """
    create macro draw(salt, below) as
        (((((n + 1) * 2654435761 + salt * 2246822519) % 4294967296) >> 7) % below)::integer
"""
EXPRESSIONS = {
    "add_months": "{{ add_months('d', 'months') }}",
    "add_days": "{{ add_days('d', 'months') }}",
    "days_between": "{{ days_between('d', 'e') }}",
    "week": "{{ first_day_of_week('d') }}",
    "year": "{{ first_day_of_year('d') }}",
    "month": "{{ month_key('d') }}",
    "anchored": "{{ anchored_date('d', 'months', 'day') }}",
    "since": "{{ months_since('d', 'e', 'day') }}",
    "fixed": "{{ days_30_360('d', 'e') }}",
    "step": "{{ grid_step('d', 'e', 'period_months', 'null', 'day', 'null') }}",
    "step_of_days": "{{ grid_step('d', 'e', 'cast(null as integer)', 'period_months', 'day', 'null') }}",
    "invoice": "{{ invoice_date('term', 'd', 'e') }}",
    "numerator": "{{ prorata_numerator('proration', 'd', 'e', 'd', 'greatest(d, e)', 'period_months', 'day') }}",
    "line": "{{ line_amount('quantity', 'price', 'pct') }}",
    "prorated": "{{ prorate('amount', 'months', 'period_months') }}",
    "split": "{{ split_amount('amount', 'period_months', '1', 'rounding') }}",
    "indexed": "{{ indexed_amount('amount', 'price + 1', 'price + 2', 'null', 'pct', 'null') }}",
    "minutes": "{{ minutes_amount('n', 'price') }}",
    "hours": "{{ minutes_to_hours('n') }}",
    "vat": "{{ vat_amount('amount', 'coalesce(pct, 20)') }}",
    "rounded": "{{ round_money('quantity') }}",
    "floor": "{{ floor_divide('months', 'period_months') }}",
    "fingerprint": "{{ fingerprint(['n', 'd', 'amount', 'price', 'pct', 'text', 'term = rounding']) }}",
    "cell": "coalesce(text, '')",
    "begins": "{{ begins_with('text', \"'1'\") }}",
    "matches": "{{ matches('text', '^[0-9]( a)?$') }}",
    "extracted": "{{ extract_match('text', '^([0-9])-', 1) }}",
    "formula": "{{ set_apart_minus('text') }}",
    "words": "{{ plain_words('text') }}",
}


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    from assets.spark import open_session

    folder = tmp_path_factory.mktemp("spark")
    session = open_session(Cluster("local[1]", folder), folder, folder / "spark.log")
    yield session
    session.stop()


def both(spark, folder, given: str, expressions: dict[str, str]) -> tuple[list[tuple], list[tuple]]:
    """The rows of expressions over a relation, as texts, on DuckDB and on Spark."""
    with duckdb.connect() as connection:
        connection.execute(DRAW)
        connection.execute(f"create table given as {given}")
        connection.execute(f"copy given to '{folder / 'given.parquet'}'")
        spark.read.parquet(str(folder / "given.parquet")).createOrReplaceTempView("given")
        sides = []
        for engine in ("duckdb", "spark"):
            text = "{{ text_type() }}"
            columns = ", ".join(f"cast({template} as {text}) as {name}" for name, template in expressions.items())
            query = compile_sql(f"select n, {columns} from given order by n", engine)
            if engine == "duckdb":
                sides.append(connection.execute(query).fetchall())
            else:
                sides.append([tuple(row) for row in spark.sql(query).collect()])
    return sides[0], sides[1]


def test_arithmetic_dates_and_fingerprints_are_the_same(spark, tmp_path):
    names = ("n", *EXPRESSIONS)
    ours, theirs = both(spark, tmp_path, GIVEN, EXPRESSIONS)
    assert len(ours) == CASES
    differences = [
        (mine[0], name, mine[place], other[place])
        for mine, other in zip(ours, theirs, strict=True)
        for place, name in enumerate(names)
        if mine[place] != other[place]
    ]
    assert differences == []


def test_every_character_is_a_plain_word_or_none_alike(spark, tmp_path):
    every = "select n, 'x' || chr(n::integer) || 'x' as text from range(1, 65536) as range(n) where n // 2048 <> 27"
    ours, theirs = both(spark, tmp_path, every, {"words": EXPRESSIONS["words"]})
    # Java 17 does not know what Unicode 14 and later added.
    unknown = {row.n for row in spark.sql("select n from given where regexp_like(text, '\\p{Cn}')").collect()}
    differences = [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1] and pair[0][0] not in unknown]
    assert differences == []
