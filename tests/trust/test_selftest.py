import shutil
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.config import LANGUAGES, EngineKind
from jobs.config import Translator as Settings
from jobs.models.checkpoint import EMBEDDED
from jobs.records import Finish, Generation
from jobs.translate.translator import Translator
from jobs.trust.selftest import SENTENCES, complaint


def answers(texts: list[str], finish: Finish = Finish.END, problem: str = "") -> list[Generation]:
    return [Generation(text, 20, 20, 20, finish, -0.1, problem=problem) for text in texts]


def told(source: str, target: str, *given: Generation) -> str:
    asked = [(text, source) for text in SENTENCES[source]]
    return complaint(asked[: len(given)], target, given)


@pytest.mark.parametrize(("source", "target"), list(permutations(LANGUAGES, 2)))
def test_good_translations_pass_in_every_direction(source: str, target: str) -> None:
    assert told(source, target, *answers(list(SENTENCES[target]))) == ""


@pytest.mark.parametrize(("source", "target"), list(permutations(LANGUAGES, 2)))
def test_another_language_in_place_of_the_one_that_was_asked_for_does_not_pass(source: str, target: str) -> None:
    for other in set(LANGUAGES) - {target}:
        assert "language: " in told(source, target, *answers(list(SENTENCES[other])))


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        (answers([""]), "0 characters for 80"),
        (answers(["15 процентов."]), "13 characters for 80"),
        (answers([SENTENCES["ru"][0] * 3]), "294 characters for 80"),
        (answers(["Министерство на 15 процентов " + "в марте упала " * 6]), "repetition: «в марте упала"),
        (answers([SENTENCES["ru"][0]], Finish.LENGTH), "no end within 20 tokens"),
        (answers([""], Finish.OUT_OF_MEMORY), "out of memory"),
        (answers([""], Finish.NO_ANSWER, "503 Service Unavailable"), "503 Service Unavailable"),
        (answers([SENTENCES["ru"][1]]), "numbers: 15 became 12"),
        (answers(["\u0b9a\u0bcd ##x ▁qu " * 6]), "language: "),
    ],
)
def test_an_answer_that_will_not_do_is_shown_beside_what_was_asked(answer: list[Generation], wrong: str) -> None:
    line = told("en", "ru", *answer)
    assert line.startswith(f"asked for «{SENTENCES['en'][0]}» in ru, it gave «{answer[0].text.strip()[:20].strip()}")
    assert wrong in line


@given(st.text(max_size=400))
def test_a_complaint_is_one_line_whatever_a_model_gives(text: str) -> None:
    assert len(told("en", "ru", *answers([text])).splitlines()) <= 1


def copy(folder: Path, change: Callable[[Any], None]) -> Settings:
    """The demo translator with changed weights, as settings."""
    from transformers import AutoModelForSeq2SeqLM

    model = AutoModelForSeq2SeqLM.from_pretrained(EMBEDDED)
    change(model)
    for file in EMBEDDED.iterdir():
        if file.suffix in (".spm", ".json"):
            shutil.copy(file, folder)
    model.save_pretrained(folder)
    return Settings(
        "changed",
        str(folder),
        sources=["en"],
        tags={"ru": ">>rus<<", "kk": ">>kaz<<"},
        input_limit=192,
        output_limit=64,
        engine=EngineKind.transformers,
    )


def unchanged(model: Any) -> None: ...


def other_embeddings(model: Any) -> None:
    import torch

    torch.manual_seed(1)
    weights = model.model.shared.weight.data
    weights.copy_(weights[torch.randperm(len(weights))])


def other_encoder(model: Any) -> None:
    import torch

    torch.manual_seed(1)
    for weights in model.model.encoder.layers.parameters():
        weights.data.normal_(0.0, 0.02)


def other_cross_attention(model: Any) -> None:
    import torch

    torch.manual_seed(1)
    for layer in model.model.decoder.layers:
        for weights in layer.encoder_attn.parameters():
            weights.data.normal_(0.0, 0.02)


@pytest.mark.parametrize("target", ["ru", "kk"])
@pytest.mark.parametrize(
    ("change", "passes"),
    [(unchanged, True), (other_embeddings, False), (other_encoder, False), (other_cross_attention, False)],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_checkpoint_passes_with_its_weights_and_not_with_others_in_part_of_it(
    change: Callable[[Any], None], passes: bool, target: str, tmp_path: Path
) -> None:
    translator = Translator(copy(tmp_path, change), target)
    translator.engine.load()
    asked = [(text, "en") for text in SENTENCES["en"]]
    assert (complaint(asked, target, translator.answers(asked)) == "") is passes
