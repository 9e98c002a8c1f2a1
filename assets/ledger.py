"""The ledger: what was validated, in append-only files chained by their hashes, and its copy in the warehouse.

One validation is one *link*: a folder `ledger/<seq>-<month>/` of Parquet files and a `link.json` that names their
hashes, the hash of the link before it, who validated what and when. A link is written aside, flushed and renamed, so
that it is there whole or not at all; `HEAD` holds the hash of the last one, so that a missing end is seen as well as a
changed or missing middle. Exports are links too: they say which lines left. Nothing in here is ever changed or removed.

The schema `ledger` of the warehouse is a copy for SQL, brought up to date from the files at the start of each run;
models read it and never write it. Clock times live here and in `month_state` only.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

HEAD = "HEAD"
MANIFEST = "link.json"
#: What comes before the first link.
GENESIS = "0" * 64

_ITEM = {
    "identity": "VARCHAR",
    "kind": "VARCHAR",
    "item_key": "VARCHAR",
    "line_key": "VARCHAR",
    "group_key": "VARCHAR",
    "billing_mode": "VARCHAR",
    "client_id": "VARCHAR",
    "client_file_id": "VARCHAR",
    "fy_label": "VARCHAR",
    "mission_id": "VARCHAR",
    "service_code": "VARCHAR",
    "label": "VARCHAR",
    "period_start": "DATE",
    "period_end": "DATE",
    "due_date": "DATE",
    "origin_month": "VARCHAR",
    "quantity": "DECIMAL(18,4)",
    "unit_price": "DECIMAL(18,6)",
    "discount_pct": "DECIMAL(9,4)",
    "amount": "DECIMAL(18,2)",
    "computed_amount": "DECIMAL(18,2)",
    "minutes": "BIGINT",
    "agreed_amount": "DECIMAL(18,2)",
    "document_version": "INTEGER",
    "inputs_hash": "VARCHAR",
    "source_hash": "VARCHAR",
    "source_ref": "VARCHAR",
    "vat_code": "VARCHAR",
    "vat_rate": "DECIMAL(9,4)",
    "contract_id": "VARCHAR",
    "rule_id": "VARCHAR",
    "included_units": "DECIMAL(18,4)",
    "offered_units": "DECIMAL(18,4)",
    "is_rebased": "BOOLEAN",
}
_LINE = {
    "month": "VARCHAR",
    "line_key": "VARCHAR",
    "client_id": "VARCHAR",
    "client_file_id": "VARCHAR",
    "fy_label": "VARCHAR",
    "mission_id": "VARCHAR",
    "contract_id": "VARCHAR",
    "rule_id": "VARCHAR",
    "billing_mode": "VARCHAR",
    "service_code": "VARCHAR",
    "label": "VARCHAR",
    "period_start": "DATE",
    "period_end": "DATE",
    "due_date": "DATE",
    "origin_month": "VARCHAR",
    "quantity": "DECIMAL(18,4)",
    "unit": "VARCHAR",
    "unit_price": "DECIMAL(18,6)",
    "discount_pct": "DECIMAL(9,4)",
    "amount_net": "DECIMAL(18,2)",
    "vat_code": "VARCHAR",
    "vat_rate": "DECIMAL(9,4)",
    "adjusts_line_key": "VARCHAR",
    "source_ref": "VARCHAR",
}
_EVIDENCE = {
    "month": "VARCHAR",
    "line_key": "VARCHAR",
    "source_table": "VARCHAR",
    "source_key": "VARCHAR",
    "source_file": "VARCHAR",
    "source_row": "BIGINT",
    "quantity": "DECIMAL(18,4)",
    "unit_price": "DECIMAL(18,6)",
    "amount": "DECIMAL(18,2)",
    "minutes": "BIGINT",
    "price_table": "VARCHAR",
    "price_key": "VARCHAR",
    "is_manual": "BOOLEAN",
}
_EXCLUSION = {
    "month": "VARCHAR",
    "source_table": "VARCHAR",
    "source_key": "VARCHAR",
    "reason_code": "VARCHAR",
    "detail": "VARCHAR",
    "amount": "DECIMAL(18,2)",
    "source_file": "VARCHAR",
    "source_row": "BIGINT",
    "client_file_id": "VARCHAR",
    "contract_id": "VARCHAR",
}
_ANOMALY = {
    "month": "VARCHAR",
    "control_date": "DATE",
    "code": "VARCHAR",
    "severity": "VARCHAR",
    "subject_type": "VARCHAR",
    "subject_id": "VARCHAR",
    "client_id": "VARCHAR",
    "client_file_id": "VARCHAR",
    "expected": "VARCHAR",
    "actual": "VARCHAR",
    "amount_at_stake": "DECIMAL(18,2)",
    "title_fr": "VARCHAR",
    "title_en": "VARCHAR",
    "remedy_fr": "VARCHAR",
    "remedy_en": "VARCHAR",
    "cause_code": "VARCHAR",
    "status": "VARCHAR",
    "first_seen_month": "VARCHAR",
    "contract_id": "VARCHAR",
}
_ADJUSTMENT = {
    "month": "VARCHAR",
    "line_key": "VARCHAR",
    "adjustment_id": "VARCHAR",
    "kind": "VARCHAR",
    "value": "VARCHAR",
    "reason": "VARCHAR",
    "author": "VARCHAR",
    "client_file_id": "VARCHAR",
    "contract_id": "VARCHAR",
}
# Up to where a line billed each of its counters.
_METER = {
    "month": "VARCHAR",
    "line_key": "VARCHAR",
    "contract_id": "VARCHAR",
    "rule_id": "VARCHAR",
    "quantity_id": "VARCHAR",
    "opening_date": "DATE",
    "opening_value": "DECIMAL(18,4)",
    "closing_date": "DATE",
    "closing_origin": "VARCHAR",
    "closing_value": "DECIMAL(18,4)",
    "read_until": "DATE",
}
# A batch as it left: all that its files are made of, so that any of them can be made again. See `assets.exports`.
_EXPORT_LINE = {
    "batch_id": "VARCHAR",
    "position": "BIGINT",
    "group_no": "BIGINT",
    "client_id": "VARCHAR",
    "client_file_id": "VARCHAR",
    "siren": "VARCHAR",
    "vat_number": "VARCHAR",
    "fy_label": "VARCHAR",
    "mission_id": "VARCHAR",
    "contract_id": "VARCHAR",
    "billing_mode": "VARCHAR",
    "origin_month": "VARCHAR",
    "period_start": "DATE",
    "period_end": "DATE",
    "due_date": "DATE",
    "service_code": "VARCHAR",
    "label": "VARCHAR",
    "quantity": "DECIMAL(18,4)",
    "unit": "VARCHAR",
    "unit_price": "DECIMAL(18,6)",
    "discount_pct": "DECIMAL(9,4)",
    "amount_net": "DECIMAL(18,2)",
    "vat_code": "VARCHAR",
    "vat_rate": "DECIMAL(9,4)",
    "revenue_account": "VARCHAR",
    "payment_terms_days": "INTEGER",
    "line_key": "VARCHAR",
    "adjusts_line_key": "VARCHAR",
    "draft_ref": "VARCHAR",
    "adjusts_draft_ref": "VARCHAR",
    "vat_category": "VARCHAR",
    "vat_mention": "VARCHAR",
    "legal_name": "VARCHAR",
    "einvoice_address": "VARCHAR",
    "address": "VARCHAR",
    "postal_code": "VARCHAR",
    "city": "VARCHAR",
    "country": "VARCHAR",
}
#: Columns of each ledger table. In the warehouse each has `seq`, the link it came with, before them.
TABLES: Mapping[str, Mapping[str, str]] = {
    "closed": {"month": "VARCHAR", "client_file_id": "VARCHAR", "contract_id": "VARCHAR"},
    "item": {"month": "VARCHAR", **_ITEM},
    "line": _LINE,
    "evidence": _EVIDENCE,
    "exclusion": _EXCLUSION,
    "anomaly": _ANOMALY,
    "adjustment": _ADJUSTMENT,
    "meter": _METER,
    "exported": {"batch_id": "VARCHAR", "line_key": "VARCHAR"},
    "export_line": _EXPORT_LINE,
}
#: The links themselves, in the warehouse.
LINK_COLUMNS: Mapping[str, str] = {
    "seq": "BIGINT",
    "kind": "VARCHAR",
    "month": "VARCHAR",
    "is_whole": "BOOLEAN",
    "control_date": "DATE",
    "input_fingerprint": "VARCHAR",
    "recorded_at": "TIMESTAMP",
    "recorded_by": "VARCHAR",
    "hash": "VARCHAR",
}


class LedgerError(Exception):
    """The chain does not hold, or cannot be read.

    Attributes:
        code: what is wrong, as a key of the texts people read.
        place: the file or folder at fault, relative to the workspace.
    """

    def __init__(self, code: str, place: str) -> None:
        super().__init__(f"{code}: {place}")
        self.code = code
        self.place = place


@dataclass(frozen=True)
class Link:
    """One link of the chain.

    Attributes:
        seq: 1 for the first.
        folder: where its files are.
        manifest: content of `link.json`.
        hash: SHA-256 of `link.json`, which names the hashes of all the rest.
    """

    seq: int
    folder: Path
    manifest: Mapping[str, Any]
    hash: str


def read_chain(ledger: Path) -> list[Link]:
    """Every link in order, each checked against the one before it and against the hashes of its files.

    A `HEAD` one link behind is a validation killed between its two last steps, and is brought forward.

    Raises:
        LedgerError: naming the link that is missing or was changed.
    """
    if not ledger.is_dir():
        return []
    folders = sorted(path for path in ledger.iterdir() if path.is_dir() and not path.name.startswith("."))
    head = (ledger / HEAD).read_text().strip() if (ledger / HEAD).is_file() else GENESIS
    links: list[Link] = []
    previous = GENESIS
    for seq, folder in enumerate(folders, 1):
        place = f"ledger/{folder.name}"
        if not folder.name.startswith(f"{seq:06d}-"):
            raise LedgerError("ledger_missing_link", f"ledger/{seq:06d}")
        try:
            content = (folder / MANIFEST).read_bytes()
            manifest = json.loads(content)
            files = manifest["files"]
        except (OSError, ValueError, KeyError) as error:
            raise LedgerError("ledger_unreadable_link", place) from error
        if manifest["previous"] != previous:
            raise LedgerError("ledger_broken_chain", place)
        for name, digest in files.items():
            file = folder / name
            if not file.is_file() or _hash(file.read_bytes()) != digest:
                raise LedgerError("ledger_changed_file", f"{place}/{name}")
        previous = _hash(content)
        links.append(Link(seq, folder, manifest, previous))
    if head != previous:
        if links and links[-1].manifest["previous"] == head:
            _write_head(ledger, previous)
        else:
            raise LedgerError("ledger_missing_end", f"ledger/{HEAD}")
    return links


def append_link(
    ledger: Path,
    connection: duckdb.DuckDBPyConnection,
    manifest: Mapping[str, Any],
    queries: Mapping[str, str],
) -> Link:
    """Write one link: a Parquet file per query, then the manifest, then the rename that makes it count.

    Args:
        ledger: the folder of the chain.
        connection: where the queries run.
        manifest: what to record beside the hashes.
        queries: SQL by ledger table; its columns are those of `TABLES`.
    """
    links = read_chain(ledger)
    seq = len(links) + 1
    folder = ledger / f"{seq:06d}-{manifest['month']}"
    aside = ledger / f".{folder.name}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    files = {}
    for table, query in queries.items():
        columns = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in TABLES[table].items())
        target = aside / f"{table}.parquet"
        connection.execute(
            f"copy (select {columns} from ({query}) order by all) to '{str(target).replace(chr(39), chr(39) * 2)}' "
            "(format parquet, compression zstd)"
        )
        files[target.name] = _hash(target.read_bytes())
        _flush(target)
    previous = links[-1].hash if links else GENESIS
    content = json.dumps(
        {"seq": seq, **manifest, "previous": previous, "files": files}, ensure_ascii=False, indent=1, sort_keys=True
    ).encode()
    (aside / MANIFEST).write_bytes(content)
    _flush(aside / MANIFEST)
    _flush(aside)
    os.rename(aside, folder)
    _flush(ledger)
    link = Link(seq, folder, json.loads(content), _hash(content))
    _write_head(ledger, link.hash)
    return link


def load_ledger(connection: duckdb.DuckDBPyConnection, ledger: Path) -> None:
    """Bring the schema `ledger` of the warehouse up to date with the files: only new links are read.

    Raises:
        LedgerError: when the chain does not hold, or is no longer the one that was read before.
    """
    links = read_chain(ledger)
    connection.execute("create schema if not exists ledger")
    specs = {
        table: {**({} if table == "link" else {"seq": "BIGINT"}), **columns}
        for table, columns in {"link": LINK_COLUMNS, **TABLES}.items()
    }
    present = {link.seq: link.hash for link in links}
    known = _known_links(connection)
    for seq, (month, digest) in sorted(known.items()):
        # A chain cut short with its `HEAD` looks sound: only what was read before tells.
        if present.get(seq) != digest:
            raise LedgerError("ledger_lost_link", f"ledger/{seq:06d}-{month}")
    if _columns_of(connection) != {table: list(spec) for table, spec in specs.items()}:
        # Made by another release: read anew. What a link does not have is NULL.
        known = {}
        for table, spec in specs.items():
            definition = ", ".join(f'"{name}" {kind}' for name, kind in spec.items())
            connection.execute(f"create or replace table ledger.{table} ({definition})")
    for link in links:
        if link.seq in known:
            continue
        for name in link.manifest["files"]:
            table = name.removesuffix(".parquet")
            wanted = ", ".join(_text(column) for column in TABLES[table])
            rows = f"select {link.seq} as seq, columns(name -> name in ({wanted}))"
            place = _text(str(link.folder / name))
            connection.execute(f"insert into ledger.{table} by name {rows} from read_parquet({place})")
        values = [link.manifest.get(name) for name in LINK_COLUMNS if name not in ("seq", "hash")]
        places = ", ".join("?" * len(LINK_COLUMNS))
        connection.execute(f"insert into ledger.link values ({places})", [link.seq, *values, link.hash])


def _columns_of(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The columns of each table of the copy, in order."""
    found: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from information_schema.columns"
        " where table_schema = 'ledger' and table_catalog = current_database() order by table_name, ordinal_position"
    ).fetchall():
        found.setdefault(table, []).append(column)
    return found


