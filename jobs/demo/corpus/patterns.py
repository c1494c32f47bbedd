"""Sentence patterns: reading them, filling their slots, and framing one statement by another's attribution.

A pattern is a block of four lines in `patterns/*.txt` (identifier, `en`, `ru`, `kk`); `AUTHORING.md` has the notation.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from jobs.demo.corpus import lexicon, names, numbers, russian
from jobs.demo.corpus.lexicon import CorpusError, Filler, written

LANGUAGES = ("en", "ru", "kk")
SLOT = re.compile(r"\{(?P<kind>[a-z_]+)(?P<index>\d?)(?:\.(?P<form>[a-z.]+))?(?:(?P<mark>[~#:])(?P<options>[^{}]*))?\}")
NUMERIC = ("n", "few", "hundreds", "thousands", "pct", "money", "day", "year", "time", "age")
PERSONS = ("person", "leader")
_PAST = {"": ("", "а", "о", "и"), "ся": ("ся", "ась", "ось", "ись"), "ы": ("", "а", "о", "ы")}


@dataclass(frozen=True, slots=True)
class Pattern:
    """One sentence in three languages with slots.

    Attributes:
        name: its identifier, `file-number`.
        texts: language -> text with slots.
        statement: a complete statement that may be attributed, dated or joined with another.
        where: file and line, for messages.
    """

    name: str
    texts: dict[str, str]
    statement: bool
    where: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A filled pattern: the same sentence in the three languages."""

    name: str
    en: str
    ru: str
    kk: str


def parse(text: str, filename: str) -> Iterator[Pattern]:
    """Patterns of one file; raises `CorpusError` at the first block that is not one."""
    stem = filename.removesuffix(".txt")
    lines = text.splitlines()
    start = 0
    while start < len(lines):
        if not lines[start].strip() or lines[start].startswith("#"):
            start += 1
            continue
        where = f"{filename}:{start + 1}"
        header = re.fullmatch(r"(\d+)( s)?", lines[start].strip())
        block = lines[start + 1 : start + 4]
        if not header or [line[:3] for line in block] != ["en ", "ru ", "kk "]:
            raise CorpusError(f"{where}: a pattern is a number (and s), then lines that begin with en, ru and kk")
        texts = {language: line[3:].strip() for language, line in zip(LANGUAGES, block, strict=True)}
        yield Pattern(f"{stem}-{int(header[1]):03d}", texts, bool(header[2]), where)
        start += 4


@lru_cache
def load() -> tuple[Pattern, ...]:
    """All patterns, in the order of files and lines."""
    return tuple(each for file in written("patterns", ".txt") for each in parse(file.read_text("utf-8"), file.name))


def fillers_for(pattern: Pattern, rng: random.Random) -> dict[str, Filler]:
    """A filler for each slot of the three texts; slots of one kind get different fillers."""
    chosen: dict[str, Filler] = {}
    for match in SLOT.finditer(pattern.texts["en"] + pattern.texts["ru"] + pattern.texts["kk"]):
        key = match["kind"] + match["index"]
        if key in chosen:
            continue
        for _ in range(20):
            candidate = draw(match["kind"], rng, pattern.where)
            if candidate not in chosen.values():
                break
        chosen[key] = candidate
    return chosen


def draw(kind: str, rng: random.Random, where: str) -> Filler:
    """One filler of a kind: a number, a generated person, or an entry of the lexicon."""
    if kind in NUMERIC:
        return _numeric(kind, rng)
    if kind == "person":
        return names.generated_filler(rng)
    if kind == "leader":
        return rng.choice(names.leaders())
    try:
        return rng.choice(lexicon.load()[kind])
    except KeyError:
        known = ", ".join(sorted([*lexicon.load(), *NUMERIC, *PERSONS]))
        raise CorpusError(f"{where}: no kind of slot is called {kind!r}; there are {known}") from None


