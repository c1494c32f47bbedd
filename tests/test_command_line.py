import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from jobs.config import DigestConfig
from jobs.entry import enter
from jobs.models.engine import ModelError
from jobs.versions.folder import VersionError
from tests.tiny import random_translators

Run = Callable[[Sequence[str], Path], "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["targets=[xx]"], "targets=[xx]: choose one or more of en, ru, kk, kk-Latn"),
        (
            ["order=sideways"],
            "order=sideways: invalid value 'sideways', expected one of [summarise_first, translate_first]",
        ),
        (["summariser.sentences=many"], "summariser.sentences=many: value 'many'"),
        (["summariser.sentence=2"], "summariser.sentence: no such setting"),
        (["+summariser.colour=red"], "summariser.colour=red: no such setting; there are batch_tokens, beams"),
        (["articles=xml"], "articles=xml: choose one of csv, demo, hub, jsonl, pages, parquet"),
        (["+profile=laptop"], "profile=laptop: choose one of cpu, workstation_24gb, workstation_80gb, workstation_8gb"),
        (["articles=jsonl", "articles.path=/none"], "articles.path=/none: no file there"),
        (["glossary.path=terms.xlsx"], "glossary.path=terms.xlsx: a glossary is a .tsv, .csv or .tbx file"),
        (["targets=[ru"], "an override cannot be read"),
        (["targets=kk"], "targets: a list is wanted, as in targets=[one,two]"),
        (
            ["checks.numbers=warning"],
            "checks.numbers: has settings of its own, checks.numbers.<name>=<value>; --cfg job lists them",
        ),
        (["articles.path=a,b.jsonl"], "articles.path=a,b.jsonl: a list stands in [ ], a text with a comma so: 'key="),
        (["articles.path=/dt=1/a.jsonl"], "a text with a mark such as = or [ stands so: 'key=\"value\"'"),
        (["+profile="], "profile=: choose one of cpu, workstation_24gb"),
        (["articles.path=a.jsonl"], "articles.path=a.jsonl: articles=demo reads no file; add articles=<kind>: jsonl"),
        (["outputs.root="], 'outputs.root="": name the folder that versions are written to, or leave it out'),
        (["resume=7"], "resume=7: auto, never, or a version like v0007"),
        (["resume=v0007"], "resume=v0007: no such version in outputs/digest (latest: none yet)"),
        (["translators.ru.model=/none"], "/none: no such folder"),
        (
            ["translator@translators.kk=tilmash"],
            "translators.kk=tilmash: its licence CC-BY-NC-4.0 forbids commercial use; set use=research",
        ),
        (["use=fun"], "use=fun: invalid value 'fun', expected one of [commercial, research]"),
        (["translator@translators.kk=m2m100"], "M2M100 is not used for Kazakh (published chrF++ 11 to 16); choose"),
        (['translators.ru.tags.ru=">>xyz<<"'], ">>xyz<< for ru is not in its vocabulary, which has >>kaz<<, >>rus<<"),
    ],
)
def test_wrong_settings_end_with_2_and_one_line(
    overrides: list[str], message: str, digest: Run, tmp_path: Path
) -> None:
    done = digest(overrides, tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("tolmach digest: ")
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_tells_what_the_job_does_with_examples_and_names_every_preset(digest: Run, tmp_path: Path) -> None:
    text = digest(["--help"], tmp_path).stdout
    assert "load news articles" in text
    assert text.split("Examples")[1].count("python -m jobs.digest ") >= 5
    for group in ("translator", "summariser", "profile"):
        for preset in (Path(__file__).parents[1] / "conf" / group).glob("*.yaml"):
            assert re.search(rf"(?<![\w/]){preset.stem}(?!\w)", text), preset.stem
    for key in ("targets=", "use=", "translate.fields=", "articles.path=", "outputs.root=", "resume=", "dry_run=true"):
        assert key in text


def test_help_does_not_load_models_libraries(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['digest', '--cfg', 'job']\n"
        "from jobs.digest import main; main()\n"
        "heavy = {'torch', 'transformers', 'datasets', 'sklearn', 'trafilatura'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (KeyboardInterrupt(), 130, "interrupted; run the same command again to continue"),
        (ModelError("it is gone"), 1, "it is gone"),
        (VersionError("v0001: in use"), 1, "v0001: in use"),
        (OSError("no space left"), 1, "no space left"),
    ],
)
def test_what_stops_a_run_is_told_in_one_line_and_by_the_exit_status(
    error: BaseException, status: int, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(config: object, attempt: object) -> int:
        raise error

    monkeypatch.setattr("sys.argv", ["digest"])
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")  # set by `enter`, and so put back afterwards
    assert enter("digest", DigestConfig, stopped) == status
    assert capsys.readouterr().err == f"tolmach digest: {told}\n"


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_the_program_alone_lists_the_jobs(arguments: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jobs", *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "tolmach digest" in done.stdout


def test_a_job_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "jobs", "digset"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert "no job is called 'digset'; there are digest, benchmark" in done.stderr


def story(number: int) -> dict[str, str]:
    return {
        "id": str(number),
        "title": f"Title {number}",
        "text": f"Oil output of field {number} fell on Tuesday. Prices rose.",
    }


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    path = tmp_path / "mixed.jsonl"
    lines = [json.dumps(story(number)) for number in range(8)]
    path.write_text("\n".join([*lines[:4], "{broken", *lines[4:]]) + "\n")
    return path


def base(mixed: Path, model: Path, *more: str) -> list[str]:
    short = [f"translators.{language}.output_limit=8" for language in ("ru", "kk")]
    weights = random_translators(model)
    return ["articles=jsonl", f"articles.path={mixed}", "outputs.part_articles=3", *weights, *short, *more]


def test_the_last_line_of_output_is_the_version_folder_alone(
    digest: Run, mixed: Path, random_marian: Path, tmp_path: Path
) -> None:
    done = digest(base(mixed, random_marian, "max_failed_fraction=0.2"), tmp_path)
    assert done.returncode == 0, done.stderr
    version = tmp_path / done.stdout.splitlines()[-1]
    assert version == tmp_path / "outputs/digest/v0001"
    assert (version / "_SUCCESS").exists()
    assert (tmp_path / "outputs/digest/latest").resolve() == version
    lines = [json.loads(line) for line in (version / "digest.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [str(number) for number in range(8)]
    assert set(lines[0]["renditions"]) == {"en", "ru", "kk"}
    assert set(lines[0]["renditions"]["ru"]) == {"title", "summary"}
    manifest = json.loads((version / "manifest.json").read_text())
    assert manifest["failures"] == {"articles: not_json": 1}
    assert manifest["stages"]["articles"]["rows"] == 9
    assert manifest["stages"]["translations-ru"]["articles"] == 8
    failure = json.loads((version / "failures/articles-00001.jsonl").read_text())
    assert failure["where"] == f"{mixed}:5"
    assert "articles.path" in next((version / "attempts").rglob("overrides.yaml")).read_text()


def test_too_many_failures_end_with_3_and_everything_is_kept(
    digest: Run, mixed: Path, random_marian: Path, tmp_path: Path
) -> None:
    done = digest(base(mixed, random_marian), tmp_path)
    version = tmp_path / done.stdout.splitlines()[-1]
    assert done.returncode == 3
    assert "max_failed_fraction=0.05" in done.stderr
    assert not (version / "_SUCCESS").exists()
    assert not (tmp_path / "outputs/digest/latest").exists()
    assert len((version / "digest.jsonl").read_text().splitlines()) == 8


def test_an_input_without_rows_is_said_to_have_none(digest: Run, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("\n")
    done = digest(["articles=jsonl", "articles.path=a.jsonl", "targets=[]"], tmp_path)
    assert done.returncode == 0
    assert done.stderr.endswith("tolmach digest: there was no row in a.jsonl; see whether it is the right one\n")


def test_a_dry_run_counts_and_writes_nothing(digest: Run, mixed: Path, random_marian: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    done = digest(base(mixed, random_marian, "dry_run=true"), tmp_path)
    assert done.returncode == 0, done.stderr
    assert "nothing is generated or written" in done.stdout
    assert f"not_json, the first: {mixed}:5: " in done.stdout
    assert "translations-kk" in done.stdout
    assert sorted(tmp_path.rglob("*")) == before


def test_a_sweep_makes_a_version_of_each_point(digest: Run, mixed: Path, tmp_path: Path) -> None:
    done = digest(
        [
            "-m",
            "articles=jsonl",
            f"articles.path={mixed}",
            "targets=[]",
            "max_failed_fraction=1",
            "summariser.sentences=1,2",
        ],
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    summaries = [
        json.loads((tmp_path / f"outputs/digest/{name}/digest.jsonl").read_text().splitlines()[0])["renditions"]["en"][
            "summary"
        ]
        for name in ("v0001", "v0002")
    ]
    assert [summary["text"].count(".") for summary in summaries] == [1, 2]


def test_the_same_command_after_success_makes_a_new_version(digest: Run, mixed: Path, tmp_path: Path) -> None:
    command = ["articles=jsonl", f"articles.path={mixed}", "targets=[]", "max_failed_fraction=1"]
    digest(command, tmp_path)
    done = digest(command, tmp_path)
    assert done.stdout.splitlines()[-1] == "outputs/digest/v0002"
