"""Which language a text is in, by lingua, among the project's languages and those most often taken for them."""

import re
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
_SPOKEN = {"eng": "en", "rus": "ru", "kaz": "kk", "kz": "kk"}  # kz is the country, and what many of its sites say
_TWO_LETTERS = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en "
    "eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv "
    "ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne "
    "ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss "
    "st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
_ISO_639_1 = frozenset(_TWO_LETTERS.split())
# Three letters are a code, but for those that say "unknown", "several", "none" or "not a number", and for private ones.
_ISO_639_3 = re.compile("(?!und|mul|mis|zxx|nan|q[a-t])[a-z]{3}")


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
    """A language code as feeds give it (`en-US`, `RUS`, `kk_KZ`, `kz`) as a plain BCP-47 language.

    Empty where it is no code of a language (`und`, `English`), so that the text is asked.
    """
    primary = code.strip().lower().replace("_", "-").split("-")[0]
    known = primary in _ISO_639_1 or _ISO_639_3.fullmatch(primary)
    return _SPOKEN.get(primary, primary if known else "")
