"""When what the warehouse holds computed still stands, and when it is computed anew."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from assets import standing
from assets.dbt import DbtHome
from assets.standing import COMPUTED_FROM, Standing

MANIFEST = {
    "sources": {
        "source.price": {"schema": "raw", "name": "price"},
        "source.closed": {"schema": "ledger", "name": "closed"},
        "source.finding": {"schema": "register", "name": "finding"},
        "source.never": {"schema": "raw", "name": "never_delivered"},
    },
    "nodes": {
        "model.line": {"schema": "marts", "name": "line", "resource_type": "model"},
        "test.line": {"schema": "audit", "name": "not_null_line", "resource_type": "test"},
    },
}


@pytest.fixture
def home(tmp_path) -> DbtHome:
    project = tmp_path / "project"
    project.mkdir()
    (project / "line.sql").write_text("select 1")
    change(
        tmp_path / "warehouse.duckdb",
        "create schema raw; create schema ledger; create schema register; create schema staging; create schema marts;"
        "create table raw.price (code varchar, price decimal(18, 2), valid_to date);"
        "insert into raw.price values ('A', 1.5, null), ('B', 2, '2026-01-31');"
        "create table ledger.closed (month varchar);"
        "create table register.finding (code varchar);"
        "create table marts.line as from raw.price",
    )
    return DbtHome(tmp_path / "state", tmp_path / "warehouse.duckdb", project)


def change(warehouse: Path, sql: str) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(sql)


def stands(home: DbtHome, run_id: str = "later") -> bool:
    """Whether a process that knows nothing but the warehouse computes nothing."""
    judging = Standing(DbtHome(home.state, home.warehouse, home.project), MANIFEST)
    judging.judge(run_id)
    return judging.holds(run_id)


@pytest.fixture
def computed(home) -> DbtHome:
    first = Standing(home, MANIFEST)
    first.judge("first")
    assert not first.holds("first")
    first.forget()
    first.note("first")
    return home


def test_what_was_computed_stands_while_nothing_changes(computed):
    assert stands(computed)
    assert stands(computed)


@pytest.mark.parametrize(
    "sql",
    [
        "update raw.price set price = 1.51 where code = 'A'",
        "update raw.price set valid_to = '2026-01-31' where code = 'A'",
        "update raw.price set valid_to = null",
        "insert into raw.price values ('A', 1.5, null), ('A', 1.5, null)",
        "delete from raw.price where code = 'B'",
        "insert into ledger.closed values ('2026-01')",
        "alter table raw.price rename column valid_to to valid_from",
        "alter table raw.price alter price type decimal(18, 3)",
        "create table raw.never_delivered (code varchar)",
        "drop table marts.line",
        "drop table staging.computed_from",
    ],
)
def test_whatever_the_models_read_or_made_counts(computed, sql):
    change(computed.warehouse, sql)
    assert not stands(computed)


@pytest.mark.parametrize(
    "sql",
    [
        "insert into register.finding values ('FI-01')",
        "create or replace table raw.price as from raw.price order by code desc",
    ],
)
def test_what_the_run_fills_itself_and_the_order_of_rows_do_not_count(computed, sql):
    change(computed.warehouse, sql)
    assert stands(computed)


def test_rows_that_change_tables_count(computed):
    change(computed.warehouse, "create table raw.never_delivered as from raw.price; delete from raw.price")
    assert not stands(computed)


def test_another_model_counts(computed):
    (computed.project / "line.sql").write_text("select 2")
    assert not stands(computed)


def test_another_engine_counts(computed, monkeypatch):
    monkeypatch.setattr(DbtHome, "target", "elsewhere")
    assert not stands(computed)


def test_another_rule_counts(computed, monkeypatch, tmp_path):
    monkeypatch.setattr(standing, "RULES_DIR", tmp_path / "project")
    assert not stands(computed)


def test_nothing_stands_while_something_is_built(computed):
    Standing(computed, MANIFEST).forget()
    assert not stands(computed)


def test_a_run_that_built_only_the_end_notes_nothing(home):
    Standing(home, MANIFEST).note("only the marts")
    with duckdb.connect(str(home.warehouse)) as connection, pytest.raises(duckdb.CatalogException):
        connection.execute(f"from {COMPUTED_FROM}")


def test_what_holds_for_a_run_holds_for_no_other(computed):
    judging = Standing(computed, MANIFEST)
    judging.judge("this")
    assert judging.holds("this")
    assert not judging.holds("that")
