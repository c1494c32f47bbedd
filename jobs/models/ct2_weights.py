"""Weights of a Transformers checkpoint in the layout of CTranslate2.

CTranslate2's own converter does the work; what it does otherwise than Transformers 5 computes is put right here.
"""

from typing import Any

from ctranslate2.converters import transformers as upstream
from ctranslate2.specs.model_spec import OPTIONAL

from jobs.models.checkpoint import Checkpoint


def specification(checkpoint: Checkpoint, tokenizer: Any, names: list[str]) -> Any:
    """The `ctranslate2.specs.ModelSpec` of a checkpoint, in the precision that it is stored in.

    Args:
        checkpoint: which weights.
        tokenizer: of the checkpoint.
        names: of the tokens, one for each row of the embeddings.
    """
    import torch
    from transformers import AutoModelForSeq2SeqLM

    with torch.no_grad():
        model = AutoModelForSeq2SeqLM.from_pretrained(
            checkpoint.source, revision=checkpoint.hub_revision, dtype="auto", use_safetensors=True
        )
        return LOADERS[model.config.model_type](names)(model, tokenizer)


class _Named:
    """The vocabulary as it is given; upstream guesses at rows that the tokenizer has no token for."""

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def get_vocabulary(self, model: Any, tokenizer: Any) -> list[str]:
        return self.names


class _Marian(_Named, upstream.MarianMTLoader):  # type: ignore[misc]
    """Marian with its padding token, which the decoder starts from.

    Upstream drops the token and starts from zeros. That is the same for the published models, whose padding row is
    zero, but not for a model that was trained on in Transformers, where the tied output layer has moved the row.
    """

    def get_model_spec(self, model: Any) -> Any:
        spec = super().get_model_spec(model)
        spec.decoder.start_from_zero_embedding = False
        return spec

    def _remove_pad_weights(self, spec: Any) -> None:
        """Keep them."""

    def set_config(self, config: Any, model: Any, tokenizer: Any) -> None:
        super().set_config(config, model, tokenizer)
        config.decoder_start_token = tokenizer.convert_ids_to_tokens(model.config.decoder_start_token_id)


class _M2M100(_Named, upstream.M2M100Loader):  # type: ignore[misc]
    """M2M100 and NLLB."""


class _T5(_Named, upstream.T5Loader):  # type: ignore[misc]
    """T5 and MADLAD-400.

    Upstream asks `tie_word_embeddings` whether the output is scaled, which Transformers 5 sets for every T5 model.
    """

    def get_model_spec(self, model: Any) -> Any:
        spec = super().get_model_spec(model)
        spec.decoder.scale_outputs = model.config.d_model**-0.5 if model.config.scale_decoder_outputs else OPTIONAL
        return spec


LOADERS: dict[str, Any] = {"marian": _Marian, "m2m_100": _M2M100, "t5": _T5}
