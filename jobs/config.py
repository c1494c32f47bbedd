"""Every configuration dataclass. Types are checked when Hydra composes, values here; below the jobs nobody knows Hydra.

A field marked `metadata=UNPRINTED` does not change what comes out, and so is not part of a run's fingerprint.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from functools import cache
from importlib import resources
from typing import Any, TypeVar
from urllib.parse import urlsplit

UNPRINTED = {"fingerprint": False}
LANGUAGES = ("en", "ru", "kk")
LATIN_KAZAKH = "kk-Latn"
TARGETS = (*LANGUAGES, LATIN_KAZAKH)
FIELDS = ("title", "standfirst", "summary", "text")
AUTO = "auto"
UNKNOWN = "unknown"
HIDDEN = "…"


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
    chat = "chat"
    hunyuan = "hunyuan"
    translate_gemma = "translate_gemma"


class SummaryFamily(Enum):
    """Summarisers that are given a text in the same way; `jobs/models/families.py` has the ways."""

    bart = "bart"
    pegasus = "pegasus"
    led = "led"
    mt5 = "mt5"
    mbart = "mbart"
    t5 = "t5"
    chat = "chat"


# A server is asked in words, and can be told nothing of tokens.
SERVED = (Family.chat, Family.hunyuan, SummaryFamily.chat)


class Long(Enum):
    """How an article is summarised that is longer than the summariser reads."""

    select = "select"
    chunks = "chunks"


class EngineKind(Enum):
    """What runs a model; `auto` takes the fastest that supports the family."""

    auto = "auto"
    transformers = "transformers"
    ctranslate2 = "ctranslate2"
    server = "server"


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


class Level(Enum):
    """How much the findings of a check matter; `off` does not run it."""

    error = "error"
    warning = "warning"
    note = "note"
    off = "off"


class Rung(Enum):
    """A step of the repair ladder; `jobs/trust/repair.py` has the ladder; the translator and the summariser have the steps."""

    hypotheses = "hypotheses"
    glossary = "glossary"
    split = "split"
    decoding = "decoding"
    fallback = "fallback"


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
        if self.kind in (Source.demo, Source.hub) and self.path:
            others = ", ".join(kind.value for kind in Source if kind not in (Source.demo, Source.hub))
            raise ConfigError(
                "articles.path", self.path, f"articles={self.kind.value} reads no file; add articles=<kind>: {others}"
            )
        if self.kind is not Source.hub and self.hub.name:
            raise ConfigError("articles.hub.name", self.hub.name, "add articles=hub, which reads it")


@dataclass
class Server:
    """An OpenAI-compatible server that runs the model.

    Attributes:
        url: of its API, such as `http://gpu7:8000/v1`.
        key_variable: environment variable that holds the key, where the server wants one.
        concurrency: requests that may be under way at a time.
        timeout_s: seconds that one request may take.
        retries: how often a request is sent again after 429, 5xx, a timeout or a broken connection.
        tokenizer: hub id or folder of the model's tokenizer, to count tokens with; else they are estimated by characters.
        no_thinking: whether the server is told that the model shall not think aloud; not every server understands it.
    """

    url: str = field(default="http://127.0.0.1:8000/v1", metadata=UNPRINTED)
    key_variable: str = field(default="OPENAI_API_KEY", metadata=UNPRINTED)
    concurrency: int = field(default=16, metadata=UNPRINTED)
    timeout_s: float = field(default=300.0, metadata=UNPRINTED)
    retries: int = field(default=6, metadata=UNPRINTED)
    tokenizer: str | None = None
    no_thinking: bool = False

    def __post_init__(self) -> None:
        url = urlsplit(self.url)
        # A key that stands in the wrong place is not repeated, since messages are logged.
        if url.username or url.password or url.query:
            raise ConfigError("server.url", HIDDEN, "no key in it; server.key_variable names where it is")
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ConfigError("server.url", self.url, "an address such as http://127.0.0.1:8000/v1")
        if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", self.key_variable):
            raise ConfigError("server.key_variable", HIDDEN, "the name of an environment variable, in capital letters")
        for key, least in (("concurrency", 1), ("retries", 0)):
            if getattr(self, key) < least:
                raise ConfigError(f"server.{key}", getattr(self, key), f"a whole number from {least}")
        if self.timeout_s <= 0:
            raise ConfigError("server.timeout_s", self.timeout_s, "a number above 0")


@dataclass
class Model:
    """A model of the catalogue: which weights, and how it decodes.

    Attributes:
        model: a hub id, a local folder, or `embedded` for the model shipped in the package.
        engine: what runs it.
        licence: SPDX name of the weights' licence, or `unknown`.
        notice: what every reader of its output is told, if anything.
        input_limit: tokens that it is given; output_limit and output_minimum: tokens that it writes.
        length_penalty: exponent of the length that a beam's score is divided by; above 1 favours longer answers.
        no_repeat_ngram: no answer has a sequence of so many tokens twice; 0 allows all.
        batch_tokens: tokens a batch may hold, beams counted in; less where an earlier run found out that less fits.
        memory_gb: estimate of the memory that weights in bf16 and one batch take, in GB.
        server: where the model is, for `engine=server`; `model` is then the name that it has there, or `auto` for the only
            one.
    """

    name: str
    model: str
    engine: EngineKind = EngineKind.auto
    revision: str | None = None
    licence: str = ""
    notice: str = ""
    beams: int = 4
    input_limit: int = 512
    output_limit: int = 512
    output_minimum: int = 0
    length_penalty: float = 1.0
    no_repeat_ngram: int = 0
    batch_tokens: int = field(default=8192, metadata=UNPRINTED)
    memory_gb: float | None = field(default=None, metadata=UNPRINTED)
    device: Device = field(default=Device.auto, metadata=UNPRINTED)
    server: Server = field(default_factory=Server)

    def __post_init__(self) -> None:
        lowest = dict.fromkeys(("beams", "input_limit", "output_limit", "batch_tokens"), 1)
        for key, least in {**lowest, "output_minimum": 0, "no_repeat_ngram": 0}.items():
            if getattr(self, key) < least:
                raise ConfigError(f"{self.kind}.{key}", getattr(self, key), f"a whole number from {least}")

    def _refuse_served(self, family: Enum) -> None:
        if self.engine is not EngineKind.server:
            return
        if family not in SERVED:
            raise ConfigError(
                f"{self.kind}.family", family, "engine=server needs a family of chat models; set family=chat"
            )
        for item in fields(Model):
            value = getattr(self, item.name)
            if item.name in ("output_minimum", "length_penalty", "no_repeat_ngram") and value != item.default:
                raise ConfigError(
                    f"{self.kind}.{item.name}", value, f"a server is not asked for it; set {item.default}"
                )

    @property
    def kind(self) -> str:
        """What the command line calls models of this kind."""
        return type(self).__name__.lower()

    @property
    def commercial(self) -> bool:
        """Whether the licence allows commercial use."""
        return "NC" not in self.licence.upper().split("-")


@dataclass
class Pivot:
    """For each language: another one into which its articles are translated to be summarised, and their summaries back."""

    en: str | None = None
    ru: str | None = None
    kk: str | None = None


@dataclass
class Summariser(Model):
    """How an article becomes a few sentences: by choosing them, or with a model that writes them.

    Attributes:
        model: empty where sentences are chosen.
        family: how it is given a text.
        languages: that it reads and writes.
        sentences: how many are chosen, where sentences are chosen; the most that a chat model is asked for.
        long: what is done with an article that is longer than the model reads.
        pivot: where the articles go that are in a language which the model does not know.
    """

    name: str = "extractive"
    model: str = ""
    batch_tokens: int = field(default=32768, metadata=UNPRINTED)  # an article is as long as a batch of sentences
    family: SummaryFamily = SummaryFamily.bart
    languages: list[str] = field(default_factory=list)
    sentences: int = 3
    long: Long = Long.select
    pivot: Pivot = field(default_factory=Pivot)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sentences < 1:
            raise ConfigError("summariser.sentences", self.sentences, "a whole number from 1")
        if self.engine is EngineKind.ctranslate2:
            raise ConfigError(
                "summariser.engine", self.engine, "summarisers run with Transformers or on a server; set engine=auto"
            )
        self._refuse_served(self.family)
        if self.model:
            _subset("summariser.languages", self.languages, LANGUAGES)
        for language, pivot in self.pivots.items():
            self._refuse_pivot(language, pivot)

    def _refuse_pivot(self, language: str, pivot: str) -> None:
        key, known = f"summariser.pivot.{language}", ", ".join(self.languages)
        if not self.model or language in self.languages:
            raise ConfigError(key, pivot, f"{self.name} summarises {language} itself; leave it out")
        if pivot not in self.languages:
            raise ConfigError(key, pivot, f"{self.name} does not summarise {pivot}, only {known}")

    @property
    def pivots(self) -> dict[str, str]:
        """Language -> its pivot, for those that have one."""
        return {language: pivot for language in LANGUAGES if (pivot := getattr(self.pivot, language))}


@dataclass
class Domain:
    """Outside these bounds a segment is flagged as out of its translator's domain; null means no bound.

    Attributes:
        lowest_score: mean log-probability of the translation's tokens.
        most_unknown: pieces of the source that the vocabulary does not have, or words that are not in `words`.
        words: text file in the model's folder with the words that it was trained on, one a line; null for no list.
    """

    lowest_score: float | None = None
    most_unknown: int | None = None
    words: str | None = None

    def __post_init__(self) -> None:
        if self.words is None:
            return
        if "/" in self.words or not self.words.endswith(".txt"):
            raise ConfigError("translator.domain.words", self.words, "the name of a .txt file in the model's folder")
        if self.most_unknown is None:
            raise ConfigError(
                "translator.domain.words", self.words, "means nothing without domain.most_unknown; set it too"
            )


@dataclass
class Translator(Model):
    """One translation model.

    Attributes:
        family: how it is told the languages.
        sources: languages it reads.
        tags: target language -> the token that asks for it, or what the prompt of a chat model calls it; `auto` takes the
            family's, and a Marian model of one target language has an empty one.
        compute_type: the number format that CTranslate2 runs it in; other engines have no choice.
        fallback: the translator that is asked for what this one could not translate.
        self_test: whether the job's self-test is for this model.
    """

    family: Family = Family.marian
    sources: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    domain: Domain = field(default_factory=Domain)
    compute_type: ComputeType = ComputeType.auto
    fallback: "Translator | None" = None
    self_test: bool = field(default=True, metadata=UNPRINTED)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.engine not in (EngineKind.auto, EngineKind.ctranslate2) and self.compute_type is not ComputeType.auto:
            raise ConfigError("translator.compute_type", self.compute_type, "for engine=ctranslate2 only; set auto")
        self._refuse_served(self.family)
        for language, tag in self.tags.items():
            if language not in LANGUAGES:
                raise ConfigError(f"translator.tags.{language}", tag, f"the language is one of {', '.join(LANGUAGES)}")
            if not tag and self.family is not Family.marian:
                raise ConfigError(
                    f"translator.tags.{language}", '""', f"{self.family.value} models need a tag; try auto"
                )


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
class Glossary:
    """Terms that have one right rendering.

    Attributes:
        path: a TSV, CSV or TBX file; its terms count before those that are shipped.
        kazakhstan: whether the shipped names of Kazakhstan's politics, institutions and geography are looked for.
    """

    path: str = ""
    kazakhstan: bool = True


@dataclass
class Check:
    """One check of translations or summaries; `jobs/trust/checks.py` has them all."""

    severity: Level = Level.error


@dataclass
class Checks:
    """How much the findings of each check matter; what is only information stays a note."""

    numbers: Check = field(default_factory=Check)
    language: Check = field(default_factory=Check)
    omission: Check = field(default_factory=Check)
    repetition: Check = field(default_factory=Check)
    verbatim: Check = field(default_factory=Check)
    marks: Check = field(default_factory=lambda: Check(Level.warning))
    names: Check = field(default_factory=lambda: Check(Level.warning))
    spelling: Check = field(default_factory=lambda: Check(Level.warning))
    faithful: Check = field(default_factory=Check)


@dataclass
class Repair:
    """What is done about a segment whose translation has an error.

    Attributes:
        enabled: whether anything is; else the model's first answer stays, flagged.
        rungs: what is tried, in this order and only as far as needed.
    """

    enabled: bool = True
    rungs: list[Rung] = field(default_factory=lambda: list(Rung))

    def __post_init__(self) -> None:
        if len(set(self.rungs)) < len(self.rungs):
            raise ConfigError("repair.rungs", self.rungs, "each may be named once")


@dataclass
class Folder:
    """Where versions are written."""

    root: str = field(default="outputs", metadata=UNPRINTED)

    def __post_init__(self) -> None:
        if not self.root:
            raise ConfigError("outputs.root", '""', "name the folder that versions are written to, or leave it out")


@dataclass
class Outputs(Folder):
    """Where versions are written, and how many articles one part holds."""

    part_articles: int = 500

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.part_articles < 1:
            raise ConfigError("outputs.part_articles", self.part_articles, "a whole number from 1")


Kind = TypeVar("Kind", bound=Model)


@dataclass
class DigestConfig:
    """The whole of `python -m jobs.digest`."""

    articles: Articles = field(default_factory=Articles)
    summariser: Summariser = field(default_factory=Summariser)
    translators: dict[str, Translator] = field(default_factory=dict)
    translate: Translate = field(default_factory=Translate)
    glossary: Glossary = field(default_factory=Glossary)
    checks: Checks = field(default_factory=Checks)
    repair: Repair = field(default_factory=Repair)
    targets: list[str] = field(default_factory=lambda: ["ru", "kk"])
    use: Use = field(default=Use.commercial, metadata=UNPRINTED)
    order: Order = Order.summarise_first
    outputs: Outputs = field(default_factory=Outputs)
    self_test: bool = field(default=True, metadata=UNPRINTED)
    max_failed_fraction: float = field(default=0.05, metadata=UNPRINTED)
    resume: str = field(default="auto", metadata=UNPRINTED)
    dry_run: bool = field(default=False, metadata=UNPRINTED)

    def __post_init__(self) -> None:
        if self.targets:
            _subset("targets", self.targets, TARGETS)
        if not re.fullmatch(r"auto|never|v\d{4,}", self.resume):
            raise ConfigError("resume", self.resume, "auto, never, or a version like v0007")
        if not 0 <= self.max_failed_fraction <= 1:
            raise ConfigError("max_failed_fraction", self.max_failed_fraction, "a number from 0 to 1")
        for language in self.needed:
            if language not in self.translators:
                wanting = f"targets={shown(self.targets)}" if language in self.translated else "summariser.pivot"
                raise ConfigError(
                    f"translators.{language}", None, f"{wanting} needs it; add translator@translators.{language}=demo"
                )
            self._refuse_licence(f"translators.{language}", self.translators[language], language)
            if fallback := self.translators[language].fallback:
                self._check_fallback(f"translators.{language}.fallback", fallback, language)
        refuse_licence(self.use, "summariser", self.summariser, "summariser", commercial_summarisers)

    def _refuse_licence(self, key: str, translator: Translator, language: str) -> None:
        refuse_licence(self.use, key, translator, f"translator@{key}", lambda: commercial_presets(language))

    def _check_fallback(self, key: str, fallback: Translator, language: str) -> None:
        self._refuse_licence(key, fallback, language)
        if fallback.fallback:
            raise ConfigError(f"{key}.fallback", fallback.fallback.name, "a fallback has none of its own; leave it out")
        if not self.repair.enabled or Rung.fallback not in self.repair.rungs:
            raise ConfigError(key, fallback.name, "it is never asked; add fallback to repair.rungs, with repair=ladder")

    @property
    def translated(self) -> list[str]:
        """Languages that are translated into: the targets, with Kazakh for Kazakh in Latin script."""
        return list(dict.fromkeys("kk" if target == LATIN_KAZAKH else target for target in self.targets))

    @property
    def needed(self) -> list[str]:
        """Languages whose translator is needed: those that are translated into, and both ends of the summariser's pivots."""
        pivots = self.summariser.pivots
        return list(dict.fromkeys([*self.translated, *pivots.values(), *pivots]))


