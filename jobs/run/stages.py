"""The street: load, summarise, translate, and put together. From top to bottom, in the order an article walks it.

Each stage between the ends takes drafts and makes renditions of them; it knows nothing of parts, markers or resuming.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from jobs.config import LATIN_KAZAKH, ConfigError, DigestConfig, Order, Summariser
from jobs.models.engine import ModelError
from jobs.records import Article, Digest, Failure, Finish, Flag, Pair, Rendition, Severity
from jobs.summarise.abstractive import Abstractive
from jobs.summarise.extractive import Extractive
from jobs.summarise.summary import NotSummarised, Summary, Text
from jobs.text.transliteration import to_latin
from jobs.translate.glossary import Glossary, load
from jobs.translate.translator import NotTranslated, Translation, Translator
from jobs.trust import selftest
from jobs.trust.checks import article_checker, checker, summary_checker
from jobs.trust.repair import Repairer, repairer

log = logging.getLogger(__name__)
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
        rendition = self.rendition(name, language)
        return rendition.text if rendition else ""

    def rendition(self, name: str, language: str) -> Rendition | None:
        """What an earlier stage made of a field in a language, if anything."""
        fitting = (item for item in self.renditions if (item.field, item.language) == (name, language))
        return next(fitting, None)


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

    def count_repair(self, by: str, tried: Sequence[str], outcome: str) -> None:
        """Count what the repair ladder did about one text."""
        repaired_by = f":{by}" if outcome == "repaired" else ""
        self.counts.update([f"repair:{outcome}{repaired_by}", *(f"repair:tried:{rung}" for rung in tried)])

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
    pivots = config.summariser.pivots
    summarised: list[Stage] = [
        *(IntoPivot(config, language, glossary) for language in dict.fromkeys(pivots.values())),
        summaries,
        *(OutOfPivot(config, language, glossary) for language in pivots),
    ]
    translations = [Translations(config, language, glossary) for language in config.translated]
    latin = [Transliterations(config.translate.fields)] if LATIN_KAZAKH in config.targets else []
    if config.order is Order.translate_first:
        return [*translations, *summarised, *latin]
    return [*summarised, *translations, *latin]


class Summaries:
    """A summary of every full text that there is: the article's own, and its translations where those come first."""

    name = "summaries"

    def __init__(self, config: DigestConfig) -> None:
        self.summariser = summariser_for(config.summariser, summary_checker(config.checks), repairer(config.repair))
        self.pivots = config.summariser.pivots
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
        jobs = [(draft, text) for draft in drafts for text in self.texts(draft)]
        summaries = self.summariser.summarise([text for _, text in jobs], done=share)
        for (draft, text), summary in zip(jobs, summaries, strict=True):
            if isinstance(summary, Summary):
                summary = replace(summary, flags=(*summary.flags, *untranslated(draft, text.language, summary.text)))
            self.keep(made, draft.article, text.language, summary)
        share(1.0, 0)
        return made

    def texts(self, draft: Draft) -> list[Text]:
        """The texts of an article that are summarised; its own is not where it was translated into a pivot language."""
        own = draft.article.language
        pivot = self.pivots.get(own)
        languages = [own, *(item.language for item in draft.renditions if item.field == "text" and item.text)]
        return [
            Text(draft.find("text", language), language, draft.find("title", language))
            for language in languages
            if language != own or pivot not in languages
        ]

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
        if summary.outcome:
            made.count_repair(summary.repaired_by, summary.tried, summary.outcome)
        origin = (f"text:{language}", summary.engine, summary.flags, summary.repaired_by)
        made.add(article, Rendition("summary", language, summary.text, *origin))


def summariser_for(
    settings: Summariser, check: Callable[[Pair], list[Flag]], ladder: Repairer
) -> Extractive | Abstractive:
    """What summarises; a model that is not there is a wrong setting.

    Args:
        settings: the model, if there is one.
        check: of what a model writes; sentences of the article need none.
        ladder: what is done about what it finds.
    """
    if not settings.model:
        return Extractive(settings.sentences)
    try:
        return Abstractive(settings, check=check, ladder=ladder)
    except ModelError as error:
        raise ConfigError("summariser", settings.name, str(error)) from None


