import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.text.lookalikes import repaired


@pytest.mark.parametrize(
    ("typed", "language", "expected", "letters"),
    [
        ("бiр əлем, iс", "kk", "бір әлем, іс", 3),
        ("Mосква cтала больше", "ru", "Москва стала больше", 2),
        ("ӘЛEM", "kk", "ӘЛЕМ", 2),
    ],
)
def test_latin_letters_in_cyrillic_words_become_those_they_look_like(
    typed: str, language: str, expected: str, letters: int
) -> None:
    assert repaired(typed, language) == (expected, letters)


@pytest.mark.parametrize("text", ["IT-компания", "USBмен", "iPhone-ды", "PCта", "Kaspi Pay", "eGov"])
def test_latin_words_and_acronyms_stay(text: str) -> None:
    assert repaired(text, "kk") == (text, 0)


def test_other_languages_stay_as_they_are() -> None:
    assert repaired("a бiр", "en") == ("a бiр", 0)


@given(st.text())
def test_a_second_repair_finds_nothing(text: str) -> None:
    once, _ = repaired(text, "kk")
    assert repaired(once, "kk") == (once, 0)
