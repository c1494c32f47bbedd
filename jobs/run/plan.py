"""The dry run: what a run would do, counted without generating or writing anything."""

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from rich.table import Table

from jobs.articles.loading import Loader, dataset
from jobs.config import DigestConfig, Model, Translator
from jobs.records import Article, Failure, Rendition
from jobs.run.drafts import Draft, Made, Stage
from jobs.run.screen import output
from jobs.run.stages import model_of
from jobs.run.summaries import Summaries
from jobs.run.translations import Translations
from jobs.summarise.abstractive import Abstractive

CHUNK = 200


def show(config: DigestConfig, files: list[Path], street: Sequence[Stage]) -> None:
    """Load as a run would, count what each model would be given, and print a table.

    What a model would write is not there to be counted for the next one: extractive summaries stand for summaries, and
    texts for their translations.
    """
    loader = Loader(config.articles)
    rows = iter(dataset(config.articles, files))
    found: Counter[str] = Counter()
    reasons: dict[str, str] = {}
    given: dict[str, Counter[str]] = {stage.name: Counter() for stage in street if model_of(stage)}
    while chunk := list(islice(rows, CHUNK)):
        made = [loader.load(item["row"]) for item in chunk]
        drafts = [Draft(item) for item in made if isinstance(item, Article)]
        for item in made:
            if isinstance(item, Failure):
                reasons.setdefault(item.kind, item.message)
        found.update(item.language if isinstance(item, Article) else f"not loaded: {item.kind}" for item in made)
        for stage in street:
            if isinstance(stage, Translations):
                given[stage.name].update(_to_translate(stage, drafts))
                drafts = [_untranslated(stage, draft) for draft in drafts]
            elif isinstance(stage, Summaries):
                if isinstance(stage.summariser, Abstractive):
                    given[stage.name].update(_to_summarise(stage, stage.summariser, drafts))
                drafts = _extracted(stage, drafts)
    _print(files, found, reasons, street, given)


def _extracted(stage: Summaries, drafts: list[Draft]) -> list[Draft]:
    """The drafts with extractive summaries, whatever summarises in a run."""
    summariser = stage.summariser.extractive if isinstance(stage.summariser, Abstractive) else stage.summariser
    made = Made()
    for draft in drafts:
        for text in stage.texts(draft):
            stage.keep(made, draft.article, text.language, summariser.summary(text))
    return [Draft(draft.article, (*draft.renditions, *made.renditions.get(draft.article.id, ()))) for draft in drafts]


def _untranslated(stage: Translations, draft: Draft) -> Draft:
    """A draft with the texts that a stage would translate, as if they were the translations."""
    made = [
        Rendition(name, stage.language, text, f"{name}:{stage.source(article)}", stage.name)
        for article, name, text in stage.jobs(draft, Made())
    ]
    return Draft(draft.article, (*draft.renditions, *made))


def _to_summarise(stage: Summaries, model: Abstractive, drafts: Sequence[Draft]) -> Counter[str]:
    """Texts and tokens that a summarisation model would be given; the other texts are not for this model."""
    texts = [text for draft in drafts for text in stage.texts(draft)]
    lengths = [model.count([text.text], text.language)[0] for text in texts]
    read = [length for text, length in zip(texts, lengths, strict=True) if not model.refusal(text, length)]
    return Counter(
        texts=len(texts),
        segments=len(read),
        tokens=sum(read),
        over=sum(length > model.engine.input_limit for length in read),
        refused=len(texts) - len(read),
    )


def _to_translate(stage: Translations, drafts: Sequence[Draft]) -> Counter[str]:
    """Texts, segments and tokens that a translation stage would be given."""
    refused = Made()
    texts = [(text, stage.source(article)) for draft in drafts for article, _, text in stage.jobs(draft, refused)]
    lengths = [length for counts in stage.translator.count(texts) for length in counts]
    limit = stage.translator.engine.input_limit
    return Counter(
        texts=len(texts),
        segments=len(lengths),
        tokens=sum(lengths),
        over=sum(length > limit for length in lengths),
        refused=int(refused.counts["failed"]),
    )


def _print(
    files: list[Path],
    found: Counter[str],
    reasons: dict[str, str],
    street: Sequence[Stage],
    given: dict[str, Counter[str]],
) -> None:
    console = output()
    console.print(f"Dry run: nothing is generated or written. {len(files)} input files.")
    articles = Table("articles", "number")
    for kind, number in sorted(found.items()):
        articles.add_row(kind, f"{number:,}")
    console.print(articles)
    for kind, reason in sorted(reasons.items()):
        print(f"{kind}, the first: {reason}", flush=True)
    table = Table("stage", "model", "GB", "texts", "segments", "tokens in", "over the limit", "not for this model")
    for column in table.columns[2:]:
        column.justify = "right"
    for stage in street:
        if model := model_of(stage):
            settings, counts = model.settings, given[stage.name]
            numbers = (f"{counts[key]:,}" for key in ("texts", "segments", "tokens", "over", "refused"))
            table.add_row(stage.name, settings.name, _memory(settings), *numbers)
            if isinstance(settings, Translator) and settings.fallback:
                table.add_row("", f"{settings.fallback.name}, where needed", _memory(settings.fallback))
    console.print(table)


def _memory(model: Model) -> str:
    return "" if model.memory_gb is None else f"about {model.memory_gb:g}"
