"""Ways of making batches, measured beside each other: the same sentences and the same weights, in rounds.

In each round the ways take turns, so that a busy moment of the machine hits all of them, and the median of the rounds
counts. One engine is in memory at a time, as in a run; loading it and its first batch are not counted.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from statistics import median

from jobs.articles.loading import Loader
from jobs.articles.rows import Row
from jobs.config import Benchmark, ComputeType, Device, EngineKind
from jobs.config import Translator as Settings
from jobs.models import batching
from jobs.models.budget import Budget
from jobs.models.engine import Engine, OutOfMemory
from jobs.models.engines import kind_of
from jobs.models.footprint import watched
from jobs.models.telling import NOTHING_CAME
from jobs.records import Article, Generation, Measurement, Prompt
from jobs.text.sentences import segment
from jobs.translate.translator import Translator, has_letters

log = logging.getLogger(__name__)

WARM_UP = 16  # sentences of the batch that is not counted


@dataclass(frozen=True, slots=True)
class Way:
    """How sentences become batches: `size` at a time in file order, or sorted and filled to a budget of `tokens`."""

    size: int = 0
    tokens: int | None = None

    @property
    def name(self) -> str:
        """The way in words."""
        if self.tokens is not None:
            return f"sorted, {self.tokens:,} tokens"
        return "one at a time" if self.size == 1 else f"{self.size} in file order"

    def batches(self, lengths: Sequence[int], beams: int) -> list[list[int]]:
        """Indices of the sentences in each batch.

        Args:
            lengths: tokens of each sentence.
            beams: that share a budget.
        """
        if self.tokens is not None:
            return list(batching.budgeted(lengths, beams, Budget(self.tokens)))
        return list(batching.in_file_order(len(lengths), self.size))

    def run(self, engine: Engine, prompts: Sequence[Prompt], beams: int) -> list[Generation]:
        """One generation per sentence; raises `OutOfMemory` where a batch in file order does not fit."""
        if self.tokens is not None:
            return batching.generate(engine, prompts, beams=beams, budget=Budget(self.tokens))
        batches = batching.in_file_order(len(prompts), self.size)
        return [made for batch in batches for made in engine.generate([prompts[index] for index in batch])]


@dataclass(slots=True)
class Runs:
    """What the rounds of one engine with one way gave."""

    seconds: list[float] = field(default_factory=list)
    peaks: list[int] = field(default_factory=list)
    made: list[Generation] = field(default_factory=list)
    fits: bool = True


@dataclass(frozen=True, slots=True)
class Sentences:
    """What is translated.

    Attributes:
        texts: `(sentence, source language)`, each once, in file order.
        articles: how many were read for them.
        left_out: sentences that are longer than the model reads.
    """

    texts: list[tuple[str, str]]
    articles: int
    left_out: int


def ways_of(settings: Benchmark, batch_tokens: int) -> list[Way]:
    """The ways to measure, those that need little memory first."""
    sizes = dict.fromkeys((1, settings.fixed))
    budgets = sorted({*settings.budgets, batch_tokens})
    return [*map(Way, sizes), *(Way(tokens=tokens) for tokens in budgets)]


def translators_of(settings: Settings, target: str) -> dict[str, Translator]:
    """The model with each engine that runs it, by the engine's name; with the one that is asked for, where one is.

    Raises `ModelError` where the model cannot be had.
    """
    chosen = Translator(settings, target)
    kind = kind_of(settings, chosen.checkpoint)
    found = {kind.value: chosen}
    if settings.engine is EngineKind.auto and kind is EngineKind.ctranslate2:
        exact = replace(settings, engine=EngineKind.transformers, compute_type=ComputeType.auto)
        found = {EngineKind.transformers.value: Translator(exact, target), **found}
    return found


def sentences(loader: Loader, rows: Iterator[Row], translator: Translator, most: int | None) -> Sentences:
    """The first sentences that the translator is for, of titles, standfirsts and texts.

    Args:
        loader: makes articles of the rows.
        rows: of the source, read no further than it needs.
        translator: its engine counts tokens, which needs no weights.
        most: how many; None for all.
    """
    found: dict[tuple[str, str], None] = {}
    articles = left_out = 0
    for article in (made for row in rows if isinstance(made := loader.load(row), Article)):
        if article.language == translator.target or translator.refusal(article.language):
            continue
        articles += 1
        fields = (article.title, article.standfirst, article.text)
        cut = (item.text for text in fields for item in segment(text, article.language) if has_letters(item.text))
        texts = [text for text in cut if (text, article.language) not in found]
        lengths = translator.engine.count_tokens([translator.prompt(text, article.language).text for text in texts])
        fitting = [text for text, length in zip(texts, lengths, strict=True) if length <= translator.engine.input_limit]
        left_out += len(texts) - len(fitting)
        found |= dict.fromkeys((text, article.language) for text in fitting)
        if most is not None and len(found) >= most:
            break
    return Sentences(list(islice(found, most)), articles, left_out)


def measure(
    translators: Mapping[str, Translator],
    texts: Sequence[tuple[str, str]],
    ways: Sequence[Way],
    rounds: int,
    tell: Callable[[str], None],
) -> list[Measurement]:
    """Every engine with every way, in that order.

    Args:
        translators: by the name of their engine.
        texts: `(sentence, source language)`, one or more.
        ways: of making batches.
        rounds: how often each is measured.
        tell: told in a line how fast each was.
    """
    runs = {(name, way): Runs() for name in translators for way in ways}
    ran_on: dict[str, str] = {}
    lengths: dict[str, list[int]] = {}
    for number in range(1, rounds + 1):
        for name, translator in translators.items():
            engine = translator.engine
            prompts = [translator.prompt(text, source) for text, source in texts]
            engine.load()
            try:
                ran_on[name] = engine.runs_on
                lengths[name] = engine.count_tokens([prompt.text for prompt in prompts])
                _warm_up(engine, prompts)
                for way in ways:
                    _run(runs[name, way], translator, way, prompts)
                    tell(f"round {number} of {rounds}, {name}, {way.name}: {_told(runs[name, way])}")
            finally:
                engine.close()
    first = next((item.made for item in runs.values() if item.fits), [])
    return [
        _measurement(
            item,
            name,
            ran_on[name],
            way,
            way.batches(lengths[name], translators[name].settings.beams),
            lengths[name],
            first,
        )
        for (name, way), item in runs.items()
    ]


def _warm_up(engine: Engine, prompts: Sequence[Prompt]) -> None:
    """The first batch of a loaded engine, which allocates what later ones use; one prompt where several do not fit."""
    try:
        engine.generate(prompts[:WARM_UP])
    except OutOfMemory:
        batching.generate(engine, prompts[:1], beams=1, budget=Budget(1))


def _run(runs: Runs, translator: Translator, way: Way, prompts: Sequence[Prompt]) -> None:
    """One way in one round; one that did not fit is not tried again."""
    if not runs.fits:
        return
    with watched(on_gpu(translator.settings)) as peak:
        started = time.perf_counter()
        try:
            runs.made = way.run(translator.engine, prompts, translator.settings.beams)
        except OutOfMemory as error:
            log.warning("%s: %s", way.name, error)
            runs.fits = False
        runs.seconds.append(time.perf_counter() - started)
    if peak.mib is not None and translator.settings.engine is not EngineKind.server:
        runs.peaks.append(peak.mib)


def on_gpu(settings: Settings) -> bool:
    """Whether a model runs on a GPU."""
    import torch

    return settings.device is not Device.cpu and torch.cuda.is_available()


def _told(runs: Runs) -> str:
    return f"{len(runs.made) / runs.seconds[-1]:,.1f} sentences/s" if runs.fits else "does not fit into memory"


def _measurement(
    runs: Runs,
    name: str,
    ran_on: str,
    way: Way,
    batches: Sequence[Sequence[int]],
    lengths: Sequence[int],
    first: Sequence[Generation],
) -> Measurement:
    made = runs.made if runs.fits else []
    seconds = median(runs.seconds) if runs.fits else None
    tokens_in, tokens_out = (sum(getattr(item, key) for item in made) for key in ("tokens_kept", "tokens_out"))
    return Measurement(
        engine=name,
        ran_on=ran_on,
        batching=way.name,
        batch_tokens=way.tokens,
        batches=len(batches),
        sentences=len(lengths),
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        seconds=seconds,
        rounds=tuple(round(item, 4) for item in runs.seconds) if runs.fits else (),
        sentences_per_second=len(made) / seconds if seconds else None,
        tokens_per_second=(tokens_in + tokens_out) / seconds if seconds else None,
        padding=batching.padding(lengths, batches),
        peak_memory_mib=min(runs.peaks, default=None),
        same=sum(a.text == b.text for a, b in zip(made, first, strict=False)) / len(lengths),
        failed=sum(item.finish in NOTHING_CAME for item in made),
    )