def _known_links(connection: duckdb.DuckDBPyConnection) -> dict[int, tuple[str, str]]:
    """Month and hash of the links in the copy."""
    if "link" not in _columns_of(connection):
        return {}
    rows = connection.execute("select seq, month, hash from ledger.link").fetchall()
    return {seq: (month, digest) for seq, month, digest in rows}


def line_history(ledger: Path, line_key: str) -> list[Mapping[str, Any]]:
    """What the links say that validated or exported a line, oldest first; the chain is not checked here.

    Args:
        ledger: the folder of the chain.
        line_key: the line.

    Returns:
        Manifests, as `link.json` has them.
    """
    import duckdb

    files = sorted(str(file) for name in ("line", "exported") for file in ledger.glob(f"[0-9]*/{name}.parquet"))
    if not files:
        return []
    places = ", ".join(map(_text, files))
    with duckdb.connect(":memory:") as connection:
        found = connection.execute(
            f"select distinct filename from read_parquet([{places}], filename = true, union_by_name = true)"
            f" where line_key = {_text(line_key)} order by filename"
        ).fetchall()
    return [json.loads((Path(file).parent / MANIFEST).read_bytes()) for (file,) in found]


def require_recorded(links: Sequence[Link], month: str, validated_at: datetime | None) -> None:
    """Check that the ledger has the validation that a published month shows.

    Args:
        links: the chain.
        month: `YYYY-MM`.
        validated_at: as `month_state` has it.

    Raises:
        LedgerError: it has not: the chain was cut short.
    """
    moments = {link.manifest["recorded_at"] for link in links if link.manifest["month"] == month}
    if validated_at is not None and validated_at not in map(datetime.fromisoformat, moments):
        raise LedgerError("ledger_lost_validation", f"ledger/*-{month}")


