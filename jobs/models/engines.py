"""Which engine runs a model: the one that the settings ask for, or the fastest that supports it."""

from jobs.config import ComputeType, EngineKind, Model, Translator
from jobs.models import checkpoint, ct2, server
from jobs.models.causal import CausalEngine
from jobs.models.checkpoint import Checkpoint
from jobs.models.engine import Engine, ModelError
from jobs.models.families import chat_of
from jobs.models.seq2seq import Seq2SeqEngine
from jobs.models.server import ServerEngine


def checkpoint_for(settings: Model) -> Checkpoint:
    """The checkpoint that a model names; raises `ModelError` where there is none."""
    if settings.engine is EngineKind.server:
        return server.find(settings.model, settings.server)
    return checkpoint.find(settings.model, settings.revision)


def kind_of(settings: Model, checkpoint: Checkpoint) -> EngineKind:
    """What runs a model; raises `ModelError` where that is asked for and cannot."""
    if settings.engine in (EngineKind.server, EngineKind.transformers):
        return settings.engine
    if not isinstance(settings, Translator):
        return EngineKind.transformers
    reason = _beyond_ctranslate2(settings) or ct2.unsupported(checkpoint)
    if not reason:
        return EngineKind.ctranslate2
    if settings.engine is EngineKind.ctranslate2 or settings.compute_type is not ComputeType.auto:
        raise ModelError(f"{settings.model}: {reason}; set engine=auto and compute_type=auto")
    return EngineKind.transformers


def _beyond_ctranslate2(settings: Translator) -> str:
    """Which of the settings CTranslate2 does not decode as Transformers does, or an empty string."""
    asked = [name for name in ("output_minimum", "no_repeat_ngram") if getattr(settings, name)]
    return f"CTranslate2 is not used with {' and '.join(asked)}" if asked else ""


def engine_for(settings: Model, checkpoint: Checkpoint) -> Engine:
    """An engine for a model, not loaded yet; raises `ModelError` where the one asked for cannot run it."""
    kind = kind_of(settings, checkpoint)
    if kind is EngineKind.server:
        return ServerEngine(checkpoint, settings)
    if isinstance(settings, Translator) and kind is EngineKind.ctranslate2:
        return ct2.CTranslate2Engine(checkpoint, settings)
    if chat := chat_of(settings):
        return CausalEngine(checkpoint, settings, content=chat.content, options=chat.options)
    # Translators stop alike on both engines; a summariser stops as it was published.
    return Seq2SeqEngine(checkpoint, settings, early_stopping=True if isinstance(settings, Translator) else None)
