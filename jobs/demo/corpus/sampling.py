"""Training pairs without end, and the held-out sets: the corpus as a stream.

Held-out patterns and names are fixed by a hash of their identifier, before anything is generated, so that a sentence
of a held-out set was never seen in training in any filling.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

from jobs.demo.corpus import deeds, lexicon, names, patterns, sentences
from jobs.demo.corpus.patterns import LANGUAGES, Pair, Pattern, capitalised

FRAMED = 0.45  # share of statements that are put into a frame
# Shares of samples that are one filler alone. They are short, and teach attention to the source before anything else.
LONE_NAMES = 0.18
LONE_ENTRIES = 0.08
LONE_NUMBERS = 0.04
# Shares of the others; what is left are patterns.
DEEDS = 0.1
SENTENCES = 0.5
CURLY = 0.4  # share of English sentences with typographic quotation marks and apostrophes


@dataclass(frozen=True, slots=True)
class Split:
    """Patterns by use: those that are trained on, and those kept for measuring."""

    train: tuple[Pattern, ...]
    unseen: tuple[Pattern, ...]


@lru_cache
def split() -> Split:
    """The patterns, divided once and for all by their identifiers."""
    found = patterns.load()
    kept = tuple(pattern for pattern in found if lexicon.held_out(pattern.name))
    return Split(tuple(pattern for pattern in found if not lexicon.held_out(pattern.name)), kept)


@lru_cache
def frames() -> tuple[Pattern, ...]:
    """Attributions, dates and joints around a statement `<S>`, from `frames.txt`."""
    text = files("jobs.demo.corpus").joinpath("frames.txt").read_text(encoding="utf-8")
    return tuple(patterns.parse(text, "frames.txt"))


def framed(frame: Pattern, statements: list[Pattern], rng: random.Random) -> Pair:
    """A statement (or two, where the frame has place for it) inside a frame, e.g. «…, the energy ministry said on Tuesday.»."""
    outer = patterns.fillers_for(frame, rng)
    inner = [patterns.fillers_for(statement, rng) for statement in statements]
    texts = []
    for language in LANGUAGES:
        text = patterns.fill_text(frame, language, outer, rng)
        for mark, statement, chosen in zip(("<S>", "<S2>"), statements, inner, strict=False):
            if mark not in text:
                continue
            filled = patterns.fill_text(statement, language, chosen, rng).removesuffix(".")
            quoted = text[max(text.index(mark) - 1, 0)] in '"«'
            text = text.replace(mark, capitalised(filled) if quoted else filled, 1)
        texts.append(capitalised(text))
    return Pair(f"{frame.name}+{statements[0].name}", *texts)


def sample(rng: random.Random, pool: tuple[Pattern, ...], statements: tuple[Pattern, ...]) -> Pair:
    """One training pair: a pattern, a framed statement, a deed, a sentence, a name, an entry of the lexicon or a number."""
    dice = rng.random()
    if dice < LONE_NAMES:
        return _pair("name", names.generated_filler(rng))
    if dice < LONE_NAMES + LONE_ENTRIES:
        kind = rng.choice(sorted(lexicon.load()))
        return _pair(kind, rng.choice(lexicon.load()[kind]))
    if dice < LONE_NAMES + LONE_ENTRIES + LONE_NUMBERS:
        return _pair("number", patterns.draw(rng.choice(patterns.NUMERIC), rng, "number"))
    dice = rng.random()
    if dice < DEEDS:
        return deeds.sample(rng)
    if dice < DEEDS + SENTENCES:
        return patterns.fill(rng.choice(sentences.load()), rng)
    pattern = rng.choice(pool)
    if pattern.statement and rng.random() < FRAMED:
        return framed(rng.choice(frames()), [pattern, rng.choice(statements)], rng)
    return patterns.fill(pattern, rng)


def _pair(name: str, filler: lexicon.Filler) -> Pair:
    return Pair(name, *(capitalised(filler.form(language, "nom")) for language in LANGUAGES))


def stream(seed: int) -> Iterator[Pair]:
    """Training pairs without end, the same for the same seed; never from a held-out pattern or name."""
    rng = random.Random(seed)
    pool = split().train
    statements = tuple(pattern for pattern in pool if pattern.statement)
    while True:
        pair = sample(rng, pool, statements)
        yield replace(pair, en=curled(pair.en)) if rng.random() < CURLY else pair


def curled(text: str) -> str:
    """English text with typographic quotation marks: "so" becomes “so”, the ministry's the ministry’s."""
    text = re.sub(r'(^|[\s(])"', r"\1“", text)
    return text.replace('"', "”").replace("'", "’")


def seen_patterns(count: int, seed: int) -> list[Pair]:
    """Fresh fillings of patterns that were trained on."""
    rng = random.Random(f"seen-{seed}")
    return [patterns.fill(rng.choice(split().train), rng) for _ in range(count)]


def unseen_patterns(count: int, seed: int) -> list[Pair]:
    """Fillings of the patterns that were kept from training, each about equally often."""
    rng = random.Random(f"unseen-{seed}")
    kept = split().unseen
    return [patterns.fill(kept[number % len(kept)], rng) for number in range(count)]


@lru_cache
def written_names() -> frozenset[str]:
    """All words with a capital that stand in the English texts of the corpus, whatever they name."""
    leaders = " ".join(leader.form("en", "nom") for leader in names.leaders())
    texts = (pattern.texts["en"] for pattern in (*patterns.load(), *sentences.load(), *frames()))
    return frozenset(re.findall(r"\b[A-Z][\w'’-]*", " ".join((leaders, *texts))))


def unseen_names(count: int, seed: int) -> list[Pair]:
    """Full names both of whose parts are held out from training, and are nobody's in the corpus's own texts."""
    rng = random.Random(f"names-{seed}")
    found: dict[str, Pair] = {}
    while len(found) < count:
        name = names.generate(rng)
        parts = (name.given, name.surname)
        if not name.foreign and all(lexicon.held_out(part[2]) and part[0] not in written_names() for part in parts):
            pair = _pair("name", names.filler(name))
            found[pair.en] = pair
    return list(found.values())
