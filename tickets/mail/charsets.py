"""Bytes to text, in spite of missing, unknown, vendor and lying charset labels."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from charset_normalizer import from_bytes

# Labels that Python does not know, or knows too narrowly: senders mean the superset (WHATWG's encoding standard).
SUPERSETS = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "dos-874": "cp874",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "euc-kr": "cp949",
    "euckr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "ksc_5601": "cp949",
    "windows-949": "cp949",
    "x-windows-949": "cp949",
    "x-euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-2-0-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "x-utf-8": "utf-8",
    "uft-8": "utf-8",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "x-mac-ce": "mac-latin2",
    "x-mac-centraleurroman": "mac-latin2",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-greek": "mac-greek",
    "x-mac-turkish": "mac-turkish",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "koi8-ru": "koi8-u",
    "visual": "iso8859-8",
    "logical": "iso8859-8",
}

# Python codecs that are no charsets, or that must not be reached from a label in a mail.
REFUSED = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
UNDECIDED = frozenset({"", "unknown", "unknown-8bit", "x-unknown", "default", "default_charset", "none", "binary",
                       "8bit", "7bit", "x-user-defined", "unicode", "iso-10646-ucs-2", "ansi"})  # fmt: skip

ISO_2022 = ((b"\x1b$)C", "iso2022_kr"), (b"\x1b$B", "iso2022_jp_ext"), (b"\x1b$@", "iso2022_jp_ext"))
# What is really meant when a charset is named that the bytes do not fit: 8-bit under a 7-bit label and the like.
SIBLINGS = {
    "iso2022_jp_ext": ("cp932", "euc_jp"),
    "iso2022_kr": ("cp949",),
    "cp932": ("euc_jp", "iso2022_jp_ext"),
    "euc_jp": ("cp932",),
    "cp949": ("johab",),
    "gb18030": ("big5hkscs",),
    "big5hkscs": ("gb18030",),
    "koi8-r": ("cp1251",),
    "cp1251": ("koi8-r",),
}
# Labels that programs put on anything: bytes that are clean UTF-8 are believed more than these.
WEAK = frozenset({"cp1252", "ascii"})
SAMPLE = 32 * 1024
COMMON_KOREAN = re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xfe][\xa1-\xfe])*+.?", re.DOTALL)
FOREIGN_LETTER = re.compile("[àâãäåæçèêëìîïðñòôøùÿÀÂÃÄÅÆÇÈÊËÌÎÏÐÑÒÔØÙ]")
LONG_ACCENTS = str.maketrans("õûÕÛ", "őűŐŰ")
HUNGARIAN_WORDS = frozenset({
    "az", "és", "hogy", "nem", "egy", "ez", "már", "kérem", "köszönöm", "tisztelt", "kedves", "üdvözlettel", "jó",
    "napot", "levél", "vagy", "csak", "kell", "új", "lesz", "kérdés", "szeretném", "működik", "szépen",
})  # fmt: skip
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# What unlabelled mail is written in. Offered all its codecs, the guesser takes short texts for the oddest of them.
LIKELY = ["cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp874", "koi8_r", "iso8859_2", "cp932",
          "euc_jp", "gb18030", "big5", "cp949"]  # fmt: skip


@lru_cache(maxsize=256)
def codec_for(label: str) -> str:
    """The Python codec for a charset label of a mail, or '' when the label says nothing."""
    name = label.strip().strip("\"'<>").lower()[:60]
    name = re.sub(r"^(?:charset=|x-charset-)", "", name)
    if name in UNDECIDED:
        return ""
    if name in SUPERSETS:
        return SUPERSETS[name]
    numbered = re.sub(r"^(?:x-)?(?:windows|win|cp|ibm|dos|ansi)-?_?(\d{3,5})$", r"cp\1", name)
    iso = re.sub(r"^iso-?_?8859[-_]?(\d\d?)(?:[:-].*)?$", r"iso8859-\1", name)
    for candidate in (name, name.replace("_", "-"), numbered, iso):
        if candidate in SUPERSETS:
            return SUPERSETS[candidate]
        try:
            info = codecs.lookup(candidate)
        except (LookupError, ValueError, TypeError):
            continue
        is_charset = info._is_text_encoding  # noqa: SLF001 - nothing else tells charsets from zip and rot13
        if is_charset and info.name.replace("-", "_") not in REFUSED:
            return SUPERSETS.get(info.name, info.name)
    return ""


def try_decode(data: bytes, codec: str) -> str | None:
    """The text, or None when the bytes are not of that codec."""
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        pass
    if codec.startswith("iso2022_jp"):
        return decode_iso2022_jp(data)
    return None


def decode_iso2022_jp(data: bytes) -> str | None:
    """ISO-2022-JP with the vendors' extra characters (circled digits and the like), which the codec refuses."""
    if b"\x1b" not in data or not data.isascii():
        return None
    text: list[str] = []
    for piece in re.split(rb"(?=\x1b[$(][@-Z])", data):
        escape, rest = piece[:3], piece[3:]
        if escape in (b"\x1b$B", b"\x1b$@"):
            text.append(bytes(byte | 0x80 if byte > 0x20 else byte for byte in rest).decode("euc_jis_2004", "replace"))
        elif escape == b"\x1b(I":
            text.append(bytes(byte | 0x80 if byte > 0x20 else byte for byte in rest).decode("cp932", "replace"))
        else:
            text.append((rest if escape[:1] == b"\x1b" else piece).decode("latin-1"))
    joined = "".join(text)
    return None if joined.count("\ufffd") * 10 > len(joined) else joined


