"""`generate`: the demonstration firm on disk, with the list of the anomalies planted in it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from random import Random

from assets.demo import files
from assets.demo.catalogue import Staff, hire_staff, stock_catalogue
from assets.demo.dates import month_text, parse_month
from assets.demo.declarations import is_declared, write_declarations
from assets.demo.firm import COLUMNS, Firm
from assets.demo.letters import write_letters
from assets.demo.park import build_park, lay_down
from assets.demo.portfolio import Portfolio, build_portfolio
from assets.demo.scene import NearMiss, Planted
from assets.demo.stories import tell_stories
from assets.demo.timesheets import timesheet, timesheet_months
from assets.demo.tracker import TOOL, split_off, write_export


@dataclass(frozen=True, slots=True)
class DemoManifest:
    """What was generated.

    Attributes:
        month: the month the anomalies are planted for, `YYYY-MM`.
        planted: what the register of that month must show.
        near_misses: (code, subject_id) pairs it must not show.
        rows: rows written, by table.
    """

    month: str
    planted: list[Planted]
    near_misses: list[NearMiss]
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class DemoFirm:
    """The firm in memory; its ordinary time entries are drawn when they are written."""

    firm: Firm
    staff: Staff
    portfolio: Portfolio
    planted: list[Planted]
    near_misses: list[NearMiss]

    def time_entries(self, seed: int, worked: date) -> Iterator[tuple]:
        """The time entries of the month whose first day is given: the ordinary ones, then those of the stories."""
        day_column = COLUMNS["time_entry"].index("work_date")
        told = (row for row in self.firm.rows["time_entry"] if row[day_column].replace(day=1) == worked)
        return chain(timesheet(seed, self.staff, self.portfolio, worked, last=worked == self.firm.month), told)


def build(seed: int, client_files: int, month: str) -> DemoFirm:
    """The catalogue, the staff, the clean portfolio, the stories on top of it, and the park of machines."""
    firm = Firm(Random(seed), parse_month(month))
    stock_catalogue(firm)
    staff = hire_staff(firm, max(14, client_files // 12))
    portfolio = build_portfolio(firm, staff, client_files)
    planted, near_misses = tell_stories(firm, staff)
    build_park(firm, seed, client_files)
    lay_down(firm)
    return DemoFirm(firm, staff, portfolio, planted, near_misses)


def generate(directory: Path, *, seed: int = 2026, client_files: int = 300, month: str = "2026-03") -> DemoManifest:
    """Writes `directory/inbox/…` and `directory/planted.csv`, the same bytes for the same arguments.

    Args:
        directory: the workspace; files of an earlier generation are overwritten.
        seed: of the pseudo-random draw.
        client_files: ordinary client files, and as many contracts; those of the planted stories come on top.
        month: the month to bill, `YYYY-MM`.
    """
    demo = build(seed, client_files, month)
    firm = demo.firm
    inbox = directory / "inbox"
    rows = {table: len(content) for table, content in firm.rows.items()} | {"time_entry": 0}

    def csv_file(path: str, table: str, content: Iterable[tuple], style: files.CsvStyle = files.PLAIN) -> int:
        return files.write_csv(inbox / path, table, content, style)

    for table in ("client", "client_file", "establishment", "fiscal_year", "mission"):
        csv_file(f"production/{table}.csv", table, firm.rows[table], files.EXCEL)
    for table in ("billing_plan", "billing_plan_line"):
        csv_file(f"echeanciers/{table}.csv", table, firm.rows[table], files.LEGACY)
    csv_file("cabinet/collaborator.csv", "collaborator", firm.rows["collaborator"])
    csv_file("cabinet/selling_rate.csv", "selling_rate", firm.rows["selling_rate"], files.EXCEL)
    catalogue = ("service", "price", "client_price", "vat_rate", "price_index", "index_link")
    files.write_workbook(inbox / "cabinet" / "catalogue.xlsx", {table: firm.rows[table] for table in catalogue})
    for table in ("waiver", "correction", "run_override"):
        csv_file(f"decisions/{table}.csv", table, firm.rows[table])

    month_column = COLUMNS["payroll_metric"].index("month")
    declared = [row for row in firm.rows["payroll_metric"] if is_declared(row, demo.portfolio.declaring)]
    write_declarations(inbox / "payroll", seed, declared)
    counted = [row for row in firm.rows["payroll_metric"] if not is_declared(row, demo.portfolio.declaring)]
    past = [row for row in counted if row[month_column] != month]
    files.write_parquet(inbox / "paie" / "payroll_metric_historique.parquet", "payroll_metric", past)
    recent = (row for row in counted if row[month_column] == month)
    csv_file(f"paie/payroll_metric_{month}.csv", "payroll_metric", recent, files.EXCEL)
    csv_file("paie/metric_binding.csv", "metric_binding", firm.rows["metric_binding"])
    csv_file("accueil/adhoc_service.csv", "adhoc_service", firm.rows["adhoc_service"], files.LEGACY)
    write_letters(inbox / "documents", firm.letters)

    kept = ("service_contract", "contract_module", "rule_template", "asset", "quantity", "rule_quantity")
    files.write_workbook(inbox / "parc" / "contrats.xlsx", {table: firm.rows[table] for table in kept})
    for table in ("billing_rule", "rule_change", "flat_fee_history"):
        csv_file(f"parc/{table}.csv", table, firm.rows[table], files.LEGACY)
    day_column = COLUMNS["meter_reading"].index("reading_date")
    read = {
        is_past: [row for row in firm.rows["meter_reading"] if (row[day_column] < firm.month) == is_past]
        for is_past in (True, False)
    }
    files.write_parquet(inbox / "parc" / "meter_reading_historique.parquet", "meter_reading", read[True])
    csv_file(f"parc/meter_reading_{month}.csv", "meter_reading", read[False], files.LEGACY)

    for worked in timesheet_months(firm.month):
        name = f"temps/time_entry_{month_text(worked)}.csv"
        entries: Iterable[tuple] = demo.time_entries(seed, worked)
        if worked == firm.month:
            entries, tracked = split_off(entries, demo.staff)
            export = inbox / "timesheets" / TOOL / f"export_{month}.csv"
            for table, content in write_export(export, firm, tracked).items():
                rows[table] = csv_file(f"temps/{table}.csv", table, content, files.EXCEL)
            rows["tracked_entry"] = len(tracked)
        rows["time_entry"] += csv_file(name, "time_entry", entries, files.EXCEL)

    with (directory / "planted.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(Planted._fields)
        writer.writerows(demo.planted)
    return DemoManifest(month, demo.planted, demo.near_misses, rows)
