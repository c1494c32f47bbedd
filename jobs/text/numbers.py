"""The numbers of a text as values, however they are written: 10,000 · 10 000 · ten thousand · 10 тыс. · он мың.

Where a notation can be read in two ways («1.234», «3 p.m.»), a number has all the values that a reader could take it for;
two numbers agree where they share one.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from jobs.text.numerals import Numeral, Role, lexicon

Value = float | str  # a clock time is "15:00", so that no number is equal to it


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a text.

    Attributes:
        text: as written.
        values: what it can be read as; below nought with a minus before it.
        figure: written in figures; else in words.
        firm: it counts or measures; a small number in words is often idiom («one of», «в два счёта»).
        parts: the numbers that it is made of, where it could be read apart («3.10» as third of October).
        start: offset of its first character; end: offset after its last.
    """

    text: str
    values: frozenset[Value]
    figure: bool
    firm: bool
    parts: tuple[float, ...]
    start: int
    end: int


_SPACES = " \u00a0\u2009\u202f"
_SPACE = re.compile(rf"[{_SPACES}'’]")
_FIGURE = re.compile(
    rf"(?P<grouped>\d{{1,3}}(?:[{_SPACES}'’]\d{{3}})+(?!\d)(?:[.,]\d{{1,2}}(?!\d))?)"
    r"|(?P<clock>(?:[01]?\d|2[0-4]):\s?[0-5]\d(?![\d:])(?![.,]\d))"
    r"|(?P<plain>\d+(?:[.,]\d+)*[½¼¾]?)"
    r"|(?P<vulgar>[½¼¾])"
)
_VULGAR = {"½": 0.5, "¼": 0.25, "¾": 0.75}
_THOUSANDS = {",": re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?"), ".": re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")}
_WORD = re.compile(r"[^\W\d_]+")
_LAST_WORD = re.compile(r"[^\W\d_]+$")
_JOINTS = frozenset((" ", "\u00a0", "-", "\u2011"))

_SCALE = {
    "en": {
        "thousand": 1e3, "k": 1e3, "lakh": 1e5, "crore": 1e7, "million": 1e6, "mln": 1e6, "mn": 1e6, "m": 1e6,
        "billion": 1e9, "bln": 1e9, "bn": 1e9, "trillion": 1e12, "tn": 1e12, "trln": 1e12,
    },
    "ru": {
        "тыс": 1e3, "тысяч": 1e3, "лакх": 1e5, "крор": 1e7, "млн": 1e6, "миллион": 1e6, "млрд": 1e9, "миллиард": 1e9,
        "трлн": 1e12, "триллион": 1e12,
    },
    "kk": {
        "мың": 1e3, "лакх": 1e5, "крор": 1e7, "млн": 1e6, "миллион": 1e6, "млрд": 1e9, "миллиард": 1e9,
        "трлн": 1e12, "триллион": 1e12,
    },
}  # fmt: skip
_MAYBE_SCALE = frozenset(("k", "m"))  # «5k» and «100m» are also kilometres and metres, but not «$5m»
_MONEY = "$€£¥₸₽₹₺"


def _after(language: str) -> re.Pattern[str]:
    """What may follow a figure and belongs to it: «and a half», a magnitude, a half of the day, the plural of a decade."""
    scales = "|".join(sorted(_SCALE.get(language, {"$^": 0}), key=len, reverse=True))
    ending = r"(?:s|-)?(?!\w)" if language == "en" else r"\w*"
    halves = r"(?P<half>[ap])\.?\s?m\b" if language == "en" else r"(?P<half>$^)"
    decade = r"(?P<decade>['’]?s\b)" if language == "en" else r"(?P<decade>$^)"
    more = r"(?P<more>\s(?:and a half|с половиной|жарым)\b)?"
    return re.compile(rf"{more}(?:[\s\u00a0-]?(?P<scale>{scales}){ending}|\s?{halves}|{decade}|(?(more)|(?!)))")


_AFTER = {language: _after(language) for language in ("en", "ru", "kk", "")}
_RANGE = re.compile(r"\s?(?:[-–—]|to|and|or|до|и|или|мен|не|немесе|\w{0,4}-?(?:тан|тен|дан|ден|нан|нен))\s?[$€£]?")


# A minus stands behind a white space or a bracket; «10 -15» is a range.
_MINUS = re.compile(
    r"(?:(?:^|(?<![\d%])[\s\u00a0(«\"])[-–\u2212][\s\u00a0]?(?<![-–]\s)[$€£]?|\b(?:minus|минус)[\s\u00a0])$"
)
_LONGEST = (
    200  # characters; a longer number, or a trillion of it, would be beyond any float, and is compared as it is written
)
_LOOK_BACK = 8  # characters before a number that tell its sign
_DECADES = re.compile(r"[\s\u00a0-](?:decades|десятилети|онжылды)")


