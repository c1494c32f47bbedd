"""Checks that every person and place of a text stands in its translation, and that a name is spelt one way in one article.

A name is found if a word of the translation sounds like it, in any case, or begins as the lexicon has it: CLDR's territories,
`places.tsv` and the shipped glossary. A name that is not found is a warning where the translation has another one that nothing
in the text accounts for, where the lexicon knows it, or where it is the subject of a sentence; else a note, since translators
turn names into adjectives and pronouns. In a headline whose every word has a capital, only the lexicon knows a name.
"""

import csv
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from jobs.records import Flag, Pair, Severity
from jobs.text.inflection import is_name, stems
from jobs.text.names import sounds, unlikeness

_WORD = re.compile(r"[^\W\d_]+(?:\.[^\W\d_]+)*(?:['’][^\W\d_]+)*")
_CAPITALS = re.compile(r"\b(?=[A-ZÀ-ÖØ-ÞĞİŁŞŚŻА-ЯЁІЇӘҒҚҢӨҰҮҺ])" + _WORD.pattern)
_POSSESSIVE = re.compile(r"['’](?:s|d|m|ll|re|ve)?$")  # and what is left of a verb, as in We've
_OPENING = re.compile(r"(?:^|(?<!\b[A-Z])(?<!\b[DMS][rst])(?<!\bMrs)[.!?…:;]\s|[\n\"“«(\[])[\"'“‘„«(\[\s—–-]*$")
# Verbs of news; between them and the beginning of a sentence a single word is nearly always a name.
_SUBJECT = re.compile(
    r",? (?:said|says|told|has|had|was|is|who|confirmed|added|won|lost|wrote|took|began|became|followed|noted|argues|argued)\b"
)
_LOOK_BACK = 8  # characters before a word that tell whether a sentence opens with it
# Endings of English words that are no names; Ahmed and Saeed are.
_NO_NAME = re.compile("(?:ing|ese|[^me]ed|[ts]ion|ment|ness|ity|ism|ology|ical|ous|ful|less|able|ible|n't)s?$")
_ROMAN = re.compile("[IVXLCІХ]+")
_LOWER = 0.4  # tolerance for a word without a capital, as in «берлинский»
_SOUND = 3  # classes of a name that may be spelt otherwise in the text
_ALIKE = 0.3  # tolerance for it
_BEGINNING = 5  # letters that a name shares with a word that is made of it
_PEOPLE = 3  # letters that a country shares with its people: Spain, Spanish
_FOLLOWED = re.compile(r"\s+" + _CAPITALS.pattern)
_LONG = 4  # classes that a name must have to be looked for among such words
# What Russian adjectives of countries and regions may begin with: новозеландский, южнокорейский.
_COMPOUND = re.compile(r"(?:ново|северо|южно|западно|восточно|центрально|латино)-?(?=[^\W\d_]{3})")
_SPELT = 4  # letters of a word that may be a spelling of a name; Они and Он are none
_HEADLINE = 5  # words of which all but a few have a capital where every word of a headline has one
_SOFT_ENDING = re.compile("(?:[аяыиоеуюйь]|ия|ские|ский)$")


class _Word(NamedTuple):
    """A word with a capital.

    Attributes:
        opening: a sentence or a quotation opens with it.
        subject: a verb follows, as hardly ever after an ordinary word without an article.
        end: offset behind it; a possessive ending stands there.
    """

    text: str
    lower: str
    opening: bool
    subject: bool
    end: int


def check_names(pair: Pair) -> list[Flag]:
    """Names of persons and places that the translation does not have."""
    source = _capitals(pair.text)
    names = {word.lower: word for word in source if _is_name(word, pair.source)}
    if names and _is_headline(pair.text):
        names = {lower: word for lower, word in names.items() if _beginnings(lower, pair.source, pair.target)}
    if not names:
        return []
    target = _capitals(pair.translation)
    missed = _missed(list(names.values()), target, pair)
    if not missed:
        return []
    told = ", ".join(word.text for word in missed)
    if strange := _strange(source, target, pair):
        return [Flag("names", Severity.WARNING, "", f"{told}: not found; {', '.join(strange)}: not in the text")]
    certain = any(word.subject or _beginnings(word.lower, pair.source, pair.target) for word in missed)
    return [Flag("names", Severity.WARNING if certain else Severity.NOTE, "", f"{told}: not found")]


