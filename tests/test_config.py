from pathlib import Path

import pytest
from hydra import compose, initialize_config_module
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from jobs.config import Articles, ConfigError, DigestConfig, Outputs, Source, Summariser, Translate, printed

CONF = Path(__file__).parents[1] / "conf"


def composed(*overrides: str) -> DigestConfig:
    ConfigStore.instance().store(name="digest_schema", node=DigestConfig)
    with initialize_config_module("jobs.conf", version_base="1.3"):
        made = OmegaConf.to_object(compose("digest", list(overrides)))
    assert isinstance(made, DigestConfig)
    return made


def choices() -> list[str]:
    """Every YAML file of a group, as the override that chooses it."""
    found = []
    for file in sorted(CONF.glob("*/*.yaml")):
        group = {"translator": "translator@translators.ru"}.get(file.parent.name, file.parent.name)
        found.append(f"{group}={file.stem}")
    return found


@pytest.mark.parametrize("choice", choices())
def test_every_file_of_the_configuration_composes(choice: str) -> None:
    needed = {"articles=hub": ["articles.hub.name=owner/name"]}.get(choice, ["articles.path=x"])
    assert composed(choice, *needed).targets == ["ru", "kk"]


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
        (lambda: Translate(fields=["titel"]), r"translate.fields=\[titel\]: choose one or more of title"),
        (lambda: Outputs(part_articles=0), "outputs.part_articles=0"),
        (lambda: DigestConfig(targets=["ru"]), "translators.ru=null.*translator@translators.ru=demo"),
        (lambda: DigestConfig(max_failed_fraction=1.5), "max_failed_fraction=1.5: a number from 0 to 1"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_what_is_allowed(make: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make()  # type: ignore[operator]


def test_settings_that_do_not_change_the_result_are_not_part_of_the_fingerprint() -> None:
    plain = printed(composed("max_failed_fraction=0.5", "outputs.root=/elsewhere", "translators.ru.batch_tokens=99"))
    assert plain == printed(composed())
    assert plain != printed(composed("summariser.sentences=2"))
