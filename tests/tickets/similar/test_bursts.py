"""Many alike reports in a short time: when they are raised, for whom, and that they are raised once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from tests import make
from tests.tickets.similar.test_finding import fill
from tickets import groups
from tickets.errors import Refused
from tickets.models import Burst, BurstReport, GroupMembership, Team, Ticket, TicketGroup, User
from tickets.similar import bursts
from tickets.similar.drain import read_radar
from tickets.similar.titles import title_of

REPORTS = (
    ("Nem csatlakozik a VPN", "Reggel óta hibát ír ki a VPN kliens, nem csatlakozik."),
    ("VPN nem csatlakozik otthonról", "A VPN kliens hibát ír ki."),
    ("A VPN kliens nem csatlakozik", "Hibát ír ki reggel óta a VPN."),
    ("vpn nem csatlakozik", "hibat ir ki a vpn kliens reggel ota"),
    ("Sürgős: nem csatlakozik a VPN!", "Reggel óta nem megy a VPN kliens, hibát ír ki."),
)


def report(team: Team, n: int, customer: User | None = None) -> Ticket:
    title, text = REPORTS[n % len(REPORTS)]
    return make.ticket(title, text=text, team=team, customer=customer or make.person())


@pytest.fixture
def vpn(helpdesk: Team) -> list[Ticket]:
    fill(helpdesk)
    made = [report(helpdesk, n) for n in range(3)]
    read_radar()
    return made


def test_three_people_with_the_same_fault_are_proposed_as_a_group(vpn: list[Ticket], anna: User) -> None:
    burst = Burst.objects.get()
    assert burst.team == vpn[0].team
    assert set(burst.reports.values_list("ticket", flat=True)) == {ticket.pk for ticket in vpn}
    assert "VPN" in burst.title
    assert "em csatlakozik" in burst.title
    assert burst.words
    assert list(Burst.objects.proposed().worked_by(anna)) == [burst]


def test_it_is_for_those_who_may_read_the_team_s_tickets(vpn: list[Ticket], ben: User, carla: User, root: User) -> None:
    assert not Burst.objects.worked_by(ben).exists()
    assert not Burst.objects.worked_by(carla).exists()
    assert Burst.objects.worked_by(root).exists()


def test_one_person_who_writes_three_times_is_no_burst(helpdesk: Team, carla: User) -> None:
    fill(helpdesk)
    for n in range(4):
        report(helpdesk, n, carla)
    read_radar()
    assert not Burst.objects.exists()


def test_unlike_reports_are_no_burst(helpdesk: Team) -> None:
    fill(helpdesk)
    read_radar()
    assert not Burst.objects.exists()


def test_a_later_report_joins_the_burst_and_raises_no_other(vpn: list[Ticket], helpdesk: Team) -> None:
    late = report(helpdesk, 3)
    read_radar()
    assert Burst.objects.count() == 1
    assert late.burst_report.burst == Burst.objects.get()


def test_accepted_it_is_one_group_with_all_reports(vpn: list[Ticket], anna: User) -> None:
    burst = Burst.objects.get()
    group = bursts.accept_burst(burst, by=anna, title="A VPN áll")
    assert group.title == "A VPN áll"
    assert {groups.group_of(ticket) for ticket in vpn} == {group}
    assert set(group.memberships.values_list("how", flat=True)) == {GroupMembership.How.RADAR}
    assert bursts.accept_burst(burst, by=anna) == group, "whoever comes second gets the same group"
    assert TicketGroup.objects.count() == 1
    with pytest.raises(Refused, match="A VPN áll"):
        bursts.dismiss_burst(burst, by=anna)


def test_what_is_grouped_already_raises_nothing_and_is_proposed_to_the_group(
    vpn: list[Ticket], anna: User, helpdesk: Team
) -> None:
    from tickets import similar

    group = bursts.accept_burst(Burst.objects.get(), by=anna)
    late = [report(helpdesk, n) for n in range(3)]
    read_radar()
    assert Burst.objects.count() == 1
    assert similar.find_alike(late[0], by=anna)[0].group == group


def test_dismissed_reports_are_never_raised_again_but_new_ones_are(
    vpn: list[Ticket], anna: User, helpdesk: Team
) -> None:
    bursts.dismiss_burst(Burst.objects.get(), by=anna)
    report(helpdesk, 3)
    report(helpdesk, 4)
    read_radar()
    assert not Burst.objects.proposed().exists(), "two new ones are too few"
    report(helpdesk, 0)
    read_radar()
    again = Burst.objects.proposed().get()
    assert not set(again.reports.values_list("ticket", flat=True)) & {ticket.pk for ticket in vpn}
    with pytest.raises(Refused):
        bursts.accept_burst(Burst.objects.exclude(pk=again.pk).get(), by=anna)


def test_accepting_leaves_alone_what_is_in_another_group(vpn: list[Ticket], anna: User, helpdesk: Team) -> None:
    other = groups.open_group("Más", team=helpdesk, by=anna, tickets=[vpn[0]])
    group = bursts.accept_burst(Burst.objects.get(), by=anna)
    assert groups.group_of(vpn[0]) == other
    assert groups.group_of(vpn[1]) == group


def test_the_database_keeps_a_report_to_one_burst_and_bursts_for_good(vpn: list[Ticket]) -> None:
    burst = Burst.objects.get()
    other = Burst.objects.create(team=burst.team, title="x", last_report_at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        BurstReport.objects.create(burst=other, ticket=vpn[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        Burst.objects.filter(pk=burst.pk).update(state="dismissed")
    with pytest.raises(DatabaseError), transaction.atomic():
        Burst.objects.filter(pk=other.pk).delete()


def test_a_daily_question_is_no_surprise() -> None:
    day = timedelta(days=1)
    assert bursts.is_surprising(3, earlier=0, window=day)
    assert not bursts.is_surprising(3, earlier=12, window=day)
    assert bursts.is_surprising(12, earlier=12, window=day)


def test_a_title_is_the_phrase_that_the_reports_share(db: None) -> None:
    assert title_of(
        ["Sürgős! Nem csatlakozik a VPN kedd óta", "A VPN nem csatlakozik", "vpn hiba, nem csatlakozik"]
    ) in (
        "Nem csatlakozik a VPN",
        "VPN nem csatlakozik",
    )
    assert title_of(["Printer jam", "Szabadság"]) == "Printer jam"
    assert title_of([]) == ""


@pytest.mark.django_db(transaction=True)
def test_two_who_accept_at_once_make_one_group() -> None:
    helpdesk = make.team("Ügyfélszolgálat")
    anna = make.agent("Varga Anna", "anna@desk.example", team=helpdesk)
    fill(helpdesk)
    for n in range(3):
        report(helpdesk, n)
    read_radar()
    burst = Burst.objects.get()
    start = threading.Barrier(2)
    made: list[TicketGroup] = []

    def accept() -> None:
        start.wait(10)
        made.append(bursts.accept_burst(burst, by=anna))
        connection.close()

    threads = [threading.Thread(target=accept) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 2
    assert made[0] == made[1]
    assert TicketGroup.objects.count() == 1
