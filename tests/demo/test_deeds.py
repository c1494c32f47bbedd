import random
import re

import pytest

from jobs.demo.corpus import deeds, kazakh, patterns
from jobs.demo.corpus.lexicon import CorpusError


@pytest.mark.parametrize(
    ("stem", "forms"),
    [
        ("қабылда", "қабылдады қабылдамады қабылдайды қабылдамайды қабылдаған қабылдау қабылдап қабылдаса қабылдайтын"),
        ("кездес", "кездесті кездеспеді кездеседі кездеспейді кездескен кездесу кездесіп кездессе кездесетін"),
        ("қой", "қойды қоймады қояды қоймайды қойған қою қойып қойса қоятын"),
        ("кеңей", "кеңейді кеңеймеді кеңейеді кеңеймейді кеңейген кеңею кеңейіп кеңейсе кеңейетін"),
        ("тап", "тапты таппады табады таппайды тапқан табу тауып тапса табатын"),
        ("оқы", "оқыды оқымады оқиды оқымайды оқыған оқу оқып оқыса оқитын"),
        ("жаз", "жазды жазбады жазады жазбайды жазған жазу жазып жазса жазатын"),
        ("күшей", "күшейді күшеймеді күшейеді күшеймейді күшейген күшею күшейіп күшейсе күшейетін"),
        ("қорық", "қорықты қорықпады қорқады қорықпайды қорыққан қорқу қорқып қорықса қорқатын"),
        ("ет", "етті етпеді етеді етпейді еткен ету етіп етсе ететін"),
    ],
)
def test_kazakh_verbs_follow_harmony_and_the_end_of_the_stem(stem: str, forms: str) -> None:
    assert [kazakh.conjugate(stem, form) for form in kazakh.VERB_FORMS] == forms.split()


def filled(line: str, clause: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str, str]:
    """A clause of `clauses.txt` around one deed, without an adverbial."""
    monkeypatch.setattr(deeds, "load", lambda: (deeds.parse_deed(line, "here"),))
    monkeypatch.setattr(deeds, "ADVERBIALS", 0.0)
    chosen = next(item for item in deeds.clauses() if item.where.endswith(clause))
    pair = patterns.fill(deeds.compose(chosen, random.Random(4)), random.Random(4))
    return pair.en, pair.ru, pair.kk


def doer(deed: deeds.Deed) -> deeds.Subject:
    """Somebody who may do the deed."""
    subject = deed.subject(7, random.Random(1))
    assert subject is not None
    return subject


PRICES = "rise|rose|risen\tвырасти\tөс\tprices=цены=pl=бағалар=plural"
REFORM = "be discussed\tбыть обсуждён\tталқылан\tthe reform=реформа=f=реформа"
TRADE = "grow|grew|grown\tусилиться\tкүшей\ttrade=торговля=f=сауда"
BRIDGE = "be opened\tбыть открыт\tашыл\tthe bridge=мост=m=көпір"


