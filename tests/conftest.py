"""Real PostgreSQL and Redis for every test, under VAR_DIR=var/test; nothing outside this machine is spoken to.

Tests see the database as the application's role, which owns nothing, so that a missing or excessive right shows.
The cast and the builders are in `tests.cast` and `tests.make`.
"""

from __future__ import annotations

import fcntl
import importlib.util
import itertools
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import psycopg
    from pytest_django.plugin import DjangoDbBlocker

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("TEST_VAR_DIR", BASE_DIR / "var" / "test"))
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
# Set by the first process and inherited by xdist's workers: the run's own process number.
RUN = int(os.environ.setdefault("TICKETDESK_TEST_RUN", str(os.getpid())))
RUN_DIR = VAR_DIR / "runs" / f"{RUN}_{WORKER}"

# What a developer has in his shell or .env is none of the tests' business.
for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_POOL_SIZE", "REDIS_URL", "EMAIL_URL", "ALLOWED_HOSTS"):
    os.environ.pop(name, None)
os.environ.update(
    ENV_FILE="",
    DJANGO_SETTINGS_MODULE="ticketdesk.settings",
    VAR_DIR=str(VAR_DIR),
    SECRET_KEY="for-tests-only-" + "x" * 50,
    SITE_URL="http://testserver",
    STORAGE_URL=f"file://{RUN_DIR / 'attachments'}",
    REDIS_PREFIX=f"test-{RUN}-{WORKER}",
    LOG_LEVEL="WARNING",
    DEBUG="no",
)

if importlib.util.find_spec("tests.cast"):
    pytest_plugins = ["tests.cast"]


def pytest_configure() -> None:
    """Loosen what would only slow tests down."""
    from django.conf import settings

    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of a missing folder
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    # Every test client builds the middleware anew; without this WhiteNoise would list all static files each time.
    settings.WHITENOISE_AUTOREFRESH = True
    settings.PASSWORD_HASHERS = [
        "tests.quick_hasher.QuickHasher",
        *settings.PASSWORD_HASHERS,
    ]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart() -> None:
    """Keep the settings' name from xdist's workers, which start now.

    With it they would read the settings before this file gives each a storage and a prefix of its own.
    """
    if WORKER == "main":
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One worker walks through all of the browser's tests, which share a house; the others take the rest one by one.

    By folder, since the mark that groups tests is not seen by the workers of this pytest.
    """
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class OneHouse(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return "house" if nodeid.startswith("tests/browser/") else nodeid

    return OneHouse(config, log)


@pytest.fixture(scope="session")
def servers() -> Iterator[None]:
    """The embedded PostgreSQL and Redis, started or joined; the last run to end stops them."""
    from ticketdesk.embedded import Servers

    embedded = Servers(VAR_DIR, fast=True)
    embedded.start()
    yield
    embedded.stop()
    shutil.rmtree(RUN_DIR, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker, servers: None) -> Iterator[None]:
    """This process's own database instead of Django's test database, which would belong to the application."""
    from django.test import TransactionTestCase

    from tests import database

    with django_db_blocker.unblock(), database.test_database(RUN, WORKER) as name:
        # A transactional test cleans up as the superuser: the application's role may not, and triggers refuse.
        def clean_up(case: TransactionTestCase) -> None:
            database.restore_pristine(name)

        TransactionTestCase._fixture_teardown = clean_up  # type: ignore[attr-defined]
        yield


_tests = itertools.count()


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    """Each test has a cache of its own (rate limits live there). Not by clearing: that would empty the whole Redis."""
    from django.conf import settings
    from django.core.cache import caches

    prefix = f"{settings.REDIS_PREFIX}cache{next(_tests)}"
    settings.CACHES["default"]["KEY_PREFIX"] = prefix
    caches["default"].key_prefix = prefix


@pytest.fixture(autouse=True)
def own_language() -> None:
    """Each test begins in the house's language and zone; an earlier request has left its reader's in this thread."""
    from django.utils import timezone, translation

    translation.deactivate()
    timezone.deactivate()


@pytest.fixture
def superuser_cursor(transactional_db: None) -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
    """The test's database as its superuser, each statement committed at once: the attacker who holds every right.

    Triggers that the test disables are enabled again, and all rows go back to what the migrations left.
    """
    from django.db import connection

    from tests import database

    with database.superuser(connection.settings_dict["NAME"]) as direct, direct.cursor() as cursor:
        before = database.trigger_states(direct)
        yield cursor
        direct.execute("RESET ALL")
        database.restore_triggers(direct, before)


@pytest.fixture
def owner_cursor(transactional_db: None) -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
    """The test's database as the owner of the tables, each statement committed at once."""
    import psycopg
    from django.db import connection

    from ticketdesk import embedded

    found = connection.settings_dict
    with (
        psycopg.connect(host=found["HOST"], dbname=found["NAME"], user=embedded.OWNER_ROLE, autocommit=True) as direct,
        direct.cursor() as cursor,
    ):
        yield cursor


@pytest.fixture(scope="session")
def beside(django_db_setup: None) -> dict[str, str]:
    """The environment of another process of the product on this process's database."""
    from urllib.parse import quote

    from django.db import connection

    found = connection.settings_dict
    return {
        **os.environ,
        "DATABASE_URL": f"postgres://{found['USER']}@{quote(found['HOST'], safe='')}/{found['NAME']}",
        "TICKETDESK_SERVERS_KEPT": str(VAR_DIR),
    }


@pytest.fixture(scope="session")
def _web(beside: dict[str, str]) -> Iterator[str]:
    """The product's web server on this process's database, as `make run` starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**beside, "PORT": str(port), "SITE_URL": f"http://localhost:{port}"}
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    with (VAR_DIR / "collectstatic.lock").open("a") as lock:  # several workers share the folder
        fcntl.flock(lock, fcntl.LOCK_EX)
        _manage(environment, "collectstatic", "--noinput", "--verbosity=0")
    log_path = RUN_DIR / "web.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("wb") as log:
        web = subprocess.Popen(
            [sys.executable, "manage.py", "web"], cwd=BASE_DIR, env=environment, stdout=log, stderr=log
        )
    try:
        url = f"http://localhost:{port}"
        deadline = time.monotonic() + 60
        while not _answers(f"{url}/health/live"):
            if web.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"The web server did not start:\n{log_path.read_text()}")
            time.sleep(0.1)
        yield url
    finally:
        web.terminate()
        web.wait(30)


@pytest.fixture
def live(_web: str, transactional_db: None) -> str:
    """The address of a running web server (HTTP and websockets) that sees what the test commits."""
    return _web


def _manage(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=BASE_DIR, env=environment, check=True)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
