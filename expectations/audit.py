"""Running the rules over the control tables of a month and keeping the register of what they found.

Two connections, one after the other: Great Expectations decides on a read-only one; then the query it gives for each
failing expectation is run inside DuckDB, on a read-write one, to fill the register. So the register is complete: the
lists inside a validation result stop at 200 rows.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.loading import load_great_expectations
from expectations.rules import LANGUAGES, TEXT_FIELDS, Check, Rule, control_tables, rule_specs

if TYPE_CHECKING:
    import duckdb

SAMPLE_ROWS = 5
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_FINDING_COLUMNS = """
    month varchar not null,
    control_date date not null,
    code varchar not null,
    check_id varchar not null,
    case_id varchar not null,
    severity varchar not null,
    subject_type varchar not null,
    subject_id varchar not null,
    client_id varchar,
    client_file_id varchar,
    expected varchar not null,
    actual varchar not null,
    amount_at_stake decimal(18, 2),
    hold_scope varchar not null,
    hold_key varchar,
    cause_code varchar,
    contract_id varchar
"""
_CHECK_RESULT_COLUMNS = """
    month varchar not null,
    control_date date not null,
    code varchar not null,
    check_id varchar not null,
    table_name varchar not null,
    expectation varchar not null,
    kwargs varchar not null,
    evaluated bigint not null,
    failed bigint not null,
    success boolean not null,
    failing_query varchar
