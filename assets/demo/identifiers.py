"""French company identifiers with valid keys: SIREN and SIRET (Luhn), VAT number."""

from __future__ import annotations

from random import Random


def luhn_key(digits: str) -> str:
    """The digit that, put behind `digits`, makes the whole a valid Luhn number."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def siren(rng: Random) -> str:
    """A nine-digit SIREN with its key."""
    body = str(rng.randrange(30_000_000, 98_000_000))
    return body + luhn_key(body)


def siret(siren_number: str, establishment_no: int) -> str:
    """The SIRET of the n-th establishment of a company: its SIREN, a four-digit rank and a key."""
    body = f"{siren_number}{establishment_no:04d}"
    return body + luhn_key(body)


def vat_number(siren_number: str) -> str:
    """The intra-community VAT number: FR, a two-digit key, the SIREN."""
    return f"FR{(12 + 3 * (int(siren_number) % 97)) % 97:02d}{siren_number}"
