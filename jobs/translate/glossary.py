"""Terms and names that have one right rendering: read from a file, looked for in a text, and looked for in its translation.

Tables (TSV, CSV) have a header. Either one row is one rendering, with the columns `source`, `language`, `rendering` and
perhaps `source_language` (en where there is none); or one row is one term in several languages, with a column named by each
(`en`, `ru`, `kk`). `note`, `do_not_translate` and `case_sensitive` may stand in both. In every cell `|` parts spellings: any
of them is found, and any of them will do. TBX (ISO 30042, version 2 or 3) has one concept with its terms by language.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from itertools import count, permutations
from pathlib import Path
from typing import Any

from jobs.config import LANGUAGES, ConfigError
from jobs.config import Glossary as Settings
from jobs.records import Flag, Pair, Severity, TermUse
from jobs.text.inflection import russian, stems, whole

SHIPPED = "kazakhstan.tsv"
_COLUMNS = (
    "source",
    "source_language",
    "language",
    "rendering",
    *LANGUAGES,
    "note",
    "do_not_translate",
    "case_sensitive",
)
_MARKS = ("do_not_translate", "case_sensitive")
_YES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}
_WORD = re.compile(r"[^\W_]+(?:\.[^\W_]+)*")
_PLACEHOLDER = "QX"
_CYRILLIC = re.compile("[\u0400-\u04ff]+")


@dataclass(frozen=True, slots=True)
class Term:
    """One term in one direction.

    Attributes:
        source: its spellings in `source_language`; an empty language is any.
        renderings: what it may be in `language`, the preferred one first; empty for a term that is not translated.
    """

    source: tuple[str, ...]
    source_language: str
    renderings: tuple[str, ...]
    language: str
    note: str = ""
    case_sensitive: bool = False

    @property
    def required(self) -> tuple[str, ...]:
        """What the translation has to have, any one of it."""
        return self.renderings or self.source

    def rendering_of(self, spelling: str) -> str:
        """What may stand in for a name, as long as its spelling; empty where that is not certain.

        `Tokayev` is part of `Kassym-Jomart Tokayev`, and an acronym is whole; but an adjective is not the noun of its term.
        """
        if not self.renderings:
            return spelling
        words = _WORD.findall(spelling)
        part = set(words) <= set(_WORD.findall(self.source[0])) or spelling.isupper()
        if not part or not spelling[0].isupper():
            return ""
        as_long = (item for item in self.renderings if len(_WORD.findall(item)) == len(words))
        return next(as_long, self.renderings[0])


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
                    words = _WORD.findall(spelling)
                    for key in _term_keys(words[0], language):
                        self.spellings.setdefault(key, []).append((words, term))
        for entries in self.spellings.values():
            entries.sort(key=lambda entry: -len(entry[0]))

    def find(self, text: str) -> list[Term]:
        """Each term of the text once, in order."""
        return list({id(term): term for _, _, term in self.places(text)}.values())

    def places(self, text: str) -> Iterator[tuple[int, int, Term]]:
        """Where each term of the text begins and ends; of two that begin at one word the longer counts."""
        spans = [match.span() for match in _WORD.finditer(text)]
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
        self.words = _WORD.findall(text)

    @cached_property
    def keys(self) -> list[frozenset[str]]:
        """What each word is looked up by; also without its ending, for Russian names that no dictionary has."""
        return [_keys(word, self.language) | stems(word, self.language) for word in self.words]

    def have(self, rendering: str) -> bool:
        """Whether the words of a rendering stand together, each in any of its forms."""
        if rendering in self.text:
            return True
        wanted = [_term_keys(word, self.language) for word in _WORD.findall(rendering)]
        if self.language == "ru":
            wanted = [keys | stems(word, "ru") for keys, word in zip(wanted, _WORD.findall(rendering), strict=True)]
        last = len(self.keys) - len(wanted)
        if any(all(a & b for a, b in zip(wanted, self.keys[start:], strict=False)) for start in range(last + 1)):
            return True
        return len(wanted) == 1 and self.language == "ru" and self._have_adjective(rendering)

    def _have_adjective(self, name: str) -> bool:
        """Whether a Russian adjective was made of a name: Павлодар, павлодарский."""
        stem = min(stems(name, "ru"), key=len)
        made = re.compile(f"{re.escape(stem)}(?:ин|ов|ев|ан|н)?ск")
        return any(made.match(word.lower()) for word in self.words)


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


@cache
def shipped() -> tuple[Term, ...]:
    """Names of Kazakhstan's politics, institutions and geography in English, Russian and Kazakh."""
    text = files("jobs.text").joinpath(SHIPPED).read_text(encoding="utf-8")
    return tuple(_table(text, "\t", Path(SHIPPED)))


