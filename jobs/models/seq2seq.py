"""The Transformers sequence-to-sequence engine: tokenise, generate, decode. Loads any encoder-decoder checkpoint.

Beams are searched by `beam.search`, inside of `generate`; greedy answers are left to Transformers.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jobs.models import beam
from jobs.models.pretrained import PretrainedEngine, ending
from jobs.models.tokenizer import counted, encoded
from jobs.records import Generation, Prompt

if TYPE_CHECKING:
    import torch


class Seq2SeqEngine(PretrainedEngine):
    """One encoder-decoder model on one device."""

    auto_class = "AutoModelForSeq2SeqLM"

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, end token and language code included."""
        return counted(self._tokens(), texts)

    def _batch(self, prompts: Sequence[Prompt]) -> list[Generation]:
        """Run one batch; a score is the mean log-probability of a hypothesis' tokens."""
        rows, counts = encoded(self._tokens(), prompts, self.input_limit)
        batch = self._tokens().pad({"input_ids": rows}, return_tensors="pt").to(self._model.device)
        forced = self._first_token(prompts)
        options = {**forced, **self._start(prompts), **self._global(prompts, batch), **self._search()}
        output, chosen = self._decode(prompts, batch, **options)
        settings = self._model.generation_config
        ends = settings.eos_token_id
        ends = set(ends if isinstance(ends, list) else [ends])
        forced_at = None if settings.forced_eos_token_id is None else self._limit(prompts)
        endings = [ending(ids[1:], ends, forced_at) for ids in output.sequences.tolist()]
        scores = self._scores(output, chosen, [written for written, _ in endings])
        unknown = self._tokenizer.unk_token_id
        # The start token and a forced language code are no part of the text, even where they are not marked as special.
        decoded = self._tokenizer.batch_decode(output.sequences[:, 1 + len(forced) :], skip_special_tokens=True)
        read = [
            (n, len(row), row.count(unknown))
            for n, row in zip(counts, rows, strict=True)
            for _ in range(self.settings.beams)
        ]
        return self._best(
            [
                Generation(text.strip(), count, kept, *end, score, missing)
                for text, (count, kept, missing), end, score in zip(decoded, read, endings, scores, strict=True)
            ]
        )

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

    def _search(self) -> dict[str, Any]:
        """What `generate` is told of how to search; nothing where that has to be its own way."""
        settings = self._model.generation_config
        # These compare each row of the batch with the source in the same place.
        placed = (settings.encoder_no_repeat_ngram_size or 0) > 0 or (settings.encoder_repetition_penalty or 1.0) != 1.0
        return {"custom_generate": beam.search} if self.settings.beams > 1 and not placed else {}
