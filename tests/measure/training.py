"""How fast the embedded translator is trained: `python -m tests.measure.training`, on cores that do nothing else.

Steps of one recipe in turns: with `jobs.demo.forward`, and with the loss of `MarianMTModel` under bfloat16 autocast. Beside it
what of the batches is padding, with pools of pairs of two sizes sorted by length.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from unittest import mock

import torch

from jobs.demo import batches, train
from jobs.demo.forward import Batch, loss
from jobs.models.checkpoint import EMBEDDED
from tests.measure import report


def stock(model: torch.nn.Module, batch: Batch, *, dropout: float, smoothing: float) -> torch.Tensor:
    """The same loss as Transformers has it; its dropout is the model's own."""
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(
            input_ids=batch.source, attention_mask=batch.keep.long(), decoder_input_ids=batch.previous
        ).logits
    labels = batch.labels.flatten()
    return torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), labels, label_smoothing=smoothing)


def seconds(trainer: train.Trainer, found: list[Batch], way: Callable[..., torch.Tensor]) -> float:
    """Of one step on each batch."""
    with mock.patch.object(train, "loss", way):
        started = time.perf_counter()
        for batch in found:
            trainer.step(batch)
        return time.perf_counter() - started


def main() -> None:
    """Print tokens a second, their ratio, and the padding."""
    parser = argparse.ArgumentParser(prog="python -m tests.measure.training", description=__doc__)
    parser.add_argument("--steps", type=int, default=20, help="steps each way")
    steps = parser.parse_args().steps
    recipe = train.Recipe(start=str(EMBEDDED))
    with tempfile.TemporaryDirectory() as folder:
        trainer = train.Trainer(Path(folder), recipe)
        for pool in (batches.POOL // 4, batches.POOL):
            with mock.patch.object(batches, "POOL", pool):
                found = list(islice(batches.batches(trainer.tokenizer, recipe.seed, recipe.batch_tokens), 4 * steps))
            padding = sum(int((~batch.keep).sum()) for batch in found) / sum(batch.keep.numel() for batch in found)
            print(f"source tokens that are padding, {pool} pairs sorted together, %\t{100 * padding:.1f}\t\t")
        found = found[:steps]
        trainer.model.train()
        for way in (loss, stock):
            seconds(trainer, found[:2], way)
        ours = theirs = 0.0
        for half in (found[: steps // 2], found[steps // 2 :]):
            ours += seconds(trainer, half, loss)
            theirs += seconds(trainer, half, stock)
        tokens = sum(int((batch.labels != -100).sum()) for batch in found)
        print(f"target tokens a second, jobs.demo.forward\t{tokens / ours:.0f}\t\t")
        print(f"target tokens a second, MarianMTModel under autocast\t{tokens / theirs:.0f}\t\t")
        report("jobs.demo.forward / MarianMTModel, speed", theirs / ours, 1.0, digits=2)


if __name__ == "__main__":
    main()
