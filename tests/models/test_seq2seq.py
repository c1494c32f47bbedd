import shutil
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch
from transformers import MarianMTModel, MarianTokenizer

from jobs.config import Device
from jobs.models import batching
from jobs.models.budget import Budget
from jobs.models.checkpoint import find
from jobs.models.ct2 import CTranslate2Engine
from jobs.models.engine import ModelError, OutOfMemory
from jobs.models.seq2seq import Seq2SeqEngine
from jobs.records import Finish, Prompt
from tests.tiny import limits

SENTENCES = ["The ministry said output fell.", "Police detained 12 people in Almaty on Monday.", "No.", "Oil ☃ rose."]


def engine(folder: Path, beams: int, input_limit: int = 64) -> Seq2SeqEngine:
    made = Seq2SeqEngine(find(str(folder), None), limits(beams, input_limit))
    made.load()
    return made


def prompts(texts: list[str]) -> list[Prompt]:
    return [Prompt(f">>rus<< {text}", "en", "ru") for text in texts]


@pytest.mark.parametrize("beams", [1, 4])
def test_the_engine_gives_what_a_plain_generate_call_gives(random_marian: Path, beams: int) -> None:
    tokenizer = MarianTokenizer.from_pretrained(random_marian)
    model = MarianMTModel.from_pretrained(random_marian).eval()
    expected = []
    for prompt in prompts(SENTENCES):
        batch = tokenizer([prompt.text], return_tensors="pt")
        with torch.inference_mode():
            output = model.generate(
                **batch, num_beams=beams, early_stopping=beams > 1, max_length=None, max_new_tokens=12
            )
        expected.append(tokenizer.decode(output[0], skip_special_tokens=True).strip())
    assert [made.text for made in engine(random_marian, beams).generate(prompts(SENTENCES))] == expected


def test_the_other_hypotheses_of_the_beam_come_along_best_first(random_marian: Path) -> None:
    tokenizer = MarianTokenizer.from_pretrained(random_marian)
    model = MarianMTModel.from_pretrained(random_marian).eval()
    for prompt, made in zip(prompts(SENTENCES), engine(random_marian, 4).generate(prompts(SENTENCES)), strict=True):
        batch = tokenizer([prompt.text], return_tensors="pt")
        with torch.inference_mode():
            output = model.generate(
                **batch, num_beams=4, num_return_sequences=4, early_stopping=True, max_length=None, max_new_tokens=12
            )
        expected = [text.strip() for text in tokenizer.batch_decode(output, skip_special_tokens=True)]
        assert [made.text, *(item.text for item in made.alternatives)] == expected
        scores = [made.score, *(item.score for item in made.alternatives)]
        assert scores == sorted(scores, reverse=True)
        assert {item.tokens_in for item in made.alternatives} == {made.tokens_in}


def test_a_prompt_may_ask_for_other_decoding_than_the_settings(random_marian: Path) -> None:
    tokenizer = MarianTokenizer.from_pretrained(random_marian)
    model = MarianMTModel.from_pretrained(random_marian).eval()
    asked = [replace(prompt, no_repeat_ngram=2, output_limit=24) for prompt in prompts(SENTENCES)]
    for prompt, made in zip(asked, engine(random_marian, 1).generate(asked), strict=True):
        batch = tokenizer([prompt.text], return_tensors="pt")
        with torch.inference_mode():
            output = model.generate(**batch, num_beams=1, no_repeat_ngram_size=2, max_length=None, max_new_tokens=24)
        assert made.text == tokenizer.decode(output[0], skip_special_tokens=True).strip()
    assert [made.tokens_out for made in engine(random_marian, 1).generate(prompts(SENTENCES))] == [12] * 4


def test_an_answer_is_never_longer_than_the_model_has_positions_for(random_marian: Path) -> None:
    made = engine(random_marian, 1)
    positions = made._model.config.max_position_embeddings
    (answer,) = made.generate([replace(prompts(["Oil rose."])[0], output_limit=10 * positions)])
    assert answer.tokens_out <= positions


def test_a_greedy_search_has_no_other_hypotheses(random_marian: Path) -> None:
    assert not any(made.alternatives for made in engine(random_marian, 1).generate(prompts(SENTENCES)))


def test_the_tag_of_the_target_language_is_one_token(random_marian: Path) -> None:
    tokenizer = MarianTokenizer.from_pretrained(random_marian)
    ids = tokenizer(">>kaz<< Oil rose.")["input_ids"]
    assert ids[0] == tokenizer.get_vocab()[">>kaz<<"]
    assert ids.count(ids[0]) == 1
    assert ids[-1] == tokenizer.eos_token_id


def test_tokens_that_were_not_read_are_told(random_marian: Path) -> None:
    made = engine(random_marian, 1, input_limit=8).generate(prompts(["word " * 30, "Short."]))
    assert made[0].tokens_kept == 8 < made[0].tokens_in
    assert made[1].tokens_kept == made[1].tokens_in


def test_a_generation_cut_by_the_limit_says_so(random_marian: Path) -> None:
    made = engine(random_marian, 1).generate(prompts(SENTENCES))
    assert all((item.finish is Finish.LENGTH) == (item.tokens_out == 12) for item in made)


