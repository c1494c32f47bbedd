"""The street: load, summarise, translate, and put together. From top to bottom, in the order an article walks it.

Each stage between the ends takes drafts and makes renditions of them; it knows nothing of parts, markers or resuming.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from jobs.config import LATIN_KAZAKH, ConfigError, DigestConfig, Order, Summariser
from jobs.models.engine import ModelError
from jobs.records import Article, Digest, Failure, Finish, Flag, Pair, Rendition
from jobs.summarise.abstractive import Abstractive
from jobs.summarise.extractive import Extractive
from jobs.summarise.summary import NotSummarised, Summary, Text
from jobs.text.transliteration import to_latin
from jobs.translate.glossary import Glossary, load
from jobs.translate.translator import NotTranslated, Translation, Translator
from jobs.trust.checks import article_checker, checker
from jobs.trust.repair import repairer

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
        counts: by name; `wanted` and `failed` renditions among them.
    """

    renditions: dict[str, list[Rendition]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, article: Article, rendition: Rendition) -> None:
        """Keep a rendition of an article and count its flags and terms."""
        self.renditions.setdefault(article.id, []).append(rendition)
        self.counts["made"] += 1
        self.counts.update(f"flag:{flag.check}" for flag in rendition.flags)
        for use in rendition.terms:
            self.counts[f"term:{'applied' if use.kept else 'missed'}:{use.term} → {use.rendering}"] += 1

    def fail(self, failure: Failure) -> None:
        """Keep and count the failure of a rendition."""
        self.failures.append(failure)
        self.counts["failed"] += 1


class Share:
    """Tells a stage's progress in articles; batches mix articles, so a share of the texts stands for one of articles."""

    def __init__(self, articles: int, tell: Tell) -> None:
        self.articles = articles
        self.tell = tell
        self.told = 0

    def __call__(self, share: float, tokens: int) -> None:
        """A share of all texts is done, and so many tokens more; a smaller share than before tells of tokens alone."""
        reached = max(self.told, int(share * self.articles))
        self.tell(reached - self.told, tokens)
        self.told = reached


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
    summaries = Summaries(config)
    glossary = load(config.glossary)
    translations = [Translations(config, language, glossary) for language in config.translated]
    latin = [Transliterations(config.translate.fields)] if LATIN_KAZAKH in config.targets else []
    if config.order is Order.translate_first:
        return [*translations, summaries, *latin]
    return [summaries, *translations, *latin]


class Summaries:
    """A summary of every full text that there is: the article's own, and its translations where those come first."""

    name = "summaries"

    def __init__(self, config: DigestConfig) -> None:
        self.summariser = summariser_for(config.summariser)
        self.strict = config.translate.strict_truncation

    def open(self) -> None:
        """Load the model, if there is one."""
        self.summariser.load()

    def close(self) -> None:
        """Unload the model, if there is one."""
        self.summariser.close()

    def work(self, drafts: Sequence[Draft], tell: Tell) -> Made:
        """Summarise each draft."""
        made = Made()
        share = Share(len(drafts), tell)
        jobs = [(draft.article, text) for draft in drafts for text in full_texts(draft)]
        summaries = self.summariser.summarise([text for _, text in jobs], done=share)
        for (article, text), summary in zip(jobs, summaries, strict=True):
            self.keep(made, article, text.language, summary)
        share(1.0, 0)
        return made

    def keep(self, made: Made, article: Article, language: str, summary: Summary | NotSummarised) -> None:
        """Add a summary as a rendition, or as a failure of the rendition."""
        made.counts["wanted"] += 1
        if isinstance(summary, Summary) and self.strict and (reason := cut_short(summary.flags)):
            summary = NotSummarised(*reason)
        if isinstance(summary, NotSummarised):
            made.fail(Failure(article.id, self.name, summary.kind, summary.message, article.where))
            return
        if summary.finish is not Finish.CARRIED:
            made.counts.update(
                {f"finish:{summary.finish}": 1},
                tokens_in=summary.tokens_in,
                tokens_kept=summary.tokens_kept,
                tokens_out=summary.tokens_out,
            )
        lineage = f"text:{language}"
        made.add(article, Rendition("summary", language, summary.text, lineage, summary.engine, summary.flags))


def summariser_for(settings: Summariser) -> Extractive | Abstractive:
    """What summarises; a model that is not there is a wrong setting."""
    if not settings.model:
        return Extractive(settings.sentences)
    try:
        return Abstractive(settings)
    except ModelError as error:
        raise ConfigError("summariser", settings.name, str(error)) from None


def full_texts(draft: Draft) -> list[Text]:
    """The text of an article in its own language, and in those that it was translated into."""
    translated = [item.language for item in draft.renditions if item.field == "text"]
    return [
        Text(draft.find("text", language), language, draft.find("title", language))
        for language in (draft.article.language, *translated)
    ]


