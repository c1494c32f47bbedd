"""Numbers, money, percentages and dates as the three languages write them in news copy."""

import random

from jobs.demo.corpus import kazakh

NBSP = "\u00a0"

_WORDS = {  # English, Russian nominative, Russian genitive, Russian feminine nominative, Kazakh
    2: ("two", "два", "двух", "две", "екі"),
    3: ("three", "три", "трёх", "три", "үш"),
    4: ("four", "четыре", "четырёх", "четыре", "төрт"),
    5: ("five", "пять", "пяти", "пять", "бес"),
    6: ("six", "шесть", "шести", "шесть", "алты"),
    7: ("seven", "семь", "семи", "семь", "жеті"),
    8: ("eight", "восемь", "восьми", "восемь", "сегіз"),
    9: ("nine", "девять", "девяти", "девять", "тоғыз"),
    10: ("ten", "десять", "десяти", "десять", "он"),
}
_CURRENCIES = (  # English prefix, English word, Russian (genitive plural), Kazakh
    ("$", "", "долларов", "доллар"),
    ("", "dollars", "долларов", "доллар"),
    ("", "tenge", "тенге", "теңге"),
    ("", "tenge", "тенге", "теңге"),
    ("", "rubles", "рублей", "рубль"),
    ("€", "", "евро", "еуро"),
    ("", "euros", "евро", "еуро"),
    ("", "yuan", "юаней", "юань"),
)
_MAGNITUDES = (("million", "млн"), ("billion", "млрд"))

Forms = dict[str, str]


def group(number: int, separator: str) -> str:
    """`number` in groups of three digits, as both Russian and Kazakh do from 10 000 and English from 1,000."""
    return f"{number:,}".replace(",", separator)


def whole(number: int) -> tuple[Forms, Forms, Forms]:
    """An integer in digits: 10,000 in English, 10 000 in Russian and Kazakh (no separator below 10 000)."""
    local = group(number, NBSP) if number >= 10_000 else str(number)
    return {"nom": group(number, ",")}, {"nom": local}, {"nom": local}


def word(number: int) -> tuple[Forms, Forms, Forms]:
    """A number from two to ten in words."""
    english, nominative, genitive, feminine, kazakh_word = _WORDS[number]
    return {"nom": english}, {"nom": nominative, "gen": genitive, "f": feminine}, {"nom": kazakh_word}


def decimal(rng: random.Random, low: float, high: float) -> str:
    """A figure with at most one decimal, with a point."""
    value = rng.uniform(low, high)
    return f"{value:.1f}".removesuffix(".0") if rng.random() < 0.6 else str(round(value) or 1)


def percent(rng: random.Random) -> tuple[Forms, Forms, Forms]:
    """A percentage: «5.3%» or «5.3 percent»; Kazakh declines «пайыз»."""
    figure = decimal(rng, 1, 99 if rng.random() < 0.4 else 20)
    local = figure.replace(".", ",")
    sign = rng.choice(("%", "%", " percent", " per cent"))
    forms = {case: f"{local} {kazakh.decline('пайыз', case)}" for case in kazakh.CASES}
    return {"nom": figure + sign}, {"nom": local + "%"}, forms


def time(rng: random.Random) -> tuple[Forms, Forms, Forms]:
    """A time of day; Kazakh declines it as it is read, by its minutes: 15:00-де, 15:30-да."""
    minutes, heard = rng.choice((("00", "нөл"), ("00", "нөл"), ("30", "отыз"), ("15", "бес"), ("45", "бес")))
    text = f"{rng.randint(0, 23)}:{minutes}"
    forms = {case: kazakh.decline(text, case, say=heard) for case in kazakh.CASES}
    return {"nom": text}, {"nom": text}, forms


def money(rng: random.Random) -> tuple[Forms, Forms, Forms]:
    """A sum with its currency; Russian abbreviates the magnitude, so that it does not decline."""
    prefix, suffix, russian, kazakh_word = rng.choice(_CURRENCIES)
    if rng.random() < 0.75:
        magnitude, short = rng.choice(_MAGNITUDES)
        figure = decimal(rng, 1, 900 if rng.random() < 0.4 else 30)
        english = f"{prefix}{figure} {magnitude}"
        local = f"{figure.replace('.', ',')} {short}"
    else:
        number = rng.randint(2, 900) * 1000
        english = f"{prefix}{group(number, ',')}"
        local = group(number, NBSP) if number >= 10_000 else str(number)
    heard = kazakh_word.rstrip("ь") if kazakh_word == "юань" else ""
    forms = {case: f"{local} {kazakh.decline(kazakh_word, case, say=heard)}" for case in kazakh.CASES}
    return {"nom": f"{english} {suffix}".strip()}, {"nom": f"{local} {russian}"}, forms
