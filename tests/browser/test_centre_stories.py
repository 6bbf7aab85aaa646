"""The mission's two stories, each from its beginning to its end: background work gives way to a customer and is taken
up again; a colleague of another team is pulled in to a busy queue, promises an answer, and goes home."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, SignIn, credentials, said
from tests.browser.test_live import open_live  # noqa: F401  # a fixture
from tests.house import House

SOON = 20_000  # ms; how long a change may take to show on a busy machine
LINE, HOME = "Történetek sora", "Otthoni sor"

STAGE = """
from contactcenter import activities, contacts, loans, memberships, permissions, queues, routing, states, wrap_ups
from contactcenter.models import *
from tickets import live
from tickets.models import *
def person(email): return User.objects.get(email=email)
team = Team.objects.get(name="Hálózat")
def queue(name, **rules):
    return Queue.objects.filter(name=name).first() or queues.add_queue(
        name, team=team, by=None, wrap_up_seconds=300, offer_seconds=120, minimum_stay=0, **rules)
line, home = queue("{line}", is_chat_offered=True), queue("{home}")
def seat(email, serves):
    user = person(email)
    agent = permissions.agent_of(user) or states.add_agent(user, home_team=team, by=None)
    for each in QueueMembership.objects.current().filter(agent=agent).exclude(queue=serves):
        memberships.leave_queue(agent, queue=each.queue, by=None)
    if not QueueMembership.objects.current().filter(agent=agent, queue=serves).exists():
        memberships.join_queue(agent, queue=serves, by=None)
    activities.sign_in(agent, by=None)
    Agent.objects.filter(pk=agent.pk).update(heartbeat_at=None, device_lost_at=None, missed_in_a_row=0)
    return states.read_agent(agent.pk)
{code}
live.flush()
"""

CLEAR = """
for each in Loan.objects.open().filter(agent__user__email__in={emails!r}):
    if each.state in ("asked", "coming"):
        loans.cancel_loan(each, by=None)
    else:
        loans.release_loan(each, by=None, reason=Loan.Reason.BY_HAND)
for each in Contact.objects.filter(queue__in=(line, home), ended_at=None):
    contacts.hang_up(each, by=None)
for agent in Agent.objects.filter(user__email__in={emails!r}):
    if states.read_agent(agent.pk).work == "wrap_up":
        wrap_ups.finish_wrap_up(agent, by=None)
    activities.sign_out(agent, by=None)
