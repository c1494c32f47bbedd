import pytest

from jobs.records import Pair, Severity
from jobs.text.names import sounds, unlikeness
from jobs.trust.names import check_names, check_spellings


def warnings(text: str, translation: str, source: str = "en", target: str = "ru") -> list[str]:
    found = check_names(Pair(text, translation, source, target))
    return [flag.detail for flag in found if flag.severity is not Severity.NOTE]


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Tokayev", "Токаевым"),
        ("Tokayev", "Тоқаевтың"),
        ("Zhumabay", "Жумабаем"),
        ("Zhumabay", "Жұмабайға"),
        ("Johnson", "Джонсоном"),
        ("Washington", "Вашингтонда"),
        ("Michael", "Майклу"),
        ("Jose", "Хосе"),
        ("William", "Уильяма"),
        ("Erdoğan", "Ердоғанмен"),
        ("Schneider", "Шнайдер"),
        ("Сатпаев", "Сәтбаевтың"),
    ],
)
def test_one_name_sounds_alike_in_all_scripts_and_cases(name: str, other: str) -> None:
    assert unlikeness(sounds(name), sounds(other)) <= 1


@pytest.mark.parametrize(
    ("name", "other"),
    [("Tokayev", "Назарбаева"), ("Johnson", "Клинтон"), ("Washington", "Лондон"), ("Lee", "Нур")],
)
def test_different_names_do_not_sound_alike(name: str, other: str) -> None:
    assert unlikeness(sounds(name), sounds(other)) > 1


@pytest.mark.parametrize(
    ("text", "translation", "target"),
    [
        (
            "On Monday Kassym-Jomart Tokayev met Xi Jinping in Beijing.",
            "В понедельник Касым-Жомарт Токаев встретился с Си Цзиньпином в Пекине.",
            "ru",
        ),
        (
            "The UN and the United States praised Kazakh and Russian officials in March.",
            "ООН и США похвалили казахстанских и российских чиновников в марте.",
            "ru",
        ),
        ("Prime Minister Olzhas Bektenov visited Germany.", "Премьер-министр Олжас Бектенов Германияға барды.", "kk"),
        ("Flights from Berlin to Hong Kong were cancelled.", "Рейсы из Берлина в Гонконг были отменены.", "ru"),
        ("Residents of China and Egypt were evacuated.", "Қытай мен Мысыр тұрғындары көшірілді.", "kk"),
        ("The Supreme Court of Georgia ruled on Tuesday.", "Верховный суд Грузии вынес решение во вторник.", "ru"),
        ("He flew with Japan Airlines.", "Он летел рейсом Japan Airlines.", "ru"),
        ("She met Martin Schulz in Tokyo.", "Она встретила Мартина Шульца на Токийском форуме.", "ru"),
        ("The New Zealand wines are cheaper.", "Новозеландские вина дешевле.", "ru"),
        ("We've told them, and they'd agreed.", "Мы им сказали, и они согласились.", "ru"),
        ("Emergency Ministry rescuers left.", "Төтенше жағдайлар министрлігінің құтқарушылары кетті.", "kk"),
    ],
)
def test_a_good_translation_gets_no_warning(text: str, translation: str, target: str) -> None:
    assert warnings(text, translation, target=target) == []


def test_a_person_or_place_replaced_by_another_is_a_warning_that_names_both() -> None:
    (told,) = warnings("He met Olzhas Bektenov in Astana.", "Он встретил Олжаса Смаилова в Астане.")
    assert told == "Bektenov: not found; Смаилова: not in the text"
    (told,) = warnings("The train left Kazakhstan for Japan.", "Пойыз Қазақстаннан Грузияға кетті.", target="kk")
    assert "Japan: not found" in told


def test_in_a_headline_with_a_capital_everywhere_only_what_is_known_as_a_name_is_missed() -> None:
    headline = "Flooded Villages Across Kazakhstan Await Overdue Relief Convoys"
    assert warnings(headline, "Затопленные посёлки Казахстана ждут обоза с помощью") == []
    assert warnings(headline, "Затопленные посёлки Японии ждут обоза с помощью") == [
        "Kazakhstan: not found; Японии: not in the text"
    ]


def test_a_name_at_the_beginning_of_a_sentence_is_looked_for_where_a_verb_follows() -> None:
    assert warnings("Liggins said prices fell.", "Мартин сказал, что цены упали.") == ["Liggins: not found"]
    assert warnings("Inflation was lower.", "Рост цен замедлился.") == []


def test_a_name_turned_into_a_pronoun_is_a_note() -> None:
    (flag,) = check_names(Pair("We told Liggins everything.", "Мы всё ему рассказали.", "en", "ru"))
    assert (flag.check, flag.severity) == ("names", Severity.NOTE)


def test_names_are_looked_for_between_russian_and_kazakh_too() -> None:
    text = "Вчера Касым-Жомарт Токаев посетил Россию."
    assert warnings(text, "Кеше Қасым-Жомарт Тоқаев Ресейге барды.", "ru", "kk") == []
    assert warnings(text, "Кеше Қасым-Жомарт Тоқаев Қытайға барды.", "ru", "kk") != []
    assert warnings("Кеше Бектеновпен Мәскеуде кездесті.", "Yesterday he met Bektenov in Moscow.", "kk", "en") == []


def test_a_name_spelt_in_two_ways_in_one_article_is_reported() -> None:
    first = Pair("He met Johnson.", "Он встретил Джонсона.", "en", "ru")
    same = Pair("Later he left Johnson.", "Потом он оставил Джонсона, а с Джонсоном и всё.", "en", "ru")
    other = Pair("Later he left Johnson.", "Потом он оставил Джонсена.", "en", "ru")
    assert check_spellings([first, same]) == []
    (flag,) = check_spellings([first, other])
    assert (flag.check, flag.detail) == ("spelling", "Johnson: Джонсона, Джонсена")


def test_a_known_place_misspelt_once_is_reported_and_its_adjective_is_not() -> None:
    first = Pair("He left Germany.", "Он покинул Германию.", "en", "ru")
    copied = Pair("He works at Germany Trade.", "Он работает в Germany Trade.", "en", "ru")
    adjective = Pair("Germany's army", "Армия Германская", "en", "ru")
    misspelt = Pair("Germany agreed.", "Согласилась и Гермаиня.", "en", "ru")
    assert check_spellings([first, copied, adjective]) == []
    assert [flag.detail for flag in check_spellings([first, misspelt])] == ["Germany: Германию, Гермаиня"]


def test_short_words_and_acronyms_are_no_spellings_of_a_name() -> None:
    first = Pair("He met Anna of the EU.", "Он встретил Анну из Азии.", "en", "ru")
    other = Pair("Anna of the EU had gone home.", "Они ушли в Японию.", "en", "ru")
    assert check_spellings([first, other]) == []


def test_a_text_without_names_or_letters_has_nothing_to_be_found() -> None:
    assert check_names(Pair("", "", "en", "ru")) == []
    assert check_names(Pair("12:30 – 5 %", "12:30 – 5 %", "en", "kk")) == []
