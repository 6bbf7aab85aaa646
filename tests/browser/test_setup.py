"""The set-up in a real browser: previews while typing, order by keyboard, rights at once, a test mail, why."""

from __future__ import annotations

import uuid
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import SignIn, said
from tests.browser.letters import send
from tests.house import House


def test_a_template_shows_itself_while_it_is_typed(sign_in: SignIn) -> None:
    page = sign_in("root")
    page.goto("/setup/templates/add/")
    page.locator("#id_text_hu").fill("Kedves {customer}, a szám {number}.")
    shown = page.locator("#_previews pre").first
    expect(shown).to_contain_text("Kedves ")
    expect(shown).not_to_contain_text("{number}")
    expect(page.locator("#id_text_hu")).to_be_focused()
    page.locator("#id_name").fill("Böngészőben írt")
    page.locator("#id_text_en").fill("Dear {custmer}")
    expect(page.locator("#_previews pre")).to_have_count(2)
    page.locator("main form .btn-primary").click()
    expect(page.locator(".error-summary")).to_contain_text("{custmer}")
    expect(page.locator("#id_text_hu")).to_have_value("Kedves {customer}, a szám {number}.")


def test_statuses_are_put_in_order_by_keyboard_alone(sign_in: SignIn) -> None:
    page = sign_in("root")
    page.goto("/setup/vocabulary/kind/")
    names = page.locator("tbody tr td:first-child")
    before = [name.strip() for name in names.all_inner_texts()]
    page.locator("button[name=down]").first.focus()
    page.keyboard.press("Enter")
    expect(names.nth(1)).to_have_text(before[0])
    expect(page.locator("button[name=down]").nth(1)).to_be_focused()
    page.locator("button[name=up]").nth(1).focus()
    page.keyboard.press("Enter")
    expect(names.nth(0)).to_have_text(before[0])


def test_rights_are_saved_at_once_and_explained_on_the_ticket(sign_in: SignIn, samples: dict[str, Any]) -> None:
    page = sign_in("root")
    page.goto(f"/setup/teams/{samples['team']}/")
    row = page.locator(".matrix tbody tr", has_text="Molnár Réka")
    box = row.locator("input[value=priority]")
    was = box.is_checked()
    box.set_checked(not was)
    page.locator("#matrix .btn-primary").click()
    page.locator(".toast").wait_for()
    expect(row.locator("input[value=priority]")).to_be_checked(checked=not was)
    expect(page.locator(".log > li").first).to_contain_text("Molnár Réka")

    leader = sign_in("anna")
    leader.goto(f"/ticket/{samples['busy']}/")
    leader.locator(f"summary[aria-label='{said('More acts')}']").click()
    leader.locator(".menu-list a", has_text=said("Who sees this, and why")).click()
    leader.locator("#why-q").fill("Molnár Réka")
    leader.keyboard.press("Enter")
    expect(leader.locator(".grounds li[data-applies]")).to_contain_text("Helpdesk")
    expect(leader.locator(".grounds li[data-applies] time")).to_be_visible()


def test_a_mailbox_is_tested_out_and_back_in(sign_in: SignIn, house: House, samples: dict[str, Any]) -> None:
    page = sign_in("root")
    page.goto(f"/setup/mailboxes/{samples['mailbox']}/")
    links = page.locator(".trials li a")
    earlier = [link.get_attribute("href") or "" for link in links.all()]  # of a run before, in a kept house
    page.locator("#send-test").click()
    expect(links.first).to_be_visible()
    if earlier:
        expect(links.first).not_to_have_attribute("href", earlier[0])
    itself, me = page.locator(".trials li").nth(0), page.locator(".trials li").nth(1)
    # The worker hands them over; the page finds out by itself.
    expect(itself).to_contain_text(said("has not come back yet"), timeout=30_000)
    expect(me).to_contain_text(said("handed over to the mail server"), timeout=30_000)
    # Now the world brings it back.
    local, _at, _domain = page.locator("h1").inner_text().strip().partition("@")
    mail = house.sink.to(f"{local}+test.")[-1]
    send(house, mail, envelope_from="", lmtp=True)
    expect(itself).to_contain_text("SMTP/LMTP", timeout=30_000)
    expect(itself).to_contain_text(said("with its plus address"))


def test_a_change_stands_in_the_history_with_words(sign_in: SignIn, samples: dict[str, Any]) -> None:
    page = sign_in("root")
    page.goto(f"/setup/tags/{samples['tag']}/")
    words = f"Egy böngésző írta: {uuid.uuid4().hex[:8]}"
    page.locator("#id_description").fill(words)
    page.locator("main form .btn-primary").click()
    expect(page.locator(".toast")).to_contain_text("Leírás")
    page.goto("/setup/history/?thing=tag")
    expect(page.locator(".log > li").first.locator("ins")).to_contain_text(words)
