"""The customers' portal: what they see, what they never see, and that nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests import make
from tickets import conversation, promises
from tickets.models import Mailbox, Message, Organisation, OutboundMail, Team, Ticket, User, Verb
from tickets.web.portal_pages import list_requests

Enter = Callable[[User], Client]
OUTBOX = "tickets.mail.backend.OutboxBackend"  # tests start with Django's own


def page(name: str, *args: object) -> str:
    return reverse(f"tickets:{name}", args=args)


def text_of(answer: object) -> str:
    content = getattr(answer, "content", b"")
    assert isinstance(content, bytes)
    return content.decode()


@pytest.fixture
def request_of_carla(helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("Nem nyomtat a gép", team=helpdesk, customer=carla, text="Piros lámpa villog rajta.")


def test_a_stranger_is_asked_to_sign_in(client: Client, db: None) -> None:
    for name in ("portal", "portal_requests", "portal_new", "profile"):
        answer = client.get(page(name))
        assert answer.status_code == 302
        assert answer["Location"].startswith("/account/login/")


def test_home_shows_my_requests_and_whose_turn_it_is(as_user: Enter, carla: User, request_of_carla: Ticket) -> None:
    carla.language = "en"
    carla.save()
    shown = text_of(as_user(carla).get(page("portal_home")))
    assert "Nem nyomtat a gép" in shown
    assert "With us" in shown


def test_pages_speak_the_persons_language_not_the_browsers(as_user: Enter, carla: User) -> None:
    client = as_user(carla)
    for language in ("hu", "en"):
        User.objects.filter(pk=carla.pk).update(language=language)
        answer = client.get(page("portal_home"), headers={"accept-language": "en" if language == "hu" else "hu"})
        assert f'<html lang="{language}">' in text_of(answer)


def test_another_customer_sees_nothing_of_it(as_user: Enter, karl: User, request_of_carla: Ticket) -> None:
    client = as_user(karl)
    assert "Nem nyomtat" not in text_of(client.get(page("portal_home")))
    assert client.get(page("portal_ticket", request_of_carla.number)).status_code == 404
    assert client.post(page("portal_answer", request_of_carla.number), {"text": "x"}).status_code == 404
    assert request_of_carla.messages.count() == 1


def test_colleagues_see_it_only_where_the_organisation_shares(
    as_user: Enter, carla: User, duna: Organisation, request_of_carla: Ticket
) -> None:
    colleague = as_user(make.person("Duna Dóra", "dora@duna.example", organisation=duna))
    address = page("portal_ticket", request_of_carla.number)
    assert colleague.get(address).status_code == 404
    Organisation.objects.filter(pk=duna.pk).update(shares_tickets=True)
    assert colleague.get(address).status_code == 200
    assert "Nem nyomtat" in text_of(colleague.get(page("portal_requests") + "?whose=all"))
    assert "Nem nyomtat" not in text_of(colleague.get(page("portal_requests") + "?whose=mine"))


def test_nothing_internal_is_shown(
    as_user: Enter, carla: User, anna: User, ben: User, request_of_carla: Ticket
) -> None:
    make.note(request_of_carla, "Ez az ügyfél mindig panaszkodik.", author=anna)
    make.message(request_of_carla, "Idegen üzenete.", is_unconfirmed=True, visible=False)
    Ticket.objects.filter(pk=request_of_carla.pk).update(responsible=ben)
    conversation.reply_to_customer(request_of_carla, text="Nézzük meg együtt.", by=anna)
    shown = text_of(as_user(carla).get(page("portal_ticket", request_of_carla.number)))
    assert "Nézzük meg együtt." in shown
    assert anna.name in shown
    for hidden in ("panaszkodik", "Idegen üzenete", ben.name):
        assert hidden not in shown


def test_an_agent_sees_his_own_request_as_a_customer_does(
    as_user: Enter, anna: User, ben: User, network: Team, request_of_carla: Ticket
) -> None:
    own = make.ticket("Anna gépe lassú", team=network, customer=anna)
    make.note(own, "Anna gépe régi.", author=ben)
    client = as_user(anna)
    assert "Anna gépe régi" not in text_of(client.get(page("portal_ticket", own.number)))
    assert client.get(page("portal_ticket", request_of_carla.number)).status_code == 404


def test_the_promise_is_told_and_a_late_one_admitted(
    as_user: Enter, carla: User, anna: User, request_of_carla: Ticket
) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from tickets.demo.clock import stopped_at

    User.objects.filter(pk=carla.pk).update(language="en")
    client, address = as_user(carla), page("portal_ticket", request_of_carla.number)
    promises.promise_answer(request_of_carla, who=anna, by_when=timezone.now() + timedelta(hours=2), by=anna)
    assert anna.name in text_of(client.get(address))
    with stopped_at(timezone.now() + timedelta(hours=3)):
        shown = text_of(client.get(address))
    assert "are late" in shown
    assert anna.name not in shown


def test_a_new_request_becomes_a_ticket_of_the_default_mailboxs_team(
    as_user: Enter, carla: User, mailbox: Mailbox, network: Team
) -> None:
    given = {"title": "Kell egy monitor", "kind": "request", "hindrance": "low", "text": "27 colos."}
    file = SimpleUploadedFile("rajz.txt", b"itt lesz", "text/plain")
    answer = as_user(carla).post(page("portal_new"), {**given, "files": [file]})
    ticket = Ticket.objects.get()
    assert answer["Location"] == page("portal_ticket", ticket.number) + "?sent"
    assert (ticket.team, ticket.customer, ticket.kind.code, ticket.priority.code) == (
        mailbox.team,
        carla,
        "request",
        "low",
    )
    assert [file.name for file in ticket.messages.order_by("pk")[0].attachments.all()] == ["rajz.txt"]
    shown = text_of(as_user(carla).get(answer["Location"]))
    assert ticket.number in shown
    assert "rajz.txt" in shown


def test_a_bad_request_says_what_is_missing_and_keeps_what_was_typed(as_user: Enter, carla: User) -> None:
    User.objects.filter(pk=carla.pk).update(language="en")
    given = {"title": "", "kind": "question", "hindrance": "high", "text": "Hol a számla? <b>"}
    answer = as_user(carla).post(page("portal_new"), given)
    shown = text_of(answer)
    assert answer.status_code == 422
    assert "Say in a few words what it is about." in shown
    assert "Hol a számla? &lt;b&gt;" in shown
    assert 'value="question" checked' in shown
    assert Ticket.objects.count() == 0


def test_a_request_without_any_team_is_refused_in_a_sentence(as_user: Enter, carla: User) -> None:
    given = {"title": "Valami", "kind": "question", "hindrance": "low", "text": "Szöveg marad"}
    answer = as_user(carla).post(page("portal_new"), given)
    assert answer.status_code == 422
    assert "Szöveg marad" in text_of(answer)


def test_an_answer_lands_on_the_ticket_with_its_file(as_user: Enter, carla: User, request_of_carla: Ticket) -> None:
    file = SimpleUploadedFile("kep.png", b"png", "image/png")
    given = {"text": "Most már ég is.", "files": [file]}
    answer = as_user(carla).post(page("portal_answer", request_of_carla.number), given)
    assert answer.status_code == 302
    message = request_of_carla.messages.latest("pk")
    assert (message.body, message.author, message.sender) == ("Most már ég is.", carla, Message.Sender.CUSTOMER)
    download = as_user(carla).get(
        reverse("tickets:file", args=[request_of_carla.number, message.attachments.get().pk, "kep.png"])
    )
    assert b"".join(download) == b"png"
    download.close()


def test_an_empty_answer_is_refused(as_user: Enter, carla: User, request_of_carla: Ticket) -> None:
    answer = as_user(carla).post(page("portal_answer", request_of_carla.number), {"text": "  "})
    assert answer.status_code == 422
    assert "error-summary" in text_of(answer)
    assert request_of_carla.messages.count() == 1


def test_the_customer_says_that_it_is_solved_and_opens_it_again_by_writing(
    as_user: Enter, carla: User, anna: User, request_of_carla: Ticket
) -> None:
    client, address = as_user(carla), page("portal_answer", request_of_carla.number)
    assert client.post(address, {"solved": "1", "text": "Közben megjavult."}).status_code == 302
    request_of_carla.refresh_from_db()
    assert request_of_carla.status.code == "solved"
    assert request_of_carla.messages.latest("pk").body == "Közben megjavult."
    assert request_of_carla.events.latest("seq").verb == Verb.STATUS_CHANGED
    assert request_of_carla.events.latest("seq").by == carla
    assert client.post(address, {"text": "Mégsem."}).status_code == 302
    request_of_carla.refresh_from_db()
    assert request_of_carla.is_open


def test_only_the_customer_himself_may_say_that_it_is_solved(
    as_user: Enter, duna: Organisation, request_of_carla: Ticket
) -> None:
    Organisation.objects.filter(pk=duna.pk).update(shares_tickets=True)
    colleague = as_user(make.person("Duna Dóra", "dora@duna.example", organisation=duna))
    assert colleague.post(page("portal_answer", request_of_carla.number), {"solved": "1"}).status_code == 403
    request_of_carla.refresh_from_db()
    assert request_of_carla.is_open


def test_saying_solved_keeps_an_open_promise(carla: User, anna: User, request_of_carla: Ticket) -> None:
    from datetime import timedelta

    from django.utils import timezone

    promises.promise_answer(request_of_carla, who=anna, by_when=timezone.now() + timedelta(hours=2), by=anna)
    ticket = conversation.say_solved(request_of_carla, by=carla)
    assert ticket.due_at is None
    assert promises.open_promise(ticket) is None


def test_a_html_mail_is_shown_in_a_sandboxed_frame(as_user: Enter, carla: User, request_of_carla: Ticket) -> None:
    message = make.message(
        request_of_carla, "Szia", author=carla, kind=Message.Kind.MAIL, html="<p>Szia<script>alert(1)</script></p>"
    )
    client = as_user(carla)
    frame = reverse("tickets:message_html", args=[request_of_carla.number, message.pk])
    shown = text_of(client.get(page("portal_ticket", request_of_carla.number)))
    assert f'src="{frame}" sandbox="' in shown
    assert "allow-scripts" not in shown
    assert "<script>alert" not in text_of(client.get(frame))


def test_an_erased_message_says_so(as_user: Enter, carla: User, root: User, request_of_carla: Ticket) -> None:
    from tickets import erasure

    second = make.person("Másik Rendszergazda", "second@desk.example", roles=["agent", "admin"])
    message = request_of_carla.messages.get()
    erasure.approve_erasure(erasure.ask_erasure(message, reason="kérték", by=root), by=second)
    User.objects.filter(pk=carla.pk).update(language="en")
    shown = text_of(as_user(carla).get(page("portal_ticket", request_of_carla.number)))
    assert "erased" in shown
    assert "Piros lámpa" not in shown


def test_requests_are_found_by_title_and_number_and_paged(carla: User, helpdesk: Team) -> None:
    for n in range(5):
        make.ticket(f"Kérés {n}", team=helpdesk, customer=carla, text=None)
    first = list_requests(carla, state="open", whose="mine", size=3)
    assert [line.ticket.title for line in first.lines] == ["Kérés 4", "Kérés 3", "Kérés 2"]
    before = first.next_url.partition("before=")[2].replace("%3A", ":").replace("%2B", "+")
    second = list_requests(carla, state="open", whose="mine", size=3, before=before)
    assert [line.ticket.title for line in second.lines] == ["Kérés 1", "Kérés 0"]
    assert second.next_url == ""
    assert [line.ticket.title for line in list_requests(carla, state="open", words="kérés 3").lines] == ["Kérés 3"]
    assert list_requests(carla, state="open", before="nonsense").lines


def test_the_list_costs_the_same_however_many_requests(
    carla: User, helpdesk: Team, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(12):
        make.ticket(f"Kérés {n}", team=helpdesk, customer=carla, text=None)
    with django_assert_max_num_queries(4):
        list_requests(carla, state="open", whose="all")


def test_a_sign_in_code_arrives_in_the_outbox(client: Client, carla: User, settings: Any, mailbox: Mailbox) -> None:
    settings.EMAIL_BACKEND = OUTBOX
    answer = client.post(reverse("account_request_login_code"), {"email": carla.email})
    assert answer.status_code == 302
    mail = OutboundMail.objects.get()
    assert mail.to[0][1] == carla.email
    assert mail.purpose == OutboundMail.Purpose.ACCOUNT


def test_the_address_of_a_refused_answer_leads_to_the_request(client: Client, carla: User, helpdesk: Team) -> None:
    """A session that ends on the page of a refusal leads back to it after the sign-in."""
    ticket = make.ticket(team=helpdesk, customer=carla)
    address = f"/portal/requests/{ticket.number}/answer/"
    stranger = client.post(address, {"text": "x"}, headers={"Referer": f"http://testserver{address}"})
    assert stranger["Location"].endswith(f"?next={address}")
    client.force_login(carla)
    assert client.get(address)["Location"] == f"/portal/requests/{ticket.number}/"


@pytest.mark.parametrize("referer", ["", "https://evil.example/portal/", "//evil.example/x", "javascript:alert(1)"])
def test_a_form_sent_from_elsewhere_leads_to_the_start_after_the_sign_in(client: Client, referer: str) -> None:
    answer = client.post("/portal/new/", {"title": "x"}, headers={"Referer": referer})
    assert answer["Location"].endswith("?next=/")
