import errno
import multiprocessing
import os
from pathlib import Path

import pytest

from jobs.config import ConfigError
from jobs.versions import folder
from jobs.versions.fingerprint import differences, fingerprint
from jobs.versions.folder import VersionError, claim, opened, succeed, versions

ONE = {"config": {"summariser": {"sentences": 3}}, "package": "1"}
TWO = {"config": {"summariser": {"sentences": 2}}, "package": "1"}


def finish(path: Path) -> None:
    succeed(path, lambda: folder.files.write_json(path / "manifest.json", {"status": "success"}))


def _claim(parent: Path) -> str:
    return claim(parent).name


def test_runs_started_together_get_different_numbers(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        names = pool.map(_claim, [tmp_path] * 24)
    assert sorted(names) == [f"v{number:04d}" for number in range(1, 25)]


def test_numbers_go_on_past_four_digits(tmp_path: Path) -> None:
    (tmp_path / "v9999").mkdir()
    assert claim(tmp_path).name == "v10000"
    assert [path.name for path in versions(tmp_path)] == ["v9999", "v10000"]


def test_an_unfinished_version_with_the_same_settings_is_continued(tmp_path: Path) -> None:
    with opened(tmp_path, "auto", ONE) as first:
        pass
    with opened(tmp_path, "auto", ONE) as again:
        assert again == first


def test_other_settings_begin_a_new_version(tmp_path: Path) -> None:
    with opened(tmp_path, "auto", ONE) as first:
        pass
    with opened(tmp_path, "auto", TWO) as second:
        assert second != first


def test_a_finished_version_is_never_written_again(tmp_path: Path) -> None:
    with opened(tmp_path, "auto", ONE) as first:
        finish(first)
    with opened(tmp_path, "auto", ONE) as second:
        assert second.name == "v0002"


def test_a_version_in_use_is_left_alone(tmp_path: Path) -> None:
    with opened(tmp_path, "auto", ONE) as first, opened(tmp_path, "auto", ONE) as second:
        assert second != first
        with pytest.raises(VersionError, match="another process is writing"), opened(tmp_path, first.name, ONE):
            pass


def test_resuming_with_other_settings_is_refused_with_the_differences(tmp_path: Path) -> None:
    with opened(tmp_path, "auto", ONE):
        pass
    with pytest.raises(ConfigError, match=r"config\.summariser\.sentences: 3 -> 2"), opened(tmp_path, "v0001", TWO):
        pass


def test_resuming_what_is_not_there_names_what_is(tmp_path: Path) -> None:
    claim(tmp_path)
    with pytest.raises(ConfigError, match=r"resume=v0007: no such version .*v0001"), opened(tmp_path, "v0007", ONE):
        pass


def test_resuming_a_finished_version_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path, "auto", ONE) as first:
        finish(first)
    with pytest.raises(ConfigError, match=r"is finished"), opened(tmp_path, "v0001", ONE):
        pass


def test_resume_set_to_never_begins_a_new_version(tmp_path: Path) -> None:
    with opened(tmp_path, "auto", ONE):
        pass
    with opened(tmp_path, "never", ONE) as second:
        assert second.name == "v0002"


def test_latest_moves_forward_only(tmp_path: Path) -> None:
    with opened(tmp_path, "never", ONE) as first, opened(tmp_path, "never", ONE) as second:
        finish(second)
        finish(first)
    assert (tmp_path / "latest").resolve() == second
    assert (first / "_SUCCESS").exists()


def test_latest_is_the_newest_although_a_run_ends_while_another_sets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, "never", ONE) as first, opened(tmp_path, "never", ONE) as second:
        usual = Path.symlink_to

        def meanwhile(path: Path, target: str) -> None:
            monkeypatch.setattr(Path, "symlink_to", usual)
            usual(path, target)
            finish(second)

        monkeypatch.setattr(Path, "symlink_to", meanwhile)
        finish(first)
    assert (tmp_path / "latest").resolve() == second


def test_a_folder_where_the_link_to_the_latest_belongs_is_told_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    with pytest.raises(ConfigError, match=r"latest is no link to a version; move it away"):
        opened(tmp_path, "auto", ONE).__enter__()
    assert not (tmp_path / "v0001").exists()


def test_a_version_without_a_manifest_cannot_be_resumed(tmp_path: Path) -> None:
    claim(tmp_path)
    with pytest.raises(ConfigError, match=r"resume=v0001: .*has no manifest"), opened(tmp_path, "v0001", ONE):
        pass


def test_a_folder_that_cannot_be_written_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(VersionError, match=r"set outputs.root=<folder>"):
        claim(tmp_path / "file" / "digest")


def test_the_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    assert fingerprint({"a": 1, "b": {"c": 2, "d": 3}}) == fingerprint({"b": {"d": 3, "c": 2}, "a": 1})
    assert fingerprint(ONE) != fingerprint(TWO)


def test_differences_name_the_key_and_both_values() -> None:
    assert list(differences({"a": {"b": 1}, "x": 1}, {"a": {"b": 2, "c": 3}, "x": 1})) == [
        "a.b: 1 -> 2",
        "a.c: null -> 3",
    ]


def test_a_file_system_without_locks_is_named_and_never_taken_for_a_run_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    with opened(tmp_path, "auto", ONE):
        pass
    monkeypatch.setattr(folder.fcntl, "flock", no_locks)
    with pytest.raises(VersionError, match=r"v0001: cannot be locked \(No locks available\); set outputs.root"):
        opened(tmp_path, "auto", ONE).__enter__()
    assert not (tmp_path / "v0002").exists()


def test_a_version_that_another_process_closes_meanwhile_is_not_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, "auto", ONE) as first:
        pass
    lock = folder._locked

    def closed_meanwhile(path: Path) -> int:
        if path == first:
            finish(first)
        return lock(path)

    monkeypatch.setattr(folder, "_locked", closed_meanwhile)
    with opened(tmp_path, "auto", ONE) as second:
        assert second.name == "v0002"


def test_the_lock_ends_with_the_process(tmp_path: Path) -> None:
    with opened(tmp_path, "auto", ONE) as first:
        pass
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            opened(tmp_path, "auto", ONE).__enter__()
            status = 9
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    with opened(tmp_path, "auto", ONE) as again:
        assert again == first
