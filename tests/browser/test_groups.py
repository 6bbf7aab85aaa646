"""Groups in a real browser: made by hand and by key, read live, closed with exceptions, answered in the portal."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, SignIn
from tests.browser.letters import letter, newcomer, send
from tests.browser.sitemap import CUSTOMER, PAGES, PageEntry
from tests.browser.test_accessibility import COLOURS, violations
from tests.browser.test_pages import LAYOUT, NARROWER
from tests.browser.test_walk import opened_by_mail
from tests.house import House

NAMES = {"groups", "new_group", "group_from_tag", "group", "group_history", "add_to_group"}
NAMES |= {"edit_group", "group_outage", "close_group", "group_closing"}
ENTRIES = [entry for entry in PAGES if entry.name.removeprefix("tickets:") in NAMES or entry.hint == "by-group"]


def opened(house: House, count: int, mark: str) -> dict[str, str]:
    """Tickets of as many reporters: their addresses by the tickets' numbers."""
    senders = [newcomer("group") for _n in range(count)]
    return {
        opened_by_mail(house, sender, "Group Reporter", f"Down {mark} {n}"): sender for n, sender in enumerate(senders)
    }


def group_them(page: Page, numbers: list[str], title: str) -> None:
    """From the selection in the inbox, by key, to the group's page."""
    page.goto("/inbox/teams/?q=" + title.split()[-1])
    for number in numbers:
        page.locator(f"#select-{number}").check()
    page.keyboard.press("g")
    page.locator("#bulk-group").fill(title)
    page.locator(".bulk button[value=group]").click()
    dialog = page.locator("#dialog[open]")
    dialog.locator(".dry-run").wait_for()
    dialog.locator("footer button[type=submit]").click()
    dialog.locator(".bulk-result footer a[href*='/groups/']").click()
    page.wait_for_url("**/groups/*/")


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_the_pages_are_read_by_everybody_and_fit(
    entry: PageEntry,
    house: House,
    chromium: Browser,
    cookies_of: Callable[[str], list[Any]],
    samples: dict[str, Any],
) -> None:
    context = chromium.new_context(base_url=house.url, locale="hu", bypass_csp=True)
    context.add_cookies(cookies_of(entry.who))
    page = context.new_page()
    page.goto(entry.address.format_map(samples))
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, COLOURS) == [], "in the dark"
    found = {}
    for width in NARROWER:
        page.set_viewport_size({"width": width, "height": 844})
        if problems := page.evaluate(LAYOUT):
            found[width] = problems
    assert found == {}
    page.set_viewport_size({"width": PHONE["width"], "height": page.evaluate("document.body.scrollHeight") * 2})
    assert violations(page) == [], "on a phone"
    context.close()


def test_a_selection_becomes_a_group_that_is_read_live_and_closed(house: House, sign_in: SignIn) -> None:
    mark = uuid.uuid4().hex[:6]
    senders = opened(house, 3, mark)
    numbers = list(senders)
    page = sign_in("anna")
    group_them(page, numbers[:2], f"Outage {mark}")
    members = page.locator("#_group_members tbody tr")
    expect(members).to_have_count(2)
    expect(page.locator("svg.chart rect")).not_to_have_count(0)

    # A colleague puts the third one in, by typing on its page; the group's page follows.
    other = sign_in("grace")
    other.goto(f"/ticket/{numbers[2]}/")
    other.keyboard.press("g")  # alone, after the moment in which a second letter might come
    field = other.locator("#props-group")
    expect(field).to_be_focused()
    field.fill(f"Outage {mark}")
    expect(other.locator("#group-choices option")).to_have_count(1)
    field.press("Enter")
    expect(other.locator(".tag-group")).to_contain_text(mark)
    expect(members).to_have_count(3)

    # Undo takes it out again, and once more brings it back.
    other.locator(".toast button[data-key=z]").last.click()
    expect(other.locator(".tag-group")).to_have_count(0)
    expect(members).to_have_count(2)
    other.locator(".toast button[data-key=z]").last.click()
    expect(members).to_have_count(3)

    # Closed with one exception.
    page.locator("#group-close").click()
    page.wait_for_url("**/close/")
    page.locator(f"#pick-{numbers[0]}").check()
    page.locator("#some-leave").click()
    expect(page.locator("#closing-counts li").nth(2)).to_contain_text("1")
    expect(page.locator("#some-leave")).to_be_focused()
    page.locator("#choice-ask").check()
    expect(page.locator("#closing-counts li").nth(1)).to_contain_text("2")
    expect(page.locator("#choice-ask")).to_be_focused()
    page.locator("#choice-close").check()
    expect(page.locator("#closing-counts li").nth(0)).to_contain_text("2")
    page.locator("#closing-start").click()
    page.wait_for_url("**/closing/")
    expect(page.locator("#_closing_result tbody tr")).to_have_count(3)
    page.locator(".crumbs a").click()
    expect(page.locator("#group-reopen")).to_be_visible()

    # A reporter writes again: his own ticket opens, the closed group says so.
    sender = senders[numbers[1]]
    acknowledged = house.sink.wait_for(sender)[0]
    send(house, letter(sender, "Group Reporter", f"Re: Down {mark} 1", "Still down.", answers=acknowledged))
    expect(page.locator("#group-followed")).to_be_visible(timeout=30_000)
    expect(page.locator("#group-reopen")).to_be_visible()


