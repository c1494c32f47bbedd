from pathlib import Path

import pytest
from hydra import compose, initialize_config_module
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from jobs.config import (
    UNKNOWN,
    Articles,
    Benchmark,
    BenchmarkConfig,
    ConfigError,
    DigestConfig,
    Domain,
    EngineKind,
    Family,
    Level,
    Outputs,
    Pivot,
    Rung,
    Server,
    Source,
    Summariser,
    SummaryFamily,
    Translate,
    Translator,
    Use,
    printed,
)

CONF = Path(__file__).parents[1] / "conf"


def composed(*overrides: str) -> DigestConfig:
    ConfigStore.instance().store(name="digest_schema", node=DigestConfig)
    with initialize_config_module("jobs.conf", version_base="1.3"):
        made = OmegaConf.to_object(compose("digest", list(overrides)))
    assert isinstance(made, DigestConfig)
    return made


GROUPS = {
    "articles": "articles={}",
    "profile": "+profile={}",
    "repair": "repair={}",
    "summariser": "summariser={}",
    "translator": "translator@translators.ru={}",
}
JOBS = ("benchmark", "digest", "job")


def choices() -> list[str]:
    """Every YAML file of a group, as the override that chooses it."""
    return [word.format(file.stem) for name, word in GROUPS.items() for file in sorted(CONF.glob(f"{name}/*.yaml"))]


@pytest.mark.parametrize("choice", choices())
def test_every_file_of_the_configuration_composes(choice: str) -> None:
    group, _, name = choice.partition("=")
    inputs = {"hub": ["articles.hub.name=owner/name"], "demo": []}
    needed = inputs.get(name, ["articles.path=x"]) if group == "articles" else []
    assert composed(choice, "use=research", *needed).targets == ["ru", "kk"]


def test_no_file_of_the_configuration_is_left_that_no_test_composes() -> None:
    tested = {CONF / f"{name}.yaml" for name in JOBS} | {
        file for name in GROUPS for file in CONF.glob(f"{name}/*.yaml")
    }
    assert set(CONF.rglob("*.yaml")) == tested


MEMORY_GB = {"workstation_8gb": 8, "workstation_24gb": 24, "workstation_80gb": 80, "cpu": 8}


@pytest.mark.parametrize("profile", sorted(CONF.glob("profile/*.yaml")), ids=lambda file: file.stem)
def test_every_model_of_a_profile_fits_alone_into_the_memory_that_the_profile_is_for(profile: Path) -> None:
    config = composed(f"+profile={profile.stem}", "targets=[en,ru,kk]")
    chosen = [(f"translator@translators.{code}", model) for code, model in config.translators.items()]
    for group, model in [*chosen, ("summariser", config.summariser)]:
        alone = composed(f"{group}={model.name}")
        preset = alone.summariser if group == "summariser" else alone.translators[group[-2:]]
        # Weights do not grow with the batch, so this is more than it takes.
        assert (preset.memory_gb or 0) * max(1, model.batch_tokens / preset.batch_tokens) <= MEMORY_GB[profile.stem]


@pytest.mark.parametrize("profile", sorted(CONF.glob("profile/*.yaml")), ids=lambda file: file.stem)
def test_a_profile_is_for_commercial_use_and_fit_for_publication(profile: Path) -> None:
    config = composed(f"+profile={profile.stem}", "targets=[en,ru,kk]")
    assert config.use is Use.commercial
    models = [*config.translators.values(), config.summariser]
    assert not any(model.notice or model.licence == UNKNOWN for model in models)
    assert all(config.translators[language].tags for language in ("en", "ru", "kk"))
    assert "use=research would allow" in profile.read_text(encoding="utf-8")


def test_a_profile_chooses_models_for_each_target_and_the_command_line_has_the_last_word() -> None:
    plain = composed("targets=[kk]", "+profile=workstation_24gb")
    assert plain.targets == ["kk"]
    assert [plain.translators[code].name for code in ("en", "ru", "kk")] == [
        "madlad_7b",
        "opus_big_en_zle",
        "madlad_7b",
    ]
    assert (plain.summariser.name, plain.summariser.batch_tokens) == ("bart_large_cnn", 65536)
    changed = composed(
        "+profile=workstation_24gb",
        *("translator@translators.ru=madlad_7b", "translators.ru.batch_tokens=100", "translators.kk.beams=2"),
        *("translator@translators.kk=nllb_3_3b", "use=research", "summariser=extractive"),
    )
    assert (changed.translators["ru"].name, changed.translators["ru"].batch_tokens) == ("madlad_7b", 100)
    assert (changed.translators["kk"].name, changed.translators["kk"].beams) == ("nllb_3_3b", 2)
    assert changed.summariser.name == "extractive"