def untranslated(draft: Draft, language: str, summary: str) -> list[Flag]:
    """Sentences of a translated text that were left in its source language and stand in its summary."""
    texts = (item for item in draft.renditions if (item.field, item.language) == ("text", language))
    flags = (flag for item in texts for flag in item.flags if flag.check == "untranslated")
    return [replace(flag, where="summary") for flag in flags if flag.detail in " ".join(summary.split())]


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
        self.sources = config.articles.languages
        self.self_test = config.self_test and self.translator.settings.self_test
        self.tested = "skipped"

    def open(self) -> None:
        """Load the model; raises `ModelError` where it cannot be had, or answers with nonsense."""
        self.translator.engine.load()
        if self.self_test:
            self.test()

    def test(self) -> None:
        """Ask the model a few sentences in each language that it may be given, before a night is spent on it."""
        directions = [code for code in self.sources if code != self.language and not self.translator.refusal(code)]
        asked = [(text, source) for source in directions for text in selftest.SENTENCES[source]]
        made = self.translator.answers(asked)
        if complaint := selftest.complaint(asked, self.language, made):
            raise ModelError(
                f"{self.name}: {self.translator.settings.name} failed the self-test: {complaint}; see whether its weights and "
                f"family fit each other and this version of transformers, {self.translator.way_out()}, "
                "or set self_test=false to go on all the same"
            )
        if directions:
            self.tested = "passed"
            log.info("%s: self-test passed, from %s", self.name, ", ".join(directions))

    def close(self) -> None:
        """Unload the model."""
        self.translator.engine.close()

    def work(self, drafts: Sequence[Draft], tell: Tell) -> Made:
        """Translate each draft that is not in the target language already."""
        made = Made(counts=Counter({f"self_test:{self.tested}": 1}))
        jobs: list[tuple[Article, str, str]] = []
        for draft in drafts:
            jobs.extend(self.jobs(draft, made))
        unfaithful = {draft.article.id: unfaithful_in(draft) for draft in drafts}
        texts = [(text, self.source(article)) for article, _, text in jobs]
        share = Share(len(drafts), tell)
        translations = self.checked_by_article(jobs, self.translator.translate(texts, done=share))
        for (article, name, text), translation in zip(jobs, translations, strict=True):
            if isinstance(translation, Translation) and name == "summary":
                translation = replace(translation, flags=(*unfaithful[article.id], *translation.flags))
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
        source = self.source(article)
        for repair in translation.repairs:
            made.count_repair(repair.by, repair.tried, repair.outcome)
        terms, _ = self.glossary.check(text, translation.text, source, self.language)
        made.add(
            article,
            Rendition(
                name,
                self.language,
                translation.text,
                derived_from=f"{name}:{source}",
                engine=self.translator.name,
                flags=translation.flags,
                repaired_by="; ".join(f"{repair.where}: {repair.by}" for repair in translation.repairs if repair.by),
                terms=tuple(terms),
            ),
        )

    def jobs(self, draft: Draft, made: Made) -> list[tuple[Article, str, str]]:
        """What is to be translated of a draft, and is not there yet.

        A pair that the model does not know is a failure of the rendition.
        """
        article = draft.article
        if not self.wants(article):
            return []
        source = self.source(article)
        missing = (name for name in self.fields if not draft.find(name, self.language))
        wanted = [(article, name, text) for name in missing if (text := draft.find(name, source))]
        made.counts["wanted"] += len(wanted)
        if wanted and (refusal := self.translator.refusal(source)):
            made.counts["failed"] += len(wanted)
            made.failures.append(Failure(article.id, self.name, "unknown_pair", refusal, article.where))
            return []
        return wanted

    def wants(self, article: Article) -> bool:
        """Whether fields of an article are translated here."""
        return article.language != self.language

    def source(self, article: Article) -> str:
        """The language that an article is translated from."""
        return article.language


class IntoPivot(Translations):
    """The articles that are summarised in this language, since the summariser does not know theirs."""

    def __init__(self, config: DigestConfig, language: str, glossary: Glossary) -> None:
        super().__init__(config, language, glossary)
        self.name = f"pivot-{language}"
        self.fields = ["title", "text"]
        self.sources = [source for source, pivot in config.summariser.pivots.items() if pivot == language]
        for source in self.sources:
            refuse_pivot(self.translator, source, f"summariser.pivot.{source}", language)

    def wants(self, article: Article) -> bool:
        """Those whose language has this pivot."""
        return article.language in self.sources