def check_spellings(pairs: Sequence[Pair]) -> list[Flag]:
    """Names that the translations of one article spell in more than one way; endings do not count.

    Args:
        pairs: the texts of one article with their translations, all between the same two languages.
    """
    spellings: dict[str, list[str]] = {}
    for pair in pairs:
        capitals = (word for word in _capitals(pair.text) if not word.text.isupper())
        names = {word.lower: word for word in capitals if _is_name(word, pair.source)}
        words = [word for word in _capitals(pair.translation) if len(word.text) >= _SPELT]
        for name, word in _likeliest(list(names.values()), words, pair.source).items():
            spellings.setdefault(name, []).append(word)
    flags = []
    for name, forms in spellings.items():
        different = _different(forms, pairs[0].target, _beginnings(name.lower(), pairs[0].source, pairs[0].target))
        if len(different) > 1:
            flags.append(Flag("spelling", Severity.WARNING, "article", f"{name}: {', '.join(different)}"))
    return flags


def added_names(pair: Pair) -> list[str]:
    """Names of a summary that no word of its text accounts for; both are in one language.

    A word of the text counts that shares a stem with the name, goes on where it ends, or has a capital and sounds like it;
    in small letters too, since some texts are in small letters throughout.
    """
    summary = pair.translation
    names = [word for word in _capitals(summary) if _names_something(word, summary, pair.target)]
    if not names:
        return []
    known = _Known(pair.text, pair.source)
    return list(dict.fromkeys(word.text for word in names if word not in known))


class _Known:
    """What a text has for the names of its summary to be found in."""

    def __init__(self, text: str, language: str) -> None:
        words = [_POSSESSIVE.sub("", word).replace(".", "") for word in _WORD.findall(text.lower())]
        self.language = language
        capitals = _capitals(text)
        self.words = frozenset((*words, *(word.lower.replace(".", "") for word in capitals)))
        self.stems = frozenset(stem for word in self.words for stem in stems(word, language))
        self.sounds = frozenset(sounds(word.text) for word in capitals)
        self.initials = "".join(word[:1] for word in words)

    def __contains__(self, name: _Word) -> bool:
        lower = name.lower.replace(".", "")
        own = stems(lower, self.language)
        return bool(own & self.stems) or lower in self.initials or self._derives(lower, own) or self._hears(name)

    def _derives(self, name: str, own: frozenset[str]) -> bool:
        """Whether a word of the text is made of the name or the other way round: Iran, Iranian; Spain, Spanish."""
        place = name.startswith(_places(self.language))
        if place and any(word[:_PEOPLE] == name[:_PEOPLE] for word in self.words & _peoples()):
            return True
        least = _BEGINNING - place
        beginnings = tuple(stem for stem in own if len(stem) >= least)
        return any(word.startswith(beginnings) or (len(word) >= least and name.startswith(word)) for word in self.words)

    def _hears(self, name: _Word) -> bool:
        """Whether the text has the name in another spelling or script."""
        sound = sounds(name.text)
        return len(sound) >= _SOUND and any(_unlike(sound, other, self.language) <= _ALIKE for other in self.sounds)


def _names_something(word: _Word, summary: str, language: str) -> bool:
    """Whether a word of a summary is a name: any within a sentence; before a name or a verb where it opens one."""
    if word.text.isupper():
        return _is_acronym(word, summary)
    address = "." in word.text
    if len(word.text) < 2 or address or _is_ordinary(word._replace(opening=False), language):
        return False
    return not word.opening or _opens_with_name(word, summary, language)


def _opens_with_name(word: _Word, summary: str, language: str) -> bool:
    """Whether a sentence opens with a name, which must show in another way than by a capital."""
    if language == "en":
        return word.subject or _FOLLOWED.match(summary, word.end) is not None
    if language == "ru":
        return is_name(word.text) is not False
    # Most names are the same in Kazakh and Russian; short stems may be other words.
    known = any(is_name(stem) for stem in stems(word.text, language) if len(stem) >= _BEGINNING)
    return known or word.lower.startswith(_places(language))


def _is_acronym(word: _Word, text: str) -> bool:
    """Whether a word in capitals stands alone: several in a row, or one before a colon, is a line that shouts."""
    letters = word.text.replace(".", "")
    if not 2 < len(letters) < 7 or word.lower in _ordinary() or _ROMAN.fullmatch(letters):
        return False
    around = text[: word.end - len(word.text)].split()[-1:] + text[word.end :].split()[:1]
    return not any(len(other) > 1 and other.isupper() for other in around) and not text[word.end :].lstrip().startswith(
        ":"
    )


