"""The article in the text that a browser shows: headline, date, standfirst and body, without the page around them.

Lines are the unit. Each is judged by its own look and words (`_kind`), then by its neighbours: the body is the run of
prose that outweighs the gaps inside it, the densest region of the page, as in boilerpipe (Kohlschütter et al. 2010)
and jusText (Pomikálek 2011). Weights were set by hand and count words; nothing here knows a language or a site beyond
the phrases of `furniture`.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from enum import Enum, auto

from jobs.articles import furniture
from jobs.articles.furniture import words

# Weights, in words of prose.
SHORT_LINE = 8  # what a bare headline, a menu item or a notice weighs against the body
SEPARATOR = 2  # what a line weighs that only repeats, as "Advertisement" does between paragraphs
DEEPEST_GAP = 60  # no gap weighs more, so that a form in the middle does not cut an article in two
LONGEST_PROSE = 50  # no paragraph weighs more, so that one long notice is not an article
ALONE = 0.5  # share that is left to a paragraph between two short lines: a teaser under its headline looks so
BELOW_COMMENTS = 0.3  # share that is left to prose below a heading "Comments"
BEFORE_COMMENTS = 80  # prose that must stand above such a heading for it to count
LEAST_BODY = 12  # a page with less prose than this has no article
LEAST_BARE_BODY = 25  # nor has one with less than this and neither headline nor date

# Words that a line of its kind has at most.
LABEL_WORDS = 7  # a menu item, a button
HEADING_WORDS = 16  # a sub-heading, a line of author and date
QUESTION_WORDS = 20  # a question that may be a heading
SHOUTED_WORDS = 4  # a sub-heading in capitals; longer ones are links
REPEATED_WORDS = 25  # a line that two occurrences make furniture; longer ones may be quoted
NOTICE_WORDS = 40  # a caption, and a notice that one phrase gives away
HEADLINE_WORDS = range(2, 31)
STANDFIRST_WORDS = range(5, 46)

# How far, in lines.
HEADER_LINES = 80  # a headline stands above the body
STANDFIRST_LINES = 15  # a standfirst stands below the headline
DATE_LINES = 15  # a date stands above the headline

# What tells a headline: the words that it shares with the body.
LEAST_HEADLINE = 1.0  # so many at least
HEADLINE_WORDS_COUNTED = 12  # so many at most, for a standfirst would win otherwise
CLEARLY_MORE = 1.25  # how many times more a line must share to be preferred to one above it
NOTICE_SHARE = 0.1  # what part of the body may turn out to be a notice above the headline

_BULLET = re.compile(r"^(?:[*+•●▪■◦·]|[o-](?= ))\s+")
_SENTENCE_END = re.compile(r"[.!?։।。][\"'”’»)\]]*$")
_INNER_END = re.compile(r"(?<=[^\W\d])[\"'”’»)]*[.!?][\"'”’»)]*\s+[\"'“‘«(—–-]*\s?[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ]")
_QUESTION = re.compile(r"[^\"'“‘«—–-].*[?!]$")
_TRUNCATED = re.compile(r"(?:…|\.\.\.|\[…\])$")


@dataclass(frozen=True, slots=True)
class Page:
    """An article as it stands on its page.

    Attributes:
        title: the headline, where one was found.
        standfirst: the sentence or two under the headline that are set apart from the body.
        published: ISO 8601 date.
        text: paragraphs and sub-headings joined by newlines; empty where no article was recognised.
        dropped: the lines of the page that are not in any of the others, in their order.
    """

    title: str | None
    standfirst: str | None
    published: str | None
    text: str
    dropped: tuple[str, ...]


class _Kind(Enum):
    PROSE = auto()
    SHORT = auto()  # a sub-heading, a bare headline, a menu item
    META = auto()  # date, author
    CREDIT = auto()  # a picture's caption with its credit, or the credit alone
    LINKS = auto()  # a heading over links
    LINKED = auto()  # a short line under such a heading
    NOTICE = auto()  # menus, buttons, forms, small print
    REPEATED = auto()  # stands on the page more than once


_HEADLINES = (_Kind.SHORT, _Kind.REPEATED, _Kind.LINKED, _Kind.META)
_SEPARATORS = (_Kind.REPEATED, _Kind.NOTICE, _Kind.LINKED)


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    kind: _Kind
    size: int  # words
    bullet: bool = False


def read_plain_text(text: str) -> Page:
    """Find the article in the text of a page, as a browser shows or copies it.

    Args:
        text: the visible text of one page, one block a line.

    Returns:
        The parts of the article; `text` is empty where nothing on the page looks like one.
    """
    lines = _lines(text)
    body = _body(lines)
    title = _title(lines, body)
    body = [index for index in body if title is None or index > title]
    standfirst = _standfirst(lines, body, title)
    published = _published(lines, body, title)
    if title is None and published is None and sum(lines[index].size for index in body) < LEAST_BARE_BODY:
        return Page(None, None, None, "", tuple(line.text for line in lines))
    used = {index for index in (title, standfirst, published) if index is not None} | set(body)
    return Page(
        None if title is None else lines[title].text,
        None if standfirst is None else lines[standfirst].text,
        None if published is None else furniture.find_date(lines[published].text),
        "\n".join(lines[index].text for index in body if index != standfirst),
        tuple(line.text for index, line in enumerate(lines) if index not in used),
    )


def _lines(text: str) -> list[_Line]:
    shown = [stripped for line in text.splitlines() if (stripped := " ".join(line.split()))]
    times = Counter(shown)
    if _is_doubled(times):
        times = Counter(set(shown))
    lines: list[_Line] = []
    under_links = False
    seen: set[str] = set()
    for whole in shown:
        bare = _BULLET.sub("", whole)
        kind = _Kind.REPEATED if whole in seen and times[whole] == 1 else _kind(bare, times[whole])
        if under_links and kind is _Kind.SHORT:
            kind = _Kind.LINKED
        under_links = kind is _Kind.LINKS or (under_links and kind is not _Kind.PROSE)
        seen.add(whole)
        lines.append(_Line(whole, kind, len(words(bare)), bare != whole))
    return _without_captions(lines)


def _is_doubled(times: Counter[str]) -> bool:
    """Whether most long lines stand twice: a page that holds its article for a phone and for a desk."""
    long = [(count, len(line)) for line, count in times.items() if len(words(line)) > HEADING_WORDS]
    return 2 * sum(size for count, size in long if count > 1) > sum(size for _, size in long)


def _kind(line: str, times: int) -> _Kind:
    """What a line is by its own look; `times` is how often it stands on the page."""
    size = len(words(line))
    ends = bool(_SENTENCE_END.search(line)) and not _TRUNCATED.search(line)
    if size == 0 or furniture.appeals(line) >= (1 if size <= NOTICE_WORDS else 2):
        return _Kind.NOTICE
    if furniture.heads_links(line) and (size <= LABEL_WORDS or not ends):
        return _Kind.LINKS if furniture.opens_links(line) else _Kind.NOTICE
    if furniture.is_label(line) and ((size <= LABEL_WORDS and not ends) or size <= 2):
        return _Kind.NOTICE
    if size <= NOTICE_WORDS and furniture.is_credit(line):
        return _Kind.CREDIT
    if times > 2 or (times == 2 and size <= REPEATED_WORDS):
        return _Kind.REPEATED
    if size <= HEADING_WORDS and not ends and (furniture.has_time(line) or furniture.is_byline(line)):
        return _Kind.META
    return _Kind.PROSE if _is_prose(line, size, ends) else _Kind.SHORT


def _is_prose(line: str, size: int, ends: bool) -> bool:
    if size <= QUESTION_WORDS and (_shouts(line) or (_QUESTION.match(line) and not _INNER_END.search(line))):
        return False
    if ends:
        return size > 2
    return size >= 30 or (size >= HEADING_WORDS and bool(_INNER_END.search(line)))


def _shouts(line: str) -> bool:
    upper = sum(character.isupper() for character in line)
    return 2 * upper > sum(character.isalpha() for character in line)


def _without_captions(lines: list[_Line]) -> list[_Line]:
    """Mark what a credit belongs to: the line above a bare credit, and a line that says a caption again."""
    marked = list(lines)
    for index in range(1, len(lines)):
        line, above = lines[index], marked[index - 1]
        if line.kind is _Kind.CREDIT and line.size <= LABEL_WORDS and _may_be_caption(above, line):
            marked[index - 1] = replace(above, kind=_Kind.CREDIT)
        elif above.kind is _Kind.CREDIT and line.size > 3 and above.text.startswith(line.text):
            marked[index] = replace(line, kind=_Kind.CREDIT)
    return marked


def _may_be_caption(line: _Line, credit: _Line) -> bool:
    if line.kind is _Kind.PROSE:
        return line.size <= NOTICE_WORDS and credit.text.startswith("(")
    return line.kind in (_Kind.SHORT, _Kind.REPEATED) and not line.text.endswith("?")


def is_furniture(line: str) -> bool:
    """Whether a line is a notice, a credit or a heading over links by its own look, wherever it stands."""
    return _kind(line, 1) in (_Kind.NOTICE, _Kind.CREDIT, _Kind.LINKS)


def _body(lines: list[_Line]) -> list[int]:
    start, end = _densest(lines)
    prose = [index for index in range(start, end) if lines[index].kind is _Kind.PROSE]
    while len(prose) > 1 and furniture.is_biography(lines[prose[-1]].text):
        prose.pop()
    if sum(lines[index].size for index in prose) < LEAST_BODY:
        return []
    end = prose[-1] + 1
    return sorted([*prose, *(index for index in range(start, end) if _is_sub_heading(lines, index, end))])


def _densest(lines: list[_Line]) -> tuple[int, int]:
    """The run of lines, from prose to prose, whose prose most outweighs the gaps inside it."""
    best, best_span = 0.0, (0, 0)
    here, start, gap, seen, share = 0.0, 0, 0, 0, 1.0
    for index, line in enumerate(lines):
        if line.kind is not _Kind.PROSE:
            gap = min(gap + (SEPARATOR if line.kind is _Kind.REPEATED else SHORT_LINE), DEEPEST_GAP)
            if seen > BEFORE_COMMENTS and line.size <= LABEL_WORDS and furniture.heads_comments(line.text):
                share = BELOW_COMMENTS
            continue
        if here <= gap:
            here, start = 0.0, index
        else:
            here -= gap
        here += share * min(line.size, LONGEST_PROSE) * (ALONE if _stands_alone(lines, index) else 1)
        seen, gap = seen + line.size, 0
        if here > best:
            best, best_span = here, (start, index + 1)
    return best_span


def _neighbour(lines: list[_Line], index: int, step: int) -> _Line | None:
    """The next line in a direction that is neither notice nor repetition."""
    index += step
    while 0 <= index < len(lines) and lines[index].kind in _SEPARATORS:
        index += step
    return lines[index] if 0 <= index < len(lines) else None


def _stands_alone(lines: list[_Line], index: int) -> bool:
    beside = (_neighbour(lines, index, -1), _neighbour(lines, index, 1))
    return all(line is not None and line.kind is not _Kind.PROSE for line in beside)


def _is_sub_heading(lines: list[_Line], index: int, end: int) -> bool:
    """A lone short line with prose under it; two in a row are a list of links, unless a colon leads on."""
    line = lines[index]
    if line.kind is not _Kind.SHORT or line.bullet or line.size > HEADING_WORDS or " | " in line.text:
        return False
    if line.size > SHOUTED_WORDS and _shouts(line.text):
        return False
    above, below = _neighbour(lines, index, -1), _neighbour(lines[:end], index, 1)
    if below is None or below.kind is not _Kind.PROSE:
        return line.text.endswith(":") and above is not None and above.kind is _Kind.PROSE
    return above is None or above.kind in (_Kind.PROSE, _Kind.CREDIT) or above.text.endswith(":")


def _title(lines: list[_Line], body: list[int]) -> int | None:
    """The line above the body that shares most words with it; one further down must share more.

    Where a notice above the headline was taken for the first paragraph, the headline is just below that.
    """
    if not body:
        return None
    prose = [index for index in body if lines[index].kind is _Kind.PROSE]
    known = _stems(lines, prose)
    room = NOTICE_SHARE * sum(lines[index].size for index in prose)
    best, best_score = None, LEAST_HEADLINE
    for index in range(max(0, body[0] - HEADER_LINES), body[-1]):
        line = lines[index]
        if index >= body[0]:
            room -= line.size if line.kind is _Kind.PROSE else 0
            if best is not None or room < 0:
                break
        if line.size not in HEADLINE_WORDS or line.kind not in _HEADLINES or line.bullet or line.text.endswith(":"):
            continue
        score = _shared(line, known) * min(line.size, HEADLINE_WORDS_COUNTED)
        if any(line.text in other.text and line.text != other.text for other in lines[: body[0]]):
            score *= CLEARLY_MORE**2  # the page's own title holds the headline and the site's name
        if score > CLEARLY_MORE * best_score or (best is not None and line.text == lines[best].text):
            best, best_score = index, max(score, best_score)
    return best


def _stems(lines: list[_Line], indices: list[int]) -> set[str]:
    return {_stem(word) for index in indices for word in words(lines[index].text)}


def _shared(line: _Line, known: set[str]) -> float:
    """The share of a line's words that are known, by their first letters: endings change in Russian and Kazakh."""
    return sum(_stem(word) in known for word in words(line.text)) / max(1, line.size)


