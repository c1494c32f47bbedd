"""Deeds: verb phrases that are put into every tense, negation and clause, so that sentences differ in more than their names.

A pattern teaches one sentence; a deed in a clause teaches what its words mean in any. A line of `deeds/*.tsv` is English
(`sign|signed|signed {document}`, or `be signed …`), Russian from the infinitive on, Kazakh up to the verb stem, and who
may do it: `org`, `person`, `sufferer` (a person whom it befalls), `group`, `any`, a kind of the lexicon, or one subject
`prices=цены=pl=бағалар=plural`. Clauses stand in `clauses.txt`, adverbials in `adverbials.tsv`. Russian verbs are
inflected by pymorphy3 (Korobov 2015).
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from jobs.demo.corpus import kazakh, lexicon, patterns
from jobs.demo.corpus.lexicon import GENDERS, CorpusError
from jobs.demo.corpus.patterns import LANGUAGES, Pair, Pattern

CLASSES = {
    "org": ("agency", "ministry", "company", "court", "party", "institution", "organisation"),
    "person": ("office", "person"),
    "group": ("group",),
}
CLASSES["any"] = tuple(kind for kinds in CLASSES.values() for kind in kinds)
CLASSES["sufferer"] = CLASSES["person"]  # whom it befalls: nobody plans or refuses to drown
PLACES = {"city", "region", "country", "place", "road"}
TIMES = {"day", "weekday", "month", "year"}
# Russian verbs of both aspects that last: «экспортирует» reads as the present, so the future is «будет экспортировать».
LASTING = {"гарантировать", "импортировать", "инвестировать", "приветствовать", "субсидировать", "финансировать"}
LASTING |= {"исследовать", "расследовать", "экспортировать"}
ADVERBIALS = 0.6  # share of places for an adverbial that get one
SLOT_START = re.compile(r"\{([a-z_]+)(?=[.~:#}])")  # of a slot without an index
_MARK = re.compile(r"<(?P<what>[SV])(?P<number>[12]?)(?:(?P<mark>[~:.])(?P<form>[^<>]+))?>")


@dataclass(frozen=True, slots=True)
class Subject:
    """Who does it: a slot, or a fixed text with its Russian gender and English number.

    Attributes:
        slot: kind of the lexicon with an index that nothing else uses, or empty.
        texts: language -> text, for a fixed subject.
    """

    slot: str = ""
    texts: dict[str, str] | None = None
    gender: int = 0
    plural: bool = False

    def text(self, language: str) -> str:
        """The subject itself."""
        return self.texts[language] if self.texts else f"{{{self.slot}}}"

    def genitive(self) -> str:
        """The Kazakh subject of a participle: «үкіметтің неге қол қойғаны»."""
        return kazakh.decline(self.texts["kk"], "gen") if self.texts else f"{{{self.slot}.gen}}"

    def agree(self, options: str, language: str, mark: str) -> str:
        """The option that agrees: decided now for a fixed subject, else when the slot is filled."""
        if not self.texts:
            return f"{{{self.slot}{mark}{options}}}"
        if mark == "~":
            return options.split("|")[self.gender]
        return options.split("|")[self.gender == 3 if language == "ru" else self.plural]


@dataclass(frozen=True, slots=True)
class Deed:
    """One verb phrase in three languages, and who may do it."""

    texts: dict[str, str]
    doer: str
    where: str

    def kinds(self) -> list[str]:
        """Kinds of the lexicon that may do it; none where the subject is fixed."""
        if "=" in self.doer:
            return []
        return [kind for name in self.doer.split(",") for kind in CLASSES.get(name, (name,))]

    def volitional(self) -> bool:
        """Whether one may plan, promise or refuse it: no passive, and nothing that befalls one."""
        return not self.texts["en"].startswith("be ") and self.doer != "sufferer"

    def subject(self, number: int, rng: random.Random, classes: str = "any") -> Subject | None:
        """A subject for the deed, or None where it can have none of the class."""
        if "=" in self.doer:
            return self._fixed() if classes == "any" else None
        if classes == "agent" and not self.volitional():
            return None
        allowed = {"agent": CLASSES["any"], "org": (*CLASSES["org"], "group"), "person": ("person",)}.get(classes)
        kinds = [kind for kind in self.kinds() if allowed is None or kind in allowed]
        return Subject(f"{rng.choice(kinds)}{number}") if kinds else None

    def _fixed(self) -> Subject:
        english, russian, gender, turkic, *flags = self.doer.split("=")
        return Subject("", {"en": english, "ru": russian, "kk": turkic}, GENDERS[gender], flags == ["plural"])

    def put(self, language: str, form: str, subject: Subject) -> str:
        """The phrase with its verb in a form; `{…}` slots stay."""
        if language == "en":
            return _english(self.texts["en"], form, subject)
        if language == "ru":
            return _russian(self.texts["ru"], form, subject)
        return _kazakh(self.texts["kk"], form)


def _english(text: str, form: str, subject: Subject) -> str:
    verb, _, rest = text.partition(" ")
    if verb == "be":
        agreeing = {
            "past": "was|were",
            "third": "is|are",
            "not": "was not|were not",
            "not.third": "is not|are not",
        }.get(form)
        found = subject.agree(agreeing, "en", ":") if agreeing else {"base": "be", "done": "been"}[form]
        return f"{found} {rest}"
    base, past, done = verb.split("|")
    if form == "not":
        return f"did not {base} {rest}".strip()
    if form == "not.third":
        return f"{subject.agree('does not|do not', 'en', ':')} {base} {rest}".strip()
    third = base + ("es" if re.search(r"(s|x|z|ch|sh|o)$", base) else "s")
    if re.search(r"[^aeiou]y$", base):
        third = base[:-1] + "ies"
    third = {"have": "has"}.get(base, third)
    if form == "third":
        return f"{subject.agree(f'{third}|{base}', 'en', ':')} {rest}".strip()
    return f"{ {'base': base, 'past': past, 'done': done}[form] } {rest}".strip()


def _russian(text: str, form: str, subject: Subject) -> str:
    """The infinitive is the first word that is one; what stands before it stays there: «вновь открыть».

    `not.past` and `not.will` put the negation right before the verb: «вновь не открыл».
    """
    negation, _, form = form.rpartition(".")
    words = text.split(" ")
    position = next(index for index, word in enumerate(words) if _verb(word))
    lead, verb, rest = " ".join(words[:position]), words[position], " ".join(words[position + 1 :])
    past, future = _verb(verb) or ("", "")
    if verb == "быть":
        verbs = {"inf": "быть|быть|быть|быть", "past": past}.get(form, "будет|будет|будет|будут")
        found = _passive(rest, verbs, subject)
    elif form == "inf":
        return text
    else:
        found = f"{subject.agree(past if form == 'past' else future, 'ru', '~')} {rest}"
    return f"{lead} {'не ' if negation else ''}{found}".strip()


def _passive(rest: str, verbs: str, subject: Subject) -> str:
    """Only the masculine keeps a stressed -ён: обсуждён, обсуждена."""
    participle, _, tail = rest.partition(" ")
    stem = re.sub("ён$", "ен", participle)
    forms = (participle, f"{stem}а", f"{stem}о", f"{stem}ы")
    options = "|".join(f"{verb} {form}" for verb, form in zip(verbs.split("|"), forms, strict=True))
    return f"{subject.agree(options, 'ru', '~')} {tail}".strip()


@lru_cache
def _analyzer() -> Any:
    import pymorphy3

    return pymorphy3.MorphAnalyzer()


@cache
def _verb(word: str) -> tuple[str, str] | None:
    """Past and future of a Russian verb, each as four options for masculine, feminine, neuter and plural.

    None where the word is no infinitive.
    """
    found = next((item for item in _analyzer().parse(word) if "INFN" in item.tag), None)
    if found is None:
        return None
    past = [found.inflect({"past", "sing", gender}) for gender in ("masc", "femn", "neut")]
    past.append(found.inflect({"past", "plur"}))
    if "perf" in found.tag and word not in LASTING:
        one, many = (found.inflect({"futr", "3per", number}) for number in ("sing", "plur"))
        if not (one and many):
            raise CorpusError(f"{word}: no future tense is known")
        future = [one.word] * 3 + [many.word]
    else:
        future = [f"будет {word}"] * 3 + [f"будут {word}"]
    if not all(past):
        raise CorpusError(f"{word}: no past tense is known")
    return "|".join(item.word for item in past), "|".join(future)


def _kazakh(text: str, form: str) -> str:
    """`part.poss.acc` is the participle with the possessive, in the accusative: қабылдағанын; `not.cond` қабылдамаса."""
    verb, *endings = form.split(".")
    if verb == "not" and endings:
        text, (verb, *endings) = kazakh.conjugate(text, "not")[:-2], endings
    found = kazakh.conjugate(text, verb)
    possessive = "poss" in endings
    if possessive:
        found += "ы" if kazakh.is_back(found.split()[-1]) else "і"
    for case in endings:
        if case != "poss":
            found = kazakh.decline(found, case, possessive=possessive)
    return found


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence around one deed or two; `subjects` is the class that its first subject must have."""

    texts: dict[str, str]
    subjects: str
    where: str


