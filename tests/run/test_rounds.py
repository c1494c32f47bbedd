from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.articles.loading import Loader
from jobs.articles.rows import Row
from jobs.config import Articles, Benchmark, EngineKind, Translator
from jobs.models import batching
from jobs.models.engine import ModelError
from jobs.records import Measurement
from jobs.run.rounds import Way, measure, sentences, translators_of, ways_of
from jobs.translate import translator
from tests.fake_engine import FakeEngine

TEXTS = [(text, "en") for text in ("Oil rose.", "Prices fell again on Tuesday.", "No.", "It rained in Aktau.")]
WAYS = [Way(1), Way(3), Way(tokens=40), Way(tokens=1000)]


def faked(settings: Translator, engine: FakeEngine) -> translator.Translator:
    return translator.Translator(settings, "ru", engine)


def rows(*texts: str, **columns: str) -> Iterator[Row]:
    return (Row(f"row {number}", {"text": text, **columns}) for number, text in enumerate(texts))


@given(st.lists(st.integers(1, 60)), st.integers(1, 20))
def test_batches_in_file_order_hold_every_sentence_once_and_in_order(lengths: list[int], size: int) -> None:
    batches = Way(size).batches(lengths, beams=4)
    assert [index for batch in batches for index in batch] == list(range(len(lengths)))
    assert all(len(batch) == size for batch in batches[:-1])


@given(st.lists(st.integers(1, 60), min_size=1), st.integers(1, 20))
def test_padding_is_what_the_shorter_sentences_of_each_batch_are_filled_up_with(lengths: list[int], size: int) -> None:
    batches = Way(size).batches(lengths, beams=4)
    filled = sum(max(lengths[index] for index in batch) - lengths[one] for batch in batches for one in batch)
    assert batching.padding(lengths, batches) == pytest.approx(filled / sum(lengths))
    assert Way(1).batches(lengths, 4) == [[index] for index in range(len(lengths))]
    assert batching.padding(lengths, Way(1).batches(lengths, 4)) == 0


def test_what_needs_little_memory_is_measured_first_and_the_translators_own_budget_is_among_it() -> None:
    names = [way.name for way in ways_of(Benchmark(fixed=8, budgets=[4096, 1024]), 2048)]
    assert names == [
        "one at a time",
        "8 in file order",
        "sorted, 1,024 tokens",
        "sorted, 2,048 tokens",
        "sorted, 4,096 tokens",
    ]
    assert len(ways_of(Benchmark(fixed=1, budgets=[]), 2048)) == 2


def test_each_way_is_measured_in_each_round_with_the_batches_that_it_names(settings: Translator) -> None:
    engine = FakeEngine()
    told: list[str] = []
    found = measure({"fake": faked(settings, engine)}, TEXTS, WAYS, 2, told.append)
    one_round = len(engine.history) // 2
    assert engine.history[:one_round] == engine.history[one_round:]
    assert [len(batch) for batch in engine.history[1:7]] == [1, 1, 1, 1, 3, 1]  # after the warm-up
    assert len(told) == 2 * len(WAYS)
    assert told[0].startswith("round 1 of 2, fake, one at a time: ")
    assert [item.batching for item in found] == [way.name for way in WAYS]
    assert [item.batches for item in found] == [4, 2, 4, 1]
    assert [len(item.rounds) for item in found] == [2] * 4
    assert {(item.sentences, item.same, item.failed, item.ran_on) for item in found} == {
        (4, 1.0, 0, "fake device, float32")
    }
    for item in found:
        assert item.seconds is not None
        assert item.sentences_per_second == pytest.approx(4 / item.seconds)
        assert item.tokens_per_second == pytest.approx((item.tokens_in + item.tokens_out) / item.seconds)


def test_memory_of_the_process_is_told(settings: Translator) -> None:
    found = measure({"fake": faked(settings, FakeEngine())}, TEXTS, [Way(1)], 1, lambda line: None)
    assert found[0].peak_memory_mib is not None
    assert found[0].peak_memory_mib > 50


def test_a_batch_in_file_order_that_does_not_fit_is_said_and_the_other_ways_are_measured(settings: Translator) -> None:
    told: list[str] = []
    alone, together, own, _ = measure({"fake": faked(settings, FakeEngine(room=40))}, TEXTS, WAYS, 2, told.append)
    assert (together.seconds, together.rounds, together.sentences_per_second) == (None, (), None)
    assert [item.seconds is None for item in (alone, own)] == [False, False]
    assert [line for line in told if line.endswith("does not fit into memory")] == [told[1], told[5]]


def test_a_sentence_of_which_nothing_comes_is_counted(settings: Translator) -> None:
    engine = FakeEngine(poison=">>rus<< No.")
    found = measure({"fake": faked(settings, engine)}, TEXTS, [Way(tokens=4000)], 1, lambda line: None)
    assert found[0].failed == 1


def test_sentences_are_taken_once_in_file_order_and_no_more_than_asked_for(settings: Translator) -> None:
    texts = rows(
        "Oil rose. Gas fell.", "Oil rose. *** It rained in Aktau.", "Snow fell.", title="Oil rose.", language="en"
    )
    found = sentences(Loader(Articles()), texts, faked(settings, FakeEngine()), 3)
    assert [text for text, _ in found.texts] == ["Oil rose.", "Gas fell.", "*** It rained in Aktau."]
    assert (found.articles, found.left_out) == (2, 0)
    assert [row.where for row in texts] == ["row 2"]


def test_what_the_model_does_not_read_is_left_out(settings: Translator) -> None:
    texts = rows("Oil rose.", "Нефть подорожала во вторник.", "A much longer sentence about nothing at all.")
    found = sentences(Loader(Articles()), texts, faked(settings, FakeEngine(input_limit=20)), None)
    assert found.texts == [("Oil rose.", "en")]
    assert (found.articles, found.left_out) == (2, 1)


def test_a_model_is_measured_with_both_engines_or_with_the_one_that_is_asked_for(settings: Translator) -> None:
    from dataclasses import replace

    assert list(translators_of(settings, "ru")) == ["transformers", "ctranslate2"]
    for kind in (EngineKind.transformers, EngineKind.ctranslate2):
        assert list(translators_of(replace(settings, engine=kind), "ru")) == [kind.value]
    assert list(translators_of(replace(settings, no_repeat_ngram=3), "ru")) == ["transformers"]
    with pytest.raises(ModelError, match="no such folder"):
        translators_of(replace(settings, model="/none"), "ru")


def test_both_engines_of_a_real_model_are_loaded_measured_and_closed(settings: Translator) -> None:
    translators = translators_of(settings, "ru")
    found: list[Measurement] = measure(translators, TEXTS, [Way(2), Way(tokens=500)], 1, lambda line: None)
    assert [item.engine for item in found] == ["transformers", "transformers", "ctranslate2", "ctranslate2"]
    assert found[0].same == found[1].same == 1.0
    assert {item.tokens_in for item in found} == {found[0].tokens_in}
    assert translators["transformers"].engine._model is None  # type: ignore[attr-defined]
