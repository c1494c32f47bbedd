import json
import xml.etree.ElementTree as xml
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from jobs.records import Measurement
from jobs.views import benchmark
from jobs.views.chart import Bar, bars

SVG = "{http://www.w3.org/2000/svg}"


def measured(engine: str, tokens: int | None, speed: float | None, failed: int = 0) -> Measurement:
    seconds = 100 / speed if speed else None
    rounds = (seconds,) if seconds else ()
    name = f"sorted, {tokens:,} tokens" if tokens else "one at a time"
    per_second = 50 * speed if speed else None
    return Measurement(
        engine,
        "cpu, float32",
        name,
        tokens,
        7,
        100,
        3000,
        2000,
        seconds,
        rounds,
        speed,
        per_second,
        0.04,
        512,
        1.0,
        failed,
    )


def test_the_fastest_engine_is_recommended_with_the_smallest_budget_that_is_nearly_as_fast() -> None:
    found = [
        measured("transformers", 1024, 9.9),
        measured("ctranslate2", 1024, 60.0),
        measured("ctranslate2", 2048, 98.0),
        measured("ctranslate2", 4096, 100.0),
        measured("ctranslate2", 8192, 97.5),
    ]
    assert benchmark.best(found) == found[2]


def test_nothing_is_recommended_that_did_not_fit_or_lost_sentences_or_is_no_setting() -> None:
    alone, missing = measured("transformers", None, 500.0), measured("transformers", 4096, None)
    lossy, sound = measured("transformers", 2048, 90.0, failed=1), measured("transformers", 1024, 10.0)
    assert benchmark.best([alone, missing, lossy, sound]) == sound
    assert benchmark.best([alone, missing, lossy]) is None


def test_the_longest_bar_is_the_fastest_and_the_others_are_in_proportion() -> None:
    items = [Bar("slow", "a", 5.0, "5"), Bar("fast", "b", 20.0, "20"), Bar("none", "b", None, "does not fit")]
    picture = xml.fromstring(bars("Speed", "sentences", items))
    background, *lengths = [float(one.get("width", "")) for one in picture.iter(f"{SVG}rect")]
    assert lengths[1] < background
    assert lengths == [lengths[1] / 4, lengths[1], 0.0]
    assert len({one.get("fill") for one in picture.iter(f"{SVG}rect")}) == 3


def test_a_chart_shows_any_name_as_it_is() -> None:
    name = "<b>&\"'"
    picture = xml.fromstring(bars(name, name, [Bar(name, name, 1.0, name)]))
    assert [one.text for one in picture.iter(f"{SVG}text")] == [name] * 5


def test_the_table_is_the_same_in_every_format(tmp_path: Path) -> None:
    found = [
        measured("transformers", None, 10.0),
        measured("ctranslate2", 2048, None),
        measured("ctranslate2", 1024, 40.0),
    ]
    benchmark.write(tmp_path, found, "demo into ru", ["One note."], "translators.ru.batch_tokens=1024")
    lines = [json.loads(line) for line in (tmp_path / "benchmark.jsonl").read_text().splitlines()]
    assert pq.read_table(tmp_path / "benchmark.parquet").to_pylist() == lines
    assert [Measurement(**line | {"rounds": tuple(line["rounds"])}) for line in lines] == found
    page = (tmp_path / "benchmark.md").read_text()
    assert "| ctranslate2 | sorted, 2,048 tokens | does not fit |  | 4.0% | 512 |  |" in page
    assert "| ctranslate2 | sorted, 1,024 tokens | 40.0 | 2,000 | 4.0% | 512 | 100.0% |" in page
    assert "- One note." in page
    assert "translators.ru.batch_tokens=1024" in page
    picture = xml.fromstring((tmp_path / "benchmark.svg").read_text())
    assert "40.0 (2,000 tokens/s)" in [one.text for one in picture.iter(f"{SVG}text")]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"benchmark.{kind}" for kind in ("jsonl", "md", "parquet", "svg")
    ]


def test_where_nothing_fitted_no_settings_are_recommended_in_the_page(tmp_path: Path) -> None:
    benchmark.write(tmp_path, [replace(measured("transformers", 64, None), same=0.0)], "big into ru", [], "")
    assert "Recommended" not in (tmp_path / "benchmark.md").read_text()
