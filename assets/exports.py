"""Exports: the validated lines of a month, handed over in batches to the invoicing software.

A batch is a link of the ledger (`assets.ledger`): which lines left, and the very rows that its files are made of. The
files under ``exports/<month>/`` are made from those rows alone, so that a lost one is made again, the same to the byte,
whatever the input has become. Nothing here is an invoice, and nothing gets an invoice number.

Order of the durable steps: the files are written aside and flushed; the link is appended, which is what makes the batch
count; the files are switched in place. Killed before the link, nothing has happened; after it, the same command
switches in place what is missing. Each call leaves every batch of the month in place, in the formats asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.facturx import PREFIX, VAT_SQL, Checker, CheckerMissing, Seller, build_drafts, draft_faults
from assets.ledger import TABLES, append_link, load_ledger, read_chain

if TYPE_CHECKING:
    import duckdb

KIND = "export"
FORMATS = ("csv", "json", "parquet", "facturx")
#: What a batch is written as when nobody says otherwise.
DEFAULT_FORMATS = ("csv", "json", "parquet")
#: Columns of a batch in every canonical format, in order.
CANONICAL: Mapping[str, str] = {
    name: TABLES["export_line"].get(name, "VARCHAR")
    for name in (
        "batch_id",
        "idempotency_key",
        "position",
        "client_id",
        "client_file_id",
        "siren",
        "vat_number",
        "fy_label",
        "mission_id",
        "contract_id",
        "billing_mode",
        "origin_month",
        "period_start",
        "period_end",
        "due_date",
        "service_code",
        "label",
        "quantity",
        "unit",
        "unit_price",
        "discount_pct",
        "amount_net",
        "vat_code",
        "vat_rate",
        "revenue_account",
        "payment_terms_days",
        "line_key",
        "adjusts_line_key",
    )
}
# How many drafts a sentence names.
_DRAFTS_SHOWN = 3
# What a spreadsheet may take for a formula when a cell begins with it; the last four are full-width forms.
_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"

TEXTS: Mapping[str, Mapping[str, str]] = {
    "unknown_format": {
        "fr": "« {value} » n'est pas un format d'export. Formats admis : {allowed}.",
        "en": "“{value}” is no export format. Formats allowed: {allowed}.",
    },
    "no_format": {
        "fr": "Aucun format d'export demandé. Formats admis : {allowed}.",
        "en": "No export format asked for. Formats allowed: {allowed}.",
    },
    "no_warehouse": {
        "fr": "{warehouse} n'existe pas. Si {month} n'a jamais été validé, lancez « prefact run {month} » puis "
        "« prefact validate {month} » ; si le dossier ledger/ est rempli, lancez « prefact rebuild ».",
        "en": "{warehouse} does not exist. If {month} was never validated, run `prefact run {month}`, then "
        "`prefact validate {month}`; if the folder ledger/ is filled, run `prefact rebuild`.",
    },
    "not_validated": {
        "fr": "{month} n'est pas validé : rien à exporter. Lancez d'abord « prefact validate {month} ».",
        "en": "{month} is not validated: nothing to export. Run `prefact validate {month}` first.",
    },
    "cannot_write": {
        "fr": "Impossible d'écrire {path} : {detail}. Vérifiez les droits et la place sur le disque, puis relancez la "
        "même commande : elle termine l'export.",
        "en": "Cannot write {path}: {detail}. Check the permissions and the space on the disk, then run the same "
        "command again: it finishes the export.",
    },
    "wrong_draft": {
        "fr": "Brouillon {name} : {detail}. C'est un défaut de prefact et non de vos données ; les formats csv, json "
        "et parquet restent possibles.",
        "en": "Draft {name}: {detail}. This is a fault of prefact, not of your data; the formats csv, json and parquet "
        "remain possible.",
    },
    "as_is": {"fr": "{text}", "en": "{text}"},
    "nothing": {
        "fr": "{month} : validé sans aucune ligne, rien à exporter.",
        "en": "{month}: validated without any line, nothing to export.",
    },
    "new": {
        "fr": "Lot {batch} : {lines} lignes, {net} € HT, {vat} € de TVA, {gross} € TTC.",
        "en": "Batch {batch}: {lines} lines, €{net} net, €{vat} VAT, €{gross} in all.",
    },
    "again": {
        "fr": "Lot {batch}, exporté auparavant : {lines} lignes, {net} € HT, {vat} € de TVA, {gross} € TTC.",
        "en": "Batch {batch}, exported before: {lines} lines, €{net} net, €{vat} VAT, €{gross} in all.",
    },
    "nothing_new": {
        "fr": "Aucune ligne validée depuis : pas de nouveau lot.",
        "en": "No line validated since: no new batch.",
    },
    "written": {"fr": "  écrit : {path}", "en": "  written: {path}"},
    "kept": {"fr": "  déjà là, identique : {path}", "en": "  already there, identical: {path}"},
    "drafts_written": {"fr": "  écrits : {count} brouillons dans {path}", "en": "  written: {count} drafts in {path}"},
    "drafts_kept": {
        "fr": "  déjà là, identiques : {count} brouillons dans {path}",
        "en": "  already there, identical: {count} drafts in {path}",
    },
    "to_complete": {
        "fr": "  à compléter dans le logiciel de facturation ({count} : {drafts}) : {detail}",
        "en": "  to be completed in the invoicing software ({count}: {drafts}): {detail}",
    },
}


class ExportError(Exception):
    """The export cannot be done; the message tells a person why and the way out.

    Attributes:
        code: key of `TEXTS`.
    """

    def __init__(self, code: str, language: str, **facts: object) -> None:
        super().__init__(TEXTS[code][language].format(**facts))
        self.code = code


@dataclass(frozen=True)
class ExportFile:
    """One file of a batch.

    Attributes:
        path: relative to the workspace.
        is_written: False when it was there already with the same content.
    """

    path: str
    is_written: bool


@dataclass(frozen=True)
class Batch:
    """One batch of a month.

    Attributes:
        batch_id: ``<month>-<number>-<start of the idempotency key>``.
        month: ``YYYY-MM``.
        number: 1 for the first batch of the month.
        idempotency_key: SHA-256 of the month, the number and the rows: the same batch, the same key.
        lines: how many.
        amount_net: sum of their net amounts.
        amount_vat: VAT per client file, VAT code and rate, added up.
        is_new: whether this call made it.
        files: what it is written as.
    """

    batch_id: str
    month: str
    number: int
    idempotency_key: str
    lines: int
    amount_net: Decimal
    amount_vat: Decimal
    is_new: bool = False
    files: tuple[ExportFile, ...] = ()

    @property
    def amount_gross(self) -> Decimal:
        """Net and VAT."""
        return self.amount_net + self.amount_vat

    def recorded(self) -> dict[str, Any]:
        """What the ledger's link says of the batch beside its rows."""
        return {
            "batch_id": self.batch_id,
            "month": self.month,
            "number": self.number,
            "idempotency_key": self.idempotency_key,
            "lines": self.lines,
            "amount_net": str(self.amount_net),
            "amount_vat": str(self.amount_vat),
        }


