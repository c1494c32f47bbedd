"""The self-test of a translator: three sentences, asked when its model was loaded and before a night is spent on it.

Weights that do not fit the program load without an error and answer with nonsense; Transformers 5.0 to 5.15 did so to
MADLAD-400. What is asked here is plain enough for any model that is of use, and an answer is only looked at for what no such
model gets wrong.
"""

from collections.abc import Mapping, Sequence

from jobs.records import Finish, Generation, Pair, Severity
from jobs.trust.amounts import check_numbers
from jobs.trust.checks import check_language, check_repetition

# The same three in each language.
SENTENCES: Mapping[str, tuple[str, ...]] = {
    "en": (
        "The energy ministry said on Tuesday that oil output fell by 15 percent in March.",
        "The price of bread rose by 12 percent in March, the ministry said.",
        "Two people were killed in a road accident near Shymkent on Friday.",
    ),
    "ru": (
        "Во вторник министерство энергетики сообщило, что в марте добыча нефти сократилась на 15 процентов.",
        "В марте хлеб подорожал на 12 процентов, сообщило министерство.",
        "В пятницу недалеко от Шымкента в дорожной аварии погибли два человека.",
    ),
    "kk": (
        "Сейсенбі күні Энергетика министрлігі наурызда мұнай өндіру 15 пайызға азайғанын хабарлады.",
        "Наурызда нан бағасы 12 пайызға өсті, деп хабарлады министрлік.",
        "Жұма күні Шымкент маңындағы жол апатынан екі адам қаза тапты.",
    ),
}
_SANE = 3  # times longer or shorter than what was asked; good translations of a sentence stay below 2
_CHECKS = (check_language, check_repetition, check_numbers)


def complaint(asked: Sequence[tuple[str, str]], target: str, answers: Sequence[Generation]) -> str:
    """The first answer that will not do: what was asked, what came, and what is wrong; an empty string where all will do.

    Args:
        asked: sentences and their languages (BCP-47).
        target: language (BCP-47) that was asked for.
        answers: one per sentence.
    """
    for (text, source), made in zip(asked, answers, strict=True):
        if wrong := _wrong(Pair(text, made.text, source, target), made):
            came = made.text if len(made.text) <= 80 else f"{made.text[:80]}…"
            return f"asked for «{text}» in {target}, it gave «{' '.join(came.split())}»: {wrong}"
    return ""


def _wrong(pair: Pair, made: Generation) -> str:
    """What is wrong with an answer, in a few words, or an empty string."""
    if made.problem:
        return made.problem
    if made.finish is not Finish.END:
        return "out of memory" if made.finish is Finish.OUT_OF_MEMORY else f"no end within {made.tokens_out} tokens"
    if not len(pair.text) / _SANE <= len(pair.translation) <= len(pair.text) * _SANE:
        return f"{len(pair.translation)} characters for {len(pair.text)}"
    found = (flag for check in _CHECKS for flag in check(pair) if flag.severity is not Severity.NOTE)
    return next((f"{flag.check}: {flag.detail}" for flag in found), "")
