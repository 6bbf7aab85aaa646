"""A customer and an agent in a chat: lines come without reloading, a reload loses nothing, and it ends as a request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, SignIn, said
from tests.browser.door_samples import LINE
from tests.browser.test_live import SOON, when_live
from tests.house import House

SCRIPT = """
from tests.browser import door_samples as doors
from contactcenter import activities, chats, contacts
from contactcenter.models import *
from tickets import live
{code}
live.flush()
"""


@pytest.fixture
def act(house: House) -> Callable[[str], None]:
    """Done in a process of its own."""

    def do(code: str) -> None:
        done = house.manage("shell", "-v", "0", "-c", SCRIPT.format(code=code))
        assert done.returncode == 0, done.stderr

    return do


@pytest.fixture
def anna_is_there(act: Callable[[str], None]) -> Iterator[None]:
    act('doors.be_there(doors.agent("anna"))')
    yield
    act(
        "for chat in Chat.objects.exclude(contact__state__in=Contact.OVER): contacts.hang_up(chat.contact, by=None)\n"
        'who = doors.agent("anna"); activities.sign_out(who, by=who.user)'
    )


def live(page: Page, address: str) -> Page:
    page.add_init_script("addEventListener('live-open', () => { window.lineStands = true; }, true)")
    page.goto(address)
    when_live(page)
    return page


def ask(page: Page, text: str) -> None:
    """Fills in the door of the chat; with several queues, for the one of these tests."""
    topic = page.locator("label.check", has_text=LINE)
    if topic.count():
        topic.click()
    page.locator("textarea[name=text]").fill(text)


def write(page: Page, text: str) -> None:
    page.locator(".chat-compose textarea").fill(text)
    page.locator(".chat-compose textarea").press("Enter")


def test_two_talk_and_it_becomes_a_request(sign_in: SignIn, act: Callable[[str], None], anna_is_there: None) -> None:
    customer = live(sign_in("kovacs.anna", viewport=PHONE), "/portal/chat/")
    ask(customer, "Nem nyomtat a nyomtató.")
    customer.get_by_role("button", name=said("Start the chat")).click()
    customer.wait_for_url(re.compile(r"/portal/chat/\d+/"))
    when_live(customer)
    talk = customer.locator("#_chat_talk")
    expect(talk).to_contain_text("Nem nyomtat a nyomtató.")
    key = customer.url.rstrip("/").rpartition("/")[2]
    act(f'doors._join(Chat.objects.get(pk={key}), doors.agent("anna"))')
    expect(talk).to_contain_text(said("%(name)s joined the chat.").partition("%(name)s")[2], timeout=SOON)
    agent = live(sign_in("anna"), f"/centre/chat/{key}/")
    agent.locator(".chat-compose textarea").press_sequentially("Melyik emeleten?")
    expect(talk.locator(".chat-typing")).to_be_visible(timeout=SOON)
    agent.locator(".chat-compose textarea").press("Enter")
    expect(talk).to_contain_text("Melyik emeleten?", timeout=SOON)
    expect(customer.locator("#announcer")).to_contain_text("Melyik emeleten?")
    expect(agent.locator(".chat-compose textarea")).to_have_value("")
    customer.locator(".chat-compose textarea").fill("félbehagyott")
    customer.wait_for_timeout(300)  # kept on this device a moment after the typing
    customer.reload()
    expect(customer.locator(".chat-compose textarea")).to_have_value("félbehagyott")
    when_live(customer)
    write(customer, "A másodikon.")
    expect(agent.locator("#_chat_talk")).to_contain_text("A másodikon.", timeout=SOON)
    customer.get_by_role("button", name=said("End the chat")).click()
    expect(customer.locator("#_chat_talk a.link")).to_have_attribute(
        "href", re.compile("/portal/requests/"), timeout=SOON
    )
    expect(customer.locator(".chat-compose")).to_be_hidden()
    expect(agent.locator("#_chat_talk a.link")).to_have_attribute("href", re.compile("/ticket/"), timeout=SOON)
    customer.locator("#_chat_talk a.link").click()
    expect(customer.locator("main")).to_contain_text("Melyik emeleten?")


def test_without_script_a_chat_goes_on_by_forms(
    sign_in: SignIn, act: Callable[[str], None], anna_is_there: None
) -> None:
    page = sign_in("kovacs.anna", java_script_enabled=False)
    page.goto("/portal/chat/")
    ask(page, "Script nélkül.")
    page.get_by_role("button", name=said("Start the chat")).click()
    page.locator("textarea[name=text]").fill("Még egy sor, félbe")
    page.get_by_role("button", name=said("Read again")).click()
    expect(page.locator("textarea[name=text]")).to_have_value("Még egy sor, félbe")
    page.get_by_role("button", name=said("Send", "chat")).click()
    expect(page.locator("#_chat_talk")).to_contain_text("Még egy sor, félbe")


def test_a_lost_line_comes_back_with_what_was_said(
    sign_in: SignIn, act: Callable[[str], None], anna_is_there: None, complaints: list[str]
) -> None:
    customer = live(sign_in("kovacs.anna"), "/portal/chat/")
    ask(customer, "Megszakad.")
    customer.get_by_role("button", name=said("Start the chat")).click()
    customer.wait_for_url(re.compile(r"/portal/chat/\d+/"))
    when_live(customer)
    key = customer.url.rstrip("/").rpartition("/")[2]
    act(f'doors._join(Chat.objects.get(pk={key}), doors.agent("anna"))')
    customer.context.set_offline(True)
    act(f'chats.say(Chat.objects.get(pk={key}), text="Itt vagyok.", by=doors.person("anna"))')
    customer.context.set_offline(False)
    expect(customer.locator("#_chat_talk")).to_contain_text("Itt vagyok.", timeout=SOON)
    complaints.clear()  # a browser without a line says so in its console
