"""A DOCX file as lines of text and tables; its values only: no field, link, macro or embedded object is followed.

python-docx opens the package and its parts; the text is taken from its element tree rather than from its paragraphs,
which leave out content controls, common in letters made from a template.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from assets.letter_files.content import Cell, Content, Grid, Line
from assets.readers import FileRefused, unpacked_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docx.document import Document
    from docx.oxml.xmlchemy import BaseOxmlElement

#: Parts of a document, unpacked: text is a few megabytes, pictures some dozens.
MAX_UNPACKED_BYTES = 1 << 28
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
#: Left out with all they hold: tracked removals, what is said elsewhere, drawings and their text boxes.
_PASSED_OVER = frozenset(f"{_W}{name}" for name in ("del", "moveFrom", "drawing", "pict", "object", "instrText"))
_BLANKS = {f"{_W}tab": "\t", f"{_W}br": " ", f"{_W}cr": " ", f"{_W}noBreakHyphen": "-", f"{_W}ptab": "\t"}
_TRACKED = tuple(f"{_W}{name}" for name in ("ins", "del", "moveFrom", "moveTo", "cellIns", "cellDel", "cellMerge"))


def read_docx(data: bytes) -> Content:
    """Reads a DOCX file.

    Raises:
        FileRefused: it is none, is a bomb, carries macros or declared entities, or changes nobody accepted yet.
    """
    import docx

    if not data:
        raise FileRefused("empty_file")
    for name, part in unpacked_parts(data, "not_docx", MAX_UNPACKED_BYTES):
        if name.lower().endswith("vbaproject.bin"):
            raise FileRefused("docx_macro")
        if name.lower().endswith((".xml", ".rels")) and b"<!DOCTYPE" in part.replace(b"\0", b""):
            raise FileRefused("docx_entity")
    try:
        document = docx.Document(io.BytesIO(data))
        body = document.element.body
    except Exception as error:  # python-docx, zipfile and lxml have no common base for what a broken package raises
        raise FileRefused("not_docx") from error
    if next(body.iter(*_TRACKED), None) is not None:
        raise FileRefused("docx_tracked")
    lines: list[Line] = [*_headers(document)]
    grids: list[Grid] = []
    for number, element in enumerate(_blocks(body), 1):
        if element.tag == f"{_W}tbl":
            _add_table(element, grids)
        elif text := _text(element):
            lines.append(Line(f"§ {number}", text))
    return Content(tuple(lines), tuple(grids))


def _headers(document: Document) -> Iterator[Line]:
    """The lines of the page headers, where references often stand."""
    for section in document.sections:
        for element in _blocks(section.header._element):
            if element.tag == f"{_W}p" and (text := _text(element)):
                yield Line("header", text)


def _blocks(parent: BaseOxmlElement) -> Iterator[BaseOxmlElement]:
    """Paragraphs and tables in order, those in content controls included."""
    for element in parent:
        if element.tag in (f"{_W}p", f"{_W}tbl"):
            yield element
        elif element.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml"):
            yield from _blocks(element)


def _text(paragraph: BaseOxmlElement) -> str:
    parts: list[str] = []

    def walk(element: BaseOxmlElement) -> None:
        for child in element:
            if child.tag == f"{_W}t":
                parts.append(child.text or "")
            elif child.tag in _BLANKS:
                parts.append(_BLANKS[child.tag])
            elif child.tag not in _PASSED_OVER and isinstance(child.tag, str):
                walk(child)

    walk(paragraph)
    return "".join(parts).strip()


def _add_table(table: BaseOxmlElement, grids: list[Grid]) -> None:
    """Lays a table out as a full rectangle, each merged cell repeated; the tables in its cells come after it."""
    place = f"table {len(grids) + 1}"
    grids.append(Grid(place, ()))
    rows: list[list[Cell]] = []
    for row in _inside(table, "tr"):
        cells: list[Cell] = [Cell("")] * _number(row, "trPr", "gridBefore", 0)
        for cell in _inside(row, "tc"):
            blocks = list(_blocks(cell))
            text = " ".join(filter(None, (_text(block) for block in blocks if block.tag == f"{_W}p")))
            for block in blocks:
                if block.tag == f"{_W}tbl":
                    _add_table(block, grids)
            merge = cell.find(f"{_W}tcPr/{_W}vMerge")
            down = merge is not None and merge.get(f"{_W}val") != "restart"
            above = rows[-1] if rows else []
            for place_in_cell in range(_number(cell, "tcPr", "gridSpan", 1)):
                column = len(cells)
                taken = above[column].text if down and column < len(above) else text
                cells.append(Cell(taken, across=place_in_cell > 0, down=down and column < len(above)))
        rows.append(cells)
    width = max(map(len, rows), default=0)
    number = int(place.removeprefix("table ")) - 1
    grids[number] = Grid(place, tuple(tuple(row + [Cell("")] * (width - len(row))) for row in rows))


def _inside(parent: BaseOxmlElement, name: str) -> Iterator[BaseOxmlElement]:
    """The rows of a table or cells of a row, those in content controls included."""
    for element in parent:
        if element.tag == f"{_W}{name}":
            yield element
        elif element.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml"):
            yield from _inside(element, name)


def _number(element: BaseOxmlElement, properties: str, name: str, default: int) -> int:
    """A count in the properties of a row or cell; no table has more than 63 columns in Word."""
    found = element.find(f"{_W}{properties}/{_W}{name}")
    text = "" if found is None else found.get(f"{_W}val", "")
    return min(int(text), 64) if text.isdecimal() and text.isascii() else default
