"""Personal names: generated from the parts that Kazakh, Russian and other names are built of.

Kazakh names are spelt in Kazakh and carried to Russian and English by the practical rules (Тоқаев, Токаев, Tokayev);
Russian and other names are the same in Russian and Kazakh spelling.
"""

import random
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from jobs.demo.corpus import kazakh, russian
from jobs.demo.corpus.lexicon import CorpusError, Filler, held_out

_TO_RUSSIAN = str.maketrans(dict(zip("әғқңөұүһіӘҒҚҢӨҰҮҺІ", "агкноуухиАГКНОУУХИ", strict=True)))
_LATIN = (
    *("a", "b", "v", "g", "d", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f"),
    *("kh", "ts", "ch", "sh", "shch", "", "y", "", "e", "yu", "ya"),
)
_TO_LATIN = dict(zip("абвгдежзийклмнопрстуфхцчшщъыьэюя", _LATIN, strict=True))
_VOWELS = "аеёиоуыэюя"
INVENTED = (
    0.5  # of the whole Kazakh and Russian names in training: the lists are short, and their names are learnt by heart
)


def kazakh_to_russian(name: str) -> str:
    """The Russian spelling of a Kazakh name: Әлихан -> Алихан, Тоқаев -> Токаев."""
    return name.translate(_TO_RUSSIAN)


def russian_to_latin(name: str) -> str:
    """The English spelling of a Russian one: Токаев -> Tokayev, Жумабай -> Zhumabay, Зеленский -> Zelensky."""
    lower = re.sub("(?<=[жчшщ])ё", "о", name.lower()).replace("ё", "йо")
    if lower.endswith(("ский", "цкий")):
        lower = lower[:-2] + "ы"
    letters = []
    for position, letter in enumerate(lower):
        before = lower[position - 1] if position else ""
        if letter == "е" and (before in _VOWELS or before == "ь" or not before):
            letters.append("ye")
        elif letter == "й" and before in "ыи":
            continue
        else:
            letters.append(_TO_LATIN.get(letter, letter))
    return "".join(letters).capitalize()


@dataclass(frozen=True, slots=True)
class Name:
    """A given name and a surname in the three spellings."""

    given: tuple[str, str, str]
    surname: tuple[str, str, str]
    gender: russian.Gender
    foreign: bool = False


@lru_cache
def parts() -> dict[str, tuple[tuple[str, ...], ...]]:
    """The building blocks by group, from `names.tsv`: `group <tab> cells...`."""
    groups: dict[str, list[tuple[str, ...]]] = {}
    text = files("jobs.demo.corpus").joinpath("names.tsv").read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        group, *cells = line.split("\t")
        if not cells:
            raise CorpusError(f"names.tsv:{number}: a group and at least one cell are needed")
        groups.setdefault(group, []).append(tuple(cells))
    return {group: tuple(rows) for group, rows in groups.items()}


def _local(kazakh_name: str) -> tuple[str, str, str]:
    """English, Russian and Kazakh spelling of a Kazakh name."""
    spelt_in_russian = kazakh_to_russian(kazakh_name)
    return russian_to_latin(spelt_in_russian), spelt_in_russian, kazakh_name


def _slavic(name: str) -> tuple[str, str, str]:
    return russian_to_latin(name), name, name


def _feminine(surname: str) -> str:
    if surname.endswith(("ский", "цкий")):
        return surname[:-2] + "ая"
    return surname + "а" if surname.endswith(("ов", "ев", "ёв", "ин")) else surname


@lru_cache
def _letters(group: str) -> dict[str, str]:
    """Which letters follow two others in the names of a group that are not held out; `^` begins a name, `$` ends it."""
    found: dict[str, str] = defaultdict(str)
    for name, *_ in parts()[group]:
        if not held_out(name):
            marked = f"^^{name.lower()}$"
            for position in range(len(marked) - 2):
                found[marked[position : position + 2]] += marked[position + 2]
    return found


def invent(group: str, rng: random.Random) -> str:
    """A name of four to ten letters that sounds like those of a group and is none of them.

    Each letter is drawn from those that follow the last two in the names of the group.
    """
    follow, listed = _letters(group), {cells[0] for cells in parts()[group]}
    while True:
        made = "^^"
        while made[-1] != "$":
            made += rng.choice(follow[made[-2:]])
        name = made[2:-1].capitalize()
        if 4 <= len(name) <= 10 and name not in listed:
            return name


def _one(group: str, rng: random.Random, invented: float) -> str:
    return invent(group, rng) if invented and rng.random() < invented else rng.choice(parts()[group])[0]


def generate(rng: random.Random, invented: float = 0.0) -> Name:
    """A name: mostly Kazakh, some Russian, some from further away.

    Args:
        rng: decides.
        invented: share of whole Kazakh and Russian names that are made of letters (`invent`) and not taken from the lists.
    """
    gender: russian.Gender = "f" if rng.random() < 0.3 else "m"
    origin = rng.random()
    if origin < 0.6:
        given, surname = kazakh_given(rng, gender, invented), kazakh_surname(rng, gender, invented)
        return Name(_local(given), _local(surname), gender)
    if origin < 0.8:
        surname = _one("slavic_surname", rng, invented)
        given = _one(f"slavic_{gender}", rng, invented)
        return Name(_slavic(given), _slavic(_feminine(surname) if gender == "f" else surname), gender)
    given_cells = rng.choice(parts()[f"western_{gender}"])
    surname_cells = rng.choice(parts()["western_surname"])
    english, in_russian, in_kazakh = _foreign(surname_cells)
    if gender == "f" and in_russian.endswith(("ский", "цкий")):
        in_russian, in_kazakh = _feminine(in_russian), _feminine(in_kazakh)
    return Name(_foreign(given_cells), (english, in_russian, in_kazakh), gender, foreign=True)


def _foreign(cells: tuple[str, ...]) -> tuple[str, str, str]:
    return cells[0], cells[1], cells[2] if len(cells) > 2 else cells[1]


def _joined(first: str, second: str) -> str:
    """Two parts of a Kazakh compound name; doubled letters at the seam merge."""
    return first + (second[1:] if first[-1] == second[0] else second)


def kazakh_given(rng: random.Random, gender: russian.Gender, invented: float = 0.0) -> str:
    """A given name in Kazakh spelling, whole or compounded of two parts."""
    if rng.random() < 0.4:
        return _one(f"kazakh_{gender}", rng, invented)
    return _joined(rng.choice(parts()["kazakh_first"])[0], rng.choice(parts()[f"kazakh_second_{gender}"])[0])


def kazakh_surname(rng: random.Random, gender: russian.Gender, invented: float = 0.0) -> str:
    """A surname in Kazakh spelling, from a given name: -ов/-ев, -ұлы/-қызы, or the bare name."""
    base = kazakh_given(rng, "m", invented)
    ending = rng.random()
    if ending < 0.15:
        return base
    if ending < 0.22:
        return base + ("қызы" if gender == "f" else "ұлы")
    if base[-1] in "ыіи":
        stem = base[:-1] + "иев"
    elif base[-1] in "аәе":
        stem = base + "ев"
    elif base[-1] == "й":
        stem = base[:-1] + "ев"
    else:
        stem = base + ("ов" if kazakh.is_back(base) else "ев")
    return stem + ("а" if gender == "f" else "")


def filler(name: Name) -> Filler:
    """A name with its cases in both languages, whole (`nom`, `gen` ...) and by surname (`last`, `last.gen` ...)."""
    given = russian.decline_given(name.given[1], name.gender)
    surname = russian.decline_surname(name.surname[1], name.gender, foreign=name.foreign)
    english, kazakh_surname_form = name.surname[0], name.surname[2]
    cases = {case: f"{first} {last}" for case, first, last in zip(russian.CASES, given, surname, strict=True)}
    cases |= {f"last.{case}": last for case, last in zip(russian.CASES, surname, strict=True)}
    whole = f"{name.given[2]} {kazakh_surname_form}"
    turkic = {case: kazakh.decline(whole, case) for case in kazakh.CASES}
    turkic |= {f"last.{case}": kazakh.decline(kazakh_surname_form, case) for case in kazakh.CASES}
    return Filler(
        {
            "en": {"nom": f"{name.given[0]} {english}", "last": english},
            "ru": cases | {"last": surname[0]},
            "kk": turkic | {"last": kazakh_surname_form},
        },
        gender=1 if name.gender == "f" else 0,
    )


def generated_filler(rng: random.Random) -> Filler:
    """A generated person, none of whose names is held out."""
    while True:
        name = generate(rng, INVENTED)
        if not held_out(name.given[2]) and not held_out(name.surname[2]):
            return filler(name)


@lru_cache
def leaders() -> tuple[Filler, ...]:
    """Public figures of the region and the world, from `leaders.tsv`: English, Russian, Kazakh name and gender."""
    text = files("jobs.demo.corpus").joinpath("leaders.tsv").read_text(encoding="utf-8")
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != 4 or cells[3] not in ("m", "f"):
            raise CorpusError(f"leaders.tsv:{number}: a leader is English, Russian, Kazakh name and m or f")
        given, surname = zip(*(cell.rsplit(" ", 1) for cell in cells[:3]), strict=True)
        found.append(filler(Name(given, surname, "f" if cells[3] == "f" else "m")))
    return tuple(found)
