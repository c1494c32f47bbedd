"""The loss of a Marian model, computed for training on a few cores: the same function as `MarianMTModel`, faster.

On a CPU most of the time of the stock forward pass goes into mixed-precision additions, attention's backward pass and
the softmax over the vocabulary, and not into matrix products. Here activations are bfloat16 throughout, attention is
written out, and the loss is taken a few hundred rows at a time together with its gradient, so that logits stay in the
cache (Hsu et al. 2024, Liger Kernel, section 3.2). `tests/demo/test_forward.py` holds it to the stock model.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional
from transformers import MarianMTModel

ROWS = 256  # rows of logits at a time: 256 x 8,000 floats stay in a third-level cache


@dataclass(frozen=True, slots=True)
class Batch:
    """Token ids; `source`, `keep` (sentences, source tokens), `previous`, `labels` (sentences, target tokens).

    `keep` is true where the source is no padding; `labels` are -100 where the target is padding.
    """

    source: torch.Tensor
    keep: torch.Tensor
    previous: torch.Tensor
    labels: torch.Tensor

    def to(self, device: torch.device) -> "Batch":
        """The same batch on a device."""
        return Batch(*(getattr(self, name).to(device) for name in self.__slots__))


def loss(model: MarianMTModel, batch: Batch, *, dropout: float, smoothing: float) -> torch.Tensor:
    """Cross-entropy per target token with label smoothing."""
    weights = {name: parameter.bfloat16() for name, parameter in model.named_parameters()}
    states = _Pass(weights, model.config, dropout).decode(batch)
    real = batch.labels != -100
    return _VocabularyLoss.apply(states[real], weights["model.shared.weight"], batch.labels[real], smoothing)


class _Pass:
    """One forward pass with bfloat16 copies of the weights."""

    def __init__(self, weights: dict[str, torch.Tensor], config: Any, dropout: float) -> None:
        self.weights, self.config, self.dropout = weights, config, dropout

    def decode(self, batch: Batch) -> torch.Tensor:
        """Decoder states (sentences, target tokens, width)."""
        padding = torch.zeros(batch.keep.shape, dtype=torch.bfloat16, device=batch.keep.device)
        padding = padding.masked_fill(~batch.keep, -torch.inf)[:, None, None, :]
        memory = self.embed(batch.source, "encoder")
        for layer in range(self.config.encoder_layers):
            name = f"model.encoder.layers.{layer}"
            memory = self.attend(memory, memory, padding, f"{name}.self_attn")
            memory = self.transform(memory, name)
        length = batch.previous.shape[1]
        future = torch.full((length, length), -torch.inf, dtype=torch.bfloat16, device=batch.previous.device).triu(1)
        states = self.embed(batch.previous, "decoder")
        for layer in range(self.config.decoder_layers):
            name = f"model.decoder.layers.{layer}"
            states = self.attend(states, states, future, f"{name}.self_attn")
            states = self.attend(states, memory, padding, f"{name}.encoder_attn")
            states = self.transform(states, name)
        return states

    def embed(self, ids: torch.Tensor, side: str) -> torch.Tensor:
        found = functional.embedding(ids, self.weights["model.shared.weight"]) * math.sqrt(self.config.d_model)
        return self.drop(found + self.weights[f"model.{side}.embed_positions.weight"][: ids.shape[1]])

    def attend(self, states: torch.Tensor, memory: torch.Tensor, mask: torch.Tensor, name: str) -> torch.Tensor:
        """Multi-head attention, its residual and its norm (after the sum, as in Marian)."""
        heads = self.config.decoder_attention_heads
        size = states.shape[-1] // heads

        def split(projected: torch.Tensor) -> torch.Tensor:
            return projected.unflatten(-1, (heads, size)).transpose(1, 2)

        query = split(self.linear(states, f"{name}.q_proj") * size**-0.5)
        key, value = split(self.linear(memory, f"{name}.k_proj")), split(self.linear(memory, f"{name}.v_proj"))
        chances = torch.softmax(query @ key.transpose(2, 3) + mask, -1)
        found = self.linear((chances @ value).transpose(1, 2).flatten(2), f"{name}.out_proj")
        return self.norm(states + self.drop(found), f"{name}_layer_norm")

    def transform(self, states: torch.Tensor, name: str) -> torch.Tensor:
        hidden = self.linear(functional.silu(self.linear(states, f"{name}.fc1")), f"{name}.fc2")
        return self.norm(states + self.drop(hidden), f"{name}.final_layer_norm")

    def linear(self, states: torch.Tensor, name: str) -> torch.Tensor:
        return functional.linear(states, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def norm(self, states: torch.Tensor, name: str) -> torch.Tensor:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return functional.layer_norm(states, weight.shape, weight, bias)

    def drop(self, states: torch.Tensor) -> torch.Tensor:
        return dropped(states, self.dropout) if self.dropout else states


def dropped(states: torch.Tensor, share: float) -> torch.Tensor:
    """Dropout with 8-bit random numbers, cut out of 64-bit ones: many times faster to draw than floats."""
    words = torch.empty(states.numel() // 8 + 1, dtype=torch.int64, device=states.device)
    random = words.random_(torch.iinfo(torch.int64).min, None).view(torch.uint8)[: states.numel()]
    keep = random.view(states.shape) >= round(256 * share)
    return states * (keep / (1 - share)).bfloat16()


class _VocabularyLoss(torch.autograd.Function):  # type: ignore[misc]  # torch is seen as Any
    """Mean cross-entropy of `states @ table.T`, whose gradient is made in the forward pass, `ROWS` rows at a time."""

    @staticmethod
    def forward(
        context: Any, states: torch.Tensor, table: torch.Tensor, labels: torch.Tensor, smoothing: float
    ) -> torch.Tensor:
        total = torch.zeros((), device=states.device)
        states_gradient = torch.empty_like(states)
        table_gradient = torch.zeros(table.shape, dtype=torch.float32, device=table.device)
        count, size = len(labels), len(table)
        for start in range(0, count, ROWS):
            rows, wanted = states[start : start + ROWS], labels[start : start + ROWS, None]
            logits = (rows @ table.T).float()
            log_total = logits.logsumexp(-1, keepdim=True)
            total += (log_total - (1 - smoothing) * logits.gather(1, wanted) - smoothing * logits.mean(-1, True)).sum()
            slope = logits.sub_(log_total).exp_().sub_(smoothing / size)
            slope.scatter_add_(1, wanted, torch.full_like(log_total, smoothing - 1))
            slope16 = slope.bfloat16()
            states_gradient[start : start + ROWS] = slope16 @ table
            table_gradient += slope16.T @ rows
        context.save_for_backward(states_gradient.div_(count), (table_gradient / count).bfloat16())
        return total / count

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None, None]:
        states_gradient, table_gradient = context.saved_tensors
        return states_gradient * gradients[0], table_gradient * gradients[0], None, None
