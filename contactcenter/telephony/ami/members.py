"""Who belongs in which of Asterisk's queues, as our agents, their states and loans want it; and what has to change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from contactcenter.models import Agent, Contact, Exchange, ExchangeQueue, QueueMembership, Work
from contactcenter.telephony.ami.protocol import Message, packet
from contactcenter.telephony.ami.translating import phone_of

Seat = tuple[str, str]  # queue, phone


@dataclass(frozen=True, slots=True)
class Member:
    """An agent's seat. Asterisk asks the lowest penalty first, as we ask the lowest level."""

    penalty: int = 0
    is_paused: bool = False
    name: str = ""
    reason: str = ""
    is_dynamic: bool = True


# --- what we want ----------------------------------------------------------------------------------------------------


def wanted(exchange: Exchange) -> dict[Seat, Member]:
    """The seats of everybody who is signed in."""
    agents = {
        agent.pk: agent for agent in Agent.objects.present().exclude(extension="").select_related("activity", "user")
    }
    chatting = set(
        Contact.objects.filter(
            agent__in=agents, state__in=Contact.WITH_AGENT, channel__in=[Contact.Channel.CHAT, Contact.Channel.CALLBACK]
        ).values_list("agent", flat=True)
    )
    names: dict[int, list[str]] = {}
    for row in ExchangeQueue.objects.filter(exchange=exchange):
        names.setdefault(row.queue_id, []).append(row.name)
    seats: dict[Seat, Member] = {}
    for one in QueueMembership.objects.serving().filter(agent__in=agents).select_related("queue"):
        agent = agents[one.agent_id]
        phone = exchange.interface_form.replace("{extension}", agent.extension)
        member = _member(agent, one.level, is_chatting=agent.pk in chatting)
        for name in names.get(one.queue_id, [one.queue.name]):
            seats[name, phone] = member
    return seats


def _member(agent: Agent, level: int, *, is_chatting: bool) -> Member:
    """Paused while he is not ready, and while only we see that he is busy: wrapping up, in a chat, calling back."""
    is_ready = agent.activity.is_routable and agent.device_lost_at is None
    is_busy = is_chatting or agent.work == Work.WRAP_UP
    reason = "" if is_ready and not is_busy else (agent.work if is_ready else agent.activity.code)
    return Member(level - 1, not is_ready or is_busy, str(agent.user), str(reason))


# --- what is there ---------------------------------------------------------------------------------------------------


class Seats:
    """Asterisk's queues and their members, as it last said. One member is told once for each queue and change."""

    def __init__(self) -> None:
        self.queues: set[str] = set()
        self.members: dict[Seat, Member] = {}

    def clear(self) -> None:
        self.queues.clear()
        self.members.clear()

    def feed(self, message: Message) -> bool:
        """Whether the message was about them."""
        event, queue, phone = message.get("Event", ""), message.get("Queue", ""), phone_of(message)
        if event == "QueueParams":
            self.queues.add(queue)
        elif event == "QueueMemberRemoved":
            self.members.pop((queue, phone), None)
        elif event.startswith("QueueMember") and queue and phone:
            self.members[queue, phone] = Member(
                penalty=_number(message.get("Penalty", "")),
                is_paused=message.get("Paused", "0") not in ("0", ""),
                name=message.get("MemberName") or message.get("Name") or "",
                is_dynamic=message.get("Membership", "dynamic") == "dynamic",
            )
        else:
            return False
        return True


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


# --- the difference --------------------------------------------------------------------------------------------------


def changes(
    want: Mapping[Seat, Member], have: Mapping[Seat, Member], *, queues: Collection[str], ours: Collection[str]
) -> list[bytes]:
    """The actions that make `have` what we want. Phones that are none of `ours` are left alone.

    A member out of a configuration file can't be removed, so he is paused.
    """
    by_name = {name.lower(): name for name in queues}
    actions: list[bytes] = []
    placed: set[Seat] = set()
    for (name, phone), member in sorted(want.items()):
        queue = by_name.get(name.lower())
        if queue is None:
            continue
        placed.add((queue, phone))
        actions += _towards(queue, phone, member, have.get((queue, phone)))
    for (queue, phone), there in sorted(have.items()):
        if phone not in ours or (queue, phone) in placed:
            continue
        if there.is_dynamic:
            actions.append(packet("QueueRemove", [("Queue", queue), ("Interface", phone)]))
        elif not there.is_paused:
            actions.append(_pause(queue, phone, is_paused=True, reason="offline"))
    return actions


def _towards(queue: str, phone: str, member: Member, there: Member | None) -> Iterable[bytes]:
    if there is None:
        fields = [
            ("Queue", queue), ("Interface", phone), ("Penalty", str(member.penalty)),
            ("Paused", "true" if member.is_paused else "false"), ("MemberName", member.name),
        ]  # fmt: skip
        yield packet("QueueAdd", [*fields, ("Reason", member.reason)] if member.reason else fields)
        return
    if there.penalty != member.penalty:
        yield packet("QueuePenalty", [("Queue", queue), ("Interface", phone), ("Penalty", str(member.penalty))])
    if there.is_paused != member.is_paused:
        yield _pause(queue, phone, is_paused=member.is_paused, reason=member.reason)


def _pause(queue: str, phone: str, *, is_paused: bool, reason: str) -> bytes:
    fields = [("Queue", queue), ("Interface", phone), ("Paused", "true" if is_paused else "false")]
    return packet("QueuePause", [*fields, ("Reason", reason)] if reason else fields)


def phones_of_ours(exchange: Exchange) -> set[str]:
    """The phones of all agents with an extension, signed in or not."""
    extensions = Agent.objects.exclude(extension="").values_list("extension", flat=True)
    return {exchange.interface_form.replace("{extension}", extension) for extension in extensions}
