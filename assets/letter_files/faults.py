"""What could not be read of a letter, where it stands, and what was read from where."""

from __future__ import annotations

from dataclasses import dataclass

from assets.readers import FileRefused

_LONGEST = 100


@dataclass(frozen=True)
class Place:
    """A place in a document.

    Attributes:
        part: `table 2`, `page 3`, `§ 4`.
        row: of the table, 0 for text.
    """

    part: str
    row: int = 0

    def __str__(self) -> str:
        return f"{self.part}, {self.row}" if self.row else self.part


@dataclass(frozen=True)
class Fault:
    """One reason to refuse a letter.

    Attributes:
        place: where to look.
        code: key of `messages.REASONS`.
        expected: what fills the places of the reason.
        column: heading or field.
        value: as written.
    """

    place: Place
    code: str
    expected: tuple[str, ...] = ()
    column: str | None = None
    value: str | None = None

    def __post_init__(self) -> None:
        if self.value and len(self.value) > _LONGEST:
            object.__setattr__(self, "value", self.value[:_LONGEST] + "…")

    def as_refusal(self) -> FileRefused:
        """The fault as a refusal of the file."""
        return FileRefused(
            self.code,
            *self.expected,
            sheet=self.place.part,
            row=self.place.row,
            column=self.column,
            value=self.value,
        )


@dataclass(frozen=True)
class Evidence:
    """What was read, beside what stands in the document.

    Attributes:
        place: where.
        written: as extracted.
        read: `name = value` of all that was understood there; empty where it was left aside.
    """

    place: Place
    written: str
    read: str


class Unreadable(Exception):
    """A letter that cannot be read whole.

    Attributes:
        faults: why.
    """

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(", ".join(fault.code for fault in faults))
        self.faults = faults
