"""Abstractive summaries: a model writes them, in batches over many texts.

A text that is longer than the model reads is shortened to the sentences that carry it, or read in chunks whose
summaries are summarised again. A text that the model is not made for is summarised by its own sentences. A summary that
states what its article does not is tried in other ways, of which the repair ladder says which and how far, and its own
sentences are the last of them. Which of these happened is written down beside the summary.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import accumulate

from jobs.config import Long, Rung
from jobs.config import Summariser as Settings
from jobs.models import batching, budget
from jobs.models.batching import Done
from jobs.models.engine import Engine, ModelError
from jobs.models.engines import checkpoint_for, engine_for
from jobs.models.families import READINGS
from jobs.models.telling import NOTHING_CAME, flags_of
from jobs.records import Attempt, Candidate, Finish, Flag, Generation, Ladder, Pair, Prompt, Sentence, Severity
from jobs.summarise.extractive import Extractive, ranked
from jobs.summarise.summary import NotSummarised, Summary, Text
from jobs.text.answers import bare_summary
from jobs.text.clauses import pieces
from jobs.text.sentences import segment

_WORST = (*NOTHING_CAME, Finish.LENGTH, Finish.END)


@dataclass(slots=True)
class _Work:
    """A text on its way to a summary.

    Attributes:
        tokens: of what is summarised now: the text itself, then the summaries of its chunks.
        parts: what the model is given next; a single one is the last.
        made: what it made of all that it was given so far; tokens_again: written in trying the last part once more.
        last: what the summary itself was made of.
        best: the summary, with what is found in it.
    """

    text: Text
    tokens: int
    parts: list[str]
    flags: list[Flag] = field(default_factory=list)
    tokens_in: int = 0
    tokens_kept: int = 0
    made: list[Generation] = field(default_factory=list)
    tokens_again: int = 0
    last: str = ""
    best: Candidate | None = None

    @property
    def article(self) -> Sentence:
        """What its summary is held to, headline included, and the language."""
        return f"{self.text.title}\n{self.text.text}", self.text.language


class Abstractive:
    """One summarisation model.

    Raises `ModelError` at once, before anything is spent, where a chat model could read no text beside its instruction.

    Args:
        settings: the model, how it decodes, and what it does with long texts.
        engine: runs the model; made from the settings where none is given.
        check: what it finds in an article and its summary becomes flags.
        ladder: what is done about a summary in which the check finds an error; it is given the ways to try it again.
    """

    def __init__(
        self,
        settings: Settings,
        engine: Engine | None = None,
        check: Callable[[Pair], list[Flag]] = lambda pair: [],
        ladder: Ladder = lambda first, rungs: dict(first),
    ) -> None:
        self.settings = settings
        self.check = check
        self.ladder = ladder
        self.reading = READINGS[settings.family]
        self.checkpoint = checkpoint_for(settings)
        self.engine = engine or engine_for(settings, self.checkpoint)
        self.extractive = Extractive(settings.sentences)
        if self.reading.chat:
            self._refuse_narrow()

    def _refuse_narrow(self) -> None:
        around = max(self.count([""], language)[0] for language in self.settings.languages)
        if around >= self.engine.input_limit:
            raise ModelError(
                f"{self.settings.model}: the instruction alone has {around} tokens, and it is given "
                f"{self.engine.input_limit}; set summariser.input_limit higher"
            )

    @property
    def name(self) -> str:
        """How renditions name the model that made them."""
        return f"{self.settings.name}@{self.checkpoint.revision}"

    @cached_property
    def budget(self) -> budget.Budget:
        """What a batch may hold on this device; needs the engine loaded."""
        return budget.remembered(f"{self.engine.runs_on}, {self.checkpoint.revision}", self.settings.batch_tokens)

    def load(self) -> None:
        """Load the model."""
        self.engine.load()

    def close(self) -> None:
        """Unload the model."""
        self.engine.close()

    def count(self, texts: Sequence[str], language: str) -> list[int]:
        """Tokens of each text as the model is given it."""
        return self.engine.count_tokens([self._prompt(text, language).text for text in texts])

    def refusal(self, text: Text, tokens: int) -> str:
        """Why a text of so many tokens is not given to the model, or an empty string where it is."""
        if text.language not in self.settings.languages:
            known = ", ".join(self.settings.languages)
            return f"{self.settings.name} does not summarise {text.language}, only {known}"
        if tokens <= self.settings.output_minimum:
            least = self.settings.output_minimum
            return f"the text has {tokens} tokens, and {self.settings.name} writes at least {least}"
        return ""

    def summarise(
        self, texts: Sequence[Text], done: Done = lambda share, tokens: None
    ) -> list[Summary | NotSummarised]:
        """One summary per text, in their order; needs the engine loaded, unless there are none."""
        if not texts:
            return []
        works: dict[int, _Work] = {}
        found: dict[int, Summary | NotSummarised] = {}
        for index, text in enumerate(texts):
            (tokens,) = self.count([text.text], text.language)
            if reason := self.refusal(text, tokens):
                found[index] = self.extractive.instead(text, reason)
            else:
                works[index] = self._begun(text, tokens)
        self._work(list(works.values()), done)
        self._climb(list(works.values()), done)
        found.update((index, self._summary(work)) for index, work in works.items())
        return [found[index] for index in range(len(texts))]

    def _prompt(self, text: str, language: str) -> Prompt:
        return self.reading.prompt(text, language, self.settings.sentences)

    def _begun(self, text: Text, tokens: int) -> _Work:
        work = _Work(text, tokens, [text.text], tokens_in=tokens)
        if tokens > self.engine.input_limit:
            self._shorten(work, text.text, "text", self.settings.long)
        return work

    def _work(self, works: list[_Work], done: Done) -> None:
        """Give the model what it is to read, round by round, until each text is one generation."""
        while works:
            prompts = [self._prompt(part, work.text.language) for work in works for part in work.parts]
            generations = iter(self._generate(prompts, done))
            for work in works:
                self._take(work, [next(generations) for _ in work.parts])
            works = [work for work in works if work.parts]

    def _generate(self, prompts: Sequence[Prompt], done: Done) -> list[Generation]:
        return batching.generate(self.engine, prompts, beams=self.settings.beams, budget=self.budget, done=done)

    def _take(self, work: _Work, generations: list[Generation]) -> None:
        """Keep what the model made of the parts; what comes next are the summaries of chunks, or nothing."""
        if not work.made:
            work.tokens_kept = sum(made.tokens_kept for made in generations)
        chunked = len(work.parts) > 1
        generations = [self._bare(made, part) for part, made in zip(work.parts, generations, strict=True)]
        if chunked:
            for number, (part, made) in enumerate(zip(work.parts, generations, strict=True), 1):
                work.flags.extend(_told(part, made, f"chunk {number}"))
        work.made.extend(generations)
        work.last = work.parts[-1]
        work.parts = []
        if chunked and all(made.finish not in NOTHING_CAME for made in generations):
            self._reduce(work, " ".join(made.text for made in generations))

    def _bare(self, made: Generation, part: str) -> Generation:
        """A generation whose text is the summary alone, as one paragraph."""
        text, removed = bare_summary(made.text, part) if self.reading.chat else (made.text, "")
        others = tuple(self._bare(item, part) for item in made.alternatives)
        return replace(made, text=self.reading.answer(text), removed=removed, alternatives=others)

    def _climb(self, works: Sequence[_Work], done: Done) -> None:
        """Look at each summary, and try those again that state what their article does not."""
        wrong: dict[Sentence, _Work] = {}
        for work in works:
            if all(made.finish not in NOTHING_CAME for made in work.made):
                work.best = self._candidate(work, work.made[-1])
                if any(flag.check == "faithful" and flag.severity is Severity.ERROR for flag in work.best.flags):
                    wrong[work.article] = work
        first = {article: work.best for article, work in wrong.items() if work.best}
        rungs: dict[Rung, Attempt] = {
            Rung.hypotheses: partial(self._hypotheses, wrong),
            Rung.decoding: partial(self._decoded_otherwise, wrong, done=done),
            Rung.fallback: partial(self._own_sentences, wrong),
        }
        best = self.ladder(first, rungs) if first else {}
        for work in works:
            climbed = best.get(work.article)
            if climbed and climbed.outcome != "untranslated":  # an article is no summary of itself
                work.best = climbed

    def _candidate(self, work: _Work, made: Generation) -> Candidate:
        """A summary that a text may get, with all that is found in it."""
        article, language = work.article
        found = self.check(Pair(article, made.text, language, language)) if made.text else []
        return Candidate(made, (*_told(work.last, made, ""), *found))

    def _hypotheses(
        self, works: Mapping[Sentence, _Work], best: Mapping[Sentence, Candidate]
    ) -> dict[Sentence, list[Candidate]]:
        """The other hypotheses of the beam, which are there already."""
        return {
            article: [self._candidate(works[article], item) for item in candidate.made.alternatives]
            for article, candidate in best.items()
        }

    def _decoded_otherwise(
        self, works: Mapping[Sentence, _Work], best: Mapping[Sentence, Candidate], done: Done
    ) -> dict[Sentence, list[Candidate]]:
        """With another length of what may not be repeated, which leads a beam search to other sentences."""
        trying = [works[article] for article in best]
        width = 2 if self.settings.no_repeat_ngram == 3 else 3
        prompts = [replace(self._prompt(work.last, work.text.language), no_repeat_ngram=width) for work in trying]
        # Tells of tokens alone: all texts were told of before.
        generations = self._generate(prompts, lambda share, tokens: done(0.0, tokens))
        found = {}
        for work, answer in zip(trying, generations, strict=True):
            made = self._bare(answer, work.last)
            work.tokens_again += made.tokens_out
            offered = [item for item in (made, *made.alternatives) if item.finish not in NOTHING_CAME]
            found[work.article] = [self._candidate(work, item) for item in offered]
        return found

    def _own_sentences(
        self, works: Mapping[Sentence, _Work], best: Mapping[Sentence, Candidate]
    ) -> dict[Sentence, list[Candidate]]:
        """The summary by the text's own sentences, which states nothing else."""
        found = {}
        for article in best:
            own = self.extractive.instead(
                works[article].text, f"every summary by {self.settings.name} states what the text does not"
            )
            carried = Generation(own.text, 0, 0, 0, Finish.CARRIED, 0.0)
            found[article] = [Candidate(carried, own.flags, own.engine)] if own.text else []
        return found

    def _reduce(self, work: _Work, summaries: str) -> None:
        """Go on with the summaries of chunks; where they are no shorter than the chunks, with the best of them."""
        before = work.tokens
        (work.tokens,) = self.count([summaries], work.text.language)
        work.parts = [summaries]
        if work.tokens > self.engine.input_limit:
            long = Long.chunks if work.tokens < before else Long.select
            self._shorten(work, summaries, "summaries of chunks", long)

    def _shorten(self, work: _Work, text: str, where: str, long: Long) -> None:
        """Divide what the model cannot read at once, or choose of it, and write down which."""
        sentences = self._sentences(text, work.text.language)
        # What stands around every text, an instruction or special tokens, is there once; a joint may cost a token.
        (around,) = self.count([""], work.text.language)
        lengths = [length - around + 1 for length in self.count(sentences, work.text.language)]
        limit = self.engine.input_limit
        if long is Long.chunks:
            groups = packed(lengths, limit - around)
            detail = f"{work.tokens} tokens were read in {len(groups)} chunks to fit {limit}, then their summaries"
            work.flags.append(Flag("chunked", Severity.NOTE, where, detail))
        else:
            best = ranked(sentences, work.text.title)
            groups = [fitting(best, lengths, limit - around)]
            read = f"{len(groups[0])} of {len(sentences)} sentences were read"
            detail = f"{read}, chosen of {work.tokens} tokens to fit {limit}"
            work.flags.append(Flag("selected", Severity.NOTE, where, detail))
        work.parts = [" ".join(sentences[index] for index in group) for group in groups]

    def _sentences(self, text: str, language: str) -> list[str]:
        """The sentences of a text, and the pieces of those that the model cannot read whole."""

        def fits(piece: str) -> bool:
            return self.count([piece], language)[0] <= self.engine.input_limit

        found = [" ".join(item.text.split()) for item in segment(text, language) if item.text]
        return [piece.text for sentence in found for piece in pieces(sentence, fits)]

    def _summary(self, work: _Work) -> Summary | NotSummarised:
        finishes = {made.finish for made in work.made}
        finish = next(ending for ending in _WORST if ending in finishes)
        if finish in NOTHING_CAME:
            largest = max((made for made in work.made if made.finish is finish), key=lambda made: made.tokens_in)
            return NotSummarised(finish.value, largest.problem or self._too_large(largest))
        best = work.best or Candidate(work.made[-1])
        # Of the article's own sentences it does not matter how a model came to others.
        way = () if best.engine else work.flags
        return Summary(
            best.made.text,
            best.engine or self.name,
            (*way, *(replace(flag, where=flag.where or "summary") for flag in best.flags)),
            work.tokens_in,
            work.tokens_kept,
            sum(made.tokens_out for made in work.made) + work.tokens_again,
            finish,
            best.by,
            best.tried,
            best.outcome,
        )

    def _too_large(self, made: Generation) -> str:
        return (
            f"its {made.tokens_in} tokens do not fit into the memory of {self.engine.runs_on}, not even alone; "
            "lower summariser.input_limit, output_limit or beams"
        )


