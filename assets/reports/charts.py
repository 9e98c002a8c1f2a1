"""The geometry of the page's charts: where each bar and label goes. The template draws them as inline SVG.

Sizes are in units of the drawing; amounts are scaled down to them here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH = 640
LEFT, RIGHT, TOP, BOTTOM = 66, 8, 22, 26
#: However few months there are.
WIDEST_BAR = 64


@dataclass(frozen=True)
class Bar:
    """A rectangle, with the class that colours it and what it stands for."""

    x: Decimal
    y: Decimal
    width: Decimal
    height: Decimal
    style: str
    title: str


@dataclass(frozen=True)
class Label:
    """A text at a point."""

    x: Decimal
    y: Decimal
    text: str
    style: str


@dataclass(frozen=True)
class Line:
    """A level line behind the columns."""

    x1: Decimal
    x2: Decimal
    y: Decimal


@dataclass(frozen=True)
class Chart:
    """Columns stacked over an axis.

    Attributes:
        width: of the drawing.
        height: of the drawing.
        bars: the pieces of the columns, from the bottom up.
        labels: of the axes and above the columns.
        lines: behind the columns.
    """

    width: int
    height: int
    bars: tuple[Bar, ...]
    labels: tuple[Label, ...]
    lines: tuple[Line, ...]


def stacked_columns(
    names: Sequence[str],
    stacks: Sequence[Mapping[str, Decimal | int]],
    *,
    height: int,
    tell: Callable[[Decimal], str],
    tell_short: Callable[[Decimal], str],
    titles: Mapping[str, str],
) -> Chart:
    """Lay out one column per name, its pieces stacked.

    Args:
        names: below the columns.
        stacks: the pieces of each column by class; a negative one is left out of the drawing, not of the figure above.
        height: of the drawing.
        tell: writes an amount in the title of a piece.
        tell_short: writes an amount on the axis and above a column.
        titles: the word of each class.
    """
    drawn = [sum((max(Decimal(value), Decimal(0)) for value in stack.values()), Decimal(0)) for stack in stacks]
    largest = max(drawn, default=Decimal(0))
    step = nice_step(largest)
    steps = max(int(largest // step) + bool(largest % step), 1)
    ceiling = step * steps
    floor = Decimal(height - BOTTOM)
    scale = (floor - TOP) / ceiling
    slot = Decimal(WIDTH - LEFT - RIGHT) / max(len(names), 1)
    width = min(slot * Decimal("0.62"), Decimal(WIDEST_BAR))
    bars: list[Bar] = []
    labels: list[Label] = []
    for position, (name, stack) in enumerate(zip(names, stacks, strict=True)):
        middle = LEFT + slot * position + slot / 2
        top = floor
        for style, value in stack.items():
            tall = max(Decimal(value), Decimal(0)) * scale
            if tall:
                top -= tall
                title = f"{name} · {titles[style]} · {tell(Decimal(value))}"
                bars.append(Bar(_unit(middle - width / 2), _unit(top), _unit(width), _unit(tall), style, title))
        total = sum((Decimal(value) for value in stack.values()), Decimal(0))
        labels.append(Label(_unit(middle), _unit(top - 6), tell_short(total), "value"))
        labels.append(Label(_unit(middle), _unit(floor + 17), name, "name"))
    lines = []
    for number in range(steps + 1):
        y = floor - step * number * scale
        lines.append(Line(Decimal(LEFT), Decimal(WIDTH - RIGHT), _unit(y)))
        labels.append(Label(Decimal(LEFT - 8), _unit(y + 4), tell_short(step * number), "axis"))
    return Chart(WIDTH, height, tuple(bars), tuple(labels), tuple(lines))


def nice_step(largest: Decimal) -> Decimal:
    """The distance of the lines behind a chart: 1, 2 or 5 times a power of ten, for two to five of them."""
    if largest <= 4:
        return Decimal(1)
    power = Decimal(10) ** (len(str(int(largest))) - 1)
    for factor in (Decimal("0.5"), Decimal(1), Decimal(2)):
        step = power * factor
        if largest <= step * 5:
            return max(step, Decimal(1))
    return power * 2


def share_of(value: Decimal, whole: Decimal) -> Decimal:
    """What part of a whole a value is, in percent, for the width of a bar; at most 100, and 0 of nothing."""
    return _unit(min(abs(value) * 100 / abs(whole), Decimal(100))) if whole else Decimal(0)


def _unit(value: Decimal) -> Decimal:
    """A length to a tenth, without superfluous zeros."""
    return Decimal(f"{value:.1f}".removesuffix(".0"))
