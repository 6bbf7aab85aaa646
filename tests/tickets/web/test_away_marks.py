"""Whoever is away is said to be, wherever he stands as an owner or may be chosen as one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests import make
from tickets.models import Absence, Team, Ticket, User

pytestmark = pytest.mark.django_db
AsUser = Callable[[User], Client]


@pytest.fixture
def absent(helpdesk: Team, root: User) -> User:
    colleague = make.agent("Távol Tamás", "tamas@desk.example", team=helpdesk)
    now = timezone.now()
    Absence.objects.create(user=colleague, starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=3))
    return colleague


@pytest.mark.parametrize("query", ["", "?by=tag"])
def test_the_owner_s_column_says_who_is_away(
    as_user: AsUser, helpdesk: Team, anna: User, absent: User, query: str
) -> None:
    left_behind = make.ticket(team=helpdesk)
    Ticket.objects.filter(pk=left_behind.pk).update(owner=absent)  # the rules would not give him a new one
    make.ticket(team=helpdesk, owner=anna)
    page = as_user(anna).get(f"/inbox/teams/{query}").content.decode()
    cells = re.findall(r'<td class="c-own">(.*?)</td>', page)
    assert sorted("is-away" in cell for cell in cells) == [False, True]
    assert re.search(r'aria-label="Távol Tamás, [^"]+"', page)


def test_the_choices_of_owners_say_it_too(as_user: AsUser, helpdesk: Team, anna: User, absent: User) -> None:
    make.ticket(team=helpdesk)
    client = as_user(anna)
    page = client.get("/inbox/teams/").content.decode()
    button = re.search(rf'<button type="submit" name="owner" value="{absent.pk}">(.*?)</button>', page, re.DOTALL)
    assert button is not None
    assert 'class="away"' in button[1]
    options = re.findall(rf'<option value="{absent.pk}"[^>]*>([^<]*)</option>', client.get("/new/").content.decode())
    assert len(options) == 2
    assert all(option.startswith("Távol Tamás (") for option in options)
