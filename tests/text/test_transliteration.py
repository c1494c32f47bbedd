import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobs.text.transliteration import to_cyrillic, to_latin

KAZAKH = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
WORDS = st.text(KAZAKH, min_size=1, max_size=15)


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [
        ("Қазақстан Республикасы", "Qazaqstan Respublikasy"),
        ("Барлық адамдар тумысынан азат", "Barlyq adamdar tumysynan azat"),
        ("Ұлттық Банк — Әлихан Смайылов, Шымкент!", "Ūlttyq Bank — Älihan Smaiylov, Şymkent!"),
        ("Өңірлік даму, ғылым, үкімет, жүрек", "Öñırlık damu, ğylym, ükımet, jürek"),
        ("Ислам мен ІІМ", "İslam men IIM"),
        ("сияқты, яғни, ащы, цирк, чемпион", "siiaqty, iağni, aşşy, tsirk, tşempion"),
        ("ЮНЕСКО, Юлия, Я. Қ.", "İUNESKO, İuliia, İa. Q."),
        ("фильм", "film"),
    ],
)
def test_kazakh_is_spelt_in_the_alphabet_of_2021(cyrillic: str, latin: str) -> None:
    assert to_latin(cyrillic) == latin


@pytest.mark.parametrize(
    "text",
    [
        "Қасым-Жомарт Тоқаев пен Назарбаев Астанада кездесті.",
        "Үкімет бейсенбіде жанармай бағасы туралы шешім жариялады.",
        "Режиссёр фильмнің сценарийін, ал экономистер процестің моделін көрсетті.",
        "Ешқандай емтихан жоқ; Ерлан етсе, айтшы, ретінше, қаһарман мен патша.",
        "Елордада ОЙЫН болып, Германия мен Италия ұтты; ИЮЛЬ.",
    ],
)
def test_news_in_latin_script_reads_back_as_the_same_cyrillic(text: str) -> None:
    assert to_cyrillic(to_latin(text)) == text


def test_the_eng_of_january_2021_is_read_as_well() -> None:
    assert to_cyrillic("meniŋ, Taŋ") == "мениң, Таң"


def test_what_is_not_kazakh_is_left_as_it_is() -> None:
    assert to_latin("Wi-Fi, 12 %, 2022 — Reuters") == "Wi-Fi, 12 %, 2022 — Reuters"
    assert to_cyrillic("Microsoft, Wikinews") == "Microsoft, Wikinews"


@given(WORDS)
@example("иа")
@example("тс")
def test_what_was_read_back_is_spelt_the_same_in_latin_again(word: str) -> None:
    spoken = word.strip("ъь")  # a sign without a letter says nothing of capitals
    for cased in (word, spoken.upper(), spoken.capitalize()):
        latin = to_latin(cased)
        assert to_latin(to_cyrillic(latin)) == latin


@given(st.text())
def test_a_text_without_kazakh_letters_does_not_change(text: str) -> None:
    plain = "".join(character for character in text if character.lower() not in KAZAKH)
    assert to_latin(plain) == plain
