"""The clause on yearly revision: which index, from which base, from when, between which bounds.

A clause that is found but not understood refuses the letter: billed without it, the year would be billed too low.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assets.letter_files.faults import Evidence, Fault, Place
from assets.letter_files.values import find_month, fold, tidy
from assets.letter_files.words import MONTHS, NO_REVISION, REVISION

if TYPE_CHECKING:
    from assets.letter_files.content import Line

#: Lines of a PDF a clause may go on for after the one that opens it.
_GOES_ON = 4
_NAME_OF_INDEX = re.compile(
    r"\bindices? (?:de (?:revision|reference) )?(?:dit |du |de l'|des |le )?[«\"']? ?([a-z][\w-]+)"
)
_NO_NAME = frozenset(
    {
        *("de", "du", "des", "la", "le", "les", "au", "en", "est", "base", "prix", "revision", "reference"),
        *("publie", "connu", "retenu", "applicable", "annuel", "mensuel", "initial", "nouveau", "dernier"),
        *("mentionne", "correspondant"),
    }
)
_MONTH = (
    rf"(?:(?:1er |\d{{1,2}} )?(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})\.? \d{{4}}"
    r"|(?:\d{1,2}[/-])?\d{1,2}[/-]\d{4}|\d{4}-\d{2})"
)
_BASE = re.compile(rf"\b(?:base|reference|initial|origine|s0)\b[^.;]{{0,60}}?({_MONTH})")
_FROM = re.compile(
    rf"\b(?:revis\w*|index\w*|reevalu\w*|actualis\w*|compter|partir|effet|fois|appli\w*|revu\w*|des)\b[^.;]{{0,60}}?({_MONTH})"
)
_PERCENT = r"(\d{1,2}(?:[.,]\d{1,4})?) ?%"
_CAP = re.compile(
    rf"\b(?:plafon\w+|limite\w*|maxim\w+|excede\w*|superieure?s?|depasse\w*|au plus|hausse)\b[^.;%]{{0,40}}?{_PERCENT}"
)
_FLOOR = re.compile(rf"\b(?:planche\w*|minim\w+|inferieure?s?|au moins|baisse)\b[^.;%]{{0,40}}?{_PERCENT}")


def read_revision(lines: tuple[Line, ...]) -> tuple[dict[str, Any] | None, list[Evidence], list[Fault]]:
    """Reads the clause on revision.

    Returns:
        `indexation` as in JSON, or None without a clause; what it was read from; why it cannot be read.
    """
    for number, line in enumerate(lines):
        folded = tidy(fold(line.text))
        if not re.search(REVISION, folded) or re.search(NO_REVISION, folded):
            continue
        wrapped = line.place.startswith("page")
        texts = [each.text for each in lines[number : number + _GOES_ON if wrapped else number + 2]]
        clause = tidy(" ".join(texts))
        read = _read(tidy(fold(clause)))
        place = Place(line.place)
        if read is None:
            return None, [], [Fault(place, "letter_revision", (), "indexation", line.text)]
        return read, [Evidence(place, clause, ", ".join(f"{name} = {value}" for name, value in read.items()))], []
    return None, [], []


def _read(clause: str) -> dict[str, Any] | None:
    names = [name for name in _NAME_OF_INDEX.findall(clause) if name not in _NO_NAME]
    name = "syntec" if re.search(r"\bsyntec\b", clause) else names[0] if names else None
    base = _BASE.search(clause)
    start = _FROM.search(clause if base is None else clause[: base.start()] + " . " + clause[base.end() :])
    percents = len(re.findall(_PERCENT, clause))
    bounds = {
        key: found[1].replace(",", ".")
        for key, pattern in (("cap_pct", _CAP), ("floor_pct", _FLOOR))
        if (found := pattern.search(clause))
    }
    if name is None or base is None or start is None or percents != len(bounds):
        return None
    return {
        "index_code": name.upper(),
        "base_month": find_month(base[1]),
        "revision_month": find_month(start[1]),
        **bounds,
    }
