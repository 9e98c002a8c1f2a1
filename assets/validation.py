"""Validation: the READY lines of a month, of all client files and contracts or of some, go into the ledger for good.

What is frozen is the draft as it is published: the very rows a person looked at, whatever the warehouse has become
since. Deciding (`plan_validation`) reads and writes nothing; freezing (`freeze_plan`) appends one link to the ledger.
Showing the lines as VALIDATED is the month's run, done again as its draft was.
"""

from __future__ import annotations

import getpass
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from assets.deliveries import LOG
from assets.ingestion import look_at_inbox
from assets.input_tables import literal
from assets.ledger import CLOSES_SUBJECT, TABLES, Link, freeze_month, owned_by, read_chain, require_recorded
from assets.publication import published_months

if TYPE_CHECKING:
    import duckdb

KIND = "validation"
#: Billing modes in the order people read them.
MODES = ("FLAT", "UNIT", "TIME", "ADHOC", "CONTRACT_FLAT", "TRUE_UP", "CONSUMED")
#: Overrides the name of the operating system's user as the one who validates.
USER_ENV = "PREFACT_USER"
FIRST_FEW = 5

TEXTS: Mapping[str, Mapping[str, str]] = {
    "never_run": {
        "fr": "{month} n'a jamais été calculé : il n'y a pas de brouillon à valider. Lancez d'abord "
        "« prefact run {month} », regardez-le, puis validez.",
        "en": "{month} was never run: there is no draft to validate. Run `prefact run {month}` first, look at it, then "
        "validate.",
    },
    "inbox_changed": {
        "fr": "Des fichiers ont changé depuis le brouillon de {month} : {files}. Un brouillon se valide tel qu'il a "
        "été regardé : lancez « prefact run {month} », regardez-le, puis validez.",
        "en": "Files have changed since the draft of {month}: {files}. A draft is validated as it was looked at: run "
        "`prefact run {month}`, look at it, then validate.",
    },
    "input_moved_on": {
        "fr": "D'autres fichiers ont été lus depuis le brouillon de {month}, en calculant un autre mois. Un brouillon "
        "se valide tel qu'il a été regardé : lancez « prefact run {month} », regardez-le, puis validez.",
        "en": "Other files were read since the draft of {month}, when another month was run. A draft is validated as "
        "it was looked at: run `prefact run {month}`, look at it, then validate.",
    },
    "unknown_client_file": {
        "fr": "Aucun dossier « {value} ». Dossiers connus : {known}.",
        "en": "No client file “{value}”. Known client files: {known}.",
    },
    "unknown_client": {
        "fr": "Aucun client « {value} » n'a de dossier ni de contrat. Clients connus : {known}.",
        "en": "No client “{value}” has a client file or a contract. Known clients: {known}.",
    },
    "unknown_contract": {
        "fr": "Aucun contrat « {value} ». Contrats connus : {known}.",
        "en": "No contract “{value}”. Known contracts: {known}.",
    },
    "none": {"fr": "aucun", "en": "none"},
    "and_more": {"fr": "et {count} autre(s)", "en": "and {count} more"},
}


class ValidationError(Exception):
    """A validation that cannot be done.

    Attributes:
        code: key of `TEXTS`.
        is_refusal: whether a policy forbids it, as opposed to words that name nothing.
    """

    def __init__(self, code: str, language: str, *, is_refusal: bool, **facts: object) -> None:
        super().__init__(TEXTS[code][language].format(**facts))
        self.code = code
        self.is_refusal = is_refusal


