"""The Transformers sequence-to-sequence engine: tokenise, generate, decode.

Loads any encoder-decoder checkpoint through the `Auto` classes, from safetensors only and without code from the hub.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jobs.models.checkpoint import Checkpoint
from jobs.models.engine import OutOfMemory
from jobs.models.tokenizer import counted, encoded, load_tokenizer, named_errors
from jobs.records import Finish, Generation, Prompt

if TYPE_CHECKING:
    import torch

# How torch words it where it raises a plain RuntimeError: the processor's allocators, and cuBLAS.
_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "cublas_status_alloc_failed")


def precision(device: str) -> Any:
    """The `torch.dtype` of weights on a device: bf16 on a GPU that has it, else fp32.

    Never fp16: T5 models leave its range and answer with nonsense.
    """
    import torch

    return torch.bfloat16 if device == "cuda" and torch.cuda.is_bf16_supported() else torch.float32


class Seq2SeqEngine:
    """One encoder-decoder model on one device.

    Args:
        checkpoint: which weights.
        beams: width of the beam search; 1 is greedy.
        input_limit: tokens of a prompt that are given to the model; what is over is cut, and reported as cut.
        output_limit: tokens that a generation may have; output_minimum: tokens that it has at least.
        device: `auto`, `cpu` or `cuda`.
        length_penalty: exponent of the length that a beam's score is divided by.
        no_repeat_ngram: no generation has a sequence of so many tokens twice; 0 allows all.
        early_stopping: whether the search ends, as that of fairseq and CTranslate2, when there are as many finished
            hypotheses as beams; None leaves it to the checkpoint.

    What is not named here, such as a penalty on repetition, is as the checkpoint's own generation settings say.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        beams: int,
        input_limit: int,
        output_limit: int,
        device: str,
        output_minimum: int = 0,
        length_penalty: float = 1.0,
        no_repeat_ngram: int = 0,
        early_stopping: bool | None = True,
    ) -> None:
        self.checkpoint = checkpoint
        self.beams = beams
        self.input_limit = input_limit
        self.output_limit = output_limit
        self.device = device
        self.output_minimum = output_minimum
        self.length_penalty = length_penalty
        self.no_repeat_ngram = no_repeat_ngram
        self.early_stopping = early_stopping
        self._model: Any = None
        self._tokenizer: Any = None

    def load(self) -> None:
        """Load the model, in the precision that the device has."""
        import torch
        from transformers import AutoModelForSeq2SeqLM

        self._tokens()
        device = self.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        with named_errors(self.checkpoint, f"cannot be loaded on {device}"):
            model = AutoModelForSeq2SeqLM.from_pretrained(
                self.checkpoint.source,
                revision=self.checkpoint.hub_revision,
                dtype=precision(device),
                use_safetensors=True,
            )
            self._model = model.to(device).eval()

    def _tokens(self) -> Any:
        """The tokenizer, loaded when it is first asked for: counting needs no weights."""
        if self._tokenizer is None:
            self._tokenizer = load_tokenizer(self.checkpoint)
        return self._tokenizer

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, end token and language code included."""
        return counted(self._tokens(), texts)

    @property
    def runs_on(self) -> str:
        """Device, number format and engine."""
        import torch

        device = self._model.device
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
        return f"{name}, {str(self._model.dtype).removeprefix('torch.')} (transformers)"

    def generate(self, prompts: Sequence[Prompt]) -> list[Generation]:
        """Run one batch; raises `OutOfMemory` where it does not fit."""
        try:
            return self._batch(prompts)
        except RuntimeError as error:  # torch.OutOfMemoryError is one
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            if not any(words in str(error).lower() for words in _NO_MEMORY):
                raise
        # Past the except block, since the traceback holds the tensors of the failed batch.
        self._free()
        raise OutOfMemory(f"{len(prompts)} prompts: {reason}")

    def _batch(self, prompts: Sequence[Prompt]) -> list[Generation]:
        """Run one batch; the score is the mean log-probability of the chosen hypothesis' tokens."""
        import torch

        rows, counts = encoded(self._tokens(), prompts, self.input_limit)
        batch = self._tokens().pad({"input_ids": rows}, return_tensors="pt").to(self._model.device)
        forced = self._first_token(prompts)
        with torch.inference_mode():
            output = self._model.generate(
                **batch,
                **forced,
                **self._start(prompts),
                **self._global(prompts, batch),
                **self._stopping(),
                num_beams=self.beams,
                do_sample=False,
                max_new_tokens=self.output_limit,
                max_length=None,
                min_length=self.output_minimum,
                length_penalty=self.length_penalty,
                no_repeat_ngram_size=self.no_repeat_ngram,
                return_dict_in_generate=True,
                output_scores=True,
            )
        endings = [self._ending(ids) for ids in output.sequences.tolist()]
        scores = self._scores(output, [length for length, _ in endings])
        unknown = self._tokenizer.unk_token_id
        # The start token and a forced language code are no part of the text, even where they are not marked as special.
        decoded = self._tokenizer.batch_decode(output.sequences[:, 1 + len(forced) :], skip_special_tokens=True)
        return [
            Generation(text.strip(), count, len(row), *ending, score, row.count(unknown))
            for text, count, row, ending, score in zip(decoded, counts, rows, endings, scores, strict=True)
        ]

    def _first_token(self, prompts: Sequence[Prompt]) -> dict[str, int]:
        """What `generate` is told of the token that the prompts want first; nothing where they want none."""
        (token,) = {prompt.first_token for prompt in prompts}
        return {"forced_bos_token_id": self._tokens().convert_tokens_to_ids(token)} if token else {}

    def _start(self, prompts: Sequence[Prompt]) -> dict[str, list[int]]:
        """What `generate` is told of the token that each prompt's answer starts from; nothing where that is the model's."""
        tokens = [prompt.start_token for prompt in prompts]
        return {"decoder_start_token_id": self._tokens().convert_tokens_to_ids(tokens)} if all(tokens) else {}

    def _global(self, prompts: Sequence[Prompt], batch: Any) -> "dict[str, torch.Tensor]":
        """What `generate` is told of the tokens that see the whole text; nothing where all of them do."""
        import torch

        counts = torch.tensor([[prompt.global_tokens] for prompt in prompts], device=self._model.device)
        positions = torch.arange(batch["input_ids"].shape[1], device=self._model.device)
        return {"global_attention_mask": (positions < counts).long()} if counts.any() else {}

    def _stopping(self) -> dict[str, bool]:
        """What `generate` is told of the end of a beam search; nothing where that is the checkpoint's."""
        return {} if self.beams == 1 or self.early_stopping is None else {"early_stopping": self.early_stopping}

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

    def _ending(self, ids: list[int]) -> tuple[int, Finish]:
        """Tokens generated after the start token, and whether the model ended there by itself.

        Some checkpoints have the end token forced upon them at the limit; that is no end of their own.
        """
        ends = self._model.generation_config.eos_token_id
        ends = set(ends if isinstance(ends, list) else [ends])
        forced = self._model.generation_config.forced_eos_token_id is not None
        for position, token in enumerate(ids[1:], 1):
            if token in ends:
                cut = forced and position == self.output_limit
                return position, Finish.LENGTH if cut else Finish.END
        return len(ids) - 1, Finish.LENGTH

    def _scores(self, output: Any, written: Sequence[int]) -> "list[float]":
        """Mean log-probability per sequence, from the beam's own score or from the greedy steps; a forced token counts.

        A beam's score is the sum divided by the length to the power of the length penalty.
        """
        if self.beams > 1:
            return [
                float(score) * length ** (self.length_penalty - 1)
                for score, length in zip(output.sequences_scores, written, strict=True)
            ]
        steps: torch.Tensor = self._model.compute_transition_scores(
            output.sequences, output.scores, normalize_logits=True
        )
        return [float(row[:length].mean()) for row, length in zip(steps, written, strict=True)]
