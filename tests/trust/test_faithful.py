import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.config import Check, Checks, Level
from jobs.records import Pair, Severity
from jobs.text.sentences import segment
from jobs.trust.checks import summary_checker
from jobs.trust.faithful import check_faithful

ARTICLES = {
    "en": """Flood on the Ural
Rescuers took 2,300 people out of villages near Oral on Tuesday, Emergencies Minister Marat Akhmetov said. The water had
risen by 4.6 metres in a week, and fifteen bridges were closed. Damage is put at $12 million, or 3 percent of the budget of
West Kazakhstan. Iranian engineers had warned of it in March 2019. The World Food Organisation sent tents for 40-year-old
camps. Police detained H. Smith's brother, 25, who had driven around a barrier.""",
    "ru": """Паводок на Урале
Из посёлков под Уральском во вторник вывезли 2300 человек, сообщил министр Марат Ахметов. За неделю вода поднялась на
4,6 метра, закрыты пятнадцать мостов. Ущерб оценивают в 12 млн долларов, это 3 процента бюджета области. Иранские инженеры
предупреждали о паводке в марте 2019 года. Ранее Испания прислала спасателей.""",
    "kk": """Жайықтағы су тасқыны
Сейсенбі күні Орал маңындағы ауылдардан 2300 адам көшірілді, деді министр Марат Ахметов. Су бір аптада 4,6 метрге көтерілді,
он бес көпір жабылды. Шығын 12 млн доллар деп бағаланды, бұл облыс бюджетінің 3 пайызы. Қазақстанның инженерлері 2019 жылы
ескерткен еді.""",
}


def told(summary: str, language: str, article: str = "") -> str:
    """What the check finds, or an empty string."""
    found = check_faithful(Pair(article or ARTICLES[language], summary, language, language))
    return "".join(flag.detail for flag in found)


@pytest.mark.parametrize(
    ("language", "summary"),
    [
        ("en", "More than two thousand three hundred people were rescued near Oral."),
        ("en", "About 2.3 thousand people left their homes, and 15 bridges are closed."),
        ("en", "The water rose by 4.6 m, which Iran had warned of in 2019."),
        ("en", "Akhmetov's ministry puts the damage at 12 million dollars, three percent of the budget."),
        ("en", "The WFO sent tents. Hundreds of people slept in them, two of them children."),
        ("en", "The water rose by nearly 5 metres."),
        ("en", "Smith was 25. Nobody else was hurt, officials said on Tuesday."),
        ("en", "TWO VILLAGES FLOODED: the Ural has risen."),
        ("ru", "Из-под Уральска вывезли две тысячи триста человек, заявил Марат Ахметов."),
        ("ru", "Министр Ахметов оценил ущерб в 12 миллионов, закрыто 15 мостов. Иран предупреждал об этом в 2019-м."),
        ("ru", "Однако Marat Akhmetov отметил работу испанских спасателей. Пострадали сотни человек."),
        ("kk", "Оралдан екі мың үш жүз адам көшірілді. Ахметовтің айтуынша, шығын 12 миллион доллар."),
        ("kk", "Марат Ахметовке Қазақстаннан 15 көпір туралы айтылды."),
    ],
)
def test_what_an_article_has_may_be_written_in_another_way(language: str, summary: str) -> None:
    assert told(summary, language) == ""


@pytest.mark.parametrize(
    ("language", "summary", "missing"),
    [
        ("en", "Rescuers took 23,000 people out of villages.", "23,000"),
        ("en", "Twenty-three hundred people left, and sixteen bridges are closed.", "sixteen"),
        ("en", "Damage is put at €12 million.", "euro"),
        ("en", "People left villages near Aktobe on Tuesday.", "Aktobe"),
        ("en", "Emergencies Minister Marat Sadykov said so.", "Sadykov"),
        ("en", "Sadykov said that the water had risen.", "Sadykov"),
        ("en", "Bolat Akhmetov has warned of it.", "Bolat"),
        ("en", "The water rose, as UNESCO had warned.", "UNESCO"),
        ("ru", "Из посёлков вывезли 3200 человек.", "3200"),
        ("ru", "Из посёлков под Актобе вывезли 2300 человек.", "Актобе"),
        ("ru", "Садыков сообщил, что вода поднялась.", "Садыков"),
        ("ru", "Ущерб оценивают в 12 млн тенге.", "tenge"),
        ("kk", "Ақтөбе маңындағы ауылдардан 2300 адам көшірілді.", "Ақтөбе"),
        ("kk", "Бұл туралы министр Болат Садықов айтты.", "Болат, Садықов"),
        ("kk", "Он алты көпір жабылды.", "он алты"),
    ],
)
def test_a_number_or_name_that_the_article_does_not_have_is_named(language: str, summary: str, missing: str) -> None:
    assert told(summary, language).removeprefix("not in the article: ") == missing


def test_a_per_cent_that_the_article_does_not_speak_of_is_named() -> None:
    assert told("Prices rose by 12 percent.", "en", "Prices rose by 12 tenge.") == "not in the article: per cent"


def test_a_place_may_be_named_after_its_people() -> None:
    assert told("A man from Spain was hurt.", "en", "A Spanish man was hurt.") == ""
    assert "Spain" in told("A man from Spain was hurt.", "en", "A Polish man was hurt.")


def test_an_article_in_small_letters_has_its_names_all_the_same() -> None:
    assert told("Marat Akhmetov spoke in Oral.", "en", ARTICLES["en"].lower()) == ""


@given(language=st.sampled_from(sorted(ARTICLES)), kept=st.sets(st.integers(0, 9)))
def test_sentences_of_an_article_are_never_flagged(language: str, kept: set[int]) -> None:
    sentences = [item.text for item in segment(ARTICLES[language], language)]
    assert told(" ".join(text for index, text in enumerate(sentences) if index in kept), language) == ""


@given(st.text() | st.text(alphabet="AIUnSsАзБ12 .,:'’-%$½\n"), st.sampled_from(["en", "ru", "kk"]))
def test_a_text_is_faithful_to_itself_whatever_it_is(text: str, language: str) -> None:
    assert check_faithful(Pair(text, text, language, language)) == []


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (Level.error, {Severity.ERROR}),
        (Level.warning, {Severity.WARNING}),
        (Level.note, {Severity.NOTE}),
        (Level.off, set()),
    ],
)
def test_how_much_an_unfaithful_summary_matters_is_a_setting(level: Level, expected: set[Severity]) -> None:
    pair = Pair(ARTICLES["en"], "All 7,000 people of Aktobe were rescued.", "en", "en")
    assert {flag.severity for flag in summary_checker(Checks(faithful=Check(level)))(pair)} == expected
