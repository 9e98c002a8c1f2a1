"""Runs the dbt unit tests that stand in the YAML beside the models, each of them as a test of its own.

dbt needs every relation to exist to know its types, so one month of a firm that delivered nothing is run first. Nothing
about the models is expected here: what they should give is written beside them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from tests.oracle.model import Configuration
from tests.property.month_run import run_month

MODELS = Path(__file__).resolve().parents[2] / "dbt_project" / "models"


def _unit_tests() -> list[str]:
    """Every unit test as `model::name`."""
    files = (yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) for path in sorted(MODELS.rglob("*.yml")))
    return [f"{test['model']}::{test['name']}" for content in files for test in content.get("unit_tests", [])]


@pytest.fixture(scope="module")
def messages(tmp_path_factory) -> dict[str, str]:
    """What dbt says of each unit test; empty when it passes."""
    from dbt.cli.main import dbtRunner

    from assets.dbt import DbtHome

    workspace = tmp_path_factory.mktemp("empty_firm")
    (workspace / "inbox").mkdir()
    warehouse = run_month(workspace, "2026-03", date(2026, 3, 31), Configuration()).warehouse
    home = DbtHome(workspace / ".prefact" / "dbt", warehouse)
    with home.environment():
        outcome = dbtRunner().invoke(home.arguments("test", "--select", "test_type:unit"))
    assert outcome.result is not None, outcome.exception
    return {
        # unit_test.prefact.<model>.<name>
        "::".join(result.node.unique_id.split(".")[-2:]): "" if result.status == "pass" else str(result.message)
        for result in outcome.result.results
    }


@pytest.mark.parametrize("name", _unit_tests(), ids=str)
def test_a_model_gives_what_its_unit_test_expects(name, messages):
    assert name in messages, "dbt did not run it"
    assert messages[name] == "", messages[name]
