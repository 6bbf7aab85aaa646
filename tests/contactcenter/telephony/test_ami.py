"""The connection to Asterisk, against a fake that damages what it sends: a day's calls come out as they were."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contactcenter import activities, loans
from contactcenter.models import Agent, CallEvent, Contact, Exchange, Loan, Outcome, Queue, Work
from contactcenter.telephony import exchanges
from contactcenter.telephony.ami.connector import Connector, Times
from tests.contactcenter import centre
from tests.contactcenter.fake_ami import Call, FakeAmi, Message, damaged, stream_of
from tickets import live
from tickets.models import Team

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[3]
CALLS_OF_FEBRUARY = "shared/corpus/calls/calls_feb1999.csv"  # beside the product, or beside its worktrees
FEBRUARY = next(
    (ROOT.parents[up] / CALLS_OF_FEBRUARY for up in (0, 1) if (ROOT.parents[up] / CALLS_OF_FEBRUARY).exists()), None
)
QUICK = Times(connect=5, first_wait=0.05, longest_wait=0.2, ping=0.5, silence=3, sync=1)
CALLS = 40
AGENTS = [f"A{number:02}" for number in range(1, 25)]


class Office:
    """A connector at work on a thread of its own, as in its process."""

    def __init__(self, ami: FakeAmi, *, password: str = "") -> None:
        exchange, _token, _secret = exchanges.add_exchange(
            "Asterisk", kind=Exchange.Kind.AMI, by=None, host="127.0.0.1", port=ami.port, user_name="ticketdesk",
            password=password or ami.password,
        )  # fmt: skip
        self.ami, self.exchange = ami, exchange
        self.loop = asyncio.new_event_loop()
        self.connector = Connector(exchange, QUICK)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        self.job = self.loop.create_task(self.connector.run())
        with pytest.raises(asyncio.CancelledError):
            self.loop.run_until_complete(self.job)
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.job.cancel)
        self.thread.join(20)
        assert not self.thread.is_alive()

    def is_quiet(self) -> bool:
        """Connected, caught up, and everything heard has been applied."""
        return self.connector.is_caught_up.is_set() and self.connector.work._unfinished_tasks == 0  # type: ignore[attr-defined]


def until(what: Callable[[], object], within: float = 40) -> None:
    """Waits for it to become true; fails with a sentence otherwise."""
    end = time.monotonic() + within
    while not what():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


@pytest.fixture
def ami() -> Iterator[FakeAmi]:
    with FakeAmi(queues=["support"]) as fake:
        yield fake


@pytest.fixture
def open_office(ami: FakeAmi) -> Iterator[Callable[..., Office]]:
    offices: list[Office] = []

    def opened(**options: str) -> Office:
        office = Office(ami, **options)
        offices.append(office)
        return office

    yield opened
    for office in offices:
        office.stop()


@pytest.fixture
def queue(helpdesk: Team) -> Queue:
    return centre.queue("Support", team=helpdesk, wrap_up_seconds=0, short_abandon=0)


def agent(queue: Queue, extension: str, *, signed_in: bool = True) -> Agent:
    made = centre.agent(team=queue.team, serves=queue, signed_in=signed_in)
    made.extension = extension
    made.save(update_fields=["extension"])
    return made


def own_calls() -> list[Call]:
    """Calls of our own making, in which nobody is with two at once."""
    chance = random.Random(3)  # calls, not secrets
    free = dict.fromkeys(AGENTS[:4], 0.0)
    calls, at = [], 1_795_600_000.0
    for number in range(CALLS):
        at += chance.expovariate(1 / 20)
        who = min(free, key=lambda one: free[one])
        waited = max(chance.uniform(1, 9), free[who] - at + 1)
        talked = chance.uniform(20, 90)
        if number % 5 == 4:
            calls.append(Call(f"own.{number}", at, chance.uniform(6, 40), number=f"+3630555{number:04}"))
            continue
        free[who] = at + waited + talked
        calls.append(Call(f"own.{number}", at, waited, who, talked, f"+3630555{number:04}"))
    return calls


def february_calls() -> list[Call]:
    """A morning of real calls, as far as an agent was recorded. Skipped where the data are not."""
    if FEBRUARY is None:
        pytest.skip("the calls of February are not here")
    calls: list[Call] = []
    busy: dict[str, float] = {}
    with FEBRUARY.open() as rows:
        for number, row in enumerate(csv.DictReader(rows)):
            if row["date"] != "1999-02-03" or int(row["entry_s"]) < 10 * 3600 or row["queued"] != "1":
                continue
            joined = 918_000_000.0 + int(row["entry_s"]) + max(0, int(row["vru_s"]))
            waited, talked = int(row["queue_s"]) + number % 7 / 10, max(1, int(row["service_s"]))
            who = row["agent"] if row["outcome"] == "AGENT" else ""
            if row["outcome"] == "PHANTOM" or (row["outcome"] == "AGENT" and not who) or int(row["queue_s"]) < 1:
                continue
            if who and joined + waited <= busy.get(who, 0):
                continue  # the record has him in two calls at once
            if who:
                busy[who] = joined + waited + talked
            calls.append(Call(f"feb.{number}", joined, waited, who, talked, f"+3620{number:07}"))
            if len(calls) == CALLS:
                break
    return calls


@pytest.mark.parametrize("read", [own_calls, february_calls], ids=["own", "february"])
def test_a_damaged_stream_comes_out_as_the_day_was(
    read: Callable[[], list[Call]], ami: FakeAmi, open_office: Callable[..., Office], queue: Queue
) -> None:
    calls = read()
    people = {extension: agent(queue, extension) for extension in {call.agent for call in calls} - {""}}
    lost = {call.uid for call in calls[3::8]}
    stream = damaged(stream_of(calls, "support"), seed=5, lost_ends=lost)
    office = open_office()
    until(office.is_quiet)
    half = len(stream) // 2
    ami.say(stream[:half])
    until(office.is_quiet)
    began = {one["Uniqueid"] for one in stream[:half] if one["Event"] == "QueueCallerJoin"}
    over = {one["Uniqueid"] for one in stream[:half] if one["Event"] == "Hangup"}
    ami.channels = [{"Uniqueid": uid} for uid in began - over]
    ami.drop()  # in the middle of calls
    until(lambda: ami.connections == 2 and office.is_quiet())
    ami.say(stream[half:])
    until(office.is_quiet)
    ami.channels = []
    ami.drop()
    until(lambda: ami.connections == 3 and office.is_quiet())
    found = {one.provider_call_id: one for one in Contact.objects.filter(provider="asterisk")}
    assert set(found) == {call.uid for call in calls}
    wrong = {
        call.uid: (found[call.uid].outcome, found[call.uid].agent_id)
        for call in calls
        if found[call.uid].outcome != (Outcome.ANSWERED if call.agent else Outcome.ABANDONED)
        or (call.agent and found[call.uid].agent_id != people[call.agent].pk)
    }
    assert wrong == {}
    assert {centre.fresh(one).work for one in people.values()} == {Work.IDLE}
    assert not CallEvent.objects.filter(verdict="").exists()


def test_seats_follow_our_states_and_loans(ami: FakeAmi, open_office: Callable[..., Office], queue: Queue) -> None:
    sales = centre.queue("Sales", team=queue.team)
    ami.queues = ["support", "sales"]
    anna = agent(queue, "101")
    agent(queue, "102", signed_in=False)
    open_office()
    seat = ("support", "PJSIP/101")
    until(lambda: seat in ami.members)
    assert ("support", "PJSIP/102") not in ami.members
    activities.set_activity(anna, to=centre.activity("break"), by=anna.user)
    live.flush()
    until(lambda: ami.members[seat]["Paused"] == "1")
    activities.set_activity(anna, to=centre.activity("ready"), by=anna.user)
    until(lambda: ami.members[seat]["Paused"] == "0")
    loan = loans.ask_loan(anna, into=sales, by=None, consent=Loan.Consent.NONE)
    if loan.state == Loan.State.COMING:
        loans.activate_loan(loan, by=anna.user)
    until(lambda: ("sales", "PJSIP/101") in ami.members and seat not in ami.members)
    activities.sign_out(anna, by=anna.user)
    until(lambda: not ami.members)


def test_who_waited_before_we_came_is_seen(ami: FakeAmi, open_office: Callable[..., Office], queue: Queue) -> None:
    waits: Message = {"Uniqueid": "w.1", "Queue": "support", "CallerIDNum": "+36305550100"}
    ami.entries, ami.channels = [waits], [{"Uniqueid": "w.1"}]
    office = open_office()
    until(office.is_quiet)
    assert Contact.objects.get(provider_call_id="w.1").state == Contact.State.QUEUED


def test_junk_on_the_port_and_a_wrong_password_are_told(
    ami: FakeAmi, open_office: Callable[..., Office], queue: Queue
) -> None:
    office = open_office(password="falsch")  # of a fake

    def error() -> str:
        office.exchange.refresh_from_db()
        return office.exchange.last_error

    until(lambda: "Authentication failed" in error())
    ami.greeting = b"220 mail.example ESMTP\r\n"
    until(lambda: "greet" in error())
    ami.greeting, ami.password = b"Asterisk Call Manager/9.0.0\r\n", "falsch"
    until(office.is_quiet)
    assert error() == ""
    ami.babble(b"no fields at all\r\n\xff\xfe\r\n\r\n")
    until(lambda: CallEvent.objects.filter(reason="no_fields").exists())
    with contextlib.suppress(ConnectionError):  # we hang up in the middle of it
        ami.babble(b"x" * 40_000)
    until(lambda: "no end" in error() or "too long" in error())
    until(office.is_quiet)
