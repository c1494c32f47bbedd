"""Sentences that stand alone: patterns on one line, `sentences/*.tsv`, English, Russian and Kazakh in three columns.

Patterns and deeds teach how news is built; these teach words, in sentences that are otherwise unlike. They are trained on whole
and never measured with, and none is like a pattern that is kept for measuring (`likeness`).
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from jobs.demo.corpus.lexicon import CorpusError, written
from jobs.demo.corpus.patterns import LANGUAGES, SLOT, Pattern

LIKE = 0.5  # likeness from which a sentence counts as one that is kept for measuring


def parse(text: str, filename: str) -> Iterator[Pattern]:
    """Sentences of one file; raises `CorpusError` at the first line that is not one."""
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{filename}:{number}"
        texts = line.split("\t")
        if len(texts) != 3 or not all(texts):
            raise CorpusError(f"{where}: a sentence is English, Russian and Kazakh with a tab between")
        yield Pattern(
            f"{filename.removesuffix('.tsv')}-{number:03d}", dict(zip(LANGUAGES, texts, strict=True)), False, where
        )


@lru_cache
def load() -> tuple[Pattern, ...]:
    """All sentences, in the order of files and lines."""
    return tuple(each for file in written("sentences", ".tsv") for each in parse(file.read_text("utf-8"), file.name))


def words(pattern: Pattern) -> frozenset[str]:
    """The English words of a pattern or a sentence, slots left out."""
    return frozenset(re.findall(r"\w+", SLOT.sub(" ", pattern.texts["en"]).lower()))


def likeness(first: frozenset[str], second: frozenset[str]) -> float:
    """Jaccard similarity of two sets of words: 1 for the same words, 0 for none in common."""
    return len(first & second) / max(1, len(first | second))
