"""Words without their endings, in Russian and Kazakh, for comparing forms of one word without a dictionary.

And the dictionary of Russian, for what cannot be told without one.
"""

import re
from functools import cache, lru_cache
from typing import Any

_RUSSIAN = re.compile(
    "(?:а|я|у|ю|о|е|ы|и|й|ь|ом|ем|ой|ей|ою|ею|ым|им|ых|их|ам|ям|ами|ями|ах|ях|ов|ев|ого|его|ому|ему|ый|ий|ая|яя|ую|юю|ое|ее|"
    "ые|ие|ью|ия|ии|ию|ией|ием|ье|ья|ьи|ьей|ыми|ими)$"
)
# Possessive, plural and case endings, each in its variants after vowels and consonants.
_KAZAKH = re.compile(
    "(?:[лдт][ае]р|[дт][ае]ғы|[дт][ае]г[іы]|[ндт][ыі]ң|[дтн][ыі]|[ғқ]а|[гк]е|на|не|[дтн][ае]н|[дтн][ае]|[мбп]ен|"
    "[лдт][ыі][қк]|л[ыі]|с[ыі]|[ыі]м[ыі]з|[ыі]ң[ыі]з|[ыі]м|[ыі]ң|[ыі]н|[ыі]|н|ша|ше|дай|дей|тай|тей|л[ыі]ғ|л[іы]г)$"
)
_SHORTEST = 2  # letters of a stem
_MOST = 4  # Kazakh endings in a row, as in бала-лар-ымыз-да-ғы
_CYRILLIC = re.compile("[а-яё]+")
_NAMES = ("Name", "Surn", "Patr", "Geox", "Orgn", "Trad")  # of OpenCorpora's tags
_VOICED = str.maketrans("бгғ", "пкқ")


@lru_cache(1 << 16)
def stems(word: str, language: str) -> frozenset[str]:
    """The word in small letters and what is left of it without each ending that it may have.

    Two words may be forms of one if they share a stem. A final consonant that a Kazakh ending voices (б, г, ғ) counts as
    the voiceless one.
    """
    lower = word.lower().replace("ё", "е")
    if language == "ru":
        found = {lower[: len(lower) - length] for length in range(1, 4) if _RUSSIAN.fullmatch(lower[-length:])}
        return frozenset({lower} | {stem for stem in found if len(stem) >= _SHORTEST})
    if language == "kk":
        return frozenset(map(_voiceless, _kazakh(lower)))
    return frozenset({lower})


def whole(word: str) -> str:
    """A Kazakh word as it stands among the stems of its forms, with every ending that it has."""
    return _voiceless(word.lower())


def _voiceless(stem: str) -> str:
    return stem[:-1] + stem[-1:].translate(_VOICED)


def _kazakh(word: str) -> set[str]:
    found = last = {word}
    for _ in range(_MOST):
        last = {
            stem[:-length]
            for stem in last
            for length in range(1, 5)
            if len(stem) - length >= _SHORTEST and _KAZAKH.fullmatch(stem[-length:])
        }
        found = found | last
    return found


@cache
def russian() -> Any:
    """The dictionary of Russian word forms (pymorphy3, after OpenCorpora); loaded once."""
    from pymorphy3 import MorphAnalyzer

    return MorphAnalyzer()


@lru_cache(1 << 14)
def is_name(word: str) -> bool | None:
    """Whether the dictionary has a Russian word, most likely, as a person's, a place's or an organisation's name.

    None where it does not have the word at all.
    """
    lower = word.lower()
    if not _CYRILLIC.fullmatch(lower):  # the dictionary fails at letters that Unicode has no name for
        return None
    likeliest = russian().parse(lower)[0]
    return any(mark in likeliest.tag for mark in _NAMES) if likeliest.is_known else None
