"""Batches for any engine: sorted by length, filled to a token budget, in the order of the prompts again at the end.

A batch that does not fit into memory is halved until it does, and the later ones are smaller. While the engine works, the
next batch is prepared, where the engine works at several, and what came of the last one can be looked at.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from jobs.models.budget import Budget
from jobs.models.engine import Engine, OutOfMemory
from jobs.records import Finish, Generation, Prompt

# Memory and time follow what is generated as much as what is read; a translation is about as long as its source.
OUTPUT_PER_INPUT = 1.3


Done = Callable[[float, int], None]  # told after each batch: share of the prompts that is done, tokens that it had


def generate(
    engine: Engine,
    prompts: Sequence[Prompt],
    *,
    beams: int,
    budget: Budget,
    done: Done = lambda share, tokens: None,
) -> list[Generation]:
    """One generation per prompt, in their order; see `as_made`."""
    found = dict(as_made(engine, prompts, beams=beams, budget=budget, done=done))
    return [found[index] for index in range(len(prompts))]


def as_made(
    engine: Engine,
    prompts: Sequence[Prompt],
    *,
    beams: int,
    budget: Budget,
    done: Done = lambda share, tokens: None,
) -> Iterator[tuple[int, Generation]]:
    """The number of each prompt with its generation, as soon as its batch is done; the next batch is under way by then.

    A prompt that does not fit into memory even alone comes back without text, as `Finish.OUT_OF_MEMORY`.

    Args:
        engine: a loaded engine.
        prompts: any number, of any length.
        beams: hypotheses that the engine keeps per prompt; they share the budget.
        budget: what a batch may hold; lowered where a batch of several did not fit.
        done: told of the progress; tokens are those in and out.
    """
    lengths = engine.count_tokens([prompt.text for prompt in prompts])
    running: deque[tuple[list[int], Future[Made]]] = deque()
    count = 0

    def collect() -> list[tuple[int, Generation]]:
        """What the batch that was begun first has come to; later ones are smaller where it did not fit."""
        nonlocal count
        batch, future = running.popleft()
        made = future.result()
        count += len(batch)
        done(count / len(prompts), sum(item.tokens_in + item.tokens_out for item in made.generations))
        wanted = cost(len(batch), lengths[batch[0]], beams)
        # What one prompt needs tells nothing of the others, so a single one lowers nothing.
        if len(batch) > 1 and made.fitted < wanted:
            budget.lower(made.fitted or wanted // 2)
        return list(zip(batch, made.generations, strict=True))

    pool = ThreadPoolExecutor(engine.at_once, thread_name_prefix="batches")
    patient = True
    try:
        finished: list[tuple[int, Generation]] = []
        for batch in budgeted(lengths, beams, budget):
            given = [(prompts[index], lengths[index]) for index in batch]
            running.append((batch, pool.submit(_made, engine, given, beams)))
            yield from finished
            finished = collect() if len(running) == engine.at_once else []
        yield from finished
        while running:
            yield from collect()
    except KeyboardInterrupt:
        patient = False  # a server's requests end with its engine; a local model still ends its batch
        raise
    finally:
        pool.shutdown(wait=patient, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a batch.

    Attributes:
        generations: in the order of its prompts.
        fitted: cost of its largest part that fitted into memory, 0 for none.
    """

    generations: list[Generation]
    fitted: int


def _made(engine: Engine, batch: Sequence[tuple[Prompt, int]], beams: int) -> Made:
    """Generate a batch of prompts with their lengths, the longest first, in halves where memory is short."""
    generations = _attempt(engine, [prompt for prompt, _ in batch])
    longest = batch[0][1]
    if generations is not None:
        return Made(generations, cost(len(batch), longest, beams))
    if len(batch) == 1:
        return Made([_unmade(longest)], 0)
    middle = len(batch) // 2
    halves = [_made(engine, half, beams) for half in (batch[:middle], batch[middle:])]
    return Made([item for half in halves for item in half.generations], max(half.fitted for half in halves))


def budgeted(lengths: Sequence[int], beams: int, budget: Budget) -> Iterator[list[int]]:
    """Indices in batches, longest first, each within the budget as it is by then, or a single one.

    The longest come first, so that a batch that does not fit shows at once and not at the end of the night.
    """
    order = sorted(range(len(lengths)), key=lambda index: (-lengths[index], index))
    batch: list[int] = []
    for index in order:
        if batch and cost(len(batch) + 1, lengths[batch[0]], beams) > budget.tokens:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def in_file_order(prompts: int, size: int) -> Iterator[list[int]]:
    """Indices in batches of `size`, in the order of the prompts: what `budgeted` is measured against."""
    return (list(range(start, min(start + size, prompts))) for start in range(0, prompts, size))


def padding(lengths: Sequence[int], batches: Iterable[Sequence[int]]) -> float:
    """Padding tokens for each real one.

    Args:
        lengths: tokens of each prompt.
        batches: indices of the prompts in each batch.
    """
    real = sum(lengths)
    held = sum(len(batch) * max(lengths[index] for index in batch) for batch in batches)
    return (held - real) / real if real else 0.0


def cost(prompts: int, longest: int, beams: int) -> int:
    """Tokens that a batch holds: all padded to the longest, read once and written for each beam."""
    return math.ceil(prompts * longest * (1 + beams * OUTPUT_PER_INPUT))


def _attempt(engine: Engine, prompts: Sequence[Prompt]) -> list[Generation] | None:
    """What the engine makes of one batch, or None where it does not fit into memory."""
    try:
        return engine.generate(prompts)
    except OutOfMemory:
        return None


def _unmade(length: int) -> Generation:
    return Generation("", length, 0, 0, Finish.OUT_OF_MEMORY, 0.0)
