"""The rules over control tables made by hand, and the register they fill."""

from decimal import Decimal

import duckdb
import pytest

from expectations.audit import AuditError, audit
from expectations.rules import control_tables, rule_spec, rule_specs
from tests.integration.control_tables import CONTROL_DATE, FACTS, MONTH, add_case, make_warehouse, rows

EXPECTED_FINDINGS = {
    "FI-01.live_plans": ("≥ 1", "0"),
    "FI-02.known_mission": ("une mission connue", "Audit d'été"),
    "FI-03.mission_status": ("OPEN", "UNKNOWN"),
    "FI-04.live_plans": ("≤ 1", "2 (P1, P2)"),
    "FI-05.total": ("1200.00", "1199.99"),
    "FI-06.end": ("≤ 2026-06-30", "2026-07-01"),
    "FI-07.mission_end": ("≥ 2026-03-31", "2025-12-31"),
    "FI-08.hourly_price": ("un taux pour E1 au 2026-03-12", "aucun"),
    "FI-09.valid_from": ("∞", "2026-01-15 (price)"),
    "FI-10.deadline": ("≤ 2025-06-30", "2026-03-12"),
    "FI-10.vintage": ("OPEN", "CLOSED (2024)"),
    "FI-11.used": ("amount ≤ 1200.00", "1200.01"),
    "FI-12.declared_metrics": ("PAYSLIPS 2026-03 ≥ 1", "0"),
    "FI-13.bindings": ("≥ 1", "0"),
    "FI-14.complete": ("COMPLETE", "INCOMPLETE"),
    "FI-14.final": ("FINAL", "PROVISIONAL"),
    "FI-15.upper": ("10.00 en moyenne sur 3 mois", "30.50 (PAYSLIPS)"),
    "FI-16.price": ("un prix de AUDIT", "aucun"),
    "FI-16.twin": ("≤ 1", "2"),
    "FI-17.amount": ("un montant, zéro compris", "aucun"),
    "FI-17.unit_price": ("un prix au 2026-03-01", "aucun"),
    "FI-18.source": ("1.00 × 96.00", "0.50 × 96.00"),
    "FI-19.identity": ("siren", "vide"),
    "FI-20.known_collaborator": ("un collaborateur connu", "E9"),
    "FI-20.exit": ("≤ 2026-02-28", "2026-03-05"),
    "FI-21.progress": ("3", "2"),
    "FI-22.vat_rate": ("un taux FR55 au 2026-03-31", "aucun"),
    "AN-01.saved_since_migration": ("≥ 2026-01-15", "2025-12-03"),
    "AN-02.period_start": ("2026-01-01", "2026-01-15"),
    "AN-03.beginning": ("≥ 2026-04-01", "2026-03-01"),
    "AN-04.end": ("≥ 2026-01-01", "2025-12-31"),
    "AN-05.module_start": ("module à partir du 2026-01-01", "2027-01-01"),
    "AN-05.module_end": ("module jusqu'au 2028-12-31", "2029-12-31"),
    "AN-05.next_invoice": ("prochaine facture le 2027-01-01", "2026-02-01"),
    "AN-06.terms": ("une formule lisible", "« Q1 + ? »"),
    "AN-06.term_readings": ("un relevé de chaque terme : Q1 + ?", "1 sans relevé"),
    "AN-06.own_readings": ("aucun relevé sur une grandeur calculée", "2"),
    "AN-07.reading": ("≥ 1", "0 (dernier facturé : 2026-01-02)"),
    "AN-08.installation": ("≥ 1 au 2026-01-15", "0"),
    "AN-09.increase": ("≥ 12400.00", "1260.00"),
    "AN-09.one_value": ("≤ 1 valeur par jour", "2"),
    "AN-09.device": ("un appareil en place", "1 relevé sans appareil"),
    "AN-09.billed_reading": ("le relevé facturé 12400.00", "0"),
    "AN-09.jump": ("≤ 5000.00 (1000.0 d'habitude)", "5000.0001"),
    "AN-10.true_up_start": ("2025-11-01", "2024-11-01"),
    "AN-11.amount": ("amount, zéro compris", "aucun"),
    "AN-12.quantities": ("≥ 1", "0"),
    "AN-13.setting": ("true_up_months : 12", "10"),
    "AN-14.billable": ("≥ 1", "0"),
    "AN-15.day": ("jour ≤ 1", "jour 2"),
    "AN-16.count": ("4", "3"),
    "AN-17.accumulation": ("12000.00", "9000.00"),
    "AN-18.row": ("≥ 1 jusqu'au 2026-02-28", "0"),
    "AN-19.grid": ("une période de la grille", "aucune"),
    "AN-19.invoice": ("une facture", "aucune"),
    "AN-20.one_value": ("≤ 1 nombre d'unités comprises", "2"),
    "AN-20.current": ("4000.00 (règle)", "3000.00"),
    "AN-21.length": ("3 mois", "1 (du 2026-06-01)"),
    "AN-22.day_kept": ("jour 1", "jour 15"),
    "AN-23.older_reading": ("≥ 1 relevé de Q-7", "0 (1 sur la récente)"),
    "AN-24.client_reading": ("≥ 1", "0"),
    "AN-25.held_back": ("≥ 1", "0"),
    "AN-25.used_up": ("> 0 offertes", "0.00"),
    "AN-26.estimate_possible": ("≥ 1, ou l'estimation permise", "0"),
    "AN-27.modes": ("≤ 1", "2"),
}
# Second bounds of a pair, which the one failing case of each table above does not break.
UNTOUCHED_CHECKS = {"FI-06.start", "FI-15.lower", "FI-20.entry"}


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """One case that holds and one that fails in every control table, audited."""
    path = make_warehouse(tmp_path_factory.mktemp("audit") / "warehouse.duckdb")
    for table, (_, holds, fails) in FACTS.items():
        add_case(path, table, f"{table}-holds", holds)
        add_case(path, table, f"{table}-fails", fails)
    return path, audit(path, MONTH, CONTROL_DATE)


