"""Pages that change by themselves: other agents' acts, who else is here, and a line that is lost and comes back."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from redis import Redis

from tests.browser.conftest import SignIn, credentials, said
from tests.browser.letters import newcomer
from tests.browser.test_walk import entry, opened_by_mail
from tests.house import House
from ticketdesk import embedded

SOON = 20_000  # ms; how long a change may take to show on a busy machine

ACT = """
from django.contrib.sessions.models import Session
from tickets import conversation, desk, lifecycle, live, tagging
from tickets.models import *
by = User.objects.get(email="{email}")
ticket = Ticket.objects.filter(number="{number}").first()
{code}
live.flush()
"""


@pytest.fixture
def act(house: House) -> Callable[..., None]:
    """`act("cora", number, 'tagging.tag_ticket(ticket, "vpn", by=by)')`: done in a process of its own."""

    def do(who: str, number: str, code: str) -> None:
        done = house.manage("shell", "-v", "0", "-c", ACT.format(email=credentials(who)[0], number=number, code=code))
        assert done.returncode == 0, done.stderr

    return do


@pytest.fixture
def number(house: House) -> str:
    """A new ticket of Helpdesk."""
    return opened_by_mail(house, newcomer("livia"), "Livia Live", "The line is slow")


@pytest.fixture
def redis(house: House) -> Iterator[Redis]:
    with Redis.from_url(embedded.redis_url(Path(house.var_dir).absolute())) as client:
        yield client


def when_live(page: Page) -> None:
    """Once the page's line stands."""
    page.wait_for_function("() => window.lineStands === true")


@pytest.fixture
def open_live(sign_in: SignIn) -> Callable[..., Page]:
    """Opens a page and waits for its line."""

    def go(who: str | Page, address: str, **options: Any) -> Page:
        page = who if isinstance(who, Page) else sign_in(who, **options)
        page.add_init_script(
            "addEventListener('live-open', () => { window.lineStands = true; window.lines = (window.lines || 0) + 1; },"
            " true)"  # on its way down from the window: the line may stand before the page is complete
        )
        page.goto(address)
        when_live(page)
        page.evaluate("() => { window.sameDocument = true; }")
        return page

    return go


def is_same_document(page: Page) -> bool:
    return bool(page.evaluate("() => window.sameDocument === true"))


# --- what others do ---------------------------------------------------------------------------------------------------


def test_anothers_acts_show_on_the_ticket_and_in_the_list_and_are_told_to_who_listens(
    open_live: Callable[..., Page], act: Callable[..., None], number: str
) -> None:
    ticket, inbox = open_live("anna", f"/ticket/{number}/"), open_live("anna", "/inbox/teams/")
    act(
        "root", number, 'desk.save_note(ticket, text="Seen by root.", by=by); tagging.tag_ticket(ticket, "slow", by=by)'
    )
    expect(entry(ticket, "Seen by root.")).to_have_attribute("data-kind", "note", timeout=SOON)
    expect(ticket.locator(f"#_props_{number}")).to_contain_text("slow")
    expect(ticket.locator("#announcer")).to_contain_text(
        said("{name} left an internal note").replace("{name}", "Gazda Róbert"), timeout=SOON
    )
    expect(inbox.locator(f"#t{number}")).to_contain_text("slow", timeout=SOON)
    assert is_same_document(ticket)
    assert is_same_document(inbox)


def test_ones_own_acts_are_told_once(open_live: Callable[..., Page], number: str) -> None:
    page = open_live("anna", f"/ticket/{number}/")
    page.keyboard.press("m")
    page.locator("textarea[name=note]").fill("My own note.")
    page.locator("textarea[name=note]").press("Control+Enter")
    expect(entry(page, "My own note.")).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text(said("Note saved."))
    page.wait_for_timeout(3500)  # longer than announcements are gathered
    assert page.locator("#announcer").inner_text() == ""


def test_new_tickets_are_told_as_a_number(house: House, open_live: Callable[..., Page]) -> None:
    page = open_live("anna", "/inbox/unassigned/")
    for name in ("lena", "lara"):
        opened_by_mail(house, newcomer(name), name.title(), f"Ticket of {name}")
    told = re.compile(f"{said('One new ticket')}|{said('{n} new tickets').replace('{n}', '2')}")
    expect(page.locator("#announcer")).to_have_text(told, timeout=SOON)


