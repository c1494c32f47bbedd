"""Every value that crosses a wall between rooms: frozen, slotted dataclasses without behaviour beyond their own shape."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from jobs.config import Rung


class Finish(StrEnum):
    """Why a generation ended."""

    END = "end"  # the model said so
    LENGTH = "length"  # the output limit cut it
    OUT_OF_MEMORY = "out_of_memory"  # nothing came: the prompt does not fit into memory, not even alone
    NO_ANSWER = "no_answer"  # nothing came: the server did not answer this prompt, for the reason that `problem` gives
    CARRIED = "carried"  # nothing to generate: the text has no letters


class Severity(StrEnum):
    """How much a flag matters to a reader."""

    ERROR = "error"  # must not be published
    WARNING = "warning"  # look before publishing
    NOTE = "note"  # for the record


@dataclass(frozen=True, slots=True)
class Article:
    """One news article as loaded and cleaned.

    Attributes:
        id: given by the source, else a hash of the address, else of title and text.
        title: headline, or empty where there is none.
        text: paragraphs separated by newlines.
        language: BCP-47 code, as given or identified.
        published: ISO 8601 date or time as the source gives it, or empty.
        where: file and line (or position) that the article came from.
        extra: further columns of the source, as text.
    """

    id: str
    title: str
    text: str
    language: str
    standfirst: str = ""
    published: str = ""
    source: str = ""
    url: str = ""
    where: str = ""
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence, heading or list item and what separates it from the next one.

    `"".join(s.text + s.separator for s in segments)` gives the text back to the byte.
    """

    text: str
    separator: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """One text for an engine, with its languages (BCP-47), already in the words that the model expects.

    Attributes:
        source_code: what the tokenizer is told of the source language; empty where it is told nothing.
        first_token: the token that the answer is made to begin with; empty where the model begins as it likes.
        start_token: what the decoder starts from; empty where that is left to the model.
        global_tokens: how many tokens at the beginning see the whole text, in models whose other tokens see a part of it.
        no_repeat_ngram, output_limit: as in the model's settings, for this prompt; 0 leaves it to them.
    """

    text: str
    source: str
    target: str
    source_code: str = ""
    first_token: str = ""
    start_token: str = ""
    global_tokens: int = 0
    no_repeat_ngram: int = 0
    output_limit: int = 0


@dataclass(frozen=True, slots=True)
class Generation:
    """What an engine made of one prompt.

    Attributes:
        tokens_in: tokens of the whole prompt; tokens_kept: how many of them the model was given.
        tokens_out: tokens generated.
        score: mean log-probability of the generated tokens, natural logarithm; 0 where the engine does not tell it.
        unknown: pieces of the prompt that the model's vocabulary does not have.
        removed: what a chat model wrote around the text, and is no part of it any more.
        problem: why nothing came, where the engine knows more than `finish` says.
        alternatives: the other hypotheses of the same beam, best first; they have none themselves, and a greedy
            search or a server gives none.
    """

    text: str
    tokens_in: int
    tokens_kept: int
    tokens_out: int
    finish: Finish
    score: float
    unknown: int = 0
    removed: str = ""
    problem: str = ""
    alternatives: "tuple[Generation, ...]" = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """A text and its translation, with their languages (BCP-47): what a check looks at."""

    text: str
    translation: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Flag:
    """Something about a rendition that its reader should know."""

    check: str
    severity: Severity
    where: str
    detail: str


Sentence = tuple[str, str]  # the text of a segment and its language; equal ones are translated once


@dataclass(frozen=True, slots=True)
class Candidate:
    """A translation that a sentence may get, with what is to be known about it.

    Attributes:
        flags: `where` is left open.
        engine: the model that made it, where that is not the one that is used first.
        by: the rung of the repair ladder that made it, or `source`; empty for the first answer.
        tried: rungs that had something else to offer for the sentence, once the ladder is climbed.
        outcome: `repaired`, `flagged` or `untranslated`; empty where nothing was to be repaired.
    """

    made: Generation
    flags: tuple[Flag, ...] = ()
    engine: str = ""
    by: str = ""
    tried: tuple[str, ...] = ()
    outcome: str = ""


# The best candidates so far to what else there is for each of their sentences.
Attempt = Callable[[Mapping[Sentence, Candidate]], Mapping[Sentence, Sequence[Candidate]]]
# What is done about sentences with errors: of the first candidates and the rungs that there are it makes those to publish.
Ladder = Callable[[Mapping[Sentence, Candidate], Mapping[Rung, Attempt]], dict[Sentence, Candidate]]


@dataclass(frozen=True, slots=True)
class TermUse:
    """A glossary term that stands in a text, and whether the translation has its rendering in any form."""

    term: str
    rendering: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """An article, or a rendition of it, that could not be made, and why.

    `article_id` is empty where a row did not even become an article; `where` is then the file and line.
    """

    article_id: str
    stage: str
    kind: str
    message: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Rendition:
    """One text made from an article: its summary, or a field of it in another language.

    Attributes:
        field: `title`, `standfirst`, `summary` or `text`.
        derived_from: field and language it was made of, e.g. `summary:en`.
        engine: the model or method that made it.
        repaired_by: what replaced the engine's first answer, or empty.
        terms: glossary terms of the text that it was made of.
    """

    field: str
    language: str
    text: str
    derived_from: str
    engine: str
    flags: tuple[Flag, ...] = ()
    repaired_by: str = ""
    terms: tuple[TermUse, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """One row of the result: an article with everything made from it."""

    article: Article
    renditions: tuple[Rendition, ...]


@dataclass(frozen=True, slots=True)
class Measurement:
    """How fast one engine was with one way of making batches.

    Attributes:
        ran_on: device, number format and engine, as the engine tells it.
        batching: the way, in words.
        batch_tokens: the budget, where batches are filled to one.
        batches: how many there were.
        seconds: the median of the rounds; None where a batch did not fit into memory.
        rounds: seconds of each round.
        padding: padding tokens for each real token of the input.
        peak_memory_mib: the most that the device held, in MiB, in the round that needed least; None where nobody knows.
        same: share of the sentences whose translation is, letter for letter, that of the first measurement.
        failed: sentences of which nothing came.
    """

    engine: str
    ran_on: str
    batching: str
    batch_tokens: int | None
    batches: int
    sentences: int
    tokens_in: int
    tokens_out: int
    seconds: float | None
    rounds: tuple[float, ...]
    sentences_per_second: float | None
    tokens_per_second: float | None
    padding: float
    peak_memory_mib: int | None
    same: float
    failed: int
