import shutil
from itertools import islice
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, MarianTokenizer

from jobs.demo.train import Recipe, Trainer, batches, rate

RECIPE = Recipe(seed=3, steps=4, batch_tokens=300, warmup=2, width=64, encoder_layers=1, decoder_layers=1)


@pytest.fixture
def work(random_marian: Path, tmp_path: Path) -> Path:
    """A work folder whose vocabulary is there already."""
    weights = shutil.ignore_patterns("*.safetensors", "config.json", "generation_config.json")
    shutil.copytree(random_marian, tmp_path / "work" / "tokenizer", ignore=weights)
    return tmp_path / "work"


def weights(trainer: Trainer) -> torch.Tensor:
    return torch.cat([tensor.flatten() for tensor in trainer.average.state_dict().values()])


def test_a_training_that_was_broken_off_goes_on_as_if_it_had_not_been(work: Path) -> None:
    unbroken = Trainer(work, RECIPE)
    for batch in islice(batches(RECIPE, unbroken.tokenizer, 0), 4):
        unbroken.step(batch)
    first = Trainer(work, RECIPE)
    for batch in islice(batches(RECIPE, first.tokenizer, 0), 2):
        first.step(batch)
    first.checkpoint()
    second = Trainer(work, RECIPE)
    assert second.progress.step == 2
    for batch in islice(batches(RECIPE, second.tokenizer, 2), 2):
        second.step(batch)
    assert torch.allclose(weights(unbroken), weights(second), atol=1e-6)


def test_a_checkpoint_of_another_recipe_is_not_continued(work: Path) -> None:
    Trainer(work, RECIPE).checkpoint()
    with pytest.raises(SystemExit, match="choose another --work folder"):
        Trainer(work, Recipe(seed=4, width=64, encoder_layers=1, decoder_layers=1))


def test_a_run_leaves_weights_in_half_precision_that_the_auto_classes_load(work: Path) -> None:
    Trainer(work, RECIPE).run(minutes_between=60, size=2)
    tokenizer = AutoTokenizer.from_pretrained(work / "best")
    model = AutoModelForSeq2SeqLM.from_pretrained(work / "best", use_safetensors=True)
    assert isinstance(tokenizer, MarianTokenizer)
    assert model.config.d_model == 64
    assert {tensor.dtype for tensor in load_file(work / "best" / "model.safetensors").values()} == {torch.float16}
    assert "unseen-kk" in (work / "log.jsonl").read_text()


def test_both_languages_are_asked_for_by_the_first_token(random_marian: Path) -> None:
    tokenizer = MarianTokenizer.from_pretrained(random_marian)
    tags = {tokenizer.get_vocab()[tag] for tag in (">>rus<<", ">>kaz<<")}
    batch = next(batches(RECIPE, tokenizer, 0))
    assert set(batch["input_ids"][:, 0].tolist()) == tags
    assert batch["labels"].shape[0] == batch["input_ids"].shape[0]


def test_the_learning_rate_rises_and_then_falls() -> None:
    rates = [rate(step, Recipe(steps=100, warmup=10)) for step in range(100)]
    assert rates.index(max(rates)) in (9, 10)
    assert rates[-1] < 0.05 * max(rates)
