"""What can go wrong with a source, as data: a code of `messages.TEXTS` and what fills it."""

from __future__ import annotations


class SourceError(Exception):
    """A source could not be fetched; nothing of it was delivered.

    Attributes:
        code: key of `messages.TEXTS`.
        values: what fills the sentence, secrets taken out.
    """

    def __init__(self, code: str, *values: object) -> None:
        super().__init__(code, *values)
        self.code = code
        self.values = tuple(str(value) for value in values)


class Passing(SourceError):
    """A failure that may be over in a moment: worth another attempt.

    Attributes:
        wait_seconds: how long the other side asks to wait; None when it does not say.
    """

    def __init__(self, code: str, *values: object, wait_seconds: float | None = None) -> None:
        super().__init__(code, *values)
        self.wait_seconds = wait_seconds


class RequiredSourceFailed(Exception):
    """A required source could not be fetched: the run stops; the message tells a person why and the way out."""
