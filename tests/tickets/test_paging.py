"""Pages of a list against a plain sorted list: equal and empty values, both directions, rows that move meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import make
from tickets import paging
from tickets.models import Channel, Kind, Priority, Status, Team, Ticket, User

# Not shrunk: every example is a walk through the database.
QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
TITLES = ["Ablak", "ábra", "„Öröm”", "orosz", "őz", "Zebra", "zár"]
ORDERS = [f"{sign}{column}" for column in paging.SORTS for sign in ("", "-")]
START = datetime(2026, 11, 1, tzinfo=timezone.get_default_timezone())

# title, priority, status, owner, and hours for: due, changed, wrote, pending (few values, so that many are equal)
row = st.tuples(
    st.sampled_from(TITLES),
    st.integers(0, 3),
    st.integers(0, 2),
    st.integers(-1, 1),
    *[st.integers(-1, 3)] * 4,
)


def lower(text: str) -> str:
    text = text.lower().translate(str.maketrans("áéíóőúű", "aeioöuü", "„“”\"'«»("))
    return text.replace("ö", "o~").replace("ü", "u~")


def texts(get: Callable[[Ticket], Any]) -> Callable[[Ticket], Any]:
    return lambda ticket: lower(found) if (found := get(ticket)) else None


VALUE: dict[str, Callable[[Ticket], Any]] = {
    "number": lambda ticket: (len(ticket.number), ticket.number),
    "title": texts(lambda ticket: ticket.title),
    "priority": lambda ticket: ticket.priority.level,
    "customer": texts(lambda ticket: ticket.customer and ticket.customer.name),
    "organisation": texts(lambda ticket: ticket.organisation and ticket.organisation.name),
    "team": texts(lambda ticket: ticket.team.name),
    "status": lambda ticket: ticket.status.position,
    "owner": texts(lambda ticket: ticket.owner and ticket.owner.name),
    "due": lambda ticket: ticket.due_at,
    "opened": lambda ticket: ticket.opened_at,
    "changed": lambda ticket: ticket.changed_at,
    "wrote": lambda ticket: ticket.customer_wrote_at,
    "pending": lambda ticket: ticket.pending_until,
}
TIMES = ("due", "opened", "changed", "wrote", "pending")


def plainly_sorted(tickets: list[Ticket], order: str) -> list[Ticket]:
    """By sorting once for each key, the least important first: Python's sort is stable."""
    column, descending = order.removeprefix("-"), order.startswith("-")
    value = VALUE[column]
    if column in TIMES:
        rows = sorted(tickets, key=lambda ticket: ticket.pk, reverse=descending)
    else:
        rows = sorted(tickets, key=lambda ticket: (ticket.changed_at, ticket.pk), reverse=True)
    full = sorted((row for row in rows if value(row) is not None), key=value, reverse=descending)
    return full + [row for row in rows if value(row) is None]


@pytest.fixture
def tickets(helpdesk: Team, network: Team, carla: User, karl: User, anna: User, ben: User) -> list[Ticket]:
    """Bare rows: when a ticket was opened never changes, and numbers of several lengths come by years of work."""
    people, numbers = (carla, karl, None), ("1000007", "1099999", "10100000", "10100001", "101000000")
    rows = []
    for n in range(11):
        customer = people[n % 3]
        rows.append(
            Ticket(
                number=numbers[n] if n < len(numbers) else f"2026112610{n:06}",
                title=f"No {n}",
                kind=Kind.objects.get(code="question"),
                team=(helpdesk, network)[n % 2],
                status=Status.objects.get(code="new"),
                priority=Priority.objects.get(code="normal"),
                customer=customer,
                organisation=customer.organisation if customer else None,
                channel=Channel.WEB,
                opened_at=START + timedelta(hours=n * 7 % 4),
            )
        )
    return Ticket.objects.bulk_create(rows)


