"""Why somebody sees a ticket: the explanation and the rule agree for everybody, everywhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import make
from tickets import conversation, people, permissions
from tickets.access import TO
from tickets.explaining import SIGHTS, enough_rights, explain
from tickets.models import Organisation, Promise, Right, Role, Team, Ticket, User


def applying(person: User, ticket: Ticket) -> set[str]:
    found = explain(person, ticket)
    return {ground.key for ground in [*found.inside, *found.outside] if ground.applies}


def check(person: User, ticket: Ticket) -> None:
    """The tree says what the rules say."""
    found = explain(person, ticket)
    fresh = User.objects.get(pk=person.pk)
    assert found.sees == permissions.can_see(fresh, ticket)
    assert found.sees_inside == permissions.can_see_internal(fresh, ticket)
    if fresh.is_active:
        assert any(ground.applies for ground in found.inside) == found.sees_inside
        assert any(ground.applies for ground in [*found.inside, *found.outside]) == found.sees
    else:
        assert found.stop
    assert {act.verb for act in found.acts} == set(TO) - SIGHTS, "every act is explained"
    for act in found.acts:
        assert act.allowed == TO[act.verb](User.objects.get(pk=person.pk), ticket), act.verb
        assert act.why
        assert act.words


@pytest.mark.parametrize("roles", [[Role.CUSTOMER], [Role.AGENT], [Role.AGENT, Role.CUSTOMER], [Role.ADMIN]], ids=str)
@pytest.mark.parametrize("right", [None, *Right])
def test_explanation_and_rule_agree_whatever_the_role_the_right_and_the_tie(
    helpdesk: Team, network: Team, duna: Organisation, carla: User, roles: list[Role], right: Right | None
) -> None:
    duna.shares_tickets = True
    duna.save()
    elsewhere = make.ticket(team=network, customer=carla)
    ties = ["nothing", "owner", "responsible", "promise", "customer", "participant", "organisation"]
    for tie, is_active in [*((tie, True) for tie in ties), ("owner", False)]:
        person = make.person(roles=roles, organisation=duna if tie == "organisation" else None)
        if right:
            people.give_rights(person, team=helpdesk, rights=[right])
        ticket = make.ticket(team=helpdesk, customer=person if tie == "customer" else carla)
        if tie in ("owner", "responsible"):
            Ticket.objects.filter(pk=ticket.pk).update(**{tie: person})
        elif tie == "promise":
            Promise.objects.create(ticket=ticket, who=person, by_when=timezone.now() + timedelta(hours=1))
        elif tie == "participant":
            conversation.add_participant(ticket, person, by=None)
        User.objects.filter(pk=person.pk).update(is_active=is_active)
        ticket.refresh_from_db()
        check(person, ticket)
        if tie == "nothing":
            check(person, elsewhere)


def test_each_ground_is_named(helpdesk: Team, network: Team, carla: User, karl: User, ben: User, root: User) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    assert applying(carla, ticket) == {"customer"}
    assert applying(karl, ticket) == set()
    assert applying(ben, ticket) == set()
    assert applying(root, ticket) == {"admin"}
    people.give_rights(ben, team=helpdesk, rights=[Right.READ], by=root)
    Ticket.objects.filter(pk=ticket.pk).update(owner=ben)
    ticket.refresh_from_db()
    assert applying(ben, ticket) == {"team", "owner"}
    ground = next(ground for ground in explain(ben, ticket).inside if ground.key == "team")
    assert ground.line is not None
    assert ground.line.by == root
    assert str(helpdesk) in ground.words


def test_the_rights_that_would_be_enough_are_asked_of_the_rules(helpdesk: Team, carla: User) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    assert enough_rights("reply", ticket) == [Right.REPLY, Right.ALL]
    assert enough_rights("change_status", ticket) == [Right.REPLY, Right.OWN, Right.ALL]
    assert enough_rights("tag", ticket) == [Right.NOTE, Right.ALL]
    assert enough_rights("explain", ticket) == [Right.ALL]


def test_a_missing_right_is_named(helpdesk: Team, cora: User, carla: User) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    why = {act.verb: (act.allowed, act.why) for act in explain(cora, ticket).acts}
    assert why["note"] == (True, "megvan a joga: Megjegyzés")
    assert why["reply"] == (False, "ez a jog kellene: Válasz vagy Minden jog")


def test_nothing_is_stored_by_explaining(helpdesk: Team, carla: User) -> None:
    before = User.objects.count()
    explain(carla, make.ticket(team=helpdesk, customer=carla))
    assert User.objects.count() == before