def _different(forms: Sequence[str], language: str, beginnings: tuple[str, ...]) -> list[str]:
    """One form of each spelling; what the lexicon has for a name is one, and a copy of such a name is part of another."""
    kept: list[str] = []
    known = False
    for form in forms:
        if beginnings and form.lower().startswith(beginnings):
            same, known = known, True
        else:
            same = any(stems(form, language) & stems(other, language) for other in kept)
        if not same and not (beginnings and form.isascii()):
            kept.append(form)
    return kept


@lru_cache(maxsize=1024)  # a sentence is read again for each of its hypotheses
def _capitals(text: str) -> tuple[_Word, ...]:
    """The words with a capital, in order and without a possessive."""
    found = []
    for match in _CAPITALS.finditer(text):
        word = _POSSESSIVE.sub("", match[0])
        opening = _OPENING.search(text[max(0, match.start() - _LOOK_BACK) : match.start()]) is not None
        found.append(
            _Word(word, word.lower(), opening, _SUBJECT.match(text, match.end()) is not None, match.start() + len(word))
        )
    return tuple(found)


def _is_headline(text: str) -> bool:
    """Whether nearly every word has a capital, as in English headlines, so that a capital tells nothing."""
    words = [word for word in _WORD.findall(text) if len(word) > 3]
    return len(words) >= _HEADLINE and sum(word[0].islower() for word in words) <= len(words) / 5


def _is_name(word: _Word, language: str) -> bool:
    """Whether a word of the source is to be looked for: it is neither ordinary nor an acronym."""
    if word.text.isupper():
        return language == "en" and word.lower in _lexicon()
    return len(word.text) > 1 and not _is_ordinary(word, language) and not (word.opening and word.lower.endswith("ly"))


def _is_ordinary(word: _Word, language: str) -> bool:
    """Whether a word with a capital is translated rather than transliterated; Russian and Kazakh have fewer of them."""
    if language != "en":
        return word.opening or word.lower.startswith(_no_names(language))
    lower, singular = word.lower, word.lower.removesuffix("s")
    return lower in _ordinary() or singular in _ordinary() or lower in _peoples() or bool(_NO_NAME.search(lower))


def _missed(names: Sequence[_Word], target: Sequence[_Word], pair: Pair) -> list[_Word]:
    """Names that no word of the translation stands for."""
    every = _WORD.findall(pair.translation.lower())
    every += [_COMPOUND.sub("", word, count=1) for word in every if _COMPOUND.match(word)]
    missed, by_sound = [], []
    for name in names:
        beginnings = _beginnings(name.lower, pair.source, pair.target)
        if not beginnings:
            by_sound.append(name)
        elif not any(word.startswith(beginnings) for word in every) and not _same_sound(name, target, pair.source):
            missed.append(name)
    found = _likeliest(by_sound, target, pair.source)
    left = (name for name in by_sound if name.text not in found)
    return missed + [name for name in left if not _in_small_letters(name, every, pair.source)]


def _same_sound(name: _Word, target: Sequence[_Word], source: str) -> bool:
    """Whether a name that the lexicon knows is copied, or transliterated: Japan Airlines, Нью-Ингленд Пэтриотс."""
    sound = sounds(name.text)
    return any(
        word.lower == name.lower or (len(sound) >= _LONG - 1 and _unlike(sound, sounds(word.text), source) <= _LOWER)
        for word in target
    )


def _likeliest(names: Sequence[_Word], target: Sequence[_Word], source: str) -> dict[str, str]:
    """Name -> the word of the translation that stands for it; the pairs most alike are taken first."""
    heard = [(word.lower, sounds(word.text)) for word in target]
    likely = sorted(
        (unlike, number, place)
        for number, name in enumerate(names)
        for place, (word, sound) in enumerate(heard)
        if (unlike := 0.0 if word == name.lower else _unlike(sounds(name.text), sound, source)) <= 1
    )
    found: dict[str, str] = {}
    taken: set[int] = set()
    for _, number, place in likely:
        if place not in taken and names[number].text not in found:
            found[names[number].text] = target[place].text
            taken.add(place)
    return found


def _unlike(name: str, other: str, source: str) -> float:
    """Unlikeness; a Russian or Kazakh name may have an ending that the other one lacks."""
    forwards = unlikeness(name, other)
    return forwards if source == "en" or len(name) <= len(other) else min(forwards, unlikeness(other, name))


