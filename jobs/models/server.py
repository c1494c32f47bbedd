"""The server engine: a chat model behind an OpenAI-compatible server (vLLM, SGLang, llama.cpp, `transformers serve`).

Such a server makes its own batches, so a batch goes out as one request per prompt, a bounded number at a time. Requests follow
https://platform.openai.com/docs/api-reference/chat, as far as all these servers understand it. The key is sent to the server
and goes nowhere else: not into logs, messages or files.
"""

import hashlib
import json
import logging
import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, ClassVar

from jobs.config import AUTO, Model, Server
from jobs.models.checkpoint import Checkpoint
from jobs.models.engine import ModelError
from jobs.models.tokenizer import load_tokenizer
from jobs.records import Finish, Generation, Prompt

log = logging.getLogger(__name__)

# Vocabularies of chat models take 4 bytes or more for a token of English, and rarely fewer than 3 for one of Cyrillic.
BYTES_PER_TOKEN = 3
SEED = 0
GREETING = "Hello."
PENALTY = 0.5  # on each return of a token, where a prompt forbids repetitions: servers have no ban on sequences
ENDINGS = {"stop": Finish.END, "length": Finish.LENGTH}
NO_LIST = (404, 405, 500, 501)  # how servers answer that have no list of models; 502 to 504 are of one that is not up
# What servers tell of a model that stays the same from one answer to the next.
LASTING = ("id", "owned_by", "root", "parent", "meta")


def find(model: str, server: Server) -> Checkpoint:
    """The model that `model` names on a server, `auto` for the only one; its revision is what the server tells of it.

    The address is no part of the revision: the same model elsewhere is the same model. Raises `ModelError` where the
    server cannot be reached.
    """
    told = _models(server)
    if model == AUTO:
        if len(told) != 1:
            raise ModelError(f"{server.url}: {_names(told)}; set model to the name of one")
        (model,) = told
    lasting = {key: told.get(model, {}).get(key) for key in LASTING}
    checksum = hashlib.sha256(json.dumps(lasting, sort_keys=True).encode()).hexdigest()
    return Checkpoint(model, f"{model}:{checksum[:8]}")


class ServerEngine:
    """One model on one server.

    Args:
        checkpoint: which model, as `find` gave it.
        settings: where the server is and how it is asked; how long prompts and answers may be.
    """

    at_once: ClassVar[int] = 1  # a batch alone has as many requests under way as are allowed

    def __init__(self, checkpoint: Checkpoint, settings: Model) -> None:
        self.checkpoint = checkpoint
        self.server = settings.server
        self.input_limit = settings.input_limit
        self.output_limit = settings.output_limit
        self._client: Any = None
        self._tokenizer: Any = None
        self._closed = Event()

    @property
    def runs_on(self) -> str:
        """The server's address."""
        return self.server.url

    def load(self) -> None:
        """Make sure that the model is there and answers; raises `ModelError` before the night is spent."""
        if find(self.checkpoint.source, self.server) != self.checkpoint:
            raise ModelError(
                f"{self.server.url}: {self.checkpoint.source} is another model now than when the run began; "
                "run the same command again for a new version"
            )
        self._client = _connect(self.server)
        self._closed.clear()
        answer = self._greet()
        if not getattr(answer, "usage", None):
            log.warning("%s tells no numbers of tokens; they are estimated by characters", self.server.url)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text by `server.tokenizer`; without one a guess that is rather too high than too low."""
        if self.server.tokenizer is None:
            return [_estimated(text) for text in texts]
        if self._tokenizer is None:
            self._tokenizer = load_tokenizer(Checkpoint(self.server.tokenizer, "main"))
        return [len(ids) for ids in self._tokenizer(list(texts))["input_ids"]] if texts else []

    def generate(self, prompts: Sequence[Prompt]) -> list[Generation]:
        """Ask for each prompt; one that fails for good comes back without text, as `Finish.NO_ANSWER`.

        Raises `ModelError` where the server answers nothing any more.
        """
        pool = ThreadPoolExecutor(self.server.concurrency, thread_name_prefix="server")
        try:
            return list(pool.map(self._ask, prompts))
        finally:
            # After an error nobody waits for the requests that are still under way.
            pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Close the connections, and ask nothing more of what is under way."""
        self._closed.set()
        if self._client is not None:
            self._client.close()
        self._client = self._tokenizer = None

    def _ask(self, prompt: Prompt) -> Generation:
        if self._closed.is_set():
            raise ModelError(f"{self.server.url}: closed before all was asked")
        try:
            answer = self._complete(
                prompt.text, prompt.output_limit or self.output_limit, PENALTY if prompt.no_repeat_ngram else 0.0
            )
        except _errors() as error:
            problem = _reason(error, self.server)
            self._greet(retries=1)
            return self._failed(prompt, problem)
        return self._read(prompt, answer)

    def _complete(self, text: str, output_limit: int, penalty: float = 0.0, retries: int | None = None) -> Any:
        """The server's answer to one message, after as many retries as it takes, or as the settings or the caller allow."""
        client = self._client if retries is None else self._client.with_options(max_retries=retries)
        extra = {"chat_template_kwargs": {"enable_thinking": False}} if self.server.no_thinking else None
        return client.chat.completions.create(
            model=self.checkpoint.source,
            messages=[{"role": "user", "content": text}],
            temperature=0,
            seed=SEED,
            max_tokens=output_limit,
            logprobs=True,
            extra_body=extra,
            **({"frequency_penalty": penalty} if penalty else {}),
        )

    def _greet(self, retries: int | None = None) -> Any:
        """The answer to a greeting: whether an error is the server's, and concerns all prompts, shows here.

        Raises `ModelError` where it is.
        """
        try:
            return self._complete(GREETING, 1, retries=retries)
        except _errors() as error:
            raise ModelError(
                f"{self.server.url}: {self.checkpoint.source} does not answer: {_reason(error, self.server)}; "
                "see that the server runs and run the same command again, or set server.url"
            ) from None

    def _read(self, prompt: Prompt, answer: Any) -> Generation:
        """A generation from an answer, of which nothing is certain: the client does not check what servers send."""
        choices = getattr(answer, "choices", None)
        choice = choices[0] if isinstance(choices, list) and choices else None
        text = getattr(getattr(choice, "message", None), "content", None)
        if not isinstance(text, str):
            return self._failed(prompt, "the answer has no text in it")
        ending = getattr(choice, "finish_reason", None)
        if ending not in ENDINGS:
            return self._failed(prompt, f"the answer ended with finish_reason {ending!r}")
        usage = getattr(answer, "usage", None)
        tokens_in = _told(usage, "prompt_tokens", prompt.text)
        tokens_out = _told(usage, "completion_tokens", text)
        return Generation(text.strip(), tokens_in, tokens_in, tokens_out, ENDINGS[ending], _score(choice))

    def _failed(self, prompt: Prompt, problem: str) -> Generation:
        log.warning("%s: a prompt of %d characters was not answered: %s", self.server.url, len(prompt.text), problem)
        tokens_in = _estimated(prompt.text)
        return Generation(
            "", tokens_in, 0, 0, Finish.NO_ANSWER, 0.0, problem=f"{self.server.url} did not answer: {problem}"
        )


