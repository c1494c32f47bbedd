import random
import re
from importlib.resources import files
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.demo import vocabulary
from jobs.demo.corpus import kazakh, lexicon, names, numbers, patterns, russian, sampling, sentences
from jobs.demo.corpus.lexicon import CorpusError

KAZAKH_ONLY = set("әғқңөұүһі")
WRITTEN = (*patterns.load(), *sentences.load())


@pytest.mark.parametrize(
    ("word", "possessive", "forms"),
    [
        ("Алматы", False, "Алматының Алматыға Алматыны Алматыда Алматыдан Алматымен Алматыдағы"),
        ("Ресей", False, "Ресейдің Ресейге Ресейді Ресейде Ресейден Ресеймен Ресейдегі"),
        (
            "Қазақстан",
            False,
            "Қазақстанның Қазақстанға Қазақстанды Қазақстанда Қазақстаннан Қазақстанмен Қазақстандағы",
        ),
        ("Бішкек", False, "Бішкектің Бішкекке Бішкекті Бішкекте Бішкектен Бішкекпен Бішкектегі"),
        ("қаз", False, "қаздың қазға қазды қазда қаздан қазбен қаздағы"),
        (
            "министрлігі",
            True,
            "министрлігінің министрлігіне министрлігін министрлігінде министрлігінен министрлігімен министрлігіндегі",
        ),
        ("Атырау", False, "Атыраудың Атырауға Атырауды Атырауда Атыраудан Атыраумен Атыраудағы"),
        ("Тоқаев", False, "Тоқаевтың Тоқаевқа Тоқаевты Тоқаевта Тоқаевтан Тоқаевпен Тоқаевтағы"),
        ("Мәсімов", False, "Мәсімовтің Мәсімовке Мәсімовті Мәсімовте Мәсімовтен Мәсімовпен Мәсімовтегі"),
        ("Әлиев", False, "Әлиевтің Әлиевке Әлиевті Әлиевте Әлиевтен Әлиевпен Әлиевтегі"),
        ("Песков", False, "Песковтың Песковқа Песковты Песковта Песковтан Песковпен Песковтағы"),
        ("БҰҰ", False, "БҰҰ-ның БҰҰ-ға БҰҰ-ны БҰҰ-да БҰҰ-дан БҰҰ-мен БҰҰ-дағы"),
        ("Кремль", False, "Кремльдің Кремльге Кремльді Кремльде Кремльден Кремльмен Кремльдегі"),
    ],
)
def test_kazakh_endings_follow_harmony_and_the_final_sound(word: str, possessive: bool, forms: str) -> None:
    made = [kazakh.decline(word, case, possessive=possessive) for case in kazakh.CASES[1:]]
    assert made == forms.split()


@pytest.mark.parametrize(
    ("surname", "gender", "forms"),
    [
        ("Токаев", "m", "Токаев Токаева Токаеву Токаева Токаевым Токаеве"),
        ("Токаева", "f", "Токаева Токаевой Токаевой Токаеву Токаевой Токаевой"),
        ("Зеленский", "m", "Зеленский Зеленского Зеленскому Зеленского Зеленским Зеленском"),
        ("Блинкен", "m", "Блинкен Блинкена Блинкену Блинкена Блинкеном Блинкене"),
        ("Меркель", "f", "Меркель " * 6),
        ("Нурсултан", "m", "Нурсултан Нурсултана Нурсултану Нурсултана Нурсултаном Нурсултане"),
        ("Кравченко", "m", "Кравченко " * 6),
    ],
)
def test_russian_surnames_decline(surname: str, gender: russian.Gender, forms: str) -> None:
    assert list(russian.decline_surname(surname, gender)) == forms.split()


@pytest.mark.parametrize("surname", ["Дюбуа", "Гарсиа", "Моро", "Шевченко", "Росси", "Лю", "Лефе", "Черных", "Долгих"])
@pytest.mark.parametrize("gender", ["m", "f"])
def test_russian_surnames_that_have_one_form_keep_it(surname: str, gender: russian.Gender) -> None:
    assert set(russian.decline_surname(surname, gender)) == {surname}