@pytest.mark.parametrize("file", sorted(CONF.glob("translator/*.yaml")), ids=lambda file: file.stem)
def test_every_translator_says_what_a_user_must_know(file: Path) -> None:
    translator = composed(f"translator@translators.ru={file.stem}", "use=research").translators["ru"]
    assert translator.name == file.stem
    assert translator.licence
    assert translator.sources
    assert translator.tags
    assert translator.memory_gb or translator.engine is EngineKind.server


@pytest.mark.parametrize("file", sorted(CONF.glob("summariser/*.yaml")), ids=lambda file: file.stem)
def test_every_summariser_says_what_a_user_must_know(file: Path) -> None:
    summariser = composed(f"summariser={file.stem}", "use=research").summariser
    assert summariser.name == file.stem
    if summariser.model:
        assert summariser.licence
        assert summariser.languages
        assert summariser.memory_gb or summariser.engine is EngineKind.server
        assert summariser.output_minimum < summariser.output_limit < summariser.input_limit


def test_a_summariser_for_research_alone_is_refused_until_research_is_said() -> None:
    with pytest.raises(ConfigError) as told:
        composed("summariser=xlsum")
    assert str(told.value) == (
        "summariser=xlsum: its licence CC-BY-NC-SA-4.0 forbids commercial use; set use=research if yours is none, or "
        "choose summariser=<name>: bart_large_cnn, distilbart_cnn, extractive, gemma3_12b, gemma3_27b, gemma3_4b, "
        "led_booksum, mbart_ru_gazeta, pegasus_cnn, qwen3_14b, qwen3_32b, qwen3_8b, rut5_gazeta"
    )
    assert composed("summariser=xlsum", "use=research").summariser.languages == ["en", "ru"]


RESEARCH = {
    "nllb_600m": "CC-BY-NC-4.0",
    "nllb_1_3b": "CC-BY-NC-4.0",
    "nllb_3_3b": "CC-BY-NC-4.0",
    "tilmash": "CC-BY-NC-4.0",
    "kazllm_8b": "CC-BY-NC-4.0",
    "sherkala_8b": "CC-BY-NC-SA-4.0",
}


@pytest.mark.parametrize("name", list(RESEARCH))
def test_a_model_for_research_alone_is_refused_until_research_is_said(name: str) -> None:
    with pytest.raises(ConfigError) as told:
        composed(f"translator@translators.kk={name}")
    assert str(told.value) == (
        f"translators.kk={name}: its licence {RESEARCH[name]} forbids commercial use; set use=research if yours is none, "
        "or choose translator@translators.kk=<name>: gemma3_12b, gemma3_27b, gemma3_4b, hunyuan_mt_7b, hy_mt15_1_8b, "
        "hy_mt15_7b, madlad_10b, madlad_3b, madlad_3b_int8, madlad_7b, opus_big_trk, qwen3_14b, qwen3_32b, qwen3_8b, "
        "translategemma_12b, translategemma_27b, translategemma_4b"
    )
    assert composed(f"translator@translators.kk={name}", "use=research").use is Use.research
    assert composed(f"translator@translators.kk={name}", "targets=[ru]").use is Use.commercial


FREE = ["opus_en_ru", "opus_big_en_zle", "m2m100", "madlad_3b", "madlad_7b", "madlad_10b", "qwen3_8b", "gemma3_4b"]


@pytest.mark.parametrize("name", FREE)
def test_a_model_with_a_free_licence_needs_no_word(name: str) -> None:
    assert composed(f"translator@translators.ru={name}").translators["ru"].name == name


