"""What the assets of one workspace need to know, handed over by whoever assembles the definitions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assets.sources.spec import Source
from assets.stages import Stages

#: Properties of Spark that results depend on; a configuration cannot change them.
FIXED_OPTIONS: Mapping[str, str] = {
    # "name" is a name.
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "false",
    "spark.sql.catalogImplementation": "in-memory",
    # A product of decimals keeps all its decimals, or is an error.
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    # A backslash in a literal is a backslash.
    "spark.sql.parser.escapedStringLiterals": "true",
    "spark.sql.session.timeZone": "UTC",
    # What does not fit a declared column as it is, is an error.
    "spark.sql.storeAssignmentPolicy": "STRICT",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
}


@dataclass(frozen=True)
class Cluster:
    """A Spark cluster that runs the models.

    Attributes:
        master: as Spark names it: ``spark://host:7077``, ``local[4]``, …
        shared: a folder that this machine and every worker see under the same path.
        options: properties of Spark, ``spark.…``.
    """

    master: str
    shared: Path
    options: Mapping[str, str] = field(default_factory=dict)


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
        cluster: where the models run; None for DuckDB, in this process.
        stages: where the steps report.
    """

    root: Path
    language: str
    options: Mapping[str, Any]
    default_control_date: Callable[[str], dt.date]
    payroll_counts: str = "quantity"
    seller: Mapping[str, str | None] = field(default_factory=dict)
    sources: Sequence[Source] = ()
    cluster: Cluster | None = None
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
        """Where dbt keeps its parse and its logs: one per engine, each with a parse of its own."""
        return self.root / ".prefact" / ("dbt" if self.cluster is None else "dbt-spark")
