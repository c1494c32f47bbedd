"""The embedded translator on its held-out sets, from the shipped weights: chrF++, numbers, names, domain, speed.

chrF++ is Popović 2017 (character 6-grams, word bigrams) over the whole set. Numbers: share of sentences whose digit
strings, separators removed, are those of the reference. Names: share translated exactly as the reference. Figures for
FLORES-200 are for the model card: the model is not meant for such text.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import sacrebleu

from jobs.config import Device, Domain, Translator
from jobs.demo import vocabulary
from jobs.demo.corpus import sampling
from jobs.demo.corpus.patterns import Pair
from jobs.models import batching, checkpoint
from jobs.models.budget import Budget
from jobs.models.seq2seq import Seq2SeqEngine
from jobs.records import Generation, Prompt
from jobs.translate import domain
from tests.measure import SHARED, report
from tests.tiny import of_catalogue

FLORES = SHARED / "translation" / "flores200-devtest.en-ru-kk.tsv"
SETTINGS = replace(of_catalogue(Translator, "demo"), device=Device.cpu)


def translate(engine: Seq2SeqEngine, sentences: Sequence[str], language: str) -> list[Generation]:
    """Generations of the sentences, in order."""
    prompts = [Prompt(f"{vocabulary.TAGS[language]} {sentence}", "en", language) for sentence in sentences]
    return batching.generate(engine, prompts, beams=engine.settings.beams, budget=Budget(SETTINGS.batch_tokens))


def chrf(made: Sequence[Generation], references: Sequence[str]) -> float:
    """chrF++ of the set."""
    return float(sacrebleu.corpus_chrf([item.text for item in made], [list(references)], word_order=2).score)


def numbers(text: str) -> list[str]:
    """Digit strings of a text with group separators removed, sorted: 10 000 and 10,000 are the same."""
    joined = re.sub(r"(?<=\d)[\u00a0\u202f ,.](?=\d)", "", text)
    return sorted(re.findall(r"\d+", joined))


def share(flags: Sequence[bool]) -> float:
    """Per cent of true flags."""
    return 100 * sum(flags) / len(flags)


Kept = dict[str, list[tuple[str, Generation]]]  # sources with what was made of them


def measure(engine: Seq2SeqEngine, name: str, size: int) -> Kept:
    """Print the figures of the held-out sets for one way of decoding; what was made of patterns and of FLORES-200."""
    kept: Kept = {"wire": [], "flores": []}
    sets: list[tuple[str, list[Pair], dict[str, float]]] = [
        ("patterns seen", sampling.seen_patterns(size, 2), {"ru": 90, "kk": 90}),
        ("patterns never seen", sampling.unseen_patterns(size, 2), {"ru": 55, "kk": 50}),
    ]
    for language in vocabulary.TAGS:
        for title, pairs, targets in sets:
            references = [getattr(pair, language) for pair in pairs]
            made = translate(engine, [pair.en for pair in pairs], language)
            kept["wire"].extend(zip((pair.en for pair in pairs), made, strict=True))
            report(f"{name}: {title}, chrF++ {language}", chrf(made, references), targets[language], digits=1)
            same = [numbers(item.text) == numbers(text) for item, text in zip(made, references, strict=True)]
            digits = [hit for hit, text in zip(same, references, strict=True) if numbers(text)]
            report(f"{name}: {title}, numbers kept {language}, %", share(digits), 98, digits=1)
        pairs = sampling.unseen_names(200, 2)
        made = translate(engine, [pair.en for pair in pairs], language)
        exact = [item.text == getattr(pair, language) for item, pair in zip(made, pairs, strict=True)]
        report(f"{name}: unseen names exact {language}, %", share(exact), 85, digits=1)
        if FLORES.exists():
            rows = [line.split("\t") for line in FLORES.read_text(encoding="utf-8").splitlines()][:size]
            made = translate(engine, [row[0] for row in rows], language)
            kept["flores"].extend(zip((row[0] for row in rows), made, strict=True))
            score = chrf(made, [row[1 if language == "ru" else 2] for row in rows])
            print(f"{name}: FLORES-200 devtest (first {len(rows)}), chrF++ {language}\t{score:.1f}\t\t")
    return kept


def outside(kept: Kept, bounds: Domain) -> None:
    """How the bounds that are set separate FLORES from held-out wire sentences, and which score would do best."""
    known = domain.met(bounds, checkpoint.find("embedded", None), "translator")

    def flagged(name: str, lowest: float | None) -> float:
        now = replace(bounds, lowest_score=lowest)
        return share([bool(domain.outside(now, known, source, made)) for source, made in kept[name]])

    report(
        f"FLORES flagged out of domain at {bounds.lowest_score}, %",
        flagged("flores", bounds.lowest_score),
        95,
        digits=1,
    )
    wire = flagged("wire", bounds.lowest_score)
    report(f"wire flagged out of domain at {bounds.lowest_score}, %", wire, 5, at_most=True, digits=1)
    for bound in (None, *(round(-0.02 * step, 2) for step in range(5, 30))):
        print(f"at {bound}: FLORES {flagged('flores', bound):.1f} %, wire {flagged('wire', bound):.1f} %\t\t\t")


def speed(model: str) -> None:
    """Sentences of about twenty words a minute through the whole job, its start and end included."""
    pairs = [pair for pair in sampling.seen_patterns(6000, 3) if 17 <= len(pair.en.split()) <= 23][:800]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        texts = [" ".join(pair.en for pair in pairs[start : start + 10]) for start in range(0, len(pairs), 10)]
        path.write_text("".join(json.dumps({"text": text, "language": "en"}) + "\n" for text in texts))
        options = [
            "targets=[ru]",
            "self_test=false",
            "translate.fields=[text]",
            f"outputs.root={folder}",
            f"translators.ru.model={model}",
            "translators.ru.domain.words=null",  # a folder of a training has none yet
        ]
        command = [sys.executable, "-m", "jobs.digest", "articles=jsonl", f"articles.path={path}", *options]
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        minutes = (time.perf_counter() - started) / 60
    report("whole job, beam 4, sentences of 20 words a minute", len(pairs) / minutes, 600, digits=0)


def main() -> None:
    """Print the figures, beam 4 first."""
    parser = argparse.ArgumentParser(prog="python -m tests.measure.demo_model", description=__doc__)
    parser.add_argument("--size", type=int, default=400, help="sentences of each set")
    parser.add_argument("--model", default="embedded", help="a folder instead of the shipped weights")
    parser.add_argument("--read", type=Path, help="write held-out sentences with their translations there, to be read")
    arguments = parser.parse_args()
    found = checkpoint.find(arguments.model, None)
    for beams, name in ((4, "beam 4"), (1, "greedy")):
        engine = Seq2SeqEngine(found, replace(SETTINGS, beams=beams))
        engine.load()
        kept = measure(engine, name, arguments.size)
        if beams == 4:
            if kept["flores"]:
                outside(kept, SETTINGS.domain)
            speed(arguments.model)
            if arguments.read:
                write_readings(engine, arguments.read)


def write_readings(engine: Seq2SeqEngine, path: Path) -> None:
    """Sixty sentences of patterns never seen, with reference and translation in both languages."""
    pairs = sampling.unseen_patterns(60, 4)
    made = {language: translate(engine, [pair.en for pair in pairs], language) for language in vocabulary.TAGS}
    blocks = []
    for number, pair in enumerate(pairs):
        lines = [f"{pair.name}  {pair.en}"]
        for language in vocabulary.TAGS:
            item = made[language][number]
            lines += [f"  {language} ref  {getattr(pair, language)}", f"  {language} {item.score:.2f} {item.text}"]
        blocks.append("\n".join(lines))
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
