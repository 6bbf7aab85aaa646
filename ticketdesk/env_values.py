"""What a variable of the environment may hold: each kind is read and checked here, and refused in one line."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

EMAIL_SCHEMES = {
    "smtp": "django.core.mail.backends.smtp.EmailBackend",
    "smtps": "django.core.mail.backends.smtp.EmailBackend",
    "smtp+tls": "django.core.mail.backends.smtp.EmailBackend",
    "smtp+ssl": "django.core.mail.backends.smtp.EmailBackend",
}
DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.ASCII)
SELECTOR = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,60}[A-Za-z0-9])?", re.ASCII)
TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


class BadSetting(Exception):
    """A variable holds a value that cannot be used. `str()` is the one line to print."""

    def __init__(self, name: str, expected: str, got: str | None = None) -> None:
        self.name = name
        self.expected = expected
        self.got = got
        shown = "is not set" if got is None else f"is {got!r}"
        super().__init__(f"{name} {shown}; expected {expected}.")


def is_this_machine(host: str) -> bool:
    """Whether the name or number is a loopback one."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def hide_password(url: str) -> str:
    """The address with its password replaced, fit for a log."""
    return re.sub(r"(://[^/@:]*):[^@]*@", r"\1:***@", url)


def database_settings(url: str) -> dict[str, Any]:
    """Django's settings for one PostgreSQL address."""
    settings: dict[str, Any] = dict(environ.Env.db_url_config(url))
    settings["ENGINE"] = "django.db.backends.postgresql"
    settings["HOST"] = unquote(settings.get("HOST") or "")  # a folder of sockets is written %2Frun%2Fpostgresql
    return settings


@dataclass(frozen=True, kw_only=True)
class SmtpOAuth:
    """How an access token for the mail server is got. Without a refresh token: client credentials."""

    token_url: str
    client_id: str
    client_secret: str
    refresh_token: str
    scope: str


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """Where outgoing mail is handed over."""

    host: str
    port: int
    user: str
    password: str
    use_tls: bool
    """STARTTLS after connecting."""
    use_ssl: bool
    """TLS from the first byte."""
    oauth: SmtpOAuth | None = None
    """Sign in as `user` with an access token instead of the password."""


@dataclass(frozen=True, kw_only=True)
class DkimKey:
    """What outgoing mail is signed with."""

    domains: tuple[str, ...]
    """Lower case; mail from other domains leaves unsigned."""
    selector: str
    private_key: str
    """An RSA key as PEM."""


@dataclass(frozen=True, kw_only=True)
class Storage:
    """Where attachments lie: a folder, or a bucket of an S3-compatible server."""

    folder: Path | None = None
    bucket: str = ""
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    access_key: str = ""
    secret_key: str = ""