@lru_cache(maxsize=1024)  # a sentence is read again for each of its hypotheses
def numbers(text: str, language: str) -> tuple[Number, ...]:
    """The numbers of `text`, those in figures first, each in order.

    Args:
        text: one sentence, or more.
        language: BCP-47 code: decides how separators are read and which words are numbers.
    """
    lowered = text.lower().replace("ё", "е")
    figures = _with_shared_scale(list(_figures(lowered, language)), lowered, language)
    figures = _with_shared_century(_put_together(figures, lowered), lowered)
    return tuple(_in_place(number, lowered) for number in (*figures, *_spelled(lowered, language, figures)))


def _in_place(number: Number, text: str) -> Number:
    """The number with what stands around it: a minus, or decades that may be told in years."""
    if _DECADES.match(text, number.end):
        years = (value * 10 for value in number.values if isinstance(value, float | int))
        return replace(number, values=number.values.union(years))
    if minus := _MINUS.search(text[max(0, number.start - _LOOK_BACK) : number.start]):
        below = frozenset(-value for value in number.values if isinstance(value, float | int)) or number.values
        start = number.start - len(minus[0].lstrip('(«" \u00a0'))
        return replace(number, text=text[start : number.end], values=below, start=start)
    return number


def _figures(text: str, language: str) -> Iterator[Number]:
    after = _AFTER.get(language, _AFTER[""])
    for match in _FIGURE.finditer(text):
        written, start, end = match[0], match.start(), match.end()
        if text.endswith("&#", 0, start):
            continue  # a character written as a number
        for piece in _pieces(match):
            following = after.match(text, end) if piece == written else None
            if following:
                end = following.end()
            code = start > 0 and text[start - 1].isalpha()  # H5N1, p109
            if len(piece) > _LONGEST:
                yield Number(piece, frozenset((piece,)), True, not code, (), start, end)
                continue
            written_so = text[start:end] if following else piece
            values, parts = _read(piece, language, match.lastgroup == "clock")
            money = start > 0 and text[start - 1] in _MONEY
            readings = frozenset(_scaled(values, following, language, money))
            yield Number(written_so, readings, True, not code, parts, start, end)


def _pieces(match: re.Match[str]) -> list[str]:
    """A figure whole, or the numbers of a date, a version or an address where it can be none by itself."""
    written = match[0]
    if match.lastgroup != "plain" or len(re.findall("[.,]", written)) < 2:
        return [written]
    if any(shape.fullmatch(written.rstrip("½¼¾")) for shape in _THOUSANDS.values()):
        return [written]
    return re.split("[.,]", written)


def _read(written: str, language: str, clock: bool) -> tuple[set[Value], tuple[float, ...]]:
    """The values of a figure without what follows it, and its parts."""
    if clock:
        hour, minute = (int(part) for part in written.split(":"))
        written_otherwise: set[Value] = {round(hour + minute / 100, 2), hour * 100.0 + minute} if hour else set()
        return _clock(hour, minute) | written_otherwise, (hour, minute)
    groups = _SPACE.split(written)
    plain = "".join(groups)
    if plain[-1] in _VULGAR:
        wholes = _read(plain[:-1], language, clock=False)[0] if plain[:-1] else {0.0}
        return {value + _VULGAR[plain[-1]] for value in wholes if isinstance(value, float)}, ()
    if plain.isdecimal():
        return {float(plain)}, tuple(map(float, groups)) if len(groups) > 1 else ()
    return _separated(plain, language)


def _separated(plain: str, language: str) -> tuple[set[Value], tuple[float, ...]]:
    """A figure with points or commas: thousands or a decimal fraction, or both where its language does not decide."""
    mark = next(character for character in plain if character in ".,")
    several = plain.count(".") + plain.count(",") > 1
    thousands = _THOUSANDS[mark].fullmatch(plain) and (several or not plain.startswith("0"))
    values: set[Value] = set()
    if thousands and (several or (language, mark) != ("en", ".")):
        values.add(float(plain.replace(mark, "").replace(",", ".")))
    if several:
        return values, ()
    if not thousands or (language, mark) != ("en", ","):
        values.add(float(plain.replace(",", ".")))
    whole, fraction = plain.split(mark)
    if mark == "." and len(fraction) == 2 and int(whole) < 24 and int(fraction) < 60:
        values |= _clock(int(whole), int(fraction))
    return values, (float(whole), float(fraction))


def _clock(hour: int, minute: int) -> set[Value]:
    """A time of day; one before one o'clock in the afternoon may be meant for either half of the day."""
    hours = {hour, hour + 12} if hour < 12 else {hour, hour % 12} if hour == 12 else {hour}
    values: set[Value] = {f"{each}:{minute:02}" for each in hours}
    return values | ({float(hour)} if minute == 0 else set())


