"""OAuth2 at mail servers: tokens are got, kept and renewed; a refusal is a sentence where an administrator looks."""

from __future__ import annotations

import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from imap_tools import MailBoxUnencrypted

from tests import make
from tests.tickets.mail.servers import DOVECOT, World, dovecot, free_port
from tests.tickets.mail.test_outgoing import again, reply
from tests.tickets.mail.token_server import CLIENT, TokenServer, token_server
from ticketdesk.env import BadSettings, read_config
from ticketdesk.env_values import SmtpOAuth, SmtpServer
from tickets.errors import Refused
from tickets.mail import oauth, sources
from tickets.mail.line import line
from tickets.mail.oauth import OAuthClient, TokenRefused, forget_token, get_token
from tickets.models import ConfigurationChange, ImapSource, InboundMail, Mailbox, OutboundMail, User


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    oauth._kept.clear()
    with token_server() as server:
        yield server
    oauth._kept.clear()


def client_of(tokens: TokenServer, **more: str) -> OAuthClient:
    return replace(OAuthClient(tokens.url, *CLIENT, scope="imap smtp"), **more)


# --- the token endpoint ---


def test_a_token_is_asked_for_once_and_kept(tokens: TokenServer) -> None:
    client = client_of(tokens)
    assert get_token(client).value == get_token(client).value == "token-1"
    assert tokens.asked == [
        {
            "grant_type": "client_credentials",
            "client_id": "desk",
            "client_secret": "client-titok",
            "scope": "imap smtp",
        }
    ]


def test_shortly_before_its_end_or_after_a_refusal_a_new_one_is_asked_for(
    tokens: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(tokens)
    first = get_token(client)
    now = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now + 3200)
    assert get_token(client) == first
    monkeypatch.setattr("time.monotonic", lambda: now + 3301)
    assert get_token(client).value == "token-2"
    forget_token(client)
    assert get_token(client).value == "token-3"


def test_a_refresh_token_that_was_replaced_is_not_used_again(
    tokens: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.rotates = True
    client = client_of(tokens, refresh_token="refresh-1")
    got = get_token(client)
    assert (got.value, got.new_refresh_token) == ("token-1", "refresh-2")
    # Who stored the new one gets the kept token with it.
    assert get_token(replace(client, refresh_token="refresh-2")).value == "token-1"
    # Who could not store it, as with a variable of the environment, still gets on.
    now = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now + 4000)
    assert get_token(client).value == "token-2"
    assert tokens.asked[-1]["refresh_token"] == "refresh-2"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((401, '{"error": "invalid_client", "error_description": "secret expired"}'), "invalid_client: secret expired"),
        ((200, '{"token_type": "Bearer"}'), '{"token_type": "Bearer"}'),
        ((500, "<html>broken</html>"), "<html>broken</html>"),
        ((200, "[]"), "[]"),
        ((302, "elsewhere"), "elsewhere"),
        ((200, ""), "127.0.0.1"),
    ],
)
def test_an_answer_without_a_token_is_a_sentence(tokens: TokenServer, answer: tuple[int, str], words: str) -> None:
    tokens.answer = answer
    with pytest.raises(TokenRefused, match=r"127\.0\.0\.1") as caught:
        get_token(client_of(tokens))
    assert words in str(caught.value)
    assert "client-titok" not in str(caught.value)
    assert len(tokens.asked) == 1  # secrets follow no redirect


def test_secrets_go_nowhere_without_encryption(tokens: TokenServer) -> None:
    for url in ("http://login.example/token", "ftp://127.0.0.1/token", "login.example", "https://"):
        with pytest.raises(TokenRefused, match="https://"):
            get_token(client_of(tokens, token_url=url))
    with pytest.raises(TokenRefused, match=r"127\.0\.0\.1"):
        get_token(client_of(tokens, token_url=f"http://127.0.0.1:{free_port()}/token"))


# --- fetching ---

DOVECOT_OAUTH = """
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {file}
}}
"""


