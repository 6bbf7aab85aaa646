"""A ticket's acts, tested at the room."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import make
from tickets import lifecycle, people, promises
from tickets.errors import Refused
from tickets.models import Channel, Event, Kind, Priority, Right, Status, Team, Ticket, TicketLink, User, Verb


def verbs(ticket: Ticket) -> list[str]:
    return list(Event.objects.filter(ticket=ticket).order_by("seq").values_list("verb", flat=True))


def status(code: str) -> Status:
    return Status.objects.get(code=code)


def test_a_new_ticket_has_number_status_and_history(helpdesk: Team, carla: User) -> None:
    ticket = lifecycle.open_ticket(title="VPN", team=helpdesk, channel=Channel.WEB, by=carla, customer=carla)
    assert ticket.status.code == "new"
    assert ticket.organisation == carla.organisation
    assert (ticket.owner, ticket.responsible) == (None, None)
    event = Event.objects.get(ticket=ticket)
    assert (event.verb, event.data) == (Verb.OPENED, {"number": ticket.number, "channel": "web"})


def test_a_ticket_opened_for_an_owner_is_open_and_he_answers_for_it(helpdesk: Team, anna: User) -> None:
    ticket = lifecycle.open_ticket(title="VPN", team=helpdesk, channel=Channel.PHONE, by=anna, owner=anna)
    assert (ticket.status.code, ticket.owner, ticket.responsible) == ("open", anna, anna)


def test_nobody_owns_from_the_start_what_he_could_not_own_later(helpdesk: Team, ben: User, carla: User) -> None:
    for person in (ben, carla):
        with pytest.raises(Refused) as refusal:
            lifecycle.open_ticket(title="VPN", team=helpdesk, channel=Channel.PHONE, by=None, owner=person)
        assert refusal.value.field == "owner"
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("written", "kept"),
    [("  Két\n sor\t ", "Két sor"), ("", "(nincs tárgy)"), ("\x00a\x00", "a"), ("x" * 300, "x" * 249 + "…")],
)
def test_a_title_is_one_line_that_fits(helpdesk: Team, written: str, kept: str) -> None:
    ticket = lifecycle.open_ticket(title=written, team=helpdesk, channel=Channel.MAIL, by=None)
    assert ticket.title in (kept, "(no subject)")


def test_assigning_opens_a_new_ticket_and_names_who_answers_for_it(helpdesk: Team, anna: User) -> None:
    ticket = lifecycle.assign_ticket(make.ticket(team=helpdesk), to=anna, by=anna)
    assert (ticket.owner, ticket.responsible, ticket.status.code) == (anna, anna, "open")
    lifecycle.assign_ticket(ticket, to=anna, by=anna)
    assert verbs(ticket).count("assigned") == 1, "doing it twice is doing it once"


def test_the_next_owner_leaves_the_responsible_alone(helpdesk: Team, anna: User) -> None:
    other = make.agent(team=helpdesk, rights=[Right.READ, Right.OWN])
    ticket = lifecycle.assign_ticket(make.ticket(team=helpdesk), to=anna, by=anna)
    ticket = lifecycle.assign_ticket(ticket, to=other, by=anna)
    assert (ticket.owner, ticket.responsible) == (other, anna)
    assert Event.objects.filter(ticket=ticket).latest("seq").data == {"before": anna.pk, "after": other.pk}


def test_only_who_has_the_right_to_own_is_made_owner_or_responsible(helpdesk: Team, ben: User, cora: User) -> None:
    ticket = make.ticket(team=helpdesk)
    for person in (ben, cora):
        with pytest.raises(Refused) as refusal:
            lifecycle.assign_ticket(ticket, to=person, by=None)
        assert refusal.value.field == "owner"
        with pytest.raises(Refused):
            lifecycle.change_responsible(ticket, to=person, by=None)
    assert verbs(ticket) == ["opened", "message_received"]


def test_an_inactive_agent_is_not_made_owner(helpdesk: Team, anna: User) -> None:
    anna.is_active = False
    anna.save()
    with pytest.raises(Refused):
        lifecycle.assign_ticket(make.ticket(team=helpdesk), to=anna, by=None)


def test_unassigning_leaves_the_status(helpdesk: Team, anna: User) -> None:
    ticket = lifecycle.unassign_ticket(make.ticket(team=helpdesk, owner=anna), by=anna)
    assert (ticket.owner, ticket.status.code) == (None, "open")
    lifecycle.unassign_ticket(ticket, by=anna)
    assert verbs(ticket).count("unassigned") == 1


def test_moving_takes_off_an_owner_who_could_not_own_there(helpdesk: Team, network: Team, anna: User) -> None:
    ticket = lifecycle.move_ticket(make.ticket(team=helpdesk, owner=anna), to=network, by=anna)
    assert (ticket.team, ticket.owner, ticket.responsible) == (network, None, anna)
    event = Event.objects.filter(ticket=ticket).latest("seq")
    assert (event.verb, event.data) == (Verb.MOVED, {"before": helpdesk.pk, "after": network.pk})


def test_moving_keeps_an_owner_who_works_there_too(helpdesk: Team, network: Team) -> None:
    both = make.agent(team=helpdesk)
    lifecycle_team = people.give_rights(both, team=network, rights=[Right.ALL]).team
    both = User.objects.get(pk=both.pk)
    assert lifecycle.move_ticket(make.ticket(team=helpdesk, owner=both), to=lifecycle_team, by=None).owner == both


def test_nothing_moves_to_a_team_that_no_longer_works(helpdesk: Team, network: Team) -> None:
    network.is_active = False
    network.save()
    with pytest.raises(Refused):
        lifecycle.move_ticket(make.ticket(team=helpdesk), to=network, by=None)


def test_pending_needs_a_time_that_is_still_to_come(helpdesk: Team) -> None:
    ticket = make.ticket(team=helpdesk)
    for until in (None, timezone.now() - timedelta(minutes=1)):
        with pytest.raises(Refused) as refusal:
            lifecycle.change_status(ticket, to=status("waiting"), by=None, pending_until=until)
        assert refusal.value.field == "pending_until"
    until = timezone.now() + timedelta(days=2)
    ticket = lifecycle.change_status(ticket, to=status("waiting"), by=None, pending_until=until)
    assert ticket.pending_until == until
    later = until + timedelta(days=1)
    ticket = lifecycle.change_status(ticket, to=status("waiting"), by=None, pending_until=later)
    assert ticket.pending_until == later, "the same status with another time is a change"
    ticket = lifecycle.change_status(ticket, to=status("open"), by=None, pending_until=later)
    assert ticket.pending_until is None


def test_closing_and_reopening(helpdesk: Team) -> None:
    ticket = lifecycle.change_status(make.ticket(team=helpdesk), to=status("solved"), by=None)
    assert ticket.closed_at is not None
    first = ticket.closed_at
    ticket = lifecycle.change_status(ticket, to=status("closed"), by=None)
    assert ticket.closed_at == first, "it is closed since then"
    assert lifecycle.change_status(ticket, to=status("open"), by=None).closed_at is None


def test_closing_settles_the_open_promise(helpdesk: Team, anna: User) -> None:
    ticket = make.ticket(team=helpdesk)
    promises.promise_answer(ticket, who=anna, by_when=timezone.now() + timedelta(hours=1), by=anna)
    ticket = lifecycle.change_status(ticket, to=status("solved"), by=anna)
    ticket.refresh_from_db()
    assert promises.open_promise(ticket) is None
    assert ticket.due_at is None
    assert verbs(ticket)[-2:] == ["status_changed", "promise_kept"]


def test_merging_is_no_status_to_choose(helpdesk: Team) -> None:
    with pytest.raises(Refused):
        lifecycle.change_status(make.ticket(team=helpdesk), to=status("merged"), by=None)


def test_a_retired_status_kind_or_priority_is_refused(helpdesk: Team) -> None:
    ticket = make.ticket(team=helpdesk)
    for model in (Status, Kind, Priority):
        model.objects.update(is_active=False)
    with pytest.raises(Refused):
        lifecycle.change_status(ticket, to=status("open"), by=None)
    with pytest.raises(Refused):
        lifecycle.change_priority(ticket, to=Priority.objects.get(code="high"), by=None)
    with pytest.raises(Refused):
        lifecycle.change_kind(ticket, to=Kind.objects.get(code="incident"), by=None)


def test_priority_kind_and_title_are_recorded_with_what_they_were(helpdesk: Team) -> None:
    ticket = make.ticket("Régi", team=helpdesk)
    normal, high = Priority.objects.get(code="normal"), Priority.objects.get(code="high")
    ticket = lifecycle.change_priority(ticket, to=high, by=None)
    assert Event.objects.filter(ticket=ticket).latest("seq").data == {"before": normal.pk, "after": high.pk}
    ticket = lifecycle.change_kind(ticket, to=Kind.objects.get(code="incident"), by=None)
    ticket = lifecycle.rename_ticket(ticket, title=" Új  cím ", by=None)
    assert (ticket.title, ticket.kind.code) == ("Új cím", "incident")
    assert verbs(ticket)[-3:] == ["priority_changed", "kind_changed", "title_changed"]
    with pytest.raises(Refused):
        lifecycle.rename_ticket(ticket, title="  ", by=None)


def test_another_customer_brings_his_organisation(helpdesk: Team, carla: User, karl: User) -> None:
    ticket = lifecycle.change_customer(make.ticket(team=helpdesk, customer=carla), to=karl, by=None)
    assert (ticket.customer, ticket.organisation) == (karl, karl.organisation)
    carla.is_active = False
    carla.save()
    with pytest.raises(Refused):
        lifecycle.change_customer(ticket, to=carla, by=None)


def test_linked_tickets_both_say_so(helpdesk: Team) -> None:
    one, two = make.ticket(team=helpdesk), make.ticket(team=helpdesk)
    lifecycle.link_tickets(two, to=one, relation=TicketLink.Type.RELATES, by=None)
    lifecycle.link_tickets(two, to=one, relation=TicketLink.Type.RELATES, by=None)
    assert verbs(one).count("linked") == verbs(two).count("linked") == 1
    with pytest.raises(Refused):
        lifecycle.link_tickets(one, to=one, relation=TicketLink.Type.RELATES, by=None)


def test_the_pending_wake_when_their_time_is_up(helpdesk: Team) -> None:
    soon = timezone.now() + timedelta(hours=1)
    reminder, closing, later = (make.ticket(team=helpdesk) for _number in range(3))
    lifecycle.change_status(reminder, to=status("waiting"), by=None, pending_until=soon)
    lifecycle.change_status(closing, to=status("solves"), by=None, pending_until=soon)
    lifecycle.change_status(later, to=status("waiting"), by=None, pending_until=soon)
    Ticket.objects.exclude(pk=later.pk).update(pending_until=timezone.now() - timedelta(seconds=1))
    assert lifecycle.wake_pending_tickets() == 2
    assert lifecycle.wake_pending_tickets() == 0
    for ticket, code in ((reminder, "open"), (closing, "solved"), (later, "waiting")):
        ticket.refresh_from_db()
        assert ticket.status.code == code
    assert closing.closed_at is not None
    assert verbs(reminder)[-2:] == ["status_changed", "reminded"]
