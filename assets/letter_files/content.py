"""What a document holds, whatever its format: lines of text and tables, each with its place.

Places are worded alike in French and English (`table 2`, `page 3`, `§ 4`), since they are archived with the rejects.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes:
        text: as written, lines joined by a blank; that of the whole merged cell.
        across: whether it continues the cell to its left.
        down: whether it continues the cell above.
    """

    text: str
    across: bool = False
    down: bool = False


@dataclass(frozen=True)
class Line:
    """A paragraph or a line of text.

    Attributes:
        place: `§ 3`, `page 2`, `header`.
        text: as written.
    """

    place: str
    text: str


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        place: `table 2`, `page 1, table 2`.
        rows: its rows, from the first, all of the same width.
        continues: whether it may carry on the table before, as one cut by the end of a page does.
        guessed: whether its columns are told by the blanks between them alone.
    """

    place: str
    rows: tuple[tuple[Cell, ...], ...]
    continues: bool = False
    guessed: bool = False


@dataclass(frozen=True)
class Content:
    """A document.

    Attributes:
        lines: its text outside tables.
        grids: its tables.
    """

    lines: tuple[Line, ...]
    grids: tuple[Grid, ...]

    def as_json(self) -> dict[str, Any]:
        """The content as plain values."""
        return asdict(self)

    @classmethod
    def of_json(cls, value: dict[str, Any]) -> Content:
        """The content `as_json` gave."""
        grids = (
            Grid(
                each["place"],
                tuple(tuple(Cell(**cell) for cell in row) for row in each["rows"]),
                each["continues"],
                each["guessed"],
            )
            for each in value["grids"]
        )
        return cls(tuple(Line(**each) for each in value["lines"]), tuple(grids))
