"""The doors of forwarding, redirecting, splitting, linking, the source, paper, and the person's page."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from tests import make
from tickets import conversation, files, linking
from tickets.errors import Refused
from tickets.models import (
    AddressState,
    Event,
    Mailbox,
    Message,
    OutboundMail,
    Right,
    Team,
    Ticket,
    TicketLink,
    User,
    Verb,
)

AsUser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ticket(mailbox: Mailbox, helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("VPN", team=helpdesk, customer=carla)


@pytest.fixture
def message(ticket: Ticket, carla: User) -> Message:
    """A mail of carla's with a file."""
    raw = make.inbound(make.mail("Rossz.", subject="Árvíztűrő", headers={"X-Odd": "egy\x07kettő"}))
    return make.message(
        ticket, "Rossz.", author=carla, kind=Message.Kind.MAIL, inbound=raw, attachments={"a.log": b"log"}
    )


def base(message: Message) -> str:
    return f"/ticket/{message.ticket.number}/message/{message.pk}/"


# --- forward and redirect --------------------------------------------------------------------------------------------


def test_the_forward_dialog_offers_words_and_files_and_sends_what_was_left(
    as_user: AsUser, anna: User, message: Message
) -> None:
    client, url = as_user(anna), base(message) + "forward/"
    dialog = client.get(url, headers=HTMX).content.decode()
    assert "dialog-wide" in dialog
    assert f'data-draft="forward-{message.ticket.number}-{message.pk}"' in dialog
    assert "Rossz." in dialog
    file = message.attachments.get()
    form = {"to": "Maker <help@maker.example>", "text": "Please look.", "quoted": "> shorter", "attachments": [file.pk]}
    done = client.post(url, form, headers=HTMX)
    assert done.status_code == 200
    assert done["HX-Trigger"] == f"ticket-changed-{message.ticket.number}"
    mail = OutboundMail.objects.get(purpose="forward")
    assert mail.body == "Please look.\n\n> shorter"
    assert mail.message is not None
    assert mail.message.attachments.get().blob == file.blob


def test_a_refused_forward_keeps_what_was_typed(as_user: AsUser, anna: User, message: Message) -> None:
    client, url = as_user(anna), base(message) + "forward/"
    for to in ("", "nobody", make.SUPPORT):
        refused = client.post(url, {"to": to, "text": "Please look.", "quoted": "kept"}, headers=HTMX)
        assert refused.status_code == 422
        assert "Please look." in refused.content.decode()
        assert 'role="alert"' in refused.content.decode()
    assert not OutboundMail.objects.exists()


def test_files_of_other_tickets_cannot_be_slipped_in(
    as_user: AsUser, anna: User, carla: User, network: Team, message: Message
) -> None:
    other = make.message(make.ticket(team=network, customer=carla), author=carla, attachments={"x": b"secret"})
    form = {"to": "help@maker.example", "text": "x", "attachments": [other.attachments.get().pk]}
    assert as_user(anna).post(base(message) + "forward/", form).status_code == 422


def test_a_conversation_is_offered_without_notes(
    as_user: AsUser, anna: User, carla: User, ticket: Ticket, message: Message
) -> None:
    make.note(ticket, "Belső titok.", author=anna)
    page = as_user(anna).get(f"/ticket/{ticket.number}/forward/").content.decode()
    assert "Rossz." in page
    assert "Belső titok." not in page


