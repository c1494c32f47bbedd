"""Engines and batches beside each other on the same weights: the ratios that are promised.

`python -m tests.measure.throughput`, on an idle machine. The embedded model translates FLORES sentences; a random Marian of
61 million weights writes 64 tokens for each, whatever it reads. Seconds are the median of several rounds, in which the ways
take turns. The engines are given prompts, whose tokens they count, encode and decode; `translate_batch` is given tokens, at
the best of its settings; plain `generate` is what one writes without this program. `--gpu` measures on a GPU instead: random
weights of NLLB-600M's and BART-large's shapes, in bf16.
"""

import argparse
import io
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import ctranslate2
import torch
from hydra import compose, initialize_config_module
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from jobs import digest
from jobs.config import ComputeType, Device, DigestConfig, Translator
from jobs.demo.corpus import sampling
from jobs.models import batching, ct2, pretrained
from jobs.models.budget import Budget
from jobs.models.checkpoint import EMBEDDED, Checkpoint, find
from jobs.models.ct2 import CTranslate2Engine
from jobs.models.engine import Engine
from jobs.models.pretrained import precision
from jobs.models.seq2seq import Seq2SeqEngine
from jobs.models.tokenizer import encoded, load_tokenizer, token_names
from jobs.records import Prompt
from jobs.run.rounds import Way
from tests.measure import SHARED, report

BEAMS = 4
OWN = Way(tokens=8192)
OWN_ON_GPU = Way(tokens=65536)
INPUT_LIMIT = 192
OUTPUT_LIMIT = 256
FIXED_LENGTH = 64
SETTINGS = Translator(
    "demo", "embedded", beams=BEAMS, input_limit=INPUT_LIMIT, output_limit=OUTPUT_LIMIT, device=Device.cpu
)
Ways = dict[str, Callable[[], object]]


def flores(count: int | None = None) -> list[str]:
    """English sentences of FLORES-200 devtest."""
    file = SHARED / "translation" / "flores200-devtest.en-ru-kk.tsv"
    return [line.split("\t")[0] for line in file.read_text(encoding="utf-8").splitlines()[:count]]


def prompts_of(texts: Sequence[str]) -> list[Prompt]:
    """For the embedded model, into Russian and Kazakh by turns."""
    return [Prompt(f">>{('rus', 'kaz')[index % 2]}<< {text}", "en", "ru") for index, text in enumerate(texts)]


