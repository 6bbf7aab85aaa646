"""Rules on arrival: a new ticket gets tags and joins a group by what it says, who asks and where it came in.

They are asked in the arrival's own transaction, once the first message stands in the ticket, whatever the door. A rule
that is broken, or whose group is closed, stops no ticket: it says so on its own page.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Count, Exists, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets import conditions
from tickets.conditions import Condition, Facts, facts_of
from tickets.conditions.fields import ME, MINE
from tickets.configuration import Act, record_change, save_checked, snapshot
from tickets.errors import Refused
from tickets.groups import join_group
from tickets.models import (
    ArrivalMatch,
    ArrivalRule,
    Event,
    GroupMembership,
    Message,
    Ticket,
    TicketGroup,
    User,
    Verb,
)
from tickets.tagging import clean_tag, find_or_add_tag, real_tag, tag_ticket

log = logging.getLogger(__name__)
Problem = ArrivalMatch.Problem

FIRST_WORDS = frozenset({Verb.MESSAGE_RECEIVED, Verb.CALL_RECORDED, Verb.NOTED})  # with these a new ticket is complete
NOT_ASKED = frozenset({"unread"})  # nobody reads at that moment
TRIED = (5000, 500)  # of how many past tickets a dry run asks; the less when it takes too long
LONGEST_TRY = 2500  # ms
SAMPLE = 10
MOST_TAGS = 10

# --- on arrival ------------------------------------------------------------------------------------------------------


def apply_rules(event: Event, ticket: Ticket) -> None:
    """What the rules say of a ticket whose first words these are; later words are none of their business."""
    if event.message_id is None:
        return
    # One query, whatever is found: the rules as they stand at this moment, and none of them for later words.
    said_before = Message.objects.filter(ticket=ticket).exclude(pk=event.message_id)
    active = ArrivalRule.objects.filter(~Exists(said_before), is_active=True)
    rules = [(rule, conditions.parse(rule.condition)) for rule in active]
    asking = [(rule, condition) for rule, condition in rules if condition and not condition.is_broken]
    if not asking:
        return
    now = timezone.now()
    facts = _read_facts(ticket, frozenset().union(*(condition.fields for _rule, condition in asking)))
    for rule, condition in asking:
        problem = _apply(rule, condition, ticket, facts, now)
        if problem is not None:
            ArrivalMatch.objects.create(rule=rule, ticket=ticket, problem=problem)


def _read_facts(ticket: Ticket, names: Iterable[str]) -> Facts:
    """Each field by itself: one that can't be read costs the rules that ask for it, not the ticket."""
    values: dict[str, Any] = {}
    for name in names:
        try:
            with transaction.atomic():
                values |= facts_of(ticket, [name]).values
        except Exception:
            log.exception("field not read on arrival", extra={"field": name, "ticket": ticket.pk})
    return Facts(ticket.pk, values)


def _apply(rule: ArrivalRule, condition: Condition, ticket: Ticket, facts: Facts, now: datetime) -> str | None:
    """The problem there was, "" for none; None when the rule does not hold."""
    try:
        with transaction.atomic():
            if not condition.matches(facts, now=now):
                return None
            return _add_tags(rule, ticket) or _join(rule, ticket)
    except Exception:  # a mistake in one rule must not cost a customer's mail; the log and the rule's page have it
        log.exception("rule on arrival failed", extra={"rule": rule.pk, "ticket": ticket.pk})
        return Problem.FAILED


def _add_tags(rule: ArrivalRule, ticket: Ticket) -> str:
    problem = ""
    for tag in map(real_tag, rule.tags.select_related("synonym_of").order_by("pk")):
        if not tag.is_active:
            problem = Problem.TAG_RETIRED
            continue
        try:
            tag_ticket(ticket, tag, by=None, rule=rule.pk)
        except Refused:
            problem = Problem.TOO_MANY_TAGS
    return problem


def _join(rule: ArrivalRule, ticket: Ticket) -> str:
    if rule.group is None:
        return ""
    try:
        join_group(rule.group, ticket=ticket, by=None, how=GroupMembership.How.RULE)
    except Refused:
        is_open = TicketGroup.objects.filter(pk=rule.group.pk, status=TicketGroup.Status.OPEN).exists()
        return Problem.IN_ANOTHER_GROUP if is_open else Problem.GROUP_CLOSED
    return ""


