"""What the checks find in real outputs: four systems on FLORES and WMT20 news, the embedded translator on its sample articles.

Prints for each system, language and check how many sentences have a flag of warning or worse, beside the reference
translations of the same sets. `--examples 20` prints so many of the systems' flags, to be judged by reading: chosen by seed,
each check and language in turn, one per check and language after the other.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator
from itertools import chain, zip_longest
from pathlib import Path

import jobs.demo
from jobs.models import checkpoint
from jobs.models.seq2seq import Seq2SeqEngine
from jobs.records import Flag, Pair, Severity
from jobs.text.sentences import segment
from jobs.trust.checks import CHECKS
from tests.measure import SHARED
from tests.measure.demo_model import SETTINGS, translate
from tests.measure.trust import pairs, rows

SEED = 20220111
FOLDER = SHARED / "translation" / "systems"
SYSTEMS = ("google", "microsoft", "bergamot-base", "bergamot-tiny")
REFERENCES = {"flores-test": "ru", "wmt20": "ref.ru"}
STORIES = Path(jobs.demo.__file__).parent / "articles" / "stories.jsonl"
Outputs = dict[str, list[Pair]]  # system and set -> sentences with their translations


def outputs() -> Outputs:
    """What the systems wrote."""
    made = {f"{system} {name}": _read(name, f"{system}.ru") for name in REFERENCES for system in SYSTEMS}
    return made | {f"demo stories {language}": _by_demo(language) for language in ("ru", "kk")}


def references() -> Outputs:
    """What professionals wrote."""
    made = {f"reference {name}": _read(name, ending) for name, ending in REFERENCES.items()}
    return made | {"reference flores-devtest kk": pairs(rows(), "kk")}


def _read(name: str, ending: str) -> list[Pair]:
    texts, translations = (
        (FOLDER / f"{name}.{part}").read_text(encoding="utf-8").splitlines() for part in ("en", ending)
    )
    return [Pair(text, made, "en", "ru") for text, made in zip(texts, translations, strict=True)]


def _by_demo(language: str) -> list[Pair]:
    engine = Seq2SeqEngine(checkpoint.find(SETTINGS.model, None), SETTINGS)
    engine.load()
    stories = [json.loads(line) for line in STORIES.read_text(encoding="utf-8").splitlines()]
    sentences = [item.text for story in stories for item in segment(f"{story['title']}\n{story['text']}", "en")]
    made = translate(engine, sentences, language)
    return [Pair(text, item.text, "en", language) for text, item in zip(sentences, made, strict=True)]


def flags(pair: Pair, name: str) -> list[Flag]:
    """What a check finds, notes left out."""
    return [flag for flag in CHECKS[name](pair) if flag.severity is not Severity.NOTE]


def counts(found: list[Pair]) -> Counter[str]:
    """Sentences that each check flags; `any` of them."""
    counted: Counter[str] = Counter()
    for pair in found:
        names = [name for name in CHECKS if flags(pair, name)]
        counted.update([*names, "any"] if names else [])
    return counted


def examples(made: Outputs) -> Iterator[tuple[str, Pair, Flag]]:
    """Flagged sentences of all systems with one flag each, in an order that takes each check and language in turn."""
    rng = random.Random(SEED)
    piles: dict[tuple[str, str], list[tuple[str, Pair, Flag]]] = {}
    for system, found in made.items():
        for pair in found:
            for name in CHECKS:
                piles.setdefault((name, pair.target), []).extend((system, pair, flag) for flag in flags(pair, name)[:1])
    for pile in piles.values():
        rng.shuffle(pile)
    return (example for example in chain.from_iterable(zip_longest(*piles.values())) if example)


def main() -> None:
    """Print the counts, and examples if so asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=0, help="how many flagged sentences to print")
    wanted = parser.parse_args().examples
    made = outputs()
    print("outputs", "sentences", *CHECKS, "any", sep="\t")
    for name, found in (made | references()).items():
        counted = counts(found)
        print(name, len(found), *(counted[check] for check in (*CHECKS, "any")), sep="\t", flush=True)
    for number, (system, pair, flag) in zip(range(1, wanted + 1), examples(made), strict=False):
        print(f"\n{number}. {flag.check}, {system}: {flag.detail}\n   {pair.text}\n   {pair.translation}")


if __name__ == "__main__":
    main()