@dataclass(frozen=True)
class Scope:
    """What a person asks to validate: client files and contracts by name, those of clients; nothing for all.

    Attributes:
        client_files: client files by name.
        clients: all client files and contracts of these.
        contracts: service contracts by name.
    """

    client_files: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole month."""
        return not (self.client_files or self.clients or self.contracts)


@dataclass(frozen=True)
class ModeTotal:
    """Lines of one billing mode in the scope.

    Attributes:
        billing_mode: the mode.
        lines: lines to be frozen.
        amount_net: their euros.
        held_lines: lines that stay out.
        held_net: their euros, as far as they are known.
        held_unknown: how many of them have no amount.
    """

    billing_mode: str
    lines: int
    amount_net: Decimal
    held_lines: int
    held_net: Decimal
    held_unknown: int


@dataclass(frozen=True)
class ValidationPlan:
    """What a validation would do.

    Attributes:
        month: `YYYY-MM`.
        control_date: of the draft.
        client_files: client files to be closed, those closed before left out; None for the whole month.
        named: client files and contracts in the scope, closed or not; None for the whole month.
        totals: what is frozen and what stays held, by billing mode.
        is_settled: whether nothing is left to be frozen in the scope.
        is_closed: whether the month is closed for everyone, client files to come included.
        is_shown: whether what is published shows all that the ledger has of the month.
        contracts: contracts to be closed, those closed before left out.
    """

    month: str
    control_date: date
    client_files: tuple[str, ...] | None
    named: tuple[str, ...] | None
    totals: tuple[ModeTotal, ...] = field(default=())
    is_settled: bool = False
    is_closed: bool = False
    is_shown: bool = True
    contracts: tuple[str, ...] = ()


def plan_validation(workspace: Path, month: str, scope: Scope, language: str) -> ValidationPlan:
    """Work out what a validation would freeze, or say what forbids it.

    Args:
        workspace: the folder.
        month: `YYYY-MM`.
        scope: what is asked for.
        language: of the messages.

    Raises:
        ValidationError: the month was never run, the inbox has changed since, or a name is unknown.
        LedgerError: the chain does not hold.
        IngestError: there is no inbox, or the archive cannot be read.
    """
    if month not in published_months(workspace / "published"):
        raise ValidationError("never_run", language, is_refusal=True, month=month)
    published = Path(os.path.realpath(workspace / "published" / month))
    links = read_chain(workspace / "ledger")
    with open_month(links, month, published) as connection:
        files, contracts = ((), ()) if scope.is_whole else _owners(connection, scope, month, language)
        named = None if scope.is_whole else (*files, *contracts)
        control_date, fingerprint, status, shown_until, recorded_until, is_closed = connection.execute(
            """
            select control_date, input_fingerprint, status, validated_at,
                (select max(recorded_at) from ledger.link where kind = 'validation'),
                exists (select 1 from ledger.closed where client_file_id is null and contract_id is null),
            from month_state
            """
        ).fetchone()
        require_recorded(links, month, shown_until)
        is_shown = shown_until == recorded_until
        closed = connection.execute("select client_file_id, contract_id from ledger.closed").fetchall()
        left = None if named is None else tuple(file for file in files if (file, None) not in closed)
        contracts = tuple(contract for contract in contracts if (None, contract) not in closed)
        is_settled = (
            is_closed
            or (named is None and is_shown and status in ("VALIDATED", "EXPORTED"))
            or (named is not None and not left and not contracts)
        )
        if is_settled:
            return ValidationPlan(
                month, control_date, left, named, is_settled=True, is_closed=is_closed, is_shown=is_shown
            )
        totals = _totals(connection, left, contracts)
    inbox = look_at_inbox(workspace, language)
    if inbox.new_files:
        raise ValidationError(
            "inbox_changed", language, is_refusal=True, month=month, files=_few(inbox.new_files, language)
        )
    if inbox.input_fingerprint != fingerprint:
        raise ValidationError("input_moved_on", language, is_refusal=True, month=month)
    return ValidationPlan(month, control_date, left, named, totals, is_shown=is_shown, contracts=contracts)


def freeze_plan(workspace: Path, plan: ValidationPlan) -> Link:
    """Append what was planned to the ledger.

    Args:
        workspace: the folder.
        plan: as `plan_validation` gives it, not settled.
    """
    published = Path(os.path.realpath(workspace / "published" / plan.month))
    links = read_chain(workspace / "ledger")
    with open_month(links, plan.month, published) as connection:
        return freeze_month(
            connection,
            workspace / "ledger",
            plan.month,
            plan.client_files,
            plan.contracts,
            recorded_at=now(),
            recorded_by=person(),
            published=published,
            facts={"archive": archive_state(workspace / "archive")},
        )


@contextmanager
def open_month(links: Sequence[Link], month: str, published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open, in memory, a published month as views and what the ledger has of it as schema `ledger`.

    Args:
        links: the chain.
        month: `YYYY-MM`.
        published: the version to read.
    """
    import duckdb

    links = [link for link in links if link.manifest["month"] == month]
    with duckdb.connect(":memory:") as connection:
        connection.execute("create schema ledger")
        connection.execute("create table ledger.link (kind varchar, recorded_at timestamp)")
        for link in links:
            moment = (literal(link.manifest["kind"]), literal(link.manifest["recorded_at"]))
            connection.execute(f"insert into ledger.link values ({', '.join(moment)})")
        for table in ("closed", "anomaly"):
            columns = ", ".join(f'"{name}" {kind}' for name, kind in TABLES[table].items())
            connection.execute(f"create table ledger.{table} ({columns})")
            for link in links:
                if f"{table}.parquet" in link.manifest["files"]:
                    file = link.folder / f"{table}.parquet"
                    connection.execute(f"insert into ledger.{table} by name from read_parquet({literal(str(file))})")
        for relation in ("prebill_line", "month_state", "client_file", "service_contract"):
            file = literal(str(published / f"{relation}.parquet"))
            connection.execute(f"create view {relation} as from read_parquet({file})")
        yield connection