def _scaled(values: set[Value], following: re.Match[str] | None, language: str, money: bool) -> set[Value]:
    """The values after what follows the figure is taken into account, and whether it is a sum of money."""
    if following is None:
        return values
    if following["more"]:
        values = {value + 0.5 for value in values if isinstance(value, float)}
    plain = [value for value in values if isinstance(value, float)]
    if scale := following["scale"]:
        grown: set[Value] = {round(value * _SCALE[language][scale], 4) for value in plain}
        return grown | values if scale in _MAYBE_SCALE and not money else grown
    if half := following["half"]:
        return _half_of_day(values, half)
    decades: set[Value] = {value % 100 for value in plain if 1000 < value < 2100 and value % 100}
    decades |= {1900 + value for value in plain if 10 <= value < 100 and value % 10 == 0}
    centuries: set[Value] = {value // 100 + 1 for value in plain if 1000 < value < 2100 and value % 100 == 0}
    return values | decades | centuries


def _half_of_day(values: set[Value], half: str) -> set[Value]:
    """«3 p.m.» is 15:00, 15 or 3; «3 a.m.» is never 15:00."""
    made: set[Value] = set()
    for value in values:
        if isinstance(value, float):
            made.add(value)
            if value == int(value) and value <= 12:
                hour = int(value) % 12 + 12 * (half == "p")
                made |= {float(hour), f"{hour}:00", f"{int(value)}:00"}
        elif half == "p" or int(value.split(":")[0]) <= 12:
            made.add(value)
    return made


def _with_shared_scale(figures: list[Number], text: str, language: str) -> list[Number]:
    """«4.2–3.9 million»: the first number may share the magnitude of the second."""
    made = list(figures)
    for index in range(len(made) - 2, -1, -1):
        first, second = made[index], made[index + 1]
        if not _RANGE.fullmatch(text, first.end, second.start):
            continue
        word = _LAST_WORD.search(second.text)
        known = _SCALE.get(language, {})
        name = max((name for name in known if word and word[0].startswith(name)), key=len, default="")
        scale = known[name] if name else 1e3 if _IN_THOUSANDS.search(second.text) else 0
        if scale:
            shared = {round(value * scale, 4) for value in first.values if isinstance(value, float) and value < 1e3}
            made[index] = replace(first, values=first.values | shared)
    return made


_IN_THOUSANDS = re.compile(rf"[{_SPACES}]000$")  # «300–400 000»


_GAP = re.compile("[ \u00a0]")
_GAP_AND_POINT = re.compile(r"\.?[ \u00a0]")  # «2 млн. 300 тыс.»
_SHORTENED = re.compile(r"(?:тыс|млн|млрд|трлн)$")
_IN_THOUSANDS_BY_WORD = re.compile(r"(?:thousand|тыс|тысяч\w{0,3}|мың)$")
_BELOW_THOUSAND = re.compile(r"\d{1,3}")


def _put_together(figures: list[Number], text: str) -> list[Number]:
    """«2 миллиона 750 тысяч» is one number, and so is «15 тысяч 300»."""
    made: list[Number] = []
    for number in figures:
        before = made[-1] if made else None
        if before and _goes_on(before, number, text):
            great, small = (
                max(value for value in each.values if isinstance(value, float)) for each in (before, number)
            )
            if small < great and great % 1e3 == 0:
                written = text[before.start : number.end]
                whole = frozenset((great + small,))
                made[-1] = replace(before, text=written, values=whole, parts=(great, small), end=number.end)
                continue
        made.append(number)
    return made


def _goes_on(before: Number, number: Number, text: str) -> bool:
    """Whether a figure with a magnitude is followed by a smaller one, or thousands by a figure below one thousand."""
    gap = _GAP_AND_POINT if _SHORTENED.search(before.text) else _GAP
    if not _is_scaled(before) or not gap.fullmatch(text, before.end, number.start):
        return False
    if _is_scaled(number):
        return True
    below = _BELOW_THOUSAND.fullmatch(number.text) and not text.startswith("%", number.end)
    return bool(below and _IN_THOUSANDS_BY_WORD.search(before.text))


def _is_scaled(number: Number) -> bool:
    return number.text[0].isdigit() and number.text[-1].isalpha() and max(map(_size, number.values), default=0) >= 1e3


def _size(value: Value) -> float:
    return 0.0 if isinstance(value, str) else value


def _with_shared_century(figures: list[Number], text: str) -> list[Number]:
    """«2008-09» is 2008 to 2009."""
    made = list(figures)
    for index, (first, second) in enumerate(pairwise(figures), 1):
        if (
            _YEAR.fullmatch(first.text)
            and _SHORT_YEAR.fullmatch(second.text)
            and text[first.end : second.start] in "-–/"
        ):
            year = float(first.text[:2] + second.text)
            if year > float(first.text):
                made[index] = replace(second, values=second.values | {year})
    return made


_YEAR = re.compile(r"(?:1\d|20)\d\d")
_SHORT_YEAR = re.compile(r"\d\d")


_AND_HALF = {"en": " and a ", "ru": " с "}
_OF = frozenset((("en", " a "), ("en", " of a ")))
_DOZEN, _CENTURY = 12, 100
_ONE_AND = re.compile(r"\ban? [a-z]+ and a $")  # «a year and a half»
_LOOK_FAR = 24  # characters


@dataclass(slots=True)
class _Run:
    """A number in words while it is read: `total` of the magnitudes so far, and the `group` below the next one."""

    start: int
    end: int
    total: float = 0
    group: float = 0
    words: int = 0
    alone: bool = False

    def reaches(self, gap: str, language: str) -> bool:
        """Whether what stands between two words may stand within a number."""
        if gap in _JOINTS or language != "en":
            return gap in _JOINTS
        return gap == " and " or (gap == ", " and self.total > 0 and self.group == 0)

    def takes(self, numeral: Numeral) -> bool:
        """Whether the number can go on with this word."""
        if numeral.role is Role.STANDS_ALONE:
            return False
        if numeral.role is Role.MULTIPLIES:
            return self.group > 0 if numeral.value > 100 else self.group < 100
        if numeral.value < 1:
            return self.group > 0 and self.group % 1 == 0  # «екі жарым»
        width = 10 if numeral.value < 10 else 100 if numeral.value < 100 else 1000
        return self.group % width == 0 and (self.group >= width or (self.group == 0 and self.total > 0))

    def phrase(self, numeral: Numeral, gap: str, language: str) -> float:
        """What the group becomes with a half or a dozen: «two and a half», «half a million», «two dozen»; else 0."""
        alone = numeral.role is Role.STANDS_ALONE
        if not self.alone and self.group >= 1 and self.group % 1 == 0:
            if alone and numeral.value == 0.5 and gap == _AND_HALF.get(language):
                return self.group + 0.5
            if alone and numeral.value == _DOZEN and gap in _JOINTS:
                return self.group * _DOZEN
        counted = numeral.role is Role.MULTIPLIES or numeral.value in (_DOZEN, _CENTURY)
        if self.alone and self.group in (0.25, 0.5) and counted and (gap in _JOINTS or (language, gap) in _OF):
            return self.group * numeral.value
        return 0

    def add_phrase(self, group: float, numeral: Numeral, end: int) -> None:
        """Go on with a word that makes the group another one; dozens and centuries are idiom, a half a measure."""
        self.alone = numeral.value in (_DOZEN, _CENTURY)
        self.group = group
        self.end = end
        self.words += 1

    def add(self, numeral: Numeral, end: int) -> None:
        """Go on with a word."""
        if numeral.role is not Role.MULTIPLIES:
            self.group += numeral.value
        elif numeral.value == 100:
            self.group = (self.group or 1) * 100
        else:
            self.total += (self.group or 1) * numeral.value
            self.group = 0
        self.end = end
        self.words += 1
        self.alone = numeral.role is Role.STANDS_ALONE or (numeral.ambiguous and self.words == 1)


def _spelled(text: str, language: str, figures: list[Number]) -> Iterator[Number]:
    """The numbers that are written in words, outside those in figures."""
    known = lexicon(language)
    run: _Run | None = None
    closed = False
    starts = [figure.start for figure in figures]
    for match in _WORD.finditer(text):
        numeral = known.get(match[0])
        if numeral is None or _is_within(match.start(), starts, figures):
            continue
        gap = text[run.end : match.start()] if run else ""
        if run and (group := run.phrase(numeral, gap, language)):
            run.add_phrase(group, numeral, match.end())
            closed = group % 1 == 0  # «two and a half» may be millions
            continue
        if run and (closed or not run.reaches(gap, language) or not run.takes(numeral)):
            yield _number(run, text)
            run = None
        run = run or _Run(match.start(), match.end())
        run.add(numeral, match.end())
        closed = numeral.last
    if run:
        yield _number(run, text)


def _is_within(position: int, starts: list[int], figures: list[Number]) -> bool:
    """Whether `position` lies behind the start of a figure and before its end."""
    index = bisect_left(starts, position) - 1
    return index >= 0 and position < figures[index].end


def _number(run: _Run, text: str) -> Number:
    value = run.total + run.group
    values = {value}
    if value == 0.5 and _ONE_AND.search(text[max(0, run.start - _LOOK_FAR) : run.start]):
        values.add(1.5)
    loose = run.alone or (run.words == 1 and value >= 100)  # «a fortnight», «thousands of», «сто раз»
    firm = value > 12 and not loose
    return Number(text[run.start : run.end], frozenset(values), False, firm, (), run.start, run.end)
