"""Batches for any engine: sorted by length, filled to a token budget, in the order of the prompts again at the end."""

from collections.abc import Callable, Iterator, Sequence

from jobs.models.engine import Engine
from jobs.records import Generation, Prompt

# Memory and time follow what is generated as much as what is read; a translation is about as long as its source.
OUTPUT_PER_INPUT = 1.3


def generate(
    engine: Engine,
    prompts: Sequence[Prompt],
    *,
    beams: int,
    batch_tokens: int,
    done: Callable[[int, int], None] = lambda segments, tokens: None,
) -> list[Generation]:
    """One generation per prompt, in their order.

    Args:
        engine: a loaded engine.
        prompts: any number, of any length.
        beams: hypotheses that the engine keeps per prompt; they share the budget.
        batch_tokens: tokens that a batch may hold, padding, output and beams counted in.
        done: told after each batch how many prompts and how many tokens, in and out, were worked through.
    """
    lengths = engine.count_tokens([prompt.text for prompt in prompts])
    found: list[Generation | None] = [None] * len(prompts)
    for batch in budgeted(lengths, beams, batch_tokens):
        generations = engine.generate([prompts[index] for index in batch])
        for index, generation in zip(batch, generations, strict=True):
            found[index] = generation
        done(len(batch), sum(item.tokens_in + item.tokens_out for item in generations))
    return [generation for generation in found if generation is not None]


def budgeted(lengths: Sequence[int], beams: int, batch_tokens: int) -> Iterator[list[int]]:
    """Indices in batches, longest first, each within the budget or a single one.

    The longest come first, so that a batch that does not fit shows at once and not at the end of the night.
    """
    order = sorted(range(len(lengths)), key=lambda index: (-lengths[index], index))
    batch: list[int] = []
    for index in order:
        longest = lengths[batch[0]] if batch else lengths[index]
        if batch and (len(batch) + 1) * longest * (1 + beams * OUTPUT_PER_INPUT) > batch_tokens:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
