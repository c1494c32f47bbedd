"""Latin letters inside Cyrillic words, put there by a keyboard or a scanner, made the Cyrillic ones that they look like.

To a reader «бiр» with a Latin i is «бір»; to a translator, a glossary and a search it is another word.
"""

import re
import unicodedata

_ALIKE = {
    "ru": str.maketrans("ABCEHKMOPTXYaceopxy", "АВСЕНКМОРТХУасеорху"),
    "kk": str.maketrans("ABCEHIKMOPTXYƏaceiopxyhə", "АВСЕНІКМОРТХУӘасеіорхуһә"),
}
_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_ALL_CYRILLIC = re.compile("[\u0400-\u052f]+")
_ACRONYM = re.compile("[A-Z]{2}")


def repaired(text: str, language: str) -> tuple[str, int]:
    """The text in NFC with such letters made Cyrillic, and how many they were.

    Args:
        text: any text.
        language: `ru` or `kk`; a text in another comes back as it is.

    Returns:
        The text, changed only in words that hold a Cyrillic letter and are Cyrillic throughout once it is done: «USBмен»
        stays, and so does an acronym with an ending in small letters.
    """
    if language not in _ALIKE:
        return text, 0
    before = unicodedata.normalize("NFC", text)
    after = _WORD.sub(lambda found: _word(found[0], language), before)
    return after, sum(old != new for old, new in zip(before, after, strict=True))


def _word(word: str, language: str) -> str:
    if not _CYRILLIC.search(word) or (_ACRONYM.search(word) and not word.isupper()):
        return word
    cyrillic = word.translate(_ALIKE[language])
    return cyrillic if _ALL_CYRILLIC.fullmatch(cyrillic) else word