@dataclass(frozen=True)
class ExportReport:
    """What an export did.

    Attributes:
        month: ``YYYY-MM``.
        batches: every batch of the month, oldest first; the last one `is_new` when lines were waiting.
        to_complete: what the official rules miss, each with the drafts in which they miss it.
    """

    month: str
    batches: tuple[Batch, ...]
    to_complete: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def new_batch(self) -> Batch | None:
        """The batch this call made, if lines were waiting."""
        return next((batch for batch in self.batches if batch.is_new), None)

    def sentences(self, language: str) -> list[str]:
        """What to tell a person, one line each.

        Args:
            language: ``fr`` or ``en``.
        """
        if not self.batches:
            return [TEXTS["nothing"][language].format(month=self.month)]
        said = []
        for batch in self.batches:
            amounts = {
                "net": _amount_text(batch.amount_net, language),
                "vat": _amount_text(batch.amount_vat, language),
                "gross": _amount_text(batch.amount_gross, language),
            }
            key = "new" if batch.is_new else "again"
            said.append(TEXTS[key][language].format(batch=batch.batch_id, lines=batch.lines, **amounts))
            drafts: Counter[tuple[str, bool]] = Counter()
            for file in batch.files:
                folder, _, name = file.path.rpartition("/")
                if name.endswith(".xml"):
                    drafts[folder, file.is_written] += 1
                else:
                    said.append(TEXTS["written" if file.is_written else "kept"][language].format(path=file.path))
            for (folder, is_written), count in drafts.items():
                key = "drafts_written" if is_written else "drafts_kept"
                said.append(TEXTS[key][language].format(count=count, path=folder))
        if not self.new_batch:
            said.append(TEXTS["nothing_new"][language])
        for detail, drafts in self.to_complete:
            shown = ", ".join(drafts[:_DRAFTS_SHOWN]) + (" …" if len(drafts) > _DRAFTS_SHOWN else "")
            said.append(TEXTS["to_complete"][language].format(count=len(drafts), drafts=shown, detail=detail))
        return said


