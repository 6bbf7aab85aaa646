"""Each page in Chromium: whole, quiet, in its language, not wider than the screen, its targets as large as fingers."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import sitemap
from tests.browser.conftest import PHONE, WIDE, listen
from tests.browser.not_pages import NOT_PAGES
from tests.browser.sitemap import PAGES, PageEntry
from tests.house import House

# A small laptop, 1280 px at 200 % zoom (which is a page of 640 CSS pixels), a phone.
NARROWER = (1024, 640, PHONE["width"])
# Words of the product's English pages that no Hungarian page holds, unless somebody's letter does.
ENGLISH = re.compile(
    r"\b(?:Save|Cancel|Close|Search|Sign in|Sign out|Password|Ticket|Tickets|Customer|Customers|Status|Owner|Priority"
    r"|Team|Teams|Reply|Note|Send|Attach|History|Settings|Language|Email|E-mail address|Address|Name|People|Mailbox"
    r"|Mailboxes|Back|Next|Previous|Add|Remove|Delete|Edit|Change|Open|Closed|New|Unassigned|Number|Title|Yes|No"
    r"|Required|This field|Please|Choose|Select|today|yesterday|tomorrow|minutes? ago|hours? ago|days? ago|never"
    r"|active|inactive|sent|queued|failed|Administrator|Agent|the|and|is|are|not|your|you)\b"
)
HUNGARIAN = re.compile(
    r"[őűŐŰ]|\b(?:Mentés|Mégse|Keresés|Jegy|Ügyfél|Állapot|Csapat|Válasz|Küldés|Vissza|és|nem|hogy|az)\b"
)
# The words of the page itself. Left out is what people wrote or are called, and what is named so in every language.
OWN_WORDS = """() => {
  const foreign = 'script, style, template, kbd, code, pre, .mono, [lang], .entry .text, .entry header b, '
    + '.talk article, .quote, .tag, .c-title, .c-who, .requests a, .brand, h1, .crumbs, title, option, textarea, dd, '
    + 'tbody td, .avatar, .person, .files, .hint b, .menu-list p, [data-names], .to';
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const said = [];
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (text && !holder.closest(foreign)) said.push(text);
  }
  for (const named of document.querySelectorAll('[aria-label], [placeholder], [title]')) {
    if (named.closest(foreign)) continue;
    for (const name of ['aria-label', 'placeholder', 'title']) {
      if (named.hasAttribute(name)) said.push(named.getAttribute(name));
    }
  }
  return said;
}"""
# Wider than the page, or a target that is too small: 24 px, unless it stands in a sentence (WCAG 2.5.8).
LAYOUT = """() => {
  const found = [];
  const root = document.scrollingElement;
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.querySelectorAll('main *, header *')].filter((each) => {
      const box = each.getBoundingClientRect();
      return box.right > root.clientWidth + 1 && box.width && !each.closest('.table-wrap, .tabs, dialog, .vh, pre')
    });
    found.push(`scrolls sideways: ${root.scrollWidth} > ${root.clientWidth}, by ${wide.slice(0, 3).map((each) =>
      `${each.localName}.${each.className}`).join(', ')}`);
  }
  for (const each of document.querySelectorAll('main :is(button, summary, a.btn, select, input:not([type=hidden]))')) {
    const box = (each.closest('label') || each).getBoundingClientRect();
    if (!each.checkVisibility({visibilityProperty: true}) || !box.width || each.closest('.vh, .link, iframe')) continue;
    if (each.matches('.vh, .link, .hide') || getComputedStyle(each).clipPath !== 'none') continue;
    if (box.height < 23.5 && getComputedStyle(each).display !== 'inline') {
      found.push(`small: ${each.outerHTML.slice(0, 90)} ${box.width.toFixed()}x${box.height.toFixed()}`);
    }
  }
  return found;
}"""

View = Callable[..., Page]


def test_every_address_is_either_a_page_that_is_looked_at_or_told_why_not() -> None:
    listed = {entry.name for entry in PAGES} | set(NOT_PAGES)
    assert sitemap.names_of_addresses() - listed == set()
    assert listed - sitemap.names_of_addresses() == {"403", "404"}


@pytest.mark.parametrize("entry", PAGES, ids=str)
def test_a_page_is_whole_in_hungarian_at_every_width(
    entry: PageEntry, view: View, complaints: list[str], shoot: Callable[[Page, PageEntry], None]
) -> None:
    page = view(entry, complaints)
    check_frame(page, "hu")
    found = [text for text in page.evaluate(OWN_WORDS) if ENGLISH.search(text)]
    assert found == [], f"English on a Hungarian page: {found}"
    for width in (WIDE["width"], *NARROWER):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(LAYOUT) == [], f"{width} px wide"
    shoot(page, entry)


@pytest.mark.parametrize("entry", PAGES, ids=str)
def test_a_page_speaks_english_to_those_who_want_it(entry: PageEntry, view: View, complaints: list[str]) -> None:
    page = view(entry, complaints, "en")
    check_frame(page, "en")
    found = [text for text in page.evaluate(OWN_WORDS) if HUNGARIAN.search(text)]
    assert found == [], f"Hungarian on an English page: {found}"


def check_frame(page: Page, language: str) -> None:
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("h1").count() == 1, page.locator("h1").all_inner_texts()
    assert page.locator("h1").inner_text().strip()
    assert re.fullmatch(r"\S.* · \S.*", page.title()), page.title()
    assert page.locator("main").count() == 1


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    heard: list[str] = []
    yield heard
    assert heard == []


@pytest.fixture(scope="module")
def view(
    house: House, chromium: Browser, cookies_of: Callable[[str], list[Any]], samples: dict[str, Any], english: None
) -> Iterator[View]:
    """Opens a page in its reader's browser, which is kept from one page to the next."""
    pages: dict[tuple[str, str], Page] = {}
    hearers: list[list[str]] = [[]]

    def look(entry: PageEntry, complaints: list[str], language: str = "hu") -> Page:
        who = reader(entry.who, language)
        hearers[0] = complaints
        if (who, language) not in pages:
            context = chromium.new_context(base_url=house.url, locale=language)
            if who:
                context.add_cookies(cookies_of(who))
            else:
                context.add_cookies([{"name": "django_language", "value": language, "url": house.url}])
            pages[who, language] = context.new_page()
            listen(pages[who, language], lambda: hearers[0])
        page = pages[who, language]
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        address = entry.address.format_map(samples_for(who, samples, language))
        answer = page.goto(address) or page.reload()  # another fragment of the same page is no new document
        assert answer is not None
        assert urlsplit(page.url).path == urlsplit(address).path, f"leads on to {page.url}"
        assert answer.status == (int(entry.name) if entry.name.isdigit() else 200), f"{answer.status} {page.url}"
        return page

    yield look
    for page in pages.values():
        page.context.close()