@pytest.mark.parametrize(
    ("line", "clause", "expected"),
    [
        (PRICES, "001", ("Prices rose.", "Цены выросли.", "Бағалар өсті.")),
        (PRICES, "003", ("Prices did not rise.", "Цены не выросли.", "Бағалар өспеді.")),
        (PRICES, "007", ("Prices have not yet risen.", "Цены ещё не выросли.", "Бағалар әлі өскен жоқ.")),
        (PRICES, "009", ("Prices must rise.", "Цены должны вырасти.", "Бағалар өсуі тиіс.")),
        (
            "reopen|reopened|reopened\tвновь открыться\tқайта ашыл\tthe bridge=мост=m=көпір",
            "004",
            ("The bridge will reopen.", "Мост вновь откроется.", "Көпір қайта ашылады."),
        ),
        (
            "reopen|reopened|reopened\tвновь открыться\tқайта ашыл\tthe bridge=мост=m=көпір",
            "003",
            ("The bridge did not reopen.", "Мост вновь не открылся.", "Көпір қайта ашылмады."),
        ),
        (
            "export|exported|exported gas\tэкспортировать газ\tгаз экспортта\tthe plant=завод=m=зауыт",
            "005",
            ("The plant will not export gas.", "Завод не будет экспортировать газ.", "Зауыт газ экспорттамайды."),
        ),
        (BRIDGE, "001", ("The bridge was opened.", "Мост был открыт.", "Көпір ашылды.")),
        (BRIDGE, "003", ("The bridge was not opened.", "Мост не был открыт.", "Көпір ашылмады.")),
        (BRIDGE, "004", ("The bridge will be opened.", "Мост будет открыт.", "Көпір ашылады.")),
        (
            PRICES,
            "028",
            (
                "It is not yet clear why prices rose.",
                "Пока неясно, почему цены выросли.",
                "Бағалардың неге өскені әзірге белгісіз.",
            ),
        ),
        (REFORM, "001", ("The reform was discussed.", "Реформа была обсуждена.", "Реформа талқыланды.")),
        (TRADE, "008", ("Trade may grow.", "Торговля может усилиться.", "Сауда күшеюі мүмкін.")),
        (BRIDGE, "008", ("The bridge may be opened.", "Мост может быть открыт.", "Көпір ашылуы мүмкін.")),
    ],
)
def test_a_deed_agrees_in_every_tense(
    line: str, clause: str, expected: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert filled(line, clause, monkeypatch) == expected


@pytest.mark.parametrize(
    "line", ["be robbed\tбыть ограблен\tтонал\tperson", "drown|drowned|drowned\tутонуть\tсуға кет\tsufferer"]
)
def test_nobody_plans_what_befalls_one(line: str) -> None:
    deed = deeds.parse_deed(line, "here")
    assert deed.subject(7, random.Random(1), "agent") is None
    assert deed.subject(7, random.Random(1)) is not None


@pytest.mark.parametrize(("clause", "impossible"), [("001", "next year|by the end of"), ("004", "last (week|year)")])
def test_an_adverbial_agrees_with_the_tense_of_its_clause(clause: str, impossible: str) -> None:
    deed = deeds.parse_deed(PRICES, "here")
    done = deed, doer(deed)
    chosen = next(item for item in deeds.clauses() if item.where.endswith(clause))
    for seed in range(400):
        text = deeds.composed(chosen, done, done, done, random.Random(seed)).texts["en"]
        assert not re.search(impossible, text), text


def test_a_deed_that_names_its_place_gets_no_second_one() -> None:
    deed = deeds.parse_deed("meet|met|met in {city}\tвстретиться в(о) {city.prep}\t{city.loc} кездес\tperson", "here")
    done = deed, doer(deed)
    for seed in range(400):
        text = deeds.composed(deeds.clauses()[0], done, done, done, random.Random(seed)).texts["en"]
        assert not re.search("{(city|region)6", text), text


def test_things_do_not_act_in_secret_or_at_a_request() -> None:
    deed = deeds.parse_deed(PRICES, "here")
    done = deed, doer(deed)
    for seed in range(400):
        text = deeds.composed(deeds.clauses()[0], done, done, done, random.Random(seed)).texts["en"]
        assert not re.search("secret|request|together|officially", text), text


def test_a_russian_adverbial_of_concession_stands_between_commas() -> None:
    deed = deeds.parse_deed(PRICES, "here")
    done = deed, doer(deed)
    found = {
        deeds.composed(clause, done, done, done, random.Random(seed)).texts["ru"]
        for clause in deeds.clauses()[:2]
        for seed in range(400)
    }
    assert {"несмотря на критику, цены выросли.", "цены, несмотря на критику, выросли."} <= found


def test_a_negated_condition_agrees() -> None:
    bridge, prices = (deeds.parse_deed(line, "here") for line in (BRIDGE, PRICES))
    chosen = next(item for item in deeds.clauses() if item.where.endswith("025"))
    rng = random.Random(1)
    first, second = ((deed, doer(deed)) for deed in (bridge, prices))
    texts = [
        patterns.fill(deeds.composed(chosen, one, one, other, rng), rng).en
        for one, other in ((first, second), (second, first))
    ]
    assert texts == [
        "Prices will rise if the bridge is not opened.",
        "The bridge will be opened if prices do not rise.",
    ]


def test_every_deed_fits_every_clause_and_leaves_no_mark_behind() -> None:
    rng = random.Random(1)
    for number, deed in enumerate(deeds.load()):
        clause = deeds.clauses()[number % len(deeds.clauses())]
        subject = deed.subject(7, rng)
        assert subject is not None, deed.where
        pattern = deeds.composed(clause, (deed, subject), (deed, subject), (deed, subject), rng)
        pair = patterns.fill(pattern, rng)
        for text in (pair.en, pair.ru, pair.kk):
            assert not re.search(r"[{}<>\[\]|]|\([ноб]\)|\s\s|\s[.,]", text), f"{deed.where}: {text}"


def test_every_slot_of_a_deed_stands_in_all_three_languages() -> None:
    for deed in deeds.load():
        slots = [
            {match["kind"] + match["index"] for match in patterns.SLOT.finditer(text) if not match["mark"]}
            for text in deed.texts.values()
        ]
        assert slots[0] == slots[1] == slots[2], deed.where


def test_no_deed_is_written_twice() -> None:
    seen: dict[tuple[str, str], str] = {}
    for deed in deeds.load():
        assert seen.setdefault((deed.texts["en"], deed.doer), deed.where) == deed.where


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("sign|signed|signed\tподписать\tқол қой", "x.tsv:3: a deed is English, Russian, Kazakh and who does it"),
        ("sign the bill\tподписать\tқол қой\tany", "x.tsv:3: the English of a deed begins with base|past|participle"),
        ("sign|signed|signed\tподпись\tқол қой\tany", "x.tsv:3: the Russian of a deed has no infinitive"),
        ("sign|signed|signed\tподписать\tқол қой\tnobody", "x.tsv:3: 'nobody' is no class, kind or subject"),
    ],
)
def test_a_malformed_deed_is_named_with_its_place(line: str, message: str) -> None:
    with pytest.raises(CorpusError, match=re.escape(message)):
        deeds.parse_deed(line, "x.tsv:3")
