"""From the bytes of one page, as saved or copied from a browser, to the article on it.

`decoding` makes text of the bytes; `markup` reads HTML, `plain_text` what a browser shows.
"""

import re

from jobs.articles.decoding import Undecodable, decode
from jobs.articles.markup import read_html
from jobs.articles.plain_text import Page, read_plain_text

__all__ = ["Page", "Undecodable", "decode", "read", "read_html", "read_plain_text"]

# Possessive: what was taken for a comment stays one, or a page of many comments is cut in every way there is.
_HTML = re.compile(
    r"\s*+(?:<\?xml[^>]*>\s*+|(?><!--.*?-->)\s*+)*+<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_HTML_NAMES = (".html", ".htm", ".xhtml", ".html.gz", ".htm.gz")


def read(data: bytes, where: str) -> Page:
    """Find the article in the bytes of a page.

    Args:
        data: the page, HTML or visible text, in any encoding that `decode` knows.
        where: its file name; a page that begins as HTML is read as such whatever its name.

    Raises:
        Undecodable: the bytes are no text, or in an encoding that cannot be told, or HTML that nests too deep.
    """
    text = decode(data)
    if where.lower().endswith(_HTML_NAMES) or _HTML.match(text):
        return read_html(text, None)
    return read_plain_text(text)