def _numeric(kind: str, rng: random.Random) -> Filler:
    if kind == "pct":
        return _as_filler(numbers.percent(rng))
    if kind == "money":
        return _as_filler(numbers.money(rng))
    if kind == "few":
        number = rng.randint(2, 10)
        return _as_filler(numbers.word(number), number)
    if kind == "time":
        return _as_filler(numbers.time(rng))
    ranges = {"n": (2, 99), "hundreds": (100, 999), "day": (1, 28), "year": (1991, 2026), "age": (18, 90)}
    if kind in ranges:
        number = rng.randint(*ranges[kind])
        if kind == "year":
            text = {"nom": str(number)}
            return _as_filler((text, text, text), number)
    else:
        number = rng.choice((1, 1, 10, 100, 1000)) * rng.randint(1001, 9999) // rng.choice((1, 10, 10))
        number = round(number, -rng.choice((0, 1, 2, 3))) or 1000
    return _as_filler(numbers.whole(number), number)


def _as_filler(forms: tuple[numbers.Forms, numbers.Forms, numbers.Forms], number: int | None = None) -> Filler:
    return Filler(dict(zip(LANGUAGES, forms, strict=True)), number=number)


def fill_text(pattern: Pattern, language: str, chosen: dict[str, Filler], rng: random.Random) -> str:
    """The pattern's text in one language with its slots filled; raises `CorpusError` for a form that is not there."""

    def replace(match: re.Match[str]) -> str:
        filler = chosen[match["kind"] + match["index"]]
        if match["mark"]:
            return _agreement(match, filler, language, pattern.where)
        name = match["form"] or "nom"
        try:
            return filler.form(language, name)
        except KeyError:
            known = ", ".join(filler.forms[language])
            raise CorpusError(
                f"{pattern.where}: {match[0]} has no form {name!r} in {language}; it has {known}"
            ) from None

    text = pattern.texts[language]
    if language == "en":
        text = re.sub(r"\[([^\[\]]*\|[^\[\]]*)\]", lambda match: rng.choice(match[1].split("|")), text)
    text = SLOT.sub(replace, text)
    if language == "en":
        text = re.sub(r"\b([Aa])\(n\) (?=(\w+))", lambda match: f"{match[1]}{'n' if _vowel(match[2]) else ''} ", text)
    if language == "ru":
        text = russian.settle_prepositions(text)
    return text


def _vowel(word: str) -> bool:
    """Whether English says *an* before `word`: an airport, an 80-year-old, an 11-day strike; but a university."""
    return (word[0] in "aeiouAEIO8" and not word.lower().startswith(("uni", "eu"))) or word in ("11", "18")


def _agreement(match: re.Match[str], filler: Filler, language: str, where: str) -> str:
    options = match["options"].split("|")
    if match["mark"] == "#":
        if filler.number is None:
            raise CorpusError(f"{where}: {match[0]} counts, but the slot is no number")
        if language == "ru" and len(options) == 3:
            return russian.count_form(filler.number, *options)
        if language != "ru" and len(options) == 2:
            return options[filler.number != 1]
        raise CorpusError(f"{where}: {match[0]} needs three forms in Russian and two elsewhere")
    if match["mark"] == ":":
        plural = filler.gender == 3 if language == "ru" else filler.plural
        if len(options) != 2:
            raise CorpusError(f"{where}: {match[0]} needs a singular and a plural")
        return options[plural]
    if len(options) == 1 and options[0] in _PAST:
        return _PAST[options[0]][filler.gender]
    if len(options) == 2 and match["kind"] in PERSONS:
        return options[filler.gender]
    if len(options) == 4:
        return options[filler.gender]
    raise CorpusError(
        f"{where}: {match[0]} needs masculine and feminine for a person, else masculine, feminine, neuter, plural"
    )


def fill(pattern: Pattern, rng: random.Random) -> Pair:
    """One filled example of a pattern, beginning with a capital."""
    chosen = fillers_for(pattern, rng)
    return Pair(pattern.name, *(capitalised(fill_text(pattern, language, chosen, rng)) for language in LANGUAGES))


def capitalised(text: str) -> str:
    """`text` with its first letter upper-case, past an opening quote or bracket."""
    for position, letter in enumerate(text):
        if letter.isalpha():
            return text[:position] + letter.upper() + text[position + 1 :]
        if letter.isdigit():
            return text
    return text
