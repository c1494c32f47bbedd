"""Whether a segment lies outside what its model was made for: by what the model tells, and by words that it never met.

A translation model writes fluent sentences about anything. How sure it was of its own words (their mean log-probability) tells
much; a list of the words that it was trained on tells more, and a reader can judge what it tells.
"""

import re
from pathlib import Path

from jobs.config import Domain
from jobs.models.checkpoint import Checkpoint
from jobs.models.engine import ModelError
from jobs.records import Flag, Generation, Severity

WORD = re.compile(r"[^\W\d_]{2,}")


def words(text: str) -> list[str]:
    """The words of a text that begin with a small letter, in order: names are nobody's vocabulary."""
    return [word for word in WORD.findall(text) if word[0].islower()]


def met(domain: Domain, checkpoint: Checkpoint, key: str) -> frozenset[str] | None:
    """The words that the model was trained on, from the file in its folder (or at its own path); None where none is set.

    Raises `ModelError` where the file is not there.
    """
    if domain.words is None:
        return None
    file = Path(checkpoint.source) / domain.words
    if not file.is_file():
        raise ModelError(f"{key}.domain.words: {file}: no such file; set it to null, or put one word a line there")
    return frozenset(file.read_text(encoding="utf-8").split())


def outside(domain: Domain, known: frozenset[str] | None, source: str, made: Generation) -> list[Flag]:
    """One flag with the first bound that a segment and its translation break, or none."""
    new = [] if known is None else sorted({word for word in words(source) if word not in known})
    if new and domain.most_unknown is not None and len(new) > domain.most_unknown:
        return [_flag(f"never met in training: {', '.join(new)}")]
    if domain.most_unknown is not None and made.unknown > domain.most_unknown:
        return [_flag(f"{made.unknown} unknown pieces")]
    if domain.lowest_score is not None and made.score < domain.lowest_score:
        return [_flag(f"mean log-probability {made.score:.2f}")]
    return []


def _flag(detail: str) -> Flag:
    return Flag("out_of_domain", Severity.WARNING, "", detail)
