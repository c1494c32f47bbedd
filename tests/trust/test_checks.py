import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.config import Check, Checks, Level
from jobs.records import Pair, Severity
from jobs.trust.checks import CHECKS, SUMMARY_CHECKS, article_checker, checker


def details(name: str, text: str, translation: str, target: str = "ru", source: str = "en") -> list[str]:
    return [flag.detail for flag in CHECKS[name](Pair(text, translation, source, target))]


@pytest.mark.parametrize(
    ("text", "translation", "target"),
    [
        ("Police detained 10,000 people.", "Полиция задержала 10 000 человек.", "ru"),
        ("It grew 5.3 per cent in 2022.", "Рост в 2022 году составил 5,3%.", "ru"),
        ("On January 11, 2022 at 3 p.m.", "11 января 2022 года в 15:00", "ru"),
        ("On January 11, 2022 at 3 p.m.", "2022 жылғы 11 қаңтарда сағат 15:00-де", "kk"),
        ("On 11 January 2022", "11.01.2022", "ru"),
        ("In the 18th century", "В XVIII веке", "ru"),
        ("A 25-year-old man", "Двадцатипятилетний мужчина", "ru"),
        ("It ended 6-3 after nineteen minutes.", "Матч завершился со счётом 6:3 через 19 минут.", "ru"),
        ("Call +7 727 250 12 34.", "Звоните: +7 (727) 250-12-34.", "ru"),
        ("One of them went home twice.", "Он возвращался домой.", "ru"),
        ("It cost $45 million.", "Оның құны 45 млн доллар болды.", "kk"),
        ("Three of the 40 inmates fled.", "40 тұтқынның үшеуі қашып кетті.", "kk"),
        ("It sold for $2.75 million.", "Его продали за 2 миллиона 750 тысяч долларов.", "ru"),
        ("In the 2008-09 season", "В сезоне 2008–2009 годов", "ru"),
        ("Three decades ago", "Тридцать лет назад", "ru"),
        ("A band of the 90s", "Группа 1990-х годов", "ru"),
        ("The fire burnt for 24 hours.", "Пожар длился сутки.", "ru"),
        ("It cost Rs 127 crore.", "Это стоило 127 крор рупий.", "ru"),
        ("In 2017 a multi-billion dollar project began.", "В 2017 году начался многомиллиардный проект.", "ru"),
        ("They won 26 - 00.", "Они выиграли 26:00.", "ru"),
        ("It was -5 °C at night.", "Ночью было 5 градусов мороза.", "ru"),
        ("It was minus 12 °C.", "Температура −12 °C болды.", "kk"),
        ("Profit changed by -3% in May.", "Прибыль в мае снизилась на 3%.", "ru"),
        ("They lost 6-3.", "Они проиграли со счётом 3:6.", "ru"),
        ("Rooms cost 5-7 dollars.", "Комнаты стоят 5–7 долларов.", "ru"),
        ("A 100-day plan for 100 years", "Стодневный план на столетие", "ru"),
        ("A 3-day and a 3-fold rise", "Трёхдневный и тройной рост", "ru"),
        ("The 100m race", "Забег на 100 метров", "ru"),
        ("On 12/05/2024", "12 мая 2024 года", "ru"),
        ("The hall seats 15,300 people.", "Зал вмещает 15 тысяч 300 человек.", "ru"),
        ("The hall seats 15,300 people.", "Залға 15 мың 300 адам сыяды.", "kk"),
        ("Of 15 thousand 300 left.", "300 человек из 15 тысяч ушли.", "ru"),
        ("It sold 2.3 million of them.", "Их продали 2 млн. 300 тыс. штук.", "ru"),
        ("The euro zone grew by 3%.", "Экономика еврозоны выросла на 3%.", "ru"),
        ("The euro area grew by 3%.", "Еуроаймақ экономикасы 3% өсті.", "kk"),
        ("Prices in the eurozone rose 3%.", "Цены в зоне евро выросли на 3%.", "ru"),
        ("It cost 500 Turkish lira.", "Оның құны 500 түрік лирасы болды.", "kk"),
        ("A quarter of a century passed.", "Прошла четверть века.", "ru"),
        ("Two dozen people came.", "Пришло два десятка человек.", "ru"),
        ("Two and a half years passed.", "Прошло 2,5 года.", "ru"),
        ("A 500 som note.", "500 сомдық қағаз ақша.", "kk"),
        ("The rate of 100 soms.", "100 сомның бағамы.", "kk"),
    ],
)
def test_a_number_that_keeps_its_value_is_not_flagged(text: str, translation: str, target: str) -> None:
    assert details("numbers", text, translation, target) == []


