"""IMAP mailboxes that are emptied into ours: each mail is committed first, then marked as seen or moved."""

from __future__ import annotations

import base64
import contextlib
import imaplib
import logging
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.translation import gettext as _
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import (
    ImapToolsError,
    MailboxFolderSelectError,
    MailboxLoginError,
    UnexpectedCommandStatusError,
)

from tickets.configuration import Act, record_change, snapshot
from tickets.errors import Refused
from tickets.mail.arrivals import largest_mail, receive_raw
from tickets.mail.oauth import (
    OAuthClient,
    TokenRefused,
    forget_token,
    get_token,
    is_safe_url,
    is_this_machine,
)
from tickets.models import ImapSource, InboundMail, User

log = logging.getLogger(__name__)

TIMEOUT = 30.0  # seconds for one exchange
AT_ONCE = 500  # mails of one mailbox in one run, so that a full one does not keep the others waiting
FETCH_LOCK = 7_304_252  # any number, ours alone among advisory locks
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")

# What a server or the way to it can get wrong. Faults of ours are not among them and go on upwards.
SERVER_FAULTS = (ImapToolsError, imaplib.IMAP4.error, OSError, ssl.SSLError)


class BadSource(Exception):
    """A source that can't be used as it is set up; the text goes to `last_error`."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a run over one source did. `error` is "" when all went well."""

    source: ImapSource
    mails: int
    error: str = ""


def set_password(source: ImapSource, password: str) -> None:
    """Puts the password onto the source, encrypted with the secret key. The caller saves it."""
    source.secret = _cipher().encrypt(password.encode())


def get_password(source: ImapSource) -> str:
    """The password in plain. Raises BadSource when the secret key has changed since."""
    return _decrypted(source.secret)


def _decrypted(secret: bytes | memoryview) -> str:
    try:
        return _cipher().decrypt(bytes(secret)).decode()
    except InvalidToken as error:
        raise BadSource(_("The password can't be read any more; enter it again.")) from error


def save_source(
    source: ImapSource, *, password: str = "", refresh_token: str = "", by: User | None = None
) -> ImapSource:
    """Stores a source; an empty password or refresh token keeps the one it has.

    Where the sign-in is OAuth2 `password` is the client's secret. Raises Refused for a token address without TLS.
    """
    if source.sign_in != ImapSource.SignIn.PASSWORD and not is_safe_url(source.token_url):
        raise Refused(_("The token address has to begin with https://."), field="token_url")
    with transaction.atomic():
        stored = ImapSource.objects.select_for_update(no_key=True).filter(pk=source.pk).first()
        before = snapshot(stored) if stored else {}
        if password:
            set_password(source, password)
        if refresh_token:
            source.refresh_secret = _cipher().encrypt(refresh_token.encode())
        source.last_error = ""
        source.failed_at = None
        source.save()
        act = Act.CHANGED if before else Act.ADDED
        record_change(source, act=act, before=before, after=snapshot(source), by=by)
    return source


def try_source(source: ImapSource) -> int:
    """Signs in and looks into the folder. Returns how many mails wait there.

    Raises Refused, which says where it stopped and what the server said.
    """
    try:
        with _connected(source) as box:
            return len(box.uids("UNSEEN" if source.after == ImapSource.After.SEEN else "ALL"))
    except (*SERVER_FAULTS, BadSource) as error:
        verdict = verdict_on(source, error)
        if isinstance(error, BadSource):
            raise Refused(verdict) from error
        raise Refused(
            _("%(verdict)s The server's words: %(words)s") % {"verdict": verdict, "words": _words_of(error)}
        ) from error


def verdict_on(source: ImapSource, error: Exception) -> str:
    """In a sentence, where a try stopped: the way there, encryption, sign-in or folder."""
    values = {"host": source.host, "port": source.port, "user": source.user_name, "folder": source.folder}
    if isinstance(error, BadSource):
        return str(error)
    if isinstance(error, MailboxLoginError):
        said = _("The sign-in of %(user)s was refused: check the user name and the password.")
    elif isinstance(error, MailboxFolderSelectError):
        said = _("The sign-in works, but there is no folder “%(folder)s” that can be opened.")
    elif isinstance(error, ssl.SSLCertVerificationError):
        said = _("The certificate of %(host)s is not trusted: it has another name, is out of date or self-made.")
    elif isinstance(error, ssl.SSLError | imaplib.IMAP4.abort) or "STARTTLS" in str(error):
        said = _("No encrypted connection comes about with %(host)s at port %(port)s: check port and security.")
    elif isinstance(error, socket.gaierror):
        said = _("There is no server of the name %(host)s.")
    elif isinstance(error, ConnectionRefusedError):
        said = _("%(host)s answers, but nothing listens at port %(port)s.")
    elif isinstance(error, TimeoutError):
        said = _("%(host)s does not answer at port %(port)s: check the port and the firewall.")
    elif isinstance(error, OSError):
        said = _("%(host)s can't be reached at port %(port)s.")
    else:
        said = _("%(host)s speaks, but not as expected.")
    return said % values


def fetch_mailboxes() -> int:
    """Empties every active source. Returns how many mails were fetched; a source that fails stops no other."""
    return sum(fetched.mails for fetched in fetch_each())


def fetch_each(*sources: ImapSource) -> Iterator[Fetched]:
    """The same, source by source; all active ones unless some are named."""
    for source in sources or ImapSource.objects.filter(is_active=True).select_related("mailbox__team").order_by("id"):
        with _alone(source) as is_ours:
            if is_ours:
                yield _fetch(source)


