"""One writer per workspace: a file lock, which the kernel frees when its process ends, however it ends.

A Dagster pool of one is not enough: after a kill its slot stays taken and the next run waits for ever.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.errors import PrefactError

# Locks of this process, by file: the command takes the lock before it starts Dagster, whose run asks for it again.
_held: set[Path] = set()


class WorkspaceBusy(PrefactError):
    """Another process holds the lock."""


@contextmanager
def workspace_lock(hidden: Path, what: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the workspace's lock; inside a block of the same process that holds it already, do nothing more.

    Args:
        hidden: the workspace's ``.prefact`` folder.
        what: what the holder is doing, shown to whoever finds the lock taken.
        wait_seconds: how long to wait for another process before giving up.

    Raises:
        WorkspaceBusy: naming the holder, when another process keeps the lock.
    """
    hidden.mkdir(parents=True, exist_ok=True)
    file = (hidden / "lock").resolve()
    if file in _held:
        yield
        return
    deadline = time.monotonic() + wait_seconds
    with file.open("a+", encoding="utf-8") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    handle.seek(0)
                    pid, _, doing = handle.read().strip().partition(" ")
                    raise WorkspaceBusy("workspace_busy", holder=f"{pid} {doing}".strip() or "?") from error
                time.sleep(0.2)
        handle.truncate(0)
        handle.write(f"{os.getpid()} {what}\n")
        handle.flush()
        _held.add(file)
        try:
            yield
        finally:
            _held.discard(file)
            handle.truncate(0)
