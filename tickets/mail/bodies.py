"""Which text is the mail's text, and which parts are files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape

from tickets.mail import tnef, uuencoded
from tickets.mail.attachments import declared_name, name_for, safe_name
from tickets.mail.charsets import decode_bytes
from tickets.mail.html_text import Rendered, render
from tickets.mail.parsed import Budget, ParsedAttachment
from tickets.mail.structure import Part

BODY_TYPES = frozenset(
    {"text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown", "text", "text/x-markdown"}
)
# What a calendar file is for (RFC 5546); all others invite.
CALENDAR_METHODS = {"cancel": "calendar_cancel", "reply": "calendar_reply", "counter": "calendar_reply"}
MARKUP_TAG = re.compile(r"</?(?:x-)?[a-z]{2,20}>", re.IGNORECASE)


@dataclass(slots=True)
class Block:
    """One stretch of the body: as plain text, as HTML or both ways."""

    plain: str = ""
    html: str = ""
    _rendered: Rendered | None = None

    def rendered(self) -> Rendered:
        if self._rendered is None:
            self._rendered = render(self.html)
        return self._rendered

    def as_text(self) -> str:
        return self.plain if self.plain.strip() or not self.html else self.rendered().text

    def as_html(self) -> str:
        return self.html or f"<pre>{escape(self.plain)}</pre>"


@dataclass(slots=True)
class Content:
    """Everything readable and every file of a mail."""

    blocks: list[Block] = field(default_factory=list)
    files: list[ParsedAttachment] = field(default_factory=list)
    traits: set[str] = field(default_factory=set)
    defects: list[str] = field(default_factory=list)
    text: str = ""
    html: str = ""
    own_text: str | None = None  # what stands before the quotation that the HTML marks as such


def read_content(root: Part, budget: Budget) -> Content:
    """Walks the tree once; raises Unparseable only when time runs out."""
    reader = _Reader(budget)
    blocks = reader.visit(root)
    content = reader.content
    if not any(block.as_text().strip() for block in blocks) and reader.named_texts:
        # The whole message is a file: show its text, keep the file.
        blocks = [reader.named_texts[0]]
    content.blocks = [block for block in blocks if block.plain.strip() or block.html.strip()]
    content.text = "\n\n".join(text for block in content.blocks if (text := block.as_text().strip("\r\n")))
    if any(block.html for block in content.blocks):
        content.html = "\n".join(block.as_html() for block in content.blocks)
    if len(content.blocks) == 1 and not content.blocks[0].plain.strip():
        content.own_text = content.blocks[0].rendered().own
    limits = budget.limits
    if len(content.text) > limits.max_text_chars:
        content.text = content.text[: limits.max_text_chars]
        content.defects.append("text_cut")
    budget.check_time()
    return content


class _Reader:
    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.content = Content()
        self.named_texts: list[Block] = []

    def visit(self, part: Part) -> list[Block]:
        self.budget.check_time()
        self._note_traits(part)
        if not part.children:
            return self._leaf(part)
        if part.media_type == "multipart/alternative":
            return self._alternative(part)
        if part.media_type == "multipart/related":
            return self._related(part)
        blocks: list[Block] = []
        for index, child in enumerate(part.children):
            if part.media_type == "multipart/report" and index and not child.children:
                self._add_file(child)
            else:
                blocks.extend(self.visit(child))
        return blocks

    def _alternative(self, part: Part) -> list[Block]:
        """Ways to say the same: the first plain text, the last HTML, each with what stands beside it."""
        plain: list[Block] = []
        rich: list[Block] = []
        for child in part.children:
            if not child.children and (child.disposition == "attachment" or child.media_type not in BODY_TYPES):
                self._note_traits(child)
                self._add_file(child)
                continue
            blocks = self.visit(child) if child.children else [self._body_block(child)]
            if child.disposition_parameters.get("filename"):
                self._add_file(child)
            if any(block.html.strip() for block in blocks):
                rich = blocks
            elif any(block.plain.strip() for block in blocks):
                plain = plain or blocks
        if plain and rich:
            text = "\n\n".join(block.as_text() for block in plain)
            return [Block(text, "\n".join(block.as_html() for block in rich))]
        return rich or plain

    def _related(self, part: Part) -> list[Block]:
        start = part.parameters.get("start", "").strip("<> ")
        root = part.children[0]
        for child in part.children:
            if start and child.raw("content-id").decode("latin-1").strip("<> \r\n") == start:
                root = child
        blocks: list[Block] = []
        for child in part.children:
            if (
                child is root
                or child.children
                or (child.media_type in BODY_TYPES and not child.raw("content-id") and not declared_name(child))
            ):
                blocks.extend(self.visit(child))
            else:
                self._note_traits(child)
                self._add_file(child)
        return blocks

    def _leaf(self, part: Part) -> list[Block]:
        if part.media_type in BODY_TYPES and part.disposition != "attachment":
            if not declared_name(part):
                return [self._body_block(part)]
            if part.media_type in ("text/plain", "text/html"):
                self.named_texts.append(self._body_block(part))
        self._add_file(part)
        return []

    def _body_block(self, part: Part) -> Block:
        data = part.content()
        limits = self.budget.limits
        if part.media_type != "text/html":
            data, files = uuencoded.take_files(data)
            for name, content in files:
                self.content.traits.add("uuencode")
                self.content.files.append(
                    ParsedAttachment(safe_name(name) or self._number_name(), "application/octet-stream", content)
                )
        text = decode_bytes(data[: limits.max_html_chars * 4], part.charset).replace("\r\n", "\n").replace("\r", "\n")
        if part.media_type == "text/html":
            return Block(html=text[: limits.max_html_chars])
        if part.media_type in ("text/enriched", "text/richtext"):
            text = MARKUP_TAG.sub("", text)
        if "-----BEGIN PGP SIGNED MESSAGE-----" in text:
            self.content.traits.add("signed_pgp")
        if "-----BEGIN PGP MESSAGE-----" in text:
            self.content.traits.add("encrypted_pgp")
        return Block(plain=text)

    def _number_name(self) -> str:
        return f"attachment-{len(self.content.files) + 1}.bin"

    def _add_file(self, part: Part) -> None:
        data = part.content()
        if part.media_type in tnef.MEDIA_TYPES or data[:4] == tnef.SIGNATURE:
            self.content.traits.add("tnef")
            if self._unpack_tnef(data):
                return
        content_id = part.raw("content-id").decode("utf-8", "replace").strip().strip("<>")[:500]
        name = name_for(part, len(self.content.files) + 1, data)
        is_inline = part.disposition == "inline" or (bool(content_id) and part.disposition != "attachment")
        self.content.files.append(
            ParsedAttachment(name, part.media_type, data, content_id.replace("\x00", ""), is_inline)
        )

    def _unpack_tnef(self, data: bytes) -> bool:
        """Whether the stream gave files or text, so that winmail.dat itself says nothing more."""
        unpacked = tnef.unpack(data)
        for name, content in unpacked.files:
            self.content.files.append(
                ParsedAttachment(safe_name(name) or self._number_name(), "application/octet-stream", content)
            )
        if unpacked.text.strip() or unpacked.html.strip():
            self.named_texts.append(Block(unpacked.text, unpacked.html))
        if not unpacked.is_whole:
            self.content.defects.append("tnef_broken")
        return bool(unpacked.files or unpacked.text.strip() or unpacked.html.strip())

    def _note_traits(self, part: Part) -> None:
        kind, traits = part.media_type, self.content.traits
        if kind == "multipart/signed":
            protocol = part.parameters.get("protocol", "").lower()
            traits.add("signed_pgp" if "pgp" in protocol else "signed_smime")
        elif kind == "multipart/encrypted":
            traits.add("encrypted_pgp")
        elif kind in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
            is_signed = part.parameters.get("smime-type", "").lower() == "signed-data"
            traits.add("signed_smime" if is_signed else "encrypted_smime")
        elif kind == "text/calendar":
            method = part.parameters.get("method", "").lower()
            traits.add(CALENDAR_METHODS.get(method, "calendar"))
        elif kind == "message/rfc822":
            traits.add("attached_mail")


def body_charsets(root: Part) -> tuple[str, ...]:
    """The charsets the mail names, most telling first: hints for header bytes without a label."""
    found = [part.charset for part in root.walk() if part.charset]
    return tuple(dict.fromkeys(found))[:10]
