"""Every case for and against an anomaly of contracts, in one run: the product tells what the simulator tells."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from datetime import date

import pytest

from tests.oracle.contracts.examples import Tables, clean
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
    for number, (changes, _) in enumerate(CASES.values()):
        for table, rows in of_case(number, clean(*changes)).items():
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
