"""The archive of deliveries: what was read from each version of each file, kept for ever.

What one ingestion read becomes `archive/<table>/<seq>-<hash>.parquet`, one file per table, written beside and renamed;
then one line per file read is appended to `archive/deliveries.jsonl`, which makes that version of the file count as a
whole. A crash before its line leaves Parquet files nobody refers to, and the next run reads the file again. The log and
the Parquet files are all it takes to rebuild the input tables; nothing in here is ever changed or removed.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.messages import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

LOG = "deliveries.jsonl"


class IngestError(Exception):
    """Ingestion cannot go on; the message tells a person why and the way out."""


@dataclass(frozen=True)
class Delivery:
    """What one sheet of one version of a file gave to one table.

    Attributes:
        seq: order of arrival, the later wins; the parts of an engagement letter share it.
        sheet: name of the sheet, empty where the format has none.
        table: the table fed.
        accepted: False when the sheet was refused whole, so that the rows delivered before stay.
        rows: number of accepted rows.
        rejected: number of rejected rows.
        data: path under `archive/` of the Parquet file that holds the rows, by their `_seq`; empty when refused.
        unknown_columns: header names the contract does not know; of payroll declarations, remarks.
    """

    seq: int
    sheet: str
    table: str
    accepted: bool
    rows: int
    rejected: int
    data: str
    unknown_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Version:
    """One content a file has had.

    Attributes:
        number: 1 for the first version of any file, and so on.
        file: path under `inbox/`, with `/`.
        content_hash: SHA-256 of the bytes.
        accepted: False when the file was refused whole, so that the rows delivered before stay.
        deliveries: what its sheets gave.
        rejects: path under `archive/` of the Parquet file that holds the rejects, by `_version`; empty without any.
        unread_sheets: sheets that feed no table.
    """

    number: int
    file: str
    content_hash: str
    accepted: bool
    deliveries: tuple[Delivery, ...]
    rejects: str
    unread_sheets: tuple[str, ...] = ()


class Archive:
    """The archive of one workspace; reads its log once, appends to it."""

    def __init__(self, folder: Path, language: str) -> None:
        self.folder = folder
        self._language = language
        self.versions: list[Version] = self._load()

    def _load(self) -> list[Version]:
        log = self.folder / LOG
        if not log.exists():
            return []
        content = log.read_bytes()
        complete, _, torn = content.rpartition(b"\n")
        if torn:
            # A kill in the middle of an append: the line was never whole, so that version was never delivered.
            with log.open("r+b") as file:
                file.truncate(len(content) - len(torn))
                os.fsync(file.fileno())
        versions = []
        for number, line in enumerate(complete.splitlines(), 1):
            try:
                fields = json.loads(line)
                deliveries = tuple(
                    Delivery(**{**each, "unknown_columns": tuple(each["unknown_columns"])})
                    for each in fields.pop("deliveries")
                )
                sheets = tuple(fields.pop("unread_sheets"))
                versions.append(Version(deliveries=deliveries, unread_sheets=sheets, **fields))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise IngestError(text("archive_log", self._language, f"archive/{LOG}", number)) from error
        return versions

    @property
    def next_seq(self) -> int:
        """The number the next delivery gets."""
        return 1 + max((delivery.seq for version in self.versions for delivery in version.deliveries), default=0)

    def latest(self) -> dict[str, Version]:
        """The last version of each file, whether it was accepted or not."""
        return {version.file: version for version in self.versions}

    def live(self) -> list[tuple[Version, Delivery]]:
        """The accepted deliveries that count, in order of arrival.

        They are those of the last version of each file; where that version, or the sheet in it, was refused, those of
        the last version in which it was accepted.
        """
        result: dict[str, dict[tuple[str, str], tuple[Version, Delivery]]] = {}
        for version in self.versions:
            before = result.get(version.file, {})
            if not version.accepted:
                continue
            now: dict[tuple[str, str], tuple[Version, Delivery]] = {}
            for delivery in version.deliveries:
                place = (delivery.sheet, delivery.table)
                if delivery.accepted:
                    now[place] = (version, delivery)
                elif place in before:
                    now[place] = before[place]
            result[version.file] = now
        pairs = [pair for places in result.values() for pair in places.values()]
        return sorted(pairs, key=lambda pair: (pair[1].seq, pair[1].table))

    def write(self, frame: pl.DataFrame, kind: str, number: int) -> str:
        """Writes rows durably as `<kind>/<number>-<hash>.parquet` and returns that path under the archive."""
        content = io.BytesIO()
        frame.write_parquet(content, compression="zstd", compression_level=1)
        name = f"{kind}/{number:06d}-{hashlib.sha256(content.getbuffer()).hexdigest()[:12]}.parquet"
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_suffix(".part")
        with beside.open("wb") as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, target)
        _sync_folder(target.parent)
        return name

    def append(self, versions: Sequence[Version]) -> None:
        """Makes versions count: one line each, on disk before this returns."""
        lines = [json.dumps(asdict(version), ensure_ascii=True, separators=(",", ":")) + "\n" for version in versions]
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / LOG).open("ab") as file:
            file.write("".join(lines).encode())
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(self.folder)
        self.versions += versions

    def check(self, path: Path | str) -> None:
        """Raises an error that says what to do when an archived file is gone or no longer what its name says."""
        try:
            with Path(path).open("rb") as file:
                sound = hashlib.file_digest(file, "sha256").hexdigest()[:12] == Path(path).stem.partition("-")[2]
        except OSError:
            sound = False
        if not sound:
            raise IngestError(text("archive_lost", self._language, path))


def check_archive(folder: Path, anchors: Sequence[Mapping[str, Any]], language: str) -> None:
    """Checks every file of an archive, and its log against what the ledger recorded of it.

    Args:
        folder: the archive.
        anchors: `lines` and `sha256` of the log at some moments of the past; since then it may only have grown.
        language: of the messages.

    Raises:
        IngestError: naming what is missing or was altered.
    """
    archive = Archive(folder, language)
    lines = (folder / LOG).read_bytes().splitlines(keepends=True) if (folder / LOG).is_file() else []
    for anchor in anchors:
        past = b"".join(lines[: anchor["lines"]])
        if len(lines) < anchor["lines"] or hashlib.sha256(past).hexdigest() != anchor["sha256"]:
            raise IngestError(text("archive_altered", language, f"archive/{LOG}", anchor["lines"]))
    names = {delivery.data for version in archive.versions for delivery in version.deliveries if delivery.data}
    names |= {version.rejects for version in archive.versions if version.rejects}
    for name in sorted(names):
        archive.check(folder / name)


def _sync_folder(folder: Path) -> None:
    """Makes a rename or a new name durable; Windows has no such call and needs none."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
