"""Bars in one SVG file, written by hand: text and rectangles need no library."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#4477aa", "#228833", "#aa3377", "#66ccee")  # Paul Tol's bright scheme, told apart by the colour-blind
WIDTH, LABELS, VALUES = 860, 250, 190  # of the picture, and of the columns beside the bars, in pixels
ROW, TOP = 26, 56


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Attributes:
        group: bars of one group have one colour.
        value: its length; None where there is none, and `shown` says why.
        shown: what stands behind the bar.
    """

    label: str
    group: str
    value: float | None
    shown: str


def bars(title: str, subtitle: str, items: Sequence[Bar]) -> str:
    """A bar chart as the text of an SVG file, bars from top to bottom, the longest as long as there is room."""
    longest = max((item.value or 0.0 for item in items), default=0.0)
    groups = list(dict.fromkeys(item.group for item in items))
    height = TOP + ROW * (len(items) + len(groups)) + 8
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(12, 24, title, size=16),
        _text(12, 44, subtitle, colour="#555555"),
    ]
    y = TOP
    for group in groups:
        lines.append(_text(12, y + 18, group, weight="bold"))
        y += ROW
        for item in (item for item in items if item.group == group):
            length = (WIDTH - LABELS - VALUES) * (item.value or 0.0) / longest if longest else 0.0
            colour = COLOURS[groups.index(group) % len(COLOURS)]
            lines.append(_text(LABELS - 8, y + 17, item.label, anchor="end"))
            lines.append(f'<rect x="{LABELS}" y="{y + 4}" width="{length:.1f}" height="{ROW - 8}" fill="{colour}"/>')
            lines.append(_text(LABELS + length + 8, y + 17, item.shown))
            y += ROW
    return "\n".join([*lines, "</svg>", ""])


def _text(
    x: float, y: float, text: str, *, size: int = 13, colour: str = "#222222", anchor: str = "start", weight: str = ""
) -> str:
    bold = f' font-weight="{weight}"' if weight else ""
    return f'<text x="{x:.1f}" y="{y}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{bold}>{escape(text)}</text>'
