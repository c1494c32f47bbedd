from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.config import ConfigError
from jobs.config import Glossary as Settings
from jobs.records import Pair
from jobs.translate.glossary import Glossary, load
from jobs.translate.termbase import Term, read, shipped

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return make


def kept(glossary: Glossary, text: str, translation: str, target: str, source: str = "en") -> dict[str, bool]:
    uses, flags = glossary.check(text, translation, source, target)
    assert len(flags) == sum(not use.kept for use in uses)
    return {use.term: use.kept for use in uses}


SHIPPED = Glossary(shipped())


def test_three_hundred_names_are_shipped_in_three_languages() -> None:
    assert len({term.source for term in shipped() if (term.source_language, term.language) == ("en", "ru")}) >= 300
    assert len({term.source for term in shipped() if (term.source_language, term.language) == ("kk", "en")}) >= 290


@pytest.mark.parametrize(
    ("text", "translation", "target", "terms"),
    [
        ("He left the Ministry of Energy.", "Он ушёл из Министерства энергетики.", "ru", ["Ministry of Energy"]),
        ("Tokayev is in Karaganda.", "Токаева видели под Карагандой.", "ru", ["Kassym-Jomart Tokayev", "Karaganda"]),
        ("A plant in Pavlodar closed.", "Павлодарский завод закрылся.", "ru", ["Pavlodar"]),
        ("A plant in Atyrau closed.", "Атырауский завод закрылся.", "ru", ["Atyrau"]),
        ("Kazakhstan's people voted.", "Казахстанцы проголосовали.", "ru", ["Kazakhstan"]),
        ("Life without Kazakhstan.", "Қазақстансыз өмір.", "kk", ["Kazakhstan"]),
        ("It fell near Zhetysai.", "Упал близ Жетысая.", "ru", ["Zhetysai"]),
        ("The Mazhilis of Kazakhstan sat.", "Қазақстан Мәжілісінде отырыс өтті.", "kk", ["Mazhilis", "Kazakhstan"]),
        ("Floods hit Almaty region.", "Алматы облысындағы су тасқыны.", "kk", ["Almaty region"]),
        (
            "The CSTO met in Aktau.",
            "ҰҚШҰ Ақтауда бас қосты.",
            "kk",
            ["Collective Security Treaty Organization", "Aktau"],
        ),
    ],
)
def test_a_term_counts_as_kept_in_any_form(text: str, translation: str, target: str, terms: list[str]) -> None:
    assert kept(SHIPPED, text, translation, target) == dict.fromkeys(terms, True)


@pytest.mark.parametrize(
    ("rendering", "translation", "there"),
    [
        ("ЕС", "Об этом заявил ЕС.", True),
        ("ЕС", "Об этом заявил СКЕС.", False),
        ("ЕС", "ПРОЦЕСС идёт", False),
        ("МИД", "Об этом сообщили МИДом.", True),
        ("МИД", "ПИРАМИДА рухнула", False),
        ("Мия", "Мицелий разросся", False),
    ],
)
def test_an_acronym_counts_as_a_word_with_its_ending_and_not_inside_another(
    rendering: str, translation: str, there: bool
) -> None:
    glossary = Glossary([Term(("XX",), "en", (rendering,), "ru")])
    assert kept(glossary, "It was XX.", translation, "ru") == {"XX": there}


def test_a_term_that_is_missing_is_flagged_with_what_it_should_be() -> None:
    _, (flag,) = SHIPPED.check("Floods hit Taraz.", "Наводнение в Актау.", "en", "ru")
    assert (flag.check, flag.severity.value, flag.detail) == ("glossary", "warning", "Taraz: Тараз is missing")


def test_the_longest_term_counts_and_a_word_without_its_capital_is_none() -> None:
    assert list(kept(SHIPPED, "East Kazakhstan region froze.", "", "ru")) == ["East Kazakhstan region"]
    assert kept(SHIPPED, "An oral exam on a small turan.", "", "ru") == {}


