"""Batches for any engine: sorted by length, filled to a token budget, in the order of the prompts again at the end.

A batch that does not fit into memory is halved until it does, and the later ones are smaller.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

from jobs.models.budget import Budget
from jobs.models.engine import Engine, OutOfMemory
from jobs.records import Finish, Generation, Prompt

# Memory and time follow what is generated as much as what is read; a translation is about as long as its source.
OUTPUT_PER_INPUT = 1.3


def generate(
    engine: Engine,
    prompts: Sequence[Prompt],
    *,
    beams: int,
    budget: Budget,
    done: Callable[[int, int], None] = lambda segments, tokens: None,
) -> list[Generation]:
    """One generation per prompt, in their order.

    A prompt that does not fit into memory even alone comes back without text, as `Finish.OUT_OF_MEMORY`.

    Args:
        engine: a loaded engine.
        prompts: any number, of any length.
        beams: hypotheses that the engine keeps per prompt; they share the budget.
        budget: what a batch may hold; lowered where a batch of several did not fit.
        done: told after each batch how many prompts and how many tokens, in and out, were worked through.
    """
    lengths = engine.count_tokens([prompt.text for prompt in prompts])
    found: dict[int, Generation] = {}

    def fit(batch: list[int]) -> int:
        """Generate a batch, in halves where memory is short; the cost of its largest part that fitted, 0 for none."""
        generations = _attempt(engine, [prompts[index] for index in batch])
        if generations is None and len(batch) > 1:
            middle = len(batch) // 2
            return max(fit(batch[:middle]), fit(batch[middle:]))
        made = [_unmade(lengths[batch[0]])] if generations is None else generations
        found.update(zip(batch, made, strict=True))
        done(len(batch), sum(item.tokens_in + item.tokens_out for item in made))
        return 0 if generations is None else cost(len(batch), lengths[batch[0]], beams)

    for batch in budgeted(lengths, beams, budget):
        wanted = cost(len(batch), lengths[batch[0]], beams)
        fitted = fit(batch)
        # What one prompt needs tells nothing of the others, so a single one lowers nothing.
        if len(batch) > 1 and fitted < wanted:
            budget.lower(fitted or wanted // 2)
    return [found[index] for index in range(len(prompts))]


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
