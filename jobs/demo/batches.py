"""Training batches of the embedded translator: the corpus as token ids, sorted by length, without end."""

import random
from collections.abc import Iterator
from itertools import islice

import sentencepiece
import torch
from transformers import MarianTokenizer

from jobs.demo import vocabulary
from jobs.demo.corpus import sampling
from jobs.demo.corpus.patterns import Pair
from jobs.demo.forward import Batch

POOL = 16_000  # pairs that are sorted by length together: with a quarter of them, a third of the source side is padding


def batches(tokenizer: MarianTokenizer, seed: int, batch_tokens: int, skip: int = 0) -> Iterator[Batch]:
    """Batches of at most `batch_tokens` target tokens, padding counted in; the first `skip` are passed over.

    Sentences of the same length in tokens stand together, so that little of a batch is padding.
    """
    rng = random.Random(f"batches-{seed}")
    stream = sampling.stream(seed)
    encode = Encoder(tokenizer, random.Random(f"segmentations-{seed}"))
    number = 0
    while True:
        examples = encode(list(islice(stream, POOL)))
        groups = _grouped(examples, batch_tokens)
        rng.shuffle(groups)
        for group in groups:
            number += 1
            if number > skip:
                yield _padded(group, tokenizer.pad_token_id)


Example = tuple[list[int], list[int]]  # token ids of the tagged source and of the target, each with its end token


class Encoder:
    """Token ids of pairs, as `MarianTokenizer` gives them, or now and then in another segmentation of the same text.

    Other segmentations (Kudo 2018, subword regularisation) teach how words are spelt, which names that were never seen
    need most: every second name alone is cut at random on both sides, and one sentence in five on the source side.

    Args:
        tokenizer: of the model to train.
        rng: decides which texts are cut at random; None for none.
    """

    def __init__(self, tokenizer: MarianTokenizer, rng: random.Random | None = None) -> None:
        self.pieces, self.end, self.rng = tokenizer.spm_source, tokenizer.eos_token_id, rng
        self.tags = {language: tokenizer.convert_tokens_to_ids(tag) for language, tag in vocabulary.TAGS.items()}
        if rng:
            sentencepiece.set_random_generator_seed(rng.randrange(2**31))

    def __call__(self, pairs: list[Pair]) -> list[Example]:
        """Both directions of each pair."""
        examples = []
        for pair in pairs:
            name = pair.name == "name"
            for language, tag in self.tags.items():
                source = self.encode(pair.en, 0.5 if name else 0.2)
                target = self.encode(getattr(pair, language), 0.5 if name else 0.0)
                examples.append(([tag, *source, self.end], [*target, self.end]))
        return examples

    def encode(self, text: str, share: float) -> list[int]:
        """Ids of the best segmentation, or in `share` of the calls of a random one."""
        if self.rng and self.rng.random() < share:
            return self.pieces.encode(text, out_type=int, enable_sampling=True, alpha=0.2, nbest_size=-1)  # type: ignore[no-any-return]
        return self.pieces.encode(text, out_type=int)  # type: ignore[no-any-return]


def _grouped(examples: list[Example], batch_tokens: int) -> list[list[Example]]:
    groups: list[list[Example]] = []
    group: list[Example] = []
    for example in sorted(examples, key=lambda pair: (len(pair[1]), len(pair[0]), pair)):
        if group and len(example[1]) * (len(group) + 1) > batch_tokens:
            groups.append(group)
            group = []
        group.append(example)
    return [*groups, group]


def _padded(group: list[Example], pad: int) -> Batch:
    def rows(side: list[list[int]], filler: int) -> torch.Tensor:
        longest = max(map(len, side))
        return torch.tensor([ids + [filler] * (longest - len(ids)) for ids in side])

    source = rows([example[0] for example in group], pad)
    targets = [example[1] for example in group]
    return Batch(source, source != pad, rows([[pad, *ids[:-1]] for ids in targets], pad), rows(targets, -100))
