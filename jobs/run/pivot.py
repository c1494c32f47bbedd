"""The stages on either side of the summaries, for articles in a language that the summariser does not know."""

from collections.abc import Sequence
from dataclasses import replace

from jobs.config import ConfigError, DigestConfig
from jobs.records import Article, Flag, Rendition, Severity
from jobs.run.drafts import Draft, Made, Tell
from jobs.run.translations import Translations
from jobs.summarise.extractive import Extractive
from jobs.summarise.summary import Text
from jobs.translate.glossary import Glossary
from jobs.translate.translator import NotTranslated, Translation, Translator


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
