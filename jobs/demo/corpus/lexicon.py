"""The lexicon: what the slots of the patterns are filled with, in every form that a slot can ask for.

A line of `lexicon/<kind>.tsv` is `English <tab> Russian <tab> gender <tab> Kazakh <tab> flags`; `AUTHORING.md` has the notation.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from jobs.demo.corpus import kazakh, russian

GENDERS = {"m": 0, "f": 1, "n": 2, "pl": 3}


class CorpusError(ValueError):
    """A line of the corpus that does not follow the notation; the message names file, line and reason."""


@dataclass(frozen=True, slots=True)
class Filler:
    """One thing that can stand in a slot, with its forms per language.

    Attributes:
        forms: language -> form name -> text; every language has at least `nom`.
        gender: index into masculine, feminine, neuter, plural, for Russian agreement.
        plural: whether English treats it as plural.
        number: the value of a numeral, for the noun forms that follow it.
    """

    forms: dict[str, dict[str, str]]
    gender: int = 0
    plural: bool = False
    number: int | None = None

    def form(self, language: str, name: str) -> str:
        """The text in one form; raises `KeyError` for a form that this filler does not have."""
        return self.forms[language][name]


def russian_forms(cell: str, where: str) -> tuple[str, ...]:
    """Six cases from `stem+nom,gen,dat,acc,ins,prep+tail`, or one text six times for what does not decline."""
    if "+" not in cell:
        return (cell,) * 6
    stem, endings, *tail = cell.split("+")
    parts = endings.split(",")
    if any(part.startswith(" ") for part in parts):
        raise CorpusError(f"{where}: {cell!r}: an ending begins with a space; endings are separated by bare commas")
    if len(parts) != 6 or len(tail) > 1:
        raise CorpusError(f"{where}: {cell!r} needs six endings between two plus signs, and has {len(parts)}")
    return tuple(stem + part.strip() + (tail[0] if tail else "") for part in parts)


def _flags(cell: str) -> dict[str, str]:
    parts = [part.partition("=") for part in re.split(r"\s*;\s*", cell.strip()) if part]
    return {name.strip(): value.strip() for name, _, value in parts}


def parse_entry(line: str, where: str) -> Filler:
    """One line of a lexicon file; raises `CorpusError`."""
    cells = [cell.strip() for cell in line.rstrip("\n").split("\t")]
    if len(cells) not in (4, 5) or not all(cells[:4]):
        raise CorpusError(
            f"{where}: an entry is English, Russian, gender, Kazakh and optional flags, separated by tabs"
        )
    english, russian_cell, gender, kazakh_cell = cells[:4]
    flags = _flags(cells[4]) if len(cells) == 5 else {}
    if gender not in GENDERS:
        raise CorpusError(f"{where}: gender {gender!r} is not one of m, f, n, pl")
    unknown = flags.keys() - {"plural", "in", "to", "from", "say"}
    if unknown:
        raise CorpusError(f"{where}: unknown flag {sorted(unknown)[0]!r}")
    cases = dict(zip(russian.CASES, russian_forms(russian_cell, where), strict=True))
    cases["in"] = flags.get("in", f"в(о) {cases['prep']}")
    cases["to"] = flags.get("to", f"в(о) {cases['acc']}")
    cases["from"] = flags.get("from", f"из {cases['gen']}")
    base = kazakh_cell.rstrip("*")
    possessive = kazakh_cell.endswith("*")
    turkic = {
        case: kazakh.decline(base, case, possessive=possessive, say=flags.get("say", "")) for case in kazakh.CASES
    }
    return Filler(
        {"en": {"nom": english, "bare": english.removeprefix("the ")}, "ru": cases, "kk": turkic},
        gender=GENDERS[gender],
        plural="plural" in flags,
    )


def written(folder: str, suffix: str) -> list[Traversable]:
    """The files of a folder of the corpus, by name; what an editor leaves beside them is none."""
    found = files("jobs.demo.corpus").joinpath(folder).iterdir()
    return sorted((file for file in found if file.name.endswith(suffix)), key=lambda file: file.name)


def held_out(name: str) -> bool:
    """Whether what has this name is kept from training, to measure with: one in ten, by a hash.

    It is asked of the identifiers of patterns, and of single names in Kazakh spelling.
    """
    return hashlib.sha256(name.encode()).digest()[0] % 10 == 0


@lru_cache
def load() -> dict[str, tuple[Filler, ...]]:
    """Every kind of filler, by name of its file."""
    kinds: dict[str, tuple[Filler, ...]] = {}
    for file in written("lexicon", ".tsv"):
        lines = file.read_text(encoding="utf-8").splitlines()
        entries = [
            parse_entry(line, f"{file.name}:{number}")
            for number, line in enumerate(lines, 1)
            if line.strip() and not line.startswith("#")
        ]
        kinds[file.name.removesuffix(".tsv")] = tuple(entries)
    return kinds
