"""What it would gain to tokenise the next batch while the model works.

`python -m tests.measure.ahead`: the embedded model on FLORES-200 sentences into Russian. The share of the time in which an
engine tokenises is the most that there is to gain; beside it, both ways in turns: as the engine does it, and with one thread
that has the next batch ready. That thread has a tokenizer of its own, since tokenizers remember which language they read.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from types import ModuleType
from unittest import mock

from jobs.config import ComputeType, Device, Translator
from jobs.models import batching, ct2, seq2seq
from jobs.models.budget import Budget
from jobs.models.checkpoint import find
from jobs.models.ct2 import CTranslate2Engine
from jobs.models.engine import Engine
from jobs.models.seq2seq import Seq2SeqEngine
from jobs.models.tokenizer import encoded, load_tokenizer
from jobs.records import Prompt
from tests.measure import report
from tests.measure.trust import rows

BEAMS = 4
BATCH_TOKENS = 8192
LIMIT = 192
CHECKPOINT = find("embedded", None)


def in_turn(engine: Engine, batches: list[list[Prompt]]) -> None:
    """Each batch is tokenised when it comes."""
    for batch in batches:
        engine.generate(batch)


def ahead(engine: Engine, module: ModuleType, batches: list[list[Prompt]]) -> None:
    """A thread tokenises the next batch meanwhile."""
    tokenizer = load_tokenizer(CHECKPOINT)
    with ThreadPoolExecutor(1) as worker:
        coming = worker.submit(encoded, tokenizer, batches[0], LIMIT)
        for batch, following in zip(batches, [*batches[1:], []], strict=True):
            ready = coming.result()
            coming = worker.submit(encoded, tokenizer, following, LIMIT)
            with mock.patch.object(module, "encoded", lambda *_, made=ready: made):
                engine.generate(batch)


@contextmanager
def timed(module: ModuleType) -> Iterator[list[float]]:
    """Seconds of each call that tokenises a batch."""
    found: list[float] = []

    def tokenising(*arguments: object) -> object:
        started = time.perf_counter()
        made = encoded(*arguments)  # type: ignore[arg-type]
        found.append(time.perf_counter() - started)
        return made

    with mock.patch.object(module, "encoded", tokenising):
        yield found


def seconds(way: Callable[[], None]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    way()
    return time.perf_counter() - started


def main() -> None:
    """Print the share of tokenising, and in-turn ÷ ahead, for both engines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=1012)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    prompts = [Prompt(f">>rus<< {row['en']}", "en", "ru") for row in rows()[: options.sentences]]
    settings = Translator("demo", "embedded", beams=BEAMS, input_limit=LIMIT, output_limit=256, device=Device.cpu)
    fast = CTranslate2Engine(CHECKPOINT, replace(settings, compute_type=ComputeType.int8_float32))
    plain = Seq2SeqEngine(CHECKPOINT, settings)
    engines: list[tuple[str, Engine, ModuleType]] = [
        ("CTranslate2 int8", fast, ct2),
        ("Transformers fp32", plain, seq2seq),
    ]
    for name, engine, module in engines:
        engine.load()
        lengths = engine.count_tokens([prompt.text for prompt in prompts])
        order = batching.budgeted(lengths, BEAMS, Budget(BATCH_TOKENS))
        batches = [[prompts[index] for index in batch] for batch in order]
        with timed(module) as tokenising:
            whole = seconds(lambda engine=engine, batches=batches: in_turn(engine, batches))
        print(f"{name}: batches\t{len(batches)}\t\t")
        print(f"{name}: tokenising, ms a sentence\t{1000 * sum(tokenising) / len(prompts):.2f}\t\t")
        print(f"{name}: tokenising, % of the time\t{100 * sum(tokenising) / whole:.2f}\t\t", flush=True)
        pairs = [
            (
                seconds(lambda engine=engine, batches=batches: in_turn(engine, batches)),
                seconds(lambda engine=engine, module=module, batches=batches: ahead(engine, module, batches)),
            )
            for _ in range(options.rounds)
        ]
        before, after = (min(times) for times in zip(*pairs, strict=True))
        report(f"{name}: in turn ÷ ahead", before / after, 1.02, digits=3)


if __name__ == "__main__":
    main()