# --- set-up ----------------------------------------------------------------------------------------------------------


def add_rule(
    *,
    name: str,
    condition: Mapping[str, Any],
    tags: Sequence[str],
    group: TicketGroup | None = None,
    is_active: bool = True,
    by: User | None = None,
) -> ArrivalRule:
    """A new rule, asked after all others. Raises Refused for a condition that makes no sense or asks nothing."""
    rule = ArrivalRule(name=_clean_name(name), condition=_checked(condition), is_active=is_active)
    with transaction.atomic():
        last = ArrivalRule.objects.select_for_update(no_key=True).order_by("-position").first()
        rule.position = last.position + 1 if last else 0
        return _save(rule, tags, group, before={}, by=by)


def change_rule(
    rule: ArrivalRule,
    *,
    name: str,
    condition: Mapping[str, Any],
    tags: Sequence[str],
    group: TicketGroup | None,
    is_active: bool,
    by: User | None = None,
) -> ArrivalRule:
    """What it did before stays done."""
    with transaction.atomic():
        rule = ArrivalRule.objects.select_for_update(no_key=True, of=("self",)).get(pk=rule.pk)
        before = _snapshot(rule)
        rule.name, rule.condition, rule.is_active = _clean_name(name), _checked(condition), is_active
        return _save(rule, tags, group, before=before, by=by)


def switch_rule(rule: ArrivalRule, *, is_active: bool, by: User | None = None) -> ArrivalRule:
    """Off and on again, also one that is broken."""
    with transaction.atomic():
        rule = ArrivalRule.objects.select_for_update(no_key=True, of=("self",)).get(pk=rule.pk)
        before = _snapshot(rule)
        rule.is_active = is_active
        rule.save(update_fields=["is_active"])
        record_change(rule, act=Act.CHANGED, before=before, after=_snapshot(rule), by=by)
    return rule


def move_rule(rule: ArrivalRule, *, up: bool, by: User | None = None) -> None:
    """One place up or down; at the end of the list nothing happens."""
    with transaction.atomic():
        rows = list(ArrivalRule.objects.select_for_update(no_key=True, of=("self",)).order_by("position", "pk"))
        here = next(place for place, row in enumerate(rows) if row.pk == rule.pk)
        there = here - 1 if up else here + 1
        if not 0 <= there < len(rows):
            return
        rows[here], rows[there] = rows[there], rows[here]
        for place, row in enumerate(rows):
            if row.position != place:
                before = _snapshot(row)
                row.position = place
                row.save(update_fields=["position"])
                record_change(row, act=Act.CHANGED, before=before, after=_snapshot(row), by=by)


def _save(
    rule: ArrivalRule, tags: Sequence[str], group: TicketGroup | None, *, before: Mapping[str, Any], by: User | None
) -> ArrivalRule:
    names = list(dict.fromkeys(clean_tag(name) for name in tags))
    if len(names) > MOST_TAGS:
        raise Refused(_("A rule adds at most %(count)s tags.") % {"count": MOST_TAGS}, field="tags")
    if not names and group is None:
        raise Refused(_("Say which tag it adds, or which group the ticket joins."), field="tags")
    if group is not None and not group.is_open and group.pk != rule.group_id:
        raise Refused(
            _("The group “%(group)s” is closed; open it again first.") % {"group": group.title}, field="group"
        )
    rule.group = group
    rule = save_checked(rule)
    rule.tags.set([find_or_add_tag(name) for name in names])
    record_change(rule, act=Act.CHANGED if before else Act.ADDED, before=before, after=_snapshot(rule), by=by)
    return rule


def _checked(condition: Mapping[str, Any]) -> dict[str, Any]:
    found = conditions.parse(condition, strict=True)
    if not found:
        raise Refused(_("Say which tickets it is for: one condition at least."), field="condition")
    values = [value for one in found.root.clauses() for value in _listed(one.value)]
    if {ME, MINE} & set(values) or found.fields & NOT_ASKED:
        raise Refused(
            _("Nobody reads the ticket when it arrives: “me” and “unread” can't be asked."), field="condition"
        )
    return found.as_json()


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _clean_name(name: str) -> str:
    return " ".join(name.replace("\x00", "").split())