def export_month(
    workspace: Path,
    month: str,
    formats: Sequence[str],
    language: str,
    recorded_at: str,
    recorded_by: str,
    *,
    seller: Seller | None = None,
) -> ExportReport:
    """Hand over the validated lines of a month that were not handed over before, and see to it that all batches stand.

    The caller holds the workspace's lock.

    Args:
        workspace: the folder.
        month: ``YYYY-MM``.
        formats: out of `FORMATS`.
        language: of messages and of the texts of drafts, ``fr`` or ``en``.
        recorded_at: UTC, ISO 8601; goes to the ledger, never into a file of the batch.
        recorded_by: who exports.
        seller: the firm as its invoices name it, kept with a new batch; only drafts use it.

    Returns:
        The batches of the month and their files.

    Raises:
        ExportError: with the cause and the way out; the same command run again finishes what was begun.
        LedgerError: when the chain does not hold.
    """
    import duckdb

    wanted = _checked(formats, language)
    checker = _checker(language) if "facturx" in wanted else None
    warehouse = workspace / "warehouse.duckdb"
    if not warehouse.is_file():
        raise ExportError("no_warehouse", language, warehouse=warehouse, month=month)
    ledger = workspace / "ledger"
    place = _Place(workspace, month)
    missing: dict[str, list[str]] = {}
    batches: list[Batch] = []
    with duckdb.connect(str(warehouse)) as connection, _explained(language, place.folder):
        _read_ledger(connection, ledger)
        place.sweep()
        for manifest in _manifests(ledger, month):
            batch = _recalled(manifest)
            connection.execute(_RECALL, [batch.batch_id])
            recorded = Seller(**manifest["seller"]) if manifest["seller"] else seller or Seller()
            _write_aside(connection, place, batch, wanted, language, recorded, checker, missing)
            batches.append(replace(batch, files=place.switch(batch.batch_id)))
        waiting = _gather(connection, month, len(batches) + 1)
        if waiting:
            _write_aside(connection, place, waiting, wanted, language, seller or Seller(), checker, missing)
            manifest = {
                "kind": KIND,
                **waiting.recorded(),
                "seller": asdict(seller) if seller else None,
                "recorded_at": recorded_at,
                "recorded_by": recorded_by,
            }
            append_link(ledger, connection, manifest, _LINK)
            batches.append(replace(waiting, is_new=True, files=place.switch(waiting.batch_id)))
            _read_ledger(connection, ledger)
        elif not batches and not _is_validated(connection, month):
            raise ExportError("not_validated", language, month=month)
    to_complete = tuple((detail, tuple(drafts)) for detail, drafts in sorted(missing.items()))
    return ExportReport(month, tuple(batches), to_complete)


