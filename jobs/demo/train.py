"""Trains the embedded translator from the corpus: `python -m jobs.demo.train`.

Builds the vocabulary, then trains a small Marian encoder-decoder with AdamW on an endless stream of filled patterns,
checkpoints every few minutes, resumes where it stopped, keeps the weights that do best on held-out sentences (chrF++)
and writes them in half precision with the tokenizer's files, ready for `AutoModelForSeq2SeqLM`.
"""

import argparse
import json
import math
import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import sacrebleu
import torch
from transformers import GenerationConfig, MarianConfig, MarianMTModel, MarianTokenizer

from jobs.demo import vocabulary
from jobs.demo.corpus import sampling
from jobs.demo.corpus.patterns import Pair

SHIPPED = Path(__file__).parent / "model"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides the weights: with the same recipe and the same corpus the training is the same."""

    seed: int = 20
    steps: int = 6600
    batch_tokens: int = 1500
    learning_rate: float = 1.2e-3
    warmup: int = 400
    label_smoothing: float = 0.05
    dropout: float = 0.05
    averaging: float = 0.998
    width: int = 256
    encoder_layers: int = 4
    decoder_layers: int = 2
    pieces: int = vocabulary.PIECES


Batch = dict[str, torch.Tensor]


def batches(recipe: Recipe, tokenizer: MarianTokenizer, skip: int) -> Iterator[Batch]:
    """Batches of about `batch_tokens` target tokens, sentences of like length together; the first `skip` are passed over.

    Shapes: `input_ids`, `attention_mask` (sentences, source tokens), `labels` (sentences, target tokens; padding -100).
    """
    rng = random.Random(f"batches-{recipe.seed}")
    stream = sampling.stream(recipe.seed)
    number = 0
    while True:
        examples = [example for pair in islice(stream, 2000) for example in _examples(pair)]
        groups = _grouped(examples, recipe.batch_tokens)
        rng.shuffle(groups)
        for group in groups:
            number += 1
            if number > skip:
                yield _encoded(tokenizer, group)


def _examples(pair: Pair) -> list[tuple[str, str]]:
    return [(f"{tag} {pair.en}", {"ru": pair.ru, "kk": pair.kk}[language]) for language, tag in vocabulary.TAGS.items()]


def _grouped(examples: list[tuple[str, str]], batch_tokens: int) -> list[list[tuple[str, str]]]:
    """Sorted by length in characters and cut where about `batch_tokens` are reached (3.5 characters a token)."""
    groups: list[list[tuple[str, str]]] = []
    group: list[tuple[str, str]] = []
    longest = 0
    for example in sorted(examples, key=lambda pair: (len(pair[1]), pair)):
        longest = max(longest, len(example[1]))
        if group and longest * (len(group) + 1) > 3.5 * batch_tokens:
            groups.append(group)
            longest, group = len(example[1]), []
        group.append(example)
    return [*groups, group]


def _encoded(tokenizer: MarianTokenizer, group: list[tuple[str, str]]) -> Batch:
    sources, targets = zip(*group, strict=True)
    batch = tokenizer(list(sources), return_tensors="pt", padding=True, truncation=True, max_length=192)
    labels = tokenizer(text_target=list(targets), return_tensors="pt", padding=True, truncation=True, max_length=192)
    batch["labels"] = labels["input_ids"].masked_fill(labels["attention_mask"] == 0, -100)
    return dict(batch)


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
    """The learning rate at a step: linear warm-up, then a cosine down to a fiftieth."""
    if step < recipe.warmup:
        return recipe.learning_rate * (step + 1) / recipe.warmup
    progress = (step - recipe.warmup) / max(1, recipe.steps - recipe.warmup)
    return recipe.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


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
        if not (work / "tokenizer" / "tokenizer_config.json").exists():
            vocabulary.build(work / "tokenizer", recipe.seed, recipe.pieces)
        self.tokenizer = MarianTokenizer.from_pretrained(work / "tokenizer")
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = new_model(recipe, self.tokenizer).to(self.device)
        self.average = new_model(recipe, self.tokenizer).to(self.device)
        self.average.load_state_dict(self.model.state_dict())
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=0.0, betas=(0.9, 0.98), weight_decay=0.01, fused=self.device.type == "cuda"
        )
        self.progress = Progress()
        self.resume()

    def resume(self) -> None:
        """Continue from the last checkpoint of the work folder, if it was made by the same recipe."""
        file = self.work / "checkpoint.pt"
        if not file.exists():
            return
        saved = torch.load(file, map_location=self.device, weights_only=True)
        if saved["recipe"] != _described(self.recipe):
            raise SystemExit(f"{file}: made by another recipe {saved['recipe']}; choose another --work folder")
        self.model.load_state_dict(saved["model"])
        self.average.load_state_dict(saved["average"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.progress = Progress(**saved["progress"])

    def checkpoint(self) -> None:
        """Write everything that `resume` needs, under a temporary name first."""
        state = {
            "recipe": _described(self.recipe),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
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
        for group in self.optimiser.param_groups:
            group["lr"] = rate(self.progress.step, self.recipe)
        torch.manual_seed(self.recipe.seed + self.progress.step)  # dropout of a resumed run is that of an unbroken one
        batch = {name: tensor.to(self.device) for name, tensor in batch.items()}
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            logits = self.model(**batch).logits
        loss = torch.nn.functional.cross_entropy(
            logits.float().flatten(0, 1), batch["labels"].flatten(), label_smoothing=self.recipe.label_smoothing
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        weight = min(self.recipe.averaging, (self.progress.step + 1) / (self.progress.step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - weight)
        self.progress.step += 1
        return float(loss.detach())

    def run(self, minutes_between: float, size: int) -> None:
        """Train to the recipe's last step, assessing and checkpointing every few minutes."""
        self.model.train()
        started = last = time.monotonic()
        before = self.progress.seconds
        losses: list[float] = []
        for batch in batches(self.recipe, self.tokenizer, self.progress.step):
            if self.progress.step >= self.recipe.steps:
                break
            losses.append(self.step(batch))
            now = time.monotonic()
            self.progress.seconds = before + now - started
            if now - last > 60 * minutes_between or self.progress.step == self.recipe.steps:
                self.keep_best(sum(losses) / len(losses), size)
                losses, last = [], time.monotonic()

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
        shutil.rmtree(folder, ignore_errors=True)
        half = new_model(self.recipe, self.tokenizer)
        half.load_state_dict(self.average.state_dict())
        half.half().save_pretrained(folder)
        for file in (self.work / "tokenizer").iterdir():
            shutil.copy(file, folder)


