"""Russian agreement that the corpus needs: number after numerals, personal names, and the vowels of prepositions.

Common nouns carry their six forms in the lexicon; personal names are declined here, since most are generated.
Rules: Rozental, *Handbook on Spelling and Style*, paragraphs 147-149 (names) and 164 (numerals).
"""

import re
from typing import Literal

Gender = Literal["m", "f"]
CASES = ("nom", "gen", "dat", "acc", "ins", "prep")

_HUSH = "гкхжчшщ"
_VOWELS = "аеёиоуыэюя"


def count_form(number: int, one: str, few: str, many: str) -> str:
    """The noun form that follows `number`: 1 день, 2 дня, 5 дней."""
    if number % 100 in range(11, 15):
        return many
    return {1: one, 2: few, 3: few, 4: few}.get(number % 10, many)


def decline_surname(surname: str, gender: Gender, *, foreign: bool = False) -> tuple[str, ...]:
    """The six forms of a surname given in its own gender's nominative.

    Foreign surnames in -ин, -ов decline as nouns: с Чарли Чаплином, but с Ильиным. Those in -их, -ых never decline.
    """
    if surname.endswith(("их", "ых")) and not foreign:
        return (surname,) * 6
    if gender == "f":
        if not foreign and re.search(r"(ов|ев|ёв|ин|ын)а$", surname):
            return _endings(surname[:-1], "а", "ой", "ой", "у", "ой", "ой")
        if surname.endswith("ая"):
            return _endings(surname[:-2], "ая", "ой", "ой", "ую", "ой", "ой")
        return _decline_a(surname) if surname[-1] in "ая" else (surname,) * 6
    if not foreign and re.search(r"(ов|ев|ёв|ин|ын)$", surname) and len(surname) > 4:
        return _endings(surname, "", "а", "у", "а", "ым", "е")
    if re.search(r"(ск|цк)ий$", surname):
        return _endings(surname[:-2], "ий", "ого", "ому", "ого", "им", "ом")
    return decline_given(surname, "m")


def decline_given(name: str, gender: Gender) -> tuple[str, ...]:
    """The six forms of a given name (or of a surname declined like a noun)."""
    last = name[-1]
    if last in "ая":
        return _decline_a(name)
    if gender == "f":
        return _endings(name[:-1], "ь", "и", "и", "ь", "ью", "и") if last == "ь" else (name,) * 6
    if last == "й":
        prepositional = "и" if name[-2] == "и" else "е"
        return _endings(name[:-1], "й", "я", "ю", "я", "ем", prepositional)
    if last == "ь":
        return _endings(name[:-1], "ь", "я", "ю", "я", "ем", "е")
    if last in _VOWELS:
        return (name,) * 6
    return _endings(name, "", "а", "у", "а", "ем" if last in "жшчщц" else "ом", "е")


def _decline_a(name: str) -> tuple[str, ...]:
    """Names in -а after a vowel do not decline (Дюбуа, Гарсиа); those in -я after one do (Гарсия)."""
    stem, last = name[:-1], name[-1]
    if last == "а" and stem[-1].lower() in _VOWELS:
        return (name,) * 6
    if last == "я":
        if stem[-1:] == "и":
            return _endings(stem, "я", "и", "и", "ю", "ей", "и")
        return _endings(stem, "я", "и", "е", "ю", "ей", "е")
    genitive = "и" if stem[-1] in _HUSH else "ы"
    return _endings(stem, "а", genitive, "е", "у", "ей" if stem[-1] in "жшчщц" else "ой", "е")


def _endings(stem: str, *endings: str) -> tuple[str, ...]:
    return tuple(stem + ending for ending in endings)


def settle_prepositions(text: str) -> str:
    """Resolve `в(о)`, `с(о)`, `к(о)` and `о(б)` by the word that follows: во вторник, со ссылкой, об аварии."""

    def settle(match: re.Match[str]) -> str:
        preposition, spare, following = match["preposition"], match["spare"], match["word"].lower()
        if preposition.lower() == "о":
            long = following[0] in "аоуэи"
        elif preposition.lower() == "в":
            long = bool(re.match(r"[вф][бвгджзйклмнпрстфхцчшщ]|втор|влад|льв", following))
        elif preposition.lower() == "с":
            long = bool(re.match(r"[сзшжщ][бвгджзйклмнпрстфхцчшщ]|вс|втор|льв|мн|щ", following))
        else:
            long = bool(re.match(r"вс|втор|мн|дн", following))
        return f"{preposition}{spare if long else ''} {match['word']}"

    return re.sub(r"\b(?P<preposition>[вскоВСКО])\((?P<spare>[об])\)\s+(?P<word>[«\"]?\w+)", settle, text)
