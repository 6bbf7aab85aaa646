"""What is asked of a house that is measured: an agent's cookie, the pages he opens all day, acts on many."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Count, F

from tickets.models import Message, Ticket, User

BULK = 500


def agent() -> User:
    """An agent with all rights in four of the twelve teams, the largest among them."""
    return User.objects.get(email="agent1@desk.example")


def agent_cookie() -> str:
    """The header of a browser in which the agent is signed in."""
    user = agent()
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def pages() -> dict[str, str]:
    """Name to address."""
    seen = Ticket.objects.worked_by(agent())
    recent = seen.open().order_by("-opened_at")
    usual = recent.annotate(n=Count("messages")).filter(n=4)[:1].get()
    long = Message.objects.values("ticket__number").annotate(n=Count("pk")).order_by("-n")[:1].get()
    body = Message.objects.filter(ticket=usual).order_by("pk").first()
    assert body is not None
    phrase = re.search(r"\w{5,} \w{5,}", body.body)
    # A word that this ticket alone has: one ticket in fifty has its own.
    rare = Message.objects.filter(
        body__regex=r"HX\d", ticket__in=list(recent.values_list("pk", flat=True)[:500])
    ).first()
    code = re.search(r"HX\d+", rare.body) if rare else None

    def list_of(view: str, **query: str) -> str:
        return f"/inbox/{view}/" + (f"?{urlencode(query)}" if query else "")

    def search(words: str) -> str:
        return f"/search/?{urlencode({'q': words})}"

    return {
        "inbox: mine": list_of("mine"),
        "inbox: my teams": list_of("teams"),
        "inbox: unassigned": list_of("unassigned"),
        "inbox: due": list_of("due"),
        "inbox: promised": list_of("promised"),
        "inbox: pending": list_of("pending"),
        "inbox: closed": list_of("closed"),
        "inbox: all": list_of("all"),
        "inbox: by priority": list_of("teams", sort="priority"),
        "inbox: one tag": list_of("all", tag="címke1"),
        "counts": "/nav-counts/",
        "ticket": f"/ticket/{usual.number}/",
        "ticket: 500 messages": f"/ticket/{long['ticket__number']}/",
        "search: common word": search("nyomtató"),
        "search: rare word": search(code[0] if code else "HX12345"),
        "search: phrase": search(f'"{phrase[0] if phrase else "nyomtató hiba"}"'),
    }


def acts() -> dict[str, dict[str, dict[str, Any]]]:
    """A bulk act on BULK tickets, in this process: its dry run, and milliseconds a ticket.

    Of his own teams, where he may do it. A house of ten thousand has some hundred open ones of them: the latest closed
    ones make up the number.
    """
    from tickets.bulk import acts, runs

    user = agent()
    numbers = Ticket.objects.filter(team__memberships__user=user, merged_into=None)
    numbers = numbers.order_by(F("closed_at").desc(nulls_first=True), "-opened_at")[:BULK]
    tickets = Ticket.objects.filter(pk__in=list(numbers.values_list("pk", flat=True)))
    act = acts.AddTag(f"mérés {int(time.time())}")
    begun = time.perf_counter()
    run = runs.plan_run(act, tickets, by=user)
    runs.judge_run(run)
    planned = (time.perf_counter() - begun) * 1000
    begun = time.perf_counter()
    runs.start_run(run, by=user)
    while runs.work_off(run, limit=BULK):
        pass
    done = runs.count_items(run)["done"]
    each = (time.perf_counter() - begun) * 1000 / max(1, done)
    return {"bulk: dry run": alone(planned), f"bulk: tag, one of {done}": alone(each)}


def alone(milliseconds: float) -> dict[str, dict[str, Any]]:
    """A figure that was measured once, in the shape of the others."""
    return {"1": {"clients": 1, "p50": milliseconds, "p95": milliseconds, "per_second": 0, "queries": 0, "bytes": 0}}
