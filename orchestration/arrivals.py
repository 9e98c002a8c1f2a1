"""The sensor of the inbox: files that arrived or changed ask for a run of the months they may concern."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import dagster as dg

from assets.ingestion import look_at_inbox
from assets.publication import published_months, published_state
from orchestration.lock import WorkspaceBusy, workspace_lock
from orchestration.settings import Workspace

SECONDS = 60
OPEN = ("DRAFT", "PARTLY_VALIDATED")


def build_inbox_sensor(workspace: Workspace, job: dg.job) -> dg.SensorDefinition:
    """Return the sensor that asks for the months already run and still open, once what arrived has settled.

    Args:
        workspace: the folder and its settings.
        job: what it launches.
    """

    @dg.sensor(
        name="inbox",
        job=job,
        minimum_interval_seconds=SECONDS,
        description="Quand des fichiers d'inbox/ arrivent ou changent, relance les mois calculés et encore ouverts."
        " / When files of inbox/ arrive or change, runs the months again that were run and are still open.",
    )
    def inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        if not workspace.inbox.is_dir():
            return dg.SkipReason("no inbox/")
        now = glimpse(workspace.inbox)
        seen, _, asked = (context.cursor or "").partition(" ")
        if now == asked:
            return dg.SkipReason("nothing new")
        if now != seen:
            # A file that is being copied is another one at the next look.
            return dg.SensorResult(skip_reason="waiting until what arrived has settled", cursor=f"{now} {asked}")
        try:
            months = concerned_months(workspace)
        except WorkspaceBusy:
            return dg.SkipReason("a run is going on")
        requests = [
            dg.RunRequest(run_key=f"{month} {now}", partition_key=month, tags={"prefact/bills": month})
            for month in months
        ]
        return dg.SensorResult(run_requests=requests, cursor=f"{now} {now}")

    return inbox


def glimpse(inbox: Path) -> str:
    """Return what changes when a file of the inbox does, without opening any.

    Args:
        inbox: the folder.
    """
    facts = []
    for folder, _, names in os.walk(inbox):
        for name in names:
            try:
                state = os.stat(os.path.join(folder, name))
            except OSError:
                continue
            facts.append(f"{folder}/{name}\0{state.st_size}\0{state.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(facts)).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def concerned_months(workspace: Workspace) -> list[str]:
    """Return the months that were run, are still open, and were not made from the input as it is now.

    Args:
        workspace: the folder.

    Raises:
        WorkspaceBusy: a command or a run is at work.
    """
    with workspace_lock(workspace.hidden, "inbox sensor"):
        inbox = look_at_inbox(workspace.root, workspace.settings.language)
        states = {month: published_state(workspace.published, month) for month in published_months(workspace.published)}
    return [
        month
        for month, state in states.items()
        if state.status in OPEN and (inbox.new_files or state.input_fingerprint != inbox.input_fingerprint)
    ]
