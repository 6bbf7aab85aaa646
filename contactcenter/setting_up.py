"""Setting up the contact centre: queues, opening hours, activities and agents, each change with a line in the history.

Lock, check, write, record. What is wrong is refused in the constraint's own words, at its field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contactcenter import activities, live, queues, states
from contactcenter.models import (
    Activity,
    Agent,
    Loan,
    OpeningHours,
    OpeningSpan,
    Queue,
    QueueLevel,
    SpecialDay,
    Work,
)
from contactcenter.queues import Minutes
from tickets.configuration import Act, Thing, record_change, save_checked, save_setting, snapshot
from tickets.errors import Refused
from tickets.models import Team, User

NEEDED = (Activity.OFFLINE, Activity.READY, Activity.BACKGROUND, Activity.NOT_RESPONDING)
FLAGS = ("is_present", "is_routable", "is_recallable", "is_productive", "is_paid", "is_chosen")

QUEUE_FIELDS = (
    "name", "team", "hours", "priority", "age_credit", "offer_seconds", "wrap_up_seconds", "answer_within",
    "target_percent", "formula", "short_abandon", "most_waiting", "longest_wait", "when_full", "when_closed",
    "when_nobody", "overflow_to", "automation", "minimum_stay", "callback_tries", "callback_pause", "is_chat_offered",
    "is_callback_offered", "is_active",
)  # fmt: skip
THINGS = {
    "queue": Thing(Queue, gettext_lazy("Queue"), (*QUEUE_FIELDS, "delays"), page="contactcenter:setup_queue"),
    "openinghours": Thing(
        OpeningHours,
        gettext_lazy("Opening hours"),
        ("name", "time_zone", "holidays_of", "week", "days"),
        page="contactcenter:setup_hours",
    ),
    "activity": Thing(
        Activity,
        gettext_lazy("Activity"),
        (*FLAGS, "limit_minutes", "position", "is_active"),
        by_language=("names",),
        page="contactcenter:setup_activity",
    ),
    "agent": Thing(
        Agent,
        gettext_lazy("Agent of the contact centre"),
        ("home_team", "extension", "is_supervisor", "is_active"),
        page="contactcenter:setup_agent",
    ),
}


# --- queues ----------------------------------------------------------------------------------------------------------


def add_queue(*, by: User | None, delays: Mapping[int, int], **rules: Any) -> Queue:
    """A new queue; `delays`: level to the seconds after which it opens. Raises Refused."""
    with transaction.atomic():
        _check(Queue(**rules))
        queue = queues.add_queue(by=by, delays=delays, **rules)
        record_change(queue, act=Act.ADDED, before={}, after=snapshot(queue), by=by)
    live.announce_load([queue.pk])
    return queue


def change_queue(queue: Queue, *, by: User | None, delays: Mapping[int, int], **rules: Any) -> Queue:
    """Sets these fields and levels of the queue. Raises Refused, also when somebody still waits in one that closes."""
    with transaction.atomic():
        queue = queues.lock_queue(queue)
        before = snapshot(queue)
        changed = Queue.objects.get(pk=queue.pk)
        for field, value in rules.items():
            setattr(changed, field, value)
        _check(changed)
        queue = queues.change_queue(queue, by=by, **rules)
        for level in queue.levels.exclude(level__in=delays):
            level.delete()
        for number, delay in delays.items():
            QueueLevel.objects.update_or_create(queue=queue, level=number, defaults={"delay": delay})
        record_change(queue, act=Act.CHANGED, before=before, after=snapshot(queue), by=by)
        live.announce_load([queue.pk])
    return queue


def _check(queue: Queue) -> None:
    """In the constraints' own words, before the database says it in its."""
    try:
        queue.full_clean()
    except ValidationError as error:
        field, said = next(iter(error.message_dict.items()))
        raise Refused(said[0], field="" if field == NON_FIELD_ERRORS else field) from error


# --- opening hours ---------------------------------------------------------------------------------------------------


def save_hours(
    hours: OpeningHours | None,
    *,
    by: User | None,
    name: str,
    time_zone: str,
    holidays_of: str,
    spans: Mapping[int, Sequence[Minutes]],
    special: Mapping[date, Minutes | None],
) -> OpeningHours:
    """New opening hours, or others for these. `spans`: weekday (Monday 0) to minutes of the day; `special`: a day with
    hours of its own, None for closed. Raises Refused when hours overlap or the name is taken."""
    with transaction.atomic():
        before: Mapping[str, Any] = {}
        if hours is not None:
            hours = OpeningHours.objects.select_for_update(no_key=True).get(pk=hours.pk)
            before = snapshot(hours)
        hours = hours or OpeningHours()
        hours.name, hours.time_zone, hours.holidays_of = name, time_zone, holidays_of
        save_checked(hours)
        hours.spans.all().delete()
        hours.special_days.all().delete()
        for weekday, parts in spans.items():
            for opens, closes in parts:
                _save_part(OpeningSpan(hours=hours, weekday=weekday, opens=opens, closes=closes), f"day_{weekday}")
        for day, own in special.items():
            opens_, closes_ = own or (None, None)
            _save_part(SpecialDay(hours=hours, day=day, opens=opens_, closes=closes_), "special")
        hours = OpeningHours.objects.get(pk=hours.pk)
        act = Act.CHANGED if before else Act.ADDED
        record_change(hours, act=act, before=before, after=snapshot(hours), by=by)
        live.announce_load(hours.queues.values_list("pk", flat=True))
    return hours


