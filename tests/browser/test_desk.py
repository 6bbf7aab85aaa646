"""The agent's desk in a real browser: offers that ring at once, keys, words that stay, and the state on every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn, credentials, said
from tests.browser.test_live import open_live  # noqa: F401  # a fixture
from tests.house import House

SOON = 20_000  # ms; how long a change may take to show on a busy machine

ACT = """
from datetime import timedelta
from contactcenter import activities, contacts, loans, memberships, queues, routing, states, wrap_ups
from contactcenter.models import *
from tickets import live
from tickets.models import *
by = User.objects.get(email="{email}")
team = Team.objects.get(name="Hálózat")
agent = Agent.objects.filter(user=by).first() or states.add_agent(by, home_team=team, by=None)
queue = Queue.objects.filter(name="Próba").first() or queues.add_queue(
    "Próba", team=team, by=None, wrap_up_seconds=300, offer_seconds=120)
if not QueueMembership.objects.current().filter(agent=agent, queue=queue).exists():
    memberships.join_queue(agent, queue=queue, by=None)
contact = Contact.objects.filter(agent=agent, state__in=Contact.WITH_AGENT).first()
{code}
live.flush()
"""

CALL = """
who = User.objects.get(email__startswith="kovacs.anna@")
made = contacts.open_contact(Contact.Channel.CALL, by=None, number="+36 30 555 0144", customer=who)
contacts.receive_contact(made, queue=queue, by=None)
print("OFFERED", round(Offer.objects.get(contact=made, state="pending").offered_at.timestamp() * 1000))
"""

# Nothing waits, nobody is on the line, he is ready and has just been heard of.
CLEAR = """
for each in Loan.objects.open().filter(agent=agent):
    if each.state in ("asked", "coming"):
        loans.cancel_loan(each, by=None)
    else:
        loans.release_loan(each, by=None, reason=Loan.Reason.BY_HAND)
for each in Contact.objects.filter(queue=queue, ended_at=None):
    contacts.hang_up(each, by=None)
if states.read_agent(agent.pk).work == "wrap_up":
    wrap_ups.finish_wrap_up(agent, by=None)
