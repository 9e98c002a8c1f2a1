"""What a key of the configuration may hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rule:
    """What a key of the configuration may hold."""

    allowed: str
    accepts: Callable[[Any], bool]
    convert: Callable[[Any], Any] = lambda value: value


def one_of(*values: str) -> Rule:
    """Return the rule of a choice among texts.

    Args:
        values: to choose among.
    """
    return Rule(", ".join(f'"{value}"' for value in values), lambda value: value in values)


def whole(low: int, high: int) -> Rule:
    """Return the rule of a whole number between two bounds, both allowed.

    Args:
        low: the least.
        high: the most.
    """
    return Rule(f"{low}..{high}", lambda value: type(value) is int and low <= value <= high)


def text() -> Rule:
    """Return the rule of a text that is not blank."""
    return Rule('"…"', lambda value: isinstance(value, str) and bool(value.strip()), lambda value: value.strip())


def like(allowed: str, pattern: str) -> Rule:
    """Return the rule of a text of some form.

    Args:
        allowed: the form, for people.
        pattern: the same, as a regular expression.
    """
    return Rule(allowed, lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None)


def yes_or_no() -> Rule:
    """Return the rule of a truth value."""
    return Rule("true, false", lambda value: isinstance(value, bool))


def shown(value: Any) -> str:
    """Return a value as one would write it in the file.

    Args:
        value: as it was read.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(shown(item) for item in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
