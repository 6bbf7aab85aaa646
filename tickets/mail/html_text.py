"""HTML of mails as readable text: paragraphs, lists, quotations with "> ", links followed by their address.

Own code, since converters at hand need minutes for hostile pages; nh3 does the parsing, this only writes lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

import nh3

from tickets.mail.html_guard import calm, is_tame, strip_tags

BLOCKS = {
    "address", "article", "blockquote", "center", "dd", "div", "dl", "dt", "footer", "form", "h1", "h2", "h3", "h4",
    "h5", "h6", "header", "li", "main", "ol", "p", "pre", "section", "table", "tbody", "thead", "tr", "ul",
}  # fmt: skip
APART = {"h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "dl", "table", "blockquote", "pre"}
KEPT = BLOCKS | {"a", "br", "hr", "td", "th"}
DROPPED_WITH_CONTENT = {
    "script", "style", "title", "iframe", "object", "embed", "applet", "template", "svg", "math", "audio", "video",
    "frameset", "noframes",
}  # fmt: skip
TOKEN = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: (?:href|class|id|name|data-marker)="[^"]*")*) ?/?>')
HREF = re.compile(r' href="([^"]*)"')
MAX_QUOTE = 10
# Class names and ids by which mail programs mark the element that holds, or comes before, the quoted mail.
QUOTE_MARK = re.compile(
    r"(?:^|[\s_])(?:gmail_(?:quote|extra|attr)|yahoo_quoted|yahoo-quoted|moz-cite-prefix|divRplyFwdMsg|appendonsend|OutlookMessageHeader"
    r"|OLK_SRC_BODY_SECTION|stopSpelling|zmail_extra|protonmail_quote|tutanota_quote|front-blockquote|qt|ms-outlook-mobile-reference-message"
    r"|mail-editor-reference-message-container|msg-quote-block|reply-intro|quote|cite|freebirdQuote|hsQuote|x_gmail_quote|messageReplySection|__DIVIDER__|__QUOTED_TEXT__|yj6qo|WordSection_quote)(?:_container)?(?:$|\s)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page as text; `own` is what stands before the element that marks the quoted mail, if any."""

    text: str
    own: str | None = None


def html_to_text(html: str) -> str:
    """The page as text; linear in its length, never raises."""
    return render(html).text


def _keep_marks(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value
    return "quote" if QUOTE_MARK.search(value[:500]) else None


def render(html: str) -> Rendered:
    """The page as text, and the part of it before the quoted mail."""
    if not is_tame(html):
        return Rendered(strip_tags(html).strip())
    tidy = nh3.clean(
        calm(html),
        tags=KEPT,
        clean_content_tags=DROPPED_WITH_CONTENT,
        attributes={
            "a": {"href"},
            "div": {"class", "id", "name"},
            "blockquote": {"class", "id"},
            "hr": {"id", "data-marker"},
            "table": {"class", "id"},
        },
        attribute_filter=_keep_marks,
        strip_comments=True,
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel", "ftp"},
    )
    writer = _Writer()
    position = 0
    for token in TOKEN.finditer(tidy):
        writer.words(unescape(tidy[position : token.start()]))
        position = token.end()
        if token[1]:
            writer.close(token[2])
        else:
            if '"quote"' in token[3] and writer.mark < 0:
                writer.set_mark()
            href = HREF.search(token[3])
            writer.open(token[2], unescape(href[1]) if href else "")
    writer.words(unescape(tidy[position:]))
    return Rendered(writer.text(), writer.text(writer.mark) if writer.mark >= 0 else None)


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quote = 0
        self.pre = 0
        self.lists: list[int] = []  # the next number of each open list, 0 for bullets
        self.marker = ""
        self.blank = True
        self.links: list[tuple[str, int]] = []
        self.mark = -1  # how many lines stand before the quoted mail; -1 when none is marked

    def set_mark(self) -> None:
        self.end_line()
        self.mark = len(self.lines)

    def words(self, text: str) -> None:
        text = text.replace("\u00a0", " ").replace("\u200b", "").replace("\ufeff", "")
        if self.pre:
            first, *rest = text.split("\n")
            self._add(first)
            for line in rest:
                self.end_line(keep=True)
                self._add(line)
            return
        collapsed = re.sub(r"[ \t\r\n\f]+", " ", text)
        if not self.line or self.line[-1].endswith(" "):
            collapsed = collapsed.lstrip(" ")
        self._add(collapsed)

    def _add(self, text: str) -> None:
        if not text:
            return
        if not self.line and self.marker:
            self.line.append(self.marker)
            self.marker = ""
        self.line.append(text)

    def end_line(self, *, keep: bool = False) -> None:
        content = "".join(self.line).rstrip()
        self.line.clear()
        if content or keep:
            self.lines.append("> " * min(self.quote, MAX_QUOTE) + content)
            self.blank = not content

    def gap(self) -> None:
        self.end_line()
        if not self.blank:
            self.lines.append(("> " * min(self.quote, MAX_QUOTE)).rstrip())
            self.blank = True

    def open(self, tag: str, href: str) -> None:
        if tag == "br":
            self.end_line(keep=True)
        elif tag == "hr":
            self.gap()
            self.lines.append("> " * min(self.quote, MAX_QUOTE) + "-" * 20)
            self.blank = False
        elif tag == "a":
            self.links.append((href, len(self.lines) + len(self.line)))
        elif tag in ("td", "th"):
            if self.line:
                self.line.append("" if self.line[-1].endswith(" ") else " ")
        elif tag in BLOCKS:
            if tag in APART and not (self.lists and tag in ("ul", "ol", "p")):
                self.gap()
            else:
                self.end_line()
            if tag == "blockquote":
                self.quote += 1
            elif tag == "pre":
                self.pre += 1
            elif tag in ("ul", "ol"):
                self.lists.append(1 if tag == "ol" else 0)
            elif tag == "li" and self.lists:
                number = self.lists[-1]
                self.marker = "  " * min(len(self.lists) - 1, 8) + (f"{number}. " if number else "- ")
                self.lists[-1] = number + 1 if number else 0

    def close(self, tag: str) -> None:
        if tag == "a":
            if self.links:
                href, began = self.links.pop()
                shown = "".join(self.line).rstrip()
                bare = href.removeprefix("mailto:").rstrip("/")
                if href and bare not in shown and began < len(self.lines) + len(self.line) and len(href) < 2000:
                    self._add(f" <{href}>")
            return
        if tag in BLOCKS:
            self.end_line()
            if tag == "blockquote":
                self.quote = max(0, self.quote - 1)
            if tag in APART and not (self.lists and tag in ("ul", "ol", "p")):
                self.gap()
            if tag == "pre":
                self.pre = max(0, self.pre - 1)
            elif tag in ("ul", "ol") and self.lists:
                self.lists.pop()
                self.marker = ""

    def text(self, count: int | None = None) -> str:
        self.end_line()
        joined = "\n".join(line.rstrip() for line in self.lines[:count])
        return re.sub(r"\n(?:[ \t]*\n){2,}", "\n\n", joined).strip()
