"""The checks of a translation: each a small function of a text, its translation and their languages.

Deterministic, without a model, and cheap enough to run over everything. `checker` puts them together as the settings say, and
`summary_checker` those of a summary, for which the article is the text and the summary its translation.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html import unescape
from itertools import pairwise

from jobs.config import Checks, Level
from jobs.records import Flag, Pair, Severity
from jobs.text.script import foreign
from jobs.text.sentences import boundaries
from jobs.trust.amounts import check_numbers
from jobs.trust.faithful import check_faithful
from jobs.trust.names import check_names, check_spellings

Checker = Callable[[Pair], list[Flag]]
ArticleChecker = Callable[[Sequence[Pair]], list[Flag]]


def checker(settings: Checks) -> Checker:
    """All checks of a translation that the settings do not switch off, as one; a finding that is only a note stays one."""
    return _as_one(CHECKS, settings)


def summary_checker(settings: Checks) -> Checker:
    """Likewise those of a summary, which are given the article and the summary."""
    return _as_one(SUMMARY_CHECKS, settings)


def _as_one(checks: Mapping[str, Checker], settings: Checks) -> Checker:
    levels = {name: getattr(settings, name).severity for name in checks}
    wanted = [(checks[name], Severity(level.value)) for name, level in levels.items() if level is not Level.off]

    def run(pair: Pair) -> list[Flag]:
        return [
            flag if flag.severity is Severity.NOTE else replace(flag, severity=severity)
            for check, severity in wanted
            for flag in check(pair)
        ]

    return run


def article_checker(settings: Checks) -> ArticleChecker:
    """What is checked in all sentences of an article together: that a name is spelt one way."""
    level = settings.spelling.severity
    if level is Level.off:
        return lambda pairs: []
    return lambda pairs: [replace(flag, severity=Severity(level.value)) for flag in check_spellings(pairs)]


def _sides(pair: Pair) -> tuple[tuple[str, str], tuple[str, str]]:
    """Text and language of both, with characters that are written as HTML writes them as what they stand for."""
    text, translation = (unescape(side) if "&" in side else side for side in (pair.text, pair.translation))
    return (text, pair.source), (translation, pair.target)


def check_language(pair: Pair) -> list[Flag]:
    """The translation is in the target language and script, and not the source over again."""
    words = pair.text.split()
    if (
        pair.source != pair.target
        and words == pair.translation.split()
        and (len(words) >= 4 or _is_headline(words, pair))
    ):
        return [Flag("language", Severity.ERROR, "", "the source, unchanged")]
    found = foreign(pair.translation, pair.target)
    return [Flag("language", Severity.ERROR, "", found)] if found else []


_SMALL_WORD = re.compile(r"[a-z]{4,}")


def _is_headline(words: list[str], pair: Pair) -> bool:
    """Whether a few English words are more than a name, for one behind the first is in small letters: «Minister resigns»."""
    return (
        pair.source == "en" and pair.target in ("ru", "kk") and any(_SMALL_WORD.fullmatch(word) for word in words[1:])
    )


# Mean of ln(characters of the translation ÷ characters of the text), white space and English articles not counted, and the
# spread of it: σ + τ ÷ characters of the text. From professional translations, half of FLORES-200 devtest.
_LENGTHS = {
    ("en", "ru"): (0.134, 0.13, 2.0),
    ("en", "kk"): (0.109, 0.16, 1.0),
    ("ru", "en"): (-0.134, 0.15, 2.0),
    ("ru", "kk"): (-0.025, 0.16, 1.0),
}
_TOO_SHORT = -2.75  # standard deviations
_TOO_LONG = 3.5
_STOPPED = -1.2  # for a translation that ends without the full stop of its source
_CLOSED = re.compile(r"""[.!?…:;]["'”’»)\]]*$""")


def check_omission(pair: Pair) -> list[Flag]:
    """Parts of the text are missing, or something was added: by length, by sentences, by lines."""
    known = _lengths(pair.source, pair.target)
    here, there = (_length(text, language) for text, language in _sides(pair))
    if known is None or not here or not there:
        return []
    mean, spread, short = known
    log_ratio = math.log(there / here) - mean
    deviation = log_ratio / (spread + short / here)
    if deviation < _TOO_SHORT:
        return [_omission(f"{there} characters for {here}")]
    if deviation > _TOO_LONG:
        return [_omission(f"{there} characters for {here}: something was added")]
    if deviation < _STOPPED and _closed(pair.text) and not _closed(pair.translation):
        return [_omission("the translation stops before its end")]
    if detail := _sentence_lost(pair, log_ratio) or _lines_lost(pair) or _items_lost(pair):
        return [_omission(detail)]
    return []


_ARTICLE = re.compile(r"\b(?:the|an?)\s", re.IGNORECASE)