def _snapshot(rule: ArrivalRule) -> dict[str, Any]:
    """With the condition in words: names outlive ids in a history that is read years later."""
    said = "; ".join(str(each) for each in conditions.parse(rule.condition).words())
    return {**snapshot(rule), "condition": said}


# --- looking at them -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class RuleState:
    """A rule with what it did in the last seven days, and what is wrong with it, in sentences."""

    rule: ArrivalRule
    condition: Condition
    said: list[conditions.Said]
    troubles: list[str] = field(default_factory=list)
    matched: int = 0
    failed: int = 0
    last: datetime | None = None


def states_of(rules: Sequence[ArrivalRule]) -> list[RuleState]:
    """For the set-up pages; the rules come with `group` and `tags` read."""
    read = [conditions.parse(rule.condition) for rule in rules]
    names = conditions.names_in([condition.root for condition in read])
    since = timezone.now() - timedelta(days=7)
    counted = (
        ArrivalMatch.objects.filter(rule__in=rules, at__gte=since)
        .order_by()
        .values_list("rule")
        .annotate(n=Count("pk"), bad=Count("pk", filter=~Q(problem="")), last=Max("at"))
    )
    figures = {row[0]: row[1:] for row in counted}
    states = []
    for rule, condition in zip(rules, read, strict=True):
        state = RuleState(rule, condition, condition.words(names) if condition else [])
        state.matched, state.failed, state.last = figures.get(rule.pk, (0, 0, None))
        state.troubles = [said.problem for said in state.said if said.problem] or list(condition.problems)
        for tag in rule.tags.all():
            if not real_tag(tag).is_active:
                state.troubles.append(_("The tag “%(tag)s” is no longer offered; it is not added.") % {"tag": tag})
        if rule.group is not None and not rule.group.is_open:
            state.troubles.append(_("The group “%(group)s” is closed; nothing joins it.") % {"group": rule.group.title})
        states.append(state)
    return states


def read_rules() -> list[ArrivalRule]:
    """All, in their order, with what the pages show."""
    return list(ArrivalRule.objects.select_related("group").prefetch_related("tags__synonym_of"))


def latest_problems(rule: ArrivalRule, limit: int = 10) -> list[ArrivalMatch]:
    return list(rule.matches.exclude(problem="").select_related("ticket").order_by("-at")[:limit])


# --- the dry run -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trial:
    """How many of the latest tickets the condition would have caught; `since`: when the oldest of them was opened.

    `looked_at` is 0 when even the few took too long.
    """

    looked_at: int = 0
    count: int = 0
    since: datetime | None = None
    sample: list[Ticket] = field(default_factory=list)

    @property
    def is_slow(self) -> bool:
        return self.looked_at == 0


def try_condition(condition: Condition, *, by: User) -> Trial:
    """Asks the condition of the latest tickets, as they are now: of many, and of few if that takes too long."""
    for most in TRIED:
        try:
            with transaction.atomic(), _time_limit(LONGEST_TRY):
                return _try(condition, most, by)
        except OperationalError:  # the database gave up at the limit
            log.info("dry run of a rule took too long", extra={"tickets": most})
    return Trial()


def _try(condition: Condition, most: int, by: User) -> Trial:
    latest = Ticket.objects.worked_by(by).order_by("-opened_at", "-pk")
    looked = list(latest.values_list("pk", "opened_at")[:most])
    if not looked:
        return Trial(looked_at=1)
    inside = Ticket.objects.filter(pk__in=[pk for pk, _at in looked])
    found = list(inside.filter(condition.q()).order_by("-opened_at", "-pk").values_list("pk", flat=True))
    sample = Ticket.objects.filter(pk__in=found[:SAMPLE]).with_names().order_by("-opened_at", "-pk")
    return Trial(len(looked), len(found), looked[-1][1], list(sample))


class _time_limit:  # noqa: N801 (a context manager, read as a word)
    """Statements of this block may take so many milliseconds; the limit before is put back."""

    def __init__(self, milliseconds: int) -> None:
        self.milliseconds = milliseconds
        self.before = "0"

    def __enter__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            row = cursor.fetchone()
            assert row is not None
            self.before = row[0]
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(self.milliseconds)])

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:  # else the rollback of the block has put it back
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [self.before])
