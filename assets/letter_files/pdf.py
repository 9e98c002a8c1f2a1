"""A PDF file as lines of text and tables, as well as they can be told from where the characters stand."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from assets.letter_files.content import Cell, Content, Grid, Line
from assets.readers import FileRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pdfplumber.page import Page
    from pdfplumber.table import Table

#: A letter has a dozen pages.
MAX_PAGES = 100
#: Columns told by the blanks between them stand further apart than this, in heights of a line; words stand closer.
_GAP = 0.7


def read_pdf(data: bytes) -> Content:
    """Reads a PDF file; its pages are drawn by nobody, no script or attachment is opened.

    Raises:
        FileRefused: it is none, asks for a password, has too many pages, or holds pictures of text only.
    """
    import pdfplumber
    from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
    from pdfplumber.utils.exceptions import PdfminerException

    if not data:
        raise FileRefused("empty_file")
    if b"%PDF-" not in data[:1024]:
        raise FileRefused("not_pdf")
    lines: list[Line] = []
    grids: list[Grid] = []
    try:
        with pdfplumber.open(io.BytesIO(data)) as document:
            if len(document.pages) > MAX_PAGES:
                raise FileRefused("too_many_pages", str(len(document.pages)), str(MAX_PAGES))
            for number, page in enumerate(document.pages, 1):
                found = list(_tables(page, f"page {number}"))
                grids += found
                text = (page.extract_text() or "").splitlines()
                lines += [Line(f"page {number}", line.strip()) for line in text if line.strip()]
                grids += _set_by_blanks(page, f"page {number}", len(found))
                page.close()
    except (FileRefused, MemoryError):
        raise
    except PdfminerException as error:
        cause = error.args[0] if error.args else error
        locked = isinstance(cause, PDFEncryptionError | PDFPasswordIncorrect)
        raise FileRefused("pdf_password" if locked else "not_pdf") from error
    except Exception as error:  # pdfminer raises whatever Python does on crafted files
        raise FileRefused("not_pdf") from error
    if not lines:
        raise FileRefused("pdf_no_text")
    return Content(tuple(lines), tuple(grids))


def _tables(page: Page, place: str) -> Iterator[Grid]:
    for number, table in enumerate(page.find_tables(), 1):
        rows = _ruled(table)
        if rows:
            yield Grid(f"{place}, table {number}", rows, continues=number == 1)


def _ruled(table: Table) -> tuple[tuple[Cell, ...], ...]:
    """A table drawn with lines, each merged cell repeated in the places it covers."""
    texts: dict[tuple, str] = {}
    for row, cells in zip(table.rows, table.extract(), strict=True):
        for box, text in zip(row.cells, cells, strict=True):
            if box is not None:
                texts[box] = " ".join((text or "").split())
    lefts = sorted({box[0] for box in texts})
    result = []
    for row in table.rows:
        top = row.bbox[1]
        cells = []
        for place, box in enumerate(row.cells):
            if box is not None:
                cells.append(Cell(texts[box]))
                continue
            left = lefts[place] if place < len(lefts) else None
            over = [
                each for each in texts if left is not None and each[0] <= left < each[2] and each[1] <= top < each[3]
            ]
            if over:
                cells.append(Cell(texts[over[0]], across=over[0][0] < left, down=over[0][1] < top))
            else:
                cells.append(Cell(""))
        result.append(tuple(cells))
    return tuple(result)


def _set_by_blanks(page: Page, place: str, before: int) -> list[Grid]:
    """Tables without lines: neighbouring lines of text that fall into columns, wide blanks between them."""
    from pdfplumber.utils import cluster_objects

    grids: list[Grid] = []
    rows: list[list[Cell]] = []

    def close() -> None:
        width = max(map(len, rows), default=0)
        if len(rows) > 1:
            laid = tuple(tuple(row + [Cell("")] * (width - len(row))) for row in rows)
            grids.append(Grid(f"{place}, table {before + len(grids) + 1}", laid, guessed=True))
        rows.clear()

    for line in cluster_objects(page.extract_words(), lambda word: word["bottom"], tolerance=3):
        words = sorted(line, key=lambda word: word["x0"])
        cells: list[str] = []
        right = None
        for word in words:
            if right is not None and word["x0"] - right <= _GAP * (word["bottom"] - word["top"]):
                cells[-1] += f" {word['text']}"
            else:
                cells.append(word["text"])
            right = word["x1"]
        if len(cells) == 1:
            close()
        else:
            rows.append([Cell(text) for text in cells])
    close()
    return grids
