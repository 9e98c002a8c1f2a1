"""A document to the structure of a JSON letter, or the reasons why it is refused whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assets.letter_files.content import Content, Line
from assets.letter_files.faults import Evidence, Fault, Place, Unreadable
from assets.letter_files.fees import read_fees
from assets.letter_files.identity import read_identity
from assets.letter_files.revision import read_revision
from assets.letter_files.values import fold, tidy

_AMOUNT = re.compile(r"\d[\d .,']*(?:€|eur)")


@dataclass(frozen=True)
class Reading:
    """What was read of a document.

    Attributes:
        letter: as in JSON.
        places: where each of its lines stands.
        aside: what stands in the document and is no part of the letter: hourly rates, services billed with others.
        evidence: what is written and what was read, in the order of reading; last, amounts in the text nobody read.
    """

    letter: dict[str, Any]
    places: tuple[Place, ...]
    aside: tuple[str, ...]
    evidence: tuple[Evidence, ...]


def read_document(content: Content, stem: str) -> Reading:
    """Reads a letter.

    Args:
        content: its text and tables.
        stem: name of its file without the extension, which may tell what the text does not.

    Raises:
        Unreadable: something in it is missing or cannot be read; all that was found wrong is told.
    """
    ruled = tuple(grid for grid in content.grids if not grid.guessed)
    fees, others = read_fees(ruled)
    if not fees.found:
        fees, _ = read_fees(tuple(grid for grid in content.grids if grid.guessed))
    identity, said, faults = read_identity(content.lines, others, stem)
    indexation, clause, unclear = read_revision(content.lines)
    faults = [*faults, *fees.faults, *unclear]
    if not fees.found or not (fees.lines or fees.faults):
        faults.append(Fault(Place(""), "letter_no_table"))
    if faults:
        raise Unreadable(faults)
    lines = [
        {**line, "indexation": indexation} if indexation and ("schedule" in line or "instalments" in line) else line
        for line in fees.lines
    ]
    whole = all("amount" in line for line in lines if line.get("billing_mode") == "FLAT")
    total = {"total_fee": fees.total} if fees.total is not None and whole else {}
    letter = {**total, **identity, "lines": lines}
    evidence = [*said, *fees.evidence, *clause]
    evidence += list(_unread(content.lines, evidence))
    return Reading(letter, tuple(fees.places), tuple(fees.aside), tuple(evidence))


def _unread(lines: tuple[Line, ...], evidence: list[Evidence]) -> Iterator[Evidence]:
    """Lines with an amount that is in nothing that was read: a fee in a sentence, say."""
    read = " | ".join(tidy(fold(each.written)) for each in evidence)
    for line in lines:
        if any(amount not in read for amount in _AMOUNT.findall(tidy(fold(line.text)))):
            yield Evidence(Place(line.place), line.text, "")
