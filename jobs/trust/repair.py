"""The repair ladder: what is tried, one thing after the other, where a sentence's translation has an error.

How each rung makes other candidates is the business of the translator, and of the summariser, for which an article is one
sentence with its summary; here is decided which sentences climb on, which candidate is taken, and what happens to those for
which no rung was of use. Nothing is drawn at random, and all sentences of a part climb together, so that a rung is one round
of batches.
"""

from collections.abc import Mapping
from dataclasses import replace

from jobs.config import Repair, Rung
from jobs.models.telling import NOTHING_CAME
from jobs.records import Attempt, Candidate, Finish, Flag, Ladder, Sentence, Severity

SOURCE = "source"


def repairer(settings: Repair) -> Ladder:
    """The ladder that the settings ask for."""

    def climb(first: Mapping[Sentence, Candidate], rungs: Mapping[Rung, Attempt]) -> dict[Sentence, Candidate]:
        best = dict(first)
        if not settings.enabled:
            return best
        tried: dict[Sentence, tuple[str, ...]] = dict.fromkeys(first, ())
        for rung in settings.rungs:
            climbing = {item: best[item] for item in first if _goes_on(rung, best[item], first[item])}
            if rung not in rungs or not climbing:
                continue
            for sentence, offered in rungs[rung](climbing).items():
                if offered:
                    tried[sentence] += (rung.value,)
                candidates = (replace(item, by=rung.value) for item in offered)
                best[sentence] = min((best[sentence], *candidates), key=_badness)
        return {item: _ended(item, first[item], best[item], tried[item]) for item in first}

    return climb


def _goes_on(rung: Rung, best: Candidate, first: Candidate) -> bool:
    """Whether a rung is tried on a sentence, whose best candidate so far is `best`."""
    if best.made.finish in NOTHING_CAME:
        return rung is Rung.fallback  # its model is out of memory, or its server gives no answer
    if rung is Rung.glossary:
        return _term_missing(best)
    # A candidate that cures the error at the price of a new warning is kept while a better one is looked for.
    wrong = _count(best, Severity.ERROR) > 0 or _count(best, Severity.WARNING) > _count(first, Severity.WARNING)
    return wrong or (rung is Rung.hypotheses and _term_missing(best))


def _term_missing(candidate: Candidate) -> bool:
    return any(flag.check == "glossary" for flag in candidate.flags)


def _wrong(candidate: Candidate) -> bool:
    """Whether something is left that the ladder is there for."""
    return _count(candidate, Severity.ERROR) > 0 or _term_missing(candidate)


def _badness(candidate: Candidate) -> tuple[bool, int, int]:
    """What candidates are ranked by; of equal ones the earlier counts."""
    return unusable(candidate), _count(candidate, Severity.ERROR), _count(candidate, Severity.WARNING)


def _count(candidate: Candidate, severity: Severity) -> int:
    return sum(flag.severity is severity for flag in candidate.flags)


def unusable(candidate: Candidate) -> bool:
    """Whether a candidate is nothing, or in a wrong language: the source tells a reader more."""
    wrong = any(flag.check == "language" and flag.severity is Severity.ERROR for flag in candidate.flags)
    return wrong or not candidate.made.text


def _ended(sentence: Sentence, first: Candidate, best: Candidate, tried: tuple[str, ...]) -> Candidate:
    """The candidate to publish, with what was wrong at first and what was done about it; one of which nothing came stays."""
    if best.made.finish in NOTHING_CAME:
        return best
    if unusable(best):
        made = replace(best.made, text=sentence[0], finish=Finish.CARRIED, alternatives=())
        flag = Flag("untranslated", Severity.ERROR, "", " ".join(sentence[0].split()))
        return Candidate(made, (flag, _note(SOURCE, first)), by=SOURCE, tried=tried, outcome="untranslated")
    if not best.by:
        return replace(best, tried=tried, outcome="flagged" if _wrong(best) else "")
    note = _note(f"{best.by} ({best.engine})" if best.engine else best.by, first)
    return replace(best, flags=(*best.flags, note), tried=tried, outcome="flagged" if _wrong(best) else "repaired")


def _note(by: str, first: Candidate) -> Flag:
    wrong = "; ".join(f"{flag.check}: {flag.detail}" for flag in first.flags if flag.severity is not Severity.NOTE)
    return Flag("repaired", Severity.NOTE, "", f"by {by}, at first {wrong}")
