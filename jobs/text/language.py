"""Which language a text is in, by lingua, among the project's languages and those most often taken for them."""

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingua import LanguageDetector

# Beside en, ru and kk: what stands in the same script in the region's feeds, so that it is refused and not mistaken.
_CANDIDATES = (
    *("ENGLISH", "RUSSIAN", "KAZAKH", "UKRAINIAN", "BELARUSIAN", "BULGARIAN"),
    *("MONGOLIAN", "TURKISH", "AZERBAIJANI", "GERMAN", "FRENCH", "SPANISH"),
)
_ENOUGH = 1500  # characters of an article that decide its language
_ISO_639_2 = {"eng": "en", "rus": "ru", "kaz": "kk"}


@lru_cache
def _detector() -> "LanguageDetector":
    from lingua import Language, LanguageDetectorBuilder

    languages = [getattr(Language, name) for name in _CANDIDATES]
    return LanguageDetectorBuilder.from_languages(*languages).build()


def identify(text: str) -> str:
    """The BCP-47 code of the language of `text`, or an empty string where it has no words of any known one."""
    found = _detector().detect_language_of(text[:_ENOUGH])
    return found.iso_code_639_1.name.lower() if found else ""


def normalised(code: str) -> str:
    """A language code as feeds give it (`en-US`, `RUS`, `kk_KZ`) as a plain BCP-47 language."""
    primary = code.strip().lower().replace("_", "-").split("-")[0]
    return _ISO_639_2.get(primary, primary)
