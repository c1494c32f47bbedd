"""How records lie in Parquet: schemas, and rows to records and back."""

from dataclasses import asdict
from typing import Any

import pyarrow as pa

from jobs.records import Article, Digest, Flag, Rendition, Severity, TermUse

_TEXT = pa.string()

_FLAG = pa.struct([("check", _TEXT), ("severity", _TEXT), ("where", _TEXT), ("detail", _TEXT)])
_TERM = pa.struct([("term", _TEXT), ("rendering", _TEXT), ("kept", pa.bool_())])
_RENDITION_FIELDS = [
    ("field", _TEXT),
    ("language", _TEXT),
    ("text", _TEXT),
    ("derived_from", _TEXT),
    ("engine", _TEXT),
    ("flags", pa.list_(_FLAG)),
    ("repaired_by", _TEXT),
    ("terms", pa.list_(_TERM)),
]
ARTICLES = pa.schema(
    [(name, _TEXT) for name in ("id", "title", "text", "language", "standfirst", "published", "source", "url", "where")]
    + [("extra", pa.list_(pa.struct([("key", _TEXT), ("value", _TEXT)])))]
)
RENDITIONS = pa.schema([("article_id", _TEXT), *_RENDITION_FIELDS])
DIGESTS = pa.schema([*ARTICLES, ("renditions", pa.list_(pa.struct(_RENDITION_FIELDS)))])


def article_row(article: Article) -> dict[str, Any]:
    """An article as a row of `ARTICLES`."""
    row = {name: getattr(article, name) for name in ARTICLES.names if name != "extra"}
    return row | {"extra": [{"key": key, "value": value} for key, value in article.extra.items()]}


def article_of(row: dict[str, Any]) -> Article:
    """A row of `ARTICLES` (or of `DIGESTS`) as an article."""
    plain = {name: row[name] for name in ARTICLES.names if name != "extra"}
    return Article(**plain, extra={item["key"]: item["value"] for item in row["extra"]})


def rendition_row(rendition: Rendition) -> dict[str, Any]:
    """A rendition as a plain row, without the article it belongs to."""
    return asdict(rendition) | {"flags": [asdict(flag) | {"severity": flag.severity.value} for flag in rendition.flags]}


def rendition_of(row: dict[str, Any]) -> Rendition:
    """A row of `RENDITIONS` (or of the list in `DIGESTS`) as a rendition."""
    plain = {name: row[name] for name, _ in _RENDITION_FIELDS if name not in ("flags", "terms")}
    flags = tuple(Flag(**(flag | {"severity": Severity(flag["severity"])})) for flag in row["flags"])
    return Rendition(**plain, flags=flags, terms=tuple(TermUse(**use) for use in row["terms"]))


def digest_row(digest: Digest) -> dict[str, Any]:
    """A digest as a row of `DIGESTS`."""
    return article_row(digest.article) | {"renditions": [rendition_row(item) for item in digest.renditions]}


def digest_of(row: dict[str, Any]) -> Digest:
    """A row of `DIGESTS` as a digest."""
    return Digest(article_of(row), tuple(rendition_of(item) for item in row["renditions"]))
