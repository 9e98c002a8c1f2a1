"""What will be billed: schedules exactly, the rest as a mean, each figure with its basis."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import duckdb
import pytest

from orchestration import cli
from orchestration.forecast import read_forecast
from orchestration.settings import Settings, Workspace
from tests.unit.drafts import publish

TABLES = """
create schema intermediate; create schema staging; create schema marts;
create table intermediate.int_plan_line
    (line_key varchar, home_month varchar, amount decimal(18, 2), state varchar);
create table staging.stg_ledger_item (identity varchar, is_live boolean);
create table staging.stg_adjustment
    (adjustment_id varchar, line_key varchar, kind varchar, postponed_to varchar);
create table intermediate.int_contract_plan (line_key varchar, invoice_date date, amount decimal(18, 2));
create table marts.month_state
    (month varchar, status varchar, control_date date default '2026-03-31');
create table marts.prebill_line
    (month varchar, billing_mode varchar, status varchar, amount_net decimal(18, 2));
"""


@pytest.fixture
def firm(tmp_path):
    publish(tmp_path, "2026-03")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(TABLES)
        connection.execute("insert into marts.month_state values ('2026-03', 'DRAFT', '2026-03-31')")
    return Workspace(tmp_path, Settings())


def insert(firm, table, *rows):
    with duckdb.connect(str(firm.warehouse)) as connection:
        for row in rows:
            values = ", ".join(["?"] * len(row) + ["default"] * (table == "marts.month_state"))
            connection.execute(f"insert into {table} values ({values})", row)


def forecast(firm, months=3) -> dict[tuple[str, str], Decimal | None]:
    return {(row["month"], row["billing_mode"]): row["amount_net"] for row in read_forecast(firm, months)}


def test_instalments_are_exact_in_the_month_they_are_due(firm):
    insert(
        firm,
        "intermediate.int_plan_line",
        ("A", "2026-03", "1", "LIVE"),
        ("B", "2026-04", "10.01", "LIVE"),
        ("C", "2026-04", "20.02", "LIVE"),
        ("D", "2026-06", None, "LIVE"),
        ("E", "2026-04", "99", "SUPERSEDED"),
        ("F", "2026-04", "99", "CANCELLED"),
        ("G", "2026-07", "99", "LIVE"),
    )
    found = {month: amount for (month, mode), amount in forecast(firm).items() if mode == "FLAT"}
    assert found == {"2026-04": Decimal("30.03"), "2026-05": Decimal(0), "2026-06": Decimal(0)}
    counts = [(row["instalments"], row["unknown"]) for row in read_forecast(firm, 3) if row["billing_mode"] == "FLAT"]
    assert counts == [(2, 0), (0, 0), (1, 1)]


def test_what_is_billed_already_excluded_or_put_off_is_counted_where_it_belongs(firm):
    insert(
        firm,
        "intermediate.int_plan_line",
        ("BILLED", "2026-04", "1", "LIVE"),
        ("CREDITED", "2026-04", "2", "LIVE"),
        ("OUT", "2026-04", "4", "LIVE"),
        ("LATER", "2026-04", "8", "LIVE"),
        ("SOONER", "2026-05", "16", "LIVE"),
    )
    insert(firm, "staging.stg_ledger_item", ("BILLED", True), ("CREDITED", False))
    insert(
        firm,
        "staging.stg_adjustment",
        ("J1", "OUT", "EXCLUDE", None),
        ("J2", "LATER", "POSTPONE", "2026-06"),
        ("J3", "LATER", "POSTPONE", "2026-05"),
        ("J4", "SOONER", "POSTPONE", "2026-04"),
    )
    found = [amount for (_, mode), amount in forecast(firm, 2).items() if mode == "FLAT"]
    assert found == [Decimal(2), Decimal(24)]


def test_units_and_time_are_the_mean_of_the_validated_months_of_the_last_twelve(firm):
    insert(
        firm,
        "marts.month_state",
        ("2025-03", "VALIDATED"),
        ("2025-04", "VALIDATED"),
        ("2025-11", "EXPORTED"),
        ("2026-01", "VALIDATED"),
        ("2026-02", "PARTLY_VALIDATED"),
    )
    insert(
        firm,
        "marts.prebill_line",
        ("2025-03", "UNIT", "VALIDATED", "9999"),
        ("2025-04", "UNIT", "VALIDATED", "10.00"),
        ("2025-11", "UNIT", "EXPORTED", "0.01"),
        ("2026-02", "UNIT", "READY", "9999"),
        ("2025-11", "TIME", "EXPORTED", "-0.05"),
    )
    found = forecast(firm, 1)
    # 10.01 / 3 = 3.33666…; -0.05 / 3 = -0.01666…
    assert (found["2026-04", "UNIT"], found["2026-04", "TIME"]) == (Decimal("3.34"), Decimal("-0.02"))
    assert found["2026-04", "ADHOC"] is None


def test_without_a_validated_month_the_drafts_are_the_basis_and_held_lines_are_not(firm):
    insert(firm, "marts.month_state", ("2026-02", "DRAFT"))
    insert(
        firm,
        "marts.prebill_line",
        ("2026-02", "TIME", "READY", "100.01"),
        ("2026-03", "TIME", "READY", "100"),
        ("2026-03", "TIME", "HELD", "5000"),
    )
    # 200.01 / 2 = 100.005, half away from zero.
    assert forecast(firm, 1)["2026-04", "TIME"] == Decimal("100.01")


def test_flat_fees_of_contracts_are_exact_in_the_month_of_their_invoice(firm):
    insert(
        firm,
        "intermediate.int_contract_plan",
        ("DRAFTED", "2026-03-31", "1"),
        ("A", "2026-04-01", "100.01"),
        ("B", "2026-04-30", "0.01"),
        ("OUT", "2026-05-01", "99"),
        ("LATER", "2026-05-01", "7"),
        ("C", "2026-06-15", None),
        ("TOO LATE", "2026-07-01", "99"),
    )
    insert(
        firm,
        "staging.stg_adjustment",
        ("J1", "OUT", "EXCLUDE", None),
        ("J2", "LATER", "POSTPONE", "2026-06"),
    )
    rows = [row for row in read_forecast(firm, 3) if row["billing_mode"] == "CONTRACT_FLAT"]
    assert [row["amount_net"] for row in rows] == [Decimal("100.02"), Decimal(0), Decimal(7)]
    assert [(row["instalments"], row["unknown"]) for row in rows] == [(2, 0), (0, 0), (2, 1)]
    assert forecast(firm)["2026-04", "FLAT"] == 0


def test_what_falls_due_after_the_control_date_of_the_latest_month_is_for_the_next(firm):
    insert(
        firm,
        "intermediate.int_contract_plan",
        ("DRAFTED", "2026-03-15", "1"),
        ("LATER", "2026-03-16", "10"),
        ("NEXT", "2026-04-01", "100"),
    )
    with duckdb.connect(str(firm.warehouse)) as connection:
        connection.execute("update marts.month_state set control_date = '2026-03-15'")
    assert forecast(firm, 1)["2026-04", "CONTRACT_FLAT"] == Decimal(110)


def test_true_ups_and_consumptions_are_foretold_by_validated_months_alone(firm):
    line = ("2026-03", "TRUE_UP", "READY", "60")
    insert(firm, "marts.prebill_line", line, ("2026-03", "CONSUMED", "READY", "30"))
    rows = {row["billing_mode"]: row for row in read_forecast(firm, 1)}
    assert {(rows[mode]["amount_net"], rows[mode]["certainty"]) for mode in ("TRUE_UP", "CONSUMED")} == {(None, "NONE")}
    assert rows["UNIT"]["certainty"] == "ESTIMATE"
    insert(firm, "marts.month_state", ("2026-01", "VALIDATED"), ("2026-02", "VALIDATED"))
    insert(
        firm,
        "marts.prebill_line",
        ("2026-01", "TRUE_UP", "VALIDATED", "10.01"),
        ("2026-02", "CONSUMED", "VALIDATED", "-4"),
        ("2026-02", "CONSUMED", "VALIDATED", "3.99"),
    )
    found = forecast(firm, 1)
    # 10.01 / 2 = 5.005; -0.01 / 2 = -0.005: half away from zero.
    assert (found["2026-04", "TRUE_UP"], found["2026-04", "CONSUMED"]) == (Decimal("5.01"), Decimal("-0.01"))


def test_every_figure_has_its_basis_in_every_form(firm, capsys):
    insert(firm, "intermediate.int_plan_line", ("B", "2026-04", "10.00", "LIVE"), ("C", "2026-04", None, "LIVE"))
    words = ["forecast", "-w", str(firm.root), "--months", "2"]
    assert cli.main(words) == 0
    out = capsys.readouterr().out
    assert "Ce qui sera facturé de 2026-04 à 2026-05" in out
    assert "Forfait (FLAT) : exact, 2 échéance(s) prévue(s) et pas encore validée(s), dont 1 sans montant" in out
    assert "moyenne de 1 mois calculé(s), aucun n'étant validé (2026-03 à 2026-03)" in out
    assert cli.main([*words, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert cli.main([*words, "--format", "json"]) == 0
    items = json.loads(capsys.readouterr().out)
    assert [row["basis"] for row in rows] == [item["basis"] for item in items]
    assert (rows[0]["amount_net"], items[0]["amount_net"], items[3]["amount_net"]) == ("10.00", "10.00", None)
    expected = ["EXACT", "ESTIMATE", "ESTIMATE", "NONE", "EXACT", "NONE", "NONE"]
    assert [row["certainty"] for row in rows] == expected * 2
    assert "Régularisation (TRUE_UP) : pas de prévision, aucun mois validé dont prendre la moyenne" in out


def test_before_the_first_run_the_way_is_shown(tmp_path, capsys):
    (tmp_path / "inbox").mkdir()
    assert cli.main(["forecast", "-w", str(tmp_path)]) == 1
    assert "prefact run" in capsys.readouterr().err
