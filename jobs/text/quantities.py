"""What stands beside a number: months, currencies, percentages, and units that are converted when translated."""

import re
from functools import cache

_MONTHS = {
    "en": "jan(?:uary)? feb(?:ruary)? mar(?:ch)? apr(?:il)? may june? july? aug(?:ust)? sept?(?:ember)? oct(?:ober)? "
    "nov(?:ember)? dec(?:ember)?",
    "ru": r"янв\w* фев\w* мар(?:т\w*)? апр\w* ма[йяею] июн\w* июл\w* авг\w* сен\w* окт\w* ноя\w* дек\w*",
    "kk": r"қаңтар\w* ақпан\w* наурыз\w* сәуір\w* мамыр\w* маусым\w* шілде\w* тамыз\w* "
    r"қыркүйе\w* қазан\w* қараша\w* желтоқсан\w*",
}


@cache
def _month_pattern(language: str) -> re.Pattern[str]:
    names = "|".join(f"({name})" for name in _MONTHS[language].split())
    return re.compile(
        rf"(?:\b\d{{1,2}}(?:-?(?:st|nd|rd|th|го|е|\w?[шс]\w))?\s(?:of\s)?(?={names})\b|\b(?:{names})\b\.?\s\d)"
    )


def months(text: str, language: str) -> set[int]:
    """The months, 1 to 12, of dates in `text` (in small letters): those with a day or a year beside their name."""
    if language not in _MONTHS:
        return set()
    found = (match.lastindex for match in _month_pattern(language).finditer(text))
    return {(index - 1) % 12 + 1 for index in found if index}


_PERCENT = re.compile(r"%|per\s?cent|процент|пайыз")
_PERCENTAGE = re.compile(r"\d[\s\u00a0-]?(?:%|per\s?cent\b|процент|пайыз)")
_CURRENCIES = {
    "dollar": r"\$|dollar|доллар|\busd\b",
    "euro": r"€|\beuro(?:s|zone)?\b|\bевро(?:зон\w*)?\b|\bеуро(?:айма[қғ]\w*|ға|ны|ның|да|дан|мен|лық|сы)?\b|\beur\b",
    "pound": r"£|\bpounds?\b|\blbs?\b|стерлинг|фунт|\bgbp\b",
    "yen or yuan": r"¥",
    "yen": r"\byen\b|\bиен\w{0,3}\b|\bjpy\b",
    "yuan": r"\byuan|renminbi|юан[ьяей]|\bcny\b|\brmb\b",
    "rouble": r"₽|\brou?bles?\b|рубл|\brub\b",
    "tenge": r"₸|\btenge\b|тенге|теңге|\bkzt\b",
    "som": r"\bsoms?\b|\bсом(?:ов|а|ы|ын|ына|ының|ға|ды|да|дан|нан|ның|мен|дық)?\b",
    "lira": r"₺|\blira|\bлир(?:[аыуе]|ой|а\w{1,6})?\b",
    "rupee": r"₹|rupee|рупи[йяию]",
}  # fmt: skip
_CURRENCY = re.compile("|".join(f"({pattern})" for pattern in _CURRENCIES.values()))
_ANY_MONEY = re.compile(r"multi-?\s?[mb]illion[\s-](?:dollar|euro|pound|tenge|rou?ble)")  # «многомиллиардный», of any
_NAMES = [frozenset(name.split(" or ")) for name in _CURRENCIES]


def percent_lost(text: str, other: str) -> bool:
    """Whether `text` has a percentage in figures and `other` speaks of no per cent; both in small letters."""
    return bool(_PERCENTAGE.search(text)) and not _PERCENT.search(other)


def currencies(text: str) -> set[str]:
    """The currencies named in `text`, in small letters; all dollars are one, and ¥ may be either of two."""
    text = _ANY_MONEY.sub("", text) if "multi" in text else text
    return {name for match in _CURRENCY.finditer(text) if match.lastindex for name in _NAMES[match.lastindex - 1]}


_UNITS = {
    "mile": r"miles?\b|mi\b|mph|мил[яьие]",
    "foot": r"f(?:ee|oo)?t\b|фут",
    "inch": r"inch|дюйм",
    "yard": r"yards?\b|ярд",
    "pound": r"pounds?\b|lbs?\b|фунт",
    "ounce": r"ounces?\b|oz\b|унци",
    "gallon": r"gallons?\b|галлон",
    "acre": r"acres?\b|акр",
    "kilometre": r"km|kilomet|км|километр|шақырым",
    "metre": r"m\b|met(?:re|er)s?\b|м\b|метр",
    "centimetre": r"cm\b|centimet|см\b|сантиметр",
    "millimetre": r"mm\b|millimet|мм\b|миллиметр",
    "kilogram": r"kg\b|kilogram|кг\b|килограм|келі",
    "gram": r"g\b|grams?\b|г\b|грамм",
    "litre": r"l\b|lit(?:re|er)s?\b|л\b|литр",
    "hectare": r"ha\b|hectare|га\b|гектар",
    "fahrenheit": r"°?\s?f\b|(?:degrees\s)?fahrenheit|градус\w* по фаренгейту|фаренгейт",
    "celsius": r"°?\s?[cс]\b|(?:degrees\s)?celsius|градус|цельси",
    "minute": r"minute|мину",
    "hour": r"hours?\b|hrs?\b|час|сағат",
    "day": r"days?\b|дн[яе]|ден|сут(?:ки|ок)|күн",
    "week": r"weeks?\b|недел|апта",
    "month": r"months?\b|месяц|ай(?:дан|ды|да|ға|лық)?\b",
    "year": r"years?\b|год|лет|жыл",
}
_UNIT = re.compile(r"[\s\u00a0-]*(?:" + "|".join(f"(?P<{name}>{pattern})" for name, pattern in _UNITS.items()) + ")")
_FACTORS = {
    ("mile", "kilometre"): 1.609,
    ("foot", "metre"): 0.3048,
    ("foot", "centimetre"): 30.48,
    ("inch", "centimetre"): 2.54,
    ("inch", "millimetre"): 25.4,
    ("yard", "metre"): 0.9144,
    ("pound", "kilogram"): 0.4536,
    ("ounce", "gram"): 28.35,
    ("gallon", "litre"): 3.785,
    ("acre", "hectare"): 0.4047,
    ("minute", "hour"): 1 / 60,
    ("hour", "day"): 1 / 24,
    ("day", "week"): 1 / 7,
    ("month", "year"): 1 / 12,
}
_ROUNDING = 0.05  # «100 miles» becomes «160 km»


def unit_at(text: str, position: int) -> str:
    """The unit of measurement that `text`, in small letters, has at `position`, or an empty string."""
    found = _UNIT.match(text, position)
    return found.lastgroup or "" if found else ""


def converts(value: float, unit: str, other_value: float, other_unit: str) -> bool:
    """Whether the second quantity is the first in another unit, in either direction, allowing for rounding."""
    if (unit, other_unit) == ("fahrenheit", "celsius"):
        return abs((value - 32) / 1.8 - other_value) <= 1
    if (unit, other_unit) == ("celsius", "fahrenheit"):
        return converts(other_value, other_unit, value, unit)
    if factor := _FACTORS.get((unit, other_unit)):
        return abs(value * factor - other_value) <= _ROUNDING * other_value
    if factor := _FACTORS.get((other_unit, unit)):
        return abs(other_value * factor - value) <= _ROUNDING * value
    return False
