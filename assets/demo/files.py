"""Writing the inbox: French CSV, a workbook of several sheets, a Parquet file.

Bytes depend on the rows alone: no clock, no path, a fixed creation date in the workbook.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from assets.demo.firm import COLUMNS
from assets.demo.vocabulary import words

_DECIMALS = words(
    "total_amount amount unit_price minimum_amount free_quantity budget_amount hourly_price rate value discount_pct "
    "quantity up_to coefficient billing_threshold included_units accumulated_units offered_units"
)
_DATES = words(
    "opened_on closed_on active_from active_to start_date end_date entry_date exit_date valid_from valid_to "
    "published_on last_time_entry_date due_date period_start period_end work_date service_date effective_from "
    "migrated_at last_saved_at installed_on removed_on created_on retired_on reading_date last_invoice_date "
    "next_invoice_date true_up_period_start last_true_up_date next_true_up_date regularised_on control_date"
)
_FLAGS = words(
    "billable approved final manual complete is_balance auto approval_required no_estimate "
    "manually_edited cumulative refund_unused workaround_offered below_threshold"
)


@dataclass(frozen=True, slots=True)
class CsvStyle:
    """How a program exports CSV."""

    delimiter: str = ";"
    encoding: str = "utf-8"
    decimal_comma: bool = True
    french_dates: bool = True
    yes: str = "oui"
    no: str = "non"
    thousands: str = ""


EXCEL = CsvStyle(encoding="utf-8-sig")
LEGACY = CsvStyle(encoding="cp1252", thousands="\u00a0")
PLAIN = CsvStyle(delimiter=",", decimal_comma=False, french_dates=False, yes="true", no="false")


def _grouped(text: str, separator: str) -> str:
    whole, _, rest = text.partition(".")
    groups = f"{int(whole):,}".replace(",", separator) if separator else whole
    return f"{groups}.{rest}" if rest else groups


def write_csv(path: Path, table: str, rows: Iterable[tuple], style: CsvStyle) -> int:
    """Streams rows into a CSV file; returns how many."""
    columns = COLUMNS[table]
    decimals = [i for i, name in enumerate(columns) if name in _DECIMALS]
    days = [i for i, name in enumerate(columns) if name in _DATES]
    flags = [i for i, name in enumerate(columns) if name in _FLAGS]
    seen_days: dict[date, str] = {}
    count = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=style.encoding, newline="") as file:
        writer = csv.writer(file, delimiter=style.delimiter, lineterminator="\r\n")
        writer.writerow(columns)
        for row in rows:
            cells = list(row)
            for i in days:
                if (day := cells[i]) is not None:
                    if day not in seen_days:
                        seen_days[day] = f"{day:%d/%m/%Y}" if style.french_dates else day.isoformat()
                    cells[i] = seen_days[day]
            for i in decimals:
                if cells[i] is not None:
                    text = _grouped(cells[i], style.thousands)
                    cells[i] = text.replace(".", ",") if style.decimal_comma else text
            for i in flags:
                if cells[i] is not None:
                    cells[i] = style.yes if cells[i] else style.no
            writer.writerow(cells)
            count += 1
    return count


def write_workbook(path: Path, tables: dict[str, list[tuple]]) -> None:
    """One sheet per table, dates and numbers as Excel keeps them."""
    import xlsxwriter

    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": datetime(2020, 1, 1)})
        day_format = book.add_format({"num_format": "dd/mm/yyyy"})
        head_format = book.add_format({"bold": True})
        for table, rows in tables.items():
            sheet = book.add_worksheet(table)
            columns = COLUMNS[table]
            for j, name in enumerate(columns):
                sheet.write_string(0, j, name, head_format)
            for i, row in enumerate(rows, 1):
                for j, (name, value) in enumerate(zip(columns, row, strict=True)):
                    if value is None:
                        continue
                    if name in _DATES:
                        sheet.write_datetime(i, j, value, day_format)
                    elif name in _DECIMALS:
                        sheet.write_number(i, j, Decimal(value))
                    elif name in _FLAGS:
                        sheet.write_boolean(i, j, value)
                    else:
                        sheet.write_string(i, j, str(value))


def write_parquet(path: Path, table: str, rows: list[tuple]) -> None:
    """A table as a program would hand it over, typed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def kind(name: str) -> pa.DataType:
        if name in _DECIMALS:
            return pa.decimal128(18, 4)
        return pa.bool_() if name in _FLAGS else pa.date32() if name in _DATES else pa.string()

    schema = pa.schema([(name, kind(name)) for name in COLUMNS[table]])
    columns = [
        pa.array([v and Decimal(v) for v in values] if name in _DECIMALS else values, type=schema.field(name).type)
        for name, values in zip(COLUMNS[table], zip(*rows, strict=True) if rows else [()] * len(schema), strict=True)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), path)
