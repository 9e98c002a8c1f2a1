"""What the processes of `crashing` do to a workspace; each returns an exit status."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from tests.faults.hindering import lift_limit

MONTH = "2025-01"
CONTROL_DATE = date(2025, 1, 31)
FEW_RELATIONS = ("month_state", "prebill_group", "prebill_line")


def prefact(root: Path, *words: str) -> int:
    """A command, at a fixed moment and by a fixed person, since the ledger keeps both."""
    fix_moment()
    from orchestration.cli import main

    return main([*words, "-w", str(root)])


def fix_moment() -> None:
    """Stop the clock and name the person, wherever they were imported to."""
    from assets import validation

    for name, fixed in (("now", lambda: "2025-02-03T09:00:00.000000"), ("person", lambda: "anne")):
        really = getattr(validation, name)
        for module in list(sys.modules.values()):
            if getattr(module, name, None) is really:
                setattr(module, name, fixed)


def say(root: Path, action: Callable[[Path], int]) -> int:
    """Do something, and say what went wrong as a command would."""
    from orchestration.month import explained
    from orchestration.settings import load_workspace

    try:
        return action(root)
    except Exception as error:
        lift_limit()
        told = explained(error, load_workspace(root), MONTH)
        print(told.text("en"), file=sys.stderr)
        return told.exit_code


def take_in(root: Path) -> int:
    """From the inbox to the `raw` tables."""
    from assets.context import RunContext, write_run_context
    from assets.ingestion import ingest, prepare_raw

    report = ingest(root, language="en", progress=lambda _: None)
    prepare_raw(root, CONTROL_DATE, "en")
    write_run_context(root, RunContext(MONTH, CONTROL_DATE, report.input_fingerprint))
    return 0


def pull_and_take_in(root: Path) -> int:
    """Fetch a source, then from the inbox to the `raw` tables."""
    from assets.sources.pull import pull
    from assets.sources.spec import SqlSource

    query = "select client_id, legal_name, modified from client"
    url = f"sqlite:///{root}/office.db"
    source = SqlSource(name="office", url=url, query=query, table="client", cursor="modified")
    (state,) = pull(root, [source], language="en", progress=lambda _: None)
    return take_in(root) if not state.error else 1


def publish(root: Path) -> int:
    """Publish the month, what nobody reads any more swept first, as a run does."""
    from assets.publication import sweep_versions

    sweep_versions(root / "published")
    return publish_only(root)


def publish_only(root: Path) -> int:
    """Publish the month: three relations stand for all."""
    from assets import publication

    publication.RELATIONS = {relation: publication.RELATIONS[relation] for relation in FEW_RELATIONS}
    publication.publish_month(root / "warehouse.duckdb", root / "published", MONTH)
    return 0


def sweep(root: Path) -> int:
    """Take away the versions nobody reads any more."""
    from assets.publication import sweep_versions

    sweep_versions(root / "published")
    return 0


def freeze(root: Path) -> int:
    """Append the published draft to the ledger, unless it is there."""
    fix_moment()
    from assets.validation import Scope, freeze_plan, plan_validation

    plan = plan_validation(root, MONTH, Scope(), "en")
    if not plan.is_settled:
        freeze_plan(root, plan)
    return 0


def export(root: Path) -> int:
    """Hand the validated lines over."""
    from assets.exports import export_month

    export_month(root, MONTH, ("csv", "json", "parquet"), "en", "2025-02-03T09:00:00", "anne")
    return 0


def switch_rebuilt(root: Path) -> int:
    """Put in place what a rebuild made beside: here, what `<root>.made` holds."""
    from orchestration.rebuild import switch
    from orchestration.settings import load_workspace

    beside = root.parent / f"{root.name}.beside"
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(root.parent / "made", beside, symlinks=True)
    switch(load_workspace(root), load_workspace(beside), [MONTH])
    return 0
