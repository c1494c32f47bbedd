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

_WORD = re.compile(r"(?<!\w)[^\W\d_]{2,}(?:['’][^\W\d_]+)*")  # nothing of 21st
_PARTICLES = frozenset(("al", "bin", "da", "de", "del", "der", "di", "du", "el", "ibn", "la", "le", "van", "von", "zu"))


def words(text: str) -> list[str]:
    """The words of a text that begin with a small letter, in order, with straight apostrophes.

    Names are nobody's vocabulary, nor are their particles; the first word of a sentence is left out with them.
    """
    found = (word.replace("’", "'") for word in _WORD.findall(text) if word[0].islower())
    return [word for word in found if word not in _PARTICLES]


def met(domain: Domain, checkpoint: Checkpoint, key: str) -> frozenset[str]:
    """The words that a model was trained on, from the file in its folder, one a line; none where no list is set.

    Raises `ModelError` where the file cannot be read as such a list.
    """
    if domain.words is None:
        return frozenset()
    where = f"{key}.domain.words: {domain.words}"
    if not checkpoint.local:
        raise ModelError(f"{where}: {checkpoint.source} is no folder to look in; set it to null")
    file = Path(checkpoint.source) / domain.words
    try:
        found = frozenset(file.read_text(encoding="utf-8-sig").split())
    except OSError as error:
        raise ModelError(f"{where}: {file}: {error.strerror}; set it to null, or put the words there") from None
    except UnicodeDecodeError:
        raise ModelError(f"{where}: {file} is not UTF-8; save it as UTF-8") from None
    if not found:
        raise ModelError(f"{where}: {file} is empty; set it to null, or put the words there, one a line")
    return found


def outside(domain: Domain, known: frozenset[str], source: str, made: Generation) -> list[Flag]:
    """One flag with the first bound that a segment and its translation break, or none."""
    if domain.most_unknown is not None:
        new = {word for word in words(source) if word not in known} if known else set()
        if len(new) > domain.most_unknown:
            return [_flag(f"never met in training: {', '.join(sorted(new))}")]
        if made.unknown > domain.most_unknown:
            return [_flag(f"{made.unknown} unknown pieces")]
    if domain.lowest_score is not None and made.score < domain.lowest_score:
        return [_flag(f"mean log-probability {made.score:.2f}")]
    return []


def _flag(detail: str) -> Flag:
    return Flag("out_of_domain", Severity.WARNING, "", detail)