@dataclass
class Benchmark:
    """What is measured, and how often.

    Attributes:
        sentences: how many sentences of the articles, in file order; null for all.
        rounds: how often each way is measured; the median counts.
        fixed: sentences of a batch in file order.
        budgets: tokens that a batch may hold, beams counted in; the translator's own `batch_tokens` is always among them.
    """

    sentences: int | None = 200
    rounds: int = 3
    fixed: int = 16
    budgets: list[int] = field(default_factory=lambda: [2048, 4096, 8192, 16384])

    def __post_init__(self) -> None:
        for key in ("rounds", "fixed"):
            if getattr(self, key) < 1:
                raise ConfigError(f"benchmark.{key}", getattr(self, key), "a whole number from 1")
        if self.sentences is not None and self.sentences < 1:
            raise ConfigError("benchmark.sentences", self.sentences, "a whole number from 1, or null for all")
        if any(tokens < 1 for tokens in self.budgets):
            raise ConfigError("benchmark.budgets", self.budgets, "whole numbers from 1")


@dataclass
class BenchmarkConfig:
    """The whole of `python -m jobs.benchmark`."""

    translator: Translator
    target: str = "ru"
    articles: Articles = field(default_factory=Articles)
    benchmark: Benchmark = field(default_factory=Benchmark)
    use: Use = field(default=Use.commercial, metadata=UNPRINTED)
    outputs: Folder = field(default_factory=Folder)

    def __post_init__(self) -> None:
        if self.target not in LANGUAGES:
            raise ConfigError("target", self.target, f"one of {', '.join(LANGUAGES)}")
        refuse_licence(self.use, "translator", self.translator, "translator", lambda: commercial_presets(self.target))


