"""Loads the tokenizer of a checkpoint; counting tokens and looking into the vocabulary need no weights."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from jobs.models.checkpoint import Checkpoint
from jobs.models.engine import ModelError, first_line
from jobs.records import Prompt


def load_tokenizer(checkpoint: Checkpoint) -> Any:
    """The tokenizer, of the class that the checkpoint names; raises `ModelError` where it cannot be had."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers import AutoTokenizer, logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    with named_errors(checkpoint, "has no tokenizer that can be loaded"):
        return AutoTokenizer.from_pretrained(checkpoint.source, revision=checkpoint.hub_revision)


def counted(tokenizer: Any, texts: Sequence[str]) -> list[int]:
    """Tokens of each text, end token and language code included."""
    return [len(ids) for ids in tokenizer(list(texts))["input_ids"]] if texts else []


def encoded(tokenizer: Any, prompts: Sequence[Prompt], limit: int) -> tuple[list[list[int]], list[int]]:
    """Token ids of each prompt, at most `limit` of them with the end token kept, and how many the whole prompt has.

    The tokenizer is told the source language of each prompt, where the prompt names it.
    """
    rows, counts = [], []
    for prompt in prompts:
        if prompt.source_code:
            tokenizer.src_lang = prompt.source_code
        ids = tokenizer(prompt.text)["input_ids"]
        counts.append(len(ids))
        if len(ids) > limit:
            ids = tokenizer(prompt.text, truncation=True, max_length=limit)["input_ids"]
        rows.append(ids)
    return rows, counts


def token_names(tokenizer: Any, size: int) -> list[str]:
    """A name of its own for each of `size` token ids: the token, or one made up where the tokenizer has none for it."""
    tokens = tokenizer.convert_ids_to_tokens(list(range(size)))
    first = {token: index for index, token in reversed(list(enumerate(tokens)))}
    return [token if token and first[token] == index else f"<id {index}>" for index, token in enumerate(tokens)]


@contextmanager
def named_errors(checkpoint: Checkpoint, what: str) -> Iterator[None]:
    """Turn the libraries' errors into a `ModelError` of one line that names the checkpoint."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:  # half-copied files make the libraries raise classes of their own, or none
        reason = first_line(error)
        raise ModelError(f"{checkpoint.source}: {what}: {reason}") from error