_LINK = {
    "exported": "select batch_id, line_key from batch_line",
    "export_line": "select * from batch_line",
}
_RECALL = """
create or replace temp table batch_line as
select * exclude (seq) from ledger.export_line where batch_id = ?
"""
# The lines that wait, with what the invoicing software needs to know of clients, accounts and VAT as it is today. A
# delta names the draft of the line it corrects, if that one has left.
_GATHER = f"""
create or replace temp table batch_line as
with line as (
    select * from ledger.line
    where month = $month and line_key not in (select line_key from ledger.exported)
),
rate as (
    select
        line.line_key,
        arg_max(vat_rate.category, vat_rate.valid_from) as category,
        arg_max(vat_rate.legal_mention, vat_rate.valid_from) as mention,
    from line
    inner join raw.vat_rate as vat_rate
        on line.vat_code = vat_rate.vat_code
        and line.vat_rate = vat_rate.rate
        and vat_rate.valid_from <= line.due_date
        and coalesce(vat_rate.valid_to >= line.due_date, true)
    group by line.line_key
),
placed as (
    select
        *,
        dense_rank() over (order by client_id nulls first, client_file_id nulls first) as group_no,
        row_number() over (
            order by
                client_id nulls first, client_file_id nulls first, fy_label nulls first, mission_id nulls first,
                contract_id nulls first, period_start nulls first, line_key
        ) as position,
    from line
)
select
    cast(null as varchar) as batch_id,
    placed.position,
    placed.group_no,
    placed.client_id,
    placed.client_file_id,
    regexp_replace(client.siren, '[^0-9A-Za-z]', '', 'g') as siren,
    regexp_replace(client.vat_number, '[^0-9A-Za-z]', '', 'g') as vat_number,
    placed.fy_label,
    placed.mission_id,
    placed.contract_id,
    placed.billing_mode,
    placed.origin_month,
    placed.period_start,
    placed.period_end,
    placed.due_date,
    placed.service_code,
    placed.label,
    placed.quantity,
    placed.unit,
    placed.unit_price,
    placed.discount_pct,
    placed.amount_net,
    placed.vat_code,
    placed.vat_rate,
    service.revenue_account,
    client.payment_terms_days,
    placed.line_key,
    placed.adjusts_line_key,
    printf('{PREFIX}-%s-%03d-%04d', placed.month, cast($number as integer), placed.group_no) as draft_ref,
    adjusted.draft_ref as adjusts_draft_ref,
    rate.category as vat_category,
    rate.mention as vat_mention,
    client.legal_name,
    client.einvoice_address,
    client.address,
    client.postal_code,
    client.city,
    client.country,
from placed
left join raw.client as client
    on placed.client_id = client.client_id
left join raw.service as service
    on placed.service_code = service.service_code
left join rate
    on placed.line_key = rate.line_key
left join ledger.export_line as adjusted
    on placed.adjusts_line_key = adjusted.line_key
"""
_TOTALS = f"""
select
    client_id,
    client_file_id,
    vat_code,
    vat_rate,
    count(*) as lines,
    cast(sum(amount_net) as decimal(18, 2)) as base,
    {VAT_SQL} as vat,
from batch_line
group by client_id, client_file_id, vat_code, vat_rate
order by client_id nulls first, client_file_id nulls first, vat_code, vat_rate
"""


class _Place:
    """The folder of a month's batches, and how files get there: aside, flushed, then switched in place."""

    def __init__(self, workspace: Path, month: str) -> None:
        self.workspace = workspace
        self.folder = workspace / "exports" / month

    def aside(self, batch_id: str) -> Path:
        """Where a batch is written first."""
        return self.folder / f".{batch_id}"

    def sweep(self) -> None:
        """Remove what a killed export left aside."""
        for entry in self.folder.glob(f".{self.folder.name}-*"):
            shutil.rmtree(entry)

    def put(self, batch_id: str, name: str, content: bytes) -> None:
        """Write a file of a batch aside."""
        path = self.aside(batch_id) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def flush(self, batch_id: str) -> None:
        """See to it that what is aside is on the disk."""
        aside = self.aside(batch_id)
        for path in (*sorted(aside.rglob("*")), aside, self.folder, self.folder.parent, self.workspace):
            _flush(path)

    def switch(self, batch_id: str) -> tuple[ExportFile, ...]:
        """Put every file that is aside in its place, unless what is there already is the same."""
        aside = self.aside(batch_id)
        done = []
        for path in sorted(path for path in aside.rglob("*") if path.is_file()):
            target = self.folder / path.relative_to(aside)
            is_written = not (target.is_file() and target.read_bytes() == path.read_bytes())
            if is_written:
                target.parent.mkdir(exist_ok=True)
                os.replace(path, target)
                _flush(target.parent)
            done.append(ExportFile(target.relative_to(self.workspace).as_posix(), is_written))
        _flush(self.folder)
        shutil.rmtree(aside)
        return tuple(done)


