"""The street: load, summarise, translate, and put together. From top to bottom, in the order an article walks it.

Each stage between the ends takes drafts and makes renditions of them; it knows nothing of parts, markers or resuming.
"""

from collections.abc import Sequence

from jobs.config import LATIN_KAZAKH, DigestConfig, Order
from jobs.records import Digest
from jobs.run.drafts import Draft, Stage
from jobs.run.pivot import IntoPivot, OutOfPivot
from jobs.run.summaries import Summaries
from jobs.run.translations import Translations, Transliterations, fields_to_translate
from jobs.summarise.abstractive import Abstractive
from jobs.translate.glossary import load
from jobs.translate.translator import Translator


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


def digest_of(draft: Draft, targets: Sequence[str], fields: Sequence[str]) -> Digest:
    """The end of the street: an article with its renditions in its own language, and fields in the targets, ordered."""
    asked = (
        item
        for item in draft.renditions
        if item.language == draft.article.language or (item.language in targets and item.field in fields)
    )
    order = sorted(asked, key=lambda item: (item.language, item.field))
    return Digest(draft.article, tuple(order))


def fields_shown(config: DigestConfig) -> list[str]:
    """The fields that a digest has in the target languages."""
    made_afterwards = ["summary"] if config.order is Order.translate_first else []
    return [*fields_to_translate(config), *made_afterwards]


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