def test_the_control_tables_of_these_tests_are_those_of_the_catalogue():
    assert sorted(FACTS) == list(control_tables())


def test_every_check_lets_the_sound_case_pass_and_reports_the_other(full):
    path, _ = full
    found = rows(path, "select check_id, case_id, expected, actual from register.finding order by check_id")
    assert {check_id: (expected, actual) for check_id, _, expected, actual in found} == EXPECTED_FINDINGS
    assert {case_id for _, case_id, _, _ in found} == {f"{table}-fails" for table in FACTS}


def test_every_check_of_the_catalogue_is_covered_here():
    checks = {check.id for rule in rule_specs() for check in rule.checks}
    assert checks == EXPECTED_FINDINGS.keys() | UNTOUCHED_CHECKS


def test_a_finding_carries_the_keys_and_holds_of_its_case(full):
    path, _ = full
    (finding,) = rows(path, "select * exclude (expected, actual) from register.finding where code = 'FI-05'")
    assert finding == (
        "2026-03", CONTROL_DATE, "FI-05", "FI-05.total", "ctl_plan_total-fails", "critical", "mission",
        "ctl_plan_total-fails", "C1", "D1", Decimal("10.00"), "item", "K1", None, "K9",
    )  # fmt: skip


def test_the_report_counts_cases_subjects_and_money(full):
    _, report = full
    assert [outcome.code for outcome in report.rules] == [rule.code for rule in rule_specs()]
    outcome = report.rule("FI-10")
    assert (outcome.evaluated, outcome.failed, outcome.subjects, outcome.success) == (4, 2, 2, False)
    assert (outcome.critical, outcome.warning, outcome.info) == (2, 0, 0)
    assert outcome.amount_at_stake == Decimal("20.00")
    assert [row.check_id for row in outcome.sample] == ["FI-10.deadline", "FI-10.vintage"]
    assert report.rule("FI-06").evaluated == 2, "two checks of one table look at the same cases"


def test_each_check_keeps_the_query_that_selects_its_failing_cases(full):
    path, _ = full
    ((evaluated, failed, success, query),) = rows(
        path,
        "select evaluated, failed, success, failing_query from register.check_result where check_id = 'FI-05.total'",
    )
    assert (evaluated, failed, success) == (2, 1, False)
    assert rows(path, query) == [("ctl_plan_total-fails", Decimal("1200.00"), Decimal("1199.99"))]