def _connect(server: Server) -> Any:
    """A client for a server. It waits between retries as `Retry-After` says, else 0.5 to 8 seconds, doubling, with jitter."""
    from openai import OpenAI

    # A server without keys does not look at the one that the client insists on.
    key = _key(server) or "none"
    return OpenAI(base_url=server.url, api_key=key, timeout=server.timeout_s, max_retries=server.retries)


def _key(server: Server) -> str:
    key = os.environ.get(server.key_variable, "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ModelError(f"{server.key_variable}: the key has spaces or letters that cannot be sent; set it again")
    return key


def _models(server: Server) -> dict[str, dict[str, Any]]:
    """What a server tells of its models, by their names.

    Nothing where it has no such list; `transformers serve` answers 500 on a machine without a hub cache.
    """
    try:
        with _connect(server) as client:
            listed = getattr(client.models.list(), "data", None)
    except _errors() as error:
        if getattr(error, "status_code", None) in NO_LIST:
            return {}
        raise ModelError(
            f"{server.url}: the server cannot be used: {_reason(error, server)}; start it, or set server.url"
        ) from None
    entries = [item.to_dict() for item in listed or [] if hasattr(item, "to_dict")]
    return {str(entry["id"]): entry for entry in entries if "id" in entry}


def _names(told: dict[str, dict[str, Any]]) -> str:
    return f"it has the models {', '.join(sorted(told))}" if told else "it does not tell which models it has"


def _errors() -> tuple[type[Exception], ...]:
    """What a request raises in the end: the client's errors, and `ValueError` for an answer that is no JSON."""
    from openai import OpenAIError

    return (OpenAIError, ValueError)


def _reason(error: Exception, server: Server) -> str:
    """An error in one short line, without the key, which a server may repeat in its answer."""
    from openai import APIConnectionError, APITimeoutError, OpenAIError

    if isinstance(error, APITimeoutError):
        text = f"no answer within {server.timeout_s:g} seconds"
    elif isinstance(error, APIConnectionError):
        text = f"no connection: {error.__cause__ or error}"
    elif isinstance(error, OpenAIError):
        text = str(error)
    else:
        text = f"the answer is no JSON: {error}"
    key = _key(server)
    line = " ".join((text.replace(key, "***") if key else text).split())
    return line if len(line) <= 300 else f"{line[:300]}…"


def _told(usage: Any, name: str, text: str) -> int:
    """The number of a text's tokens as the server tells it, or as it is estimated."""
    number = getattr(usage, name, None)
    return number if isinstance(number, int) else _estimated(text)


def _score(choice: Any) -> float:
    """Mean log-probability of the tokens, or 0, which no bound of a domain is above, where the server does not tell it."""
    tokens = getattr(getattr(choice, "logprobs", None), "content", None)
    values = [getattr(token, "logprob", None) for token in tokens] if isinstance(tokens, list) else []
    known = [value for value in values if isinstance(value, (int, float)) and math.isfinite(value)]
    return sum(known) / len(known) if known else 0.0


def _estimated(text: str) -> int:
    return math.ceil(len(text.encode()) / BYTES_PER_TOKEN)
