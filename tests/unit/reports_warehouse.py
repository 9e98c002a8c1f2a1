"""A warehouse made by hand for the reports: tables as in the contract, lines as a test says, groups and VAT of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import yaml

from assets.contract import PROVENANCE, TABLES
from assets.input_tables import DELIVERY

MARTS = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "marts" / "_marts.yml"
RAW = (
    "client",
    "client_file",
    "mission",
    "service",
    "billing_plan_line",
    "document_line",
    "document_instalment",
)
LAST, THIS = "2026-02", "2026-03"
LINE = {
    "month": THIS,
    "client_id": "C1",
    "client_file_id": "D1",
    "fy_label": "2026",
    "mission_id": "M1",
    "billing_mode": "FLAT",
    "service_code": "S1",
    "label": "Tenue comptable",
    "quantity": "1",
    "unit": "forfait",
    "vat_code": "TVA20",
    "vat_rate": "20",
    "status": "READY",
    "source_ref": "billing_plan_line P1|1",
}


def make_warehouse(path: Path | str) -> duckdb.DuckDBPyConnection:
    """An empty warehouse: marts with the columns of their models, raw tables with those of the input contract."""
    connection = duckdb.connect(str(path))
    for schema in ("marts", "raw", "input"):
        connection.execute(f"create schema {schema}")
    for model in yaml.safe_load(MARTS.read_text(encoding="utf-8"))["models"]:
        columns = ", ".join(f"{column['name']} {column['data_type']}" for column in model["columns"])
        connection.execute(f"create table marts.{model['name']} ({columns})")
    for name in RAW:
        own = {column.name: column.sql_type for column in TABLES[name].columns}
        columns = ", ".join(f'"{column}" {kind}' for column, kind in (own | PROVENANCE).items())
        connection.execute(f"create table raw.{name} ({columns})")
    connection.execute(
        f"create table input.delivery ({', '.join(f'{name} {kind}' for name, kind in DELIVERY.items())})"
    )
    return connection


def add(connection: duckdb.DuckDBPyConnection, table: str, **values: Any) -> None:
    """Add a row; columns that are not given are NULL."""
    names = ", ".join(values)
    places = ", ".join("?" * len(values))
    connection.execute(f"insert into {table} ({names}) values ({places})", list(values.values()))


def add_line(connection: duckdb.DuckDBPyConnection, key: str, amount: str | None, **values: Any) -> None:
    """Add a line, one unit at its amount unless told otherwise."""
    row = {**LINE, "line_key": key, "amount_net": amount, "unit_price": amount, **values}
    add(connection, "marts.prebill_line", **{"origin_month": row["month"], **row})


def settle(connection: duckdb.DuckDBPyConnection, *months: str) -> None:
    """Groups, VAT and state of the months, from their lines."""
    for month in months:
        connection.execute(
            """
            insert into marts.prebill_group_vat
            select month, client_id, client_file_id, vat_code, vat_rate, sum(amount_net),
                cast(round(sum(amount_net) * vat_rate * 0.01, 2) as decimal(18, 2))
            from marts.prebill_line where month = $month and status <> 'HELD'
            group by month, client_id, client_file_id, vat_code, vat_rate
            """,
            {"month": month},
        )
        connection.execute(
            """
            insert into marts.prebill_group
            with line as (
                select client_id, client_file_id, count(*) filter (where status <> 'HELD') as lines,
                    coalesce(sum(amount_net) filter (where status <> 'HELD'), 0) as net,
                    coalesce(sum(amount_net) filter (where status = 'HELD'), 0) as held
                from marts.prebill_line where month = $month group by client_id, client_file_id
                union all by name
                select client_id, client_file_id, 0 as lines, 0 as net, 0 as held from raw.client_file
            )
            select $month, client_id, client_file_id, sum(lines), sum(net), any_value(vat.vat),
                sum(net) + any_value(vat.vat), sum(held)
            from line
            left join lateral (
                select coalesce(sum(vat), 0) as vat from marts.prebill_group_vat as vat
                where vat.month = $month and vat.client_id is not distinct from line.client_id
                    and vat.client_file_id is not distinct from line.client_file_id
            ) as vat on true
            group by client_id, client_file_id
            """,
            {"month": month},
        )
        connection.execute(
            """
            insert into marts.month_state
            select $month, 'DRAFT', last_day(cast($month || '-01' as date)), 'f1e2d3c4b5a6', count(*),
                coalesce(sum(amount_net), 0), null
            from marts.prebill_line where month = $month and status <> 'HELD'
            """,
            {"month": month},
        )