@lru_cache
def load() -> tuple[Deed, ...]:
    """All deeds, in the order of files and lines; raises `CorpusError` for a line that is none."""
    found = []
    for file in lexicon.written("deeds", ".tsv"):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                found.append(parse_deed(line, f"deeds/{file.name}:{number}"))
    return tuple(found)


def parse_deed(line: str, where: str) -> Deed:
    """One line of a file of deeds."""
    cells = [cell.strip() for cell in line.split("\t")]
    if len(cells) != 4 or not all(cells):
        raise CorpusError(f"{where}: a deed is English, Russian, Kazakh and who does it, separated by tabs")
    if not re.match(r"be |[^| ]+\|[^| ]+\|[^| ]+( |$)", cells[0]):
        raise CorpusError(f"{where}: the English of a deed begins with base|past|participle, or with be")
    if not any(map(_verb, cells[1].split())):
        raise CorpusError(f"{where}: the Russian of a deed has no infinitive")
    for name in cells[3].split(",") if "=" not in cells[3] else ():
        if name not in CLASSES and name not in lexicon.load() and name not in patterns.PERSONS:
            raise CorpusError(f"{where}: {name!r} is no class, kind or subject")
    if cells[3].count("=") not in (0, 3, 4):
        raise CorpusError(f"{where}: a fixed subject is English=Russian=gender=Kazakh, and =plural where it is")
    return Deed(dict(zip(LANGUAGES, cells[:3], strict=True)), cells[3], where)


