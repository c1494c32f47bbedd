"""Which engine runs a model: the one that the settings ask for, or the fastest that supports the family."""

from jobs.config import Model
from jobs.models.checkpoint import Checkpoint
from jobs.models.engine import Engine
from jobs.models.seq2seq import Seq2SeqEngine


def engine_for(settings: Model, checkpoint: Checkpoint) -> Engine:
    """An engine for a model, not loaded yet."""
    return Seq2SeqEngine(
        checkpoint,
        beams=settings.beams,
        input_limit=settings.input_limit,
        output_limit=settings.output_limit,
        output_minimum=settings.output_minimum,
        length_penalty=settings.length_penalty,
        no_repeat_ngram=settings.no_repeat_ngram,
        device=settings.device.value,
    )
