import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a wheel, unpacked into a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("jobs", "conf"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(folder / "site"), str(source)], check=True, capture_output=True)
    return folder / "site"


def run(installed: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


def test_the_installed_job_finds_its_settings_and_articles_away_from_the_checkout(
    installed: Path, tmp_path: Path
) -> None:
    done = run(installed, tmp_path, "-m", "jobs.digest")
    assert done.returncode == 0, done.stderr
    version = tmp_path / done.stdout.splitlines()[-1]
    rows = [json.loads(line) for line in (version / "digest.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 15
    assert all({"ru", "kk"} <= set(row["renditions"]) for row in rows if row["language"] == "en")
    assert (version / "_SUCCESS").exists()
    assert "not fit for publication" in (version / "digest.kk.md").read_text(encoding="utf-8")
    manifest = json.loads((version / "manifest.json").read_text())
    assert manifest["git_commit"] is None


def test_the_console_script_is_the_same_job(installed: Path, tmp_path: Path) -> None:
    module = run(installed, tmp_path, "-m", "jobs.digest", "--cfg", "job")
    script = run(installed, tmp_path, str(installed / "bin" / "tolmach"), "digest", "--cfg", "job")
    assert script.returncode == 0, script.stderr
    assert script.stdout == module.stdout


def test_every_file_of_the_package_is_in_the_wheel(installed: Path) -> None:
    left_out = {".py", ".pyc"}
    for top, name in (("jobs", "jobs"), ("conf", "jobs/conf")):
        for file in (ROOT / top).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts and file.suffix not in left_out:
                assert (installed / name / file.relative_to(ROOT / top)).exists(), file
