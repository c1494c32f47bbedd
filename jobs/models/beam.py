"""Beam search for encoder-decoders in which a sentence that is finished leaves the batch.

What comes out is what `generate` of Transformers gives (`GenerationMixin._beam_search` of 5.23); there, every sentence is
computed until the last of the batch has ended, all scores of all steps are kept, and the states of the source are copied at
each step, although all beams of a sentence have the same.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

IMPOSSIBLE = -1e9  # log-probability of what is not to be chosen


@dataclass(slots=True)
class Beams:
    """The sentences that are not finished.

    Attributes:
        places: where each stands in the batch, shape (sentences).
        sequences: tokens of each beam, (sentences, beams, length).
        scores: sum of their log-probabilities, (sentences, beams).
        finished: tokens of the best finished hypotheses, (sentences, beams, length), filled up with padding.
        finished_scores: sum of log-probabilities by the length to the power of the length penalty, (sentences, beams).
    """

    places: "torch.Tensor"
    sequences: "torch.Tensor"
    scores: "torch.Tensor"
    finished: "torch.Tensor"
    finished_scores: "torch.Tensor"

    def keep(self, rows: "torch.Tensor") -> None:
        """Go on with the sentences of these rows alone."""
        for name in ("places", "sequences", "scores", "finished", "finished_scores"):
            setattr(self, name, getattr(self, name)[rows])


def search(
    model: Any,
    input_ids: "torch.Tensor",
    logits_processor: Any,
    stopping_criteria: Any,
    generation_config: Any,
    **model_kwargs: Any,
) -> Any:
    """The decoding of `model.generate(custom_generate=search)`, which prepares all arguments.

    Args:
        model: an encoder-decoder.
        input_ids: start tokens, (sentences × beams, 1); encoder outputs and mask have as many rows.
        logits_processor: changes log-probabilities, each row for itself.
        stopping_criteria: which hypotheses end.
        generation_config: beams, length penalty, early stopping, how many sequences are returned.
        model_kwargs: `encoder_outputs`, `attention_mask` of the sources, and in `past_key_values` an empty
            `EncoderDecoderCache`. They may not be named above, since `generate` does not expand what is.
    """
    import torch
    from transformers.generation.utils import GenerateBeamEncoderDecoderOutput

    width, pad = generation_config.num_beams, int(generation_config._pad_token_tensor)
    beams = _begun(input_ids, width)
    hypotheses: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
    source, attention_mask = model_kwargs["encoder_outputs"].last_hidden_state, model_kwargs["attention_mask"]
    cache = model_kwargs["past_key_values"]
    while len(beams.places):
        flat = beams.sequences.flatten(0, 1)
        output = model(
            decoder_input_ids=flat[:, -1:],
            encoder_outputs=(source,),
            attention_mask=attention_mask,
            past_key_values=cache,
            use_cache=True,
        )
        log_probs = logits_processor(flat, output.logits[:, -1].float().log_softmax(-1))
        del output
        parents, done = _step(beams, log_probs, stopping_criteria, generation_config)
        rows = parents + width * torch.arange(len(done), device=done.device)[:, None]
        if done.any():
            for row in done.nonzero().flatten().tolist():
                hypotheses[int(beams.places[row])] = (beams.finished[row], beams.finished_scores[row])
            beams.keep(~done)
            rows = rows[~done]
            left = (~done).repeat_interleave(width).nonzero().flatten()
            source, attention_mask = source[left], attention_mask[left]
            cache.cross_attention_cache.reorder_cache(left)
        cache.self_attention_cache.reorder_cache(rows.flatten())
    found = [hypotheses[place] for place in sorted(hypotheses)]
    returned = generation_config.num_return_sequences
    sequences = torch.nn.utils.rnn.pad_sequence(
        [sequence for finished, _ in found for sequence in finished[:returned]], batch_first=True, padding_value=pad
    )
    scores = torch.cat([scores[:returned] for _, scores in found])
    return GenerateBeamEncoderDecoderOutput(sequences=sequences, sequences_scores=scores)


def _begun(input_ids: "torch.Tensor", width: int) -> Beams:
    """Beams before the first step, of which only the first counts, since all are equal."""
    import torch

    sequences = input_ids.unflatten(0, (-1, width))
    scores = torch.zeros(sequences.shape[:2], device=input_ids.device)
    scores[:, 1:] = IMPOSSIBLE
    places = torch.arange(len(sequences), device=input_ids.device)
    return Beams(places, sequences, scores, sequences, torch.full_like(scores, IMPOSSIBLE))


def _step(
    beams: Beams, log_probs: "torch.Tensor", stopping_criteria: Any, generation_config: Any
) -> "tuple[torch.Tensor, torch.Tensor]":
    """Make the beams one token longer; from which beam each comes, (sentences, beams), and which sentences are finished."""
    import torch

    count, width, length = beams.sequences.shape
    ends = generation_config._eos_token_tensor
    wanted = max(2, 1 + (0 if ends is None else len(ends))) * width
    total = log_probs.unflatten(0, (count, width)) + beams.scores[:, :, None]
    scores, indices = total.flatten(1).topk(wanted)
    parents, tokens = indices // total.shape[-1], indices % total.shape[-1]
    candidates = torch.cat([_chosen(beams.sequences, parents), tokens[:, :, None]], -1)
    ended = stopping_criteria(candidates.flatten(0, 1), None).unflatten(0, (count, wanted))
    if ended[:, :width].any():
        by_length = scores[:, :width] / length**generation_config.length_penalty
        _finish(beams, candidates[:, :width], by_length, ended[:, :width], int(generation_config._pad_token_tensor))
    beams.scores, best = (scores + IMPOSSIBLE * ended).topk(width)
    beams.sequences = _chosen(candidates, best)
    return parents.gather(1, best), _done(beams, generation_config) | ended.all(1)


def _finish(beams: Beams, candidates: "torch.Tensor", scores: "torch.Tensor", ended: "torch.Tensor", pad: int) -> None:
    """Keep those of the candidates that ended and are among the best."""
    import torch

    missing = candidates.shape[-1] - beams.finished.shape[-1]
    finished = torch.nn.functional.pad(beams.finished, (0, missing), value=pad)
    scores = torch.cat([beams.finished_scores, scores.masked_fill(~ended, IMPOSSIBLE)], 1)
    beams.finished_scores, best = scores.topk(ended.shape[1])
    beams.finished = _chosen(torch.cat([finished, candidates], 1), best)


def _done(beams: Beams, generation_config: Any) -> "torch.Tensor":
    """Which sentences have as many finished hypotheses as beams, and can have, or need, no better ones."""
    full = (beams.finished_scores > IMPOSSIBLE / 2).all(1)
    if generation_config.early_stopping is True:
        return full
    penalty, length = generation_config.length_penalty, beams.sequences.shape[-1] - 1
    if generation_config.early_stopping == "never" and penalty > 0:
        length = generation_config.max_length - 1
    return full & (beams.scores[:, 0] / length**penalty <= beams.finished_scores.min(1).values)


def _chosen(sequences: "torch.Tensor", indices: "torch.Tensor") -> "torch.Tensor":
    """The sequences of each sentence that its indices name, (sentences, indices, length)."""
    return sequences.gather(1, indices[:, :, None].expand(-1, -1, sequences.shape[-1]))
