"""What a parsed mail is made of. Plain data: no Django, no database."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


@dataclass(frozen=True, slots=True)
class Party:
    """A person or machine named in a header. `address` is lower case, '' when there is none."""

    address: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class ParsedAttachment:
    """A file that came with a mail. `name` holds no path and is never empty; `content_id` has no angle brackets."""

    name: str
    media_type: str
    content: bytes
    content_id: str = ""
    is_inline: bool = False


class Automatic(Enum):
    """Which kind of machine sent a mail. Anything but NONE must never get an automatic answer."""

    NONE = "none"
    AUTO_REPLY = "auto_reply"
    VACATION = "vacation"
    BOUNCE = "bounce"
    DELAY = "delay"
    REPORT = "report"
    RECEIPT = "receipt"
    GENERATED = "generated"
    BULK = "bulk"
    LIST = "list"
    LOOP = "loop"

    def __bool__(self) -> bool:
        return self is not Automatic.NONE


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail of ours that was not delivered.

    `status` is the enhanced code of RFC 3463 ('5.1.1') or ''. `original_*` come from the returned mail or its headers.
    `original_ids` may belong to a mail of ours: that is how a bounce finds its ticket.
    """

    recipients: tuple[str, ...] = ()
    status: str = ""
    is_permanent: bool = True
    reason: str = ""
    original_message_ids: tuple[str, ...] = ()
    original_headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A mail as a help desk sees it. All text is free of NUL and valid Unicode; ids are without angle brackets."""

    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    subject: str
    sender: Party
    reply_to: tuple[Party, ...]
    to: tuple[Party, ...]
    cc: tuple[Party, ...]
    delivered_to: tuple[str, ...]
    sent_at: datetime | None
    text: str
    html: str
    reply: str
    attachments: tuple[ParsedAttachment, ...]
    headers: tuple[tuple[str, str], ...]
    automatic: Automatic
    automatic_reason: str
    bounce: Bounce | None
    traits: frozenset[str]
    defects: tuple[str, ...]

    def header(self, name: str) -> str:
        """The first header of that name, decoded, or ''."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")


class Unparseable(Exception):
    """A mail past the limits. `code` is one of too_large, too_deep, too_many_parts, timed_out, not_a_mail."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one mail may cost. Sizes in bytes or characters, time in seconds."""

    max_bytes: int = 50 * 1024 * 1024
    max_depth: int = 40
    max_parts: int = 1000
    max_seconds: float = 20.0
    max_header_bytes: int = 1024 * 1024
    max_text_chars: int = 2_000_000
    max_html_chars: int = 2_000_000


DEFAULT_LIMITS = Limits()


@dataclass(slots=True)
class Budget:
    """The running account of one parse: raises Unparseable when a limit is passed."""

    limits: Limits
    parts: int = 0
    deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + self.limits.max_seconds

    def check_time(self) -> None:
        if time.monotonic() > self.deadline:
            raise Unparseable("timed_out", f"more than {self.limits.max_seconds} s")

    def count_part(self, depth: int) -> None:
        self.parts += 1
        if self.parts > self.limits.max_parts:
            raise Unparseable("too_many_parts", f"more than {self.limits.max_parts}")
        if depth > self.limits.max_depth:
            raise Unparseable("too_deep", f"more than {self.limits.max_depth} levels")
        self.check_time()
