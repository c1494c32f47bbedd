"""Names in professional translations: how often the check warns in vain, and whether it sees a name replaced by another.

What is replaced is found without the check's own means: Russian names by pymorphy3 (first name, surname, place), Kazakh ones
as words with a capital that begin like one of the Russian side's. The other name comes from another sentence of the set.
"""

import random
import re
import time
from functools import cache
from typing import Any

from jobs.records import Pair, Severity
from jobs.trust.names import check_names
from tests.measure import SHARED, report

SEED = 20220111
_WORD = re.compile(r"[^\W\d_]+")
_TO_RUSSIAN = str.maketrans("әғқңөұүһі", "агкноуухи")
_BEGINNING = 4  # letters that a Kazakh word shares with the Russian name


@cache
def morphology() -> Any:
    """Russian morphology; loaded once."""
    from pymorphy3 import MorphAnalyzer

    return MorphAnalyzer()


@cache
def lemma_of_name(word: str) -> str:
    """The lemma of a Russian first name, surname or place, or an empty string for any other word."""
    parse = morphology().parse(word)[0]
    is_name = any(mark in parse.tag for mark in ("Name", "Surn", "Geox"))
    return parse.normal_form.replace("ё", "е") if is_name else ""


def russian_names(text: str) -> dict[str, list[str]]:
    """Lemma -> the forms in which it stands in a text, each with a capital."""
    found: dict[str, list[str]] = {}
    for word in _WORD.findall(text):
        if word.istitle() and (lemma := lemma_of_name(word)):
            found.setdefault(lemma, []).append(word)
    return found


def kazakh_names(text: str, lemmas: list[str]) -> dict[str, list[str]]:
    """Russian lemma -> words of the Kazakh text that begin like it."""
    found: dict[str, list[str]] = {}
    for word in _WORD.findall(text):
        beginning = word.lower().translate(_TO_RUSSIAN)[:_BEGINNING]
        for lemma in lemmas:
            if word[0].isupper() and len(beginning) == _BEGINNING and lemma[:_BEGINNING] == beginning:
                found.setdefault(lemma, []).append(word)
    return found


def spoilt(rows: list[list[str]], column: int) -> list[tuple[str, str]]:
    """Sentence and translation in which one name is another one, for each sentence that has one."""
    rng = random.Random(SEED)
    names = [russian_names(row[1]) for row in rows]
    if column == 2:
        names = [kazakh_names(row[2], list(found)) for row, found in zip(rows, names, strict=True)]
    pool = [(lemma, forms[0]) for found in names for lemma, forms in found.items()]
    made = []
    for row, found in zip(rows, names, strict=True):
        if not found:
            continue
        lemma = rng.choice(sorted(found))
        other = rng.choice([form for candidate, form in pool if candidate not in found and form not in row[column]])
        forms = "|".join(map(re.escape, found[lemma]))
        made.append((row[0], re.sub(rf"\b(?:{forms})\b", other, row[column])))
    return made


def warns(pair: Pair) -> bool:
    """Whether the check finds anything worse than a note."""
    return any(flag.severity is not Severity.NOTE for flag in check_names(pair))


def main() -> None:
    """Print false alarms, what is caught, and speed, into Russian and into Kazakh."""
    file = SHARED / "translation" / "flores200-devtest.en-ru-kk.tsv"
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()]
    check_names(Pair("He met Tokayev.", "Он встретил Токаева.", "en", "ru"))
    for language, column in (("ru", 1), ("kk", 2)):
        started = time.perf_counter()
        warned = [warns(Pair(row[0], row[column], "en", language)) for row in rows]
        seconds = time.perf_counter() - started
        pairs = spoilt(rows, column)
        caught = sum(warns(Pair(text, translation, "en", language)) for text, translation in pairs)
        report(f"names en→{language}: false, of all pairs", sum(warned) / len(rows), 0.04, at_most=True)
        for half, part in (("first", warned[::2]), ("second", warned[1::2])):
            report(f"… of the {half} half (every other sentence)", sum(part) / len(part), 0.04, at_most=True)
        report(f"… caught, of {len(pairs)} replaced", caught / len(pairs), 0.85)
        report("… sentences a second, one core", len(rows) / seconds, 6000, digits=0)


if __name__ == "__main__":
    main()
