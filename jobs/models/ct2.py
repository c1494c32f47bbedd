"""The CTranslate2 engine: the same checkpoints as the Transformers engine, several times faster.

A checkpoint is converted once, into the user's cache folder. In fp32, what comes out is what the Transformers engine
gives: the same tokenizer, the same prompts, and a beam search that stops by the same rule.
"""

import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from jobs.config import ComputeType, Translator
from jobs.models.budget import cache_folder
from jobs.models.checkpoint import Checkpoint
from jobs.models.engine import ModelError, OutOfMemory, best_of, first_line, longest, wish
from jobs.models.tokenizer import counted, encoded, load_tokenizer, named_errors, token_names
from jobs.records import Finish, Generation, Prompt

log = logging.getLogger(__name__)

CONVERSION = 1  # to be raised when other files are written for the same checkpoint
# Sentences that a core works at together: more of them fall out of its cache. On a GPU all of a batch are.
CACHED = 16
# How CTranslate2 words it: CUDA, cuBLAS, and the processor's allocators.
_NO_MEMORY = ("out of memory", "cublas_status_alloc_failed", "failed to allocate memory", "bad_alloc")
# T5 models leave its range and answer with nonsense.
_FLOAT16 = (ComputeType.float16, ComputeType.int8_float16)
# Best first.
_PREFERRED = {
    "cpu": (ComputeType.int8_float32, ComputeType.float32),
    "cuda": (ComputeType.bfloat16, ComputeType.float16, ComputeType.float32),
}
# Settings of a checkpoint's own generation that CTranslate2 has no equal for, and the values that mean nothing. Where it
# has one, it counts probabilities anew after forbidding tokens, which `generate` does not.
_OWN_DECODING = {
    "min_new_tokens": (None, 0),
    "suppress_tokens": (None, []),
    "begin_suppress_tokens": (None, []),
    "repetition_penalty": (None, 1.0),
    "encoder_no_repeat_ngram_size": (None, 0),
    "encoder_repetition_penalty": (None, 1.0),
    "exponential_decay_length_penalty": (None,),
    "sequence_bias": (None,),
    "num_beam_groups": (None, 1),
}


def unsupported(checkpoint: Checkpoint) -> str:
    """Why CTranslate2 cannot run a checkpoint as Transformers does, or an empty string where it can."""
    config = _config(checkpoint)
    decoding = _generation_config(checkpoint)
    if config.model_type not in ("marian", "m2m_100", "t5"):
        return f"CTranslate2 is not used for models of type {config.model_type}"
    if getattr(config, "share_encoder_decoder_embeddings", True) is False:
        return "CTranslate2 is not used for models with a vocabulary for each side"
    for name, harmless in _OWN_DECODING.items():
        if getattr(decoding, name, None) not in harmless:
            return f"CTranslate2 has no equal for {name} of the model's generation_config.json"
    if any(len(word) > 1 for word in decoding.bad_words_ids or []):
        return "CTranslate2 has no equal for bad_words_ids of several tokens in the model's generation_config.json"
    return ""


def _config(checkpoint: Checkpoint) -> Any:
    from transformers import AutoConfig

    with named_errors(checkpoint, "has no config.json that can be read"):
        return AutoConfig.from_pretrained(checkpoint.source, revision=checkpoint.hub_revision)


def _generation_config(checkpoint: Checkpoint) -> Any:
    """How the checkpoint itself wants to decode; the defaults where it does not say."""
    from transformers import GenerationConfig
    from transformers.utils import GENERATION_CONFIG_NAME
    from transformers.utils.hub import cached_file

    revision = checkpoint.hub_revision
    with named_errors(checkpoint, f"{GENERATION_CONFIG_NAME} cannot be read"):
        if not cached_file(
            checkpoint.source,
            GENERATION_CONFIG_NAME,
            revision=revision,
            _raise_exceptions_for_missing_entries=False,
        ):
            return GenerationConfig()
        return GenerationConfig.from_pretrained(checkpoint.source, revision=revision)