def test_terms_are_found_in_russian_and_kazakh_texts_whatever_their_form() -> None:
    assert kept(SHIPPED, "Он уехал из Караганды.", "He left Karaganda.", "en", "ru") == {"Караганда": True}
    assert kept(SHIPPED, "Ол Қарағандыдан кетті.", "He left Almaty.", "en", "kk") == {"Қарағанды": False}
    assert kept(SHIPPED, "Теңдік пен тең туралы.", "On equality.", "en", "kk") == {}


TABLE = "source\tlanguage\trendering\tnote\tdo_not_translate\tcase_sensitive\n"


def test_a_table_gives_one_rendering_a_row(write: Write) -> None:
    glossary = Glossary(
        read(write("t.tsv", TABLE + "spot market\tru\tспотовый рынок|спот-рынок\tenergy\t\t\nReuters\t\t\t\ttrue\n"))
    )
    text = "Reuters says Spot Markets fell."
    assert kept(glossary, text, "Reuters: на спотовом рынке спад.", "ru") == {"Reuters": True, "spot market": True}
    assert kept(glossary, text, "Рейтер: на спот-рынке спад.", "ru") == {"Reuters": False, "spot market": True}
    assert kept(glossary, text, "Reuters: спот нарығы.", "kk") == {"Reuters": True}


def test_a_table_with_a_column_for_each_language_serves_every_direction(write: Write) -> None:
    glossary = Glossary(read(write("t.csv", 'en,ru,kk,note\nspot market,спотовый рынок,"спот нарығы",\n')))
    assert kept(glossary, "спотовые рынки", "spot markets", "en", "ru") == {"спотовый рынок": True}
    assert kept(glossary, "спотовый рынок", "спот нарығында", "kk", "ru") == {"спотовый рынок": True}


def test_capitals_count_where_that_is_asked_for(write: Write) -> None:
    plain = Glossary(read(write("a.tsv", TABLE + "Apple\tru\tApple\n")))
    strict = Glossary(read(write("b.tsv", TABLE + "Apple\tru\tApple\t\t\ttrue\n")))
    assert kept(plain, "an apple", "яблоко", "ru") == {"Apple": False}
    assert kept(strict, "an apple", "яблоко", "ru") == {}
    assert kept(strict, "Apple rose", "Apple вырос", "ru") == {"Apple": True}


TBX = """<?xml version="1.0"?>
<tbx type="TBX-Core" style="dca" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2"><text><body>
 <conceptEntry id="c1"><note>energy</note>
  <langSec xml:lang="en"><termSec><term>spot market</term></termSec></langSec>
  <langSec xml:lang="ru"><termSec><term>спотовый рынок</term></termSec><termSec><term>спот</term></termSec></langSec>
 </conceptEntry>
</body></text></tbx>"""
OLD_TBX = """<martif type="TBX" xml:lang="en"><text><body>
 <termEntry><langSet xml:lang="en-US"><tig><term>spot market</term></tig></langSet>
  <langSet xml:lang="ru-RU"><tig><term>спотовый рынок</term></tig></langSet></termEntry>
</body></text></martif>"""


@pytest.mark.parametrize("text", [TBX, OLD_TBX])
def test_tbx_of_both_versions_is_read(write: Write, text: str) -> None:
    glossary = Glossary(read(write("t.tbx", text)))
    assert kept(glossary, "A spot market.", "О спотовом рынке.", "ru") == {"spot market": True}
    assert kept(glossary, "О спотовом рынке.", "A spot market.", "en", "ru") == {"спотовый рынок": True}


