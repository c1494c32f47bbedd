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

from jobs.config import Articles, ConfigError, Source

DEMO = Path(__file__).parents[1] / "demo" / "articles"
_SUFFIXES = {
    Source.jsonl: (".jsonl", ".ndjson", ".jsonl.gz"),
    Source.csv: (".csv", ".csv.gz"),
    Source.parquet: (".parquet",),
    Source.pages: (".html", ".htm", ".html.gz", ".txt"),
}
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
    found = sorted(file for file in found if file.is_file())
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
            yield from _file(articles.kind, file)
        except (OSError, EOFError, zlib.error) as error:
            yield Row(shown(file), problem=("unreadable", f"{shown(file)}: {error}"))


def shown(file: Path | str) -> str:
    """A file's name as text: file systems allow bytes in it that are not UTF-8, and those are shown as numbers."""
    return os.fsencode(file).decode("utf-8", "backslashreplace")


def _file(kind: Source, file: Path) -> Iterator[Row]:
    name = file.name.lower()
    if kind is Source.parquet:
        yield from _parquet(file)
    elif kind is Source.csv:
        yield from _csv(file)
    elif kind is Source.jsonl or name.endswith(".jsonl"):
        yield from _jsonl(file)
    else:
        with _opened(file) as stream:
            yield Row(shown(file), page=stream.read())


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as stream:
        yield stream  # type: ignore[misc]  # gzip's stream reads bytes as any other


def _jsonl(file: Path) -> Iterator[Row]:
    with _opened(file) as lines:
        for number, line in enumerate(lines, 1):
            where = f"{shown(file)}:{number}"
            if not line.strip():
                continue
            try:
                values = json.loads(line.decode("utf-8-sig"))
            except UnicodeDecodeError as error:
                yield Row(where, problem=("undecodable", f"{where}: byte {error.start} is not UTF-8"))
                continue
            except (ValueError, RecursionError) as error:
                yield Row(where, problem=("not_json", f"{where}: {error}"))
                continue
            if isinstance(values, dict):
                yield Row(where, values)
            else:
                yield Row(
                    where, problem=("wrong_type", f"{where}: a JSON object is wanted, not {type(values).__name__}")
                )


def _csv(file: Path) -> Iterator[Row]:
    with _opened(file) as stream:
        # Undecodable bytes become lone surrogates, so that the reader goes on and only their row fails.
        lines = (
            line.decode("utf-8-sig" if number == 0 else "utf-8", "surrogateescape")
            for number, line in enumerate(stream)
        )
        # Strict, since a quotation mark that is not closed would make one article of all rows down to the next mark.
        reader = csv.DictReader(lines, strict=True)
        for start, values in _records(reader):
            where = f"{shown(file)}:{start}"
            if isinstance(values, csv.Error):
                last = reader.reader.line_num
                torn = f"lines {start} to {last} cannot be told apart: {values}" if last > start else str(values)
                below = "; without the names of its first line nothing of the file is read" if start == 1 else ""
                yield Row(where, problem=("not_csv", f"{where}: {torn}{below}"))
            elif None in values or None in values.values():  # names or fields that are too many
                yield Row(where, problem=("not_csv", f"{where}: as many fields are wanted as the first line has names"))
            elif any(map(_undecoded, (*values, *values.values()))):
                yield Row(where, problem=("undecodable", f"{where}: not UTF-8"))
            else:
                yield Row(where, dict(values))


def _records(reader: "csv.DictReader[str]") -> Iterator[tuple[int, dict[Any, Any] | csv.Error]]:
    """The first line of each record, and the record or what is wrong with it; nothing can be read below a bad header."""
    start = 1
    while True:
        try:
            if reader.fieldnames is not None:
                start = reader.reader.line_num + 1
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield start, error
            if start == 1:
                return
        else:
            yield start, values


def _undecoded(value: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in value)


def _parquet(file: Path) -> Iterator[Row]:
    import datasets

    datasets.disable_progress_bars()
    try:
        rows = datasets.load_dataset("parquet", data_files=str(file), split="train", streaming=True)
        for number, values in enumerate(rows, 1):
            yield Row(f"{shown(file)}:{number}", values)
    except (ValueError, RuntimeError) as error:  # pyarrow's ArrowInvalid is a ValueError
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
