"""Every configuration dataclass. Types are checked when Hydra composes, values here; below the jobs nobody knows Hydra.

A field marked `metadata=UNPRINTED` does not change what comes out, and so is not part of a run's fingerprint.
"""

from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from functools import cache
from importlib import resources
from typing import Any

UNPRINTED = {"fingerprint": False}
LANGUAGES = ("en", "ru", "kk")
FIELDS = ("title", "standfirst", "summary", "text")
AUTO = "auto"


class ConfigError(ValueError):
    """A value that cannot be: names the key, the value and what is allowed."""

    def __init__(self, key: str, value: object, allowed: str) -> None:
        super().__init__(f"{key}={shown(value)}: {allowed}")


def shown(value: object) -> str:
    """A value as it is typed on the command line."""
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(shown(item) for item in value) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value.value if isinstance(value, Enum) else value)


def _subset(key: str, values: list[str], allowed: tuple[str, ...]) -> None:
    if not values or any(value not in allowed for value in values):
        raise ConfigError(key, values, f"choose one or more of {', '.join(allowed)}")
    if len(set(values)) < len(values):
        raise ConfigError(key, values, "each may be named once")


class Source(Enum):
    """Where articles come from."""

    demo = "demo"
    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"
    pages = "pages"
    hub = "hub"


class Order(Enum):
    """Whether the summary is translated, or the translation summarised."""

    summarise_first = "summarise_first"
    translate_first = "translate_first"


class Device(Enum):
    """Where a model runs; `auto` takes a GPU where there is one."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Family(Enum):
    """Models that are asked for a language in the same words; `jobs/models/families.py` has the words."""

    marian = "marian"
    nllb = "nllb"
    m2m100 = "m2m100"
    madlad = "madlad"


class EngineKind(Enum):
    """What runs a model; `auto` takes the fastest that supports the family."""

    auto = "auto"
    transformers = "transformers"
    ctranslate2 = "ctranslate2"


class ComputeType(Enum):
    """Number formats of CTranslate2: weights, or weights_computation; `auto` takes what is best for device and model."""

    auto = "auto"
    float32 = "float32"
    bfloat16 = "bfloat16"
    float16 = "float16"
    int8_float32 = "int8_float32"
    int8_bfloat16 = "int8_bfloat16"
    int8_float16 = "int8_float16"


class Use(Enum):
    """What the output is for; some licences allow research only."""

    commercial = "commercial"
    research = "research"


@dataclass
class Columns:
    """Names of the source's columns."""

    id: str = "id"
    title: str = "title"
    text: str = "text"
    language: str = "language"
    standfirst: str = "standfirst"
    published: str = "published"
    source: str = "source"
    url: str = "url"


@dataclass
class Hub:
    """A data set of the Hugging Face hub."""

    name: str = ""
    config: str | None = None
    split: str = "train"
    revision: str | None = None


@dataclass
class Articles:
    """What is loaded."""

    kind: Source = Source.demo
    path: str = ""
    columns: Columns = field(default_factory=Columns)
    hub: Hub = field(default_factory=Hub)
    languages: list[str] = field(default_factory=lambda: list(LANGUAGES))
    limit: int | None = None

    def __post_init__(self) -> None:
        _subset("articles.languages", self.languages, LANGUAGES)
        if self.limit is not None and self.limit < 1:
            raise ConfigError("articles.limit", self.limit, "a whole number from 1, or null for all")
        if self.kind not in (Source.demo, Source.hub) and not self.path:
            raise ConfigError("articles.path", '""', f"articles={self.kind.value} needs a file, a folder or a glob")
        if self.kind is Source.hub and not self.hub.name:
            raise ConfigError("articles.hub.name", '""', "articles=hub needs the name of a data set")


@dataclass
class Summariser:
    """How an article becomes a few sentences."""

    name: str = "extractive"
    sentences: int = 3

    def __post_init__(self) -> None:
        if self.sentences < 1:
            raise ConfigError("summariser.sentences", self.sentences, "a whole number from 1")


@dataclass
class Domain:
    """Outside these bounds a translator is flagged as out of its domain; null means no bound."""

    lowest_score: float | None = None
    most_unknown: int | None = None


