"""Figures measured by hand; `python -m tests.measure.<name>` prints name, value, target and `ok` or `short`."""

from pathlib import Path

SHARED = Path(__file__).parents[2].parent / "shared" / "data"


def report(name: str, value: float, target: float, *, at_most: bool = False, digits: int = 4) -> None:
    """Print one figure beside its target."""
    reached = value <= target if at_most else value >= target
    print(f"{name}\t{value:.{digits}f}\t{'≤' if at_most else '≥'} {target}\t{'ok' if reached else 'short'}", flush=True)
