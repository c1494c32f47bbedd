"""The article in an HTML page: trafilatura finds it, and `plain_text` looks over the result.

Where trafilatura finds no article, or less than half of what the page shows of one, the visible text is read instead.
"""

import re
from typing import Any

from jobs.articles.decoding import Undecodable
from jobs.articles.furniture import words
from jobs.articles.plain_text import LEAST_BODY, Page, is_furniture, read_plain_text

CUT_SHORT = 2  # how many times longer the visible article must be than what trafilatura kept, to be preferred

_INVISIBLE = re.compile("head|script|style|noscript|template|svg|iframe|select|object|audio|video")
_INLINE = re.compile(
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|ins|kbd|label|mark|q|s|samp|small|span|strong"
    "|sub|sup|time|tt|u|var|wbr"
)
_STYLING = re.compile(rf"</?(?:{_INLINE.pattern})\b[^<>]*>", re.IGNORECASE)
_DIVISION = re.compile(r"</?(?:div|section|main|article|center)\b[^<>]*>", re.IGNORECASE)


def read_html(html: str, url: str | None) -> Page:
    """Find the article in an HTML page.

    Args:
        html: the page's source.
        url: its address, which helps to find the date; may be unknown.

    Returns:
        The parts of the article; `dropped` holds the visible lines of the page that are not among them, and `text` is
        empty where nothing on the page looks like an article.

    Raises:
        Undecodable: the page nests so deep that a part of it cannot be read.
    """
    tree = _tree(html)
    shown = [] if tree is None else _lines(tree)
    as_shown = read_plain_text("\n".join(shown))
    found = None if tree is None else _extracted(tree, url)
    if found is None:
        return as_shown
    body = [line for line in map(_plain, (found.text or "").splitlines()) if line and not is_furniture(line)]
    if len("".join(body)) * CUT_SHORT < len(as_shown.text):
        body = as_shown.text.splitlines()
    if len(words(" ".join(body))) < LEAST_BODY:
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


def _extracted(tree: Any, url: str | None) -> Any:
    """What trafilatura finds, or None; imported here, since that takes most of a second."""
    from trafilatura import bare_extraction

    return bare_extraction(tree, url=url, include_comments=False, with_metadata=True)


def _plain(line: str) -> str:
    return " ".join(line.split())


def _tree(html: str) -> Any:
    """The page as a tree, or None where there is nothing of one.

    Tags that are never closed nest ever deeper, and what is too deep would be missing without a word. So the page is
    read again without those that only wrap or style.
    """
    tree, whole = _parsed(html)
    if not whole:
        tree, whole = _parsed(_DIVISION.sub("<br>", _STYLING.sub("", html)))
    if not whole:
        raise Undecodable("its tags nest too deep, so that a part of it cannot be read")
    return tree


def _parsed(html: str) -> tuple[Any, bool]:
    """The tree of a page, and whether all of the page is in it."""
    from lxml import etree  # type: ignore[import-untyped]
    from lxml.html import HTMLParser, document_fromstring  # type: ignore[import-untyped]

    parser = HTMLParser(encoding="utf-8", huge_tree=True)  # or what follows 256 levels or 10 MB is dropped
    try:
        tree = document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None, True
    return tree, all(error.type != etree.ErrorTypes.ERR_RESOURCE_LIMIT for error in parser.error_log)


def _lines(tree: Any) -> list[str]:
    """What a browser shows of a page: the text of each block on a line of its own, white space collapsed."""
    lines = "".join(_pieces(tree)).split("\n")
    return [line for line in map(_plain, lines) if line]


def _pieces(page: Any) -> list[str]:
    """The text of a page, a newline at both edges of each block; a loop, since pages nest deeper than Python."""
    pieces: list[str] = []
    stack: list[Any] = [page]
    while stack:
        element = stack.pop()
        if isinstance(element, str):
            pieces.append(element)
            continue
        if element.tail:
            stack.append(element.tail.replace("\n", " "))
        if not isinstance(element.tag, str) or _INVISIBLE.fullmatch(element.tag) or element.get("hidden") is not None:
            continue
        edge = "" if _INLINE.fullmatch(element.tag) else "\n"
        stack.append(edge)
        stack.extend(reversed(element))
        pieces.append(edge)
        if element.text:
            pieces.append(element.text.replace("\n", " "))
    return pieces
