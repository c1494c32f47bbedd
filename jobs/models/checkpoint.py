"""Where a model's files are and which revision they have: the embedded one, a local folder, or the hub."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from jobs.models.engine import ModelError

# Weights, settings, the vocabularies of all kinds of tokenizer, and chat templates.
_DECIDING = ("*.safetensors", "*.json", "*.spm", "*.model", "*.txt", "*.jinja")
EMBEDDED = Path(__file__).parents[1] / "demo" / "model"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model to load.

    Attributes:
        source: a folder, a hub id, or the name of a model that a server has.
        revision: the commit on the hub, a checksum of what a folder holds, or what the server tells of the model.
    """

    source: str
    revision: str

    @property
    def local(self) -> bool:
        """Whether the files lie in a folder."""
        return Path(self.source).is_dir()

    @property
    def hub_revision(self) -> str | None:
        """The revision to ask the hub for; a folder has none."""
        return None if self.local else self.revision


def find(model: str, revision: str | None) -> Checkpoint:
    """The checkpoint that `model` names; raises `ModelError` where there is none.

    Of a hub id without a commit the hub is asked which is the latest; without a network, and with `HF_HUB_OFFLINE=1`, the
    local cache tells.
    """
    folder = EMBEDDED if model == "embedded" else Path(model).expanduser()
    if folder.is_dir():
        if not any(folder.glob("*.safetensors")):
            raise ModelError(f"{folder}: no *.safetensors in this folder; save the model with save_pretrained()")
        return Checkpoint(str(folder.resolve()), _checksum(folder))
    if model == "embedded":
        raise ModelError(f"{folder}: the embedded model is missing; train it with python -m jobs.demo.train")
    if model.startswith(("/", ".", "~")) or model.count("/") != 1:
        raise ModelError(f"{model}: no such folder, and no hub id of the form owner/name")
    return Checkpoint(model, _commit(model, revision))


def _checksum(folder: Path) -> str:
    """Of all files that decide what the model answers."""
    total = hashlib.sha256()
    for file in sorted(file for pattern in _DECIDING for file in folder.glob(pattern)):
        total.update(file.name.encode())
        with file.open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()[:16]


def _commit(model: str, revision: str | None) -> str:
    from transformers.utils.hub import cached_file, extract_commit_hash

    try:
        config = cached_file(model, "config.json", revision=revision)
    except OSError as error:
        offline = " (HF_HUB_OFFLINE is set)" if os.environ.get("HF_HUB_OFFLINE") else ""
        reason = str(error).splitlines()[0]
        raise ModelError(
            f"{model}: cannot be had from the hub{offline}: {reason}; give a folder as its model= instead"
        ) from None
    return str(extract_commit_hash(config, None) or revision or "main")
