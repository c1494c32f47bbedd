"""Checks on professional translations (every flag of warning or worse is false), and on the same pairs spoilt on purpose.

The rules were written on every other pair; the figures of the remaining half, looked at last, stand beside the whole.
The spoiling is seeded and knows nothing of how the checks read a text.
"""

import random
import re
import time
from collections.abc import Callable, Iterator

from jobs.records import Pair, Severity
from jobs.trust.checks import CHECKS
from tests.measure import SHARED, names, report

LANGUAGES = ("en", "ru", "kk")
FIGURE = re.compile(r"(?<![\w.,:/-])(?<!: )[1-9]\d*(?:[  \u202f]\d{3}(?!\d)|[.,]\d+)*(?![\w:/])")
Row = dict[str, str]
Spoil = Callable[
    [Pair, random.Random], str
]  # the spoilt translation, or an empty string where there is nothing to spoil


def rows() -> list[Row]:
    """FLORES-200 devtest: the same sentence in the three languages."""
    lines = (SHARED / "translation" / "flores200-devtest.en-ru-kk.tsv").read_text(encoding="utf-8").splitlines()
    return [dict(zip(LANGUAGES, line.split("\t"), strict=True)) for line in lines]


def news() -> list[Pair]:
    """WMT20 news with its reference translations into Russian."""
    folder = SHARED / "translation" / "systems"
    sides = [(folder / name).read_text(encoding="utf-8").splitlines() for name in ("wmt20.en", "wmt20.ref.ru")]
    return [Pair(text, translation, "en", "ru") for text, translation in zip(*sides, strict=True)]


def pairs(found: list[Row], target: str) -> list[Pair]:
    """From English into `target`."""
    return [Pair(row["en"], row[target], "en", target) for row in found]


def in_twos(found: list[Row]) -> list[Row]:
    """Each two rows that follow each other, joined."""
    return [{key: f"{a[key]} {b[key]}" for key in LANGUAGES} for a, b in zip(found[::2], found[1::2], strict=False)]


def flagged(name: str, pair: Pair) -> bool:
    """Whether a check finds more than a note."""
    return any(flag.severity is not Severity.NOTE for flag in CHECKS[name](pair))


def share(name: str, found: list[Pair]) -> float:
    """Per cent of the pairs that a check flags."""
    return 100 * sum(flagged(name, pair) for pair in found) / len(found)


def _figure(pair: Pair, rng: random.Random, change: Callable[[str], str]) -> str:
    figures = list(FIGURE.finditer(pair.translation))
    if not figures:
        return ""
    one = rng.choice(figures)
    return pair.translation[: one.start()] + change(one[0]) + pair.translation[one.end() :]


def changed(pair: Pair, rng: random.Random) -> str:
    """One digit of one number is another one."""

    def change(figure: str) -> str:
        place = rng.choice([index for index, character in enumerate(figure) if character.isdigit()])
        others = [digit for digit in "123456789" if digit != figure[place]]
        return figure[:place] + rng.choice(others) + figure[place + 1 :]

    return _figure(pair, rng, change)


def dropped(pair: Pair, rng: random.Random) -> str:
    """One number is gone."""
    return _figure(pair, rng, lambda figure: "")


def tenfold(pair: Pair, rng: random.Random) -> str:
    """One number is ten times too big: 12 → 120, 10 000 → 100 000, 4,2 → 42."""

    def change(figure: str) -> str:
        if decimal := re.fullmatch(r"(\d+)[.,](\d)(\d?)", figure):
            return f"{decimal[1]}{decimal[2]}" + (f",{decimal[3]}" if decimal[3] else "")
        digits = [character for character in figure if character.isdigit()]
        separator = next((character for character in figure if not character.isdigit()), "")
        return f"{int(''.join(digits)) * 10:,}".replace(",", separator)

    return _figure(pair, rng, change)


def turned(pair: Pair, rng: random.Random) -> str:
    """The two figures of a score or a range, 6–3 or 10–15, have changed places."""
    found = list(re.finditer(r"(?<![\w.,:/–-])(\d+)(\s?[-–:]\s?)(\d+)(?![\w:/–]|[.,-]\d)", pair.translation))
    found = [
        match for match in found if match[1] != match[3] and (":" not in match[2] or len(match[3]) != 2)
    ]  # no clock
    if not found:
        return ""
    one = rng.choice(found)
    return f"{pair.translation[: one.start()]}{one[3]}{one[2]}{one[1]}{pair.translation[one.end() :]}"


