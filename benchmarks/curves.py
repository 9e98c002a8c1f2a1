"""A picture of how run times grow with size: SVG, both axes logarithmic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 400, 64, 150, 24, 48
COLOURS = ("#1b4f72", "#c0392b", "#7d8c93", "#b9770e")

Points = Sequence[tuple[float, float]]


def curves(lines: Mapping[str, Points], across: str, up: str) -> str:
    """Draws curves.

    Args:
        lines: points (x, y), both above zero, by name.
        across: what x is.
        up: what y is.

    Returns:
        An SVG document.
    """
    every = [point for points in lines.values() for point in points]
    x_range, y_range = (_decades([point[axis] for point in every]) for axis in (0, 1))

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            LEFT + (log10(x) - x_range[0]) / (x_range[1] - x_range[0]) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - (log10(y) - y_range[0]) / (y_range[1] - y_range[0]) * (HEIGHT - TOP - BOTTOM),
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for decade in range(x_range[0], x_range[1] + 1):
        x, bottom = place(10**decade, 10 ** y_range[0])
        parts.append(f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="#e3e7e9"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{10**decade:,}</text>')
    for decade in range(y_range[0], y_range[1] + 1):
        left, y = place(10 ** x_range[0], 10**decade)
        parts.append(f'<path d="M{left} {y:.1f}H{WIDTH - RIGHT}" stroke="#e3e7e9"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**decade:g}</text>')
    for (name, points), colour in zip(lines.items(), COLOURS, strict=False):
        placed = [place(x, y) for x, y in points]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in placed)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in placed]
        x, y = placed[-1]
        parts.append(f'<text x="{x + 10:.1f}" y="{y + 4:.1f}" fill="{colour}">{escape(name)}</text>')
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(across)}</text>'
    )
    parts.append(f'<text x="{LEFT - 48}" y="{TOP - 8}">{escape(up)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _decades(values: Sequence[float]) -> tuple[int, int]:
    first, last = floor(log10(min(values))), ceil(log10(max(values)))
    return first, max(last, first + 1)
