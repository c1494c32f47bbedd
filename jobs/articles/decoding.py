"""Bytes of a page to text: UTF-8, UTF-16, or the one-byte encodings of Russian, Kazakh and Western pages.

What a page says about itself is tried first. A guess is only made between encodings that the bytes are valid in, by
whether the words they give could be written so: short texts are decided as surely as long ones, and always alike.
"""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ONE_BYTE = ("cp1251", "kz1048", "koi8_r", "cp1252")
_OTHER_FILES = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
)
_DECLARED_WITHIN = 4096  # bytes; browsers look at 1,024, but pages with long scripts at the top exist
_DECLARED = re.compile(rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_LEAST_PLAUSIBLE = 0.7
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_MOST_CONTROL = 0.01

_NEWLINES = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_WORD = re.compile(r"[^\W\d_]+")
_STRANGE = re.compile("[^\x00-\x7f]")
_PUNCTUATION = re.compile("[\xa0\xad«»‹›“”„‘’‚–—…•№°§€£©®™·±]")
_CYRILLIC = re.compile("[А-Яа-яЁёӘәҒғҚқҢңӨөҰұҮүҺһІіЇїЄєҐґ]+")
_LATIN = re.compile("[A-Za-zÀ-ÖØ-öø-ÿŒœŠšŽžŸ]+")
_PLAIN_UTF16 = re.compile("[\t\n\r -~\xa0-ÿĀ-ſЀ-ӿ–-—‘-„•…€№ऀ-ॿ]")


class Undecodable(UnicodeError):
    """Bytes that are no text, or text in an encoding that cannot be told."""


def decode(data: bytes) -> str:
    """The text of a page's bytes, with line feeds for newlines, without byte order mark and control characters.

    Args:
        data: UTF-8 or UTF-16 with or without a byte order mark, an encoding that `<meta charset>` names,
            Windows-1251, KZ-1048, KOI8-R or Windows-1252.

    Raises:
        Undecodable: the bytes are another kind of file, or give no readable text in any of these.
    """
    for beginning, kind in _OTHER_FILES:
        if data.startswith(beginning):
            raise Undecodable(f"begins as {kind}, not as a page of text")
    text = _NEWLINES.sub("\n", _decoded(data))
    control = len(_CONTROL.findall(text))
    if control > _MOST_CONTROL * len(text):
        raise Undecodable(f"{control} of {len(text)} characters are control characters; not a page of text")
    return _CONTROL.sub("", text)


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = _valid(data[len(mark) :], encoding)
            if text is None:
                raise Undecodable(f"has a byte order mark of {encoding} but is not valid in it")
            return text
    text = _utf16(data)
    if text is None:
        text = _valid(data, "utf-8")
    if text is None:
        text = _declared(data)
    return _guessed(data) if text is None else text


def _valid(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _utf16(data: bytes) -> str | None:
    """Text of UTF-16 without a mark: every second byte of it is one of few, in one of the two orders."""
    if len(data) < 2 or len(data) % 2 or not _CONTROL.search(data[:_DECLARED_WITHIN].decode("latin-1")):
        return None
    for encoding in ("utf-16-le", "utf-16-be"):
        text = _valid(data, encoding)
        if text and len(_PLAIN_UTF16.findall(text)) >= 0.95 * len(text):
            return text
    return None


def _declared(data: bytes) -> str | None:
    """Text in the encoding that a page names; UTF-8 has been tried, and wins where a page is wrong about itself."""
    found = _DECLARED.search(data[:_DECLARED_WITHIN])
    if not found:
        return None
    try:
        encoding = codecs.lookup(found[1].decode("ascii"))
    except LookupError:
        return None
    if encoding.name.startswith(("utf", "ascii")) or not encoding._is_text_encoding:
        return None
    return _valid(data, {"iso8859-1": "cp1252"}.get(encoding.name, encoding.name))


def _guessed(data: bytes) -> str:
    if not _is_damaged_utf8(data):
        texts = [text for encoding in _ONE_BYTE if (text := _valid(data, encoding)) is not None]
        best = max(texts, key=_plausibility, default="")
        if best and _plausibility(best) >= _LEAST_PLAUSIBLE:
            return best
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Undecodable(
            f"byte {error.start} is not UTF-8, and no other encoding ({', '.join(_ONE_BYTE)}) gives words"
        ) from error


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether most bytes outside ASCII are UTF-8; as Windows-1252, curly quotes of it would pass for punctuation."""
    valid = sum(map(len, _UTF8.findall(data)))
    return 2 * valid > len(_NOT_ASCII.findall(data))


def _plausibility(text: str) -> float:
    """The share, from 0 to 1, of the characters outside ASCII that stand where a writer could have put them.

    KOI8-R read as Windows-1251 turns the case of every letter around; UTF-8 read so gives capitals inside words.
    """
    strange = _STRANGE.findall(text)
    if not strange:
        return 1.0
    words = (word for word in _WORD.findall(text) if not word.isascii() and _well_formed(word))
    fine = sum(len(_STRANGE.findall(word)) for word in words) + len(_PUNCTUATION.findall(text))
    return fine / len(strange)


def _well_formed(word: str) -> bool:
    one_alphabet = _CYRILLIC.fullmatch(word) or _LATIN.fullmatch(word)
    return bool(one_alphabet) and (word.islower() or word.istitle() or word.isupper())
