"""Two colleagues at once: asking and answering for a promise, the bell, mentions, absences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, SignIn, said
from tests.browser.letters import letter, newcomer, send
from tests.browser.test_accessibility import COLOURS, violations
from tests.house import House

NewTicket = Callable[[Page, str], tuple[str, str]]


@pytest.fixture
def new_ticket(house: House) -> NewTicket:
    """A ticket by mail, opened on somebody's page; its number and its title, which no other has."""

    def write(page: Page, title: str) -> tuple[str, str]:
        customer = newcomer("quentin")
        title = f"{title} {customer.split('@')[0]}"
        page.goto("/inbox/unassigned/")
        send(house, letter(customer, "Quentin Reed", title, "Could you have a look, please?"))
        row = page.locator("tr", has_text=title)
        expect(row).to_be_visible(timeout=20_000)
        number = row.locator(".c-num").inner_text().strip()
        page.goto(f"/ticket/{number}/")
        return number, title

    return write


def bell(page: Page) -> str:
    """What it says now. It only grows while nobody looks: the demo's promises come due meanwhile."""
    return page.locator("#_bell").inner_text()


def ask(page: Page, name: str) -> None:
    page.locator("summary.promise-state").click()
    page.locator("#promise-who").select_option(label=name)
    page.locator(".promise-form .moments label").nth(1).click()
    page.locator(".promise-form button[type=submit]").click()


def note(page: Page, text: str) -> None:
    page.locator("[data-compose=note]").click()
    page.locator("textarea[name=note]").fill(text)
    page.locator("button.if-note[type=submit]").click()
    expect(page.locator("article.entry", has_text=text)).to_be_visible()


def test_a_colleague_is_asked_hears_of_it_at_once_and_accepts(sign_in: SignIn, new_ticket: NewTicket) -> None:
    anna, ben = sign_in("anna"), sign_in("ben")
    ben.goto("/promises/")
    before = bell(ben)
    number, title = new_ticket(anna, "The projector in room 4 flickers")
    ask(anna, "Szalai Ben")
    expect(anna.locator("summary.promise-state")).to_contain_text("Szalai Ben")
    expect(anna.locator("summary.promise-state")).to_contain_text(said("asked", "of a promise"))

    # without a reload: the bell, its menu, the list
    expect(ben.locator("#_bell")).not_to_have_text(before, timeout=10_000)
    row = ben.locator(".promise-rows li", has_text=title)
    expect(row).to_be_visible(timeout=10_000)
    ben.locator(".bell-menu > summary").click()
    expect(ben.locator("#_notice_menu a", has_text=title)).to_have_attribute("data-unseen", "")
    ben.keyboard.press("Escape")
    row.get_by_role("button", name=said("Accept")).click()
    expect(row.locator(".promise-answers")).to_have_count(0)
    expect(anna.locator("summary.promise-state .badge")).to_have_count(0, timeout=10_000)

    # opening the ticket sees its notices
    ben.goto(f"/ticket/{number}/")
    expect(ben.locator("summary.promise-state")).to_contain_text("Szalai Ben")
    ben.goto("/notices/?show=unseen")
    expect(ben.locator(".notice", has_text=title)).to_have_count(0)


def test_a_colleague_proposes_another_time_and_one_who_declines_says_why(
    sign_in: SignIn, new_ticket: NewTicket
) -> None:
    anna, ben = sign_in("anna"), sign_in("ben")
    number, _title = new_ticket(anna, "The door of the archive beeps")
    ask(anna, "Szalai Ben")
    ben.goto(f"/ticket/{number}/")
    asked = ben.locator(".promise-ask")
    asked.get_by_text(said("Another time"), exact=True).click()
    asked.locator(".moments label", has_text=said("another time")).click()
    asked.locator("input[name=exact]").fill("2031-05-06T10:30")
    asked.get_by_role("button", name=said("Propose")).click()
    agree = anna.locator(".promise-ask", has_text="10:30").get_by_role("button", name=said("Agree"))
    expect(agree).to_be_visible(timeout=10_000)
    agree.click()
    expect(anna.locator("summary.promise-state")).to_contain_text("10:30")

    ask(anna, "Szalai Ben")
    expect(asked).to_be_visible(timeout=10_000)
    asked.locator("summary", has_text=said("Decline")).click()
    asked.locator("textarea[name=reason]").fill("I am at the other site until Friday.")
    asked.locator("form:has(textarea) button[type=submit]").click()
    reason = anna.locator("article.entry", has_text="I am at the other site until Friday.")
    expect(reason).to_have_attribute("data-kind", "note", timeout=10_000)
    expect(anna.locator("summary.promise-state")).to_contain_text(said("No promise"))