def test_the_answer_to_a_third_party_knows_its_address(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    maker = make.person("Maker", "help@maker.example")
    third = make.message(ticket, "Fixed.", author=maker, kind=Message.Kind.MAIL, visible=False)
    assert 'value="Maker &lt;help@maker.example&gt;"' in as_user(anna).get(base(third) + "forward/").content.decode()


def test_redirecting_takes_a_mail_and_an_address_of_others(as_user: AsUser, anna: User, message: Message) -> None:
    client, url = as_user(anna), base(message) + "redirect/"
    assert client.post(url, {"to": make.SUPPORT}).status_code == 422
    assert client.post(url, {"to": "office@duna.example"}).status_code == 302
    mail = OutboundMail.objects.get(purpose="redirect")
    assert mail.original == message.inbound
    page = client.get(f"/ticket/{message.ticket.number}/").content.decode()
    assert f'id="delivery-{mail.message_id}"' in page
    OutboundMail.objects.filter(pk=mail.pk).update(state="failed")
    assert client.post(f"/ticket/{message.ticket.number}/message/{mail.message_id}/resend/").status_code == 302
    mail.refresh_from_db()
    assert mail.state == OutboundMail.State.QUEUED


def test_passing_on_takes_the_right_to_reply(as_user: AsUser, cora: User, ben: User, message: Message) -> None:
    for act in ("forward", "redirect"):
        assert as_user(cora).get(base(message) + f"{act}/").status_code == 403
        assert as_user(ben).get(base(message) + f"{act}/").status_code == 404
    assert as_user(cora).get(f"/ticket/{message.ticket.number}/forward/").status_code == 403


# --- split -----------------------------------------------------------------------------------------------------------


def test_splitting_leads_to_the_new_ticket(as_user: AsUser, anna: User, carla: User, message: Message) -> None:
    client, url = as_user(anna), base(message) + "split/"
    assert "Rossz." in client.get(url, headers=HTMX).content.decode()
    form = {"title": "Nyomtató", "team": message.ticket.team_id, "kind": "incident", "customer": carla.pk}
    assert client.post(url, form | {"title": ""}, headers=HTMX).status_code == 422
    done = client.post(url, form, headers=HTMX)
    made = TicketLink.objects.get().source
    assert done["HX-Redirect"] == f"/ticket/{made.number}/"
    assert (made.title, made.kind.code, made.customer) == ("Nyomtató", "incident", carla)
    page = client.get(f"/ticket/{message.ticket.number}/").content.decode()
    assert made.number in page


def test_one_who_may_not_create_in_a_team_does_not_split_into_it(
    as_user: AsUser, helpdesk: Team, network: Team, cora: User, message: Message
) -> None:
    assert as_user(cora).get(base(message) + "split/").status_code == 403
    creator = make.agent("Creator", "creator@desk.example", team=helpdesk, rights=[Right.READ, Right.CREATE])
    form = {"title": "x", "team": network.pk, "kind": "incident"}
    assert as_user(creator).post(base(message) + "split/", form).status_code == 422
    assert as_user(creator).post(base(message) + "split/", form | {"team": helpdesk.pk}).status_code == 302


# --- links -----------------------------------------------------------------------------------------------------------


def test_a_ticket_is_linked_by_its_number_once_and_found_by_its_title(
    as_user: AsUser, anna: User, ben: User, network: Team, ticket: Ticket
) -> None:
    other = make.ticket("Certificate expired", team=ticket.team)
    foreign = make.ticket("Certificate of the network", team=network)
    client, url = as_user(anna), f"/ticket/{ticket.number}/link/"
    found = client.get(url + "find/", {"number": "certif"}, headers=HTMX).content.decode()
    assert other.number in found
    assert foreign.number not in found
    assert client.post(url, {"number": foreign.number}).status_code == 422
    assert client.post(url, {"number": ticket.number}).status_code == 422
    spaced = f"{other.number[:4]} {other.number[4:]}"
    assert client.post(url, {"number": spaced}).status_code == 302
    assert client.post(f"/ticket/{other.number}/link/", {"number": ticket.number}).status_code == 422
    assert TicketLink.objects.count() == 1
    assert Event.objects.filter(verb=Verb.LINKED).count() == 2
    assert "Certificate expired" in client.get(f"/ticket/{ticket.number}/links/").content.decode()


def test_a_link_needs_another_ticket_and_words_find_by_both_ends_of_a_number(
    anna: User, ticket: Ticket, helpdesk: Team
) -> None:
    other = make.ticket(team=helpdesk)
    with pytest.raises(Refused):
        linking.relate_tickets(ticket, to=ticket, by=anna)
    assert linking.find_to_link(other.number[-6:], ticket, by=anna) == [other]
    assert linking.find_to_link("x", ticket, by=anna) == []
    assert ticket not in linking.find_to_link(ticket.number[:8], ticket, by=anna)


# --- source and paper ------------------------------------------------------------------------------------------------


def test_the_source_is_readable_and_raw(as_user: AsUser, anna: User, message: Message) -> None:
    page = as_user(anna).get(base(message) + "source/").content.decode()
    assert "Árvíztűrő" in page
    assert "=?utf-8?" in page
    assert "X-Odd" in page
    assert base(message) + "raw/" in page
    other = make.message(message.ticket, author=message.author)
    assert as_user(anna).get(base(other) + "source/").status_code == 404


def test_paper_has_notes_and_history_only_when_asked(
    as_user: AsUser, anna: User, ticket: Ticket, message: Message
) -> None:
    make.note(ticket, "Belső titok.", author=anna)
    conversation.reply_to_customer(ticket, text="Intézzük.", by=anna)
    client, url = as_user(anna), f"/ticket/{ticket.number}/print/"
    plain = client.get(url).content.decode()
    assert "Rossz." in plain
    assert "Intézzük." in plain
    assert ticket.number in plain
    assert "Belső titok." not in plain
    assert 'class="paper-history"' not in plain
    whole = client.get(url, {"notes": "1", "history": "1"}).content.decode()
    assert "Belső titok." in whole
    assert 'class="paper-history"' in whole


# --- files -----------------------------------------------------------------------------------------------------------


def test_all_files_come_in_one_zip_with_names_that_lead_nowhere(
    as_user: AsUser, anna: User, carla: User, karl: User, ticket: Ticket
) -> None:
    names = ["../../etc/passwd", "a.txt", "A.TXT", "con.txt", "C:\\evil.exe", "what?.txt", "..."]
    message = make.message(ticket, author=carla)
    for number, name in enumerate(names):
        files.attach_file(message, name=name, content=b"%d" % number * 100_000)
    answer = as_user(anna).get(base(message) + "files/")
    pack = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    assert pack.testzip() is None
    found = pack.namelist()
    assert found == ["passwd", "a.txt", "A (2).TXT", "_con.txt", "evil.exe", "what_.txt", "file"]
    assert pack.read("passwd") == b"0" * 100_000
    assert as_user(karl).get(base(message) + "files/").status_code == 404
    assert as_user(anna).get(base(make.message(ticket, author=carla)) + "files/").status_code == 404


def test_a_lost_file_is_named_and_the_others_still_come(anna: User, carla: User, ticket: Ticket) -> None:
    message = make.message(ticket, author=carla, attachments={"a.txt": b"a" * 10, "b.txt": b"b" * 10})
    default_storage.delete(files.blob_path(message.attachments.get(name="a.txt").blob_id))
    found = files.pack_files(list(message.attachments.select_related("blob").order_by("name")))
    assert zipfile.ZipFile(io.BytesIO(b"".join(found))).namelist() == ["a.txt.missing.txt", "b.txt"]


# --- the customer ----------------------------------------------------------------------------------------------------


def test_the_card_shows_his_tickets_warnings_and_his_clock(
    as_user: AsUser, anna: User, carla: User, ticket: Ticket
) -> None:
    make.ticket("An old one", team=ticket.team, customer=carla, status="solved")
    AddressState.objects.create(email="carla@duna.example", bounced_at=ticket.opened_at)
    carla.time_zone, carla.phone = "Asia/Tokyo", "+36 30 555 0144"
    carla.save()
    page = as_user(anna).get(f"/ticket/{ticket.number}/").content.decode()
    assert "An old one" in page
    assert 'href="tel:+36305550144"' in page
    assert "Asia/Tokyo" in page
    assert f'href="/people/{carla.pk}/"' in page
    assert f'href="/new/?customer={carla.pk}"' in page
    assert 'class="banner banner-s" data-tone="bad"' in page
    assert f"/setup/people/{carla.pk}/" not in page


def test_the_persons_page_shows_only_tickets_that_the_agent_works_on(
    as_user: AsUser, anna: User, carla: User, root: User, network: Team, ticket: Ticket, message: Message
) -> None:
    hidden = make.ticket("Of the network team", team=network, customer=carla, text="Something hidden.")
    make.note(ticket, "Belső titok.", author=anna)
    page = as_user(anna).get(f"/people/{carla.pk}/").content.decode()
    assert ticket.number in page
    assert hidden.number not in page
    assert "Something hidden." not in page
    assert "Belső titok." not in page
    assert f"?message={message.pk}#m{message.pk}" in page
    assert f"/setup/people/{carla.pk}/" in as_user(root).get(f"/people/{carla.pk}/").content.decode()
    assert as_user(anna).get("/people/99999999/").status_code == 404


def test_the_persons_tickets_are_paged_by_keyset_and_narrowed(
    as_user: AsUser, anna: User, carla: User, helpdesk: Team, django_assert_max_num_queries: Callable[..., object]
) -> None:
    made = [make.ticket(f"Number {n}", team=helpdesk, customer=carla).number for n in range(30)]
    make.ticket("Closed", team=helpdesk, customer=carla, status="solved")
    client = as_user(anna)
    with django_assert_max_num_queries(16):  # type: ignore[attr-defined]
        first = client.get(f"/people/{carla.pk}/", {"state": "open"})
    page = first.context["page"]
    assert [each.number for each in page.tickets] == made[::-1][:25]
    second = client.get(f"/people/{carla.pk}/", {"state": "open", "before": page.older}).context["page"]
    assert [each.number for each in second.tickets] == made[::-1][25:]
    assert second.older == 0
    words = first.context["words"]
    rest = client.get(f"/people/{carla.pk}/", {"said_before": words.older}).context["words"]
    assert len({each.pk for each in (*words.messages, *rest.messages)}) == 31
    for odd in ("x", "-1", "9" * 30):
        assert client.get(f"/people/{carla.pk}/", {"before": odd, "said_before": odd, "state": odd}).status_code == 200


def test_the_organisations_tickets_are_the_others_view(
    as_user: AsUser, anna: User, carla: User, ticket: Ticket
) -> None:
    mate = make.person("Mate", organisation=carla.organisation)
    other = make.ticket("Of his mate", team=ticket.team, customer=mate)
    page = as_user(anna).get(f"/people/{carla.pk}/", {"whose": "organisation", "state": "open"}).content.decode()
    assert other.number in page
    assert "Mate" in page