def _checked(formats: Sequence[str], language: str) -> tuple[str, ...]:
    """The formats asked for, each once."""
    allowed = ", ".join(FORMATS)
    for name in formats:
        if name not in FORMATS:
            raise ExportError("unknown_format", language, value=name, allowed=allowed)
    if not formats:
        raise ExportError("no_format", language, allowed=allowed)
    return tuple(name for name in FORMATS if name in formats)


def _checker(language: str) -> Checker:
    try:
        return Checker(language)
    except CheckerMissing as error:
        raise ExportError("as_is", language, text=error) from error


def _read_ledger(connection: duckdb.DuckDBPyConnection, ledger: Path) -> None:
    """Bring the warehouse's copy of the ledger up to date, all of it or nothing."""
    connection.execute("begin")
    load_ledger(connection, ledger)
    connection.execute("commit")


def _manifests(ledger: Path, month: str) -> list[Mapping[str, Any]]:
    """What the links of a month's batches say, oldest first."""
    manifests = [link.manifest for link in read_chain(ledger)]
    return [manifest for manifest in manifests if manifest["kind"] == KIND and manifest["month"] == month]


def _recalled(manifest: Mapping[str, Any]) -> Batch:
    return Batch(
        manifest["batch_id"],
        manifest["month"],
        manifest["number"],
        manifest["idempotency_key"],
        manifest["lines"],
        Decimal(manifest["amount_net"]),
        Decimal(manifest["amount_vat"]),
    )


def _is_validated(connection: duckdb.DuckDBPyConnection, month: str) -> bool:
    return connection.execute("select count(*) from ledger.closed where month = ?", [month]).fetchone()[0] > 0


def _gather(connection: duckdb.DuckDBPyConnection, month: str, number: int) -> Batch | None:
    """Fill `batch_line` with the lines that wait, and name their batch; None when none waits."""
    connection.execute(_GATHER, {"month": month, "number": number})
    rows, lines, net = connection.execute(
        f"select string_agg({_json_row(TABLES['export_line'])}, chr(10) order by position), count(*),"
        " cast(sum(amount_net) as decimal(18, 2)) from batch_line"
    ).fetchone()
    if not lines:
        return None
    key = hashlib.sha256(f"{month} {number}\n{rows}".encode()).hexdigest()
    batch_id = f"{month}-{number:03d}-{key[:8]}"
    connection.execute("update batch_line set batch_id = ?", [batch_id])
    (vat,) = connection.execute(f"select cast(sum(vat) as decimal(18, 2)) from ({_TOTALS})").fetchone()
    return Batch(batch_id, month, number, key, lines, net, vat)


def _write_aside(
    connection: duckdb.DuckDBPyConnection,
    place: _Place,
    batch: Batch,
    formats: Sequence[str],
    language: str,
    seller: Seller,
    checker: Checker | None,
    missing: dict[str, list[str]],
) -> None:
    """Write the files of the batch in `batch_line` aside; adds to `missing` what the official rules miss in drafts."""
    head = _head(connection, batch)
    batch_id = batch.batch_id
    place.put(batch_id, f"totals/{batch_id}.json", _json_text(head) + b"\n")
    if "csv" in formats:
        place.put(batch_id, f"{batch_id}.csv", _csv(connection, batch))
    if "json" in formats:
        place.put(batch_id, f"{batch_id}.json", _json(connection, head))
    if "parquet" in formats:
        target = str(place.aside(batch_id) / f"{batch_id}.parquet").replace("'", "''")
        connection.execute(
            f"copy ({_canonical(batch)} order by position) to '{target}' (format parquet, compression zstd)"
        )
    if checker:
        for draft in build_drafts(connection, batch.month, language, seller):
            faults = draft_faults(draft, language) + checker.schema_faults(draft.content)
            if faults:
                raise ExportError("wrong_draft", language, name=draft.name, detail="; ".join(faults))
            name = f"{batch_id}.facturx/{draft.name}"
            for detail in sorted(set(checker.missing(draft.content))):
                missing.setdefault(detail, []).append(name)
            place.put(batch_id, name, draft.content)
    place.flush(batch_id)


