"""Checks that every amount of a text stands in its translation: numbers by value, months, per cents, currencies, units.

For a summary, which need not have every amount, there is the other half: that it has none of its own.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobs.records import Flag, Pair, Severity
from jobs.text import quantities
from jobs.text.numbers import Number, Value, numbers
from jobs.text.numerals import romans, within_word

# Two to twelve in words, and a half more: firm only where the other side has another one instead.
_COUNTS = frozenset((*range(2, 13), *(count + 0.5 for count in range(2, 12))))


def check_numbers(pair: Pair) -> list[Flag]:
    """Numbers lost, added or changed; a converted unit is a note.

    Values are compared and not notation, each as often as it occurs. A minus may be told in words («5 градусов мороза»).
    """
    here, there = numbers(pair.text, pair.source), numbers(pair.translation, pair.target)
    if not here and not there:
        return []
    lost, added = ([number for number in side if _matters(number)] for side in _unmatched(here, there))
    text, translation = (side.lower().replace("ё", "е") for side in (pair.text, pair.translation))
    flags: list[Flag] = []
    conversions: list[_Conversion] = []
    if lost or added:
        own, others = quantities.months(text, pair.source), quantities.months(translation, pair.target)
        lost = _unexplained(lost, added, pair.translation, translation, pair.target, others - own)
        added = _unexplained(added, lost, pair.text, text, pair.source, own - others)
        _drop_told_signs(lost, added, text, translation)
        conversions = _conversions(here, lost, added, text, translation)
        flags += [conversion.flag() for conversion in conversions]
        flags += _told(lost, added)
    if any(number.figure for number in (*here, *there)):
        flags += _turned(text, translation)
        flags += _beside(text, translation, pair, {conversion.unit for conversion in conversions})
    return flags


def added_amounts(pair: Pair) -> list[str]:
    """Numbers, per cents and currencies of the translation that the text does not have, each as it is told.

    How often a number occurs does not matter; one may be cut or rounded to a whole one, or given in another unit. Small
    numbers in words are not looked at: a summary may count what its text lists.
    """
    there = [number for number in numbers(pair.translation, pair.target) if number.firm]
    if not there:
        return []
    here = numbers(pair.text, pair.source)
    known = _readings(here)
    added = [number for number in there if not known & number.values]
    text, translation = (side.lower().replace("ё", "е") for side in (pair.text, pair.translation))
    weighed: set[str] = set()
    if added:
        named = quantities.months(text, pair.source) - quantities.months(translation, pair.target)
        added = _unexplained(added, [], pair.text, text, pair.source, named)
        weighed = {conversion.other_unit for conversion in _conversions(here, [], added, text, translation)}
    found = [number.text for number in added]
    if quantities.percent_lost(translation, text):
        found.append("per cent")
    money = quantities.currencies(translation) - quantities.currencies(text) - weighed
    return found + sorted(money)


def _readings(found: Sequence[Number]) -> set[Value]:
    """All that numbers can be read as: cut or rounded to whole ones too, and without a minus, which may be told in words."""
    exact = {value for number in found for value in number.values}
    exact |= {part for number in found if max(number.parts, default=0) >= _GREAT for part in number.parts}
    exact |= {-value for value in exact if isinstance(value, float)}
    fractions = [value for value in exact if isinstance(value, float) and value % 1]
    return exact | {float(whole) for value in fractions for whole in (math.floor(value), round(value))}


_TELEPHONE = 7  # digits
_GREAT = 1e3  # a part as great is told by a magnitude: «15 тысяч 300» may also be two numbers


def _matters(number: Number) -> bool:
    return number.firm or bool(number.values & _COUNTS)


def _flag(detail: str, severity: Severity = Severity.ERROR) -> Flag:
    return Flag("numbers", severity, "", detail)


def _unmatched(here: Sequence[Number], there: Sequence[Number]) -> tuple[list[Number], list[Number]]:
    """What is left of both sides when equal numbers are paired, figures with figures and words with words first."""
    lost, added = list(here), list(there)
    for same_writing in (True, False):
        for number in list(lost):
            for other in added:
                if (number.figure is other.figure) is same_writing and number.values & other.values:
                    lost.remove(number)
                    added.remove(other)
                    break
    return lost, added


def _unexplained(
    left: list[Number], others: list[Number], original: str, lowered: str, language: str, months: set[int]
) -> list[Number]:
    """Those of `left` that the other side does not have in another form: Roman, as a month, inside a word, or apart.

    `months` are those that the other side alone names.
    """
    kept = []
    roman = romans(original, language) if left else []
    for number in left:
        plain = [value for value in number.values if isinstance(value, float | int)]
        if any(value in roman or value in months or within_word(value, lowered, language) for value in plain):
            continue
        pieces = [other for part in number.parts for other in others if part in other.values]
        if number.parts and len(pieces) >= len(number.parts):
            for piece in pieces:
                if piece in others:
                    others.remove(piece)
            continue
        kept.append(number)
    if len(kept) + len(others) > 2 and len(_digits(kept)) >= _TELEPHONE and _digits(kept) == _digits(others):
        others.clear()
        return []
    return kept


def _digits(numbers: Sequence[Number]) -> str:
    """All digits in a row: a telephone number may be grouped in many ways."""
    return "".join(character for number in numbers if number.figure for character in number.text if character.isdigit())


@dataclass(frozen=True, slots=True)
class _Conversion:
    """A quantity of the text that the translation gives in another unit."""

    number: Number
    unit: str
    other: Number
    other_unit: str

    def flag(self) -> Flag:
        """The note that tells it."""
        detail = f"{self.number.text} {self.unit} is given as {self.other.text} {self.other_unit}"
        return _flag(detail, Severity.NOTE)


def _conversions(
    here: Sequence[Number], lost: list[Number], added: list[Number], text: str, translation: str
) -> list[_Conversion]:
    """Quantities that are given in another unit; they are taken out of `lost` and `added`."""
    found = []
    for other in list(added):
        unit = quantities.unit_at(translation, other.end)
        if not unit or any(number.values & other.values for number in here):
            continue
        for number in here:
            own = quantities.unit_at(text, number.end)
            if own and _converts(number, own, other, unit):
                added.remove(other)
                if number in lost:
                    lost.remove(number)
                found.append(_Conversion(number, own, other, unit))
                break
    return found


def _converts(number: Number, unit: str, other: Number, other_unit: str) -> bool:
    return any(
        quantities.converts(value, unit, other_value, other_unit)
        for value in number.values
        for other_value in other.values
        if not isinstance(value, str) and not isinstance(other_value, str)
    )


# Words that say of a number what a minus says, or that it goes down.
_DOWN = re.compile(
    r"\b(?:below|minus|negative|fell|fall|drop|down|declin|decreas|reduc|loss|lost|los[ei]|cut|shr[aiu]nk|slump|plung|frost|defici"
    r"|мороз|ниже|минус|отрицат|сниз|сниж|упа[лдв]|пад[еа]|сократ|сокращ|потер|убыт|убыл|уменьш|просе|дефицит"
    r"|төмен|аяз|суық|азай|кемі|кему|құлд|түс|шығын|тапшыл|жоғалт)"
)


def _drop_told_signs(lost: list[Number], added: list[Number], text: str, translation: str) -> None:
    """Take out numbers that differ by a minus alone, where the side without it tells it in words."""
    for number in list(lost):
        for other in added:
            if not {-value for value in number.values if not isinstance(value, str)} & other.values:
                continue
            without = text if min(map(_plain, number.values)) >= 0 else translation
            if _DOWN.search(without):
                lost.remove(number)
                added.remove(other)
                break


def _plain(value: Value) -> float:
    return 0.0 if isinstance(value, str) else value


_TWO = re.compile(r"(?<![\w.,:/-])(\d{1,4})(?:\s?[-–:]\s?|\s(?:to|and|до|и)\s)(\d{1,4})(?![^\W\d]|/|[.,:-]\d)")
# Of a match that was lost, English tells the winner's goals first, Russian and Kazakh the loser's.
_DEFEAT = re.compile(r"\b(?:lost|los[eis]|defeat|beat|thrash|down|trail|проигр|уступ|пораж|жеңіл|ұтыл)")


def _turned(text: str, translation: str) -> Iterator[Flag]:
    """Scores and ranges of two figures whose order is the other one: 6–3 and 3:6."""
    before, after = ({match.groups() for match in _TWO.finditer(side)} for side in (text, translation))
    for first, second in sorted(before - after):
        turned = (second, first)
        if turned in after - before and not _DEFEAT.search(text) and not _DEFEAT.search(translation):
            yield _flag(f"{first}–{second} became {second}–{first}")


def _told(lost: list[Number], added: list[Number]) -> Iterator[Flag]:
    """One flag per number that has to be kept."""
    if lost and added:
        yield _flag(f"{_listed(lost)} became {_listed(added)}")
        return
    if firm := [number for number in lost if number.firm]:
        yield _flag(f"{_listed(firm)} is lost")
    if firm := [number for number in added if number.firm]:
        yield _flag(f"{_listed(firm)} is not in the source")


def _listed(found: Sequence[Number]) -> str:
    return ", ".join(number.text for number in found)


def _beside(text: str, translation: str, pair: Pair, converted: set[str]) -> Iterator[Flag]:
    """Months, per cents and currencies that changed, in texts with figures; a pound that was converted is no currency."""
    if before := quantities.months(text, pair.source):
        after = quantities.months(translation, pair.target)
        if before - after and after - before:
            yield _flag(f"month {_named(before - after)} became {_named(after - before)}")
    if quantities.percent_lost(text, translation):
        yield _flag("per cent is lost")
    if quantities.percent_lost(translation, text):
        yield _flag("per cent is not in the source")
    if money := quantities.currencies(text) - converted:
        other = quantities.currencies(translation)
        if not money & other:
            yield _flag(f"{_named(money)} became {_named(other)}" if other else f"{_named(money)} is lost")


def _named(found: set[int] | set[str]) -> str:
    return ", ".join(str(item) for item in sorted(found, key=str))