def test_foreign_surnames_decline_as_nouns_but_adjectives_stay_adjectives() -> None:
    assert russian.decline_surname("Чаплин", "m", foreign=True)[4] == "Чаплином"
    assert russian.decline_surname("Ковальский", "m", foreign=True)[4] == "Ковальским"
    assert russian.decline_surname("Ковальская", "f", foreign=True)[4] == "Ковальской"
    assert russian.decline_surname("Гарсия", "f", foreign=True)[3] == "Гарсию"


@pytest.mark.parametrize(
    ("number", "form"), [(1, "день"), (2, "дня"), (5, "дней"), (11, "дней"), (21, "день"), (112, "дней")]
)
def test_russian_nouns_agree_with_their_number(number: int, form: str) -> None:
    assert russian.count_form(number, "день", "дня", "дней") == form


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("в(о) вторник", "во вторник"),
        ("в(о) Алматы", "в Алматы"),
        ("о(б) аварии", "об аварии"),
        ("с(о) странами", "со странами"),
    ],
)
def test_russian_prepositions_take_their_vowel_where_the_next_word_asks(before: str, after: str) -> None:
    assert russian.settle_prepositions(before) == after


@pytest.mark.parametrize(
    ("spelt", "in_russian", "in_english"),
    [
        ("Тоқаев", "Токаев", "Tokayev"),
        ("Әлихан", "Алихан", "Alikhan"),
        ("Жұмабай", "Жумабай", "Zhumabay"),
        ("Нұрғали", "Нургали", "Nurgali"),
    ],
)
def test_kazakh_names_are_carried_over_by_the_practical_rules(spelt: str, in_russian: str, in_english: str) -> None:
    assert names.kazakh_to_russian(spelt) == in_russian
    assert names.russian_to_latin(in_russian) == in_english


@given(st.integers(0))
def test_a_generated_person_of_the_training_set_is_never_held_out(seed: int) -> None:
    filler = names.generated_filler(random.Random(seed))
    given, surname = filler.form("kk", "nom").split(" ")
    assert not lexicon.held_out(given)
    assert not lexicon.held_out(surname)


@given(st.integers(2, 10**9))
def test_whole_numbers_have_the_same_digits_in_every_language(number: int) -> None:
    digits = [re.sub(r"\D", "", forms["nom"]) for forms in numbers.whole(number)]
    assert digits == [str(number)] * 3


def test_there_are_enough_patterns_and_entries() -> None:
    assert len(patterns.load()) >= 2500
    assert sum(len(entries) for entries in lexicon.load().values()) >= 1500


def test_every_pattern_and_sentence_fills_and_leaves_no_mark_behind() -> None:
    rng = random.Random(1)
    for pattern in WRITTEN:
        for _ in range(3):
            pair = patterns.fill(pattern, rng)
            for text in (pair.en, pair.ru, pair.kk):
                assert not re.search(r"[{}\[\]|]|\([ноб]\)|\s\s|\s[.,]", text), f"{pattern.where}: {text}"


def test_every_slot_stands_in_all_three_languages() -> None:
    for pattern in WRITTEN:
        slots = [
            {m["kind"] + m["index"] for m in patterns.SLOT.finditer(text) if not m["mark"]}
            for text in pattern.texts.values()
        ]
        assert slots[0] == slots[1] == slots[2], pattern.where


def test_a_statement_can_be_framed() -> None:
    for pattern in patterns.load():
        if pattern.statement:
            assert all(text.endswith(".") for text in pattern.texts.values()), pattern.where


def test_nothing_is_written_twice() -> None:
    seen: dict[str, str] = {}
    for pattern in WRITTEN:
        assert seen.setdefault(pattern.texts["en"], pattern.where) == pattern.where


def test_kazakh_text_has_kazakh_letters_and_russian_text_has_none() -> None:
    rng = random.Random(2)
    pairs = [patterns.fill(pattern, rng) for pattern in WRITTEN]
    assert sum(bool(KAZAKH_ONLY & set(pair.kk.lower())) for pair in pairs) > 0.99 * len(pairs)
    assert [pair.ru for pair in pairs if KAZAKH_ONLY & set(pair.ru.lower())] == []


def test_the_held_out_patterns_are_those_of_the_list() -> None:
    listed = (files("jobs.demo.corpus") / "held_out.txt").read_text(encoding="utf-8").split()
    assert listed == [pattern.name for pattern in sampling.split().unseen]


