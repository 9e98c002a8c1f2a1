"""The process that opens documents from outside: one after the other, within bounds, with nothing to lose.

It is asked over its standard input, one line of JSON (`kind`, `size`) and the bytes, and answers with one line of JSON:
`content`, or `refused` with the reason. It can write no file, and memory beyond its bound is an error like any other.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any

from assets.letter_files.docx import read_docx
from assets.letter_files.pdf import read_pdf
from assets.readers import FileRefused

#: Of the address space: the libraries alone take about half a gibibyte of it.
MAX_MEMORY_BYTES = 2 << 30
#: Characters and cells a letter may have; a long one has a hundred thousand characters.
MAX_CHARACTERS = 2_000_000
MAX_CELLS = 50_000


def answer(kind: str, data: bytes) -> dict[str, Any]:
    """What a document holds, or why it is refused, as plain values."""
    try:
        content = (read_docx if kind == "docx" else read_pdf)(data)
        cells = sum(len(grid.rows) * len(grid.rows[0]) for grid in content.grids if grid.rows)
        characters = sum(len(line.text) for line in content.lines)
        characters += sum(len(cell.text) for grid in content.grids for row in grid.rows for cell in row)
        if cells > MAX_CELLS or characters > MAX_CHARACTERS:
            raise FileRefused("letter_too_long", str(MAX_CHARACTERS), str(MAX_CELLS))
        return {"content": content.as_json()}
    except FileRefused as refusal:
        return {"refused": [refusal.code, *refusal.expected]}
    except (MemoryError, RecursionError):
        return {"refused": ["letter_too_heavy"]}


def serve() -> None:
    """Answers until its input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What a library prints must not get among the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        reply = answer(request["kind"], sys.stdin.buffer.read(request["size"]))
        answers.write(json.dumps(reply).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    serve()
