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


def test_an_article_without_a_rendition_is_not_in_the_page() -> None:
    assert entry(DIGEST, "kk") == ""


def test_the_record_tells_the_lineage_of_each_text() -> None:
    made = record(DIGEST, ["note"])["renditions"]["ru"]["summary"]
    assert (made["derived_from"], made["engine"]) == ("summary:en", "demo@1")
    assert made["flags"][0]["check"] == "out_of_domain"
