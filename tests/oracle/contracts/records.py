"""The contract tables as typed rows, and how corrections are laid over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

#: Key columns of each table.
KEYS: dict[str, tuple[str, ...]] = {
    "client": ("client_id",),
    "service": ("service_code",),
    "service_contract": ("contract_id",),
    "contract_module": ("module_id",),
    "rule_template": ("template_id",),
    "billing_rule": ("rule_id",),
    "rule_change": ("rule_id", "field", "effective_from"),
    "asset": ("asset_id",),
    "quantity": ("quantity_id",),
    "rule_quantity": ("rule_id", "quantity_id"),
    "meter_reading": ("quantity_id", "reading_date", "origin"),
    "flat_fee_history": ("rule_id", "period_start"),
    "run_override": ("contract_id", "control_date", "option"),
    "waiver": ("code", "subject_id", "valid_from"),
    "correction": ("correction_id",),
}
#: What each reference must find; rows that find nothing are rejected.
REFERENCES: dict[str, tuple[tuple[str, str], ...]] = {
    "service_contract": (("client_id", "client"),),
    "contract_module": (("contract_id", "service_contract"),),
    "billing_rule": (("module_id", "contract_module"),),
    "rule_change": (("rule_id", "billing_rule"),),
    "asset": (("contract_id", "service_contract"),),
    "quantity": (("asset_id", "asset"),),
    "rule_quantity": (("rule_id", "billing_rule"), ("quantity_id", "quantity")),
    "meter_reading": (("quantity_id", "quantity"),),
    "flat_fee_history": (("rule_id", "billing_rule"),),
}
DATES = {
    "migrated_at",
    "last_saved_at",
    "start_date",
    "end_date",
    "valid_from",
    "valid_to",
    "period_start",
    "period_end",
    "last_invoice_date",
    "next_invoice_date",
    "true_up_period_start",
    "last_true_up_date",
    "next_true_up_date",
    "effective_from",
    "installed_on",
    "removed_on",
    "created_on",
    "retired_on",
    "reading_date",
    "regularised_on",
    "control_date",
}
NUMBERS = {
    "billing_threshold",
    "amount",
    "unit_price",
    "included_units",
    "accumulated_units",
    "offered_units",
    "value",
}
INTEGERS = {
    "free_months",
    "period_months",
    "true_up_months",
    "anchor_day",
    "true_up_day",
    "estimate_lookback_days",
}
FLAGS = {
    "no_estimate",
    "migrated",
    "manually_edited",
    "refund_unused",
    "net_assets",
    "prorate_first",
    "prorate_last",
    "workaround_offered",
    "cumulative",
    "below_threshold",
}
#: What an empty cell stands for, where that is not «unknown».
DEFAULTS: dict[tuple[str, str], Any] = {
    ("service_contract", "status"): "ACTIVE",
    ("billing_rule", "status"): "ACTIVE",
    ("billing_rule", "reading_mode"): "ACTUAL",
    ("billing_rule", "estimate_lookback_days"): 20,
    ("billing_rule", "net_assets"): True,
    ("contract_module", "renewal"): "EXPRESS",
    ("quantity", "cumulative"): True,
}
#: Fields of a rule that validated lines move.
MOVED_DATES = (
    "next_invoice_date",
    "last_invoice_date",
    "next_true_up_date",
    "last_true_up_date",
    "true_up_period_start",
)
MOVED = (*MOVED_DATES, "accumulated_units", "offered_units")


class Row(dict):
    """A row whose columns read as attributes; a column that was never delivered is empty."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name)


def typed(table: str, column: str, text: str | None) -> Any:
    """The value of a cell."""
    text = (text or "").strip()
    if not text:
        return DEFAULTS.get((table, column), False if column in FLAGS else None)
    if column in DATES and table != "correction":
        return date.fromisoformat(text[:10])
    if column in NUMBERS:
        return Decimal(text)
    if column in INTEGERS:
        return int(text)
    if column in FLAGS:
        return text.lower() in ("true", "1", "oui")
    return text


def key_of(table: str, cells: Mapping[str, str | None]) -> str:
    return "|".join((cells.get(column) or "") for column in KEYS[table])


def typed_row(table: str, cells: Mapping[str, str | None]) -> Row:
    row = Row({column: typed(table, column, text) for column, text in cells.items()})
    for (of_table, column), value in DEFAULTS.items():
        if of_table == table:
            row.setdefault(column, value)
    return row


class Inbox:
    """Everything delivered so far, the latest delivery winning for its key."""

    def __init__(self) -> None:
        self.cells: dict[str, dict[str, dict[str, str]]] = {table: {} for table in KEYS}

    def deliver(self, tables: Mapping[str, Iterable[Mapping[str, str]]]) -> None:
        for table, rows in tables.items():
            for row in rows:
                self.cells[table][key_of(table, row)] = {name: text or "" for name, text in row.items()}

    def seen_on(self, control_date: date) -> View:
        """The tables of a run: corrections in force laid over what was delivered, dangling rows gone."""
        cells = {table: {key: dict(row) for key, row in rows.items()} for table, rows in self.cells.items()}
        since: dict[tuple[str, str], date] = {}
        withdrawn: list[tuple[str, str]] = []
        corrections = []
        for row in self.cells["correction"].values():
            effective = row.get("effective_from")
            corrections.append((date.fromisoformat(effective) if effective else date.min, row["correction_id"], row))
        for effective, _, row in sorted(corrections, key=lambda one: one[:2]):
            if effective > control_date:
                continue
            target = cells[row["table"]]
            if row["column"] == "_deleted":
                if row["new_value"].lower() == "true":
                    withdrawn.append((row["table"], row["key"]))
                continue
            if row["key"] not in target:
                target[row["key"]] = dict(zip(KEYS[row["table"]], row["key"].split("|"), strict=True))
            target[row["key"]][row["column"]] = row["new_value"]
            if row["table"] == "billing_rule" and row["column"] in MOVED:
                since[row["key"], row["column"]] = effective
        for table, key in withdrawn:
            cells[table].pop(key, None)
        tables = {table: {key: typed_row(table, row) for key, row in rows.items()} for table, rows in cells.items()}
        for table, references in REFERENCES.items():
            tables[table] = {
                key: row
                for key, row in tables[table].items()
                if all(row[column] in tables[target] for column, target in references)
            }
        return View(tables, since)


class View:
    """The tables as one run sees them.

    Attributes:
        corrected_since: from when the correction of a moved field counts, `date.min` when it always did.
    """

    def __init__(self, tables: dict[str, dict[str, Row]], corrected_since: dict[tuple[str, str], date]) -> None:
        self.tables = tables
        self.corrected_since = corrected_since

    def rows(self, table: str) -> list[Row]:
        return list(self.tables[table].values())

    def row(self, table: str, key: str | None) -> Row | None:
        return self.tables[table].get(key) if key else None