def with_random_weights(folder: Path, kind: str, **shape: Any) -> Checkpoint:
    """A checkpoint with the embedded model's tokenizer and random weights.

    Args:
        folder: to save it in.
        kind: a model class of Transformers, without `Config`.
        shape: its configuration.
    """
    import transformers

    folder.mkdir()
    for file in EMBEDDED.iterdir():
        if file.suffix in (".spm", ".json") and file.name not in ("config.json", "generation_config.json"):
            shutil.copy(file, folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(EMBEDDED)
    end, pad = tokenizer.eos_token_id, tokenizer.pad_token_id
    torch.manual_seed(1)
    config = getattr(transformers, f"{kind}Config")(
        **{"vocab_size": pad + 1, "init_std": 0.05, "scale_embedding": True, **shape},
        pad_token_id=pad,
        eos_token_id=end,
        bos_token_id=None,
        decoder_start_token_id=pad,
        forced_eos_token_id=None,
    )
    model = transformers.AutoModelForSeq2SeqLM.from_config(config)
    model.generation_config.bad_words_ids = [[pad]]
    if hasattr(model, "final_logits_bias"):
        # No output limit is reached by an end whose probability is nothing.
        model.final_logits_bias[0, end] = -1e4
    model.save_pretrained(folder)
    print(f"random {kind}, million weights\t{model.num_parameters() / 1e6:.0f}\t\t", flush=True)
    return find(str(folder), None)


def shape(width: int, layers: int, inner: int, heads: int) -> dict[str, int]:
    """Sizes of an encoder-decoder whose halves are alike."""
    return {"d_model": width} | {
        f"{half}_{key}": value
        for half in ("encoder", "decoder")
        for key, value in (("layers", layers), ("ffn_dim", inner), ("attention_heads", heads))
    }


def own(engine: Engine, prompts: Sequence[Prompt], way: Way = OWN) -> Callable[[], object]:
    """An engine with a way of making batches."""
    return partial(way.run, engine, prompts, BEAMS)


def directly(checkpoint: Checkpoint, prompts: Sequence[Prompt], limit: int, device: str) -> Ways:
    """`translate_batch` of CTranslate2 at settings that may be the best, by name."""
    tokenizer = load_tokenizer(checkpoint)
    tokens = [tokenizer.convert_ids_to_tokens(row) for row in encoded(tokenizer, prompts, INPUT_LIMIT)[0]]
    kind = ComputeType.bfloat16 if device == "cuda" else ComputeType.int8_float32
    size = json.loads((Path(checkpoint.source) / "config.json").read_text())["vocab_size"]
    folder = ct2.converted(checkpoint, tokenizer, token_names(tokenizer, size), kind.value)
    cores = 1 if device == "cuda" else torch.get_num_threads()
    batches = [(16, "examples"), (32, "examples"), (1024, "tokens"), (2048, "tokens")]
    if device == "cuda":
        batches = [(64, "examples"), (4096, "tokens"), (8192, "tokens"), (16384, "tokens")]
    ways: Ways = {}
    for (inter, intra), (most, unit) in product(sorted({(1, cores), (cores, 1)}), batches):
        translator = ctranslate2.Translator(
            str(folder), device=device, compute_type=kind.value, inter_threads=inter, intra_threads=intra
        )
        ways[f"translate_batch {inter}×{intra}, {most} {unit}"] = partial(
            translator.translate_batch,
            tokens,
            max_batch_size=most,
            batch_type=unit,
            beam_size=BEAMS,
            max_input_length=0,
            max_decoding_length=limit,
            suppress_sequences=[["<pad>"]],
        )
    return ways


def plainly(checkpoint: Checkpoint, prompts: Sequence[Prompt], limit: int, device: str = "cpu") -> Ways:
    """`generate` of Transformers with batches in file order, decoding as the engine does."""
    from transformers import AutoModelForSeq2SeqLM

    tokenizer = load_tokenizer(checkpoint)
    made = AutoModelForSeq2SeqLM.from_pretrained(checkpoint.source, dtype=precision(device)).to(device).eval()

    def run(size: int) -> list[str]:
        found: list[str] = []
        for start in range(0, len(prompts), size):
            texts = [prompt.text for prompt in prompts[start : start + size]]
            batch = tokenizer(texts, padding=True, truncation=True, max_length=INPUT_LIMIT, return_tensors="pt")
            answers = made.generate(
                **batch.to(device), num_beams=BEAMS, early_stopping=True, max_new_tokens=limit, max_length=None
            )
            found += tokenizer.batch_decode(answers, skip_special_tokens=True)
        return found

    return {f"plain generate, {Way(size).name}": partial(run, size) for size in (16, 1)}


def seconds_of(name: str, ways: Ways, rounds: int) -> dict[str, float]:
    """The median time of each way; they take turns, so that a busy moment hits all. A first round is not counted."""
    found: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(rounds + 1):
        for way, run in ways.items():
            started = time.perf_counter()
            run()
            if number:
                found[way].append(time.perf_counter() - started)
    medians = {way: median(values) for way, values in found.items()}
    for way, value in medians.items():
        print(f"{name}: {way}, s\t{value:.2f}\t\t", flush=True)
    return medians


def loaded(engine: Engine) -> Any:
    """The engine, loaded."""
    engine.load()
    return engine


def engines(checkpoint: Checkpoint, limit: int, device: str = "cpu", both: bool = True) -> dict[str, Any]:
    """The engines as the job makes them, loaded."""
    settings = replace(SETTINGS, output_limit=limit, device=Device(device))
    found = {"transformers": loaded(Seq2SeqEngine(checkpoint, settings, early_stopping=True))}
    return found | ({"ctranslate2": loaded(CTranslate2Engine(checkpoint, settings))} if both else {})


def in_bf16(checkpoint: Checkpoint, limit: int) -> Any:
    """The Transformers engine in bf16, where the job would take fp32."""
    engine = Seq2SeqEngine(checkpoint, replace(SETTINGS, output_limit=limit), early_stopping=True)
    with patch.object(pretrained, "precision", return_value=torch.bfloat16):
        return loaded(engine)


def compare_formats(name: str, seconds: dict[str, float]) -> None:
    """Print what bf16 would gain on a processor."""
    gain = seconds["transformers"] / seconds["transformers in bf16"]
    print(f"{name}: Transformers on a processor, bf16 ÷ fp32\t{gain:.2f}\t\t", flush=True)


def compare_ctranslate2(name: str, seconds: dict[str, float]) -> None:
    """Print what CTranslate2 gains, and what the engine around it costs."""
    least = min(value for way, value in seconds.items() if way.startswith("translate_batch"))
    report(f"{name}: CTranslate2 ÷ Transformers", seconds["transformers"] / seconds["ctranslate2"], 3.5, digits=2)
    report(f"{name}: CTranslate2 engine ÷ translate_batch at its best", least / seconds["ctranslate2"], 0.95, digits=2)


def compare_batches(name: str, seconds: dict[str, float]) -> None:
    """Print what the Transformers engine gains over batches in file order: its own, and those of plain `generate`."""
    for size, target in ((16, 1.4), (1, 4.0)):
        for other in (f"plain generate, {Way(size).name}", Way(size).name):
            report(f"{name}: Transformers engine ÷ {other}", seconds[other] / seconds["transformers"], target, digits=2)


def own_in_file_order(engine: Engine, prompts: Sequence[Prompt]) -> Ways:
    """The engine with batches in file order."""
    return {way.name: own(engine, prompts, way) for way in (Way(16), Way(1))}


def embedded(sentences: int, rounds: int) -> None:
    """The embedded model on FLORES sentences."""
    checkpoint, prompts = find("embedded", None), prompts_of(flores(sentences))
    made = engines(checkpoint, OUTPUT_LIMIT)
    ways = {name: own(engine, prompts) for name, engine in made.items()}
    ways |= own_in_file_order(made["transformers"], prompts) | plainly(checkpoint, prompts, OUTPUT_LIMIT)
    ways["transformers in bf16"] = own(in_bf16(checkpoint, OUTPUT_LIMIT), prompts)
    seconds = seconds_of("embedded", ways | directly(checkpoint, prompts, OUTPUT_LIMIT, "cpu"), rounds)
    compare_batches("embedded", seconds)
    compare_ctranslate2("embedded", seconds)
    compare_formats("embedded", seconds)
    agreement(checkpoint, made["transformers"], sentences)


def agreement(checkpoint: Checkpoint, reference: Engine, sentences: int) -> None:
    """Print how many held-out wire sentences come out as with Transformers."""
    prompts = prompts_of([pair.en for pair in sampling.unseen_patterns(sentences, 3)])
    expected = OWN.run(reference, prompts, BEAMS)
    for kind, target in ((ComputeType.float32, 99.0), (ComputeType.int8_float32, 0.0)):
        engine = loaded(CTranslate2Engine(checkpoint, replace(SETTINGS, compute_type=kind)))
        equal = sum(a.text == b.text for a, b in zip(OWN.run(engine, prompts, BEAMS), expected, strict=True))
        report(f"embedded: {kind.value} equal to Transformers, %", 100 * equal / len(prompts), target, digits=1)


def random_marian(folder: Path, sentences: int, rounds: int) -> None:
    """A Marian of about OPUS-MT's size that writes as many tokens for each sentence."""
    checkpoint = with_random_weights(folder / "marian", "Marian", **shape(512, 6, 3072, 8), max_position_embeddings=512)
    prompts = prompts_of(flores(sentences))
    ways = {name: own(engine, prompts) for name, engine in engines(checkpoint, FIXED_LENGTH).items()}
    ways["transformers in bf16"] = own(in_bf16(checkpoint, FIXED_LENGTH), prompts)
    seconds = seconds_of("random Marian", ways | directly(checkpoint, prompts, FIXED_LENGTH, "cpu"), rounds)
    compare_ctranslate2("random Marian", seconds)
    compare_formats("random Marian", seconds)


def padding() -> None:
    """Print the padding of the batches that all FLORES sentences make."""
    tokenizer = load_tokenizer(find("embedded", None))
    lengths = [len(row) for row in encoded(tokenizer, prompts_of(flores()), INPUT_LIMIT)[0]]
    for way, target in ((OWN, 5.0), (Way(16), 100.0)):
        share = batching.padding(lengths, way.batches(lengths, BEAMS))
        report(f"padding, {way.name}, % of real tokens", 100 * share, target, at_most=True, digits=1)


def whole_job(folder: Path, sentences: int) -> None:
    """Print the throughput of a digest, loading and writing included, beside that of its model calls alone.

    The articles are of eight FLORES sentences; titles and texts are translated, and checked. What a process does once,
    imports above all, a first job on one article has done.
    """
    run_digest(folder, flores(8))
    calls: list[list[Prompt]] = []

    def remembered(engine: Engine, prompts: Sequence[Prompt], **options: Any) -> Any:
        calls.append(list(prompts))
        return as_made(engine, prompts, **options)

    as_made = batching.as_made
    with patch.object(batching, "as_made", remembered):
        settings, whole = run_digest(folder, flores(sentences))
    engine = loaded(CTranslate2Engine(find(settings.model, None), settings))
    started = time.perf_counter()
    for prompts in calls:
        batching.generate(engine, prompts, beams=settings.beams, budget=Budget(settings.batch_tokens))
    alone = time.perf_counter() - started
    print(f"whole job: {whole:.1f} s, its {sum(map(len, calls)):,} model calls alone: {alone:.1f} s\t\t\t", flush=True)
    report("whole job ÷ model calls alone", alone / whole, 0.9, digits=2)


def run_digest(folder: Path, texts: Sequence[str]) -> tuple[Translator, float]:
    """Run a digest of articles of eight sentences; the settings of its translator, and seconds."""
    path = folder / "articles.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for start in range(0, len(texts), 8):
            title, *rest = texts[start : start + 8]
            file.write(json.dumps({"id": str(start), "title": title, "text": " ".join(rest) or title}) + "\n")
    config = _digest(f"articles.path={path}", f"outputs.root={folder / 'outputs'}")
    quiet = io.StringIO()
    with redirect_stdout(quiet), redirect_stderr(quiet):
        started = time.perf_counter()
        digest.run(config, {})
        seconds = time.perf_counter() - started
    return config.translators["ru"], seconds


def _digest(*overrides: str) -> DigestConfig:
    ConfigStore.instance().store(name="digest_schema", node=DigestConfig)
    with initialize_config_module("jobs.conf", version_base="1.3"):
        made = OmegaConf.to_object(compose("digest", ["articles=jsonl", "translate.fields=[title,text]", *overrides]))
    assert isinstance(made, DigestConfig)
    return made


def on_gpu(folder: Path, sentences: int, rounds: int) -> None:
    """The same comparisons on a GPU; BART reads twenty sentences at a time, as a summariser does."""
    nllb = with_random_weights(
        folder / "nllb", "M2M100", **shape(1024, 12, 4096, 16), vocab_size=256206, max_position_embeddings=1024
    )
    texts = flores(sentences)
    prompts = prompts_of(texts)
    made = engines(nllb, FIXED_LENGTH, "cuda")
    ways = {name: own(engine, prompts, OWN_ON_GPU) for name, engine in made.items()}
    ways |= own_in_file_order(made["transformers"], prompts) | plainly(nllb, prompts, FIXED_LENGTH, "cuda")
    seconds = seconds_of("NLLB-600M", ways | directly(nllb, prompts, FIXED_LENGTH, "cuda"), rounds)
    compare_batches("NLLB-600M", seconds)
    compare_ctranslate2("NLLB-600M", seconds)
    for engine in made.values():
        engine.close()
    bart = with_random_weights(
        folder / "bart", "Bart", **shape(1024, 12, 4096, 16), vocab_size=50264, max_position_embeddings=1024
    )
    long = [Prompt(" ".join(texts[start : start + 20]), "en", "en") for start in range(0, len(texts), 5)]
    engine = engines(bart, FIXED_LENGTH, "cuda", both=False)["transformers"]
    ways = {"transformers": own(engine, long, OWN_ON_GPU)}
    ways |= own_in_file_order(engine, long) | plainly(bart, long, FIXED_LENGTH, "cuda")
    compare_batches("BART-large", seconds_of("BART-large", ways, rounds))


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--gpu", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.gpu:
            on_gpu(folder, options.sentences, options.rounds)
            return
        padding()
        whole_job(folder, 4 * options.sentences)
        embedded(options.sentences, options.rounds)
        random_marian(folder, options.sentences, options.rounds)


if __name__ == "__main__":
    main()
