"""The stages of a run, and how whoever started it follows them: the shells report here, the command listens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

PULL = "pull"
INGESTION = "ingestion"
DBT = "dbt"
EXPECTATIONS = "expectations"
VALIDATION = "validation"
EXPORT = "export"
REPORTS = "reports"
PUBLICATION = "publication"


def _silent(stage: str, detail: str, seconds: float | None) -> None:
    """Show nothing: the run has no terminal."""


@dataclass
class Stages:
    """What a run has gone through.

    Attributes:
        show: called with (stage, detail, None) when something begins and (stage, detail, seconds) when it is done.
        seconds: wall seconds by stage, summed over its parts.
        cpu_seconds: processor seconds of this process likewise.
        notes: what a stage leaves for the closing summary, by stage.
    """

    show: Callable[[str, str, float | None], None] = _silent
    seconds: dict[str, float] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, detail: str = "") -> Iterator[None]:
        """Time a block as (a part of) the stage ``name``."""
        self.show(name, detail, None)
        start, cpu_start = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            elapsed = time.perf_counter() - start
            self.seconds[name] = self.seconds.get(name, 0.0) + elapsed
            self.cpu_seconds[name] = self.cpu_seconds.get(name, 0.0) + time.process_time() - cpu_start
        self.show(name, detail, elapsed)