def _told(part: str, made: Generation, where: str) -> list[Flag]:
    """What the engine itself tells of a generation."""
    found = [] if made.finish in NOTHING_CAME else flags_of(made, part, where)
    if made.removed:
        detail = f"the model wrote more than the summary: {made.removed}"
        found.append(Flag("trimmed", Severity.NOTE, where, detail))
    return found


def fitting(best: Sequence[int], lengths: Sequence[int], limit: int) -> list[int]:
    """Indices, ascending, of the best sentences that fit together.

    Args:
        best: indices of all sentences, the best first.
        lengths: tokens of each sentence, with what joining it to another adds.
        limit: tokens that fit. The best sentence is taken even where it does not fit alone.
    """
    chosen, room = [], limit
    for index in best:
        if lengths[index] <= room:
            chosen.append(index)
            room -= lengths[index]
    return sorted(chosen) or list(best[:1])


def packed(lengths: Sequence[int], limit: int) -> list[list[int]]:
    """Indices of all sentences, in order, in as few chunks of about equal size as fit.

    Args:
        lengths: tokens of each sentence, at least 1, with what joining it to another adds.
        limit: tokens that fit. A sentence that does not fit alone is a chunk of its own.
    """
    number = max(1, math.ceil(sum(lengths) / limit))
    while True:
        chunks = _divided(lengths, number)
        if all(len(chunk) == 1 or sum(lengths[index] for index in chunk) <= limit for chunk in chunks):
            return chunks
        number += 1


def _divided(lengths: Sequence[int], number: int) -> list[list[int]]:
    """Indices of the sentences by the equal part of the text, one of `number`, in which each has its middle."""
    ends = list(accumulate(lengths))
    parts: dict[int, list[int]] = {}
    for index, (end, length) in enumerate(zip(ends, lengths, strict=True)):
        parts.setdefault(int((end - length / 2) * number / ends[-1]), []).append(index)
    return list(parts.values())
