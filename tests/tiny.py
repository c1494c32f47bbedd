"""What tests share that build small checkpoints of real model and tokenizer classes."""

import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import sentencepiece
from omegaconf import OmegaConf

from jobs.config import Device, Model, Translator

CONF = Path(__file__).parents[1] / "conf"
Kind = TypeVar("Kind", bound=Model)


def pieces(folder: Path, texts: list[str], **options: Any) -> list[tuple[str, float]]:
    """Train a unigram vocabulary into `folder/vocabulary.model`."""
    prefix = str(folder / "vocabulary")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts * 20),
        model_prefix=prefix,
        vocab_size=150,
        hard_vocab_limit=False,
        minloglevel=2,
        **options,
    )
    made = sentencepiece.SentencePieceProcessor(model_file=f"{prefix}.model")
    return [(made.id_to_piece(index), made.get_score(index)) for index in range(made.get_piece_size())]


def limits(beams: int = 4, input_limit: int = 64, output_limit: int = 12, **others: Any) -> Translator:
    """Settings of an engine on the processor."""
    given = {"beams": beams, "input_limit": input_limit, "output_limit": output_limit, "device": Device.cpu, **others}
    return Translator("tiny", "tiny", **given)


def of_catalogue(kind: type[Kind], name: str) -> Kind:
    """A preset as it stands in its file."""
    file = CONF / kind.__name__.lower() / f"{name}.yaml"
    made = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(kind), OmegaConf.load(file)))
    assert isinstance(made, kind)
    return made


def random_translators(model: Path) -> list[str]:
    """The words on the command line that put random weights in the place of the demo's, which no self-test lets pass."""
    return [f"translators.ru.model={model}", f"translators.kk.model={model}", "self_test=false"]


def killed_at(command: Sequence[str], marker: Path) -> None:
    """Run a command and kill it, as a machine that goes down does, once a file is there."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not marker.exists() and process.poll() is None:
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL, "it ended before it was killed"


def best(output: Any, options: dict[str, Any]) -> Any:
    """The best sequence of each prompt in what `generate` gave with these options."""
    return getattr(output, "sequences", output)[:: options.get("num_return_sequences", 1)]


def trimmed(row: list[int], end: int) -> list[int]:
    """A row up to its end token; the start token may be the same."""
    return row[: row.index(end, 1) + 1] if end in row[1:] else row
