"""What the peers' cases ask of service contracts: small parks, billed together in one month of the product.

The lines and anomalies of each park come out of the whole calculation, since meters, modules and anomalies are models
and not macros.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import defaultdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from tests.contracts.park import FRAME, write
from tests.oracle.model import Configuration

Park = dict[str, list[dict[str, str]]]
#: Columns that name a row of a park, given names of their own in the month they share.
KEYS = frozenset({"client_id", "contract_id", "module_id", "rule_id", "template_id", "asset_id", "quantity_id"})
#: What stands before the names of a park, with its number.
OWNER = re.compile(r"P(\d+)\.")
#: A contract of one rule for a park to change.
RULE = {"rule_id": "R1", "module_id": "M1", "service_code": "COPY", "anchor_day": "1"}


def contract(start: str, rules: list[dict[str, str]], counters: list[dict[str, str]], readings: list[dict]) -> Park:
    """A contract from `start` on, with its rules, their counters (`asset`, `quantity`, `rule`) and what they showed."""
    assets = dict.fromkeys(counter["asset_id"] for counter in counters)
    of_quantity = ("quantity_id", "asset_id", "cumulative", "formula")
    return {
        "client": FRAME["client"],
        "service_contract": [{"contract_id": "K1", "client_id": "C1", "start_date": start}],
        "contract_module": [{"module_id": "M1", "contract_id": "K1", "valid_from": start}],
        "billing_rule": [{**RULE, "period_start": start, **rule} for rule in rules],
        "asset": [{"asset_id": name, "contract_id": "K1", "installed_on": start} for name in assets],
        "quantity": [{"kind": "TECHNICAL", **{name: row.get(name, "") for name in of_quantity}} for row in counters],
        "rule_quantity": [{"rule_id": row.get("rule_id", "R1"), "quantity_id": row["quantity_id"]} for row in counters],
        "meter_reading": readings,
    }


def billed(parks: list[tuple[date, Park]]) -> list[list[dict[str, Any]]]:
    """Per park, the lines and anomalies of the month of its control date, with the park's own names."""
    return _billed(json.dumps([[day.isoformat(), park] for day, park in parks]))


@cache
def _billed(asked: str) -> list[list[dict[str, Any]]]:
    from tests.property.month_run import run_month

    parks = json.loads(asked)
    found: list[list[dict[str, Any]]] = [[] for _ in parks]
    for day in sorted({day for day, _ in parks}):
        together: Park = defaultdict(list)
        for number, (asked_on, park) in enumerate(parks):
            for table, rows in park.items() if asked_on == day else ():
                together[table] += [_named(row, f"P{number}.") for row in rows]
        together |= {name: list(FRAME[name]) for name in ("service", "vat_rate")}
        with tempfile.TemporaryDirectory() as folder:
            root = write(Path(folder), together)
            outcome = run_month(root, day[:7], date.fromisoformat(day), Configuration())
            for relation, name in (("lines", "line_key"), ("anomalies", "subject_id")):
                for row in outcome.relation(relation):
                    if owner := OWNER.search(row[name]):
                        own = {column: _unnamed(value, owner[0]) for column, value in row.items()}
                        found[int(owner[1])].append({"relation": relation, **own})
    return found


def _named(row: dict[str, str], prefix: str) -> dict[str, str]:
    return {column: f"{prefix}{value}" if column in KEYS and value else value for column, value in row.items()}


def _unnamed(value: Any, prefix: str) -> Any:
    return value.replace(prefix, "") if isinstance(value, str) else value
