"""Trains the embedded translator from the corpus: `python -m jobs.demo.train`.

Builds the vocabulary, then trains a small Marian encoder-decoder on an endless stream of filled patterns, checkpoints
every few minutes, resumes where it stopped, keeps the weights that do best on held-out sentences (chrF++) and writes
them in half precision with the tokenizer's files, ready for `AutoModelForSeq2SeqLM`.

Matrices are trained with Muon (Jordan et al. 2024), everything else with AdamW; the rate is constant after a warm-up and
falls to zero at the end, so that a training can be made longer or shorter until the fall begins.
"""

import argparse
import json
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

import sacrebleu
import torch
from transformers import GenerationConfig, MarianConfig, MarianMTModel, MarianTokenizer

from jobs.demo import vocabulary
from jobs.demo.batches import batches
from jobs.demo.corpus import sampling
from jobs.demo.forward import Batch, loss

SHIPPED = Path(__file__).parent / "model"
LOG = "training-log.jsonl"  # beside shipped weights


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides the weights: with the same recipe and the same corpus the training is the same.

    Attributes:
        start: folder of earlier weights to go on from, with their vocabulary; empty for a training from nothing.
        cooldown: share of the steps, at the end, over which the learning rate falls to zero.
        averaging: weight of the past in the moving average of the weights, which is what is assessed and shipped.
    """

    seed: int = 20
    start: str = ""
    steps: int = 24_000
    batch_tokens: int = 3000
    learning_rate: float = 3e-3
    warmup: int = 150
    cooldown: float = 0.5
    label_smoothing: float = 0.05
    dropout: float = 0.1
    averaging: float = 0.998
    width: int = 256
    encoder_layers: int = 4
    decoder_layers: int = 2
    pieces: int = vocabulary.PIECES


def new_model(recipe: Recipe, tokenizer: MarianTokenizer) -> MarianMTModel:
    """An untrained model of the recipe's shape."""
    pad, end = tokenizer.pad_token_id, tokenizer.eos_token_id
    config = MarianConfig(
        vocab_size=len(tokenizer.get_vocab()),
        d_model=recipe.width,
        encoder_layers=recipe.encoder_layers,
        decoder_layers=recipe.decoder_layers,
        encoder_attention_heads=recipe.width // 64,
        decoder_attention_heads=recipe.width // 64,
        encoder_ffn_dim=4 * recipe.width,
        decoder_ffn_dim=4 * recipe.width,
        max_position_embeddings=512,
        activation_function="swish",
        scale_embedding=True,
        dropout=recipe.dropout,
        attention_dropout=0.0,
        init_std=0.03,
        pad_token_id=pad,
        eos_token_id=end,
        decoder_start_token_id=pad,
        forced_eos_token_id=None,
    )
    torch.manual_seed(recipe.seed)
    model = MarianMTModel(config)
    model.generation_config = GenerationConfig(
        num_beams=4,
        max_length=512,
        pad_token_id=pad,
        eos_token_id=end,
        decoder_start_token_id=pad,
        bad_words_ids=[[pad]],
    )
    return model


def rate(step: int, recipe: Recipe) -> float:
    """The learning rate at a step: linear warm-up, constant, then a straight line down to zero."""
    up = (step + 1) / recipe.warmup
    down = (recipe.steps - step) / (recipe.cooldown * recipe.steps)
    return recipe.learning_rate * max(0.0, min(1.0, up, down))


def translate(
    model: MarianMTModel, tokenizer: MarianTokenizer, sentences: list[str], language: str, beams: int
) -> list[str]:
    """Translations of English `sentences`, in their order."""
    order = sorted(range(len(sentences)), key=lambda index: len(sentences[index]))
    found = [""] * len(sentences)
    for start in range(0, len(order), 64):
        chunk = order[start : start + 64]
        tagged = [f"{vocabulary.TAGS[language]} {sentences[index]}" for index in chunk]
        batch = tokenizer(tagged, return_tensors="pt", padding=True, truncation=True).to(model.device)
        with torch.inference_mode():
            output = model.generate(**batch, num_beams=beams, max_length=None, max_new_tokens=160)
        for index, text in zip(chunk, tokenizer.batch_decode(output, skip_special_tokens=True), strict=True):
            found[index] = text
    return found


def chrf(hypotheses: list[str], references: list[str]) -> float:
    """chrF++ of a set of sentences (Popović 2017: character 6-grams and word bigrams)."""
    return float(sacrebleu.corpus_chrf(hypotheses, [references], word_order=2).score)


def assess(model: MarianMTModel, tokenizer: MarianTokenizer, size: int) -> dict[str, float]:
    """Greedy chrF++ on fresh fillings of seen and unseen patterns, per language."""
    model.eval()
    figures = {}
    for name, pairs in (("seen", sampling.seen_patterns(size, 1)), ("unseen", sampling.unseen_patterns(size, 1))):
        for language in vocabulary.TAGS:
            references = [getattr(pair, language) for pair in pairs]
            figures[f"{name}-{language}"] = chrf(
                translate(model, tokenizer, [pair.en for pair in pairs], language, beams=1), references
            )
    model.train()
    return figures


