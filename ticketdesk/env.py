"""Reads the configuration from the environment and `.env`: typed, checked, and refused in one line when it is wrong.

Every variable the product knows is a field of `Config`; `settings.py` turns it into Django's settings.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import environ

from ticketdesk.env_values import (
    BASE_DIR,
    BadSetting,
    DkimKey,
    Reader,
    SmtpServer,
    Storage,
    database_settings,
    hide_password,
)

__all__ = [
    "BASE_DIR",
    "BadSetting",
    "BadSettings",
    "Config",
    "DkimKey",
    "SmtpServer",
    "Storage",
    "database_settings",
    "hide_password",
    "load_env_file",
    "load_or_exit",
    "read_config",
]

EX_CONFIG = 78  # sysexits.h: something was found in an unconfigured or misconfigured state

LANGUAGES = ("hu", "en")
NUMBER_SCHEMES = ("date_checksum", "date", "increment")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOG_FORMATS = ("text", "json")
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything that can be set from outside, already of the right type."""

    debug: bool
    var_dir: Path
    secret_key: str
    """Empty: use the one kept in VAR_DIR/secret_key, made on first need."""
    secret_key_fallbacks: tuple[str, ...]
    """Former keys: what they signed is still believed."""
    database_url: str
    """Empty: the embedded PostgreSQL."""
    database_owner_url: str
    database_pool_size: int
    redis_url: str
    """Empty: the embedded Redis."""
    redis_prefix: str
    """Keeps several installations apart that share one Redis."""
    email: SmtpServer | None
    """None: mails are captured and readable in the product."""
    dkim: DkimKey | None
    """None: mail leaves without a signature of ours."""
    default_from_email: str
    site_url: str
    allowed_hosts: tuple[str, ...]
    trusted_proxies: int
    """How many proxies of ours stand before the web server; the rest of X-Forwarded-For is hearsay."""
    bind_address: str
    port: int
    smtp_port: int
    storage: Storage
    log_level: str
    log_format: str
    ticket_number_scheme: str
    system_id: str
    default_language: str
    time_zone: str
    mail_max_bytes: int
    mail_authserv_ids: tuple[str, ...]
    """The relays whose Authentication-Results are believed; none: nothing is said of senders."""
    mail_plus_addresses: bool
    """Answers come back to support+<number>...@; off for mail systems that refuse such addresses."""
    broadcast_hold_seconds: int
    group_confirm_days: int
    broadcast_release_above: int
    radar_burst_reporters: int
    """So many different people report alike things within RADAR_BURST_MINUTES: the team is proposed a group."""
    radar_burst_minutes: int
    radar_burst_likeness: int
    """From here on (percent) two reports count as alike for a burst."""
    metrics_token: str
    web_workers: int
    web_threads: int
    worker_concurrency: int
    static_root: Path
    """Where the collected static files lie; the container's image brings its own."""
    heartbeat_file: str
    """A worker touches this file while it is well; empty: none. For the health checks of containers."""
    demo: bool
    """`manage.py run` fills an empty database with the demo."""

    @property
    def is_embedded_database(self) -> bool:
        """True when the PostgreSQL of the wheel is used."""
        return not self.database_url

    @property
    def is_embedded_redis(self) -> bool:
        """True when the Redis of the wheel is used."""
        return not self.redis_url

    @property
    def is_https(self) -> bool:
        """True when people reach the product by https, so that cookies and HSTS can insist on it."""
        return self.site_url.startswith("https://")