@dataclass
class Translator:
    """One translation model: which weights, which words it expects, and how it decodes.

    Attributes:
        model: a hub id, a local folder, or `embedded` for the model shipped in the package.
        family: how it is told the languages.
        engine: what runs it.
        compute_type: the number format that CTranslate2 runs it in; Transformers has no choice.
        licence: SPDX name of the weights' licence.
        sources: languages it reads.
        tags: target language -> the token that asks for it; `auto` takes the family's, and a Marian model of one target
            language has an empty one.
        notice: what every reader of its output is told, if anything.
        batch_tokens: tokens a batch may hold, beams counted in; less where an earlier run found out that less fits.
        memory_gb: estimate of the memory that weights in bf16 and one batch take, in GB.
    """

    name: str
    model: str
    family: Family = Family.marian
    engine: EngineKind = EngineKind.auto
    compute_type: ComputeType = ComputeType.auto
    revision: str | None = None
    licence: str = ""
    sources: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    notice: str = ""
    beams: int = 4
    input_limit: int = 512
    output_limit: int = 512
    batch_tokens: int = field(default=8192, metadata=UNPRINTED)
    memory_gb: float | None = field(default=None, metadata=UNPRINTED)
    device: Device = field(default=Device.auto, metadata=UNPRINTED)
    domain: Domain = field(default_factory=Domain)

    def __post_init__(self) -> None:
        for key in ("beams", "input_limit", "output_limit", "batch_tokens"):
            if getattr(self, key) < 1:
                raise ConfigError(f"translator.{key}", getattr(self, key), "a whole number from 1")
        if self.engine is EngineKind.transformers and self.compute_type is not ComputeType.auto:
            raise ConfigError("translator.compute_type", self.compute_type, "for engine=ctranslate2 only; set auto")
        for language, tag in self.tags.items():
            if language not in LANGUAGES:
                raise ConfigError(f"translator.tags.{language}", tag, f"the language is one of {', '.join(LANGUAGES)}")
            if not tag and self.family is not Family.marian:
                raise ConfigError(
                    f"translator.tags.{language}", '""', f"{self.family.value} models need a tag; try auto"
                )

    @property
    def commercial(self) -> bool:
        """Whether the licence allows commercial use."""
        return "NC" not in self.licence.upper().split("-")


@dataclass
class Translate:
    """Which fields of an article are translated.

    Attributes:
        strict_truncation: a text that was not read to its end, or not written to its end, is a failure and no text.
    """

    fields: list[str] = field(default_factory=lambda: ["title", "summary"])
    strict_truncation: bool = False

    def __post_init__(self) -> None:
        _subset("translate.fields", self.fields, FIELDS)


@dataclass
class Outputs:
    """Where versions are written, and how many articles one part holds."""

    root: str = field(default="outputs", metadata=UNPRINTED)
    part_articles: int = 500

    def __post_init__(self) -> None:
        if self.part_articles < 1:
            raise ConfigError("outputs.part_articles", self.part_articles, "a whole number from 1")


@dataclass
class DigestConfig:
    """The whole of `python -m jobs.digest`."""

    articles: Articles = field(default_factory=Articles)
    summariser: Summariser = field(default_factory=Summariser)
    translators: dict[str, Translator] = field(default_factory=dict)
    translate: Translate = field(default_factory=Translate)
    targets: list[str] = field(default_factory=lambda: ["ru", "kk"])
    use: Use = field(default=Use.commercial, metadata=UNPRINTED)
    order: Order = Order.summarise_first
    outputs: Outputs = field(default_factory=Outputs)
    max_failed_fraction: float = field(default=0.05, metadata=UNPRINTED)
    resume: str = field(default="auto", metadata=UNPRINTED)
    dry_run: bool = field(default=False, metadata=UNPRINTED)

    def __post_init__(self) -> None:
        if self.targets:
            _subset("targets", self.targets, LANGUAGES)
        if not 0 <= self.max_failed_fraction <= 1:
            raise ConfigError("max_failed_fraction", self.max_failed_fraction, "a number from 0 to 1")
        for language in self.targets:
            if language not in self.translators:
                raise ConfigError(
                    f"translators.{language}",
                    None,
                    f"targets has {language}; add translator@translators.{language}=demo",
                )
            self._refuse_licence(language, self.translators[language])

    def _refuse_licence(self, language: str, translator: Translator) -> None:
        if self.use is Use.commercial and not translator.commercial:
            raise ConfigError(
                f"translators.{language}",
                translator.name,
                f"its licence {translator.licence} forbids commercial use; set use=research if yours is none, "
                f"or choose translator@translators.{language}=<name>: {', '.join(commercial_presets(language))}",
            )


@cache
def commercial_presets(target: str, source: str | None = None) -> tuple[str, ...]:
    """Translators of `conf/translator` into `target` that are fit for publication and may be used commercially.

    Only those that read `source`, where it is given.
    """
    from omegaconf import OmegaConf

    files = resources.files("jobs.conf").joinpath("translator").iterdir()
    texts = [file.read_text(encoding="utf-8") for file in files if file.name.endswith(".yaml")]
    schema = OmegaConf.structured(Translator)
    presets = [OmegaConf.to_object(OmegaConf.merge(schema, OmegaConf.create(text))) for text in texts]
    fit = [item for item in presets if isinstance(item, Translator) and item.commercial and not item.notice]
    return tuple(sorted(item.name for item in fit if target in item.tags and source in (None, *item.sources)))


def printed(value: Any) -> Any:
    """A configuration as plain values, without the fields that do not change what comes out."""
    if is_dataclass(value) and not isinstance(value, type):
        kept = (item for item in fields(value) if item.metadata.get("fingerprint", True))
        return {item.name: printed(getattr(value, item.name)) for item in kept}
    if isinstance(value, dict):
        return {key: printed(item) for key, item in sorted(value.items())}
    if isinstance(value, (list, tuple)):
        return [printed(item) for item in value]
    return value.value if isinstance(value, Enum) else value
