import pytest

from jobs.demo import batches


@pytest.fixture(autouse=True)
def small_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few pairs are sorted together, so that the first batch comes soon."""
    monkeypatch.setattr(batches, "POOL", 200)