def test_the_register_of_rules_is_the_catalogue(full):
    path, _ = full
    found = rows(
        path, "select code, title_fr, title_en, remedy_fr, remedy_en, owner_fr from register.rule order by code"
    )
    assert found == [
        (rule.code, rule.title.fr, rule.title.en, rule.remedy.fr, rule.remedy.en, rule.owner.fr)
        for rule in rule_specs()
    ]


@pytest.fixture
def warehouse(tmp_path):
    return make_warehouse(tmp_path / "ware house 100%.duckdb")


def test_empty_control_tables_pass(warehouse):
    report = audit(warehouse, MONTH, CONTROL_DATE)
    assert all(outcome.success and outcome.evaluated == 0 for outcome in report.rules)
    assert rows(warehouse, "select count(*) from register.finding") == [(0,)]


def only(*codes):
    """The rules a test needs, so that it runs fast."""
    return tuple(rule_spec(code) for code in codes)


@pytest.mark.parametrize(
    ("code", "table", "facts", "check_id"),
    [
        ("FI-06", "ctl_plan_line_year", "date '2025-06-30', date '2025-07-01', date '2026-06-30'", "FI-06.start"),
        ("FI-15", "ctl_measure_jump", "'PAYSLIPS', 3.3333, 10, 9.9999, 90, 29.9997, 30", "FI-15.lower"),
        (
            "FI-20",
            "ctl_time_entry_employment",
            "date '2026-03-05', date '2026-03-06', date '9999-12-31'",
            "FI-20.entry",
        ),
    ],
)
def test_the_other_bound_is_checked_too(warehouse, code, table, facts, check_id):
    add_case(warehouse, table, "k", facts)
    audit(warehouse, MONTH, CONTROL_DATE, rules=only(code))
    assert rows(warehouse, "select check_id from register.finding") == [(check_id,)]


def test_more_failing_cases_than_great_expectations_lists_are_all_in_the_register(warehouse):
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "insert into controls.ctl_time_entry_rate "
            "select 'k' || n, '2026-03', date '2026-03-31', 'time_entry', 'k' || n, 'C1', 'D1', 'critical', null, "
            "'item', 'k' || n, null, null, null, 'E1', date '2026-03-12' from range(2501) as r(n)"
        )
    report = audit(warehouse, MONTH, CONTROL_DATE, rules=only("FI-08"))
    assert report.rule("FI-08").failed == 2501
    assert report.rule("FI-08").amount_at_stake is None
    assert len(report.rule("FI-08").sample) == 5
    assert rows(warehouse, "select count(distinct case_id) from register.finding") == [(2501,)]


def test_quotes_and_other_odd_characters_in_keys_are_kept(warehouse):
    keys = ["L'Été|1", 'with "quotes"', "semi;colon -- x", "per%cent :name $1", "back\\slash", "", " "]
    for key in keys:
        add_case(warehouse, "ctl_plan_mission", key, "'CLOS''ED'", subject_id=f"s{key}")
    audit(warehouse, MONTH, CONTROL_DATE, rules=only("FI-03"))
    assert sorted(rows(warehouse, "select case_id, actual from register.finding")) == sorted(
        (k, "CLOS'ED") for k in keys
    )


def test_a_month_audited_again_replaces_its_findings_and_leaves_the_others(warehouse):
    add_case(warehouse, "ctl_mission_plan", "march", "0")
    audit(warehouse, MONTH, CONTROL_DATE, rules=only("FI-01"))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update controls.ctl_mission_plan set month = '2026-04', control_date = date '2026-04-30'")
    april = CONTROL_DATE.replace(month=4, day=30)
    audit(warehouse, "2026-04", april, rules=only("FI-01"))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update controls.ctl_mission_plan set case_id = 'other', subject_id = 'other'")
    audit(warehouse, "2026-04", april, rules=only("FI-01"))
    audit(warehouse, "2026-04", april, rules=only("FI-01"))
    found = rows(warehouse, "select month, case_id from register.finding order by month")
    assert found == [("2026-03", "march"), ("2026-04", "other")]
    assert len(rows(warehouse, "select * from register.check_result")) == 2


