"""The register of the demonstration's month against the list of its generator, which knows nothing of the rules."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assets.demo.firm import COLUMNS
from assets.demo.generator import DemoManifest, build, generate
from tests.oracle.arithmetic import last_day
from tests.oracle.model import Configuration
from tests.property.month_run import Outcome, run_month

MODES = ("FLAT", "UNIT", "TIME", "ADHOC", "CONTRACT_FLAT", "TRUE_UP", "CONSUMED")


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


def test_what_is_only_a_symptom_names_its_cause(demo):
    """Of every contract anomaly: none where the generator tells none."""
    told = {(one.code, one.subject_id): one.cause_code for one in demo[0].planted if one.code.startswith("AN-")}
    found = {
        (row["code"], row["subject_id"]): row["cause_code"] or ""
        for row in demo[1].relation("anomalies")
        if row["code"].startswith("AN-")
    }
    assert found == told
    assert {("AN-16", "AN-15"), ("AN-16", ""), ("AN-17", "AN-18"), ("AN-17", "")} <= {
        (code, cause) for (code, _), cause in told.items()
    }


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


def test_the_park_is_clean_but_for_the_planted_contracts(demo):
    """Some hundred contracts bill, most of them without a word."""
    contracts = demo[1].query("select contract_id from raw.service_contract")
    named = {row["contract_id"] for row in demo[1].relation("anomalies") if row["contract_id"]}
    assert len(contracts) > 300 and len(named) < len(contracts) // 4


@pytest.mark.parametrize("code", ["FI-06", "AN-27"])
def test_a_waiver_accepts_what_it_names_alone(demo, code):
    statuses = [row["status"] for row in demo[1].relation("anomalies") if row["code"] == code]
    assert statuses.count("ACCEPTED") == 1 <= statuses.count("OPEN")


@pytest.mark.parametrize("code", ["AN-16", "AN-17"])
def test_an_override_lifts_the_check_of_its_contract_alone(demo, code):
    lifted = {row["contract_id"] for row in demo[1].query("select contract_id from raw.run_override")}
    statuses = {row["contract_id"]: row["status"] for row in demo[1].relation("anomalies") if row["code"] == code}
    assert {contract for contract, status in statuses.items() if status == "ACCEPTED"} == lifted & set(statuses)
    assert lifted & set(statuses) and set(statuses) - lifted


def test_every_way_of_billing_has_lines_ready_and_held(demo):
    found = {(row["billing_mode"], row["status"]) for row in demo[1].relation("lines")}
    assert found == {(mode, status) for mode in MODES for status in ("READY", "HELD")}