def _length(text: str, language: str) -> int:
    """Characters without white space, and without articles, which Russian and Kazakh do not have."""
    return len("".join((_ARTICLE.sub("", text) if language == "en" else text).split()))


def _closed(text: str) -> bool:
    return _CLOSED.search(text.rstrip()[-5:]) is not None


def _omission(detail: str) -> Flag:
    return Flag("omission", Severity.ERROR, "", detail)


def _lengths(source: str, target: str) -> tuple[float, float, float] | None:
    if found := _LENGTHS.get((source, target)):
        return found
    if found := _LENGTHS.get((target, source)):
        return -found[0], *found[1:]
    return None


def _sentence_lost(pair: Pair, log_ratio: float) -> str:
    """Fewer sentences than the text has, and shorter by what the smallest of them takes up.

    Translators join sentences; then the length stays.
    """
    before, after = (_sentence_lengths(text, language) for text, language in _sides(pair))
    missing = len(before) - len(after)
    if missing < 1:
        return ""
    share = sum(sorted(before)[:missing]) / sum(before)
    if log_ratio < max(math.log(1 - share) * 0.4, -0.25) and log_ratio < -0.1:
        return f"{len(after)} sentences for {len(before)}"
    return ""


_INNER_END = re.compile(r"[.!?…]\S{0,2}\s")


def _sentence_lengths(text: str, language: str) -> list[int]:
    if not _INNER_END.search(text):
        return [len(text)]
    cuts = [0, *boundaries(text, language), len(text)]
    return [end - start for start, end in pairwise(cuts)]


def _lines_lost(pair: Pair) -> str:
    """Fewer lines than the text has."""
    if "\n" not in pair.text:
        return ""
    before, after = (
        len([line for line in text.splitlines() if line.strip()]) for text in (pair.text, pair.translation)
    )
    return f"{after} lines for {before}" if after < before else ""


_ITEM = re.compile(r"(?:^|(?<=[\s;,:]))(?:\(?(\d{1,2}|[^\W\d_])\)(?=\s)|[•‣▪])", re.MULTILINE)  # 1) (a) •
_FIRST_ITEMS = frozenset(("1", "a", "а"))


def _items_lost(pair: Pair) -> str:
    """Fewer items of a list than the text has, where they are marked."""
    before = _items(pair.text)
    if before < 2:
        return ""
    after = len(_ITEM.findall(pair.translation))  # any mark will do: they may have been put in another order
    return f"{after} list items for {before}" if after < before else ""


def _items(text: str) -> int:
    """How many marks are those of a list and not an age or a party: bullets, and what is in order or begins a clause."""
    found = list(_ITEM.finditer(text))
    marks = [(match[1] or "").lower() for match in found]
    count = 0
    for index, (match, mark) in enumerate(zip(found, marks, strict=True)):
        follows = index > 0 and _is_next(marks[index - 1], mark)
        leads = mark in _FIRST_ITEMS and _is_next(mark, *marks[index + 1 : index + 2])
        begins = text[max(0, match.start() - 8) : match.start()].rstrip(" \t")[-1:] in ("", "\n", ";", ":")
        count += not mark or follows or leads or begins
    return count


def _is_next(mark: str, following: str = "") -> bool:
    """Whether a mark is the one after another: 1 and 2, a and b."""
    if mark.isdecimal() and following.isdecimal():
        return int(following) == int(mark) + 1
    return len(mark) == len(following) == 1 and mark.isalpha() and ord(following) == ord(mark) + 1


_COPIES = {1: 4, 2: 3, 3: 3}  # words of a phrase -> how often in a row is a loop; two from four words on
_LONGEST_LOOP = 12
_STUTTER = re.compile(r"([^\W\d_])\1{4,}|([^\W\d_]{2,4}?)\2{4,}")
_WORD = re.compile(r"\w+")


def check_repetition(pair: Pair) -> list[Flag]:
    """A word, a phrase or a few letters over and over, more often than in the text."""
    words = _WORD.findall(pair.translation.lower())
    if len(words) - len(set(words)) > 1:
        loop = _loop(words)
        if loop and not _loop(_WORD.findall(pair.text.lower())):
            return [Flag("repetition", Severity.ERROR, "", loop)]
    if (found := _STUTTER.search(pair.translation)) and not _STUTTER.search(pair.text):
        return [Flag("repetition", Severity.ERROR, "", f"«{found[0][:20]}»")]
    return []


