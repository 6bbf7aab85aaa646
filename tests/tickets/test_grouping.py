"""A list by tag: counts, the oldest, the late ones, and a bounded number of queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests import make
from tickets import grouping, tagging
from tickets.models import Team, Ticket, User


def tagged(team: Team, by: User, *names: str) -> Ticket:
    ticket = make.ticket(team=team, text=None)
    for name in names:
        tagging.tag_ticket(ticket, name, by=by)
    return ticket


def test_the_most_frequent_tags_come_first_and_the_untagged_last(anna: User, helpdesk: Team) -> None:
    both = tagged(helpdesk, anna, "vpn", "toner")
    vpn = tagged(helpdesk, anna, "vpn")
    bare = tagged(helpdesk, anna)
    Ticket.objects.filter(pk=vpn.pk).update(due_at=timezone.now() - timedelta(hours=1))
    found = grouping.group_by_tag(Ticket.objects.all(), sort="-changed")
    assert [(group.tag and group.tag.name, group.count, group.late) for group in found.groups] == [
        ("vpn", 2, 1),
        ("toner", 1, 0),
        (None, 1, 0),
    ]
    assert [group.ids for group in found.groups] == [[vpn.pk, both.pk], [both.pk], [bare.pk]]
    assert found.groups[0].oldest == both.opened_at
    assert not found.is_part


def test_a_group_shows_its_first_few_in_the_list_s_order(anna: User, helpdesk: Team) -> None:
    tickets = [tagged(helpdesk, anna, "vpn") for _n in range(grouping.SHOWN_OF_EACH + 2)]
    group = grouping.group_by_tag(Ticket.objects.all(), sort="opened").groups[0]
    assert group.count == len(tickets)
    assert group.ids == [ticket.pk for ticket in tickets[: grouping.SHOWN_OF_EACH]]


def test_a_long_list_is_grouped_in_part_and_says_so(
    anna: User, helpdesk: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "MOST_GROUPED", 2)
    monkeypatch.setattr(grouping, "MOST_GROUPS", 1)
    for _n in range(2):
        tagged(helpdesk, anna, "vpn")
    tagged(helpdesk, anna, "toner")
    found = grouping.group_by_tag(Ticket.objects.all(), sort="-changed")
    assert found.is_part
    assert found.more == 1
    assert len(found.groups) == 1


def test_it_costs_the_same_for_many_tags(
    anna: User, helpdesk: Team, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for n in range(15):
        tagged(helpdesk, anna, f"tag {n % 8}", f"tag {n % 5}")
    with django_assert_max_num_queries(4):
        grouping.group_by_tag(Ticket.objects.all(), sort="-due")


def test_a_group_narrows_a_list_and_nonsense_finds_nothing(anna: User, helpdesk: Team) -> None:
    vpn, bare = tagged(helpdesk, anna, "vpn"), tagged(helpdesk, anna)
    key = str(vpn.tags.get().pk)
    assert list(grouping.in_group(Ticket.objects.all(), key)) == [vpn]
    assert list(grouping.in_group(Ticket.objects.all(), grouping.NO_TAG)) == [bare]
    assert list(grouping.in_group(Ticket.objects.all(), "x")) == []
