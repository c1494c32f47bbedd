"""Which language a text is in, by lingua, among the project's languages and those most often taken for them."""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingua import LanguageDetector

# Beside en, ru and kk: what stands in the same script in the region's feeds, so that it is refused and not mistaken.
_CANDIDATES = (
    *("ENGLISH", "RUSSIAN", "KAZAKH", "UKRAINIAN", "BELARUSIAN", "BULGARIAN"),
    *("MONGOLIAN", "TURKISH", "AZERBAIJANI", "GERMAN", "FRENCH", "SPANISH"),
)
_ENOUGH = 1500  # characters of an article that decide its language
_SPOKEN = {"eng": "en", "rus": "ru", "kaz": "kk", "kz": "kk"}  # kz is the country, and what many of its sites say
# Three letters are a code, but for those that say "unknown", "several", "none" or "not a number", and for private ones.
_ISO_639_3 = re.compile("(?!und|mul|mis|zxx|nan|q[a-t])[a-z]{3}")


@cache
def _two_letters() -> frozenset[str]:
    """The codes of ISO 639-1, which are those of two letters in CLDR."""
    from babel import Locale

    return frozenset(code for code in map(str, Locale("en").languages) if len(code) == 2)


@cache
def _detector() -> "LanguageDetector":
    from lingua import Language, LanguageDetectorBuilder

    languages = [getattr(Language, name) for name in _CANDIDATES]
    return LanguageDetectorBuilder.from_languages(*languages).build()


def identify(text: str) -> str:
    """The BCP-47 code of the language of `text`, or an empty string where it has no words of any known one."""
    found = _detector().detect_language_of(text[:_ENOUGH])
    return found.iso_code_639_1.name.lower() if found else ""


def normalised(code: str) -> str:
    """A language code as feeds give it (`en-US`, `RUS`, `kk_KZ`, `kz`) as a plain BCP-47 language.

    Empty where it is no code of a language (`und`, `English`), so that the text is asked.
    """
    primary = code.strip().lower().replace("_", "-").split("-")[0]
    known = primary in _two_letters() or _ISO_639_3.fullmatch(primary)
    return _SPOKEN.get(primary, primary if known else "")
