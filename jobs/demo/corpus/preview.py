"""Shows patterns and sentences filled, to be read as a speaker reads them: `python -m jobs.demo.corpus.preview [file ...]`.

Exits with 1 and a list of what is wrong where one does not follow the notation, or is like a pattern kept for measuring.
"""

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from importlib.resources.abc import Traversable

from jobs.demo.corpus import lexicon, patterns, sampling, sentences


def main() -> int:
    """Print three filled examples of each pattern, or the forms of lexicon entries."""
    parser = argparse.ArgumentParser(prog="python -m jobs.demo.corpus.preview", description=__doc__)
    parser.add_argument(
        "files", nargs="*", help="patterns/<name>.txt, sentences/<name>.tsv or lexicon/<name>.tsv; default: all"
    )
    parser.add_argument("--examples", type=int, default=3, help="filled examples of each pattern (0 only checks)")
    parser.add_argument("--from", dest="first", type=int, default=0, help="begin at this pattern number")
    arguments = parser.parse_args()
    wanted = {name.rsplit("/", 1)[-1] for name in arguments.files}
    known = {file.name for file in (*lexicon.written("lexicon", ".tsv"), *(file for file, _ in _written()))}
    if unknown := sorted(wanted - known):
        parser.error(f"{', '.join(unknown)}: no file of patterns, sentences or the lexicon; give none for all")
    problems: list[str] = []
    try:
        _show_lexicon(wanted)
    except lexicon.CorpusError as error:
        problems.append(str(error))
    count = 0
    for file, parse in _written():
        if wanted and file.name not in wanted:
            continue
        try:
            found = list(parse(file.read_text(encoding="utf-8"), file.name))
        except lexicon.CorpusError as error:
            problems.append(str(error))
            continue
        seen: set[str] = set()
        for pattern in found:
            count += 1
            if pattern.name in seen:
                problems.append(f"{pattern.where}: the number {pattern.name} is used twice")
            seen.add(pattern.name)
            problems.extend(_show(pattern, arguments.examples, arguments.first))
            if parse is sentences.parse:
                problems.extend(_too_like(pattern))
    print(f"{count} patterns and sentences, {len(problems)} problems")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def _written() -> Iterator[tuple[Traversable, Callable[[str, str], Iterator[patterns.Pattern]]]]:
    """The files of patterns and sentences, each with what reads it."""
    for folder, suffix, parse in (("patterns", ".txt", patterns.parse), ("sentences", ".tsv", sentences.parse)):
        for file in lexicon.written(folder, suffix):
            yield file, parse


def _too_like(sentence: patterns.Pattern) -> list[str]:
    words = sentences.words(sentence)
    return [
        f"{sentence.where}: says in training what {pattern.name} is kept to measure; write another sentence"
        for pattern in sampling.split().unseen
        if sentences.likeness(words, sentences.words(pattern)) >= sentences.LIKE
    ]


def _show(pattern: patterns.Pattern, examples: int, first: int) -> list[str]:
    rng = random.Random(pattern.name)
    problems = []
    try:
        slots = {language: _slots(pattern.texts[language]) for language in patterns.LANGUAGES}
        for language in ("ru", "kk"):
            if slots[language] != slots["en"]:
                problems.append(f"{pattern.where}: slots of {language} differ from en: {slots['en'] ^ slots[language]}")
        filled = [patterns.fill(pattern, rng) for _ in range(max(examples, 5))][: examples or None]
    except lexicon.CorpusError as error:
        return [str(error)]
    if examples and int(pattern.name.rsplit("-", 1)[-1]) >= first:
        print(f"\n{pattern.name}")
        for pair in filled:
            print(f"  {pair.en}\n  {pair.ru}\n  {pair.kk}")
    return problems


def _slots(text: str) -> set[str]:
    return {match["kind"] + match["index"] for match in patterns.SLOT.finditer(text) if not match["mark"]}


def _show_lexicon(wanted: set[str]) -> None:
    for kind, entries in lexicon.load().items():
        if f"{kind}.tsv" not in wanted:
            continue
        for entry in entries:
            russian = " | ".join(entry.form("ru", case) for case in ("nom", "gen", "dat", "acc", "ins", "prep", "in"))
            turkic = " | ".join(entry.forms["kk"].values())
            print(f"{entry.form('en', 'nom')}\n    {russian}\n    {turkic}")


if __name__ == "__main__":
    sys.exit(main())
