"""What the Transformers engines share: loading weights, memory that runs out, how a generation ended and how sure it was.

Weights are loaded from safetensors only, through the `Auto` classes, and without code from the hub.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from jobs.models.checkpoint import Checkpoint
from jobs.models.engine import OutOfMemory
from jobs.models.tokenizer import load_tokenizer, named_errors
from jobs.records import Finish, Generation, Prompt

# How torch words it where it raises a plain RuntimeError: the processor's allocators, and cuBLAS.
_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "cublas_status_alloc_failed")


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
        beams: width of the beam search; 1 is greedy.
        input_limit: tokens of a prompt that are given to the model; what is over is cut, and reported as cut.
        output_limit: tokens that a generation may have.
        device: `auto`, `cpu` or `cuda`.
    """

    auto_class: ClassVar[str]

    def __init__(self, checkpoint: Checkpoint, *, beams: int, input_limit: int, output_limit: int, device: str) -> None:
        self.checkpoint = checkpoint
        self.beams = beams
        self.input_limit = input_limit
        self.output_limit = output_limit
        self.device = device
        self._model: Any = None
        self._tokenizer: Any = None

    def load(self) -> None:
        """Load the model, in the precision that the device has."""
        import torch
        import transformers

        self._tokens()
        device = self.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        with named_errors(self.checkpoint, f"cannot be loaded on {device}"):
            model = getattr(transformers, self.auto_class).from_pretrained(
                self.checkpoint.source,
                revision=self.checkpoint.hub_revision,
                dtype=precision(device),
                use_safetensors=True,
                attn_implementation="sdpa",
            )
            self._model = model.to(device).eval()

    def _tokens(self) -> Any:
        """The tokenizer, loaded when it is first asked for: counting needs no weights."""
        if self._tokenizer is None:
            self._tokenizer = load_tokenizer(self.checkpoint)
        return self._tokenizer

    @property
    def runs_on(self) -> str:
        """Device and number format of the loaded model."""
        import torch

        device = self._model.device
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
        return f"{name}, {str(self._model.dtype).removeprefix('torch.')}"

    def generate(self, prompts: Sequence[Prompt]) -> list[Generation]:
        """Answer one batch; raises `OutOfMemory` where it does not fit."""
        try:
            return self._batch(prompts)
        except RuntimeError as error:  # torch.OutOfMemoryError is one
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
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

    def _decode(self, batch: Any, **options: Any) -> Any:
        """The output of `generate` for an encoded batch, with scores: greedy or by beams, never sampled."""
        import torch

        with torch.inference_mode():
            return self._model.generate(
                **batch,
                **options,
                num_beams=self.beams,
                do_sample=False,
                max_new_tokens=self.output_limit,
                max_length=None,
                length_penalty=1.0,
                return_dict_in_generate=True,
                output_scores=True,
            )

    def _scores(self, output: Any, written: Sequence[int]) -> list[float]:
        """Mean log-probability of each answer, from the beam's own score or from the greedy steps.

        Args:
            output: of `generate`, with scores.
            written: tokens of each answer; what stands behind them is padding, and its scores mean nothing.
        """
        if self.beams > 1:
            return [float(score) for score in output.sequences_scores]
        steps = self._model.compute_transition_scores(output.sequences, output.scores, normalize_logits=True)
        rows = [row[:count] for row, count in zip(steps, written, strict=True)]
        # A forced token has a probability of one and is nothing that the model chose.
        chosen = [row[row.isfinite() & (row < 0)] for row in rows]
        return [float(row.mean()) if len(row) else 0.0 for row in chosen]


def ending(ids: Sequence[int], ends: set[int]) -> tuple[int, Finish]:
    """Tokens of an answer up to its end token, that one included, and whether there is one."""
    for count, token in enumerate(ids, 1):
        if token in ends:
            return count, Finish.END
    return len(ids), Finish.LENGTH