class Translations:
    """Fields of articles in one target language."""

    def __init__(self, config: DigestConfig, language: str, glossary: Glossary) -> None:
        self.language = language
        self.glossary = glossary
        self.name = f"translations-{language}"
        self.translator = Translator(
            config.translators[language],
            language,
            check=checker(config.checks),
            glossary=glossary,
            ladder=repairer(config.repair),
        )
        self.check_article = article_checker(config.checks)
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
        share = Share(len(drafts), tell)
        translations = self.checked_by_article(jobs, self.translator.translate(texts, done=share))
        for (article, name, text), translation in zip(jobs, translations, strict=True):
            self.keep(made, article, name, text, translation)
        share(1.0, 0)
        return made

    def checked_by_article(
        self, jobs: Sequence[tuple[Article, str, str]], translations: Sequence[Translation | NotTranslated]
    ) -> list[Translation | NotTranslated]:
        """The translations, with the flags of what is only seen in all of an article where the names in question stand."""
        pairs: dict[str, list[Pair]] = {}
        for (article, _, _), translation in zip(jobs, translations, strict=True):
            if isinstance(translation, Translation):
                pairs.setdefault(article.id, []).extend(translation.pairs)
        found = {identity: self.check_article(of_article) for identity, of_article in pairs.items()}
        checked: list[Translation | NotTranslated] = []
        for (article, _, text), translation in zip(jobs, translations, strict=True):
            if isinstance(translation, Translation):
                flags = [flag for flag in found[article.id] if flag.detail.partition(":")[0] in text]
                translation = replace(translation, flags=(*translation.flags, *flags))
            checked.append(translation)
        return checked

    def keep(
        self, made: Made, article: Article, name: str, text: str, translation: Translation | NotTranslated
    ) -> None:
        """Add a translated field as a rendition, or as a failure of the rendition."""
        if isinstance(translation, Translation) and self.strict and (reason := cut_short(translation.flags)):
            translation = NotTranslated(*reason)
        if isinstance(translation, NotTranslated):
            message = f"{name}: {translation.message}"
            made.fail(Failure(article.id, self.name, translation.kind, message, article.where))
            return
        made.counts.update(
            segments=translation.segments, tokens_in=translation.tokens_in, tokens_out=translation.tokens_out
        )
        for repair in translation.repairs:
            by = f":{repair.by}" if repair.outcome == "repaired" else ""
            made.counts.update([f"repair:{repair.outcome}{by}", *(f"repair:tried:{rung}" for rung in repair.tried)])
        terms, _ = self.glossary.check(text, translation.text, article.language, self.language)
        made.add(
            article,
            Rendition(
                name,
                self.language,
                translation.text,
                derived_from=f"{name}:{article.language}",
                engine=self.translator.name,
                flags=translation.flags,
                repaired_by="; ".join(f"{repair.where}: {repair.by}" for repair in translation.repairs if repair.by),
                terms=tuple(terms),
            ),
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


@dataclass(slots=True)
class Transliterations:
    """The Kazakh fields of articles in Latin script, whether they were translated or are the article's own."""

    fields: list[str]
    name: str = "transliterations"

    def open(self) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Nothing to give back."""

    def work(self, drafts: Sequence[Draft], tell: Tell) -> Made:
        """Transliterate each field that there is in Kazakh; what is flagged there is flagged here, and counted once."""
        made = Made()
        for draft in drafts:
            flags = {item.field: item.flags for item in draft.renditions if item.language == "kk"}
            texts = {name: text for name in self.fields if (text := draft.find(name, "kk"))}
            if texts:
                made.renditions[draft.article.id] = [
                    Rendition(name, LATIN_KAZAKH, to_latin(text), f"{name}:kk", "transliteration", flags.get(name, ()))
                    for name, text in texts.items()
                ]
            made.counts.update(wanted=len(texts), made=len(texts))
            tell(1, 0)
        return made


def cut_short(flags: Sequence[Flag]) -> tuple[str, str] | None:
    """Kind and message of the failure that a text is which the model did not read or write to its end."""
    for flag in flags:
        if flag.check in ("truncated", "unfinished"):
            way_out = "translate.strict_truncation=false keeps such texts, flagged"
            return flag.check, f"{flag.where}: {flag.detail}; {way_out}"
    return None


def model_of(stage: Stage) -> Translator | Abstractive | None:
    """The model that a stage runs, if there is one."""
    if isinstance(stage, Translations):
        return stage.translator
    if isinstance(stage, Summaries) and isinstance(stage.summariser, Abstractive):
        return stage.summariser
    return None


def models(stages: Sequence[Stage]) -> dict[str, Translator | Abstractive]:
    """The models that the stages run: translators and fallbacks by their target language, and the one of the summaries."""
    found: dict[str, Translator | Abstractive] = {}
    for stage in stages:
        if model := model_of(stage):
            name = stage.name.removeprefix("translations-")
            found[name] = model
            if isinstance(model, Translator) and model.fallback:
                found[f"{name}.fallback"] = model.fallback
    return found


def fields_to_translate(config: DigestConfig) -> list[str]:
    """The fields that translation stages are given: a summary made afterwards needs the text and not the summary."""
    if config.order is Order.summarise_first or "summary" not in config.translate.fields:
        return list(config.translate.fields)
    return list(dict.fromkeys("text" if name == "summary" else name for name in config.translate.fields))


def digest_of(draft: Draft, targets: Sequence[str]) -> Digest:
    """The end of the street: an article with its renditions in its own language and the targets, ordered."""
    asked = (item for item in draft.renditions if item.language in (draft.article.language, *targets))
    order = sorted(asked, key=lambda item: (item.language, item.field))
    return Digest(draft.article, tuple(order))
