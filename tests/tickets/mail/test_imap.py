"""Fetching from a real Dovecot: each mail committed first, then marked or moved; one bad mailbox stops no other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError
from imap_tools import BaseMailBox, MailBoxUnencrypted

from tests import make
from tests.tickets.mail.servers import DOVECOT, dovecot, free_port
from tickets.errors import Refused
from tickets.mail import intake, sources
from tickets.models import ImapSource, InboundMail, Mailbox, Team

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(DOVECOT is None, reason="there is no dovecot on this machine to fetch from"),
]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    # Not pytest's own folder, which Dovecot's unprivileged parts may not enter.
    with (
        tempfile.TemporaryDirectory(prefix="dovecot-") as folder,
        dovecot(Path(folder), {f"user{number}": "titok" for number in range(20)}) as found,
    ):
        yield found


_users = iter(range(20))


class Account:
    """A fresh account on the server, and our source that fetches it."""

    def __init__(self, port: int, mailbox: Mailbox, **more: Any) -> None:
        self.port = port
        self.name = f"user{next(_users)}"
        self.source = ImapSource(
            mailbox=mailbox,
            host="127.0.0.1",
            port=port,
            security=ImapSource.Security.PLAIN,
            user_name=self.name,
            **more,
        )
        sources.save_source(self.source, password="titok")

    def open(self) -> BaseMailBox:
        return MailBoxUnencrypted("127.0.0.1", self.port).login(self.name, "titok")

    def put(self, *mails: bytes) -> None:
        with self.open() as box:
            for raw in mails:
                box.append(raw)

    def count(self, criteria: str = "ALL", folder: str = "INBOX") -> int:
        with self.open() as box:
            box.folder.set(folder)
            return len(box.uids(criteria))


@pytest.fixture
def account(port: int, mailbox: Mailbox) -> Account:
    return Account(port, mailbox)


def test_each_mail_is_taken_byte_for_byte_and_marked_as_seen(account: Account) -> None:
    raw = make.mail()
    account.put(raw, make.mail(subject="másik"))
    assert sources.fetch_mailboxes() == 2
    assert raw in [bytes(row.raw) for row in InboundMail.objects.all()]
    assert (account.count("UNSEEN"), account.count("SEEN")) == (0, 2)
    account.source.refresh_from_db()
    assert account.source.fetched_at is not None
    assert account.source.last_error == ""
    assert sources.fetch_mailboxes() == 0
    assert {row.door for row in InboundMail.objects.all()} == {"imap"}


def test_a_mail_is_moved_to_its_folder_which_is_made_when_missing(port: int, mailbox: Mailbox) -> None:
    account = Account(port, mailbox, after=ImapSource.After.MOVE, move_to="Feldolgozva")
    account.put(make.mail(), make.mail())
    assert sources.fetch_mailboxes() == 2
    assert (account.count(), account.count(folder="Feldolgozva")) == (0, 2)


def test_a_mail_that_was_not_committed_stays_unseen(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.put(make.mail())

    def fail(*args: Any, **more: Any) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(sources, "receive_raw", fail)
        with pytest.raises(OperationalError):
            sources.fetch_mailboxes()
    assert account.count("UNSEEN") == 1
    assert sources.fetch_mailboxes() == 1


def test_a_mail_whose_mark_was_lost_is_not_taken_twice(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.put(make.mail())
    with monkeypatch.context() as patched:
        patched.setattr(sources, "_put_away", lambda *args: None)  # the connection broke after the commit
        sources.fetch_mailboxes()
    assert account.count("UNSEEN") == 1
    sources.fetch_mailboxes()
    assert (account.count("UNSEEN"), InboundMail.objects.count()) == (0, 1)


def test_one_bad_mailbox_stops_no_other_and_says_what_is_wrong(account: Account, mailbox: Mailbox) -> None:
    away = ImapSource(mailbox=mailbox, host="127.0.0.1", port=free_port(), security="plain", user_name="a")
    wrong = ImapSource(
        mailbox=mailbox, host="127.0.0.1", port=account.port, security="plain", user_name="user0", folder="X"
    )
    unsafe = ImapSource(mailbox=mailbox, host="imap.example", port=143, security="plain", user_name="a")
    sources.save_source(away, password="x")
    sources.save_source(wrong, password="wrong")
    sources.save_source(unsafe, password="x")
    account.put(make.mail())
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("fetch_mail", stdout=out)
    assert InboundMail.objects.count() == 1
    for source in (away, wrong, unsafe):
        source.refresh_from_db()
        assert source.failed_at is not None
        assert source.last_error
    assert "refused" in away.last_error
    account.source.refresh_from_db()
    assert account.source.last_error == ""
    assert f"{account.source}: 1" in out.getvalue()


def test_what_names_none_of_our_addresses_goes_to_the_sources_mailbox(
    port: int, mailbox: Mailbox, network: Team
) -> None:
    box = make.mailbox("halozat@desk.example", team=network)
    account = Account(port, box)
    account.put(make.mail(to="somebody@else.example"), make.mail(to=make.SUPPORT))
    sources.fetch_mailboxes()
    intake.process_inbound_mail()
    assert sorted(row.mailbox.address for row in InboundMail.objects.all() if row.mailbox) == [
        "halozat@desk.example",
        make.SUPPORT,
    ]


def test_a_mail_that_is_too_large_is_left_where_it_is_and_told(account: Account, settings: Any) -> None:
    settings.MAIL_MAX_BYTES = 65_536
    account.put(make.mail(attachments={"x": b"x" * 200_000}), make.mail())
    assert sources.fetch_mailboxes() == 1
    account.source.refresh_from_db()
    assert account.source.last_error
    assert account.count("UNSEEN") == 1


def test_the_password_is_kept_encrypted_and_survives_a_new_secret_key(account: Account, settings: Any) -> None:
    account.source.refresh_from_db()
    assert b"titok" not in bytes(account.source.secret)
    former = settings.SECRET_KEY
    settings.SECRET_KEY = "z" * 60
    with pytest.raises(sources.BadSource):
        sources.get_password(account.source)
    sources.fetch_mailboxes()
    account.source.refresh_from_db()
    assert account.source.last_error
    settings.SECRET_KEY_FALLBACKS = [former]
    assert sources.get_password(account.source) == "titok"


def test_a_source_can_be_tried_before_it_is_used(account: Account) -> None:
    sources.try_source(account.source)
    sources.set_password(account.source, "wrong")
    with pytest.raises(Refused):
        sources.try_source(account.source)
