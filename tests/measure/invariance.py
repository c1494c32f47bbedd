"""How often a translation depends on what else is in its batch, %: each sentence alone, and in batches as the job makes them.

`python -m tests.measure.invariance`: the embedded model on FLORES-200 sentences, every other one into Kazakh. Nothing may
differ in fp32 with Transformers. In fewer bits, numbers are rounded by the shape of the batch, and where two hypotheses are
about equally good, the other one may win.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from unittest import mock

import torch

from jobs.config import ComputeType, Device, Translator
from jobs.models import batching, pretrained
from jobs.models.budget import Budget
from jobs.models.checkpoint import find
from jobs.models.ct2 import CTranslate2Engine
from jobs.models.engine import Engine
from jobs.models.seq2seq import Seq2SeqEngine
from jobs.records import Prompt
from tests.measure import report
from tests.measure.trust import rows

BEAMS = 4
BATCH_TOKENS = 8192
ALONE = 1


def differing(engine: Engine, prompts: list[Prompt]) -> float:
    """Share of the prompts whose answer is another one in a batch, %."""
    alone, together = (
        [made.text for made in batching.generate(engine, prompts, beams=BEAMS, budget=Budget(tokens))]
        for tokens in (ALONE, BATCH_TOKENS)
    )
    return 100 * sum(one != other for one, other in zip(alone, together, strict=True)) / len(prompts)


def main() -> None:
    """Print the share for each engine and number format."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=1012)
    options = parser.parse_args()
    english = [row["en"] for row in rows()][: options.sentences]
    prompts = [Prompt(f">>{('rus', 'kaz')[index % 2]}<< {text}", "en", "ru") for index, text in enumerate(english)]
    checkpoint = find("embedded", None)
    settings = Translator("demo", "embedded", beams=BEAMS, input_limit=192, output_limit=256, device=Device.cpu)

    def transformers(kind: torch.dtype) -> Engine:
        engine = Seq2SeqEngine(checkpoint, settings)
        with mock.patch.object(pretrained, "precision", return_value=kind):
            engine.load()
        return engine

    def ctranslate2(kind: ComputeType) -> Engine:
        engine = CTranslate2Engine(checkpoint, replace(settings, compute_type=kind))
        engine.load()
        return engine

    report(
        f"fp32, Transformers, of {len(prompts)}, %",
        differing(transformers(torch.float32), prompts),
        0,
        at_most=True,
        digits=1,
    )
    others: dict[str, Callable[[], Engine]] = {
        "bf16, Transformers": lambda: transformers(torch.bfloat16),
        "fp32, CTranslate2": lambda: ctranslate2(ComputeType.float32),
        "int8, CTranslate2": lambda: ctranslate2(ComputeType.int8_float32),
    }
    for name, load in others.items():
        print(f"{name}, of {len(prompts)}, %\t{differing(load(), prompts):.1f}\t\t", flush=True)


if __name__ == "__main__":
    main()
