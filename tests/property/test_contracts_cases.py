"""Every case for and against an anomaly of contracts, in one run: the product tells what the simulator tells."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from datetime import date

import pytest

from tests.oracle.contracts.examples import CLEAN, Tables, clean
from tests.oracle.contracts.model import Simulator
from tests.oracle.model import Configuration
from tests.property.month_run import run_month
from tests.property.test_contract_anomalies_oracle import CASES
from tests.property.test_contracts_random import FRAME, differences

KEYS = (
    "client_id",
    "contract_id",
    "module_id",
    "renewed_by_module_id",
    "rule_id",
    "template_id",
    "asset_id",
    "quantity_id",
)
CONTROL_DATE = date(2026, 1, 31)
OVERRIDE = {
    "contract_id": "K1",
    "control_date": str(CONTROL_DATE),
    "option": "NO_ACCUMULATION_CHECK",
    "reason": "Twelve fees counted by hand",
    "author": "anne",
}
#: A second rule like the first, and a decision of the contract that is one of both.
TWO_TRUE_UPS = clean(
    ("billing_rule", "add", CLEAN["billing_rule"][0] | {"rule_id": "R2"}),
    ("rule_quantity", "add", {"rule_id": "R2", "quantity_id": "Q1"}),
    *(("flat_fee_history", "add", row | {"rule_id": "R2"}) for row in CLEAN["flat_fee_history"][1:]),
    ("run_override", "add", OVERRIDE),
)


def of_case(number: int, tables: Tables) -> Tables:
    """The tables with keys of their own."""
    found: Tables = {}
    for table, rows in tables.items():
        found[table] = [
            {
                column: f"P{number:03d}{value}" if value and column in KEYS else str(value)
                for column, value in row.items()
            }
            for row in rows
        ]
        for row in found[table]:
            if row.get("formula"):
                row["formula"] = re.sub(r"\bQ\w", lambda name: f"P{number:03d}{name[0]}", row["formula"])
    return found


@pytest.fixture(scope="module")
def compared(tmp_path_factory) -> list[str]:
    together: Tables = defaultdict(list)
    for number, tables in enumerate([*(clean(*changes) for changes, _ in CASES.values()), TWO_TRUE_UPS]):
        for table, rows in of_case(number, tables).items():
            together[table] += rows
    together |= FRAME
    root = tmp_path_factory.mktemp("cases")
    (root / "inbox").mkdir()
    for table, rows in together.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (root / "inbox" / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
    draft = Simulator({table: rows for table, rows in together.items() if table != "vat_rate"}).run("2026-01")
    return differences(draft, run_month(root, "2026-01", CONTROL_DATE, Configuration()))


@pytest.mark.parametrize("number", range(len(CASES)), ids=list(CASES))
def test_the_product_and_the_simulator_tell_the_same_of_a_case(compared, number):
    assert [sentence for sentence in compared if f"P{number:03d}" in sentence] == []


def test_an_override_may_decide_of_two_true_ups_of_a_contract(compared):
    assert [sentence for sentence in compared if f"P{len(CASES):03d}" in sentence] == []
