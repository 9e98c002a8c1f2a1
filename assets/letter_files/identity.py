"""What a letter says of itself: whose it is, of which year, which version, from when, signed when.

It comes from labelled lines (`Dossier : D00042`), from small tables of labels and values, and last from the name of the
file: `<client_file>_<year>_<document>_v2.docx`. Said twice, it must be the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assets.letter_files.content import Line
from assets.letter_files.faults import Evidence, Fault, Place
from assets.letter_files.values import Unread, fold, read_amount, read_date, tidy
from assets.letter_files.words import LABELS, SENTENCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assets.letter_files.content import Grid

_REQUIRED = ("document_id", "client_file_id", "fy_label")
_DATES = ("signed_on", "effective_from", "effective_to")
_LABEL = r"(?:" + "|".join(f"(?P<{name}>{words})" for name, words in LABELS) + r")(?: (?:numero|n°))?"
_IN_LINE = re.compile(rf"(?:^|(?<=[ ;|,])){_LABEL} ?: ?")
_WHOLE = re.compile(rf"{_LABEL} ?:?")
_BEFORE_LABEL = re.compile(r"(?:^|[;|,•*>-]) *$")
_BLANK = re.compile(r"[\s_.…:;,|-]*")
_VERSION = re.compile(r"(?:v(?:ersion)?\.? ?)?(\d{1,4})(?:\.0)?")
_NAME = re.compile(r"(?P<client_file_id>[^_]+)_(?P<fy_label>[^_]+)_(?P<document_id>.+?)(?:_v(?P<version>\d{1,4}))?")


def read_identity(
    lines: tuple[Line, ...], grids: list[Grid], stem: str
) -> tuple[dict[str, Any], list[Evidence], list[Fault]]:
    """Reads what a letter says of itself.

    Args:
        lines: its text.
        grids: its tables that are no fee tables.
        stem: name of the file without its extension.

    Returns:
        The properties of the letter, what they were read from, and what is missing, unreadable or contradictory.
    """
    found: dict[str, tuple[Any, Place]] = {}
    evidence: list[Evidence] = []
    faults: list[Fault] = []
    for name, text, place, written in (*_of_lines(lines), *_of_grids(grids)):
        if _BLANK.fullmatch(text):
            continue
        try:
            value = _read(name, text)
        except Unread as problem:
            faults.append(Fault(place, problem.code, problem.expected, name, text))
            continue
        if name not in found:
            found[name] = value, place
            evidence.append(Evidence(place, written, f"{name} = {value}"))
        elif found[name][0] != value:
            faults.append(Fault(place, "letter_twice", (str(found[name][0]), str(found[name][1])), name, text))
    named = _NAME.fullmatch(stem)
    for name, text in (named.groupdict() if named else {}).items():
        if text and name not in found:
            found[name] = _read(name, text), Place("")
            evidence.append(Evidence(Place(""), stem, f"{name} = {found[name][0]}"))
    faults += [Fault(Place(""), "letter_missing", (), name) for name in _REQUIRED if name not in found]
    return {name: value for name, (value, _) in found.items()}, evidence, faults


def _of_lines(lines: tuple[Line, ...]) -> Iterator[tuple[str, str, Place, str]]:
    """(property, value as written, place, line) of the labels in running text."""
    for line in lines:
        text = line.text.replace("\t", "|")
        folded = fold(text)
        matches = list(_IN_LINE.finditer(folded))
        # A label opens the line or follows a separator; once one did, others may follow it after a blank.
        while matches and not _BEFORE_LABEL.search(folded[: matches[0].start()]):
            matches.pop(0)
        for match, following in zip(matches, [*matches[1:], None], strict=False):
            value = text[match.end() : following.start() if following else len(text)]
            if match.lastgroup:
                yield match.lastgroup, tidy(value).strip(" ;|,-–—"), Place(line.place), line.text
        for name, pattern in SENTENCES if not matches else ():
            if match := re.search(pattern, folded):
                yield name, tidy(text[match.start(1) : match.end(1)]).strip(" .,;"), Place(line.place), line.text


def _of_grids(grids: list[Grid]) -> Iterator[tuple[str, str, Place, str]]:
    """The same of tables in which a label stands left of its value, or above it."""
    for grid in grids:
        if grid.guessed:
            continue
        for number, row in enumerate(grid.rows, 1):
            cells = [cell for cell in row if not cell.across]
            labels = [_WHOLE.fullmatch(tidy(fold(cell.text))) for cell in cells]
            place = Place(grid.place, number)
            written = " | ".join(tidy(cell.text) for cell in cells)
            if len(cells) > 1 and all(labels) and number < len(grid.rows):
                below = grid.rows[number]
                for cell, label in zip(row, [_WHOLE.fullmatch(tidy(fold(cell.text))) for cell in row], strict=True):
                    if label and label.lastgroup and not cell.across:
                        value = tidy(below[row.index(cell)].text)
                        yield label.lastgroup, value, Place(grid.place, number + 1), f"{cell.text} | {value}"
                continue
            for cell, label, following in zip(cells, labels, [*cells[1:], None], strict=True):
                if label and label.lastgroup and following is not None:
                    yield label.lastgroup, tidy(following.text), place, written
                elif label is None:
                    for name, value, _, _ in _of_lines((Line(place.part, cell.text),)):
                        yield name, value, place, written


def _read(name: str, text: str) -> Any:
    """A value of the letter as the JSON letter has it."""
    if name in _DATES:
        return read_date(text)
    if name == "total_fee":
        return read_amount(text)
    if name == "version":
        match = _VERSION.fullmatch(tidy(fold(text)))
        if not match or not match[1].isascii():
            raise Unread("integer")
        return int(match[1])
    # «2025 (du 01/01/2025 au 31/12/2025)»
    return re.sub(r"\s*\(.*\)$", "", text) if name == "fy_label" else text
