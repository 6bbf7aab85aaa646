"""The visible reply: what the sender wrote anew. The whole text is kept elsewhere; cutting only folds it on screen.

Cuts at the line that introduces the quoted mail, at blocks of header lines, at separators, at trailing quoted lines.
Answers written between quoted lines, and forwarded mails, are kept whole. When in doubt, text stays visible.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tickets.mail.quotation_words import (
    ADDRESS_LIKE,
    DATE_LIKE,
    DATED_ADDRESS,
    DEVICE,
    FORWARD_SUBJECT,
    FORWARDED,
    LABEL,
    NAMED_ADDRESS,
    OPENS,
    ORIGINAL,
    REPLY_ABOVE,
    WROTE,
)

MAX_LINES = 20_000
MAX_LINE = 1000
QUOTED = re.compile(r"^\s{0,4}(?:>|\|\s|\|$)")
SEPARATOR = re.compile(r"^[\s*]*[-_=~–—*]{3,}[\s*]*$")
SIGNATURE = re.compile(r"^(?:--|—|––|__)\s*$")
CLOSED_ADDRESS = re.compile(r"^>\s?(?:[:：]$|\S{0,20}\s?.{0,40}[:：]$)")  # "> wrote:" after an address that was wrapped
SHARED_LINE = re.compile(r"^(.{1,300}?\w)\s{0,3}-{2,3}\s?On .{5,200} wrote:$")  # the mark follows the reply on its line
NAMED_QUOTE = re.compile(r"^[A-Z][\w.-]{1,20}>")


@dataclass(frozen=True, slots=True)
class Cut:
    """Lines [start, end) introduce a quotation; `kind` is attribution, header, original or mark."""

    start: int
    end: int
    kind: str


def visible_reply(text: str, *, subject: str = "", own_text: str | None = None) -> str:
    """The text without quoted mails and signature; the whole text when nothing else would be left.

    `own_text` is the beginning of the text that HTML marks as not quoted. `subject` tells forwarded mails from replies.
    """
    if (
        own_text
        and _has_words(own_text.split("\n"))
        and not _is_forward(text[len(own_text) :], subject)
        and not _goes_on(text[len(own_text) :])
    ):
        text = own_text
    lines = text.split("\n", MAX_LINES)
    if len(lines) > MAX_LINES:
        return text
    lines = [line.rstrip() for line in lines]
    lines = [part for line in lines for part in _apart(line)]
    if FORWARD_SUBJECT.match(subject):
        return text.strip()
    kept = _without_quotation(lines)
    shown = "\n".join(_without_signature(kept)).strip()
    if shown:
        return shown
    shown = "\n".join(kept).strip()
    return shown or text.strip()


def split_rest(rest: str) -> tuple[str, str]:
    """What is folded away below a reply, taken apart: the signature without its mark, and the quoted mail."""
    lines = rest.strip("\n").split("\n", MAX_LINES)
    if not SIGNATURE.match(lines[0]) and not DEVICE.match(lines[0][:300]):
        return "", rest
    cut = _find_cut(lines, 1)
    quoted = next((index for index, line in enumerate(lines) if QUOTED.match(line)), len(lines))
    end = min(cut.start if cut else len(lines), quoted)
    signature = lines[1:end] if SIGNATURE.match(lines[0]) else lines[:end]
    return "\n".join(signature).strip(), "\n".join(lines[end:]).strip("\n")


def _is_forward(rest: str, subject: str) -> bool:
    return bool(FORWARD_SUBJECT.match(subject)) or any(
        FORWARDED.match(line[:MAX_LINE]) for line in rest.split("\n", 20)[:20]
    )


def _goes_on(rest: str) -> bool:
    """Whether unquoted text follows the quoted lines: an answer below or between them."""
    lines = rest.split("\n", MAX_LINES)
    quoted = [index for index, line in enumerate(lines) if QUOTED.match(line)]
    return bool(quoted) and _has_words(_without_signature(lines[quoted[-1] + 1 :]))


def _apart(line: str) -> list[str]:
    shared = SHARED_LINE.match(line) if line.endswith("wrote:") and len(line) < MAX_LINE else None
    return [shared[1], line[shared.end(1) :].lstrip()] if shared else [line]


def _without_quotation(lines: list[str]) -> list[str]:
    cut = _find_cut(lines)
    if cut and cut.kind in ("header", "original") and not _has_words(lines[: cut.start]):
        # A block of header lines on top introduces nothing: what it stands for follows, and may itself quote.
        following = _find_cut(lines, cut.end)
        cut = following if following and _has_words(lines[cut.end : following.start]) else cut
    if cut is None:
        return _without_trailing_quote(lines)
    before = _trim_end(lines[: cut.start])
    after = lines[cut.end :]
    if cut.kind in ("mark", "original", "header"):
        return before if _has_words(before) else lines
    first = next((line for line in after if line.strip()), "")
    if NAMED_QUOTE.match(first):
        return before if _has_words(before) else lines
    if not QUOTED.match(first):
        # The program quotes without marks: everything below is the old mail, unless nothing stands above.
        return before if _has_words(before) else after
    blocks = _blocks(after)
    answers = [block for quoted, block in blocks if not quoted and _has_words(_without_signature(block))]
    if not answers:
        return before if _has_words(before) else lines
    if (
        len(answers) == 1
        and not blocks[-1][0]
        and _has_words(before)
        and len([1 for quoted, _ in blocks if quoted]) == 1
    ):
        return [*before, "", *blocks[-1][1]]
    if not _has_words(before) and len(answers) == 1 and not blocks[-1][0]:
        return answers[0]
    return lines


def _without_trailing_quote(lines: list[str]) -> list[str]:
    """Cuts quoted lines at the very end, and the line that introduces them."""
    end = len(lines)
    body = _without_signature(lines)
    while body and (not body[-1].strip() or QUOTED.match(body[-1])):
        body = body[:-1]
    if not _has_words(body) or not any(QUOTED.match(line) for line in lines[len(body) : end]):
        return lines
    last = body[-1].strip()
    if (
        last.endswith((":", "："))
        and (WROTE.search(last[-MAX_LINE:]) or DATE_LIKE.search(last[-MAX_LINE:]))
        and _has_words(body[:-1])
    ):
        body = body[:-1]
    return _trim_end(body)


def _find_cut(lines: list[str], begin: int = 0) -> Cut | None:
    for index in range(begin, len(lines)):
        line = lines[index][:MAX_LINE]
        if not line.strip() or QUOTED.match(line):
            continue
        if FORWARDED.match(line):
            return None
        if ORIGINAL.match(line):
            return Cut(index, index + 1, "original")
        if REPLY_ABOVE.search(line) and len(line) < 200:
            return Cut(index, index + 1, "mark")
        if cut := _header_block(lines, index):
            return cut
        if cut := _attribution(lines, index):
            return cut
    return None


def _header_block(lines: list[str], index: int) -> Cut | None:
    """A run of lines such as From, Sent, To, Subject, in any of the languages."""
    first = LABEL.match(lines[index][:MAX_LINE])
    if not first or first.lastgroup is None or not first["value"].strip():
        return None
    kinds: set[str] = set()
    misses = 0
    end = index
    for offset, line in enumerate(lines[index : index + 14]):
        found = LABEL.match(line[:MAX_LINE])
        if found:
            kinds.add(next(kind for kind in ("from", "date", "to", "subject", "other") if found[kind]))
            end = index + offset + 1
            misses = 0
        elif not line.strip():
            misses += 1
            if misses > 1 or len(kinds) >= 3:
                break
        else:
            misses += 1  # a folded value
            if misses > 2:
                break
    telling = kinds - {"other"}
    opened = next(kind for kind in ("from", "date", "to", "subject", "other") if first[kind])
    if opened == "other" or len(telling) < 2:
        return None
    if len(telling) >= 3 or (
        telling >= {"from", "date"}
        and (ADDRESS_LIKE.search(lines[index]) or DATE_LIKE.search(" ".join(lines[index:end])))
    ):
        return Cut(index, end, "header")
    return None


def _attribution(lines: list[str], index: int) -> Cut | None:
    """One to four lines such as "On <date>, <name> <address> wrote:"."""
    line = lines[index][:MAX_LINE].strip()
    if DATED_ADDRESS.match(line):
        return Cut(index, index + 1, "attribution")
    opens = bool(OPENS.search(line))
    joined = ""
    blanks = 0
    for offset, following in enumerate(lines[index : index + 7]):
        piece = following[:MAX_LINE].strip()
        if not piece:
            blanks += 1
            # Some programs set the address apart by blank lines: "On <date> <name>", "<", "mailto:...", "> wrote:".
            if blanks > 1 or not opens or not DATE_LIKE.search(joined):
                return None
            continue
        if offset and QUOTED.match(piece) and not CLOSED_ADDRESS.match(piece):
            return None
        if offset and OPENS.search(piece) and (not opens or WROTE.search(piece)):
            return None  # the attribution begins further down
        joined = f"{joined} {piece}".strip()
        if len(joined) > 500:
            return None
        ending = joined.rstrip(" *_>")
        if ending.endswith((":", "：")) or (ending.endswith(("写道", "寫道")) and opens):
            if _is_attribution(joined, opens, offset):
                return Cut(index, index + offset + 1, "attribution")
            return None
        if not opens and offset >= 2:
            return None
    return None


def _is_attribution(joined: str, opens: bool, extra_lines: int) -> bool:
    wrote = bool(WROTE.search(joined))
    dated, addressed = bool(DATE_LIKE.search(joined)), bool(ADDRESS_LIKE.search(joined))
    if wrote:
        if opens:
            return dated
        return (
            (addressed or dated)
            and (addressed or bool(re.search(r"\d{1,2}[:.]\d{2}|\d{4}", joined)))
            and len(joined) < 250
        )
    if DATED_ADDRESS.match(joined):
        return True
    return opens and dated and addressed and bool(NAMED_ADDRESS.match(joined[-250:]) or joined.endswith(">:"))


def _blocks(lines: list[str]) -> list[tuple[bool, list[str]]]:
    """Runs of quoted and of unquoted lines; a short line within a quotation, without a gap, is a wrapped rest of it."""
    blocks: list[tuple[bool, list[str]]] = []
    for position, line in enumerate(lines):
        quoted = bool(QUOTED.match(line))
        if not line.strip():
            if blocks:
                blocks[-1][1].append(line)
            continue
        if not quoted and blocks and blocks[-1][0] and position and QUOTED.match(lines[position - 1]):
            following = lines[position + 1] if position + 1 < len(lines) else ""
            quoted = bool(QUOTED.match(following))
        if blocks and blocks[-1][0] == quoted:
            blocks[-1][1].append(line)
        else:
            blocks.append((quoted, [line]))
    return blocks


def _has_words(lines: list[str]) -> bool:
    return any(re.search(r"\w", line) and not QUOTED.match(line) for line in lines) or any(
        line.strip() and not SEPARATOR.match(line) and not QUOTED.match(line) for line in lines
    )


def _trim_end(lines: list[str]) -> list[str]:
    """Without blank lines, separators and lone quote marks at the end."""
    end = len(lines)
    while end and (not lines[end - 1].strip(" >*") or SEPARATOR.match(lines[end - 1])):
        end -= 1
    return lines[:end]


def _without_signature(lines: list[str]) -> list[str]:
    """Cuts at the last signature mark, and lines such as "Sent from my phone" at the end."""
    for index in range(len(lines) - 1, max(-1, len(lines) - 40), -1):
        if SIGNATURE.match(lines[index]) and index > 0 and _has_words(lines[:index]):
            lines = lines[:index]
            break
    lines = _trim_end(lines)
    while lines and DEVICE.match(lines[-1][:300]):
        shorter = _trim_end(lines[:-1])
        if not _has_words(shorter):
            break
        lines = shorter
    return lines
