"""A benchmark as programs and people read it: a table as Parquet, JSON Lines and Markdown, and a chart."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.records import Measurement
from jobs.versions import files
from jobs.views.chart import Bar, bars

NEARLY = 0.97  # of the fastest is as good, where it needs less memory

SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("engine", "ran_on", "batching")]
    + [(name, pa.int64()) for name in ("batch_tokens", "batches", "sentences", "tokens_in", "tokens_out")]
    + [("seconds", pa.float64()), ("rounds", pa.list_(pa.float64()))]
    + [(name, pa.float64()) for name in ("sentences_per_second", "tokens_per_second", "padding")]
    + [("peak_memory_mib", pa.int64()), ("same", pa.float64()), ("failed", pa.int64())]
)
HEADINGS = {
    "engine": "engine",
    "batching": "batches",
    "sentences/s": "sentences/s",
    "tokens/s": "tokens/s",
    "padding": "padding",
    "memory": "peak memory, MiB",
    "same": "same text",
}


def best(found: Sequence[Measurement]) -> Measurement | None:
    """The measurement whose settings are to be recommended; None where no sorted batches fitted into memory.

    The engine of the fastest, with the smallest budget that is nearly as fast.
    """
    there = [item for item in found if item.batch_tokens is not None and item.sentences_per_second and not item.failed]
    if not there:
        return None
    fastest = max(there, key=_speed)
    near = [item for item in there if item.engine == fastest.engine and _speed(item) >= NEARLY * _speed(fastest)]
    return min(near, key=lambda item: item.batch_tokens or 0)


def _speed(item: Measurement) -> float:
    return item.sentences_per_second or 0.0


def cells(item: Measurement) -> list[str]:
    """A measurement in words, one for each of `HEADINGS`."""
    if item.seconds is None:
        return [item.engine, item.batching, "does not fit", "", f"{item.padding:.1%}", _memory(item), ""]
    speed, tokens = f"{_speed(item):,.1f}", f"{item.tokens_per_second or 0.0:,.0f}"
    return [item.engine, item.batching, speed, tokens, f"{item.padding:.1%}", _memory(item), f"{item.same:.1%}"]


def _memory(item: Measurement) -> str:
    return "" if item.peak_memory_mib is None else f"{item.peak_memory_mib:,}"


def write(version: Path, found: Sequence[Measurement], model: str, notes: Sequence[str], settings: str) -> None:
    """Write `benchmark.parquet`, `.jsonl`, `.md` and `.svg` of a version.

    Args:
        version: folder to write into.
        found: in the order that they are to be read.
        model: what was measured, in a few words.
        notes: what is to be known about it, one sentence each.
        settings: the settings that are recommended, as they are typed; empty where there are none.
    """
    rows = [asdict(item) | {"rounds": list(item.rounds)} for item in found]
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    files.write_whole(version / "benchmark.parquet", lambda temporary: pq.write_table(table, temporary))
    files.write_lines(version / "benchmark.jsonl", (json.dumps(row, ensure_ascii=False) for row in rows))
    files.write_text(version / "benchmark.svg", _chart(found, model))
    files.write_text(version / "benchmark.md", _page(found, model, notes, settings))


def _chart(found: Sequence[Measurement], model: str) -> str:
    items = [
        Bar(item.batching, f"{item.engine}: {item.ran_on}", item.sentences_per_second, _shown(item)) for item in found
    ]
    sentences = found[0].sentences if found else 0
    return bars(model, f"sentences a second, of {sentences:,} sentences; more is better", items)


def _shown(item: Measurement) -> str:
    if item.seconds is None:
        return "does not fit into memory"
    return f"{_speed(item):,.1f} ({item.tokens_per_second or 0.0:,.0f} tokens/s)"


def _page(found: Sequence[Measurement], model: str, notes: Sequence[str], settings: str) -> str:
    lines = [f"# {model}", "", "![sentences a second](benchmark.svg)", ""]
    lines += [f"| {' | '.join(HEADINGS.values())} |", f"|{'---|' * 2}{'---:|' * (len(HEADINGS) - 2)}"]
    lines += [f"| {' | '.join(cells(item))} |" for item in found]
    lines += ["", *(f"- {note}" for note in notes), ""]
    if settings:
        lines += ["Recommended:", "", "```", settings, "```", ""]
    return "\n".join(lines)