def test_the_defaults_are_the_demo() -> None:
    config = composed()
    assert config.articles.kind is Source.demo
    assert config.translators["kk"].name == "demo"
    assert config.translate.fields == ["title", "summary"]
    assert config.translate.strict_truncation is False


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Articles(limit=0), "articles.limit=0: a whole number from 1"),
        (lambda: Articles(languages=["de"]), r"articles.languages=\[de\]: choose one or more of en, ru, kk"),
        (lambda: Articles(languages=["ru", "ru"]), r"articles.languages=\[ru,ru\]: each may be named once"),
        (lambda: Articles(kind=Source.csv), "articles.path=.*needs a file"),
        (lambda: Articles(kind=Source.hub), "articles.hub.name=.*needs the name"),
        (lambda: Summariser(sentences=0), "summariser.sentences=0"),
        (
            lambda: Summariser(engine=EngineKind.ctranslate2),
            "summariser.engine=ctranslate2: summarisers run with Transformers or on a server; set engine=auto",
        ),
        (
            lambda: Summariser(engine=EngineKind.server),
            "summariser.family=bart: engine=server needs a family of chat models; set family=chat",
        ),
        (lambda: Summariser(beams=0), "summariser.beams=0: a whole number from 1"),
        (lambda: Summariser(output_minimum=-1), "summariser.output_minimum=-1: a whole number from 0"),
        (lambda: Summariser(model="/x"), r"summariser.languages=\[\]: choose one or more of en, ru, kk"),
        (lambda: Summariser(model="/x", languages=["de"]), r"summariser.languages=\[de\]: choose"),
        (
            lambda: Summariser(pivot=Pivot(kk="ru")),
            "summariser.pivot.kk=ru: extractive summarises kk itself; leave it out",
        ),
        (
            lambda: Summariser("x", "/x", languages=["en", "ru"], pivot=Pivot(ru="en")),
            "summariser.pivot.ru=en: x summarises ru itself; leave it out",
        ),
        (
            lambda: Summariser("x", "/x", languages=["en"], pivot=Pivot(kk="ru")),
            "summariser.pivot.kk=ru: x does not summarise ru, only en",
        ),
        (
            lambda: DigestConfig(summariser=Summariser("x", "/x", languages=["ru"], pivot=Pivot(kk="ru")), targets=[]),
            "translators.ru=null: summariser.pivot needs it; add translator@translators.ru=demo",
        ),
        (lambda: Translate(fields=["titel"]), r"translate.fields=\[titel\]: choose one or more of title"),
        (
            lambda: Translator("x", "/x", family=Family.nllb, tags={"ru": ""}),
            r'translator.tags.ru="": nllb models need a tag; try auto',
        ),
        (lambda: Translator("x", "/x", tags={"de": ""}), "translator.tags.de=.*one of en, ru, kk"),
        (
            lambda: Translator("x", "x", family=Family.nllb, engine=EngineKind.server),
            "translator.family=nllb: engine=server needs a family of chat models; set family=chat",
        ),
        (
            lambda: Translator("x", "x", family=Family.chat, engine=EngineKind.server, no_repeat_ngram=3),
            "translator.no_repeat_ngram=3: a server is not asked for it; set 0",
        ),
        (lambda: Domain(most_unknown=0, words="/x/w.txt"), "translator.domain.words=/x/w.txt: the name of a .txt file"),
        (lambda: Domain(words="w.txt"), "translator.domain.words=w.txt: means nothing without domain.most_unknown"),
        (lambda: Server(url="gpu7:8000"), "server.url=gpu7:8000: an address such as http://"),
        (lambda: Server(concurrency=0), "server.concurrency=0: a whole number from 1"),
        (lambda: Server(retries=-1), "server.retries=-1: a whole number from 0"),
        (lambda: Server(timeout_s=0), "server.timeout_s=0: a number above 0"),
        (lambda: Outputs(part_articles=0), "outputs.part_articles=0"),
        (lambda: Benchmark(rounds=0), "benchmark.rounds=0: a whole number from 1"),
        (lambda: Benchmark(fixed=0), "benchmark.fixed=0: a whole number from 1"),
        (lambda: Benchmark(sentences=0), "benchmark.sentences=0: a whole number from 1, or null for all"),
        (lambda: Benchmark(budgets=[2048, 0]), r"benchmark.budgets=\[2048,0\]: whole numbers from 1"),
        (lambda: BenchmarkConfig(Translator("x", "/x"), target="de"), "target=de: one of en, ru, kk"),
        (
            lambda: DigestConfig(targets=["ru"]),
            r"translators.ru=null: targets=\[ru\] needs it; add translator@translators.ru=demo",
        ),
        (lambda: DigestConfig(targets=["kk-Latn"]), r"translators.kk=null: targets=\[kk-Latn\] needs it"),
        (lambda: DigestConfig(max_failed_fraction=1.5), "max_failed_fraction=1.5: a number from 0 to 1"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_what_is_allowed(make: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("family", [Family.chat, Family.hunyuan])
def test_a_server_may_have_any_model_that_is_asked_in_words(family: Family) -> None:
    made = Translator("x", "auto", family=family, engine=EngineKind.server, tags={"kk": "auto"})
    assert made.engine is EngineKind.server
    assert Summariser("x", "auto", family=SummaryFamily.chat, engine=EngineKind.server, languages=["kk"]).server.url


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "http://user:secret-1@gpu7/v1"},
        {"url": "http://gpu7/v1?key=secret-1"},
        {"key_variable": "sk-secret-1"},
        {"key_variable": "hf_secret_1"},
    ],
)
def test_a_key_in_the_wrong_setting_is_refused_and_not_repeated(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"^server\.\w+=…: .*") as told:
        Server(**settings)  # type: ignore[arg-type]
    assert "secret" not in str(told.value)