"""


class AuditError(Exception):
    """The control tables cannot be audited: a fault of the models or of the rules, never of the data of a firm."""


@dataclass(frozen=True)
class CheckOutcome:
    """What one expectation found.

    Attributes:
        check_id: the check of the catalogue.
        table: the control table.
        evaluated: its cases.
        failed: the cases that fail.
        failing_query: the SQL that selects them; None when there are none.
    """

    check_id: str
    table: str
    evaluated: int
    failed: int
    failing_query: str | None

    @property
    def success(self) -> bool:
        """Whether no case fails."""
        return self.failed == 0


@dataclass(frozen=True)
class SampleRow:
    """A failing case, by codes, keys and money alone: fit for logs and metadata."""

    check_id: str
    severity: str
    subject_id: str
    client_id: str | None
    client_file_id: str | None
    amount_at_stake: Decimal | None


@dataclass(frozen=True)
class RuleOutcome:
    """What one rule found.

    Attributes:
        code: the rule.
        evaluated: the cases looked at, those of each control table once.
        failed: the cases that fail at least one check.
        subjects: the distinct subjects among them; each is one anomaly of the register.
        critical, warning, info: those subjects by their worst severity.
        amount_at_stake: in euros, each thing held (else each subject) counted once with its highest amount; None when
            none is known.
        sample: the first failing cases, the gravest first.
        checks: the outcome of each check.
    """

    code: str
    evaluated: int
    failed: int
    subjects: int
    critical: int
    warning: int
    info: int
    amount_at_stake: Decimal | None
    sample: tuple[SampleRow, ...]
    checks: tuple[CheckOutcome, ...]

    @property
    def success(self) -> bool:
        """Whether no case fails."""
        return self.failed == 0


@dataclass(frozen=True)
class AuditReport:
    """What the audit of a month found, rule by rule, in the order of the codes."""

    month: str
    control_date: date
    rules: tuple[RuleOutcome, ...]

    def rule(self, code: str) -> RuleOutcome:
        """The outcome of one rule."""
        return {outcome.code: outcome for outcome in self.rules}[code]


def audit(
    warehouse: Path,
    month: str,
    control_date: date,
    *,
    language: str = "fr",
    rules: tuple[Rule, ...] | None = None,
) -> AuditReport:
    """Run every rule over the control tables and replace the findings of the month in the register.

    Args:
        warehouse: the DuckDB file. No connection of this process may have it open.
        month: `YYYY-MM`; the control tables must be those of this month.
        control_date: likewise.
        language: of the words in `expected` and `actual`; figures, dates and codes have none.
        rules: the rules to run, the whole catalogue by default.

    Returns:
        The outcome of each rule.

    Raises:
        AuditError: a control table is missing or breaks what the rules rely on, or the rows found are not as many as
            Great Expectations counted. The register is then left as it was.
    """
    if not _MONTH.fullmatch(month):
        raise AuditError(f"{month!r} is not a month; write it as 2026-03.")
    rules = rule_specs() if rules is None else rules
    _require_control_tables(warehouse, month, control_date, rules)
    outcomes = _validate(warehouse, rules)
    return _register(warehouse, month, control_date, rules, outcomes, language)


def recall(warehouse: Path, month: str) -> AuditReport:
    """Return what the last audit of a month found, from the register.

    Args:
        warehouse: the DuckDB file.
        month: `YYYY-MM`, audited with the catalogue as it is.
    """
    with _connect(warehouse, read_only=True) as connection:
        rows = connection.execute(
            "select check_id, table_name, evaluated, failed, failing_query, control_date"
            " from register.check_result where month = ?",
            [month],
        ).fetchall()
        outcomes = {row[0]: CheckOutcome(*row[:-1]) for row in rows}
        return AuditReport(
            month=month,
            control_date=rows[0][-1],
            rules=tuple(_rule_outcome(connection, rule, outcomes, month) for rule in rule_specs()),
        )


def _connect(warehouse: Path, *, read_only: bool) -> "duckdb.DuckDBPyConnection":
    import duckdb

    return duckdb.connect(str(warehouse), read_only=read_only)


def _require_control_tables(warehouse: Path, month: str, control_date: date, rules: tuple[Rule, ...]) -> None:
    """Check what the register relies on and no expectation says.

    One case per row; the month and control date that are being audited; and no NULL among compared facts, which an
    expectation would pass over in silence: a missing fact needs a check of its own.
    """
    if not warehouse.exists():
        raise AuditError(f"There is no warehouse at {warehouse}. Run the month first.")
    facts: dict[str, set[str]] = {table: set() for table in control_tables(rules)}
    for check in (check for rule in rules for check in rule.checks if not check.allows_null):
        facts[check.table].update(check.columns)
    with _connect(warehouse, read_only=True) as connection:
        found = {
            name: set(columns)
            for name, columns in connection.execute(
                "select table_name, list(column_name) from information_schema.columns "
                "where table_schema = 'controls' group by table_name"
            ).fetchall()
        }
        missing = sorted(facts.keys() - found.keys())
        if missing:
            raise AuditError(
                f"Control tables missing from the warehouse: {', '.join(missing)}. Build the models first."
            )
        for check in (check for rule in rules for check in rule.checks):
            unknown = sorted(check.mentioned_columns - found[check.table])
            if unknown:
                raise AuditError(f"{check.id} reads columns that {check.table} lacks: {', '.join(unknown)}.")
        for table, columns in facts.items():
            _require_sound_cases(connection, table, sorted(columns), month, control_date)


def _require_sound_cases(
    connection: "duckdb.DuckDBPyConnection", table: str, columns: list[str], month: str, control_date: date
) -> None:
    nulls = "".join(f', count(*) filter (where "{column}" is null)' for column in columns)
    cases, distinct_cases, other_months, *null_counts = connection.execute(
        "select count(*), count(distinct case_id), "
        f"count(*) filter (where month is distinct from ? or control_date is distinct from ?) {nulls} "
        f"from controls.{table}",
        [month, control_date],
    ).fetchone()
    if distinct_cases != cases:
        raise AuditError(
            f"{table} has {cases} rows for {distinct_cases} distinct case_id; it must have one row per case."
        )
    if other_months:
        raise AuditError(
            f"{table} has {other_months} rows that are not of month {month} with control date {control_date}. "
            "Build the models for this month first."
        )
    for column, count in zip(columns, null_counts, strict=True):
        if count:
            raise AuditError(
                f"{table}.{column} is NULL in {count} rows; a compared fact must be known. "
                "Leave these cases out of the table or give the missing fact a check of its own."
            )


def _validate(warehouse: Path, rules: tuple[Rule, ...]) -> dict[str, CheckOutcome]:
    """Run every check, all those of a control table together."""
    gx = load_great_expectations()
    from expectations.datasource import open_control_tables

    checks_by_table: dict[str, list[Check]] = {table: [] for table in control_tables(rules)}
    for check in (check for rule in rules for check in rule.checks):
        checks_by_table[check.table].append(check)
    outcomes = {}
    with open_control_tables(warehouse, checks_by_table) as controls:
        for table, checks in checks_by_table.items():
            results = controls.validate(table, [_expectation(gx, check) for check in checks])
            for check, result in zip(checks, results, strict=True):
                outcomes[check.id] = _outcome(check, result)
    return outcomes


def _expectation(gx: Any, check: Check) -> Any:
    """The native expectation of a check."""
    return getattr(gx.expectations, check.expectation)(**check.kwargs)


def _outcome(check: Check, result: Any) -> CheckOutcome:
    """Read what the register needs out of a validation result."""
    if "unexpected_count" not in result.result:
        raise AuditError(f"{check.id} could not be evaluated on {check.table}: {result.exception_info}")
    # The sum over an empty table is NULL, which Great Expectations hands on.
    failed = result.result["unexpected_count"] or 0
    query = result.result.get("unexpected_index_query")
    if failed and not query:
        raise AuditError(f"{check.id}: {failed} cases fail on {check.table}, but Great Expectations gave no query.")
    return CheckOutcome(
        check_id=check.id,
        table=check.table,
        evaluated=result.result["element_count"],
        failed=failed,
        failing_query=query.strip().rstrip(";") if failed else None,
    )


def _register(
    warehouse: Path,
    month: str,
    control_date: date,
    rules: tuple[Rule, ...],
    outcomes: dict[str, CheckOutcome],
    language: str,
) -> AuditReport:
    """Write the catalogue and the month's findings in one transaction, then read the figures of each rule."""
    with _connect(warehouse, read_only=False) as connection:
        connection.execute("begin")
        connection.execute("create schema if not exists register")
        connection.execute(f"create table if not exists register.finding ({_FINDING_COLUMNS})")
        # Made by an earlier release.
        connection.execute("alter table register.finding add column if not exists contract_id varchar")
        connection.execute(f"create table if not exists register.check_result ({_CHECK_RESULT_COLUMNS})")
        _write_rules(connection, rules)
        connection.execute("delete from register.finding where month = ?", [month])
        connection.execute("delete from register.check_result where month = ?", [month])
        for rule in rules:
            for check in rule.checks:
                _write_findings(connection, rule, check, outcomes[check.id], month, control_date, language)
        report = AuditReport(
            month=month,
            control_date=control_date,
            rules=tuple(_rule_outcome(connection, rule, outcomes, month) for rule in rules),
        )
        connection.execute("commit")
    return report


