"""`raw.run_context`: the one row that tells SQL which month it computes, and with which settings.

Models read the month from this relation, never from dbt variables, so that partial parsing is kept from month to month
and unit tests mock it like any other input. Nothing here reads a clock or a configuration file.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

#: DuckDB type of each column of `raw.run_context`, in order.
COLUMNS: dict[str, str] = {
    "month": "VARCHAR",
    "month_start": "DATE",
    "month_end": "DATE",
    "control_date": "DATE",
    "first_month": "VARCHAR",
    "language": "VARCHAR",
    "approval_required": "BOOLEAN",
    "rounding_minutes": "INTEGER",
    "rounding_mode": "VARCHAR",
    "rounding_per": "VARCHAR",
    "units_method": "VARCHAR",
    "due_day": "INTEGER",
    "jump_factor": "DECIMAL(9,4)",
    "estimate_jump_factor": "DECIMAL(9,4)",
    "input_fingerprint": "VARCHAR",
}


@dataclass(frozen=True)
class RunContext:
    """What a run is about: its month, its control date and the settings SQL needs.

    Attributes:
        month: `YYYY-MM`.
        control_date: what the run judges by; normally the last day of the month.
        input_fingerprint: as `IngestReport.input_fingerprint`.
        first_month: `YYYY-MM` where prefact takes over, or None.
        language: `fr` or `en`.
        approval_required: whether time waits for approval.
        rounding_minutes: step to which time is rounded, 0 for none.
        rounding_mode: `up`, `down` or `nearest`.
        rounding_per: `entry` or `day`.
        units_method: how payroll metrics are counted.
        due_day: day of the month after, once past which a payroll declaration may be final.
        jump_factor: how far a measure may stray from its mean.
        estimate_jump_factor: the same for estimated readings.
    """

    month: str
    control_date: date
    input_fingerprint: str
    first_month: str | None = None
    language: str = "fr"
    approval_required: bool = True
    rounding_minutes: int = 0
    rounding_mode: str = "nearest"
    rounding_per: str = "entry"
    units_method: str = "PER_PAYMENT"
    due_day: int = 15
    jump_factor: Decimal = Decimal(3)
    estimate_jump_factor: Decimal = Decimal(5)

    @property
    def month_start(self) -> date:
        """First day of the month."""
        return date.fromisoformat(f"{self.month}-01")

    @property
    def month_end(self) -> date:
        """Last day of the month."""
        start = self.month_start
        return start.replace(day=monthrange(start.year, start.month)[1])


def write_run_context(workspace: Path, context: RunContext) -> None:
    """Replaces `raw.run_context` in the warehouse of the workspace by one row."""
    import duckdb

    columns = ", ".join(f'"{name}" {sql_type}' for name, sql_type in COLUMNS.items())
    places = ", ".join("?" for _ in COLUMNS)
    with duckdb.connect(workspace / "warehouse.duckdb") as connection:
        connection.execute("begin")
        connection.execute("create schema if not exists raw")
        connection.execute(f"create or replace table raw.run_context ({columns})")
        connection.execute(f"insert into raw.run_context values ({places})", [getattr(context, n) for n in COLUMNS])
        connection.execute("commit")
