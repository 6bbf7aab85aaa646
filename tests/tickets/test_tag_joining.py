"""Other words for tags, and tags that are joined into others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from tests import make
from tickets import groups, history_words, lifecycle, proof, tag_joining, tag_setup, tagging
from tickets.errors import Refused
from tickets.models import ConfigurationChange, Event, GroupEvent, Status, Tag, Team, Ticket, TicketTag, User


def tags_of(ticket: Ticket) -> set[str]:
    return set(ticket.tags.values_list("name", flat=True))


# --- other words -----------------------------------------------------------------------------------------------------


def test_another_word_typed_gives_the_tag(helpdesk: Team, anna: User, root: User) -> None:
    tag = tag_setup.add_tag(name="nyomtató", synonyms=["printer", "Drucker"], by=root)
    ticket = make.ticket(team=helpdesk)
    assert tagging.tag_ticket(ticket, "#PRINTER", by=anna) == tag
    assert tags_of(ticket) == {"nyomtató"}
    assert Event.objects.get(ticket=ticket, verb="tagged").data == {"tag": tag.pk}
    assert tagging.tag_on(ticket, "drucker") == tag


def test_what_is_typed_finds_tags_by_other_words_and_without_accents(db: None) -> None:
    printer = tag_setup.add_tag(name="nyomtató", synonyms=["Drucker"])
    tag_setup.add_tag(name="hálózati nyomtató")
    retired = tag_setup.add_tag(name="nyomda", synonyms=["druk"])
    Tag.objects.filter(pk=retired.pk).update(is_active=False)
    assert [offer.tag.name for offer in tagging.offer_tags("NYOMT")] == ["nyomtató", "hálózati nyomtató"]
    assert [(offer.tag, offer.word) for offer in tagging.offer_tags("druck")] == [(printer, "Drucker")]
    assert [offer.tag.name for offer in tagging.offer_tags("HALOZ")] == ["hálózati nyomtató"]
    assert [offer.tag.name for offer in tagging.offer_tags("(")] == []
    assert len(tagging.offer_tags("", limit=1)) == 1


def test_a_word_stands_for_one_tag_alone(db: None) -> None:
    one, other = tag_setup.add_tag(name="vpn", synonyms=["alagút"]), tag_setup.add_tag(name="wifi")
    for tag, word in ((other, "ALAGÚT"), (one, "wifi"), (one, "vpn"), (one, " , ")):
        with pytest.raises(Refused):
            tag_joining.add_word(tag, word, by=None)
    assert tag_joining.add_word(one, "Alagút", by=None).name == "alagút"
    with pytest.raises(Refused):
        tag_joining.add_word(Tag.objects.get(name="alagút"), "csatorna", by=None)


def test_a_word_that_is_taken_away_is_a_tag_that_is_not_offered(root: User) -> None:
    tag = tag_setup.add_tag(name="vpn", synonyms=["alagút"])
    word = Tag.objects.get(name="alagút")
    tag_joining.remove_word(word, by=root)
    assert tagging.find_tag("alagút") == word
    assert tagging.offer_tags("alagút") == []
    tag_joining.add_word(tag, "alagút", by=root)
    assert tagging.find_tag("alagút") == tag


# --- joining ---------------------------------------------------------------------------------------------------------


def test_groups_of_a_joined_tag_follow_with_a_line_of_their_history(helpdesk: Team, anna: User, root: User) -> None:
    old, into, other = (tag_setup.add_tag(name=name) for name in ("vpn", "távoli elérés", "wifi"))
    group = groups.open_group("VPN", team=helpdesk, by=anna, tags=[old, other])
    tag_joining.join_tag(old, into=into, by=root)
    assert set(group.tags.all()) == {into, other}
    told = GroupEvent.objects.filter(group=group, verb=GroupEvent.Verb.CHANGED).get()
    assert (told.by, told.data["fields"]) == (root, ["tags"])
    assert told.data["tags"] == {"before": sorted([old.pk, other.pk]), "after": sorted([into.pk, other.pk])}


def test_joining_moves_every_ticket_with_a_line_of_its_history(helpdesk: Team, anna: User, root: User) -> None:
    only, both = make.ticket(team=helpdesk), make.ticket(team=helpdesk, status="solved")
    old = tagging.tag_ticket(only, "nyomtatás", by=anna)
    tagging.tag_ticket(both, "nyomtatás", by=anna)
    new = tagging.tag_ticket(both, "nyomtató", by=anna)
    put_on = TicketTag.objects.get(ticket=only).created_at
    changed = Ticket.objects.get(pk=both.pk).changed_at
    assert tag_joining.join_tag(old, into=new, by=root) == new
    assert tags_of(only) == tags_of(both) == {"nyomtató"}
    moved = TicketTag.objects.get(ticket=only)
    assert (moved.by, moved.created_at) == (anna, put_on)
    assert Ticket.objects.get(pk=both.pk).changed_at == changed  # it comes to nobody's attention by this
    lines = [history_words.tell(Event.objects.filter(ticket=ticket).order_by("seq"))[-1] for ticket in (only, both)]
    assert [line.who for line in lines] == [root, root]
    assert [line.event.verb for line in lines] == ["tagged", "untagged"]
    assert all("nyomtatás" in line.text and "nyomtató" in line.text for line in lines)
    assert all(proof.verify_ticket(ticket).is_intact for ticket in (only, both))
    assert tagging.tag_ticket(make.ticket(team=helpdesk), "Nyomtatás", by=anna) == new
    assert ConfigurationChange.objects.filter(thing="tag", thing_id=old.pk, by=root).exists()


def test_what_was_another_word_for_the_old_tag_is_one_for_the_new(db: None) -> None:
    old, new = tag_setup.add_tag(name="a", synonyms=["b"]), tag_setup.add_tag(name="c")
    tag_joining.join_tag(old, into=new, by=None)
    assert {word.name for word in new.synonyms.all()} == {"a", "b"}
    assert tagging.find_tag("b") == new


def test_what_cannot_be_joined(db: None) -> None:
    tag, other = tag_setup.add_tag(name="a", synonyms=["b"]), tag_setup.add_tag(name="c")
    word, retired = Tag.objects.get(name="b"), Tag.objects.create(name="d", is_active=False)
    for one, into in ((tag, tag), (word, other), (other, word), (tag, retired)):
        with pytest.raises(Refused) as refusal:
            tag_joining.join_tag(one, into=into, by=None)
        assert refusal.value.field == "into"


def test_a_long_join_goes_on_with_the_worker(helpdesk: Team, anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tag_joining, "MOST_AT_ONCE", 2)
    tickets = [make.ticket(team=helpdesk, text=None) for _n in range(5)]
    for ticket in tickets:
        tagging.tag_ticket(ticket, "a", by=anna)
    old = Tag.objects.get(name="a")
    new = tag_setup.add_tag(name="b")
    tag_joining.join_tag(old, into=new, by=anna)
    assert tag_joining.waiting_to_move(new) == 3
    with pytest.raises(Refused):
        tag_joining.remove_word(Tag.objects.get(pk=old.pk), by=anna)
    assert tag_joining.move_joined_tags() == 3
    assert tag_joining.move_joined_tags() == 0
    assert all(tags_of(ticket) == {"b"} for ticket in tickets)


def test_the_database_lets_no_other_word_onto_a_ticket(helpdesk: Team) -> None:
    tag_setup.add_tag(name="a", synonyms=["b"])
    ticket = make.ticket(team=helpdesk, text=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        TicketTag.objects.create(ticket=ticket, tag=Tag.objects.get(name="b"))


def test_a_tag_on_a_ticket_follows_the_ticket(helpdesk: Team, network: Team, anna: User) -> None:
    ticket = make.ticket(team=helpdesk)
    tagging.tag_ticket(ticket, "vpn", by=anna)
    row = TicketTag.objects.get()
    assert (row.team, row.is_open, row.opened_at) == (helpdesk, True, ticket.opened_at)
    lifecycle.move_ticket(ticket, to=network, by=anna)
    lifecycle.change_status(ticket, to=Status.objects.get(code="solved"), by=anna)
    row.refresh_from_db()
    assert (row.team, row.is_open) == (network, False)
    lifecycle.change_status(ticket, to=Status.objects.get(code="open"), by=anna)
    row.refresh_from_db()
    assert row.is_open


# --- races -----------------------------------------------------------------------------------------------------------


def at_once(*acts: Callable[[], object]) -> list[object]:
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            start.wait(10)
            return act()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.django_db(transaction=True)
def test_tagging_while_the_tag_is_being_joined_ends_with_the_new_tag(helpdesk: Team, anna: User, root: User) -> None:
    for round_ in range(5):
        old, new = Tag.objects.create(name=f"a{round_}"), Tag.objects.create(name=f"b{round_}")
        tickets = [make.ticket(team=helpdesk, text=None) for _n in range(3)]
        tag = [partial(tagging.tag_ticket, ticket, f"a{round_}", by=anna) for ticket in tickets]
        at_once(*tag, partial(tag_joining.join_tag, old, into=new, by=root))
        tag_joining.move_joined_tags()
        assert [tags_of(ticket) for ticket in tickets] == [{f"b{round_}"}] * 3
        assert all(proof.verify_ticket(ticket).is_intact for ticket in tickets)


@pytest.mark.django_db(transaction=True)
def test_a_tagging_that_waits_for_the_join_takes_the_new_tag_at_once(helpdesk: Team, anna: User, root: User) -> None:
    """The one connection has joined and not yet committed when the other has already chosen the old tag."""
    old, new = Tag.objects.create(name="a"), Tag.objects.create(name="b")
    ticket = make.ticket(team=helpdesk, text=None)
    chosen, joined = threading.Event(), threading.Event()
    find = tagging.find_tag

    def find_and_wait(name: str) -> Tag | None:
        found = find(name)
        if not chosen.is_set():
            chosen.set()
            joined.wait(10)
        return found

    def tag() -> Tag:
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(tagging, "find_tag", find_and_wait)
                return tagging.tag_ticket(ticket, "a", by=anna)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        got = pool.submit(tag)
        chosen.wait(10)
        with transaction.atomic():
            tag_joining.join_tag(old, into=new, by=root)
            joined.set()
        assert got.result(20) == new
    assert tags_of(ticket) == {"b"}
    assert Event.objects.filter(ticket=ticket, verb="tagged").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_tags_joined_into_each_other_at_once_leave_one(helpdesk: Team, anna: User) -> None:
    for round_ in range(5):
        one, two = Tag.objects.create(name=f"a{round_}"), Tag.objects.create(name=f"b{round_}")
        outcomes = at_once(
            partial(tag_joining.join_tag, one, into=two, by=anna), partial(tag_joining.join_tag, two, into=one, by=anna)
        )
        assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1
        assert Tag.objects.filter(pk__in=[one.pk, two.pk], synonym_of__isnull=False).count() == 1
