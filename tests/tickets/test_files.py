"""Attachments' contents: stored once, found by their hash."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction

from tests import make
from tickets import files
from tickets.models import Blob, Team


def test_the_same_content_is_stored_once(helpdesk: Team) -> None:
    ticket = make.ticket(team=helpdesk)
    one = make.message(ticket, attachments={"a.txt": b"same", "b.txt": b"same"})
    assert len({file.blob_id for file in one.attachments.all()}) == Blob.objects.count() == 1
    blob = Blob.objects.get()
    assert (blob.pk, blob.size) == (hashlib.sha256(b"same").hexdigest(), 4)
    with files.open_blob(blob) as content:
        assert content.read() == b"same"


def test_a_lost_or_changed_content_is_noticed(db: None) -> None:
    blob = files.store_blob(b"will be lost")
    assert files.blob_is_intact(blob)
    path = files.blob_path(blob.sha256)
    with default_storage.open(path, "wb") as content:
        content.write(b"other")
    assert not files.blob_is_intact(blob)
    default_storage.delete(path)
    assert not files.blob_is_intact(blob)
    with pytest.raises(FileNotFoundError):
        files.open_blob(blob)


def test_an_empty_file_is_a_file_too(db: None) -> None:
    assert files.blob_is_intact(files.store_blob(b""))


def test_the_same_files_arriving_in_another_order_do_not_block_each_other(transactional_db: None) -> None:
    contents = [f"logo {number}".encode() for number in range(12)]
    at_once = threading.Barrier(4)

    def arrive(order: list[bytes]) -> None:
        at_once.wait()
        try:
            with transaction.atomic():
                assert [blob.pk for blob in files.store_blobs(order)] == [
                    hashlib.sha256(content).hexdigest() for content in order
                ]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        orders = [contents, contents[::-1], contents[6:] + contents[:6], contents[::2] + contents[1::2]]
        for done in [threads.submit(arrive, order) for order in orders]:
            done.result()
    assert Blob.objects.count() == 12


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("számla.pdf", "számla.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\doc.docx", "doc.docx"),
        (".htaccess", "htaccess"),
        ("a\x00b\n\u202ec.txt", "abc.txt"),
        ("", "file"),
        ("...", "file"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_name_names_no_path_and_keeps_its_ending(name: str, safe: str) -> None:
    assert files.safe_name(name) == safe
