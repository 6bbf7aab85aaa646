"""Whom a reply may go to: what is odd about an address, everyone of the last mail, whom to suggest."""

from __future__ import annotations

import pytest
from django.utils import timezone, translation

from tests import make
from tickets.conversation import add_participant
from tickets.models import AddressState, Mailbox, Message, Organisation, Team, Ticket, User
from tickets.recipients import everyone_of, judge, suggest_readers, written


@pytest.fixture
def ticket(mailbox: Mailbox, helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("VPN", team=helpdesk, customer=carla)


def warned(ticket: Ticket, *addresses: str) -> dict[str, str]:
    with translation.override("en"):
        return {reader.address: reader.warning for reader in judge(ticket, [("", each) for each in addresses])}


def test_those_who_belong_to_the_ticket_raise_no_brow(
    ticket: Ticket, carla: User, karl: User, anna: User, duna: Organisation
) -> None:
    colleague = make.person("Colleague", "colleague@duna.example", organisation=duna)
    add_participant(ticket, karl, by=anna)
    make.message(ticket, "I am her brother.", author=make.person("Brother", "brother@home.example"))
    found = warned(ticket, "CARLA@duna.example", str(colleague.email), str(karl.email), str(anna.email))
    assert set(found.values()) == {""}
    assert warned(ticket, "brother@home.example") == {"brother@home.example": ""}


def test_strangers_and_dead_addresses_are_told(ticket: Ticket, karl: User) -> None:
    AddressState.objects.create(email="carla@duna.example", bounced_at=timezone.now())
    found = warned(ticket, "carla@duna.example", "karl@tisza.example", "who@nowhere.example")
    assert "came back" in found["carla@duna.example"]
    assert found["karl@tisza.example"] == found["who@nowhere.example"]
    assert found["karl@tisza.example"].startswith("Outside the customer's organisation")


def test_everyone_of_the_last_mail_is_neither_we_nor_who_gets_it_anyway(ticket: Ticket) -> None:
    last = Message(
        from_name="Carla",
        from_address="carla@duna.example",
        to=[["Desk", make.SUPPORT], ["Desk", "support+123@desk.example"], ["Boss", "Boss@duna.example"]],
        cc=[["", "second@duna.example"], ["", "no address"], ["", "boss@duna.example"]],
    )
    assert everyone_of(last, but=["carla@duna.example"]) == [
        ("Boss", "boss@duna.example"),
        ("", "second@duna.example"),
    ]
    assert everyone_of(None) == []


def test_people_of_the_ticket_are_suggested_first(ticket: Ticket, duna: Organisation, anna: User) -> None:
    make.person("Aaron Márta", "aaron@far.example")
    make.person("Zsolt Márta", "zs@duna.example", organisation=duna)
    gone = make.person("Gone Márta", "gone@duna.example", organisation=duna)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    make.person("By phone Márta", None)
    names = [person.name for person in suggest_readers(ticket, "márta")]
    assert names == ["Szűcs Márta Carla", "Zsolt Márta", "Aaron Márta"]
    assert suggest_readers(ticket, "m") == []
    assert [person.name for person in suggest_readers(ticket, "zs@du")] == ["Zsolt Márta"]


@pytest.mark.parametrize(
    ("party", "text"),
    [
        (("", "a@b.example"), "a@b.example"),
        (("Kovács Anna", "a@b.example"), "Kovács Anna <a@b.example>"),
        (("Ellis, Mark", "a@b.example"), '"Ellis, Mark" <a@b.example>'),
        (('A "B"\r\n', "a@b.example"), "A B <a@b.example>"),
    ],
)
def test_an_address_is_written_as_people_write_it(party: tuple[str, str], text: str) -> None:
    from tickets.web.composer import parties_in

    assert written(party) == text
    assert [address for _name, address in parties_in(text)] == ["a@b.example"]
