"""Seconds of whole processes: `--help` and `--cfg job` (median of seven), and the main job on the demo articles (of three)."""

import statistics
import subprocess
import sys
import tempfile
import time

from tests.measure import report


def seconds(*arguments: str, times: int = 7) -> float:
    """Median wall time of the command."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "jobs.digest", *arguments], check=True, capture_output=True)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def main() -> None:
    """Print the three figures."""
    report("--help, s", seconds("--help"), 1.5, at_most=True, digits=2)
    report("--cfg job, s", seconds("--cfg", "job"), 1.5, at_most=True, digits=2)
    with tempfile.TemporaryDirectory() as folder:
        report(
            "main job on the demo articles, s", seconds(f"outputs.root={folder}", times=3), 30, at_most=True, digits=1
        )


if __name__ == "__main__":
    main()
