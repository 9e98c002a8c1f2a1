"""Small firms of one contract, built from a clean one by saying what is different."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Tables = dict[str, list[dict[str, str]]]

CLEAN: dict[str, list[dict[str, Any]]] = {
    "client": [{"client_id": "C1", "legal_name": "Copies SARL"}],
    "service": [{"service_code": "COPY", "label": "Copies", "unit": "copy", "vat_code": "N"}],
    "service_contract": [{"contract_id": "K1", "client_id": "C1", "start_date": "2025-01-01", "status": "ACTIVE"}],
    "contract_module": [{"module_id": "M1", "contract_id": "K1", "valid_from": "2025-01-01", "renewal": "TACIT"}],
    "rule_template": [],
    "billing_rule": [
        {
            "rule_id": "R1",
            "module_id": "M1",
            "type": "FLAT_WITH_TRUE_UP",
            "service_code": "COPY",
            "term": "ADVANCE",
            "period_months": "3",
            "anchor_day": "1",
            "period_start": "2025-01-01",
            "last_invoice_date": "2025-10-01",
            "next_invoice_date": "2026-01-01",
            "amount": "300.00",
            "unit_price": "0.010000",
            "included_units": "3000",
            "accumulated_units": "12000",
            "reading_mode": "ACTUAL",
            "true_up_months": "12",
            "true_up_day": "1",
            "true_up_period_start": "2025-01-01",
            "next_true_up_date": "2026-01-01",
            "status": "ACTIVE",
        }
    ],
    "rule_change": [],
    "asset": [{"asset_id": "A1", "contract_id": "K1", "installed_on": "2025-01-01"}],
    "quantity": [
        {"quantity_id": "Q1", "asset_id": "A1", "kind": "TECHNICAL", "cumulative": "true", "created_on": "2025-01-01"}
    ],
    "rule_quantity": [{"rule_id": "R1", "quantity_id": "Q1"}],
    "meter_reading": [
        {"quantity_id": "Q1", "reading_date": "2025-01-01", "origin": "INSTALLATION", "value": "1000"},
        {"quantity_id": "Q1", "reading_date": "2025-07-01", "origin": "CUSTOMER", "value": "8000"},
        {"quantity_id": "Q1", "reading_date": "2026-01-01", "origin": "CUSTOMER", "value": "14000"},
    ],
    "flat_fee_history": [
        {
            "rule_id": "R1",
            "period_start": start,
            "period_end": end,
            "included_units": "3000",
            "amount": "300.00",
            "invoice_ref": f"F-{start}",
        }
        for start, end in (
            ("2025-01-01", "2025-03-31"),
            ("2025-04-01", "2025-06-30"),
            ("2025-07-01", "2025-09-30"),
            ("2025-10-01", "2025-12-31"),
        )
    ],
    "run_override": [],
    "waiver": [],
    "correction": [],
}


def changed(tables: Mapping[str, list[dict[str, Any]]], *changes: tuple) -> Tables:
    """The tables with changes laid over them.

    Args:
        tables: what to begin with.
        changes: (table, row number, {column: value}) to change a row, (table, "add", {…}) to add one, (table, "drop",
            row number) to take one away, (table, "only", [rows]) to replace all.
    """
    found = {table: [dict(row) for row in rows] for table, rows in tables.items()}
    for table, which, what in changes:
        if which == "add":
            found[table].append(dict(what))
        elif which == "drop":
            found[table].pop(what)
        elif which == "only":
            found[table] = [dict(row) for row in what]
        else:
            found[table][which].update(what)
    return found


def clean(*changes: tuple) -> Tables:
    """A contract of flat fees with a yearly true-up, due in January 2026, without a fault but for `changes`."""
    return changed(CLEAN, *changes)


def copiers_of_2006() -> Tables:
    """The document's own example: the true-up's day, the second, is later than the flat fee's, the first."""
    quarters = (
        ("2005-11-01", "2006-01-31"),
        ("2006-02-01", "2006-04-30"),
        ("2006-05-01", "2006-07-31"),
        ("2006-08-01", "2006-10-31"),
    )
    values = (
        ("2006-11-01", "113000"),
        ("2007-02-01", "116500"),
        ("2007-05-01", "120000"),
        ("2007-08-01", "123000"),
        ("2007-11-01", "126000"),
        ("2008-02-01", "129500"),
        ("2008-05-01", "133000"),
        ("2008-08-01", "136000"),
        ("2008-11-01", "139500"),
    )
    return clean(
        ("service_contract", 0, {"start_date": "2004-11-01"}),
        ("contract_module", 0, {"valid_from": "2004-11-01"}),
        ("asset", 0, {"installed_on": "2004-11-01"}),
        ("quantity", 0, {"created_on": "2004-11-01"}),
        (
            "billing_rule",
            0,
            {
                "period_start": "2004-11-01",
                "last_invoice_date": "2006-08-01",
                "next_invoice_date": "2006-11-01",
                "true_up_day": "2",
                "true_up_period_start": "2005-11-02",
                "last_true_up_date": "2005-11-02",
                "next_true_up_date": "2006-11-02",
            },
        ),
        (
            "flat_fee_history",
            "only",
            [
                {
                    "rule_id": "R1",
                    "period_start": start,
                    "period_end": end,
                    "included_units": "3000",
                    "amount": "300.00",
                    "invoice_ref": f"F-{start}",
                }
                for start, end in quarters
            ],
        ),
        (
            "meter_reading",
            "only",
            [
                {"quantity_id": "Q1", "reading_date": "2004-11-01", "origin": "INSTALLATION", "value": "88000"},
                {
                    "quantity_id": "Q1",
                    "reading_date": "2005-11-01",
                    "origin": "CUSTOMER",
                    "value": "100000",
                    "billed_ref": "F-2005",
                },
                *(
                    {"quantity_id": "Q1", "reading_date": day, "origin": "CUSTOMER", "value": value}
                    for day, value in values
                ),
            ],
        ),
    )