class Reader:
    """Typed reading of one mapping. Each method names its variable and raises `BadSetting` for a value it refuses.

    A variable that is present but empty counts as not set, as in compose files and `.env`.
    """

    def __init__(self, source: Mapping[str, str]) -> None:
        self.source = source

    def text(self, name: str, default: str = "") -> str:
        """The value without surrounding space, or the default."""
        return self.source.get(name, "").strip() or default

    def integer(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number between `least` and `most`, both included."""
        value = self.text(name)
        if not value:
            return default
        if not re.fullmatch(r"[+-]?\d{1,18}", value, re.ASCII) or not least <= int(value) <= most:
            raise BadSetting(name, f"a whole number from {least} to {most}", value)
        return int(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """Yes or no, in the usual spellings."""
        value = self.text(name).lower()
        if not value:
            return default
        if value not in TRUE | FALSE:
            raise BadSetting(name, "yes or no (also true/false, on/off, 1/0)", value)
        return value in TRUE

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """One of a few words."""
        value = self.text(name, default)
        if value not in choices:
            raise BadSetting(name, "one of " + ", ".join(choices), value)
        return value

    def name(self, name: str, default: str) -> str:
        """A short name of letters, digits, hyphens and underscores."""
        value = self.text(name, default)
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", value, re.ASCII):
            raise BadSetting(name, "letters, digits, hyphens and underscores, at most 60", value)
        return value

    def address(self, name: str, default: str) -> str:
        """An address of this machine to listen on."""
        value = self.text(name, default)
        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            raise BadSetting(name, "an IP address of this machine, or 0.0.0.0 for all", value) from None

    def words(self, name: str) -> tuple[str, ...]:
        """Words separated by commas."""
        return tuple(word.strip() for word in self.text(name).split(",") if word.strip())

    def url(self, name: str, schemes: tuple[str, ...], expected: str) -> SplitResult | None:
        """An address with one of the schemes; None when not set. The value is never shown: it may hold a password."""
        value = self.text(name)
        if not value:
            return None
        try:
            parts = urlsplit(value)
            _ = parts.port  # a port that is no number only fails when it is asked for
        except ValueError:
            raise BadSetting(name, expected, hide_password(value)) from None
        if parts.scheme not in schemes:
            raise BadSetting(name, expected, hide_password(value))
        return parts

    def database_url(self, name: str) -> str:
        """A PostgreSQL address, or an empty string when not set."""
        expected = "postgres://user:password@host:5432/database"
        parts = self.url(name, ("postgres", "postgresql"), expected)
        if parts is None:
            return ""
        if not parts.path.strip("/") and not parts.netloc:
            raise BadSetting(name, expected, hide_password(parts.geturl()))
        try:
            read = database_settings(parts.geturl())
        except (ValueError, ImproperlyConfigured):
            raise BadSetting(name, expected, hide_password(parts.geturl())) from None
        if not read.get("NAME"):
            raise BadSetting(name, expected, hide_password(parts.geturl()))
        return parts.geturl()

    def redis_url(self, name: str) -> str:
        """A Redis address, or an empty string when not set."""
        expected = "redis://host:6379/0, rediss://... or unix:///path/to/redis.sock"
        parts = self.url(name, ("redis", "rediss", "unix"), expected)
        if parts is None:
            return ""
        missing = not parts.path if parts.scheme == "unix" else not parts.hostname
        database = parts.path.strip("/")
        if missing or (parts.scheme != "unix" and database and not database.isdecimal()):
            raise BadSetting(name, expected, hide_password(parts.geturl()))
        return parts.geturl()

    def smtp(self, name: str) -> SmtpServer | None:
        """The server for outgoing mail, or None when not set."""
        expected = (
            "smtp://user:password@host:25, smtp+tls://user:password@host:587 or smtp+ssl://user:password@host:465"
        )
        parts = self.url(name, tuple(EMAIL_SCHEMES), expected)
        if parts is None:
            return None
        if not parts.hostname or parts.path.strip("/"):
            raise BadSetting(name, expected, hide_password(parts.geturl()))
        use_tls = parts.scheme == "smtp+tls"
        use_ssl = parts.scheme in {"smtps", "smtp+ssl"}
        oauth = self._smtp_oauth()
        if oauth is not None and not parts.username:
            raise BadSetting(name, "the user too, because EMAIL_OAUTH_TOKEN_URL is set", hide_password(parts.geturl()))
        if oauth is not None and not (use_tls or use_ssl or is_this_machine(parts.hostname)):
            raise BadSetting(
                name, "smtp+tls:// or smtp+ssl://, because access tokens need TLS", hide_password(parts.geturl())
            )
        return SmtpServer(
            host=parts.hostname,
            port=parts.port or (587 if use_tls else 465 if use_ssl else 25),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            use_tls=use_tls,
            use_ssl=use_ssl,
            oauth=oauth,
        )

    def _smtp_oauth(self) -> SmtpOAuth | None:
        """EMAIL_OAUTH_TOKEN_URL with _CLIENT_ID, and _CLIENT_SECRET or _REFRESH_TOKEN or both; None when not set."""
        token_url = self.url("EMAIL_OAUTH_TOKEN_URL", ("https", "http"), "https://host/path of the token endpoint")
        if token_url is None:
            return None
        if not token_url.hostname or (token_url.scheme == "http" and not is_this_machine(token_url.hostname)):
            raise BadSetting("EMAIL_OAUTH_TOKEN_URL", "https://host/path of the token endpoint", token_url.geturl())
        found = SmtpOAuth(
            token_url=token_url.geturl(),
            client_id=self.text("EMAIL_OAUTH_CLIENT_ID"),
            client_secret=self.text("EMAIL_OAUTH_CLIENT_SECRET"),
            refresh_token=self.text("EMAIL_OAUTH_REFRESH_TOKEN"),
            scope=self.text("EMAIL_OAUTH_SCOPE"),
        )
        if not found.client_id:
            raise BadSetting("EMAIL_OAUTH_CLIENT_ID", "the application's id at the mail provider")
        if not found.client_secret and not found.refresh_token:
            raise BadSetting("EMAIL_OAUTH_CLIENT_SECRET", "a secret, or EMAIL_OAUTH_REFRESH_TOKEN")
        return found

    def dkim(self) -> DkimKey | None:
        """DKIM_DOMAINS, DKIM_SELECTOR and DKIM_KEY_FILE, all three or none. The key is tried once."""
        names = ("DKIM_DOMAINS", "DKIM_SELECTOR", "DKIM_KEY_FILE")
        if not any(self.text(name) for name in names):
            return None
        for name in names:
            if not self.text(name):
                raise BadSetting(name, f"a value, because {' and '.join(n for n in names if self.text(n))} is set")
        domains = tuple(word.lower() for word in self.words("DKIM_DOMAINS"))
        if not domains or not all(DOMAIN.fullmatch(domain) for domain in domains):
            raise BadSetting("DKIM_DOMAINS", "domains like example.com, separated by commas", self.text("DKIM_DOMAINS"))
        selector = self.text("DKIM_SELECTOR")
        if not SELECTOR.fullmatch(selector):
            raise BadSetting("DKIM_SELECTOR", "letters, digits, hyphens and dots, such as desk2026", selector)
        return DkimKey(domains=domains, selector=selector, private_key=self._rsa_key("DKIM_KEY_FILE"))

    def _rsa_key(self, name: str) -> str:
        """The private key in the file, as PEM in the form of PKCS #1."""
        path = BASE_DIR / Path(self.text(name)).expanduser()
        try:
            content = path.read_bytes()
        except OSError as fault:
            raise BadSetting(name, f"a file that can be read ({fault.strerror})", str(path)) from None
        try:
            key = load_pem_private_key(content, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise BadSetting(name, "a file with an RSA private key in PEM, without a passphrase", str(path)) from None
        if not isinstance(key, RSAPrivateKey) or key.key_size < 1024:
            raise BadSetting(name, "an RSA key of 1024 bits or more (2048 is usual)", str(path))
        return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()

    def storage(self, name: str, default: Path) -> Storage:
        """Where attachments lie: a folder, s3://bucket at Amazon, s3://key:secret@host/bucket/prefix elsewhere."""
        expected = "file:///absolute/folder, s3://bucket or s3://key:secret@host/bucket?region=name"
        parts = self.url(name, ("file", "s3", "s3+http"), expected)
        if parts is None:
            return Storage(folder=default)
        if parts.scheme == "file":
            if parts.netloc or not parts.path.startswith("/") or parts.path == "/":
                raise BadSetting(name, expected, hide_password(parts.geturl()))
            return Storage(folder=Path(unquote(parts.path)))
        if not parts.hostname:
            raise BadSetting(name, expected, hide_password(parts.geturl()))
        region = dict(pair.partition("=")[::2] for pair in parts.query.split("&")).get("region", "")
        path = parts.path.strip("/")
        if not parts.username and not path and not parts.port:
            return Storage(bucket=parts.hostname, region=region)
        bucket, _, prefix = path.partition("/")
        if not bucket:
            raise BadSetting(name, expected, hide_password(parts.geturl()))
        scheme = "http" if parts.scheme == "s3+http" else "https"
        host = parts.hostname + (f":{parts.port}" if parts.port else "")
        return Storage(
            bucket=bucket,
            prefix=prefix,
            endpoint=f"{scheme}://{host}",
            region=region,
            access_key=unquote(parts.username or ""),
            secret_key=unquote(parts.password or ""),
        )

    def site_url(self, name: str, default: str) -> str:
        """The address people open, without a path and without a closing slash."""
        expected = "an address like https://help.example.com, without a path"
        parts = self.url(name, ("http", "https"), expected)
        if parts is None:
            return default
        if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment or parts.username:
            raise BadSetting(name, expected, hide_password(parts.geturl()))
        return f"{parts.scheme}://{parts.netloc}"

    def folder(self, name: str, default: Path) -> Path:
        """A folder for data; relative ones count from the project's folder. It need not exist yet."""
        value = self.text(name)
        path = (BASE_DIR / Path(value).expanduser()).absolute() if value else default
        if path.exists() and not path.is_dir():
            raise BadSetting(name, "a folder", value)
        return path

    def time_zone(self, name: str, default: str) -> str:
        """A name of the tz database."""
        value = self.text(name, default)
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise BadSetting(name, "a time zone like Europe/Budapest", value) from None
        return value