def test_colleagues_see_who_views_and_who_writes(open_live: Callable[..., Page], number: str) -> None:
    anna, root = open_live("anna", f"/ticket/{number}/"), open_live("root", f"/ticket/{number}/")
    head, line = anna.locator(f"#_presence_{number}"), anna.locator(f"#_typing_{number}")
    expect(head).to_contain_text(said("%(name)s is viewing too") % {"name": "Róbert"}, timeout=SOON)
    expect(line).to_be_empty()
    root.keyboard.press("m")
    root.keyboard.type("hm")
    expect(line).to_contain_text(said("%(name)s is writing a note") % {"name": "Gazda Róbert"})
    expect(root.locator(f"#_typing_{number}")).to_be_empty()  # not oneself
    anna.locator("button[data-key=e]").click()  # the head is swapped, who is here stays
    expect(anna.locator("#_ticket_head .status")).to_have_attribute("data-status", "solved")
    expect(head).to_contain_text("Róbert")
    root.close()
    expect(head).to_be_empty(timeout=5000)
    expect(line).to_be_empty()


def test_the_customer_sees_an_answer_without_a_reload_and_nothing_of_notes_and_presence(
    open_live: Callable[..., Page], act: Callable[..., None], samples: dict[str, Any]
) -> None:
    number = samples["own"]
    page, requests = open_live("kovacs.anna", f"/portal/requests/{number}/"), open_live("kovacs.anna", "/portal/")
    page.locator("textarea[name=text]").fill("I was just about to")
    act("root", number, 'desk.save_note(ticket, text="For us only.", by=by)')
    act("root", number, 'desk.send_reply(ticket, text="It works again.", by=by)')
    expect(page.locator("article", has_text="It works again.")).to_be_visible(timeout=SOON)
    expect(page.locator("textarea[name=text]")).to_have_value("I was just about to")
    assert "For us only." not in page.content()
    assert page.locator("[id^=_presence], .presence-line").count() == 0
    act("root", number, 'lifecycle.rename_ticket(ticket, title="A better title", by=by)')
    expect(page.get_by_role("heading", level=1)).to_have_text("A better title", timeout=SOON)
    expect(requests.locator("#_requests")).to_contain_text("A better title", timeout=SOON)
    assert is_same_document(page)


def test_quarantine_and_outbox_refresh_by_themselves(
    open_live: Callable[..., Page], act: Callable[..., None], number: str
) -> None:
    quarantine, outbox = open_live("anna", "/setup/quarantine/"), open_live("root", "/setup/outbox/")
    code = (
        "from tests import make; from tickets.mail import quarantine\n"
        "make.inbound(make.mail(subject='Odd {0}'), state='quarantined', reason='unparseable')\n"
        "live.tell_house('quarantine')"
    )
    act("root", "", code.format(number))
    row = quarantine.locator("[data-rows] > tr", has_text=f"Odd {number}")
    expect(row).to_be_visible(timeout=SOON)
    pk = str(row.get_attribute("id")).removeprefix("q")
    found = f"InboundMail.objects.get(pk={pk})"
    act("root", "", f"from tickets.mail import quarantine; quarantine.ignore_inbound({found}, reason='-', by=by)")
    expect(row).to_have_count(0, timeout=SOON)
    act("root", number, 'desk.send_reply(ticket, text="Fresh in the outbox.", by=by)')
    expect(outbox.locator("#_outbox tbody tr").first).to_contain_text("The line is slow", timeout=SOON)
    assert is_same_document(quarantine)


# --- a lost line ------------------------------------------------------------------------------------------------------


def test_a_cut_line_is_shown_with_the_age_of_the_data_and_nothing_is_missed(
    open_live: Callable[..., Page], act: Callable[..., None], number: str, complaints: list[str]
) -> None:
    page = open_live("anna", f"/ticket/{number}/")
    page.keyboard.press("r")
    page.keyboard.type("Half an answer")
    page.context.set_offline(True)
    banner = page.locator("#offline")
    expect(banner).to_contain_text(said("Weak connection"))
    expect(banner).to_contain_text(re.compile(r"\d+ mp-esek"))
    expect(page.locator("#announcer")).to_contain_text(said("Weak connection"))
    act("root", number, 'desk.save_note(ticket, text="While you were away.", by=by)')
    expect(page.locator("html[data-stale]")).to_be_attached(timeout=SOON)
    expect(entry(page, "While you were away.")).to_have_count(0)
    page.context.set_offline(False)
    expect(entry(page, "While you were away.")).to_be_visible(timeout=SOON)
    expect(banner).to_be_hidden()
    expect(page.locator("#announcer")).to_contain_text(said("The connection is back"))
    expect(page.locator("textarea[name=text]")).to_have_value("Half an answer")
    assert page.locator("#toasts .toast").count() == 0, "nobody asked for anything, so nothing failed for him"
    complaints.clear()  # a browser without a line says so in its console


