"""Merging: what goes along, what is refused, where later words land, and how it is taken apart again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests import make
from tickets import conversation, drafts, groups, history_words, lifecycle, linking, merging, promises, watching
from tickets.errors import Refused
from tickets.linking import Relation
from tickets.models import (
    Draft,
    Event,
    GroupMembership,
    Mailbox,
    Notice,
    Participant,
    Promise,
    Status,
    Team,
    Ticket,
    User,
    Verb,
    Watch,
)
from tickets.proof import verify_all

SOON = timedelta(hours=2)


def watchers_of(ticket: Ticket) -> set[User]:
    return {watch.user for watch in Watch.objects.filter(ticket=ticket).select_related("user")}


@pytest.fixture
def older(mailbox: Mailbox, helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("VPN", team=helpdesk, customer=carla, text="Error 619.")


@pytest.fixture
def newer(older: Ticket, helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("VPN again", team=helpdesk, customer=carla, text="Still error 619.")


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("status", "merged_into").get(pk=ticket.pk)


def verbs(ticket: Ticket) -> list[str]:
    return list(Event.objects.filter(ticket=ticket).order_by("seq").values_list("verb", flat=True))


def told(ticket: Ticket) -> str:
    return history_words.tell(Event.objects.filter(ticket=ticket).order_by("seq"))[-1].text


# --- the pointer -----------------------------------------------------------------------------------------------------


def test_a_merged_ticket_points_and_keeps_its_words_owner_and_number(older: Ticket, newer: Ticket, anna: User) -> None:
    lifecycle.assign_ticket(newer, to=anna, by=anna)
    said = newer.messages.count()
    assert merging.merge_ticket(newer, into=older, by=anna) == older
    merged = fresh(newer)
    assert (merged.merged_into, merged.status.code, merged.owner) == (older, "merged", anna)
    assert merged.closed_at is not None
    assert merged.messages.count() == said
    assert not Ticket.objects.open().filter(pk=newer.pk).exists()
    assert verbs(newer)[-1] == verbs(older)[-1] == Verb.MERGED
    assert older.number in told(newer)
    assert newer.number in told(older)
    assert verify_all().is_intact


def test_undone_it_stands_as_it_stood(older: Ticket, newer: Ticket, anna: User) -> None:
    waiting = Status.objects.get(type=Status.Type.PENDING_REMINDER, waits_for=Status.WaitsFor.CUSTOMER)
    lifecycle.assign_ticket(newer, to=anna, by=anna)
    until = timezone.now() + timedelta(days=1)
    lifecycle.change_status(newer, to=waiting, by=anna, pending_until=until)
    merging.merge_ticket(newer, into=older, by=anna)
    apart = merging.unmerge_ticket(newer, by=anna)
    again = fresh(newer)
    assert (again.merged_into, again.status, again.pending_until, again.closed_at) == (None, waiting, until, None)
    assert again.owner == anna
    assert apart.stays == []
    assert verbs(newer)[-1] == verbs(older)[-1] == Verb.UNMERGED
    assert verify_all().is_intact
    with pytest.raises(Refused, match=newer.number):
        merging.unmerge_ticket(newer, by=anna)


def test_a_closed_one_can_be_merged_and_is_closed_again_afterwards(older: Ticket, newer: Ticket, anna: User) -> None:
    solved = Status.objects.get(code="solved")
    lifecycle.change_status(newer, to=solved, by=anna)
    closed_at = fresh(newer).closed_at
    merging.merge_ticket(newer, into=older, by=anna)
    merging.unmerge_ticket(newer, by=anna)
    assert (fresh(newer).status, fresh(newer).closed_at) == (solved, closed_at)


def test_chains_are_followed_and_pointers_kept(older: Ticket, newer: Ticket, anna: User, carla: User) -> None:
    third = make.ticket("VPN a third time", team=older.team, customer=carla)
    merging.merge_ticket(newer, into=older, by=anna)
    merging.merge_ticket(older, into=third, by=anna)
    assert fresh(newer).merged_into == older
    assert merging.target_of(fresh(newer)) == third
    assert set(merging.tickets_leading_to(third)) == {older, newer}
    assert conversation.answer_from_portal(newer, text="Ide.", by=carla).ticket == third
    with pytest.raises(Refused, match=third.number):
        conversation.reply_to_customer(fresh(newer), text="Oda.", by=anna)
    fourth = make.ticket("VPN a fourth time", team=older.team, customer=carla)
    merging.merge_ticket(fourth, into=fresh(newer), by=anna)
    assert fresh(fourth).merged_into == third
    merging.unmerge_ticket(older, by=anna)
    assert merging.target_of(fresh(newer)) == fresh(older)


# --- refusals --------------------------------------------------------------------------------------------------------


def refused(ticket: Ticket, into: Ticket, by: User) -> str:
    with pytest.raises(Refused) as caught:
        merging.merge_ticket(ticket, into=into, by=by)
    assert fresh(ticket).merged_into_id == ticket.merged_into_id
    return str(caught.value)


def test_refusals_are_sentences(
    older: Ticket, newer: Ticket, anna: User, karl: User, carla: User, network: Team, root: User
) -> None:
    assert refused(older, older, anna)
    of_karl = make.ticket("VPN", team=older.team, customer=karl)
    assert of_karl.number in refused(of_karl, older, anna)
    nobodys = make.ticket("VPN", team=older.team)
    assert nobodys.number in refused(nobodys, make.ticket("VPN", team=older.team), anna)
    elsewhere = make.ticket("VPN", team=network, customer=carla)
    assert refused(elsewhere, older, anna)
    lifecycle.assign_ticket(elsewhere, to=root, by=root)
    Ticket.objects.filter(pk=elsewhere.pk).update(responsible=anna)
    assert network.name in refused(elsewhere, older, anna)
    merging.merge_ticket(newer, into=older, by=anna)
    assert older.number in refused(fresh(newer), make.ticket("VPN", team=older.team, customer=carla), anna)
    assert refused(fresh(older), fresh(newer), anna)


def test_an_open_one_is_not_buried_in_a_closed_one(older: Ticket, newer: Ticket, anna: User) -> None:
    lifecycle.change_status(older, to=Status.objects.get(code="solved"), by=anna)
    assert older.number in refused(newer, older, anna)


def test_what_blocks_or_is_blocked_is_not_merged(older: Ticket, newer: Ticket, anna: User, carla: User) -> None:
    other = make.ticket("Router", team=older.team, customer=carla)
    link = linking.relate_tickets(newer, to=other, by=anna, relation=Relation.BLOCKS)
    assert other.number in refused(newer, older, anna)
    linking.unlink_tickets(link, by=anna)
    linking.relate_tickets(newer, to=other, by=anna, relation=Relation.BLOCKED_BY)
    assert other.number in refused(newer, older, anna)


def test_nothing_is_written_or_changed_on_a_merged_ticket(
    older: Ticket, newer: Ticket, anna: User, karl: User, network: Team
) -> None:
    merging.merge_ticket(newer, into=older, by=anna)
    acts: list[Callable[[], object]] = [
        lambda: conversation.reply_to_customer(newer, text="x", by=anna),
        lambda: conversation.add_note(newer, text="x", by=anna),
        lambda: conversation.record_call(newer, text="x", by=anna),
        lambda: lifecycle.assign_ticket(newer, to=anna, by=anna),
        lambda: lifecycle.move_ticket(newer, to=network, by=anna),
        lambda: lifecycle.rename_ticket(newer, title="x", by=anna),
        lambda: lifecycle.change_customer(newer, to=karl, by=anna),
        lambda: linking.relate_tickets(newer, to=make.ticket(team=older.team), by=anna),
    ]
    for act in acts:
        with pytest.raises(Refused, match=older.number):
            act()
    with pytest.raises(Refused, match=older.number):
        lifecycle.change_status(newer, to=Status.objects.get(code="open"), by=anna)
    with pytest.raises(Refused, match=newer.number):
        lifecycle.change_customer(older, to=karl, by=anna)


def test_the_database_refuses_open_merged_tickets_and_rings(older: Ticket, newer: Ticket, anna: User) -> None:
    with pytest.raises(IntegrityError, match="ticket_merged_is_closed"), transaction.atomic():
        Ticket.objects.filter(pk=newer.pk).update(merged_into=older)
    merging.merge_ticket(newer, into=older, by=anna)
    with pytest.raises(IntegrityError, match="lead back"), transaction.atomic():
        Ticket.objects.filter(pk=older.pk).update(merged_into=newer, closed_at=timezone.now())


# --- what goes along -------------------------------------------------------------------------------------------------


def test_watchers_and_participants_go_along_and_come_back(
    older: Ticket, newer: Ticket, anna: User, cora: User, karl: User
) -> None:
    watching.watch_ticket(newer, by=cora)
    watching.watch_ticket(newer, by=anna)
    watching.watch_ticket(older, by=anna)
    conversation.add_participant(newer, karl, by=anna)
    merging.merge_ticket(newer, into=older, by=anna)
    assert watchers_of(older) == {anna, cora}
    assert Participant.objects.get(ticket=older).user == karl
    merging.unmerge_ticket(newer, by=anna)
    assert watchers_of(older) == {anna}
    assert not Participant.objects.filter(ticket=older).exists()
    assert Watch.objects.filter(ticket=newer).count() == 2


def test_a_watcher_hears_of_a_merge_once(older: Ticket, newer: Ticket, anna: User, cora: User) -> None:
    watching.watch_ticket(newer, by=cora)
    merging.merge_ticket(newer, into=older, by=anna)
    assert [notice.ticket for notice in Notice.objects.filter(user=cora)] == [older]


def test_a_merged_ticket_joins_no_group(older: Ticket, newer: Ticket, anna: User) -> None:
    merging.merge_ticket(newer, into=older, by=anna)
    group = groups.open_group("VPN", team=older.team, by=anna)
    with pytest.raises(Refused, match=older.number):
        groups.join_group(group, ticket=newer, by=anna, how=GroupMembership.How.TYPED)


def test_a_pointer_without_its_line_in_the_history_is_found(older: Ticket, newer: Ticket, anna: User) -> None:
    Ticket.objects.filter(pk=newer.pk).update(merged_into=older, closed_at=timezone.now())
    assert [broken.what for broken in verify_all().breaks] == ["pointer_changed"]
    merging.unmerge_ticket(newer, by=anna)
    assert verify_all().is_intact


def test_a_participant_who_wrote_meanwhile_stays(older: Ticket, newer: Ticket, anna: User, karl: User) -> None:
    conversation.add_participant(newer, karl, by=anna)
    merging.merge_ticket(newer, into=older, by=anna)
    make.message(older, "Nálam is.", author=karl)
    apart = merging.unmerge_ticket(newer, by=anna)
    assert Participant.objects.get(ticket=older).user == karl
    assert len(apart.stays) == 1
    assert older.number in apart.stays[0]


def test_the_promise_counts_where_it_goes_on_and_comes_back(older: Ticket, newer: Ticket, anna: User) -> None:
    promise = promises.promise_answer(newer, who=anna, by_when=timezone.now() + SOON, by=anna)
    merging.merge_ticket(newer, into=older, by=anna)
    assert promises.open_promise(older) == promise
    assert fresh(older).due_at == promise.by_when
    assert fresh(newer).due_at is None
    assert anna.name in told(older)
    merging.unmerge_ticket(newer, by=anna)
    assert promises.open_promise(newer) == promise
    assert (fresh(older).due_at, fresh(newer).due_at) == (None, promise.by_when)


def test_a_promise_kept_meanwhile_stays_kept(older: Ticket, newer: Ticket, anna: User) -> None:
    promise = promises.promise_answer(newer, who=anna, by_when=timezone.now() + SOON, by=anna)
    merging.merge_ticket(newer, into=older, by=anna)
    conversation.reply_to_customer(older, text="Kész.", by=anna)
    promise.refresh_from_db()
    assert promise.state == Promise.State.KEPT
    apart = merging.unmerge_ticket(newer, by=anna)
    assert promises.open_promise(newer) is None
    assert len(apart.stays) == 2


@pytest.mark.parametrize("is_newer_first", [True, False])
def test_of_two_promises_the_earlier_stands_and_both_come_back(
    older: Ticket, newer: Ticket, anna: User, root: User, is_newer_first: bool
) -> None:
    soon, later = timezone.now() + SOON, timezone.now() + 2 * SOON
    there = promises.promise_answer(older, who=anna, by_when=later if is_newer_first else soon, by=anna)
    here = promises.promise_answer(newer, who=root, by_when=soon if is_newer_first else later, by=root)
    merging.merge_ticket(newer, into=older, by=anna)
    standing = promises.open_promise(older)
    assert standing == (here if is_newer_first else there)
    assert fresh(older).due_at == soon
    assert promises.open_promise(newer) is None
    merging.unmerge_ticket(newer, by=anna)
    assert (promises.open_promise(older), promises.open_promise(newer)) == (there, here)
    assert (fresh(older).due_at, fresh(newer).due_at) == (there.by_when, here.by_when)


def test_an_accepted_promise_stands_before_one_only_asked_for(
    older: Ticket, newer: Ticket, anna: User, root: User
) -> None:
    promises.promise_answer(newer, who=anna, by_when=timezone.now() + SOON, by=root)
    accepted = promises.promise_answer(older, who=root, by_when=timezone.now() + 2 * SOON, by=root)
    merging.merge_ticket(newer, into=older, by=root)
    assert promises.open_promise(older) == accepted


def test_one_person_counts_once_in_a_group(older: Ticket, newer: Ticket, anna: User) -> None:
    group = groups.open_group("VPN", team=older.team, by=anna, tickets=[newer], how=GroupMembership.How.RADAR)
    merging.merge_ticket(newer, into=older, by=anna)
    assert groups.group_of(newer) is None
    assert GroupMembership.objects.current().get(group=group).ticket == older
    assert GroupMembership.objects.current().get(group=group).how == GroupMembership.How.RADAR
    merging.unmerge_ticket(newer, by=anna)
    assert GroupMembership.objects.current().get(group=group).ticket == newer
    assert groups.group_of(older) is None


def test_a_target_in_another_group_stays_there(older: Ticket, newer: Ticket, anna: User) -> None:
    mine = groups.open_group("VPN", team=older.team, by=anna, tickets=[newer])
    other = groups.open_group("Network", team=older.team, by=anna, tickets=[older])
    merging.merge_ticket(newer, into=older, by=anna)
    assert (groups.group_of(older), groups.group_of(newer)) == (other, None)
    merging.unmerge_ticket(newer, by=anna)
    assert (groups.group_of(older), groups.group_of(newer)) == (other, mine)


def test_drafts_go_along(older: Ticket, newer: Ticket, anna: User, cora: User) -> None:
    drafts.save_draft(newer, "reply", {"text": "Dear Carla,"}, by=anna)
    drafts.save_draft(newer, "note", {"note": "see the router"}, by=cora)
    drafts.save_draft(older, "note", {"note": "mine"}, by=cora)
    merging.merge_ticket(newer, into=older, by=anna)
    assert not Draft.objects.filter(ticket=newer).exists()
    assert Draft.objects.get(ticket=older, user=anna).fields["text"] == "Dear Carla,"
    note = Draft.objects.get(ticket=older, user=cora)
    assert note.fields["note"] == "mine"
    assert [other["fields"]["note"] for other in note.others.values()] == ["see the router"]


def test_a_customer_who_waits_here_waits_there(older: Ticket, newer: Ticket, anna: User) -> None:
    conversation.reply_to_customer(older, text="Kész.", by=anna)
    assert newer.customer is not None
    conversation.answer_from_portal(newer, text="Még mindig nem megy.", by=newer.customer)
    assert not fresh(older).awaits_answer
    before = fresh(older).customer_wrote_at
    merging.merge_ticket(newer, into=older, by=anna)
    assert fresh(older).awaits_answer
    merging.unmerge_ticket(newer, by=anna)
    assert fresh(older).customer_wrote_at == before


def test_a_stranger_accepted_on_a_merged_ticket_takes_part_where_it_goes_on(
    older: Ticket, newer: Ticket, anna: User, karl: User
) -> None:
    stranger = make.message(newer, "Én is", author=karl, visible=False, is_unconfirmed=True)
    merging.merge_ticket(newer, into=older, by=anna)
    conversation.accept_message(stranger, by=anna)
    assert Participant.objects.get().ticket == older
    assert fresh(newer).status.code == "merged"
    assert verify_all().is_intact
