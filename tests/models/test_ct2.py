"""CTranslate2 beside Transformers, on each family's checkpoint and on the embedded model."""

import operator
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import ctranslate2
import pytest
import torch
from transformers import AutoConfig, AutoModelForSeq2SeqLM, BartConfig, GenerationConfig

from jobs.config import ComputeType, ConfigError, Device, EngineKind, Translator
from jobs.demo.corpus import sampling
from jobs.models import batching, ct2
from jobs.models.budget import Budget, cache_folder
from jobs.models.checkpoint import find
from jobs.models.ct2 import CTranslate2Engine
from jobs.models.engine import Engine, ModelError, OutOfMemory
from jobs.models.engines import engine_for
from jobs.models.seq2seq import Seq2SeqEngine
from jobs.models.tokenizer import load_tokenizer
from jobs.records import Finish, Generation, Prompt
from jobs.translate.translator import Translator as Room
from tests.models.test_families import LANGUAGES, TEXTS, m2m100, madlad, nllb, preset, trk  # noqa: F401 - fixtures
from tests.tiny import limits

SENTENCES = ["The ministry said output fell.", "Police detained 12 people in Almaty on Monday.", "No.", "Oil ☃ rose."]


def engine(
    folder: Path, beams: int = 4, input_limit: int = 64, compute_type: ComputeType = ComputeType.float32
) -> CTranslate2Engine:
    checkpoint = find(str(folder), None)
    made = CTranslate2Engine(checkpoint, limits(beams, input_limit, compute_type=compute_type))
    made.load()
    return made


def prompts(texts: Sequence[str]) -> list[Prompt]:
    return [Prompt(f">>rus<< {text}", "en", "ru") for text in texts]


def both(settings: Translator, target: str, texts: Sequence[str], languages: Sequence[str]) -> list[list[Generation]]:
    """What Transformers and CTranslate2 in fp32 make of one batch."""
    found = []
    for kind, compute_type in (
        (EngineKind.transformers, ComputeType.auto),
        (EngineKind.ctranslate2, ComputeType.float32),
    ):
        room = Room(replace(settings, engine=kind, compute_type=compute_type), target)
        room.engine.load()
        asked = [room.prompt(text, language) for text, language in zip(texts, languages, strict=True)]
        found.append(room.engine.generate(asked))
    return found


def same(one: Generation, other: Generation) -> bool:
    """Whether two generations are equal in all but the scores, theirs and their alternatives', and nearly in those."""
    bare = [replace(item, score=0.0, alternatives=()) for item in (one, other)]
    return bare[0] == bare[1] and scores(one) == pytest.approx(scores(other), abs=0.02)


def scores(made: Generation) -> list[float]:
    return [item.score for item in (made, *made.alternatives)]


def with_new_weights(folder: Path, seed: int, made: Path) -> Path:
    """A copy of a checkpoint with other random weights."""
    shutil.copytree(folder, made)
    torch.manual_seed(seed)
    AutoModelForSeq2SeqLM.from_config(AutoConfig.from_pretrained(made)).save_pretrained(made)
    for file in ("generation_config.json", "config.json"):
        shutil.copy(folder / file, made / file)
    return made


