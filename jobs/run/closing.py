"""The end of a run: the views, the manifest, the marks of success, and what the screen says."""

import logging
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from jobs.config import TARGETS, DigestConfig
from jobs.models.engines import kind_of
from jobs.run import stages
from jobs.run.screen import output
from jobs.run.walk import Walk
from jobs.versions import files, folder, manifest, parts, tables
from jobs.views import readable

log = logging.getLogger(__name__)


@contextmanager
def logged(version: Path) -> Iterator[None]:
    """Keep the log of the run in the version's `run.log`."""
    handler = logging.FileHandler(version / "run.log", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("jobs")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    except BaseException as error:
        logger.error("stopped: %s", str(error) or type(error).__name__)
        raise
    finally:
        logger.removeHandler(handler)
        handler.close()


def close(walk: Walk, identity: dict[str, Any]) -> bool:
    """Write views and manifest, mark the version, and show it; whether few enough failed."""
    counts = walk.counts()
    notices = notices_of(walk.config)
    shown = [code for code in TARGETS if code in {*walk.config.targets, *walk.config.articles.languages}]
    readable.write(walk.version, map(tables.digest_of, walk.digests()), shown, notices)
    fraction = manifest.failed_fraction(counts)
    good = fraction <= walk.config.max_failed_fraction
    if good:
        folder.succeed(walk.version, lambda: _write_manifest(walk, identity, counts, notices, "success"))
    else:
        _write_manifest(walk, identity, counts, notices, "too_many_failures")
    log.info("%s; failed at worst %.2f %%", "success" if good else "too many failures", 100 * fraction)
    _show(walk, counts, notices)
    if not counts["articles"]["rows"]:
        given = walk.config.articles.path or walk.config.articles.hub.name
        print(
            f"tolmach digest: there was no row in {given}; see whether it is the right one", file=sys.stderr, flush=True
        )
    if not good:
        allowed = walk.config.max_failed_fraction
        Console(stderr=True, soft_wrap=True).print(
            f"[red]{fraction:.1%} failed, more than max_failed_fraction={allowed}[/red]; "
            f"see {walk.version}/failures; everything that was made is kept, without _SUCCESS"
        )
    print(walk.version, flush=True)
    return good


def notices_of(config: DigestConfig) -> list[str]:
    """What every reader of this configuration's output has to be told."""
    translators = [config.translators[language] for language in config.needed]
    used = [config.summariser, *translators, *(item.fallback for item in translators if item.fallback)]
    found = {model.notice for model in used}
    return sorted(notice for notice in found if notice)


def _write_manifest(
    walk: Walk, identity: dict[str, Any], counts: Mapping[str, Counter[str]], notices: list[str], status: str
) -> None:
    failures = Counter(f"{item.stage}: {item.kind}" for item in parts.failures_of(walk.version))
    figures = {name: _figures(counts, name) for name in stages.models(walk.stages)}
    models = {
        name: {
            "name": model.settings.name,
            "engine": kind_of(model.settings, model.checkpoint).value,
            "ran_on": manifest.by_prefix(figures[name], "ran_on:"),
            "self_test": manifest.by_prefix(figures[name], "self_test:"),
            "model": model.settings.model,
            "revision": model.checkpoint.revision,
            "licence": model.settings.licence,
            "notice": model.settings.notice,
        }
        for name, model in stages.models(walk.stages).items()
    }
    files.write_json(
        walk.version / "manifest.json",
        {
            "status": status,
            "notices": notices,
            "fingerprint": walk.fingerprint,
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "attempts": len(list((walk.version / "attempts").iterdir())),
            **manifest.environment(),
            "peak_memory_mib": manifest.peak_memory_mib(),
            "models": models,
            "stages": {name: manifest.stage_figures(figures) for name, figures in counts.items()},
            "failures": dict(sorted(failures.items())),
            "flags": manifest.flags(counts),
            "terms": manifest.terms(counts),
            "repairs": manifest.repairs(counts),
            "identity": identity,
        },
    )


def _figures(counts: Mapping[str, Counter[str]], model: str) -> Mapping[str, float]:
    """What the stage of a model counted; that of a fallback counts for both."""
    stage, _, fallback = model.partition(".")
    found = counts.get(stage, counts.get(f"translations-{stage}", Counter()))
    return manifest.by_prefix(found, "fallback:") if fallback else found


def _show(walk: Walk, counts: Mapping[str, Counter[str]], notices: list[str]) -> None:
    """The table of counts, and the first digest as a sample."""
    console = output()
    table = Table("stage", "articles", "failed", "segments", "tokens", "seconds", "tokens/s", title="What was done")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, figures in counts.items():
        told = manifest.stage_figures(figures)
        tokens = int(told.get("tokens_in", 0) + told.get("tokens_out", 0))
        table.add_row(
            name,
            f"{int(told.get('articles', 0)):,}",
            f"{int(told.get('failed', 0)):,}",
            *(f"{int(number):,}" if number else "" for number in (told.get("segments"), tokens)),
            f"{told['seconds']:.1f}",
            f"{told['tokens_per_second']:,.0f}" if "tokens_per_second" in told else "",
        )
    console.print(table)
    for name, number in manifest.flags(counts).items():
        console.print(f"flagged {name}: {number:,}")
    first = next(map(tables.digest_of, walk.digests()), None)
    if first is not None:
        for notice in notices:
            console.print(f"[bold red]{notice}[/bold red]")
        for language in TARGETS:
            if text := readable.entry(first, language):
                console.print(Markdown(text))
