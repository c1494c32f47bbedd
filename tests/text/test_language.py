import pytest

from jobs.text.language import identify, normalised


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The energy ministry said on Tuesday that output had fallen.", "en"),
        ("Министерство энергетики сообщило во вторник о снижении добычи.", "ru"),
        ("Энергетика министрлігі сейсенбі күні өндірістің төмендегенін хабарлады.", "kk"),
        ("Міністерство енергетики повідомило у вівторок про зниження видобутку.", "uk"),
        ("12 345 !!!", ""),
    ],
)
def test_the_language_of_a_sentence_is_known(text: str, language: str) -> None:
    assert identify(text) == language


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        *(("en-US", "en"), ("RUS", "ru"), ("kk_KZ", "kk"), (" kk ", "kk"), ("kz", "kk"), ("KZ", "kk")),
        *(("de", "de"), ("ky-KG", "ky"), ("uzb", "uzb")),
    ],
)
def test_language_codes_of_feeds_are_understood(given: str, expected: str) -> None:
    assert normalised(given) == expected


@pytest.mark.parametrize("given", ["und", "English", "russian", "қазақша", "mul", "nan", "N/A", "x", "1", "", "qaz"])
def test_what_is_no_code_of_a_language_says_nothing(given: str) -> None:
    assert normalised(given) == ""
