"""A running house with demo data, and a real Chromium to walk through it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect, sync_playwright

from tests.browser.sitemap import ENGLISH_ADMIN, find_samples
from tests.house import House

# The shell comes first: it is the same engine without the windows, menus and profile that no test looks at.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in BROWSERS if (path := shutil.which(name))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

SignIn = Callable[..., Page]

expect.set_options(timeout=15_000)  # ms; as long as the page's own patience, so that a busy machine is no failure


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They come first, on one worker, while the other runs the rest; without Chromium they are skipped.

    The house and the browser end with them: Playwright's
    loop would be in the way of later tests with a loop of their own.
    """
    items.sort(key=lambda item: "tests/browser" not in item.nodeid)
    for item in items:
        if "tests/browser" not in item.nodeid:
            continue
        item.add_marker(pytest.mark.browser)
        if CHROMIUM is None:
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine (apt-get install chromium)"))


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The product at work. HOUSE_VAR_DIR keeps its data between runs, which makes the next start quick."""
    kept = os.environ.get("HOUSE_VAR_DIR")
    with House(Path(kept) if kept else tmp_path_factory.mktemp("house") / "var") as running:
        yield running


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all; each test has contexts of its own in it."""
    assert CHROMIUM is not None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def cookies_of(house: House, chromium: Browser) -> Callable[[str], list[Any]]:
    """The cookies of somebody who signed in by the sign-in page; done once for each person."""
    known: dict[str, list[Any]] = {}

    def sign_in_once(who: str) -> list[Any]:
        if who not in known:
            context = chromium.new_context(base_url=house.url)
            page = context.new_page()
            email, password = credentials(who)
            page.goto("/account/login/")
            page.locator("input[name=login]").fill(email)
            page.locator("input[name=password]").fill(password)
            page.locator("input[name=password]").press("Enter")
            page.wait_for_url(lambda url: "/account/" not in url)
            known[who] = list(context.cookies())
            context.close()
        return known[who]

    return sign_in_once


@pytest.fixture(scope="package")
def samples(house: House) -> dict[str, Any]:
    """Numbers and keys of things in the demo."""
    return find_samples(house)


@pytest.fixture(scope="package")
def english(house: House, chromium: Browser, cookies_of: Callable[[str], list[Any]]) -> None:
    """One administrator reads English from now on."""
    context = chromium.new_context(base_url=house.url)
    context.add_cookies(cookies_of(ENGLISH_ADMIN))
    page = context.new_page()
    page.goto("/profile/")
    page.locator("select[name=language]").select_option("en")
    page.locator("form:has(select[name=language]) button[type=submit]").last.click()
    page.locator("html[lang=en]").wait_for()
    context.close()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What browsers complained of during the test: script errors, the CSP, parts that did not load. Must stay empty."""
    heard: list[str] = []
    yield heard
    assert heard == []


@pytest.fixture
def sign_in(
    house: House, chromium: Browser, cookies_of: Callable[[str], list[Any]], complaints: list[str]
) -> Iterator[SignIn]:
    """Somebody at a browser of his own: `sign_in("anna")`, or a stranger: `sign_in(None)`.

    A page that writes an error to the console, or is refused something by the CSP, fails the test.
    """
    contexts: list[BrowserContext] = []

    def enter(who: str | None, **options: Any) -> Page:
        context = chromium.new_context(**{"viewport": WIDE, "locale": "en-GB", "base_url": house.url} | options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        if who is not None:
            context.add_cookies(cookies_of(who))
        context.on("page", lambda page: listen(page, lambda: complaints))
        return context.new_page()

    yield enter
    for context in contexts:
        context.close()


def listen(page: Page, hearer: Callable[[], list[str]]) -> None:
    """Tell the hearer of the moment every complaint of this page."""
    page.on("pageerror", lambda error: hearer().append(f"{page.url}: {error}"))
    page.on("console", lambda line: hearer().append(f"{page.url}: {line.text}") if is_complaint(line) else None)
    page.on("response", lambda got: hearer().append(f"{got.status} {got.url}") if is_missing(got) else None)


def is_complaint(line: ConsoleMessage) -> bool:
    """Errors count, except the browser's own note about a status that a test asked for (404, 422)."""
    return line.type == "error" and "Failed to load resource" not in line.text


def is_missing(got: Response) -> bool:
    """A style, script, font or picture that is not there, or a fault of the server."""
    return got.status >= 500 or (got.status >= 400 and "/static/" in got.url)


def credentials(who: str) -> tuple[str, str]:
    """Address and password of one of the demo's people, by the name the demo has for him."""
    from tickets.demo.people import LOGINS, PASSWORD, email_of

    if who not in {name for _role, name in LOGINS}:
        raise LookupError(f"the demo has no sign-in for {who}")
    email = email_of(who)
    assert email is not None
    return email, PASSWORD


def said(text: str, context: str = "") -> str:
    """What a page in Hungarian says for an English text of the product."""
    from django.utils import translation

    with translation.override("hu"):
        return translation.pgettext(context, text) if context else translation.gettext(text)
