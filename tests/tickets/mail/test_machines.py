"""Bounces, delays, vacation replies, lists - and people, who must not be taken for machines."""

# ruff: noqa: E501 - mails stand as they come
from __future__ import annotations

import pytest

from tests.tickets.mail.mails import multipart, part, raw_mail
from tickets.mail.parsing import Automatic, parse_mail

ORIGINAL = raw_mail("Kedves Anna!", from_="support@example.com", to="anna@example.hu", message_id="<out-1@example.com>")


def report(action: str = "failed", status: str = "5.1.1", diagnostic: str = "smtp; 550 5.1.1 no such user") -> bytes:
    body = f"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; Anna@Example.hu\nAction: {action}\nStatus: {status}\nDiagnostic-Code: {diagnostic}\n"
    return multipart(
        part("We are sorry."), part(body, "message/delivery-status"), part(ORIGINAL, "message/rfc822"),
        kind="report", extra="; report-type=delivery-status", from_="MAILER-DAEMON@example.hu", subject="Undelivered Mail Returned to Sender",
    )  # fmt: skip


def test_a_standard_report_names_recipient_code_and_the_mail_it_is_about() -> None:
    mail = parse_mail(report())
    assert mail.automatic is Automatic.BOUNCE
    assert mail.bounce is not None
    assert mail.bounce.recipients == ("anna@example.hu",)
    assert mail.bounce.status == "5.1.1"
    assert mail.bounce.is_permanent
    assert mail.bounce.original_message_ids == ("out-1@example.com",)
    assert ("to", "anna@example.hu") in mail.bounce.original_headers
    assert "no such user" in mail.bounce.reason


def test_a_delay_is_no_failure() -> None:
    mail = parse_mail(report("delayed", "4.4.1", "smtp; 421 4.4.1 try later"))
    assert mail.automatic is Automatic.DELAY
    assert mail.bounce is not None
    assert not mail.bounce.is_permanent


def test_a_report_of_success_is_no_bounce() -> None:
    mail = parse_mail(report("delivered", "2.0.0", ""))
    assert mail.automatic is Automatic.REPORT
    assert mail.bounce is None


def test_the_servers_own_code_beats_a_vague_one() -> None:
    mail = parse_mail(report(status="5.0.0", diagnostic="smtp; 552 5.2.2 mailbox full"))
    assert mail.bounce is not None
    assert mail.bounce.status == "5.2.2"


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("failure notice", "Hi. This is the qmail-send program at example.hu.\n\n<anna@example.org>:\n550 user unknown. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nMessage-ID: <out-1@example.com>\n"),
        ("Mail delivery failed: returning message to sender", "A message that you sent could not be delivered.\n\n  anna@example.org\n    550 5.1.1 no such user\n"),
        ("Nem kézbesíthető levél", "A levelet nem sikerült kézbesíteni a következő címre: anna@example.org\n550 5.1.1 nincs ilyen felhasználó"),
        ("Unzustellbar: Frage", "Ihre Nachricht an anna@example.org konnte nicht zugestellt werden. 550 5.1.1 unbekannt"),
        ("Недоставленное сообщение", "Сообщение не доставлено: anna@example.org 550 5.1.1 нет такого пользователя"),
    ],
)  # fmt: skip
def test_bounces_without_a_report_are_found(subject: str, body: str) -> None:
    mail = parse_mail(
        raw_mail(body, from_="Mail Delivery System <MAILER-DAEMON@mx.example.hu>", subject=subject, return_path="<>")
    )
    assert mail.automatic is Automatic.BOUNCE
    assert mail.bounce is not None
    assert mail.bounce.recipients == ("anna@example.org",)
    assert mail.bounce.status == "5.1.1"


