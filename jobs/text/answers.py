"""What a chat model writes around a translation, taken off where it is certain that it is no part of it.

What is not certain stays: a remark behind a translation, quotation marks that the source has as well.
"""

import re

_THOUGHT = re.compile(r"\s*<think>.*?</think>\s*", re.DOTALL)
_FENCE = re.compile(r"```\w*\n(?P<inside>.*)\n```", re.DOTALL)
_LANGUAGE = r"(?:english|russian|kazakh)"
_INTRODUCTION = re.compile(
    rf"""(?:(?:sure|certainly|of\ course)[,.!]?\s+)?
    (?:
        (?:(?:here\ is|here['’]s|below\ is)\s+)?(?:the\s+)?(?:{_LANGUAGE}\s+)?translation
            (?:\s+of\s+(?:the|your)\s+(?:\w+\s+)?(?:text|segment|sentence))?
            (?:\s+(?:in|into|to)\s+{_LANGUAGE}(?:\s+\(?\w+\s+script\)?)?)?
        | (?:вот\s+)?перевод(?:\s+(?:текста|предложения))?(?:\s+на\s+(?:русский|английский|казахский)(?:\s+язык)?)?
        | (?:міне,?\s+)?(?:(?:қазақ|орыс|ағылшын)ша\s+)?аударма(?:сы)?
    )
    \s*:\s*(?=\S)""",
    re.IGNORECASE | re.VERBOSE,
)
_PAIRS = ('""', "“”", "«»", "„“", "„”", "''", "‘’")
_MARKS = frozenset("".join(_PAIRS))


def bare(answer: str, source: str) -> tuple[str, str]:
    """An answer without what a chat model wrote around it, and what that was.

    Args:
        answer: all that the model wrote, without white space around it.
        source: the text that it was asked to translate.

    Returns:
        The translation, and what was taken off, «…» standing for the translation; empty where nothing was.
    """
    found = answer
    if thought := _THOUGHT.match(found):
        found = found[thought.end() :]
    if "```" not in source and (fence := _FENCE.fullmatch(found)):
        found = fence["inside"].strip()
    introduction = _INTRODUCTION.match(found)
    # A headline may itself begin with such words and a colon; it has no line break, though.
    if introduction and (":" not in source or "\n" in introduction[0]):
        found = found[introduction.end() :]
    found = _unquoted(found, source)
    if found in ("", answer):
        return answer, ""
    before, _, behind = answer.rpartition(found)
    return found, f"{before}…{behind}"


def _unquoted(text: str, source: str) -> str:
    """The text without quotation marks around the whole of it, where the source has none at either end."""
    inside = text[1:-1].strip()
    if not inside or text[0] + text[-1] not in _PAIRS or {source[:1], source[-1:]} & _MARKS:
        return text
    return text if {text[0], text[-1]} & set(inside) else inside
