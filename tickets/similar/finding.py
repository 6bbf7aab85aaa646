"""What is alike to a ticket, or to what is being typed, of all that one reader may know.

Tickets are those that he works on. An open group stands where its best report stands; he sees groups that he may open,
even where that report is another team's: then the group is named, and the report is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from tickets.groups import group_of
from tickets.models import GroupMembership, Likeness, Ticket, TicketGroup, TicketTag, User
from tickets.similar import asking
from tickets.similar.asking import Asked, Hit, Question
from tickets.similar.index import text_of
from tickets.similar.weighing import SHARED_TAG, WORTH_SHOWING, Grade, grade, likeness, recency
from tickets.similar.words import read_words, words_as_written

MOST_TICKETS, MOST_GROUPS = 5, 3
MOST_WORDS = 5
SEEDS = 4  # reports of a group by which others are found: the newest, since they are what is coming in now
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Alike:
    """A ticket, or an open group by its best report, with the reason: the words that both have."""

    likeness: float
    grade: Grade
    words: tuple[str, ...]
    ticket: Ticket | None = None
    group: TicketGroup | None = None
    members: int = 0


@dataclass(frozen=True, slots=True)
class _Seen:
    """A hit that the reader may know; `group_id`: the open group in which it is."""

    ticket_id: int
    likeness: float
    order: float
    group_id: int | None
    is_worked_on: bool


def find_alike(
    ticket: Ticket, *, by: User, most_tickets: int = MOST_TICKETS, most_groups: int = MOST_GROUPS
) -> list[Alike]:
    """The groups and then the tickets that are most alike, those of today before older ones that are as much alike."""
    text = text_of(ticket)
    question = asking.ask_of_ticket(ticket, text)
    own = group_of(ticket)
    left_out = _rejected(ticket) | {ticket.pk}
    return _find(
        question,
        by,
        f"{ticket.title} {text}",
        left_out=left_out,
        left_out_group=own.pk if own else None,
        most_tickets=most_tickets,
        most_groups=most_groups,
    )


def find_alike_to_words(
    title: str, body: str = "", *, by: User, most_tickets: int = MOST_TICKETS, most_groups: int = MOST_GROUPS
) -> list[Alike]:
    """The same for what an agent is writing down."""
    question = asking.ask_of_words(read_words(title, body))
    return _find(question, by, f"{title} {body}", most_tickets=most_tickets, most_groups=most_groups)


def find_alike_to_group(group: TicketGroup, *, by: User, most: int = MOST_TICKETS) -> list[Alike]:
    """Open tickets in no group that are alike to one of the group's newest reports, of all that the reader works on."""
    seeds = newest_reports(group, by=by)
    best: dict[int, tuple[float, Ticket, Question]] = {}
    for seed in seeds:
        question = asking.ask_of_ticket(seed, text_of(seed))
        for hit in worth_showing(question, asking.find_hits(question)):
            alike = likeness(hit.score, question.own)
            if hit.ticket_id not in best or alike > best[hit.ticket_id][0]:
                best[hit.ticket_id] = alike, seed, question
    pairs = Likeness.objects.filter(Q(ticket__in=seeds) | Q(other__in=seeds), rejected_at__isnull=False)
    rejected = {pk for pair in pairs.values_list("ticket", "other") for pk in pair}
    free = (
        Ticket.objects.worked_by(by)
        .filter(pk__in=best.keys() - rejected, merged_into__isnull=True, closed_at__isnull=True)
        .exclude(pk__in=GroupMembership.objects.current().values("ticket"))
    )
    now = timezone.now()
    order = {
        pk: best[pk][0] + recency((now - opened).total_seconds() / DAY)
        for pk, opened in free.values_list("pk", "opened_at")
    }
    chosen = sorted(order, key=lambda pk: (-order[pk], -pk))[:most]
    found = Ticket.objects.select_related("status", "team", "customer", "organisation").in_bulk(chosen)
    told = []
    for pk in chosen:
        alike, seed, question = best[pk]
        words = words_of(asking.shared_terms(question, [pk]).get(pk, []), f"{seed.title} {text_of(seed)}")
        told.append(Alike(alike, grade(alike, len(words)), tuple(words[:MOST_WORDS]), ticket=found[pk]))
    return told


def newest_reports(group: TicketGroup, *, by: User) -> list[Ticket]:
    """By these others are found: the group's newest that the reader works on."""
    inside = GroupMembership.objects.current().filter(group=group).values("ticket")
    return list(Ticket.objects.worked_by(by).filter(pk__in=inside).order_by("-opened_at", "-pk")[:SEEDS])