def refuse_licence(use: Use, key: str, model: Model, choice: str, others: Callable[[], Sequence[str]]) -> None:
    """Raise `ConfigError` where a model's licence does not allow the use.

    Args:
        use: what the output is for.
        key: of the model.
        model: whose licence counts.
        choice: what chooses another model on the command line.
        others: finds the models that may be used commercially, which takes a second.
    """
    if use is Use.commercial and not model.commercial:
        raise ConfigError(
            key,
            model.name,
            f"its licence {model.licence} forbids commercial use; set use=research if yours is none, "
            f"or choose {choice}=<name>: {', '.join(others())}",
        )


@cache
def commercial_presets(target: str, source: str | None = None) -> tuple[str, ...]:
    """Translators of `conf/translator` into `target` that are fit for publication and known to be free for commercial use.

    Only those that read `source`, where it is given.
    """
    fit = [item for item in _presets(Translator) if item.commercial and not item.notice and item.licence != UNKNOWN]
    return tuple(sorted(item.name for item in fit if target in item.tags and source in (None, *item.sources)))


@cache
def commercial_summarisers() -> tuple[str, ...]:
    """Summarisers of `conf/summariser` that are known to be free for commercial use."""
    return tuple(sorted(item.name for item in _presets(Summariser) if item.commercial and item.licence != UNKNOWN))


def _presets(kind: type[Kind]) -> list[Kind]:
    """The catalogue of one kind of model."""
    from omegaconf import OmegaConf

    files = resources.files("jobs.conf").joinpath(kind.__name__.lower()).iterdir()
    texts = [file.read_text(encoding="utf-8") for file in files if file.name.endswith(".yaml")]
    schema = OmegaConf.structured(kind)
    presets = [OmegaConf.to_object(OmegaConf.merge(schema, OmegaConf.create(text))) for text in texts]
    return [item for item in presets if isinstance(item, kind)]


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
