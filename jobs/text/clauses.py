"""Cuts a sentence that is too long for a model: between clauses where it can, else between words."""

import re
from collections.abc import Callable

from jobs.records import Segment

# White space is what separates, so that numbers, times and addresses such as 1,000 or 12:30 stay whole.
_AFTER_CLAUSE = re.compile(r"(?<=[;:,–—)\]}])\s+(?=\S)")
_BETWEEN_WORDS = re.compile(r"(?<=\S)\s+(?=\S)")


def pieces(text: str, fits: Callable[[str], bool]) -> list[Segment]:
    """The text in pieces that fit, in order.

    Args:
        text: one segment, without white space around it.
        fits: whether the model can read a text whole.

    Returns:
        Pieces whose separators are the white space between them: `"".join(s.text + s.separator for s in pieces)` is
        `text`. A single word that does not fit stays whole.
    """
    cut = None if fits(text) else _cut(text)
    if cut is None:
        return [Segment(text, "")]
    start, end = cut
    *before, last = pieces(text[:start], fits)
    return [*before, Segment(last.text, text[start:end]), *pieces(text[end:], fits)]


def halves(part: Segment) -> list[Segment]:
    """The part cut in two after the clause nearest to its middle; whole where no clause ends in its middle half."""
    span = _after_clause(part.text)
    if span is None:
        return [part]
    start, end = span
    return [Segment(part.text[:start], part.text[start:end]), Segment(part.text[end:], part.separator)]


def _cut(text: str) -> tuple[int, int] | None:
    """The white space to cut at: after a clause within the middle half, else the one nearest to the middle."""
    return _after_clause(text) or _nearest([gap.span() for gap in _BETWEEN_WORDS.finditer(text)], text)


def _after_clause(text: str) -> tuple[int, int] | None:
    clauses = [gap.span() for gap in _AFTER_CLAUSE.finditer(text)]
    return _nearest([span for span in clauses if len(text) / 4 <= span[0] <= len(text) * 3 / 4], text)


def _nearest(spans: list[tuple[int, int]], text: str) -> tuple[int, int] | None:
    return min(spans, key=lambda span: abs(span[0] + span[1] - len(text)), default=None)
