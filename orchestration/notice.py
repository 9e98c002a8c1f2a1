"""A notice that a run failed, to whom `[notify]` of `prefact.toml` says: a command, a web address, both or neither.

The notice names the job, the month, the step and the kind of error, never what the error says: it leaves the firm's
machine, and the detail stays in Dagster's history. A notice that cannot be given is logged and changes nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import dagster as dg

from orchestration.settings import NotifySettings, Workspace
from orchestration.texts import say

SECONDS = 30


@dataclass(frozen=True)
class Notice:
    """What is told.

    Attributes:
        text: for people.
        workspace: name of its folder.
        job: of Dagster.
        month: ``YYYY-MM``.
        step: that failed.
        error: its kind.
        run_id: of Dagster.
    """

    text: str
    workspace: str
    job: str
    month: str
    step: str
    error: str
    run_id: str


def build_failure_hook(workspace: Workspace) -> dg.HookDefinition:
    """Return the hook of every job that gives notice of a step that failed, whoever launched the run.

    Args:
        workspace: the folder and its settings.
    """

    @dg.failure_hook(name="failure_notice")
    def failure_notice(context: dg.HookContext) -> None:
        run = context.instance.get_run_by_id(context.run_id)
        tell_failure(workspace, run, context.op.name, context.op_exception, context.log.warning)

    return failure_notice


def tell_failure(
    workspace: Workspace, run: dg.DagsterRun, step: str, error: BaseException, warn: Callable[[str], None]
) -> None:
    """Give notice of a step that failed.

    Args:
        workspace: the folder and its settings.
        run: of Dagster.
        step: that failed.
        error: why.
        warn: told when the notice cannot be given.
    """
    facts = {
        "workspace": workspace.root.name,
        "job": run.job_name,
        "month": run.tags.get("dagster/partition", ""),
        "step": step,
        "error": type(error).__name__,
    }
    text = say(workspace.settings.language, "notice", **facts, folder=workspace.root)
    give_notice(workspace.settings.notify, Notice(text=text, **facts, run_id=run.run_id), workspace.root, warn)


def tell_failed_command(
    workspace: Workspace, history: dg.DagsterInstance, run_id: str, error: BaseException, warn: Callable[[str], None]
) -> None:
    """Give notice of a run that failed in this process, where Dagster raises the error and calls no hook.

    Args:
        workspace: the folder and its settings.
        history: where the run is recorded.
        run_id: of Dagster.
        error: that came up.
        warn: told when the notice cannot be given.
    """
    run = history.get_run_by_id(run_id)
    failures = history.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    if run and failures:
        tell_failure(workspace, run, failures[-1].step_key, error, warn)


def give_notice(settings: NotifySettings, notice: Notice, folder: Path, warn: Callable[[str], None]) -> None:
    """Tell whoever the settings name.

    Args:
        settings: whom to tell.
        notice: what to tell.
        folder: where the command runs.
        warn: told when a notice cannot be given.
    """
    if settings.command:
        try:
            subprocess.run(
                settings.command,
                input=notice.text,
                text=True,
                cwd=folder,
                timeout=SECONDS,
                check=True,
                capture_output=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            warn(f"notify.command: {type(error).__name__}")
    if settings.webhook_env:
        try:
            post(os.environ.get(settings.webhook_env, ""), notice)
        except (OSError, ValueError) as error:
            # The address is a secret, and errors like to quote it.
            warn(f"notify.webhook_env ({settings.webhook_env}): {type(error).__name__}")


def post(address: str, notice: Notice) -> None:
    """Send a notice as JSON to a web address.

    Args:
        address: its scheme is http or https.
        notice: what to send.

    Raises:
        ValueError: there is no such address.
        OSError: nobody took it.
    """
    if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
        raise ValueError("no web address")
    request = urllib.request.Request(
        address,
        data=json.dumps(asdict(notice), ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json; charset=utf-8"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=SECONDS):
        pass
