"""Runs the product on an inbox, as cheaply as it goes, and lays what came out beside what the oracle expected.

Ingestion, both dbt invocations with their invariants, and the suites: all the work of a month but Dagster around it and
the publication after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from tests.kept_parse import keep_parse
from tests.oracle.model import Configuration

LINE_COLUMNS = (
    "billing_mode",
    "client_id",
    "client_file_id",
    "fy_label",
    "mission_id",
    "service_code",
    "period_start",
    "period_end",
    "due_date",
    "origin_month",
    "quantity",
    "unit_price",
    "discount_pct",
    "amount_net",
    "vat_code",
    "vat_rate",
    "status",
    "held_by",
)
#: Key and compared columns of each relation.
RELATIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "lines": (("line_key",), LINE_COLUMNS),
    "groups": (("client_id", "client_file_id"), ("lines", "amount_net", "amount_vat", "amount_gross", "amount_held")),
    "vat_groups": (("client_id", "client_file_id", "vat_code", "vat_rate"), ("base", "vat")),
    # Two rows may share a key (a payroll feed and what a person typed), and are then counted.
    "exclusions": (("source_table", "source_key", "reason_code"), ()),
    "fates": (("source_table", "source_key", "fate", "month", "reason_code"), ()),
    "anomalies": (("code", "subject_id"), ("severity", "status")),
}
TABLES = {
    "lines": "prebill_line",
    "groups": "prebill_group",
    "vat_groups": "prebill_group_vat",
    "exclusions": "prebill_exclusion",
    "fates": "input_fate",
    "anomalies": "anomaly",
}


@dataclass(frozen=True)
class Outcome:
    """A warehouse in which one month was run."""

    warehouse: Path
    month: str

    def query(self, sql: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            found = connection.execute(sql)
            columns = [column[0] for column in found.description]
            return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]

    def relation(self, name: str) -> list[dict[str, Any]]:
        """The rows of one output relation that tell of the month."""
        return self.query(f"select * from marts.{TABLES[name]} where month = '{self.month}'")


def run_month(workspace: Path, month: str, control_date: date, configuration: Configuration) -> Outcome:
    """Reads `workspace/inbox` and calculates one month of it."""
    from assets.context import RunContext, write_run_context
    from assets.dbt import CONTROL_LAYERS, MART_LAYERS, DbtHome
    from assets.ingestion import ingest, prepare_raw
    from expectations.audit import audit

    keep_parse()
    warehouse = workspace / "warehouse.duckdb"
    report = ingest(workspace, language="en", progress=lambda _: None)
    prepare_raw(workspace, control_date, "en")
    context = RunContext(
        month=month,
        control_date=control_date,
        input_fingerprint=report.input_fingerprint,
        language="en",
        **asdict(configuration),
    )
    write_run_context(workspace, context)
    dbt = DbtHome(workspace / ".prefact" / "dbt", warehouse)
    dbt.build([f"fqn:prefact.{layer}" for layer in CONTROL_LAYERS], last=False)
    audit(warehouse, month, control_date, language="en")
    dbt.build([f"fqn:prefact.{layer}" for layer in MART_LAYERS], last=True)
    return Outcome(warehouse, month)


def differences(name: str, expected: Iterable[Any], found: Sequence[dict[str, Any]]) -> list[str]:
    """What differs between the oracle and the product in one relation, one sentence each.

    Args:
        name: of the relation.
        expected: the oracle's dataclasses.
        found: the product's rows.
    """
    key_columns, columns = RELATIONS[name]
    rows = [asdict(one) for one in expected]
    if not columns:
        wanted, had = (Counter(tuple(row[column] for column in key_columns) for row in side) for side in (rows, found))
        return sorted(
            [f"{name} {key}: missing" for key in wanted - had] + [f"{name} {key}: not expected" for key in had - wanted]
        )

    def keyed(rows: Iterable[dict[str, Any]]) -> dict[tuple, dict[str, Any]]:
        by_key: dict[tuple, dict[str, Any]] = {}
        for row in rows:
            key = tuple(row[column] for column in key_columns)
            if key in by_key:
                said.append(f"{name} {key}: twice")
            by_key[key] = row
        return by_key

    said: list[str] = []
    wanted, had = keyed(rows), keyed(found)
    said += [f"{name} {key}: missing" for key in wanted.keys() - had.keys()]
    said += [f"{name} {key}: not expected" for key in had.keys() - wanted.keys()]
    said += [
        f"{name} {key}: {column} is {had[key][column]}, expected {wanted[key][column]}"
        for key in wanted.keys() & had.keys()
        for column in columns
        if wanted[key][column] != had[key][column]
    ]
    return sorted(said)
