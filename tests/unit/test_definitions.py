"""The Dagster graph: a snapshot of it, and what must hold whatever it grows to.

After a change that is meant: ``PREFACT_UPDATE_SNAPSHOT=1 python -m pytest tests/unit/test_definitions.py``, and read
the difference.
"""

import datetime as dt
import os
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from assets.contract import TABLES
from assets.inputs import RUN_TABLES, SOURCES, chosen_control_date
from assets.publication import RELATIONS
from assets.register import check_name
from expectations.rules import rule_specs
from orchestration.definitions import JOB, TIMEZONE, build_defs, build_site, month_partitions, scheduled_month
from orchestration.settings import FIRST_MONTH, MONTHS_AHEAD, create_workspace, load_workspace

SNAPSHOT = Path(__file__).with_name("definitions.snapshot.txt")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    root = tmp_path_factory.mktemp("workspace")
    create_workspace(root)
    return load_workspace(root)


@pytest.fixture(scope="module")
def defs(workspace):
    return build_defs(workspace)


@pytest.fixture(scope="module")
def specs(defs):
    return {spec.key: spec for spec in defs.resolve_all_asset_specs()}


def described(defs, specs):
    """The graph as text, one fact a line."""
    lines = [
        f"{key.to_user_string()} [{spec.group_name}] <- "
        + ", ".join(sorted(dep.asset_key.to_user_string() for dep in spec.deps))
        for key, spec in specs.items()
    ]
    graph = defs.resolve_asset_graph()
    lines += [f"check {key.asset_key.to_user_string()}:{key.name}" for key in graph.asset_check_keys]
    lines += [f"job {job.name}" for job in defs.jobs]
    lines += [f"schedule {schedule.name} {schedule.cron_schedule}" for schedule in defs.schedules]
    lines += [f"sensor {sensor.name}" for sensor in defs.sensors]
    job = defs.resolve_job_def(JOB)
    lines += [f"step {node.name}" for node in job.graph.node_defs]
    return "\n".join(line.rstrip() for line in sorted(lines)) + "\n"


def test_the_graph_is_the_one_of_the_snapshot(defs, specs):
    text = described(defs, specs)
    if os.environ.get("PREFACT_UPDATE_SNAPSHOT"):
        SNAPSHOT.write_text(text, encoding="utf-8")
    assert text == SNAPSHOT.read_text(encoding="utf-8"), __doc__


def test_every_table_of_the_contract_is_a_raw_asset_fed_by_one_kind_of_files(specs):
    tables = [table for source in SOURCES.values() for table in source.tables]
    assert sorted(tables) == sorted(TABLES)
    raw = {key.path[-1] for key in specs if key.path[0] == "raw"}
    assert raw == {*TABLES, *RUN_TABLES}


def ancestors(specs, key):
    found, waiting = set(), [key]
    while waiting:
        for dep in specs[waiting.pop()].deps:
            if dep.asset_key not in found:
                found.add(dep.asset_key)
                waiting.append(dep.asset_key)
    return found


def test_the_lineage_leads_from_every_published_relation_back_to_the_inbox(specs):
    for relation in RELATIONS:
        roots = {key.path[0] for key in ancestors(specs, dg.AssetKey(["published", relation]))}
        assert "inbox" in roots, relation


def test_the_register_stands_between_the_controls_and_the_lines(specs):
    line = ancestors(specs, dg.AssetKey(["marts", "prebill_line"]))
    finding = dg.AssetKey(["register", "finding"])
    assert finding in line
    assert any(key.path[0] == "controls" for key in ancestors(specs, finding))


def test_every_mart_is_published(specs):
    marts = {key.path[-1] for key in specs if key.path[0] == "marts"}
    assert marts == {source.split(".")[1] for source in RELATIONS.values() if source.startswith("marts.")}


def test_no_asset_hangs_in_the_air(specs):
    """Every dependency is an asset of the graph, and every asset in a group."""
    for key, spec in specs.items():
        assert spec.group_name not in (None, "default"), key
        for dep in spec.deps:
            assert dep.asset_key in specs, f"{key} needs {dep.asset_key}"


def test_every_rule_is_an_asset_check_with_its_title(defs):
    graph = defs.resolve_asset_graph()
    names = {key.name for key in graph.asset_check_keys}
    assert names == {check_name(rule.code) for rule in rule_specs()}


def test_the_months_are_those_the_command_accepts():
    now = dt.datetime(2026, 3, 15, tzinfo=ZoneInfo(TIMEZONE))
    months = month_partitions().get_partition_keys(current_time=now)
    assert (months[0], months[-1]) == (FIRST_MONTH, "2028-03")
    assert MONTHS_AHEAD == 24


@pytest.mark.parametrize(
    ("moment", "bills", "month"),
    [
        # Midnight in Paris is still the month before in UTC.
        (dt.datetime(2026, 3, 31, 22, 30, tzinfo=dt.UTC), "current", "2026-04"),
        (dt.datetime(2026, 3, 31, 22, 30, tzinfo=dt.UTC), "previous", "2026-03"),
        (dt.datetime(2026, 1, 1, 5, tzinfo=dt.UTC), "previous", "2025-12"),
        (dt.datetime(2026, 1, 28, 5, tzinfo=dt.UTC), "current", "2026-01"),
    ],
)
def test_a_scheduled_run_bills_the_month_of_paris(moment, bills, month):
    assert scheduled_month(moment, bills) == month


def test_the_schedule_says_which_month_it_bills_and_asks_for_it(defs):
    (schedule,) = defs.schedules
    assert schedule.cron_schedule == "0 6 1 * *"
    assert schedule.execution_timezone == TIMEZONE
    assert "facture le mois en cours" in schedule.description
    moment = dt.datetime(2026, 4, 1, 6, tzinfo=ZoneInfo(TIMEZONE))
    with dg.build_schedule_context(
        scheduled_execution_time=moment, repository_def=defs.get_repository_def()
    ) as context:
        (request,) = schedule.evaluate_tick(context).run_requests
    assert request.partition_key == "2026-04"
    assert request.tags["prefact/bills"] == "2026-04"


def test_the_control_date_of_a_launch_is_checked(workspace):
    from assets.stages import Stages

    site = build_site(workspace, Stages())
    assert chosen_control_date(site, "2026-02", "") == dt.date(2026, 2, 28)
    assert chosen_control_date(site, "2026-02", "2026-02-10") == dt.date(2026, 2, 10)
    for wrong in ("2026-03-01", "10/02/2026"):
        with pytest.raises(dg.Failure, match="expected YYYY-MM-DD in 2026-02"):
            chosen_control_date(site, "2026-02", wrong)


def test_the_ui_loads_the_workspace_of_the_environment(workspace, monkeypatch):
    from orchestration.definitions import defs as lazy

    monkeypatch.setenv("PREFACT_WORKSPACE", str(workspace.root))
    assert lazy.load_definitions() if hasattr(lazy, "load_definitions") else lazy()
