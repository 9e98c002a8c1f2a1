"""What the sheets of the workbook have in common: columns, formats, lists with totals, headings and filters.

Sheets are written from their first row to their last, since the file is written as it grows.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assets.reports.changes import CAUSES
from assets.reports.model import Row
from assets.reports.words import Words

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

#: The longest text of a cell.
LONGEST = 32_767
TITLE_ROW, LEAD_ROW, TOTAL_ROW, HEADER_ROW, FIRST_ROW = range(5)
#: Heights in points; the last is as tall as a row can be.
LINE_HEIGHT, TALLEST_ROW = 13.5, 409
ACCENT, MUTED, RULE = "#12545C", "#5F6B7A", "#DAD8D0"
NUMBERS = frozenset({"money", "change", "price", "quantity", "count", "percent", "share"})
LEFT = {"align": "left", "indent": 1}
#: Grave things stand out, softly.
SOFT = {
    "critical": {"font_color": "#A8261C", "bg_color": "#FBEAE7"},
    "warning": {"font_color": "#8A5A00", "bg_color": "#FBF1DC"},
    "info": {"font_color": "#2B5B94", "bg_color": "#E6EEF8"},
    "HELD": {"font_color": "#A8261C", "bg_color": "#FBEAE7"},
}
_PLAIN_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_BAR = {"bold": True, "font_color": "#FFFFFF", "bg_color": ACCENT, "text_wrap": True}
_HEADING = {"bold": True, "font_color": MUTED, "bottom": 1, "bottom_color": ACCENT}
_LOOKS: Mapping[str, Mapping[str, Any]] = {
    "title": {**LEFT, "bold": True, "font_size": 17, "font_color": ACCENT},
    "section": {**LEFT, "bold": True, "font_size": 12, "font_color": ACCENT},
    "lead": {**LEFT, "font_color": MUTED},
    "note": {**LEFT, "font_color": MUTED, "italic": True},
    "bar": {**_BAR, **LEFT},
    "bar_number": {**_BAR, "align": "right"},
    "bar_date": {**_BAR, "align": "center"},
    "heading": {**_HEADING, **LEFT},
    "heading_number": {**_HEADING, "align": "right"},
    "figure_label": {**LEFT, "font_color": MUTED, "top": 5, "top_color": ACCENT},
    "text": LEFT,
    "wrap": {**LEFT, "text_wrap": True},
    "date": {"align": "center"},
}


@dataclass(frozen=True)
class Column:
    """A column of a list.

    Attributes:
        name: of the row's value.
        word: its heading, in `texts.toml`.
        width: in characters.
        kind: how its cells are written: a number format of `texts.toml`, text, wrap, date, or the group of words its
            codes are in.
        total: whether it has a total above the heading.
    """

    name: str
    word: str
    width: float
    kind: str = "text"
    total: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell of the summary.

    Attributes:
        value: what it shows.
        kind: as of a column.
        formula: what calculates it; None when it is not calculated.
        look: properties of its format beside those of its kind.
    """

    value: Any
    kind: str = "text"
    formula: str | None = None
    look: Mapping[str, Any] | None = None


