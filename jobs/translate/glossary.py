"""Terms and names that have one right rendering: looked for in a text, and in any of their forms in its translation."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import count
from pathlib import Path

from jobs.config import Glossary as Settings
from jobs.records import Flag, Pair, Severity, TermUse
from jobs.text.inflection import russian, stems, whole
from jobs.translate.termbase import WORD, Term, read, shipped

_PLACEHOLDER = "QX"
# What makes an adjective or a people of a name, or, in Kazakh, says that it is missing.
_DERIVED = {"ru": "(?:(?:ин|ов|ев|ан|н|й)?ск|е?ц)", "en": "(?:i|n|an|ian)s?$", "kk": "с[ыі]з"}
_CYRILLIC = re.compile("[\u0400-\u04ff]+")


class Glossary:
    """Terms, ready to be looked for.

    Args:
        terms: an earlier one counts where two have the same spelling.
    """

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = terms
        self._indexes: dict[tuple[str, str], _Index] = {}

    def pairs(self, text: str, source: str, target: str) -> list[tuple[str, str]]:
        """The terms of a text, as they are spelled there, with all their renderings."""
        found = {id(term): (text[start:end], term) for start, end, term in self._index(source, target).places(text)}
        return [(spelled, " / ".join(term.required)) for spelled, term in found.values()]

    def mask(self, pair: Pair) -> "Masked | None":
        """The text with a placeholder for each name that its translation lacks, or None where it lacks none.

        Names are terms with a capital and those that are not translated; other terms change their form too much.
        """
        words = _Words(pair.translation, pair.target)
        text, stand_for = pair.text, {}
        numbers = (number for number in count(1) if f"{_PLACEHOLDER}{number}" not in pair.text)
        for start, end, term in reversed(list(self._index(pair.source, pair.target).places(pair.text))):
            rendering = term.rendering_of(text[start:end])
            if rendering and not any(map(words.have, term.required)):
                placeholder = f"{_PLACEHOLDER}{next(numbers)}"
                stand_for[placeholder] = rendering
                text = text[:start] + placeholder + text[end:]
        return Masked(text, stand_for) if stand_for else None

    def check(self, text: str, translation: str, source: str, target: str) -> tuple[list[TermUse], list[Flag]]:
        """The terms of a text with whether the translation has them, and a flag for each that it lacks."""
        found = self._index(source, target).find(text)
        if not found:
            return [], []
        words = _Words(translation, target)
        uses = [TermUse(term.source[0], term.required[0], any(map(words.have, term.required))) for term in found]
        flags = [
            Flag("glossary", Severity.WARNING, "", f"{use.term}: {use.rendering} is missing")
            for use in uses
            if not use.kept
        ]
        return uses, flags

    def _index(self, source: str, target: str) -> "_Index":
        if (source, target) not in self._indexes:
            terms = [
                item for item in self.terms if item.source_language in ("", source) and item.language in ("", target)
            ]
            self._indexes[source, target] = _Index(terms, source)
        return self._indexes[source, target]


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with placeholders, which models copy as they copy the numbers of flights, and what they stand for."""

    text: str
    stand_for: Mapping[str, str]

    def restored(self, translation: str) -> str:
        """The translation with the renderings put in; empty where a placeholder does not stand there once, as a word."""
        for placeholder, rendering in self.stand_for.items():
            everywhere, alone = rf"{placeholder}(?!\d)", rf"(?<![\w-]){placeholder}(?!\w|[-’']\w)"
            if not len(re.findall(everywhere, translation)) == len(re.findall(alone, translation)) == 1:
                return ""
            translation = re.sub(alone, rendering.replace("\\", r"\\"), translation)
        return translation