@pytest.fixture
def imap(tokens: TokenServer) -> Iterator[int]:
    """A Dovecot that asks the token server whose token it was given."""
    with tempfile.TemporaryDirectory(prefix="dovecot-") as folder:
        file = Path(folder) / "oauth2.conf"
        file.write_text(
            f"introspection_url = http://127.0.0.1:{tokens.port}/introspect?token=\nintrospection_mode = get\n"
            "username_attribute = username\nactive_attribute = active\nactive_value = true\n"
        )
        with dovecot(Path(folder), {"user0": "titok"}, more=DOVECOT_OAUTH.format(file=file)) as port:
            yield port


def oauth_source(mailbox: Mailbox, tokens: TokenServer, port: int, **more: Any) -> ImapSource:
    given: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "plain",
        "user_name": "user0",
        "sign_in": ImapSource.SignIn.CLIENT_CREDENTIALS,
        "token_url": tokens.url,
        "client_id": CLIENT[0],
    }
    return ImapSource(mailbox=mailbox, **(given | more))


with_dovecot = pytest.mark.skipif(DOVECOT is None, reason="there is no dovecot on this machine to fetch from")


@with_dovecot
@pytest.mark.django_db
def test_mails_are_fetched_with_a_token_by_either_grant(imap: int, mailbox: Mailbox, tokens: TokenServer) -> None:
    source = oauth_source(mailbox, tokens, imap)
    sources.save_source(source, password=CLIENT[1])
    with MailBoxUnencrypted("127.0.0.1", imap).login("user0", "titok") as box:
        box.append(make.mail())
    assert sources.try_source(source) == 1
    assert sources.fetch_mailboxes() == 1
    assert InboundMail.objects.count() == 1
    assert [form["grant_type"] for form in tokens.asked] == ["client_credentials"]

    tokens.rotates = True
    source.sign_in = ImapSource.SignIn.REFRESH_TOKEN
    sources.save_source(source, refresh_token="refresh-1")
    for _ in range(2):
        source.refresh_from_db()
        assert sources.try_source(source) == 0
    assert [form["grant_type"] for form in tokens.asked[1:]] == ["refresh_token"]
    source.refresh_from_db()
    assert b"refresh" not in bytes(source.refresh_secret)
    assert sources._oauth_client(source).refresh_token == tokens.refresh_token != "refresh-1"


@with_dovecot
@pytest.mark.django_db
def test_a_refused_token_is_a_sentence_and_the_next_try_asks_for_a_new_one(
    imap: int, mailbox: Mailbox, tokens: TokenServer
) -> None:
    source = oauth_source(mailbox, tokens, imap)
    sources.save_source(source, password=CLIENT[1])
    tokens.user = "somebody-else"
    with pytest.raises(Refused, match="user0"):
        sources.try_source(source)
    sources.fetch_mailboxes()
    source.refresh_from_db()
    assert "127.0.0.1" in source.last_error
    assert "user0" in source.last_error
    assert "BadSource" not in source.last_error
    tokens.user = "user0"
    assert sources.try_source(source) == 0
    assert len(tokens.asked) == 3


@with_dovecot
@pytest.mark.django_db
def test_a_token_server_that_refuses_stands_at_the_source(imap: int, mailbox: Mailbox, tokens: TokenServer) -> None:
    with pytest.raises(Refused, match="https://"):
        sources.save_source(oauth_source(mailbox, tokens, imap, token_url="http://login.example/"), password="x")
    source = oauth_source(mailbox, tokens, imap)
    sources.save_source(source, password="wrong")
    with pytest.raises(Refused, match="invalid_client: unknown client"):
        sources.try_source(source)
    sources.fetch_mailboxes()
    source.refresh_from_db()
    assert "invalid_client: unknown client" in source.last_error


@pytest.mark.django_db
def test_secrets_are_kept_encrypted_and_never_stand_in_the_history(
    mailbox: Mailbox, tokens: TokenServer, root: User
) -> None:
    source = oauth_source(mailbox, tokens, 1, sign_in="refresh_token")
    sources.save_source(source, password="client-titok", refresh_token="refresh-1", by=root)
    sources.save_source(source, refresh_token="refresh-9", by=root)
    source.refresh_from_db()
    assert b"titok" not in bytes(source.secret)
    lines = [str(change.changes) for change in ConfigurationChange.objects.all()]
    assert len(lines) == 2
    assert "changed" in lines[1]
    assert not any("titok" in text or "refresh-" in text for text in lines)


# --- sending ---


