"""Who listens in this process: their rights are asked for all at once, and what was missed is noticed.

Two hundred agents hear of one change within milliseconds. Asking the database for each would take a second, and
keeping their rights would let a revoked one hear on; so the questions of a moment are gathered into one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Coroutine, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.contrib.sessions.models import Session
from django.utils import timezone

from tickets import live, wire
from tickets.models import Right, Team, User
from tickets.permissions import Sight, who_opens, who_sees

log = logging.getLogger(__name__)

GATHER_SECONDS = 0.015
PULSE_SECONDS = 2.0  # how often the numbers of the wire are compared
SWEEP_SECONDS = 10.0  # within this time a revoked person's socket closes even when nothing happens

CANCEL_AGAIN_SECONDS = 0.2

NOBODY = Sight(frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Listener:
    """A person by one of his sessions. `auth_hash` changes with the password, which ends his other sessions."""

    user_id: int
    session_key: str = ""
    auth_hash: str = ""


class Standing(StrEnum):
    IN = "in"
    SIGNED_OUT = "signed out"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a listener may hear now. `teams`: those whose tickets he may read; `groups`: where he has to listen.

    `problems`: those of the groups of reports that were asked about which he may open.
    """

    standing: Standing
    sight: Sight = NOBODY
    teams: frozenset[int] = frozenset()
    groups: frozenset[str] = frozenset()
    problems: frozenset[int] = frozenset()


def judge(
    questions: Mapping[Listener, set[int]], problems: Mapping[Listener, set[int]] | None = None
) -> dict[Listener, Verdict]:
    """Answers all the questions (which tickets, which groups of reports?) in a few queries, however many ask."""
    people = {
        user.pk: user
        for user in User.objects.filter(pk__in={each.user_id for each in questions})
        .select_related("organisation")
        .prefetch_related("memberships")
    }
    sessions = _living({each.session_key for each in questions if each.session_key})
    standings = {each: _standing(each, people.get(each.user_id), sessions) for each in questions}
    inside = [each for each, standing in standings.items() if standing == Standing.IN]
    tickets = set().union(*(questions[each] for each in inside))
    present = [people[pk] for pk in {each.user_id for each in inside}]
    sights = who_sees(present, tickets)
    asked = problems or {}
    curious = {each.user_id for each in inside if asked.get(each)}
    opens = who_opens([people[pk] for pk in curious], set().union(*asked.values()) if curious else ())
    needs_all = any(people[each.user_id].is_admin for each in inside)
    all_teams = (
        frozenset(Team.objects.filter(is_active=True).values_list("pk", flat=True)) if needs_all else frozenset()
    )
    verdicts = {each: Verdict(standing) for each, standing in standings.items()}
    for each in inside:
        user = people[each.user_id]
        teams = all_teams if user.is_admin else _teams_of(user)
        verdicts[each] = Verdict(
            Standing.IN, sights[user.pk], teams, _groups_of(user, teams), opens.get(user.pk, frozenset())
        )
    return verdicts


def standings(listeners: Collection[Listener]) -> dict[Listener, Standing]:
    """Who of them is still signed in, in two queries: for listeners whose rights are judged elsewhere."""
    found = User.objects.filter(pk__in={each.user_id for each in listeners}).only("password", "is_active")
    people = {user.pk: user for user in found}
    sessions = _living({each.session_key for each in listeners if each.session_key})
    return {each: _standing(each, people.get(each.user_id), sessions) for each in listeners}


def _living(keys: set[str]) -> set[str]:
    """Those of the sessions that have not ended."""
    if not keys:
        return set()
    return set(Session.objects.filter(pk__in=keys, expire_date__gt=timezone.now()).values_list("pk", flat=True))


def _standing(listener: Listener, user: User | None, sessions: set[str]) -> Standing:
    if user is None or not user.is_active:
        return Standing.DEACTIVATED
    if listener.session_key and listener.session_key not in sessions:
        return Standing.SIGNED_OUT
    if listener.auth_hash and listener.auth_hash != user.get_session_auth_hash():
        return Standing.SIGNED_OUT
    return Standing.IN


def _teams_of(user: User) -> frozenset[int]:
    if not user.is_agent:
        return frozenset()
    return frozenset(team for team, rights in user.rights_by_team.items() if rights & {Right.READ, Right.ALL})


def _groups_of(user: User, teams: frozenset[int]) -> frozenset[str]:
    """His own, those of the teams he may read, and for agents the house's."""
    groups = {live.person_group(user.pk), *map(live.team_group, teams)}
    return frozenset(groups | {live.HOUSE} if user.is_agent else groups)


async def put_an_end_to(tasks: set[asyncio.Task[None]]) -> None:
    """Cancels the tasks until they have ended. Once is not enough: a client that is just connecting may swallow it."""
    while running := {task for task in tasks if not task.done()}:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=CANCEL_AGAIN_SECONDS)


class Member(Protocol):
    """One end of a socket, as the audience knows it."""

    listener: Listener

    async def be_judged(self, verdict: Verdict) -> None:
        """Take note of one's standing and groups."""

    async def hear_wire(self, state: str) -> None:
        """Take note that the wire is "deaf", or that something was missed: "resync"."""