def read(path: Path) -> list[Term]:
    """The terms of a TSV, CSV or TBX file.

    Raises:
        ConfigError: names the file, the line and the column of what is wrong.
    """
    kind = path.suffix.lower()
    if kind not in (".tsv", ".csv", ".tbx"):
        raise ConfigError("glossary.path", path, "a glossary is a .tsv, .csv or .tbx file")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError("glossary.path", path, error.strerror or str(error)) from None
    if kind == ".tbx":
        return list(_tbx(data, path))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before) - before.rfind(b"\n")
        raise _wrong(path, before.count(b"\n") + 1, column, "it is not UTF-8; save it as UTF-8") from None
    return list(_table(text, "\t" if kind == ".tsv" else ",", path))


def _wrong(path: Path, line: int, column: int | str, message: str) -> ConfigError:
    return ConfigError("glossary.path", path, f"line {line}, column {column}: {message}")


def _table(text: str, delimiter: str, path: Path) -> Iterator[Term]:
    lines = io.StringIO(text, newline="")
    reader = (
        csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        if delimiter == "\t"
        else csv.reader(lines, strict=True)
    )
    header: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = [cell.strip().lower() for cell in cells]
                _check_header(header, path, reader.line_num)
            else:
                yield from _Row(header, cells, path, reader.line_num).terms()
    except csv.Error as error:
        raise _wrong(path, reader.line_num, 1, str(error)) from None
    if not header:
        raise _wrong(path, 1, 1, "it is empty; it needs a header and a row for each term")


