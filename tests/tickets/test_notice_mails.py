"""Notices by mail: one bundle for each person, nothing lost and nothing doubled, nothing that he no longer sees."""

from __future__ import annotations

import threading
from datetime import datetime, time, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from tests import make
from tickets import absences, conversation, groups, lifecycle, notices, people, telling, upkeep, watching
from tickets.mail.mime import build_mail
from tickets.models import (
    AddressState,
    GroupEvent,
    Notice,
    NoticeChoices,
    OutboundMail,
    Status,
    Team,
    Ticket,
    TicketGroup,
    User,
)
from tickets.telling import Kind, letters
from tickets.telling.letters import read_stop_token, stop_token
from tickets.telling.times import BREATH

MINUTE = timedelta(minutes=1)


@pytest.fixture
def group(helpdesk: Team, anna: User) -> TicketGroup:
    return groups.open_group("VPN", team=helpdesk, by=anna, owner=anna)


def report(group: TicketGroup, by: User) -> None:
    groups.join_group(group, ticket=make.ticket(team=group.team), by=by, how=groups.How.SELECTION)


def give(person: User, by: User, title: str = "A nyomtató nem nyomtat") -> Ticket:
    return lifecycle.assign_ticket(make.ticket(title, team=Team.objects.earliest("pk")), to=person, by=by)


def send(*, minutes: float = 0, at: datetime | None = None) -> list[OutboundMail]:
    """What the drain writes then."""
    before = set(OutboundMail.objects.values_list("pk", flat=True))
    telling.send_due_notices(now=(at or timezone.now()) + timedelta(minutes=minutes))
    return list(OutboundMail.objects.filter(purpose="notice").exclude(pk__in=before).order_by("pk"))


def choose(user: User, **fields: Any) -> None:
    NoticeChoices.objects.update_or_create(user=user, defaults=fields)


# --- bundles ---------------------------------------------------------------------------------------------------------


def test_a_bundle_is_one_mail_after_a_quarter_of_an_hour(group: TicketGroup, anna: User, root: User) -> None:
    for _ in range(14):
        report(group, root)
    assert send(minutes=14) == []
    (mail,) = send(minutes=16)
    assert mail.to == [["Varga Anna", "anna@desk.example"]]
    assert mail.subject == "VPN: 14 új bejelentés"
    assert f"/groups/{group.pk}/" in mail.body
    assert "14 új bejelentés" in mail.html
    assert send(minutes=60) == []
    report(group, root)
    assert [mail.subject for mail in send(minutes=90)] == ["VPN: 1 új bejelentés"]


def test_what_came_a_minute_ago_goes_along_with_its_bundle(group: TicketGroup, anna: User, root: User) -> None:
    report(group, root)
    Notice.objects.update(mail_due_at=timezone.now() - MINUTE)
    report(group, root)
    assert [mail.subject for mail in send()] == ["VPN: 2 új bejelentés"]
    assert not Notice.objects.filter(mail_done_at=None).exists()


def test_what_is_given_to_me_comes_at_once_and_forty_of_it_in_two_mails(helpdesk: Team, anna: User, root: User) -> None:
    first = give(anna, root, "Nincs hálózat")
    now = timezone.now()
    (mail,) = send(at=now)
    assert mail.subject == f"[{first.number}] Nincs hálózat: Rendszergazda kiosztotta nekem"
    for number in range(39):
        give(anna, root, f"Hiba {number}")
    now = timezone.now()
    assert send(at=now) == [], "he has just got one"
    (mail,) = send(at=now + BREATH)
    assert mail.subject == "39 ügyben van újdonság, 39 új nálam"


def test_several_things_at_once_are_one_mail_in_the_reader_s_language(
    group: TicketGroup, helpdesk: Team, anna: User, root: User
) -> None:
    people.change_preferences(anna, language="en", time_zone="Europe/London")
    report(group, root)
    ticket = give(anna, root)
    (mail,) = send(minutes=20)
    assert mail.subject == "2 things have news, 1 came to you"
    assert mail.body.index(ticket.title) < mail.body.index("VPN")
    assert "Rendszergazda gave it to you" in mail.body
    assert ticket.number in mail.body


def test_once_a_day_is_one_mail_in_the_morning(group: TicketGroup, anna: User, root: User) -> None:
    choose(anna, by_kind={"new_in_group": "daily"}, daily_at=time(8))
    report(group, root)
    report(group, root)
    due = Notice.objects.filter(kind=Kind.NEW_IN_GROUP).values_list("mail_due_at", flat=True)
    (morning,) = set(due)
    assert morning is not None
    assert timezone.localtime(morning).hour == 8
    assert send(at=morning - MINUTE) == []
    assert len(send(at=morning)) == 1


def test_what_was_seen_meanwhile_is_not_mailed(group: TicketGroup, anna: User, root: User) -> None:
    report(group, root)
    notices.mark_seen(anna)
    assert send(minutes=20) == []
    assert not Notice.objects.filter(mail_done_at=None).exists()


