"""Letters read from a PDF that nobody confirmed yet, as the summaries tell of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from orchestration.errors import PrefactError
from orchestration.lock import workspace_lock
from orchestration.render import count
from orchestration.settings import Workspace
from orchestration.texts import say

if TYPE_CHECKING:
    from assets.confirmation import Waiting


def find_waiting(workspace: Workspace, take_new: bool) -> list[Waiting]:
    """Return the letters that wait.

    Args:
        workspace: the folder.
        take_new: whether to read what is new in the inbox first.

    Raises:
        PrefactError: the workspace is busy, or its inbox or warehouse cannot be used.
    """
    import duckdb

    from assets.confirmation import waiting_letters
    from assets.ingestion import ingest
    from orchestration.month import explained

    with workspace_lock(workspace.hidden, "confirm"):
        try:
            if take_new:
                language = workspace.settings.language
                ingest(workspace.root, language=language, progress=lambda line: print(f"… {line}", file=sys.stderr))
            if not workspace.warehouse.exists():
                return []
            with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
                return waiting_letters(connection)
        except Exception as error:
            raise explained(error, workspace, "") from error


def waiting_lines(workspace: Workspace, command: str) -> list[str]:
    """Return how many letters wait, for the summary of a month and the state of the workspace.

    Args:
        workspace: the folder.
        command: that shows them.
    """
    language = workspace.settings.language
    try:
        letters = find_waiting(workspace, take_new=False)
    except PrefactError:  # A run at work; whoever asks for the letters themselves is told.
        return []
    if not letters:
        return []
    return [say(language, "confirm_waiting", count=count(len(letters), language), command=command), ""]
