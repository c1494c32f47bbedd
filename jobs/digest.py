"""The main job: load articles, summarise, translate, and leave a version folder to read.

`python -m jobs.digest [key=value ...]`; `--help` tells the keys.
"""

import sys
from pathlib import Path
from typing import Any

from jobs.config import ConfigError, DigestConfig, printed
from jobs.entry import Attempt, enter, save_attempt

NAME = "digest"
FAILED_TOO_OFTEN = 3


def run(config: DigestConfig, attempt: Attempt) -> int:
    """Run the job and give its exit status.

    Args:
        config: checked settings.
        attempt: file name -> text, kept in the version's `attempts/<time>/.hydra`.
    """
    from jobs.articles import rows
    from jobs.run import closing, plan
    from jobs.run.screen import Screen
    from jobs.run.walk import Walk
    from jobs.versions import folder
    from jobs.versions.fingerprint import fingerprint

    files = rows.input_files(config.articles)
    street = _street(config)
    if config.dry_run:
        plan.show(config, files, street)
        return 0
    identity = _identity(config, files, street)
    with folder.opened(Path(config.outputs.root) / NAME, config.resume, identity) as version:
        save_attempt(version, attempt)
        with closing.logged(version):
            walk = Walk(config, files, street, version, fingerprint(identity), Screen())
            walk.run()
            return 0 if closing.close(walk, identity) else FAILED_TOO_OFTEN


def _street(config: DigestConfig) -> list[Any]:
    """The stages; a model that is not there is a wrong setting, told before anything is written."""
    from jobs.models.engine import ModelError
    from jobs.run.stages import street

    try:
        return list(street(config))
    except ModelError as error:
        raise ConfigError("translators", list(config.targets), str(error)) from None


def _identity(config: DigestConfig, files: list[Path], street: list[Any]) -> dict[str, Any]:
    """Everything that decides what comes out: settings, models, program and input."""
    from jobs.articles import loading
    from jobs.models.families import chat_of
    from jobs.run.stages import models
    from jobs.versions import manifest
    from jobs.versions.files import sha256

    found = models(street)
    settings = printed(config)
    settings["articles"].pop("path")  # the same files elsewhere are the same input, and their checksums are kept
    terms = settings["glossary"].pop("path")  # likewise
    settings["translators"] = {language: settings["translators"][language] for language in sorted(config.needed)}
    return {
        "config": settings,
        "models": {name: model.name for name, model in found.items()},
        "prompts": {
            name: chat.instruction if (chat := chat_of(model.settings)) else "" for name, model in found.items()
        },
        "program": manifest.program(),
        "input": loading.identity(config.articles, files),
        "glossary": sha256(Path(terms)) if terms else "",
    }


def main() -> int:
    """Run the job from the command line."""
    return enter(NAME, DigestConfig, run)


if __name__ == "__main__":
    sys.exit(main())