def _write_rules(connection: "duckdb.DuckDBPyConnection", rules: Iterable[Rule]) -> None:
    texts = [f"{name}_{language}" for name in TEXT_FIELDS for language in LANGUAGES]
    columns = ["code", "severity", "subject_type", *texts]
    definition = ", ".join(f"{column} varchar not null" for column in columns)
    connection.execute(f"create or replace table register.rule ({definition})")
    connection.executemany(
        f"insert into register.rule values ({', '.join('?' * len(columns))})",
        [
            [
                rule.code,
                rule.severity,
                rule.subject_type,
                *(getattr(rule, name)[language] for name in TEXT_FIELDS for language in LANGUAGES),
            ]
            for rule in rules
        ],
    )


def _write_findings(
    connection: "duckdb.DuckDBPyConnection",
    rule: Rule,
    check: Check,
    outcome: CheckOutcome,
    month: str,
    control_date: date,
    language: str,
) -> None:
    connection.execute(
        "insert into register.check_result values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            month,
            control_date,
            rule.code,
            check.id,
            check.table,
            check.expectation,
            json.dumps(check.kwargs, sort_keys=True),
            outcome.evaluated,
            outcome.failed,
            outcome.success,
            outcome.failing_query,
        ],
    )
    if outcome.failing_query is None:
        return
    (written,) = connection.execute(
        f"""
        insert into register.finding
        select
            month,
            control_date,
            ? as code,
            ? as check_id,
            case_id,
            severity,
            subject_type,
            subject_id,
            client_id,
            client_file_id,
            {check.expected_sql(language)} as expected,
            {check.actual_sql(language)} as actual,
            amount_at_stake,
            hold_scope,
            hold_key,
            cause_code,
            contract_id
        from controls.{check.table}
        where case_id in (select case_id from ({outcome.failing_query}) as failing)
        order by case_id
        """,
        [rule.code, check.id],
    ).fetchone()
    if written != outcome.failed:
        raise AuditError(
            f"{check.id}: Great Expectations counted {outcome.failed} failing cases on {check.table}, "
            f"but its query selects {written}. The register was left as it was."
        )


def _rule_outcome(
    connection: "duckdb.DuckDBPyConnection", rule: Rule, outcomes: dict[str, CheckOutcome], month: str
) -> RuleOutcome:
    checks = tuple(outcomes[check.id] for check in rule.checks)
    table_of_check = {check.id: check.table for check in rule.checks}
    failed, subjects, critical, warning, info, amount = connection.execute(
        f"""
        with finding as (
            select *, map({list(table_of_check)}, {list(table_of_check.values())})[check_id] as table_name
            from register.finding
            where month = ? and code = ?
        ),
        subject as (
            select
                subject_id,
                bool_or(severity = 'critical') as critical,
                bool_or(severity = 'warning') as warning,
            from finding
            group by subject_id
        ),
        stake as (
            -- Two checks may fail on one line; its money is at stake once.
            select max(amount_at_stake) as amount_at_stake
            from finding
            group by subject_id, coalesce(hold_key, subject_id)
        )
        select
            (select count(distinct (table_name, case_id)) from finding),
            count(*),
            count(*) filter (where critical),
            count(*) filter (where warning and not critical),
            count(*) filter (where not warning and not critical),
            (select cast(sum(amount_at_stake) as decimal(18, 2)) from stake),
        from subject
        """,
        [month, rule.code],
    ).fetchone()
    sample = connection.execute(
        """
        select check_id, severity, subject_id, client_id, client_file_id, amount_at_stake
        from register.finding
        where month = ? and code = ?
        order by
            case severity when 'critical' then 0 when 'warning' then 1 else 2 end,
            amount_at_stake desc nulls last,
            subject_id,
            check_id,
            case_id
        limit ?
        """,
        [month, rule.code, SAMPLE_ROWS],
    ).fetchall()
    return RuleOutcome(
        code=rule.code,
        evaluated=sum({check.table: check.evaluated for check in checks}.values()),
        failed=failed,
        subjects=subjects,
        critical=critical,
        warning=warning,
        info=info,
        amount_at_stake=amount,
        sample=tuple(SampleRow(*row) for row in sample),
        checks=checks,
    )
