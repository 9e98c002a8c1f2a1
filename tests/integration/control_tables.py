"""Control tables made by hand: the facts of each, and a warehouse that holds all of them."""

from datetime import date
from pathlib import Path

import duckdb

MONTH = "2026-03"
CONTROL_DATE = date(2026, 3, 31)
KEYS = """
    case_id varchar, month varchar, control_date date, subject_type varchar, subject_id varchar, client_id varchar,
    client_file_id varchar, severity varchar, amount_at_stake decimal(18, 2), hold_scope varchar, hold_key varchar,
    cause_code varchar
"""
# Facts of every control table, with one case that holds and one that fails, as SQL literals.
FACTS = {
    "ctl_mission_plan": ("live_plans integer", "1", "0"),
    "ctl_time_entry_mission": (
        "known_mission_id varchar, recorded_mission varchar",
        "'M1', 'M1'",
        "null, 'Audit d''été'",
    ),
    "ctl_plan_mission": ("mission_status varchar", "'OPEN'", "'UNKNOWN'"),
    "ctl_mission_live_plans": ("live_plans integer, plan_ids varchar", "1, 'P1'", "2, 'P1, P2'"),
    "ctl_plan_total": ("plan_total decimal(18, 2), lines_total decimal(18, 2)", "1200, 1200", "1200, 1199.99"),
    "ctl_plan_line_year": (
        "due_date date, fy_start date, fy_end date",
        "date '2026-06-30', date '2025-07-01', date '2026-06-30'",
        "date '2026-07-01', date '2025-07-01', date '2026-06-30'",
    ),
    "ctl_mission_renewal": (
        "mission_end date, last_item_date date",
        "date '2026-03-31', date '2026-03-31'",
        "date '2025-12-31', date '2026-03-31'",
    ),
    "ctl_time_entry_rate": (
        "hourly_price decimal(18, 6), collaborator_id varchar, work_date date",
        "90, 'E1', date '2026-03-12'",
        "null, 'E1', date '2026-03-12'",
    ),
    "ctl_price_sequence": (
        "valid_from date, expected_valid_from date, priced_in varchar",
        "date '2026-01-01', date '2026-01-01', 'price'",
        "date '2026-01-15', date '9999-12-31', 'price'",
    ),
    "ctl_time_entry_deadline": (
        "last_time_entry_date date, work_date date",
        "date '2026-03-12', date '2026-03-12'",
        "date '2025-06-30', date '2026-03-12'",
    ),
    "ctl_time_entry_vintage": ("vintage_status varchar, fy_label varchar", "'OPEN', '2026'", "'CLOSED', '2024'"),
    "ctl_mission_budget": (
        "budget decimal(18, 2), used decimal(18, 2), measure varchar",
        "1200, 1200, 'amount'",
        "1200, 1200.01, 'amount'",
    ),
    "ctl_mission_metric": (
        "declared_metrics integer, metric_code varchar, metric_month varchar",
        "1, 'PAYSLIPS', '2026-03'",
        "0, 'PAYSLIPS', '2026-03'",
    ),
    "ctl_siret_mission": ("bindings integer", "2", "0"),
    "ctl_declaration_complete": ("completeness varchar", "'COMPLETE'", "'INCOMPLETE'"),
    "ctl_declaration_final": ("finality varchar", "'FINAL'", "'PROVISIONAL'"),
    "ctl_measure_jump": (
        "measure_name varchar, measure decimal(18, 4), trailing_mean decimal(18, 2), measure_tripled decimal(38, 8), "
        "three_months_raised decimal(38, 8), measure_raised decimal(38, 8), three_months decimal(38, 8)",
        "'PAYSLIPS', 30, 10, 90, 90, 270, 30",
        "'PAYSLIPS', 30.5, 10, 91.5, 90, 274.5, 30",
    ),
    "ctl_adhoc_price": ("unit_price decimal(18, 6), service_code varchar", "0, 'AUDIT'", "null, 'AUDIT'"),
    "ctl_adhoc_twin": ("occurrence_no integer", "1", "2"),
    "ctl_plan_line_amount": ("amount decimal(18, 2)", "0", "null"),
    "ctl_unit_price": (
        "unit_price decimal(18, 6), period_start date",
        "25, date '2026-03-01'",
        "null, date '2026-03-01'",
    ),
    "ctl_client_identity": ("identity_value varchar, identity_field varchar", "'552100554', 'siren'", "null, 'siren'"),
    "ctl_time_entry_collaborator": (
        "known_collaborator_id varchar, recorded_collaborator varchar",
        "'E1', 'E1'",
        "null, 'E9'",
    ),
    "ctl_time_entry_employment": (
        "work_date date, entry_date date, exit_date date",
        "date '2026-03-05', date '2026-03-05', date '2026-03-05'",
        "date '2026-03-05', date '2020-01-01', date '2026-02-28'",
    ),
    "ctl_line_source": (
        "billed_as varchar, would_bill varchar, billed_quantity decimal(18, 4), billed_price decimal(18, 6), "
        "current_quantity decimal(18, 4), current_price decimal(18, 6)",
        "'a', 'a', 1, 96, 1, 96",
        "'a', 'b', 1, 96, 0.5, 96",
    ),
    "ctl_plan_progress": ("planned_instalments bigint, validated_instalments bigint", "3, 3", "3, 2"),
    "ctl_line_vat": (
        "vat_rate decimal(9, 4), vat_code varchar, due_date date",
        "20, 'FR20', date '2026-03-31'",
        "null, 'FR55', date '2026-03-31'",
    ),
}


def make_warehouse(path: Path) -> Path:
    """A warehouse with every control table, empty."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema controls")
        for table, (columns, _, _) in FACTS.items():
            connection.execute(f"create table controls.{table} ({KEYS}, {columns})")
    return path


def add_case(
    path: Path,
    table: str,
    case_id: str,
    facts: str,
    *,
    month: str = MONTH,
    control_date: date = CONTROL_DATE,
    subject_id: str | None = None,
    severity: str = "critical",
    amount: str | None = "10.00",
) -> None:
    """Add one case; `facts` are the SQL literals of the fact columns."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"insert into controls.{table} "
            f"values (?, ?, ?, 'mission', ?, 'C1', 'D1', ?, ?, 'item', 'K1', null, {facts})",
            [case_id, month, control_date, subject_id or case_id, severity, amount],
        )


def rows(path: Path, query: str, parameters: list | None = None) -> list[tuple]:
    """The rows of a query."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query, parameters or []).fetchall()
