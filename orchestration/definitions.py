"""The whole month as one Dagster graph: inbox → raw → staging → calculation → controls → register → marts → published.

``build_defs(workspace)`` assembles it explicitly for one workspace. ``-m orchestration.definitions`` does so for the
workspace of ``$PREFACT_WORKSPACE``, which is how the UI loads it.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from assets.dbt import CONTROL_LAYERS, MART_LAYERS, DbtHome, build_dbt_step
from assets.exports import DEFAULT_FORMATS
from assets.inputs import build_inbox_assets, build_input_assets
from assets.ledger_step import build_ledger_assets
from assets.outputs import build_publication_assets
from assets.register import build_register_asset
from assets.site import Site
from assets.sources.step import GROUP as SOURCE_GROUP
from assets.sources.step import build_source_assets
from assets.stages import Stages
from assets.standing import Standing
from orchestration.arrivals import build_inbox_sensor
from orchestration.lock import workspace_lock
from orchestration.month import EXPORT_JOB, MONTH_JOB, VALIDATE_JOB
from orchestration.notice import build_failure_hook
from orchestration.settings import FIRST_MONTH, MONTHS_AHEAD, Workspace, load_workspace, workspace_root

TIMEZONE = "Europe/Paris"
JOB = MONTH_JOB
# A run launched from the UI waits for the one before it; a person at a terminal is told at once instead.
LOCK_WAIT_SECONDS = 1800


def month_partitions() -> dg.MonthlyPartitionsDefinition:
    """Return the months that can be run: from 2000-01 to 24 months ahead of the current one."""
    # `end_offset` counts from the last month that is over, so the current month takes one.
    return dg.MonthlyPartitionsDefinition(
        start_date=FIRST_MONTH, fmt="%Y-%m", timezone=TIMEZONE, end_offset=MONTHS_AHEAD + 1
    )


def scheduled_month(moment: dt.datetime, bills: str) -> str:
    """Return the month a scheduled run bills.

    Args:
        moment: when the schedule ticks.
        bills: ``current`` or ``previous``.
    """
    local = moment.astimezone(ZoneInfo(TIMEZONE))
    first = local.date().replace(day=1)
    if bills == "previous":
        first = (first - dt.timedelta(days=1)).replace(day=1)
    return f"{first:%Y-%m}"


def build_site(workspace: Workspace, stages: Stages) -> Site:
    """Return what the assets need to know of a workspace.

    Args:
        workspace: the folder and its settings.
        stages: where the steps report.
    """
    settings = workspace.settings
    return Site(
        root=workspace.root,
        language=settings.language,
        options={
            "first_month": settings.first_month,
            "approval_required": settings.time.approval_required,
            "rounding_minutes": settings.time.rounding_minutes,
            "rounding_mode": settings.time.rounding_mode,
            "rounding_per": settings.time.rounding_per,
            "units_method": settings.units.method,
            "due_day": settings.units.due_day,
            "jump_factor": settings.anomalies.jump_factor,
            "estimate_jump_factor": settings.anomalies.estimate_jump_factor,
        },
        payroll_counts=settings.units.payroll_counts,
        seller=asdict(settings.seller),
        default_control_date=settings.control_date,
        sources=settings.sources,
        cluster=workspace.cluster,
        stages=stages,
    )


def dbt_home(site: Site) -> DbtHome:
    """Return where dbt works, by the engine that runs the models.

    Args:
        site: the workspace.
    """
    if site.cluster is None:
        return DbtHome(site.dbt_state, site.warehouse)
    from assets.spark import SparkHome

    return SparkHome(site.dbt_state, site.warehouse, cluster=site.cluster)


def build_defs(workspace: Workspace, stages: Stages | None = None) -> dg.Definitions:
    """Assemble the graph of one workspace.

    Args:
        workspace: the folder and its settings.
        stages: where the steps report; a run without a terminal needs none.
    """
    site = build_site(workspace, stages or Stages())
    partitions = month_partitions()
    dbt = dbt_home(site)
    manifest = dbt.manifest()
    standing = Standing(dbt, manifest)

    @dg.resource(description="One run at a time writes this workspace.")
    def lock_resource(context: dg.InitResourceContext) -> Iterator[None]:
        with workspace_lock(workspace.hidden, f"run {context.run_id}", wait_seconds=LOCK_WAIT_SECONDS):
            yield

    hook = build_failure_hook(workspace)
    job = define_job(
        JOB,
        "Le mois, de bout en bout : ce que lance « prefact run ». / The month, end to end: what “prefact run” "
        "executes.",
        {},
        hook,
    )
    validate = define_job(
        VALIDATE_JOB,
        "Valide le brouillon publié du mois, tout entier ou pour les dossiers nommés, puis le republie : ce que lance "
        "« prefact validate ». / Validates the month's published draft, whole or for the client files named, and "
        "publishes it again: what “prefact validate” executes.",
        {"ledger": {"validate_draft": True}, "ingest": {"as_published": True}},
        hook,
    )
    export = define_job(
        EXPORT_JOB,
        "Remet les lignes validées du mois au logiciel de facturation, dans exports/, puis le republie : ce que lance "
        "« prefact export ». / Hands over the month's validated lines, in exports/, and publishes it again: what "
        "“prefact export” executes.",
        {"ledger": {"export_formats": list(DEFAULT_FORMATS)}, "ingest": {"as_published": True}},
        hook,
    )
    return dg.Definitions(
        assets=[
            *build_inbox_assets(),
            *build_source_assets(site),
            build_ledger_assets(site, partitions),
            build_input_assets(site, partitions),
            build_dbt_step("dbt_controls", CONTROL_LAYERS, dbt, manifest, partitions, standing, site.stages),
            build_register_asset(site, partitions, standing),
            build_dbt_step("dbt_marts", MART_LAYERS, dbt, manifest, partitions, standing, site.stages),
            build_publication_assets(site, partitions),
        ],
        jobs=[job, validate, export],
        sensors=[build_inbox_sensor(workspace, job)],
        schedules=[build_schedule(workspace, job)],
        resources={"workspace_lock": lock_resource},
        executor=dg.in_process_executor,
    )


def define_job(name: str, description: str, steps: Mapping[str, Mapping[str, Any]], hook: dg.HookDefinition) -> dg.job:
    """Return a job over the whole graph; what sets one apart is the configuration of its first steps.

    A job that lays a month out as it was published fetches nothing.

    Args:
        name: of the job.
        description: for people.
        steps: configuration by step.
        hook: what happens when one fails.
    """
    return dg.define_asset_job(
        name,
        selection=dg.AssetSelection.all() - dg.AssetSelection.groups(SOURCE_GROUP)
        if steps
        else dg.AssetSelection.all(),
        description=description,
        config={
            "ops": {step: {"config": dict(config)} for step, config in steps.items()},
            # Dagster keeps every event in its history; on a terminal two hundred of them a run are noise.
            "loggers": {"console": {"config": {"log_level": "WARNING"}}},
        },
        hooks={hook},
        executor_def=dg.in_process_executor,
    )


def build_schedule(workspace: Workspace, job: dg.job) -> dg.ScheduleDefinition:
    """Return the monthly schedule, which says in words and in the run's tags which month it bills.

    Args:
        workspace: its settings give the day, the hour and the month billed.
        job: what it launches.
    """
    schedule = workspace.settings.schedule
    billed = {"current": "le mois en cours / the current month", "previous": "le mois précédent / the month before"}

    @dg.schedule(
        name=f"monthly_bills_{schedule.bills}_month",
        job=job,
        cron_schedule=f"0 {schedule.hour} {schedule.day} * *",
        execution_timezone=TIMEZONE,
        description=f"Le {schedule.day} du mois à {schedule.hour} h, facture {billed[schedule.bills]}.",
    )
    def monthly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        month = scheduled_month(context.scheduled_execution_time, schedule.bills)
        return dg.RunRequest(run_key=month, partition_key=month, tags={"prefact/bills": month})

    return monthly


@dg.definitions
def defs() -> dg.Definitions:
    """Return the graph of the workspace named by ``$PREFACT_WORKSPACE``, else of the current folder."""
    return build_defs(load_workspace(workspace_root(None)))