class Layout:
    """The workbook while it is being written.

    Attributes:
        book: the file.
        words: of the language.
        month: ``YYYY-MM``.
        sheets: by their names in `texts.toml`, in their order.
    """

    def __init__(self, book: xlsxwriter.Workbook, words: Words, month: str) -> None:
        self.book = book
        self.words = words
        self.month = month
        self.sheets: dict[str, Worksheet] = {
            name: book.add_worksheet(text) for name, text in words.texts["sheets"].items()
        }
        self._formats: dict[tuple, Format] = {}

    def begin(self, name: str, columns: Sequence[Column], lead: str) -> Worksheet:
        """Begin a list: its title, a sentence, the widths of its columns. Gives the sheet."""
        sheet = self.sheets[name]
        self.page(sheet)
        sheet.repeat_rows(HEADER_ROW)
        for position, column in enumerate(columns):
            sheet.set_column(position, position, column.width)
        sheet.set_row(TITLE_ROW, 26)
        title = f"{self.words.texts['sheets'][name]} · {self.words.month(self.month)}"
        self.text(sheet, TITLE_ROW, 0, title, self.style("title"))
        self.text(sheet, LEAD_ROW, 0, lead, self.style("lead"))
        return sheet

    def write_list(
        self,
        sheet: Worksheet,
        columns: Sequence[Column],
        rows: Sequence[Row],
        totals: Row | None,
        formulas: Callable[[int], Mapping[str, str]] | None = None,
        *,
        printed: int | None = None,
        whole: bool = True,
    ) -> None:
        """Write a list: totals, headings, one row each, filters.

        Args:
            sheet: opened.
            columns: of the list.
            rows: in their order.
            totals: values of the totals; None for a list without.
            formulas: gives the formulas of a row by column, from the number the row has in Excel.
            printed: how many columns go on paper; all when None.
            whole: whether the rows are all there are; if not, the totals stand alone.
        """
        if totals is not None:
            self.totals(sheet, columns, totals, len(rows) if whole else None)
        self.head(sheet, columns)
        tall = any(column.kind == "wrap" for column in columns)
        # Rows of several lines are told apart by a rule; the others go without, and without the blanks to carry it.
        look = {"bottom": 1, "bottom_color": RULE, "valign": "top"} if tall else {}
        coloured = {position for position, column in enumerate(columns) if column.name in ("severity", "status")}
        for at, row in enumerate(rows, FIRST_ROW):
            calculated = formulas(at + 1) if formulas else {}
            if tall and (height := _height(columns, row)) > 1:
                sheet.set_row(at, min(LINE_HEIGHT * height + 3, TALLEST_ROW))
            for position, column in enumerate(columns):
                value = row[column.name]
                if value is None and not tall:
                    continue
                soft = SOFT.get(value, {}) if position in coloured else {}
                style = self.style(kind_of(column.kind, value), **look, **soft)
                if column.name in calculated:
                    sheet.write_formula(at, position, calculated[column.name], style, float(value))
                else:
                    self.value(sheet, at, position, column, value, style)
        self.close(sheet, columns, len(rows), printed=printed)

    def totals(self, sheet: Worksheet, columns: Sequence[Column], totals: Row, count: int | None) -> None:
        """Write the totals above the headings: formulas over the rows in sight, values when `count` is None."""
        sheet.set_row(TOTAL_ROW, 20)
        for position, column in enumerate(columns):
            if column.total:
                letter = letter_of(position)
                last = FIRST_ROW + max(count or 0, 1)
                formula = None if count is None else f"=SUBTOTAL(9,{letter}{FIRST_ROW + 1}:{letter}{last})"
                self.put(sheet, TOTAL_ROW, position, Cell(totals[column.name], column.kind, formula), {"bold": True})
            elif position == 0:
                self.text(sheet, TOTAL_ROW, 0, self.words["month_total"], self.style("text", bold=True))

    def head(self, sheet: Worksheet, columns: Sequence[Column]) -> None:
        """Write the headings."""
        sheet.set_row(HEADER_ROW, 32)
        for position, column in enumerate(columns):
            word = self.words.of("causes", column.word) if column.word in CAUSES else self.words[column.word]
            look = "bar_number" if column.kind in NUMBERS else "bar_date" if column.kind == "date" else "bar"
            self.text(sheet, HEADER_ROW, position, word, self.style(look))

    def close(
        self,
        sheet: Worksheet,
        columns: Sequence[Column],
        count: int,
        *,
        filtered: bool = True,
        printed: int | None = None,
    ) -> None:
        """Set what stays in sight, the filters and what goes on paper, once the rows are written."""
        last = HEADER_ROW + max(count, 1)
        sheet.freeze_panes(FIRST_ROW, 1)
        if filtered:
            sheet.autofilter(HEADER_ROW, 0, last, len(columns) - 1)
        if printed:
            sheet.print_area(0, 0, last, printed - 1)
        # Identifiers made of digits are texts on purpose.
        area = f"A{FIRST_ROW + 1}:{letter_of(len(columns) - 1)}{last + 1}"
        sheet.ignore_errors({"number_stored_as_text": area})

    def value(self, sheet: Worksheet, row: int, position: int, column: Column, value: Any, style: Format) -> None:
        """Write one value of a list as its column says."""
        if value is None or value == "":
            sheet.write_blank(row, position, None, style)
        elif column.kind in NUMBERS:
            sheet.write_number(row, position, float(value), style)
        elif column.kind == "date":
            sheet.write_datetime(row, position, value, style)
        elif column.kind in ("text", "wrap"):
            self.text(sheet, row, position, value, style)
        else:
            self.text(sheet, row, position, self.words.of(column.kind, value), style)

    def put(
        self, sheet: Worksheet, row: int, position: int, cell: Cell, look: Mapping[str, Any], *, listed: bool = True
    ) -> None:
        """Write a cell; `look` goes before the look of its own. Without `listed` a formula is left to its value."""
        kind = cell.kind
        style = self.style(kind_of(kind, cell.value), **look, **(cell.look or {}))
        if cell.formula and listed:
            sheet.write_formula(row, position, cell.formula, style, float(cell.value))
        elif cell.value is None:
            sheet.write_blank(row, position, None, style)
        elif kind in NUMBERS:
            sheet.write_number(row, position, float(cell.value), style)
        else:
            self.text(sheet, row, position, cell.value, style)

    def text(self, sheet: Worksheet, row: int, position: int, text: str, style: Format) -> None:
        """Write a text as a text, whatever it begins with."""
        sheet.write_string(row, position, _plain(text), style)

    def style(self, kind: str, **look: Any) -> Format:
        """The format of a kind of cell, each made once."""
        key = (kind, *look.items())
        if key not in self._formats:
            base = _LOOKS.get(kind, {} if kind.removesuffix("_whole") in NUMBERS else LEFT)
            properties = {"font_name": "Calibri", "font_size": 10, "valign": "vcenter", **base, **look}
            number = self.words.texts["formats"].get(kind)
            self._formats[key] = self.book.add_format({**properties, **({"num_format": number} if number else {})})
        return self._formats[key]

    def page(self, sheet: Worksheet) -> None:
        """Set how a sheet looks on screen and on paper."""
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(0.4, 0.4, 0.5, 0.6)
        sheet.fit_to_pages(1, 0)
        title = f"{self.words['title']} · {self.words.month(self.month)}"
        sheet.set_footer(f"&L&8{title} · &A&R&8{self.words['page_of']}")

    def quoted(self, sheet: str) -> str:
        """The name of a sheet as formulas write it."""
        return f"'{self.words.texts['sheets'][sheet]}'"