def read_config(source: Mapping[str, str]) -> Config:
    """Read every variable.

    Raises `BadSettings` listing all that cannot be used, so that they can be mended in one go.
    """
    read = Reader(source)
    faults: list[BadSetting] = []

    def attempt(reader: Callable[..., T], *args: Any, **options: Any) -> T:
        try:
            return reader(*args, **options)
        except BadSetting as fault:
            faults.append(fault)
            return None  # type: ignore[return-value]  # never used: read_config raises below

    debug = attempt(read.flag, "DEBUG", default=False)
    var_dir = attempt(read.folder, "VAR_DIR", BASE_DIR / "var")
    folder = BASE_DIR / "var" if faults else var_dir  # for what lies in it by default; a fault ends all this anyway
    port = attempt(read.integer, "PORT", 8000, least=1, most=65535)
    site_url = attempt(read.site_url, "SITE_URL", f"http://localhost:{port}")
    database_url = attempt(read.database_url, "DATABASE_URL")
    owner_url = attempt(read.database_url, "DATABASE_OWNER_URL")
    redis_url = attempt(read.redis_url, "REDIS_URL")
    secret_key = read.text("SECRET_KEY")
    system_id = read.text("SYSTEM_ID", "10")
    if not re.fullmatch(r"\d{1,4}", system_id, re.ASCII):
        faults.append(BadSetting("SYSTEM_ID", "one to four digits", system_id))
    if owner_url and not database_url:
        faults.append(BadSetting("DATABASE_URL", "an address too, because DATABASE_OWNER_URL is set"))
    if secret_key and len(secret_key) < 32:
        faults.append(BadSetting("SECRET_KEY", "at least 32 characters", "too short"))
    if (database_url or (site_url or "").startswith("https://")) and not secret_key:
        faults.append(BadSetting("SECRET_KEY", "a random text of at least 50 characters, the same for every process"))
    config = Config(
        debug=debug,
        var_dir=var_dir,
        secret_key=secret_key,
        secret_key_fallbacks=read.words("SECRET_KEY_FALLBACKS"),
        database_url=database_url,
        database_owner_url=owner_url or database_url,
        database_pool_size=attempt(read.integer, "DATABASE_POOL_SIZE", 0, least=0, most=500),
        redis_url=redis_url,
        redis_prefix=attempt(read.name, "REDIS_PREFIX", "ticketdesk"),
        email=attempt(read.smtp, "EMAIL_URL"),
        dkim=attempt(read.dkim),
        default_from_email=read.text("DEFAULT_FROM_EMAIL"),
        site_url=site_url,
        allowed_hosts=read.words("ALLOWED_HOSTS"),
        trusted_proxies=attempt(read.integer, "TRUSTED_PROXIES", 0, least=0, most=10),
        bind_address=attempt(read.address, "BIND_ADDRESS", "127.0.0.1"),
        port=port,
        smtp_port=attempt(read.integer, "SMTP_PORT", 2525, least=1, most=65535),
        storage=attempt(read.storage, "STORAGE_URL", folder / "attachments"),
        log_level=attempt(read.choice, "LOG_LEVEL", "INFO", LOG_LEVELS),
        log_format=attempt(read.choice, "LOG_FORMAT", "text", LOG_FORMATS),
        ticket_number_scheme=attempt(read.choice, "TICKET_NUMBER_SCHEME", "date_checksum", NUMBER_SCHEMES),
        system_id=system_id,
        default_language=attempt(read.choice, "DEFAULT_LANGUAGE", "hu", LANGUAGES),
        time_zone=attempt(read.time_zone, "TIME_ZONE", "Europe/Budapest"),
        mail_max_bytes=attempt(read.integer, "MAIL_MAX_BYTES", 52_428_800, least=65_536, most=1_073_741_824),
        mail_authserv_ids=read.words("MAIL_AUTHSERV_IDS"),
        mail_plus_addresses=attempt(read.flag, "MAIL_PLUS_ADDRESSES", default=True),
        broadcast_hold_seconds=attempt(read.integer, "BROADCAST_HOLD_SECONDS", 30, least=0, most=3600),
        group_confirm_days=attempt(read.integer, "GROUP_CONFIRM_DAYS", 5, least=1, most=90),
        broadcast_release_above=attempt(read.integer, "BROADCAST_RELEASE_ABOVE", 100, least=1, most=1_000_000),
        radar_burst_reporters=attempt(read.integer, "RADAR_BURST_REPORTERS", 3, least=2, most=1000),
        radar_burst_minutes=attempt(read.integer, "RADAR_BURST_MINUTES", 1440, least=5, most=10_080),
        radar_burst_likeness=attempt(read.integer, "RADAR_BURST_LIKENESS", 30, least=10, most=90),
        metrics_token=read.text("METRICS_TOKEN"),
        web_workers=attempt(read.integer, "WEB_WORKERS", 1, least=1, most=64),
        web_threads=attempt(read.integer, "WEB_THREADS", 8, least=1, most=256),
        worker_concurrency=attempt(read.integer, "WORKER_CONCURRENCY", 2, least=1, most=256),
        static_root=attempt(read.folder, "STATIC_ROOT", folder / "static"),
        heartbeat_file=read.text("HEARTBEAT_FILE"),
        demo=attempt(read.flag, "DEMO", default=not database_url),
    )
    if faults:
        raise BadSettings(faults)
    return config


class BadSettings(Exception):
    """One or more variables cannot be used; `faults` names each."""

    def __init__(self, faults: list[BadSetting]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


def load_env_file(environment: dict[str, str] | os._Environ[str]) -> None:
    """Read `.env` (or the file named by ENV_FILE; an empty ENV_FILE means none). The environment wins over the file."""
    name = environment.get("ENV_FILE", ".env")
    path = BASE_DIR / name
    if name and path.is_file():
        environ.Env.read_env(str(path), overwrite=False)


def load_or_exit() -> Config:
    """The configuration of this process. Wrong values end the process with a line each, without a traceback."""
    load_env_file(os.environ)
    try:
        return read_config(os.environ)
    except BadSettings as refused:
        exit_with(str(refused))


def exit_with(message: str, code: int = EX_CONFIG) -> NoReturn:
    """Say why on standard error and leave."""
    print(message, file=sys.stderr)
    raise SystemExit(code)