def reader(who: str, language: str) -> str:
    """The same sort of reader in this language."""
    if language == "hu" or not who:
        return who
    return {sitemap.CUSTOMER: sitemap.ENGLISH_CUSTOMER, sitemap.ADMIN: sitemap.ENGLISH_ADMIN}.get(
        who, sitemap.ENGLISH_AGENT
    )


def samples_for(who: str, samples: dict[str, Any], language: str) -> dict[str, Any]:
    """A link out of a mail speaks the language of whoever got the mail."""
    if who == sitemap.ENGLISH_CUSTOMER:
        return samples | {"own": samples["english"], "chat": samples["english_chat"]}
    if who == sitemap.ENGLISH_AGENT:
        return samples | {"chat": samples["english_chat"], "contact": samples["english_contact"]}
    if not who and language == "en":
        return samples | {"opting_out": samples["english_opting_out"], "stop": samples["english_stop"]}
    return samples


@pytest.fixture
def shoot(request: pytest.FixtureRequest) -> Callable[[Page, PageEntry], None]:
    """With SHOTS=1: pictures of the page, wide and on a phone, light and dark, into var/shots."""
    folder = Path(request.config.rootpath) / "var" / "shots"

    def take(page: Page, entry: PageEntry) -> None:
        if not os.environ.get("SHOTS"):
            return
        folder.mkdir(parents=True, exist_ok=True)
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=folder / f"{entry}-{size['width']}-{scheme}.png", animations="disabled")
        page.emulate_media(color_scheme="light")

    return take
