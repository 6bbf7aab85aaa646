"""HTML of mails sanitised for the screen. Mail HTML is hostile: nothing in it may run, submit, hide, move or fetch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import unquote

import nh3

from tickets.mail.html_guard import calm, is_tame, strip_tags
from tickets.mail.html_text import html_to_text

__all__ = ["SanitisedHtml", "fold_quotations", "html_to_text", "sanitise_html"]

TAGS = {
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center",
    "cite", "code", "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font",
    "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main", "mark",
    "ol", "p", "pre", "q", "s", "samp", "section", "small", "span", "strike", "strong", "sub", "sup", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
# A form's fields go, but the words between them are what the sender wrote.
DROPPED_WITH_CONTENT = {
    "script", "style", "title", "iframe", "object", "embed", "applet", "template", "svg", "math", "select", "option",
    "textarea", "button", "audio", "video", "frameset", "noframes",
}  # fmt: skip
ATTRIBUTES = {
    "*": {"align", "valign", "dir", "lang", "title", "style", "width", "height", "bgcolor"},
    "a": {"href", "name"},
    "img": {"src", "alt"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
    "table": {"border", "cellpadding", "cellspacing", "summary"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "blockquote": {"type"},
}
STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left",
    "border-radius", "border-right", "border-spacing", "border-style", "border-top", "border-width", "color",
    "direction", "font", "font-family", "font-size", "font-style", "font-variant", "font-weight", "height",
    "letter-spacing", "line-height", "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right",
    "margin-top", "max-width", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top",
    "text-align", "text-decoration", "text-indent", "text-transform", "vertical-align", "white-space", "width",
    "word-break", "word-spacing", "word-wrap",
}  # fmt: skip
SAFE_STYLE_VALUE = re.compile(r"[\w\s#%.,'\"()!+-]{1,300}")
URL_LIKE = re.compile(r"url|expression|image|@import|\\|/\*|attr\s*\(|var\s*\(|src", re.IGNORECASE)
REMOTE_STYLE = re.compile(r"url\s*\(\s*['\"]?\s*(?:https?:)?//", re.IGNORECASE)
LINK = re.compile(r"\s*(?:https?:|mailto:|tel:)", re.IGNORECASE)
BLOCKQUOTE = re.compile(r"<(/?)blockquote\b[^>]*>")
DATA_IMAGE = re.compile(r"data:image/(?:png|gif|jpe?g|webp|bmp);base64,[A-Za-z0-9+/=\s]+")


@dataclass(frozen=True, slots=True)
class SanitisedHtml:
    """HTML fit for a sandboxed frame. `has_remote_images`: the mail asks for pictures from elsewhere, shown or not."""

    html: str
    has_remote_images: bool


def sanitise_html(html: str, *, cid_urls: Mapping[str, str], allow_remote_images: bool = False) -> SanitisedHtml:
    """The mail's HTML without anything that runs, submits, positions itself or fetches.

    `cid_urls` maps content ids (no angle brackets) to addresses of our own; pictures of other ids vanish. Pictures from
    elsewhere stay out until `allow_remote_images`: they tell the sender that, when and where the mail was read.
    """
    if not is_tame(html):
        return SanitisedHtml(f"<pre>{escape(strip_tags(html)[:500_000])}</pre>", False)
    remote = False
    cids = {key.strip("<>").lower(): value for key, value in cid_urls.items()}

    def filter_attribute(tag: str, name: str, value: str) -> str | None:
        nonlocal remote
        if name in ("background", "srcset", "poster"):
            remote = True
            return None
        if name == "style":
            if REMOTE_STYLE.search(value):
                remote = True
            return safe_style(value)
        if name in ("width", "height"):
            return value if re.fullmatch(r"\d{1,4}(?:\.\d{1,3})?(?:px|%)?", value.strip()) else None
        if name == "href":
            return value if LINK.match(value) else None
        if tag == "img" and name == "src":
            kind = value.strip().lower()
            if kind.startswith("cid:"):
                return cids.get(unquote(value.strip()[4:]).strip("<>").lower())
            if kind.startswith("data:"):
                return value if DATA_IMAGE.fullmatch(value.strip()) else None
            if kind.startswith(("http:", "https:", "//")):
                remote = True
                return value if allow_remote_images else None
            return None
        return value

    attributes = {tag: set(names) for tag, names in ATTRIBUTES.items()}
    attributes["*"] |= {"background", "srcset", "poster"}  # seen by the filter, which never lets them through
    cleaned = nh3.clean(
        calm(html),
        tags=TAGS,
        clean_content_tags=DROPPED_WITH_CONTENT,
        attributes=attributes,
        attribute_filter=filter_attribute,
        strip_comments=True,
        link_rel="noopener noreferrer",
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return SanitisedHtml(cleaned, remote)


def fold_quotations(html: str, *, words: str) -> str:
    """Sanitised HTML with its outermost quotations folded under `words`, without any script.

    Safe because the sanitiser has written the page anew: its tags are balanced.
    """
    opening = f"<details><summary>{escape(words)}</summary>"
    parts: list[str] = []
    position = depth = 0
    for tag in BLOCKQUOTE.finditer(html):
        depth += -1 if tag[1] else 1
        if depth == (0 if tag[1] else 1):
            edge = tag.end() if tag[1] else tag.start()
            parts += [html[position:edge], "</details>" if tag[1] else opening]
            position = edge
    return "".join([*parts, html[position:]]) if depth == 0 else html


def safe_style(value: str) -> str | None:
    """The harmless declarations of a style attribute: colours, fonts, spacing; nothing that fetches or moves out."""
    kept = []
    for declaration in value[:5000].split(";"):
        name, colon, content = declaration.partition(":")
        name, content = name.strip().lower(), content.strip()
        if not colon or name not in STYLES or not SAFE_STYLE_VALUE.fullmatch(content) or URL_LIKE.search(content):
            continue
        if name.startswith(("margin", "text-indent", "letter-spacing", "word-spacing")) and "-" in content:
            continue  # negative: text laid over other text
        kept.append(f"{name}: {content}")
    return "; ".join(kept) or None