def test_pieces_that_the_vocabulary_does_not_have_are_counted(random_marian: Path) -> None:
    made = engine(random_marian, 1).generate(prompts(SENTENCES))
    assert made[3].unknown == 1
    assert made[2].unknown == 0


def test_scores_are_mean_log_probabilities(random_marian: Path) -> None:
    for beams in (1, 4):
        assert all(-20 < item.score < 0 for item in engine(random_marian, beams).generate(prompts(SENTENCES)))


def test_a_greedy_score_is_the_mean_that_transformers_gives_for_the_same_steps(random_marian: Path) -> None:
    tokenizer = MarianTokenizer.from_pretrained(random_marian)
    model = MarianMTModel.from_pretrained(random_marian).eval()
    told = {"return_dict_in_generate": True, "output_scores": True}
    expected = []
    for prompt in prompts(SENTENCES):
        batch = tokenizer([prompt.text], return_tensors="pt")
        with torch.inference_mode():
            output = model.generate(**batch, **told, num_beams=1, max_length=None, max_new_tokens=12)
        steps = model.compute_transition_scores(output.sequences, output.scores, normalize_logits=True)
        expected.append(float(steps.mean()))
    made = engine(random_marian, 1).generate(prompts(SENTENCES))
    assert [item.score for item in made] == pytest.approx(expected, abs=1e-4)


def test_tokens_are_counted_without_loading_weights(random_marian: Path) -> None:
    made = Seq2SeqEngine(find(str(random_marian), None), limits())
    assert made.count_tokens(["Oil rose."])[0] > 2
    assert made.count_tokens([]) == []


def test_a_folder_without_weights_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no \*\.safetensors"):
        find(str(tmp_path), None)


def test_a_file_of_weights_that_was_not_copied_to_its_end_is_told_in_one_line(
    random_marian: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(random_marian, tmp_path / "half")
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    for kind in (Seq2SeqEngine, CTranslate2Engine):
        with pytest.raises(ModelError, match=f"{folder}: cannot be ") as told:
            kind(find(str(folder), None), limits()).load()
        assert "\n" not in str(told.value)


def test_a_misspelt_folder_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match=r"/no/such/model: no such folder"):
        find("/no/such/model", None)


def test_a_hub_model_that_cannot_be_had_names_the_way_out() -> None:
    with pytest.raises(ModelError, match="give a folder as its model= instead"):
        find("nobody/nothing", None)


def test_the_engine_tells_what_it_runs_on(random_marian: Path) -> None:
    assert engine(random_marian, 1).runs_on == "cpu, float32 (transformers)"


def real_error_of_the_allocator() -> RuntimeError:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**58, dtype=torch.uint8)
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        real_error_of_the_allocator(),
    ],
)
def test_a_batch_that_does_not_fit_into_memory_is_told_as_such_and_the_engine_goes_on(
    error: RuntimeError, random_marian: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = engine(random_marian, 1)
    with monkeypatch.context() as patch:
        patch.setattr(made._model, "generate", Mock(side_effect=error))
        with pytest.raises(OutOfMemory, match="4 prompts: ") as caught:
            made.generate(prompts(SENTENCES))
    assert caught.value.__context__ is None, "the first error's traceback would hold the memory of the batch"
    assert len(made.generate(prompts(SENTENCES))) == 4


def test_another_error_of_the_model_is_no_lack_of_memory(random_marian: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = engine(random_marian, 1)
    monkeypatch.setattr(made._model, "generate", lambda **_: torch.zeros(2) @ torch.zeros(3))
    with pytest.raises(RuntimeError, match="size") as caught:
        made.generate(prompts(SENTENCES))
    assert not isinstance(caught.value, OutOfMemory)


@pytest.mark.gpu
def test_a_batch_too_large_for_a_gpu_is_recovered(random_marian: Path) -> None:
    made = Seq2SeqEngine(find(str(random_marian), None), limits(device=Device.cuda))
    made.load()
    asked = prompts([f"{sentence} {number}" for number in range(500) for sentence in SENTENCES])
    alone = made.generate(asked[:8])
    budget = Budget(10**9)
    torch.cuda.empty_cache()
    held = torch.cuda.memory_reserved() + 256 * 2**20
    torch.cuda.set_per_process_memory_fraction(held / torch.cuda.get_device_properties(0).total_memory)
    try:
        found = batching.generate(made, asked, beams=4, budget=budget)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert all(item.finish is not Finish.OUT_OF_MEMORY for item in found)
    assert budget.tokens < 10**9
    assert sum(one.text == other.text for one, other in zip(found, alone, strict=False)) >= 6


@pytest.mark.gpu
def test_a_gpu_translates_as_the_processor_does(random_marian: Path) -> None:
    on_gpu = Seq2SeqEngine(find(str(random_marian), None), limits(device=Device.cuda))
    on_gpu.load()
    on_cpu = engine(random_marian, 4)
    same = [
        one.text == other.text
        for one, other in zip(on_gpu.generate(prompts(SENTENCES)), on_cpu.generate(prompts(SENTENCES)), strict=True)
    ]
    assert sum(same) >= 3