def test_one_subject_with_several_cases_counts_once_with_its_highest_amount_and_worst_severity(warehouse):
    for field, severity, amount in (("a", "info", "10.00"), ("b", "warning", "30.00"), ("c", "info", None)):
        add_case(
            warehouse,
            "ctl_client_identity",
            field,
            f"null, '{field}'",
            subject_id="C1",
            severity=severity,
            amount=amount,
        )
    outcome = audit(warehouse, MONTH, CONTROL_DATE, rules=only("FI-19")).rule("FI-19")
    assert (outcome.failed, outcome.subjects, outcome.warning, outcome.info) == (3, 1, 1, 0)
    assert outcome.amount_at_stake == Decimal("30.00")


def test_the_words_of_a_finding_follow_the_language(warehouse):
    add_case(warehouse, "ctl_line_vat", "k", "null, 'FR55', date '2026-03-31'")
    audit(warehouse, MONTH, CONTROL_DATE, language="en", rules=only("FI-22"))
    assert rows(warehouse, "select expected, actual from register.finding") == [("a rate FR55 on 2026-03-31", "none")]


def test_the_warehouse_can_be_written_right_after(warehouse):
    audit(warehouse, MONTH, CONTROL_DATE, rules=only("FI-01"))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table after (n integer)")


def test_two_audits_of_the_same_tables_give_the_same_report(warehouse):
    add_case(warehouse, "ctl_plan_total", "a", "1, 2")
    add_case(warehouse, "ctl_plan_total", "b", "1, 2", amount="99.00")
    first = audit(warehouse, MONTH, CONTROL_DATE, rules=only("FI-05"))
    assert audit(warehouse, MONTH, CONTROL_DATE, rules=only("FI-05")) == first
    assert [row.subject_id for row in first.rule("FI-05").sample] == ["b", "a"]


def test_a_compared_fact_that_is_missing_is_refused(warehouse):
    add_case(warehouse, "ctl_plan_total", "k", "null, 1200")
    with pytest.raises(AuditError, match=r"ctl_plan_total\.plan_total is NULL in 1 rows"):
        audit(warehouse, MONTH, CONTROL_DATE, rules=only("FI-05"))


def test_a_case_given_twice_is_refused(warehouse):
    add_case(warehouse, "ctl_mission_plan", "k", "0")
    add_case(warehouse, "ctl_mission_plan", "k", "1")
    with pytest.raises(AuditError, match="ctl_mission_plan has 2 rows for 1 distinct case_id"):
        audit(warehouse, MONTH, CONTROL_DATE, rules=only("FI-01"))


def test_control_tables_of_another_month_are_refused(warehouse):
    add_case(warehouse, "ctl_mission_plan", "k", "0", month="2026-02")
    with pytest.raises(AuditError, match="not of month 2026-03"):
        audit(warehouse, MONTH, CONTROL_DATE, rules=only("FI-01"))


def test_a_missing_control_table_is_named(warehouse):
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("drop table controls.ctl_line_vat")
    with pytest.raises(AuditError, match="ctl_line_vat"):
        audit(warehouse, MONTH, CONTROL_DATE)


def test_a_missing_column_is_named(warehouse):
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("alter table controls.ctl_client_identity drop column identity_field")
    with pytest.raises(
        AuditError, match=r"FI-19\.identity reads columns that ctl_client_identity lacks: identity_field"
    ):
        audit(warehouse, MONTH, CONTROL_DATE, rules=only("FI-19"))


def test_a_missing_warehouse_is_said_so(tmp_path):
    with pytest.raises(AuditError, match="There is no warehouse at"):
        audit(tmp_path / "none.duckdb", MONTH, CONTROL_DATE)


def test_a_refused_audit_leaves_the_register_as_it_was(warehouse, monkeypatch):
    add_case(warehouse, "ctl_mission_plan", "k", "0")
    audit(warehouse, MONTH, CONTROL_DATE, rules=only("FI-01"))
    import expectations.audit as module

    validate = module._validate

    def lying(path, rules):
        outcomes = validate(path, rules)
        return {
            name: module.CheckOutcome(name, o.table, o.evaluated, 7, o.failing_query) for name, o in outcomes.items()
        }

    monkeypatch.setattr(module, "_validate", lying)
    with pytest.raises(AuditError, match=r"counted 7 failing cases on ctl_mission_plan, but its query selects 1"):
        audit(warehouse, MONTH, CONTROL_DATE, rules=only("FI-01"))
    assert rows(warehouse, "select case_id from register.finding") == [("k",)]
