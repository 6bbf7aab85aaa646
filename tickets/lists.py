"""The inbox's lists: which tickets a view holds, and its counts, which stop at a cap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from tickets import permissions
from tickets.models import InboundMail, Promise, Right, Tag, Ticket, TicketTag, User, Watch
from tickets.models.tickets import TicketQuerySet

MOST_COUNTED = 1000  # counts beyond this are shown as "999+"


# --- views ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class View:
    """One list of the inbox. `tone` colours its count, `narrow` is its condition.

    `is_own`: the condition itself lets through only what the agent works on, so that nothing has to be asked twice.
    `columns` are the reader's or a saved view's; none means the usual ones. `group_by`: "tag" groups it from the start.
    """

    key: str
    label: str | LazyText
    icon: str
    narrow: Callable[[User], Q]
    explanation: str | LazyText
    tone: str = ""
    sort: str = "-changed"
    in_nav: bool = True
    is_own: bool = False
    columns: tuple[str, ...] = ()
    group_by: str = ""
    saved: int | None = None  # the key of the saved view that it shows
    tag: Tag | None = None  # whose open tickets it shows


def end_of_today() -> datetime:
    """Midnight in the reader's zone, which is the active one."""
    tomorrow = timezone.localdate() + timedelta(days=1)
    return timezone.make_aware(datetime.combine(tomorrow, time.min))


def _in_my_teams(user: User) -> Q:
    if user.is_admin:
        return Q()
    teams = [team for team, rights in user.rights_by_team.items() if rights & {Right.READ, Right.ALL}]
    return Q(team__in=teams)


_OPEN = Q(closed_at__isnull=True)

VIEWS: dict[str, View] = {
    view.key: view
    for view in (
        View(
            "mine",
            _("My tickets"),
            "user",
            lambda user: _OPEN & Q(owner=user),
            _("Open tickets that you own."),
            is_own=True,
        ),
        View(
            "teams",
            _("My teams"),
            "inbox",
            lambda user: _OPEN & _in_my_teams(user),
            _("All open tickets of the teams you read."),
            is_own=True,
        ),
        View(
            "unassigned",
            _("Unassigned"),
            "users",
            lambda user: _OPEN & _in_my_teams(user) & Q(owner__isnull=True),
            _("Open tickets of your teams that nobody has taken yet."),
            tone="accent",
            sort="-opened",
            is_own=True,
        ),
        View(
            "due",
            _("Due today"),
            "clock",
            lambda user: _OPEN & Q(due_at__lt=end_of_today()),
            _("Tickets with an answer promised for today, and those that are late."),
            tone="bad",
            sort="due",
        ),
        View(
            "promised",
            _("My promises"),
            "seal",
            lambda user: Q(pk__in=Promise.objects.open().filter(who=user).values("ticket")),
            _("Tickets where you promised an answer, or were asked to."),
            sort="due",
            is_own=True,
        ),
        View(
            "pending",
            _("Pending"),
            "pause",
            lambda user: _OPEN & Q(pending_until__isnull=False),
            _("Tickets that wait for the customer or a third party until a set time."),
            sort="pending",
        ),
        View(
            "watched",
            _("Watched"),
            "eye",
            lambda user: _OPEN & Q(pk__in=Watch.objects.filter(user=user).values("ticket")),
            _("Open tickets that you watch."),
        ),
        View(
            "tags",
            _("By tag"),
            "tag",
            lambda user: _OPEN,
            _("All open tickets you can see, by tag: problems rather than single requests."),
            in_nav=False,
            group_by="tag",
        ),
        View(
            "closed",
            _("Closed"),
            "s-solved",
            lambda user: Q(closed_at__isnull=False),
            _("Solved and closed tickets."),
            in_nav=False,
        ),
        View("all", _("All tickets"), "group", lambda user: Q(), _("Every ticket you can see."), in_nav=False),
    )
}
DEFAULT_VIEW = "mine"
QUARANTINE = "quarantine"  # no list of tickets, but counted with them


