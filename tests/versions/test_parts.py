import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.records import Article, Digest, Failure, Flag, Rendition, Severity
from jobs.versions import tables
from jobs.versions.parts import StageFolder, failures_of

SCHEMA = pa.schema([("id", pa.string())])
FAILURE = Failure("a", "summaries", "no_text", "a.jsonl:1: no text in it", "a.jsonl:1")


@pytest.fixture
def stage(tmp_path: Path) -> StageFolder:
    return StageFolder(tmp_path, "summaries", SCHEMA, "f1")


def test_a_written_part_is_finished_and_reads_back(stage: StageFolder) -> None:
    stage.write(0, [{"id": "a"}], [FAILURE], {"articles": 1}, last=True)
    assert stage.read(0) == [{"id": "a"}]
    marker = stage.finished(0)
    assert marker is not None
    assert marker.counts == {"articles": 1}
    assert list(failures_of(stage.version)) == [FAILURE]


def test_a_part_without_its_marker_does_not_count(stage: StageFolder) -> None:
    stage.write(0, [{"id": "a"}], [], {})
    (stage.folder / "_part-00000.done.json").unlink()
    assert stage.finished(0) is None


@pytest.mark.parametrize("name", ["summaries/part-00000.parquet", "failures/summaries-00000.jsonl"])
def test_a_part_whose_files_were_damaged_does_not_count(stage: StageFolder, name: str) -> None:
    stage.write(0, [{"id": "a"}], [FAILURE], {})
    file = stage.version / name
    file.write_bytes(file.read_bytes()[:-1])
    assert stage.finished(0) is None


def test_a_half_written_marker_does_not_count(stage: StageFolder) -> None:
    stage.write(0, [{"id": "a"}], [], {})
    (stage.folder / "_part-00000.done.json").write_text('{"part": "part-0')
    assert stage.finished(0) is None


def test_a_part_of_other_settings_does_not_count(stage: StageFolder) -> None:
    stage.write(0, [{"id": "a"}], [], {})
    assert StageFolder(stage.version, "summaries", SCHEMA, "f2").finished(0) is None


def test_a_part_made_again_without_failures_has_none(stage: StageFolder) -> None:
    stage.write(0, [], [FAILURE], {})
    stage.write(0, [{"id": "a"}], [], {})
    assert list(failures_of(stage.version)) == []
    assert stage.finished(0) is not None


def test_a_stage_folder_reads_as_one_table(stage: StageFolder) -> None:
    stage.write(0, [{"id": "a"}], [], {})
    stage.write(1, [{"id": "b"}], [], {}, last=True)
    assert pq.read_table(stage.folder).to_pylist() == [{"id": "a"}, {"id": "b"}]


def test_markers_stop_at_the_last_part(stage: StageFolder) -> None:
    stage.write(0, [], [], {})
    stage.write(1, [], [], {}, last=True)
    stage.write(2, [], [], {})
    assert [marker.part for marker in stage.markers()] == ["part-00000.parquet", "part-00001.parquet"]


def test_the_marker_is_plain_json(stage: StageFolder) -> None:
    stage.write(0, [], [], {"seconds": 1.5})
    assert json.loads((stage.folder / "_part-00000.done.json").read_text())["counts"] == {"seconds": 1.5}


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
RENDITIONS = st.builds(
    Rendition,
    *[TEXT] * 5,
    st.lists(st.builds(Flag, TEXT, st.sampled_from(Severity), TEXT, TEXT), max_size=2).map(tuple),
    TEXT,
)
DIGESTS = st.builds(
    Digest,
    st.builds(Article, *[TEXT] * 9, st.dictionaries(TEXT, TEXT, max_size=2)),
    st.lists(RENDITIONS, max_size=3).map(tuple),
)


@given(DIGESTS)
def test_a_digest_survives_parquet(digest: Digest) -> None:
    table = pa.Table.from_pylist([tables.digest_row(digest)], schema=tables.DIGESTS)
    assert tables.digest_of(table.to_pylist()[0]) == digest
