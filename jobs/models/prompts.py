"""The instructions that chat models are given: one file of `conf/prompts` per task."""

from functools import cache
from importlib import resources
from string import Template


@cache
def instruction(task: str) -> Template:
    """The instruction of a task.

    `$text` stands for the text, `$source` and `$target` for what the languages of a translation are called, `$terms` for
    glossary terms with their renderings, `$language` for the language of a summary and `$sentences` for how many it may
    have; `$$` is a dollar sign.
    """
    file = resources.files("jobs.conf").joinpath("prompts", f"{task}.txt")
    return Template(file.read_text(encoding="utf-8").strip())
