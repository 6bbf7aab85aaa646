"""Messages in a real browser: mails in frames, long conversations, forward and split in the dialog, links, paper."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, SignIn, said
from tests.browser.letters import letter, newcomer, send
from tests.house import House

LONG = """
from tests import make
from tickets.models import *
kovacs = User.objects.get(email__startswith="kovacs.anna@")
anna = User.objects.get(email__startswith="anna@")
team = Team.objects.get(name="Helpdesk")
ticket = make.ticket("Long one", team=team, customer=kovacs, text="It began here.")
two = [anna, kovacs]
ids = [make.message(ticket, f"Number {n}.", author=two[n % 2], kind=Message.Kind.MAIL).pk for n in range(120)]
html = "<p>Hello</p>" + "<p>line</p>" * 60
tall = make.message(ticket, "Hello", author=kovacs, kind=Message.Kind.MAIL, html=html)
quoting = Message.objects.create(ticket=ticket, kind="mail", sender="customer", author=kovacs, channel="mail",
    visible_to_customer=True, body="Mine\\n\\nOn Monday Anna wrote:\\n> theirs", fresh="Mine",
    html="<p>Mine</p><blockquote>" + "<p>theirs</p>" * 40 + "</blockquote>")
from tickets import history
from django.db import transaction
with transaction.atomic():
    history.record(ticket, Verb.MESSAGE_RECEIVED, by=kovacs, message=quoting)
