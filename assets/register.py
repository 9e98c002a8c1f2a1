"""The anomaly register as a Dagster asset: the suites run over the control tables, one asset check per rule."""

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from assets.site import Site
from assets.stages import EXPECTATIONS
from expectations.rules import Rule, rule_specs

GROUP = "6_register_anomalies"
FINDING = dg.AssetKey(["register", "finding"])
RULE = dg.AssetKey(["register", "rule"])
SAMPLE_ROWS = 5


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


def summarise_findings(warehouse: Path, month: str) -> Mapping[str, Mapping[str, Any]]:
    """Count, add up and sample the findings of a month, by rule.

    Args:
        warehouse: the DuckDB file.
        month: ``YYYY-MM``.

    Returns:
        By code: ``cases``, ``critical``, ``stake`` (euros as text) and ``sample`` (a few keys with what was expected
        and found; no names).
    """
    with duckdb.connect(str(warehouse)) as connection:
        rows = connection.execute(
            """
            select
                code,
                count(*),
                count(*) filter (where severity = 'critical'),
                coalesce(sum(amount_at_stake), 0)::decimal(18, 2)::varchar,
                list({subject: subject_id, expected: expected, actual: actual} order by case_id)[1:$rows],
            from register.finding
            where month = $month
            group by code
            """,
            {"month": month, "rows": SAMPLE_ROWS},
        ).fetchall()
    return {
        code: {"cases": cases, "critical": critical, "stake": stake, "sample": sample}
        for code, cases, critical, stake, sample in rows
    }


def _check_result(rule: Rule, summary: Mapping[str, Any] | None, language: str) -> dg.AssetCheckResult:
    remedy = {"remedy": rule.remedy[language], "owner": rule.owner[language]}
    if summary is None:
        severity = dg.AssetCheckSeverity.ERROR if rule.severity == "critical" else dg.AssetCheckSeverity.WARN
        metadata: dict[str, Any] = {"cases": 0, **remedy}
    else:
        severity = dg.AssetCheckSeverity.ERROR if summary["critical"] else dg.AssetCheckSeverity.WARN
        columns = ("subject", "expected", "actual")
        metadata = {
            "cases": summary["cases"],
            "critical": summary["critical"],
            "euros at stake": summary["stake"],
            "sample": dg.MetadataValue.table(
                records=[dg.TableRecord({column: str(row[column]) for column in columns}) for row in summary["sample"]],
                schema=dg.TableSchema([dg.TableColumn(column, "string") for column in columns]),
            ),
            **remedy,
        }
    return dg.AssetCheckResult(
        asset_key=FINDING,
        check_name=check_name(rule.code),
        passed=summary is None,
        severity=severity,
        metadata=metadata,
    )


def build_register_asset(site: Site, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return the step that runs the suites and fills the register.

    Args:
        site: the workspace.
        partitions: the months.
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
        backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=1),
        required_resource_keys={"workspace_lock"},
    )
    def audit_step(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        from expectations.audit import audit

        month = context.partition_key
        with site.stages.stage(EXPECTATIONS):
            control_date = month_in_warehouse(site.warehouse, month)
            site.stages.notes[EXPECTATIONS] = audit(site.warehouse, month, control_date)
            summaries = summarise_findings(site.warehouse, month)
        yield dg.MaterializeResult(asset_key=RULE, metadata={"dagster/row_count": len(rules)})
        yield dg.MaterializeResult(
            asset_key=FINDING,
            metadata={
                "dagster/row_count": sum(summary["cases"] for summary in summaries.values()),
                "critical": sum(summary["critical"] for summary in summaries.values()),
            },
        )
        for rule in rules:
            yield _check_result(rule, summaries.get(rule.code), site.language)

    return audit_step
