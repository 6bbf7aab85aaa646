"""Guards before an HTML parser: pages so deep or so broken that parsing them costs more than linear time."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

# Beyond these a page is an attack or a broken generator: parsers need time that grows with depth times length.
MAX_DEPTH = 300
MAX_TAGS = 300_000
MAX_REFERENCES = 150_000
OPEN_OR_CLOSE = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
NOT_NESTING = {
    "p", "br", "hr", "img", "li", "td", "tr", "th", "dt", "dd", "meta", "link", "input", "col", "option", "area",
    "base", "wbr", "tbody", "thead", "tfoot", "html", "head", "body",
}  # fmt: skip


def is_tame(html: str) -> bool:
    """Whether the page is flat and short enough to be given to a parser."""
    if html.count("&") > MAX_REFERENCES:
        return False
    opened: Counter[str] = Counter()
    depth = 0
    for count, match in enumerate(OPEN_OR_CLOSE.finditer(html)):
        tag = match[2].lower()
        if tag in NOT_NESTING:
            continue
        if not match[1]:
            opened[tag] += 1
            depth += 1
        elif opened[tag]:
            opened[tag] -= 1
            depth -= 1
        if depth > MAX_DEPTH or count > MAX_TAGS:
            return False
    return True


def calm(html: str) -> str:
    """The same page without the half character references that cost the parser quadratic time."""
    return re.sub(r"&(?=#(?![0-9xX]))", "&amp;", html)


def strip_tags(html: str) -> str:
    """The words of a page too wild for a parser."""
    text = re.sub(r"<(?:br|p|div|tr|li)\b[^<>]{0,1000}>", "\n", html, flags=re.IGNORECASE)
    return unescape(re.sub(r"<[^<>]{0,5000}>", " ", text))
