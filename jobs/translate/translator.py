"""Translates texts with one model: cut into segments, translated in batches, put together again.

Paragraphs, bullets and line breaks stay, since every segment keeps its separator. Equal segments are translated once.
A segment that is longer than the model can read is translated in pieces.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from jobs.config import Translator as Settings
from jobs.config import commercial_presets
from jobs.models import batching, budget
from jobs.models.engine import Engine, ModelError
from jobs.models.engines import checkpoint_for, engine_for
from jobs.models.families import CONVENTIONS, find_tag
from jobs.models.telling import NOTHING_CAME, flags_of
from jobs.models.tokenizer import load_tokenizer
from jobs.records import Finish, Flag, Generation, Pair, Prompt, Segment, Severity
from jobs.text.answers import bare
from jobs.text.clauses import pieces
from jobs.text.sentences import segment


@dataclass(frozen=True, slots=True)
class Translation:
    """A text in the target language with what is to be known about it."""

    text: str
    flags: tuple[Flag, ...]
    segments: int
    tokens_in: int
    tokens_out: int


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
    """

    def __init__(
        self,
        settings: Settings,
        target: str,
        engine: Engine | None = None,
        check: Callable[[Pair], list[Flag]] = lambda pair: [],
    ) -> None:
        self.settings = settings
        self.check = check
        self.target = target
        self.convention = CONVENTIONS[settings.family]
        if reason := self.convention.refused.get(target):
            raise ModelError(f"{reason}; {self._way_out()}")
        self.checkpoint = checkpoint_for(settings)
        self.tag = self._find_tag()
        self.engine = engine or engine_for(settings, self.checkpoint)

    def _find_tag(self) -> str:
        """The token that asks for the target; a target without an entry is refused article by article."""
        if self.target not in self.settings.tags:
            return ""
        wanted = self.settings.tags[self.target]
        tokenizer = None if self.convention.chat else load_tokenizer(self.checkpoint)
        return find_tag(self.convention, wanted, self.target, self.settings.model, tokenizer)

    def _way_out(self, source: str | None = None) -> str:
        names = ", ".join(commercial_presets(self.target, source))
        return f"choose another model with translator@translators.{self.target}=<name>: {names}"

    @property
    def name(self) -> str:
        """How renditions name the model that made them."""
        return f"{self.settings.name}@{self.checkpoint.revision}"

    @cached_property
    def budget(self) -> budget.Budget:
        """What a batch may hold on this device; needs the engine loaded."""
        key = f"{self.engine.runs_on}, {self.checkpoint.revision}"
        return budget.remembered(key, self.settings.batch_tokens)

    def refusal(self, source: str) -> str:
        """Why this model does not translate from `source`, or an empty string where it does."""
        if reason := self.convention.refused.get(source):
            return f"{reason}; {self._way_out(source)}"
        if source in self.settings.sources and self.target in self.settings.tags:
            return ""
        known = ", ".join(
            f"{known_source}→{target}" for known_source in self.settings.sources for target in self.settings.tags
        )
        return f"{self.settings.name} does not translate {source}→{self.target}, only {known}; {self._way_out(source)}"

    def prompt(self, text: str, source: str) -> Prompt:
        """A segment, on one line, in the words that the model's family expects."""
        return self.convention.prompt(" ".join(text.split()), self.tag, source, self.target)

    def count(self, texts: Sequence[tuple[str, str]]) -> "list[list[int]]":
        """Tokens of each segment of each `(text, source language)`; needs the engine loaded."""
        counts = []
        for text, source in texts:
            prompts = [self.prompt(item.text, source).text for item in segment(text, source) if has_letters(item.text)]
            counts.append(self.engine.count_tokens(prompts) if prompts else [])
        return counts

    def translate(
        self, texts: Sequence[tuple[str, str]], done: Callable[[float, int], None] = lambda share, tokens: None
    ) -> list[Translation | NotTranslated]:
        """Translate `(text, source language)` pairs, in their order; needs the engine loaded.

        `done` is told after each batch what share of all segments is done, and how many tokens the batch had.
        """
        cut = [segment(text, source) for text, source in texts]
        short = self._pieces(cut, [source for _, source in texts])
        wanted: dict[Prompt, int] = {}
        for segments, (_, source) in zip(cut, texts, strict=True):
            for piece in (piece for item in segments for piece in short[item.text, source]):
                if has_letters(piece.text):
                    wanted.setdefault(self.prompt(piece.text, source), len(wanted))
        worked = 0

        def batch_done(segments: int, tokens: int) -> None:
            nonlocal worked
            worked += segments
            done(worked / len(wanted), tokens)

        generations = batching.generate(
            self.engine,
            list(wanted),
            beams=self.settings.beams,
            budget=self.budget,
            done=batch_done,
        )
        found = dict(zip(wanted, generations, strict=True))
        return [
            self._joined(segments, [short[item.text, source] for item in segments], source, found)
            for segments, (_, source) in zip(cut, texts, strict=True)
        ]

    def _pieces(self, cut: list[list[Segment]], sources: list[str]) -> dict[tuple[str, str], list[Segment]]:
        """The pieces that fit of each segment's `(text, source language)`; most fit whole and are one piece."""
        keys = list(
            dict.fromkeys((item.text, source) for items, source in zip(cut, sources, strict=True) for item in items)
        )
        lengths = self.engine.count_tokens([self.prompt(text, source).text for text, source in keys])
        limit = self.engine.input_limit
        return {
            (text, source): [Segment(text, "")] if length <= limit or not has_letters(text) else self._cut(text, source)
            for (text, source), length in zip(keys, lengths, strict=True)
        }

    def _cut(self, text: str, source: str) -> list[Segment]:
        def fits(piece: str) -> bool:
            return self.engine.count_tokens([self.prompt(piece, source).text])[0] <= self.engine.input_limit

        return pieces(text, fits)

    def _generation(self, parts: list[Segment], source: str, found: dict[Prompt, Generation]) -> Generation:
        """What came of a segment, put together from its parts."""
        made = [self._piece(part.text, source, found) for part in parts]
        return made[0] if len(made) == 1 else _together(parts, made)

    def _piece(self, text: str, source: str, found: dict[Prompt, Generation]) -> Generation:
        """What came of a piece: the translation alone, where a chat model wrote more."""
        if not has_letters(text):
            return Generation(text, 0, 0, 0, Finish.CARRIED, 0.0)
        made = found[self.prompt(text, source)]
        if self.convention.chat is None:
            return made
        translation, removed = bare(made.text, text)
        return replace(made, text=translation, removed=removed)

    def _joined(
        self, segments: list[Segment], cut: list[list[Segment]], source: str, made_of: dict[Prompt, Generation]
    ) -> Translation | NotTranslated:
        """A text from what came of its segments; nothing at all where one of them could not be made."""
        generations = [self._generation(parts, source, made_of) for parts in cut]
        flags = []
        for number, (item, parts, made) in enumerate(zip(segments, cut, generations, strict=True), 1):
            where = f"segment {number}"
            if made.finish in NOTHING_CAME:
                reason = made.problem or self._too_large(made)
                return NotTranslated(made.finish.value, f"{where} of {len(segments)}: {reason}")
            if len(parts) > 1:
                detail = f"cut into {len(parts)} pieces to fit {self.engine.input_limit} tokens"
                flags.append(Flag("split", Severity.NOTE, where, detail))
            flags.extend(self.flags(item, made, where))
            if made.text and made.finish is not Finish.CARRIED:
                found = self.check(Pair(item.text, made.text, source, self.target))
                flags.extend(replace(flag, where=where) for flag in found)
        return Translation(
            "".join(made.text + item.separator for item, made in zip(segments, generations, strict=True)),
            tuple(flags),
            len(segments),
            sum(made.tokens_in for made in generations),
            sum(made.tokens_out for made in generations),
        )

    def _too_large(self, made: Generation) -> str:
        return (
            f"its {made.tokens_in} tokens do not fit into the memory of {self.engine.runs_on}, not even alone; "
            f"lower translators.{self.target}.input_limit, output_limit or beams"
        )

    def flags(self, item: Segment, made: Generation, where: str) -> list[Flag]:
        """What the engine itself tells of a segment: cut, unfinished, empty, or outside the model's domain."""
        if made.finish is Finish.CARRIED:
            return []
        found = flags_of(made, item.text, where)
        if made.removed:
            found.append(
                Flag("trimmed", Severity.NOTE, where, f"the model wrote more than the translation: {made.removed}")
            )
        domain = self.settings.domain
        if domain.most_unknown is not None and made.unknown > domain.most_unknown:
            found.append(Flag("out_of_domain", Severity.WARNING, where, f"{made.unknown} unknown pieces"))
        elif domain.lowest_score is not None and made.score < domain.lowest_score:
            found.append(Flag("out_of_domain", Severity.WARNING, where, f"mean log-probability {made.score:.2f}"))
        return found


def _together(parts: Sequence[Segment], made: Sequence[Generation]) -> Generation:
    """One generation from those of a segment's parts: the worst ending, and the mean score by tokens."""
    endings = {item.finish for item in made}
    worst = (*NOTHING_CAME, Finish.LENGTH, Finish.END)
    written = sum(item.tokens_out for item in made)
    return Generation(
        "".join(item.text + part.separator for part, item in zip(parts, made, strict=True)),
        sum(item.tokens_in for item in made),
        sum(item.tokens_kept for item in made),
        written,
        next(ending for ending in worst if ending in endings),
        sum(item.score * item.tokens_out for item in made) / written if written else 0.0,
        sum(item.unknown for item in made),
        " ".join(item.removed for item in made if item.removed),
        next((item.problem for item in made if item.problem), ""),
    )