def second_half_cut(pair: Pair, rng: random.Random) -> str:
    """The first half of the words, closed with a full stop."""
    words = pair.translation.split()
    return " ".join(words[: (len(words) + 1) // 2]).rstrip(",;:") + "."


def loop(pair: Pair, rng: random.Random) -> str:
    """A phrase of two to five words stands five times in a row."""
    words = pair.translation.split()
    size = min(rng.randint(2, 5), len(words))
    start = rng.randint(0, len(words) - size)
    return " ".join([*words[:start], *words[start : start + size] * 5, *words[start + size :]])


NUMBERS: dict[str, Spoil] = {
    "one number changed": changed,
    "one number dropped": dropped,
    "… ten times too big": tenfold,
}


def spoilt(found: list[Pair], spoil: Spoil) -> list[Pair]:
    """The pairs that could be spoilt, spoilt."""
    rng = random.Random(spoil.__name__)
    made = [(pair, spoil(pair, rng)) for pair in found]
    return [Pair(pair.text, translation, pair.source, pair.target) for pair, translation in made if translation]


def by_any(found: list[Pair]) -> float:
    """Per cent of the pairs that at least one check flags."""
    return 100 * sum(any(flagged(name, pair) for name in CHECKS) for pair in found) / len(found)


def halves(measure: Callable[[list[Row]], float], found: list[Row]) -> Iterator[tuple[str, float]]:
    """A figure of all rows, and of the half that the rules were not written on."""
    yield "", measure(found)
    yield " (second half)", measure(found[1::2])


def false_alarms(found: list[Row]) -> None:
    """The checks on what professionals wrote."""
    limits = {
        "numbers": 0.7,
        "language": 0.1,
        "omission": 0.5,
        "repetition": 0.1,
        "verbatim": 0.1,
        "marks": 2,
        "names": 4,
    }
    for name, limit in limits.items():
        for target in ("ru", "kk"):
            for half, value in halves(lambda some, n=name, t=target: share(n, pairs(some, t)), found):  # type: ignore[misc]
                report(f"{name} {target}: false, %{half}", value, limit, at_most=True, digits=2)
    for column, target in enumerate(("ru", "kk"), 1):
        told = names.spellings_told(names.articles(_columns(found), column), target)
        print(f"spelling {target}: told, % of ten sentences in a row\t{told:.1f}\t\t")
    for name in limits:
        print(f"{name} ru: flagged, % of WMT20 news references\t{share(name, news()):.2f}\t\t")


def catches(found: list[Row]) -> None:
    """The checks on pairs spoilt on purpose."""
    for column, target in enumerate(("ru", "kk"), 1):
        other = {"ru": "kk", "kk": "ru"}[target]
        for what, spoil in NUMBERS.items():
            report(f"{target}: {what}, %", share("numbers", spoilt(pairs(found, target), spoil)), 98, digits=1)
        scores = spoilt(pairs(found, target), turned)
        print(f"{target}: a score or range turned round, % of {len(scores)}\t{share('numbers', scores):.1f}\t\t")
        for wrong in (other, "en"):
            mistaken = [Pair(row["en"], row[wrong], "en", target) for row in found]
            report(f"{target}: {wrong} in its place, %", share("language", mistaken), 99.8, digits=1)
        cut = spoilt(pairs(found, target), second_half_cut)
        report(f"{target}: second half cut, by any check, %", by_any(cut), 90, digits=1)
        print(f"{target}: second half cut, by omission alone, %\t{share('omission', cut):.1f}\t\t")
        rng = random.Random(target)
        short = [Pair(two["en"], rng.choice(one)[target], "en", target) for two, one in _with_halves(found)]
        report(f"{target}: one of two sentences dropped, %", share("omission", short), 97, digits=1)
        report(
            f"{target}: a phrase looping, %", share("repetition", spoilt(pairs(found, target), loop)), 99.5, digits=1
        )
        caught, count = names.replaced_caught(_columns(found), column, target)
        report(f"{target}: a name replaced by another, % of {count}", caught, 85, digits=1)
        respelt = names.respelt(_columns(found), column)
        caught = names.respelt_caught(respelt, target)
        print(f"{target}: a name respelt once, % of {len(respelt)} times ten sentences\t{caught:.1f}\t\t")


def _columns(found: list[Row]) -> list[list[str]]:
    return [[row[language] for language in LANGUAGES] for row in found]


def _with_halves(found: list[Row]) -> list[tuple[Row, tuple[Row, Row]]]:
    return list(zip(in_twos(found), zip(found[::2], found[1::2], strict=False), strict=True))


def speed(found: list[Row]) -> float:
    """Sentences a second through all checks; the first few, with what is loaded once, are not counted."""
    everything = [pair for target in ("ru", "kk") for pair in pairs(found, target)]
    for pair in everything[::20]:
        for check in CHECKS.values():
            check(pair)
    started = time.process_time()
    for pair in everything:
        for check in CHECKS.values():
            check(pair)
    return len(everything) / (time.process_time() - started)


def main() -> None:
    """Print both tables and the speed."""
    found = rows()
    false_alarms(found)
    catches(found)
    report("sentences a second, all checks", speed(found), 2000, digits=0)


if __name__ == "__main__":
    main()
