"""What passes from stage to stage: an article with what was made of it so far, and what one stage adds."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from jobs.records import Article, Failure, Flag, Rendition

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

    def asked_by(self, drafts: Sequence[Draft]) -> bool:
        """Whether the drafts give it something to do, so that it has to be open."""

    def open(self) -> None:
        """Load what the stage needs."""

    def work(self, drafts: Sequence[Draft], tell: Tell) -> Made:
        """Make renditions of the drafts."""

    def close(self) -> None:
        """Give back what `open` took."""


def cut_short(flags: Sequence[Flag]) -> tuple[str, str] | None:
    """Kind and message of the failure that a text is which the model did not read or write to its end."""
    for flag in flags:
        if flag.check in ("truncated", "unfinished"):
            way_out = "translate.strict_truncation=false keeps such texts, flagged"
            return flag.check, f"{flag.where}: {flag.detail}; {way_out}"
    return None
