"""The article in an HTML page: trafilatura finds it, and `plain_text` looks over the result.

Where trafilatura finds no article, or less than half of what the page shows of one, the visible text is read instead.
"""

from typing import TYPE_CHECKING, Any

from jobs.articles.plain_text import Page, is_furniture, read_plain_text

if TYPE_CHECKING:
    from lxml.html import HtmlElement

CUT_SHORT = 2  # how many times longer the visible article must be than what trafilatura kept, to be preferred

_INVISIBLE = frozenset(
    ("head", "script", "style", "noscript", "template", "svg", "iframe", "select", "object", "audio", "video")
)
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp small span strong sub"
    " sup time tt u var wbr".split()
)


def read_html(html: str, url: str | None) -> Page:
    """Find the article in an HTML page.

    Args:
        html: the page's source.
        url: its address, which helps to find the date; may be unknown.

    Returns:
        The parts of the article; `dropped` holds the visible lines of the page that are not among them, and `text` is
        empty where nothing on the page looks like an article.
    """
    shown = visible_lines(html)
    as_shown = read_plain_text("\n".join(shown))
    found = _extracted(html, url)
    if found is None:
        return as_shown
    body = [line for line in map(_plain, (found.text or "").splitlines()) if line and not is_furniture(line)]
    if len("".join(body)) * CUT_SHORT < len(as_shown.text):
        body = as_shown.text.splitlines()
    if not body:
        return as_shown
    title = _headline(_plain(found.title or ""), shown)
    standfirst = _plain(found.description or "")
    if standfirst not in (*body[:1], *shown) or standfirst in body[1:]:
        standfirst = ""
    while len(body) > 1 and body[0] in (title, standfirst):
        del body[0]
    kept = {title, standfirst, *body, *(line.removeprefix("- ") for line in body)}
    dropped = tuple(line for line in shown if line not in kept)
    return Page(title or None, standfirst or None, found.date, "\n".join(body), dropped)


def _headline(title: str, shown: list[str]) -> str:
    """The headline as the page shows it: titles in the page's head go on with the name of the site."""
    within = [line for line in shown if line in title and 2 * len(line) > len(title)]
    return max(within, key=len, default=title)


def _extracted(html: str, url: str | None) -> Any:
    """trafilatura's document, or None. It takes most of a second to import, which a run without pages need not wait."""
    from trafilatura import bare_extraction

    return bare_extraction(html, url=url, include_comments=False, with_metadata=True)


def _plain(line: str) -> str:
    return " ".join(line.split())


def visible_lines(html: str) -> list[str]:
    """What a browser shows of a page: the text of each block on a line of its own, white space collapsed."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    try:
        page = document_fromstring(html.encode(), parser=HTMLParser(encoding="utf-8"))
    except (etree.ParserError, etree.XMLSyntaxError):
        return []
    lines = "".join(_pieces(page)).split("\n")
    return [line for line in map(_plain, lines) if line]


def _pieces(page: "HtmlElement") -> list[str]:
    """The text of a page in pieces, a newline at both edges of each block; a loop, since pages nest deeper than Python."""
    pieces: list[str] = []
    stack: list[Any] = [page]
    while stack:
        element = stack.pop()
        if isinstance(element, str):
            pieces.append(element)
            continue
        if element.tail:
            stack.append(element.tail.replace("\n", " "))
        if not isinstance(element.tag, str) or element.tag in _INVISIBLE or element.get("hidden") is not None:
            continue
        edge = "" if element.tag in _INLINE else "\n"
        stack.append(edge)
        stack.extend(reversed(element))
        pieces.append(edge)
        if element.text:
            pieces.append(element.text.replace("\n", " "))
    return pieces
