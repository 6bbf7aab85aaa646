"""The two axes of an agent's state, written nowhere else: intervals and the agent's own row move together.

The caller holds the agent's lock (`lock_agent`), which comes before every other lock.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from contactcenter import clock
from contactcenter.log import Verb, record
from contactcenter.models import Activity, ActivityInterval, Agent, Contact, Work, WorkInterval
from tickets.errors import Refused
from tickets.models import Team, User


def lock_agent(agent: Agent | int) -> Agent:
    """The agent's fresh row, locked until the transaction ends. The lock comes first and alone, the reading after."""
    key = agent if isinstance(agent, int) else agent.pk
    Agent.objects.select_for_update(no_key=True).values_list("pk").get(pk=key)
    return read_agent(key)


def read_agent(key: int) -> Agent:
    """The agent with his activity, pending activity, team and person."""
    return Agent.objects.select_related("activity", "pending_activity", "home_team", "user").get(pk=key)


def contact_in_hand(agent: Agent) -> int | None:
    """The id of the contact that his work state is about; None when he is idle."""
    now = WorkInterval.objects.filter(agent=agent, during__upper_inf=True)
    return now.values_list("contact", flat=True).first()


def activity(code: str) -> Activity:
    """The activity of this code. Raises Activity.DoesNotExist."""
    return Activity.objects.get(code=code)


def add_agent(
    user: User, *, home_team: Team, by: User | None, extension: str = "", is_supervisor: bool = False
) -> Agent:
    """The person becomes an agent of the contact centre, signed out and idle. Raises Refused when he is one already."""
    if not (user.is_active and user.is_agent):
        raise Refused(_("%(name)s doesn't work here.") % {"name": user}, field="user")
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).values_list("pk").get(pk=user.pk)
        if Agent.objects.filter(user=user).exists():
            raise Refused(_("%(name)s is an agent of the contact centre already.") % {"name": user}, field="user")
        if extension and Agent.objects.filter(extension=extension).exists():
            raise Refused(_("This extension belongs to another agent."), field="extension")
        at, offline = clock.now(), activity(Activity.OFFLINE)
        agent = Agent.objects.create(
            user=user,
            home_team=home_team,
            extension=extension,
            is_supervisor=is_supervisor,
            activity=offline,
            activity_since=at,
            work_since=at,
            free_since=at,
        )
        forever = DateTimeTZRange(at, None)
        ActivityInterval.objects.create(agent=agent, activity=offline, during=forever)
        WorkInterval.objects.create(agent=agent, work=Work.IDLE, during=forever)
        record(Verb.AGENT_ADDED, by=by, agent=agent, team=home_team.pk)
    return agent


def change_activity(agent: Agent, to: Activity, *, by: User | None, at: datetime, reason: str = "") -> None:
    """Closes the running interval and opens the next at the same moment. A pending wish is fulfilled by it, or void."""
    agent.pending_activity = agent.pending_by = agent.pending_since = None
    fields = ["pending_activity", "pending_by", "pending_since"]
    if agent.activity_id == to.pk:
        agent.save(update_fields=fields)
        return
    before = agent.activity_id
    since = _close("contactcenter_activityinterval", agent, at)
    ActivityInterval.objects.create(agent=agent, activity=to, during=DateTimeTZRange(since, None))
    agent.activity, agent.activity_since = to, since
    fields += ["activity", "activity_since"]
    if to.is_routable:
        agent.free_since = since
        fields.append("free_since")
    if not to.is_recallable and agent.recall_until is not None:
        agent.recall_until = None
        fields.append("recall_until")
    agent.save(update_fields=fields)
    data: dict[str, Any] = {"before": before, "after": to.pk}
    if reason:
        data["reason"] = reason
    record(Verb.ACTIVITY_CHANGED, by=by, agent=agent, **data)


def wish_activity(agent: Agent, to: Activity, *, by: User | None, at: datetime) -> None:
    """Keeps the change until the contact is over; a later wish replaces an earlier one."""
    agent.pending_activity, agent.pending_by, agent.pending_since = to, by, at
    agent.save(update_fields=["pending_activity", "pending_by", "pending_since"])
    record(Verb.ACTIVITY_ASKED, by=by, agent=agent, after=to.pk)


def drop_wish(agent: Agent, *, by: User | None) -> None:
    """The kept change is called off. Nothing happens when there is none."""
    if agent.pending_activity_id is None:
        return
    dropped = agent.pending_activity_id
    agent.pending_activity = agent.pending_by = agent.pending_since = None
    agent.save(update_fields=["pending_activity", "pending_by", "pending_since"])
    record(Verb.ACTIVITY_KEPT, by=by, agent=agent, dropped=dropped)


def fulfil_wish(agent: Agent, *, at: datetime) -> bool:
    """Applies the kept change now that no contact is in the way. Returns whether there was one."""
    if agent.pending_activity is None or agent.work != Work.IDLE:
        return False
    change_activity(agent, agent.pending_activity, by=agent.pending_by, at=at, reason="after_contact")
    return True


def change_work(
    agent: Agent, to: Work, *, contact: Contact | None, at: datetime, until: datetime | None = None
) -> None:
    """What the system sees of the agent changes. `contact` is None only for idle; `until`: when a wrap-up ends."""
    since = _close("contactcenter_workinterval", agent, at)
    WorkInterval.objects.create(agent=agent, work=to, contact=contact, during=DateTimeTZRange(since, None))
    agent.work, agent.work_since, agent.work_until = to, since, until
    fields = ["work", "work_since", "work_until"]
    if to == Work.IDLE:
        agent.free_since = since
        fields.append("free_since")
    agent.save(update_fields=fields)


def _close(table: str, agent: Agent, at: datetime) -> datetime:
    """Ends the agent's open interval. Returns the moment at which the next begins; never an empty interval."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {table}
            SET during = tstzrange(lower(during), greatest(%s, lower(during) + interval '1 microsecond'))
            WHERE agent_id = %s AND upper_inf(during) RETURNING upper(during)
            """,  # noqa: S608  # the two names above
            [at, agent.pk],
        )
        rows = cursor.fetchall()
    if len(rows) != 1:
        raise RuntimeError(f"agent {agent.pk} has {len(rows)} open intervals in {table}")
    moment: datetime = rows[0][0]
    return moment
