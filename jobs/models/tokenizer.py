"""Loads the tokenizer of a checkpoint; counting tokens and looking into the vocabulary need no weights."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jobs.models.checkpoint import Checkpoint
from jobs.models.engine import ModelError


def load_tokenizer(checkpoint: Checkpoint) -> Any:
    """The tokenizer, of the class that the checkpoint names; raises `ModelError` where it cannot be had."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers import AutoTokenizer, logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    with named_errors(checkpoint, "has no tokenizer that can be loaded"):
        return AutoTokenizer.from_pretrained(checkpoint.source, revision=checkpoint.hub_revision)


@contextmanager
def named_errors(checkpoint: Checkpoint, what: str) -> Iterator[None]:
    """Turn the libraries' errors into a `ModelError` of one line that names the checkpoint."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{checkpoint.source}: {what}: {reason}") from error
