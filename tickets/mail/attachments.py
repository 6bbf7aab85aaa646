"""Names of attached files: readable, never a path, never empty."""

from __future__ import annotations

import mimetypes
import re
import unicodedata

from tickets.mail.charsets import clean
from tickets.mail.fields import decode_text
from tickets.mail.structure import Part

FORBIDDEN = re.compile("[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
EXTENSIONS = {
    "message/rfc822": ".eml",
    "message/global": ".eml",
    "message/delivery-status": ".txt",
    "message/feedback-report": ".txt",
    "message/disposition-notification": ".txt",
    "text/rfc822-headers": ".txt",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/x-amp-html": ".html",
    "image/jpeg": ".jpg",
    "image/pjpeg": ".jpg",
    "image/jpg": ".jpg",
    "application/pgp-signature": ".asc",
    "application/pgp-keys": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m",
    "application/x-pkcs7-mime": ".p7m",
    "application/ms-tnef": ".dat",
    "application/octet-stream": ".bin",
}
MAX_NAME = 200


def safe_name(name: str) -> str:
    """The last step of a path, without control characters and leading dots; '' when nothing is left."""
    name = unicodedata.normalize("NFC", clean(FORBIDDEN.sub(" ", name)))
    name = re.sub(r"\.{2,}", ".", re.split(r"[/\\]", name.strip().rstrip("/\\"))[-1])
    name = re.sub(r'[<>:"|?*]+', "_", " ".join(name.split())).strip(". ")
    if len(name) > MAX_NAME:
        stem, dot, extension = name.rpartition(".")
        name = (
            stem[: MAX_NAME - len(extension) - 1] + dot + extension if dot and len(extension) < 12 else name[:MAX_NAME]
        )
    return name


def declared_name(part: Part) -> str:
    """The file name the sender gave, made safe, or ''."""
    for given in (
        part.disposition_parameters.get("filename", ""),
        part.parameters.get("name", ""),
        part.disposition_parameters.get("name", ""),
        part.parameters.get("filename", ""),
    ):
        if given and (name := safe_name(given)):
            return name
    return safe_name(re.split(r"[?#]", decode_text(part.raw("content-location")))[0]) if part.depth else ""


def name_for(part: Part, number: int, content: bytes) -> str:
    """A name for any part: the declared one, the subject of an attached mail, or a number with a fitting extension."""
    name = declared_name(part)
    if name:
        return name
    extension = EXTENSIONS.get(part.media_type) or mimetypes.guess_extension(part.media_type) or ".bin"
    if part.media_type in ("message/rfc822", "message/global"):
        subject = re.search(rb"^subject:[ \t]*([^\r\n]{1,200})", content[:20_000], re.IGNORECASE | re.MULTILINE)
        stem = safe_name(re.sub(r"[/\\]", "-", decode_text(subject[1]))) if subject else ""
        if stem:
            return stem[:100] + extension
    description = safe_name(decode_text(part.raw("content-description")))
    if description and re.search(r"\.\w{1,5}$", description):
        return description
    return f"attachment-{number}{extension}"