def test_what_he_no_longer_sees_wants_or_follows_is_not_mailed(
    helpdesk: Team, group: TicketGroup, anna: User, cora: User, root: User
) -> None:
    telling.watch_group(group, by=cora)
    ticket = make.ticket(team=helpdesk, title="Titkos")
    watching.watch_ticket(ticket, by=cora)
    conversation.add_note(ticket, text="x", by=anna)
    report(group, root)
    telling.mute(by=cora, group=group)
    (mail,) = [mail for mail in send(minutes=20) if "cora" in mail.to[0][1]]
    assert "VPN" not in mail.body
    conversation.add_note(ticket, text="x", by=anna)
    telling.switch_off(cora, kinds=["watched_changed"])
    assert send(minutes=40) == []
    choose(cora, by_kind={})
    conversation.add_note(ticket, text="x", by=anna)
    people.give_rights(cora, team=helpdesk, rights=[])
    assert send(minutes=60) == []


def test_nothing_goes_to_an_address_that_bounced_or_to_nobody(helpdesk: Team, anna: User, root: User) -> None:
    give(anna, root)
    AddressState.objects.create(email="anna@desk.example", bounced_at=timezone.now())
    assert send() == []
    assert notices.count_unseen(anna) == 1, "the bell does not depend on mail"


def test_while_away_mails_wait_for_the_return(helpdesk: Team, anna: User, root: User) -> None:
    now = timezone.now()
    back = now + timedelta(days=2)
    absences.set_absence(anna, starts_at=now - MINUTE, ends_at=back, deputy=None, by=anna)
    give(anna, root)
    assert send(at=now + MINUTE) == []
    assert send(at=back - MINUTE) == []
    assert len(send(at=back + MINUTE)) == 1


def test_quiet_hours_put_off_what_can_wait(group: TicketGroup, anna: User, root: User) -> None:
    night = timezone.localtime().replace(hour=23, minute=30)
    choose(anna, quiet_from=time(22), quiet_until=time(7))
    report(group, root)
    Notice.objects.update(mail_due_at=night)
    assert send(at=night) == []
    (notice,) = Notice.objects.filter(kind=Kind.NEW_IN_GROUP)
    assert notice.mail_due_at is not None
    assert (timezone.localtime(notice.mail_due_at).hour, notice.mail_done_at) == (7, None)
    assert len(send(at=notice.mail_due_at)) == 1


# --- nothing is lost, nothing is doubled -----------------------------------------------------------------------------


