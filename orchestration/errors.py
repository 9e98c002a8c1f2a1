"""Errors meant for a person: a text of ``texts.py`` and its facts, rendered in the language of the workspace."""

from __future__ import annotations

from orchestration.texts import say


class PrefactError(Exception):
    """Something failed and the person can act on it (exit status 1)."""

    exit_code = 1
    heading = "error"

    def __init__(self, key: str, /, **facts: object) -> None:
        """Keep the text's key and facts; the text itself is chosen when it is shown.

        Args:
            key: a key of ``texts.TEXTS``.
            facts: what fills the text.
        """
        super().__init__(key)
        self.key = key
        self.facts = facts

    def text(self, language: str) -> str:
        """Return the message in ``language``."""
        return say(language, self.key, **self.facts)

    def __str__(self) -> str:
        return self.text("en")


class PolicyRefusal(PrefactError):
    """The work was done or could be done, and a rule the person asked for says no (exit status 2)."""

    exit_code = 2
    heading = "refused"