def test_a_generation_config_that_is_cut_is_named_and_one_that_is_missing_is_none(
    random_marian: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(random_marian, folder)
    file = folder / "generation_config.json"
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(ModelError, match=rf"{folder}: generation_config.json cannot be read: "):
        ct2.unsupported(find(str(folder), None))
    file.unlink()
    assert ct2.unsupported(find(str(folder), None)) == ""


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize(
    ("name", "checkpoint", "target", "count"),
    [
        ("opus_en_ru", "random_marian", "ru", 3),
        ("opus_big_trk", "trk", "kk", 3),
        ("nllb_600m", "nllb", "ru", 5),
        ("m2m100", "m2m100", "ru", 4),
        ("madlad_3b", "madlad", "kk", 5),
    ],
)
def test_each_family_answers_as_with_transformers(
    name: str, checkpoint: str, target: str, count: int, beams: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(checkpoint)
    answers = set()
    for seed in range(4):
        weights = with_new_weights(folder, seed, tmp_path / f"model{seed}") if seed else folder
        expected, found = both(preset(name, weights, beams=beams), target, TEXTS[:count], LANGUAGES[:count])
        assert all(map(same, found, expected)), (seed, found, expected)
        answers.update(item.text for item in found)
    assert len(answers) > count


@pytest.mark.parametrize(("beams", "length_penalty"), [(1, 1.0), (4, 1.0), (4, 0.5)])
def test_the_embedded_model_answers_as_with_transformers(beams: int, length_penalty: float) -> None:
    settings = Translator(
        name="demo",
        model="embedded",
        sources=["en"],
        tags={"kk": ">>kaz<<"},
        beams=beams,
        input_limit=192,
        length_penalty=length_penalty,
    )
    texts = [pair.en for pair in sampling.unseen_patterns(100, 3)]
    expected, found = both(settings, "kk", texts, ["en"] * 100)
    assert sum(map(same, found, expected)) >= 99
    others = [[[item.text for item in made.alternatives] for made in side] for side in (found, expected)]
    assert {len(texts) for texts in others[0]} == {beams - 1}
    assert sum(map(operator.eq, *others)) >= 99


def test_a_prompt_may_ask_for_other_decoding_than_the_settings(random_marian: Path) -> None:
    made = engine(random_marian, beams=1)
    plain = made.generate(prompts(SENTENCES))
    asked = [replace(prompt, no_repeat_ngram=2, output_limit=10_000) for prompt in prompts(SENTENCES)]
    for one, other in zip(plain, made.generate(asked), strict=True):
        assert (one.tokens_out, one.finish) == (12, Finish.LENGTH)
        ids = load_tokenizer(find(str(random_marian), None))(text_target=other.text)["input_ids"]
        assert 12 < other.tokens_out <= AutoConfig.from_pretrained(random_marian).max_position_embeddings
        assert len(set(ids)) > 6, "without repetitions there are many different tokens"


def test_a_text_of_more_than_1024_tokens_is_read_to_its_end(request: pytest.FixtureRequest) -> None:
    settings = replace(preset("madlad_3b", request.getfixturevalue("madlad")), input_limit=5000)
    text = " ".join(TEXTS[:1] * 30 + TEXTS[3:] * 20)
    (expected,), (found,) = both(settings, "kk", [text], ["en"])
    (_,), (cut,) = both(replace(settings, input_limit=1024), "kk", [text], ["en"])
    assert found.tokens_in == found.tokens_kept > 1024
    assert same(found, expected)
    assert (cut.tokens_in, cut.tokens_kept) == (found.tokens_in, 1024)
    assert cut.score != pytest.approx(found.score, abs=1e-6)


def test_tokens_that_were_not_read_are_told(random_marian: Path) -> None:
    asked = prompts(["word " * 30, "Short."])
    made = engine(random_marian, input_limit=8).generate(asked)
    by_transformers = Seq2SeqEngine(find(str(random_marian), None), limits(input_limit=8))
    by_transformers.load()
    assert made[0].tokens_kept == 8 < made[0].tokens_in
    assert all(map(same, made, by_transformers.generate(asked)))


def test_tokens_that_the_checkpoint_forbids_are_never_written(random_marian: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(random_marian, tmp_path / "own")
    _, plain = both(preset("opus_en_ru", folder), "ru", SENTENCES, ["en"] * 4)
    wanted = load_tokenizer(find(str(folder), None))(text_target=plain[0].text, add_special_tokens=False)["input_ids"]
    decoding = GenerationConfig.from_pretrained(folder)
    decoding.bad_words_ids = [*decoding.bad_words_ids, *([token] for token in set(wanted))]
    decoding.save_pretrained(folder)
    expected, found = both(preset("opus_en_ru", folder), "ru", SENTENCES, ["en"] * 4)
    assert all(map(same, found, expected))
    assert found[0].text != plain[0].text


def test_an_answer_does_not_depend_on_its_batch(random_marian: Path) -> None:
    made = engine(random_marian)
    together = made.generate(prompts(SENTENCES))
    alone = [made.generate([prompt])[0] for prompt in prompts(SENTENCES)]
    assert [item.text for item in together] == [item.text for item in alone]
    assert [item.score for item in together] == pytest.approx([item.score for item in alone], abs=1e-4)


def test_batches_that_run_together_answer_as_each_sentence_alone(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    settings = replace(
        preset("nllb_600m", request.getfixturevalue("nllb")),
        engine=EngineKind.ctranslate2,
        compute_type=ComputeType.float32,
    )
    room = Room(settings, "ru")
    room.engine.load()
    asked = [
        room.prompt(f"{text} {number}", code)
        for number in range(8)
        for text, code in zip(TEXTS, LANGUAGES, strict=True)
    ]
    assert room.engine.at_once == 4
    together = batching.generate(room.engine, asked, beams=settings.beams, budget=Budget(1500))
    assert all(map(same, together, [room.engine.generate([one])[0] for one in asked]))


def test_a_processor_computes_in_int8_and_a_gpu_in_what_it_has(random_marian: Path) -> None:
    made = engine(random_marian, compute_type=ComputeType.auto)
    assert made.runs_on == "cpu, int8_float32 (ctranslate2)"
    assert all(item.tokens_out for item in made.generate(prompts(SENTENCES)))


@pytest.mark.parametrize(
    ("there", "marian", "t5"),
    [
        ({"float32", "float16", "bfloat16", "int8_float16"}, "bfloat16", "bfloat16"),
        ({"float32", "float16", "int8_float16"}, "float16", "float32"),
    ],
)
def test_t5_models_never_compute_in_float16(
    there: set[str], marian: str, t5: str, random_marian: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ctranslate2, "get_supported_compute_types", lambda device: there)
    checkpoint = find(str(random_marian), None)
    for model_type, expected in (("marian", marian), ("t5", t5)):
        made = CTranslate2Engine(checkpoint, limits(device=Device.cuda))
        assert made._chosen("cuda", model_type) == expected
        made.settings = limits(device=Device.cuda, compute_type=ComputeType.int8_float16)
        if model_type == "t5":
            with pytest.raises(ModelError, match=r"compute_type=int8_float16 is not for this model on cuda, which has"):
                made._chosen("cuda", model_type)


def test_a_converted_model_is_used_again(random_marian: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = engine(random_marian).generate(prompts(SENTENCES))
    monkeypatch.setattr(ct2, "_convert", Mock(side_effect=AssertionError("converted again")))
    assert engine(random_marian).generate(prompts(SENTENCES)) == first


def test_a_changed_checkpoint_is_converted_anew(random_marian: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(random_marian, tmp_path / "own")
    engine(folder)
    with_new_weights(random_marian, 9, tmp_path / "new")
    shutil.copytree(tmp_path / "new", folder, dirs_exist_ok=True)
    engine(folder)
    assert len(conversions()) == 2


def conversions() -> list[str]:
    return [path.name for path in (cache_folder() / "ctranslate2").iterdir() if path.is_dir()]


LOAD = """
import os, signal, sys
from jobs.config import ComputeType, Device, Translator
from jobs.models.checkpoint import find
from jobs.models.ct2 import CTranslate2Engine
from jobs.records import Prompt

if sys.argv[2] == "kill":
    os.fsync = lambda file: os.kill(os.getpid(), signal.SIGKILL)
engine = CTranslate2Engine(
    find(sys.argv[1], None),
    Translator("tiny", "tiny", beams=2, input_limit=64, output_limit=12, device=Device.cpu, compute_type=ComputeType.float32),
)
engine.load()
print(engine.generate([Prompt(">>rus<< Oil rose.", "en", "ru")])[0].tokens_out)
"""


@pytest.fixture
def loading(random_marian: Path) -> Callable[[str], subprocess.Popen[str]]:
    def start(how: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", LOAD, str(random_marian), how]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return start


def test_processes_that_convert_at_once_both_end_well(loading: Callable[[str], subprocess.Popen[str]]) -> None:
    both_at_once = [loading("go"), loading("go")]
    told = [process.communicate(timeout=300) for process in both_at_once]
    assert [process.returncode for process in both_at_once] == [0, 0], told
    assert told[0][0] == told[1][0]
    assert len(conversions()) == 1


def test_what_a_killed_conversion_left_is_never_used_and_cleared_away(
    random_marian: Path, loading: Callable[[str], subprocess.Popen[str]]
) -> None:
    killed = loading("kill")
    assert killed.wait(timeout=300) == -signal.SIGKILL
    (left,) = conversions()
    assert list((cache_folder() / "ctranslate2" / left).rglob("model.bin"))
    assert engine(random_marian).generate(prompts(SENTENCES))
    (kept,) = conversions()
    assert kept != left


def test_a_cache_that_cannot_be_written_is_told_in_one_line(
    random_marian: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ModelError, match=r"cannot be converted into .*: Not a directory; set XDG_CACHE_HOME") as told:
        engine(random_marian)
    assert "\n" not in str(told.value)


def asked_of(folder: Path, **changes: object) -> Engine:
    settings = Translator(name="some", model=str(folder), **changes)  # type: ignore[arg-type]
    return engine_for(settings, find(str(folder), None))


def test_the_engine_is_the_fastest_that_supports_the_model_or_the_one_that_is_asked_for(random_marian: Path) -> None:
    assert isinstance(asked_of(random_marian), CTranslate2Engine)
    assert isinstance(asked_of(random_marian, engine=EngineKind.transformers), Seq2SeqEngine)


def test_a_model_that_ctranslate2_does_not_support_runs_with_transformers_and_a_forced_engine_is_refused_in_one_line(
    random_marian: Path, tmp_path: Path
) -> None:
    BartConfig().save_pretrained(tmp_path / "bart")
    (tmp_path / "bart" / "model.safetensors").touch()
    own = shutil.copytree(random_marian, tmp_path / "own")
    GenerationConfig(repetition_penalty=1.3).save_pretrained(own)
    for folder, reason in ((tmp_path / "bart", "models of type bart"), (own, "no equal for repetition_penalty")):
        assert isinstance(asked_of(folder), Seq2SeqEngine)
        for forced in ({"engine": EngineKind.ctranslate2}, {"compute_type": ComputeType.float32}):
            with pytest.raises(ModelError, match=f"{reason}.*; set engine=auto and compute_type=auto$") as told:
                asked_of(folder, **forced)
            assert "\n" not in str(told.value)


def test_settings_that_ctranslate2_decodes_otherwise_run_with_transformers(random_marian: Path) -> None:
    for setting in ("output_minimum", "no_repeat_ngram"):
        assert isinstance(asked_of(random_marian, **{setting: 3}), Seq2SeqEngine)
        with pytest.raises(ModelError, match=f"CTranslate2 is not used with {setting}; set engine=auto"):
            asked_of(random_marian, engine=EngineKind.ctranslate2, **{setting: 3})


def test_a_number_format_of_ctranslate2_is_refused_for_transformers() -> None:
    with pytest.raises(ConfigError, match=r"compute_type=float32: for engine=ctranslate2 only"):
        Translator(name="x", model="embedded", engine=EngineKind.transformers, compute_type=ComputeType.float32)


@pytest.mark.parametrize("error", [RuntimeError("CUDA failed with error out of memory"), MemoryError("std::bad_alloc")])
def test_a_batch_that_does_not_fit_into_memory_is_told_as_such_and_the_engine_goes_on(
    error: Exception, random_marian: Path
) -> None:
    made = engine(random_marian)
    real = made._translator
    made._translator = Mock(num_translators=1, translate_batch=Mock(side_effect=error))
    with pytest.raises(OutOfMemory, match="4 prompts: ") as caught:
        made.generate(prompts(SENTENCES))
    assert caught.value.__context__ is None
    made._translator = real
    assert len(made.generate(prompts(SENTENCES))) == 4


def test_another_error_of_the_model_is_no_lack_of_memory(random_marian: Path) -> None:
    made = engine(random_marian, input_limit=5000)
    with pytest.raises(RuntimeError, match="position encodings") as caught:
        made.generate(prompts(["word " * 2000]))
    assert not isinstance(caught.value, OutOfMemory)


def test_tokens_are_counted_without_a_conversion(random_marian: Path) -> None:
    made = CTranslate2Engine(find(str(random_marian), None), limits())
    assert made.count_tokens(["Oil rose."])[0] > 2
    assert made.count_tokens([]) == []
    assert not cache_folder().exists()


def test_a_generation_cut_by_the_limit_says_so(random_marian: Path) -> None:
    made = engine(random_marian).generate(prompts(SENTENCES))
    assert all((item.finish is Finish.LENGTH) == (item.tokens_out == 12) for item in made)


@pytest.mark.gpu
def test_a_gpu_translates_as_the_processor_does(random_marian: Path) -> None:
    on_gpu = CTranslate2Engine(find(str(random_marian), None), limits(device=Device.cuda))
    on_gpu.load()
    on_cpu = engine(random_marian)
    answers = zip(on_gpu.generate(prompts(SENTENCES)), on_cpu.generate(prompts(SENTENCES)), strict=True)
    assert sum(one.text == other.text for one, other in answers) >= 3