class CTranslate2Engine:
    """One encoder-decoder model, on the processor or on all GPUs.

    Args:
        checkpoint: which weights; `unsupported` has said that they will do.
        settings: how it decodes, and where; what of a prompt is over the input limit is cut, and reported as cut.
            `compute_type=auto` takes the fastest number format that is right for device and model.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        settings: Translator,
    ) -> None:
        self.checkpoint = checkpoint
        self.settings = settings
        self._translator: Any = None
        self._tokenizer: Any = None
        self._forbidden: list[list[str]] = []
        self._names: list[str] = []
        self._ids: dict[str, int] = {}
        self._tokenising = Lock()  # tokenizers remember the language, and which side of the text they are at
        self._positions: int | None = None

    @property
    def input_limit(self) -> int:
        """Tokens of one prompt that the model is given."""
        return self.settings.input_limit

    def load(self) -> None:
        """Load the model; converts it first, where that was not done yet."""
        import ctranslate2

        device = self.settings.device.value
        if device == "auto":
            device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
        config = _config(self.checkpoint)
        with named_errors(self.checkpoint, f"cannot be run by CTranslate2 on {device}"):
            compute_type = self._chosen(device, config.model_type)
        self._positions = getattr(config, "max_position_embeddings", None)
        self._names = token_names(self._tokens(), config.vocab_size)
        self._ids = {name: index for index, name in enumerate(self._names)}
        folder = converted(self.checkpoint, self._tokens(), self._names, compute_type)
        with named_errors(self.checkpoint, f"cannot be run by CTranslate2 on {device} from {folder}"):
            self._translator = ctranslate2.Translator(
                str(folder), device=device, compute_type=compute_type, **_workers(device)
            )
            forbidden = _generation_config(self.checkpoint).bad_words_ids or []
            self._forbidden = [[self._names[index] for index in word] for word in forbidden]
            # Libraries that are missing on a GPU show at the first batch only.
            self._translator.translate_batch([[self._tokens().eos_token]], max_decoding_length=1, beam_size=1)

    def _chosen(self, device: str, model_type: str) -> str:
        """The number format to run in: the one that the settings ask for, or the best that device and model have."""
        import ctranslate2

        there = ctranslate2.get_supported_compute_types(device)
        refused = _FLOAT16 if model_type == "t5" else ()
        fit = [kind for kind in ComputeType if kind.value in there and kind not in refused]
        if self.settings.compute_type is ComputeType.auto:
            return str(next(kind.value for kind in _PREFERRED[device] if kind in fit))
        if self.settings.compute_type in fit:
            return str(self.settings.compute_type.value)
        names = ", ".join(kind.value for kind in fit)
        raise ModelError(
            f"{self.checkpoint.source}: compute_type={self.settings.compute_type.value} is not for this model on {device}, "
            f"which has auto, {names}"
        )

    def _tokens(self) -> Any:
        """The tokenizer, loaded when it is first asked for: counting needs no weights."""
        if self._tokenizer is None:
            self._tokenizer = load_tokenizer(self.checkpoint)
        return self._tokenizer

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, end token and language code included."""
        return counted(self._tokens(), texts)

    @property
    def at_once(self) -> int:
        """A batch for each replica, and one that is tokenised meanwhile."""
        return int(self._translator.num_translators) + 1

    @property
    def runs_on(self) -> str:
        """Device, number format and engine."""
        name = self._translator.device
        if name == "cuda":
            import torch

            count = len(self._translator.device_index)
            name = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "cuda"
            name = f"{count} × {name}" if count > 1 else name
        return f"{name}, {self._translator.compute_type} (ctranslate2)"

    def generate(self, prompts: Sequence[Prompt]) -> list[Generation]:
        """Translate one batch; raises `OutOfMemory` where it does not fit."""
        try:
            return self._batch(prompts)
        except (RuntimeError, MemoryError) as error:
            reason = first_line(error)
            if not isinstance(error, MemoryError) and not any(words in str(error).lower() for words in _NO_MEMORY):
                raise
        raise OutOfMemory(f"{len(prompts)} prompts: {reason}")

    def _batch(self, prompts: Sequence[Prompt]) -> list[Generation]:
        """Translate one batch; a score is the mean log-probability of a hypothesis' tokens."""
        tokenizer = self._tokens()
        with self._tokenising:
            rows, counts = encoded(tokenizer, prompts, self.settings.input_limit)
        results = self._translator.translate_batch(
            [[self._names[index] for index in row] for row in rows],
            target_prefix=[[prompt.first_token] if prompt.first_token else None for prompt in prompts],
            max_batch_size=CACHED if self._translator.device == "cpu" else 0,
            beam_size=self.settings.beams,
            num_hypotheses=self.settings.beams,
            patience=1.0,
            length_penalty=self.settings.length_penalty,
            max_input_length=0,
            max_decoding_length=longest(prompts, self.settings.output_limit, self._positions),
            no_repeat_ngram_size=wish(prompts, "no_repeat_ngram", 0),
            min_decoding_length=0,
            suppress_sequences=self._forbidden or None,
            return_end_token=True,
            return_scores=True,
        )
        read = [(count, len(row)) for count, row in zip(counts, rows, strict=True)]
        unknown = [row.count(tokenizer.unk_token_id) for row in rows]
        return [
            best_of(
                [
                    Generation(text, *numbers, len(ids), self._finish(ids), score, missing)
                    for text, ids, score in self._hypotheses(result, prompt)
                ]
            )
            for prompt, numbers, missing, result in zip(prompts, read, unknown, results, strict=True)
        ]

    def _hypotheses(self, result: Any, prompt: Prompt) -> Iterator[tuple[str, list[int], float]]:
        """Text, tokens and score of each hypothesis, best first."""
        answers = [[self._ids[name] for name in names] for names in result.hypotheses]
        # A forced language code is no part of the text, even where it is not marked as special.
        with self._tokenising:
            texts = self._tokens().batch_decode(
                [ids[bool(prompt.first_token) :] for ids in answers], skip_special_tokens=True
            )
        for text, ids, score in zip(texts, answers, result.scores, strict=True):
            yield text.strip(), ids, score * len(ids) ** (self.settings.length_penalty - 1)

    def _finish(self, ids: Sequence[int]) -> Finish:
        return Finish.END if ids[-1:] == [self._tokens().eos_token_id] else Finish.LENGTH

    def close(self) -> None:
        """Drop model and tokenizer."""
        self._translator = self._tokenizer = None


