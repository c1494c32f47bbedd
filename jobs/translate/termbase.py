"""Files of terms: tables (TSV, CSV) and TBX (ISO 30042, version 2 or 3), and the names of Kazakhstan that are shipped.

Tables have a header. Either one row is one rendering, with the columns `source`, `language`, `rendering` and perhaps
`source_language` (en where there is none); or one row is one term in several languages, with a column named by each (`en`,
`ru`, `kk`). `note`, `do_not_translate` and `case_sensitive` may stand in both. In every cell `|` parts spellings: any of them
is found, and any of them will do. TBX has one concept with its terms by language.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import permutations
from pathlib import Path
from typing import Any

from jobs.config import LANGUAGES, ConfigError

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
WORD = re.compile(r"[^\W_]+(?:\.[^\W_]+)*")


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
        words = WORD.findall(spelling)
        part = set(words) <= set(WORD.findall(self.source[0])) or spelling.isupper()
        if not part or not spelling[0].isupper():
            return ""
        as_long = (item for item in self.renderings if len(WORD.findall(item)) == len(words))
        return next(as_long, self.renderings[0])


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
    rows = 0
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = [cell.strip().lower() for cell in cells]
                _check_header(header, path, reader.line_num)
            else:
                rows += 1
                yield from _Row(header, cells, path, reader.line_num).terms()
    except csv.Error as error:
        raise _wrong(path, reader.line_num, 1, str(error)) from None
    if not rows:
        raise _wrong(path, 1, 1, "it is empty; it needs a header and a row for each term")


def _check_header(header: Sequence[str], path: Path, line: int) -> None:
    for number, name in enumerate(header, 1):
        if name not in _COLUMNS:
            raise _wrong(path, line, number, f"{name!r} is no column of a glossary; there are {', '.join(_COLUMNS)}")
        if name in header[: number - 1]:
            raise _wrong(path, line, number, f"{name!r} is there twice")
    languages = [name for name in header if name in LANGUAGES]
    if "source" not in header and not languages:
        raise _wrong(path, line, 1, f"it needs a column source, or columns named {', '.join(LANGUAGES)}")
    if "source" in header and languages:
        number = header.index(languages[0]) + 1
        raise _wrong(
            path, line, number, f"{languages[0]!r} beside source; a row is one rendering, or a term in languages"
        )


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
            if len(words) == 1 and not marks["do_not_translate"]:
                (alone,) = words
                raise self._wrong(
                    alone, "in no other language; say do_not_translate=true for a term that stays as it is"
                )
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
        if renderings and marks["do_not_translate"]:
            raise self._wrong("rendering", "it has no use beside do_not_translate=true; leave one of them out")
        if language and language == spoken:
            raise self._wrong("language", f"{language!r} is the language of the term itself")
        kept = () if marks["do_not_translate"] else renderings
        yield Term(source, spoken, kept, language, note, marks["case_sensitive"])

    def _cell(self, name: str) -> str:
        place = self.header.index(name) if name in self.header else len(self.cells)
        return self.cells[place].strip() if place < len(self.cells) else ""

    def _spellings(self, name: str) -> tuple[str, ...]:
        cell = self._cell(name)
        quoted = len(cell) > 2 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1]
        if quoted and self.path.suffix.lower() == ".tsv":
            raise self._wrong(name, f"{cell} is in quotation marks; save the table without them, or as .csv")
        spellings = tuple(part.strip() for part in cell.split("|") if part.strip())
        if wordless := _wordless(spellings):
            raise self._wrong(name, f"{wordless!r} has no letters")
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


def _wordless(spellings: Sequence[str]) -> str:
    """The first spelling that could never be found in a text, or nothing."""
    return next((spelling for spelling in spellings if not WORD.search(spelling)), "")


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
            if wordless := _wordless(terms):
                raise _wrong(path, section.sourceline, 1, f"{wordless!r} has no letters")
            words[language] = (*words.get(language, ()), *terms)
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
