"""Whether a short text is in the language that it should be in, by its letters and commonest words.

No Russian word has a Kazakh letter and hardly a Kazakh sentence is without one, so that most texts are told apart at a
glance; lingua is asked only where letters and words are silent.
"""

import re

from jobs.text.language import identify

_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC = re.compile("[\u0400-\u052f]+")
_LATIN = re.compile("[a-z\u00e0-\u024f]+")
_LATIN_CAPITAL = re.compile(r"\b[a-z]?[A-Z\u00c0-\u00de][^\W\d_]*")  # also of eFootball
_SMALL_LATIN = re.compile("[a-z\u00e0-\u00f6\u00f8-\u00ff]{3,}[.,:;!?]?")
_PARTICLES = "van der den von und los las del della delle dos das bin ibn abu les des ter ten zum zur"  # of names
_NAME_PARTICLES = frozenset(_PARTICLES.split())
_ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f]+")
_KAZAKH_LETTER = re.compile("[әғқңөұүһі]")
_OTHER_CYRILLIC = re.compile("[їєґўјљњћђџѓќѕ]")
# The commonest words of each that are no words of the others.
_COMMON = {
    "ru": "и в на что с со по из к от как это этот при также был была было были или который которая которые чтобы уже "
    "после более может через около между под над во ко",
    "en": "the of and to in is was for that with on as by from it are be has have were not which said",
}
_RUSSIAN, _ENGLISH = (frozenset(_COMMON[language].split()) for language in ("ru", "en"))
_KAZAKH_WORDS = 5  # of so many Kazakh words more than one has a letter that Russian lacks
_ENOUGH_WORDS = 4  # fewer may be names alone, which are the same in Russian and Kazakh
_PROVE = 60  # letters that can prove a label wrong
_BEGINNING = 2000  # characters of a text that are looked at
_ENOUGH_SMALL = 2  # words in small letters that are no name


def foreign(text: str, language: str) -> str:
    """What of `text` is not in `language`, in a few words, or an empty string where nothing speaks against it.

    Args:
        text: a sentence, a heading or more.
        language: `en`, `ru` or `kk`; of others nothing is said.
    """
    lowered = text.lower()
    words = _WORD.findall(lowered)
    cyrillic = [word for word in words if _CYRILLIC.match(word)]
    latin = [word for word in words if _LATIN.match(word)]
    if len(words) - len(cyrillic) - len(latin) > len(words) / 2 and _ARABIC.search(lowered):
        return "in Arabic script"
    if language == "en":
        return _not_english(text, cyrillic, latin)
    if language not in ("ru", "kk"):
        return ""
    if found := _in_latin(text, cyrillic, latin):
        return found
    return _not_kazakh(text, cyrillic) if language == "kk" else _not_russian(text, lowered, cyrillic)


def plainly(text: str, language: str) -> str:
    """The language of ours that a text plainly is in, although it is said to be in `language`; else an empty string.

    Short texts, names and quotations prove nothing: most letters must be of the wrong script, or Kazakh ones be frequent in
    Russian (in Kazakh they are one letter in six), or missing in what should be Kazakh.
    """
    lowered = text[:_BEGINNING].lower()
    letters, cyrillic = _letters(_WORD.findall(lowered)), _letters(_CYRILLIC.findall(lowered))
    kazakh = len(_KAZAKH_LETTER.findall(lowered))
    if letters < _PROVE:
        return ""
    in_cyrillic, in_latin = cyrillic > 0.8 * letters, cyrillic < 0.1 * letters
    possible = {
        "en": ("ru", "kk") if in_cyrillic else (),
        "ru": ("en",) if in_latin else ("kk",) if kazakh > 0.08 * cyrillic else (),
        "kk": ("en",) if in_latin else ("ru",) if not kazakh and cyrillic > 5 * _PROVE else (),
    }.get(language)
    return found if possible and (found := identify(text)) in possible else ""


def _letters(words: list[str]) -> int:
    return sum(map(len, words))


def _not_english(text: str, cyrillic: list[str], latin: list[str]) -> str:
    if _letters(cyrillic) > _letters(latin):
        return "in Cyrillic script"
    if len(cyrillic) >= _ENOUGH_WORDS:
        return "partly in Cyrillic script"
    if len(latin) < _ENOUGH_WORDS or not _ENGLISH.isdisjoint(latin):
        return ""
    found = identify(text)
    return f"in another language ({found})" if found not in ("en", "") and len(latin) > 2 * _ENOUGH_WORDS else ""


def _in_latin(text: str, cyrillic: list[str], latin: list[str]) -> str:
    """Latin letters where Cyrillic ones are due; names and titles, in which most words have a capital, may stay."""
    if not latin:
        return ""
    prose = sum(word in _ENGLISH for word in latin)
    in_names = len(_LATIN_CAPITAL.findall(text)) > len(latin) / 2
    if in_names and len(cyrillic) >= _ENOUGH_WORDS:
        return ""
    if _letters(latin) > _letters(cyrillic) and (prose or len(latin) >= _ENOUGH_WORDS):
        return "in Latin script"
    if not cyrillic and sum(map(_is_small_latin, text.split())) >= _ENOUGH_SMALL:
        return "in Latin script"
    if prose >= 3 and len(latin) >= 2 * _ENOUGH_WORDS:
        return "partly in English"
    return ""


def _is_small_latin(token: str) -> bool:
    """Whether a token is a Latin word in small letters that is neither in a name nor an address or a unit."""
    return _SMALL_LATIN.fullmatch(token) is not None and token not in _NAME_PARTICLES


def _not_kazakh(text: str, words: list[str]) -> str:
    kazakh = sum(_KAZAKH_LETTER.search(word) is not None for word in words)
    russian = sum(word in _RUSSIAN for word in words)
    if russian >= 3 and russian >= len(words) / 8:
        return "partly in Russian" if kazakh else "in Russian"
    if russian and 0 < kazakh <= len(words) / _KAZAKH_WORDS and _without_kazakh_letters(words) == "ru":
        return "partly in Russian"
    if kazakh or not words:
        return ""
    if russian or (_is_more_than_names(text, words) and identify(text) == "ru"):
        return "in Russian"
    return ""


def _is_more_than_names(text: str, words: list[str]) -> bool:
    """Whether a text is no name alone, which would be the same in both languages: it is long, or has words in small letters."""
    return len(words) >= _ENOUGH_WORDS or sum(word[0].islower() for word in _WORD.findall(text)) >= _ENOUGH_SMALL


def _without_kazakh_letters(words: list[str]) -> str:
    """The language of the other words; one such letter makes any text Kazakh to lingua."""
    return identify(" ".join(word for word in words if not _KAZAKH_LETTER.search(word)))


def _not_russian(text: str, lowered: str, words: list[str]) -> str:
    if _OTHER_CYRILLIC.search(lowered) and len(words) >= _ENOUGH_WORDS:
        return "in another language in Cyrillic script"
    kazakh = sum(_KAZAKH_LETTER.search(word) is not None for word in words)
    if kazakh >= len(words) / 5 and kazakh > 1:
        return "in Kazakh" if _RUSSIAN.isdisjoint(words) else "partly in Kazakh"
    if _RUSSIAN.isdisjoint(words) and len(words) >= _ENOUGH_WORDS and identify(text) == "kk":
        return "in Kazakh"
    return ""
