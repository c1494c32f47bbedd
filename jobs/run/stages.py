"""The street: load, summarise, translate, and put together. From top to bottom, in the order an article walks it.

Each stage between the ends takes drafts and makes renditions of them; it knows nothing of parts, markers or resuming.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from jobs.config import DigestConfig, Order, Summariser
from jobs.records import Article, Digest, Failure, Rendition
from jobs.summarise.extractive import summarise
from jobs.translate.translator import NotTranslated, Translation, Translator

Tell = Callable[[int, int], None]  # articles and tokens worked through since the last call


@dataclass(frozen=True, slots=True)
class Draft:
    """An article with what earlier stages made of it."""

    article: Article
    renditions: tuple[Rendition, ...] = ()

    def find(self, name: str, language: str) -> str:
        """The text of a field in a language, or an empty string where there is none."""
        if language == self.article.language and name != "summary":
            return str(getattr(self.article, name))
        for rendition in self.renditions:
            if (rendition.field, rendition.language) == (name, language):
                return rendition.text
        return ""


@dataclass(slots=True)
class Made:
    """What a stage made of some drafts.

    Attributes:
        renditions: article id -> its new renditions.
        counts: by name; `wanted` and `failed` renditions among them, `flag:…` and, in parts, `ran_on:…`.
    """

    renditions: dict[str, list[Rendition]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, article: Article, rendition: Rendition) -> None:
        """Keep a rendition of an article and count its flags."""
        self.renditions.setdefault(article.id, []).append(rendition)
        self.counts["made"] += 1
        self.counts.update(f"flag:{flag.check}" for flag in rendition.flags)


class Stage(Protocol):
    """One stop of the street."""

    @property
    def name(self) -> str:
        """Name of the stage's folder."""

    def open(self) -> None:
        """Load what the stage needs."""

    def work(self, drafts: Sequence[Draft], tell: Tell) -> Made:
        """Make renditions of the drafts."""

    def close(self) -> None:
        """Give back what `open` took."""


def street(config: DigestConfig) -> list[Stage]:
    """The stages between loading and the digest, in their order."""
    summaries = Summaries(config.summariser)
    translations = [Translations(config, language) for language in config.targets]
    if config.order is Order.translate_first:
        return [*translations, summaries]
    return [summaries, *translations]


@dataclass(slots=True)
class Summaries:
    """A summary of every full text that there is: the article's own, and its translations where those come first."""

    config: Summariser
    name: str = "summaries"

    def open(self) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Nothing to give back."""

    def work(self, drafts: Sequence[Draft], tell: Tell) -> Made:
        """Summarise each draft."""
        made = Made()
        for draft in drafts:
            translated = [item.language for item in draft.renditions if item.field == "text"]
            for language in (draft.article.language, *translated):
                text = draft.find("text", language)
                summary = summarise(text, language, self.config.sentences, draft.find("title", language))
                made.counts["wanted"] += 1
                made.add(
                    draft.article,
                    Rendition("summary", language, summary, f"text:{language}", f"{self.config.name}"),
                )
            tell(1, 0)
        return made


class Translations:
    """Fields of articles in one target language."""

    def __init__(self, config: DigestConfig, language: str) -> None:
        self.language = language
        self.name = f"translations-{language}"
        self.translator = Translator(config.translators[language], language)
        self.fields = fields_to_translate(config)
        self.strict = config.translate.strict_truncation

    def open(self) -> None:
        """Load the model."""
        self.translator.engine.load()

    def close(self) -> None:
        """Unload the model."""
        self.translator.engine.close()

    def work(self, drafts: Sequence[Draft], tell: Tell) -> Made:
        """Translate each draft that is not in the target language already."""
        made = Made()
        jobs: list[tuple[Article, str, str]] = []
        for draft in drafts:
            jobs.extend(self.jobs(draft, made))
        texts = [(text, article.language) for article, _, text in jobs]
        told = 0

        def done(share: float, tokens: int) -> None:
            """Batches mix articles, so the share of segments stands for the share of articles."""
            nonlocal told
            reached = int(share * len(drafts))
            tell(reached - told, tokens)
            told = reached

        made.counts[f"ran_on:{self.translator.engine.runs_on}"] += 1
        translations = self.translator.translate(texts, done=done)
        for (article, name, _), translation in zip(jobs, translations, strict=True):
            self.keep(made, article, name, translation)
        tell(len(drafts) - told, 0)
        return made

    def keep(self, made: Made, article: Article, name: str, translation: Translation | NotTranslated) -> None:
        """Add a translated field as a rendition, or as a failure of the rendition."""
        if self.strict and isinstance(translation, Translation):
            translation = whole(translation)
        if isinstance(translation, NotTranslated):
            made.counts["failed"] += 1
            message = f"{name}: {translation.message}"
            made.failures.append(Failure(article.id, self.name, translation.kind, message, article.where))
            return
        made.counts.update(
            segments=translation.segments, tokens_in=translation.tokens_in, tokens_out=translation.tokens_out
        )
        lineage = f"{name}:{article.language}"
        made.add(
            article,
            Rendition(name, self.language, translation.text, lineage, self.translator.name, translation.flags),
        )

    def jobs(self, draft: Draft, made: Made) -> list[tuple[Article, str, str]]:
        """What is to be translated of a draft; a pair that the model does not know is a failure of the rendition."""
        article = draft.article
        if article.language == self.language:
            return []
        wanted = [(article, name, text) for name in self.fields if (text := draft.find(name, article.language))]
        made.counts["wanted"] += len(wanted)
        if refusal := self.translator.refusal(article.language):
            made.counts["failed"] += len(wanted)
            made.failures.append(Failure(article.id, self.name, "unknown_pair", refusal, article.where))
            return []
        return wanted


def whole(translation: Translation) -> Translation | NotTranslated:
    """The translation, if the model read and wrote it to its end."""
    for flag in translation.flags:
        if flag.check in ("truncated", "unfinished"):
            way_out = "translate.strict_truncation=false keeps such texts, flagged"
            return NotTranslated(flag.check, f"{flag.where}: {flag.detail}; {way_out}")
    return translation


def fields_to_translate(config: DigestConfig) -> list[str]:
    """The fields that translation stages are given: a summary made afterwards needs the text and not the summary."""
    if config.order is Order.summarise_first or "summary" not in config.translate.fields:
        return list(config.translate.fields)
    return list(dict.fromkeys("text" if name == "summary" else name for name in config.translate.fields))


def digest_of(draft: Draft) -> Digest:
    """The end of the street: an article with all its renditions, ordered by language and field."""
    order = sorted(draft.renditions, key=lambda item: (item.language, item.field))
    return Digest(draft.article, tuple(order))
