"""The digest as programs and people read it: `digest.jsonl`, and one Markdown page per language."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from jobs.config import LATIN_KAZAKH
from jobs.records import Digest, Flag, Rendition
from jobs.text.transliteration import to_latin
from jobs.versions import files

HEADINGS = {"en": "News digest", "ru": "Дайджест новостей", "kk": "Жаңалықтар дайджесті"}
FULL_TEXT = {"en": "Full text", "ru": "Полный текст", "kk": "Толық мәтін"}
UNTRANSLATED = {"en": "Not translated", "ru": "Не переведено", "kk": "Аударылмаған"}
HEADINGS[LATIN_KAZAKH] = to_latin(HEADINGS["kk"])
FULL_TEXT[LATIN_KAZAKH] = to_latin(FULL_TEXT["kk"])
UNTRANSLATED[LATIN_KAZAKH] = to_latin(UNTRANSLATED["kk"])


def write(version: Path, digests: Iterable[Digest], languages: Sequence[str], notices: Sequence[str]) -> None:
    """Write `digest.jsonl` and `digest.<language>.md` of a version in one pass over its digests.

    Args:
        version: folder to write into.
        digests: in the order they are to be read.
        languages: pages to write; an article stands in the page of its own language and of each it has renditions in.
        notices: what every reader has to be told first.
    """
    pages = {language: _Page(version / f"digest.{language}.md", language, notices) for language in languages}

    def lines() -> Iterator[str]:
        for digest in digests:
            for language, page in pages.items():
                page.add(entry(digest, language))
            yield json.dumps(record(digest, notices), ensure_ascii=False)

    files.write_lines(version / "digest.jsonl", lines())
    for page in pages.values():
        page.close()


class _Page:
    """One Markdown page, filled article by article under a temporary name."""

    def __init__(self, path: Path, language: str, notices: Sequence[str]) -> None:
        self.path = path
        self.temporary = path.with_name(f".{path.name}.filling")
        self.file = self.temporary.open("w", encoding="utf-8", newline="\n")
        self.file.write(f"# {HEADINGS[language]}\n\n" + "".join(f"> **{notice}**\n\n" for notice in notices))

    def add(self, text: str) -> None:
        """Append an article's entry; an empty one adds nothing."""
        if text:
            self.file.write(text)

    def close(self) -> None:
        """Give the page its name."""
        self.file.close()
        files.write_whole(self.path, self._move)

    def _move(self, path: Path) -> None:
        self.temporary.replace(path)


def record(digest: Digest, notices: Sequence[str]) -> dict[str, Any]:
    """A digest as one JSON object: the article, and `renditions` by language and field with their lineage."""
    article = digest.article
    renditions: dict[str, dict[str, Any]] = {}
    for item in digest.renditions:
        renditions.setdefault(item.language, {})[item.field] = _rendition(item)
    return {
        "id": article.id,
        "language": article.language,
        "title": article.title,
        "standfirst": article.standfirst,
        "published": article.published,
        "source": article.source,
        "url": article.url,
        "where": article.where,
        "renditions": renditions,
        "notices": list(notices),
    }


def _rendition(item: Rendition) -> dict[str, Any]:
    made: dict[str, Any] = {"text": item.text, "derived_from": item.derived_from, "engine": item.engine}
    if item.flags:
        made["flags"] = [
            {"check": flag.check, "severity": flag.severity.value, "where": flag.where, "detail": flag.detail}
            for flag in item.flags
        ]
    if item.repaired_by:
        made["repaired_by"] = item.repaired_by
    if item.terms:
        made["terms"] = {
            outcome: {use.term: use.rendering for use in item.terms if use.kept is kept}
            for outcome, kept in (("applied", True), ("missed", False))
        }
    return made


def entry(digest: Digest, language: str) -> str:
    """An article in the page of one language, or an empty string where it has nothing there."""
    article = digest.article
    fields = {item.field: item for item in digest.renditions if item.language == language}
    own = article.language == language
    if not fields and not own:
        return ""
    title = fields["title"].text if "title" in fields else article.title
    published = " · ".join(_one_line(part) for part in (article.published, article.source, article.language) if part)
    blocks = [f"## {_one_line(title) or _one_line(article.id)}", f"*{published}*"]
    standfirst = fields["standfirst"].text if "standfirst" in fields else article.standfirst if own else ""
    if standfirst:
        blocks.append(f"**{_one_line(standfirst)}**")
    if "summary" in fields:
        blocks.append(_paragraphs(fields["summary"].text))
    if "text" in fields:
        blocks.append(
            f"<details><summary>{FULL_TEXT[language]}</summary>\n\n{_paragraphs(fields['text'].text)}\n\n</details>"
        )
    flags = [flag for item in fields.values() for flag in item.flags]
    if flags:
        blocks.append(f"⚠ {_counted(flags)}")
    left = [flag.detail for flag in flags if flag.check == "untranslated"]
    blocks.extend(f"⚠ **{UNTRANSLATED[language]}:** {_one_line(text)}" for text in left)
    if article.url:
        blocks.append(f"<{article.url}>" if _ADDRESS.fullmatch(article.url) else _one_line(article.url))
    return "\n\n".join(blocks) + "\n\n"


_ADDRESS = re.compile(r"https?://[^\s<>]+")
# What Markdown (CommonMark 0.31) would not show as it is: marks anywhere, and those that make a line something else than text.
_MARKS = re.compile(r"[\\`*\[\]<>]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)|^[-#+=~|]|(?<=\s)#(?=#*$)")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])")  # would begin a list


def _one_line(text: str) -> str:
    """A text of an article on one line, as a reader is to see it: nothing in it is Markdown or HTML."""
    return _NUMBERED.sub(r"\1\\\2", _MARKS.sub(lambda mark: f"\\{mark[0]}", " ".join(text.split())))


def _paragraphs(text: str) -> str:
    """Likewise, a paragraph for each line."""
    return "\n\n".join(_one_line(line) for line in text.split("\n") if line.strip())


def _counted(flags: Sequence[Flag]) -> str:
    counts: dict[str, int] = {}
    for flag in flags:
        counts[flag.check] = counts.get(flag.check, 0) + 1
    return ", ".join(f"{check} ({count})" for check, count in sorted(counts.items()))