"""

Act = Callable[[str], None]
Open = Callable[..., Page]


@pytest.fixture
def act(house: House) -> Iterator[Act]:
    """Something that happens outside of every browser, in a process of its own."""

    def do(code: str) -> None:
        done = house.manage("shell", "-v", "0", "-c", STAGE.format(line=LINE, home=HOME, code=code))
        assert done.returncode == 0, done.stderr

    clear = CLEAR.format(emails=[credentials("ben")[0], credentials("ivan")[0]])
    do(clear)
    yield do
    do(clear)


def test_background_work_gives_way_to_a_customer_and_is_taken_up_again(
    act: Act,
    open_live: Open,  # noqa: F811
    sign_in: SignIn,
) -> None:
    act(f'seat("{credentials("ivan")[0]}", line)')
    desk = open_live("ivan", "/centre/desk/")
    desk.locator("#desk-state-background").click()
    desk.locator("#desk-next").click(timeout=SOON)
    in_hand = desk.locator(".in-hand b")
    expect(in_hand).to_be_visible(timeout=SOON)
    ticket = in_hand.inner_text()

    customer = sign_in("kovacs.anna", viewport=PHONE)
    customer.goto("/portal/chat/")
    topic = customer.locator("label.check", has_text=LINE)
    if topic.count():  # one queue alone is not asked about
        topic.click()
    customer.locator("textarea[name=text]").fill("Nem érem el a raktárprogramot.")
    customer.get_by_role("button", name=said("Start the chat")).click()
    customer.wait_for_url(re.compile(r"/portal/chat/\d+/"))

    admin = open_live("root", "/centre/board/")
    expect(admin.locator(".queue", has_text=LINE).locator("[data-f=waiting]")).to_have_text("1", timeout=SOON)
    desk.locator("#desk-state-ready").click()
    desk.locator("#offer-accept").click(timeout=SOON)
    expect(desk.locator("#_chat_talk")).to_contain_text("Nem érem el a raktárprogramot.", timeout=SOON)
    desk.locator(".chat-compose textarea").fill("Nézem, egy perc.")
    desk.locator(".chat-compose textarea").press("Enter")
    expect(customer.locator("#_chat_talk")).to_contain_text("Nézem, egy perc.", timeout=SOON)
    customer.get_by_role("button", name=said("End the chat")).click()

    expect(desk.locator("#desk-done.btn-primary")).to_be_visible(timeout=SOON)
    desk.locator("[name=disposition][value=solved]").press("Space")
    desk.locator("[name=is_without]").check()  # the chat itself becomes a request
    desk.locator("#desk-done").click()
    expect(desk.locator(".wrap-up")).to_have_count(0, timeout=SOON)
    desk.locator("#desk-state-background").click()
    parked = desk.locator("li", has_text=ticket).locator("button[name=work]")
    parked.click(timeout=SOON)
    expect(in_hand).to_have_text(ticket, timeout=SOON)
    customer.locator("#_chat_talk a.link").click(timeout=SOON)
    expect(customer.locator("main")).to_contain_text("Nézem, egy perc.")


def test_a_colleague_is_pulled_in_promises_an_answer_and_goes_home(act: Act, open_live: Open) -> None:  # noqa: F811
    email = credentials("ben")[0]
    act(
        f'ben = seat("{email}", home)\n'
        f'Promise.objects.filter(who=ben.user, state__in=Promise.OPEN).update(by_when="2036-01-01T08:00Z")\n'
        'Loan.objects.filter(agent=ben).update(asked_at="2020-01-01T08:00Z")\n'
        'Loan.objects.filter(agent=ben, ended_at__isnull=False).update(ended_at="2020-01-01T09:00Z")\n'
        'who = User.objects.get(email__startswith="kovacs.anna@")\n'
        'made = contacts.open_contact(Contact.Channel.CALL, by=None, number="+36 30 555 0171", customer=who)\n'
        "contacts.receive_contact(made, queue=line, by=None)"
    )
    desk = open_live("ben", "/centre/desk/")
    admin = open_live("root", "/centre/board/")
    expect(admin.locator(".queue", has_text=LINE).locator("[data-f=waiting]")).to_have_text("1", timeout=SOON)
    name = desk.locator("[data-me]").get_attribute("data-me") or ""
    row = admin.locator(".agent", has_text=name).first
    row.locator("summary").click()
    row.locator(".menu-list a", has_text=LINE).first.click()
    admin.locator("#dialog button[type=submit]").click()

    expect(desk.locator("#loan-asked")).to_contain_text(LINE, timeout=SOON)
    desk.locator("#_desk_calls .btn-primary").click()
    desk.get_by_role("button", name=said("I'm there")).click(timeout=SOON)
    desk.locator("#offer-accept").click(timeout=SOON)
    expect(desk.locator(".call .who h2")).to_have_text("Kovács Anna", timeout=SOON)
    desk.locator("#desk-hang-up").click()
    expect(desk.locator("#desk-done.btn-primary")).to_be_visible(timeout=SOON)
    desk.locator("[name=disposition][value=ticket]").press("Space")
    desk.locator(".wrap-up [name=notes]").fill("A raktárban nincs hálózat")
    desk.locator("button[name=open_ticket]").click()
    expect(desk.locator("[name=number]")).not_to_have_value("", timeout=SOON)
    number = desk.locator("[name=number]").input_value()
    desk.locator("select[name=by_when]").select_option(index=1)
    desk.locator("#desk-done").click()
    expect(desk.locator(".wrap-up")).to_have_count(0, timeout=SOON)

    admin.locator("section", has=admin.locator("#loans-h")).locator("tr", has_text=name).locator("button").last.click()
    expect(desk.locator("#_desk_side .queue-line").first).to_contain_text(HOME, timeout=SOON)
    desk.goto(f"/ticket/{re.search(r'[0-9]{8,}', number)[0]}/")  # type: ignore[index]  # the number was just asserted
    expect(desk.locator(".promise").first).to_contain_text(name)
