import json
import logging
from collections.abc import Sequence
from pathlib import Path
from threading import Barrier, Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.models.batching import OUTPUT_PER_INPUT, as_made, budgeted, cost, generate
from jobs.models.budget import Budget, budget_file, remembered
from jobs.models.checkpoint import find
from jobs.models.engine import ModelError
from jobs.models.seq2seq import Seq2SeqEngine
from jobs.records import Finish, Generation, Prompt
from tests.fake_engine import FakeEngine
from tests.tiny import limits


def prompts(*texts: str) -> list[Prompt]:
    return [Prompt(text, "en", "ru") for text in texts]


@given(st.lists(st.text(max_size=30)), st.integers(1, 500))
def test_answers_come_in_the_order_of_the_prompts(texts: list[str], budget: int) -> None:
    made = generate(FakeEngine(), prompts(*texts), beams=4, budget=Budget(budget))
    assert [item.text for item in made] == texts


@given(st.lists(st.integers(1, 60)), st.integers(1, 8), st.integers(1, 2000))
def test_each_prompt_is_in_one_batch_and_no_batch_of_several_is_over_the_budget(
    lengths: list[int], beams: int, budget: int
) -> None:
    batches = list(budgeted(lengths, beams, Budget(budget)))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        cost = len(batch) * max(lengths[index] for index in batch) * (1 + beams * OUTPUT_PER_INPUT)
        assert len(batch) == 1 or cost <= budget


def test_the_longest_prompts_come_first() -> None:
    engine = FakeEngine()
    generate(engine, prompts("a", "aaa", "aa"), beams=1, budget=Budget(1))
    assert engine.history == [["aaa"], ["aa"], ["a"]]


def test_progress_is_told_after_each_batch() -> None:
    told: list[tuple[float, int]] = []
    generate(
        FakeEngine(),
        prompts("ab", "c"),
        beams=1,
        budget=Budget(1),
        done=lambda share, tokens: told.append((share, tokens)),
    )
    assert told == [(0.5, 3), (1.0, 2)]


@given(st.lists(st.text(min_size=1, max_size=30)), st.integers(30, 200), st.integers(1, 2000))
def test_every_prompt_comes_back_once_and_in_order_where_memory_is_short(
    texts: list[str], room: int, budget: int
) -> None:
    told: list[float] = []
    made = generate(
        FakeEngine(room),
        prompts(*texts),
        beams=1,
        budget=Budget(budget),
        done=lambda share, tokens: told.append(share),
    )
    assert [item.text for item in made] == texts
    assert all(item.finish is Finish.END for item in made)
    assert told == sorted(set(told))
    assert told[-1:] == ([1.0] if texts else [])


@given(st.lists(st.text(min_size=1, max_size=30)), st.integers(1, 29), st.integers(1, 2000))
def test_only_prompts_that_do_not_fit_alone_come_back_without_text(texts: list[str], room: int, budget: int) -> None:
    made = generate(FakeEngine(room), prompts(*texts), beams=1, budget=Budget(budget))
    assert [item.text for item in made] == [text if len(text) <= room else "" for text in texts]
    assert [item.finish is Finish.OUT_OF_MEMORY for item in made] == [len(text) > room for text in texts]


def test_only_the_batch_that_failed_is_tried_again_and_later_ones_are_smaller() -> None:
    engine = FakeEngine(room=6)
    budget = Budget(cost(4, 3, beams=1))
    generate(engine, prompts("aaa", "bbb", "ccc", "ddd", "ee", "ff", "gg", "h", "i", "j"), beams=1, budget=budget)
    assert engine.history == [
        ["aaa", "bbb", "ccc", "ddd"],
        ["aaa", "bbb"],
        ["ccc", "ddd"],
        ["ee", "ff", "gg"],
        ["h", "i", "j"],
    ]
    assert budget.tokens == cost(2, 3, beams=1)


def test_one_prompt_that_cannot_fit_costs_the_others_no_more_than_half_the_budget() -> None:
    budget = Budget(cost(8, 4, beams=1))
    texts = ["evil", *(f"te{number:02}" for number in range(15))]
    made = generate(FakeEngine(poison="evil"), prompts(*texts), beams=1, budget=budget)
    assert [item.text for item in made] == ["", *texts[1:]]
    assert budget.tokens == cost(4, 4, beams=1)


def test_a_prompt_that_does_not_fit_alone_lowers_nothing() -> None:
    budget = Budget(10)
    generate(FakeEngine(room=5), prompts("a" * 40), beams=1, budget=budget)
    assert budget.tokens == 10
    assert not budget_file().exists()


def test_the_next_run_starts_with_the_budget_that_the_last_one_found() -> None:
    texts = [f"a{number}" for number in range(8)]
    first = remembered("card, bfloat16, model", cost(8, 2, beams=1))
    generate(FakeEngine(room=4), prompts(*texts), beams=1, budget=first)
    engine = FakeEngine(room=4)
    generate(engine, prompts(*texts), beams=1, budget=remembered("card, bfloat16, model", cost(8, 2, beams=1)))
    assert [len(batch) for batch in engine.history] == [2, 2, 2, 2]


