"""A workspace whose ledger is written directly: lines as a validation freezes them, without running a month."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from assets.contract import TABLES as INPUT
from assets.exports import ExportReport, export_month
from assets.ledger import TABLES, append_link, load_ledger, read_chain

MONTH = "2025-01"
AT = "2025-02-03T09:00:00"

CLIENTS = [
    {
        "client_id": "C1",
        "legal_name": "Boulangerie Dupain",
        "siren": "732 829 320",
        "vat_number": "FR44732829320",
        "einvoice_address": "0225:732829320",
        "address": "1 rue du Four",
        "postal_code": "35000",
        "city": "Rennes",
        "payment_terms_days": 30,
    },
    {"client_id": "C2", "legal_name": "Atelier du Bois"},
]
SERVICES = [
    {"service_code": "TENUE", "label": "Tenue", "unit": "forfait", "vat_code": "N", "revenue_account": "706100"},
    {"service_code": "COPIE", "label": "Copie", "unit": "copie", "vat_code": "R"},
]
RATES = [
    {"vat_code": "N", "valid_from": date(2014, 1, 1), "rate": 20},
    {"vat_code": "R", "valid_from": date(2014, 1, 1), "rate": 10},
    {
        "vat_code": "X",
        "valid_from": date(2014, 1, 1),
        "rate": 0,
        "category": "E",
        "legal_mention": "TVA non applicable, art. 261 du CGI",
    },
]


def line(key: str, net: str = "100.00", **other: Any) -> dict[str, Any]:
    """A line of the ledger: one of a price, unless said otherwise."""
    return {
        "month": MONTH,
        "line_key": key,
        "client_id": "C1",
        "client_file_id": "D1",
        "fy_label": "2025",
        "mission_id": "M1",
        "billing_mode": "FLAT",
        "service_code": "TENUE",
        "label": "Tenue de la comptabilité",
        "period_start": date(2025, 1, 1),
        "period_end": date(2025, 1, 31),
        "due_date": date(2025, 1, 31),
        "origin_month": MONTH,
        "quantity": "1",
        "unit": "forfait",
        "unit_price": net,
        "amount_net": net,
        "vat_code": "N",
        "vat_rate": "20",
        **other,
    }


class Firm:
    """A workspace with clients, services and VAT rates, and a ledger to which lines are added."""

    def __init__(self, root: Path, clients: Sequence[Mapping[str, Any]] = CLIENTS) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        with self.warehouse() as connection:
            connection.execute("create schema raw")
            for name, rows in (("client", clients), ("service", SERVICES), ("vat_rate", RATES)):
                columns = {column.name: column.sql_type for column in INPUT[name].columns}
                definition = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
                connection.execute(f"create table raw.{name} ({definition})")
                fill(connection, f"raw.{name}", columns, rows)
            load_ledger(connection, root / "ledger")

    def copy(self, root: Path) -> Firm:
        """The same firm in another folder."""
        shutil.copytree(self.root, root)
        copy = Firm.__new__(Firm)
        copy.root = root
        return copy

    def warehouse(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.root / "warehouse.duckdb"))

    def validate(self, *lines: Mapping[str, Any], month: str = MONTH) -> None:
        with self.warehouse() as connection:
            columns = TABLES["line"]
            definition = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
            connection.execute(f"create temp table frozen ({definition})")
            fill(connection, "frozen", columns, lines)
            manifest = {"kind": "validation", "month": month, "recorded_at": AT, "recorded_by": "anne"}
            queries = {
                "closed": f"select '{month}' as month, null as client_file_id, null as contract_id",
                "line": "select * from frozen",
            }
            append_link(self.root / "ledger", connection, manifest, queries)
            load_ledger(connection, self.root / "ledger")

    def export(self, *formats: str, month: str = MONTH, **other: Any) -> ExportReport:
        return export_month(self.root, month, formats or ("csv", "json", "parquet"), "fr", AT, "anne", **other)

    def files(self, folder: str = "exports") -> dict[str, bytes]:
        """Content of every file under a folder, by its path."""
        found = sorted(path for path in (self.root / folder).rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in found}

    def file(self, ending: str, batch: int = 1) -> Path:
        (found,) = (self.root / "exports" / MONTH).glob(f"{MONTH}-{batch:03d}-*.{ending}")
        return found

    def parquet(self, batch: int = 1) -> list[dict[str, Any]]:
        found = duckdb.execute("select * from read_parquet(?)", [str(self.file("parquet", batch))])
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def links(self) -> list[Mapping[str, Any]]:
        return [link.manifest for link in read_chain(self.root / "ledger")]


def fill(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows given as dictionaries; a column left out is NULL."""
    places = ", ".join(f"cast(? as {kind})" for kind in columns.values())
    for row in rows:
        unknown = set(row) - set(columns)
        assert not unknown, unknown
        values = [str(value) if isinstance(value, Decimal) else value for value in map(row.get, columns)]
        connection.execute(f"insert into {table} values ({places})", values)
