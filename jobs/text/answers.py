"""What a chat model writes around a translation or a summary, taken off where it is certain that it is no part of it.

What is not certain stays: a remark behind a translation, quotation marks that the source has as well.
"""

import re
from collections.abc import Callable

# Where the chat template opens the thought itself, the answer has the end of it alone.
_THOUGHT_END = "</think>"
_FENCE = re.compile(r"```\w*\n(?P<inside>.*)\n```", re.DOTALL)
_SURE = r"(?:(?:sure|certainly|of\ course)[,.!]?\s+)?"
_HERE_IS = r"(?:(?:here\ is|here['’]s|below\ is)\s+)?"
_LANGUAGE = r"(?:english|russian|kazakh)"
_IN_RUSSIAN = r"(?:\s+на\s+(?:русском|русский|английском|английский|казахском|казахский)(?:\s+языке?)?)?"
_TRANSLATION = re.compile(
    rf"""{_SURE}
    (?:
        {_HERE_IS}(?:the\s+)?(?:{_LANGUAGE}\s+)?translation
            (?:\s+of\s+(?:the|your)\s+(?:\w+\s+)?(?:text|segment|sentence))?
            (?:\s+(?:in|into|to)\s+{_LANGUAGE}(?:\s+\(?\w+\s+script\)?)?)?
        | (?:вот\s+)?перевод(?:\s+(?:текста|предложения))?{_IN_RUSSIAN}
        | (?:міне,?\s+)?(?:(?:қазақ|орыс|ағылшын)ша\s+)?аударма(?:сы)?
    )
    \s*:\s*(?=\S)""",
    re.IGNORECASE | re.VERBOSE,
)
_SUMMARY = re.compile(
    rf"""{_SURE}(?:\#+\s*)?(?:\*\*)?
    (?:
        {_HERE_IS}(?:(?:the|a|an)\s+)?(?:(?:short|brief|concise|news|\w+-sentence|{_LANGUAGE})\s+)*summary
            (?:\s+of\s+(?:the|this|your)\s+(?:\w+\s+)?(?:text|article|story))?
            (?:\s+in\s+(?:{_LANGUAGE}(?:\s+\(?\w+\s+script\)?)?|\w+\s+sentences?))*
        | tl;?dr
        | (?:вот\s+)?(?:краткое\s+(?:содержание|изложение|резюме)|краткий\s+пересказ|резюме|саммари)
            (?:\s+(?:статьи|текста|новости))?{_IN_RUSSIAN}
        | (?:міне,?\s+)?(?:(?:мақаланың|мәтіннің|жаңалықтың)\s+)?(?:қысқаша\s+(?:мазмұны|түйіні)|түйіні?)
    )
    (?:\*\*)?\s*[:\n](?:\*\*)?\s*(?=\S)""",
    re.IGNORECASE | re.VERBOSE,
)
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_ITEM = re.compile(r"\s*(?:[-*•]|\d{1,2}[.)])\s+(?=\S)")
_PAIRS = ('""', "“”", "«»", "„“", "„”", "''", "‘’")
_MARKS = frozenset("".join(_PAIRS))


def bare(answer: str, source: str) -> tuple[str, str]:
    """An answer without what a chat model wrote around a translation, and what that was.

    Args:
        answer: all that the model wrote, without white space around it.
        source: the text that it was asked to translate.

    Returns:
        The translation, and what was taken off, «…» standing for the translation; empty where nothing was.
    """
    # A headline may itself begin with such words and a colon; it has no line break, though.
    return _bare(answer, source, _TRANSLATION, lambda found: ":" not in source or "\n" in found)


def bare_summary(answer: str, text: str) -> tuple[str, str]:
    """An answer without what a chat model wrote around a summary, and what that was.

    Markdown within the summary, bold words and a list, becomes plain text, and is not told.

    Args:
        answer: all that the model wrote, without white space around it.
        text: what it was asked to summarise.

    Returns:
        The summary, and what was taken off, «…» standing for the summary; empty where nothing was.
    """
    summary, removed = _bare(answer, text, _SUMMARY, lambda found: True)
    return summary if "**" in text else _plain(summary), removed


def _bare(answer: str, source: str, introduction: re.Pattern[str], certain: Callable[[str], bool]) -> tuple[str, str]:
    found = answer if _THOUGHT_END in source else answer.rpartition(_THOUGHT_END)[2].strip()
    if "```" not in source and (fence := _FENCE.fullmatch(found)):
        found = fence["inside"].strip()
    introduced = introduction.match(found)
    if introduced and certain(introduced[0]):
        found = found[introduced.end() :]
    found = _unquoted(found, source)
    if found in ("", answer):
        return answer, ""
    before, _, behind = answer.rpartition(found)
    return found, f"{before}…{behind}"


def _plain(text: str) -> str:
    """A text without the marks of bold words, and without those of list items where all its lines are such."""
    lines = [line for line in _BOLD.sub(r"\1", text).splitlines() if line.strip()]
    marks = [_ITEM.match(line) for line in lines]
    if len(lines) < 2 or not all(marks):
        return _BOLD.sub(r"\1", text)
    return "\n".join(line[mark.end() :] for line, mark in zip(lines, marks, strict=True) if mark)


def _unquoted(text: str, source: str) -> str:
    """The text without quotation marks around the whole of it, where the source has none at either end."""
    inside = text[1:-1].strip()
    if not inside or text[0] + text[-1] not in _PAIRS or {source[:1], source[-1:]} & _MARKS:
        return text
    return text if {text[0], text[-1]} & set(inside) else inside