def _save_part(row: OpeningSpan | SpecialDay, field: str) -> None:
    """At the form's field, not at the row's."""
    try:
        save_checked(row)
    except Refused as refusal:
        raise Refused(refusal.sentence, field=field) from refusal


# --- activities ------------------------------------------------------------------------------------------------------


def add_activity(*, by: User | None, names: Mapping[str, str], limit_minutes: int | None, **flags: bool) -> Activity:
    """A new activity, the last in the list. Raises Refused."""
    with transaction.atomic():
        taken = list(Activity.objects.select_for_update(no_key=True).values_list("code", "position"))
        activity = Activity(
            code=_code(names, {code for code, _position in taken}),
            names=_clean(names),
            position=max((position for _code_, position in taken), default=0) + 1,
            limit_minutes=limit_minutes,
            **flags,
        )
        return save_setting(activity, before={}, by=by)


def change_activity(
    activity: Activity, *, by: User | None, names: Mapping[str, str], limit_minutes: int | None, **flags: bool
) -> Activity:
    """Names, flags and limit. Of those that the product itself uses the flags stay. Raises Refused, also when it is to
    be retired while somebody is at it."""
    with transaction.atomic():
        activity = Activity.objects.select_for_update(no_key=True).get(pk=activity.pk)
        before = snapshot(activity)
        for name, value in flags.items():
            if getattr(activity, name) != value and activity.code in NEEDED:
                raise Refused(_("The product itself uses this activity: only names and limit can change."), field=name)
            setattr(activity, name, value)
        if not activity.is_active and activity.agents.exists():
            raise Refused(_("Somebody is at this activity now."), field="is_active")
        activity.names, activity.limit_minutes = _clean(names), limit_minutes
        return save_setting(activity, before=before, by=by)


def _clean(names: Mapping[str, str]) -> dict[str, str]:
    found = {language: " ".join(name.split()) for language, name in names.items() if name.strip()}
    if not found:
        raise Refused(_("Give the activity a name."), field="name_en")
    return found


def _code(names: Mapping[str, str], taken: set[str]) -> str:
    """From the English name, with a number when it is taken."""
    base = slugify(_clean(names).get("en") or next(iter(_clean(names).values())))[:30] or "activity"
    found, number = base, 2
    while found in taken:
        found, number = f"{base}-{number}", number + 1
    return found


# --- agents ----------------------------------------------------------------------------------------------------------


def add_agent(*, user: User, home_team: Team, extension: str, is_supervisor: bool, by: User | None) -> Agent:
    """The colleague becomes an agent of the contact centre. Raises Refused."""
    with transaction.atomic():
        agent = states.add_agent(user, home_team=home_team, extension=extension, is_supervisor=is_supervisor, by=by)
        record_change(agent, act=Act.ADDED, before={}, after=snapshot(agent), by=by)
        live.announce_load([], agent_id=agent.pk, user_id=user.pk)
    return agent


def change_agent(
    agent: Agent, *, home_team: Team, extension: str, is_supervisor: bool, is_active: bool, by: User | None
) -> Agent:
    """Team, extension, whether he runs the centre, whether he belongs to it. Whoever leaves is signed out first.

    Raises Refused when a contact or a loan is with one who is to leave, or the extension is taken.
    """
    with transaction.atomic():
        agent = states.lock_agent(agent)
        before = snapshot(agent)
        if agent.is_active and not is_active:
            if agent.work != Work.IDLE:
                raise Refused(_("%(name)s is with a customer.") % {"name": agent}, field="is_active")
            if Loan.objects.open().filter(agent=agent).exists():
                raise Refused(
                    _("%(name)s is asked or on loan: send them back first.") % {"name": agent}, field="is_active"
                )
            activities.sign_out(agent, by=by)
            agent = states.read_agent(agent.pk)
        agent.home_team, agent.extension = home_team, extension
        agent.is_supervisor, agent.is_active = is_supervisor, is_active
        save_setting(agent, before=before, by=by)
        live.announce_load([], agent_id=agent.pk, user_id=agent.user_id)
    return agent
