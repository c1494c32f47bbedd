import random
from itertools import islice
from pathlib import Path

import pytest
from transformers import MarianTokenizer

from jobs.demo import batches
from jobs.demo.corpus import sampling


def test_both_languages_are_asked_for_by_the_first_token(random_marian: Path) -> None:
    tokenizer = MarianTokenizer.from_pretrained(random_marian)
    tags = {tokenizer.get_vocab()[tag] for tag in (">>rus<<", ">>kaz<<")}
    first = {int(tag) for batch in islice(batches.batches(tokenizer, 3, 300), 10) for tag in batch.source[:, 0]}
    assert first == tags


def test_training_sees_the_token_ids_that_the_tokenizer_gives(random_marian: Path) -> None:
    tokenizer = MarianTokenizer.from_pretrained(random_marian)
    pairs = sampling.seen_patterns(20, 5)
    for pair, (source, target) in zip(pairs, batches.Encoder(tokenizer)(pairs)[::2], strict=True):
        assert source == tokenizer(f">>rus<< {pair.en}")["input_ids"]
        assert target == tokenizer(text_target=pair.ru)["input_ids"]


def test_other_segmentations_are_of_the_same_text_and_come_again_with_the_same_seed(random_marian: Path) -> None:
    tokenizer = MarianTokenizer.from_pretrained(random_marian)
    names = sampling.unseen_names(30, 5)
    once, again = (batches.Encoder(tokenizer, random.Random(1))(names) for _ in range(2))
    assert once == again
    plain = batches.Encoder(tokenizer)(names)
    assert once != plain
    assert [tokenizer.spm_source.decode(target[:-1]) for _, target in once] == [
        tokenizer.spm_source.decode(target[:-1]) for _, target in plain
    ]


def test_no_batch_has_more_target_tokens_than_asked_and_hardly_any_are_padding(
    random_marian: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "POOL", 2000)
    tokenizer = MarianTokenizer.from_pretrained(random_marian)
    found = list(islice(batches.batches(tokenizer, 3, 1000), 60))
    assert all(batch.labels.numel() <= 1000 for batch in found)
    assert sum(int((batch.labels == -100).sum()) for batch in found) < 0.1 * sum(item.labels.numel() for item in found)
    assert sum(int((~batch.keep).sum()) for batch in found) < 0.3 * sum(batch.keep.numel() for batch in found)
