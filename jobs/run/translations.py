"""The stages that translate into one language, and the one that writes Kazakh in Latin letters."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from jobs.config import LATIN_KAZAKH, DigestConfig, Order
from jobs.models.engine import ModelError
from jobs.records import Article, Failure, Flag, Pair, Rendition
from jobs.run.drafts import Draft, Made, Share, Tell, cut_short
from jobs.text.transliteration import to_latin
from jobs.translate.glossary import Glossary
from jobs.translate.translator import NotTranslated, Translation, Translator
from jobs.trust import selftest
from jobs.trust.checks import article_checker, checker
from jobs.trust.repair import repairer

log = logging.getLogger(__name__)


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
        self.self_test = config.self_test
        self.tested = "skipped"
        self.fallback_tested = "skipped"

    def asked_by(self, drafts: Sequence[Draft]) -> bool:
        """Whether something of the drafts is to be translated."""
        return any(self.jobs(draft, Made()) for draft in drafts)

    def open(self) -> None:
        """Load the model; raises `ModelError` where it, or its fallback, cannot be had or answers with nonsense."""
        fallback = self.translator.fallback
        if fallback and self.directions(fallback):
            with fallback.loaded():
                self.fallback_tested = self.test(fallback)
        self.translator.engine.load()
        self.tested = self.test(self.translator)

    def directions(self, translator: Translator) -> list[str]:
        """The languages from which the self-test asks a model."""
        if not (self.self_test and translator.settings.self_test):
            return []
        return [code for code in self.sources if code != self.language and not translator.refusal(code)]

    def test(self, translator: Translator) -> str:
        """Ask a model a few sentences in each language that it may be given, before a night is spent on it; the outcome."""
        directions = self.directions(translator)
        if not directions:
            return "skipped"
        asked = [(text, source) for source in directions for text in selftest.SENTENCES[source]]
        if complaint := selftest.complaint(asked, self.language, translator.answers(asked)):
            raise ModelError(
                f"{self.name}: {translator.settings.name} failed the self-test: {complaint}; see whether its weights and "
                f"family fit each other and this version of transformers, {translator.way_out()}, "
                "or set self_test=false to go on all the same"
            )
        log.info("%s: %s passed the self-test, from %s", self.name, translator.settings.name, ", ".join(directions))
        return "passed"

    def close(self) -> None:
        """Unload the model."""
        self.translator.engine.close()

    def work(self, drafts: Sequence[Draft], tell: Tell) -> Made:
        """Translate each draft that is not in the target language already."""
        made = Made()
        jobs: list[tuple[Article, str, str]] = []
        for draft in drafts:
            jobs.extend(self.jobs(draft, made))
        unfaithful = {draft.article.id: unfaithful_in(draft) for draft in drafts}
        texts = [(text, self.source(article)) for article, _, text in jobs]
        share = Share(len(drafts), tell)
        if self.translator.fallback:
            self.translator.fallback.ran_on.clear()
        translations = self.checked_by_article(jobs, self.translator.translate(texts, done=share))
        for (article, name, text), translation in zip(jobs, translations, strict=True):
            if isinstance(translation, Translation) and name == "summary":
                translation = replace(translation, flags=(*unfaithful[article.id], *translation.flags))
            self.keep(made, article, name, text, translation)
        if jobs:
            made.counts.update(self.figures())
        share(1.0, 0)
        return made

    def figures(self) -> Counter[str]:
        """What the manifest tells of the models: how the self-test went, and what the fallback ran on where it was asked."""
        found = Counter([f"self_test:{self.tested}"])
        if fallback := self.translator.fallback:
            found[f"fallback:self_test:{self.fallback_tested}"] = 1
            found.update(f"fallback:ran_on:{device}" for device in fallback.ran_on)
        return found

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


@dataclass(slots=True)
class Transliterations:
    """The Kazakh fields of articles in Latin script, whether they were translated or are the article's own."""

    fields: list[str]
    name: str = "transliterations"

    def asked_by(self, drafts: Sequence[Draft]) -> bool:
        """It is always ready."""
        return False

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


def fields_to_translate(config: DigestConfig) -> list[str]:
    """The fields that translation stages are given: a summary made afterwards needs the text and not the summary."""
    if config.order is Order.summarise_first or "summary" not in config.translate.fields:
        return list(config.translate.fields)
    return list(dict.fromkeys("text" if name == "summary" else name for name in config.translate.fields))
