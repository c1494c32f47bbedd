from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.text.sentences import segment
from tests.conftest import SHARED

LANGUAGE = st.sampled_from(["en", "ru", "kk"])


def texts(text: str, language: str = "en") -> list[str]:
    return [item.text for item in segment(text, language)]


@given(st.text(), LANGUAGE)
def test_segments_joined_give_the_text_back_exactly(text: str, language: str) -> None:
    assert "".join(item.text + item.separator for item in segment(text, language)) == text


@given(
    st.lists(st.sampled_from(["- Point", "One. Two!", "\n", "\r\n", " ", "1. «Сөз»", "[12]", "…", "\u2028"])), LANGUAGE
)
def test_segments_of_lists_and_quotes_give_the_text_back_exactly(pieces: list[str], language: str) -> None:
    text = "".join(pieces)
    assert "".join(item.text + item.separator for item in segment(text, language)) == text


@given(st.text(), LANGUAGE)
def test_a_segment_has_no_white_space_around_it(text: str, language: str) -> None:
    assert all(item.text == item.text.strip() for item in segment(text, language))


def test_titles_and_initials_do_not_end_a_sentence() -> None:
    assert texts("Dr. A. Smith met Mr. Omarov. They talked.") == ["Dr. A. Smith met Mr. Omarov.", "They talked."]
    assert texts("Бюджет вырос на 3 млрд. Омаров доволен.", "ru") == ["Бюджет вырос на 3 млрд. Омаров доволен."]
    assert texts("Қ. Жұмалиев келді. Ол сөйледі.", "kk") == ["Қ. Жұмалиев келді.", "Ол сөйледі."]


def test_a_reference_mark_stays_with_its_sentence() -> None:
    assert texts("Output fell. [12] Prices rose.") == ["Output fell. [12]", "Prices rose."]


def test_bullets_and_numbers_are_segments_of_their_own() -> None:
    assert texts("- First point\n2) Second point") == ["-", "First point", "2)", "Second point"]


def test_a_line_break_always_separates() -> None:
    assert texts("Headline without a stop\nThe body follows.") == ["Headline without a stop", "The body follows."]


@pytest.mark.timeout(60)
def test_a_book_on_one_line_is_cut_without_hanging() -> None:
    assert len(texts("The bridge opened. " * 20_000)) == 20_000


@pytest.mark.skipif(not SHARED.exists(), reason="shared material is not here")
def test_real_text_comes_back_exactly() -> None:
    for file in Path(SHARED / "sentences").glob("*.txt"):
        text = file.read_text(encoding="utf-8")
        assert "".join(item.text + item.separator for item in segment(text, "ru")) == text