def test_where_a_server_is_and_how_often_it_is_asked_is_not_part_of_the_fingerprint() -> None:
    server = "translator@translators.ru=server"
    plain = printed(composed(server))
    assert plain == printed(
        composed(server, "translators.ru.server.url=http://gpu7/v1", "translators.ru.server.retries=0")
    )
    assert plain != printed(composed(server, "translators.ru.model=other"))


def test_settings_that_do_not_change_the_result_are_not_part_of_the_fingerprint() -> None:
    plain = printed(
        composed("max_failed_fraction=0.5", "outputs.root=/elsewhere", "translators.ru.batch_tokens=99", "use=research")
    )
    assert plain == printed(composed())
    assert plain != printed(composed("summariser.sentences=2"))


def test_a_check_is_set_or_switched_off_by_its_name() -> None:
    checks = composed("checks.numbers.severity=note", "checks.marks.severity=off").checks
    assert (checks.numbers.severity, checks.marks.severity) == (Level.note, Level.off)
    assert checks.language.severity is Level.error


def test_a_pivot_is_set_as_a_whole_or_by_its_language() -> None:
    chosen = ["summariser=mbart_ru_gazeta", "translator@translators.ru=qwen3_8b", "translator@translators.kk=qwen3_8b"]
    assert composed(*chosen).summariser.pivots == {}
    for override in ("summariser.pivot={kk: ru}", "summariser.pivot.kk=ru"):
        made = composed(*chosen, override, "targets=[]")
        assert made.summariser.pivots == {"kk": "ru"}
        assert made.needed == ["ru", "kk"]


MADLAD_BEHIND = "translator@translators.kk.fallback=madlad_3b"


def test_a_fallback_is_chosen_like_any_translator() -> None:
    made = composed(MADLAD_BEHIND, "translators.kk.fallback.beams=2").translators
    assert made["kk"].name == "demo"
    assert made["kk"].fallback is not None
    assert (made["kk"].fallback.name, made["kk"].fallback.beams) == ("madlad_3b", 2)
    assert made["ru"].fallback is None
    assert printed(composed(MADLAD_BEHIND)) != printed(composed())


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["translator@translators.kk.fallback=nllb_600m"],
            r"translators.kk.fallback=nllb_600m: its licence CC-BY-NC-4.0 forbids commercial use; .*"
            r"choose translator@translators.kk.fallback=<name>: ",
        ),
        (
            [MADLAD_BEHIND, "repair=off"],
            "translators.kk.fallback=madlad_3b: it is never asked; add fallback to repair.rungs",
        ),
        ([MADLAD_BEHIND, "repair.rungs=[split]"], "translators.kk.fallback=madlad_3b: it is never asked"),
        (
            [MADLAD_BEHIND, "+translator@translators.kk.fallback.fallback=demo"],
            "translators.kk.fallback.fallback=demo: a fallback has none of its own",
        ),
    ],
)
def test_a_fallback_that_cannot_be_used_is_refused(overrides: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        composed(*overrides)


def test_the_rungs_of_the_repair_ladder_are_named_and_it_is_switched_off() -> None:
    assert composed().repair.rungs == list(Rung)
    assert composed("repair.rungs=[split,hypotheses]").repair.rungs == [Rung.split, Rung.hypotheses]
    assert (composed().repair.enabled, composed("repair=off").repair.enabled) == (True, False)
