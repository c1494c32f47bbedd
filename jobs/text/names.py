"""What names sound like, so that Tokayev, Токаев and Тоқаев are one name, in any case and with any ending.

A name becomes its consonants in an alphabet of classes; vowels are where spellings differ most. Two names are compared by
edit distance, with costs after what English, Russian and Kazakh spelling confuse (ch: ч, к, ш; j: дж, ж, х).
"""

import re
import unicodedata
from functools import lru_cache

_SPELLINGS = {
    **{
        "tsch": "C",
        "sch": "S",
        "tch": "C",
        "dzh": "J",
        "dj": "J",
        "dg": "J",
        "zh": "J",
        "xh": "J",
        "sh": "S",
        "ch": "C",
        "ph": "f",
    },
    **{"th": "t", "kh": "h", "gh": "g", "ck": "k", "qu": "kw", "tz": "c", "ts": "c", "zz": "c", "x": "ks", "q": "k"},
    **{
        "c": "k",
        "j": "J",
        "дж": "J",
        "тч": "C",
        "тш": "C",
        "тц": "c",
        "тс": "c",
        "дз": "c",
        "б": "b",
        "в": "v",
        "г": "g",
    },
    **{"ғ": "g", "д": "d", "ж": "J", "з": "z", "к": "k", "қ": "k", "л": "l", "м": "m", "н": "n", "ң": "n", "п": "p"},
    **{"р": "r", "с": "s", "т": "t", "ф": "f", "х": "h", "һ": "h", "ц": "c", "ч": "C", "ш": "S", "щ": "S"},
}
_SPELLING = re.compile("|".join(sorted(_SPELLINGS, key=len, reverse=True)) + "|[bdfghklmnprstvwzG]")
_SOFT = re.compile("([cg])(?=[eiy])")
_VOWELS = "aeiouyаеиоуыэюяәөұүі"
_ONE_FOR_ANOTHER = (
    "bp bv vw vf pf wf td tc ts tz dz dJ sz sS sc sC sk zJ zS zc zC SJ SC CJ Ck CS Cc Ch Sh ck ct cz cJ kg kh gG gh gJ GJ Gh GS "
    "Gk Gz hJ wA JA"
)
_CONFUSION = {pair: 0.3 for both in _ONE_FOR_ANOTHER.split() for pair in (both, both[::-1])}
_SILENT = {"w": 0.3, "h": 0.3, "J": 0.5, "g": 0.6, "G": 0.6, "A": 0.4, "t": 0.7, "s": 0.7, "d": 0.7, "r": 0.7, "n": 0.8}
_TAIL = 0.06  # cost of one more consonant behind the name, in an ending
_LONG = 3  # classes from which on a name may have any ending
_LONGEST_ENDING = 6  # classes, as in -ларындағылардан
_SHORT_ENDING = 2  # of a shorter name
_DIFFERENT = 9.0
_ALLOWED_SHORT = 0.4  # cost that a name shorter than that may have
_ALLOWED = 0.3  # cost per consonant at which two spellings still are one name


@lru_cache(1 << 16)
def sounds(word: str) -> str:
    """The consonants of a word in classes, with `A` for a vowel at its beginning."""
    plain = "".join(part for part in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(part))
    plain = _SOFT.sub(lambda letter: "s" if letter[1] == "c" else "G", plain.replace("ł", "l").replace("ь", ""))
    made = ["A"] if plain[:1] in _VOWELS else []
    for unit in _SPELLING.findall(plain):
        for sound in _SPELLINGS.get(unit, unit):
            if not made or made[-1] != sound:
                made.append(sound)
    return "".join(made)


@lru_cache(1 << 18)
def unlikeness(name: str, other: str) -> float:
    """How far two names, as `sounds` gives them, are apart: 0 for the same, above 1 for different ones.

    `other` may have an ending that `name` does not have; a longer `name` is compared in full.
    """
    length = len(name)
    if not name or not other or len(other) - length > (_LONGEST_ENDING if length >= _LONG else _SHORT_ENDING):
        return _DIFFERENT
    allowed = _ALLOWED * length if length >= _LONG else _ALLOWED_SHORT
    if other.startswith(name):
        return _TAIL * (len(other) - len(name)) / allowed
    first, against = name[0], other[0]
    least = (
        0.0
        if first == against
        else min(_CONFUSION.get(first + against, 1.0), _SILENT.get(first, 1.0), _SILENT.get(against, 1.0))
    )
    return _DIFFERENT if least > allowed else _distance(name, other) / allowed


def _distance(name: str, other: str) -> float:
    """Edit distance of `name` to the beginning of `other`, and a little for the rest."""
    row = [0.0]
    for sound in other:
        row.append(row[-1] + _SILENT.get(sound, 1.0))
    for sound in name:
        silent = _SILENT.get(sound, 1.0)
        above, row = row, [row[0] + silent]
        for column, against in enumerate(other):
            change = above[column] + (0.0 if sound == against else _CONFUSION.get(sound + against, 1.0))
            row.append(min(change, above[column + 1] + silent, row[column] + _SILENT.get(against, 1.0)))
    width = len(other)
    return min(cost + _TAIL * (width - column) for column, cost in enumerate(row))
