"""The line to the mail server that takes our mail: one connection a process, used again and again."""

from __future__ import annotations

import atexit
import contextlib
import os
import smtplib
import ssl
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from django.conf import settings

from tickets.mail.oauth import OAuthClient, TokenRefused, forget_token, get_token, sign_in_words

TIMEOUT = 30.0  # seconds for one exchange
LONGEST_IDLE = 30.0  # seconds after which a connection is not trusted without asking


class LineDown(Exception):
    """The server can't be reached or does not speak to us at all; no mail is at fault."""


@dataclass(slots=True)
class Handover:
    """What the server said: whom it took the mail for, and its refusals, {address: (code, text)}."""

    taken: list[str] = field(default_factory=list)
    refused: dict[str, tuple[int, str]] = field(default_factory=dict)


class Line:
    """Connects on first use, checks before each mail, and connects anew when the server has hung up."""

    def __init__(self) -> None:
        self._client: smtplib.SMTP | None = None
        self._pid = 0
        self._used_at = 0.0

    def hand_over(self, sender: str, recipients: Sequence[str], mail: bytes, *, utf8: bool = False) -> Handover:
        """Gives one mail to the server. `sender` is "" for the null return path. Raises LineDown."""
        client = self._open()
        try:
            return self._speak(client, sender, recipients, mail, utf8=utf8)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self.close()
            raise LineDown(_in_short(error)) from error
        finally:
            self._used_at = time.monotonic()

    def close(self) -> None:
        """Hangs up."""
        client, self._client = self._client, None
        if client is not None and self._pid == os.getpid():
            with contextlib.suppress(smtplib.SMTPException, OSError):
                client.quit()
            client.close()

    def _open(self) -> smtplib.SMTP:
        if self._pid != os.getpid():  # a forked worker must not speak on its parent's connection
            self._client = None
            self._pid = os.getpid()
        if self._client is not None and not self._is_alive(self._client):
            self.close()
        if self._client is None:
            self._client = _connect()
        return self._client

    def _is_alive(self, client: smtplib.SMTP) -> bool:
        try:
            answer = client.noop() if time.monotonic() - self._used_at > LONGEST_IDLE else client.rset()
        except (smtplib.SMTPException, OSError):
            return False
        return answer[0] == 250

    def _speak(
        self, client: smtplib.SMTP, sender: str, recipients: Sequence[str], mail: bytes, *, utf8: bool
    ) -> Handover:
        if utf8 and not client.has_extn("smtputf8"):
            return _refused_for_all(recipients, 553, "5.6.7 the mail server knows no SMTPUTF8")
        options = _options(client, mail, utf8=utf8)
        code, text = client.mail(sender, options)
        if code == 421:
            raise smtplib.SMTPServerDisconnected(_decoded(text))
        if code != 250:
            return _refused_for_all(recipients, code, _decoded(text))
        result = Handover()
        for address in recipients:
            code, text = client.rcpt(address)
            if code in (250, 251):
                result.taken.append(address)
            else:
                result.refused[address] = (code, _decoded(text))
            if code == 421:
                raise smtplib.SMTPServerDisconnected(_decoded(text))
        if not result.taken:
            return result
        try:
            code, text = client.data(mail)
        except smtplib.SMTPDataError as error:
            code, text = error.smtp_code, _encoded(error.smtp_error)
        if code != 250:
            for address in result.taken:
                result.refused[address] = (code, _decoded(text))
            result.taken = []
        return result


def _options(client: smtplib.SMTP, mail: bytes, *, utf8: bool) -> list[str]:
    """What MAIL says of the mail, as far as the server understands it."""
    options = [f"SIZE={len(mail)}"] if client.has_extn("size") else []
    if utf8:
        options.append("SMTPUTF8")
    if utf8 or (not mail.isascii() and client.has_extn("8bitmime")):  # the latter is a mail sent on as it came
        options.append("BODY=8BITMIME")
    return options


def _connect() -> smtplib.SMTP:
    server = settings.OUTGOING_SMTP
    if server is None:
        raise LineDown("no mail server is set")
    context = ssl.create_default_context()
    client: smtplib.SMTP | None = None
    try:
        if server.use_ssl:
            client = smtplib.SMTP_SSL(
                server.host, server.port, local_hostname=settings.SITE_HOST, timeout=TIMEOUT, context=context
            )
        else:
            client = smtplib.SMTP(server.host, server.port, local_hostname=settings.SITE_HOST, timeout=TIMEOUT)
        if server.use_tls:
            client.starttls(context=context)
        client.ehlo_or_helo_if_needed()
        if server.oauth is not None:
            _sign_in_with_token(client, server.user, OAuthClient(**asdict(server.oauth)))
        elif server.user:
            client.login(server.user, server.password)
    except TokenRefused as error:
        if client is not None:
            client.close()
        raise LineDown(str(error)) from error
    except (smtplib.SMTPException, OSError) as error:
        if client is not None:
            client.close()
        raise LineDown(_in_short(error)) from error
    return client


def _sign_in_with_token(client: smtplib.SMTP, user: str, oauth: OAuthClient) -> None:
    """Raises TokenRefused, and SMTPException when the server takes no token at all."""
    words = sign_in_words(user, get_token(oauth).value)
    try:
        # A refusal comes as a challenge first, which an empty line answers.
        client.auth("XOAUTH2", lambda challenge=None: words if challenge is None else "")
    except smtplib.SMTPAuthenticationError as error:
        forget_token(oauth)
        said = _decoded(_encoded(error.smtp_error))
        raise TokenRefused(f"the mail server refused the access token of {user}: {error.smtp_code} {said}") from error


def _refused_for_all(recipients: Sequence[str], code: int, text: str) -> Handover:
    return Handover(refused=dict.fromkeys(recipients, (code, text)))


def _in_short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace")[:400]


def _encoded(text: bytes | str) -> bytes:
    return text.encode() if isinstance(text, str) else text


line = Line()
atexit.register(line.close)
