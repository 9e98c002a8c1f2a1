"""What of `engine = "spark"` needs no Spark: what a person is told when it is not there, what DuckDB takes over."""

from __future__ import annotations

import re
import socket
import sys

import duckdb
import pytest

from assets.site import Cluster
from assets.spark import READ_BY_COMMANDS, Run, SparkHome, SparkStopped, require_answer
from orchestration.errors import PrefactError
from orchestration.month import explained, run_months
from orchestration.settings import load_workspace
from orchestration.texts import LANGUAGES
from tests.sql.harness import MACROS


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "prefact.toml").write_text('engine = "spark"\n[spark]\nmaster = "local[1]"\n')
    return load_workspace(tmp_path)


def test_without_the_extra_the_way_out_is_told(workspace, monkeypatch):
    monkeypatch.setitem(sys.modules, "dbt.adapters.spark", None)
    with pytest.raises(PrefactError) as caught:
        run_months(workspace, ["2026-03"], None, lambda *_: None, lambda _: None)
    for language in LANGUAGES:
        message = caught.value.text(language)
        assert "requirements-spark.lock" in message
        assert 'engine = "duckdb"' in message


def test_a_master_that_does_not_listen_is_named(workspace):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        master = f"spark://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(SparkStopped) as caught:
            require_answer(master)
    for language in LANGUAGES:
        assert master in explained(caught.value, workspace, "2026-03").text(language)


def test_one_of_several_masters_is_enough():
    with socket.create_server(("127.0.0.1", 0)) as server:
        require_answer(f"spark://127.0.0.1:1,127.0.0.1:{server.getsockname()[1]}")


def test_what_commands_read_of_the_calculation_is_copied_into_the_warehouse():
    folder = MACROS.parents[1] / "orchestration"
    texts = " ".join(path.read_text(encoding="utf-8") for path in folder.glob("*.sql"))
    read = {
        (schema, path.stem)
        for schema in ("staging", "intermediate", "controls", "audited")
        for path in (MACROS.parent / "models" / schema).rglob("*.sql")
        if re.search(rf"\b{schema}\.{path.stem}\b", texts)
    }
    assert read == set(READ_BY_COMMANDS)


class Home(SparkHome):
    """Two marts, one of them by month."""

    def manifest(self):
        def mart(name, materialized):
            columns = {"month": {"name": "month", "data_type": "varchar"}, "n": {"name": "n", "data_type": "bigint"}}
            config = {"materialized": materialized}
            return {"resource_type": "model", "schema": "marts", "name": name, "columns": columns, "config": config}

        return {"nodes": {"a": mart("by_month", "incremental"), "b": mart("anew", "table")}, "sources": {}}


@pytest.fixture
def computed(tmp_path):
    """A warehouse with two months, and a run of the second as Spark leaves it."""
    home = Home(tmp_path / "state", tmp_path / "warehouse.duckdb", cluster=Cluster("local[1]", tmp_path / "shared"))
    run = Run(tmp_path / "shared" / "run-2026-03", "2026-03", session=None)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create schema marts")
        for name in ("by_month", "anew"):
            connection.execute(f"create table marts.{name} (month varchar, n bigint)")
            connection.execute(f"insert into marts.{name} values ('2026-02', 1), ('2026-03', 2)")
        for schema, name in (("marts", "by_month"), ("marts", "anew"), *READ_BY_COMMANDS):
            (run.folder / schema / name).mkdir(parents=True)
            file = run.folder / schema / name / "part-0.parquet"
            connection.execute(f"copy (select '2026-03' as month, 5::bigint as n) to '{file}'")
    return home, run


def marts(home):
    with duckdb.connect(str(home.warehouse)) as connection:
        return [
            connection.execute(f"select * from marts.{name} order by all").fetchall() for name in ("by_month", "anew")
        ]


def test_the_month_takes_the_place_of_what_the_marts_had_of_it(computed):
    home, run = computed
    home._take_over(run)
    assert marts(home) == [[("2026-02", 1), ("2026-03", 5)], [("2026-03", 5)]]
    with duckdb.connect(str(home.warehouse)) as connection:
        assert connection.execute("select n from staging.stg_ledger_item").fetchall() == [(5,)]


@pytest.mark.parametrize("missing", [("marts", "anew"), ("staging", "stg_ledger_item")])
def test_a_month_that_cannot_be_taken_over_whole_leaves_the_marts_as_they_were(computed, missing):
    home, run = computed
    before = marts(home)
    (run.folder.joinpath(*missing) / "part-0.parquet").unlink()
    with pytest.raises(duckdb.Error):
        home._take_over(run)
    assert marts(home) == before


def test_folders_of_other_runs_are_swept_but_the_one_that_is_shown(computed):
    home, _ = computed
    runs = [home._runs_folder / f"run-2026-0{number}" for number in (1, 2, 3)]
    for folder in runs:
        (folder / "marts").mkdir(parents=True)
    home._sweep(runs[1])
    assert sorted(home._runs_folder.iterdir()) == [runs[1]]


def test_a_month_is_computed_whole(computed):
    home, run = computed
    assert home.can_build(whole=True, last=False)
    assert not home.can_build(whole=False, last=False)
    assert not home.can_build(whole=True, last=True)
    home.runs.append(run)
    assert home.can_build(whole=True, last=True)