def is_clean_utf8(data: bytes) -> bool:
    return try_decode(data, "utf-8") is not None


def mostly_utf8(data: bytes) -> bool:
    """Whether the few broken bytes among good UTF-8 look like damage, not like another charset."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(1 for char in text[:SAMPLE] if char > "\x7f" and char != "\ufffd")
    return good > 4 * min(bad, SAMPLE)


@lru_cache(maxsize=64)
def guess_codec(data: bytes) -> str:
    """The most likely codec of unlabelled 8-bit bytes; Windows' Western one when nothing speaks for another."""
    if is_clean_utf8(data):
        return "utf-8"
    best = from_bytes(data[:SAMPLE], cp_isolation=LIKELY, enable_fallback=False).best()
    codec = SUPERSETS.get(best.encoding.replace("_", "-"), best.encoding) if best else "cp1252"
    return _chinese_codec(data) or codec if codec == "cp949" else codec


def _chinese_codec(data: bytes) -> str:
    """What was taken for Korean though no Korean writes so: syllables outside the common set, or Chinese characters."""
    text = data[:SAMPLE].decode("cp949", "ignore")
    if COMMON_KOREAN.fullmatch(data[:SAMPLE]) and not re.search("[\u4e00-\u9fff\uf900-\ufaff]", text):
        return ""
    for strict, full in (("gb2312", "gb18030"), ("big5", "big5hkscs")):
        if try_decode(data, strict) is not None:
            return full
    return ""


def is_mostly_8bit(data: bytes) -> bool:
    """Whether so many bytes are beyond ASCII that the text cannot be of a Western language."""
    sample = data[:SAMPLE]
    beyond = sum(1 for byte in sample if byte > 0x7F)
    letters = sum(1 for byte in sample if byte > 0x7F or 0x41 <= byte <= 0x5A or 0x61 <= byte <= 0x7A)
    return beyond >= 6 and beyond * 2 > letters


def decode_bytes(data: bytes, label: str = "", hints: Iterable[str] = ()) -> str:
    """Bytes of a mail as text, whatever the label says; never raises. `hints` are charsets named elsewhere in the mail.

    A label is believed when the bytes fit it, except where experience says it lies: clean UTF-8 or a text without
    Western letters under a Western or ASCII label, ISO-2022 escapes under any label.
    """
    codec = codec_for(label)
    for candidate in _candidates(data, codec, hints):
        text = try_decode(data, candidate)
        if text is not None:
            return clean(with_long_accents(text) if candidate == "cp1252" else text)
    if codec in ("", "cp1252") or (codec == "utf-8" and not mostly_utf8(data)):
        codec = guess_codec(data)
    return clean(data.decode(codec, "replace"))


def with_long_accents(text: str) -> str:
    """Hungarian sent as Latin-2 under a Latin-1 label, as many programs did: ő and ű instead of õ and û.

    Only where no letter speaks for a language that writes õ or û itself, and common Hungarian words are there.
    """
    if not re.search("[õûÕÛ]", text) or FOREIGN_LETTER.search(text):
        return text
    words = set(re.findall(r"\w+", text[:SAMPLE].lower()))
    return text.translate(LONG_ACCENTS) if len(words & HUNGARIAN_WORDS) >= 2 else text


def _candidates(data: bytes, codec: str, hints: Iterable[str]) -> Iterator[str]:
    """Codecs to try, the likeliest first; after the last one the bytes are damaged."""
    yield from (marked for mark, marked in MARKS if data.startswith(mark))
    if b"\x1b$" in data and not codec.startswith("iso2022"):
        yield from (escaped for escape, escaped in ISO_2022 if escape in data)
    if data.isascii() and codec not in ("utf-7", "hz") and not codec.startswith(("iso2022", "utf-16", "utf-32")):
        yield "ascii"
    if codec in WEAK or not codec:
        yield "utf-8"
        if codec and is_mostly_8bit(data):
            yield guess_codec(data)
    if codec:
        yield codec
        yield from SIBLINGS.get(codec, ())
        if codec == "utf-8" and mostly_utf8(data):
            return
        yield "utf-8"
        if codec not in ("utf-8", "cp1252"):
            return
    for hinted in map(codec_for, hints):
        if hinted and hinted not in WEAK:
            yield hinted
            yield from SIBLINGS.get(hinted, ())
    yield guess_codec(data)


NUL_AND_SURROGATES = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """Text that PostgreSQL accepts: no NUL, no lone surrogates; no byte order mark at its start."""
    if NUL_AND_SURROGATES.search(text):
        text = NUL_AND_SURROGATES.sub("", text)
    return text.removeprefix("\ufeff")
