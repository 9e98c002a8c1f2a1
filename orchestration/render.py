"""Figures and tables as people read them, in their language. Nothing here knows what the figures mean."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from decimal import Decimal

# A spreadsheet would take a cell beginning with one of these for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def euros(amount: Decimal | None, language: str) -> str:
    """Return an amount with its currency: ``1 234,50 €`` or ``1,234.50 €``; a missing one is a dash."""
    return "–" if amount is None else f"{decimal(amount, language, 2)} €"


def decimal(value: Decimal, language: str, places: int | None = None) -> str:
    """Return a number with thousands apart, in at least ``places`` decimals and no superfluous zeros beyond them.

    Args:
        value: the number.
        language: ``fr`` or ``en``.
        places: decimals always shown.
    """
    least = places or 0
    text = f"{value:,f}"
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0").ljust(least, "0")
    if language == "fr":
        whole = whole.replace(",", " ")
    point = "," if language == "fr" else "."
    return f"{whole}{point}{fraction}" if fraction else whole


def count(number: int, language: str) -> str:
    """Return a whole number with thousands apart."""
    return f"{number:,}".replace(",", " ") if language == "fr" else f"{number:,}"


def plain(value: object) -> str:
    """Return a value fit for a terminal: control characters, which could rewrite the screen, become a mark."""
    text = "" if value is None else str(value)
    return "".join("·" if unicodedata.category(letter) in ("Cc", "Cf") else letter for letter in text)


def table(headers: Sequence[str], rows: Sequence[Sequence[object]], align: str, indent: str = "  ") -> list[str]:
    """Return the lines of a table.

    Args:
        headers: one per column.
        rows: cells.
        align: one letter per column, ``l`` or ``r``.
        indent: before each line.
    """
    cells = [[plain(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [list(headers), *cells]) for column in range(len(headers))]

    def line(row: Sequence[str]) -> str:
        parts = [
            cell.rjust(width) if side == "r" else cell.ljust(width)
            for cell, width, side in zip(row, widths, align, strict=True)
        ]
        return (indent + "  ".join(parts)).rstrip()

    return [line(headers), indent + "  ".join("─" * width for width in widths), *(line(row) for row in cells)]


def shortened(text: str, length: int) -> str:
    """Return a text cut to ``length`` characters, with an ellipsis when something was cut."""
    return text if len(text) <= length else text[: length - 1] + "…"


def spreadsheet_cell(value: object) -> str:
    """Return a value as a cell of a CSV file, never taken for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_STARTS) else text