class TokenWorld(World):
    """A mail server that takes tokens."""

    def __init__(self, tokens: TokenServer) -> None:
        super().__init__()
        self.tokens = tokens
        self.said: list[bytes] = []

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        words = b64decode(args[1])
        self.said.append(words)
        user, _, token = words.decode().rstrip("\x01").partition("\x01auth=Bearer ")
        if self.tokens.users.get(token) == user.removeprefix("user="):
            return AuthResult(success=True)
        # As the large providers do: the reason as a challenge, which the client answers with an empty line.
        await server.challenge_auth(b'{"status":"401"}')
        return AuthResult(success=False, handled=False, message="535 5.7.3 Authentication unsuccessful")

    @property
    def settings(self) -> SmtpServer:
        secret = SmtpOAuth(
            token_url=self.tokens.url, client_id=CLIENT[0], client_secret=CLIENT[1], refresh_token="", scope="smtp"
        )
        return replace(super().settings, user="user0", oauth=secret)


@pytest.fixture
def outside(tokens: TokenServer, settings: Any) -> Iterator[TokenWorld]:
    handler = TokenWorld(tokens)
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port, auth_require_tls=False)
    controller.start()
    settings.OUTGOING_SMTP = handler.settings
    yield handler
    line.close()
    controller.stop()


@pytest.mark.django_db
def test_mail_leaves_with_a_token(mailbox: Mailbox, anna: User, outside: TokenWorld, tokens: TokenServer) -> None:
    ticket = make.ticket(team=mailbox.team, customer=make.person("Carla", "carla@duna.example"))
    assert again(reply(ticket, anna)).state == OutboundMail.State.SENT
    line.close()
    assert again(reply(ticket, anna)).state == OutboundMail.State.SENT
    assert (len(outside.taken), len(tokens.asked), len(outside.said)) == (2, 1, 2)


@pytest.mark.django_db
def test_a_refused_token_is_told_at_the_mail_which_waits(
    mailbox: Mailbox, anna: User, outside: TokenWorld, tokens: TokenServer
) -> None:
    ticket = make.ticket(team=mailbox.team, customer=make.person("Carla", "carla@duna.example"))
    tokens.user = "somebody-else"
    row = again(reply(ticket, anna))
    assert row.state == OutboundMail.State.DEFERRED
    assert "refused the access token of user0" in row.last_error
    assert "5.7.3" in row.last_error
    tokens.answer = (400, '{"error": "invalid_client"}')
    assert "invalid_client" in again(row).last_error
    tokens.answer, tokens.user = None, "user0"
    assert again(row).state == OutboundMail.State.SENT


BASE = {"EMAIL_URL": "smtp+tls://desk%40example.com@mail.example:587"}
OAUTH = {"EMAIL_OAUTH_TOKEN_URL": "https://login.example/token", "EMAIL_OAUTH_CLIENT_ID": "desk"}


def test_the_setting_of_tokens_is_read() -> None:
    found = read_config(BASE | OAUTH | {"EMAIL_OAUTH_REFRESH_TOKEN": "r"}).email
    assert found is not None
    assert found.oauth == SmtpOAuth(
        token_url="https://login.example/token", client_id="desk", client_secret="", refresh_token="r", scope=""
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (BASE | OAUTH, "EMAIL_OAUTH_CLIENT_SECRET is not set"),
        (BASE | {"EMAIL_OAUTH_TOKEN_URL": "https://login.example/token"}, "EMAIL_OAUTH_CLIENT_ID is not set"),
        (BASE | OAUTH | {"EMAIL_OAUTH_TOKEN_URL": "http://login.example/token"}, "EMAIL_OAUTH_TOKEN_URL is"),
        (OAUTH | {"EMAIL_OAUTH_CLIENT_SECRET": "s", "EMAIL_URL": "smtp://a@mail.example"}, "access tokens need TLS"),
        (OAUTH | {"EMAIL_OAUTH_CLIENT_SECRET": "s", "EMAIL_URL": "smtp+tls://mail.example"}, "the user too"),
    ],
)
def test_half_a_setting_is_refused_at_start(given: dict[str, str], said: str) -> None:
    with pytest.raises(BadSettings) as caught:
        read_config(given)
    assert said in str(caught.value)
