"""The manifest: everything one needs to know of a version without opening its parts."""

import hashlib
import platform
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jobs

PACKAGES = (
    *("torch", "transformers", "ctranslate2", "tokenizers", "sentencepiece", "datasets", "pyarrow", "hydra-core"),
    *("omegaconf", "trafilatura", "lingua-language-detector", "razdel", "scikit-learn", "numpy", "openai"),
    *("pymorphy3", "pymorphy3-dicts-ru", "num2words", "babel"),
)


@cache
def program() -> dict[str, Any]:
    """What of the program decides what comes out: its version, the commit that it runs from, and its packages.

    Asked once, since the checkout may change while a run goes on with what it has loaded.
    """
    return {
        "tolmach": jobs.__version__,
        "git_commit": git_commit(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }


def environment() -> dict[str, Any]:
    """Program and machine."""
    return {
        **program(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": device(),
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def git_commit() -> str | None:
    """The commit of the checkout that the program runs from, with a hash of what differs from it; None outside one."""
    folder = Path(jobs.__file__).parent
    if not (folder.parent / ".git").exists():
        return None
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changes = _git(folder.parent, "diff", "--no-ext-diff", "HEAD", "--", "jobs", "conf")
        return commit + (f"+{hashlib.sha256(changes.encode()).hexdigest()[:8]}" if changes else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)
    return done.stdout.decode("utf-8", "replace").strip()  # a difference may be in any encoding


def device() -> str:
    """What models could run on: the GPUs that PyTorch sees, or the processor; `ran_on` of each tells on what it did."""
    if torch := sys.modules.get("torch"):
        if torch.cuda.is_available():
            return ", ".join(torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count()))
        return f"cpu ({torch.get_num_threads()} threads)"
    return "cpu"


def peak_memory_mib() -> int:
    """The most memory this process ever held, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak / (1024 if sys.platform != "darwin" else 1024**2))


def stage_figures(counts: Mapping[str, float]) -> dict[str, Any]:
    """What a stage's markers counted, with tokens a second; flags, terms, repairs, engines and self-tests are told elsewhere."""
    told_elsewhere = ("flag:", "term:", "repair:", "ran_on:", "self_test:", "fallback:")
    plain = {name: value for name, value in counts.items() if not name.startswith(told_elsewhere)}
    plain["seconds"] = round(plain.get("seconds", 0.0), 2)
    if plain.get("tokens_out") and plain["seconds"]:
        read = plain.get("tokens_kept", plain.get("tokens_in", 0))
        plain["tokens_per_second"] = round((read + plain["tokens_out"]) / plain["seconds"], 1)
    return plain


def flags(stages: Mapping[str, Mapping[str, float]]) -> dict[str, int]:
    """Flags by kind over all stages."""
    total: Counter[str] = Counter()
    for counts in stages.values():
        total.update(by_prefix(counts, "flag:"))
    return dict(sorted(total.items()))


def terms(stages: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, int]]:
    """Glossary terms over all stages: `term → rendering` -> in how many texts it was `applied`, and `missed`."""
    total: dict[str, dict[str, int]] = {}
    for counts in stages.values():
        for name, value in counts.items():
            if name.startswith("term:"):
                _, outcome, term = name.split(":", 2)
                sums = total.setdefault(term, {"applied": 0, "missed": 0})
                sums[outcome] += int(value)
    return dict(sorted(total.items()))


def repairs(stages: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, Any]]:
    """Per stage that had segments to repair: how many each rung was `tried` on and `repaired`, and what became of the others.

    The others are `flagged`, with the best that there was, or `untranslated`, with their source.
    """
    found: dict[str, dict[str, Any]] = {}
    for stage, counts in stages.items():
        if told := by_prefix(counts, "repair:"):
            found[stage] = {
                **{kind: by_prefix(told, f"{kind}:") for kind in ("tried", "repaired")},
                **{kind: told.get(kind, 0) for kind in ("flagged", "untranslated")},
            }
    return found


def by_prefix(counts: Mapping[str, float], prefix: str) -> dict[str, int]:
    """The counts whose names begin so, by the rest of their names."""
    found = ((name, int(value)) for name, value in sorted(counts.items()) if name.startswith(prefix))
    return {name.removeprefix(prefix): value for name, value in found}


def failed_fraction(stages: Mapping[str, Mapping[str, float]]) -> float:
    """The largest share of rows, or of renditions, that any one stage failed to make."""
    shares = [counts.get("failed", 0) / counts["wanted"] for counts in stages.values() if counts.get("wanted")]
    return max(shares, default=0.0)
