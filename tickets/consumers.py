"""The websocket of live pages. It carries ids only; whoever hears a hint reads the page again and is judged anew.

The server says, each with a running "seq" except hello, ping and pong:

    {"type": "hello"}                                           listening from now on
    {"type": "ticket", "ticket": "2026...", "verbs": [...], "own": false}   something was done on a ticket
    {"type": "inbox"}                                           something left one of your lists
    {"type": "gone", "ticket": "2026..."}                       a watched ticket may no longer be seen
    {"type": "presence", "ticket": "2026..."}                   somebody came to a watched ticket, left or writes
    {"type": "rights"}                                          your own rights changed: read everything again
    {"type": "resync"}, {"type": "deaf"}                        hints were missed: read again; none come: by the clock
    {"type": "notices"}, {"type": "upkeep"}, ...                whatever `live.tell_people` and `live.tell_house` say
    {"type": "problem-12"}                                      something of a watched group of reports changed
    {"type": "broadcasts-12"}                                   a broadcast to it has come further
    {"type": "ping"}, {"type": "pong"}                          the line is alive

The browser says:

    {"type": "watch", "ticket": "2026...", "changed": "..."}    the page shows this ticket, as it was then
    {"type": "watch", "problem": 12, "event": 3409}             the page shows this group of reports
    {"type": "here", "ticket": "2026...", "doing": "viewing"}   somebody looks at it now ("replying", "noting")
    {"type": "away", "ticket": "2026..."}                       nobody does any more
    {"type": "ping"}

Close codes: 4401 signed out, 4403 deactivated. Anything else means: come again.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.urls import path

from tickets import live, presence, wire
from tickets.audience import Listener, Standing, Verdict, audience
from tickets.models import GroupEvent, Ticket, User, Verb
from tickets.presence import Doing

log = logging.getLogger(__name__)

SIGNED_OUT = 4401
DEACTIVATED = 4403
OUR_FAULT = 1011
PING_SECONDS = 25
MOST_WATCHED = 50
# What changes what a customer sees of his request.
FOR_CUSTOMERS = {
    str(verb)
    for verb in (
        Verb.OPENED, Verb.MESSAGE_RECEIVED, Verb.MESSAGE_ACCEPTED, Verb.REPLIED, Verb.CALL_RECORDED, Verb.AUTO_REPLIED,
        Verb.STATUS_CHANGED, Verb.TITLE_CHANGED, Verb.CUSTOMER_CHANGED, Verb.PROMISED, Verb.PROMISE_ACCEPTED,
        Verb.PROMISE_DECLINED, Verb.PROMISE_KEPT, Verb.PROMISE_WITHDRAWN, Verb.PARTICIPANT_ADDED,
        Verb.PARTICIPANT_REMOVED, Verb.SPLIT, Verb.ERASED, Verb.MERGED, Verb.UNMERGED,
    )
}  # fmt: skip
CLOSING = {Standing.SIGNED_OUT: SIGNED_OUT, Standing.DEACTIVATED: DEACTIVATED}


@dataclass(frozen=True, slots=True)
class Watched:
    """A ticket that the page shows. `is_inside`: the person sees its notes, and so also who else is on it."""

    ticket_id: int
    changed: str
    is_inside: bool


class LiveConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """Hints for one signed-in person. His rights are asked again for every hint: the revoked hear nothing more."""

    listener: Listener
    groups: list[str]
    sent: int
    watched: dict[str, Watched]
    problems: set[int]
    here: dict[str, Doing]
    waiting: dict[tuple[str, object], dict[str, Any]]
    jobs: set[asyncio.Task[None]]

    # --- coming and going ---

    async def connect(self) -> None:
        self.sent, self.watched, self.here, self.waiting, self.jobs = 0, {}, {}, {}, set()
        self.groups, self.problems = [], set()
        await self.accept()  # a close code reaches the browser only on an open socket
        user = self.scope.get("user")
        if user is None or not user.is_authenticated or not user.is_active:
            await self.close(SIGNED_OUT)
            return
        key = getattr(self.scope.get("session"), "session_key", "") or ""
        self.listener = Listener(user.pk, key, user.get_session_auth_hash())
        verdict = await audience().ask(self.listener, set())
        if verdict.standing != Standing.IN:
            await self.close(CLOSING[verdict.standing])
            return
        await self.listen_to(verdict.groups)
        audience().join(self)
        await self.send_json({"type": "hello"})
        if audience().is_deaf:
            await self.say({"type": "deaf"})
        self.start(self.ping())

    async def disconnect(self, code: int) -> None:
        for number in list(self.here):
            await self.go_away(number)
        await audience().leave(self)
        for job in self.jobs:
            job.cancel()
        if self.jobs:
            await asyncio.gather(*self.jobs, return_exceptions=True)

    async def listen_to(self, groups: frozenset[str]) -> None:
        """To these and the watched tickets, and to no other."""
        watched = {live.ticket_group(each.ticket_id) for each in self.watched.values()}
        watched |= {live.presence_group(each.ticket_id) for each in self.watched.values() if each.is_inside}
        watched |= {live.problem_group(each) for each in self.problems}
        for group in set(self.groups) - groups - watched:
            await self.channel_layer.group_discard(group, self.channel_name)
            self.groups.remove(group)
        for group in (groups | watched) - set(self.groups):
            await self.channel_layer.group_add(group, self.channel_name)
            self.groups.append(group)  # Channels leaves them on disconnect

    async def be_judged(self, verdict: Verdict) -> None:
        """Out, if that is so; else hear what there is to hear from now on."""
        if verdict.standing != Standing.IN:
            await self.close(CLOSING[verdict.standing])
            return
        personal = {group for group in self.groups if not group.startswith(("ticket.", "presence.", "problem."))}
        if personal != verdict.groups:
            await self.listen_to(verdict.groups)
            await self.say({"type": "rights"})

    # --- what the browser says ---

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **options: Any) -> None:
        """What is no JSON object is ignored, and so is what we do not know."""
        try:
            said = json.loads(text_data or "")
        except ValueError:
            return
        if not isinstance(said, dict):
            return
        number = said.get("ticket")
        kind, number = said.get("type"), number if isinstance(number, str) and len(number) <= 30 else ""
        if kind == "ping":
            await self.send_json({"type": "pong"})
        elif kind == "watch" and number:
            await self.watch(number, str(said.get("changed") or ""))
        elif kind == "watch" and type(problem := said.get("problem")) is int and 0 < problem < 2**53:
            await self.watch_problem(problem, said.get("event"))
        elif kind == "here" and number in self.watched and str(said.get("doing")) in set(Doing):
            await self.be_here(number, Doing(said["doing"]))
        elif kind == "away" and number in self.here:
            await self.go_away(number)

    async def watch(self, number: str, changed: str) -> None:
        """From now on hear of this ticket; what happened between the page's making and now is told at once."""
        if number not in self.watched and len(self.watched) < MOST_WATCHED:
            found = await database_sync_to_async(find_watched)(self.listener.user_id, number)
            if found is None:
                return
            self.watched[number] = found
            await self.channel_layer.group_add(live.ticket_group(found.ticket_id), self.channel_name)
            self.groups.append(live.ticket_group(found.ticket_id))
            if found.is_inside:
                await self.channel_layer.group_add(live.presence_group(found.ticket_id), self.channel_name)
                self.groups.append(live.presence_group(found.ticket_id))
            found = await database_sync_to_async(find_watched)(self.listener.user_id, number)  # heard from here on
            if found is not None and changed and found.changed != changed:
                await self.say({"type": "ticket", "ticket": number, "verbs": [], "own": False})

    async def watch_problem(self, problem: int, event: object) -> None:
        """From now on hear of this group of reports, while the person may open it. `event`: the last that he saw."""
        if problem in self.problems or len(self.problems) >= MOST_WATCHED:
            return
        verdict = await audience().ask(self.listener, set(), {problem})
        if problem in verdict.problems:
            self.problems.add(problem)
            await self.channel_layer.group_add(live.problem_group(problem), self.channel_name)
            self.groups.append(live.problem_group(problem))
            if event != await database_sync_to_async(last_event_of)(problem):
                await self.say({"type": live.problem_hint(problem)})
            # How far a broadcast is stands in no history: what came in before this moment is heard of now.
            await self.say({"type": live.progress_hint(problem)})

    async def be_here(self, number: str, doing: Doing) -> None:
        ticket = self.watched[number]
        if not ticket.is_inside:
            return
        verdict = await audience().ask(self.listener, {ticket.ticket_id})
        if ticket.ticket_id not in verdict.sight.inside:
            await self.go_away(number)
            return
        self.here[number] = doing
        try:
            await presence.stay(
                ticket.ticket_id,
                number,
                connection=self.channel_name,
                user_id=self.listener.user_id,
                doing=doing,
            )
        except wire.WIRE_FAULTS as error:
            log.warning("presence not told", extra={"error": type(error).__name__})

    async def go_away(self, number: str) -> None:
        self.here.pop(number, None)
        try:
            await presence.leave(self.watched[number].ticket_id, number, connection=self.channel_name)
        except wire.WIRE_FAULTS as error:  # it fades by itself
            log.warning("presence not told", extra={"error": type(error).__name__})

    # --- what the wire says ---

    async def ticket_changed(self, message: dict[str, Any]) -> None:
        """A hint from the wire; one act reaches us by several groups, and one look at the rights serves them all."""
        earlier = self.waiting.get(("ticket", message["ticket"]))
        self.wait_with("ticket", message["ticket"], wire.merge(earlier, message) if earlier else message)

    async def ticket_presence(self, message: dict[str, Any]) -> None:
        self.wait_with("presence", message["ticket"], message)

    async def problem_changed(self, message: dict[str, Any]) -> None:
        self.wait_with("problem", message["hint"], message)

    async def plain_hint(self, message: dict[str, Any]) -> None:
        self.wait_with("plain", message["hint"], message)

    def wait_with(self, kind: str, what: object, message: dict[str, Any]) -> None:
        is_first = not self.waiting
        self.waiting[kind, what] = message
        if is_first:
            self.start(self.pass_on())

    async def pass_on(self) -> None:
        """Everything that waits, as far as the person may hear it."""
        asked = {message["ticket"] for message in self.waiting.values() if "ticket" in message}
        problems = {message["problem"] for message in self.waiting.values() if "problem" in message}
        verdict = await audience().ask(self.listener, asked, problems)
        hints, self.waiting = self.waiting, {}
        later = {
            key: hint
            for key, hint in hints.items()
            if ("ticket" in hint and hint["ticket"] not in asked)
            or ("problem" in hint and hint["problem"] not in problems)
        }
        for (kind, what), hint in later.items():  # came while the rights were asked
            self.wait_with(kind, what, hint)
        if verdict.standing != Standing.IN:
            await self.close(CLOSING[verdict.standing])
            return
        for key, hint in hints.items():
            if key not in later:
                await self.tell(key[0], hint, verdict)

    async def tell(self, kind: str, hint: dict[str, Any], verdict: Verdict) -> None:
        """One hint, if the person may hear it."""
        if kind == "plain":
            await self.say({"type": hint["hint"]})
        elif kind == "problem":
            if hint["problem"] in verdict.problems:
                await self.say({"type": hint["hint"]})
        elif kind == "presence":
            if hint["ticket"] in verdict.sight.inside:
                await self.say({"type": "presence", "ticket": hint["number"]})
        elif hint["ticket"] in verdict.sight.seen:
            verbs = hint["verbs"] if hint["ticket"] in verdict.sight.inside else FOR_CUSTOMERS & set(hint["verbs"])
            if verbs:  # else a customer would learn when notes are written
                own = set(hint["by"]) == {self.listener.user_id}
                await self.say({"type": "ticket", "ticket": hint["number"], "verbs": sorted(verbs), "own": own})
        else:
            if hint["number"] in self.watched:
                await self.forget(hint["number"])
            if verdict.teams & set(hint["left_teams"]) or self.listener.user_id in hint["left_people"]:
                await self.say({"type": "inbox"})

    async def forget(self, number: str) -> None:
        """The page shows a ticket that its reader may no longer see."""
        if number in self.here:
            await self.go_away(number)
        gone = self.watched.pop(number)
        for group in (live.ticket_group(gone.ticket_id), live.presence_group(gone.ticket_id)):
            if group in self.groups:
                self.groups.remove(group)
                await self.channel_layer.group_discard(group, self.channel_name)
        await self.say({"type": "gone", "ticket": number})

    async def hear_wire(self, state: str) -> None:
        await self.say({"type": state})

    async def say(self, content: dict[str, Any]) -> None:
        """With a running number, by which the client notices a gap."""
        self.sent += 1
        await self.send_json(content | {"seq": self.sent})

    async def ping(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            await self.send_json({"type": "ping"})

    def start(self, work: Any) -> None:
        job = asyncio.ensure_future(work)
        self.jobs.add(job)
        job.add_done_callback(self.ended)

    def ended(self, job: asyncio.Task[None]) -> None:
        """A fault ends the connection: the browser comes again and reads everything that it may have missed."""
        self.jobs.discard(job)
        if not job.cancelled() and (error := job.exception()) is not None:
            log.error("a live connection failed", exc_info=error)
            self.jobs.add(asyncio.ensure_future(self.close(OUR_FAULT)))


def find_watched(user_id: int, number: str) -> Watched | None:
    """The ticket with this number, if the person sees it."""
    user = User.objects.filter(pk=user_id).select_related("organisation").first()
    found = Ticket.objects.visible_to(user).filter(number=number).values_list("pk", "changed_at").first()
    if found is None:
        return None
    is_inside = Ticket.objects.worked_by(user).filter(pk=found[0]).exists()
    return Watched(found[0], found[1].isoformat(), is_inside)


def last_event_of(problem: int) -> int:
    """The newest line in the history of this group; 0 for none."""
    found = GroupEvent.objects.filter(group=problem).order_by("-pk").values_list("pk", flat=True).first()
    return found or 0


websocket_urlpatterns: list[Any] = [path("live/", LiveConsumer.as_asgi())]