#: Whether a row of `closed` closes what a row called `subject` belongs to: a client file, a contract, or everything.
CLOSES_SUBJECT = (
    "((closed.client_file_id is null and closed.contract_id is null)"
    " or closed.client_file_id = subject.client_file_id or closed.contract_id = subject.contract_id)"
)


def owned_by(client_files: Sequence[str], contracts: Sequence[str]) -> str:
    """A condition on rows that belong to one of these client files or contracts."""
    conditions = [
        f"{column} in ({', '.join(map(_text, names))})"
        for column, names in (("client_file_id", client_files), ("contract_id", contracts))
        if names
    ]
    return f"({' or '.join(conditions)})" if conditions else "false"


def freeze_month(
    connection: duckdb.DuckDBPyConnection,
    ledger: Path,
    month: str,
    client_files: Sequence[str] | None,
    contracts: Sequence[str] = (),
    *,
    recorded_at: str,
    recorded_by: str,
    published: Path | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Link:
    """Append the READY lines of a month, whole or of some client files and contracts, with all that goes with them.

    Args:
        connection: whose `ledger.closed` and `ledger.anomaly` hold what was validated of that month.
        ledger: the folder of the chain.
        month: `YYYY-MM`.
        client_files: None for the whole month, which closes it for everyone.
        contracts: contracts closed beside the client files.
        recorded_at: UTC, ISO 8601.
        recorded_by: who validates.
        published: the folder of the draft to freeze, as it was published; None for the marts of the connection.
        facts: what else the link records.
    """

    def draft(relation: str) -> str:
        return f"read_parquet({_text(str(published / relation))} || '.parquet')" if published else f"marts.{relation}"

    whole = client_files is None
    scope = "true" if whole else owned_by(client_files, contracts)
    month_sql = _text(month)
    open_now = f"not exists (select 1 from ledger.closed where closed.month = {month_sql} and {CLOSES_SUBJECT})"

    def in_scope(relation: str) -> str:
        return f"select * from {draft(relation)} as subject where month = {month_sql} and {scope} and {open_now}"

    ready = f"{in_scope('prebill_line')} and status = 'READY'"
    control_date, fingerprint, lines, amount = connection.execute(
        f"select control_date::varchar, input_fingerprint, (select count(*) from ({ready})),"
        f" (select coalesce(sum(amount_net), 0)::varchar from ({ready})) from {draft('month_state')}"
        f" where month = {month_sql}"
    ).fetchone()
    manifest = {
        "kind": "validation",
        "month": month,
        "is_whole": whole,
        "control_date": control_date,
        "input_fingerprint": fingerprint,
        "recorded_at": recorded_at,
        "recorded_by": recorded_by,
        "lines": lines,
        "amount_net": amount,
        **(facts or {}),
    }
    owners = [(None, None)] if whole else [(each, None) for each in client_files] + [(None, each) for each in contracts]
    closed = "select * from (values {}) as closed(month, client_file_id, contract_id)".format(
        ", ".join(
            f"({month_sql}, {', '.join('cast(null as varchar)' if name is None else _text(name) for name in pair)})"
            for pair in owners
        )
    )
    anomaly_scope = "true" if whole else f"((client_file_id is null and contract_id is null) or {scope})"
    queries = {
        "closed": closed,
        "line": ready,
        "evidence": f"select * from {draft('prebill_evidence')} where month = {month_sql}"
        f" and line_key in (select line_key from ({ready}))",
        "item": f"{in_scope('prebill_item')} and (kind in ('EXCLUDED', 'WAITING')"
        f" or line_key in (select line_key from ({ready})))",
        "meter": f"select * from {draft('prebill_meter')} as meter where month = {month_sql} and line_key in"
        f" (select line_key from ({in_scope('prebill_item')}) where kind = 'WAITING' union all"
        f" select line_key from ({ready}))",
        "exclusion": in_scope("prebill_exclusion"),
        # What is held takes its adjustments along to the month it moves to.
        "adjustment": f"{in_scope('prebill_adjustment')} and line_key not in"
        f" (select line_key from {draft('prebill_line')} where status = 'HELD')",
        "anomaly": f"select * from {draft('anomaly')} as subject where month = {month_sql} and {anomaly_scope}"
        f" and {open_now} and not exists (select 1 from ledger.anomaly as kept where kept.month = subject.month"
        " and kept.code = subject.code and kept.subject_id = subject.subject_id)",
    }
    return append_link(ledger, connection, manifest, queries)


def _write_head(ledger: Path, digest: str) -> None:
    aside = ledger / f".{HEAD}"
    aside.write_text(digest + "\n")
    _flush(aside)
    os.replace(aside, ledger / HEAD)
    _flush(ledger)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
