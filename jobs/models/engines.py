"""Which engine runs a model: the one that the settings ask for, or the fastest that supports the family."""

from jobs.config import Translator
from jobs.models.causal import CausalEngine
from jobs.models.checkpoint import Checkpoint
from jobs.models.engine import Engine
from jobs.models.families import CONVENTIONS
from jobs.models.seq2seq import Seq2SeqEngine


def engine_for(settings: Translator, checkpoint: Checkpoint) -> Engine:
    """An engine for a translator, not loaded yet."""
    limits = {
        "beams": settings.beams,
        "input_limit": settings.input_limit,
        "output_limit": settings.output_limit,
    }
    device = settings.device.value
    if chat := CONVENTIONS[settings.family].chat:
        return CausalEngine(checkpoint, content=chat.content, options=chat.options, device=device, **limits)
    return Seq2SeqEngine(checkpoint, device=device, **limits)