@pytest.mark.parametrize(
    "subject",
    ["Automatikus válasz: Számla", "Házon kívül: Számla", "Out of office: Invoice", "Automatic reply: Invoice", "Auto: Invoice", "Abwesenheitsnotiz: Rechnung",
     "Réponse automatique : Facture", "Respuesta automática: Factura", "Risposta automatica: Fattura", "Automatische Antwort: Rechnung", "Szabadságon vagyok", "自動返信: 請求書"],
)  # fmt: skip
def test_vacation_replies_without_a_header_are_found(subject: str) -> None:
    assert parse_mail(raw_mail("Vissza: hétfőn.", subject=subject)).automatic is Automatic.VACATION


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"auto_submitted": "auto-replied"}, Automatic.AUTO_REPLY),
        ({"auto_submitted": "Auto-Generated (rule)"}, Automatic.GENERATED),
        ({"x_autoreply": "yes"}, Automatic.AUTO_REPLY),
        ({"precedence": "auto_reply"}, Automatic.AUTO_REPLY),
        ({"precedence": "bulk"}, Automatic.BULK),
        ({"precedence": "list"}, Automatic.LIST),
        ({"list_id": "<news.example.hu>"}, Automatic.LIST),
        ({"list_unsubscribe": "<mailto:x@example.hu>"}, Automatic.BULK),
        ({"x_loop": "support@example.com"}, Automatic.LOOP),
        ({"x_auto_response_suppress": "OOF, AutoReply"}, Automatic.GENERATED),
        ({"return_path": "<>"}, Automatic.GENERATED),
        ({"from_": "no-reply@example.hu"}, Automatic.GENERATED),
        ({"from_": "Hirek <noreply.hirek@example.hu>"}, Automatic.GENERATED),
        ({"content_type": 'multipart/report; report-type=disposition-notification; boundary="x"'}, Automatic.RECEIPT),
        ({"content_type": 'multipart/report; report-type=feedback-report; boundary="x"'}, Automatic.REPORT),
    ],
)
def test_machines_are_known_by_their_headers(fields: dict[str, str], kind: Automatic) -> None:
    mail = parse_mail(raw_mail(crlf=True, **fields))
    assert mail.automatic is kind
    assert mail.automatic_reason
    assert mail.bounce is None


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"auto_submitted": "no"},
        {"auto_submitted": "auto-forwarded"},
        {"precedence": "first-class"},
        {"subject": "Re: Undeliverable: my order", "in_reply_to": "<x@example.com>"},
        {"subject": "Out of paper"},
        {"subject": "Delivery of my order failed"},
        {"subject": "Szabadság utca 5, nincs áram"},
        {"subject": "Automata kapu hiba"},
        {"return_path": "<anna@example.hu>"},
        {"x_mime_autoconverted": "from 8bit to quoted-printable"},
        {"disposition_notification_to": "anna@example.hu"},
        {"from_": "noreen.reply@example.hu"},
    ],
)
def test_people_are_not_taken_for_machines(fields: dict[str, str]) -> None:
    mail = parse_mail(raw_mail("Nem jött meg a csomagom, a futár szerint nem tudták kézbesíteni.", crlf=True, **fields))
    assert mail.automatic is Automatic.NONE, mail.automatic_reason
    assert mail.bounce is None


def test_a_person_who_forwards_a_bounce_is_a_person() -> None:
    body = (
        "Ezt kaptam, mit tegyek?\n\n> Undelivered Mail Returned to Sender\n> anna@example.org: 550 5.1.1 user unknown\n"
    )
    assert parse_mail(raw_mail(body, subject="Fwd: Undelivered Mail Returned to Sender")).automatic is Automatic.NONE


def test_an_alarm_about_mail_trouble_is_no_bounce() -> None:
    mail = parse_mail(
        raw_mail(
            "Queue length 400 on mx1",
            subject="Mail server error: queue too long",
            auto_submitted="auto-generated",
            from_="nagios@example.com",
        )
    )
    assert mail.automatic is Automatic.GENERATED
    assert mail.bounce is None


def test_a_mail_from_one_of_our_own_addresses_is_a_loop() -> None:
    assert (
        parse_mail(raw_mail(from_="Support@Example.com"), own_addresses={"support@example.com"}).automatic
        is Automatic.LOOP
    )
