"""Header fields: unfolding, encoded words, addresses, message ids, dates, parameters. All linear, nothing raises."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_tz
from urllib.parse import unquote_to_bytes

from tickets.mail.charsets import clean, codec_for, decode_bytes
from tickets.mail.parsed import Party

MAX_VALUE = 64 * 1024
CONTROL = re.compile("[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
WORD_HEAD = re.compile(rb"=\?([A-Za-z0-9][^?\s]{0,60})\?([bBqQ])\?")
# Begins only where a run of such characters begins and never gives one back, so a long run without @ is read once.
ADDRESS_CHARACTER = r"[^\s<>()\[\],;:\"\\@]"
ADDRESS = re.compile(rf"(?<!{ADDRESS_CHARACTER}){ADDRESS_CHARACTER}++@{ADDRESS_CHARACTER}++")


def unfold(raw: bytes) -> bytes:
    return re.sub(rb"\r*\n[ \t]*|\r[ \t]+", b" ", raw[:MAX_VALUE]).strip()


def decode_base64(data: bytes) -> bytes:
    """Base64 with whatever it may hold besides; a broken tail is dropped."""
    kept = data.translate(None, NOT_BASE64)
    try:
        return base64.b64decode(kept + b"=" * (-len(kept) % 4))
    except binascii.Error:
        pass
    # Several padded pieces one after another, or a cut one.
    pieces = []
    for piece in re.findall(rb"[A-Za-z0-9+/]+", kept):
        piece = piece[: len(piece) - 1] if len(piece) % 4 == 1 else piece
        pieces.append(base64.b64decode(piece + b"=" * (-len(piece) % 4)))
    return b"".join(pieces)


def _word_bytes(kind: bytes, payload: bytes) -> bytes:
    if kind in b"bB":
        return decode_base64(payload)
    return quopri.decodestring(payload.replace(b" ", b"_"), header=True)


def decode_words(raw: bytes, hints: Iterable[str] = ()) -> str:
    """A header value as text: encoded words decoded, raw 8-bit bytes read with the charsets of `hints`."""
    hints = tuple(hints)
    out: list[str] = []
    pending: list[tuple[str, bytes]] = []  # neighbouring words; a character may be split between two of them

    def flush() -> None:
        run: list[tuple[str, bytes]] = []
        for charset, data in pending:
            if run and codec_for(run[-1][0]) == codec_for(charset):
                run[-1] = (charset, run[-1][1] + data)
            else:
                run.append((charset, data))
        out.extend(decode_bytes(data, charset, hints) for charset, data in run)
        pending.clear()

    position = 0
    while True:
        head_at = raw.find(b"=?", position)
        head = WORD_HEAD.match(raw, head_at) if head_at >= 0 else None
        end = raw.find(b"?=", head.end()) if head else -1
        if head and end < 0 and b" " not in raw[head.end() :] and len(raw) - head.end() > 3:
            end = len(raw)  # cut off in the middle of a word
        if head_at < 0 or (head and end < 0):
            break
        if not head:
            gap, position = raw[position : head_at + 2], head_at + 2
            flush()
            out.append(decode_bytes(gap, "", hints))
            continue
        gap = raw[position:head_at]
        if gap.strip() or not pending:
            flush()
            out.append(decode_bytes(gap, "", hints))
        charset = head[1].decode("ascii", "replace").split("*")[0]
        pending.append((charset, _word_bytes(head[2], raw[head.end() : end])))
        position = end + 2
    flush()
    out.append(decode_bytes(raw[position:], "", hints))
    return clean("".join(out))


def decode_text(raw: bytes, hints: Iterable[str] = ()) -> str:
    """One line of readable text, such as a subject."""
    return " ".join(CONTROL.sub(" ", decode_words(unfold(raw), hints)).split())


# Addresses ----------------------------------------------------------------------------------------------------------


def parse_parties(raw: bytes, hints: Iterable[str] = ()) -> tuple[Party, ...]:
    """The people of an address header, in order; broken ones as far as they can be read."""
    hints = tuple(hints)
    found: list[Party] = []
    for piece in _split_addresses(unfold(raw)):
        party = _parse_party(piece, hints)
        if party.address or party.name:
            found.append(party)
        if len(found) >= 1000:
            break
    return tuple(found)


def _split_addresses(value: bytes) -> list[bytes]:  # noqa: C901 - one scanner, one state a branch
    """Cuts at commas and semicolons outside quotes, comments and angle brackets; group names fall away."""
    pieces: list[bytes] = []
    start = 0
    quoted, depth, angle = False, 0, False
    position = 0
    while position < len(value):
        char = value[position : position + 1]
        if char == b"=" and (word := WORD_HEAD.match(value, position)):
            # What an encoded word holds is text, never syntax.
            end = value.find(b"?=", word.end())
            position = end + 2 if end >= 0 else word.end()
            continue
        if quoted:
            if char == b"\\":
                position += 1
            elif char == b'"':
                quoted = False
        elif char == b'"':
            quoted = True
        elif char == b"(":
            depth += 1
        elif char == b")" and depth:
            depth -= 1
        elif depth:
            pass
        elif char == b"<":
            angle = True
        elif char == b">":
            angle = False
        elif char in b",;" and not angle:
            pieces.append(value[start:position])
            start = position + 1
        elif char == b":" and not angle and b"@" not in value[start:position]:
            start = position + 1
        position += 1
    if quoted or depth or angle:
        # Something never closes: the commas are all we have.
        pieces.extend(re.split(rb"[,;]", value[start:]))
    else:
        pieces.append(value[start:])
    return pieces


def _parse_party(piece: bytes, hints: Sequence[str]) -> Party:
    at = piece.rfind(b"<")
    if at >= 0:
        close = piece.find(b">", at)
        inner = piece[at + 1 : close if close >= 0 else len(piece)]
        rest = piece[:at] if piece[:at].strip() else piece[close + 1 :] if close >= 0 else b""
        address = clean_address(decode_words(inner, hints))
        if address:
            name = _name_of(rest.strip(), hints)
            return Party(address, "" if name.lower() == address else name)
    text = decode_words(piece, hints).strip()
    text = re.sub(r"<[^<>@]{0,200}>", " ", text)
    comment = re.search(r"\(([^()]{0,500})\)", text)
    without = re.sub(r"\([^()]{0,500}\)", " ", text)
    match = ADDRESS.search(without)
    if not match:
        return Party("", clean_name(without) or (clean_name(comment[1]) if comment else ""))
    name = clean_name(without[: match.start()].rstrip(" <[")) or (clean_name(comment[1]) if comment else "")
    return Party(clean_address(match[0]), name)


def _name_of(phrase: bytes, hints: Sequence[str]) -> str:
    """The display name; a comment in it only counts when there is nothing else."""
    bare = phrase
    if b"(" in phrase and not phrase.startswith(b'"') and b"=?" not in phrase:
        bare = re.sub(rb"\([^()]{0,500}\)", b" ", phrase).strip() or phrase.strip(b"() ")
    return clean_name(decode_words(bare, hints))


def clean_address(text: str) -> str:
    """The address in lower case, or '' when there is no usable one in the text."""
    text = CONTROL.sub("", text).strip().strip("<>").strip()
    text = re.sub(r"^(?:mailto|smtp|e-?mail):", "", text, flags=re.IGNORECASE).strip()
    if re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", text) or re.fullmatch(r'"[^"<>]{1,200}"@[^\s@<>"]+', text):
        found = text
    else:
        match = ADDRESS.search(text)
        if not match:
            return ""
        found = match[0]
    return found.strip("'\".,;:").lower()[:320] if not found.startswith('"') else found.rstrip(".,;").lower()[:320]


def clean_name(text: str) -> str:
    text = " ".join(CONTROL.sub(" ", text).split()).strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    text = re.sub(r"\\(.)", r"\1", text).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return text.strip('"').strip()[:500]


# Ids and dates ------------------------------------------------------------------------------------------------------


def parse_ids(raw: bytes) -> tuple[str, ...]:
    """Message ids in order, without angle brackets, each once. Ids with blanks inside or two @ are kept whole."""
    text = clean(unfold(raw).decode("utf-8", "replace"))
    ids: list[str] = []
    position = 0
    while position < len(text) and len(ids) < 500:
        opened = text.find("<", position)
        closed = text.find(">", opened) if opened >= 0 else -1
        if opened < 0 or closed < 0:
            break
        ids.extend(_bare_ids(text[position:opened]))
        inner = re.sub(r"\s+", "", text[opened + 1 : closed]).strip("<>")
        if inner:
            ids.append(inner)
        position = closed + 1
    ids.extend(_bare_ids(text[position:]))
    return tuple(dict.fromkeys(one[:995] for one in ids))


def _bare_ids(text: str) -> list[str]:
    return [word.strip("<>\",;'()") for word in text.split() if "@" in word.strip("<>\",;'()")[1:-1]]


def parse_date(raw: bytes) -> datetime | None:
    """The time of a Date header, in UTC; None when it cannot be read."""
    text = unfold(raw)[:200].decode("ascii", "ignore")
    try:
        parts = parsedate_tz(text)
        if parts is None:
            return None
        year, month, day, hour, minute, second = parts[:6]
        offset = parts[9] or 0
        naive = datetime(year, month, day, min(hour, 23), min(minute, 59), min(second, 59), tzinfo=UTC)
        if abs(offset) >= 86400:
            offset = 0
        return datetime.fromtimestamp(naive.timestamp() - offset, UTC)
    except (ValueError, OverflowError, OSError, TypeError, IndexError):
        return None


# Parameters ---------------------------------------------------------------------------------------------------------


def parse_parameters(raw: bytes, hints: Iterable[str] = ()) -> tuple[str, dict[str, str]]:
    """The value and the parameters of a Content-* header: quoted or not, RFC 2231 or encoded words, in one dict."""
    value = unfold(raw)[: MAX_VALUE // 2]
    hints = tuple(hints)
    first, position = _until_semicolon(value, 0)
    plain: dict[str, bytes] = {}
    while position < len(value) and len(plain) < 200:
        equals = value.find(b"=", position)
        semicolon = value.find(b";", position)
        if equals < 0:
            break
        if 0 <= semicolon < equals:
            position = semicolon + 1
            continue
        name = value[position:equals].strip().decode("ascii", "ignore").lower()
        content, position = _until_semicolon(value, equals + 1)
        if name and name not in plain:
            plain[name] = content
    return clean(first.strip().decode("latin-1")).lower(), _join_parameters(plain, hints)


def _until_semicolon(value: bytes, start: int) -> tuple[bytes, int]:
    """The content up to the next semicolon outside quotes, and where to go on after it."""
    while value[start : start + 1].isspace():
        start += 1
    if value[start : start + 1] != b'"':
        end = value.find(b";", start)
        end = end if end >= 0 else len(value)
        return value[start:end].strip(), end + 1
    position = start + 1
    out = bytearray()
    while position < len(value):
        char = value[position]
        if char == 0x5C and value[position + 1 : position + 2] in (b'"', b"\\"):
            out.append(value[position + 1])
            position += 2
            continue
        if char == 0x22:
            after = value[position + 1 :].lstrip()[:1]
            if not after or after == b";" or b'"' not in value[position + 1 : position + 500]:
                break
        out.append(char)
        position += 1
    end = value.find(b";", position)
    return bytes(out), (end if end >= 0 else len(value)) + 1


def _join_parameters(plain: dict[str, bytes], hints: Sequence[str]) -> dict[str, str]:
    result: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, bytes]]] = {}
    for name, content in plain.items():
        match = re.fullmatch(r"([^*]+)(?:\*(\d{1,3}))?(\*)?", name)
        if match and (match[2] or match[3]):
            pieces.setdefault(match[1], {})[int(match[2] or 0)] = (bool(match[3]), content)
        else:
            result[name] = decode_words(content, hints)
    for name, numbered in pieces.items():
        charset, data = "", b""
        for index, number in enumerate(sorted(numbered)):
            is_encoded, content = numbered[number]
            if is_encoded:
                if index == 0 and content.count(b"'") >= 2:
                    label, _, content = content.split(b"'", 2)
                    charset = label.decode("ascii", "ignore")
                content = unquote_to_bytes(content)
            data += content
        result[name] = decode_words(data, hints) if b"=?" in data else decode_bytes(data, charset, hints)
    return result
