import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from jobs.text.numbers import numbers


def values(text: str, language: str) -> list[set[float | str]]:
    return [set(number.values) for number in numbers(text, language)]


def same(text: str, source: str, other: str, target: str) -> bool:
    """Whether both texts have one number, and it is the same."""
    first, second = values(text, source), values(other, target)
    return len(first) == len(second) == 1 and bool(first[0] & second[0])


@given(st.integers(0, 10**12), st.sampled_from(["\u00a0", "\u202f", " "]), st.sampled_from(["ru", "kk"]))
def test_a_whole_number_has_one_value_in_every_notation(number: int, space: str, language: str) -> None:
    assert values(f"about {number:,} people", "en") == [{float(number)}]
    assert values(f"{number:,}".replace(",", space), language) == [{float(number)}]


@given(st.integers(0, 10**7), st.integers(1, 99), st.sampled_from(["ru", "kk"]))
def test_a_decimal_has_one_value_with_a_point_and_with_a_comma(whole: int, hundredths: int, language: str) -> None:
    english = f"{whole:,}.{hundredths:02}"
    local = english.replace(",", "\u00a0").replace(".", ",")
    assert same(english, "en", local, language)


@given(st.integers(1, 999_999))
def test_a_number_in_words_has_the_value_of_its_figures(number: int) -> None:
    assert values(num2words(number), "en") == [{float(number)}]
    assert values(num2words(number, lang="ru"), "ru") == [{float(number)}]
    assert values(num2words(number, lang="kz"), "kk") == [{float(number)}]


@given(st.integers(2, 999_999), st.sampled_from("gdip"))
def test_a_russian_number_in_words_is_read_in_every_case(number: int, case: str) -> None:
    assert values(num2words(number, lang="ru", case=case), "ru") == [{float(number)}]


@given(st.integers(1, 999), st.sampled_from("ngdip"), st.sampled_from("mfn"))
def test_a_russian_ordinal_is_read_in_every_case_and_gender(number: int, case: str, gender: str) -> None:
    assert values(num2words(number, lang="ru", to="ordinal", case=case, gender=gender), "ru") == [{float(number)}]


@pytest.mark.parametrize(
    ("text", "source", "other", "target"),
    [
        ("10,000 people", "en", "10.000 адам", "kk"),
        ("12 thousand", "en", "12 тыс.", "ru"),
        ("$1.5bn", "en", "1,5 млрд долларов", "ru"),
        ("2.5 million", "en", "екі жарым миллион", "kk"),
        ("2,300,000", "en", "2,3 млн", "ru"),
        ("3 p.m.", "en", "15:00", "ru"),
        ("7.55am", "en", "7:55", "ru"),
        ("at 12.00", "en", "в 12:00", "ru"),
        ("the 1960s", "en", "60-е", "ru"),
        ("the 1800s", "en", "19 век", "ru"),
        ("the nineteen", "en", "он тоғызы", "kk"),
        ("the twentieth", "en", "жиырмасыншы", "kk"),
        ("2½ hours", "en", "2,5", "ru"),
        ("1,500½", "en", "1500,5", "ru"),
        ("a year and a half", "en", "1,5 года", "ru"),
        ("2.5 years", "en", "2 с половиной года", "ru"),
        ("2 and a half million", "en", "2 жарым миллион", "kk"),
        ("two and a half years", "en", "2,5 года", "ru"),
        ("twenty-two and a half", "en", "двадцать два с половиной", "ru"),
        ("2.5 million", "en", "два с половиной миллиона", "ru"),
        ("two and a half million", "en", "екі жарым миллион", "kk"),
        ("6.5 hours", "en", "шесть с половиной", "ru"),
        ("half a million", "en", "500 тысяч", "ru"),
        ("half a million", "en", "полмиллиона", "ru"),
        ("half a million", "en", "жарты миллион", "kk"),
        ("half of a million", "en", "половина миллиона", "ru"),
        ("a quarter of a million", "en", "250 тысяч", "ru"),
        ("a quarter of a century", "en", "25 лет", "ru"),
        ("half a century", "en", "50 жыл", "kk"),
        ("half a dozen", "en", "шесть", "ru"),
        ("two dozen", "en", "24", "ru"),
        ("two dozen", "en", "две дюжины", "ru"),
        ("the 40th", "en", "қырқыншы", "kk"),
        ("the 48th", "en", "қырық сегізінші", "kk"),
        ("1,500,000½", "en", "1 500 000,5", "ru"),
    ],
)
def test_the_same_value_is_seen_in_another_notation(text: str, source: str, other: str, target: str) -> None:
    assert same(text, source, other, target)


@pytest.mark.parametrize(
    ("text", "source", "other", "target"),
    [
        ("10,000", "en", "1 000", "ru"),
        ("3.7 million", "en", "37 миллион", "kk"),
        ("3 a.m.", "en", "15:00", "ru"),
        ("11:35 am", "en", "23:35", "ru"),
        ("5 million", "en", "5 млрд", "ru"),
        ("a $5m fine", "en", "5 долларов", "ru"),
        ("£5.5k", "en", "5,5", "ru"),
        ("two and a half million", "en", "2 млн", "ru"),
        ("half a million", "en", "полмиллиарда", "ru"),
    ],
)
def test_another_value_is_never_taken_for_the_same(text: str, source: str, other: str, target: str) -> None:
    assert not same(text, source, other, target)


def test_both_ends_of_a_range_share_its_magnitude() -> None:
    assert values("4.2-3.9 million", "en")[0] & values("4,2 миллиона", "ru")[0]


@given(st.integers(1, 10**9), st.sampled_from(["-", "–", "−", "−\u00a0", "minus "]))
def test_a_number_with_a_minus_is_below_nought(number: int, minus: str) -> None:
    assert values(f"of {minus}{number:,} in all", "en") == [{-float(number)}]
    assert values(f"{minus}{number:,}", "en") == [{-float(number)}]


@pytest.mark.parametrize("text", ["10-15", "10 -15", "- 15 - 10", "it — 10 – 15", "F-16 10%-15%"])
def test_a_dash_or_a_hyphen_is_no_minus(text: str) -> None:
    assert all(value >= 0 for found in values(text, "en") for value in found if isinstance(value, float))


def test_a_character_written_as_a_number_is_none() -> None:
    assert values("Д&#39;Силва", "ru") == []


def test_a_date_in_figures_is_its_day_month_and_year() -> None:
    assert values("11.01.2022", "ru") == [{11.0}, {1.0}, {2022.0}]


@pytest.mark.parametrize("text", ["оның айтуынша, бұл алтын үшін", "ол бірге келді онда"])
def test_kazakh_words_that_only_look_like_numbers_are_none(text: str) -> None:
    assert values(text, "kk") == []


def test_the_kazakh_word_for_a_quarter_of_a_year_is_no_firm_number() -> None:
    assert not any(number.firm for number in numbers("үшінші тоқсанда, бірінші тоқсан", "kk"))
    assert [number.firm for number in numbers("тоқсаныншы, жүз тоқсан", "kk")] == [True, True]


@pytest.mark.parametrize(
    "text", ["1,500½", "2,5½", "0,000,123 m 5", "-0:30", f"-{'9' * 400} million 5", "9" * 190 + " tn"]
)
@pytest.mark.parametrize("language", ["en", "ru", "kk", "de"])
def test_no_notation_is_beyond_reading(text: str, language: str) -> None:
    assert all(number.values for number in numbers(text, language))


@pytest.mark.timeout(60)
def test_many_numbers_are_read_without_hanging() -> None:
    assert len(numbers("of 12 men twenty came, " * 8000, "en")) == 16_000
