"""Letters read from a PDF: which wait for a person, what was read from where, and the person's word on it.

The word is a row of `inbox/document_confirmation.csv`, an input like any other: archived, shown, withdrawn by taking it
out or by a correction. It names the content of the file, so that a PDF delivered again with another one waits anew.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assets.contract import TABLES

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal
    from pathlib import Path

    import duckdb

    from assets.letter_files.faults import Evidence

TABLE = "document_confirmation"
FILE = f"{TABLE}.csv"


class ForeignFile(Exception):
    """The file of confirmations is not as this module writes it; a person keeps it otherwise."""


@dataclass(frozen=True)
class Waiting:
    """A letter nobody confirmed yet.

    Attributes:
        document_id: of the letter.
        version: of it.
        client_file_id: it is for.
        fy_label: the fiscal year it is of.
        file: path under `inbox/` it was read from.
        content_hash: SHA-256 of that file as it was read.
        lines: how many lines it has.
        amount: what its flat lines add up to, None where they give prices of periods.
    """

    document_id: str
    version: int
    client_file_id: str
    fy_label: str
    file: str
    content_hash: str
    lines: int
    amount: Decimal | None


def waiting_letters(connection: duckdb.DuckDBPyConnection) -> list[Waiting]:
    """The letters that wait, by the input as it was last read.

    Args:
        connection: the warehouse.
    """
    known = connection.execute(
        "select count(*) from information_schema.tables where table_schema = 'input' "
        f"and table_name in ('document', 'document_line', '{TABLE}')"
    ).fetchone()
    if known != (3,):
        return []
    rows = connection.execute(
        f"""
        select
            document.document_id,
            document.version,
            document.client_file_id,
            document.fy_label,
            document._file,
            document.to_confirm,
            count(line.line_no) as lines,
            sum(line.amount) as amount,
        from input.document as document
        left join input.{TABLE} as confirmation
            on
                document.document_id = confirmation.document_id
                and document.version = confirmation.version
                and document.to_confirm = confirmation.content_hash
        left join input.document_line as line
            on document.document_id = line.document_id and document.version = line.version
        where document.to_confirm is not null and confirmation.document_id is null
        group by all
        order by document.document_id, document.version
        """
    ).fetchall()
    return [Waiting(*row) for row in rows]


def side_by_side(inbox: Path, letter: Waiting) -> tuple[Evidence, ...] | None:
    """What stands in the file of a letter beside what was read, or None when that file is no longer there.

    The text of letters is not kept: it names people.
    """
    from assets.letter_files.bounded import Extractor
    from assets.letter_files.faults import Unreadable
    from assets.letter_files.reading import read_document
    from assets.readers import FileRefused

    path = inbox / letter.file
    if not is_as_read(inbox, letter):
        return None
    try:
        with Extractor() as extractor:
            return read_document(extractor.extract("pdf", path.read_bytes()), path.stem).evidence
    except (FileRefused, Unreadable, OSError):
        return None


def is_as_read(inbox: Path, letter: Waiting) -> bool:
    """Whether the file of a letter still is the one that was read."""
    try:
        with (inbox / letter.file).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == letter.content_hash
    except OSError:
        return False


def record_confirmation(inbox: Path, letter: Waiting, author: str, day: date) -> Path:
    """Adds a person's word to the file of confirmations, which is replaced whole: killed at any moment, it is sound.

    Args:
        inbox: the folder.
        letter: what is confirmed.
        author: who confirms it.
        day: when.

    Returns:
        The file.

    Raises:
        ForeignFile: it has other columns.
        OSError: the disk is full or refuses.
    """
    columns = TABLES[TABLE].column_names
    path = inbox / FILE
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    if path.exists():
        before = path.read_text(encoding="utf-8")
        if before.partition("\n")[0] != ",".join(columns):
            raise ForeignFile(path)
        lines.write(before if before.endswith("\n") else f"{before}\n")
    else:
        writer.writerow(columns)
    writer.writerow([letter.document_id, letter.version, letter.content_hash, author, day.isoformat()])
    beside = inbox / f".{FILE}.part"
    with beside.open("w", encoding="utf-8", newline="") as file:
        file.write(lines.getvalue())
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    return path
