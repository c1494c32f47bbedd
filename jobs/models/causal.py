"""The Transformers causal engine: chat models, asked through their own template and decoded as far as they answer.

Continuous batching is not used: `generate_batch` of Transformers 5.23 has no beams and no scores, and takes half a
minute to begin on a processor.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from jobs.config import Model
from jobs.models.checkpoint import Checkpoint
from jobs.models.engine import ModelError, first_line
from jobs.models.pretrained import PretrainedEngine, ending
from jobs.models.tokenizer import load_tokenizer
from jobs.records import Finish, Generation, Prompt

# An answer that cannot be part of a template.
_ANSWER = "\N{OBJECT REPLACEMENT CHARACTER}"


class CausalEngine(PretrainedEngine):
    """One chat model on one device; the prompt is the user's message, and the template is the model's own.

    Raises `ModelError` at once where the model has no chat template.

    Args:
        checkpoint: which weights.
        settings: as of `PretrainedEngine`; the input limit counts the template's own tokens, too.
        content: the text of a prompt to the content of the message.
        options: what the chat template is told besides.
    """

    auto_class = "AutoModelForCausalLM"

    def __init__(
        self,
        checkpoint: Checkpoint,
        settings: Model,
        *,
        content: Callable[[str], Any] = str,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(checkpoint, settings)
        self.content = content
        self.options = dict(options or {})
        self._ends: set[int] = set()
        self._tokens()

    def _tokens(self) -> Any:
        """The tokenizer, with a token to pad with; raises `ModelError` where it has no chat template."""
        if self._tokenizer is None:
            tokenizer = load_tokenizer(self.checkpoint)
            if not tokenizer.chat_template:
                raise ModelError(
                    f"{self.checkpoint.source}: it has no chat template; put the model's chat_template.jinja beside its "
                    "weights, or choose a model that was trained to chat"
                )
            if tokenizer.pad_token_id is None:
                tokenizer.pad_token = tokenizer.eos_token
            self._tokenizer = tokenizer
        return self._tokenizer

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as the model reads it, instruction and chat template included."""
        return [len(ids) for ids in self._rendered(texts)]

    def _rendered(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each chat up to where the model's answer begins; control tokens in a text are mere text."""
        if not texts:
            return []
        chats = [[{"role": "user", "content": self.content(text)}] for text in texts]
        with _template_errors(self.checkpoint):
            found: list[list[int]] = self._tokens().apply_chat_template(
                chats, add_generation_prompt=True, return_dict=False, sanitize_control_tokens=True, **self.options
            )
        return found

    def _batch(self, prompts: Sequence[Prompt]) -> list[Generation]:
        """Answer one batch; a score is the mean log-probability of the tokens that were written."""
        rows = self._rendered([prompt.text for prompt in prompts])
        control = {token for token, added in self._tokens().added_tokens_decoder.items() if added.special}
        kept = [shortened(ids, self.input_limit, control) for ids in rows]
        batch = self._tokens().pad({"input_ids": kept}, padding_side="left", return_tensors="pt")
        ends = self._end_tokens(prompts[0].text)
        output, chosen = self._decode(
            prompts, batch.to(self._model.device), eos_token_id=sorted(ends), pad_token_id=self._tokens().pad_token_id
        )
        answers = output.sequences[:, batch["input_ids"].shape[1] :].tolist()
        endings = [ending(ids, ends) for ids in answers]
        scores = self._scores(output, chosen, [written for written, _ in endings])
        # An end token is no part of the text, even where it is not marked as special.
        texts = [
            self._tokens().decode(ids[: written - (finish is Finish.END)], skip_special_tokens=True)
            for ids, (written, finish) in zip(answers, endings, strict=True)
        ]
        read = [
            (len(ids), len(given)) for ids, given in zip(rows, kept, strict=True) for _ in range(self.settings.beams)
        ]
        return self._best(
            [
                Generation(text.strip(), *lengths, *end, score)
                for text, lengths, end, score in zip(texts, read, endings, scores, strict=True)
            ]
        )

    def _bounds(self, no_repeat_ngram: int, batch: Any) -> dict[str, Any]:
        """The bounds of the answer alone: what these models read and what they write is one sequence for `generate`."""
        bounds: dict[str, Any] = {"min_new_tokens": self.settings.output_minimum}
        if no_repeat_ngram:
            bounds["logits_processor"] = [_no_repeats(no_repeat_ngram, batch["input_ids"].shape[1])]
        return bounds

    def _end_tokens(self, text: str) -> set[int]:
        """Tokens that end an answer: the model's own, the tokenizer's, and the one that the template ends a turn with."""
        if not self._ends:
            ends = self._model.generation_config.eos_token_id
            known = ends if isinstance(ends, list) else [ends]
            found = {*known, self._tokens().eos_token_id, self._end_of_turn(text)}
            self._ends = {token for token in found if token is not None}
        return self._ends

    def _end_of_turn(self, text: str) -> int | None:
        """The token that the template writes behind an answer, if any; `text` is of any prompt."""
        chat = [{"role": "user", "content": self.content(text)}, {"role": "assistant", "content": _ANSWER}]
        with _template_errors(self.checkpoint):
            rendered = self._tokens().apply_chat_template(chat, tokenize=False, **self.options)
        behind = rendered.rpartition(_ANSWER)[2].lstrip()
        added = self._tokens().added_tokens_decoder.items()
        fitting = [(len(token.content), index) for index, token in added if behind.startswith(token.content)]
        return max(fitting)[1] if fitting else None


def _no_repeats(size: int, prompt: int) -> Callable[[Any, Any], Any]:
    """A logits processor that lets no answer have a sequence of `size` tokens twice, whatever its prompt of so many has."""
    from transformers import NoRepeatNGramLogitsProcessor

    forbid = NoRepeatNGramLogitsProcessor(size)
    return lambda input_ids, scores: forbid(input_ids[:, prompt:], scores)


@contextmanager
def _template_errors(checkpoint: Checkpoint) -> Iterator[None]:
    """Turn what a template says of a chat that it does not take into a `ModelError` of one line."""
    from jinja2 import TemplateError

    try:
        yield
    except TemplateError as error:
        reason = first_line(error)
        raise ModelError(
            f"{checkpoint.source}: its chat template does not take the prompt: {reason}; is it of another family?"
        ) from error


def shortened(ids: list[int], limit: int, control: set[int]) -> list[int]:
    """A rendered chat of at most `limit` tokens: the message loses its end, the template around it stays.

    Args:
        ids: tokens of the chat.
        limit: most tokens to keep; a template that is longer by itself stays whole.
        control: tokens that only the template writes; the longest stretch without one is the message.
    """
    over = len(ids) - limit
    if over <= 0:
        return ids
    borders = [-1, *(index for index, token in enumerate(ids) if token in control), len(ids)]
    start, end = max(pairwise(borders), key=lambda pair: pair[1] - pair[0])
    return ids[: max(start + 1, end - over)] + ids[end:]
