import subprocess
from pathlib import Path

import pytest

import jobs
from jobs.versions.manifest import git_commit


def test_two_states_of_a_checkout_are_told_apart_whatever_its_files_are_written_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", "-C", str(tmp_path), *who, *words], check=True, capture_output=True)

    for folder in ("jobs", "conf"):
        (tmp_path / folder).mkdir()
    file = tmp_path / "jobs" / "__init__.py"
    file.write_bytes(b"a = 1\n")
    git("init")
    git("add", ".")
    git("commit", "-m", "a")
    monkeypatch.setattr(jobs, "__file__", str(file))
    states = [git_commit()]
    for written in ("a = 'ё'\n".encode("cp1251"), "a = 'я'\n".encode()):
        file.write_bytes(written)
        states.append(git_commit())
    assert None not in states
    assert len(set(states)) == 3
    assert all(str(state).startswith(f"{states[0]}+") for state in states[1:])
