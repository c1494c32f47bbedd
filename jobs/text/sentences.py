"""Cuts a text into sentences, headings and list items, so that joining them again gives the text back to the byte.

razdel proposes boundaries; a review then takes back those that no reader would see: after an abbreviation or an initial,
before a small letter, without any closing punctuation, and between a sentence and its reference mark «[12]».
"""

import re
from collections.abc import Iterator
from itertools import pairwise

import razdel

from jobs.records import Segment

# Words that take a full stop and do not end a sentence. «г.» (year) and «ж.» (жыл) do end one as often as not.
_ABBREVIATIONS = {
    "en": "mr mrs ms dr prof gen col lt sgt capt sen rep gov st jr sr vs v no inc ltd corp co vol fig pp p ed eds cf "
    "jan feb mar apr jun jul aug sept sep oct nov dec mt ft op",
    "ru": "род им ул пр просп пл стр см ср проф акад ген полк гр тов тыс млн млрд руб коп долл кв пос ст обл респ рис "
    "табл илл напр англ нем фр лат каз рус корп мин тел гор р с д м",
    "kk": "мың млн млрд трлн б т қ ғ обл ауд акад проф қр тг см мыс т.б",
}
_KNOWN = {language: frozenset(words.split()) for language, words in _ABBREVIATIONS.items()}
_CLOSED = re.compile(r"""[.!?…]["'”’»)\]]*$""")
_REFERENCE = re.compile(r"\s?\[\d[\d,\s–-]*\]")
_OPENING = re.compile(r"""\s*["'“‘„«(\[]*(\w)""")
_LAST_WORD = re.compile(r"([^\W\d_]+)\.$")
_BULLET = re.compile(r"\s*(?:[-–—•*·‣▪]|\(?\d{1,3}[.)])(?=\s)")
_LOOKED_BACK = 20  # characters before a full stop that tell whether it ends a sentence
_LINE = re.compile(r"[^\n\r\u2028\u2029]+")


def segment(text: str, language: str) -> list[Segment]:
    r"""The segments of `text`, in order.

    Args:
        text: any text; line breaks always separate.
        language: BCP-47 code; decides which abbreviations are known.

    Returns:
        Segments whose texts have no white space around them; the white space is in the separators. A bullet or a list
        number is a segment of its own. `"".join(s.text + s.separator for s in segments)` is `text`.
    """
    spans = [span for line in _LINE.finditer(text) for span in _in_line(line[0], line.start(), language)]
    starts = [*(start for start, _ in spans), len(text)]
    before = [Segment("", text[: starts[0]])] if starts[0] else []
    return before + [
        Segment(text[start:end], text[end:following]) for (start, end), following in zip(spans, starts[1:], strict=True)
    ]


def _in_line(line: str, offset: int, language: str) -> Iterator[tuple[int, int]]:
    """Start and end, in the whole text, of each segment of one line."""
    bullet = _BULLET.match(line)
    first = bullet.end() if bullet else 0
    cuts = [0, first, *(first + end for end in boundaries(line[first:], language)), len(line)]
    for start, end in pairwise(cuts):
        piece = line[start:end]
        if piece.strip():
            left = start + len(piece) - len(piece.lstrip())
            yield offset + left, offset + start + len(piece.rstrip())


def boundaries(line: str, language: str) -> list[int]:
    """Where sentences end within one line, as offsets after their last character; the end of the line is left out."""
    found = []
    last = len(line.rstrip())
    for proposal in razdel.sentenize(line):
        end = proposal.stop
        while reference := _REFERENCE.match(line, end):
            end = reference.end()
        # Not the whole line before and after: where a book is one line, copies of it for each sentence take minutes.
        if end < last and _ends(line[max(0, proposal.stop - _LOOKED_BACK) : proposal.stop], line, end, language):
            found.append(end)
    return sorted(set(found))


def _ends(left: str, line: str, end: int, language: str) -> bool:
    """Whether a sentence ends between `left` and what `line` holds from `end` on."""
    if not _CLOSED.search(left):
        return False
    opening = _OPENING.match(line, end)
    if opening and opening[1].islower():
        return False
    word = _LAST_WORD.search(left)
    return not (word and word[1].lower() in _KNOWN.get(language, ()))