def _find(
    question: Question,
    by: User,
    text: str,
    *,
    left_out: Collection[int] = (),
    left_out_group: int | None = None,
    most_tickets: int,
    most_groups: int,
) -> list[Alike]:
    hits = [hit for hit in worth_showing(question, asking.find_hits(question)) if hit.ticket_id not in left_out]
    seen = _order(question, hits, by)
    tickets: list[_Seen] = []
    groups: dict[int, _Seen] = {}
    for each in seen:
        if each.group_id is not None:
            if each.group_id != left_out_group and len(groups) < most_groups:
                groups.setdefault(each.group_id, each)
        elif each.is_worked_on and len(tickets) < most_tickets:
            tickets.append(each)
    return _tell(question, [*groups.values(), *tickets], text)


def worth_showing(question: Question, hits: Iterable[Hit], least: float = WORTH_SHOWING) -> list[Hit]:
    """Those that say at least so much of the same; they come best first."""
    return [hit for hit in hits if likeness(hit.score, question.own) >= least]


def _order(question: Question, hits: Sequence[Hit], by: User) -> list[_Seen]:
    """The hits that the reader may know, best first."""
    ids = [hit.ticket_id for hit in hits]
    known = Ticket.objects.filter(pk__in=ids, merged_into__isnull=True)
    opened: dict[int, datetime] = dict(known.values_list("pk", "opened_at"))
    worked_on = set(Ticket.objects.worked_by(by).filter(pk__in=opened).values_list("pk", flat=True))
    inside = GroupMembership.objects.current().filter(ticket__in=opened)
    in_any = dict(inside.values_list("ticket", "group"))
    in_known = dict(inside.filter(group__in=TicketGroup.objects.worked_by(by)).values_list("ticket", "group"))
    tagged = _with_a_tag_of(question.ticket_id, opened)
    found = []
    for hit in hits:
        pk = hit.ticket_id
        if pk not in opened or not (pk in worked_on or pk in in_known):
            continue
        alike = likeness(hit.score, question.own)
        days = (question.at - opened[pk]).total_seconds() / DAY
        # A group that he may not open is no news to him; its report, which he works on, stands for itself.
        group_id = in_known.get(pk) if pk in in_any else None
        order = alike + recency(days) + (SHARED_TAG if pk in tagged else 0.0)
        found.append(_Seen(pk, alike, order, group_id, pk in worked_on))
    return sorted(found, key=lambda each: -each.order)


def _with_a_tag_of(ticket_id: int, others: Collection[int]) -> set[int]:
    if not ticket_id:
        return set()
    mine = TicketTag.objects.filter(ticket=ticket_id).values("tag")
    return set(TicketTag.objects.filter(ticket__in=others, tag__in=mine).values_list("ticket", flat=True))


def _tell(question: Question, chosen: Sequence[_Seen], text: str) -> list[Alike]:
    ids = [each.ticket_id for each in chosen if each.is_worked_on]
    group_ids = [each.group_id for each in chosen if each.group_id is not None]
    tickets: Mapping[int, Ticket] = Ticket.objects.select_related("status", "team", "customer", "organisation").in_bulk(
        ids
    )
    groups = TicketGroup.objects.select_related("team", "owner").in_bulk(group_ids)
    sizes = members_of(group_ids)
    shared = asking.shared_terms(question, [each.ticket_id for each in chosen])
    told = []
    for each in chosen:
        words = words_of(shared.get(each.ticket_id, []), text)
        alike = Alike(
            likeness=each.likeness,
            grade=grade(each.likeness, len(words)),
            words=tuple(words[:MOST_WORDS]) if each.is_worked_on else (),
            ticket=tickets[each.ticket_id] if each.group_id is None else None,
            group=groups[each.group_id] if each.group_id is not None else None,
            members=sizes.get(each.group_id, 0) if each.group_id is not None else 0,
        )
        told.append(alike)
    return told


def words_of(shared: Iterable[Asked], text: str) -> list[str]:
    """The shared words as the text writes them, the most telling first; short ones and numbers tell people little."""
    forms = [asked.form for asked in shared]
    return [word for word in words_as_written(forms, text) if _is_telling(word)]


def _is_telling(word: str) -> bool:
    if word.isdigit():
        return len(word) > 3
    return len(word) > 2 or word.isupper()


def members_of(group_ids: Collection[int]) -> dict[int, int]:
    """How many tickets are in each of the open groups."""
    sizes: dict[int, int] = {}
    for group_id in GroupMembership.objects.current().filter(group__in=group_ids).values_list("group", flat=True):
        sizes[group_id] = sizes.get(group_id, 0) + 1
    return sizes


def _rejected(ticket: Ticket) -> set[int]:
    """What somebody said it is not alike to, whichever of the two came first."""
    pairs = Likeness.objects.filter(Q(ticket=ticket) | Q(other=ticket), rejected_at__isnull=False)
    return {pk for pair in pairs.values_list("ticket", "other") for pk in pair}
