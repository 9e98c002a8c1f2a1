"""Control tables made by hand: the facts of each, and a warehouse that holds all of them."""

from datetime import date
from pathlib import Path

import duckdb

MONTH = "2026-03"
CONTROL_DATE = date(2026, 3, 31)
KEYS = """
    case_id varchar, month varchar, control_date date, subject_type varchar, subject_id varchar, client_id varchar,
    client_file_id varchar, severity varchar, amount_at_stake decimal(18, 2), hold_scope varchar, hold_key varchar,
    cause_code varchar, contract_id varchar
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
    "ctl_client_resaved": (
        "last_saved_on date, migrated_on date",
        "date '2026-01-15', date '2026-01-15'",
        "date '2025-12-03', date '2026-01-15'",
    ),
    "ctl_rule_period_start": (
        "period_start date, expected_period_start date",
        "date '2026-01-01', date '2026-01-01'",
        "date '2026-01-15', date '2026-01-01'",
    ),
    "ctl_module_beginning": (
        "first_item_date date, module_valid_from date",
        "date '2026-04-01', date '2026-04-01'",
        "date '2026-03-01', date '2026-04-01'",
    ),
    "ctl_module_end": (
        "module_covers_until date, last_item_date date",
        "date '2025-12-31', date '2025-12-31'",
        "date '2025-12-31', date '2026-01-01'",
    ),
    "ctl_free_months": (
        "module_start date, contract_start date, module_end date, contract_end date, next_invoice_date date, "
        "expected_invoice_date date",
        "date '2026-01-01', date '2026-01-01', date '9999-12-31', date '9999-12-31', date '2027-01-01', "
        "date '2027-01-01'",
        "date '2027-01-01', date '2026-01-01', date '2029-12-31', date '2028-12-31', date '2026-02-01', "
        "date '2027-01-01'",
    ),
    "ctl_quantity_formula": (
        "unreadable_terms integer, unread_terms integer, own_readings integer, formula varchar",
        "0, 0, 0, 'Q1 + Q2'",
        "1, 1, 2, 'Q1 + ?'",
    ),
    "ctl_quantity_reading": (
        "usable_readings integer, last_reading_date date",
        "1, date '2026-01-02'",
        "0, date '2026-01-02'",
    ),
    "ctl_installation_reading": (
        "installation_readings integer, expected_by date",
        "1, date '2026-01-15'",
        "0, date '2026-01-15'",
    ),
    "ctl_reading_sequence": (
        "value decimal(18, 4), previous_value decimal(18, 4)",
        "12400, 12400",
        "1260, 12400",
    ),
    "ctl_reading_day": ("values_on_day integer", "1", "2"),
    "ctl_reading_span": ("readings_out_of_place integer", "0", "1"),
    "ctl_reading_billed": ("readings_found integer, billed_value decimal(18, 4)", "1, 12400", "0, 12400"),
    "ctl_reading_jump": (
        "volume decimal(18, 4), jump_bound decimal(18, 4), usual_volume decimal(18, 1)",
        "5000, 5000, 1000",
        "5000.0001, 5000, 1000",
    ),
    "ctl_true_up_start": (
        "true_up_period_start date, last_true_up_date date",
        "date '2025-11-01', date '2025-11-01'",
        "date '2024-11-01', date '2025-11-01'",
    ),
    "ctl_contract_amount": ("price decimal(18, 6), price_column varchar", "0, 'amount'", "null, 'amount'"),
    "ctl_rule_quantity": ("attached_quantities integer", "1", "0"),
    "ctl_template_setting": (
        "setting varchar, found varchar, required varchar",
        "'true_up_months', '12', '12'",
        "'true_up_months', '10', '12'",
    ),
    "ctl_contract_future": ("billable_rules integer", "1", "0"),
    "ctl_true_up_day": ("flat_fee_day bigint, true_up_day bigint", "1, 1", "1, 2"),
    "ctl_fee_count": ("expected_fees bigint, counted_fees bigint", "4, 4", "4, 3"),
    "ctl_accumulation": (
        "accumulated_units decimal(18, 4), open_units decimal(18, 4)",
        "12000, 12000",
        "9000, 12000",
    ),
    "ctl_history_missing": (
        "history_rows integer, period_end date",
        "1, date '2026-02-28'",
        "0, date '2026-02-28'",
    ),
    "ctl_history_grid": ("grid_periods integer", "1", "0"),
    "ctl_history_invoice": ("invoices integer", "1", "0"),
    "ctl_included_units": (
        "distinct_units integer, last_units decimal(18, 4), rule_units decimal(18, 4)",
        "1, 3000, 3000",
        "2, 3000, 4000",
    ),
    "ctl_fee_period": (
        "row_months bigint, period_months bigint, row_start date",
        "3, 3, date '2026-06-01'",
        "1, 3, date '2026-06-01'",
    ),
    "ctl_true_up_day_kept": ("scheduled_day bigint, last_true_up_day bigint", "1, 1", "1, 15"),
    "ctl_quantity_twin": (
        "older_readings_since integer, older_quantity_id varchar, newer_readings integer",
        "1, 'Q-7', 1",
        "0, 'Q-7', 1",
    ),
    "ctl_client_reading": ("readings_since_billed bigint", "1", "0"),
    "ctl_offered_reading": ("readings_since_billed bigint", "1", "0"),
    "ctl_offered_left": ("offered_left decimal(18, 4)", "0.0001", "0"),
    "ctl_estimate_option": ("readings_since_billed bigint", "1", "0"),
    "ctl_asset_modes": ("reading_modes integer", "1", "2"),
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
            f"values (?, ?, ?, 'mission', ?, 'C1', 'D1', ?, ?, 'item', 'K1', null, 'K9', {facts})",
            [case_id, month, control_date, subject_id or case_id, severity, amount],
        )


def rows(path: Path, query: str, parameters: list | None = None) -> list[tuple]:
    """The rows of a query."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query, parameters or []).fetchall()
