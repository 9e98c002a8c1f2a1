"""The register of the demonstration's month against the list of its generator, which knows nothing of the rules."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assets.demo.firm import COLUMNS
from assets.demo.generator import DemoManifest, build, generate
from tests.oracle.arithmetic import last_day
from tests.oracle.model import Configuration
from tests.property.month_run import Outcome, run_month


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> tuple[DemoManifest, Outcome]:
    """The demo at its ordinary size, its month run once."""
    workspace = tmp_path_factory.mktemp("demo")
    manifest = generate(workspace)
    return manifest, run_month(workspace, manifest.month, last_day(manifest.month), Configuration())


@pytest.fixture(scope="module")
def register(demo) -> dict[tuple[str, str], str]:
    """(code, subject_id) → severity."""
    return {(row["code"], row["subject_id"]): row["severity"] for row in demo[1].relation("anomalies")}


def test_every_planted_anomaly_is_found_with_its_severity(demo, register):
    planted = {(one.code, one.subject_id): one.severity for one in demo[0].planted}
    assert {key: register.get(key) for key in planted} == planted


def test_no_near_miss_is_taken_for_an_anomaly(demo, register):
    assert [near for near in demo[0].near_misses if tuple(near) in register] == []


def test_nothing_else_is_found(demo, register):
    planted = {(one.code, one.subject_id) for one in demo[0].planted}
    assert {key: severity for key, severity in register.items() if key not in planted} == {}


def test_no_row_of_the_demo_is_rejected(demo):
    assert demo[1].query("select * from marts.rejected_row") == []


def test_declared_counts_are_those_the_portfolio_knows(demo):
    """Through the parser, with what was replaced, divided or sent as a test."""
    manifest, outcome = demo
    built = build(2026, 300, manifest.month)
    rows = (dict(zip(COLUMNS["payroll_metric"], row, strict=True)) for row in built.firm.rows["payroll_metric"])
    known = {
        (row["siret"], row["month"], row["metric_code"], int(Decimal(row["quantity"])), True)
        for row in rows
        if row["siret"] in built.portfolio.declaring and not row["manual"]
    }
    told = outcome.query(
        "select siret, month, metric_code, quantity::int as quantity, complete from raw.payroll_metric "
        "where _file like 'payroll/%' and coalesce(method, 'PER_PAYMENT') = 'PER_PAYMENT' "
        "and (metric_code = 'PAYSLIPS' or (metric_code = 'NEW_HIRES' and quantity > 0))"
    )
    assert {tuple(row.values()) for row in told} == known and len(known) > 100


def test_a_waiver_accepts_until_it_expires(demo):
    statuses = [row["status"] for row in demo[1].relation("anomalies") if row["code"] == "FI-06"]
    assert statuses.count("ACCEPTED") == 1 < statuses.count("OPEN")


def test_every_way_of_billing_has_lines_ready_and_held(demo):
    found = {(row["billing_mode"], row["status"]) for row in demo[1].relation("lines")}
    assert found == {(mode, status) for mode in ("FLAT", "UNIT", "TIME", "ADHOC") for status in ("READY", "HELD")}
