"""The SentencePiece vocabulary of the embedded translator, written as the files that `MarianTokenizer` reads."""

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import sentencepiece

from jobs.demo.corpus import sampling
from jobs.translate import domain

PIECES = 6000
SENTENCES = 120_000
TAGS = {"ru": ">>rus<<", "kk": ">>kaz<<"}  # ISO 639-3 in Marian's notation, as OPUS-MT's multilingual models have it
WORDS = "words.txt"  # beside shipped weights: the English words of the corpus
FILES = ("source.spm", "target.spm", "vocab.json", "tokenizer_config.json")
END, UNKNOWN, PAD = "</s>", "<unk>", "<pad>"


def build(folder: Path, seed: int, pieces: int = PIECES, sentences: int = SENTENCES) -> None:
    """Train the vocabulary on corpus text and write `source.spm`, `target.spm`, `vocab.json`, `tokenizer_config.json`.

    One unigram model serves the three languages; digits are split, so that a number never depends on having been seen.
    """
    folder.mkdir(parents=True, exist_ok=True)
    prefix = folder / "shared"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=_text(seed, sentences),
        model_prefix=str(prefix),
        vocab_size=pieces,
        model_type="unigram",
        character_coverage=1.0,
        split_digits=True,
        normalization_rule_name="identity",
        num_threads=2,
        minloglevel=2,
        bos_id=-1,
        eos_id=0,
        unk_id=1,
        eos_piece=END,
        unk_piece=UNKNOWN,
    )
    model = prefix.with_suffix(".model")
    processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
    vocabulary = {processor.id_to_piece(index): index for index in range(processor.get_piece_size())}
    for token in (*TAGS.values(), PAD):
        vocabulary[token] = len(vocabulary)
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes(model.read_bytes())
    model.unlink()
    prefix.with_suffix(".vocab").unlink()
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False, indent=0), encoding="utf-8")
    settings = {
        "tokenizer_class": "MarianTokenizer",
        "source_lang": "en",
        "target_lang": "mul",
        "model_max_length": 512,
        "separate_vocabs": False,
        "unk_token": UNKNOWN,
        "eos_token": END,
        "pad_token": PAD,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2), encoding="utf-8")


def _text(seed: int, sentences: int) -> Iterable[str]:
    for pair in islice(sampling.stream(seed), sentences // 3):
        yield from (pair.en, pair.ru, pair.kk)


def words(seed: int, pairs: int = 600_000) -> list[str]:
    """The English words of the corpus without names, in order: those of so many pairs of its stream, which is nearly all."""
    return sorted({word for pair in islice(sampling.stream(seed), pairs) for word in domain.words(pair.en)})