def write(ticket: Ticket, values: Any, owners: list[User | None]) -> None:
    title, priority, status, owner, due, changed, wrote, pending = values

    def moment(hours: int) -> datetime | None:
        return START + timedelta(hours=hours) if hours >= 0 else None

    Ticket.objects.filter(pk=ticket.pk).update(
        title=title,
        priority=Priority.objects.order_by("level")[priority],
        status=Status.objects.order_by("position")[status],
        owner=owners[owner],
        due_at=moment(due),
        changed_at=moment(max(changed, 0)),
        customer_wrote_at=moment(wrote),
        pending_until=moment(pending),
    )


def everything() -> list[Ticket]:
    return list(Ticket.objects.select_related("priority", "status", "team", "owner", "customer", "organisation"))


@QUICK
@given(data=st.data())
def test_pages_are_those_of_a_plain_sorted_list(tickets: list[Ticket], anna: User, ben: User, data: Any) -> None:
    order = data.draw(st.sampled_from(ORDERS))
    size = data.draw(st.integers(1, 5))
    with transaction.atomic():
        for ticket in tickets:
            write(ticket, data.draw(row), [anna, ben, None])
        whole = [ticket.pk for ticket in plainly_sorted(everything(), order)]

        forwards, after = [], ""
        pages = []
        while True:
            page = paging.read_page(Ticket.objects.all(), sort=order, after=after, size=size)
            pages.append(page)
            forwards += page.ids
            if not (after := page.after):
                break
        assert forwards == whole

        backwards, before = list(pages[-1].ids), pages[-1].before
        while before:
            page = paging.read_page(Ticket.objects.all(), sort=order, before=before, size=size)
            backwards = page.ids + backwards
            before = page.before
        assert backwards == whole

        at = data.draw(st.integers(0, len(whole) - 1))
        numbers = {ticket.pk: ticket.number for ticket in tickets}
        around = paging.neighbours(Ticket.objects.all(), Ticket.objects.get(pk=whole[at]), sort=order)
        assert around == (
            numbers[whole[at - 1]] if at else "",
            numbers[whole[at + 1]] if at + 1 < len(whole) else "",
        )
        transaction.set_rollback(True)


@QUICK
@given(data=st.data())
def test_rows_that_move_meanwhile_hide_and_repeat_no_other(
    tickets: list[Ticket], anna: User, ben: User, data: Any
) -> None:
    order = data.draw(st.sampled_from(ORDERS))
    size = data.draw(st.integers(1, 4))
    chance = random.Random(data.draw(st.integers(0, 1000)))
    with transaction.atomic():
        for ticket in tickets:
            write(ticket, data.draw(row), [anna, ben, None])
        before = [ticket.pk for ticket in plainly_sorted(everything(), order)]
        moved: set[int] = set()
        seen, after = [], ""
        while True:
            page = paging.read_page(Ticket.objects.all(), sort=order, after=after, size=size)
            seen += page.ids
            if not (after := page.after):
                break
            restless = chance.choice(tickets[:4])
            moved.add(restless.pk)
            write(restless, data.draw(row), [anna, ben, None])
            if len(seen) > 60:  # a row may run ahead of the reader; it does not do so for ever here
                break
        still = [pk for pk in before if pk not in moved]
        assert [pk for pk in seen if pk not in moved] == still[: len([pk for pk in seen if pk not in moved])]
        if not after:
            assert [pk for pk in seen if pk not in moved] == still
        transaction.set_rollback(True)


def test_hungarian_letters_stand_where_a_reader_looks_for_them(helpdesk: Team) -> None:
    for title in reversed(["Ablak", "ábra", "alma", "orosz", "“Ócska”", "ozora", "öböl", "Őz", "zár"]):
        make.ticket(title, team=helpdesk, text=None)
    titles = dict(Ticket.objects.values_list("pk", "title"))
    shown = [titles[pk] for pk in paging.read_page(Ticket.objects.all(), sort="title").ids]
    assert shown == ["Ablak", "ábra", "alma", "“Ócska”", "orosz", "ozora", "öböl", "Őz", "zár"]


@pytest.mark.parametrize("text", ["", "nonsense", "--due", "due;drop", "-"])
def test_an_order_that_makes_no_sense_is_the_default(text: str) -> None:
    assert str(paging.read_order(text, "due")) == "due"