class _Index:
    """The terms of one direction, by how the first word of each spelling is looked up."""

    def __init__(self, terms: Sequence[Term], language: str) -> None:
        self.language = language
        self.spellings: dict[str, list[tuple[list[str], Term]]] = {}
        for first_spelling in (True, False):  # a term whose main spelling it is comes before one that has it as another
            for term in terms:
                for spelling in term.source[:1] if first_spelling else term.source[1:]:
                    words = WORD.findall(spelling)
                    for key in _term_keys(words[0], language):
                        self.spellings.setdefault(key, []).append((words, term))
        for entries in self.spellings.values():
            entries.sort(key=lambda entry: -len(entry[0]))
        self.find = lru_cache(maxsize=1024)(self._find)  # a sentence is looked at again for each of its hypotheses

    def _find(self, text: str) -> list[Term]:
        """Each term of the text once, in order."""
        return list({id(term): term for _, _, term in self.places(text)}.values())

    def places(self, text: str) -> Iterator[tuple[int, int, Term]]:
        """Where each term of the text begins and ends; of two that begin at one word the longer counts."""
        spans = [match.span() for match in WORD.finditer(text)]
        words = [text[start:end] for start, end in spans]
        place = 0
        while place < len(words):
            length, term = self._at(words, place)
            if term:
                yield spans[place][0], spans[place + length - 1][1], term
            place += length

    def _at(self, words: Sequence[str], place: int) -> tuple[int, Term | None]:
        for key in _keys(words[place], self.language):
            for spelling, term in self.spellings.get(key, ()):
                there = words[place : place + len(spelling)]
                if (
                    len(there) == len(spelling)
                    and _written(spelling, there, term.case_sensitive)
                    and all(_same(*pair, self.language) for pair in zip(spelling[1:], there[1:], strict=True))
                ):
                    return len(spelling), term
        return 1, None


def _written(spelling: Sequence[str], there: Sequence[str], case_sensitive: bool) -> bool:
    """Whether the words have the capitals of the term; an ending behind an acronym may be small."""
    return not case_sensitive or all(
        word.startswith(term) if len(term) > 1 and term.isupper() else word[0].isupper() or not term[0].isupper()
        for term, word in zip(spelling, there, strict=True)
    )


class _Words:
    """The words of a translation, to be searched for terms in any of their forms."""

    def __init__(self, text: str, language: str) -> None:
        self.text = text
        self.language = language
        self.words = WORD.findall(text)

    @cached_property
    def keys(self) -> list[frozenset[str]]:
        """What each word is looked up by; also without its ending, for Russian names that no dictionary has."""
        return [_keys(word, self.language) | stems(word, self.language) for word in self.words]

    def have(self, rendering: str) -> bool:
        """Whether the words of a rendering stand together, each in any of its forms."""
        if re.search(rf"(?<!\w){re.escape(rendering)}(?!\w)", self.text) or self._have_acronym(rendering):
            return True
        wanted = [_term_keys(word, self.language) for word in WORD.findall(rendering)]
        if self.language == "ru":
            wanted = [keys | stems(word, "ru") for keys, word in zip(wanted, WORD.findall(rendering), strict=True)]
        last = len(self.keys) - len(wanted)
        if any(all(a & b for a, b in zip(wanted, self.keys[start:], strict=False)) for start in range(last + 1)):
            return True
        return len(wanted) == 1 and self._have_derived(rendering)

    def _have_acronym(self, rendering: str) -> bool:
        """Whether an acronym stands there with an ending in small letters: МИД, МИДом."""
        endings = (word.removeprefix(rendering) for word in self.words if word.startswith(rendering))
        return rendering.isupper() and any(ending.islower() for ending in endings)

    def _have_derived(self, name: str) -> bool:
        """Whether a word was made of a name: Павлодар, павлодарский; Казахстан, казахстанцы; Kazakhstan, Kazakhstani."""
        of = stems(name, "ru") if self.language == "ru" else {name.lower()}
        of = {stem for stem in of if len(stem) > 2} or of  # two letters begin too many words
        made = re.compile(f"(?:{'|'.join(map(re.escape, of))}){_DERIVED[self.language]}")
        return any(made.match(word.lower().replace("ё", "е")) for word in self.words)


def _same(term: str, word: str, language: str) -> bool:
    return bool(_term_keys(term, language) & _keys(word, language))


def _term_keys(word: str, language: str) -> frozenset[str]:
    """What a word of a term is looked up by; a Kazakh one whole, since what looks like an ending may be part of the name."""
    return frozenset({whole(word)}) if language == "kk" else _keys(word, language)


@lru_cache(1 << 16)
def _keys(word: str, language: str) -> frozenset[str]:
    """Lemmas of a Russian word, stems of a Kazakh one, and an English word with and without the s of the plural."""
    lower = word.lower()
    # The dictionary has Cyrillic words alone, and fails at letters that Unicode has no name for.
    if language == "ru" and _CYRILLIC.fullmatch(lower):
        return frozenset(parse.normal_form.replace("ё", "е") for parse in russian().parse(lower))
    if language == "kk":
        return stems(lower, "kk")
    return frozenset({lower, lower.removesuffix("s")})


def load(settings: Settings) -> Glossary:
    """The user's glossary before the one that is shipped; a file that cannot be read is a `ConfigError`."""
    terms = read(Path(settings.path)) if settings.path else []
    return Glossary([*terms, *shipped()] if settings.kazakhstan else terms)
