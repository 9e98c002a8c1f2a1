"""The anomaly register as a Dagster asset: the suites run over the control tables, one asset check per rule."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from assets.site import Site
from assets.stages import EXPECTATIONS
from assets.standing import Standing
from expectations.audit import RuleOutcome, audit, recall
from expectations.rules import Rule, rule_specs

GROUP = "6_register"
FINDING = dg.AssetKey(["register", "finding"])
RULE = dg.AssetKey(["register", "rule"])
CHECK_RESULT = dg.AssetKey(["register", "check_result"])


def check_name(code: str) -> str:
    """Return the name of a rule's asset check: ``FI-01`` is ``FI_01``."""
    return code.replace("-", "_")


def month_in_warehouse(warehouse: Path, month: str) -> dt.date:
    """Return the control date of the month the warehouse holds.

    Args:
        warehouse: the DuckDB file.
        month: the month a step is asked to work on.

    Raises:
        dagster.Failure: when the raw tables are those of another month, as happens when a single step is launched
            from the UI.
    """
    with duckdb.connect(str(warehouse)) as connection:
        present, control_date = connection.execute("select month, control_date from raw.run_context").fetchone()
    if present != month:
        raise dg.Failure(
            f"the raw tables are those of {present}, not of {month}: launch the job «month» for {month}",
            allow_retries=False,
        )
    return control_date


def check_result(rule: Rule, outcome: RuleOutcome, language: str) -> dg.AssetCheckResult:
    """Return a rule's asset check: how many, how much money, a few keys, and what to do.

    Args:
        rule: the rule.
        outcome: what it found in the month.
        language: of the remedy.
    """
    critical = outcome.critical or (outcome.success and rule.severity == "critical")
    metadata: dict[str, Any] = {
        "cases": outcome.evaluated,
        "anomalies": outcome.subjects,
        "critical": outcome.critical,
        "remedy": rule.remedy[language],
        "owner": rule.owner[language],
    }
    if outcome.amount_at_stake is not None:
        metadata["euros at stake"] = str(outcome.amount_at_stake)
    if outcome.sample:
        columns = ("subject_id", "client_file_id", "severity", "amount_at_stake")
        metadata["sample"] = dg.MetadataValue.table(
            records=[
                dg.TableRecord({column: str(getattr(row, column) or "") for column in columns})
                for row in outcome.sample
            ],
            schema=dg.TableSchema([dg.TableColumn(column, "string") for column in columns]),
        )
    return dg.AssetCheckResult(
        asset_key=FINDING,
        check_name=check_name(rule.code),
        passed=outcome.success,
        severity=dg.AssetCheckSeverity.ERROR if critical else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )


def build_register_asset(site: Site, partitions: dg.PartitionsDefinition, standing: Standing) -> dg.AssetsDefinition:
    """Return the step that runs the suites and fills the register.

    Args:
        site: the workspace.
        partitions: the months.
        standing: what the warehouse was computed from.
    """
    rules = rule_specs()
    controls = [dg.AssetKey(["controls", table]) for table in sorted({t for rule in rules for t in rule.tables})]

    @dg.multi_asset(
        name="audit",
        specs=[
            dg.AssetSpec(
                RULE,
                group_name=GROUP,
                description="Les règles, leurs titres et leurs remèdes. / The rules, their titles and remedies.",
                kinds={"greatexpectations", "duckdb"},
            ),
            dg.AssetSpec(
                FINDING,
                deps=controls,
                group_name=GROUP,
                description="Le registre : chaque cas qu'une règle relève, tous les mois. / The register: every case "
                "a rule finds, all months.",
                kinds={"greatexpectations", "duckdb"},
            ),
            dg.AssetSpec(
                CHECK_RESULT,
                deps=controls,
                group_name=GROUP,
                description="Ce que chaque contrôle a examiné et relevé. / What each check looked at and found.",
                kinds={"greatexpectations", "duckdb"},
            ),
        ],
        check_specs=[
            dg.AssetCheckSpec(
                check_name(rule.code),
                asset=FINDING,
                description=f"{rule.code} · {rule.title.fr} / {rule.title.en}",
                metadata={"severity": rule.severity, "what": rule.what[site.language]},
            )
            for rule in rules
        ],
        partitions_def=partitions,
        required_resource_keys={"workspace_lock"},
    )
    def audit_step(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        month = context.partition_key
        with site.stages.stage(EXPECTATIONS):
            control_date = month_in_warehouse(site.warehouse, month)
            if standing.holds(context.run_id):
                report = recall(site.warehouse, month)
            else:
                report = audit(site.warehouse, month, control_date, language=site.language)
        site.stages.notes[EXPECTATIONS] = report
        yield dg.MaterializeResult(asset_key=RULE, metadata={"dagster/row_count": len(rules)})
        yield dg.MaterializeResult(
            asset_key=FINDING,
            metadata={
                "anomalies": sum(outcome.subjects for outcome in report.rules),
                "critical": sum(outcome.critical for outcome in report.rules),
            },
        )
        yield dg.MaterializeResult(
            asset_key=CHECK_RESULT,
            metadata={"dagster/row_count": sum(len(outcome.checks) for outcome in report.rules)},
        )
        for rule in rules:
            yield check_result(rule, report.rule(rule.code), site.language)

    return audit_step
