"""The doors of broadcasts: the composer's dry run, sending, the ledger, its buttons, and the link to get no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests import make
from tickets import groups
from tickets.broadcasts import drain, opting_out
from tickets.models import Broadcast, Delivery, Mailbox, OutboundMail, Team, TicketGroup, User

HTMX = {"HX-Request": "true"}


@pytest.fixture
def vpn(helpdesk: Team, anna: User, mailbox: Mailbox, carla: User, karl: User) -> TicketGroup:
    tickets = [make.ticket("VPN", team=helpdesk, customer=person) for person in (carla, karl)]
    return groups.open_group("VPN áll", team=helpdesk, by=anna, tickets=tickets)


def posted(**fields: Any) -> dict[str, Any]:
    return {"kind": "reply", "text_hu": "Kedves {first_name}!", "text_en": "Dear {first_name}!", "known": 0, **fields}


def test_the_dry_run_writes_nothing(as_user: Callable[[User], Client], vpn: TicketGroup, anna: User) -> None:
    client = as_user(anna)
    address = f"/groups/{vpn.pk}/broadcasts/new/"
    assert client.get(address).status_code == 200
    page = client.post(address, posted(do="check", preview="Karl")).content.decode()
    assert "Dear Karl!" in page
    assert 'value="send"' in page
    part = client.post(address, posted(preview="Nemo"), headers=HTMX).content.decode()
    assert "<html" not in part
    assert "preview-unknown" in part
    assert not Broadcast.objects.exists()


def test_a_refusal_keeps_what_was_typed(as_user: Callable[[User], Client], vpn: TicketGroup, anna: User) -> None:
    answer = as_user(anna).post(f"/groups/{vpn.pk}/broadcasts/new/", posted(text_hu="Tisztelt {nobody}!", do="send"))
    assert answer.status_code == 422
    assert "Tisztelt {nobody}!" in answer.content.decode()
    part = as_user(anna).post(f"/groups/{vpn.pk}/broadcasts/new/", posted(text_hu="{nobody}"), headers=HTMX)
    assert part.status_code == 200
    assert "{nobody}" in part.content.decode()


def test_sending_stopping_and_the_ledger(as_user: Callable[[User], Client], vpn: TicketGroup, anna: User) -> None:
    client = as_user(anna)
    answer = client.post(f"/groups/{vpn.pk}/broadcasts/new/", posted(do="send", tells_late_joiners="on"))
    assert answer.status_code == 302
    assert answer["Location"] == f"/groups/{vpn.pk}/broadcasts/"
    broadcast = Broadcast.objects.get()
    part = client.get(answer["Location"], headers=HTMX).content.decode()
    assert "<html" not in part
    assert f"/broadcasts/{broadcast.pk}/stop/" in part
    assert "every " not in part, "it hears of what happens; nothing polls"
    client.post(f"/broadcasts/{broadcast.pk}/now/", headers=HTMX)
    drain.deliver_broadcasts()
    page = client.get(f"/broadcasts/{broadcast.pk}/").content.decode()
    assert "Karl Ellis" in page
    assert "karl@tisza.example" in page
    assert "Karl Ellis" not in client.get(f"/broadcasts/{broadcast.pk}/?state=bounced").content.decode()
    said = client.post(f"/broadcasts/{broadcast.pk}/stop/", headers=HTMX).content.decode()
    assert "toast" in said
    assert client.post(f"/broadcasts/{broadcast.pk}/late-off/").status_code == 302
    broadcast.refresh_from_db()
    assert not broadcast.tells_late_joiners
    assert client.post(f"/broadcasts/{broadcast.pk}/nonsense/").status_code == 404


def test_a_second_writer_reads_the_first(as_user: Callable[[User], Client], vpn: TicketGroup, anna: User) -> None:
    client = as_user(anna)
    address = f"/groups/{vpn.pk}/broadcasts/new/"
    client.post(address, posted(do="send"))
    Broadcast.objects.update(state="done", done_at="2026-01-01T00:00Z")
    answer = client.post(address, posted(do="send", text_hu="Más", text_en="Other"))
    assert answer.status_code == 422
    assert anna.name in answer.content.decode()
    known = Broadcast.objects.get().pk
    assert f'name="known" value="{known}"' in answer.content.decode()
    assert client.post(address, posted(do="send", text_hu="Más", text_en="Other", known=known)).status_code == 302


def test_who_may_open_and_who_may_write(
    as_user: Callable[[User], Client], vpn: TicketGroup, anna: User, ben: User, cora: User
) -> None:
    address = f"/groups/{vpn.pk}/broadcasts/"
    as_user(anna).post(f"{address}new/", posted(do="send"))
    broadcast = Broadcast.objects.get()
    assert as_user(ben).get(address).status_code == 404
    assert as_user(ben).get(f"/broadcasts/{broadcast.pk}/").status_code == 404
    assert as_user(cora).get(address).status_code == 200
    assert as_user(cora).get(f"{address}new/").status_code == 403
    assert as_user(cora).post(f"/broadcasts/{broadcast.pk}/stop/").status_code == 403


def test_the_ledger_asks_a_fixed_number_of_queries(
    as_user: Callable[[User], Client], vpn: TicketGroup, anna: User, django_assert_max_num_queries: Any
) -> None:
    client = as_user(anna)
    client.post(f"/groups/{vpn.pk}/broadcasts/new/", posted(do="send"))
    broadcast = Broadcast.objects.get()
    for _each in range(40):
        ticket = make.ticket("VPN", team=vpn.team, customer=make.person())
        Delivery.objects.create(broadcast=broadcast, person=ticket.customer, ticket=ticket, ticket_ids=[ticket.pk])
    with django_assert_max_num_queries(30):
        assert client.get(f"/broadcasts/{broadcast.pk}/").status_code == 200
    with django_assert_max_num_queries(30):
        assert client.get(f"/groups/{vpn.pk}/broadcasts/").status_code == 200


def test_the_link_in_the_mail_needs_no_sign_in(client: Client, carla: User) -> None:
    path = opting_out.link_for(carla.pk).removeprefix("http://testserver")
    assert client.get(path).status_code == 200
    assert not opting_out.is_out(carla)  # scanners open links
    assert client.post(path, {"do": "opt_out"}, follow=True).status_code == 200
    assert opting_out.is_out(carla)
    client.post(path, {"do": "come_back"})
    assert not opting_out.is_out(carla)
    assert Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"}).status_code == 204
    assert opting_out.is_out(carla)
    assert client.get(path[:-3] + "xy/").status_code == 404


def test_the_mail_carries_the_link_for_one_click(
    as_user: Callable[[User], Client], vpn: TicketGroup, anna: User, carla: User
) -> None:
    from tickets.mail.mime import build_mail

    as_user(anna).post(f"/groups/{vpn.pk}/broadcasts/new/", posted(do="send"))
    Broadcast.objects.update(held_until="2026-01-01T00:00Z")
    drain.deliver_broadcasts()
    raw = build_mail(OutboundMail.objects.get(ticket__customer=carla))
    assert b"List-Unsubscribe: <http://testserver/portal/broadcasts/" in raw
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in raw