@dataclass(eq=False)
class Audience:
    """The listeners of one event loop."""

    members: set[Member] = field(default_factory=set)
    watches: set[asyncio.Task[None]] = field(default_factory=set)  # run while anybody listens
    jobs: set[asyncio.Task[None]] = field(default_factory=set)  # questions: whoever asks waits for their end
    is_deaf: bool = False
    _questions: dict[Listener, set[int]] = field(default_factory=dict)
    _problems: dict[Listener, set[int]] = field(default_factory=dict)
    _answers: dict[Listener, asyncio.Future[Verdict]] = field(default_factory=dict)
    _is_asking: bool = False

    # --- rights ---

    async def ask(self, listener: Listener, ticket_ids: set[int], problem_ids: Collection[int] = ()) -> Verdict:
        """What the listener may hear now; asked together with whoever else asks in this moment."""
        self._questions.setdefault(listener, set()).update(ticket_ids)
        if problem_ids:
            self._problems.setdefault(listener, set()).update(problem_ids)
        answer = self._answers.get(listener)
        if answer is None:
            answer = self._answers[listener] = asyncio.get_running_loop().create_future()
        if not self._is_asking:
            self._is_asking = True
            self._start(self._ask_all(), self.jobs)
        return await asyncio.shield(answer)  # others may wait for the same one

    async def _ask_all(self) -> None:
        try:
            await asyncio.sleep(GATHER_SECONDS)
            while self._questions:
                questions, self._questions = self._questions, {}
                problems, self._problems = self._problems, {}
                answers, self._answers = self._answers, {}
                await self._answer(questions, problems, answers)
        finally:
            self._is_asking = False

    async def _answer(
        self,
        questions: dict[Listener, set[int]],
        problems: dict[Listener, set[int]],
        answers: dict[Listener, asyncio.Future[Verdict]],
    ) -> None:
        try:
            verdicts = await database_sync_to_async(judge)(questions, problems)
        except Exception as error:
            log.exception("the rights of those who listen could not be asked")
            for answer in answers.values():
                if not answer.done():
                    answer.set_exception(error)
            return
        for listener, answer in answers.items():
            if not answer.done():
                answer.set_result(verdicts[listener])

    # --- coming and going ---

    def join(self, member: Member) -> None:
        self.members.add(member)
        if not self.watches:
            self._start(Pulse(self).beat(), self.watches)
            self._start(self._sweep(), self.watches)

    async def leave(self, member: Member) -> None:
        self.members.discard(member)
        if self.members:
            return
        watches, self.watches = self.watches, set()
        await put_an_end_to(watches)
        if not self.members:
            await wire.hang_up()

    async def _sweep(self) -> None:
        """Who was revoked is told so, who got rights in another team hears of it from now on."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            members = list(self.members)
            await asyncio.gather(*(self._judge(member) for member in members), return_exceptions=True)

    async def _judge(self, member: Member) -> None:
        await member.be_judged(await self.ask(member.listener, set()))

    async def tell(self, state: str) -> None:
        """Everybody hears how the wire is."""
        self.is_deaf = state == "deaf"
        await asyncio.gather(*(member.hear_wire(state) for member in list(self.members)), return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None], among: set[asyncio.Task[None]]) -> None:
        job = asyncio.ensure_future(work)
        among.add(job)
        job.add_done_callback(self._ended)

    def _ended(self, job: asyncio.Task[None]) -> None:
        self.jobs.discard(job)
        self.watches.discard(job)
        if not job.cancelled() and (error := job.exception()) is not None:
            log.error("a job of the live pages failed", exc_info=error)


@dataclass(eq=False)
class Pulse:
    """Compares the numbers of the batches that came with those that were sent.

    All up to `settled` came. Batches may overtake one another, so what is missing counts as missed only at the next
    comparison. After any loss, also of Redis itself, everybody is told to read again.
    """

    audience: Audience
    settled: int = -1  # -1: not yet known
    came: set[int] = field(default_factory=set)
    sent: int = 0  # at the last comparison

    async def beat(self) -> None:
        layer = get_channel_layer()
        assert layer is not None
        hearing: asyncio.Task[None] | None = None
        try:
            while True:
                try:
                    async with asyncio.timeout(wire.PATIENCE):
                        if hearing is None:
                            channel = await layer.new_channel()
                            await layer.group_add(wire.COUNT_GROUP, channel)
                            hearing = asyncio.ensure_future(self._hear(layer, channel))
                        await self.compare(await wire.counted())
                except wire.WIRE_FAULTS as error:
                    if not self.audience.is_deaf:
                        log.warning("live hints are not heard", extra={"error": type(error).__name__})
                        await self.audience.tell("deaf")
                await asyncio.sleep(PULSE_SECONDS)
        finally:
            if hearing is not None:
                await put_an_end_to({hearing})

    async def _hear(self, layer: object, channel: str) -> None:
        while True:
            message = await layer.receive(channel)  # type: ignore[attr-defined]  # Channels has no types
            await self.hear(message["number"], dropped=message["dropped"])

    async def hear(self, number: int, *, dropped: bool = False) -> None:
        """A batch came."""
        self.came.add(number)
        self._settle()
        if dropped:
            await self.audience.tell("resync")

    async def compare(self, sent: int) -> None:
        """`sent`: the number of the last batch that left anywhere."""
        missed = self.audience.is_deaf or (self.settled >= 0 and (sent < self.sent or self.settled < self.sent))
        if missed or self.settled < 0:
            self.settled = sent
            self.came.clear()
        self.sent = sent
        self._settle()
        if missed:
            await self.audience.tell("resync")

    def _settle(self) -> None:
        while self.settled + 1 in self.came:
            self.settled += 1
            self.came.discard(self.settled)
        if self.settled >= 0:
            self.came = {number for number in self.came if number > self.settled}


_audiences: WeakKeyDictionary[asyncio.AbstractEventLoop, Audience] = WeakKeyDictionary()


def audience() -> Audience:
    """The audience of the running loop."""
    loop = asyncio.get_running_loop()
    found = _audiences.get(loop)
    if found is None:
        found = _audiences[loop] = Audience()
    return found
