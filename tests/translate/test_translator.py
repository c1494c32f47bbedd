import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from jobs.config import Domain, Translator
from jobs.models.engine import ModelError
from jobs.records import Finish, Flag, Generation, Pair, Prompt, Severity
from jobs.translate.translator import NotTranslated
from jobs.translate.translator import Translator as Room
from tests.fake_engine import FakeEngine


class Upper:
    """An engine that answers in capitals, and as it is told for some texts."""

    input_limit = 10
    runs_on = "fake device, float32"
    at_once = 1

    def __init__(self, answers: dict[str, Generation] | None = None) -> None:
        self.answers = answers or {}
        self.asked: list[Prompt] = []

    def load(self) -> None: ...

    def close(self) -> None: ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def generate(self, prompts: Sequence[Prompt]) -> list[Generation]:
        self.asked.extend(prompts)
        return [self._answer(prompt.text.split(" ", 1)[1]) for prompt in prompts]

    def _answer(self, text: str) -> Generation:
        return self.answers.get(text) or Generation(text.upper(), 3, 3, 3, Finish.END, -0.1)


def room(settings: Translator, engine: Upper | FakeEngine) -> Room:
    return Room(settings, "ru", engine)


def test_paragraphs_bullets_and_line_breaks_stay(settings: Translator) -> None:
    text = "A heading\n\n- First one. Second one.\n  • Third!\r\n***\n12:30\n"
    made = room(settings, Upper()).translate([(text, "en")])[0]
    assert made.text == text.upper()


def test_a_segment_without_letters_is_never_given_to_the_model(settings: Translator) -> None:
    engine = Upper()
    assert room(settings, engine).translate([("***\n12:30\n—", "en")])[0].text == "***\n12:30\n—"
    assert engine.asked == []


def test_equal_segments_are_translated_once(settings: Translator) -> None:
    engine = Upper()
    made = room(settings, engine).translate([("Oil rose. Oil rose.", "en"), ("Oil rose.", "en")])
    assert [item.text for item in made] == ["OIL ROSE. OIL ROSE.", "OIL ROSE."]
    assert len(engine.asked) == 1


def test_the_model_is_asked_in_its_own_words(settings: Translator) -> None:
    engine = Upper()
    room(settings, engine).translate([("Oil\u00a0 rose.", "en")])
    assert engine.asked == [Prompt(">>rus<< Oil rose.", "en", "ru")]


def test_a_pair_that_the_model_does_not_know_is_refused_with_the_way_out(settings: Translator) -> None:
    refusal = room(settings, Upper()).refusal("kk")
    assert "random does not translate kk→ru" in refusal
    assert "translator@translators.ru=" in refusal
    assert room(settings, Upper()).refusal("en") == ""


@pytest.mark.parametrize(
    ("generation", "check", "severity"),
    [
        (Generation("x", 20, 10, 3, Finish.END, -0.1), "truncated", Severity.ERROR),
        (Generation("x", 3, 3, 12, Finish.LENGTH, -0.1), "unfinished", Severity.ERROR),
        (Generation("", 3, 3, 1, Finish.END, -0.1), "empty", Severity.ERROR),
        (Generation("x", 3, 3, 3, Finish.END, -0.9), "out_of_domain", Severity.WARNING),
        (Generation("x", 3, 3, 3, Finish.END, -0.1, unknown=1), "out_of_domain", Severity.WARNING),
    ],
)
def test_what_the_engine_tells_becomes_a_flag(
    settings: Translator, generation: Generation, check: str, severity: Severity
) -> None:
    settings.domain = Domain(lowest_score=-0.5, most_unknown=0)
    made = room(settings, Upper({"Bad one.": generation})).translate([("Good one. Bad one.", "en")])[0]
    assert [(flag.check, flag.severity, flag.where) for flag in made.flags] == [(check, severity, "segment 2")]


@pytest.fixture
def listed(settings: Translator, tmp_path: Path) -> Translator:
    """Settings of a model with a list of words in its folder."""
    settings.model = str(shutil.copytree(settings.model, tmp_path / "model"))
    (tmp_path / "model" / "words.txt").write_text("didn't\nmeet\nsaid\nthe\nminister\n")
    settings.domain = Domain(most_unknown=1, words="words.txt")
    return settings