def _head(connection: duckdb.DuckDBPyConnection, batch: Batch) -> dict[str, Any]:
    """What a batch says of itself: its names and its control totals."""
    found = connection.execute(_TOTALS)
    names = [column[0] for column in found.description]
    groups = [
        {name: str(value) if isinstance(value, Decimal) else value for name, value in zip(names, row, strict=True)}
        for row in found.fetchall()
    ]
    return {
        "batch_id": batch.batch_id,
        "idempotency_key": batch.idempotency_key,
        "month": batch.month,
        "number": batch.number,
        "currency": "EUR",
        "control_totals": {
            "lines": batch.lines,
            "amount_net": str(batch.amount_net),
            "amount_vat": str(batch.amount_vat),
            "amount_gross": str(batch.amount_gross),
            "vat": groups,
        },
    }


def _canonical(batch: Batch) -> str:
    """SQL of the batch in its canonical columns."""
    key = f"'{batch.idempotency_key}' as idempotency_key"
    columns = ", ".join(key if name == "idempotency_key" else f'"{name}"' for name in CANONICAL)
    return f"select {columns} from batch_line"


def _csv(connection: duckdb.DuckDBPyConnection, batch: Batch) -> bytes:
    """`;`, UTF-8 with its mark, decimal comma, CR LF: what a French spreadsheet opens with a double click."""
    cells = " || ';' || ".join(_csv_cell(name, kind) for name, kind in CANONICAL.items())
    (rows,) = connection.execute(
        f"select string_agg({cells}, chr(13) || chr(10) order by position) from ({_canonical(batch)})"
    ).fetchone()
    return f"\ufeff{';'.join(CANONICAL)}\r\n{rows}\r\n".encode()


def _csv_cell(name: str, kind: str) -> str:
    """SQL of one cell; a text that a spreadsheet could run begins with an apostrophe."""
    cell = f'cast("{name}" as varchar)'
    if kind.startswith("DECIMAL"):
        cell = f"replace({cell}, '.', ',')"
    elif kind == "VARCHAR":
        cell = f"case when regexp_matches({cell}, '{_FORMULA}') then chr(39) || {cell} else {cell} end"
        cell = (
            f"case when regexp_matches({cell}, '[;\"\\r\\n]')"
            f" then chr(34) || replace({cell}, chr(34), chr(34) || chr(34)) || chr(34) else {cell} end"
        )
    return f"coalesce({cell}, '')"


def _json(connection: duckdb.DuckDBPyConnection, head: Mapping[str, Any]) -> bytes:
    """The batch as one document: what it says of itself, then a line each."""
    columns = {name: kind for name, kind in CANONICAL.items() if name not in head}
    (rows,) = connection.execute(
        f"select string_agg({_json_row(columns)}, ',' || chr(10) || '  ' order by position) from batch_line"
    ).fetchone()
    return _json_text(head)[:-2] + f',\n "lines": [\n  {rows}\n ]\n}}\n'.encode()


def _json_row(columns: Mapping[str, str]) -> str:
    """SQL of a row as a JSON object; decimals are texts, since a JSON number ends as a float in most readers."""
    pairs = (
        f"'{name}', " + (f'cast("{name}" as varchar)' if kind.startswith(("DECIMAL", "DATE")) else f'"{name}"')
        for name, kind in columns.items()
    )
    return f"cast(json_object({', '.join(pairs)}) as varchar)"


def _json_text(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _amount_text(amount: Decimal, language: str) -> str:
    """An amount as people write it: 4 363,45 or 4,363.45."""
    text = f"{amount:,.2f}"
    return text.translate({ord(","): "\u202f", ord("."): ","}) if language == "fr" else text


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _explained(language: str, folder: Path) -> Iterator[None]:
    """Turn a disk's refusal into a sentence."""
    import duckdb

    try:
        yield
    except OSError as error:
        path, detail = error.filename or folder, error.strerror or error
        raise ExportError("cannot_write", language, path=path, detail=detail) from error
    except duckdb.IOException as error:
        raise ExportError("cannot_write", language, path=folder, detail=" ".join(str(error).split())) from error
