"""Publication: the output relations of a month as sorted Parquet, switched in one step.

``published/<month>`` is a symbolic link to ``published/.versions/<month>-<digest>``. A version is written beside,
flushed to the disk, and the link is replaced by ``os.replace``, so that a reader sees the old month or the new one,
never half of each. Versions no link points to are swept at the start of the next run.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

VERSIONS = ".versions"
MONTH = re.compile(r"\d{4}-\d{2}")
# Relations by name, each with the SQL that reads it whole; those that have a month are cut to the one published.
# `input_fate` and `rejected_row` tell of the inbox as a whole. `client_file` lets a reader sort work by manager, and
# `service_contract` names what can be validated by itself.
RELATIONS: Mapping[str, str] = {
    "prebill_line": "marts.prebill_line",
    "prebill_evidence": "marts.prebill_evidence",
    "prebill_item": "marts.prebill_item",
    "prebill_adjustment": "marts.prebill_adjustment",
    "prebill_correction": "marts.prebill_correction",
    "prebill_meter": "marts.prebill_meter",
    "prebill_group": "marts.prebill_group",
    "prebill_group_vat": "marts.prebill_group_vat",
    "prebill_exclusion": "marts.prebill_exclusion",
    "anomaly": "marts.anomaly",
    "proposal": "marts.proposal",
    "input_fate": "marts.input_fate",
    "rejected_row": "marts.rejected_row",
    "month_state": "marts.month_state",
    "client_file": "raw.client_file",
    "service_contract": "raw.service_contract",
}
# What has a month is published with its own only: running another month leaves it as it is.
WHOLE = frozenset({"rejected_row", "client_file", "service_contract"})
# May carry a clock time: the digest shown to people, which is the same for the same input, leaves it out.
WITH_CLOCK = frozenset({"month_state"})


@dataclass(frozen=True)
class Publication:
    """What was published.

    Attributes:
        folder: the month's folder, as a reader opens it.
        digest: of the published content, clock times left out: the same for the same input.
        rows: rows by relation.
        changed: whether the month differs from what was published before.
    """

    folder: Path
    digest: str
    rows: Mapping[str, int]
    changed: bool


@dataclass(frozen=True)
class PublishedState:
    """What ``month_state`` says of a published month.

    Attributes:
        status: DRAFT, PARTLY_VALIDATED, VALIDATED or EXPORTED.
        control_date: the date it was judged by.
        input_fingerprint: of the input it was made from.
        validated_at: when it was last validated, UTC.
    """

    status: str
    control_date: dt.date
    input_fingerprint: str
    validated_at: dt.datetime | None


def publish_month(warehouse: Path, published: Path, month: str) -> Publication:
    """Publish the output relations of one month.

    Args:
        warehouse: the DuckDB file.
        published: the workspace's folder ``published``.
        month: ``YYYY-MM``.

    Returns:
        What was published.
    """
    versions = published / VERSIONS
    versions.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f"{month}.", dir=versions))
    fresh.chmod(0o755)
    rows: dict[str, int] = {}
    with duckdb.connect(str(warehouse)) as connection:
        for relation, source in RELATIONS.items():
            of_month = None if relation in WHOLE else month
            rows[relation] = _copy_sorted(connection, source, of_month, fresh / f"{relation}.parquet")
    _flush(fresh)
    version = versions / f"{month}-{_digest(fresh)}"
    link = published / month
    changed = not (link.is_symlink() and os.readlink(link) == f"{VERSIONS}/{version.name}")
    if version.exists():
        shutil.rmtree(fresh)
    else:
        os.rename(fresh, version)
        _flush_folder(versions)
    _switch(link, f"{VERSIONS}/{version.name}")
    return Publication(link, _digest(version, WITH_CLOCK), rows, changed)


def adopt_month(source: Path, published: Path, month: str) -> None:
    """Publish a month as another folder ``published`` on the same disk has it.

    Args:
        source: the other folder, which loses that version.
        published: the workspace's folder ``published``.
        month: ``YYYY-MM``.
    """
    versions = published / VERSIONS
    versions.mkdir(parents=True, exist_ok=True)
    made = Path(os.path.realpath(source / month))
    if not (versions / made.name).exists():
        os.rename(made, versions / made.name)
        _flush_folder(versions)
    _switch(published / month, f"{VERSIONS}/{made.name}")


def sweep_versions(published: Path) -> list[str]:
    """Remove the versions no month points to: those replaced since, and what a killed run left half written.

    Args:
        published: the workspace's folder ``published``.

    Returns:
        The names of what was removed.
    """
    versions = published / VERSIONS
    if not versions.is_dir():
        return []
    live = {os.path.basename(os.readlink(link)) for link in published.iterdir() if link.is_symlink()}
    swept = sorted(entry.name for entry in versions.iterdir() if entry.name not in live)
    for name in swept:
        entry = versions / name
        if entry.is_symlink():
            entry.unlink()
            continue
        # Half removed, it must not be taken for the version its name says.
        gone = versions / f".{name.removeprefix('.')}"
        os.rename(entry, gone)
        shutil.rmtree(gone)
    return swept


def published_months(published: Path) -> list[str]:
    """Return the months that are published, oldest first."""
    if not published.is_dir():
        return []
    return sorted(entry.name for entry in published.iterdir() if MONTH.fullmatch(entry.name) and entry.is_dir())


def published_state(published: Path, month: str) -> PublishedState:
    """Return the state of a month as it is published.

    Args:
        published: the workspace's folder ``published``.
        month: ``YYYY-MM``, published.
    """
    file = str(published / month / "month_state.parquet").replace("'", "''")
    with duckdb.connect(":memory:") as connection:
        columns = "status, control_date, input_fingerprint, validated_at"
        return PublishedState(*connection.execute(f"select {columns} from read_parquet('{file}')").fetchone())


def _copy_sorted(connection: duckdb.DuckDBPyConnection, source: str, month: str | None, target: Path) -> int:
    """Write the rows of a relation, ordered by all of its columns so that a rerun gives the same bytes."""
    # Columns that begin with an underscore are the pipeline's own.
    columns = [f'"{row[0]}"' for row in connection.execute(f"describe {source}").fetchall() if row[0][0] != "_"]
    # A rejected row has no month: every month tells it.
    condition = f"(month = '{month}' or month is null)" if month else "true"
    order = ", ".join(f"{column} asc nulls first" for column in columns)
    path = str(target).replace("'", "''")
    (count,) = connection.execute(
        f"copy (select {', '.join(columns)} from {source} where {condition} order by {order}) "
        f"to '{path}' (format parquet, compression zstd)"
    ).fetchone()
    return count


def _digest(folder: Path, leave_out: Collection[str] = ()) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        if file.stem not in leave_out:
            digest.update(file.name.encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _flush(folder: Path) -> None:
    for file in folder.iterdir():
        with file.open("rb") as handle:
            os.fsync(handle.fileno())
    _flush_folder(folder)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _switch(link: Path, target: str) -> None:
    """Point ``link`` at ``target`` in one step."""
    if link.is_dir() and not link.is_symlink():
        # A copy of the workspace that followed the links: a real folder cannot be replaced by a link.
        shutil.rmtree(link)
    aside = link.parent / VERSIONS / f"{link.name}.link"
    aside.unlink(missing_ok=True)
    os.symlink(target, aside)
    os.replace(aside, link)
    _flush_folder(link.parent)
