"""Faithful summaries: how often good ones are flagged in vain, and whether a number or a name that is swapped in shows.

English summaries are the references and lead-3 of two sets. References tell more than their articles do, so all that are
flagged were read: those in `UNFAITHFUL` state, or misspell, what their article does not have; any other flag is false.

There are no such sets in Russian and Kazakh. There an article is eleven sentences in a row of translated news, and its
summary the sentence in their middle: in Russian as another translator put it, in Kazakh as it is.

What is swapped in comes from another summary of the set, and is found without the check's own means.
"""

import json
import random
import re
import time
from calendar import day_name, month_name
from collections.abc import Callable, Sequence
from functools import cache

from babel import Locale
from num2words import num2words

from jobs.records import Pair
from jobs.text.sentences import segment
from jobs.trust.faithful import check_faithful
from tests.measure import SHARED, report
from tests.measure.names import kazakh_names, russian_names

SEED = 20220111
AROUND = 5  # sentences before and after one that are its article
BEGINNING = 4  # letters by which a name is looked for in a text, in any form
FIGURE = re.compile(r"(?<![\w.,:/-])[1-9]\d*(?:,\d{3})*(?:\.\d+)?(?![\w:/]|[.,]\d)")
NAMES = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+)*")
UNFAITHFUL = {
    "realsumm100": "2 5 20 34 44 49 54 60 69 72 73",
    "cnndm100": (
        "0002c17436 0003ad6ef0 0008369726 001789cf9b 001e8bda2f 001fb4ca3b 0021117581 002124147b 0028e335e8 0029837648 "
        "0032d07e91 0036c48d80 0040eb79bd 0043419182 004cc1a4ec 004d2253b2 00512126d6"
    ),
}
Find = Callable[[str], list[str]]


def references(name: str) -> dict[str, Pair]:
    """Beginning of the id -> article and reference of one set."""
    lines = (SHARED / "summaries" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["id"][:10]: Pair(row["text"], row["summary"], "en", "en") for row in map(json.loads, lines)}


def lead(pair: Pair) -> Pair:
    """An article with its first three sentences as the summary."""
    first = " ".join(item.text for item in segment(pair.text, "en")[:3])
    return Pair(pair.text, first, "en", "en")


def news(name: str) -> list[str]:
    """One sentence a line: news in English, or a translation of it."""
    return (SHARED / "translation" / "systems" / name).read_text(encoding="utf-8").splitlines()


def windows(texts: Sequence[str], summaries: Sequence[str], language: str) -> list[Pair]:
    """Each of the summaries with what stands around it in the texts as its article."""
    return [
        Pair(" ".join(texts[max(0, place - AROUND) : place + AROUND + 1]), summary, language, language)
        for place, summary in enumerate(summaries)
    ]


def figures(text: str) -> list[str]:
    """Numbers in figures."""
    return FIGURE.findall(text)


def english(text: str) -> list[str]:
    """Words with a capital within a sentence that are written small nowhere, and are no day, month or language."""
    words = {word for run in NAMES.findall(text) for word in run.split()}
    return sorted(word for word in words if len(word) >= BEGINNING and word.lower() not in _no_names())


@cache
def _no_names() -> frozenset[str]:
    texts = [*news("wmt20.en"), *news("flores-test.en"), *(pair.text for pair in references("cnndm100").values())]
    small = {word for text in texts for word in re.findall(r"\b[a-z]+\b", text)}
    listed = (*day_name, *month_name, *Locale("en").languages.values())
    return frozenset(small | {word.lower() for word in listed})


def russian(text: str) -> list[str]:
    """First names, surnames and places."""
    return sorted(form for forms in russian_names(text).values() for form in forms)


@cache
def kazakh() -> dict[str, list[str]]:
    """Sentence -> words that begin like the names of its Russian translation."""
    file = SHARED / "translation" / "flores200-devtest.en-ru-kk.tsv"
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()]
    return {
        kk: [form for forms in kazakh_names(kk, [*russian_names(ru)]).values() for form in forms] for _, ru, kk in rows
    }


def absent(item: str, text: str) -> bool:
    """Whether a text has a number or a name in no writing."""
    if item[0].isdigit() and "." not in item:
        spelled = num2words(int(item.replace(",", ""))).replace("-", "[- ]")
        return not re.search(rf"{item}|\b{spelled}\b", text, re.IGNORECASE)
    return item[:BEGINNING].lower() not in text.lower()


def swapped(pairs: Sequence[Pair], find: Find) -> list[tuple[Pair, str]]:
    """Summaries in which one thing is replaced by that of another summary, and what was swapped in."""
    rng = random.Random(SEED)
    pool = sorted({item for pair in pairs for item in find(pair.translation)})
    made = []
    for pair in pairs:
        if own := find(pair.translation):
            item = rng.choice(own)
            other = rng.choice([one for one in pool if absent(one, f"{pair.text} {pair.translation}")])
            spoilt = re.sub(rf"(?<![\w.,]){re.escape(item)}(?!\w)", other, pair.translation)
            made.append((Pair(pair.text, spoilt, pair.source, pair.target), other))
    return made


def told(pair: Pair) -> str:
    """What the check finds, or an empty string."""
    return "".join(flag.detail for flag in check_faithful(pair))


def flagged(pairs: Sequence[Pair]) -> float:
    """Per cent of the summaries that the check flags."""
    return 100 * sum(bool(told(pair)) for pair in pairs) / len(pairs)


def caught(name: str, pairs: Sequence[Pair], find: Find, target: float) -> None:
    """Report how often the check names what was swapped in."""
    made = swapped(pairs, find)
    hits = sum(other.lower() in told(pair).lower() for pair, other in made)
    report(f"{name} swapped in, of {len(made)}, caught, %", 100 * hits / len(made), target, digits=1)


def main() -> None:
    """Print every figure."""
    for name, known in UNFAITHFUL.items():
        pairs = references(name)
        found = {key for key, pair in pairs.items() if told(pair)}
        print(f"{name}: references flagged, %\t{100 * len(found) / len(pairs):.1f}\t\t")
        report(
            f"{name}: … of these in vain, % of all",
            100 * len(found - {*known.split()}) / len(pairs),
            5,
            at_most=True,
            digits=1,
        )
        report(f"{name}: lead-3 flagged, %", flagged([*map(lead, pairs.values())]), 0, at_most=True, digits=1)
        caught(f"{name}: a number", [*pairs.values()], figures, 95)
        caught(f"{name}: a name", [*pairs.values()], english, 85)
    other = windows(news("wmt20.ref.ru"), news("wmt20.google.ru"), "ru")
    print(f"Russian: other translations flagged, %\t{flagged(other):.1f}\t\t")
    caught("Russian: a number", other, figures, 95)
    caught("Russian: a name", other, russian, 85)
    same = windows([*kazakh()], [*kazakh()], "kk")
    report("Kazakh: sentences of the article flagged, %", flagged(same), 0, at_most=True, digits=1)
    caught("Kazakh: a number", same, figures, 95)
    caught("Kazakh: a name", same, lambda text: kazakh()[text], 85)
    started = time.process_time()
    for pair in (many := [*references("realsumm100").values(), *references("cnndm100").values()]):
        check_faithful(pair)
    print(f"English summaries a second, one core\t{len(many) / (time.process_time() - started):.0f}\t\t")


if __name__ == "__main__":
    main()