def test_a_budget_holds_for_its_own_device_and_model_and_leaves_the_others_alone() -> None:
    remembered("one", 500).lower(100)
    remembered("other", 500).lower(200)
    assert [remembered(key, 500).tokens for key in ("one", "other", "third")] == [100, 200, 500]
    assert remembered("one", 50).tokens == 50
    assert [file.name for file in budget_file().parent.iterdir()] == ["budgets.json"]


@pytest.mark.parametrize("text", ["{", "[]", '{"key": "many"}', '{"key": 0}', '{"key": true}', "\udcff"])
def test_a_broken_budget_file_is_told_and_written_anew(text: str, caplog: pytest.LogCaptureFixture) -> None:
    budget_file().parent.mkdir(parents=True)
    budget_file().write_bytes(text.encode("utf-8", "surrogateescape"))
    with caplog.at_level(logging.WARNING):
        budget = remembered("key", 500)
    assert budget.tokens == 500
    assert "budgets.json is not used" in caplog.text
    budget.lower(100)
    assert json.loads(budget_file().read_text()) == {"key": 100}


def test_a_cache_that_cannot_be_written_does_not_stop_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    budget = remembered("key", 500)
    budget.lower(100)
    assert budget.tokens == 100
    assert "is not remembered for later runs" in caplog.text


def test_what_comes_out_does_not_depend_on_the_make_up_of_batches(random_marian: Path) -> None:
    engine = Seq2SeqEngine(find(str(random_marian), None), limits())
    engine.load()
    asked = prompts("Oil rose.", "Police detained 12 people in Almaty on Monday.", "No.", "The ministry said so.")
    together, alone = (generate(engine, asked, beams=4, budget=Budget(tokens)) for tokens in (10_000, 1))
    assert [item.text for item in together] == [item.text for item in alone]
    assert [item.score for item in together] == pytest.approx([item.score for item in alone], abs=1e-4)


class Several(FakeEngine):
    """Works at three batches at a time, and only goes on when it has been given three."""

    at_once = 3

    def __init__(self, room: float = float("inf")) -> None:
        super().__init__(room)
        self.together = Barrier(3, timeout=30)

    def generate(self, prompts: Sequence[Prompt]) -> list[Generation]:
        self.together.wait()
        return super().generate(prompts)


def test_an_engine_that_works_at_several_batches_is_given_as_many_at_a_time() -> None:
    told: list[float] = []
    texts = [f"{number}" for number in range(9)]
    made = generate(
        Several(), prompts(*texts), beams=1, budget=Budget(1), done=lambda share, tokens: told.append(share)
    )
    assert [item.text for item in made] == texts
    assert told == [number / 9 for number in range(1, 10)]


def test_what_came_of_a_batch_can_be_looked_at_while_the_engine_works_at_the_next() -> None:
    begun, looked_at = Event(), Event()

    class Waiting(FakeEngine):
        def generate(self, prompts: Sequence[Prompt]) -> list[Generation]:
            if self.history:
                begun.set()
                assert looked_at.wait(timeout=30)
            return super().generate(prompts)

    made = as_made(Waiting(), prompts("aa", "b"), beams=1, budget=Budget(1))
    assert next(made)[1].text == "aa"
    assert begun.wait(timeout=30)
    looked_at.set()
    assert next(made)[1].text == "b"


def test_an_interruption_waits_for_no_batch_that_is_under_way() -> None:
    begun, over, ended = Event(), Event(), Event()

    class Hanging(FakeEngine):
        at_once = 2

        def generate(self, prompts: Sequence[Prompt]) -> list[Generation]:
            if prompts[0].text == "b":
                begun.set()
                over.wait(timeout=30)
                ended.set()
            return super().generate(prompts)

    def interrupt(share: float, tokens: int) -> None:
        assert begun.wait(timeout=30)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(Hanging(), prompts("aa", "b"), beams=1, budget=Budget(1), done=interrupt)
    assert not ended.is_set()
    over.set()


@given(st.lists(st.text(min_size=1, max_size=30)), st.integers(1, 200), st.integers(1, 2000))
def test_batches_under_way_together_come_back_once_and_in_order_where_memory_is_short(
    texts: list[str], room: int, budget: int
) -> None:
    engine = FakeEngine(room)
    engine.at_once = 3
    made = generate(engine, prompts(*texts), beams=1, budget=Budget(budget))
    assert [item.text for item in made] == [text if len(text) <= room else "" for text in texts]


def test_an_error_of_one_batch_ends_the_others_that_were_not_begun() -> None:
    class Broken(FakeEngine):
        def generate(self, prompts: Sequence[Prompt]) -> list[Generation]:
            super().generate(prompts)
            raise ModelError("it is gone")

    engine = Broken()
    with pytest.raises(ModelError, match="it is gone"):
        generate(engine, prompts("a", "b", "c"), beams=1, budget=Budget(1))
    assert engine.history == [["a"]]
