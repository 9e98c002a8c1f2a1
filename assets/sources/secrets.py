"""Environment variables in the configuration of sources: filled in at the last moment, taken out of every message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from assets.sources.faults import SourceError

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_USERINFO = re.compile(r"^([A-Za-z][\w+.-]*://)([^/@]*@)(.*)$", re.DOTALL)
MASK = "***"


class Secrets:
    """Fills `${NAME}` in from the environment and remembers what it filled in."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._used: set[str] = set()

    def fill(self, text: str) -> str:
        """Return a text with its variables filled in.

        Args:
            text: with `${NAME}`.

        Raises:
            SourceError: a variable is not set, or is empty.
        """
        return VARIABLE.sub(lambda found: self._value(found[1]), text)

    def fill_url(self, url: str) -> str:
        """Return an address with its variables filled in; those of user and password are escaped.

        Args:
            url: with `${NAME}`.

        Raises:
            SourceError: a variable is not set, or is empty.
        """
        parts = _USERINFO.match(url)
        if not parts:
            return self.fill(url)
        user = VARIABLE.sub(lambda found: quote(self._value(found[1]), safe=""), parts[2])
        return parts[1] + user + self.fill(parts[3])

    def hide(self, text: str) -> str:
        """Return a message without any value that came from the environment, nor what an address has before its @.

        Args:
            text: of another program, on one line or more.
        """
        for value in sorted(self._used, key=len, reverse=True):
            for form in (value, quote(value, safe=""), quote(value)):
                text = text.replace(form, MASK)
        return re.sub(r"(://)[^/@\s]*@", rf"\1{MASK}@", text)

    def _value(self, name: str) -> str:
        value = self._environment.get(name, "")
        if not value:
            raise SourceError("source_variable", name)
        if "\n" in value or "\r" in value or "\0" in value:
            raise SourceError("source_variable_line", name)
        self._used.add(value)
        # A whole address in one variable: a driver may quote its password alone.
        inside = _USERINFO.match(value)
        if inside and ":" in inside[2]:
            password = inside[2][:-1].partition(":")[2]
            self._used |= {part for part in (password, unquote(password)) if part}
        return value
