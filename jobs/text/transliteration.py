"""Kazakh in Latin script and back.

The alphabet is that of 2021, 31 letters (https://en.wikipedia.org/wiki/Kazakh_alphabets), with ñ for ң as since April 2021;
January's ŋ is read as well. It has no letters of their own for й, һ, ё, ц, ч, щ, э, ю and я: they are spelt with the letters
that it has (i, h, io, ts, tş, şş, e, iu, ia), and ь and ъ are not written.
"""

import re
from functools import cache
from importlib.resources import files

_CYRILLIC = "аәбвгғдежзийкқлмнңоөпрстуұүфхһыішцчщэюяёьъ"
_LATIN = (
    *(
        "a",
        "ä",
        "b",
        "v",
        "g",
        "ğ",
        "d",
        "e",
        "j",
        "z",
        "i",
        "i",
        "k",
        "q",
        "l",
        "m",
        "n",
        "ñ",
        "o",
        "ö",
        "p",
        "r",
        "s",
    ),
    *("t", "u", "ū", "ü", "f", "h", "h", "y", "ı", "ş", "ts", "tş", "şş", "e", "iu", "ia", "io", "", ""),
)
_TO_LATIN = dict(zip(_CYRILLIC, _LATIN, strict=True))
_FROM_LATIN = {latin: cyrillic for cyrillic, latin in reversed(_TO_LATIN.items()) if len(latin) == 1} | {"ŋ": "ң"}
_TO_CYRILLIC = str.maketrans(_FROM_LATIN)
_CYRILLIC_RUN = re.compile(f"[{_CYRILLIC}{_CYRILLIC.upper()}]+")
_LATIN_WORD = re.compile(r"[^\W\d_]+")
_KAZAKH = re.compile(f"[{''.join(_FROM_LATIN)}]+")
# Beginnings of the endings that nouns take: plural, possessive, case, and -лы, -лық, -дай.
_ENDING = re.compile("[ldt][ae]r|[ldtn][yı]|s?[yı]|ğa|ge|qa|ke|[dt][ae]|[mbp]en|$")
_SURE = 6  # letters that a stem must have to count whatever follows it
_LATIN_VOWELS = tuple("aäeiıyoöuūü")
_V = "aäeiıyoöuūüаәеиіыоөуұүэюяё"
# What is spelt alike, told apart by what stands around it; each rule reads what the earlier ones left.
_READINGS = tuple(
    (re.compile(pattern), reading)
    for pattern, reading in (
        (r"(?<=t)tş|tş(?![yıa])|\btş", "ч"),  # Kazakh words have т + ш only before the endings -шы, -ші, -ша
        (r"şş", "щ"),
        (rf"\bts|(?<=\bs)ts|(?<=[kqn])ts|ts(?=i)|(?<=[{_V}])ts\b", "ц"),  # elsewhere т + с, as in етсе
        (
            rf"(?<=[aoао])e(?!v)|\be(?=[^{_V}]+[aoyi]|i)",
            "э",
        ),  # a Kazakh word that begins with е has no back vowel after it
        (rf"(?<=[{_V}])i(?=[oe])|\bi(?=o)", "й"),
        (rf"(?<=[{_V}])ia|(?<=[^l]l)ia|\bia", "я"),
        (rf"(?<=[{_V}])iu|\biu|(?<=[^{_V}])iu(?!m)", "ю"),
        (rf"(?<=[{_V}])i", "й"),
    )
)


def to_latin(text: str) -> str:
    """Kazakh text in Latin script; what is not in Cyrillic stays as it is."""
    return _CYRILLIC_RUN.sub(lambda run: _run_to_latin(run[0]), text)


def _run_to_latin(run: str) -> str:
    letters = []
    for position, letter in enumerate(run):
        latin = _TO_LATIN[letter.lower()]
        if letter.isupper():
            neighbours = run[max(position - 1, 0) : position] + run[position + 1 : position + 2]
            latin = _upper(latin) if neighbours.isupper() else _upper(latin[:1]) + latin[1:]
        letters.append(latin)
    return "".join(letters)


def _upper(latin: str) -> str:
    """Capitals with and without a dot, as in Turkish."""
    return latin.replace("i", "İ").upper()


def _lower(latin: str) -> str:
    return latin.replace("İ", "i").replace("I", "ı").lower()


def to_cyrillic(text: str) -> str:
    """Kazakh text in Cyrillic script again.

    Where Cyrillic letters share a spelling, their surroundings and `loan_stems.txt` decide: a rare loan word or a foreign
    name may come back with е for э or without its ь. A word with a letter that Kazakh does not have stays as it is.
    """
    return _LATIN_WORD.sub(lambda word: _word_to_cyrillic(word[0]), text)


def _word_to_cyrillic(word: str) -> str:
    lower = _lower(word)
    if not _KAZAKH.fullmatch(lower):
        return word
    read = _stem_read(lower)
    for pattern, reading in _READINGS:
        read = pattern.sub(reading, read)
    read = read.translate(_TO_CYRILLIC)
    if len(word) > 1 and word == _upper(lower):
        # A single capital would be spelt «Ia» again: İA is «ИА» and not «Я».
        return (read if len(read) > 1 else lower.translate(_TO_CYRILLIC)).upper()
    return read.capitalize() if word[0] != lower[0] else read


def _stem_read(lower: str) -> str:
    """The word with its beginning in Cyrillic already, where that is a known loan stem; the longest one counts."""
    stems, longest = _stems()
    for length in range(min(len(lower), longest), 1, -1):
        stem = stems.get(lower[:length], "")
        soft_before_vowel = stem.endswith("ь") and lower[length : length + 1] in _LATIN_VOWELS  # модель, but моделі
        if stem and not soft_before_vowel and (length >= _SURE or _ENDING.match(lower, length)):
            return stem + lower[length:]
    return lower


@cache
def _stems() -> tuple[dict[str, str], int]:
    """Stems in Latin script -> in Cyrillic, and the length of the longest."""
    text = files("jobs.text").joinpath("loan_stems.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    stems = {to_latin(stem): stem for line in lines for stem in line.split()}
    return stems, max(map(len, stems))
