"""The time a source may take: whatever it waits for, a run does not wait longer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from assets.sources.faults import SourceError

T = TypeVar("T")


class Deadline:
    """A moment after which a fetch is given up and may no longer deliver anything."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._abandoned = False

    def left(self) -> float:
        """Return the seconds left, 0 when there are none."""
        return max(0.0, self._end - time.monotonic())

    def check(self) -> None:
        """Raise when the time is over."""
        if self._abandoned or not self.left():
            raise SourceError("source_slow", f"{self.seconds:g}")

    @contextmanager
    def delivering(self) -> Iterator[None]:
        """Keep the fetch from being abandoned while a file is put in place; raise when it was already."""
        with self._lock:
            self.check()
            yield

    def abandon(self) -> None:
        """See that nothing is delivered from now on."""
        with self._lock:
            self._abandoned = True


def within(deadline: Deadline, work: Callable[[], T]) -> T:
    """Return what `work` returns, or give it up at the deadline.

    A network drive that no longer answers cannot be interrupted: `work` has a thread of its own, which is left behind.

    Args:
        deadline: of the fetch.
        work: asks the deadline before it delivers.

    Raises:
        SourceError: the time is over.
    """
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, name="pull", daemon=True)
    thread.start()
    try:
        thread.join(deadline.left())
    finally:
        deadline.abandon()
    if results:
        return results[0]
    if failures:
        raise failures[0]
    raise SourceError("source_slow", f"{deadline.seconds:g}")
