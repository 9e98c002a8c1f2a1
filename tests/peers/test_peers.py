"""The cases of other billing systems, through the SQL macros of the models and, of contracts, a month of them.

PREFACT_PEER_CASES names another file of cases; without it the project's own copy is run.
"""

from __future__ import annotations

import json

import pytest

from tests.peers.adapters import ADAPTERS
from tests.peers.cases import DIFFERENCES, OWN_COPY, Case, given_cases, judge, read_cases
from tests.peers.report import PAGE, page, reasons, table

#: Families whose every case must have been compared, a few questions put in words excepted.
REQUIRED = {
    "artis_meter_grouped",
    "artis_missing_next_date",
    "artis_non_cumulative_meter",
    "artis_regularisation_period_rule",
    "bc_period_end",
    "bc_price_for_period",
    "executed_behaviour",
    "kb_advance",
    "kb_boundaries",
    "kb_cycles",
    "kb_days_fixed_month",
    "kb_items",
    "kb_proration",
    "kimai_amount_exact_seconds",
    "lago_bill_once",
    "lago_billing_days",
    "lago_boundaries",
    "lago_prorata_amount",
    "lago_prorata_coefficient",
    "meteroid_advance_period",
    "meteroid_arrear_period",
    "meteroid_elapsed_cycles",
    "meteroid_proration",
    "oca_amount",
    "oca_next_invoice_date",
    "oca_prorata_quantity",
    "oca_run_once",
    "oca_sequence",
    "oca_validation",
    "silver_cycles",
}


@pytest.fixture(scope="module")
def own_verdicts():
    return judge(read_cases(OWN_COPY), ADAPTERS)


def test_no_given_case_fails():
    verdicts = judge(given_cases(), ADAPTERS)
    print(f"\n{table(verdicts)}\n\n{reasons(verdicts, 'not applicable')}")
    assert not reasons(verdicts, "failed"), f"\n{reasons(verdicts, 'failed')}"


def test_required_families_are_compared_and_not_set_aside(own_verdicts):
    passed = {verdict.case.family for verdict in own_verdicts if verdict.status == "passed"}
    aside = {verdict.case.id for verdict in own_verdicts if verdict.status == "not applicable"}
    assert passed >= REQUIRED
    assert aside == {"bc_known_bug-003", "bc_known_bug-004", "executed_behaviour-011", "lago_prorata_amount-010"}
    assert not [verdict for verdict in own_verdicts if verdict.status == "passed" and verdict.detail]


def test_the_page_of_the_documentation_is_up_to_date(own_verdicts):
    assert PAGE.read_text(encoding="utf-8") == page(own_verdicts), "run: python -m tests.peers.report"


def test_every_reason_of_the_list_is_used(own_verdicts):
    given = {verdict.detail for verdict in own_verdicts if verdict.status == "different"}
    assert given == set(DIFFERENCES["different"].values())


def _verdict(**fields):
    case = {"id": "x-1", "family": "kb_items", "role": "conformance", "inputs": {}, "expected": {}} | fields
    (verdict,) = judge([Case(**case)], ADAPTERS)
    return verdict


def test_an_unknown_family_or_shape_is_reported_as_not_applicable():
    assert _verdict(family="nobody_knows").status == "not applicable"
    assert _verdict(inputs={"begin": "yesterday"}, expected={"items": []}).status == "not applicable"
    assert _verdict(role="quirk").status == "not applicable"


MARCH = {
    "start": "2024-03-01",
    "end_exclusive": None,
    "target": "2024-03-01",
    "anchor_day": 1,
    "period": "monthly",
    "mode": "in_advance",
}


def test_a_wrong_number_fails_and_a_field_that_nobody_knows_does_not():
    right = [["2024-03-01", "2024-04-01"]]
    assert _verdict(inputs=MARCH | {"colour": "blue"}, expected={"items": right}).status == "passed"
    assert _verdict(inputs=MARCH, expected={"items": [["2024-03-01", "2024-03-31"]]}).status == "failed"
    assert _verdict(inputs=MARCH, expected={"items": []}).status == "failed"
    assert _verdict(inputs=MARCH, expected={"items": right, "wrong_items": right}).status == "failed"


def test_the_file_named_by_the_environment_is_the_one_that_is_read(tmp_path, monkeypatch):
    other = tmp_path / "others.json"
    other.write_text(json.dumps({"cases": [{"id": "a", "family": "b", "inputs": None, "expected": {}}]}))
    monkeypatch.setenv("PREFACT_PEER_CASES", str(other))
    assert [case.id for case in given_cases()] == ["a"]
    monkeypatch.delenv("PREFACT_PEER_CASES")
    assert len(given_cases()) == len(read_cases(OWN_COPY)) > 300
