from pathlib import Path

import pytest
import sentencepiece
from transformers import MBartConfig, MT5Config, PegasusConfig, PreTrainedConfig, T5Config

from jobs.models.checkpoint import Checkpoint
from jobs.models.tokenizer import counted, load_tokenizer
from tests.tiny import pieces

TEXTS = ["The energy ministry said oil output fell.", "Цена хлеба выросла в марте.", "Наурызда нан бағасы өсті."]


@pytest.mark.parametrize(
    ("config", "file", "ids"),
    [
        (T5Config(), "spiece.model", {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}),
        (MT5Config(), "spiece.model", {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}),
        (PegasusConfig(), "spiece.model", {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}),
        (MBartConfig(), "sentencepiece.bpe.model", {"bos_id": 0, "pad_id": 1, "eos_id": 2, "unk_id": 3}),
    ],
    ids=lambda value: getattr(value, "model_type", ""),
)
def test_a_folder_that_has_the_vocabulary_of_sentencepiece_alone_is_read_as_sentencepiece_reads_it(
    config: PreTrainedConfig, file: str, ids: dict[str, int], tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    config.save_pretrained(folder)
    pieces(tmp_path, TEXTS, **ids)
    (tmp_path / "vocabulary.model").rename(folder / file)
    tokenizer = load_tokenizer(Checkpoint(str(folder), "1"))
    expected = sentencepiece.SentencePieceProcessor(model_file=str(folder / file)).encode(TEXTS, out_type=str)
    assert [tokenizer.tokenize(text) for text in TEXTS] == expected
    special = tokenizer.num_special_tokens_to_add()
    assert counted(tokenizer, TEXTS) == [len(row) + special for row in expected]
