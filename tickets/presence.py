"""Who views a ticket now, and who writes on it: kept in Redis for seconds, in no table, and only for colleagues.

A browser says every HEARTBEAT seconds that it is still there; who has said nothing for FADES seconds is gone. A closed
tab says goodbye by its socket. While Redis is away nobody is seen, which harms nobody.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from tickets import live, wire
from tickets.models import Ticket, User

log = logging.getLogger(__name__)

HEARTBEAT = 10  # seconds; live.js keeps the same
FADES = 18  # a killed browser is gone for its colleagues after this and one of their heartbeats
MOST_SHOWN = 12


class Doing(StrEnum):
    VIEWING = "viewing"
    REPLYING = "replying"
    NOTING = "noting"


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody else on the ticket."""

    user: User
    doing: Doing


# One hash per ticket: connection -> "user doing until". Redis' own clock counts, since hosts' clocks differ.
# Answers 1 when the picture has changed: somebody came, went, faded, or does something else.
STAY = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local changed = 0
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
    if tonumber(string.match(all[i + 1], '%d+$')) <= now then
        redis.call('HDEL', KEYS[1], all[i])
        changed = 1
    end
end
local before = redis.call('HGET', KEYS[1], ARGV[1])
if ARGV[2] == '' then
    if before then redis.call('HDEL', KEYS[1], ARGV[1]) changed = 1 end
else
    if not before or string.match(before, '^%d+ %a+') ~= ARGV[2] then changed = 1 end
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. string.format(' %.0f', now + tonumber(ARGV[3])))
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return changed
"""
WHO = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local here = {}
for _, value in ipairs(redis.call('HVALS', KEYS[1])) do
    if tonumber(string.match(value, '%d+$')) > now then here[#here + 1] = value end
end
return here
"""


def _key(ticket_id: int) -> str:
    return f"{settings.REDIS_PREFIX}presence.{ticket_id}"


async def stay(ticket_id: int, number: str, *, connection: str, user_id: int, doing: Doing) -> None:
    """The person is on the ticket, doing this; his colleagues there are told when that is news."""
    await _put(ticket_id, number, connection, f"{user_id} {doing}")


async def leave(ticket_id: int, number: str, *, connection: str) -> None:
    """This browser shows the ticket no more."""
    await _put(ticket_id, number, connection, "")


async def _put(ticket_id: int, number: str, connection: str, value: str) -> None:
    answer: Any = wire.redis().eval(STAY, 1, _key(ticket_id), connection, value, str(1000 * FADES))
    if await answer:
        message = {"type": "ticket.presence", "ticket": ticket_id, "number": number}
        live.send([live.presence_group(ticket_id)], message)


def colleagues_on(ticket: Ticket, *, besides: User) -> list[Colleague]:
    """Who else is on the ticket, those who write first; each person once, however many windows he has open."""
    doing: dict[int, Doing] = {}
    for user_id, what in _who(ticket.pk):
        if user_id != besides.pk and doing.get(user_id, Doing.VIEWING) == Doing.VIEWING:
            doing[user_id] = what
    users = User.objects.filter(pk__in=doing, is_active=True).order_by("name")[:MOST_SHOWN] if doing else ()
    here = [Colleague(user, doing[user.pk]) for user in users]
    return sorted(here, key=lambda each: each.doing == Doing.VIEWING)


def _who(ticket_id: int) -> list[tuple[int, Doing]]:
    try:
        answer: Any = _redis().eval(WHO, 1, _key(ticket_id))
    except (RedisError, OSError) as error:
        log.warning("presence not read", extra={"error": type(error).__name__})
        return []
    found = (value.decode().split() for value in answer)
    return [(int(user_id), Doing(doing)) for user_id, doing, _until in found]


@cache
def _redis() -> Redis:
    """For pages, which run in threads: one pool for the process; a page never waits long for it."""
    return Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