from tickets import lifecycle
lifecycle.change_status(ticket, to=Status.objects.get(code="solved"), by=anna)  # the samples are of open ones
print("LONG", ticket.number, ids[40], tall.pk, quoting.pk)
"""


@pytest.fixture(scope="module")
def long(house: House) -> dict[str, str]:
    """A ticket with 120 messages; keys: number, middle, tall, quoting."""
    found = house.manage("shell", "-v", "0", "-c", LONG)
    line = next((line for line in found.stdout.splitlines() if line.startswith("LONG ")), "")
    assert line, found.stdout + found.stderr
    return dict(zip(("number", "middle", "tall", "quoting"), line.split()[1:], strict=True))


def open_ticket(page: Page, number: str, rest: str = "") -> None:
    page.goto(f"/ticket/{number}/{rest}")
    expect(page.locator(".timeline")).to_be_visible()


def test_the_frame_of_a_mail_is_as_tall_as_the_mail_and_its_quotation_unfolds(
    sign_in: SignIn, long: dict[str, str]
) -> None:
    page = sign_in("anna")
    open_ticket(page, long["number"])
    tall = page.locator(f"#m{long['tall']}")
    tall.locator(".html-view > summary").click()
    frame = tall.locator("iframe")
    expect(frame).to_have_attribute("data-fitted", "")
    page.wait_for_function("(id) => document.querySelector(`#m${id} iframe`).offsetHeight > 1200", arg=long["tall"])
    assert frame.evaluate("(each) => each.offsetHeight >= each.contentDocument.body.scrollHeight")
    expect(tall.locator(".words")).to_be_hidden()
    quoting = page.locator(f"#m{long['quoting']}")
    quoting.locator(".html-view > summary").click()
    within = quoting.frame_locator("iframe")
    expect(within.locator("blockquote")).to_be_hidden()
    before = quoting.locator("iframe").evaluate("(each) => each.offsetHeight")
    within.locator("summary").click()
    expect(within.locator("blockquote")).to_be_visible()
    page.wait_for_function(
        "([id, before]) => document.querySelector(`#m${id} iframe`).offsetHeight > before + 200",
        arg=[long["quoting"], before],
    )


def test_a_long_conversation_is_read_from_both_edges_and_a_link_leads_into_its_middle(
    sign_in: SignIn, long: dict[str, str]
) -> None:
    page = sign_in("anna")
    open_ticket(page, long["number"])
    assert page.locator(".timeline > .entry").count() == 31
    middle = page.locator(f"#m{long['middle']}")
    expect(middle).to_have_count(0)
    page.evaluate("(id) => { location.hash = `m${id}`; }", long["middle"])
    expect(middle).to_be_focused()
    expect(page.locator(".gap")).to_have_count(2)
    entries = page.locator(".timeline > .entry")
    for _press in range(6):
        if not page.locator(".gap").count():
            break
        before = entries.count()
        page.locator(".gap").first.locator("a").first.click()
        expect(entries).not_to_have_count(before)
    expect(page.get_by_text("Number 3.", exact=True)).to_be_visible()
    assert entries.count() == 123


def test_the_link_to_a_message_is_copied_and_opens_there(sign_in: SignIn, house: House, long: dict[str, str]) -> None:
    page = sign_in("anna")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=house.url)
    open_ticket(page, long["number"], f"?message={long['middle']}")
    message = page.locator(f"#m{long['middle']}")
    message.locator(".menu > summary").click()
    message.locator("[data-copy]").click()
    expect(page.locator("#toasts")).to_contain_text(said("The link is copied."))
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.endswith(f"/ticket/{long['number']}/?message={long['middle']}#m{long['middle']}")
    page.goto(copied)
    expect(message).to_be_in_viewport()


def test_a_forward_leaves_and_the_answer_of_the_third_party_appears_without_a_reload(
    sign_in: SignIn, house: House, samples: dict[str, Any]
) -> None:
    page = sign_in("anna")
    maker = newcomer("maker")
    open_ticket(page, samples["busy"])
    message = page.locator(f"#m{samples['message']}")
    message.locator(".menu > summary").click()
    message.locator("a[href$='/forward/']").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog.locator("[name=to]")).to_be_focused()
    dialog.locator("[name=text]").fill("Kérjük, nézzék meg.")
    dialog.locator("button[type=submit]").last.click()
    expect(dialog.locator(".error-summary")).to_be_visible()
    expect(dialog.locator("[name=text]")).to_have_value("Kérjük, nézzék meg.")
    dialog.locator("[name=to]").fill(maker)
    dialog.locator("button[type=submit]").last.click()
    expect(dialog).to_have_count(0)
    forwarded = page.locator(".entry[data-kind=forward]").last
    expect(forwarded).to_contain_text(maker)
    (mail,) = house.sink.wait_for(maker)
    answer = letter(maker, "Maker", f"Re: {mail['Subject']}", "Ismert hiba.", answers=mail, to=str(mail["Reply-To"]))
    send(house, answer)
    third = page.locator(".entry[data-kind=third]").last
    expect(third).to_contain_text("Ismert hiba.", timeout=30_000)


def test_a_message_becomes_a_ticket_of_its_own(sign_in: SignIn, samples: dict[str, Any]) -> None:
    page = sign_in("anna")
    open_ticket(page, samples["busy"])
    message = page.locator(f"#m{samples['message']}")
    message.locator(".menu > summary").click()
    message.locator("a[href$='/split/']").click()
    dialog = page.locator("#dialog[open]")
    dialog.locator("[name=title]").fill("Külön ügy")
    dialog.locator("button[type=submit]").last.click()
    expect(page.locator("h1")).to_have_text("Külön ügy")
    expect(page.locator("[id^=_links_] li")).to_contain_text(said("this one was split off it"))
    page.locator("[id^=_links_] li a").click()
    expect(page.locator("[id^=_links_]")).to_contain_text(said("split off this one"))


def test_a_ticket_is_linked_by_what_its_field_completes_to(
    sign_in: SignIn, long: dict[str, str], samples: dict[str, Any]
) -> None:
    page = sign_in("anna")
    open_ticket(page, long["number"])
    page.locator("[id^=_links_] h2 a[href$='/link/']").click()
    field = page.locator("#dialog [name=number]")
    field.press_sequentially(samples["busy"][-5:])
    option = page.locator(f"#link-choices option[value='{samples['busy']}']")
    expect(option).to_have_count(1)
    field.fill(samples["busy"])
    page.locator("#dialog button[type=submit]").last.click()
    expect(page.locator("[id^=_links_] li")).to_contain_text(said("related"))


def test_paper_is_dark_on_white_whatever_the_theme_and_makes_a_pdf(sign_in: SignIn, samples: dict[str, Any]) -> None:
    page = sign_in("anna", color_scheme="dark")
    page.goto(f"/ticket/{samples['busy']}/print/")
    assert page.locator("body").evaluate("(each) => getComputedStyle(each).backgroundColor") == "rgb(255, 255, 255)"
    page.locator("[name=notes]").check()
    page.wait_for_url("**notes=1**")
    page.emulate_media(media="print")
    expect(page.locator(".paper-tools")).to_be_hidden()
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_a_person_page_fits_a_phone(sign_in: SignIn, samples: dict[str, Any]) -> None:
    page = sign_in("anna", viewport=PHONE)
    page.goto(f"/people/{samples['person']}/")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    open_ticket(page, samples["busy"])
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
