"""Names in professional translations: how often the check warns in vain, and whether it sees a name replaced or respelt.

What is replaced is found without the check's own means: Russian names by pymorphy3 (first name, surname, place), Kazakh ones
as words with a capital that begin like one of the Russian side's. The other name comes from another sentence of the set. Ten
sentences in a row stand for an article; in one of two that share a name, a letter of it becomes another of its kind.
"""

import random
import re
import time
from functools import cache
from typing import Any

from jobs.records import Pair, Severity
from jobs.trust.names import check_names, check_spellings
from tests.measure import SHARED, report

SEED = 20220111
_WORD = re.compile(r"[^\W\d_]+")
_TO_RUSSIAN = str.maketrans("әғқңөұүһі", "агкноуухи")
_BEGINNING = 4  # letters that a Kazakh word shares with the Russian name
_ARTICLE = 10  # sentences
_KINDS = ("аеиоуыэюяәіөұү", "бвгджзклмнпрстфхцчшғқңһ")


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


def names_in(rows: list[list[str]], column: int) -> list[dict[str, list[str]]]:
    """Russian lemma -> forms in which the name stands in a column, for each sentence."""
    names = [russian_names(row[1]) for row in rows]
    if column == 2:
        return [kazakh_names(row[2], list(found)) for row, found in zip(rows, names, strict=True)]
    return names


def spoilt(rows: list[list[str]], column: int) -> list[tuple[str, str]]:
    """Sentence and translation in which one name is another one, for each sentence that has one."""
    rng = random.Random(SEED)
    names = names_in(rows, column)
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


def articles(rows: list[list[str]], column: int) -> list[list[tuple[str, str]]]:
    """Ten sentences in a row with their translations, as articles."""
    pairs = [(row[0], row[column]) for row in rows]
    return [pairs[start : start + _ARTICLE] for start in range(0, len(pairs), _ARTICLE)]


def respelt(rows: list[list[str]], column: int) -> list[list[tuple[str, str]]]:
    """The articles that have a name in two sentences, with one letter of it another one in the later of them."""
    rng = random.Random(SEED)
    names = names_in(rows, column)
    made = []
    for number, article in enumerate(articles(rows, column)):
        where: dict[str, list[int]] = {}
        for place in range(len(article)):
            for lemma in names[number * _ARTICLE + place]:
                where.setdefault(lemma, []).append(place)
        twice = sorted(lemma for lemma, places in where.items() if len(places) > 1)
        if not twice:
            continue
        lemma = rng.choice(twice)
        place = where[lemma][-1]
        form = names[number * _ARTICLE + place][lemma][0]
        text, translation = article[place]
        changed = translation.replace(form, _another_letter(form, rng))
        made.append([*article[:place], (text, changed), *article[place + 1 :]])
    return made


def _another_letter(form: str, rng: random.Random) -> str:
    """A word with one of its second to fourth letters another vowel or consonant."""
    place = rng.choice(range(1, _BEGINNING))
    kind = next((letters for letters in _KINDS if form[place] in letters), form[place])
    other = rng.choice([letter for letter in kind if letter != form[place]] or [form[place] * 2])
    return form[:place] + other + form[place + 1 :]


def warns(pair: Pair) -> bool:
    """Whether the check finds anything worse than a note."""
    return any(flag.severity is not Severity.NOTE for flag in check_names(pair))


def replaced_caught(rows: list[list[str]], column: int, language: str) -> tuple[float, int]:
    """Per cent of the replaced names that are seen, and of how many."""
    pairs = [Pair(text, translation, "en", language) for text, translation in spoilt(rows, column)]
    return 100 * sum(map(warns, pairs)) / len(pairs), len(pairs)


def spellings_told(found: list[list[tuple[str, str]]], language: str) -> float:
    """Per cent of articles in which a name is told to be spelt in two ways."""
    made = [[Pair(text, translation, "en", language) for text, translation in article] for article in found]
    return 100 * sum(bool(check_spellings(article)) for article in made) / len(made)


def respelt_caught(found: list[list[tuple[str, str]]], language: str) -> float:
    """Per cent of articles with a name respelt that either check of names flags."""
    made = [[Pair(text, translation, "en", language) for text, translation in article] for article in found]
    return 100 * sum(bool(check_spellings(article)) or any(map(warns, article)) for article in made) / len(made)


def main() -> None:
    """Print false alarms, what is caught, and speed, into Russian and into Kazakh."""
    file = SHARED / "translation" / "flores200-devtest.en-ru-kk.tsv"
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()]
    check_names(Pair("He met Tokayev.", "Он встретил Токаева.", "en", "ru"))
    for language, column in (("ru", 1), ("kk", 2)):
        started = time.perf_counter()
        warned = [warns(Pair(row[0], row[column], "en", language)) for row in rows]
        seconds = time.perf_counter() - started
        report(f"names en→{language}: false, of all pairs, %", 100 * sum(warned) / len(rows), 4, at_most=True, digits=1)
        for half, part in (("first", warned[::2]), ("second", warned[1::2])):
            value = 100 * sum(part) / len(part)
            report(f"… of the {half} half (every other sentence), %", value, 4, at_most=True, digits=1)
        caught, count = replaced_caught(rows, column, language)
        report(f"… caught, of {count} replaced, %", caught, 85, digits=1)
        print(
            f"… articles of ten sentences told of two spellings, %\t{spellings_told(articles(rows, column), language):.1f}"
        )
        changed = respelt(rows, column)
        print(f"… caught, of {len(changed)} articles with a name respelt, %\t{respelt_caught(changed, language):.1f}")
        report("… sentences a second, one core", len(rows) / seconds, 6000, digits=0)


if __name__ == "__main__":
    main()
