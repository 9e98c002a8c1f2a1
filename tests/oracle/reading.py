"""Reads the hand-written fixture: plain CSV and JSON, typed by the names of the columns."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

NUMBERS = {
    "amount",
    "amount_gross",
    "amount_held",
    "amount_net",
    "amount_vat",
    "base",
    "budget_amount",
    "coefficient",
    "hourly_price",
    "quantity",
    "rate",
    "total_amount",
    "unit_price",
    "up_to",
    "value",
    "vat",
    "vat_rate",
}
INTEGERS = {"line_no", "minutes", "rounding_minutes", "budget_minutes", "lines"}
BOOLEANS = {"billable", "approved"}
DATES = {
    "valid_from",
    "valid_to",
    "start_date",
    "end_date",
    "due_date",
    "work_date",
    "service_date",
    "published_on",
    "period_start",
    "period_end",
}


def typed(column: str, text: str):
    """A cell as the value it stands for; an empty one is None."""
    if text == "":
        return None
    if column in NUMBERS:
        return Decimal(text.replace(",", "."))
    if column in INTEGERS:
        return int(text)
    if column in BOOLEANS:
        return text in ("oui", "true")
    if column in DATES:
        return datetime.strptime(text, "%d/%m/%Y").date() if "/" in text else date.fromisoformat(text)
    return text


def read_rows(path: Path) -> list[dict]:
    """The rows of a CSV file, separated by commas or semicolons."""
    with path.open(encoding="utf-8", newline="") as file:
        header = file.readline()
        file.seek(0)
        rows = csv.DictReader(file, delimiter=";" if ";" in header else ",")
        return [{column: typed(column, text) for column, text in row.items()} for row in rows]


def read_inbox(inbox: Path) -> tuple[dict[str, list[dict]], list[dict]]:
    """Tables and engagement letters of an inbox with one CSV file per table."""
    tables = {path.stem: read_rows(path) for path in sorted(inbox.glob("*.csv"))}
    letters = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((inbox / "documents").glob("*.json"))]
    return tables, letters
