"""What changed since the month before, per client: one difference, told in causes that add up to it exactly.

The comparison is SQL (`changes.sql`, where the causes are defined) over the marts of both months; this module runs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

#: In the order a reader meets them.
CAUSES = ("new", "ended", "quantity", "price", "schedule", "one_off", "late", "held")
_COMPARE = Path(__file__).with_name("changes.sql")
_BY_CLIENT = f"""
create or replace temporary table client_change as
with billed as (

    select
        client_id,
        coalesce(sum(amount_net) filter (where month = $previous), 0) as amount_previous,
        coalesce(sum(amount_net) filter (where month = $month), 0) as amount_month,
    from marts.prebill_line
    where month in ($month, $previous) and status <> 'HELD'
    group by client_id

),

caused as (

    pivot change_part
    on cause in ({", ".join(f"'{cause}'" for cause in CAUSES)})
    using coalesce(sum(difference), 0)
    group by client_id

)

select
    billed.client_id,
    cast(billed.amount_previous as decimal(18, 2)) as amount_previous,
    cast(billed.amount_month as decimal(18, 2)) as amount_month,
    cast(billed.amount_month - billed.amount_previous as decimal(18, 2)) as difference,
    {" ".join(f"cast(coalesce(caused.{cause}, 0) as decimal(18, 2)) as {cause}," for cause in CAUSES)}
from billed
left join caused
    on billed.client_id is not distinct from caused.client_id
"""


def month_before(month: str) -> str:
    """Return the calendar month before: ``2025-12`` for ``2026-01``."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02d}"


def compare_months(connection: duckdb.DuckDBPyConnection, month: str) -> bool:
    """Put the comparison of a month with the one before into two temporary tables.

    `client_change` has a row per client billed in either month: both amounts, the difference and one column per cause;
    `change_part` has the rows behind it, per client file, mission code, billing mode, service and cause.

    Args:
        connection: to the warehouse.
        month: ``YYYY-MM``.

    Returns:
        Whether the month before was ever run; when it was not, there is nothing to compare and no table is made.
    """
    previous = month_before(month)
    if not connection.execute("select 1 from marts.month_state where month = ?", [previous]).fetchone():
        return False
    months = {"month": month, "previous": previous}
    connection.execute(_COMPARE.read_text(encoding="utf-8"), months)
    connection.execute(_BY_CLIENT, months)
    return True
