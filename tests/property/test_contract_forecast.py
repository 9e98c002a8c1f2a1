"""Flat fees to come, foretold from one run: what the simulator finds due when nobody runs a month until then."""

from __future__ import annotations

from datetime import date

import pytest

from tests.oracle.model import Configuration
from tests.property.month_run import run_month
from tests.property.test_contracts_random import FIRST_MONTH, Firm

NOW, LATER = date(2024, 2, 29), date(2025, 5, 31)


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> tuple[dict, dict, set[str]]:
    """Fees foretold and fees found due, key → (due date, amount), and the rules whose module is asked about."""
    firm = Firm(tmp_path_factory.mktemp("foretold"), range(80), 20)
    firm.deliver([life.deliveries(NOW) for life in firm.lives])
    outcome = run_month(firm.root, FIRST_MONTH, NOW, Configuration())
    plan = outcome.query(
        f"select * from intermediate.int_contract_plan where invoice_date > '{NOW}' and invoice_date <= '{LATER}'"
    )
    late = firm.simulator.run(f"{LATER:%Y-%m}", LATER)
    asked = {one.subject_id for one in late.anomalies if one.code in ("AN-03", "AN-04")}
    rules = {
        rule["rule_id"] for life in firm.lives for rule in life.tables["billing_rule"] if rule["module_id"] in asked
    }
    fees = [item for state in late.states.values() for item in state.items if item.is_fee and item.due_date > NOW]
    return (
        {row["line_key"]: (row["invoice_date"], row["amount"]) for row in plan},
        {item.key: (item.due_date, item.amount) for item in fees},
        rules,
    )


def test_what_is_foretold_falls_due_on_its_day_at_its_amount(told):
    plan, due, _ = told
    assert {key: due.get(key) for key in plan} == plan
    assert len(plan) > 150


def test_only_what_a_module_does_not_cover_falls_due_unforetold(told):
    plan, due, asked = told
    assert {key.split("|")[1] for key in due.keys() - plan.keys()} <= asked