@pytest.mark.parametrize(
    ("text", "translation", "told"),
    [
        ("Police detained 10,000 people.", "Полиция задержала 1 000 человек.", "10,000 became 1 000"),
        ("Police detained 10,000 people.", "Полиция задержала людей.", "10,000 is lost"),
        ("Police detained people.", "Полиция задержала 15 человек.", "15 is not in the source"),
        ("Three people died.", "Погибли четыре человека.", "three became четыре"),
        ("On 11 January", "11 февраля", "month 1 became 2"),
        ("It rose 5% in 2020.", "Рост составил 5 в 2020 году.", "per cent is lost"),
        ("It cost $5.", "Это стоило 5 евро.", "dollar became euro"),
        ("It cost 5 euros.", "В Европе и Евросоюзе это стоило 5.", "euro is lost"),
        ("Two and a half years passed.", "Прошло три года.", "two and a half became три"),
        ("Half a million people came.", "Пришло 600 тысяч человек.", "half a million became 600 тысяч"),
        ("A $5m fine", "Штраф на 5 долларов", "5m became 5"),
        ("Over 100 people left the capital.", "Столицу покинули люди после столкновений в стороне.", "100 is lost"),
        ("There were 3 demands.", "Были требования.", "3 is lost"),
        ("There were 7 seminars.", "Прошли семинары.", "7 is lost"),
        ("It killed 5 people on 12 May 2024.", "12 мая 2024 года погибли люди.", "5 is lost"),
        ("The hall seats 15,300.", "Зал вмещает 15 тысяч 400.", "15,300 became 15 тысяч 400"),
        ("It rose 12 to 12 points.", "Рост до 12 пунктов.", "12 is lost"),
        ("It was -5 °C.", "Было 5 °C.", "-5 became 5"),
        ("It was 5 °C.", "Было –5 °C.", "5 became –5"),
        ("They won 6-3.", "Они выиграли со счётом 3:6.", "6–3 became 3–6"),
        ("Rooms cost 5-7 tenge.", "Комнаты стоят 7–5 тенге.", "5–7 became 7–5"),
    ],
)
def test_a_number_lost_added_or_changed_is_told(text: str, translation: str, told: str) -> None:
    assert details("numbers", text, translation) == [told]


@pytest.mark.parametrize(
    ("text", "translation", "told"),
    [
        ("Winds of 85 mph hit.", "Скорость ветра достигла 137 км/ч.", "85 mile is given as 137 kilometre"),
        ("Less than 18 months ago", "Менее 1,5 года назад", "18 month is given as 1,5 year"),
        ("Anna lost 10 pounds.", "Анна похудела на 4,5 кг.", "10 pound is given as 4,5 kilogram"),
    ],
)
def test_a_converted_unit_is_a_note_and_no_error(text: str, translation: str, told: str) -> None:
    flags = CHECKS["numbers"](Pair(text, translation, "en", "ru"))
    assert [(flag.severity, flag.detail) for flag in flags] == [(Severity.NOTE, told)]


def test_a_wrongly_converted_unit_is_an_error() -> None:
    assert details("numbers", "Winds of 85 mph hit.", "Скорость ветра достигла 173 км/ч.") == ["85 became 173"]


@given(st.integers(13, 10**9), st.sampled_from(["ru", "kk"]))
def test_a_number_ten_times_too_big_is_always_told(number: int, target: str) -> None:
    def local(value: int) -> str:
        return f"{value:,}".replace(",", "\u00a0")

    assert details("numbers", f"It is {number:,}.", f"{local(number)}.", target) == []
    assert details("numbers", f"It is {number:,}.", f"{local(number * 10)}.", target) != []


def test_a_source_that_comes_back_unchanged_is_told() -> None:
    text = "Министерство сообщило во вторник о снижении добычи."
    assert details("language", text, text, "kk", "ru") == ["the source, unchanged"]
    assert details("language", "Reuters", "Reuters") == []


TWO = "The ministry said on Tuesday that oil output had fallen sharply. Prices rose in every region of the country."
OF_TWO = "Министерство сообщило во вторник о резком падении добычи нефти. Цены выросли во всех регионах страны."


def test_a_whole_translation_of_usual_length_is_not_flagged() -> None:
    assert details("omission", TWO, OF_TWO) == []
    assert details("omission", OF_TWO, TWO, "en", "ru") == []


