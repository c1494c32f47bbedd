"""What every engine is: load, count tokens, generate, close."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from jobs.records import Generation, Prompt


class Engine(Protocol):
    """Runs one model. Prompts arrive in the words that the model expects."""

    @property
    def input_limit(self) -> int:
        """Tokens of one prompt that the model can read."""

    @property
    def runs_on(self) -> str:
        """Device and number format, such as `NVIDIA H100 80GB HBM3, bfloat16`; known once the model is loaded."""

    @property
    def at_once(self) -> int:
        """Batches that it is given at a time, from as many threads: all that it works at, and one to prepare meanwhile."""

    def load(self) -> None:
        """Bring the model into memory; raises `ModelError` where it cannot be had."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, as the model counts them, special tokens included."""

    def generate(self, prompts: Sequence[Prompt]) -> list[Generation]:
        """One generation per prompt, in the order of the prompts, run as a single batch; all want one target language.

        A beam search gives its other hypotheses along, which costs no more than decoding them.

        Raises `OutOfMemory`, with the memory of the batch given back, where it does not fit.
        """

    def close(self) -> None:
        """Give the memory back."""


def wish(prompts: Sequence[Prompt], name: str, usual: int) -> int:
    """What the prompts of a batch, which are alike in this, ask for; `usual` where they leave it to the settings."""
    (wanted,) = {getattr(prompt, name) for prompt in prompts}
    return wanted or usual


def longest(prompts: Sequence[Prompt], usual: int, positions: int | None) -> int:
    """Tokens that the answers to a batch may have: as the prompts wish, but no more than the model has positions for."""
    wanted = wish(prompts, "output_limit", usual)
    return wanted if positions is None else max(usual, min(wanted, positions - 1))


def best_of(hypotheses: Sequence[Generation]) -> Generation:
    """The first of one prompt's hypotheses, which is the best, with the others as its alternatives."""
    return replace(hypotheses[0], alternatives=tuple(hypotheses[1:]))


class ModelError(RuntimeError):
    """A model that cannot be loaded or used; the message names it and the way out."""


class OutOfMemory(RuntimeError):
    """A batch that does not fit into memory; a smaller one may."""


def first_line(error: Exception) -> str:
    """What a library's error says, on one line; its name where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