class OutOfPivot(Translations):
    """The summaries of articles in this language, back from the pivot language in which they were written.

    Where none comes back, the summary is made of the article's own sentences.
    """

    def __init__(self, config: DigestConfig, language: str, glossary: Glossary) -> None:
        super().__init__(config, language, glossary)
        self.name = f"pivot-{language}"
        self.fields = ["summary"]
        self.pivot = config.summariser.pivots[language]
        self.sources = [self.pivot]
        self.extractive = Extractive(config.summariser.sentences)
        refuse_pivot(self.translator, self.pivot, f"summariser.pivot.{language}", self.pivot)

    def wants(self, article: Article) -> bool:
        """Those in this language."""
        return article.language == self.language

    def source(self, article: Article) -> str:
        """The pivot language."""
        return self.pivot

    def work(self, drafts: Sequence[Draft], tell: Tell) -> Made:
        """Translate the summaries, and write down beside each on which way it came."""
        made = super().work(drafts, tell)
        for draft in drafts:
            if not self.wants(draft.article) or draft.find("summary", self.language):
                continue
            if found := made.renditions.get(draft.article.id):
                made.renditions[draft.article.id] = [
                    replace(item, flags=(*self.way(draft), *item.flags)) for item in found
                ]
                made.counts["flag:pivot"] += 1
            else:
                made.add(draft.article, self.own_sentences(draft.article))
        return made

    def keep(
        self, made: Made, article: Article, name: str, text: str, translation: Translation | NotTranslated
    ) -> None:
        """Add a summary that came back whole; where a part of it did not, the article's own sentences are better."""
        flags = translation.flags if isinstance(translation, Translation) else ()
        if lost := next((flag for flag in flags if flag.check in ("untranslated", "empty")), None):
            translation = NotTranslated(lost.check, f"{lost.where}: {lost.detail}")
        super().keep(made, article, name, text, translation)

    def jobs(self, draft: Draft, made: Made) -> list[tuple[Article, str, str]]:
        """The summary in the pivot language, unless it is made of sentences or not all in that language: the own are better."""
        summary = draft.rendition("summary", self.pivot)
        if summary and not {flag.check for flag in summary.flags} & {"extractive", "untranslated"}:
            return super().jobs(draft, made)
        return []

    def way(self, draft: Draft) -> list[Flag]:
        """What is to be known of a summary in the pivot language, which need not be among the targets."""
        text, summary = draft.rendition("text", self.pivot), draft.rendition("summary", self.pivot)
        if text is None or summary is None:
            return []
        errors = sum(flag.severity is Severity.ERROR for flag in text.flags)
        doubt = f" (errors flagged: {errors})" if errors else ""
        detail = (
            f"translated into {self.pivot} by {text.engine}{doubt}, summarised by {summary.engine}, translated back"
        )
        return [Flag("pivot", Severity.NOTE, "summary", detail), *summary.flags]

    def own_sentences(self, article: Article) -> Rendition:
        """The summary that an article has without a pivot."""
        reason = f"no summary came back from {self.pivot}"
        made = self.extractive.instead(Text(article.text, article.language, article.title), reason)
        return Rendition("summary", article.language, made.text, f"text:{article.language}", made.engine, made.flags)


def refuse_pivot(translator: Translator, source: str, key: str, pivot: str) -> None:
    """Refuse a pivot that a translator cannot serve, before anything is spent."""
    if refusal := translator.refusal(source):
        raise ConfigError(key, pivot, refusal)


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


def unfaithful_in(draft: Draft) -> list[Flag]:
    """What an article's own summary states without the article; its translations state it too."""
    own = draft.rendition("summary", draft.article.language)
    return [flag for flag in own.flags if flag.check == "faithful"] if own else []


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


def fields_shown(config: DigestConfig) -> list[str]:
    """The fields that a digest has in the target languages."""
    made_afterwards = ["summary"] if config.order is Order.translate_first else []
    return [*fields_to_translate(config), *made_afterwards]


def digest_of(draft: Draft, targets: Sequence[str], fields: Sequence[str]) -> Digest:
    """The end of the street: an article with its renditions in its own language, and fields in the targets, ordered."""
    asked = (
        item
        for item in draft.renditions
        if item.language == draft.article.language or (item.language in targets and item.field in fields)
    )
    order = sorted(asked, key=lambda item: (item.language, item.field))
    return Digest(draft.article, tuple(order))