@pytest.mark.parametrize(
    ("translation", "told"),
    [
        (OF_TWO.split(". ")[0] + ".", "characters for"),
        ("Министерство во вторник сообщило о падении добычи нефти.", "characters for"),
        (OF_TWO * 2, "something was added"),
        ("Министерство сообщило во вторник о резком падении добычи нефти. Цены выросли во", "stops before its end"),
    ],
)
def test_lost_and_added_text_is_told(translation: str, told: str) -> None:
    assert told in "; ".join(details("omission", TWO, translation))


def test_a_short_sentence_that_is_lost_is_told() -> None:
    assert details("omission", "He left. " + TWO, OF_TWO.replace("во всех регионах", "везде в регионах"), "ru") != []


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("It needs: 1) fuel, 2) bread, 3) housing.", "Нужны: 1) топливо, 2) хлеб и жильё."),
        ("It needs (a) fuel, (b) bread and (c) housing.", "Нужны (а) топливо, хлеб и (б) жильё."),
        ("• fuel • bread • housing", "• топливо • хлеб, жильё"),
    ],
)
def test_an_item_of_a_list_that_is_lost_is_told(text: str, translation: str) -> None:
    assert details("omission", text, translation) == ["2 list items for 3"]


def test_a_list_that_keeps_its_items_is_not_flagged() -> None:
    assert details("omission", "It needs (a) fuel and (b) bread.", "Нужны а) топливо и б) хлеб.") == []
    assert details("omission", "A copyright (c) notice, item 1).", "Знак авторского права, пункт первый.") == []
    assert details("omission", "It needs: 2) fuel; 5) bread.", "Нужны топливо и 5) хлеб.") == ["1 list items for 2"]


def test_an_age_or_a_party_in_brackets_is_no_item_of_a_list() -> None:
    parties = "Smith (R) and Jones (D) voted against it."
    assert details("omission", parties, "Республиканец Смит и демократ Джонс были против.") == []
    ages = "Anna Roe (34) and her son Ben (12) came home."
    assert details("omission", ages, "34-летняя Анна Роу и её 12-летний сын Бен вернулись.") == []


def test_articles_do_not_count_for_the_length_of_an_english_text() -> None:
    text = "The head of the board of the bank of the north saw the end of the day."
    assert details("omission", text, "Глава правления банка севера видел конец дня.") == []


def test_sentences_joined_at_full_length_are_not_flagged() -> None:
    assert details("omission", TWO, OF_TWO.replace(". Цены", ", а цены")) == []


@pytest.mark.parametrize(
    "loop", ["в городе " * 5, "нет " * 4, "цены на нефть и газ выросли " * 2, "ха" * 6, "а" * 8, "ның-" * 5]
)
def test_a_loop_is_told(loop: str) -> None:
    assert details("repetition", "Prices rose in the city.", f"Цены выросли {loop}.") != []


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("No, no, no, no, he said.", "Нет, нет, нет, нет, сказал он."),
        ("It cost 1000000 tenge.", "Это стоило 1000000 тенге."),
        ("Step by step, day by day.", "Шаг за шагом, день за днём."),
    ],
)
def test_repetition_that_the_text_has_or_that_is_speech_is_not_flagged(text: str, translation: str) -> None:
    assert details("repetition", text, translation) == []


@pytest.mark.parametrize(
    ("text", "translation", "told"),
    [
        ("See https://ex.org/a?b=1.", "См. https://ex.org/a.", ["address https://ex.org/a?b=1 is lost"]),
        ("Write to a.b@ex.org.", "Пишите на а.б@ex.org.", ["address a.b@ex.org is lost"]),
        ("Dear {name}, %s", "Уважаемый {имя}", ["placeholder {name} is lost", "placeholder %s is lost"]),
        ("#Almaty today", "Алматы сегодня", ["hashtag or handle #Almaty is lost"]),
        ("#Almaty today", "#Алматы сегодня", []),
        ("See https://ex.org/a?b=1.", "См. https://ex.org/a?b=1.", []),
        ("O'Brien & sons", "О&#39;Брайен и сыновья", ["&#39; is not in the source"]),
        ("Apply at www.egov.kz today.", "Бүгін www.egov.kz-те өтінім беріңіз.", []),
        ("Write to info@egov.kz now.", "Қазір info@egov.kz-ке жазыңыз.", []),
        ("Write to info@egov.kz now.", "Қазір info@gov.kz-ке жазыңыз.", ["address info@egov.kz is lost"]),
        ("Write &amp; for &.", "Пишите &amp; вместо &.", []),
    ],
)
def test_addresses_placeholders_and_hashtags_are_kept(text: str, translation: str, told: list[str]) -> None:
    assert details("verbatim", text, translation) == told


