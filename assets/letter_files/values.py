"""Amounts, dates, months and numbers as letters write them, to the spelling the JSON letter has."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal

from assets.letter_files.words import INCLUDED, MONTHS, NO_AMOUNT

_SAME = {"º": "°", "’": "'", "‘": "'", "ʼ": "'", "`": "'", "–": "-", "—": "-", "‑": "-", "‐": "-", "−": "-"}
_PERCENT = re.compile(r"\(?\s*(?<![\d.,])\d+(?:[.,]\d+)?\s*%\s*\)?")
_CURRENCY = r"(?:€|eur(?:os?)?)"
_NET = r"(?:h\.?\s?t\.?|hors taxes?|net(?:s)? de tva|net of vat|excl\.? vat)"
_PER = (
    r"(?:(?:/|par|per)\s?(?:an(?:nee)?|mois|trimestre|semestre|unite|bulletin|acte|declaration|echeance|heure|h"
    r"|year|month|quarter|unit))"
)
_AROUND = re.compile(rf"^{_CURRENCY}\s*|(?:\s*(?:{_CURRENCY}|{_NET}|{_PER}))+$")
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?")
_GROUPED = re.compile(r"\d{1,3}(?:[ ']\d{3})+(?:[.,]\d+)?|\d{1,3}(?:\.\d{3})+,\d{1,2}|\d{1,3}(?:,\d{3})+\.\d{1,2}")
_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_WORDED = re.compile(r"(\d{1,2})(?:er|st|nd|rd|th|e)?\.? (?:of )?([a-z]+)\.? (\d{4})")
_ENGLISH = re.compile(r"([a-z]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
_WEEKDAY = re.compile(r"^(?:(?:le|on|au|du)\s)?(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\s)?(?:le\s)?")
_MONTH = re.compile(r"(?:([a-z]+)\.?|(\d{1,2})[/-]) ?(\d{4})|(\d{4})-(\d{2})")


class Unread(Exception):
    """A value that cannot be read.

    Attributes:
        code: key of `messages.REASONS`.
        expected: what fills the places of the reason.
    """

    def __init__(self, code: str, *expected: str) -> None:
        super().__init__(code)
        self.code = code
        self.expected = expected


def fold(text: str) -> str:
    """Small letters without accents, plain apostrophes, hyphens and blanks; each character gives one.

    >>> fold("Première échéance\u202f: 1\u00a0200,00 €")
    'premiere echeance : 1 200,00 €'
    """
    result = []
    for character in text:
        if character.isspace():
            result.append(" ")
            continue
        plain = _SAME.get(character) or unicodedata.normalize("NFD", character)[0].lower()
        result.append(plain if len(plain) == 1 else character)
    return "".join(result)


def tidy(text: str) -> str:
    """The text with single plain blanks."""
    return " ".join(text.split())


def match_rule(rules: tuple[tuple[str, str], ...], text: str) -> str | None:
    """The name of the first rule whose pattern is in a text, None when none is."""
    folded = tidy(fold(text))
    return next((name for name, pattern in rules if folded and re.search(pattern, folded)), None)


def is_included(text: str) -> bool:
    """Whether a cell says that a service is billed with another."""
    return re.search(INCLUDED, tidy(fold(text))) is not None


def read_amount(text: str, decimals: int = 2) -> str | None:
    """An amount in euros net of VAT as decimal text; None when there is none.

    Percentages are left out. What may be read two ways (`1.200`, `1,200`) is not read at all.

    >>> read_amount("1 200,00 € HT"), read_amount("1.200,50"), read_amount("50 %"), read_amount("-")
    ('1200.00', '1200.50', None, None)
    """
    folded = tidy(_PERCENT.sub(" ", fold(text)))
    if re.search(NO_AMOUNT, folded):
        return None
    if re.search(r"\bttc\b", folded):
        raise Unread("letter_gross")
    if re.search(r"[$£¥]|\b(?:usd|chf|gbp)\b", folded):
        raise Unread("currency")
    before = None
    while folded != before:
        before, folded = folded, _AROUND.sub("", folded).strip()
    ambiguous = re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", folded)
    if ambiguous or not folded.isascii() or not (_PLAIN.fullmatch(folded) or _GROUPED.fullmatch(folded)):
        raise Unread("letter_amount")
    bare = folded.replace(" ", "").replace("'", "")
    point = max(bare.rfind("."), bare.rfind(","))
    digits = re.sub(r"[.,]", "", bare if point < 0 else bare[:point])
    places = "" if point < 0 else bare[point + 1 :]
    if len(places) > decimals:
        raise Unread("decimals", str(decimals))
    return str(int(digits)) + (f".{places}" if places else "")


def read_times(text: str) -> tuple[int, str] | None:
    """Number and amount of `12 x 100,00 €` or `12 mensualités de 100,00 € HT`; None where there is no such form."""
    found = re.fullmatch(r"(\d{1,4}) ?(?:x|fois|[a-z]+ (?:de|of)) (.+)", tidy(fold(text)))
    amount = read_amount(found[2]) if found else None
    return (int(found[1]), amount) if found and amount else None


def read_count(text: str) -> int | None:
    """A whole number, perhaps followed by a word (`12 mensualités`); None when there is none."""
    folded = tidy(fold(text))
    if re.search(NO_AMOUNT, folded):
        return None
    found = re.fullmatch(r"(\d{1,4})(?: ?(?:x|fois|[a-z']+))?(?: [a-z]+)?", folded)
    if not found or not folded.isascii():
        raise Unread("integer")
    return int(found[1])


def read_date(text: str) -> str | None:
    """A date as YYYY-MM-DD; None when there is none.

    >>> read_date("1er janvier 2025"), read_date("31/01/2025"), read_date("le 3 févr. 2025")
    ('2025-01-01', '2025-01-31', '2025-02-03')
    """
    folded = tidy(fold(text)).rstrip(" .,;")
    if re.search(NO_AMOUNT, folded):
        return None
    folded = _WEEKDAY.sub("", folded)
    if found := _DATE.fullmatch(folded):
        day, month, year = found.groups()
    elif found := _ISO.fullmatch(folded):
        year, month, day = found.groups()
    elif (found := _WORDED.fullmatch(folded)) and found[2] in MONTHS:
        day, month, year = found[1], str(MONTHS[found[2]]), found[3]
    elif (found := _ENGLISH.fullmatch(folded)) and found[1] in MONTHS:
        day, month, year = found[2], str(MONTHS[found[1]]), found[3]
    else:
        raise Unread("letter_date")
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError as error:
        raise Unread("letter_date") from error


def find_month(folded: str) -> str | None:
    """The first month with its year in folded text, as YYYY-MM."""
    for found in _MONTH.finditer(folded):
        name, number, year, iso_year, iso_month = found.groups()
        month = MONTHS.get(name, 0) if name else int(number or iso_month)
        if 1 <= month <= 12:
            return f"{year or iso_year}-{month:02d}"
    return None


def looks_like_value(text: str) -> bool:
    """Whether a cell holds an amount or a date, so that its row is no header."""
    for read in (read_amount, read_date):
        try:
            if read(text) is not None:
                return True
        except Unread:
            continue
    return False


def add(amounts: list[str]) -> Decimal:
    """The sum of amounts."""
    return sum((Decimal(amount) for amount in amounts), Decimal(0))
