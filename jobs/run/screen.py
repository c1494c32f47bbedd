"""What a person sees while the job runs: a bar per stage on a terminal, else a plain line every ten seconds.

Progress goes to standard error; standard output is kept for the result.
"""

import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

log = logging.getLogger(__name__)
EVERY = 10.0  # seconds between plain lines


@dataclass(slots=True)
class StageProgress:
    """How far one stage is.

    Attributes:
        total: articles to come, or None where that is not known.
    """

    stage: str
    total: int | None
    bar: Progress | None = None
    articles: int = 0
    tokens: int = 0
    started: float = field(default_factory=time.monotonic)
    said: float = field(default_factory=time.monotonic)

    def advance(self, articles: int, tokens: int) -> None:
        """Count articles and tokens that were worked through."""
        self.articles += articles
        self.tokens += tokens
        if self.bar is not None:
            self.bar.update(self.bar.task_ids[0], completed=self.articles, rates=self.rates())
        elif time.monotonic() - self.said > EVERY:
            self.said = time.monotonic()
            print(self.line(), file=sys.stderr, flush=True)

    def rates(self) -> str:
        """Articles and tokens a second so far."""
        seconds = max(time.monotonic() - self.started, 1e-6)
        tokens = f" · {self.tokens / seconds:,.0f} tokens/s" if self.tokens else ""
        return f"{self.articles / seconds:,.1f} articles/s{tokens}"

    def line(self) -> str:
        """One plain line: how many of how many, how fast, how long yet."""
        seconds = time.monotonic() - self.started
        left = ""
        if self.total and 0 < self.articles < self.total:
            left = f", {seconds / self.articles * (self.total - self.articles):.0f} s left"
        of = f" of {self.total:,}" if self.total is not None else ""
        return f"{self.stage}: {self.articles:,}{of} articles, {self.rates()}{left}"

    @contextmanager
    def timed(self) -> Iterator[Counter[str]]:
        """A counter that gets the seconds of the `with` block."""
        counts: Counter[str] = Counter()
        started = time.monotonic()
        yield counts
        counts["seconds"] = round(time.monotonic() - started, 3)  # type: ignore[assignment]  # a fraction, not an int


def output() -> Console:
    """The console for results: as wide as the terminal, and wide enough for the tables where there is none."""
    return Console(width=None if sys.stdout.isatty() else 120)


class Screen:
    """Progress of stages on one console; plain lines where it is no terminal."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)

    @contextmanager
    def stage(self, name: str, total: int | None) -> Iterator[StageProgress]:
        """Show one stage while it runs, and log how it ended."""
        if not self.console.is_terminal:
            progress = StageProgress(name, total)
            yield progress
            print(progress.line(), file=sys.stderr, flush=True)
            log.info(progress.line())
            return
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description:<16}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rates]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.console) as bar:
            bar.add_task(name, total=total, rates="")
            progress = StageProgress(name, total, bar)
            yield progress
            if total is None:
                bar.update(bar.task_ids[0], total=progress.articles, completed=progress.articles)
        log.info(progress.line())
