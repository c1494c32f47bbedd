from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from jobs.models.batching import OUTPUT_PER_INPUT, budgeted, generate
from jobs.records import Finish, Generation, Prompt


class Echo:
    """An engine that answers with the prompt and remembers its batches."""

    input_limit = 100

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def load(self) -> None: ...

    def close(self) -> None: ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    def generate(self, prompts: Sequence[Prompt]) -> list[Generation]:
        self.batches.append([prompt.text for prompt in prompts])
        return [Generation(item.text, len(item.text), len(item.text), 1, Finish.END, 0.0) for item in prompts]


@given(st.lists(st.text(max_size=30)), st.integers(1, 500))
def test_answers_come_in_the_order_of_the_prompts(texts: list[str], budget: int) -> None:
    prompts = [Prompt(text, "en", "ru") for text in texts]
    assert [item.text for item in generate(Echo(), prompts, beams=4, batch_tokens=budget)] == texts


@given(st.lists(st.integers(1, 60)), st.integers(1, 8), st.integers(1, 2000))
def test_each_prompt_is_in_one_batch_and_no_batch_of_several_is_over_the_budget(
    lengths: list[int], beams: int, budget: int
) -> None:
    batches = list(budgeted(lengths, beams, budget))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        cost = len(batch) * max(lengths[index] for index in batch) * (1 + beams * OUTPUT_PER_INPUT)
        assert len(batch) == 1 or cost <= budget


def test_the_longest_prompts_come_first() -> None:
    engine = Echo()
    generate(engine, [Prompt(text, "en", "ru") for text in ("a", "aaa", "aa")], beams=1, batch_tokens=1)
    assert engine.batches == [["aaa"], ["aa"], ["a"]]


def test_progress_is_told_after_each_batch() -> None:
    told: list[tuple[int, int]] = []
    prompts = [Prompt("ab", "en", "ru"), Prompt("c", "en", "ru")]
    generate(Echo(), prompts, beams=1, batch_tokens=1, done=lambda segments, tokens: told.append((segments, tokens)))
    assert told == [(1, 3), (1, 2)]