def _described(recipe: Recipe) -> dict[str, Any]:
    return {name: getattr(recipe, name) for name in recipe.__slots__}


def main() -> None:
    """Train and, at the end, put the best weights where the package ships them."""
    parser = argparse.ArgumentParser(prog="python -m jobs.demo.train", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("outputs/demo-training"), help="checkpoints and log")
    parser.add_argument("--steps", type=int, default=Recipe().steps, help="optimiser steps")
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    parser.add_argument("--minutes", type=float, default=8.0, help="minutes between checkpoints")
    parser.add_argument("--sentences", type=int, default=200, help="held-out sentences of each kind to assess on")
    parser.add_argument("--ship", type=Path, default=SHIPPED, help="folder that gets the best weights at the end")
    arguments = parser.parse_args()
    trainer = Trainer(arguments.work, Recipe(seed=arguments.seed, steps=arguments.steps))
    parameters = sum(tensor.numel() for tensor in trainer.model.parameters())
    trainer.log(parameters=parameters, device=str(trainer.device), recipe=_described(trainer.recipe))
    trainer.run(arguments.minutes, arguments.sentences)
    shutil.rmtree(arguments.ship, ignore_errors=True)
    shutil.copytree(arguments.work / "best", arguments.ship)
    for file in arguments.ship.iterdir():
        file.chmod(0o644)
    shutil.copy(arguments.work / "log.jsonl", arguments.ship / "training-log.jsonl")


if __name__ == "__main__":
    main()
