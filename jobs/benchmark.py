"""Measures how fast a translation model is on this machine, with each engine and way of batching, and recommends settings.

`python -m jobs.benchmark [key=value ...]`; `--help` tells the keys.
"""

import logging
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.config import BenchmarkConfig, ConfigError, EngineKind, printed
from jobs.entry import Attempt, enter, save_attempt

if TYPE_CHECKING:
    from jobs.records import Measurement
    from jobs.run.rounds import Sentences
    from jobs.translate.translator import Translator

NAME = "benchmark"
log = logging.getLogger(__name__)


def run(config: BenchmarkConfig, attempt: Attempt) -> int:
    """Run the job and give its exit status.

    Args:
        config: checked settings.
        attempt: file name -> text, kept in the version's `attempts/<time>/.hydra`.
    """
    from jobs.articles import loading, rows
    from jobs.run import closing, rounds
    from jobs.versions import folder
    from jobs.views import benchmark

    files = rows.input_files(config.articles)
    translators = _translators(config)
    found = _sentences(config, files, next(iter(translators.values())))
    identity = _identity(config, translators, loading.identity(config.articles, files))
    with folder.opened(Path(config.outputs.root) / NAME, "never", identity) as version:
        save_attempt(version, attempt)
        with closing.logged(version):
            settings = next(iter(translators.values())).settings
            ways = rounds.ways_of(config.benchmark, settings.batch_tokens)
            measured = rounds.measure(translators, found.texts, ways, config.benchmark.rounds, _tell)
            best = benchmark.best(measured)
            recommended = pasted(attempt, config.target, best) if best else ""
            model = f"{settings.name} into {config.target}, beam {settings.beams}"
            benchmark.write(version, measured, model, _notes(config, found, measured), recommended)
            folder.succeed(version, lambda: _write_manifest(version, identity, translators, measured, recommended))
            _show(measured, recommended)
            print(version, flush=True)
    return 0


def _translators(config: BenchmarkConfig) -> "dict[str, Translator]":
    """The model with each engine; a model that is not there is a wrong setting, told before anything is written."""
    from jobs.models.engine import ModelError
    from jobs.run.rounds import translators_of

    try:
        return translators_of(config.translator, config.target)
    except ModelError as error:
        raise ConfigError("translator", config.translator.name, _in_own_keys(str(error))) from None


def _in_own_keys(message: str) -> str:
    """A message that names the keys of a digest, which has a translator for each target, with those of this job."""
    return re.sub(r"(translator@)?translators\.(<language>|\w\w)(?=[.=])", "translator", message)


def _sentences(config: BenchmarkConfig, files: list[Path], translator: "Translator") -> "Sentences":
    from jobs.articles.loading import Loader, dataset
    from jobs.run import rounds

    stream = (item["row"] for item in dataset(config.articles, files))
    found = rounds.sentences(Loader(config.articles), stream, translator, config.benchmark.sentences)
    if not found.texts:
        reads = ", ".join(config.translator.sources)
        raise ConfigError(
            "articles",
            config.articles.kind,
            f"no sentence in them for {config.translator.name} into {config.target}, which reads {reads}; "
            "choose other articles, another translator or another target",
        )
    return found


def _identity(
    config: BenchmarkConfig, translators: "Mapping[str, Translator]", given: dict[str, Any]
) -> dict[str, Any]:
    """What was measured: settings, models, program and input."""
    from jobs.versions import manifest

    settings = printed(config)
    settings["articles"].pop("path")  # as in a digest, the same files elsewhere are the same input
    return {
        "config": settings,
        "models": {name: item.name for name, item in translators.items()},
        "program": manifest.program(),
        "input": given,
    }


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
    log.info(line)


def pasted(attempt: Attempt, target: str, best: "Measurement") -> str:
    """Settings for a digest, as they are typed: what this command says of the translator, and what measured best."""
    from omegaconf import OmegaConf

    key = f"translators.{target}"
    given = [str(item).lstrip("+") for item in OmegaConf.create(attempt.get("overrides.yaml") or "[]")]
    settled = ["translator.engine=", "translator.batch_tokens="]
    if best.engine != EngineKind.ctranslate2.value:
        settled.append("translator.compute_type=")  # no other engine has one
    wanted = [item for item in given if item.startswith(("translator.", "translator=", "use="))]
    kept = [
        re.sub("^translator=", f"translator@{key}=", re.sub(r"^translator\.", f"{key}.", item))
        for item in wanted
        if not item.startswith(tuple(settled))
    ]
    found = [f"{key}.engine={best.engine}", f"{key}.batch_tokens={best.batch_tokens}"]
    return " ".join(map(shlex.quote, [*kept, *found]))


def _notes(config: BenchmarkConfig, found: "Sentences", measured: "Sequence[Measurement]") -> list[str]:
    """What a reader of the table has to know."""
    words = [
        f"{len(found.texts):,} sentences of {found.articles:,} articles, each once; rounds: {config.benchmark.rounds}, the "
        "median counts; loading a model and its first batch are not counted.",
        "Tokens are those read and those written. Padding is for each real token of the input. Same text: sentences that "
        "come out, letter for letter, as in the first row.",
        "Batches in file order are given to the model one after the other; sorted ones as in a digest, on several cores or "
        "GPUs at a time.",
        "Peak memory is the GPU's, other processes included, or else that of this process, Python and libraries included.",
    ]
    if found.left_out:
        words.append(f"{found.left_out:,} sentences that are longer than the model reads were left out.")
    failed = max(item.failed for item in measured)
    if failed:
        words.append(f"Up to {failed:,} sentences came back without a translation; run.log tells why.")
    if config.translator.notice:
        words.append(f"{config.translator.notice}.")
    return words


def _write_manifest(
    version: Path,
    identity: dict[str, Any],
    translators: "Mapping[str, Translator]",
    measured: "Sequence[Measurement]",
    recommended: str,
) -> None:
    from jobs.versions import files, manifest
    from jobs.versions.fingerprint import fingerprint

    ran_on = {item.engine: item.ran_on for item in measured}
    models = {
        name: {
            "name": item.settings.name,
            "ran_on": ran_on[name],
            "model": item.settings.model,
            "revision": item.checkpoint.revision,
            "licence": item.settings.licence,
            "notice": item.settings.notice,
        }
        for name, item in translators.items()
    }
    files.write_json(
        version / "manifest.json",
        {
            "status": "success",
            "fingerprint": fingerprint(identity),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            **manifest.environment(),
            "models": models,
            "recommended": recommended,
            "identity": identity,
        },
    )


def _show(measured: "Sequence[Measurement]", recommended: str) -> None:
    """The table, and the settings to paste, on a line of their own that no terminal breaks."""
    from rich.table import Table

    from jobs.run.screen import output
    from jobs.views import benchmark

    table = Table(*benchmark.HEADINGS.values())
    for column in table.columns[2:]:
        column.justify = "right"
    for item in measured:
        table.add_row(*benchmark.cells(item))
    output().print(table)
    if recommended:
        print(f"Recommended: {recommended}")


def main() -> int:
    """Run the job from the command line."""
    return enter(NAME, BenchmarkConfig, run)


if __name__ == "__main__":
    sys.exit(main())
