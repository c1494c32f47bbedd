"""The repair ladder on the embedded translator: what it cures, and what it and the other hypotheses cost.

`python -m tests.measure.repair`, on sentences of patterns that were held out of the training.
"""

import argparse
import time
from typing import Any

from jobs.config import Checks, Repair
from jobs.demo.corpus import sampling
from jobs.models.ct2 import CTranslate2Engine
from jobs.records import Severity
from jobs.translate.glossary import Glossary
from jobs.translate.termbase import shipped
from jobs.translate.translator import Translation, Translator
from jobs.trust.checks import checker
from jobs.trust.repair import repairer
from tests.test_config import composed


class OneHypothesis:
    """CTranslate2's translator, asked for the best hypothesis alone."""

    def __init__(self, translator: Any) -> None:
        self.translator = translator

    def __getattr__(self, name: str) -> Any:
        return getattr(self.translator, name)

    def translate_batch(self, *rows: Any, **options: Any) -> Any:
        """As asked, but for the number of hypotheses."""
        return self.translator.translate_batch(*rows, **{**options, "num_hypotheses": 1})


def errors(texts: list[Translation]) -> int:
    """Texts with a flag that forbids publication."""
    return sum(any(flag.severity is Severity.ERROR for flag in text.flags) for text in texts)


def seconds(room: Translator, texts: list[tuple[str, str]], rounds: int) -> tuple[float, list[Translation]]:
    """The least processor time of several rounds, and the translations."""
    best, made = float("inf"), []
    for _ in range(rounds):
        started = time.process_time()
        made = [item for item in room.translate(texts) if isinstance(item, Translation)]
        best = min(best, time.process_time() - started)
    return best, made


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    texts = [(pair.en, "en") for pair in sampling.unseen_patterns(options.sentences, 3)]
    for language in ("ru", "kk"):
        settings, glossary = composed().translators[language], Glossary(shipped())
        found = {}
        for enabled in (False, True):
            ladder = repairer(Repair(enabled=enabled))
            room = Translator(settings, language, check=checker(Checks()), glossary=glossary, ladder=ladder)
            room.engine.load()
            found[enabled] = seconds(room, texts, options.rounds)
            if not enabled and isinstance(room.engine, CTranslate2Engine):
                room.engine._translator = OneHypothesis(room.engine._translator)
                alone, _ = seconds(room, texts, options.rounds)
        (plain, first), (climbed, mended) = found[False], found[True]
        print(f"{language}: sentences with an error, %\t{100 * errors(first) / len(first):.1f}\t\t")
        print(f"{language}: after the ladder, %\t{100 * errors(mended) / len(mended):.1f}\t\t")
        print(f"{language}: time with all hypotheses ÷ with the best alone\t{plain / alone:.3f}\t\t")
        print(f"{language}: time with the ladder ÷ without\t{climbed / plain:.2f}\t\t", flush=True)


if __name__ == "__main__":
    main()
