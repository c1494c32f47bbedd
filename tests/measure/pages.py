"""Pages, 4-gram F1 against the gold body, in which the publishers' parsers put standfirst and paragraphs.

The definition is that of the Article Extraction Benchmark (Scrapinghub 2020): words are runs of `\\w` as they stand,
a text is the multiset of its 4-grams of words; precision and recall of each page are averaged over the pages, and F1 is
the harmonic mean of the two averages. So defined, trafilatura gives .958, visible text .702, and its lines of 12 words
or with a sentence's end (. ? ! and closing quotation marks) .821.

Nothing is fitted, but weights and phrases were set by hand while looking at every second page in order of names. The
figure of the other half, of which only totals were looked at, tells what to expect of a page from elsewhere.
"""

import gzip
import json
import re
from collections import Counter

import inscriptis

from jobs.articles.pages import Page, decode, read, read_html, read_plain_text
from tests.measure import SHARED, report

PAGES = SHARED / "pages"


def grams(text: str) -> Counter[tuple[str, ...]]:
    """The multiset of 4-grams of words."""
    words = re.findall(r"\w+", text)
    return Counter(zip(words, words[1:], words[2:], words[3:], strict=False))


def f1(pages: list[Page], gold: list[dict[str, str]]) -> float:
    """Harmonic mean of mean precision and mean recall."""
    precision = recall = 0.0
    for page, row in zip(pages, gold, strict=True):
        found, wanted = grams(f"{page.standfirst or ''}\n{page.text}"), grams(row["text"])
        shared = (found & wanted).total()
        precision += shared / max(1, found.total())
        recall += shared / max(1, wanted.total())
    return 2 * precision * recall / (precision + recall) / len(gold)


def headlines(pages: list[Page], gold: list[dict[str, str]]) -> float:
    """Share of headlines found word for word."""
    same = (
        re.findall(r"\w+", page.title or "") == re.findall(r"\w+", row["title"])
        for page, row in zip(pages, gold, strict=True)
    )
    return sum(same) / len(gold)


def first_page_parts() -> int:
    """How many of the five parts of the first page are exactly right."""
    gold = json.loads((PAGES / "first-page.gold.json").read_text(encoding="utf-8"))
    page = read((PAGES / "first-page.txt").read_bytes(), "first-page.txt")
    same = [getattr(page, part) == gold[part] for part in ("title", "standfirst", "published", "text")]
    return sum(same) + (list(page.dropped) == gold["dropped"])


def main() -> None:
    """Print the figures for HTML, for visible text, and for the page that the project was started for."""
    gold = [json.loads(line) for line in (PAGES / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    gold.sort(key=lambda row: str(row["html"]))
    sources = [decode(gzip.decompress((PAGES / row["html"]).read_bytes())) for row in gold]
    from_html = [read_html(source, None) for source in sources]
    from_text = [read_plain_text(inscriptis.get_text(source)) for source in sources]
    report("pages HTML 4-gram F1", f1(from_html, gold), 0.955)
    report("pages HTML headlines", headlines(from_html, gold), 0.75)
    report("pages visible text 4-gram F1", f1(from_text, gold), 0.90)
    report("pages visible text 4-gram F1, half looked at", f1(from_text[::2], gold[::2]), 0.90)
    report("pages visible text 4-gram F1, other half", f1(from_text[1::2], gold[1::2]), 0.90)
    report("pages visible text headlines", headlines(from_text, gold), 0.65)
    report("first page, exact parts of 5", first_page_parts(), 5, digits=0)


if __name__ == "__main__":
    main()
