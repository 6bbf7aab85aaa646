"""Merging in a real browser: the dialog and its preview, the joined page, the undo, links, pages open elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import PHONE, SignIn
from tests.browser.test_accessibility import violations
from tests.house import House

PAIR = """
from tests import make
from tickets.models import *
from tickets import promises, lifecycle
from django.utils import timezone
from datetime import timedelta
customer = make.person("Ódor Panna", None)
anna = User.objects.get(email__startswith="anna@")
team = Team.objects.get(name="Helpdesk")
older = make.ticket("Scanner is dead", team=team, customer=customer, text="It does not even light up.", owner=anna)
newer = make.ticket("Scanner dead again", team=team, customer=customer, text="Still dark.", owner=anna)
other = make.ticket("Power strip", team=team, customer=customer, text="Broken.", owner=anna)
promises.promise_answer(newer, who=anna, by_when=timezone.now() + timedelta(hours=5), by=anna)
print("PAIR", older.number, newer.number, other.number)
"""


@pytest.fixture
def pair(house: House) -> Iterator[tuple[str, str, str]]:
    """The older ticket, the newer one that says the same, and another one of the customer; closed afterwards."""
    found = house.manage("shell", "-v", "0", "-c", PAIR)
    line = next((line for line in found.stdout.splitlines() if line.startswith("PAIR ")), "")
    assert line, found.stdout + found.stderr
    older, newer, other = line.split()[1:]
    yield older, newer, other
    close = (
        "from tickets.models import *; from tickets import lifecycle\n"
        f"for t in Ticket.objects.open().filter(number__in={[older, newer, other]!r}):\n"
        "    lifecycle.change_status(t, to=Status.objects.get(code='solved'), by=None)"
    )
    house.manage("shell", "-v", "0", "-c", close)


def open_ticket(page: Page, number: str, rest: str = "") -> None:
    page.goto(f"/ticket/{number}/{rest}")
    expect(page.locator(".timeline")).to_be_visible()


def merge_by_key(page: Page, older: str, newer: str) -> None:
    open_ticket(page, newer)
    page.keyboard.press("i")
    dialog = page.locator("#dialog")
    expect(dialog.locator("h2")).to_be_visible()
    dialog.locator(f'input[name="into"][value="{older}"]').check()
    expect(dialog.locator(".merge-talk > li")).to_have_count(2)
    dialog.locator("button[type=submit]").last.click()
    page.wait_for_url(f"**/ticket/{older}/")


def test_the_key_opens_the_dialog_and_the_two_read_as_one_until_it_is_undone(
    sign_in: SignIn, pair: tuple[str, str, str]
) -> None:
    older, newer, _other = pair
    page = sign_in("anna")
    merge_by_key(page, older, newer)
    expect(page.locator(".timeline .entry")).to_have_count(2)
    expect(page.locator(".timeline .origin")).to_contain_text(newer)
    expect(page.locator(f"#_merged_{older}")).to_contain_text(newer)
    toast = page.locator("#toasts .toast")
    expect(toast).to_contain_text(newer)
    page.keyboard.press("z")
    page.wait_for_url(f"**/ticket/{newer}/")
    expect(page.locator(".timeline .entry")).to_have_count(1)
    expect(page.locator("form.composer")).to_be_visible()


def test_the_old_address_leads_on_and_alone_it_can_only_be_read(sign_in: SignIn, pair: tuple[str, str, str]) -> None:
    older, newer, _other = pair
    page = sign_in("anna")
    merge_by_key(page, older, newer)
    open_ticket(page, newer)
    expect(page).to_have_url(re.compile(rf"/ticket/{older}/\?from={newer}"))
    expect(page.locator(".merged-line[role=status]")).to_contain_text(newer)
    page.locator(".merged-line a").first.click()
    page.wait_for_url(f"**/ticket/{newer}/?alone*")
    expect(page.locator("form.composer")).to_have_count(0)
    expect(page.locator(f"#_merged_{newer}")).to_contain_text(older)
    page.locator(f"#_merged_{newer} form button").click()
    page.wait_for_url(f"**/ticket/{newer}/")
    expect(page.locator("form.composer")).to_be_visible()


def test_pages_that_are_open_elsewhere_follow(sign_in: SignIn, pair: tuple[str, str, str]) -> None:
    older, newer, _other = pair
    on_older, on_newer, page = sign_in("ben"), sign_in("root"), sign_in("anna")
    open_ticket(on_older, older)
    open_ticket(on_newer, newer)
    expect(on_older.locator(".timeline .entry")).to_have_count(1)
    merge_by_key(page, older, newer)
    expect(on_older.locator(".timeline .entry")).to_have_count(2)
    expect(on_older.locator(f"#_merged_{older}")).to_contain_text(newer)
    expect(on_newer.locator(f"#_merged_{newer}")).to_contain_text(older)
    page.locator(f"#_merged_{older} form button").click()
    page.wait_for_url(f"**/ticket/{newer}/")
    expect(on_older.locator(".timeline .entry")).to_have_count(1)
    expect(on_newer.locator(f"#_merged_{newer}")).to_be_hidden()


def test_a_blocker_is_linked_named_before_closing_and_unlinked(sign_in: SignIn, pair: tuple[str, str, str]) -> None:
    older, _newer, other = pair
    page = sign_in("anna")
    open_ticket(page, older)
    page.locator(f"#_links_{older} a[href$='/link/']").click()
    dialog = page.locator("#dialog")
    dialog.locator("select[name=relation]").select_option("blocked_by")
    dialog.locator("input[name=number]").fill(other)
    dialog.locator("button[type=submit]").last.click()
    panel = page.locator(f"#_links_{older}")
    expect(panel.locator("li")).to_have_count(1)
    page.keyboard.press("e")
    warning = page.locator(f"#_props_{older} .banner")
    expect(warning).to_contain_text(other)
    expect(warning).to_be_focused()
    panel.locator("li form button").click()
    expect(panel.locator("li")).to_have_count(0)


# --- for everyone ----------------------------------------------------------------------------------------------------


@pytest.fixture
def look(house: House, chromium: Browser, cookies_of: Callable[[str], list[Any]]) -> Iterator[Callable[..., Page]]:
    """A page that lets the checker's script in, in one of the themes."""
    contexts = []

    def enter(theme: str, **options: Any) -> Page:
        context = chromium.new_context(base_url=house.url, locale="hu", bypass_csp=True, color_scheme=theme, **options)  # type: ignore[arg-type]
        context.add_cookies(cookies_of("anna"))
        contexts.append(context)
        return context.new_page()

    yield enter
    for context in contexts:
        context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_dialog_and_the_joined_page_are_accessible_and_never_scroll_sideways(
    look: Callable[..., Page], pair: tuple[str, str, str], theme: str
) -> None:
    older, newer, other = pair
    page = look(theme)
    page.goto(f"/ticket/{newer}/merge/?into={older}")
    expect(page.locator(".merge-talk")).to_be_visible()
    assert violations(page) == []
    merge_by_key(page, older, newer)
    assert violations(page) == []
    page.goto(f"/ticket/{newer}/?alone")
    assert violations(page) == []
    page.goto(f"/ticket/{other}/link/")
    assert violations(page) == []
    for address in (
        f"/ticket/{older}/?from={newer}",
        f"/ticket/{newer}/?alone",
        f"/ticket/{other}/merge/?into={older}",
    ):
        for size in (PHONE, {"width": 1024, "height": 768}):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, size)
    small = page.evaluate(
        "() => [...document.querySelectorAll('.merged a, .merged button, .origin')].filter(each => "
        "each.offsetParent && each.getBoundingClientRect().height < 24).map(each => each.outerHTML)"
    )
    assert small == []


