"""Seconds that `python -m jobs.digest --help` and `--cfg job` take as whole processes, median of seven."""

import statistics
import subprocess
import sys
import time

from tests.measure import report


def seconds(*arguments: str) -> float:
    """Median wall time of the command."""
    taken = []
    for _ in range(7):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "jobs.digest", *arguments], check=True, capture_output=True)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def main() -> None:
    """Print both figures."""
    report("--help, s", seconds("--help"), 1.5, at_most=True, digits=2)
    report("--cfg job, s", seconds("--cfg", "job"), 1.5, at_most=True, digits=2)


if __name__ == "__main__":
    main()
