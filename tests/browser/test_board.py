"""The wallboard in a browser: figures that move by themselves, the menu, the wall view, a line that comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn, said
from tests.house import House

SOON = 20_000  # ms; how long a change may take to show on a busy machine

CENTRE = """
from contactcenter import activities, contacts, memberships, queues, setting_up, states
from contactcenter.models import *
from tickets import live, people
from tickets.models import *
root = User.objects.get(email__startswith="root@")
team = Team.objects.get(name="Helpdesk")
line = Queue.objects.filter(name="Falisor").first() or setting_up.add_queue(
    by=root, delays={{}}, name="Falisor", team=team)
def colleague(name):
    user = people.add_person(name=name, email=None, roles=["agent"])
    made = setting_up.add_agent(user=user, home_team=team, extension="", is_supervisor=False, by=root)
    activities.sign_in(made, by=root)
    return made
{code}
live.flush()
"""


@pytest.fixture
def act(house: House) -> Callable[[str], None]:
    """Something done in the centre, in a process of its own."""

    def do(code: str) -> None:
        done = house.manage("shell", "-v", "0", "-c", CENTRE.format(code=code))
        assert done.returncode == 0, done.stderr

    return do


def open_board(sign_in: SignIn, **options: Any) -> Page:
    page = sign_in("root", **options)
    page.goto("/centre/board/")
    expect(page.locator("#board-line")).to_have_text(said("live, to the second"), timeout=SOON)
    return page


def card(page: Page) -> Any:
    return page.locator(".queue", has_text="Falisor")


def test_what_comes_in_shows_by_itself_and_the_busiest_queue_comes_first(
    sign_in: SignIn, act: Callable[[str], None]
) -> None:
    act("")
    page = open_board(sign_in)
    page.evaluate("() => { window.sameDocument = true; }")
    waiting = card(page).locator("[data-f=waiting]")
    before = int(waiting.inner_text())
    act(
        "for _n in range(3):\n    contacts.receive_contact(contacts.open_contact(Contact.Channel.CALL, by=None, "
        "number='+36 1 555 0100'), queue=line, by=None)"
    )
    expect(waiting).to_have_text(str(before + 3), timeout=SOON)
    expect(card(page)).to_have_attribute("data-load", "bad")
    expect(card(page).locator("[data-f=oldest]")).to_have_text(re.compile(r"\d:\d\d"))
    names = page.locator(".queue h3").all_inner_texts()
    assert names.index("Falisor") < names.index("English line"), "nobody waits there"
    assert page.evaluate("() => window.sameDocument") is True


def test_an_admin_who_takes_calls_too_sees_the_same_clocks(sign_in: SignIn, act: Callable[[str], None]) -> None:
    """On his pages the desk's clocks tick beside the board's; each lets the other's alone."""
    act(
        "contacts.receive_contact(contacts.open_contact(Contact.Channel.CALL, by=None, number='+36 1 555 0101'), "
        "queue=line, by=None)"
    )
    page = sign_in("cora")
    page.goto("/centre/board/")
    expect(page.locator("#_desk_state")).to_be_visible()
    page.wait_for_timeout(1500)  # both have ticked
    for shown in page.locator(".queue [data-f=oldest], .agent .state").all_inner_texts():
        assert not re.search(r"\d{3,}:", shown), shown


def test_somebody_is_pulled_in_by_the_menu_and_it_is_undone(sign_in: SignIn, act: Callable[[str], None]) -> None:
    act("colleague('Kéri Menü')")
    page = open_board(sign_in)
    row = page.locator(".agent", has_text="Kéri Menü").first
    row.locator("summary").click()
    row.locator(".menu-list a", has_text="Falisor").click()
    dialog = page.locator("#dialog")
    expect(dialog.locator("input[name=agents]:checked")).to_have_count(1)
    dialog.locator("button[type=submit]").click()
    loans = page.locator("section", has=page.locator("#loans-h"))
    expect(loans).to_contain_text("Kéri Menü", timeout=SOON)
    page.locator("#toasts form button").click()
    expect(loans).not_to_contain_text("Kéri Menü", timeout=SOON)


def test_the_menu_stays_open_while_rows_change(sign_in: SignIn, act: Callable[[str], None]) -> None:
    act("colleague('Nyitva Menü')")
    page = open_board(sign_in)
    menu = page.locator(".agent", has_text="Nyitva Menü").first.locator("details.menu")
    menu.locator("summary").click()
    act("colleague('Közben Jött')")
    page.wait_for_timeout(2500)  # longer than a tick and its spread
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(page.locator(".agent", has_text="Közben Jött").first).to_be_visible(timeout=SOON)


def test_the_wall_view_comes_and_goes_by_key(sign_in: SignIn, act: Callable[[str], None]) -> None:
    act("")
    page = open_board(sign_in)
    page.keyboard.press("w")
    expect(page.locator(".wall-clock")).to_be_visible()
    expect(page.locator(".nav")).to_be_hidden()
    assert card(page).locator("[data-f=waiting]").evaluate("each => parseFloat(getComputedStyle(each).fontSize)") > 60
    page.keyboard.press("Escape")
    expect(page.locator(".nav")).to_be_visible()


def test_a_lost_line_is_said_and_comes_back_with_what_was_missed(
    sign_in: SignIn, act: Callable[[str], None], complaints: list[str]
) -> None:
    act("")
    page = open_board(sign_in)
    waiting = card(page).locator("[data-f=waiting]")
    before = int(waiting.inner_text())
    page.context.set_offline(True)
    expect(page.locator("#board-line")).to_have_attribute("data-tone", "warn", timeout=SOON)
    act(
        "contacts.receive_contact(contacts.open_contact(Contact.Channel.CALL, by=None, number='+36 1 555 0101'), "
        "queue=line, by=None)"
    )
    page.context.set_offline(False)
    expect(page.locator("#board-line")).to_have_attribute("data-tone", "ok", timeout=SOON)
    expect(waiting).to_have_text(str(before + 1), timeout=SOON)
    complaints.clear()  # a browser without a line says so in its console
