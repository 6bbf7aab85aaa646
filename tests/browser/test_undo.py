"""A reply can be taken back; readers are chips; templates and mentions complete; two agents hear of each other."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, SignIn, said
from tests.browser.letters import newcomer
from tests.browser.test_accessibility import violations
from tests.browser.test_walk import entry, opened_by_mail
from tests.house import House

TEXT = "textarea[name=text]"


def test_a_reply_taken_back_with_z_is_in_the_composer_again(house: House, sign_in: SignIn) -> None:
    customer = newcomer("una")
    number = opened_by_mail(house, customer, "Una Undo", "Take it back")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    page.locator(TEXT).fill("Sent too soon.")
    page.locator(TEXT).press("Control+Enter")
    waiting = page.locator("article.entry.waiting")
    expect(waiting).to_contain_text("Sent too soon.")
    expect(waiting.locator(".sending")).to_contain_text(re.compile(r"\d"))
    expect(page.locator(TEXT)).to_have_value("")
    expect(page.locator(TEXT)).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("z")
    expect(page.locator(TEXT)).to_have_value("Sent too soon.")
    expect(page.locator(TEXT)).to_be_focused()
    expect(waiting).to_have_count(0)
    page.locator(TEXT).fill("Sent at the right time.")
    page.locator(".send-to button").click()
    mail = house.sink.wait_for(customer, count=2)[1]
    assert "Sent at the right time." in mail.as_string()
    assert "too soon" not in mail.as_string()
    expect(page.locator("article.entry:not(.waiting)", has_text="Sent at the right time.")).to_have_count(1)
    expect(waiting).to_have_count(0)


def test_without_script_a_reply_waits_and_can_be_taken_back(house: House, sign_in: SignIn) -> None:
    customer = newcomer("noah")
    number = opened_by_mail(house, customer, "Noah Noscript", "Plain pages")
    page = sign_in("anna", java_script_enabled=False)
    page.goto(f"/ticket/{number}/")
    expect(page.locator("input[name=to]:enabled")).to_have_value(re.compile(re.escape(customer)))
    page.locator(TEXT).fill("Without any script.")
    page.locator(".send-to button").click()
    page.locator("article.entry.waiting button").click()
    expect(page.locator(TEXT)).to_have_value("Without any script.")
    assert len(house.sink.to(customer)) == 1


def test_the_send_menu_says_what_happens_after(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("mina"), "Mina Menu", "And then")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    page.locator(TEXT).fill("It is done.")
    page.locator(".menu-up summary").click()
    page.get_by_role("button", name=said("Send, and it is solved")).click()
    expect(page.locator("#_ticket_head .status")).to_have_attribute("data-status", "solved", timeout=20_000)


def test_readers_are_chips_and_the_button_names_them(house: House, sign_in: SignIn) -> None:
    customer = newcomer("chip")
    number = opened_by_mail(house, customer, "Chip Reader", "Who reads it")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    button = page.locator(".send-to button")
    expect(button).to_contain_text(customer)
    page.locator("details.cc summary").click()
    line = page.locator("details.cc input:not([type=hidden])")
    line.press_sequentially("kovács ann")
    page.get_by_role("option", name="Kovács Anna").click()
    expect(page.locator("details.cc .tag")).to_contain_text("kovacs.anna@")
    stranger = newcomer("stranger")
    line.press_sequentially(f"{stranger},")
    expect(page.locator("details.cc .tag")).to_have_count(2)
    expect(page.locator("[data-odd-readers]")).to_contain_text(stranger)
    expect(button).to_contain_text("2")
    page.get_by_role("button", name=f"{said('Take off')}: {stranger}").click()
    expect(page.locator("[data-odd-readers] li", has_text=stranger)).to_have_count(0)
    page.locator(TEXT).fill("To two readers.")
    button.click()
    mail = house.sink.wait_for(customer, count=2)[1]
    assert "kovacs.anna@" in mail["Cc"]
    assert stranger not in mail.as_string()


PLANT = (
    "from tickets.answer_texts import add_template; "
    "add_template(name='Helyszíni munka', team=None, by=None, texts={'hu': 'Kedves {first_name}! {organisation}', "
    "'en': 'Dear {first_name},\\n\\nOur colleague comes to {organisation}.'})"
)


def test_a_template_comes_by_a_stroke_and_holds_back_what_is_not_filled(house: House, sign_in: SignIn) -> None:
    planted = house.manage("shell", "-v", "0", "-c", PLANT)
    assert planted.returncode == 0 or "AnswerTemplate" in planted.stderr or "sablon" in planted.stderr, planted.stderr
    number = opened_by_mail(house, newcomer("tina"), "Tina Template", "Templates")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    page.locator(TEXT).click()
    page.keyboard.type("/helyszini")
    expect(page.locator("#suggestions [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(TEXT)).to_have_value(re.compile(r"\{organisation\}"))  # she belongs to none
    page.locator(".send-to button").click()
    held = page.locator("#write-held")
    expect(held).to_contain_text("{organisation}")
    expect(held).to_be_focused()
    text = page.locator(TEXT).input_value()
    held.locator("[data-held-back]").click()
    expect(page.locator(TEXT)).to_be_focused()
    page.locator(TEXT).fill(text.replace("{organisation}", "your office"))
    page.locator(".send-to button").click()
    expect(page.locator("article.entry.waiting")).to_contain_text("your office")


def test_a_tags_standing_answer_is_offered_first_as_soon_as_the_ticket_has_the_tag(
    house: House, sign_in: SignIn
) -> None:
    number = opened_by_mail(house, newcomer("stan"), "Stan Standing", "Who answers me")
    page = sign_in("anna", bypass_csp=True)
    page.goto(f"/ticket/{number}/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/templates/" in request.url else None)
    page.locator("[data-open-templates]").click()
    first = page.locator("#suggestions [role=option]").first
    expect(first).to_be_visible()
    expect(first).not_to_contain_text("vpn")
    assert len(asked) == 1  # a second answer would open the list again after Escape
    page.keyboard.press("Escape")
    expect(first).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.locator("#props-tag").fill("vpn")
    page.locator("#props-tag").press("Enter")
    expect(page.locator("[id^=_props] .tag", has_text="vpn")).to_have_count(1)
    page.locator("[data-open-templates]").click()
    expect(first).to_contain_text("vpn")
    expect(first).to_contain_text(said("Standing answer"))
    first.click()
    expect(page.locator(TEXT)).to_have_value(re.compile("VPN"))
    page.goto(f"/ticket/{number}/templates/")
    expect(page.locator(".template-list li").first).to_contain_text("vpn")
    assert violations(page) == []


def test_a_colleague_is_named_by_an_at_sign(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("atta"), "Atta Sign", "Name a colleague")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    page.keyboard.press("m")
    note = page.locator("textarea[name=note]")
    expect(note).to_be_focused()
    page.keyboard.type("Please look, @tóth")
    expect(page.locator("#suggestions [role=option]", has_text="Tóth Dóra")).to_be_visible()
    page.keyboard.press("Enter")
    expect(note).to_have_value("Please look, @Tóth Dóra ")
    page.locator("button.if-note[type=submit]").click()
    expect(entry(page, "@Tóth Dóra")).to_have_attribute("data-kind", "note")


# --- two agents at once ----------------------------------------------------------------------------------------------


def without_live(page: Page) -> Page:
    """A page that hears nothing of others: its socket is cut, as on a bad line."""
    page.add_init_script("window.WebSocket = class extends EventTarget { send() {} close() {} };")
    return page


def test_an_answer_past_a_colleague_is_held_back_once(house: House, sign_in: SignIn) -> None:
    customer = newcomer("duo")
    number = opened_by_mail(house, customer, "Duo Desk", "Two answers")
    anna, root = without_live(sign_in("anna")), sign_in("root")
    for page in (anna, root):
        page.goto(f"/ticket/{number}/")
    anna.locator(TEXT).fill("Anna's answer.")
    root.locator(TEXT).fill("Root's answer.")
    root.locator(".send-to button").click()
    expect(root.locator("article.entry.waiting")).to_be_visible()

    anna.locator(".send-to button").click()
    held = anna.locator("#write-held")
    expect(held).to_contain_text("Gazda Róbert")
    held.locator("[data-held-back]").click()
    assert "Root's answer." in house.sink.wait_for(customer, count=2)[1].as_string()
    anna.locator(".send-to button").click()
    expect(held).to_contain_text("Root's answer.")
    expect(anna.locator(TEXT)).to_have_value("Anna's answer.")
    held.get_by_role("button", name=said("Send anyway")).click()
    expect(anna.locator("article.entry.waiting")).to_contain_text("Anna's answer.")
    assert "Anna's answer." in house.sink.wait_for(customer, count=3)[2].as_string()


def test_an_answer_read_on_the_page_holds_nothing_back(house: House, sign_in: SignIn) -> None:
    customer = newcomer("seen")
    number = opened_by_mail(house, customer, "Seen Already", "Read in time")
    anna, root = sign_in("anna"), sign_in("root")
    for page in (anna, root):
        page.goto(f"/ticket/{number}/")
    before = int(anna.locator("input[name=based_on]").input_value())
    root.locator("button[data-key=e]").click()
    expect(anna.locator("#_ticket_head .status")).to_have_attribute("data-status", "solved", timeout=15_000)
    expect(anna.locator("input[name=based_on]")).not_to_have_value(str(before))
    anna.locator(TEXT).fill("I have seen that.")
    anna.locator(".send-to button").click()
    expect(anna.locator("article.entry.waiting")).to_be_visible()


def test_a_status_changed_meanwhile_is_told_and_not_overwritten(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("stat"), "Stat Us", "One status")
    anna, root = without_live(sign_in("anna")), sign_in("root")
    for page in (anna, root):
        page.goto(f"/ticket/{number}/")
    root.locator("button[data-key=e]").click()
    expect(root.locator("#_ticket_head .status")).to_have_attribute("data-status", "solved")
    anna.locator("summary[data-key=s]").click()
    anna.locator(f"#_props_{number} form[action$='/status/'] button[value=open]").click()
    props = anna.locator(f"#_props_{number}")
    expect(props.locator("[role=alert]")).to_contain_text("Gazda Róbert")
    expect(props.locator("summary[data-key=s] .status")).to_have_attribute("data-status", "solved")
    root.reload()
    expect(root.locator("#_ticket_head .status")).to_have_attribute("data-status", "solved")


def test_one_that_comes_back_is_in_the_composer_with_its_sentence(house: House, sign_in: SignIn) -> None:
    customer = newcomer("back")
    number = opened_by_mail(house, customer, "Back Again", "It comes back")
    page = sign_in("anna", viewport=PHONE)
    page.goto(f"/ticket/{number}/")
    page.locator(TEXT).fill("This one will be refused.")
    page.locator(".send-to button").click()
    expect(page.locator("article.entry.waiting")).to_be_visible()
    changed = house.manage(
        "shell",
        "-c",
        "from tickets import lifecycle; from tickets.models import *;"
        f"lifecycle.change_customer(Ticket.objects.get(number='{number}'),"
        " to=User.objects.get(email__startswith='mark.ellis@'), by=None)",
    )
    assert changed.returncode == 0, changed.stderr
    expect(page.locator("[data-draft-notice=reply] [data-tone=bad]")).to_contain_text(
        said("The customer was changed meanwhile. Check whom the answer goes to."), timeout=30_000
    )
    expect(page.locator(TEXT)).to_have_value("This one will be refused.")
    assert len(house.sink.to(customer)) == 1
