"""Known faults that sound like what is being typed: only what the house wrote for the portal, never tickets."""

from __future__ import annotations

from dataclasses import replace

from tickets.known_outages import MOST_SHOWN, Outage, list_outages
from tickets.models import GroupMembership, TicketGroup, User
from tickets.similar import asking
from tickets.similar.asking import Question
from tickets.similar.weighing import TITLE, likeness
from tickets.similar.words import Words, read_words

MOST_JUDGED = 50
LEAST = 0.25  # a hint costs the reader little


def outages_alike(reader: User, title: str = "", body: str = "", *, most: int = MOST_SHOWN) -> list[Outage]:
    """What the portal lists for the reader: what sounds like the typed words first, then the newest."""
    shown = list_outages(reader, most=MOST_JUDGED)
    if shown and (title.strip() or body.strip()):
        alike = _alike_groups([outage.group for outage in shown], title, body)
        marked = [replace(outage, is_alike=outage.pk in alike) for outage in shown]
        shown = sorted(marked, key=lambda outage: not outage.is_alike)
    return shown[:most]


def _alike_groups(groups: list[TicketGroup], title: str, body: str) -> set[int]:
    """By the words of the group itself, or by one of its reports."""
    question = asking.ask_of_words(read_words(title, body))
    found = {
        group.pk
        for group in groups
        if _said_by_group(question, read_words(group.title, " ".join(group.outage.values()))) >= LEAST
    }
    near = [hit.ticket_id for hit in asking.find_hits(question) if likeness(hit.score, question.own) >= LEAST]
    members = GroupMembership.objects.current().filter(ticket__in=near, group__in=groups)
    return found | set(members.values_list("group", flat=True))


def _said_by_group(question: Question, words: Words) -> float:
    """What the house writes is short and to the point: a word counts wherever it stands."""
    weight = TITLE / (2 + TITLE)
    said = sum(asked.worth for asked in question.asked if words.title[asked.form] or words.body[asked.form])
    return likeness(said * weight, question.own)
