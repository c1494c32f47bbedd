"""Extractive summaries by directional centrality over TF-IDF sentence vectors; any language, no model.

Zheng and Lapata, *Sentence Centrality Revisited for Unsupervised Summarization*, ACL 2019, section 3: a sentence is
central by its likeness to others, likeness to what comes later counting for it and likeness to what came before
against it, since news puts first what the rest elaborates. The paper's threshold on likeness is left out: with TF-IDF
vectors it costs a point of ROUGE-1.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from jobs.models.batching import Done
from jobs.records import Flag, Severity
from jobs.summarise.summary import Summary, Text
from jobs.text.sentences import segment

EARLIER = -1.0  # weight of likeness to earlier sentences (lambda 1 of the paper); that to later ones is 1 - this
SHORTEST = 5  # words that a sentence of a summary has at least, where the article has enough of them
LONGEST_ARTICLE = 400  # sentences that are compared; the likeness matrix grows with their square


class Extractive:
    """Summaries of the sentences that are most central.

    Args:
        sentences: how many.
    """

    name = "extractive"

    def __init__(self, sentences: int) -> None:
        self.sentences = sentences

    def load(self) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Nothing to give back."""

    def summary(self, text: Text) -> Summary:
        """The summary of one text."""
        return Summary(summarise(text.text, text.language, self.sentences, text.title), self.name)

    def instead(self, text: Text, reason: str) -> Summary:
        """The summary of a text that something else should have summarised, and why it did not."""
        flag = Flag("extractive", Severity.NOTE, "text", f"{reason}; these are sentences of the text")
        return replace(self.summary(text), flags=(flag,))

    def summarise(self, texts: Sequence[Text], done: Done = lambda share, tokens: None) -> list[Summary]:
        """One summary per text, in their order."""
        made = []
        for number, text in enumerate(texts, 1):
            made.append(self.summary(text))
            done(number / len(texts), 0)
        return made


def summarise(text: str, language: str, sentences: int, title: str = "") -> str:
    """The `sentences` most central sentences of `text` in their own order, joined by spaces.

    A text that has no more sentences than asked for comes back whole, its paragraphs joined. A headline counts as one
    more sentence that others may resemble, and is never chosen itself.
    """
    found = [item.text for item in segment(text, language) if re.search(r"\w", item.text)]
    return " ".join(found[index] for index in choose(found, sentences, title))


def choose(sentences: Sequence[str], count: int, title: str = "") -> list[int]:
    """Indices of the `count` most central sentences, ascending."""
    return sorted(ranked(sentences, title)[:count])


def ranked(sentences: Sequence[str], title: str = "") -> list[int]:
    """Indices of all sentences, the most central first; those that make a poor summary come last, in their order."""
    eligible = [
        index
        for index, text in enumerate(sentences[:LONGEST_ARTICLE])
        if len(text.split()) >= SHORTEST and _ended(text)
    ]
    scores = centrality([sentences[index] for index in eligible], title)
    best = sorted(range(len(eligible)), key=lambda position: (-scores[position], position))
    return [*(eligible[position] for position in best), *sorted({*range(len(sentences))} - {*eligible})]


def centrality(sentences: Sequence[str], title: str = "") -> NDArray[np.float64]:
    """Directional centrality of each sentence; shape (sentences,). Likeness to `title` counts as to a later sentence."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    try:
        vectors = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b", sublinear_tf=True).fit_transform([*sentences, title])
    except ValueError:  # no sentence has a word
        return np.zeros(len(sentences))
    likeness = (vectors @ vectors.T).toarray()[:-1]
    earlier, later = np.tril(likeness, -1).sum(axis=1), np.triu(likeness, 1).sum(axis=1)
    scores: NDArray[np.float64] = EARLIER * earlier + (1 - EARLIER) * later
    return scores


def _ended(text: str) -> bool:
    """Whether a sentence is closed: a heading or a list item that is not makes a poor sentence of a summary."""
    return bool(re.search(r"""[.!?…]["'”’»)\]]*$""", text))
