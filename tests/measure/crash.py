"""Kills the job with SIGKILL at 30 random moments, resuming after each, and compares with an undisturbed run.

Uses the embedded translator on generated articles, in parts of five. Every time the job ends by itself the version is
compared and a new one begun, so that moments of the whole run are met.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.measure import report
from tests.measure.overhead import write_articles

KILLS = 30
ARTICLES = 40
NAMES = ("digest.jsonl", "digest.en.md", "digest.ru.md", "digest.kk.md")


def main() -> None:
    """Print how many kills there were, how many versions came out different, and how many articles were lost or doubled."""
    rng = random.Random(7)
    different = misplaced = kills = finished = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_articles(folder / "a.jsonl", ARTICLES)
        options = [
            "outputs.part_articles=5",
            "translators.ru.beams=1",
            "translators.kk.beams=1",
            "translate.fields=[title]",
        ]
        command = [
            sys.executable,
            "-m",
            "jobs.digest",
            "articles=jsonl",
            f"articles.path={folder / 'a.jsonl'}",
            *options,
        ]
        started = time.monotonic()
        subprocess.run([*command, f"outputs.root={folder / 'whole'}"], check=True, capture_output=True)
        whole = time.monotonic() - started
        expected = folder / "whole" / "digest" / "v0001"
        while kills < KILLS or finished == 0:
            process = subprocess.Popen(
                [*command, f"outputs.root={folder / 'killed'}"],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            try:
                output, _ = process.communicate(timeout=rng.uniform(0.4, 1.1) * whole if kills < KILLS else 600)
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                kills += 1
                continue
            finished += 1
            version = Path(output.splitlines()[-1])
            different += any((version / file).read_bytes() != (expected / file).read_bytes() for file in NAMES)
            ids = [json.loads(line)["id"] for line in (version / "digest.jsonl").read_text().splitlines()]
            misplaced += ids != [str(number) for number in range(ARTICLES)]
    report("kills", kills, KILLS, digits=0)
    report("versions finished after kills", finished, 1, digits=0)
    report("versions that differ from the undisturbed one", different, 0, at_most=True, digits=0)
    report("versions without each article exactly once", misplaced, 0, at_most=True, digits=0)


if __name__ == "__main__":
    main()
