"""Kazakh case endings by vowel harmony and final sound.

Follows the endings tables of Kazakh school grammar: the last vowel decides between back and front endings, the last
sound between voiced, nasal and voiceless ones, and a noun in the third-person possessive takes the pronominal н.
"""

import re

CASES = ("nom", "gen", "dat", "acc", "loc", "abl", "ins", "adj")

_BACK = set("аоұыяё")
_FRONT = set("әөүіеэиь")
_VOICELESS = set("пфкқтсшщчцхһбвгд")
_NASAL = set("мнң")
_VOWEL = set("аәоөұүыіеэяюё")

# Endings per class of final sound, written with back vowels; `_FRONTED` turns them into their front counterparts.
_ENDINGS: dict[str, dict[str, str]] = {
    "vowel": {"gen": "ның", "dat": "ға", "acc": "ны", "loc": "да", "abl": "дан", "ins": "мен", "adj": "дағы"},
    "nasal": {"gen": "ның", "dat": "ға", "acc": "ды", "loc": "да", "abl": "нан", "ins": "мен", "adj": "дағы"},
    "voiced": {"gen": "дың", "dat": "ға", "acc": "ды", "loc": "да", "abl": "дан", "ins": "мен", "adj": "дағы"},
    "sibilant": {"gen": "дың", "dat": "ға", "acc": "ды", "loc": "да", "abl": "дан", "ins": "бен", "adj": "дағы"},
    "voiceless": {"gen": "тың", "dat": "қа", "acc": "ты", "loc": "та", "abl": "тан", "ins": "пен", "adj": "тағы"},
    "possessive": {"gen": "ның", "dat": "на", "acc": "н", "loc": "нда", "abl": "нан", "ins": "мен", "adj": "ндағы"},
}
_FRONTED = str.maketrans({"а": "е", "ы": "і", "ғ": "г", "қ": "к"})


def is_back(word: str) -> bool:
    """Whether `word` takes back endings: decided by its last vowel; у and ю look further left.

    Surnames in -ев and -ов go by their stem, as in print: Тоқаевтың, Әлиевтің, Мәсімовтің, Песковтың.
    """
    surname = re.fullmatch(r"([А-ЯЁӘІҢҒҮҰҚӨҺ].+)([её]в|ов)", word)
    if surname and surname[2] == "ов":
        return not set("әөүі") & set(word.lower())
    if surname:
        word = surname[1]
    for letter in reversed(word.lower()):
        if letter in _BACK:
            return True
        if letter in _FRONT:
            return False
    return True


def sound_class(word: str) -> str:
    """The class of the final sound of `word`, a key of the endings table."""
    letters = [letter for letter in word.lower() if letter.isalpha() and letter not in "ьъ"]
    last = letters[-1] if letters else "а"
    if last in _VOWEL:
        return "vowel"
    if last in _NASAL:
        return "nasal"
    if last in "жз":
        return "sibilant"
    return "voiceless" if last in _VOICELESS else "voiced"


def decline(word: str, case: str, *, possessive: bool = False, say: str = "") -> str:
    """Put `word` (or the last word of a phrase) into `case`.

    Args:
        word: nominative; a phrase is declined at its end.
        case: one of `CASES`; `adj` is the locative attributive («Алматыдағы»).
        possessive: the phrase ends in a third-person possessive («министрлігі», «банкі»).
        say: how an abbreviation ends when it is read aloud, where spelling does not tell («ТМД» is read «тэ-эм-дэ»).
    """
    if case == "nom":
        return word
    heard = say or re.split(r"[\s-]", word.rstrip('»”"'))[-1]
    ending = _ENDINGS["possessive" if possessive else sound_class(heard)][case]
    if case == "ins" or is_back(heard):
        attached = ending
    else:
        attached = ending.translate(_FRONTED)
    last = word.split()[-1]
    hyphen = "-" if not last[-1].isalpha() or (len(last) > 1 and last.isupper()) else ""
    return word + hyphen + attached


VERB_FORMS = ("past", "not", "will", "wont", "part", "noun", "conv", "cond", "would")
_ENDS_IN_VOWEL = set("аәеоөұүыіэ")


def conjugate(stem: str, form: str) -> str:
    """A verb stem (or a phrase that ends in one) in a third-person form.

    Args:
        stem: the imperative without an ending: қабылда, қол қой, талап ет.
        form: `past` (қабылдады), `not` (қабылдамады), `will` (қабылдайды), `wont` (қабылдамайды), `part` (қабылдаған),
            `noun` (қабылдау), `conv` (қабылдап), `cond` (қабылдаса), `would` (қабылдайтын).
    """
    back = is_back(re.split(r"[\s-]", stem)[-1])
    if form in ("not", "wont"):
        negation = {"vowel": "ма", "nasal": "ба", "sibilant": "ба", "voiceless": "па"}.get(_verb_class(stem), "ма")
        negated = stem + _harmony(negation, back)
        return conjugate(negated, "past" if form == "not" else "will")
    if form in ("past", "part", "cond"):
        hard = _verb_class(stem) == "voiceless"
        ending = {"past": "ты" if hard else "ды", "part": "қан" if hard else "ған", "cond": "са"}[form]
        return stem + _harmony(ending, back)
    return _joined_by_vowel(stem, form, back)


def _joined_by_vowel(stem: str, form: str, back: bool) -> str:
    """Forms that begin with a vowel: the end of the stem softens (тап, таба) or merges with it (қой, қояды)."""
    closed = stem[-1] not in _ENDS_IN_VOWEL
    if form == "noun":
        if stem[-1] in "ыі":
            return stem[:-1] + "у"
        return stem[:-1] + "ю" if stem[-1] == "й" else _softened(stem) + "у"
    if form == "conv":
        return _softened(stem, conv=True) + _harmony("ып" if closed else "п", back)
    ending = {"will": "ды", "would": "тын"}[form]
    if stem[-1] in "ыі":
        return stem[:-1] + _harmony("и" + ending, back)
    if stem[-1] == "й" and back:
        return stem[:-1] + "я" + ending
    return _softened(stem) + _harmony(("а" if closed else "й") + ending, back)


def _harmony(ending: str, back: bool) -> str:
    return ending if back else ending.translate(_FRONTED)


def _softened(stem: str, *, conv: bool = False) -> str:
    """Before a vowel the end of a stem is voiced: тап, табу; in the converb of one syllable п becomes у: тауып.

    Қорық loses its last vowel instead: қорқу, қорқып.
    """
    if stem.endswith("қорық"):
        return stem[:-2] + "қ"
    short = sum(letter in _VOWEL for letter in re.split(r"[\s-]", stem)[-1]) == 1
    voiced = {"п": "у" if conv and short else "б", "к": "г", "қ": "ғ"}
    return stem[:-1] + voiced.get(stem[-1], stem[-1])


def _verb_class(stem: str) -> str:
    return "vowel" if stem[-1] in _ENDS_IN_VOWEL else sound_class(stem)
