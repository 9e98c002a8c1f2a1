"""A run that died makes way for the next one; a run that is at work is left alone."""

from __future__ import annotations

import json
import logging

import dagster as dg
import pytest
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._core.utils import make_new_run_id
from dagster._daemon.monitoring.run_monitoring import monitor_started_run
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import serialize_value

from orchestration.history import close_interrupted_runs, open_history
from orchestration.lock import WorkspaceBusy
from orchestration.month import COMMAND_TAG

GONE = {GRPC_INFO_TAG: json.dumps({"host": "localhost", "socket": "/nowhere/gone"})}


@pytest.fixture
def history(tmp_path):
    with open_history(tmp_path / ".prefact") as instance:
        yield instance


def after_a_look(history, tags) -> dg.DagsterRunStatus:
    """What becomes of a run that had begun once the daemon has looked after it."""
    run = history.add_run(
        dg.DagsterRun("month", make_new_run_id(), status=dg.DagsterRunStatus.STARTED, tags=dict(tags))
    )
    monitor_started_run(history, None, history.get_run_record_by_id(run.run_id), logging.getLogger("test"))
    return history.get_run_by_id(run.run_id).status


def busy(*_, **__):
    raise WorkspaceBusy("workspace_busy", holder="1 run 2025-01")


@pytest.mark.parametrize("tags", [GONE, GONE | COMMAND_TAG])
def test_a_run_whose_server_is_gone_has_failed(history, tags, monkeypatch):
    monkeypatch.setattr("orchestration.launcher.workspace_lock", busy)
    assert after_a_look(history, tags) == dg.DagsterRunStatus.FAILURE


@pytest.mark.parametrize(
    ("is_at_work", "status"), [(True, dg.DagsterRunStatus.STARTED), (False, dg.DagsterRunStatus.FAILURE)]
)
def test_a_run_of_the_interface_is_left_alone_while_its_server_knows_it(history, monkeypatch, is_at_work, status):
    class Server:
        def can_cancel_execution(self, request: CanCancelExecutionRequest) -> str:
            assert request.run_id
            return serialize_value(CanCancelExecutionResult(can_cancel=is_at_work))

    monkeypatch.setattr(history.run_launcher, "_get_grpc_client_for_termination", lambda _: Server())
    assert after_a_look(history, GONE) == status


def test_a_run_of_a_command_is_left_alone_while_one_holds_the_lock(history, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("orchestration.launcher.workspace_lock", busy)
        assert after_a_look(history, COMMAND_TAG) == dg.DagsterRunStatus.STARTED
    assert after_a_look(history, COMMAND_TAG) == dg.DagsterRunStatus.FAILURE


def test_a_command_leaves_a_run_of_the_interface_alone_that_repeats_one_of_its_own(history):
    runs = [
        history.add_run(dg.DagsterRun("month", make_new_run_id(), status=dg.DagsterRunStatus.STARTED, tags=tags))
        for tags in (dict(COMMAND_TAG), GONE | COMMAND_TAG)
    ]
    close_interrupted_runs(history, COMMAND_TAG)
    assert [history.get_run_by_id(run.run_id).status for run in runs] == [
        dg.DagsterRunStatus.FAILURE,
        dg.DagsterRunStatus.STARTED,
    ]
