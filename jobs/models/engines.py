"""Which engine runs a model: the one that the settings ask for, or the fastest that supports the family."""

from jobs.config import EngineKind, Translator
from jobs.models import checkpoint, server
from jobs.models.causal import CausalEngine
from jobs.models.checkpoint import Checkpoint
from jobs.models.engine import Engine
from jobs.models.families import CONVENTIONS
from jobs.models.seq2seq import Seq2SeqEngine
from jobs.models.server import ServerEngine


def kind_of(settings: Translator) -> EngineKind:
    """What runs a translator."""
    return EngineKind.transformers if settings.engine is EngineKind.auto else settings.engine


def checkpoint_for(settings: Translator) -> Checkpoint:
    """The model that a translator names; raises `ModelError` where there is none."""
    if kind_of(settings) is EngineKind.server:
        return server.find(settings.model, settings.server)
    return checkpoint.find(settings.model, settings.revision)


def engine_for(settings: Translator, checkpoint: Checkpoint) -> Engine:
    """An engine for a translator, not loaded yet."""
    if kind_of(settings) is EngineKind.server:
        return ServerEngine(
            checkpoint, settings.server, input_limit=settings.input_limit, output_limit=settings.output_limit
        )
    limits = {
        "beams": settings.beams,
        "input_limit": settings.input_limit,
        "output_limit": settings.output_limit,
    }
    device = settings.device.value
    if chat := CONVENTIONS[settings.family].chat:
        return CausalEngine(checkpoint, content=chat.content, options=chat.options, device=device, **limits)
    return Seq2SeqEngine(checkpoint, device=device, **limits)