def _check_header(header: Sequence[str], path: Path, line: int) -> None:
    for number, name in enumerate(header, 1):
        if name not in _COLUMNS:
            raise _wrong(path, line, number, f"{name!r} is no column of a glossary; there are {', '.join(_COLUMNS)}")
        if name in header[: number - 1]:
            raise _wrong(path, line, number, f"{name!r} is there twice")
    if "source" not in header and not any(language in header for language in LANGUAGES):
        raise _wrong(path, line, 1, f"it needs a column source, or columns named {', '.join(LANGUAGES)}")


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a table with its place."""

    header: Sequence[str]
    cells: Sequence[str]
    path: Path
    line: int

    def terms(self) -> Iterator[Term]:
        if len(self.cells) > len(self.header):
            names = ", ".join(self.header)
            raise _wrong(self.path, self.line, len(self.header) + 1, f"the header has no such column, only {names}")
        marks = {name: self._mark(name) for name in _MARKS}
        note = self._cell("note")
        if "source" not in self.header:
            words = {language: spellings for language in LANGUAGES if (spellings := self._spellings(language))}
            if not words:
                raise self._wrong(self.header[0], "the row has no term in any language")
            yield from _concept(words, note, **marks)
            return
        if not (source := self._spellings("source")):
            raise self._wrong("source", "the term is missing")
        renderings = self._spellings("rendering")
        if not renderings and not marks["do_not_translate"]:
            raise self._wrong("rendering", "it is missing; say do_not_translate=true for a term that stays as it is")
        spoken = self._language("source_language") or ("" if marks["do_not_translate"] else "en")
        language = self._language("language")
        if not language and not marks["do_not_translate"]:
            raise self._wrong("language", f"it is missing; say one of {', '.join(LANGUAGES)}")
        kept = () if marks["do_not_translate"] else renderings
        yield Term(source, spoken, kept, language, note, marks["case_sensitive"])

    def _cell(self, name: str) -> str:
        place = self.header.index(name) if name in self.header else len(self.cells)
        return self.cells[place].strip() if place < len(self.cells) else ""

    def _spellings(self, name: str) -> tuple[str, ...]:
        spellings = tuple(part.strip() for part in self._cell(name).split("|") if part.strip())
        for spelling in spellings:
            if not _WORD.search(spelling):
                raise self._wrong(name, f"{spelling!r} has no letters")
        return spellings

    def _language(self, name: str) -> str:
        language = self._cell(name)
        if language and language not in LANGUAGES:
            raise self._wrong(name, f"{language!r} is no language of ours; choose one of {', '.join(LANGUAGES)}")
        return language

    def _mark(self, name: str) -> bool:
        cell = self._cell(name).lower()
        if cell not in _YES:
            raise self._wrong(name, f"{cell!r} is neither true nor false")
        return _YES[cell]

    def _wrong(self, name: str, message: str) -> ConfigError:
        number = self.header.index(name) + 1 if name in self.header else len(self.header)
        return _wrong(self.path, self.line, f"{number} ({name})", message)


def _concept(
    words: Mapping[str, tuple[str, ...]], note: str, do_not_translate: bool, case_sensitive: bool
) -> Iterator[Term]:
    """A term of several languages in every direction."""
    if do_not_translate:
        for language, source in words.items():
            yield Term(source, language, (), "", note, case_sensitive)
        return
    for one, other in permutations(words, 2):
        yield Term(words[one], one, words[other], other, note, case_sensitive)


def _tbx(data: bytes, path: Path) -> Iterator[Term]:
    """The terms of a TBX file; entities and outside files are not followed."""
    from lxml import etree  # type: ignore[import-untyped]

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise _wrong(path, line, max(column, 1), str(error.msg)) from None
    entries = list(root.iter("{*}conceptEntry", "{*}termEntry"))
    if not entries:
        raise _wrong(path, root.sourceline or 1, 1, "it has no conceptEntry and no termEntry")
    for entry in entries:
        yield from _entry(entry, path)


def _entry(entry: Any, path: Path) -> Iterator[Term]:
    words: dict[str, tuple[str, ...]] = {}
    for section in entry.iter("{*}langSec", "{*}langSet"):
        code = section.get("{http://www.w3.org/XML/1998/namespace}lang", "").lower()
        language = code if "latn" in code else code.split("-")[0]
        terms = tuple(text for item in section.iter("{*}term") if (text := "".join(item.itertext()).strip()))
        if not terms:
            raise _wrong(path, section.sourceline, 1, f"the section {language or 'without xml:lang'} has no term")
        if language in LANGUAGES:
            words[language] = terms
    if not words:
        raise _wrong(path, entry.sourceline, 1, f"the entry has no term in {', '.join(LANGUAGES)}")
    marks = {name: _tbx_mark(entry, name, path) for name in _MARKS}
    note = " ".join("".join(item.itertext()).strip() for item in entry.iter("{*}note"))
    yield from _concept(words, note, **marks)


def _tbx_mark(entry: Any, name: str, path: Path) -> bool:
    """A mark, as in `<termNote type="do_not_translate">true</termNote>`."""
    for item in entry.iter("{*}termNote", "{*}descrip", "{*}admin"):
        if item.get("type") == name:
            value = (item.text or "").strip().lower()
            if value not in _YES:
                raise _wrong(path, item.sourceline, 1, f"{name} {value!r} is neither true nor false")
            return _YES[value]
    return False