activities.set_activity(agent, to=states.activity("ready"), by=None)
Agent.objects.filter(pk=agent.pk).update(heartbeat_at=None, device_lost_at=None, missed_in_a_row=0)
"""

Act = Callable[[str], str]
Open = Callable[..., Page]


@pytest.fixture
def act(house: House) -> Iterator[Act]:
    """Something happens in a process of its own, with ben at his desk; what it prints is returned."""

    def do(code: str) -> str:
        done = house.manage("shell", "-v", "0", "-c", ACT.format(email=credentials("ben")[0], code=code))
        assert done.returncode == 0, done.stderr
        return done.stdout

    do(CLEAR)
    yield do
    do(CLEAR + "\nactivities.sign_out(agent, by=None)")


def test_an_offer_rings_at_once_on_the_desk_and_on_any_page_and_enter_takes_it(
    act: Act,
    open_live: Open,  # noqa: F811
    sign_in: SignIn,
) -> None:
    desk = open_live("ben", "/centre/desk/")
    other = open_live("ben", "/inbox/")
    desk.evaluate(
        "() => new MutationObserver(() => { if (document.querySelector('.offer')) window.rangAt ??= Date.now(); })"
        ".observe(document.body, { childList: true, subtree: true })"
    )
    offered = int(act(CALL).split("OFFERED ")[1].split()[0])
    expect(desk.locator(".offer h2")).to_have_text("Kovács Anna", timeout=SOON)
    rang = desk.evaluate("() => window.rangAt") - offered
    print(f" [rang after {rang} ms]", end="")  # a second is the promise, on a machine with nothing else to do
    expect(desk.locator("#desk-alert")).to_contain_text("Kovács Anna")
    expect(other.locator(".btn-ring")).to_be_visible(timeout=SOON)
    desk.locator("main").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator(".call .who h2")).to_have_text("Kovács Anna", timeout=SOON)
    expect(other.locator(".btn-ring")).to_have_count(0, timeout=SOON)


def test_what_is_typed_stays_when_others_act_and_when_the_time_runs_out(
    act: Act,
    open_live: Open,  # noqa: F811
) -> None:
    desk = open_live("ben", "/centre/desk/")
    act(CALL)
    desk.locator("#offer-accept").click(timeout=SOON)
    notes = desk.locator(".wrap-up [name=notes]")
    notes.fill("A második emeleten")
    act("contacts.hold_contact(contact, by=None)")
    expect(desk.locator("#desk-contact ~ .badge").first).to_contain_text(said("On hold"), timeout=SOON)
    expect(notes).to_have_value("A második emeleten")
    expect(notes).to_be_focused()
    desk.locator("#desk-hang-up").click()
    expect(desk.locator("#desk-done.btn-primary")).to_be_visible(timeout=SOON)
    expect(notes).to_have_value("A második emeleten")
    act("wrap_ups.finish_wrap_up(agent, by=None)")  # as the clock does
    link = desk.locator("#desk-unfinished").locator("xpath=ancestor::section").get_by_role("link").first
    link.click(timeout=SOON)
    expect(desk.locator("[name=notes]")).to_have_value("A második emeleten")


def test_a_wrap_up_by_keys(act: Act, open_live: Open) -> None:  # noqa: F811
    desk = open_live("ben", "/centre/desk/")
    act(CALL)
    expect(desk.locator(".offer")).to_be_visible(timeout=SOON)
    desk.locator("main").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#desk-hold")).to_be_visible(timeout=SOON)
    desk.keyboard.press("h")
    expect(desk.locator("#desk-hold.btn-primary")).to_be_visible(timeout=SOON)
    desk.locator("#desk-hang-up").click()
    expect(desk.locator("#desk-done.btn-primary")).to_be_visible(timeout=SOON)
    desk.locator("main").focus()
    desk.keyboard.press("2")
    expect(desk.locator("[name=disposition][value=ticket]")).to_be_checked()
    notes = desk.locator(".wrap-up [name=notes]")
    notes.fill("Lassú a VPN")
    notes.press("Control+Enter")
    expect(desk.locator(".wrap-up .error-summary, .wrap-up [role=alert]").first).to_be_visible(timeout=SOON)
    expect(notes).to_have_value("Lassú a VPN")
    desk.locator("button[name=open_ticket]").click()
    expect(desk.locator("[name=number]")).not_to_have_value("", timeout=SOON)
    expect(notes).to_have_value("Lassú a VPN")
    notes.press("Control+Enter")
    expect(desk.locator(".wrap-up")).to_have_count(0, timeout=SOON)
    expect(desk.locator(".desk-quiet")).to_be_visible()


def test_escape_gives_the_offer_back(act: Act, open_live: Open) -> None:  # noqa: F811
    desk = open_live("ben", "/centre/desk/")
    act(CALL)
    expect(desk.locator(".offer")).to_be_visible(timeout=SOON)
    desk.locator("main").focus()
    desk.keyboard.press("Escape")
    expect(desk.locator(".offer")).to_have_count(0, timeout=SOON)


def test_the_state_changes_by_key_from_any_page_and_the_desk_hears_of_it(
    act: Act,
    open_live: Open,  # noqa: F811
) -> None:
    desk = open_live("ben", "/centre/desk/")
    inbox = open_live("ben", "/inbox/")
    inbox.locator("#desk-menu summary").click()
    inbox.keyboard.press("2")
    expect(inbox.locator("#_desk_state .dot")).to_have_attribute("data-state", "back", timeout=SOON)
    expect(desk.locator("#desk-state-background")).to_have_attribute("aria-pressed", "true", timeout=SOON)


def test_help_is_asked_and_the_helper_comes(act: Act, open_live: Open) -> None:  # noqa: F811
    desk = open_live("ben", "/centre/desk/")
    act(
        "far = Queue.objects.filter(name='Messze').first() or queues.add_queue("
        "'Messze', team=team, by=None, minimum_stay=0)\n"
        "Promise.objects.filter(who=by, state__in=Promise.OPEN).update(by_when='2036-01-01T08:00Z')\n"
        "Loan.objects.filter(agent=agent).update(asked_at='2020-01-01T08:00Z')\n"
        "Loan.objects.filter(agent=agent, ended_at__isnull=False).update(ended_at='2020-01-01T09:00Z')\n"
        "loans.ask_loan(agent, into=far, by=User.objects.get(email__startswith='cora@'))"
    )
    asked = desk.locator("#loan-asked")
    expect(asked).to_contain_text("Messze", timeout=SOON)
    desk.locator("#_desk_calls .btn-primary").click()
    expect(desk.locator("#_desk_calls .btn-primary")).to_contain_text(said("I'm there"), timeout=SOON)
    desk.locator("#_desk_calls .btn-primary").click()
    expect(desk.locator("#_desk_side .queue-line").first).to_contain_text("Messze", timeout=SOON)
    desk.locator("#_desk_side .banner .btn").click()
    expect(desk.locator("#_desk_side .banner")).to_have_count(0, timeout=SOON)
