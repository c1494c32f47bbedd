"""Parts of a stage: one Parquet file per shard, its failures, and a done-marker that is written last.

A part counts only if its marker carries the run's fingerprint and the checksums of the files it names; anything else is
made again. So a run that was killed at any moment is continued by running it again. Marker names begin with an
underscore, so that readers of Parquet take a stage's folder as one table.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.records import Failure
from jobs.versions import files


@dataclass(frozen=True, slots=True)
class Marker:
    """What is known of a finished part.

    Attributes:
        counts: whatever the stage counted, by name; summed over parts for the manifest.
        last: no part of this stage comes after this one.
    """

    part: str
    sha256: str
    failures: str
    failures_sha256: str
    fingerprint: str
    counts: dict[str, float] = field(default_factory=dict)
    last: bool = False


@dataclass(frozen=True, slots=True)
class StageFolder:
    """The parts of one stage of one version."""

    version: Path
    stage: str
    schema: pa.Schema
    fingerprint: str

    @property
    def folder(self) -> Path:
        """Where the parts lie."""
        return self.version / self.stage

    def finished(self, index: int) -> Marker | None:
        """The marker of part `index` if the part is whole and of this run's fingerprint."""
        try:
            marker = Marker(**json.loads((self.folder / f"_part-{index:05d}.done.json").read_text(encoding="utf-8")))
            if marker.fingerprint != self.fingerprint or files.sha256(self.folder / marker.part) != marker.sha256:
                return None
            if marker.failures and files.sha256(self.version / marker.failures) != marker.failures_sha256:
                return None
        except (OSError, ValueError, TypeError):
            return None
        return marker

    def write(
        self,
        index: int,
        rows: Sequence[dict[str, Any]],
        failures: Sequence[Failure],
        counts: dict[str, float],
        *,
        last: bool = False,
    ) -> Marker:
        """Write part `index`: rows, then failures, then the marker."""
        self.folder.mkdir(exist_ok=True)
        part = self.folder / f"part-{index:05d}.parquet"
        table = pa.Table.from_pylist(list(rows), schema=self.schema)
        files.write_whole(part, lambda temporary: pq.write_table(table, temporary, compression="zstd"))
        lines = self.version / "failures" / f"{self.stage}-{index:05d}.jsonl"
        if failures:
            lines.parent.mkdir(exist_ok=True)
            files.write_lines(lines, (json.dumps(asdict(failure), ensure_ascii=False) for failure in failures))
        else:
            lines.unlink(missing_ok=True)
        marker = Marker(
            part.name,
            files.sha256(part),
            f"failures/{lines.name}" if failures else "",
            files.sha256(lines) if failures else "",
            self.fingerprint,
            counts,
            last,
        )
        files.write_json(self.folder / f"_part-{index:05d}.done.json", asdict(marker))
        return marker

    def read(self, index: int) -> list[dict[str, Any]]:
        """The rows of part `index`."""
        rows: list[dict[str, Any]] = pq.read_table(self.folder / f"part-{index:05d}.parquet").to_pylist()
        return rows

    def markers(self) -> Iterator[Marker]:
        """Markers of the finished parts in order, up to the last."""
        index = 0
        while marker := self.finished(index):
            yield marker
            if marker.last:
                return
            index += 1


def failures_of(version: Path) -> Iterator[Failure]:
    """All failures of a version, by stage and part."""
    for file in sorted((version / "failures").glob("*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                yield Failure(**json.loads(line))