def _stem(word: str) -> str:
    return word.casefold()[:5]


def _standfirst(lines: list[_Line], body: list[int], title: int | None) -> int | None:
    """The first sentence under the headline, if it has no full stop or something parts it from the body."""
    if title is None:
        return None
    for index in range(title + 1, min(title + STANDFIRST_LINES, body[1] if len(body) > 1 else body[0])):
        line = lines[index]
        if line.size not in STANDFIRST_WORDS or line.kind not in (_Kind.PROSE, _Kind.SHORT) or line.bullet:
            continue
        parted = line.kind is _Kind.SHORT or lines[index + 1].kind is not _Kind.PROSE
        at_once = line.kind is _Kind.PROSE and index == title + 1
        if at_once or _shared(line, _stems(lines, [other for other in body if other != index])) >= 0.5:
            return index if parted else None
    return None


def _published(lines: list[_Line], body: list[int], title: int | None) -> int | None:
    """The dated line next to the headline, below it rather than above."""
    if not body:
        return None
    near = body[0] if title is None else title
    dated = [
        index
        for index in range(max(0, near - DATE_LINES), body[0] + 1)
        if index != title and lines[index].kind is _Kind.META and furniture.find_date(lines[index].text)
    ]
    return min(dated, key=lambda index: (index < near, abs(index - near)), default=None)