@pytest.mark.parametrize(
    ("text", "translation", "told"),
    [
        ("A (B) c", "А (Б в", ["( and ) do not match"]),
        ('He said "yes".', "Он сказал: «да.", ["quotation marks do not match"]),
        ('He said "yes".', "Он сказал да.", ["quotation marks are lost"]),
        ('He said "yes" (twice).', "Он сказал: «да» (дважды).", []),
        ('"Yes" to bread, "no" to war.', "«Да» хлебу, нет войне.", ["quotations: 1 for 2"]),
        ('He said "yes".', "Он сказал: &quot;да&quot;.", []),
        (
            '"Calling them "birds" or "fish" is wrong," he said.',
            "«Звать их «птицами» или «рыбами» нельзя», — сказал он.",
            [],
        ),
        ('"We will come," he said, "and stay."', "«Мы придём, — сказал он, — и останемся».", []),
        ("He said: 'We will come.", "Он сказал: «Мы придём.", []),
        ("The workers' rights, 'white' and all.", "Права рабочих, «белые» и все.", []),
        ('He wrote: "They shouted "enough"".', "Он написал: «Они кричали „хватит».", []),
    ],
)
def test_brackets_and_quotation_marks_close(text: str, translation: str, told: list[str]) -> None:
    assert details("marks", text, translation) == told


def test_names_that_russian_has_in_quotation_marks_may_lose_them_in_english_and_speech_may_not() -> None:
    assert details("marks", "Компания «Тенгиз» закрыта.", "The company Tengiz is closed.", "en", "ru") == []
    speech = "Он сказал: «Мы не пойдём туда завтра»."
    assert details("marks", speech, "He said 'We will not go there tomorrow'.", "en", "ru") == []
    assert details("marks", speech, "He said they would not go there.", "en", "ru") == ["quotation marks are lost"]


WRONG = Pair("Winds of 85 mph hit 10,000 homes.", "Ветер 137 км/ч повредил 1 000 домов.", "en", "ru")


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (Level.error, {Severity.NOTE, Severity.ERROR}),
        (Level.warning, {Severity.NOTE, Severity.WARNING}),
        (Level.note, {Severity.NOTE}),
        (Level.off, set()),
    ],
)
def test_the_settings_decide_how_much_a_finding_matters(level: Level, expected: set[Severity]) -> None:
    assert {flag.severity for flag in checker(Checks(numbers=Check(level)))(WRONG)} == expected


def test_every_check_can_be_set() -> None:
    assert set(vars(Checks())) == {*CHECKS, *SUMMARY_CHECKS, "spelling"}


def test_the_settings_decide_how_much_a_second_spelling_of_a_name_matters() -> None:
    pairs = [Pair("He met Johnson.", f"Он встретил {name}.", "en", "ru") for name in ("Джонсона", "Джонсена")]
    for level in (Level.error, Level.warning, Level.note):
        assert [flag.severity.value for flag in article_checker(Checks(spelling=Check(level)))(pairs)] == [level.value]
    assert article_checker(Checks(spelling=Check(Level.off)))(pairs) == []
    assert article_checker(Checks())([]) == []


def test_a_number_beyond_all_measure_is_compared_as_it_is_written() -> None:
    text = f"It has {'9' * 400} digits and 5 letters."
    assert details("numbers", text, f"В нём {'9' * 400} цифр и 5 букв.") == []
    assert details("numbers", text, f"В нём {'9' * 399}8 цифр и 5 букв.") != []
    assert SUMMARY_CHECKS["faithful"](Pair(text, text, "en", "en")) == []


@pytest.mark.timeout(60)
def test_a_long_word_is_searched_for_addresses_without_hanging() -> None:
    assert details("verbatim", "a" * 100_000, "a" * 100_000) == []


def test_europe_is_no_euro() -> None:
    assert details("numbers", "Евросоюз и Европа дали 5 раз.", "The EU and Europe gave 5 times.", "en", "ru") == []


@pytest.mark.parametrize("target", ["ru", "kk"])
def test_a_headline_of_two_words_that_comes_back_unchanged_is_told_and_a_name_is_not(target: str) -> None:
    assert details("language", "Minister resigns", "Minister resigns", target) == ["the source, unchanged"]
    for name in ("Manchester City", "Real vs PSG", "iPhone 15", "adidas", "Guido van Rossum"):
        assert details("language", name, name, target) == []
