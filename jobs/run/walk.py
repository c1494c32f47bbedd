"""Walks the street in this process: stage by stage over all shards, skipping parts that are done.

A shard is a fixed range of input rows, so it is the same on every resume. One stage's model is loaded at a time, and
only where an article of a part that is missing needs it.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.articles.loading import SET_ASIDE, Loader, dataset
from jobs.config import DigestConfig
from jobs.records import Article, Failure
from jobs.run.drafts import Draft, Made, Stage
from jobs.run.screen import Screen
from jobs.run.stages import digest_of, fields_shown, model_of
from jobs.versions import tables
from jobs.versions.parts import Marker, StageFolder

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Walk:
    """One run over one version folder.

    Attributes:
        files: input files, in the order they are read.
        fingerprint: of the run; parts with another one are made again.
    """

    config: DigestConfig
    files: list[Path]
    stages: Sequence[Stage]
    version: Path
    fingerprint: str
    screen: Screen

    def run(self) -> None:
        """From the input to the digest parts."""
        markers = self.load()
        articles = int(sum(marker.counts["articles"] for marker in markers))
        shards = len(markers)
        done: list[str] = []
        for stage in self.stages:
            self.work(stage, shards, articles, done)
            done.append(stage.name)
        self.put_together(shards, articles, done)

    def folder(self, stage: str) -> StageFolder:
        """The parts of one stage."""
        schemas: dict[str, pa.Schema] = {"articles": tables.ARTICLES, "digest": tables.DIGESTS}
        return StageFolder(self.version, stage, schemas.get(stage, tables.RENDITIONS), self.fingerprint)

    def load(self) -> list[Marker]:
        """The articles stage; the markers of all its parts."""
        folder = self.folder("articles")
        markers = list(folder.markers())
        if markers and markers[-1].last:
            return markers
        size = self.config.outputs.part_articles
        loader = Loader(self.config.articles)
        for index in range(len(markers)):
            loader.remember(tables.article_of(row) for row in folder.read(index))
        rows = iter(dataset(self.config.articles, self.files).skip(len(markers) * size))
        with self.screen.stage("articles", None) as progress:
            chunk = list(islice(rows, size))
            while True:
                following = list(islice(rows, size))
                with progress.timed() as counts:
                    made = [loader.load(item["row"]) for item in chunk]
                articles = [item for item in made if isinstance(item, Article)]
                failures = [item for item in made if isinstance(item, Failure)]
                failed = [item for item in failures if item.kind not in SET_ASIDE]
                counts.update(rows=len(made), wanted=len(made), articles=len(articles), failed=len(failed))
                counts.update(set_aside=len(failures) - len(failed))
                counts.update(dropped_lines=sum(int(item.extra.get("dropped_lines", 0)) for item in articles))
                rows_out = [tables.article_row(item) for item in articles]
                markers.append(folder.write(len(markers), rows_out, failures, dict(counts), last=not following))
                progress.advance(len(articles), 0)
                if not following:
                    return markers
                chunk = following

    def work(self, stage: Stage, shards: int, articles: int, done: Sequence[str]) -> None:
        """One stage over all shards."""
        folder = self.folder(stage.name)
        markers = [folder.finished(index) for index in range(shards)]
        if all(markers):
            log.info("%s: all %d parts are done already", stage.name, shards)
            return
        with self.screen.stage(stage.name, articles) as progress:
            opened = False
            try:
                for index, marker in enumerate(markers):
                    if marker:
                        progress.advance(int(marker.counts["articles"]), 0)
                        continue
                    drafts = self.drafts(index, done)
                    if not opened and stage.asked_by(drafts):
                        stage.open()
                        opened = True
                    with progress.timed() as counts:
                        made = stage.work(drafts, progress.advance)
                    counts.update(articles=len(drafts), **made.counts)
                    if opened and (model := model_of(stage)):
                        counts[f"ran_on:{model.engine.runs_on}"] = 1
                    folder.write(index, _rows(made), made.failures, dict(counts), last=index == shards - 1)
            finally:
                stage.close()

    def put_together(self, shards: int, articles: int, done: Sequence[str]) -> None:
        """The digest stage: articles joined with their renditions."""
        folder = self.folder("digest")
        fields = fields_shown(self.config)
        with self.screen.stage("digest", articles) as progress:
            for index in range(shards):
                if folder.finished(index) is None:
                    with progress.timed() as counts:
                        rows = [
                            tables.digest_row(digest_of(draft, self.config.targets, fields))
                            for draft in self.drafts(index, done)
                        ]
                    counts.update(articles=len(rows))
                    folder.write(index, rows, [], dict(counts), last=index == shards - 1)
                marker = folder.finished(index)
                progress.advance(int(marker.counts["articles"]) if marker else 0, 0)

    def drafts(self, index: int, done: Sequence[str]) -> list[Draft]:
        """The articles of one shard with the renditions that the stages in `done` made."""
        renditions: dict[str, list[dict[str, Any]]] = {}
        for stage in done:
            for row in self.folder(stage).read(index):
                renditions.setdefault(row["article_id"], []).append(row)
        return [
            Draft(article, tuple(tables.rendition_of(row) for row in renditions.get(article.id, ())))
            for article in map(tables.article_of, self.folder("articles").read(index))
        ]

    def digests(self) -> Iterator[dict[str, Any]]:
        """All rows of the digest, part by part."""
        folder = self.folder("digest")
        for index, _ in enumerate(folder.markers()):
            yield from folder.read(index)

    def counts(self) -> dict[str, Counter[str]]:
        """Per stage, what its markers counted."""
        found: dict[str, Counter[str]] = {}
        for stage in ("articles", *(stage.name for stage in self.stages), "digest"):
            found[stage] = Counter()
            for marker in self.folder(stage).markers():
                found[stage].update(marker.counts)
        return found


def _rows(made: Made) -> list[dict[str, Any]]:
    return [
        {"article_id": article_id, **tables.rendition_row(item)}
        for article_id, renditions in made.renditions.items()
        for item in renditions
    ]
