import pytest

from jobs.text.script import foreign

ENGLISH = "The ministry said on Tuesday that output had fallen."
RUSSIAN = "Министерство сообщило во вторник, что добыча снизилась."
KAZAKH = "Министрлік сейсенбі күні өндірістің төмендегенін хабарлады."


@pytest.mark.parametrize(("text", "language"), [(ENGLISH, "en"), (RUSSIAN, "ru"), (KAZAKH, "kk")])
def test_nothing_is_said_of_a_sentence_in_its_language(text: str, language: str) -> None:
    assert foreign(text, language) == ""


@pytest.mark.parametrize(
    ("text", "language", "told"),
    [
        (RUSSIAN, "kk", "in Russian"),
        (KAZAKH, "ru", "in Kazakh"),
        (ENGLISH, "kk", "in Latin script"),
        (ENGLISH, "ru", "in Latin script"),
        (RUSSIAN, "en", "in Cyrillic script"),
        ("قازاقستان رەسپۋبليكاسى ەل پرەزيدەنتى", "kk", "in Arabic script"),
        ("Он сказал, что the price of oil and the price of gas had risen.", "ru", "in Latin script"),
        ("Qazaqstan Respublikasy prezident jarlyq şyğardy", "kk", "in Latin script"),
        ("Кабинет министров одобрил проект нового бюджета страны.", "kk", "in Russian"),
        ("Казахстан увеличил добычу", "kk", "in Russian"),
        (f"{KAZAKH} Он заявил, что цены на нефть и на газ выросли.", "kk", "partly in Russian"),
        ("Казахстан и Узбекистан договорились до 2029 года келіспедней", "kk", "partly in Russian"),
        (f"{KAZAKH} Цены выросли на десять процентов в январе.", "ru", "partly in Kazakh"),
        (
            "Міністерство повідомило у вівторок про зниження видобутку їжі.",
            "ru",
            "in another language in Cyrillic script",
        ),
    ],
)
def test_a_sentence_in_another_language_or_script_is_told(text: str, language: str, told: str) -> None:
    assert foreign(text, language) == told


@pytest.mark.parametrize("text", ["Астана", "Reuters", "Apple Watch Ultra", "Касым-Жомарт Токаев", "BBC News сообщает"])
@pytest.mark.parametrize("language", ["ru", "kk"])
def test_names_alone_are_of_no_language(text: str, language: str) -> None:
    assert foreign(text, language) == ""


@pytest.mark.parametrize("text", ["Парламент сайлауы туралы", "Министр сапармен барды", "Астана мен Алматы"])
def test_short_kazakh_without_kazakh_letters_is_no_russian(text: str) -> None:
    assert foreign(text, "kk") == ""


def test_titles_and_names_in_latin_letters_within_a_sentence_may_stay() -> None:
    assert foreign("Книга «The Rise and the Fall of the Great Northern Railway» вышла в мае.", "ru") == ""
    assert foreign("Команды сыграют в Northern Railway Simulator 2030 на Gamestation.", "ru") == ""


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_a_short_english_headline_is_told(language: str) -> None:
    assert foreign("Oil prices fall", language) == "in Latin script"
    assert foreign("Tokayev meets ministers", language) == "in Latin script"


@pytest.mark.parametrize(
    "text", ["Virgil van Dijk", "van der Valk", "www.egov.kz", "info@egov.kz", "120 km", "#save_aral"]
)
@pytest.mark.parametrize("language", ["ru", "kk"])
def test_names_addresses_and_units_in_latin_letters_are_no_headline(text: str, language: str) -> None:
    assert foreign(text, language) == ""
