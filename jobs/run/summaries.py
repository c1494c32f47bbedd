"""The stage that summarises every full text that there is."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from jobs.config import ConfigError, DigestConfig, Summariser
from jobs.models.engine import ModelError
from jobs.records import Article, Failure, Finish, Flag, Ladder, Pair, Rendition
from jobs.run.drafts import Draft, Made, Share, Tell, cut_short
from jobs.summarise.abstractive import Abstractive
from jobs.summarise.extractive import Extractive
from jobs.summarise.summary import NotSummarised, Summary, Text
from jobs.trust.checks import summary_checker
from jobs.trust.repair import repairer


class Summaries:
    """A summary of every full text that there is: the article's own, and its translations where those come first."""

    name = "summaries"

    def __init__(self, config: DigestConfig) -> None:
        self.summariser = summariser_for(config.summariser, summary_checker(config.checks), repairer(config.repair))
        self.pivots = config.summariser.pivots
        self.strict = config.translate.strict_truncation

    def asked_by(self, drafts: Sequence[Draft]) -> bool:
        """Whether there is a text that a model summarises; choosing sentences takes none."""
        if not isinstance(self.summariser, Abstractive):
            return False
        known = self.summariser.settings.languages
        return any(text.language in known for draft in drafts for text in self.texts(draft))

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
    settings: Summariser, check: Callable[[Pair], list[Flag]], ladder: Ladder
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
