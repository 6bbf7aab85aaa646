"""Attachments' contents: stored once under their SHA-256, on the file system or S3-compatible storage.

A content is written before the row that names it is committed, so a crash can leave a file that nobody
names, never a row whose file is missing.
"""

from __future__ import annotations

import hashlib
import io
import logging
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, cast

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from tickets.models import Attachment, Blob, Message

log = logging.getLogger(__name__)

CHUNK = 1 << 16
RESERVED_NAMES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}


def store_blob(content: bytes) -> Blob:
    """The row of this content; writes the file unless it is there already.

    1. Get or make the row. Two transactions that bring the same new content meet here: the later waits.
    2. Share-lock it until the transaction ends, so that no erasure takes the file away before the attachment
       that needs it is committed. Arrivals of the same content do not wait for each other.
    3. Write the file unless it is there.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        Blob.objects.bulk_create([Blob(sha256=sha256, size=len(content))], ignore_conflicts=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM tickets_blob WHERE sha256 = %s FOR KEY SHARE", [sha256])
        blob = Blob.objects.get(pk=sha256)
        path = blob_path(sha256)
        if not default_storage.exists(path):
            saved = default_storage.save(path, ContentFile(content))
            if saved != path:  # another process wrote the same content at the same moment
                default_storage.delete(saved)
        if blob.erased_at is not None:  # erased once, and now received anew
            Blob.objects.filter(pk=sha256).update(erased_at=None)
            blob.erased_at = None
    return blob


def store_blobs(contents: Sequence[bytes]) -> list[Blob]:
    """The rows of these contents, in their order.

    Stored in the order of their hashes: two mails with the same two new files would otherwise block each other.
    """
    by_hash = sorted({hashlib.sha256(content).hexdigest(): content for content in contents}.items())
    stored = {content: store_blob(content) for _sha256, content in by_hash}
    return [stored[content] for content in contents]


def attach_file(
    message: Message,
    *,
    name: str,
    content: bytes | Blob,
    media_type: str = "application/octet-stream",
    content_id: str = "",
    is_inline: bool = False,
) -> Attachment:
    """Puts a file on a message that is being written."""
    return Attachment.objects.create(
        message=message,
        blob=content if isinstance(content, Blob) else store_blob(content),
        name=safe_name(name),
        media_type=media_type[:150],
        content_id=content_id[:300],
        is_inline=is_inline,
    )


def open_blob(blob: Blob) -> BinaryIO:
    """The content for reading. Raises FileNotFoundError when the storage has lost it."""
    return cast("BinaryIO", default_storage.open(blob_path(blob.sha256), "rb"))


def pack_files(attachments: Sequence[Attachment]) -> Iterator[bytes]:
    """The files as a ZIP, written while it is read: never more than a chunk of it is in memory.

    Names are plain names, each once; a file that the storage has lost is named as such instead of ending the whole.
    """
    sink = _Sink()
    names: set[str] = set()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as pack:
        for attachment in attachments:
            name = name_in_pack(attachment.name, names)
            made = timezone.localtime(attachment.created_at)
            entry = zipfile.ZipInfo(name, (made.year, made.month, made.day, made.hour, made.minute, made.second))
            entry.compress_type = zipfile.ZIP_DEFLATED
            try:
                content = open_blob(attachment.blob)
            except FileNotFoundError:
                log.warning("attachment lost", extra={"attachment": attachment.pk})
                pack.writestr(name_in_pack(f"{name}.missing.txt", names), b"")
                continue
            with content, pack.open(entry, "w", force_zip64=attachment.blob.size > 2**31) as target:
                while chunk := content.read(CHUNK):
                    target.write(chunk)
                    yield sink.take()
            yield sink.take()
    yield sink.take()


def name_in_pack(name: str, taken: set[str]) -> str:
    """A name that leads nowhere else, on any system, and that no other file in the pack has."""
    name = safe_name(name).strip(". ") or "file"
    name = "".join("_" if character in '<>:"|?*' else character for character in name)
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, f".{ending}") if dot and stem else (name, "")
    if stem.split(".")[0].upper() in RESERVED_NAMES:
        stem = f"_{stem}"
    found, number = f"{stem}{ending}", 1
    while found.casefold() in taken:
        number += 1
        found = f"{stem} ({number}){ending}"
    taken.add(found.casefold())
    return found


class _Sink(io.RawIOBase):
    """Where a pack is written to: keeps what was not taken yet."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.kept += data
        return len(data)

    def take(self) -> bytes:
        taken, self.kept = bytes(self.kept), bytearray()
        return taken


def blob_is_intact(blob: Blob) -> bool:
    """Whether the stored content still has the hash it is stored under."""
    digest = hashlib.sha256()
    try:
        with open_blob(blob) as content:
            while chunk := content.read(CHUNK):
                digest.update(chunk)
    except FileNotFoundError:
        return False
    return digest.hexdigest() == blob.sha256


def erase_blob(blob: Blob) -> None:
    """Removes the content when no attachment that still stands needs it; the row and its hash stay.

    Waits for whoever is just attaching the same content (see `store_blob`), and then leaves it.
    """
    with transaction.atomic():
        blob = Blob.objects.select_for_update().get(pk=blob.pk)
        if blob.attachments.filter(erasure__isnull=True).exists():
            return
        blob.erased_at = timezone.now()
        blob.save(update_fields=["erased_at"])
        default_storage.delete(blob_path(blob.sha256))


def blob_path(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def safe_name(name: str) -> str:
    """A file name that names no path, holds no control characters, and keeps its ending when cut."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(character for character in name if character.isprintable()).strip().lstrip(".")
    if len(name) > 200:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: 199 - len(ending)]}.{ending}" if dot and len(ending) <= 10 else name[:200]
    return name or "file"
