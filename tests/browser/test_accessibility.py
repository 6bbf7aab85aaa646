"""Each page before axe-core: no violation, light and dark; the main ones on a phone as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import PHONE, WIDE
from tests.browser.sitemap import PAGES, PageEntry
from tests.house import House

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Frames hold the sender's own markup; axe's script does not run in a sandbox without scripts anyway.
CHECK = """async ([rules, only, within]) => {
  const found = await axe.run({include: [[within]], exclude: [['iframe']]}, {
    iframes: false, resultTypes: ['violations'],
    runOnly: only ? {type: 'rule', values: only} : {type: 'tag', values: rules},
  });
  const why = (node) => node.any.concat(node.all).map((check) => check.message)[0];
  return found.violations.map((each) => `${each.id} (${each.help}): `
    + each.nodes.slice(0, 4).map((node) => `${node.target.join(' ')}: ${why(node)}`).join(' | '));
}"""
COLOURS = ["color-contrast", "link-in-text-block"]
# What a narrow page may break; the rest does not depend on the width.
SHAPES = [*COLOURS, "target-size", "scrollable-region-focusable", "region", "heading-order", "page-has-heading-one"]

Open = Callable[[PageEntry], Page]


@pytest.mark.parametrize("entry", PAGES, ids=str)
def test_axe_finds_nothing_on_the_page(entry: PageEntry, open_page: Open) -> None:
    page = open_page(entry)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, COLOURS) == [], "in the dark"
    page.emulate_media(color_scheme="light")
    if entry.is_main:
        # As long as the page is, so that the bar at the bottom lies over nothing.
        page.set_viewport_size({"width": PHONE["width"], "height": page.evaluate("document.body.scrollHeight") * 2})
        assert violations(page, SHAPES) == [], "on a phone"


def test_axe_finds_nothing_in_menus_dialogs_and_refusals(open_page: Open, samples: dict[str, Any]) -> None:
    ticket = next(entry for entry in PAGES if entry.name == "tickets:ticket")
    page = open_page(ticket)
    for opener in ("summary[data-key=s]", "summary[data-key=a]", "summary[data-key=p]", "summary[data-key=t]"):
        page.locator(opener).click()
        assert violations(page, within="details.menu[open]") == [], opener  # it lies over the rest
        page.keyboard.press("Escape")
    page.locator("[data-compose=note]").click()
    assert violations(page) == [], "the note"
    page.locator("textarea[name=note]").fill(" ")
    page.locator("button.if-note[type=submit]").click()
    page.locator("#write-error").wait_for()
    assert violations(page) == [], "a refused note"
    page.locator("h1").click()
    page.keyboard.press("?")
    page.locator("dialog#keys[open]").wait_for()
    assert violations(page) == [], "the keys"


def test_axe_finds_nothing_in_forms_that_were_refused(open_page: Open) -> None:
    for name in ("tickets:new", "tickets:portal_new", "tickets:setup_add_person", "account_login"):
        page = open_page(next(entry for entry in PAGES if entry.name == name))
        page.evaluate("() => document.querySelectorAll('form').forEach((form) => { form.noValidate = true; })")
        page.locator("main form[method=post] .btn-primary[type=submit]").first.click()
        page.locator(".error-summary, .banner[data-tone=bad]").first.wait_for()
        assert violations(page) == [], name


def violations(page: Page, only: list[str] | None = None, within: str = "html") -> list[str]:
    """What axe-core finds in this part of the page as it stands, in words."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    page.evaluate(
        # What lies in a closed menu moves too, but the browser never says that it has come to rest.
        "() => Promise.all(document.getAnimations().filter(each => each.effect.getComputedTiming()"
        ".endTime < Infinity && each.effect.target.checkVisibility()).map(each => each.finished.catch(() => 0)))"
    )
    return list(page.evaluate(CHECK, [RULES, only, within]))


@pytest.fixture(scope="module")
def open_page(
    house: House, chromium: Browser, cookies_of: Callable[[str], list[Any]], samples: dict[str, Any]
) -> Iterator[Open]:
    """Opens a page for its reader, in a browser that lets the checker's script in."""
    pages: dict[str, Page] = {}

    def look(entry: PageEntry) -> Page:
        if entry.who not in pages:
            context = chromium.new_context(base_url=house.url, locale="hu", bypass_csp=True)
            if entry.who:
                context.add_cookies(cookies_of(entry.who))
            pages[entry.who] = context.new_page()
        page = pages[entry.who]
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        page.goto(entry.address.format_map(samples))
        return page

    yield look
    for page in pages.values():
        page.context.close()