def test_the_terms_of_two_sections_of_one_language_are_all_found(write: Write) -> None:
    # A section in a language that is not ours may hold anything.
    british = '<langSec xml:lang="zxx"><termSec><term>₸</term></termSec></langSec>'
    british += '<langSec xml:lang="en-GB"><termSec><term>cash market</term></termSec></langSec>'
    glossary = Glossary(read(write("t.tbx", TBX.replace("<langSec", f"{british}<langSec", 1))))
    for text in ("A spot market.", "A cash market."):
        assert list(kept(glossary, text, "О спотовом рынке.", "ru").values()) == [True]


def test_a_tbx_file_cannot_read_other_files(write: Write) -> None:
    secret = write("secret.txt", "secret")
    entity = f'<!DOCTYPE tbx [<!ENTITY leak SYSTEM "file://{secret}">]>'
    terms = read(write("t.tbx", TBX.replace("<tbx", f"{entity}<tbx").replace("spot market", "spot &leak; market")))
    assert "secret" not in str(terms)


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("t.tsv", "", "line 1, column 1: it is empty"),
        ("t.tsv", "source\tcolour\n", "line 1, column 2: 'colour' is no column of a glossary"),
        ("t.tsv", "note\n", "line 1, column 1: it needs a column source"),
        ("t.tsv", TABLE + "a\tru\tа\nb\tde\tб\n", r"line 3, column 2 \(language\): 'de' is no language of ours"),
        ("t.tsv", TABLE + "a\tru\n", r"line 2, column 3 \(rendering\): it is missing"),
        ("t.tsv", TABLE + "\tru\tа\n", r"line 2, column 1 \(source\): the term is missing"),
        ("t.tsv", TABLE + "a\t\tа\n", r"line 2, column 2 \(language\): it is missing"),
        ("t.tsv", TABLE + "a\tru\tа\t\tmaybe\n", r"line 2, column 5 \(do_not_translate\): 'maybe' is neither"),
        ("t.tsv", TABLE + "a\tru\tа\t\t\t\tx\n", "line 2, column 7: the header has no such column"),
        ("t.tsv", TABLE + "…\tru\tа\n", r"line 2, column 1 \(source\): '…' has no letters"),
        ("t.tsv", "source\tlanguage\trendering\tru\n", "line 1, column 4: 'ru' beside source"),
        ("t.tsv", TABLE, "line 1, column 1: it is empty"),
        ("t.tsv", TABLE + '"a"\tru\tа\n', r'line 2, column 1 \(source\): "a" is in quotation marks'),
        ("t.tsv", TABLE + "a\tru\tа\t\ttrue\n", r"line 2, column 3 \(rendering\): it has no use beside"),
        ("t.tsv", TABLE + "a\ten\tb\n", r"line 2, column 2 \(language\): 'en' is the language of the term"),
        ("t.csv", 'en,ru\n"""Nurly Zhol""",\n', r"line 2, column 1 \(en\): in no other language"),
        ("t.tsv", "en\tru\nFoo\t\n", r"line 2, column 1 \(en\): in no other language; say do_not_translate=true"),
        ("t.csv", 'en,ru\n"a,а\n', "line 2, column 1: unexpected end of data"),
        ("t.tbx", "<tbx>\n <a></b>\n</tbx>", "line 2, column 9: Opening and ending tag mismatch"),
        ("t.tbx", "<tbx/>", "line 1, column 1: it has no conceptEntry"),
        ("t.tbx", TBX.replace("spot market", "%"), "line 4, column 1: '%' has no letters"),
        (
            "t.tbx",
            TBX.replace("<term>спот</term>", "").replace("спотовый рынок", ""),
            "line 5, column 1: .*ru has no term",
        ),
        ("t.xlsx", "", "a glossary is a .tsv, .csv or .tbx file"),
    ],
)
def test_a_malformed_glossary_names_file_line_and_column(write: Write, name: str, text: str, place: str) -> None:
    with pytest.raises(ConfigError, match=rf"glossary.path=.*{name}: {place}"):
        read(write(name, text))


