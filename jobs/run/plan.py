"""The dry run: what a run would do, counted without generating or writing anything."""

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from rich.table import Table

from jobs.articles.loading import Loader, dataset
from jobs.config import DigestConfig
from jobs.records import Article
from jobs.run.screen import output
from jobs.run.stages import Draft, Made, Stage, Translations

CHUNK = 200


def show(config: DigestConfig, files: list[Path], street: Sequence[Stage]) -> None:
    """Load and summarise as a run would, count what each model would be given, and print a table."""
    loader = Loader(config.articles)
    rows = iter(dataset(config.articles, files))
    found: Counter[str] = Counter()
    translated: dict[str, Counter[str]] = {stage.name: Counter() for stage in street if isinstance(stage, Translations)}
    while chunk := list(islice(rows, CHUNK)):
        made = [loader.load(item["row"]) for item in chunk]
        drafts = [Draft(item) for item in made if isinstance(item, Article)]
        found.update(item.language if isinstance(item, Article) else f"not loaded: {item.kind}" for item in made)
        for stage in street:
            if isinstance(stage, Translations):
                translated[stage.name].update(_counted(stage, drafts))
            else:
                drafts = _with(drafts, stage.work(drafts, lambda articles, tokens: None))
    _print(config, files, found, translated)


def _with(drafts: list[Draft], made: Made) -> list[Draft]:
    return [Draft(draft.article, (*draft.renditions, *made.renditions.get(draft.article.id, ()))) for draft in drafts]


def _counted(stage: Translations, drafts: Sequence[Draft]) -> Counter[str]:
    """Texts, segments and tokens that a translation stage would be given."""
    refused = Made()
    texts = [(text, article.language) for draft in drafts for article, _, text in stage.jobs(draft, refused)]
    lengths = [length for counts in stage.translator.count(texts) for length in counts]
    limit = stage.translator.engine.input_limit
    return Counter(
        texts=len(texts),
        segments=len(lengths),
        tokens=sum(lengths),
        over=sum(length > limit for length in lengths),
        refused=int(refused.counts["failed"]),
    )


def _print(config: DigestConfig, files: list[Path], found: Counter[str], translated: dict[str, Counter[str]]) -> None:
    console = output()
    console.print(f"Dry run: nothing is generated or written. {len(files)} input files.")
    articles = Table("articles", "number")
    for kind, number in sorted(found.items()):
        articles.add_row(kind, f"{number:,}")
    console.print(articles)
    table = Table("stage", "model", "GB", "texts", "segments", "tokens in", "over the limit", "not translatable")
    for column in table.columns[2:]:
        column.justify = "right"
    for name, counts in translated.items():
        model = config.translators[name.removeprefix("translations-")]
        memory = "" if model.memory_gb is None else f"about {model.memory_gb:g}"
        table.add_row(
            name,
            model.name,
            memory,
            *(f"{counts[key]:,}" for key in ("texts", "segments", "tokens", "over", "refused")),
        )
    console.print(table)