@lru_cache
def clauses() -> tuple[Clause, ...]:
    """All clauses of `clauses.txt`."""
    text = files("jobs.demo.corpus").joinpath("clauses.txt").read_text(encoding="utf-8")
    found = []
    for block in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n", "", text)):
        if block.strip():
            header, *lines = block.strip().splitlines()
            number, _, subjects = header.partition(" ")
            if [line[:3] for line in lines] != ["en ", "ru ", "kk "]:
                raise CorpusError(f"clauses.txt: {number}: lines that begin with en, ru and kk are needed")
            texts = {language: line[3:] for language, line in zip(LANGUAGES, lines, strict=True)}
            found.append(Clause(texts, subjects or "any", f"clauses.txt: {number}"))
    return tuple(found)


@lru_cache
def adverbials() -> tuple[tuple[str, ...], ...]:
    """English, Russian and Kazakh adverbials, and what they ask of a clause: a tense, a place of `manner`, an `agent`."""
    text = files("jobs.demo.corpus").joinpath("adverbials.tsv").read_text(encoding="utf-8")
    return tuple((*line.split("\t"), "")[:4] for line in text.splitlines() if line)


def _fitting(clause: Clause, deed: Deed, subject: Subject) -> list[tuple[str, ...]]:
    """Adverbials for the clause: of its tense, and of manner where it has a place for them right before the verb.

    A deed that names its own place or time gets no second one, and only an agent acts in secret or at a request.
    """
    english = clause.texts["en"]
    named = _slots(deed.texts["en"])
    taken = set().union(*(group for group in (PLACES, TIMES) if group & named))
    fits = {"manner"} if "<B>" in clause.texts["ru"] else set()
    if subject.slot and deed.volitional():
        fits.add("agent")
    if "<V:past>" in english or "<V:not>" in english:
        fits.add("past")
    elif re.search("will|would|may|must|plan", english):
        fits.add("future")
    return [item for item in adverbials() if set(item[3].split()) <= fits and not taken & _slots(item[0])]


