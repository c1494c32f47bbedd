"""Translates texts with one model: cut into segments, translated in batches, put together again.

Paragraphs, bullets and line breaks stay, since every segment keeps its separator. Equal segments are translated once.
A segment that is longer than the model can read is translated in pieces. What the checks find wrong is tried in other ways,
of which the repair ladder says which and how far.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial

from jobs.config import Rung, commercial_presets
from jobs.config import Translator as Settings
from jobs.models import batching, budget
from jobs.models.batching import Done
from jobs.models.engine import Engine, ModelError
from jobs.models.engines import checkpoint_for, engine_for
from jobs.models.families import CONVENTIONS, find_tag
from jobs.models.telling import NOTHING_CAME, flags_of
from jobs.models.tokenizer import load_tokenizer
from jobs.records import Attempt, Candidate, Finish, Flag, Generation, Ladder, Pair, Prompt, Segment, Sentence, Severity
from jobs.text.answers import bare
from jobs.text.clauses import halves, pieces
from jobs.text.sentences import segment
from jobs.translate import domain
from jobs.translate.glossary import Glossary
from jobs.translate.joining import carried, together

log = logging.getLogger(__name__)
NO_REPEAT_NGRAM = 3  # shorter than any loop that the checks find
LONGER = 2  # times the output limit


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done about a segment; `where` and the rest as in the flags and candidates."""

    where: str
    by: str
    tried: tuple[str, ...]
    outcome: str


@dataclass(frozen=True, slots=True)
class Translation:
    """A text in the target language with what is to be known about it.

    Attributes:
        pairs: its segments in order, those that were translated, each with its translation.
    """

    text: str
    flags: tuple[Flag, ...]
    segments: int
    tokens_in: int
    tokens_out: int
    repairs: tuple[Repair, ...] = ()
    pairs: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class NotTranslated:
    """A text of which no translation could be made; `kind` and `message` are those of a `Failure`."""

    kind: str
    message: str


def has_letters(text: str) -> bool:
    """Whether there is anything to translate; «1.», «***» and «12:30» are carried over as they are."""
    return any(character.isalpha() for character in text)


