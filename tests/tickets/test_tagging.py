"""Labels."""

from __future__ import annotations

import pytest

from tests import make
from tickets import tagging
from tickets.errors import Refused
from tickets.models import Event, Tag, Team, User


def test_a_tag_is_one_whatever_its_case(helpdesk: Team, anna: User) -> None:
    ticket, other = make.ticket(team=helpdesk), make.ticket(team=helpdesk)
    assert tagging.tag_ticket(ticket, "VPN", by=anna) == tagging.tag_ticket(other, " #vpn,", by=anna)
    assert tagging.tag_ticket(ticket, "Vpn", by=anna).name == "VPN"
    assert Event.objects.filter(ticket=ticket, verb="tagged").count() == 1
    assert Tag.objects.count() == 1


@pytest.mark.parametrize(("one", "two"), [("ſ", "s"), ("straße", "STRASSE"), ("ı", "i"), ("ű", "Ű"), ("K", "k")])
def test_letters_with_odd_cases_make_tags_too(helpdesk: Team, anna: User, one: str, two: str) -> None:
    ticket = make.ticket(team=helpdesk)
    for name in (one, two, one, two):
        tagging.tag_ticket(ticket, name, by=anna)
    assert set(ticket.tags.all()) == set(Tag.objects.all())


def test_untagging_is_recorded_and_the_label_stays(helpdesk: Team, anna: User) -> None:
    ticket = make.ticket(team=helpdesk)
    tag = tagging.tag_ticket(ticket, "vpn", by=anna)
    tagging.untag_ticket(ticket, tag, by=anna)
    tagging.untag_ticket(ticket, tag, by=anna)
    assert list(ticket.tags.all()) == []
    assert Event.objects.filter(ticket=ticket, verb="untagged").count() == 1
    assert Tag.objects.filter(pk=tag.pk).exists()


@pytest.mark.parametrize("name", ["", " # ", "a,b", "x" * 61, "\x00"])
def test_what_is_no_tag(helpdesk: Team, anna: User, name: str) -> None:
    with pytest.raises(Refused) as refusal:
        tagging.tag_ticket(make.ticket(team=helpdesk), name, by=anna)
    assert refusal.value.field == "tag"


def test_a_full_ticket_takes_no_more_but_keeps_what_it_has(
    helpdesk: Team, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tagging, "MOST_TAGS", 2)
    ticket = make.ticket(team=helpdesk)
    tagging.tag_ticket(ticket, "a", by=anna)
    tagging.tag_ticket(ticket, "b", by=anna)
    tagging.tag_ticket(ticket, "a", by=anna)
    with pytest.raises(Refused):
        tagging.tag_ticket(ticket, "c", by=anna)
