"""The door between the command line and a job: Hydra composes, the schema checks, errors become one line.

Nothing below the jobs knows that Hydra exists.
"""

import os
import re
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jobs.config import ConfigError

WRONG_SETTINGS = 2
STOPPED = 1
INTERRUPTED = 130

Attempt = dict[str, str]


def enter(name: str, schema: type, run: Callable[[Any, Attempt], int]) -> int:
    """Compose the configuration of job `name`, run it once per sweep point, and give the exit status.

    Args:
        name: of the job, and of its YAML file in `conf/`.
        schema: dataclass that the composed configuration must fit.
        run: gets the configuration as `schema`, and the attempt's own record: file name -> text.
    """
    import hydra
    from hydra.core.config_store import ConfigStore
    from hydra.errors import HydraException
    from omegaconf import DictConfig, OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    ConfigStore.instance().store(name=f"{name}_schema", node=schema)
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors reach the except clauses below instead of Hydra's own printing
    statuses: list[int] = []

    def job(composed: DictConfig) -> None:
        """One sweep point. Errors stop here, so that a sweep goes on with the next point."""
        try:
            config = OmegaConf.to_object(composed)
            _refuse_unknown(config)
            statuses.append(run(config, _attempt(composed)))
        except (ConfigError, OmegaConfBaseException) as error:
            statuses.append(complain(name, _plain(error), WRONG_SETTINGS))
        except expected_errors() as error:
            statuses.append(complain(name, str(error), STOPPED))

    try:
        hydra.main(version_base="1.3", config_path="pkg://jobs.conf", config_name=name)(job)()
    except (HydraException, OmegaConfBaseException) as error:
        return complain(name, _plain(error), WRONG_SETTINGS)
    except KeyboardInterrupt:
        return complain(name, "interrupted; run the same command again to continue", INTERRUPTED)
    return max(statuses, default=0)


def _refuse_unknown(config: Any, key: str = "") -> None:
    """Refuse what `+key=value` added and no dataclass has; OmegaConf would let it through as a stray attribute."""
    if isinstance(config, dict):
        for name, value in config.items():
            _refuse_unknown(value, f"{key}{name}.")
    if is_dataclass(config):
        known = {item.name for item in fields(config)}
        for name, value in vars(config).items():
            if name not in known:
                raise ConfigError(f"{key}{name}", value, f"no such setting; there are {', '.join(sorted(known))}")
            _refuse_unknown(value, f"{key}{name}.")


def expected_errors() -> tuple[type[BaseException], ...]:
    """Errors of the world outside, told in a line; anything else is a mistake of the program and keeps its traceback."""
    from jobs.models.engine import ModelError
    from jobs.versions.folder import VersionError

    return (ModelError, VersionError, OSError)


def complain(name: str, message: str, status: int) -> int:
    """Say one thing on standard error and give the exit status on."""
    print(f"tolmach {name}: {message}", file=sys.stderr)
    return status


def _attempt(composed: Any) -> Attempt:
    """What Hydra would have left in its `.hydra` folder."""
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import OmegaConf

    settings = HydraConfig.get()
    return {
        "config.yaml": OmegaConf.to_yaml(composed),
        "overrides.yaml": OmegaConf.to_yaml(settings.overrides.task),
        "hydra.yaml": OmegaConf.to_yaml(OmegaConf.masked_copy(OmegaConf.create({"hydra": settings}), "hydra")),
    }


def save_attempt(version: Path, attempt: Attempt) -> None:
    """Keep an attempt's configuration in the version's `attempts/<time>/.hydra`, and as the version's `config.yaml`."""
    folder = version / "attempts" / datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ") / ".hydra"
    folder.mkdir(parents=True)
    for name, text in attempt.items():
        (folder / name).write_text(text, encoding="utf-8")
    if "config.yaml" in attempt:
        (version / "config.yaml").write_text(attempt["config.yaml"], encoding="utf-8")


_QUOTED = "'key=\"value\"'"
# What Hydra and OmegaConf say, and what a user is told; the reason is the first line of the innermost error.
_PLAIN = (
    (r"Could not override '(?P<key>[^']+)'", "{key}: no such setting; --cfg job lists them all"),
    (r"Could not find '(?P<key>[^']+)/(?P<value>[^'/]*)'", "{key}={value}: choose one of {options}"),
    (r"is not a ListConfig[\s\S]*full_key: (?P<key>\S+)", "{key}: a list is wanted, as in {key}=[one,two]"),
    (
        r"is not a subclass of[\s\S]*full_key: (?P<key>\S+)",
        "{key}: has settings of its own, {key}.<name>=<value>; --cfg job lists them",
    ),
    (r"Error merging override (?P<key>.+)", "{key}: {reason}"),
    (
        r"Ambiguous value for argument '(?P<key>.+)'",
        f"{{key}}: a list stands in [ ], a text with a comma so: {_QUOTED}",
    ),
    (r"full_key: (?P<key>\S+)", "{key}: {reason}"),
    ("grammar", f"an override cannot be read: {{reason}}; a text with a mark such as = or [ stands so: {_QUOTED}"),
)


def _plain(error: BaseException) -> str:
    """Hydra's and OmegaConf's messages, which run over several lines, as one line: key, value, what is allowed."""
    root = error
    while root.__cause__ is not None:
        root = root.__cause__
    if isinstance(root, ConfigError):
        return str(root)
    text = f"{error}\n{root}"
    reason = next((line.strip() for line in str(root).splitlines() if line.strip()), type(root).__name__)
    options = ", ".join(dict.fromkeys(re.findall(r"^\t(\S+)$", text, flags=re.MULTILINE)))
    for pattern, words in _PLAIN:
        if said := re.search(pattern, text):
            return words.format(**said.groupdict(), reason=reason[0].lower() + reason[1:], options=options)
    return reason