def _in_small_letters(name: _Word, every: Sequence[str], source: str) -> bool:
    """Whether an adjective or a common noun was made of the name."""
    sound = sounds(name.text)
    return len(sound) >= _LONG and any(_unlike(sound, sounds(word), source) <= _LOWER for word in every)


def _strange(source: Sequence[_Word], target: Sequence[_Word], pair: Pair) -> list[str]:
    """Names of the translation that no word of the source accounts for."""
    expected = tuple(item for word in source for item in _beginnings(word.lower, pair.source, pair.target))
    heard = [
        sounds(word.text)
        for word in source
        if pair.source != "en" or word.lower in _peoples() or not _is_ordinary(word, pair.source)
    ]
    given = {word.lower for word in source}
    return [
        word.text
        for word in target
        if len(word.text) > 2
        and word.lower not in given
        and (not word.opening or word.lower.startswith(_places(pair.target)))
        and not word.lower.startswith(expected)
        and not (_is_ordinary(word._replace(opening=False), pair.target))
        and not _ROMAN.fullmatch(word.text)
        and not any(_unlike(sound, sounds(word.text), pair.source) <= 1 for sound in heard)
    ]


@lru_cache(1 << 14)
def _beginnings(word: str, source: str, target: str) -> tuple[str, ...]:
    """What words of the target begin with that stand for a word of the source which the lexicon knows; else nothing."""
    if source == "en":
        return _lexicon().get(word, {}).get(target, ())
    entries = (entry for entry in _lexicon().values() if word.startswith(entry.get(source, ())))
    return tuple(item for entry in entries for item in entry.get(target, ()))


@cache
def _places(language: str) -> tuple[str, ...]:
    return tuple(item for entry in _lexicon().values() for item in entry.get(language, ()) if len(item) > 3)


@cache
def _no_names(language: str) -> tuple[str, ...]:
    rows = [line.split("\t") for line in _lines("capitals.tsv")]
    return tuple(word for code, words in rows for word in words.split() if code == language)


@cache
def _ordinary() -> frozenset[str]:
    return frozenset(word for line in _lines("ordinary.txt") for word in line.split())


@cache
def _peoples() -> frozenset[str]:
    return frozenset(word for line in _lines("nationalities.txt") for word in line.split())


@cache
def _lexicon() -> dict[str, dict[str, tuple[str, ...]]]:
    """English name in small letters -> target language -> what its words begin with."""
    found = _territories() | _kazakhstan()
    for line in _lines("places.tsv"):
        english, russian, kazakh = line.split("\t")
        found[english] = {"en": (english,), "ru": tuple(russian.split("|")), "kk": tuple(kazakh.split("|"))}
    return found


def _territories() -> dict[str, dict[str, tuple[str, ...]]]:
    """CLDR's names of countries, word by word, without the last letters that change by case."""
    from babel import Locale

    names = {language: Locale(language).territories for language in ("en", "ru", "kk")}
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for code, english in names["en"].items():
        if len(code) != 2:
            continue
        for word in re.findall(r"[^\W\d_]{4,}", english.lower()):
            if word in _ordinary():
                continue
            entry = found.setdefault(word, {"en": (word,)})
            for language in ("ru", "kk"):
                ends = re.findall(r"[^\W\d_]{4,}", names[language].get(code, "").lower())
                entry[language] = (*entry.get(language, ()), *(re.sub("и?[аяыиоеуюйь]$", "", item) for item in ends))
    return found


def _kazakhstan() -> dict[str, dict[str, tuple[str, ...]]]:
    """The shipped glossary's names of one word: Oral, Уральск; Oskemen, Усть-Каменогорск."""
    text = files("jobs.text").joinpath("kazakhstan.tsv").read_text(encoding="utf-8")
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        words = {language: _words_alone(row[language]) for language in ("en", "ru", "kk")}
        if all(words.values()):
            found |= {name: words for name in words["en"] if name not in _ordinary()}
    return found


def _words_alone(cell: str) -> tuple[str, ...]:
    """The spellings of one word, in small letters and without a last vowel."""
    spellings = (spelling.lower() for spelling in cell.split("|") if _WORD.fullmatch(spelling))
    return tuple(re.sub("[аяыиоеуюйь]$", "", spelling) for spelling in spellings)


def _lines(name: str) -> list[str]:
    text = files("jobs.trust").joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
