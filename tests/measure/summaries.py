"""ROUGE-1/2/Lsum F of extractive summaries of three sentences (rouge-score with stemming), beside lead-3."""

import json
from collections.abc import Callable

from rouge_score.rouge_scorer import RougeScorer

from jobs.summarise.extractive import summarise
from jobs.text.sentences import segment
from tests.measure import SHARED, report

TARGETS = {"realsumm100": 41.0, "cnndm100": 36.0}
METRICS = ("rouge1", "rouge2", "rougeLsum")


def rouge(rows: list[dict[str, str]], summary: Callable[[str], str]) -> dict[str, float]:
    """Mean F of each metric in per cent; one sentence a line, as Lsum wants it."""
    scorer = RougeScorer(list(METRICS), use_stemmer=True)
    totals = dict.fromkeys(METRICS, 0.0)
    for row in rows:
        scores = scorer.score(_lines(row["summary"]), _lines(summary(row["text"])))
        for metric in METRICS:
            totals[metric] += scores[metric].fmeasure
    return {metric: 100 * total / len(rows) for metric, total in totals.items()}


def _lines(text: str) -> str:
    return "\n".join(item.text for item in segment(text, "en"))


def main() -> None:
    """Print the figures of each set; the target is for ROUGE-1."""
    for name, target in TARGETS.items():
        file = SHARED / "summaries" / f"{name}.jsonl"
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        figures = rouge(rows, lambda text: summarise(text, "en", 3))
        lead = rouge(rows, lambda text: " ".join(item.text for item in segment(text, "en")[:3]))
        report(f"{name} ROUGE-1", figures["rouge1"], target, digits=2)
        for metric in METRICS[1:]:
            report(f"{name} {metric} (target: lead-3)", figures[metric], round(lead[metric], 2), digits=2)


if __name__ == "__main__":
    main()
