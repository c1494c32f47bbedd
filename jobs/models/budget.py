"""How many tokens a batch may hold, and the memory of what was too much: one small file for all runs of a user.

The file is a help and nothing more: where it cannot be read or written, a run goes on without it.
"""

import json
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Budget:
    """Tokens that a batch may hold: padding, output and beams counted in.

    Attributes:
        key: device, number format and model that it holds for; empty where it is not to be remembered.
    """

    tokens: int
    key: str = ""

    def lower(self, tokens: int) -> None:
        """Go down to `tokens`, for this run and for later ones; never up."""
        self.tokens = max(1, min(self.tokens, tokens))
        log.warning("out of memory: batches hold at most %d tokens from now on", self.tokens)
        if self.key:
            _remember(self.key, self.tokens)


def remembered(key: str, batch_tokens: int) -> Budget:
    """The budget to start with: `batch_tokens`, or less where an earlier run found out that less fits."""
    known = _read().get(key, batch_tokens)
    if known < batch_tokens:
        log.info("batches hold at most %d tokens, as an earlier run found out; %s keeps it", known, budget_file())
    return Budget(min(known, batch_tokens), key)


def cache_folder() -> Path:
    """`tolmach` in the user's cache folder, which `XDG_CACHE_HOME` may name."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tolmach"


def budget_file() -> Path:
    """Where budgets are kept."""
    return cache_folder() / "budgets.json"


def _read() -> dict[str, int]:
    """Key to tokens; empty where the file is missing or holds anything else."""
    file = budget_file()
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or not all(type(tokens) is int and tokens > 0 for tokens in found.values()):
            raise ValueError("it does not hold numbers of tokens by name")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("%s is not used: %s; delete it", file, error)
        return {}
    return found


def _remember(key: str, tokens: int) -> None:
    """Keep one entry beside the others. Of two runs that write at once, one entry may be lost and is found out again."""
    file = budget_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(_read() | {key: tokens}, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, delete=False) as temporary:
            temporary.write(text)
        Path(temporary.name).replace(file)
    except OSError as error:
        log.warning("%s: the budget is not remembered for later runs: %s", file, error)