def test_words_that_the_model_never_met_are_named_and_names_are_not_among_them(listed: Translator) -> None:
    text = "Ministers didn’t meet von der Leyen. Kittens said the 21st minister. The purring kittens said."
    made = room(listed, Upper()).translate([(text, "en")])[0]
    assert [(flag.check, flag.where, flag.detail) for flag in made.flags] == [
        ("out_of_domain", "segment 3", "never met in training: kittens, purring")
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory; set it to null"),
        ("нефть".encode("cp1251"), "is not UTF-8; save it as UTF-8"),
        (b"\n", "is empty; set it to null"),
    ],
)
def test_a_list_of_words_that_cannot_be_read_is_named_with_the_way_out(
    listed: Translator, content: bytes | None, reason: str
) -> None:
    file = Path(listed.model) / "words.txt"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ModelError, match=f"translators.ru.domain.words: words.txt: .*{reason}"):
        room(listed, Upper())


def test_a_good_translation_has_no_flags(settings: Translator) -> None:
    assert room(settings, Upper()).translate([("Good one.", "en")])[0].flags == ()


def test_every_segment_that_was_translated_is_checked_and_the_flag_says_where(settings: Translator) -> None:
    seen: list[Pair] = []

    def check(pair: Pair) -> list[Flag]:
        seen.append(pair)
        return [Flag("numbers", Severity.ERROR, "", "10 is lost")] if "BAD" in pair.translation else []

    made = Room(settings, "ru", Upper(), check).translate([("Good one. Bad one.\n***", "en")])[0]
    assert seen == [Pair("Good one.", "GOOD ONE.", "en", "ru"), Pair("Bad one.", "BAD ONE.", "en", "ru")]
    assert made.flags == (Flag("numbers", Severity.ERROR, "segment 2", "10 is lost"),)


LONG = "The ministry said output fell in March; prices rose by 1,000 tenge, and nobody in the city was hurt."


def test_a_segment_over_the_limit_is_translated_in_pieces_and_the_record_says_so(settings: Translator) -> None:
    engine = FakeEngine(input_limit=70)
    made = room(settings, engine).translate([(f"Short one. {LONG}", "en")])[0]
    assert made.text == f"Short one. {LONG}"
    assert [(flag.check, flag.severity, flag.where, flag.detail) for flag in made.flags] == [
        ("split", Severity.NOTE, "segment 2", "cut into 2 pieces to fit 70 tokens")
    ]
    assert ">>rus<< The ministry said output fell in March;" in {text for batch in engine.history for text in batch}


def test_a_split_segment_is_as_unfinished_as_its_worst_piece(settings: Translator) -> None:
    engine = FakeEngine(input_limit=70)
    engine.enqueue(
        Generation("one", 8, 8, 3, Finish.LENGTH, -0.1, unknown=1), Generation("two", 9, 9, 1, Finish.END, -0.5)
    )
    settings.domain = Domain(lowest_score=-0.19)
    made = room(settings, engine).translate([(LONG, "en")])[0]
    assert sorted(made.text.split()) in (["one", "two;"], ["one;", "two"])
    assert [(flag.check, flag.detail) for flag in made.flags[1:]] == [
        ("unfinished", "stopped at the limit of 4 tokens"),
        ("out_of_domain", "mean log-probability -0.20"),
    ]
    assert (made.tokens_in, made.tokens_out) == (17, 4)


def test_a_segment_of_which_a_piece_came_back_empty_is_empty_and_no_translation_without_a_clause(
    settings: Translator,
) -> None:
    engine = FakeEngine(input_limit=70)
    engine.enqueue(Generation("one", 8, 8, 3, Finish.END, -0.1), Generation("", 9, 9, 0, Finish.END, -0.1))
    made = room(settings, engine).translate([(LONG, "en")])[0]
    assert (made.text, [flag.check for flag in made.flags]) == ("", ["split", "empty"])


def test_a_word_that_the_model_cannot_read_whole_is_given_to_it_whole(settings: Translator) -> None:
    engine = FakeEngine(input_limit=20)
    room(settings, engine).translate([("See https://example.org/" + "a" * 30 + " for more.", "en")])
    assert ">>rus<< https://example.org/" + "a" * 30 in {text for batch in engine.history for text in batch}


def test_a_text_with_a_segment_that_does_not_fit_into_memory_is_no_text(settings: Translator) -> None:
    good, bad = room(settings, FakeEngine(poison="Bad")).translate([("Good one.", "en"), ("Good one. Bad one.", "en")])
    assert good.text == "Good one."
    assert isinstance(bad, NotTranslated)
    assert bad.kind == "out_of_memory"
    assert "segment 2 of 2: its 16 tokens do not fit into the memory of fake device, float32" in bad.message
    assert "lower translators.ru.input_limit" in bad.message