def test_what_a_group_says_of_itself_is_changed_in_a_dialog(house: House, sign_in: SignIn) -> None:
    mark = uuid.uuid4().hex[:6]
    page = sign_in("anna")
    page.goto("/groups/")
    page.locator("a[href='/groups/new/']").click()
    dialog = page.locator("#dialog[open]")
    dialog.locator("[name=title]").fill(f"Printer {mark}")
    dialog.locator("[name=tags]").fill("nincs-ilyen-cimke")
    dialog.locator("footer .btn-primary").click()
    expect(dialog.locator(".error-summary")).to_be_visible()
    dialog.locator("[name=tags]").fill("")
    dialog.locator("footer .btn-primary").click()
    page.wait_for_url(re.compile(r"/groups/\d+/$"))
    page.locator("#group-more").click()
    page.locator("#group-outage").click()
    dialog.locator("[name=text_hu]").fill(f"A nyomtatás áll {mark}.")
    dialog.locator("[name=is_shown]").check()
    dialog.locator("footer .btn-primary").click()
    expect(page.locator("#_group .banner[data-tone=warn]")).to_be_visible()

    customer = sign_in(CUSTOMER)
    customer.goto("/portal/new/")
    known = customer.locator(".banner", has_text=mark)
    known.locator("button").click()
    customer.wait_for_url("**/portal/requests/**")
    expect(customer.locator("h1")).to_contain_text(f"A nyomtatás áll {mark}")
    expect(page.locator("#_group_members tbody tr")).to_have_count(1)
    customer.goto("/portal/")
    assert customer.locator(".banner", has_text=mark).locator("button").count() == 0


def test_a_reporter_who_is_asked_answers_in_the_portal(sign_in: SignIn, house: House) -> None:
    page = sign_in("anna", java_script_enabled=False)  # and it all works without script
    mark = uuid.uuid4().hex[:6]
    customer = sign_in(CUSTOMER, bypass_csp=True)
    customer.goto("/portal/new/")
    customer.locator("#id_title").fill(f"Asked {mark}")
    customer.locator("#id_text").fill("It does not work.")
    customer.locator("form[data-draft] button[type=submit]").click()
    customer.wait_for_url("**/portal/requests/**")
    number = customer.url.split("/requests/")[1].split("/")[0]
    page.goto(f"/ticket/{number}/")
    page.locator("summary[data-key=g]").click()
    page.locator("#props-group").fill(f"Asked {mark}")
    page.locator("button[name=do][value=open]").click()
    page.locator(".tag-group a").first.click()
    page.locator("#group-close").click()
    page.locator("#choice-ask").check()
    page.locator("#closing-start").click()
    page.wait_for_url("**/closing/")
    customer.goto(f"/portal/requests/{number}/")
    question = customer.locator("#confirm")
    assert violations(customer, within="#confirm") == []
    question.locator("button[value=no]").click()
    expect(customer.locator("#confirm")).to_have_count(0)
    page.reload()
    expect(page.locator("#_closing_result .badge[data-tone=bad]")).to_be_visible()
