"""Puts a segment together from what came of its parts."""

from collections.abc import Sequence
from dataclasses import replace

from jobs.models.telling import NOTHING_CAME
from jobs.records import Finish, Generation, Segment

_CLAUSE_MARKS = tuple(";:,–—")


def carried(text: str) -> Generation:
    """A part without letters, as it is."""
    return Generation(text, 0, 0, 0, Finish.CARRIED, 0.0)


def together(parts: Sequence[Segment], made: Sequence[Generation]) -> Generation:
    """One generation from those of a segment's parts; its alternatives have another hypothesis for one of them."""
    if len(made) == 1:
        return made[0]
    others = [
        [*made[:index], other, *made[index + 1 :]] for index, item in enumerate(made) for other in item.alternatives
    ]
    return replace(_joint(parts, made), alternatives=tuple(_joint(parts, items) for items in others))


def _joint(parts: Sequence[Segment], made: Sequence[Generation]) -> Generation:
    """Parts joined: the worst ending, the mean score by tokens, and between the parts the marks of their sources.

    Where nothing came of one part, the whole is empty: a text that lacks a clause must not look like a translation.
    """
    endings = {item.finish for item in made}
    worst = (*NOTHING_CAME, Finish.LENGTH, Finish.END, Finish.CARRIED)
    written = sum(item.tokens_out for item in made)
    texts = [_marked(part, item.text) for part, item in zip(parts[:-1], made[:-1], strict=True)] + [made[-1].text]
    return Generation(
        "".join(text + part.separator for text, part in zip(texts, parts, strict=True)) if all(texts) else "",
        sum(item.tokens_in for item in made),
        sum(item.tokens_kept for item in made),
        written,
        next(ending for ending in worst if ending in endings),
        sum(item.score * item.tokens_out for item in made) / written if written else 0.0,
        sum(item.unknown for item in made),
        " ".join(item.removed for item in made if item.removed),
        next((item.problem for item in made if item.problem), ""),
    )


def _marked(part: Segment, text: str) -> str:
    """A part's translation with the mark that its clause ends with: models drop it, or make it a full stop."""
    mark = part.text[-1:]
    if mark not in _CLAUSE_MARKS or not text or text[-1] in _CLAUSE_MARKS:
        return text
    return text.removesuffix(".") + (f" {mark}" if mark in "–—" else mark)
