import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, MarianTokenizer

from jobs.demo import batches, vocabulary
from jobs.demo.forward import Batch
from jobs.demo.train import LOG, Recipe, Trainer, main, rate

RECIPE = Recipe(seed=3, steps=4, batch_tokens=300, warmup=2, width=64, encoder_layers=1, decoder_layers=1)


@pytest.fixture
def work(random_marian: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A work folder to be, whose vocabulary is made in no time."""

    def build(folder: Path, seed: int, pieces: int) -> None:
        weights = shutil.ignore_patterns("*.safetensors", "config.json", "generation_config.json")
        shutil.copytree(random_marian, folder, ignore=weights, dirs_exist_ok=True)

    monkeypatch.setattr(vocabulary, "build", build)
    return tmp_path / "work"


def stream(trainer: Trainer, count: int) -> Iterator[Batch]:
    """The next batches of a training."""
    skip = trainer.progress.step
    return islice(batches.batches(trainer.tokenizer, RECIPE.seed, RECIPE.batch_tokens, skip), count)


def weights(trainer: Trainer) -> torch.Tensor:
    return torch.cat([tensor.flatten() for tensor in trainer.average.state_dict().values()])


def test_a_training_that_was_broken_off_goes_on_as_if_it_had_not_been(work: Path) -> None:
    unbroken = Trainer(work, RECIPE)
    for batch in stream(unbroken, 4):
        unbroken.step(batch)
    first = Trainer(work, RECIPE)
    for batch in stream(first, 2):
        first.step(batch)
    first.checkpoint()
    second = Trainer(work, RECIPE)
    assert second.progress.step == 2
    for batch in stream(second, 2):
        second.step(batch)
    assert torch.allclose(weights(unbroken), weights(second), atol=1e-6)


def test_a_folder_that_was_begun_with_another_recipe_is_not_continued(work: Path) -> None:
    Trainer(work, RECIPE)
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


@pytest.mark.parametrize(("option", "value"), [("--cooldown", "0"), ("--cooldown", "1.5"), ("--steps", "0")])
def test_a_recipe_that_cannot_be_followed_is_refused(
    option: str, value: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["train", option, value, "--work", str(tmp_path / "work")])
    with pytest.raises(SystemExit):
        main()
    assert f"{option} {value}" in capsys.readouterr().err
    assert not (tmp_path / "work").exists()


def test_weights_are_shipped_over_nothing_but_an_earlier_model(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "thesis").mkdir()
    kept = tmp_path / "thesis" / "chapter.txt"
    kept.write_text("1")
    for ship in (tmp_path / "thesis", kept):
        monkeypatch.setattr("sys.argv", ["train", "--ship", str(ship), "--work", str(tmp_path / "work")])
        with pytest.raises(SystemExit):
            main()
        assert f"--ship {ship}: holds something else than a model" in capsys.readouterr().err
    assert kept.exists()
    assert not (tmp_path / "work").exists()


def test_the_learning_rate_rises_and_then_falls() -> None:
    rates = [rate(step, Recipe(steps=100, warmup=10, cooldown=0.2)) for step in range(101)]
    assert rates.index(max(rates)) == 9
    assert rates[80] == max(rates)
    assert rates[-1] == 0