def test_a_killed_server_comes_back_and_nothing_is_missed(
    house: House, open_live: Callable[..., Page], act: Callable[..., None], number: str, complaints: list[str]
) -> None:
    page = open_live("anna", f"/ticket/{number}/")
    for pid in web_processes(house):
        os.kill(pid, signal.SIGKILL)
    act("root", number, 'desk.save_note(ticket, text="Nobody was there to tell.", by=by)')
    expect(entry(page, "Nobody was there to tell.")).to_be_visible(timeout=30_000)
    expect(page.locator("#offline")).to_be_hidden(timeout=SOON)
    assert is_same_document(page)
    complaints.clear()


def web_processes(house: House) -> list[int]:
    """The house's web server and its workers."""
    found = []
    for each in Path("/proc").iterdir():
        try:
            command, environment = (each / "cmdline").read_bytes(), (each / "environ").read_bytes()
        except OSError:
            continue
        if b"granian" in command and f"PORT={house.port}\0".encode() in environment:
            found.append(int(each.name))
    assert found
    return found


def test_an_emptied_redis_and_cut_subscriptions_are_noticed(
    open_live: Callable[..., Page], act: Callable[..., None], number: str, redis: Redis
) -> None:
    page = open_live("anna", f"/ticket/{number}/")
    redis.flushall()
    act("root", number, 'desk.save_note(ticket, text="After the flood.", by=by)')
    expect(entry(page, "After the flood.")).to_be_visible(timeout=SOON)
    # The subscriptions are cut in the moment of the act, whose hint so reaches nobody.
    code = (
        "from redis import Redis; from django.conf import settings; from tickets import wire; kept = wire._publish\n"
        "async def cut(*a, **k):\n"
        "    with Redis.from_url(settings.REDIS_URL) as r: r.client_kill_filter(_type='pubsub')\n"
        "    return await kept(*a, **k)\n"
        "wire._publish = cut\n"
        "desk.save_note(ticket, text='Between two lines.', by=by)"
    )
    act("root", number, code)
    expect(entry(page, "Between two lines.")).to_be_visible(timeout=SOON)


def test_an_ended_session_is_said_and_the_text_stays_and_can_be_sent_after_signing_in_again(
    house: House, sign_in: SignIn, open_live: Callable[..., Page], act: Callable[..., None], number: str
) -> None:
    page = sign_in(None)
    sign_in_by_password(page, "grace")
    open_live(page, f"/ticket/{number}/")
    page.keyboard.press("m")
    page.keyboard.type("Typed before the end.")
    key = next(c["value"] for c in page.context.cookies() if c["name"] == "ticketdesk_session")
    act("root", number, f'Session.objects.filter(pk="{key}").delete(); desk.save_note(ticket, text="x", by=by)')
    banner = page.locator("#offline")
    expect(banner).to_have_attribute("data-state", "out", timeout=SOON)
    expect(page.locator("textarea[name=note]")).to_have_value("Typed before the end.")
    with page.context.expect_page() as opened:
        banner.locator("[data-when=out] a").click()
    sign_in_by_password(opened.value, "grace", fresh=False)
    opened.value.close()
    page.evaluate("() => dispatchEvent(new Event('focus'))")  # a headless browser has no tabs to come back from
    expect(banner).to_be_hidden(timeout=SOON)
    page.locator("textarea[name=note]").press("Control+Enter")
    expect(entry(page, "Typed before the end.")).to_have_attribute("data-kind", "note")
    assert is_same_document(page)


def sign_in_by_password(page: Page, who: str, *, fresh: bool = True) -> None:
    if fresh:
        page.goto("/account/login/")
    email, password = credentials(who)
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/account/" not in url)


def test_a_page_out_of_the_browsers_cache_reads_again(
    open_live: Callable[..., Page], act: Callable[..., None], number: str
) -> None:
    page = open_live("anna", f"/ticket/{number}/")
    page.evaluate("() => dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    act("root", number, 'desk.save_note(ticket, text="While it was put by.", by=by)')
    expect(entry(page, "While it was put by.")).to_have_count(0)
    page.evaluate("() => dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(entry(page, "While it was put by.")).to_be_visible(timeout=SOON)


def test_a_ticket_that_was_given_away_says_so(
    open_live: Callable[..., Page], act: Callable[..., None], number: str
) -> None:
    page, inbox = open_live("anna", f"/ticket/{number}/"), open_live("anna", "/inbox/teams/")
    expect(inbox.locator(f"#t{number}")).to_be_visible()
    act("root", number, 'lifecycle.move_ticket(ticket, to=Team.objects.get_or_create(name="Titkos")[0], by=by)')
    expect(page.locator("#offline")).to_have_attribute("data-state", "gone", timeout=SOON)
    expect(inbox.locator(f"#t{number}")).to_have_count(0, timeout=SOON)
