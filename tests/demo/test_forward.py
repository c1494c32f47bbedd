from pathlib import Path

import pytest
import torch
from transformers import MarianMTModel, MarianTokenizer

from jobs.demo import forward
from jobs.demo.train import Recipe, new_model

RECIPE = Recipe(width=128, encoder_layers=2, decoder_layers=2)


@pytest.fixture
def model(random_marian: Path) -> MarianMTModel:
    return new_model(RECIPE, MarianTokenizer.from_pretrained(random_marian)).eval()


@pytest.fixture
def batch() -> forward.Batch:
    """Seven sentences, some of them padded on either side."""
    torch.manual_seed(5)
    source, labels = torch.randint(3, 1000, (7, 12)), torch.randint(3, 1000, (7, 9))
    keep = torch.ones_like(source, dtype=torch.bool)
    keep[::3, -4:] = False
    previous = torch.cat([torch.zeros_like(labels[:, :1]), labels[:, :-1]], 1)
    labels = labels.clone()
    labels[::2, -3:] = -100
    return forward.Batch(source, keep, previous, labels)


def stock_loss(model: MarianMTModel, batch: forward.Batch) -> torch.Tensor:
    output = model(input_ids=batch.source, attention_mask=batch.keep.long(), decoder_input_ids=batch.previous)
    return torch.nn.functional.cross_entropy(output.logits.flatten(0, 1), batch.labels.flatten(), label_smoothing=0.1)


def gradients(model: MarianMTModel, loss: torch.Tensor) -> dict[str, torch.Tensor]:
    model.zero_grad()
    loss.backward()
    return {name: item.grad.clone() for name, item in model.named_parameters() if item.grad is not None}


def test_loss_and_gradients_are_those_of_the_stock_model(model: MarianMTModel, batch: forward.Batch) -> None:
    stock = stock_loss(model, batch)
    ours = forward.loss(model, batch, dropout=0.0, smoothing=0.1)
    assert float(ours.detach()) == pytest.approx(float(stock.detach()), rel=1e-3)
    expected, found = gradients(model, stock), gradients(model, ours)
    for name, gradient in expected.items():
        if "k_proj.bias" in name:  # has no influence on a softmax: zero but for rounding
            continue
        alike = torch.nn.functional.cosine_similarity(gradient.flatten(), found[name].flatten(), dim=0)
        assert alike > 0.98, name


def test_padding_of_a_batch_does_not_change_its_loss(model: MarianMTModel, batch: forward.Batch) -> None:
    wider = forward.Batch(
        torch.nn.functional.pad(batch.source, (0, 3), value=7),
        torch.nn.functional.pad(batch.keep, (0, 3), value=False),
        torch.nn.functional.pad(batch.previous, (0, 2), value=7),
        torch.nn.functional.pad(batch.labels, (0, 2), value=-100),
    )
    losses = [float(forward.loss(model, item, dropout=0.0, smoothing=0.1).detach()) for item in (batch, wider)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_dropout_is_the_same_for_the_same_seed_and_another_for_another(
    model: MarianMTModel, batch: forward.Batch
) -> None:
    def dropped(seed: int) -> float:
        torch.manual_seed(seed)
        return float(forward.loss(model, batch, dropout=0.3, smoothing=0.1).detach())

    assert dropped(1) == dropped(1)
    assert dropped(1) != dropped(2)


def test_dropout_leaves_out_its_share_and_keeps_the_mean() -> None:
    torch.manual_seed(5)
    left = forward.dropped(torch.ones(1000, 257), 0.1)
    assert float((left == 0).float().mean()) == pytest.approx(0.1, abs=0.01)
    assert float(left.float().mean()) == pytest.approx(1.0, abs=0.01)
