"""Which engine runs a model: the one that the settings ask for, or the fastest that supports it."""

from jobs.config import ComputeType, EngineKind, Translator
from jobs.models import ct2
from jobs.models.checkpoint import Checkpoint
from jobs.models.engine import Engine, ModelError
from jobs.models.seq2seq import Seq2SeqEngine


def engine_for(settings: Translator, checkpoint: Checkpoint) -> Engine:
    """An engine for a translator, not loaded yet; raises `ModelError` where the one asked for cannot run the model."""
    if _by_ctranslate2(settings, checkpoint):
        return ct2.CTranslate2Engine(
            checkpoint,
            beams=settings.beams,
            input_limit=settings.input_limit,
            output_limit=settings.output_limit,
            device=settings.device.value,
            compute_type=settings.compute_type,
        )
    return Seq2SeqEngine(
        checkpoint,
        beams=settings.beams,
        input_limit=settings.input_limit,
        output_limit=settings.output_limit,
        device=settings.device.value,
    )


def _by_ctranslate2(settings: Translator, checkpoint: Checkpoint) -> bool:
    if settings.engine is EngineKind.transformers:
        return False
    reason = ct2.unsupported(checkpoint)
    if reason and (settings.engine is EngineKind.ctranslate2 or settings.compute_type is not ComputeType.auto):
        raise ModelError(f"{settings.model}: {reason}; set engine=auto and compute_type=auto")
    return not reason