def find_view(key: str) -> View | None:
    """The view of this key: a built-in one, or "tag-12", the open tickets with that tag."""
    if key.startswith("tag-") and _is_id(key.removeprefix("tag-")):
        tag = Tag.objects.select_related("synonym_of", "team", "owner", "answer_template").filter(
            pk=int(key.removeprefix("tag-"))
        )
        found = tag.first()
        return tag_view(found.synonym_of or found) if found else None
    return VIEWS.get(key)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def tag_view(tag: Tag) -> View:
    return View(
        f"tag-{tag.pk}",
        tag.name,
        "tag",
        lambda user: _OPEN & Q(pk__in=TicketTag.objects.filter(tag=tag.pk, is_open=True).values("ticket")),
        tag.description or _("Open tickets with this tag."),
        in_nav=False,
        tag=tag,
    )


def tagged(tag_id: int | None) -> Q:
    """Those with the tag; those without any for None. Never twice the same ticket, as a join would bring."""
    if tag_id is None:
        return Q(tags__isnull=True)
    return Q(pk__in=TicketTag.objects.filter(tag=tag_id).values("ticket"))


def tickets_in(view: View, user: User) -> TicketQuerySet:
    """What the view holds for this agent, in no order yet."""
    if view.is_own and user.is_active and user.is_agent:
        return Ticket.objects.filter(view.narrow(user))
    return Ticket.objects.worked_by(user).filter(view.narrow(user))


@dataclass(frozen=True, slots=True)
class Worded:
    """A question for a number, as the database reads it. A parameter that is NOW stands for the moment of asking."""

    key: str
    sql: str
    params: tuple[Any, ...]


NOW = datetime.max.replace(tzinfo=UTC)
MOST_WORDED = 2000  # questions of agents that are kept in words
_worded: dict[Any, list[Worded]] = {}


def kept_words(name: str, user: User, build: Callable[[], Mapping[str, QuerySet[Any]]]) -> list[Worded]:
    """The questions that `build` makes for this agent, put into words once a day: nothing but his rights changes them.

    To word a question takes longer than to answer it, and every page asks these. `name` says which they are.
    """
    asked = (name, user.pk, user.is_active, user.is_admin, frozenset(user.rights_by_team.items()), end_of_today())
    found = _worded.get(asked)
    if found is None:
        if len(_worded) >= MOST_WORDED:
            _worded.clear()
        found = _worded[asked] = word(build())
    return found


def views_of(user: User, keys: tuple[str, ...]) -> dict[str, QuerySet[Any]]:
    """What the views of these keys hold, and the mails in quarantine: what the navigation counts."""
    lists: dict[str, QuerySet[Any]] = {key: tickets_in(VIEWS[key], user) for key in keys if key in VIEWS}
    if QUARANTINE in keys and permissions.can_handle_quarantine(user):
        lists[QUARANTINE] = InboundMail.objects.filter(state=InboundMail.State.QUARANTINED)
    return lists


def count_views(user: User, keys: tuple[str, ...]) -> dict[str, int]:
    """How many tickets each view holds, at most MOST_COUNTED each, in one query; and the mails in quarantine."""
    return dict.fromkeys(keys, 0) | ask(kept_words(",".join(keys), user, lambda: views_of(user, keys)))


def count_capped(lists: Mapping[str, QuerySet[Any]]) -> dict[str, int]:
    """How many tickets each list holds, at most MOST_COUNTED each, in one query for all."""
    return dict.fromkeys(lists, 0) | ask(word(lists))


def word(lists: Mapping[str, QuerySet[Any]]) -> list[Worded]:
    """The questions how much is in each list; none for one that can hold nothing."""
    found = []
    for key, rows in lists.items():
        if not rows.query.is_sliced:
            rows = rows.order_by().values("pk")[:MOST_COUNTED]
        try:
            sql, params = rows.query.sql_with_params()
        except EmptyResultSet:  # Django knows without asking that nothing can match
            continue
        found.append(Worded(key, f"(SELECT count(*) FROM ({sql}) AS counted)", tuple(params)))  # noqa: S608 Django's own
    return found


def ask(questions: Sequence[Worded]) -> dict[str, int]:
    """The answers by key, in one query."""
    if not questions:
        return {}
    now = timezone.now()
    params = [now if param == NOW else param for each in questions for param in each.params]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join([each.sql for each in questions]), params)
        row = cursor.fetchone()
    assert row is not None  # a SELECT without FROM gives one row
    return dict(zip([each.key for each in questions], row, strict=True))
