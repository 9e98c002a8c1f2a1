"""Small parks of contracts, written as the files a firm would deliver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb

from assets.ledger import freeze_month
from tests.oracle.model import Configuration
from tests.property.month_run import Outcome, run_month

Rows = Mapping[str, Sequence[Mapping[str, str]]]

#: A client, a service and its VAT: what every contract needs beside its own.
FRAME: Rows = {
    "client": [{"client_id": "C1", "legal_name": "Client 1", "siren": "732829320", "vat_number": "FR44732829320",
                "einvoice_address": "0225:732829320", "no_estimate": "false"}],
    "service": [{"service_code": "COPY", "label": "Copies", "unit": "copy", "vat_code": "N"}],
    "vat_rate": [{"vat_code": "N", "valid_from": "2000-01-01", "rate": "20"}],
}  # fmt: skip


def write(root: Path, tables: Rows) -> Path:
    """Lay tables into the inbox of a workspace, one CSV each."""
    inbox = root / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        lines = [",".join(columns)] + [",".join(row.get(column, "") for column in columns) for row in rows]
        (inbox / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def seed_story() -> dict[str, list[dict[str, str]]]:
    """The worked example of the source document: quarterly flat fee on the 1st, yearly true-up on the 2nd."""
    readings = {
        "2005-11-02": 100_000, "2006-11-01": 113_000, "2007-02-01": 116_500, "2007-05-01": 120_000,
        "2007-08-01": 123_000, "2007-11-01": 126_000, "2008-02-01": 129_500, "2008-05-01": 133_000,
        "2008-08-01": 136_000, "2008-11-01": 139_500,
    }  # fmt: skip
    quarters = [("2005-11-01", "2006-01-31"), ("2006-02-01", "2006-04-30"), ("2006-05-01", "2006-07-31"),
                ("2006-08-01", "2006-10-31")]  # fmt: skip
    return {
        **{name: list(rows) for name, rows in FRAME.items()},
        "service_contract": [{"contract_id": "K1", "client_id": "C1", "start_date": "2005-11-01"}],
        "contract_module": [{"module_id": "M1", "contract_id": "K1", "label": "Copieur", "valid_from": "2005-11-01"}],
        "billing_rule": [{
            "rule_id": "R1", "module_id": "M1", "type": "FLAT_WITH_TRUE_UP", "service_code": "COPY",
            "term": "ADVANCE", "period_months": "3", "anchor_day": "1", "period_start": "2005-11-01",
            "last_invoice_date": "2006-08-01", "next_invoice_date": "2006-11-01", "amount": "90.00",
            "unit_price": "0.01", "included_units": "3000", "accumulated_units": "12000", "reading_mode": "ACTUAL",
            "true_up_months": "12", "true_up_day": "2", "true_up_period_start": "2005-11-02",
            "last_true_up_date": "2005-11-02", "next_true_up_date": "2006-11-02",
        }],
        "asset": [{"asset_id": "A1", "contract_id": "K1", "serial_no": "S1", "installed_on": "2005-11-01"}],
        "quantity": [{"quantity_id": "Q1", "asset_id": "A1", "kind": "TECHNICAL", "predefined_code": "BW"}],
        "rule_quantity": [{"rule_id": "R1", "quantity_id": "Q1"}],
        "meter_reading": [
            {"quantity_id": "Q1", "reading_date": "2005-11-01", "origin": "INSTALLATION", "value": "100000"},
            *({"quantity_id": "Q1", "reading_date": day, "origin": "CUSTOMER", "value": str(value)}
              for day, value in readings.items()),
        ],
        "flat_fee_history": [
            {"rule_id": "R1", "period_start": start, "period_end": end, "included_units": "3000", "amount": "90.00",
             "invoice_ref": f"F{start}"} for start, end in quarters
        ],
    }  # fmt: skip


class Play:
    """A park played month by month: run, validate, and what people decide in between."""

    def __init__(self, root: Path, tables: Rows) -> None:
        self.root = root
        self.tables = {name: [dict(row) for row in rows] for name, rows in tables.items()}
        write(root, self.tables)
        self.moment = 0

    def add(self, table: str, *rows: Mapping[str, str]) -> None:
        """Deliver a table again, with more rows."""
        self.tables.setdefault(table, []).extend(dict(row) for row in rows)
        write(self.root, {table: self.tables[table]})

    def correct(self, table: str, key: str, column: str, value: str, since: str = "") -> None:
        """Lay a correction over the input."""
        self.add("correction", {
            "correction_id": f"X{len(self.tables.get('correction', [])) + 1:03d}", "table": table, "key": key,
            "column": column, "new_value": value, "reason": "as agreed", "author": "anne", "effective_from": since,
        })  # fmt: skip

    def run(self, day: str) -> Outcome:
        """Run the month of a control date, at that date."""
        return run_month(self.root, day[:7], date.fromisoformat(day), Configuration())

    def validate(self, month: str, contracts: Sequence[str] | None = None) -> None:
        """Validate a month, whole or for some contracts."""
        self.moment += 1
        with duckdb.connect(str(self.root / "warehouse.duckdb")) as connection:
            freeze_month(
                connection, self.root / "ledger", month, None if contracts is None else (), contracts or (),
                recorded_at=f"2026-01-01T00:00:{self.moment % 60:02d}.{self.moment:06d}", recorded_by="anne",
            )  # fmt: skip