def kind_of(kind: str, value: Any) -> str:
    """The kind of format of a value: whole quantities and rates show no decimals."""
    return f"{kind}_whole" if kind in ("quantity", "percent") and value is not None and value == int(value) else kind


def _plain(text: str) -> str:
    """A text a cell can hold. One that looks like the mark-up of rich text would be written as such."""
    text = str(text)[:LONGEST]
    return f"{text[: LONGEST - 1]} " if text.startswith("<r>") and text.endswith("</r>") else text


def fits_formula(code: str | None) -> bool:
    """Whether a code can stand in a formula as it is: no quotes, no wildcards, no comparisons."""
    return bool(code and _PLAIN_CODE.fullmatch(code))


def _height(columns: Sequence[Column], row: Row) -> int:
    """How many lines of text the longest cell of a row takes: a file cannot leave that to the program that opens it."""
    return max(
        (
            sum(
                len(textwrap.wrap(line, int(column.width * 1.1))) or 1
                for line in str(row[column.name] or "").split("\n")
            )
            for column in columns
            if column.kind == "wrap"
        ),
        default=1,
    )


def letter_of(position: int) -> str:
    """The letter of a column."""
    return chr(ord("A") + position) if position < 26 else f"A{chr(ord('A') + position - 26)}"


def position_of(columns: Sequence[Column], name: str) -> int:
    """The position of a column."""
    return next(position for position, column in enumerate(columns) if column.name == name)
