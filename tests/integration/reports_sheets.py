"""Reads a workbook as it is on disk, and calculates its formulas anew by the few functions the reports use."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_TOKEN = re.compile(
    r"(?P<text>\"(?:[^\"]|\"\")*\")"
    r"|(?P<range>(?:'(?P<sheet>[^']+)'!)?\$?(?P<c1>[A-Z]{1,2})\$?(?P<r1>\d+)(?::\$?(?P<c2>[A-Z]{1,2})\$?(?P<r2>\d+))?)"
    r"|(?P<name>[A-Z]+)(?=\()"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<sign><>|[-+*/=(),&])"
)


@dataclass
class Cell:
    """A cell: what is stored, and the formula that gives it."""

    value: str | Decimal | None
    formula: str | None = None


@dataclass
class Book:
    """The sheets of a workbook, each a dictionary of cells by name (`B7`)."""

    sheets: dict[str, dict[str, Cell]]
    parts: dict[str, bytes]
    _known: dict[tuple[str, str], Any] = field(default_factory=dict)

    def cell(self, sheet: str, name: str) -> Any:
        """The value of a cell, calculated anew."""
        key = (sheet, name)
        if key not in self._known:
            cell = self.sheets[sheet].get(name, Cell(None))
            self._known[key] = self.calculate(sheet, cell.formula) if cell.formula else cell.value
        return self._known[key]

    def calculate(self, sheet: str, formula: str) -> Any:
        """The value of a formula of a sheet."""
        return eval(_translated(formula, sheet), {"book": self, "Decimal": Decimal, **FUNCTIONS})

    def area(self, sheet: str, first: str, last: str) -> Area:
        """A range of cells."""
        return Area(
            self, sheet, *re.fullmatch(r"([A-Z]+)(\d+)", first).groups(), *re.fullmatch(r"([A-Z]+)(\d+)", last).groups()
        )

    def column(self, sheet: str, heading: str) -> str:
        """The letter of the column with a heading."""
        (found,) = (
            re.sub(r"\d", "", name)
            for name, cell in self.sheets[sheet].items()
            if cell.value == heading and name.endswith("4")
        )
        return found

    def values(self, sheet: str, heading: str) -> list[Any]:
        """The values below a heading."""
        letter = self.column(sheet, heading)
        rows = sorted(int(name[len(letter) :]) for name in self.sheets[sheet] if re.fullmatch(rf"{letter}\d+", name))
        return [self.sheets[sheet][f"{letter}{row}"].value for row in rows if row > 4]

    def total(self, sheet: str, heading: str) -> Decimal:
        """The stored total above a heading."""
        return self.sheets[sheet][f"{self.column(sheet, heading)}3"].value

    def texts(self) -> list[str]:
        """Every text of the workbook."""
        return [cell.value for cells in self.sheets.values() for cell in cells.values() if isinstance(cell.value, str)]

    @cached_property
    def formulas(self) -> list[tuple[str, str]]:
        """The places with a formula."""
        return [(sheet, name) for sheet, cells in self.sheets.items() for name, cell in cells.items() if cell.formula]


@dataclass(frozen=True)
class Area:
    """A range, one column wide or one row high."""

    book: Book
    sheet: str
    c1: str
    r1: str
    c2: str
    r2: str

    @property
    def names(self) -> list[str]:
        """The names of its cells."""
        columns = [chr(code) for code in range(ord(self.c1), ord(self.c2) + 1)] if len(self.c2) == 1 else [self.c1]
        return [f"{column}{row}" for row in range(int(self.r1), int(self.r2) + 1) for column in columns]

    @property
    def values(self) -> list[Any]:
        """The values of its cells."""
        return [self.book.cell(self.sheet, name) for name in self.names]


def read_book(path: Path) -> Book:
    """Read a workbook."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name, content in parts.items():
        if name.endswith((".xml", ".rels")):
            ElementTree.fromstring(content)
    workbook = ElementTree.fromstring(parts["xl/workbook.xml"])
    names = [sheet.get("name") for sheet in workbook.iter(f"{MAIN}sheet")]
    return Book(
        {name: _sheet(parts[f"xl/worksheets/sheet{number}.xml"], parts) for number, name in enumerate(names, 1)}, parts
    )


def _sheet(content: bytes, parts: dict[str, bytes]) -> dict[str, Cell]:
    shared = []
    if "xl/sharedStrings.xml" in parts:
        strings = ElementTree.fromstring(parts["xl/sharedStrings.xml"])
        shared = ["".join(text.text or "" for text in item.iter(f"{MAIN}t")) for item in strings.iter(f"{MAIN}si")]
    cells = {}
    for element in ElementTree.fromstring(content).iter(f"{MAIN}c"):
        formula = element.findtext(f"{MAIN}f")
        stored = element.findtext(f"{MAIN}v")
        kind = element.get("t")
        if kind == "inlineStr":
            value: Any = "".join(text.text or "" for text in element.iter(f"{MAIN}t"))
        elif kind == "s":
            value = shared[int(stored)]
        elif kind == "str":
            value = stored
        else:
            value = None if stored is None else Decimal(stored)
        cells[element.get("r")] = Cell(value, formula)
    return cells


def _translated(formula: str, sheet: str) -> str:
    """A formula as a Python expression."""
    parts, at = [], 0
    while at < len(formula):
        token = _TOKEN.match(formula, at)
        assert token, f"{formula!r} at {at}"
        at = token.end()
        if token["text"]:
            parts.append(repr(token["text"][1:-1].replace('""', '"')))
        elif token["range"]:
            where = token["sheet"] or sheet
            first = f"{token['c1']}{token['r1']}"
            if token["c2"]:
                parts.append(f"book.area({where!r}, {first!r}, {token['c2'] + token['r2']!r})")
            else:
                parts.append(f"book.cell({where!r}, {first!r})")
        elif token["name"]:
            parts.append(token["name"] + "_")
        elif token["number"]:
            parts.append(f"Decimal({token['number']!r})")
        else:
            parts.append({"=": "==", "&": "+"}.get(token["sign"], token["sign"]))
    return "".join(parts)


def _numbers(values: list[Any]) -> list[Decimal]:
    return [value for value in values if isinstance(value, Decimal)]


def _subtotal(kind: Decimal, area: Area) -> Decimal:
    assert kind == 9
    own = [
        name
        for name in area.names
        if "SUBTOTAL" not in (area.book.sheets[area.sheet].get(name, Cell(None)).formula or "")
    ]
    return sum(_numbers([area.book.cell(area.sheet, name) for name in own]), Decimal(0))


def _meets(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, str) and wanted.startswith("<>"):
        return value != wanted[2:]
    if wanted == "":
        return value is None
    return value == wanted


def _chosen(pairs: tuple[Any, ...]) -> list[bool]:
    lists = [
        [_meets(value, wanted) for value in area.values] for area, wanted in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    return [all(row) for row in zip(*lists, strict=True)]


def _sumifs(area: Area, *pairs: Any) -> Decimal:
    return sum(_numbers([value for value, ok in zip(area.values, _chosen(pairs), strict=True) if ok]), Decimal(0))


def _round(value: Decimal, places: Decimal) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP)


FUNCTIONS = {
    "SUBTOTAL_": _subtotal,
    "SUM_": lambda area: sum(_numbers(area.values), Decimal(0)),
    "SUMIFS_": _sumifs,
    "COUNTIFS_": lambda *pairs: Decimal(sum(_chosen(pairs))),
    "ROUND_": _round,
    "IF_": lambda condition, yes, no: yes if condition else no,
}
