"""The words and figures of the reports, as a language writes them. The words are data: `texts.toml`."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from expectations.data_docs import PAGES

_TEXTS = Path(__file__).with_name("texts.toml")
# Figures must not be broken over two lines.
THIN_SPACE, NO_BREAK_SPACE = "\u202f", "\u00a0"
MINUS = "\u2212"
_ISO_DATE = re.compile(r"(?<![\w.|/-])\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?![\w.|/-])")
_DECIMAL = re.compile(r"(?<![\w.|/-])\d+\.(\d+)(?![\w.|/-])")


class Words:
    """The words of one language.

    Attributes:
        language: ``fr`` or ``en``.
        texts: every entry of its part of `texts.toml`.
    """

    def __init__(self, language: str, texts: Mapping[str, Any]) -> None:
        self.language = language
        self.texts = texts

    def __getitem__(self, name: str) -> str:
        """The word of a name."""
        return self.texts["words"][name]

    def fill(self, name: str, **values: object) -> str:
        """A word with its blanks filled in."""
        return self[name].format(**values)

    def of(self, group: str, name: str | None) -> str:
        """The word of a code, such as a billing mode; a code nobody has put into words stands for itself."""
        return self.texts[group].get(name, name) if name else self.texts["none"]

    def counted(self, name: str, number: int) -> str:
        """A number with its noun, in the singular or the plural."""
        one, many = self.texts["counted"][name]
        return (one if number in self.texts["singular"] else many).format(n=self.count(number))

    def figure(self, value: Decimal | int, least: int, most: int | None = None) -> str:
        """A number with its thousands apart, in at least and at most so many decimals."""
        text = f"{abs(value):,.{least if most is None else most}f}"
        whole, _, fraction = text.partition(".")
        fraction = fraction.rstrip("0").ljust(least, "0")
        whole = whole.replace(",", self.texts["thousands"].replace(" ", THIN_SPACE))
        sign = MINUS if value < 0 and (whole != "0" or fraction.strip("0")) else ""
        return f"{sign}{whole}{self.texts['decimal']}{fraction}" if fraction else f"{sign}{whole}"

    def count(self, number: int) -> str:
        """A whole number."""
        return self.figure(number, 0)

    def money(self, amount: Decimal, *, decimals: int = 2) -> str:
        """An amount in euros, to the cent unless fewer decimals are asked for."""
        text = self.texts["euros"].format(amount=self.figure(abs(amount), decimals)).replace(" ", NO_BREAK_SPACE)
        return f"{MINUS}{text}" if amount < 0 else text

    def change(self, amount: Decimal) -> str:
        """A difference in euros, with its sign."""
        return f"+{self.money(amount)}" if amount > 0 else self.money(amount)

    def percent(self, rate: Decimal, decimals: int = 0) -> str:
        """A rate or share in percent."""
        return (
            self.texts["percent"]
            .format(rate=self.figure(rate, 0, max(decimals, 2) if decimals else 0))
            .replace(" ", NO_BREAK_SPACE)
        )

    def month(self, month: str) -> str:
        """A month in full: ``mars 2026``."""
        return self.texts["month"].format(month=self.texts["months"][int(month[5:]) - 1], year=month[:4])

    def short_month(self, month: str) -> str:
        """A month as the axis of a chart shows it: ``mars 26``."""
        return f"{self.texts['short_months'][int(month[5:]) - 1]} {month[2:4]}"

    def day(self, day: dt.date) -> str:
        """A day in full: ``31 mars 2026``."""
        return self.texts["date"].format(day=day.day, month=self.texts["months"][day.month - 1], year=day.year)

    def fact(self, text: str) -> str:
        """The `expected` or `actual` of an anomaly, with its dates and decimals as the language writes them."""
        text = _ISO_DATE.sub(lambda found: self._short_date(*map(int, found[0].split("-"))), text)
        return _DECIMAL.sub(lambda found: self.figure(Decimal(found[0]), len(found[1])), text)

    def _short_date(self, year: int, month: int, day: int) -> str:
        return self.texts["short_date"].format(day=day, month=month, year=year)


@cache
def read_words(language: str) -> Words:
    """The words of a language.

    Args:
        language: ``fr`` or ``en``.
    """
    table = tomllib.loads(_TEXTS.read_text(encoding="utf-8"))[language]
    # What an anomaly is about is named as on the pages of the checks.
    checks = tomllib.loads((PAGES / "texts.toml").read_text(encoding="utf-8"))[language]
    return Words(language, {**table, "subject_types": checks["subject_types"]})
