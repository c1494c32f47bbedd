"""The beam search beside that of Transformers, on small random models whose answers end at different lengths."""

from itertools import product
from typing import Any

import pytest
import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import (
    AutoModelForSeq2SeqLM,
    BartConfig,
    LEDConfig,
    M2M100Config,
    MarianConfig,
    PegasusConfig,
    T5Config,
)

from jobs.models import beam
from jobs.models.checkpoint import find
from jobs.models.seq2seq import Seq2SeqEngine
from jobs.records import Prompt
from tests.tiny import limits

TOKENS = {
    "vocab_size": 30,
    "pad_token_id": 3,
    "eos_token_id": 1,
    "decoder_start_token_id": 2,
    "tie_word_embeddings": False,
}
HALVES = {f"{half}_{key}": value for half in ("encoder", "decoder") for key, value in (("layers", 1), ("ffn_dim", 32))}
SIZES = {"d_model": 16, "encoder_attention_heads": 2, "decoder_attention_heads": 2, "init_std": 0.5, **HALVES}
SHORT = {**TOKENS, **SIZES, "max_position_embeddings": 64, "bos_token_id": 2, "forced_eos_token_id": None}
MODELS = {
    "marian": MarianConfig(**SHORT),
    "bart": BartConfig(**{**SHORT, "forced_eos_token_id": 1}),
    "pegasus": PegasusConfig(**SHORT),
    "nllb": M2M100Config(**SHORT),
    "t5": T5Config(**TOKENS, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2, initializer_factor=2.0),
    "led": LEDConfig(
        **TOKENS, **SIZES, max_encoder_position_embeddings=64, max_decoder_position_embeddings=64, attention_window=8
    ),
}


def model(name: str, seed: int) -> Any:
    torch.manual_seed(seed)
    return AutoModelForSeq2SeqLM.from_config(MODELS[name]).eval()


def batch(seed: int, sentences: int = 6) -> dict[str, torch.Tensor]:
    """Sources of three to twelve tokens, padded on the right."""
    torch.manual_seed(seed)
    lengths = torch.randint(3, 13, (sentences, 1))
    mask = torch.arange(12) < lengths
    return {"input_ids": torch.randint(4, 30, (sentences, 12)).where(mask, 3), "attention_mask": mask.long()}


def both(made: Any, asked: dict[str, torch.Tensor], **options: Any) -> list[Any]:
    """What Transformers and this search give, with scores."""
    settings = {"num_beams": 4, "do_sample": False, "max_new_tokens": 14, "num_return_sequences": 4, **options}
    told = {"return_dict_in_generate": True, "output_scores": True}
    ends = {"eos_token_id": [1, 4, 5, 6], **settings}
    return [made.generate(**asked, **ends, **told, **way) for way in ({}, {"custom_generate": beam.search})]


def watched(made: Any) -> list[int]:
    """Rows that the decoder is given at each step, from now on."""
    rows: list[int] = []
    made.get_decoder().register_forward_pre_hook(
        lambda module, given, named: rows.append(len(named["input_ids"])), with_kwargs=True
    )
    return rows


def assert_equal(found: Any, expected: Any) -> None:
    """Equal but for how far the rows are filled up with padding."""
    rows = pad_sequence([*found.sequences, *expected.sequences], batch_first=True, padding_value=3)
    assert torch.equal(*rows.unflatten(0, (2, -1)))
    assert found.sequences_scores == pytest.approx(expected.sequences_scores, abs=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_every_family_gives_what_transformers_gives(name: str) -> None:
    rows = set()
    for seed, early in product(range(4), (True, False, "never")):
        made = model(name, seed)
        steps = watched(made)
        expected, found = both(made, batch(seed), early_stopping=early)
        assert_equal(found, expected)
        rows.update(steps)
    assert len(rows) > 2


@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.parametrize(
    "options",
    [
        {"num_beams": 2, "num_return_sequences": 1},
        {"num_beams": 6, "num_return_sequences": 3},
        {"length_penalty": 0.0},
        {"length_penalty": 2.0},
        {"length_penalty": -1.0},
        {"no_repeat_ngram_size": 2},
        {"min_length": 6},
        {"forced_bos_token_id": 7},
        {"bad_words_ids": [[5], [6]]},
        {"repetition_penalty": 1.5},
        {"eos_token_id": 1},
        {"max_new_tokens": 2},
    ],
    ids=str,
)
def test_every_setting_gives_what_transformers_gives(options: dict[str, Any], early_stopping: bool) -> None:
    for seed in (1, 2, 3):
        expected, found = both(model("bart", seed), batch(seed), early_stopping=early_stopping, **options)
        assert_equal(found, expected)


def test_a_sentence_that_is_finished_costs_nothing_any_more() -> None:
    made = model("bart", 2)
    rows = watched(made)
    made.generate(
        **batch(2), num_beams=4, max_new_tokens=14, early_stopping=True, eos_token_id=1, custom_generate=beam.search
    )
    assert rows == sorted(rows, reverse=True)
    assert rows[0] == 24
    assert rows[-1] < 20


def test_a_checkpoint_that_compares_answers_with_their_sources_is_searched_by_transformers(random_marian: Any) -> None:
    engine = Seq2SeqEngine(find(str(random_marian), None), limits())
    engine.load()
    asked = [Prompt(f">>rus<< {text}", "en", "ru") for text in ("Oil rose.", "Police detained 12 people.", "No.")]
    engine._model.generation_config.encoder_no_repeat_ngram_size = 1
    together = engine.generate(asked)
    assert [item.text for item in together] == [engine.generate([one])[0].text for one in asked]
    assert "custom_generate" not in engine._search()
