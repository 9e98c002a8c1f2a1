"""The tiny firm of `fixtures/golden_month`, a month of it on DuckDB and on Spark: the same bytes are published."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import duckdb
import pytest

from assets.publication import RELATIONS

pytest.importorskip("pyspark", reason="the engine spark is not installed (requirements-spark.lock)")
pytest.importorskip("dbt.adapters.spark", reason="the engine spark is not installed (requirements-spark.lock)")

GOLDEN = Path(__file__).resolve().parents[1] / "fixtures" / "golden_month"
MONTH = "2025-02"
#: A few rows in a process that lives a minute: less compiling, fewer tasks.
ENGINE = """
engine = "spark"
[spark]
master = "local[2]"
[spark.options]
"spark.driver.extraJavaOptions" = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m"
"spark.sql.adaptive.enabled" = "false"
"spark.sql.codegen.factoryMode" = "NO_CODEGEN"
"spark.sql.codegen.wholeStage" = "false"
"spark.sql.shuffle.partitions" = "1"
"""


def run(root: Path, configuration: str) -> Path:
    from orchestration.month import run_months
    from orchestration.settings import load_workspace

    shutil.copytree(GOLDEN / "inbox", root / "inbox")
    (root / "prefact.toml").write_text(configuration, encoding="utf-8")
    run_months(load_workspace(root), [MONTH], None, lambda *_: None, lambda _: None)
    return root


@pytest.fixture(scope="module")
def workspaces(tmp_path_factory) -> tuple[Path, Path]:
    return run(tmp_path_factory.mktemp("duckdb"), ""), run(tmp_path_factory.mktemp("spark"), ENGINE)


@pytest.mark.parametrize("relation", RELATIONS)
def test_the_published_files_are_the_same_bytes(workspaces, relation):
    ours, theirs = (
        hashlib.sha256((root / "published" / MONTH / f"{relation}.parquet").read_bytes()).hexdigest()
        for root in workspaces
    )
    assert ours == theirs


def test_the_suites_judged_the_same_cases(workspaces):
    results = []
    for root in workspaces:
        with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True) as connection:
            results.append(connection.execute("select * from register.check_result order by all").fetchall())
    assert len(results[0]) > 50
    assert results[0] == results[1]


def test_the_warehouse_goes_on_with_either_engine(workspaces):
    """A month on DuckDB in the workspace that Spark wrote, beside the month of Spark."""
    from orchestration.month import run_months
    from orchestration.settings import load_workspace

    _, root = workspaces
    (root / "prefact.toml").write_text("", encoding="utf-8")
    run_months(load_workspace(root), ["2025-03"], None, lambda *_: None, lambda _: None)
    with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True) as connection:
        months = connection.execute("select month from marts.month_state order by month").fetchall()
    assert months == [(MONTH,), ("2025-03",)]