def test_training_never_meets_a_held_out_pattern() -> None:
    kept = {pattern.name for pattern in sampling.split().unseen}
    stream = sampling.stream(3)
    for _ in range(3000):
        assert next(stream).name.split("+")[-1] not in kept


def test_no_sentence_that_is_trained_on_is_like_a_held_out_pattern() -> None:
    kept = [sentences.words(pattern) for pattern in sampling.split().unseen]
    for sentence in sentences.load():
        words = sentences.words(sentence)
        assert max(sentences.likeness(words, others) for others in kept) < sentences.LIKE, sentence.where


@pytest.mark.parametrize("group", ["kazakh_m", "kazakh_f", "slavic_m", "slavic_f", "slavic_surname"])
def test_invented_names_are_in_no_list_and_have_the_letters_of_theirs(group: str) -> None:
    rng = random.Random(6)
    listed = [name for (name, *_) in names.parts()[group]]
    made = [names.invent(group, rng) for _ in range(100)]
    assert not set(made) & set(listed)
    assert all(4 <= len(name) <= 10 for name in made)
    assert set("".join(made).lower()) <= set("".join(listed).lower())


def test_the_stream_is_the_same_for_the_same_seed() -> None:
    one, other = sampling.stream(5), sampling.stream(5)
    assert [next(one) for _ in range(50)] == [next(other) for _ in range(50)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("only one cell", "an entry is English, Russian, gender, Kazakh"),
        ("a\tб\tx\tв", "gender 'x' is not one of"),
        ("a\tб+а,б+\tm\tв", "needs six endings"),
        ("a\tб\tm\tв\tcolour=red", "unknown flag 'colour'"),
    ],
)
def test_a_malformed_entry_is_named_with_its_place(line: str, message: str) -> None:
    with pytest.raises(CorpusError, match=f"x.tsv:7: .*{message}|{message}"):
        lexicon.parse_entry(line, "x.tsv:7")


def test_a_malformed_pattern_is_named_with_its_place() -> None:
    with pytest.raises(CorpusError, match=r"x.txt:3: a pattern is a number"):
        list(patterns.parse("\n\n001\nen One.\nru Один.\n", "x.txt"))


def test_a_malformed_sentence_is_named_with_its_place() -> None:
    with pytest.raises(CorpusError, match=r"x.tsv:2: a sentence is English, Russian and Kazakh"):
        list(sentences.parse("One.\tОдин.\tБір.\nTwo.\tДва.\n", "x.tsv"))


def test_two_words_agree_with_people_alone() -> None:
    texts = {"en": "{country} won.", "ru": "{country} {country~взял|взяла} верх.", "kk": "{country} жеңді."}
    pattern = patterns.Pattern("x", texts, False, "x.tsv:1")
    with pytest.raises(CorpusError, match=r"x.tsv:1: .* needs masculine and feminine for a person"):
        patterns.fill(pattern, random.Random(0))


def test_the_words_of_the_corpus_are_no_names() -> None:
    found = vocabulary.words(4, pairs=300)
    assert {"the", "said"} <= set(found)
    assert found == sorted(found)
    alone = [pair.en for pair in islice(sampling.stream(4), 300) if pair.name == "name"]
    assert len(alone) > 30
    assert not {word.lower() for name in alone for word in name.split()} & set(found)


def test_names_that_are_measured_with_are_nobodys_in_the_corpus() -> None:
    leaders = {part for leader in names.leaders() for part in leader.form("en", "nom").split()}
    texts = " ".join(pattern.texts["en"] for pattern in WRITTEN)
    for pair in sampling.unseen_names(60, 1):
        for part in pair.en.split():
            assert part not in leaders
            assert not re.search(rf"\b{re.escape(part)}\b", texts)


@pytest.mark.parametrize(
    ("filled", "article"), [("airport", "an"), ("80-year-old", "an"), ("11-day", "an"), ("university", "a"), ("7", "a")]
)
def test_the_english_article_fits_the_word_behind_it(filled: str, article: str) -> None:
    pattern = patterns.Pattern("x", dict.fromkeys(patterns.LANGUAGES, f"a(n) {filled}"), False, "x")
    assert patterns.fill_text(pattern, "en", {}, random.Random(1)) == f"{article} {filled}"
