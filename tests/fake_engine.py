"""An engine without a model: it answers from a queue, or with the prompt itself, and keeps the history of its batches."""

from collections.abc import Sequence

from jobs.models.engine import OutOfMemory
from jobs.records import Finish, Generation, Prompt


class FakeEngine:
    """One token per character.

    Args:
        room: characters that a batch may hold, padding counted in; more is `OutOfMemory`.
        poison: a text that no batch with it has room for.
    """

    runs_on = "fake device, float32"
    at_once = 1

    def __init__(self, room: float = float("inf"), poison: str | None = None, input_limit: int = 1000) -> None:
        self.room = room
        self.poison = poison
        self.input_limit = input_limit
        self.answers: list[Generation] = []
        self.history: list[list[str]] = []

    def enqueue(self, *answers: Generation) -> None:
        """Answers for the next prompts, in the order in which the engine is given them."""
        self.answers.extend(answers)

    def load(self) -> None: ...

    def close(self) -> None: ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    def generate(self, prompts: Sequence[Prompt]) -> list[Generation]:
        texts = [prompt.text for prompt in prompts]
        self.history.append(texts)
        if len(texts) * max(map(len, texts)) > self.room or any(self.poison and self.poison in text for text in texts):
            raise OutOfMemory(f"{len(texts)} prompts")
        return [self.answers.pop(0) if self.answers else self._echo(text) for text in texts]

    def _echo(self, text: str) -> Generation:
        return Generation(text.removeprefix(">>rus<< "), len(text), len(text), 1, Finish.END, -0.1)
