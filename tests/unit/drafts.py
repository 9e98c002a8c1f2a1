"""A published month made by hand, as small as it goes, for tests of what a validation does with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from assets.ingestion import look_at_inbox
from assets.ledger import TABLES

RELATIONS = {
    "prebill_line": {**TABLES["line"], "status": "VARCHAR", "held_by": "VARCHAR"},
    "prebill_evidence": TABLES["evidence"],
    "prebill_item": TABLES["item"],
    "prebill_adjustment": TABLES["adjustment"],
    "prebill_meter": TABLES["meter"],
    "prebill_exclusion": TABLES["exclusion"],
    "anomaly": TABLES["anomaly"],
    "month_state": {
        "month": "VARCHAR",
        "status": "VARCHAR",
        "control_date": "DATE",
        "input_fingerprint": "VARCHAR",
        "validated_at": "TIMESTAMP",
    },
    "client_file": {"client_file_id": "VARCHAR", "client_id": "VARCHAR"},
    "service_contract": {"contract_id": "VARCHAR", "client_id": "VARCHAR"},
}
CLIENT_FILES = [
    {"client_file_id": "F1", "client_id": "C1"},
    {"client_file_id": "F2", "client_id": "C1"},
    {"client_file_id": "F3", "client_id": "C3"},
]
CONTRACTS = [{"contract_id": "K1", "client_id": "C1"}]


def line(key: str, file: str | None, status: str = "READY", amount: str | None = "100.00") -> dict:
    return {"line_key": key, "client_file_id": file, "billing_mode": "FLAT", "status": status, "amount_net": amount}


LINES = [
    line("L1", "F1"),
    line("L2", "F2", amount="50.50"),
    line("L3", "F2", "HELD", None),
    line("L4", "F3", amount="-20.00"),
    line("L5", "F3", "HELD", "7.00"),
]


def publish(
    root: Path,
    month: str = "2026-03",
    lines: Sequence[Mapping] = tuple(LINES),
    status: str = "DRAFT",
    validated_at: str | None = None,
) -> Path:
    """Write `published/<month>` of a workspace, drafted from the inbox as it is."""
    (root / "inbox").mkdir(parents=True, exist_ok=True)
    folder = root / "published" / month
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        "status": status,
        "control_date": f"{month}-28",
        "input_fingerprint": look_at_inbox(root, "en").input_fingerprint,
        "validated_at": validated_at,
    }
    owner = ("line_key", "client_file_id", "contract_id")
    of_each = [{name: each.get(name) for name in owner} for each in lines]
    rows: dict[str, Sequence[Mapping]] = {
        "prebill_line": lines,
        "prebill_evidence": [
            {"line_key": each["line_key"], "source_key": f"of {each['line_key']}"} for each in of_each
        ],
        "prebill_item": [{**each, "item_key": each["line_key"], "identity": each["line_key"]} for each in of_each],
        "prebill_adjustment": [{**each, "adjustment_id": f"A-{each['line_key']}"} for each in of_each],
        "prebill_meter": [],
        "prebill_exclusion": [{"source_key": f"out of {file}", "client_file_id": file} for file in ("F1", "F2", "F3")],
        "anomaly": [{"code": "FI-08", "subject_id": each["line_key"], **each} for each in of_each],
        "month_state": [state],
        "client_file": CLIENT_FILES,
        "service_contract": CONTRACTS,
    }
    with duckdb.connect(":memory:") as connection:
        for relation, columns in RELATIONS.items():
            spec = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            connection.execute(f"create table {relation} ({spec})")
            for row in rows[relation]:
                values = {**({"month": month} if "month" in columns else {}), **row}
                values = {name: value for name, value in values.items() if name in columns}
                names = ", ".join(f'"{name}"' for name in values)
                places = ", ".join("?" * len(values))
                connection.execute(f"insert into {relation} ({names}) values ({places})", list(values.values()))
            connection.execute(f"copy {relation} to '{folder / relation}.parquet' (format parquet)")
    return folder


def recorded(root: Path, table: str, column: str) -> list[list]:
    """The values of a column of a ledger table, one list for each link, in order."""
    with duckdb.connect(":memory:") as connection:
        return [
            [
                value
                for (value,) in connection.execute(
                    f"select {column} from '{link / table}.parquet' order by 1"
                ).fetchall()
            ]
            for link in sorted(path for path in (root / "ledger").iterdir() if path.is_dir())
        ]
