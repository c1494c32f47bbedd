"""What the job costs beside its models: generated articles of 300 words, loaded, summarised and written, not translated.

Milliseconds an article are the growth of wall time from 1,000 to 10,000 articles; peak memory is the process's own.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.measure import report

WORDS = [
    "ministry",
    "output",
    "oil",
    "price",
    "court",
    "region",
    "said",
    "protest",
    "company",
    "rose",
    "fell",
    "week",
    "budget",
    "water",
    "border",
    "talks",
    "deal",
]


def write_articles(path: Path, count: int) -> None:
    """Articles of twenty sentences of fifteen words, all different."""
    rng = random.Random(count)
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            sentences = (
                " ".join(rng.choices(WORDS, k=14)).capitalize() + f" {rng.randint(1, 10**6)}." for _ in range(20)
            )
            file.write(json.dumps({"id": number, "title": f"Story {number}", "text": " ".join(sentences)}) + "\n")


def run(folder: Path, count: int) -> tuple[float, int]:
    """Wall seconds and peak memory in MiB of the job on `count` articles."""
    path = folder / f"{count}.jsonl"
    write_articles(path, count)
    command = [sys.executable, "-m", "jobs.digest", "articles=jsonl", f"articles.path={path}", "targets=[]"]
    started = time.perf_counter()
    done = subprocess.run([*command, f"outputs.root={folder}"], check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    manifest = json.loads((Path(done.stdout.splitlines()[-1]) / "manifest.json").read_text())
    return seconds, manifest["peak_memory_mib"]


def main() -> None:
    """Print time per article and the growth of memory."""
    with tempfile.TemporaryDirectory() as folder:
        small, little = run(Path(folder), 1_000)
        large, much = run(Path(folder), 10_000)
    report("ms an article beside the models", 1000 * (large - small) / 9_000, 8, at_most=True, digits=2)
    report("peak memory at 10,000 ÷ at 1,000", much / little, 1.3, at_most=True, digits=2)
    print(f"peak memory, MiB\t{little} at 1,000, {much} at 10,000\t\t")


if __name__ == "__main__":
    main()