SIZES: tuple[ViewportSize, ...] = ({"width": 1440, "height": 900}, {"width": 390, "height": 844})
REPORTED_TWICE = """
from tests import make
from tickets.models import *
from tickets import merging
anna = User.objects.get(email__startswith="anna@")
customer = User.objects.get(email__startswith="kovacs.anna@")
team = Team.objects.get(name="Helpdesk")
older = make.ticket("The beamer stays dark", team=team, customer=customer, text="It does not even light up.")
newer = make.ticket("Beamer again", team=team, customer=customer, text="Still dark.")
merging.merge_ticket(newer, into=older, by=anna)
print("PAIR", older.number, newer.number)
"""


def test_in_the_portal_the_old_request_points_at_the_one_that_goes_on(house: House, sign_in: SignIn) -> None:
    found = house.manage("shell", "-v", "0", "-c", REPORTED_TWICE)
    older, newer = next(line for line in found.stdout.splitlines() if line.startswith("PAIR ")).split()[1:]
    page = sign_in("kovacs.anna", bypass_csp=True)
    pointer = page.locator("#_request_merged")
    for number, other in ((newer, older), (older, newer)):
        page.goto(f"/portal/requests/{number}/")
        expect(pointer).to_contain_text(other)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for size in SIZES:
                page.set_viewport_size(size)
                assert violations(page) == [], (number, scheme, size)
                assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), (number, size)
    page.goto(f"/portal/requests/{newer}/")
    pointer.get_by_role("link").click()
    page.wait_for_url(f"**/portal/requests/{older}/")
    expect(page.locator("#_request_talk")).to_contain_text("Still dark.")
