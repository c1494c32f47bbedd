"""CTranslate2 beside Transformers: speed on the same weights, and how many sentences are equal.

`python -m tests.measure.engines`, on an idle machine. The embedded model translates held-out sentences; a random Marian
of 61 million weights writes 64 tokens for each, whatever it reads. Seconds are the best of several
rounds, in which the ways take turns. The engines are given batches as the job gives them, tokens counted and decoded;
`translate_batch` is given tokens, at the best of its settings.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import ctranslate2
import torch

from jobs.config import ComputeType
from jobs.demo.corpus import sampling
from jobs.models import batching, ct2
from jobs.models.budget import Budget
from jobs.models.checkpoint import EMBEDDED, Checkpoint, find
from jobs.models.ct2 import CTranslate2Engine
from jobs.models.engine import Engine
from jobs.models.seq2seq import Seq2SeqEngine
from jobs.models.tokenizer import encoded, load_tokenizer, token_names
from jobs.records import Generation, Prompt
from tests.measure import report

BEAMS = 4
BATCH_TOKENS = 8192
INPUT_LIMIT = 192
FIXED_LENGTH = 64


def random_marian(folder: Path) -> Path:
    """A Marian of about OPUS-MT's size with random weights that never ends by itself."""
    from transformers import AutoTokenizer, MarianConfig, MarianMTModel

    for file in EMBEDDED.iterdir():
        if file.suffix in (".spm", ".json"):
            shutil.copy(file, folder)
    end, pad = (AutoTokenizer.from_pretrained(EMBEDDED).convert_tokens_to_ids(token) for token in ("</s>", "<pad>"))
    torch.manual_seed(1)
    config = MarianConfig(
        vocab_size=pad + 1,
        d_model=512,
        encoder_layers=6,
        decoder_layers=6,
        encoder_attention_heads=8,
        decoder_attention_heads=8,
        encoder_ffn_dim=3072,
        decoder_ffn_dim=3072,
        max_position_embeddings=512,
        pad_token_id=pad,
        eos_token_id=end,
        decoder_start_token_id=pad,
        scale_embedding=True,
        init_std=0.05,
    )
    model = MarianMTModel(config)
    model.generation_config.bad_words_ids = [[pad]]
    # No output limit is reached by an end whose probability is nothing.
    model.final_logits_bias[0, end] = -1e4
    model.save_pretrained(folder)
    print(f"random Marian, million weights\t{model.num_parameters() / 1e6:.0f}\t\t", flush=True)
    return folder


def translated(engine: Engine, prompts: Sequence[Prompt]) -> list[Generation]:
    """Batches as the job makes them."""
    return batching.generate(engine, prompts, beams=BEAMS, budget=Budget(BATCH_TOKENS))


def direct(checkpoint: Checkpoint, prompts: Sequence[Prompt], limit: int) -> dict[str, Callable[[], object]]:
    """`translate_batch` at settings that may be the best, by name."""
    tokenizer = load_tokenizer(checkpoint)
    tokens = [tokenizer.convert_ids_to_tokens(row) for row in encoded(tokenizer, prompts, INPUT_LIMIT)[0]]
    names = token_names(tokenizer, len(tokenizer))
    folder = ct2.converted(checkpoint, tokenizer, names, ComputeType.int8_float32.value)
    cores = torch.get_num_threads()
    ways: dict[str, Callable[[], object]] = {}
    for (inter, intra), (size, kind) in product(
        sorted({(1, cores), (cores, 1)}), [(16, "examples"), (32, "examples"), (1024, "tokens"), (2048, "tokens")]
    ):
        translator = ctranslate2.Translator(
            str(folder), compute_type="int8_float32", inter_threads=inter, intra_threads=intra
        )
        ways[f"translate_batch {inter}×{intra}, {size} {kind}"] = lambda made=translator, size=size, kind=kind: (
            made.translate_batch(
                tokens,
                max_batch_size=size,
                batch_type=kind,
                beam_size=BEAMS,
                max_input_length=0,
                max_decoding_length=limit,
                suppress_sequences=[["<pad>"]],
            )
        )
    return ways


def best_seconds(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The least time of each way; they take turns, so that a busy moment hits all."""
    found = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            found[name] = min(found[name], time.perf_counter() - started)
    return found


def measure(name: str, checkpoint: Checkpoint, prompts: Sequence[Prompt], limit: int, rounds: int) -> None:
    """Print the figures for one checkpoint."""
    settings = {"beams": BEAMS, "input_limit": INPUT_LIMIT, "output_limit": limit, "device": "cpu"}
    transformers = Seq2SeqEngine(checkpoint, **settings)  # type: ignore[arg-type]
    exact = CTranslate2Engine(checkpoint, **settings, compute_type=ComputeType.float32)  # type: ignore[arg-type]
    fast = CTranslate2Engine(checkpoint, **settings, compute_type=ComputeType.int8_float32)  # type: ignore[arg-type]
    for engine in (transformers, exact, fast):
        engine.load()
    expected = translated(transformers, prompts)
    for kind, made, target in (("fp32", translated(exact, prompts), 99.0), ("int8", translated(fast, prompts), 0.0)):
        equal = [(a, b) for a, b in zip(made, expected, strict=True) if a.text == b.text]
        report(f"{name}: {kind} equal to Transformers, %", 100 * len(equal) / len(made), target, digits=1)
        if kind == "fp32":
            apart = max((abs(a.score - b.score) for a, b in equal), default=0.0)
            report(f"{name}: scores of equal sentences, apart at most", apart, 0.02, at_most=True)
    seconds = best_seconds(
        {"transformers": lambda: translated(transformers, prompts), "int8": lambda: translated(fast, prompts)}
        | direct(checkpoint, prompts, limit),
        rounds,
    )
    for way, value in seconds.items():
        print(f"{name}: {way}, s\t{value:.2f}\t\t", flush=True)
    least = min(value for way, value in seconds.items() if way.startswith("translate_batch"))
    report(f"{name}: CTranslate2 int8 ÷ Transformers fp32", seconds["transformers"] / seconds["int8"], 3.5, digits=2)
    report(f"{name}: CTranslate2 engine ÷ translate_batch at its best", least / seconds["int8"], 0.95, digits=2)


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    texts = [pair.en for pair in sampling.unseen_patterns(options.sentences, 3)]
    prompts = [Prompt(f">>{('rus', 'kaz')[index % 2]}<< {text}", "en", "ru") for index, text in enumerate(texts)]
    measure("embedded", find("embedded", None), prompts, 256, options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        random = find(str(random_marian(Path(folder))), None)
        measure("random Marian", random, prompts, FIXED_LENGTH, options.rounds)


if __name__ == "__main__":
    main()
