"""What the assets of one workspace need to know, handed over by whoever assembles the definitions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assets.sources.spec import Source
from assets.stages import Stages


@dataclass(frozen=True)
class Site:
    """One workspace, seen by its assets.

    Attributes:
        root: the workspace's folder.
        language: of texts for people.
        options: settings that SQL reads, as fields of ``assets.context.RunContext``.
        payroll_counts: the column of ``payroll_declaration`` that counts, by the contracts it leaves out.
        seller: the firm as drafts of invoices name it, as fields of ``assets.facturx.Seller``.
        default_control_date: the control date of a month when the run names none.
        sources: fetched into the inbox at the start of a run.
        stages: where the steps report.
    """

    root: Path
    language: str
    options: Mapping[str, Any]
    default_control_date: Callable[[str], dt.date]
    payroll_counts: str = "quantity"
    seller: Mapping[str, str | None] = field(default_factory=dict)
    sources: Sequence[Source] = ()
    stages: Stages = field(default_factory=Stages)

    @property
    def warehouse(self) -> Path:
        """The DuckDB file."""
        return self.root / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """Where readers look."""
        return self.root / "published"

    @property
    def reports(self) -> Path:
        """Where reports go, by month."""
        return self.root / "reports"

    @property
    def dbt_state(self) -> Path:
        """Where dbt keeps its parse and its logs."""
        return self.root / ".prefact" / "dbt"