@dataclass(slots=True)
class Progress:
    """What a checkpoint holds beside the weights."""

    step: int = 0
    seconds: float = 0.0
    best: float = -1.0


class Trainer:
    """One training run in a work folder: the model, its average, the optimiser and the log."""

    def __init__(self, work: Path, recipe: Recipe) -> None:
        self.work, self.recipe = work, recipe
        work.mkdir(parents=True, exist_ok=True)
        begun = (work / "checkpoint.pt").exists()
        if not begun:
            _begin(work, recipe)
        self.tokenizer = MarianTokenizer.from_pretrained(work / "tokenizer")
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = new_model(recipe, self.tokenizer).to(self.device)
        if recipe.start:
            self.model.load_state_dict(_weights(Path(recipe.start)))
        self.average = new_model(recipe, self.tokenizer).to(self.device)
        self.average.load_state_dict(self.model.state_dict())
        self.optimisers = _optimisers(self.model)
        self.progress = Progress()
        if begun:
            self.resume()
        else:
            self.checkpoint()  # from here on the folder belongs to this recipe

    def resume(self) -> None:
        """Continue from the last checkpoint of the work folder, if it was made by the same recipe."""
        file = self.work / "checkpoint.pt"
        saved = torch.load(file, map_location=self.device, weights_only=True)
        if saved["recipe"] != _described(self.recipe) and not self.prolongs(saved):
            raise SystemExit(f"{file}: made by another recipe {saved['recipe']}; choose another --work folder")
        self.model.load_state_dict(saved["model"])
        self.average.load_state_dict(saved["average"])
        for optimiser, state in zip(self.optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(state)
        self.progress = Progress(**saved["progress"])

    def prolongs(self, saved: dict[str, Any]) -> bool:
        """Whether the recipe differs from a saved one in how it ends alone, and neither had begun its cool-down."""
        before, now = Recipe(**saved["recipe"]), self.recipe
        step = saved["progress"]["step"]
        same = replace(before, steps=now.steps, cooldown=now.cooldown) == now
        return same and all(rate(step, recipe) == recipe.learning_rate for recipe in (before, now))

    def checkpoint(self) -> None:
        """Write everything that `resume` needs, under a temporary name first."""
        state = {
            "recipe": _described(self.recipe),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "progress": {name: getattr(self.progress, name) for name in ("step", "seconds", "best")},
        }
        torch.save(state, self.work / "checkpoint.tmp")
        (self.work / "checkpoint.tmp").replace(self.work / "checkpoint.pt")

    def log(self, **entry: Any) -> None:
        """Append one line to `log.jsonl` and show it."""
        line = json.dumps({"step": self.progress.step, "seconds": round(self.progress.seconds), **entry})
        print(line, flush=True)
        with (self.work / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def step(self, batch: Batch) -> float:
        """One optimiser step; the loss per target token."""
        torch.manual_seed(self.recipe.seed + self.progress.step)  # dropout of a resumed run is that of an unbroken one
        found = loss(
            self.model,
            batch.to(self.device),
            dropout=self.recipe.dropout,
            smoothing=self.recipe.label_smoothing,
        )
        found.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate(self.progress.step, self.recipe)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        weight = min(self.recipe.averaging, (self.progress.step + 1) / (self.progress.step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - weight)
        self.progress.step += 1
        return float(found.detach())

    def run(self, minutes_between: float, size: int) -> None:
        """Train to the recipe's last step, assessing and checkpointing every few minutes; SIGTERM writes a checkpoint."""
        self.model.train()
        started = last = time.monotonic()
        before = self.progress.seconds
        losses: list[float] = []
        stop = Event()
        usual = signal.signal(signal.SIGTERM, lambda *_: stop.set())
        for batch in batches(self.tokenizer, self.recipe.seed, self.recipe.batch_tokens, skip=self.progress.step):
            if self.progress.step >= self.recipe.steps:
                break
            if stop.is_set():
                self.checkpoint()
                raise SystemExit(f"stopped at step {self.progress.step}; run the same command again to continue")
            losses.append(self.step(batch))
            now = time.monotonic()
            self.progress.seconds = before + now - started
            if now - last > 60 * minutes_between or self.progress.step == self.recipe.steps:
                self.keep_best(sum(losses) / len(losses), size)
                losses, last = [], time.monotonic()
        signal.signal(signal.SIGTERM, usual)

    def keep_best(self, loss: float, size: int) -> None:
        """Assess the averaged weights and write them out when they are the best so far."""
        figures = assess(self.average, self.tokenizer, size)
        score = sum(figures.values()) / len(figures)
        if score > self.progress.best:
            self.progress.best = score
            self.export(self.work / "best")
        self.checkpoint()
        self.log(loss=round(loss, 3), **{name: round(value, 2) for name, value in figures.items()})

    def export(self, folder: Path) -> None:
        """Write the averaged weights in half precision with the tokenizer's files."""
        half = new_model(self.recipe, self.tokenizer)
        half.load_state_dict(self.average.state_dict())
        with _replaced(folder) as written:
            half.half().save_pretrained(written)
            for file in (self.work / "tokenizer").iterdir():
                shutil.copy(file, written)


@contextmanager
def _replaced(folder: Path) -> Iterator[Path]:
    """An empty folder to write to, which takes the place of `folder` at the end: that is never half written."""
    written = folder.with_name(f"{folder.name}.tmp")
    shutil.rmtree(written, ignore_errors=True)
    written.mkdir(parents=True)
    yield written
    shutil.rmtree(folder, ignore_errors=True)
    written.replace(folder)


def _begin(work: Path, recipe: Recipe) -> None:
    """Put the tokenizer's files in a work folder: new ones from the corpus, or those of earlier weights, with their log."""
    if not recipe.start:
        vocabulary.build(work / "tokenizer", recipe.seed, recipe.pieces)
        return
    if (log := Path(recipe.start) / LOG).exists():
        shutil.copy(log, work / "log.jsonl")
    (work / "tokenizer").mkdir(exist_ok=True)
    for name in vocabulary.FILES:
        shutil.copy(Path(recipe.start) / name, work / "tokenizer")


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    """Single-precision weights of an exported model."""
    found: dict[str, torch.Tensor] = MarianMTModel.from_pretrained(folder, dtype=torch.float32).state_dict()
    return found


def _optimisers(model: MarianMTModel) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the layers, at steps as large as AdamW's; AdamW for embeddings, biases and norms."""
    trained = [(name, item) for name, item in model.named_parameters() if item.requires_grad]
    matrices = [item for name, item in trained if item.ndim == 2 and ".layers." in name]
    others = [item for name, item in trained if not (item.ndim == 2 and ".layers." in name)]
    return [
        torch.optim.Muon(matrices, lr=0.0, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=0.0, betas=(0.9, 0.98), weight_decay=0.0, fused=True),
    ]


def _described(recipe: Recipe) -> dict[str, Any]:
    return {name: getattr(recipe, name) for name in recipe.__slots__}


def _replaceable(folder: Path) -> bool:
    """Whether what is there may go for a new model: an earlier one, or an empty folder."""
    return folder.is_dir() and ((folder / "model.safetensors").is_file() or not any(folder.iterdir()))


def _arguments() -> argparse.Namespace:
    """What the command line asks for; what cannot be followed is refused before anything is made."""
    parser = argparse.ArgumentParser(prog="python -m jobs.demo.train", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("outputs/demo-training"), help="checkpoints and log")
    parser.add_argument("--steps", type=int, default=Recipe().steps, help="optimiser steps")
    parser.add_argument("--start", default=Recipe().start, help="folder of earlier weights to go on from")
    parser.add_argument("--rate", type=float, default=Recipe().learning_rate, help="highest learning rate")
    parser.add_argument(
        "--cooldown", type=float, default=Recipe().cooldown, help="share of steps in which it falls to 0"
    )
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    parser.add_argument("--minutes", type=float, default=8.0, help="minutes between checkpoints")
    parser.add_argument("--sentences", type=int, default=200, help="held-out sentences of each kind to assess on")
    parser.add_argument("--ship", type=Path, default=SHIPPED, help="folder that gets the best weights at the end")
    arguments = parser.parse_args()
    if arguments.start and not (Path(arguments.start) / "model.safetensors").is_file():
        parser.error(f"--start {arguments.start}: no model.safetensors in this folder; give one that a training wrote")
    if arguments.ship.exists() and not _replaceable(arguments.ship):
        parser.error(f"--ship {arguments.ship}: holds something else than a model; choose a new folder")
    if not 0 < arguments.cooldown <= 1:
        parser.error(f"--cooldown {arguments.cooldown}: a share of the steps, above 0 and up to 1")
    if arguments.steps < 1:
        parser.error(f"--steps {arguments.steps}: a whole number from 1")
    return arguments


def main() -> None:
    """Train and, at the end, put the best weights where the package ships them."""
    arguments = _arguments()
    recipe = Recipe(
        seed=arguments.seed,
        start=arguments.start,
        steps=arguments.steps,
        learning_rate=arguments.rate,
        cooldown=arguments.cooldown,
    )
    trainer = Trainer(arguments.work, recipe)
    parameters = sum(tensor.numel() for tensor in trainer.model.parameters())
    trainer.log(parameters=parameters, device=str(trainer.device), recipe=_described(trainer.recipe))
    trainer.run(arguments.minutes, arguments.sentences)
    print("listing the words of the corpus", flush=True)
    words = vocabulary.words(recipe.seed)
    with _replaced(arguments.ship) as written:
        shutil.copytree(arguments.work / "best", written, dirs_exist_ok=True)
        shutil.copy(arguments.work / "log.jsonl", written / LOG)
        (written / vocabulary.WORDS).write_text("\n".join(words) + "\n", encoding="utf-8")
        for file in written.iterdir():
            file.chmod(0o644)


if __name__ == "__main__":
    main()
