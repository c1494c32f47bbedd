import random
import shutil
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, MarianTokenizer

from jobs.demo.corpus import sampling
from jobs.demo.train import LOG, Encoder, Recipe, Trainer, batches, main, rate

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


def test_a_training_goes_on_from_the_weights_and_the_vocabulary_of_an_earlier_one(work: Path) -> None:
    first = Trainer(work, RECIPE)
    first.run(minutes_between=60, size=2)
    (work / "best" / LOG).write_text('{"step": 4}\n')
    (work.parent / "other" / "tokenizer").mkdir(parents=True)  # left by a start that was killed
    second = Trainer(work.parent / "other", replace(RECIPE, start=str(work / "best")))
    second.log(loss=1.0)
    assert (second.work / "log.jsonl").read_text().startswith('{"step": 4}\n{"step": 0')
    assert second.progress.step == 0
    assert second.tokenizer.get_vocab() == first.tokenizer.get_vocab()
    assert torch.allclose(weights(first), weights(second), atol=1e-3)


def test_a_folder_without_weights_to_go_on_from_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["train", "--start", str(tmp_path / "nothing"), "--work", str(tmp_path / "work")])
    with pytest.raises(SystemExit):
        main()
    assert f"--start {tmp_path / 'nothing'}: no model.safetensors" in capsys.readouterr().err
    assert not (tmp_path / "work").exists()


def test_both_languages_are_asked_for_by_the_first_token(random_marian: Path) -> None:
    tokenizer = MarianTokenizer.from_pretrained(random_marian)
    tags = {tokenizer.get_vocab()[tag] for tag in (">>rus<<", ">>kaz<<")}
    first = {int(tag) for batch in islice(batches(RECIPE, tokenizer, 0), 10) for tag in batch.source[:, 0]}
    assert first == tags


def test_training_sees_the_token_ids_that_the_tokenizer_gives(random_marian: Path) -> None:
    tokenizer = MarianTokenizer.from_pretrained(random_marian)
    pairs = sampling.seen_patterns(20, 5)
    for pair, (source, target) in zip(pairs, Encoder(tokenizer)(pairs)[::2], strict=True):
        assert source == tokenizer(f">>rus<< {pair.en}")["input_ids"]
        assert target == tokenizer(text_target=pair.ru)["input_ids"]


def test_other_segmentations_are_of_the_same_text_and_come_again_with_the_same_seed(random_marian: Path) -> None:
    tokenizer = MarianTokenizer.from_pretrained(random_marian)
    names = sampling.unseen_names(30, 5)
    once, again = (Encoder(tokenizer, random.Random(1))(names) for _ in range(2))
    assert once == again
    plain = Encoder(tokenizer)(names)
    assert once != plain
    assert [tokenizer.spm_source.decode(target[:-1]) for _, target in once] == [
        tokenizer.spm_source.decode(target[:-1]) for _, target in plain
    ]


def test_a_training_may_be_made_longer_until_its_rate_falls(work: Path) -> None:
    recipe = replace(RECIPE, steps=100)
    first = Trainer(work, recipe)
    first.progress.step = 50
    first.checkpoint()
    assert Trainer(work, replace(recipe, steps=200)).progress.step == 50
    first.progress.step = 90
    first.checkpoint()
    with pytest.raises(SystemExit, match="made by another recipe"):
        Trainer(work, replace(recipe, steps=200))


def test_the_learning_rate_rises_and_then_falls() -> None:
    rates = [rate(step, Recipe(steps=100, warmup=10, cooldown=0.2)) for step in range(101)]
    assert rates.index(max(rates)) == 9
    assert rates[80] == max(rates)
    assert rates[-1] == 0