def now() -> str:
    """The moment, in UTC, as the ledger writes it."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def person(environment: Mapping[str, str] | None = None) -> str:
    """Who is at work: `$PREFACT_USER`, else the user of the operating system."""
    chosen = (os.environ if environment is None else environment).get(USER_ENV, "").strip()
    if chosen:
        return chosen
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A process without a name, as in some containers.
        return str(os.getuid())


def archive_state(archive: Path) -> dict[str, object]:
    """How far the log of deliveries has come: a link anchors it, so that the log cannot be altered unseen either."""
    log = archive / LOG
    content = log.read_bytes() if log.is_file() else b""
    return {"lines": content.count(b"\n"), "sha256": hashlib.sha256(content).hexdigest()}


def _owners(
    connection: duckdb.DuckDBPyConnection, scope: Scope, month: str, language: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The client files and the contracts a scope names, each word checked."""
    found: set[tuple[str | None, str | None]] = set()
    # One that left the input may still have lines: what is taken back.
    known = (
        "select client_id, client_file_id, null as contract_id from client_file union"
        " select client_id, null, contract_id from service_contract union"
        " select client_id, client_file_id, contract_id from prebill_line"
        " where client_file_id is not null or contract_id is not null"
    )
    for code, names, column in (
        ("unknown_client_file", scope.client_files, "client_file_id"),
        ("unknown_client", scope.clients, "client_id"),
        ("unknown_contract", scope.contracts, "contract_id"),
    ):
        if not names:
            continue
        owners: dict[str, list[tuple[str | None, str | None]]] = {}
        for name, file, contract in connection.execute(
            f"select distinct {column}, client_file_id, contract_id from ({known})"
            f" where {column} is not null order by all"
        ).fetchall():
            owners.setdefault(name, []).append((file, contract))
        for name in names:
            if name not in owners:
                raise ValidationError(
                    code, language, is_refusal=False, value=name, month=month, known=_few(tuple(owners), language)
                )
            found.update(owners[name])
    return (
        tuple(sorted(file for file, _ in found if file is not None)),
        tuple(sorted(contract for _, contract in found if contract is not None)),
    )


def _totals(
    connection: duckdb.DuckDBPyConnection, client_files: Sequence[str] | None, contracts: Sequence[str]
) -> tuple[ModeTotal, ...]:
    scope = "true" if client_files is None else owned_by(client_files, contracts)
    rows = connection.execute(
        f"""
        select
            billing_mode,
            count(*) filter (where status = 'READY'),
            coalesce(sum(amount_net) filter (where status = 'READY'), 0),
            count(*) filter (where status = 'HELD'),
            coalesce(sum(amount_net) filter (where status = 'HELD'), 0),
            count(*) filter (where status = 'HELD' and amount_net is null),
        from prebill_line as subject
        where
            status in ('READY', 'HELD')
            and {scope}
            and not exists (select 1 from ledger.closed where {CLOSES_SUBJECT})
        group by billing_mode
        order by list_position({list(MODES)}, billing_mode), billing_mode
        """
    ).fetchall()
    return tuple(ModeTotal(*row) for row in rows)


def _few(names: Sequence[str], language: str) -> str:
    """Names for a message, the first few of them."""
    if not names:
        return TEXTS["none"][language]
    shown = ", ".join(names[:FIRST_FEW])
    rest = len(names) - FIRST_FEW
    return f"{shown} {TEXTS['and_more'][language].format(count=rest)}" if rest > 0 else shown
