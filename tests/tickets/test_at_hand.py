"""What is kept at hand is never older than a query's answer: every change of it renews the stamp."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests import make
from tickets import belongings, promises, tagging, watching
from tickets.at_hand import read_at_hand
from tickets.models import Absence, Membership, Priority, Right, Stamp, Status, Team, Ticket, User


def stamp() -> Any:
    return Stamp.objects.get().value


CHANGES: dict[str, Callable[[User, Team], object]] = {
    "a team renamed": lambda anna, team: Team.objects.filter(pk=team.pk).update(name="Others"),
    "a team added": lambda anna, team: make.team("New"),
    "rights": lambda anna, team: Membership.objects.filter(user=anna).update(rights=[Right.READ]),
    "rights taken away": lambda anna, team: Membership.objects.filter(user=anna).delete(),
    "a status": lambda anna, team: Status.objects.filter(code="open").update(is_active=False),
    "a priority": lambda anna, team: Priority.objects.filter(level=1).update(position=99),
    "an agent renamed": lambda anna, team: User.objects.filter(pk=anna.pk).update(name="Anna Other"),
    "an agent gone": lambda anna, team: User.objects.filter(pk=anna.pk).update(is_active=False),
    "no agent any more": lambda anna, team: User.objects.filter(pk=anna.pk).update(roles=["customer"]),
    "a new agent": lambda anna, team: make.person("New", roles=["agent"]),
    "an absence": lambda anna, team: Absence.objects.create(
        user=anna, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(days=1)
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_each_change_renews_the_stamp_and_is_seen_at_once(what: str, anna: User, helpdesk: Team) -> None:
    before, held = stamp(), read_at_hand()
    assert read_at_hand() is held
    CHANGES[what](anna, helpdesk)
    assert stamp() != before
    assert read_at_hand() is not held


def test_customers_and_sign_ins_leave_it(anna: User, carla: User) -> None:
    before = stamp()
    make.person("Another customer", "other@world.example")
    User.objects.filter(pk=carla.pk).update(name="Carla Other")
    User.objects.filter(pk=anna.pk).update(last_login=timezone.now(), undo_seconds=3)
    User.objects.get(pk=anna.pk).save()
    assert stamp() == before


def test_unchanged_tables_cost_one_question(anna: User, django_assert_num_queries: Any) -> None:
    read_at_hand()
    with django_assert_num_queries(1):
        found = read_at_hand()
    assert [each.name for each in found.colleagues()] == ["Varga Anna"]


def test_it_says_what_the_rooms_say(root: User, anna: User, ben: User, helpdesk: Team, network: Team) -> None:
    from tickets import permissions

    Team.objects.filter(pk=network.pk).update(is_active=False)
    found = read_at_hand()
    for user in (root, anna, ben):
        fresh = User.objects.get(pk=user.pk)
        assert found.rights.get(user.pk, {}) == fresh.rights_by_team
        for right in Right:
            assert found.teams_with(fresh, right) == permissions.teams_with(fresh, right)
    who = {each.pk: each for each in found.colleagues()}
    assert found.can_own(who[anna.pk], helpdesk.pk)
    assert not found.can_own(who[ben.pk], helpdesk.pk)
    assert found.can_own(who[root.pk], helpdesk.pk)


def test_an_absence_begins_and_ends_by_the_clock(anna: User) -> None:
    now = timezone.now()
    Absence.objects.create(user=anna, starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2))
    assert read_at_hand().absence_of(anna.pk) is None
    Absence.objects.filter(user=anna).update(starts_at=now - timedelta(hours=1))
    assert read_at_hand().absence_of(anna.pk) is not None
    Absence.objects.filter(user=anna).update(cancelled_at=now)
    assert read_at_hand().absence_of(anna.pk) is None


# --- what a ticket has -----------------------------------------------------------------------------------------------


def test_a_bare_ticket_has_nothing_and_each_thing_is_found(anna: User, ben: User, carla: User, helpdesk: Team) -> None:
    ticket = make.ticket(customer=carla, team=helpdesk)
    assert belongings.belongings_of(ticket, reader=ben) == belongings.Belongings(*[False] * 10)
    tagging.tag_ticket(ticket, "vpn", by=anna)
    watching.watch_ticket(ticket, by=anna)
    promises.promise_answer(ticket, who=anna, by_when=timezone.now() + timedelta(hours=1), by=anna)
    make.message(ticket, "See this.", author=carla, attachments={"a.txt": b"a"})
    has = belongings.belongings_of(Ticket.objects.get(pk=ticket.pk), reader=anna)
    assert (has.tags, has.followers, has.promise, has.files) == (True, True, True, True)
    assert (has.participants, has.links, has.drafts, has.notes) == (False, False, False, False)
