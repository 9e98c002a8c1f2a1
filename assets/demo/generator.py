"""`generate`: the demonstration firm on disk, with the list of the anomalies planted in it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from random import Random

from assets.demo import files
from assets.demo.catalogue import hire_staff, stock_catalogue
from assets.demo.dates import month_text, parse_month
from assets.demo.firm import Firm
from assets.demo.portfolio import build_portfolio
from assets.demo.scene import NearMiss, Planted
from assets.demo.stories import tell_stories
from assets.demo.timesheets import timesheet, timesheet_months


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


def generate(directory: Path, *, seed: int = 2026, client_files: int = 300, month: str = "2026-03") -> DemoManifest:
    """Writes `directory/inbox/…` and `directory/planted.csv`, the same bytes for the same arguments.

    Args:
        directory: the workspace; files of an earlier generation are overwritten.
        seed: of the pseudo-random draw.
        client_files: ordinary client files; those of the planted stories come on top.
        month: the month to bill, `YYYY-MM`.
    """
    first_day = parse_month(month)
    firm = Firm(Random(seed), first_day)
    stock_catalogue(firm)
    staff = hire_staff(firm, max(14, client_files // 12))
    portfolio = build_portfolio(firm, staff, client_files)
    planted, near_misses = tell_stories(firm, staff)
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
    for table in ("waiver", "correction"):
        csv_file(f"decisions/{table}.csv", table, firm.rows[table])

    month_column = files.COLUMNS["payroll_metric"].index("month")
    past = [row for row in firm.rows["payroll_metric"] if row[month_column] != month]
    files.write_payroll_parquet(inbox / "paie" / "payroll_metric_historique.parquet", past)
    recent = (row for row in firm.rows["payroll_metric"] if row[month_column] == month)
    csv_file(f"paie/payroll_metric_{month}.csv", "payroll_metric", recent, files.EXCEL)
    csv_file("paie/metric_binding.csv", "metric_binding", firm.rows["metric_binding"])
    csv_file("accueil/adhoc_service.csv", "adhoc_service", firm.rows["adhoc_service"], files.LEGACY)
    files.write_letters(inbox / "documents", firm.letters)

    day_column = files.COLUMNS["time_entry"].index("work_date")
    for worked in timesheet_months(first_day):
        ordinary = timesheet(seed, staff, portfolio, worked, last=worked == first_day)
        told = (row for row in firm.rows["time_entry"] if month_text(row[day_column]) == month_text(worked))
        name = f"temps/time_entry_{month_text(worked)}.csv"
        rows["time_entry"] += csv_file(name, "time_entry", chain(ordinary, told), files.EXCEL)

    with (directory / "planted.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(Planted._fields)
        writer.writerows(planted)
    return DemoManifest(month, planted, near_misses, rows)
