"""Raw rows of a source, one at a time: files of four formats, the demo articles, or a data set of the hub.

A row that cannot be read is a row with a problem; it never ends the reading of the others.
"""

import csv
import glob
import gzip
import json
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from jobs.config import Articles, Columns, ConfigError, Source

DEMO = Path(__file__).parents[1] / "demo" / "articles"
_SUFFIXES = {
    Source.jsonl: (".jsonl", ".ndjson", ".jsonl.gz"),
    Source.csv: (".csv", ".csv.gz"),
    Source.parquet: (".parquet",),
    Source.pages: (".html", ".htm", ".html.gz", ".txt"),
}
_EACH = "one object a line is wanted, jq -c '.[]' makes that of a list"
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


@dataclass(frozen=True, slots=True)
class Row:
    """One input row.

    Attributes:
        where: file and line, or name and position, for messages.
        values: the columns; empty where there is a problem.
        page: the bytes of a page, where the source is pages.
        problem: kind and message of what is wrong with the row, or nothing.
    """

    where: str
    values: dict[str, Any] = field(default_factory=dict)
    page: bytes | None = None
    problem: tuple[str, str] | None = None


def input_files(articles: Articles) -> list[Path]:
    """The files that `articles.path` names, sorted; raises `ConfigError` where there is none.

    A folder stands for all files below it of the kind's suffixes; anything else may be a glob.
    """
    if articles.kind is Source.demo:
        return sorted([*DEMO.glob("*.jsonl"), *DEMO.glob("pages/*")])
    if articles.kind is Source.hub:
        return []
    path = Path(articles.path).expanduser()
    suffixes = _SUFFIXES[articles.kind]
    if path.is_dir():
        found = [file for file in path.rglob("*") if file.name.lower().endswith(suffixes)]
    elif path.is_file():  # its name may hold brackets, which a glob takes for a choice of letters
        found = [path]
    else:
        found = [Path(name) for name in glob.glob(str(path), recursive=True)]
    # A broken link is told of as unreadable, but those with a dot are some editor's locks.
    found = sorted(file for file in found if file.is_file() or not (file.exists() or file.name.startswith(".")))
    if not found:
        raise ConfigError(
            "articles.path", articles.path, f"no file there; {', '.join(suffixes)} or a glob is looked for"
        )
    return found


def read(articles: Articles, files: list[Path]) -> Iterator[Row]:
    """All rows, in the order of the files and of the lines within them."""
    if articles.kind is Source.hub:
        yield from _hub(articles)
    for file in files:
        try:
            yield from _file(articles, file)
        except (OSError, EOFError, zlib.error) as error:
            yield Row(shown(file), problem=("unreadable", f"{shown(file)}: {error}"))


def shown(file: Path | str) -> str:
    """A file's name as text: file systems allow bytes in it that are not UTF-8, and those are shown as numbers."""
    return os.fsencode(file).decode("utf-8", "backslashreplace")


def _file(articles: Articles, file: Path) -> Iterator[Row]:
    if articles.kind is Source.parquet:
        yield from _parquet(file)
    elif articles.kind is Source.csv:
        yield from _csv(file, articles.columns)
    elif articles.kind is Source.jsonl or file.name.lower().endswith(".jsonl"):
        yield from _jsonl(file, articles.columns)
    else:
        with _opened(file) as stream:
            yield Row(shown(file), page=stream.read())


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    with gzip.open(file, "rb") if file.name.lower().endswith(".gz") else file.open("rb") as stream:
        yield stream  # type: ignore[misc]  # gzip's stream reads bytes as any other


def _jsonl(file: Path, columns: Columns) -> Iterator[Row]:
    with _opened(file) as lines:
        for number, line in enumerate(lines, 1):
            where = f"{shown(file)}:{number}"
            if not line.strip():
                continue
            try:
                values = json.loads(line.decode("utf-8-sig"), object_pairs_hook=_object)
            except UnicodeDecodeError as error:
                yield Row(where, problem=("undecodable", f"{where}: byte {error.start} is not UTF-8"))
                continue
            except (ValueError, RecursionError) as error:
                hint = f"; {_EACH}" if line.lstrip()[:1] == b"[" else ""
                yield Row(where, problem=("not_json", f"{where}: {error}{hint}"))
                continue
            if not isinstance(values, _Object):
                hint = f"; {_EACH}" if isinstance(values, list) else ""
                message = f"{where}: a JSON object is wanted, not {type(values).__name__}{hint}"
                yield Row(where, problem=("wrong_type", message))
            elif name := _ambiguous(columns, values.again):
                yield Row(where, problem=("not_json", f"{where}: the key {name!r} stands there twice"))
            else:
                yield Row(where, values)


