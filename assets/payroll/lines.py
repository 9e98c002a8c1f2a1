"""DSN files to lines: pieces of bounded size, cut where a person or a declaration begins, split by polars.

Bytes are read as Latin-1 whatever the encoding of the file. Every value that is read is made of ASCII characters, or
only compared with others of its declaration, so that any encoding, and any mixture of them, gives the same counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.payroll import rubrics
from assets.readers import FileRefused

#: Bytes handled at once; memory is a multiple of it, whatever the size of the files.
CHUNK_BYTES = 4 << 20
#: No person and no declaration is this long.
MAX_UNCUT_BYTES = 16 * CHUNK_BYTES
#: A line is known by its file, in the upper half of a number, and its line number in the lower half.
FILE_SHIFT = 32

_BEGINNINGS = tuple(f"{block}.".encode() for block in (rubrics.PERSON, rubrics.DECLARATION, rubrics.ENVELOPE))
_FIRST_LINE = re.compile(rb"S(?:10\.G00\.00|05\.G[0-9]{2}\.[0-9]{2})\.[0-9]{3},'")
_LINE = r"^S[0-9]{2}\.G[0-9]{2}\.[0-9]{2}\.[0-9]{3},'.*'\s*$"
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r") + b"\x7f"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Piece:
    """Whole lines of one file.

    Attributes:
        file: number of the file.
        line: number of the first line, from 1.
        data: the lines, each with its line end.
        last: whether the file ends here.
    """

    file: int
    line: int
    data: bytes
    last: bool


def batches(paths: Sequence[Path]) -> Iterator[tuple[list[Piece], dict[int, FileRefused | OSError]]]:
    """Pieces of about `CHUNK_BYTES` together, and the files of which nothing more comes.

    Small files are taken together, a large one in pieces. A file that is refused, or that the system does not let one
    read, may have given pieces before.
    """
    batch: list[Piece] = []
    failed: dict[int, FileRefused | OSError] = {}
    size = 0
    for number, path in enumerate(paths):
        try:
            for piece in _pieces(path, number):
                batch.append(piece)
                size += len(piece.data)
                # A file that comes in pieces ends a batch, so that nothing of it has to wait for the next.
                if size >= CHUNK_BYTES // 2 or (piece.last and piece.line > 1):
                    yield batch, failed
                    batch, failed, size = [], {}, 0
        except (FileRefused, OSError) as problem:
            failed[number] = problem
    if batch or failed:
        yield batch, failed


def _pieces(path: Path, number: int) -> Iterator[Piece]:
    line, rest = 1, b""
    with path.open("rb") as file:
        read = file.read(CHUNK_BYTES).removeprefix(_BOM)
        _check_beginning(read)
        while True:
            last = len(read) < CHUNK_BYTES - len(_BOM)
            data = rest + read
            cut = len(data) if last else _last_beginning(data)
            if cut:
                taken, rest = data[:cut].replace(b"\r\n", b"\n"), data[cut:]
                if not taken.endswith(b"\n"):
                    taken += b"\n"
                _check_characters(taken, line)
                yield Piece(number, line, taken, last)
                line += taken.count(b"\n")
            elif len(data) > MAX_UNCUT_BYTES:
                raise FileRefused("dsn_endless", str(MAX_UNCUT_BYTES >> 20), row=line)
            else:
                rest = data
            if last:
                return
            read = file.read(CHUNK_BYTES)


def _check_beginning(data: bytes) -> None:
    stripped = data.lstrip()
    if not stripped:
        raise FileRefused("empty_file")
    if not _FIRST_LINE.match(stripped):
        raise FileRefused("not_dsn", row=1)


def _check_characters(data: bytes, line: int) -> None:
    if len(data.translate(None, _CONTROLS)) != len(data):
        place = min(place for place in (data.find(code) for code in _CONTROLS) if place >= 0)
        raise FileRefused("control_character", row=line + data.count(b"\n", 0, place))


def _last_beginning(data: bytes) -> int:
    """Where the last run of lines begins with which a person, a declaration or an envelope does; 0 for nowhere."""
    place = max(data.rfind(b"\n" + prefix) for prefix in _BEGINNINGS) + 1
    block = data[place : place + len(_BEGINNINGS[0])]
    while place > 0:
        before = data.rfind(b"\n", 0, place - 1) + 1
        if not data.startswith(block, before):
            return place
        place = before
    return 0


def lines_of(batch: list[Piece]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines of a batch and those that are none.

    Returns:
        `place`, `block`, `rubric`, `line` (the text) and `start` (whether an instance of the block begins) of every
        rubric in order; `place` of what is neither a rubric nor blank.
    """
    text = b"".join(piece.data for piece in batch).decode("latin-1")
    places = (
        pl.DataFrame(
            {
                "first": [(piece.file << FILE_SHIFT) + piece.line for piece in batch],
                "count": [piece.data.count(b"\n") for piece in batch],
            }
        )
        .filter(pl.col("count") > 0)
        .select(pl.int_ranges("first", pl.col("first") + pl.col("count")).alias("place"))
        .explode("place", empty_as_null=False)
    )
    line = pl.col("line")
    lines = (
        pl.Series("line", [text])
        .str.strip_suffix("\n")
        .str.split("\n")
        .explode(empty_as_null=False)
        .to_frame()
        .with_columns(places["place"])
    )
    # Both are ordered by their fixed width: within a block, the text of the rubric counts like its number.
    lines = lines.with_columns(line.str.head(10).alias("block"), line.str.head(14).alias("rubric"))
    sound = lines.select(line.str.contains(_LINE)).to_series()
    odd = lines.select("place")
    if sound.all():
        odd = odd.clear()
    else:
        odd = lines.filter(~sound & (line.str.strip_chars() != "")).select("place")
        lines = lines.filter(sound)
    block, rubric = pl.col("block"), pl.col("rubric")
    # A block begins anew where its numbers do, and after any other block: after its children, that is.
    start = (block != block.shift(1)) | (rubric <= rubric.shift(1))
    return lines.with_columns(start.fill_null(True).alias("start")), odd


def value_of(line: pl.Expr) -> pl.Expr:
    """The value of a rubric: what stands between the first `,'` and the last `'`."""
    return line.str.strip_chars_end().str.slice(16).str.head(-1).str.strip_chars().alias("value")