def test_of_two_who_ask_the_second_is_told_what_happened_meanwhile(sign_in: SignIn, new_ticket: NewTicket) -> None:
    anna, cora = sign_in("anna"), sign_in("root")
    number, _title = new_ticket(anna, "The blinds are stuck")
    cora.goto(f"/ticket/{number}/")
    cora.locator("summary.promise-state").click()  # an open menu is not swapped under the hand
    ask(anna, "Szalai Ben")
    expect(anna.locator("summary.promise-state")).to_contain_text("Szalai Ben")
    cora.locator("#promise-who").select_option(label="Tóth Dóra")
    cora.locator(".promise-form button[type=submit]").click()
    banner = cora.locator(f"#_props_{number} .banner[role=alert]")
    expect(banner).to_contain_text("Szalai Ben")
    expect(cora.locator("summary.promise-state")).to_contain_text("Szalai Ben")


def test_a_mention_rings_the_colleague_s_bell_and_watching_tells_of_changes(
    sign_in: SignIn, new_ticket: NewTicket
) -> None:
    anna, ben = sign_in("anna"), sign_in("ben")
    ben.goto("/inbox/")
    before = bell(ben)
    number, title = new_ticket(anna, "The kettle trips the fuse")
    note(anna, "@Szalai Ben, is this yours? @Nobody Known")
    expect(anna.locator(".mention")).to_have_text(["@Szalai Ben"])
    expect(ben.locator("#_bell")).not_to_have_text(before, timeout=10_000)
    ben.goto(f"/ticket/{number}/")
    ben.locator(".page-head details.menu > summary").click()
    ben.get_by_role("button", name=said("Watch", "button")).click()
    expect(ben.locator(".watched")).to_be_visible()
    ben.goto("/inbox/")
    before = bell(ben)
    note(anna, "It is the fuse of the second floor.")
    expect(ben.locator("#_bell")).not_to_have_text(before, timeout=10_000)
    ben.goto("/notices/")
    expect(ben.locator(".notice", has_text=title)).to_be_visible()


def test_an_absence_is_set_warns_who_asks_and_offers_the_deputy(sign_in: SignIn, new_ticket: NewTicket) -> None:
    ivan, anna = sign_in("ivan"), sign_in("anna")
    ivan.goto("/away/")
    day = ivan.evaluate("new Date().toLocaleDateString('sv', {timeZone: 'Europe/Budapest'})")
    ivan.locator("input[name=first_day]").fill(day)
    ivan.locator("input[name=last_day]").fill("2031-01-31")
    ivan.locator("select[name=deputy]").select_option(label="Horváth Máté")
    ivan.locator("#absence form:has(select) button[type=submit]").click()
    expect(ivan.locator("#absence .rows")).to_contain_text("Horváth Máté")

    new_ticket(anna, "The printer prints in pink")
    anna.locator("summary.promise-state").click()
    option = anna.locator("#promise-who option", has_text="Nagy Iván")
    assert "Horváth Máté" in option.inner_text()
    anna.locator("#promise-who").select_option(value=option.get_attribute("value"))
    anna.locator(".promise-form button[type=submit]").click()
    warning = anna.locator(".promise-warning")
    expect(warning).to_be_visible()
    warning.get_by_role("button", name="Horváth Máté").click()
    expect(anna.locator("summary.promise-state")).to_contain_text("Horváth Máté")

    ivan.locator("#absence .rows button").click()
    expect(ivan.locator("#absence .rows")).to_have_count(0)


def test_axe_finds_nothing_in_the_bell_the_promise_and_the_absence(
    house: House, chromium: Browser, cookies_of: Callable[[str], list[Any]], samples: dict[str, Any]
) -> None:
    context = chromium.new_context(base_url=house.url, locale="hu", bypass_csp=True)
    context.add_cookies(cookies_of("anna"))
    page = context.new_page()
    page.goto("/promises/")
    page.locator(".bell-menu > summary").click()
    page.locator("#_notice_menu :is(ul, p.muted)").first.wait_for()
    check(page, "details.menu[open]")
    page.goto(samples_url(samples))
    page.locator("summary.promise-state").click()
    page.locator(".moments label.chip").last.click()
    check(page, "details.menu[open]")
    page.goto("/away/")
    page.evaluate("() => document.querySelectorAll('form').forEach((form) => { form.noValidate = true; })")
    page.locator("#absence form:has(select) button[type=submit]").click()
    page.locator(".error-summary").wait_for()
    check(page, "main")
    context.close()


def samples_url(samples: dict[str, Any]) -> str:
    return f"/ticket/{samples['busy']}/"


def check(page: Page, within: str) -> None:
    assert violations(page, within=within) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, COLOURS, within=within) == [], "in the dark"
    page.emulate_media(color_scheme="light")


def test_the_bell_and_the_promise_fit_a_phone(sign_in: SignIn, samples: dict[str, Any]) -> None:
    page = sign_in("anna", viewport=PHONE, has_touch=True)
    for address, opener in (("/inbox/", ".bell-menu > summary"), (samples_url(samples), "summary.promise-state")):
        page.goto(address)
        page.locator(opener).click()
        menu = page.locator("details.menu[open] > .menu-list")
        expect(menu).to_be_visible()
        box = menu.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
