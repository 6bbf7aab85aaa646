"""The set-up pages: administrators only, quarantine for agents, clear refusals, nothing typed lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from tests import make
from tickets import departures, erasure, lifecycle, people, teams
from tickets.errors import Refused
from tickets.mail.sending import send_due_mail
from tickets.models import (
    ImapSource,
    InboundMail,
    Mailbox,
    Membership,
    Organisation,
    OutboundMail,
    Right,
    Role,
    Signature,
    Team,
    Ticket,
    User,
)
from tickets.web import setup_urls

Enter = Callable[[User], Client]


def page(name: str, *args: object) -> str:
    return reverse(f"tickets:{name}", args=args)


def text_of(answer: object) -> str:
    content = getattr(answer, "content", b"")
    assert isinstance(content, bytes)
    return content.decode()


def quarantined(mailbox: Mailbox | None = None, raw: bytes = b"Subject: Scan\r\n\r\n<b>3 pages</b>") -> InboundMail:
    return make.inbound(raw, mailbox=mailbox, state=InboundMail.State.QUARANTINED, reason="no_sender")


# --- who enters ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", setup_urls.urlpatterns, ids=lambda pattern: pattern.name)
def test_every_set_up_page_is_closed_to_those_who_may_not(
    as_user: Enter, client: Client, carla: User, anna: User, pattern: URLPattern
) -> None:
    kwargs = {name: "kind" if name == "table" else 1 for name in pattern.pattern.converters}
    address = reverse(f"tickets:{pattern.name}", kwargs=kwargs)
    for_agents = pattern.name in {"quarantine", "quarantined", "quarantined_raw", "release", "ignore", "retry"}
    for call in ("get", "post"):
        assert getattr(client, call)(address).status_code in (302, 405)
        assert getattr(as_user(carla), call)(address).status_code in (403, 405)
        allowed = (200, 404, 405) if for_agents else (403, 405)
        assert getattr(as_user(anna), call)(address).status_code in allowed


@pytest.mark.parametrize(
    "name",
    [
        "setup", "setup_styleguide", "setup_teams", "setup_add_team", "setup_people", "setup_add_person",
        "setup_organisations", "setup_add_organisation", "setup_mailboxes", "setup_add_mailbox", "setup_imap",
        "setup_add_imap", "setup_mail", "setup_outbox", "quarantine", "setup_system", "setup_erasures", "setup_history",
        "setup_rights", "setup_why", "setup_tags", "setup_add_tag", "setup_templates", "setup_add_template",
    ],
)  # fmt: skip
def test_every_page_opens_on_an_empty_house(as_user: Enter, root: User, name: str) -> None:
    assert as_user(root).get(page(name)).status_code == 200


# --- teams ---------------------------------------------------------------------------------------------------------


def test_a_team_is_added_and_changed(as_user: Enter, root: User) -> None:
    client = as_user(root)
    given = {"name": "Raktár", "description": "Raktári gépek", "closed_follow_up": "new_ticket", "absent_owner": "team"}
    assert client.post(page("setup_add_team"), given).status_code == 302
    team = Team.objects.get(name="Raktár")
    assert (team.closed_follow_up, team.absent_owner) == ("new_ticket", "team")
    assert client.post(page("setup_team", team.pk), given | {"name": "Raktárak", "is_active": "on"}).status_code == 302
    team.refresh_from_db()
    assert team.name == "Raktárak"


def test_a_taken_name_is_refused_with_the_constraints_words(as_user: Enter, root: User, helpdesk: Team) -> None:
    given = {
        "name": helpdesk.name.upper(), "description": "Megmarad", "closed_follow_up": "reopen", "absent_owner": "keep",
    }  # fmt: skip
    answer = as_user(root).post(page("setup_add_team"), given)
    assert answer.status_code == 422
    assert "Megmarad" in text_of(answer)
    assert "error-summary" in text_of(answer)


def test_a_team_with_mail_coming_in_is_not_closed(mailbox: Mailbox) -> None:
    team = mailbox.team
    with pytest.raises(Refused):
        teams.change_team(team, name=team.name, description="", closed_follow_up="reopen", is_active=False)


def test_rights_are_given_by_the_matrix(as_user: Enter, root: User, helpdesk: Team, ben: User) -> None:
    client = as_user(root)
    assert client.post(page("setup_add_member", helpdesk.pk), {"agent": ben.pk}).status_code == 302
    assert Membership.objects.get(team=helpdesk, user=ben).rights == [Right.READ]
    client.post(page("setup_team_rights", helpdesk.pk), {"row": ben.pk, f"rights-{ben.pk}": ["read", "note"]})
    assert sorted(Membership.objects.get(team=helpdesk, user=ben).rights) == ["note", "read"]
    client.post(page("setup_team_rights", helpdesk.pk), {"row": ben.pk, f"rights-{ben.pk}": ["fly"]})
    assert sorted(Membership.objects.get(team=helpdesk, user=ben).rights) == ["note", "read"]
    assert "Szalai Ben" in text_of(client.get(page("setup_team", helpdesk.pk)))


def test_signatures_are_written_in_each_language(as_user: Enter, root: User, helpdesk: Team) -> None:
    as_user(root).post(page("setup_signatures", helpdesk.pk), {"hu": "Üdv:\r\nMi", "en": "Regards"})
    assert dict(Signature.objects.values_list("language", "text")) == {"hu": "Üdv:\nMi", "en": "Regards"}


# --- people --------------------------------------------------------------------------------------------------------

PERSON = {"name": "Új Ember", "roles": ["customer"], "language": "hu", "time_zone": "Europe/Budapest"}


def test_a_person_is_added_found_and_changed(as_user: Enter, root: User, duna: Organisation) -> None:
    client = as_user(root)
    given = PERSON | {"email": "Uj.Ember@duna.example", "organisation": duna.pk}
    assert client.post(page("setup_add_person"), given).status_code == 302
    person = people.find_person("uj.ember@duna.example")
    assert person is not None
    assert (person.organisation, person.roles) == (duna, [Role.CUSTOMER])
    assert "Új Ember" in text_of(client.get(page("setup_people") + "?q=uj.ember"))
    answer = client.post(page("setup_person", person.pk), PERSON | {"roles": ["agent", "customer"], "phone": "123"})
    assert answer.status_code == 302
    person.refresh_from_db()
    assert (person.is_agent, person.phone) == (True, "123")


def test_an_address_that_is_taken_is_refused_and_nothing_typed_is_lost(
    as_user: Enter, root: User, carla: User, mailbox: Mailbox
) -> None:
    for email in (str(carla.email), mailbox.address, "not an address"):
        answer = as_user(root).post(page("setup_add_person"), PERSON | {"email": email})
        assert answer.status_code == 422
        assert "Új Ember" in text_of(answer)
    assert not User.objects.filter(name="Új Ember").exists()


def test_an_administrator_cannot_take_the_administration_from_himself(as_user: Enter, root: User) -> None:
    answer = as_user(root).post(page("setup_person", root.pk), PERSON | {"roles": ["agent"]})
    assert answer.status_code == 422
    as_user(root).post(page("setup_deactivate", root.pk))
    root.refresh_from_db()
    assert root.is_admin
    assert root.is_active


def test_a_deactivated_agent_is_out_at_once_and_his_tickets_go_back(
    as_user: Enter, root: User, anna: User, helpdesk: Team, carla: User
) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    lifecycle.assign_ticket(ticket, to=anna, by=anna)
    client = as_user(anna)
    assert client.get("/profile/").status_code == 200
    assert departures.deactivate_person(anna, by=root) == 1
    ticket.refresh_from_db()
    assert ticket.owner is None
    assert ticket.responsible is None
    assert client.get("/profile/").status_code == 302
    as_user(root).post(page("setup_reactivate", anna.pk))
    anna.refresh_from_db()
    assert anna.is_active


def test_one_more_address_is_added_and_made_primary(as_user: Enter, root: User, carla: User, karl: User) -> None:
    client = as_user(root)
    assert client.post(page("setup_add_address", carla.pk), {"email": karl.email}).status_code == 422
    assert client.post(page("setup_add_address", carla.pk), {"email": "second@duna.example"}).status_code == 302
    client.post(page("setup_primary_address", carla.pk), {"email": "second@duna.example"})
    carla.refresh_from_db()
    assert carla.email == "second@duna.example"
    client.post(page("setup_primary_address", carla.pk), {"email": str(karl.email)})
    carla.refresh_from_db()
    assert carla.email == "second@duna.example"


def test_an_organisation_is_added_and_changed(as_user: Enter, root: User, duna: Organisation) -> None:
    client = as_user(root)
    assert client.post(page("setup_add_organisation"), {"name": "Új Kft."}).status_code == 302
    assert client.post(page("setup_add_organisation"), {"name": "új kft."}).status_code == 422
    client.post(page("setup_organisation", duna.pk), {"name": "Duna", "shares_tickets": "on", "is_active": "on"})
    duna.refresh_from_db()
    assert (duna.name, duna.shares_tickets) == ("Duna", True)


# --- mail ----------------------------------------------------------------------------------------------------------


def test_there_is_always_one_default_mailbox(as_user: Enter, root: User, mailbox: Mailbox, network: Team) -> None:
    client = as_user(root)
    given = {"address": "Halozat@desk.example", "name": "Hálózat", "team": network.pk, "is_default": "on"}
    assert client.post(page("setup_add_mailbox"), given).status_code == 302
    assert [box.address for box in Mailbox.objects.filter(is_default=True)] == ["halozat@desk.example"]
    second = Mailbox.objects.get(address="halozat@desk.example")
    answer = client.post(page("setup_mailbox", second.pk), {"team": network.pk, "is_active": "on"})
    assert answer.status_code == 422
    second.refresh_from_db()
    assert second.is_default


def test_a_persons_address_is_no_mailbox(as_user: Enter, root: User, carla: User, helpdesk: Team) -> None:
    answer = as_user(root).post(page("setup_add_mailbox"), {"address": carla.email, "team": helpdesk.pk})
    assert answer.status_code == 422


def test_an_imap_source_keeps_its_password_secret(as_user: Enter, root: User, mailbox: Mailbox) -> None:
    client = as_user(root)
    given = {
        "host": "127.0.0.1", "port": 1, "security": "plain", "user_name": "box", "password": "titok-szo",
        "sign_in": "password", "folder": "INBOX", "after": "seen", "mailbox": mailbox.pk, "is_active": "on",
    }  # fmt: skip
    assert client.post(page("setup_add_imap"), given | {"password": ""}).status_code == 422
    assert client.post(page("setup_add_imap"), given | {"after": "move"}).status_code == 422
    assert client.post(page("setup_add_imap"), given).status_code == 302
    source = ImapSource.objects.get()
    assert b"titok" not in bytes(source.secret)
    secret = bytes(source.secret)
    client.post(page("setup_imap_source", source.pk), given | {"password": "", "folder": "Be"})
    source.refresh_from_db()
    assert (source.folder, bytes(source.secret)) == ("Be", secret)
    assert "titok-szo" not in text_of(client.get(page("setup_imap_source", source.pk)))
    answer = client.post(page("setup_try_imap", source.pk), follow=True)  # nobody listens on port 1
    assert 'data-tone="bad"' in text_of(answer)


def test_an_imap_source_may_sign_in_by_oauth(as_user: Enter, root: User, mailbox: Mailbox) -> None:
    client = as_user(root)
    given = {
        "host": "127.0.0.1", "port": 1, "security": "plain", "user_name": "box", "folder": "INBOX", "after": "seen",
        "mailbox": mailbox.pk, "is_active": "on", "sign_in": "client_credentials", "client_id": "desk",
    }  # fmt: skip
    oauth = {"password": "titok-szo", "token_url": "https://login.example/token"}
    for missing in oauth:
        posted = {name: value for name, value in (given | oauth).items() if name != missing}
        assert client.post(page("setup_add_imap"), posted).status_code == 422
    assert client.post(page("setup_add_imap"), given | oauth | {"token_url": "http://login.example"}).status_code == 422
    assert client.post(page("setup_add_imap"), given | oauth).status_code == 302
    source = ImapSource.objects.get()
    by_refresh = given | oauth | {"sign_in": "refresh_token", "password": ""}
    assert client.post(page("setup_imap_source", source.pk), by_refresh).status_code == 422
    assert client.post(page("setup_imap_source", source.pk), by_refresh | {"refresh_token": "r-szo"}).status_code == 302
    source.refresh_from_db()
    assert (source.sign_in, source.client_id) == ("refresh_token", "desk")
    assert b"szo" not in bytes(source.secret) + bytes(source.refresh_secret)
    shown = text_of(client.get(page("setup_imap_source", source.pk)))
    assert "titok-szo" not in shown
    assert "r-szo" not in shown


def test_the_account_of_mail_is_shown_as_a_sum(as_user: Enter, root: User, mailbox: Mailbox) -> None:
    quarantined(mailbox)
    make.inbound(mailbox=mailbox)
    User.objects.filter(pk=root.pk).update(language="en")
    shown = text_of(as_user(root).get(page("setup_mail")))
    assert "2 mails in = 0 new tickets + 0 follow-ups + 1 quarantined + 0 ignored + 1 waiting" in shown


def test_an_account_that_does_not_add_up_screams(as_user: Enter, root: User, mailbox: Mailbox) -> None:
    make.inbound(mailbox=mailbox, state=InboundMail.State.NEW_TICKET, ticket=make.ticket(team=mailbox.team))
    User.objects.filter(pk=root.pk).update(language="en")
    assert "does not add up" in text_of(as_user(root).get(page("setup_mail")))


# --- quarantine ----------------------------------------------------------------------------------------------------


def test_an_agent_reads_a_quarantined_mail_as_text(as_user: Enter, anna: User, mailbox: Mailbox) -> None:
    row = quarantined(mailbox)
    client = as_user(anna)
    assert "Scan" in text_of(client.get(page("quarantine")))
    shown = text_of(client.get(page("quarantined", row.pk)))
    assert "&lt;b&gt;3 pages&lt;/b&gt;" in shown
    raw = client.get(page("quarantined_raw", row.pk))
    assert raw.content == bytes(row.raw)
    assert raw["Content-Disposition"].startswith("attachment")


def test_broken_headers_do_not_break_the_page(as_user: Enter, anna: User) -> None:
    row = quarantined(raw=b"From: =?utf-8?q?=FF=00?= <\x00@\xff>\r\nDate: never\r\nTo: ,,;<<>>\r\n\r\n\x00\xff")
    assert as_user(anna).get(page("quarantine")).status_code == 200
    assert as_user(anna).get(page("quarantined", row.pk)).status_code == 200


def test_a_ticket_is_made_of_it(as_user: Enter, anna: User, mailbox: Mailbox) -> None:
    row = quarantined(mailbox)
    client = as_user(anna)
    assert client.post(page("release", row.pk), {"sender_email": ""}).status_code == 422
    answer = client.post(page("release", row.pk), {"sender_email": "who@else.example"})
    ticket = Ticket.objects.get()
    assert answer["Location"] == page("ticket", ticket.number)
    row.refresh_from_db()
    assert (row.state, row.ticket, row.handled_by) == (InboundMail.State.NEW_TICKET, ticket, anna)


def test_it_is_ignored_only_with_a_reason(as_user: Enter, anna: User, mailbox: Mailbox) -> None:
    row = quarantined(mailbox)
    client = as_user(anna)
    assert client.post(page("ignore", row.pk), {"reason": " "}).status_code == 422
    assert client.post(page("ignore", row.pk), {"reason": "Próbaoldal"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.detail) == (InboundMail.State.IGNORED, "Próbaoldal")
    assert "Próbaoldal" in text_of(client.get(page("quarantine") + "?ignored"))


def test_it_may_be_read_again(as_user: Enter, anna: User, mailbox: Mailbox) -> None:
    row = quarantined(mailbox)
    as_user(anna).post(page("retry", row.pk))
    row.refresh_from_db()
    assert row.state == InboundMail.State.WAITING


# --- outbox, system, erasures --------------------------------------------------------------------------------------


def test_a_captured_sign_in_code_can_be_read_by_the_administrator(
    as_user: Enter, client: Client, root: User, carla: User, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "tickets.mail.backend.OutboxBackend"
    client.post(reverse("account_request_login_code"), {"email": carla.email})
    send_due_mail()
    mail = OutboundMail.objects.get()
    assert mail.is_captured
    admin = as_user(root)
    assert str(carla.email) in text_of(admin.get(page("setup_outbox")))
    assert mail.body.strip().splitlines()[0] in text_of(admin.get(page("setup_outbound", mail.pk)))


def test_a_failed_mail_is_sent_again(as_user: Enter, root: User) -> None:
    mail = OutboundMail.objects.create(
        purpose="account", sender_address="a@desk.example", to=[["", "b@x.example"]], subject="S", body="B",
        mail_id="1@desk.example", state=OutboundMail.State.FAILED, last_error="550 no",
    )  # fmt: skip
    client = as_user(root)
    assert "550 no" in text_of(client.get(page("setup_outbound", mail.pk)))
    assert "S" in text_of(client.get(page("setup_system")))
    client.post(page("setup_resend", mail.pk))
    mail.refresh_from_db()
    assert mail.state == OutboundMail.State.QUEUED


def test_an_erasure_waits_for_a_second_person(as_user: Enter, root: User, helpdesk: Team, carla: User) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    second = make.person("Második", "second@desk.example", roles=[Role.AGENT, Role.ADMIN])
    erasure.ask_erasure(ticket.messages.get(), reason="Törlési kérelem", by=root)
    button = reverse("tickets:approve_erasure", args=[ticket.number, ticket.messages.get().pk])
    assert button not in text_of(as_user(root).get(page("setup_erasures")))
    assert button in text_of(as_user(second).get(page("setup_erasures")))


# --- Django's administration ---------------------------------------------------------------------------------------


def test_djangos_administration_deletes_nothing(as_user: Enter, root: User, anna: User, helpdesk: Team) -> None:
    from django.contrib import admin

    ticket = make.ticket(team=helpdesk)
    client = as_user(root)
    assert client.get("/django-admin/").status_code == 200
    assert client.get(f"/django-admin/tickets/ticket/{ticket.pk}/change/").status_code == 200
    assert client.post(f"/django-admin/tickets/ticket/{ticket.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"/django-admin/tickets/ticket/{ticket.pk}/change/", {"title": "x"}).status_code == 403
    assert as_user(anna).get("/django-admin/").status_code in (302, 403)
    for table, options in admin.site._registry.items():
        assert not options.has_delete_permission(client.get("/django-admin/").wsgi_request), table


def test_a_word_of_the_vocabulary_changes_on_its_set_up_page_alone(as_user: Enter, root: User) -> None:
    """There the change gets its line in the history of the set-up."""
    from tickets.models import ConfigurationChange, Kind, Priority, Status

    client = as_user(root)
    for table in (Kind, Priority, Status):
        term, name = table.objects.earliest("pk"), table.__name__.lower()
        page = client.get(f"/django-admin/tickets/{name}/{term.pk}/change/").content.decode()
        assert f"/setup/vocabulary/{name}/{term.pk}/" in page
        assert client.get(f"/setup/vocabulary/{name}/{term.pk}/").status_code == 200
        given = {"names": '{"hu": "Teendő", "en": "To do"}', "position": "5", "is_active": "on"}
        assert client.post(f"/django-admin/tickets/{name}/{term.pk}/change/", given).status_code == 403
        assert client.post(f"/django-admin/tickets/{name}/add/", given).status_code == 403
        before = term.names
        term.refresh_from_db()
        assert term.names == before
    assert not ConfigurationChange.objects.exists()