def _loop(words: list[str]) -> str:
    """The first phrase that is said over and over, with how often, or an empty string."""
    for size in range(1, min(_LONGEST_LOOP, len(words) // 2) + 1):
        needed = _COPIES.get(size, 2)
        run = 0
        for index in range(size, len(words)):
            run = run + 1 if words[index] == words[index - size] else 0
            if run == size * (needed - 1):
                return f"«{' '.join(words[index + 1 - size : index + 1])}» {needed} times or more"
    return ""


_VERBATIM = {
    "address": re.compile(
        r"(?:https?://|www\.)[^\s<>«»\"”]+[^\s<>«»\"”.,;:!?)\]]|(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]*\w"
    ),
    "placeholder": re.compile(r"\{\{?[\w. ]*\}?\}|%\(\w+\)[sd]|%[sd]\b|\$\{\w+\}|</?[a-z]\w*[^<>]*>|\[\[?\d+\]?\]"),
    "hashtag or handle": re.compile(r"(?<![\w&/])[#@][^\W\d]\w+"),
}


_CASE_ENDING = re.compile(r"(?<=[a-zA-Z\d/])-[а-яәғқңөұүһі]+$")  # «www.egov.kz-те»
_CHARACTER = re.compile(r"&(?:#\d+|#x[\da-f]+|amp|quot|apos|lt|gt|nbsp|[lr]aquo|[mn]dash);", re.IGNORECASE)


def check_verbatim(pair: Pair) -> list[Flag]:
    """Addresses and placeholders stand in the translation as they are; of hashtags and handles, as many.

    No character is written as HTML writes it («&#39;»), unless the text has it so.
    """
    written = set(_CHARACTER.findall(pair.translation)) if "&" in pair.translation else set()
    added = sorted(written.difference(_CHARACTER.findall(pair.text)))
    flags = [Flag("verbatim", Severity.ERROR, "", f"{each} is not in the source") for each in added]
    for kind, pattern in _VERBATIM.items():
        wanted, found = (
            Counter(_CASE_ENDING.sub("", each) for each in pattern.findall(text))
            for text in (pair.text, pair.translation)
        )
        if kind.startswith("hashtag") and wanted.total() <= found.total():
            continue
        flags += [Flag("verbatim", Severity.ERROR, "", f"{kind} {each} is lost") for each in wanted - found]
    return flags


_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
_QUOTE = re.compile('["«»“”„]')
_QUOTATION = re.compile('["«“„]([^"«»“”„]+)["»”“]')
_SINGLE_QUOTE = re.compile(r"(?<!\w)['‘](?=\w)|(?<=[.,!?…])['’](?!\w)")
_CLOSED_TOGETHER = re.compile("[\"”'’]{2}")  # Russian closes two quotations that end together once
_NAME_WORDS = 3
_INTERRUPTED = re.compile(r"[,!?…—–-]\s?$")


def check_marks(pair: Pair) -> list[Flag]:
    """Brackets that close and quotation marks in pairs, where the text has them so, and no quotation lost."""
    flags = []
    for opening, closing in _BRACKETS:
        balance = pair.translation.count(opening) - pair.translation.count(closing)
        if balance and pair.text.count(opening) == pair.text.count(closing):
            flags.append(Flag("marks", Severity.WARNING, "", f"{opening} and {closing} do not match"))
    if detail := _quotation_lost(pair):
        flags.append(Flag("marks", Severity.WARNING, "", detail))
    return flags


def _quotation_lost(pair: Pair) -> str:
    """What is wrong with the quotation marks of the translation, or an empty string."""
    sides = _sides(pair)
    before, after = (len(_QUOTE.findall(text)) for text, _ in sides)
    if not before and not after:
        return ""
    single = [language == "en" and _SINGLE_QUOTE.search(text) for text, language in sides]
    if after % 2 and not before % 2 and not any(single) and not _CLOSED_TOGETHER.search(pair.text):
        return "quotation marks do not match"
    here, there = before // 2 - _no_quotations(*sides[0]), (after + 1) // 2 - _no_quotations(sides[1][0])
    if there >= here or single[1]:
        return ""
    return f"quotations: {there} for {here}" if after else "quotation marks are lost"


def _no_quotations(text: str, language: str = "") -> int:
    """How many pairs of quotation marks hold none of their own: a quotation that is interrupted by who says it has two.

    Russian and Kazakh have names of companies and works in quotation marks, which English drops: few words are such a name.
    """
    found = _QUOTATION.findall(text)
    named = sum(said.count(" ") < _NAME_WORDS for said in found) if language in ("ru", "kk") else 0
    return named + sum(_INTERRUPTED.search(said) is not None for said in found[:-1])


CHECKS: dict[str, Checker] = {
    "numbers": check_numbers,
    "language": check_language,
    "omission": check_omission,
    "repetition": check_repetition,
    "verbatim": check_verbatim,
    "marks": check_marks,
    "names": check_names,
}
SUMMARY_CHECKS: dict[str, Checker] = {
    "faithful": check_faithful,
    "language": check_language,
    "repetition": check_repetition,
}