def test_a_crash_between_writing_and_marking_loses_and_doubles_nothing(
    helpdesk: Team, anna: User, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(anna, root)
    written = letters.write_letter

    def crash(*args: Any, **options: Any) -> OutboundMail:
        written(*args, **options)
        raise SystemExit("killed")

    monkeypatch.setattr(letters, "write_letter", crash)
    with pytest.raises(SystemExit):
        send()
    monkeypatch.undo()
    assert not OutboundMail.objects.filter(purpose="notice").exists()
    assert (len(send()), len(send(minutes=5))) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_two_drains_side_by_side_write_one_mail(
    helpdesk: Team, anna: User, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        give(anna, root, f"Hiba {number}")
    inside, may_go = threading.Event(), threading.Event()
    written = letters.write_letter

    def slow(*args: Any, **options: Any) -> OutboundMail:
        inside.set()
        assert may_go.wait(20)
        return written(*args, **options)

    monkeypatch.setattr(letters, "write_letter", slow)

    def drain() -> None:
        telling.send_due_notices()
        connection.close()

    first = threading.Thread(target=drain)
    first.start()
    assert inside.wait(20)
    monkeypatch.setattr(letters, "write_letter", written)
    assert telling.send_due_notices() == 0, "the person is taken"
    may_go.set()
    first.join(20)
    assert telling.send_due_notices() == 0
    (mail,) = OutboundMail.objects.filter(purpose="notice")
    assert Notice.objects.filter(mailed_in=mail).count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_notice_written_while_a_mail_is_being_written_waits_for_the_next(
    helpdesk: Team, anna: User, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(anna, root, "Egy")
    written = letters.write_letter

    def meanwhile(*args: Any, **options: Any) -> OutboundMail:
        def act() -> None:
            give(anna, root, "Kettő")
            connection.close()

        other = threading.Thread(target=act)
        other.start()
        other.join(20)
        assert not other.is_alive(), "an act never waits for the drain"
        return written(*args, **options)

    monkeypatch.setattr(letters, "write_letter", meanwhile)
    telling.send_due_notices()
    monkeypatch.undo()
    telling.send_due_notices(now=timezone.now() + 2 * MINUTE)
    subjects = OutboundMail.objects.filter(purpose="notice").order_by("pk").values_list("subject", flat=True)
    assert [subject.split("] ")[1].split(":")[0] for subject in subjects] == ["Egy", "Kettő"]


@pytest.mark.django_db(transaction=True)
def test_marking_as_seen_waits_for_the_drain_and_neither_breaks(
    helpdesk: Team, anna: User, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        give(anna, root, f"Hiba {number}")
    written = letters.write_letter
    marked: list[int] = []

    def mark() -> None:
        marked.append(notices.mark_seen(anna))
        connection.close()

    reader = threading.Thread(target=mark)

    def meanwhile(*args: Any, **options: Any) -> OutboundMail:
        reader.start()
        return written(*args, **options)

    monkeypatch.setattr(letters, "write_letter", meanwhile)
    assert telling.send_due_notices() == 1
    reader.join(20)
    assert marked == [20]
    assert Notice.objects.filter(mailed_in__isnull=False, seen_at__isnull=False).count() == 20


# --- the mail itself -------------------------------------------------------------------------------------------------


def test_the_mail_has_text_html_and_a_way_to_stop_it(helpdesk: Team, anna: User, root: User) -> None:
    ticket = give(anna, root, "<b>Ékezetes</b> cím & jel")
    (row,) = send()
    mail = message_from_bytes(build_mail(row), policy=policy.default)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "<b>Ékezetes</b> cím & jel" in text.get_content()
    assert "&lt;b&gt;Ékezetes&lt;/b&gt; cím &amp; jel" in html.get_content()
    assert f"/ticket/{ticket.number}/" in html.get_content()
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    raw = build_mail(row).split(b"\r\n\r\n")[0].decode()
    (line,) = [line for line in raw.split("\r\n") if line.startswith("List-Unsubscribe: ")]
    path = line.split("/account/", 1)[1].rstrip(">")
    answer = Client().post(f"/account/{path}", {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert NoticeChoices.objects.get(user=anna).is_mail_off
    give(anna, root)
    assert send(minutes=5) == []


def test_the_link_stops_only_its_kinds_when_asked_so_and_a_forged_one_nothing(anna: User) -> None:
    token = stop_token(anna, ["customer_wrote", "nonsense"])
    assert Client().get(f"/account/notices/stop/{token}/").status_code == 200
    assert not NoticeChoices.objects.exists(), "looking changes nothing"
    Client().post(f"/account/notices/stop/{token}/", {"what": "kinds"})
    choices = NoticeChoices.objects.get(user=anna)
    assert (choices.is_mail_off, choices.by_kind) == (False, {"customer_wrote": "never"})
    assert read_stop_token(token[:-1] + ("a" if token[-1] != "a" else "b")) is None
    assert Client().post(f"/account/notices/stop/{token}x/").status_code == 404


def test_notices_hold_back_no_automatic_reply(helpdesk: Team, anna: User, root: User) -> None:
    give(anna, root)
    (mail,) = send()
    assert not mail.is_automatic, "the brake of automatic replies counts those alone"


# --- reporters -------------------------------------------------------------------------------------------------------


def test_a_reporter_gets_one_mail_for_one_text_whatever_else_happens(
    helpdesk: Team, mailbox: Any, group: TicketGroup, carla: User, anna: User, root: User
) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla, owner=anna, by=anna)
    groups.join_group(group, ticket=ticket, by=anna, how=groups.How.SELECTION)
    solved = Status.objects.get(code="solved")
    assert not telling.was_told(ticket, "Megjavítottuk.")
    conversation.reply_to_customer(ticket, text="Megjavítottuk.\n", by=anna, then=solved)
    with transaction.atomic():
        groups.record_in_group(group, GroupEvent.Verb.CLOSED, by=anna)
    groups.leave_group(ticket, by=anna)
    send(minutes=60)
    mine = [mail for mail in OutboundMail.objects.all() if "carla@duna.example" in str(mail.to)]
    assert [mail.purpose for mail in mine] == ["reply"]
    assert telling.was_told(ticket, " Megjavítottuk. ")
    assert not telling.was_told(ticket, "Mégsem.")
    assert not Notice.objects.filter(user=carla).exists()


# --- upkeep ----------------------------------------------------------------------------------------------------------


def test_the_backlog_shows_what_waits_and_what_is_late(helpdesk: Team, anna: User, root: User) -> None:
    give(anna, root)
    waiting = upkeep.backlogs()
    assert (waiting.notices_waiting, waiting.notices_due_since is not None) == (1, True)
    send()
    assert upkeep.backlogs().notices_waiting == 0


def test_old_notices_go_and_the_history_stays(helpdesk: Team, anna: User, root: User) -> None:
    tickets = [give(anna, root) for _ in range(3)]
    now = timezone.now()
    old, older, fresh = Notice.objects.order_by("pk")
    Notice.objects.filter(pk=old.pk).update(created_at=now - timedelta(days=91), seen_at=now - timedelta(days=91))
    Notice.objects.filter(pk=older.pk).update(created_at=now - timedelta(days=91))
    assert telling.tidy_notices() == 1
    assert set(Notice.objects.all()) == {older, fresh}
    Notice.objects.filter(pk=older.pk).update(created_at=now - timedelta(days=366))
    assert (telling.tidy_notices(), telling.tidy_notices()) == (1, 0)
    assert all(ticket.events.filter(verb="assigned").exists() for ticket in tickets)