class _Object(dict[str, Any]):
    """A JSON object that remembers which of its keys stood there again."""

    again: frozenset[str] = frozenset()


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        names, found.again = _unique([key for key, _ in pairs])
        found.update(zip(names, (value for _, value in pairs), strict=True))
    return found


def _unique(names: list[str]) -> tuple[list[str], frozenset[str]]:
    """The names, numbered where they stand there again, and those that do."""
    counts: dict[str, int] = {}
    made = []
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        made.append(name if counts[name] == 1 else f"{name} ({counts[name]})")
    return made, frozenset(name for name, count in counts.items() if count > 1)


def _ambiguous(columns: Columns, again: frozenset[str]) -> str:
    """The first column that is read and stands there again, or nothing."""
    wanted = (getattr(columns, name) for name in columns.__dataclass_fields__)
    return next((name for name in wanted if name in again), "")


def _csv(file: Path, columns: Columns) -> Iterator[Row]:
    with _opened(file) as stream:
        # Undecodable bytes become lone surrogates, so that the reader goes on and only their row fails.
        lines = (
            line.decode("utf-8-sig" if number == 0 else "utf-8", "surrogateescape")
            for number, line in enumerate(stream)
        )
        # Strict, since a quotation mark that is not closed would make one article of all rows down to the next mark.
        records = _records(csv.reader(lines, strict=True))
        first, names = next(records, (1, list[str]()))
        if wrong := names if isinstance(names, str) else _wrong_names(names, columns):
            where = f"{shown(file)}:{first}"
            below = "without the names of its first line nothing of the file is read"
            yield Row(where, problem=("not_csv", f"{where}: {wrong}; {below}"))
            return
        names, _ = _unique(list(names))
        for start, fields in records:
            where = f"{shown(file)}:{start}"
            if isinstance(fields, str):
                yield Row(where, problem=("not_csv", f"{where}: {fields}"))
            elif len(fields) != len(names):
                yield Row(where, problem=("not_csv", f"{where}: as many fields are wanted as the first line has names"))
            elif any(map(_undecoded, (*names, *fields))):
                yield Row(where, problem=("undecodable", f"{where}: not UTF-8"))
            else:
                yield Row(where, dict(zip(names, fields, strict=True)))


def _records(reader: Any) -> Iterator[tuple[int, list[str] | str]]:
    """The first line of each record, and its fields or what is wrong with it; blank lines are none."""
    while True:
        start = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            last = reader.line_num
            yield start, f"lines {start} to {last} cannot be told apart: {error}" if last > start else str(error)
        else:
            if fields:
                yield start, fields


def _wrong_names(names: list[str], columns: Columns) -> str:
    """What is wrong with the names of a table's columns, or nothing."""
    if name := _ambiguous(columns, _unique(names)[1]):
        return f"the name {name!r} stands there twice"
    if len(names) == 1 and (mark := next((mark for mark in ";\t|" if mark in names[0]), "")):
        return f"its fields are parted by {mark!r} where commas are wanted"
    return ""


def _undecoded(value: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in value)


def _parquet(file: Path) -> Iterator[Row]:
    import datasets
    from pyarrow import parquet

    datasets.disable_progress_bars()
    try:
        if not parquet.read_metadata(file).num_rows:
            return
        name = glob.escape(str(file))  # which `datasets` takes for a pattern
        rows = datasets.load_dataset("parquet", data_files=name, split="train", streaming=True)
        for number, values in enumerate(rows, 1):
            yield Row(f"{shown(file)}:{number}", values)
    except (ValueError, RuntimeError, ImportError) as error:  # ArrowInvalid is a ValueError; pictures want Pillow
        message = shown(str(error).splitlines()[0])
        yield Row(shown(file), problem=("unreadable", f"{shown(file)}: {message}"))


def hub_fingerprint(articles: Articles) -> str:
    """What `datasets` calls the version of a data set: its commit, or a hash of its files.

    Raises:
        ConfigError: the data set or the split cannot be had.
    """
    import datasets

    hub = articles.hub
    try:
        builder = datasets.load_dataset_builder(hub.name, hub.config, revision=hub.revision)
        datasets.load_dataset(hub.name, hub.config, split=hub.split, revision=hub.revision, streaming=True)
    except (OSError, ValueError) as error:
        raise ConfigError("articles.hub.name", hub.name, f"cannot be loaded: {str(error).splitlines()[0]}") from None
    return str(builder.hash)


def _hub(articles: Articles) -> Iterator[Row]:
    import datasets

    hub = articles.hub
    datasets.disable_progress_bars()
    rows = datasets.load_dataset(hub.name, hub.config, split=hub.split, revision=hub.revision, streaming=True)
    for number, values in enumerate(rows, 1):
        yield Row(f"{hub.name}/{hub.split}:{number}", values)
