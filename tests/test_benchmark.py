import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import pytest

from jobs.benchmark import pasted
from jobs.config import Benchmark
from jobs.records import Measurement


def benchmark(overrides: Sequence[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    """`tolmach benchmark` as a user runs it, in a folder outside the checkout."""
    return subprocess.run(
        [sys.executable, "-m", "jobs", "benchmark", *overrides], cwd=folder, capture_output=True, text=True, timeout=300
    )


def small(model: Path) -> list[str]:
    return [
        f"translator.model={model}",
        "translator.output_limit=8",
        "translator.batch_tokens=1024",
        "benchmark.sentences=6",
        "benchmark.rounds=2",
        "benchmark.budgets=[500]",
    ]


def test_a_benchmark_leaves_a_version_with_table_chart_and_settings_that_a_digest_takes(
    random_marian: Path, tmp_path: Path
) -> None:
    done = benchmark(small(random_marian), tmp_path)
    assert done.returncode == 0, done.stderr
    version = tmp_path / done.stdout.splitlines()[-1]
    assert version == tmp_path / "outputs/benchmark/v0001"
    assert (version.parent / "latest").resolve() == version
    kinds = [f"benchmark.{kind}" for kind in ("jsonl", "md", "parquet", "svg")]
    others = [".lock", "_SUCCESS", "attempts", "config.yaml", "manifest.json", "run.log"]
    assert sorted(path.name for path in version.iterdir()) == sorted([*kinds, *others])
    rows = [json.loads(line) for line in (version / "benchmark.jsonl").read_text().splitlines()]
    ways = ["one at a time", "16 in file order", "sorted, 500 tokens", "sorted, 1,024 tokens"]
    assert [(row["engine"], row["batching"]) for row in rows] == [
        (engine, way) for engine in ("transformers", "ctranslate2") for way in ways
    ]
    assert all(row["sentences"] == 6 and len(row["rounds"]) == 2 for row in rows)
    assert (version / "run.log").read_text().count("round ") == 2 * len(rows)
    manifest = json.loads((version / "manifest.json").read_text())
    assert manifest["status"] == "success"
    assert manifest["models"]["ctranslate2"]["ran_on"] == "cpu, int8_float32 (ctranslate2)"
    assert f"Recommended: {manifest['recommended']}" in done.stdout
    settings = manifest["recommended"].split()
    assert settings[:2] == [f"translators.ru.model={random_marian}", "translators.ru.output_limit=8"]
    digest = [sys.executable, "-m", "jobs.digest", *settings, "targets=[ru]", "articles.limit=2", "dry_run=true"]
    subprocess.run(digest, cwd=tmp_path, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("engine", "kept"), [("ctranslate2", ["translators.kk.compute_type=int8_float32"]), ("transformers", [])]
)
def test_the_settings_to_paste_are_those_of_the_command_that_the_best_engine_has(engine: str, kept: list[str]) -> None:
    best = Measurement(engine, "cpu", "sorted", 512, 1, 1, 1, 1, 1.0, (1.0,), 1.0, 1.0, 0.0, None, 1.0, 0)
    given = "[translator=opus_en_ru, translator.compute_type=int8_float32, ++translator.beams=2, articles=demo]"
    assert pasted({"overrides.yaml": given}, "kk", best).split() == [
        "translator@translators.kk=opus_en_ru",
        *kept,
        "translators.kk.beams=2",
        f"translators.kk.engine={engine}",
        "translators.kk.batch_tokens=512",
    ]


def test_the_same_command_again_measures_again_in_a_new_version(random_marian: Path, tmp_path: Path) -> None:
    command = [*small(random_marian), "translator.engine=ctranslate2", "target=kk"]
    first, second = (benchmark(command, tmp_path).stdout.splitlines()[-1] for _ in range(2))
    assert (first, second) == ("outputs/benchmark/v0001", "outputs/benchmark/v0002")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["benchmark.rounds=0"], "benchmark.rounds=0: a whole number from 1"),
        (["benchmark.budgets=[many]"], "benchmark.budgets=[many]: value 'many'"),
        (["target=kk-Latn"], "target=kk-Latn: one of en, ru, kk"),
        (["translator=none"], "translator=none: choose one of demo, "),
        (["translator=m2m100", "target=kk"], "choose another model with translator=<name>: "),
        (["translator.model=/none"], "translator=demo: /none: no such folder"),
        (["translator=nllb_600m"], "translator=nllb_600m: its licence CC-BY-NC-4.0 forbids commercial use; set use="),
        (["target=en"], "articles=demo: no sentence in them for demo into en, which reads en; choose other articles"),
        (["articles=jsonl", "articles.path=/none"], "articles.path=/none: no file there"),
        (["resume=v0001"], "resume: no such setting"),
    ],
)
def test_wrong_settings_end_with_2_and_one_line_in_the_jobs_own_words(
    overrides: list[str], message: str, tmp_path: Path
) -> None:
    done = benchmark(overrides, tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("tolmach benchmark: ")
    assert message in done.stderr
    assert "translators." not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_setting_of_the_benchmark(tmp_path: Path) -> None:
    text = benchmark(["--help"], tmp_path).stdout
    for key in ("translator", "target", "articles", "outputs.root", *(item.name for item in fields(Benchmark))):
        assert f"{key}=" in text
