"""What the Transformers engines share: loading weights, memory that runs out, how a generation ended and how sure it was.

Weights are loaded from safetensors only, through the `Auto` classes, and without code from the hub.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from jobs.config import Model
from jobs.models.checkpoint import Checkpoint
from jobs.models.engine import OutOfMemory, best_of, first_line, longest, wish
from jobs.models.tokenizer import load_tokenizer, named_errors
from jobs.records import Finish, Generation, Prompt

# How torch words it where it raises a plain RuntimeError: the processor's allocators, and cuBLAS.
_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "cublas_status_alloc_failed")

# Where fewer hypotheses ended than there are beams, `generate` fills up with empty ones that have -1e9.
_NO_HYPOTHESIS = -1e6


def precision(device: str) -> Any:
    """The `torch.dtype` of weights on a device: bf16 on a GPU that has it, else fp32.

    Never fp16: T5 models leave its range and answer with nonsense.
    """
    import torch

    return torch.bfloat16 if device == "cuda" and torch.cuda.is_bf16_supported() else torch.float32


class PretrainedEngine(ABC):
    """One Transformers model on one device; an engine says which `Auto` class loads it and what a batch is.

    Args:
        checkpoint: which weights.
        settings: how it decodes, and where; what of a prompt is over the input limit is cut, and reported as cut.
        early_stopping: whether a beam search ends, as that of fairseq and CTranslate2, when there are as many finished
            hypotheses as beams; None leaves it to the checkpoint.

    What is not named here, such as a penalty on repetition, is as the checkpoint's own generation settings say.
    """

    auto_class: ClassVar[str]
    at_once: ClassVar[int] = 1  # preparing a batch takes a hundredth of its time, and threads would share the cores

    def __init__(
        self,
        checkpoint: Checkpoint,
        settings: Model,
        *,
        early_stopping: bool | None = None,
    ) -> None:
        self.checkpoint = checkpoint
        self.settings = settings
        self.early_stopping = early_stopping
        self._model: Any = None
        self._tokenizer: Any = None

    def load(self) -> None:
        """Load the model, in the precision that the device has."""
        import torch
        import transformers

        self._tokens()
        device = self.settings.device.value
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        with named_errors(self.checkpoint, f"cannot be loaded on {device}"):
            model = getattr(transformers, self.auto_class).from_pretrained(
                self.checkpoint.source,
                revision=self.checkpoint.hub_revision,
                dtype=precision(device),
                use_safetensors=True,
            )
            self._model = model.to(device).eval()

    @property
    def input_limit(self) -> int:
        """Tokens of one prompt that the model is given."""
        return self.settings.input_limit

    def _tokens(self) -> Any:
        """The tokenizer, loaded when it is first asked for: counting needs no weights."""
        if self._tokenizer is None:
            self._tokenizer = load_tokenizer(self.checkpoint)
        return self._tokenizer

    @property
    def runs_on(self) -> str:
        """Device, number format and engine."""
        import torch

        device = self._model.device
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
        return f"{name}, {str(self._model.dtype).removeprefix('torch.')} (transformers)"

    def generate(self, prompts: Sequence[Prompt]) -> list[Generation]:
        """Answer one batch; raises `OutOfMemory` where it does not fit."""
        try:
            return self._batch(prompts)
        except RuntimeError as error:  # torch.OutOfMemoryError is one
            reason = first_line(error)
            if not any(words in str(error).lower() for words in _NO_MEMORY):
                raise
        # Past the except block, since the traceback holds the tensors of the failed batch.
        self._free()
        raise OutOfMemory(f"{len(prompts)} prompts: {reason}")

    @abstractmethod
    def _batch(self, prompts: Sequence[Prompt]) -> list[Generation]:
        """Answer one batch."""

    def close(self) -> None:
        """Drop model and tokenizer."""
        self._model = self._tokenizer = None
        self._free()

    def _free(self) -> None:
        """Give back the memory that nothing refers to."""
        import gc

        import torch

        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _limit(self, prompts: Sequence[Prompt]) -> int:
        positions = getattr(self._model.config.get_text_config(), "max_position_embeddings", None)
        return longest(prompts, self.settings.output_limit, positions)

    def _decode(self, prompts: Sequence[Prompt], batch: Any, **options: Any) -> "tuple[Any, Chosen]":
        """The output of `generate` for an encoded batch: greedy or by beams, never sampled; and what was chosen greedily.

        As many sequences of each prompt as there are beams, best first.
        """
        import torch

        chosen = Chosen()
        options |= self._bounds(wish(prompts, "no_repeat_ngram", self.settings.no_repeat_ngram), batch)
        if self.settings.beams == 1:
            options["logits_processor"] = [*options.get("logits_processor", ()), chosen]
        elif self.early_stopping is not None:
            options["early_stopping"] = self.early_stopping
        with torch.inference_mode():
            return self._model.generate(
                **batch,
                **options,
                num_beams=self.settings.beams,
                num_return_sequences=self.settings.beams,
                do_sample=False,
                max_new_tokens=self._limit(prompts),
                max_length=None,
                length_penalty=self.settings.length_penalty,
                return_dict_in_generate=True,
                output_scores=self.settings.beams > 1,
            ), chosen

    def _bounds(self, no_repeat_ngram: int, batch: Any) -> dict[str, Any]:
        """What `generate` is told of the shortest answer, and of sequences that no answer has twice."""
        return {"min_length": self.settings.output_minimum, "no_repeat_ngram_size": no_repeat_ngram}

    def _best(self, hypotheses: Sequence[Generation]) -> list[Generation]:
        """One generation per prompt from its hypotheses, as many as beams, with the others as its alternatives."""
        groups = [
            hypotheses[start : start + self.settings.beams] for start in range(0, len(hypotheses), self.settings.beams)
        ]
        return [best_of([group[0], *(item for item in group[1:] if item.score > _NO_HYPOTHESIS)]) for group in groups]

    def _scores(self, output: Any, chosen: "Chosen", written: Sequence[int]) -> list[float]:
        """Mean log-probability of each answer, from the beam's own score or from the greedy steps.

        A beam's score is the sum divided by the length to the power of the length penalty.

        Args:
            output: of `_decode`.
            chosen: of `_decode`.
            written: tokens of each answer, a forced one included; what stands behind them is padding.
        """
        if self.settings.beams > 1:
            return [
                float(score) * length ** (self.settings.length_penalty - 1)
                for score, length in zip(output.sequences_scores, written, strict=True)
            ]
        steps = chosen.steps(output.sequences)
        return [float(row[:count].mean()) for row, count in zip(steps, written, strict=True)]


class Chosen:
    """Notes the log-probability of each token that a greedy search takes.

    `generate` has it only as the scores of the whole vocabulary at every step, a gigabyte for a small batch of a model with a
    large one. As the last of the logits processors this sees them one step at a time.
    """

    def __init__(self) -> None:
        self._last: Any = None
        self._taken: list[Any] = []

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """The scores as they are, of shape (prompts, vocabulary); the last of the tokens was chosen by those before."""
        self._note(input_ids)
        self._last = scores.float().log_softmax(-1)
        return scores

    def steps(self, sequences: Any) -> Any:
        """Log-probabilities, of shape (prompts, steps), when the search has ended with these tokens."""
        import torch

        self._note(sequences)
        return torch.cat(self._taken, 1)

    def _note(self, tokens: Any) -> None:
        if self._last is not None:
            self._taken.append(self._last.gather(1, tokens[:, -1:]))


def ending(ids: Sequence[int], ends: set[int], forced_at: int | None = None) -> tuple[int, Finish]:
    """Tokens of an answer up to its end token, that one included, and whether the model ended there by itself.

    Some checkpoints have the end token forced upon them as token number `forced_at`; that is no end of their own.
    """
    for count, token in enumerate(ids, 1):
        if token in ends:
            return count, Finish.LENGTH if count == forced_at else Finish.END
    return len(ids), Finish.LENGTH