class Translator:
    """One translation model, into one language.

    Raises `ModelError` at once, before anything is spent, where the model has no word for the language.

    Args:
        settings: the model and how it decodes.
        target: BCP-47 code of the language it translates into.
        engine: runs the model; made from the settings where none is given.
        check: what it finds in a segment and its translation becomes flags.
        glossary: terms that a translation should have; the ones that it lacks become flags.
        ladder: what is done about segments with errors; it is given the ways in which they can be tried again.
        key: what the command line calls the settings.
    """

    def __init__(
        self,
        settings: Settings,
        target: str,
        engine: Engine | None = None,
        check: Callable[[Pair], list[Flag]] = lambda pair: [],
        glossary: Glossary | None = None,
        ladder: Ladder = lambda first, rungs: dict(first),
        key: str = "",
    ) -> None:
        self.settings = settings
        self.check = check
        self.target = target
        self.glossary = glossary or Glossary([])
        self.ladder = ladder
        self.key = key or f"translators.{target}"
        self.convention = CONVENTIONS[settings.family]
        if reason := self.convention.refused.get(target):
            raise ModelError(f"{reason}; {self.way_out()}")
        self.checkpoint = checkpoint_for(settings)
        self.met = domain.met(settings.domain, self.checkpoint, self.key)
        self.tag = self._find_tag()
        self.engine = engine or engine_for(settings, self.checkpoint)
        self.fallback = self._find_fallback()
        self.ran_on: set[str] = set()  # devices, where this is a fallback that was asked

    def _find_fallback(self) -> "Translator | None":
        """The translator of last resort; one that shares no pair with this one is a mistake."""
        if self.settings.fallback is None:
            return None
        found = Translator(
            self.settings.fallback,
            self.target,
            check=self.check,
            glossary=self.glossary,
            key=f"{self.key}.fallback",
        )
        refusals = [found.refusal(source) for source in self.settings.sources]
        if not all(refusals):
            return found
        raise ModelError(f"{found.key}: {refusals[0]}")

    def _find_tag(self) -> str:
        """The token that asks for the target; a target without an entry is refused article by article."""
        if self.target not in self.settings.tags:
            return ""
        wanted = self.settings.tags[self.target]
        tokenizer = None if self.convention.chat else load_tokenizer(self.checkpoint)
        return find_tag(self.convention, wanted, self.target, self.settings.model, tokenizer)

    def way_out(self, source: str | None = None) -> str:
        """Which other models may be chosen, and how."""
        names = ", ".join(commercial_presets(self.target, source))
        return f"choose another model with translator@{self.key}=<name>: {names}"

    @contextmanager
    def loaded(self) -> Iterator[None]:
        """Load the model for a while."""
        self.engine.load()
        try:
            yield
        finally:
            self.engine.close()

    @property
    def name(self) -> str:
        """How renditions name the model that made them."""
        return f"{self.settings.name}@{self.checkpoint.revision}"

    @cached_property
    def budget(self) -> budget.Budget:
        """What a batch may hold on this device; needs the engine loaded."""
        return budget.remembered(f"{self.engine.runs_on}, {self.checkpoint.revision}", self.settings.batch_tokens)

    def refusal(self, source: str) -> str:
        """Why this model does not translate from `source`, or an empty string where it does."""
        if reason := self.convention.refused.get(source):
            return f"{reason}; {self.way_out(source)}"
        if source in self.settings.sources and self.target in self.settings.tags:
            return ""
        known = ", ".join(
            f"{known_source}→{target}" for known_source in self.settings.sources for target in self.settings.tags
        )
        return f"{self.settings.name} does not translate {source}→{self.target}, only {known}; {self.way_out(source)}"

    def prompt(self, text: str, source: str) -> Prompt:
        """A segment, on one line, in the words that the model's family expects."""
        prompt = self.convention.prompt(" ".join(text.split()), self.tag, source, self.target)
        return self.convention.told(prompt, lambda: self.glossary.pairs(text, source, self.target))

    def count(self, texts: Sequence[tuple[str, str]]) -> "list[list[int]]":
        """Tokens of each segment of each `(text, source language)`."""
        counts = []
        for text, source in texts:
            prompts = [self.prompt(item.text, source).text for item in segment(text, source) if has_letters(item.text)]
            counts.append(self.engine.count_tokens(prompts) if prompts else [])
        return counts

    def answers(self, sentences: Sequence[Sentence]) -> list[Generation]:
        """What the model itself makes of each `(sentence, source language)`, uncut and unchecked; needs the engine loaded."""
        parts = {sentence: [Segment(sentence[0], "")] for sentence in sentences}
        made = dict(self._generated(parts, lambda share, tokens: None))
        return [made[sentence] for sentence in sentences]

    def translate(
        self, texts: Sequence[tuple[str, str]], done: Done = lambda share, tokens: None
    ) -> list[Translation | NotTranslated]:
        """Translate `(text, source language)` pairs, in their order; needs the engine loaded, unless there are none.

        `done` is told after each batch what share of all segments is done, and how many tokens the batch had.
        """
        if not texts:
            return []
        cut = [segment(text, source) for text, source in texts]
        sources = [source for _, source in texts]
        sentences = [(item.text, source) for items, source in zip(cut, sources, strict=True) for item in items]
        found = self._first(list(dict.fromkeys(sentences)), done)
        made = {sentence: item for sentence, item in found.items() if item.made.finish is not Finish.CARRIED}
        # A repair tells of tokens alone: all segments were told of before.
        found |= self.ladder(made, self._rungs(lambda share, tokens: done(0.0, tokens)))
        return [
            self._joined(items, source, [found[item.text, source] for item in items])
            for items, source in zip(cut, sources, strict=True)
        ]

    def _first(self, sentences: Sequence[Sentence], done: Done) -> dict[Sentence, Candidate]:
        """What comes of each sentence, cut only where it is longer than the model reads."""
        parts = self._pieces(sentences)
        return {
            sentence: self._candidate(sentence, made, self._cut_note(parts[sentence]))
            for sentence, made in self._generated(parts, done)
        }

    def _cut_note(self, pieces: Sequence[Segment]) -> list[Flag]:
        """What is to be known of a sentence that the model reads in these pieces."""
        detail = f"cut into {len(pieces)} pieces to fit {self.engine.input_limit} tokens"
        return [Flag("split", Severity.NOTE, "", detail)] if len(pieces) > 1 else []

    def _generated(
        self,
        parts: Mapping[Sentence, Sequence[Segment]],
        done: Done,
        change: Callable[[Prompt], Prompt] = lambda prompt: prompt,
    ) -> Iterator[tuple[Sentence, Generation]]:
        """What comes of each sentence, put together as soon as all its parts are there, so that it is checked meanwhile.

        All parts go to the model in one round, equal ones once.
        """
        asked: dict[Sentence, Prompt] = {}
        waiting: dict[Prompt, dict[Sentence, None]] = {}
        for (text, source), items in parts.items():
            for piece in (item.text for item in items if has_letters(item.text)):
                asked[piece, source] = change(self.prompt(piece, source))
                waiting.setdefault(asked[piece, source], {})[text, source] = None
        prompts, made = list(waiting), dict[Prompt, Generation]()
        generations = batching.as_made(self.engine, prompts, beams=self.settings.beams, budget=self.budget, done=done)
        yield from self._whole(parts, asked, made)  # those without letters
        for number, generation in generations:
            made[prompts[number]] = generation
            yield from self._whole({sentence: parts[sentence] for sentence in waiting[prompts[number]]}, asked, made)

    def _whole(
        self,
        parts: Mapping[Sentence, Sequence[Segment]],
        asked: Mapping[Sentence, Prompt],
        made: Mapping[Prompt, Generation],
    ) -> Iterator[tuple[Sentence, Generation]]:
        """Those sentences whose parts are all there; parts that were not asked for are carried over as they are."""
        for (text, source), items in parts.items():
            wanted = [asked.get((item.text, source)) for item in items]
            if all(prompt is None or prompt in made for prompt in wanted):
                pieces = [
                    self._bare(made[prompt], item.text) if prompt else carried(item.text)
                    for item, prompt in zip(items, wanted, strict=True)
                ]
                yield (text, source), together(items, pieces)

    def _pieces(self, sentences: Sequence[Sentence]) -> dict[Sentence, list[Segment]]:
        """The pieces that fit of each sentence; most fit whole and are one piece."""
        lengths = self.engine.count_tokens([self.prompt(text, source).text for text, source in sentences])
        limit = self.engine.input_limit
        return {
            (text, source): [Segment(text, "")] if length <= limit or not has_letters(text) else self._cut(text, source)
            for (text, source), length in zip(sentences, lengths, strict=True)
        }

    def _cut(self, text: str, source: str) -> list[Segment]:
        def fits(piece: str) -> bool:
            return self.engine.count_tokens([self.prompt(piece, source).text])[0] <= self.engine.input_limit

        return pieces(text, fits)

    def _bare(self, made: Generation, text: str) -> Generation:
        """What came of a piece: the translation alone, where a chat model wrote more."""
        if self.convention.chat is None:
            return made
        translation, removed = bare(made.text, text)
        others = tuple(self._bare(item, text) for item in made.alternatives)
        return replace(made, text=translation, removed=removed, alternatives=others)

    def _candidate(self, sentence: Sentence, made: Generation, notes: Sequence[Flag] = ()) -> Candidate:
        """What came of a sentence, with all that is found in it."""
        text, source = sentence
        flags = [*notes, *self.flags(text, made)]
        if made.text and made.finish not in (*NOTHING_CAME, Finish.CARRIED):
            flags += self.check(Pair(text, made.text, source, self.target))
            flags += self.glossary.check(text, made.text, source, self.target)[1]
        return Candidate(made, tuple(flags))

    def _candidates(self, sentence: Sentence, made: Generation, pieces: Sequence[Segment]) -> list[Candidate]:
        """All hypotheses of what came of a sentence, which the model reads in these pieces."""
        offered = (item for item in (made, *made.alternatives) if item.finish not in NOTHING_CAME)
        return [self._candidate(sentence, item, self._cut_note(pieces)) for item in offered]

    def _rungs(self, done: Done) -> dict[Rung, Attempt]:
        """The ways in which sentences can be tried again."""
        rungs: dict[Rung, Attempt] = {
            Rung.hypotheses: self._hypotheses,
            Rung.glossary: partial(self._with_placeholders, done=done),
            Rung.split: partial(self._in_clauses, done=done),
            Rung.decoding: partial(self._decoded_otherwise, done=done),
        }
        if self.fallback:
            rungs[Rung.fallback] = partial(self._by_fallback, self.fallback, done=done)
        return rungs

    def _hypotheses(self, best: Mapping[Sentence, Candidate]) -> dict[Sentence, list[Candidate]]:
        """The other hypotheses of the beam, which are there already."""
        return {
            sentence: [
                self._candidate(sentence, item, [flag for flag in candidate.flags if flag.check == "split"])
                for item in candidate.made.alternatives
            ]
            for sentence, candidate in best.items()
        }

    def _with_placeholders(self, best: Mapping[Sentence, Candidate], done: Done) -> dict[Sentence, list[Candidate]]:
        """With placeholders for the names that are missing, which the model copies, and the renderings put in."""
        masked = {
            sentence: mask
            for sentence, candidate in best.items()
            if (mask := self.glossary.mask(Pair(sentence[0], candidate.made.text, sentence[1], self.target)))
        }
        parts = self._pieces(list(dict.fromkeys((mask.text, source) for (_, source), mask in masked.items())))
        made = dict(self._generated(parts, done))
        found: dict[Sentence, list[Candidate]] = {}
        for sentence, mask in masked.items():
            first = made[mask.text, sentence[1]]
            offered = (first, *first.alternatives)
            restored = [replace(item, text=mask.restored(item.text), alternatives=()) for item in offered]
            note = self._cut_note(parts[mask.text, sentence[1]])
            found[sentence] = [self._candidate(sentence, item, note) for item in restored if item.text]
        return found

    def _in_clauses(self, best: Mapping[Sentence, Candidate], done: Done) -> dict[Sentence, list[Candidate]]:
        """Cut at a clause near the middle, once more than before; sentences without one stay as they are."""
        pieces = self._pieces(list(best))
        parts = {
            sentence: smaller
            for sentence, items in pieces.items()
            if len(smaller := [half for item in items for half in halves(item)]) > len(items)
        }
        return {
            sentence: self._candidates(sentence, made, pieces[sentence])
            for sentence, made in self._generated(parts, done)
        }

    def _decoded_otherwise(self, best: Mapping[Sentence, Candidate], done: Done) -> dict[Sentence, list[Candidate]]:
        """Without repetitions, and with more room."""
        longer = self.settings.output_limit * LONGER
        change = partial(replace, no_repeat_ngram=NO_REPEAT_NGRAM, output_limit=longer)
        parts = self._pieces(list(best))
        return {
            sentence: self._candidates(sentence, made, parts[sentence])
            for sentence, made in self._generated(parts, done, change)
        }

    def _by_fallback(
        self, fallback: "Translator", best: Mapping[Sentence, Candidate], done: Done
    ) -> dict[Sentence, list[Candidate]]:
        """By another model, which is loaded in place of this one: memory need hold one at a time."""
        known = [sentence for sentence in best if not fallback.refusal(sentence[1])]
        if not known:
            return {}
        self.engine.close()
        with fallback.loaded():
            log.info("%s: %d sentences for %s", fallback.engine.runs_on, len(known), fallback.name)
            fallback.ran_on.add(fallback.engine.runs_on)
            parts = fallback._pieces(known)
            found = {
                sentence: [
                    replace(item, engine=fallback.name)
                    for item in fallback._candidates(sentence, made, parts[sentence])
                ]
                for sentence, made in fallback._generated(parts, done)
            }
        self.engine.load()
        return found

    def _joined(
        self, segments: Sequence[Segment], source: str, found: Sequence[Candidate]
    ) -> Translation | NotTranslated:
        """A text from what came of its segments; nothing at all where one of them could not be made."""
        flags: list[Flag] = []
        repairs = []
        for number, candidate in enumerate(found, 1):
            where = f"segment {number}"
            made = candidate.made
            if made.finish in NOTHING_CAME:
                reason = made.problem or self._too_large(made)
                return NotTranslated(made.finish.value, f"{where} of {len(segments)}: {reason}")
            flags.extend(replace(flag, where=where) for flag in candidate.flags)
            if candidate.outcome:
                repairs.append(Repair(where, candidate.by, candidate.tried, candidate.outcome))
        return Translation(
            "".join(item.made.text + segment.separator for segment, item in zip(segments, found, strict=True)),
            tuple(flags),
            len(segments),
            sum(item.made.tokens_in for item in found),
            sum(item.made.tokens_out for item in found),
            tuple(repairs),
            tuple(
                Pair(segment.text, item.made.text, source, self.target)
                for segment, item in zip(segments, found, strict=True)
                if item.made.finish is not Finish.CARRIED and item.outcome != "untranslated"
            ),
        )

    def _too_large(self, made: Generation) -> str:
        return (
            f"its {made.tokens_in} tokens do not fit into the memory of {self.engine.runs_on}, not even alone; "
            f"lower translators.{self.target}.input_limit, output_limit or beams"
        )

    def flags(self, text: str, made: Generation) -> list[Flag]:
        """What the engine itself tells of a segment: cut, unfinished, empty, or outside the model's domain."""
        if made.finish is Finish.CARRIED:
            return []
        found = flags_of(made, text, "")
        if made.removed:
            found.append(
                Flag("trimmed", Severity.NOTE, "", f"the model wrote more than the translation: {made.removed}")
            )
        found += domain.outside(self.settings.domain, self.met, text, made)
        return found
