"""Another attempt at what may be over in a moment, each after a longer wait, within the time a source has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from assets.sources.faults import Passing

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from assets.sources.deadline import Deadline

T = TypeVar("T")
ATTEMPTS = 5
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 30.0


def attempt(work: Callable[[], T], deadline: Deadline) -> T:
    """Return what `work` returns, tried again after each `Passing` failure.

    Args:
        work: may be called several times.
        deadline: after which there is no further attempt; nor is there one when the other side asks to wait longer.

    Raises:
        SourceError: of the last attempt.
    """
    from tenacity import Retrying, retry_if_exception_type, wait_exponential_jitter

    backing_off = wait_exponential_jitter(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, jitter=FIRST_WAIT_SECONDS / 2)

    def wait(state: RetryCallState) -> float:
        asked = state.outcome.exception().wait_seconds
        return backing_off(state) if asked is None else asked

    def stop(state: RetryCallState) -> bool:
        return state.attempt_number >= ATTEMPTS or wait(state) >= deadline.left()

    return Retrying(retry=retry_if_exception_type(Passing), wait=wait, stop=stop, reraise=True)(work)
