"""Which engine runs a model: the one that the settings ask for, or the fastest that supports the family."""

from typing import Any

from jobs.config import EngineKind, Model, Translator
from jobs.models import checkpoint, server
from jobs.models.causal import CausalEngine
from jobs.models.checkpoint import Checkpoint
from jobs.models.engine import Engine
from jobs.models.families import CONVENTIONS
from jobs.models.seq2seq import Seq2SeqEngine
from jobs.models.server import ServerEngine


def kind_of(settings: Model) -> EngineKind:
    """What runs a model."""
    return EngineKind.transformers if settings.engine is EngineKind.auto else settings.engine


def checkpoint_for(settings: Model) -> Checkpoint:
    """The checkpoint that a model names; raises `ModelError` where there is none."""
    if isinstance(settings, Translator) and kind_of(settings) is EngineKind.server:
        return server.find(settings.model, settings.server)
    return checkpoint.find(settings.model, settings.revision)


def engine_for(settings: Model, checkpoint: Checkpoint) -> Engine:
    """An engine for a model, not loaded yet."""
    if isinstance(settings, Translator) and kind_of(settings) is EngineKind.server:
        return ServerEngine(
            checkpoint, settings.server, input_limit=settings.input_limit, output_limit=settings.output_limit
        )
    decoding: dict[str, Any] = {
        "beams": settings.beams,
        "input_limit": settings.input_limit,
        "output_limit": settings.output_limit,
        "output_minimum": settings.output_minimum,
        "length_penalty": settings.length_penalty,
        "no_repeat_ngram": settings.no_repeat_ngram,
        "device": settings.device.value,
    }
    if isinstance(settings, Translator) and (chat := CONVENTIONS[settings.family].chat):
        return CausalEngine(checkpoint, content=chat.content, options=chat.options, **decoding)
    return Seq2SeqEngine(checkpoint, **decoding)
