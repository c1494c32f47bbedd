"""From rows to articles: each row becomes exactly one article or one failure with the reason.

Rows stream through `datasets`; what is kept in memory is one hash per article, to know a duplicate.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobs.articles import rows
from jobs.articles.rows import Row
from jobs.config import Articles
from jobs.records import Article, Failure
from jobs.text.language import identify, normalised
from jobs.text.lookalikes import repaired
from jobs.text.script import plainly
from jobs.versions.files import sha256

STAGE = "articles"
NAME = 40  # characters of a column's name that a message shows
SET_ASIDE = frozenset({"duplicate_text"})  # recorded, but nothing went wrong: not counted as failed


def dataset(settings: Articles, files: list[Path]) -> Any:
    """The rows of a source as a streaming `datasets.IterableDataset`, cut to `articles.limit`."""
    import datasets

    # One list element would be one shard of the data set; the files are wrapped, since their order is the articles' order.
    stream = datasets.IterableDataset.from_generator(_values, gen_kwargs={"settings": settings, "files": tuple(files)})
    return stream if settings.limit is None else stream.take(settings.limit)


def _values(settings: Articles, files: tuple[Path, ...]) -> Iterator[dict[str, Any]]:
    for row in rows.read(settings, list(files)):
        yield {"row": row}


def identity(settings: Articles, files: list[Path]) -> dict[str, Any]:
    """What the input is: name, size and SHA-256 of each file, or the name and hash of a data set."""
    if not files:
        return {"hub": settings.hub.name, "split": settings.hub.split, "hash": rows.hub_fingerprint(settings)}
    described = []
    for file in files:
        try:
            told = {"bytes": file.stat().st_size, "sha256": sha256(file)}
        except OSError as error:  # its rows are a failure
            told = {"unreadable": error.strerror or str(error)}
        described.append({"file": rows.shown(file.name), **told})
    return {"files": described}


@dataclass(slots=True)
class Loader:
    """Makes articles of rows, and knows the ones it has made.

    Attributes:
        seen: hashes of the ids and of the texts of all articles so far.
    """

    settings: Articles
    seen: set[int] = field(default_factory=set)

    def remember(self, articles: Iterable[Article]) -> None:
        """Know articles of an earlier run that this one continues."""
        for article in articles:
            self.seen |= {_hashed("id", article.id), _hashed("text", article.text)}

    def load(self, row: Row) -> Article | Failure:
        """The article of a row, or why there is none."""
        if row.problem:
            return _failure(row, *row.problem)
        if row.page is not None:
            made = self._page(row, row.page)
        else:
            made = self._columns(row)
        if isinstance(made, Failure):
            return made
        return self._admitted(made, row)

    def _columns(self, row: Row) -> Article | Failure:
        names = self.settings.columns
        if names.text not in row.values:
            names_there = (
                str(name)[:NAME].encode("utf-8", "backslashreplace").decode() for name in list(row.values)[:10]
            )
            there = ", ".join(names_there) or "no columns"
            missing = f'{row.where}: "{names.text}" is missing among {there}; set articles.columns.text=<name>'
            return _failure(row, "no_text", missing)
        found: dict[str, str] = {}
        for name in names.__dataclass_fields__:
            value = row.values.get(getattr(names, name))
            if value is not None and not isinstance(value, str) and (name in ("text", "title") or _nested(value)):
                return _failure(
                    row,
                    "wrong_type",
                    f'{row.where}: "{getattr(names, name)}" is {type(value).__name__}, text is wanted; '
                    f"set articles.columns.{name}=<another>",
                )
            found[name] = "" if value is None else str(value).strip()
        known = {getattr(names, name) for name in names.__dataclass_fields__}
        others = {str(key): value for key, value in row.values.items() if key not in known and value is not None}
        try:
            extra = {key: _as_text(value) for key, value in others.items()}
        except RecursionError:  # what could just be read is not sure to be written
            return _failure(row, "wrong_type", f"{row.where}: a value is nested too deep")
        return self._article(row, found, extra)

    def _page(self, row: Row, data: bytes) -> Article | Failure:
        from jobs.articles import pages

        try:
            page = pages.read(data, row.where)
        except pages.Undecodable as error:
            return _failure(row, "undecodable", f"{row.where}: {error}")
        found = {
            "title": page.title or "",
            "standfirst": page.standfirst or "",
            "published": page.published or "",
            "text": page.text,
        }
        return self._article(row, found, {"dropped_lines": str(len(page.dropped))})

    def _article(self, row: Row, found: dict[str, str], extra: dict[str, str]) -> Article | Failure:
        text = found["text"]
        if any(not _encodable(value) for value in (*found.values(), *extra, *extra.values())):
            return _failure(row, "undecodable", f"{row.where}: holds half of a surrogate pair, which is no character")
        if not any(character.isalpha() for character in text):
            return _failure(row, "no_text", f"{row.where}: no text in it")
        language = normalised(found.get("language", ""))
        if not language:
            language = identify(f"{found['title']}\n{text}")
        elif other := plainly(text, language):
            extra = {**extra, "language_given": language}
            language = other
        name = found.get("id") or _name(found.get("url") or f"{found['title']}\n{text}")
        plain = {key: value for key, value in found.items() if key not in ("id", "language")}
        mended = {key: repaired(plain[key], language) for key in ("title", "standfirst", "text") if key in plain}
        plain |= {key: value for key, (value, _) in mended.items()}
        if letters := sum(count for _, count in mended.values()):
            extra = {**extra, "latin_letters_made_cyrillic": str(letters)}
        return Article(id=name, language=language, where=row.where, extra=extra, **plain)

    def _admitted(self, article: Article, row: Row) -> Article | Failure:
        if article.language not in self.settings.languages:
            wanted = ", ".join(self.settings.languages)
            found = f"seems to be {article.language}" if article.language else "is none that is known"
            return _failure(row, "language", f"{row.where}: language {found}, not one of {wanted} (articles.languages)")
        name, text = _hashed("id", article.id), _hashed("text", article.text)
        if text in self.seen:
            return _failure(row, "duplicate_text", f"{row.where}: the same text was loaded before", article.id)
        if name in self.seen:
            return _failure(row, "duplicate_id", f'{row.where}: the id "{article.id}" was loaded before', article.id)
        self.seen |= {name, text}
        return article


def _failure(row: Row, kind: str, message: str, article_id: str = "") -> Failure:
    return Failure(article_id, STAGE, kind, message, row.where)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _nested(value: object) -> bool:
    return isinstance(value, (list, dict, bytes))


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str, sort_keys=True)


def _name(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _hashed(kind: str, text: str) -> int:
    digest = hashlib.blake2b(f"{kind}:{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")