def _slots(text: str) -> set[str]:
    return {match["kind"] for match in patterns.SLOT.finditer(text)}


def compose(clause: Clause, rng: random.Random) -> Pattern:
    """A pattern: the clause with deeds, subjects and an adverbial drawn for it."""
    first = _drawn(load(), 7, clause.subjects, rng)
    same = (rng.choice(_doable()[first[1].slot[:-1]]), first[1]) if "<V1:" in clause.texts["en"] else first
    return composed(clause, first, same, _drawn(load(), 8, "any", rng), rng)


Done = tuple[Deed, Subject]


def composed(clause: Clause, first: Done, same: Done, second: Done, rng: random.Random) -> Pattern:
    """The clause around given deeds: the first, another one of the same subject, and one of the second subject."""
    parts = {"": first, "1": (_apart(same[0], "4"), first[1]), "2": (_apart(second[0], "5"), second[1])}
    *adverbial, kind = rng.choice(_fitting(clause, *first)) if rng.random() < ADVERBIALS else ("", "", "", "")
    texts = {}
    for language, extra in zip(LANGUAGES, adverbial, strict=True):

        def placed(match: re.Match[str], language: str = language) -> str:
            deed, subject = parts[match["number"]]
            if match["what"] == "V":
                return deed.put(language, match["form"], subject)
            if match["mark"] == ".":
                return subject.genitive()
            return subject.agree(match["form"], language, match["mark"]) if match["mark"] else subject.text(language)

        extra = SLOT_START.sub(r"{\g<1>6", extra)
        beside = f" {extra}" if language == "en" and extra else f"{extra} " if extra else ""
        place, empty = ("<B>", "<A>") if "manner" in kind and language != "en" else ("<A>", "<B>")
        text = _MARK.sub(placed, clause.texts[language]).replace(place, beside).replace(empty, "")
        texts[language] = text.replace(" ,", ",").removeprefix(", ")  # «, несмотря на критику,»
    return Pattern("deed", texts, True, f"{clause.where}, {first[0].where}")


def _apart(deed: Deed, index: str) -> Deed:
    """The deed with its slots renumbered, so that they are not filled as those of another deed."""
    return Deed(
        {name: SLOT_START.sub(rf"{{\g<1>{index}", text) for name, text in deed.texts.items()}, deed.doer, deed.where
    )


def _drawn(pool: Sequence[Deed], number: int, classes: str, rng: random.Random) -> Done:
    while True:
        deed = rng.choice(pool)
        if subject := deed.subject(number, rng, classes):
            return deed, subject


@lru_cache
def _doable() -> dict[str, list[Deed]]:
    """Kind of subject -> the deeds that it may do."""
    found: dict[str, list[Deed]] = {}
    for deed in load():
        for kind in dict.fromkeys(deed.kinds()):
            found.setdefault(kind, []).append(deed)
    return found


def sample(rng: random.Random) -> Pair:
    """One filled sentence."""
    return patterns.fill(compose(rng.choice(clauses()), rng), rng)
