"""Configuration: good values become the right type, bad ones are refused with their name and what was expected."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from ticketdesk import env
from ticketdesk.env import BASE_DIR, BadSettings, Config, read_config

KEY = "k" * 50


def refused(**source: str) -> str:
    with pytest.raises(BadSettings) as caught:
        read_config(source)
    return str(caught.value)


def test_nothing_set_means_the_embedded_servers_and_safe_defaults() -> None:
    config = read_config({})
    assert config.is_embedded_database
    assert config.is_embedded_redis
    assert config.email is None
    assert not config.debug
    assert config.site_url == "http://localhost:8000"
    assert (config.port, config.smtp_port, config.bind_address) == (8000, 2525, "127.0.0.1")
    assert config.storage.folder == BASE_DIR / "var" / "attachments"
    assert config.demo


def test_an_empty_value_counts_as_not_set() -> None:
    assert read_config({"PORT": "", "DATABASE_URL": " ", "DEBUG": "", "TIME_ZONE": ""}) == read_config({})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PORT", "http", "a whole number from 1 to 65535"),
        ("PORT", "0", "a whole number from 1 to 65535"),
        ("PORT", "70000", "a whole number from 1 to 65535"),
        ("PORT", "8000.5", "a whole number from 1 to 65535"),
        ("PORT", "٨٠٠٠", "a whole number from 1 to 65535"),
        ("PORT", "9" * 5000, "a whole number from 1 to 65535"),
        ("SMTP_PORT", "-1", "a whole number from 1 to 65535"),
        ("BIND_ADDRESS", "everywhere", "an IP address"),
        ("DEBUG", "maybe", "yes or no"),
        ("DEMO", "2", "yes or no"),
        ("DATABASE_URL", "mysql://host/db", "postgres://user:password@host:5432/database"),
        ("DATABASE_URL", "postgres://host", "postgres://user:password@host:5432/database"),
        ("DATABASE_URL", "postgres://user:password@host:port/db", "postgres://user:password@host:5432/database"),
        ("DATABASE_URL", "postgres://[host/db", "postgres://user:password@host:5432/database"),
        ("DATABASE_POOL_SIZE", "many", "a whole number from 0 to 500"),
        ("REDIS_URL", "localhost:6379", "redis://host:6379/0"),
        ("REDIS_URL", "redis://host/first", "redis://host:6379/0"),
        ("REDIS_URL", "redis://", "redis://host:6379/0"),
        ("REDIS_PREFIX", "a b", "letters, digits"),
        ("EMAIL_URL", "mail.example.com", "smtp://user:password@host:25"),
        ("EMAIL_URL", "smtp://", "smtp://user:password@host:25"),
        ("EMAIL_URL", "smtp://host:smtp", "smtp://user:password@host:25"),
        ("SITE_URL", "help.example.com", "an address like https://help.example.com"),
        ("SITE_URL", "https://help.example.com/desk", "without a path"),
        ("STORAGE_URL", "/srv/files", "file:///absolute/folder"),
        ("STORAGE_URL", "file:///", "file:///absolute/folder"),
        ("STORAGE_URL", "file://srv/files", "file:///absolute/folder"),
        ("STORAGE_URL", "s3://key:secret@host", "s3://key:secret@host/bucket"),
        ("LOG_LEVEL", "LOUD", "one of DEBUG, INFO"),
        ("LOG_FORMAT", "xml", "one of text, json"),
        ("TICKET_NUMBER_SCHEME", "random", "one of date_checksum, date, increment"),
        ("SYSTEM_ID", "A1", "one to four digits"),
        ("DEFAULT_LANGUAGE", "de", "one of hu, en"),
        ("TIME_ZONE", "Budapest", "a time zone like Europe/Budapest"),
        ("TIME_ZONE", "../../etc/passwd", "a time zone like Europe/Budapest"),
        ("MAIL_MAX_BYTES", "50MB", "a whole number from"),
        ("WEB_WORKERS", "0", "a whole number from 1"),
        ("VAR_DIR", __file__, "a folder"),
        ("SECRET_KEY", "short", "at least 32 characters"),
    ],
)
def test_a_bad_value_is_refused_by_name_in_one_line(name: str, value: str, expected: str) -> None:
    said = refused(**{name: value})
    assert [line for line in said.splitlines() if line.startswith(name + " ")], said
    assert expected in said


def test_all_bad_values_are_named_at_once() -> None:
    said = refused(PORT="x", TIME_ZONE="Mars", LOG_LEVEL="LOUD").splitlines()
    assert [line.split()[0] for line in said] == ["PORT", "LOG_LEVEL", "TIME_ZONE"]


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "EMAIL_URL", "STORAGE_URL", "SITE_URL"])
def test_a_password_in_a_bad_address_is_not_repeated(name: str) -> None:
    assert "hunter2" not in refused(**{name: "ftp://user:hunter2@host/x"})
    assert "hunter2" not in refused(**{name: "ftp://user:hunter2@ho st:x/x"})


def test_an_outside_database_needs_a_key_of_ones_own() -> None:
    assert "SECRET_KEY is not set" in refused(DATABASE_URL="postgres://u:p@h/d")
    assert "SECRET_KEY is not set" in refused(SITE_URL="https://help.example.com")


def test_an_owner_without_a_database_is_refused() -> None:
    assert "DATABASE_URL" in refused(DATABASE_OWNER_URL="postgres://u:p@h/d", SECRET_KEY=KEY)


def test_the_owner_is_the_application_when_none_is_named() -> None:
    config = read_config({"DATABASE_URL": "postgres://u:p@h/d", "SECRET_KEY": KEY})
    assert config.database_owner_url == config.database_url
    assert not config.demo


def test_a_database_address_may_name_a_folder_of_sockets() -> None:
    found = env.database_settings("postgres://ticketdesk@%2Frun%2Fpostgresql/desk?sslmode=disable")
    assert found["HOST"] == "/run/postgresql"
    assert found["OPTIONS"] == {"sslmode": "disable"}


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://mail.example.com", 25, False, False),
        ("smtp+tls://mail.example.com", 587, True, False),
        ("smtp+ssl://mail.example.com", 465, False, True),
        ("smtps://mail.example.com:2465", 2465, False, True),
    ],
)
def test_an_email_address_says_how_to_encrypt(url: str, port: int, tls: bool, ssl: bool) -> None:
    server = read_config({"EMAIL_URL": url}).email
    assert server is not None
    assert (server.host, server.port, server.use_tls, server.use_ssl) == ("mail.example.com", port, tls, ssl)


def test_an_email_password_may_hold_any_character() -> None:
    server = read_config({"EMAIL_URL": "smtp://help%40example.com:p%40ss%3A%2F@mail.example.com"}).email
    assert server is not None
    assert (server.user, server.password) == ("help@example.com", "p@ss:/")


def test_storage_may_be_a_bucket_of_ones_own_server() -> None:
    storage = read_config({"STORAGE_URL": "s3://key:se%2Fcret@s3.example.com:9000/files/desk?region=eu"}).storage
    assert (storage.endpoint, storage.bucket, storage.prefix) == ("https://s3.example.com:9000", "files", "desk")
    assert (storage.access_key, storage.secret_key, storage.region) == ("key", "se/cret", "eu")
    assert read_config({"STORAGE_URL": "s3://files"}).storage.bucket == "files"


def manage(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "run"],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], "ENV_FILE": "", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_bad_value_ends_the_start_without_a_traceback(tmp_path: Path) -> None:
    done = manage(VAR_DIR=str(tmp_path), PORT="x")
    assert done.returncode == env.EX_CONFIG
    assert done.stderr == "PORT is 'x'; expected a whole number from 1 to 65535.\n"
    assert list(tmp_path.iterdir()) == []


def test_a_file_sets_what_the_environment_does_not(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("PORT=y\nSYSTEM_ID=zz\n")
    done = manage(VAR_DIR=str(tmp_path), ENV_FILE=str(file), PORT="8000")
    assert done.stderr == "SYSTEM_ID is 'zz'; expected one to four digits.\n"


def variables_of_the_code() -> set[str]:
    found = re.findall(r'(?:attempt\(read\.\w+, |read\.(?:text|words)\()"([A-Z_]+)"', Path(env.__file__).read_text())
    return set(found)


def test_every_variable_is_in_the_example_and_in_the_handbook() -> None:
    names = variables_of_the_code()
    assert len(names) >= len(fields(Config)) - 1  # the example stays true only if this finds them all
    example = (BASE_DIR / ".env.example").read_text()
    handbook = (BASE_DIR / "docs" / "operations.md").read_text()
    assert sorted(name for name in names if f"#{name}=" not in example) == []
    assert sorted(name for name in names if f"`{name}`" not in handbook) == []
