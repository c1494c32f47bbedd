"""What the whole suite shares: a translator that is real in every file but knows nothing, and the job as a process."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import hypothesis
import pytest

from jobs.config import Articles, DigestConfig, Outputs, Source, Translator

# Libraries look at these when they are imported, so before anything imports them.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HOME"] = tempfile.mkdtemp(prefix="tolmach-tests-")
SHARED = Path(__file__).parents[1].parent / "shared" / "data"

# The first example of a test may pay for imports, and machines are busy.
hypothesis.settings.register_profile("tolmach", deadline=None)
hypothesis.settings.load_profile("tolmach")


def pytest_configure(config: pytest.Config) -> None:
    """Tests without the mark `gpu` run on the processor, also where there is a GPU."""
    if config.getoption("markexpr") == "not gpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(os.environ["HF_HOME"], ignore_errors=True)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test remembers for itself, and nothing in the user's cache folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def random_marian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Marian checkpoint with the embedded model's tokenizer class and list of words, and random weights."""
    from transformers import MarianTokenizer

    from jobs.demo import vocabulary
    from jobs.demo.train import Recipe, new_model
    from jobs.models.checkpoint import EMBEDDED

    folder = tmp_path_factory.mktemp("marian")
    vocabulary.build(folder, seed=1, pieces=1200, sentences=1500)
    tokenizer = MarianTokenizer.from_pretrained(folder)
    model = new_model(Recipe(width=64, encoder_layers=1, decoder_layers=1), tokenizer)
    model.save_pretrained(folder)
    shutil.copy(EMBEDDED / vocabulary.WORDS, folder)
    return folder


@pytest.fixture
def settings(random_marian: Path) -> Translator:
    """Settings of a fast translator into both languages."""
    return Translator(
        name="random",
        model=str(random_marian),
        sources=["en"],
        tags={"ru": ">>rus<<", "kk": ">>kaz<<"},
        beams=2,
        input_limit=64,
        output_limit=12,
    )


@pytest.fixture
def config(settings: Translator, tmp_path: Path) -> Callable[..., DigestConfig]:
    """A digest configuration over some JSON Lines file, with parts of three articles."""

    def make(path: Path, **changes: object) -> DigestConfig:
        values: dict[str, object] = {
            "articles": Articles(kind=Source.jsonl, path=str(path)),
            "translators": {language: settings for language in ("en", "ru", "kk")},
            "outputs": Outputs(root=str(tmp_path / "outputs"), part_articles=3),
            "self_test": False,  # the weights are random
            **changes,
        }
        return DigestConfig(**values)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def digest() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `python -m jobs.digest` as a user does, in a folder outside the checkout."""

    def run(overrides: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "jobs.digest", *overrides], cwd=folder, capture_output=True, text=True, timeout=300
        )

    return run
