"""How much memory a model and its batches take: the most that was held while something ran."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.02  # seconds between looks at a GPU, whose memory nobody keeps the peak of
MIB = 2**20


@dataclass(slots=True)
class Peak:
    """The most memory, in MiB; None where it cannot be told."""

    mib: int | None = None


@contextmanager
def watched(gpu: bool) -> Iterator[Peak]:
    """The peak of the `with` block: of the GPUs, other processes' part included, or of this process.

    The kernel keeps the process's own (proc(5): `clear_refs`, `VmHWM`); where there is no such kernel, nothing is told.
    """
    peak = Peak()
    if gpu:
        with _sampled(peak):
            yield peak
        return
    known = _forget_peak()
    yield peak
    if known:
        peak.mib = _kept_peak()


def _forget_peak() -> bool:
    """Let the kernel count the process's peak anew; whether it could be asked."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _kept_peak() -> int | None:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:")), None)


@contextmanager
def _sampled(peak: Peak) -> Iterator[None]:
    over = threading.Event()

    def look() -> None:
        while not over.wait(EVERY):
            peak.mib = max(peak.mib or 0, _held_by_gpus())

    watcher = threading.Thread(target=look, daemon=True)
    peak.mib = _held_by_gpus()
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _held_by_gpus() -> int:
    import torch

    pairs = (torch.cuda.mem_get_info(index) for index in range(torch.cuda.device_count()))
    return int(sum(total - free for free, total in pairs) // MIB)