def test_a_file_that_is_not_utf8_or_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_bytes("en\tru\nspot\tспот\n".encode("cp1251"))
    with pytest.raises(ConfigError, match="line 2, column 6: it is not UTF-8"):
        read(tmp_path / "t.tsv")
    with pytest.raises(ConfigError, match="No such file"):
        read(tmp_path / "none.tsv")


def test_the_users_terms_count_before_those_that_are_shipped(write: Write) -> None:
    path = write("t.tsv", TABLE + "Almaty\tru\tАлма-Ата\n")
    assert kept(load(Settings(str(path))), "In Almaty.", "В Алматы.", "ru") == {"Almaty": False}
    assert kept(load(Settings()), "In Almaty.", "В Алматы.", "ru") == {"Almaty": True}
    assert kept(load(Settings(kazakhstan=False)), "In Almaty.", "В Алматы.", "ru") == {}


@given(st.text(), st.text(), st.permutations(["en", "ru", "kk"]))
def test_any_text_can_be_checked(text: str, translation: str, languages: list[str]) -> None:
    SHIPPED.check(text, translation, *languages[:2])


def masked(text: str, translation: str, target: str = "ru", glossary: Glossary = SHIPPED) -> tuple[str, dict[str, str]]:
    mask = glossary.mask(Pair(text, translation, "en", target))
    return (mask.text, dict(mask.stand_for)) if mask else (text, {})


def test_each_name_that_the_translation_lacks_gets_a_placeholder() -> None:
    assert masked("Tokayev met the CSTO in Aktau.", "Он был в Актау.") == (
        "QX2 met the QX1 in Aktau.",
        {"QX1": "ОДКБ", "QX2": "Токаев"},
    )
    assert masked("Tokayev met the CSTO.", "Токаев был на встрече ОДКБ.") == ("Tokayev met the CSTO.", {})


def test_an_adjective_and_a_word_without_capital_get_no_placeholder() -> None:
    text = "Kazakh officials left the energy ministry."
    assert masked(text, "Они ушли.") == (text, {})


def test_a_term_that_is_not_translated_is_put_back_as_it_was() -> None:
    glossary = Glossary([Term(("oilGPT",), "en", (), "")])
    assert masked("We use oilGPT.", "Мы.", glossary=glossary) == ("We use QX1.", {"QX1": "oilGPT"})


def test_a_placeholder_that_the_text_has_itself_is_not_used() -> None:
    assert masked("Tokayev flew QX1.", "Он летел.") == ("QX2 flew QX1.", {"QX2": "Токаев"})


@pytest.mark.parametrize(
    ("translation", "restored"),
    [
        ("QX1 приехал.", "Токаев приехал."),
        ("Приехал «QX1».", "Приехал «Токаев»."),
        ("Он приехал.", ""),
        ("QX1 и QX1 приехали.", ""),
        ("QX1-да жаңбыр жауды.", ""),
        ("QX1да жаңбыр жауды.", ""),
        ("QX12 приехал.", ""),
    ],
)
def test_a_name_is_put_in_where_its_placeholder_came_back_once_and_as_a_word(translation: str, restored: str) -> None:
    mask = SHIPPED.mask(Pair("Tokayev came.", "Он.", "en", "ru"))
    assert mask is not None
    assert mask.restored(translation) == restored


@given(st.text(), st.text())
def test_a_mask_of_any_text_gives_the_text_back_where_nothing_is_changed(before: str, behind: str) -> None:
    text = f"{before} Tokayev {behind}"
    glossary = Glossary([Term(("Tokayev",), "en", (), "")])
    if mask := glossary.mask(Pair(text, "", "en", "ru")):
        assert mask.restored(mask.text) == text


def test_a_model_that_is_told_terms_is_told_all_renderings_of_those_in_the_text() -> None:
    assert SHIPPED.pairs("Tokayev was in Aktau.", "en", "ru") == [
        ("Tokayev", "Касым-Жомарт Токаев / Токаев"),
        ("Aktau", "Актау"),
    ]
