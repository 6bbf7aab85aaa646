"""Notices: grouped behind the bell, by mail as chosen, stopped by a link, muted on a ticket."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, WIDE, SignIn, credentials, said
from tests.browser.letters import newcomer
from tests.browser.test_accessibility import COLOURS, violations
from tests.browser.test_walk import opened_by_mail
from tests.house import House

TABLET = {"width": 1024, "height": 768}

ACT = """
from django.db import transaction
from tickets import groups, lifecycle, live
from tickets.models import *
by = User.objects.get(email="{email}")
ticket = Ticket.objects.filter(number="{number}").first()
{code}
live.flush()
"""

FOURTEEN = """
ben = User.objects.get(email__startswith="ben@")
team = Team.objects.get(name="Hálózat")
group = groups.open_group("{title}", team=team, owner=ben, by=by)
for number in range(14):
    one = lifecycle.open_ticket(title=f"VPN {{number}}", team=team, channel="phone", by=by)
    groups.join_group(group, ticket=one, by=by, how="selection")
"""


@pytest.fixture
def act(house: House) -> Callable[..., None]:
    """Done by a colleague in a process of its own."""

    def do(who: str, code: str, number: str = "") -> None:
        done = house.manage("shell", "-v", "0", "-c", ACT.format(email=credentials(who)[0], number=number, code=code))
        assert done.returncode == 0, done.stderr

    return do


def check(page: Page) -> None:
    """Whole in both themes, and nothing to scroll sideways at three widths."""
    for size in (TABLET, PHONE, WIDE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"wider than {size}"
        if size is not TABLET:
            assert violations(page) == []
            page.emulate_media(color_scheme="dark")
            assert violations(page, COLOURS) == [], "in the dark"
            page.emulate_media(color_scheme="light")


def test_fourteen_reports_are_one_line_that_can_be_marked_as_seen(sign_in: SignIn, act: Callable[..., None]) -> None:
    ben = sign_in("ben", bypass_csp=True)
    ben.goto("/notices/?show=unseen")
    title = f"VPN {newcomer('x')[2:10]}"
    act("root", FOURTEEN.format(title=title))
    expect(ben.locator("#_bell .count")).to_be_visible(timeout=20_000)
    ben.locator(".bell-menu > summary").click()
    entry = ben.locator("#_notice_menu a", has_text=title)
    expect(entry).to_contain_text("14 új bejelentés")
    expect(entry).to_have_attribute("data-unseen", "")
    ben.keyboard.press("Escape")

    ben.goto("/notices/?show=unseen")
    line = ben.locator(".notices li", has=ben.locator(".notice", has_text=title)).first
    expect(line.locator(".notice")).to_have_attribute("href", re.compile(r"^/groups/\d+/$"))
    line.locator("details.changes > summary").click()
    expect(line.locator("details.changes li")).to_have_count(15)
    check(ben)
    line.get_by_role("button", name=said("Mark as seen")).click()
    expect(ben.locator(".notice", has_text=title)).to_have_count(0)
    ben.goto("/notices/")
    expect(ben.locator(".notice", has_text=title)).not_to_have_attribute("data-unseen", "")


def test_what_comes_by_mail_is_chosen_in_a_table(sign_in: SignIn) -> None:
    page = sign_in("anna", bypass_csp=True)
    page.goto("/notices/")
    page.get_by_role("link", name=said("By mail …")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(said("Notices by mail"))
    watched = page.locator("input[name=kind_watched_changed]")
    expect(page.locator("input[name=kind_watched_changed][value=bundled]")).to_be_checked()
    expect(page.locator("input[name=kind_assigned]")).to_have_count(2)
    page.locator("input[name=kind_watched_changed][value=bundled]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("input[name=kind_watched_changed][value=daily]")).to_be_checked()
    page.locator("input[name=quiet_from]").fill("22:00")
    page.get_by_role("button", name=said("Save")).click()
    expect(page.locator(".error-summary")).to_contain_text(said("Quiet hours need both times."))
    expect(page.locator("input[name=kind_watched_changed][value=daily]")).to_be_checked()
    check(page)
    page.locator("input[name=quiet_until]").fill("06:30")
    page.locator("input[name=teams]").first.check()
    page.get_by_role("button", name=said("Save")).click()
    expect(page.locator(".toast")).to_contain_text(said("Saved."))
    expect(watched.and_(page.locator("[value=daily]"))).to_be_checked()
    expect(page.locator("input[name=quiet_until]")).to_have_value("06:30")
    expect(page.locator("input[name=teams]").first).to_be_checked()
    check(page)


def html_of(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def test_a_ticket_given_to_me_comes_by_mail_and_the_mail_can_be_stopped(
    house: House, sign_in: SignIn, act: Callable[..., None]
) -> None:
    number = opened_by_mail(house, newcomer("nora"), "Nora North", "The lift is stuck")
    code = 'lifecycle.assign_ticket(ticket, to=User.objects.get(name="Tóth Dóra"), by=by)'
    act("root", code, number)
    address = house.manage(
        "shell", "-v", "0", "-c", 'from tickets.models import User; print(User.objects.get(name="Tóth Dóra").email)'
    ).stdout.strip()
    assert address
    mail = house.sink.wait_for(address, about=number, seconds=40)[-1]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"/ticket/{number}/" in html_of(mail)

    stop = mail["List-Unsubscribe"].strip("<>")
    stranger = sign_in(None, bypass_csp=True)
    stranger.goto(stop[stop.index("/account/") :])
    check(stranger)
    stranger.get_by_role("button", name=said("No mails of this kind")).click()
    expect(stranger.locator(".banner[role=status]")).to_contain_text(said("assigned to me"))
    check(stranger)


def test_a_ticket_is_muted_from_its_menu(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("mona"), "Mona Mild", "Noise from the ceiling")
    anna = sign_in("anna")
    anna.goto(f"/ticket/{number}/")
    head = anna.locator("#_ticket_head")
    head.locator("details.menu > summary").click()
    head.get_by_role("button", name=said("Mute", "notices")).click()
    expect(head.locator(".sub")).to_contain_text(said("muted", "ticket"))
    head.locator("details.menu > summary").click()
    head.get_by_role("button", name=said("Unmute", "notices")).click()
    expect(head.locator(".sub")).not_to_contain_text(said("muted", "ticket"))
