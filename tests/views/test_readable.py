from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from jobs.records import Article, Digest, Flag, Rendition, Severity
from jobs.views.readable import entry, record

ARTICLE = Article(
    "a", "Oil\nprices", "Text.", "en", standfirst="What it means", published="2026-11-20", url="https://a.kz/1"
)
DIGEST = Digest(
    ARTICLE,
    (
        Rendition("summary", "en", "Summary.", "text:en", "extractive"),
        Rendition("title", "ru", "Цены на нефть", "title:en", "demo@1"),
        Rendition(
            "summary",
            "ru",
            "Сводка.",
            "summary:en",
            "demo@1",
            (Flag("out_of_domain", Severity.WARNING, "segment 1", "-0.9"),),
        ),
    ),
)


def test_a_page_shows_an_article_in_its_language() -> None:
    text = entry(DIGEST, "ru")
    assert text.startswith("## Цены на нефть\n")
    assert "Сводка." in text
    assert "out_of_domain (1)" in text
    assert "https://a.kz/1" in text


def test_the_page_of_the_articles_own_language_has_its_headline_on_one_line() -> None:
    text = entry(DIGEST, "en")
    assert text.startswith("## Oil prices\n")
    assert "**What it means**" in text


def shown(page: str) -> list[str]:
    """What a reader sees of each paragraph and heading of a page, as CommonMark renders it; HTML fails."""
    tokens = MarkdownIt("commonmark").parse(page)
    assert {token.type for token in tokens} <= {
        *("heading_open", "inline", "heading_close", "paragraph_open", "paragraph_close")
    }
    inline = [token.children or [] for token in tokens if token.type == "inline"]
    assert "html_inline" not in {child.type for children in inline for child in children}
    return ["".join(child.content for child in children) for children in inline]


ODD = st.text(
    st.sampled_from("a б1#*_`<>[]()!&;:\\|~=+-.\"'/ \n") | st.characters(codec="utf-8", exclude_categories=["Cc"])
)


@given(ODD, ODD)
@example("", "__0__")
def test_nothing_in_an_article_is_markdown_or_html(title: str, summary: str) -> None:
    made = replace(DIGEST.renditions[0], text=summary)
    text = entry(Digest(replace(ARTICLE, title=title, standfirst="", url=""), (made,)), "en")
    paragraphs = [" ".join(line.split()) for line in summary.split("\n") if line.strip()]
    assert shown(text) == [" ".join(title.split()) or "a", "2026-11-20 · en", *paragraphs]


def test_an_address_that_is_none_is_shown_and_is_no_link() -> None:
    for address in ("javascript:alert(1)", "script src=//evil.example/x.js", "https://a.kz/<b>"):
        assert shown(entry(replace(DIGEST, article=replace(ARTICLE, url=address)), "en"))[-1] == address


def test_an_article_without_a_title_is_named_by_its_id() -> None:
    assert entry(replace(DIGEST, article=replace(ARTICLE, title="")), "en").startswith("## a\n")


def test_an_article_without_a_rendition_is_not_in_the_page() -> None:
    assert entry(DIGEST, "kk") == ""


def test_the_record_tells_the_lineage_of_each_text() -> None:
    made = record(DIGEST, ["note"])["renditions"]["ru"]["summary"]
    assert (made["derived_from"], made["engine"]) == ("summary:en", "demo@1")
    assert made["flags"][0]["check"] == "out_of_domain"
