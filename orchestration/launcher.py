"""How the interface launches runs: as Dagster does, and it notices when one has died.

Runs wait in line, one at a time. Dagster's own launcher cannot tell whether a run is still at work once the server that
launched it is gone: after a power cut in the middle of a run, all those behind it would wait for ever.
"""

from __future__ import annotations

from pathlib import Path

import dagster as dg
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import deserialize_value

from orchestration.lock import WorkspaceBusy, workspace_lock


class WatchedRunLauncher(dg.DefaultRunLauncher):
    """Dagster's launcher, which also tells whether a run it is asked about is at work."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Whether a run can be asked after: yes."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Return whether a run that has begun is at work.

        Args:
            run: of the interface, or of a command, which keeps its runs in the same history.
        """
        is_at_work = self._is_known(run) if GRPC_INFO_TAG in run.tags else self._is_locked()
        return CheckRunHealthResult(WorkerStatus.RUNNING if is_at_work else WorkerStatus.NOT_FOUND)

    def _is_locked(self) -> bool:
        """A command holds the lock from before its first run until after its last."""
        try:
            with workspace_lock(Path(self._instance.root_directory).parent, "prefact ui"):
                return False
        except WorkspaceBusy:
            return True

    def _is_known(self, run: dg.DagsterRun) -> bool:
        """The server that launched a run knows it until its process has ended."""
        server = self._get_grpc_client_for_termination(run.run_id)
        if server is None:
            return False
        try:
            answer = server.can_cancel_execution(CanCancelExecutionRequest(run_id=run.run_id))
        except DagsterUserCodeUnreachableError:
            return False
        return deserialize_value(answer, CanCancelExecutionResult).can_cancel
