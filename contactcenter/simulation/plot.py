"""A simulated day as a drawing (SVG): calls and answers a quarter of an hour, service level, agents on duty."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from contactcenter.service_levels import Formula, service_level
from contactcenter.simulation.figures import Day

WIDTH, HEIGHT = 960, 540
LEFT, RIGHT, TOP, GAP = 64, 16, 48, 36
PANEL = (HEIGHT - TOP - 3 * GAP - 48) / 3


def draw(day: Day, *, title: str, names: Sequence[str], formula: Formula, interval: float = 900.0) -> str:
    """The day as SVG text. `names` are the three panels' titles: calls, service level, agents on duty."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        '<g font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-size="16" fill="#1b1f24">{escape(title)}</text>',
    ]
    slots = day.by_interval(interval)
    most = max((slot.offered for slot in slots), default=0) or 1
    parts += _frame(0, names[0], f"{most}", day.length)
    for number, slot in enumerate(slots):
        start, end = number * interval, min((number + 1) * interval, day.length)
        parts.append(_bar(0, start, end, slot.offered / most, day.length, "#c9d4e3"))
        parts.append(_bar(0, start, end, slot.answered / most, day.length, "#4a78b5"))
    parts += _frame(1, names[1], "100 %", day.length)
    points = []
    for number, slot in enumerate(slots):
        level = service_level(slot, formula)
        if level is not None:
            points.append((min((number + 0.5) * interval, day.length), level))
    parts.append(_line(1, points, day.length, "#2f7d4f"))
    top = max((staff for _, staff, _ in day.staff), default=0) or 1
    parts += _frame(2, names[2], f"{top}", day.length)
    parts.append(_line(2, _steps([(at, staff / top) for at, staff, _ in day.staff]), day.length, "#1b1f24"))
    parts.append(_line(2, _steps([(at, helpers / top) for at, _, helpers in day.staff]), day.length, "#c2571a"))
    hours = int(day.length // 3600)
    step = max(1, hours // 12)
    parts += [
        f'<text x="{_x(hour * 3600, day.length):.1f}" y="{HEIGHT - 20}" text-anchor="middle" fill="#57606a">'
        f"{hour}:00</text>"
        for hour in range(0, hours + 1, step)
    ]
    return "\n".join([*parts, "</g></svg>", ""])


def _x(time: float, length: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * time / length


def _y(panel: int, share: float) -> float:
    return TOP + GAP / 2 + panel * (PANEL + GAP) + PANEL * (1 - share)


def _frame(panel: int, name: str, top: str, length: float) -> list[str]:
    high, low, right = _y(panel, 1), _y(panel, 0), _x(length, length)
    return [
        f'<text x="{LEFT}" y="{high - 6:.1f}" fill="#1b1f24">{escape(name)}</text>',
        f'<text x="{LEFT - 8}" y="{high + 4:.1f}" text-anchor="end" fill="#57606a">{escape(top)}</text>',
        f'<text x="{LEFT - 8}" y="{low + 4:.1f}" text-anchor="end" fill="#57606a">0</text>',
        f'<path d="M{LEFT} {high:.1f}V{low:.1f}H{right:.1f}" fill="none" stroke="#8c959f"/>',
    ]


def _bar(panel: int, start: float, end: float, share: float, length: float, colour: str) -> str:
    left, right, high = _x(start, length) + 1, _x(end, length) - 1, _y(panel, share)
    return (
        f'<rect x="{left:.1f}" y="{high:.1f}" width="{max(0.0, right - left):.1f}"'
        f' height="{_y(panel, 0) - high:.1f}" fill="{colour}"/>'
    )


def _line(panel: int, points: Sequence[tuple[float, float]], length: float, colour: str) -> str:
    path = " ".join(f"{_x(at, length):.1f},{_y(panel, share):.1f}" for at, share in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _steps(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The corners of a staircase: only where the value changes, and the end."""
    corners: list[tuple[float, float]] = []
    for number, (at, value) in enumerate(points):
        if not corners or value != corners[-1][1]:
            if corners:
                corners.append((at, corners[-1][1]))
            corners.append((at, value))
        elif number == len(points) - 1:
            corners.append((at, value))
    return corners
