"""Version folders: claiming a number that nobody else gets, finding one to continue, and closing it.

A folder is open while its manifest says `running`; a lock held by the running process keeps two runs out of one folder.
"""

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from jobs.config import ConfigError
from jobs.versions import files
from jobs.versions.fingerprint import differences, fingerprint

NAME = re.compile(r"v(\d{4,})")
RUNNING = "running"


class VersionError(RuntimeError):
    """A version that cannot be continued or claimed; the message says why and what to do."""


def versions(parent: Path) -> list[Path]:
    """All version folders below `parent`, oldest first."""
    if not parent.is_dir():
        return []
    found = [path for path in parent.iterdir() if NAME.fullmatch(path.name) and path.is_dir() and not path.is_symlink()]
    return sorted(found, key=_number)


def claim(parent: Path) -> Path:
    """Make the next version folder. Two runs started together get two numbers, since mkdir succeeds only once."""
    try:
        parent.mkdir(parents=True, exist_ok=True)
        number = max(map(_number, versions(parent)), default=0) + 1
        while True:
            path = parent / f"v{number:04d}"
            try:
                path.mkdir()
            except FileExistsError:
                number += 1
            else:
                return path
    except OSError as error:
        raise VersionError(
            f"{parent}: cannot make a version folder ({error.strerror}); set outputs.root=<folder>"
        ) from None


@contextmanager
def opened(parent: Path, resume: str, identity: dict[str, Any]) -> Iterator[Path]:
    """The version folder of this run, locked while it is used: an unfinished one to continue, or a new one.

    Args:
        parent: folder of all versions of the job.
        resume: `auto` (continue an unfinished version of the same fingerprint), `never`, or a name such as `v0007`.
        identity: everything that decides the content; its fingerprint must be that of a continued version.

    Raises:
        ConfigError: the named version is missing, finished, or was made with other settings.
        VersionError: it is in use, or there is no place for a new one.
    """
    latest = parent / "latest"
    if latest.exists() and not latest.is_symlink():
        raise ConfigError("outputs.root", parent.parent, f"{latest} is no link to a version; move it away")
    if resume not in ("auto", "never"):
        found: tuple[Path, int] | None = _named(parent, resume, identity)
    else:
        found = _continued(parent, identity) if resume == "auto" else None
    if found:
        path, descriptor = found
    else:
        path = claim(parent)
        descriptor = _locked(path)
        files.write_json(path / "manifest.json", {"status": RUNNING, "identity": identity})
    try:
        yield path
    finally:
        os.close(descriptor)


def _named(parent: Path, name: str, identity: dict[str, Any]) -> tuple[Path, int]:
    """The version that was asked for, with its lock."""
    path = parent / name
    if not NAME.fullmatch(name) or not path.is_dir():
        known = ", ".join(item.name for item in versions(parent)[-5:]) or "none yet"
        raise ConfigError("resume", name, f"no such version in {parent} (latest: {known}); or auto, or never")
    try:
        descriptor = _locked(path)
    except BlockingIOError:
        raise VersionError(
            f"resume={name}: another process is writing {path}; wait for it, or start a new version"
        ) from None
    manifest = read_manifest(path)
    changed = list(differences(manifest.get("identity"), identity))
    if manifest.get("status") == RUNNING and not changed:
        return path, descriptor
    os.close(descriptor)
    if manifest.get("status") != RUNNING:
        state = f"is finished ({manifest['status']})" if "status" in manifest else "has no manifest to go on from"
        raise ConfigError("resume", name, f"{path} {state}; leave resume out for a new version")
    listed = "\n".join(f"  {line}" for line in changed)
    raise ConfigError("resume", name, f"{path} was begun with other settings:\n{listed}")


def _continued(parent: Path, identity: dict[str, Any]) -> tuple[Path, int] | None:
    """The latest unfinished version with this identity that no process is writing, with its lock."""
    wanted = fingerprint(identity)

    def unfinished(path: Path) -> bool:
        manifest = read_manifest(path)
        return manifest.get("status") == RUNNING and fingerprint(manifest.get("identity", {})) == wanted

    for path in filter(unfinished, reversed(versions(parent))):
        with suppress(BlockingIOError):
            descriptor = _locked(path)
            if unfinished(path):  # and not closed by another process in the meantime
                return path, descriptor
            os.close(descriptor)
    return None


def _locked(path: Path) -> int:
    """A lock on the folder that the system lets go when the process ends, however it ends.

    It is on a file that is open for writing, since NFS locks nothing else. Raises `BlockingIOError` where it is taken.
    """
    try:
        descriptor = os.open(path / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    except OSError as error:
        raise VersionError(
            f"{path}: cannot be locked ({error.strerror}); set outputs.root to a folder on a file system with locks"
        ) from None
    return descriptor


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a version, or an empty one where it has none."""
    try:
        found = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def succeed(path: Path, write_manifest: Callable[[], None]) -> None:
    """Close a complete version: `_SUCCESS`, then `latest` to the newest that has one, then the manifest.

    A version killed in between is still `running` by its manifest, and the next run closes it again.
    """
    files.write_text(path / "_SUCCESS", "")
    latest = path.parent / "latest"
    # Once more where another run ended in the meantime: whoever is last finds the newest.
    while (newest := _newest_complete(path.parent).name) != (latest.readlink().name if latest.is_symlink() else ""):
        temporary = path.parent / f".latest.{path.name}.tmp"
        with suppress(FileNotFoundError):
            temporary.unlink()
        temporary.symlink_to(newest)
        temporary.replace(latest)
    write_manifest()


def _number(path: Path) -> int:
    match = NAME.fullmatch(path.name)
    return int(match[1]) if match else 0


def _newest_complete(parent: Path) -> Path:
    return next(path for path in reversed(versions(parent)) if (path / "_SUCCESS").exists())