def _fetch(source: ImapSource) -> Fetched:
    mails = 0
    error = ""
    try:
        with _connected(source) as box:
            if source.after == ImapSource.After.MOVE and not box.folder.exists(source.move_to):
                box.folder.create(source.move_to)
            waiting = box.uids("UNSEEN" if source.after == ImapSource.After.SEEN else "ALL")
            for uid in waiting[:AT_ONCE]:
                size = _size(box, uid)
                if size > largest_mail():
                    error = error or _("A mail of %(size)s bytes is too large and was left on the server.") % {
                        "size": size
                    }
                    continue
                raw = _raw(box, uid)
                if raw is None:  # somebody else took it meanwhile
                    continue
                receive_raw(raw, door=InboundMail.Door.IMAP, mailbox=source.mailbox)  # committed when it returns
                _put_away(box, source, uid)
                mails += 1
    except (*SERVER_FAULTS, BadSource) as fault:
        error = _in_short(fault)
        log.warning("mailbox not fetched", extra={"source": source.pk, "error": type(fault).__name__})
    now = timezone.now()
    outcome = {"last_error": error[:500], "failed_at": now} if error else {"last_error": "", "failed_at": None}
    ImapSource.objects.filter(pk=source.pk).update(fetched_at=now, **outcome)
    return Fetched(source, mails, error)


def _put_away(box: BaseMailBox, source: ImapSource, uid: str) -> None:
    if source.after == ImapSource.After.MOVE:
        box.move(uid, source.move_to)
    else:
        box.flag(uid, MailMessageFlags.SEEN, True)


def _size(box: BaseMailBox, uid: str) -> int:
    """Bytes, before anything is loaded."""
    _ok, data = box.client.uid("fetch", uid, "(RFC822.SIZE)")
    found = SIZE.search(b" ".join(_lines(data)))
    return int(found[1]) if found else 0


def _raw(box: BaseMailBox, uid: str) -> bytes | None:
    """The mail byte for byte, without marking it as seen; None when it is gone."""
    _ok, data = box.client.uid("fetch", uid, "(BODY.PEEK[])")
    return next((cast("bytes", item[1]) for item in data if isinstance(item, tuple)), None)


def _lines(data: list[object]) -> Iterator[bytes]:
    for item in data:
        for piece in item if isinstance(item, tuple) else (item,):
            if isinstance(piece, bytes):
                yield piece


@contextmanager
def _connected(source: ImapSource) -> Iterator[BaseMailBox]:
    box = _client(source)
    try:
        _sign_in(box, source)
        yield box
    finally:
        with contextlib.suppress(*SERVER_FAULTS):
            box.logout()
        with contextlib.suppress(*SERVER_FAULTS):
            box.client.shutdown()


def _sign_in(box: BaseMailBox, source: ImapSource) -> None:
    if source.sign_in == ImapSource.SignIn.PASSWORD:
        box.login(source.user_name, get_password(source), initial_folder=source.folder)
        return
    client = _oauth_client(source)
    try:
        token = get_token(client)
    except TokenRefused as error:
        raise BadSource(str(error)) from error
    if token.new_refresh_token:  # the one that we have may be void from now on
        ImapSource.objects.filter(pk=source.pk).update(
            refresh_secret=_cipher().encrypt(token.new_refresh_token.encode())
        )
    try:
        box.xoauth2(source.user_name, token.value, initial_folder=source.folder)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        forget_token(client)
        raise BadSource(
            _("%(host)s refused the access token of %(user)s: check the client's rights to this mailbox.")
            % {"host": source.host, "user": source.user_name}
        ) from error


def _oauth_client(source: ImapSource) -> OAuthClient:
    with_refresh = source.sign_in == ImapSource.SignIn.REFRESH_TOKEN
    return OAuthClient(
        token_url=source.token_url,
        client_id=source.client_id,
        client_secret=_decrypted(source.secret) if source.secret else "",
        refresh_token=_decrypted(source.refresh_secret) if with_refresh else "",
        scope=source.scope,
    )


def _client(source: ImapSource) -> BaseMailBox:
    if source.security == ImapSource.Security.TLS:
        return MailBox(source.host, source.port, timeout=TIMEOUT, ssl_context=ssl.create_default_context())
    if source.security == ImapSource.Security.STARTTLS:
        return MailBoxStartTls(source.host, source.port, timeout=TIMEOUT, ssl_context=ssl.create_default_context())
    if not is_this_machine(source.host):
        raise BadSource(_("Without encryption only a server on this machine may be fetched from."))
    return MailBoxUnencrypted(source.host, source.port, timeout=TIMEOUT)


@contextmanager
def _alone(source: ImapSource) -> Iterator[bool]:
    """Whether nobody else fetches this source at this moment. Two at once would lose nothing, only waste time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [FETCH_LOCK, source.pk])
        is_ours = cursor.fetchone() == (True,)
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [FETCH_LOCK, source.pk])


def _cipher() -> MultiFernet:
    """Encrypts with the present secret key, reads what former ones encrypted too."""
    return MultiFernet([_fernet(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _fernet(secret_key: str | bytes) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"tickets.mail.sources").derive(
        force_bytes(secret_key)
    )
    return Fernet(base64.urlsafe_b64encode(derived))


def _words_of(error: Exception) -> str:
    """What the server said, without the library's wrapping."""
    if isinstance(error, UnexpectedCommandStatusError):
        said = [each.decode("utf-8", "replace") for each in error.command_result[1] if isinstance(each, bytes)]
        return " ".join(said)[:300]
    return str(error)[:300]


def _in_short(error: Exception) -> str:
    """For people; some libraries wrap the server's words in bytes and brackets."""
    return f"{error}"[:400] if isinstance(error, BadSource) else f"{type(error).__name__}: {error}"[:400]