def _workers(device: str) -> dict[str, Any]:
    """How many batches run at a time and on what: every GPU has one, and every core, since cores lose time by waiting."""
    import ctranslate2
    import torch

    if device == "cuda":
        return {"device_index": list(range(ctranslate2.get_cuda_device_count()))}
    return {"inter_threads": torch.get_num_threads(), "intra_threads": 1}


def converted(checkpoint: Checkpoint, tokenizer: Any, names: list[str], compute_type: str) -> Path:
    """The folder with the converted checkpoint, which is made where it is not there yet.

    Processes that want the same one wait for the first, and a folder that is there is whole.

    Args:
        checkpoint: which weights.
        tokenizer: of the checkpoint.
        names: of its tokens, as `token_names` gives them.
        compute_type: number format of the weights.

    Raises:
        ModelError: the checkpoint cannot be converted, or the cache folder cannot be written.
    """
    import ctranslate2

    model = checkpoint.source.strip("/").split("/")[-1] if checkpoint.local else checkpoint.source.replace("/", "--")
    version = f"{ctranslate2.__version__}.{CONVERSION}"
    folder = cache_folder() / "ctranslate2" / f"{model}-{checkpoint.revision}-{compute_type}-{version}"
    if folder.is_dir():
        return folder
    try:
        with _alone(folder):
            if not folder.is_dir():
                log.info("converting %s into %s, once", checkpoint.source, folder)
                _convert(checkpoint, tokenizer, names, compute_type, folder)
    except OSError as error:
        raise ModelError(
            f"{checkpoint.source}: cannot be converted into {folder}: {error.strerror or error}; "
            "set XDG_CACHE_HOME to a folder with room, or translators.<language>.engine=transformers"
        ) from error
    return folder


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder that is to be made, and clear away what killed processes left of it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.parent.glob(f".{folder.name}.*/"):
            shutil.rmtree(left)
        yield


def _convert(checkpoint: Checkpoint, tokenizer: Any, names: list[str], compute_type: str, folder: Path) -> None:
    from jobs.models.ct2_weights import specification

    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as temporary:
        made = Path(temporary) / "model"
        made.mkdir()
        with named_errors(checkpoint, "cannot be converted for CTranslate2"):
            model = specification(checkpoint, tokenizer, names)
            model.validate()
            model.optimize(quantization=compute_type)
        model.save(str(made))
        for file in made.iterdir():
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
        made.rename(folder)
