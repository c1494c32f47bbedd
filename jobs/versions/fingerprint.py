"""What decides the content of a version: configuration, models, package and input, and how two of them differ."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any


def fingerprint(identity: dict[str, Any]) -> str:
    """A short name for everything that decides the content: the same identity always has the same fingerprint."""
    text = json.dumps(identity, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def differences(before: Any, after: Any, key: str = "") -> Iterator[str]:
    """One line for each value that is not the same: `config.summariser.sentences: 3 -> 2`."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from differences(before.get(name), after.get(name), f"{key}.{name}" if key else name)
    elif before != after:
        yield f"{key}: {json.dumps(before, ensure_ascii=False)} -> {json.dumps(after, ensure_ascii=False)}"
