"""What is alike, who may know it, and how it is said."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.test.utils import CaptureQueriesContext

from tests import make
from tickets import groups, lifecycle, similar
from tickets.models import RadarPending, RadarTerm, RadarText, RadarTotals, Status, Team, Ticket, User
from tickets.similar import acts, asking, rebuild
from tickets.similar.drain import read_radar
from tickets.similar.weighing import Grade, grade, likeness, rarity

NOISE = (
    ("A nyomtató elakadt a második emeleten", "Papírelakadást jelez, pedig nincs benne papír."),
    ("Új laptopot kérek", "A kolléga hétfőn kezd, addigra kellene neki gép."),
    ("Elfelejtettem a jelszavam", "A számlázó programba nem tudok belépni."),
    ("Hogyan kérek szabadságot", "Nem találom a felületen a menüpontot."),
    ("A telefonom nem csörög", "A mellékem néma, de hívni tudok róla."),
    ("Monitor remeg", "A bal oldali kijelző vibrál reggelente."),
    ("Invoice address is wrong", "Our company has moved, please correct the address on the invoices."),
    ("Cannot open the shared calendar", "The meeting room calendar is empty since the update."),
)


def fill(team: Team) -> None:
    for title, text in NOISE:
        make.ticket(title, text=text, team=team, customer=make.person())


@pytest.fixture
def vpn(helpdesk: Team) -> list[Ticket]:
    fill(helpdesk)
    told = (
        ("Nem csatlakozik a VPN", "Reggel óta hibát ír ki a VPN kliens, otthonról nem érem el a szervert."),
        ("VPN kapcsolat hiba", "A vpn kliens nem csatlakozik, időtúllépést jelez. Otthonról dolgoznék."),
        ("vpn nem mukodik", "otthonrol nem csatlakozik a vpn kliens, hibat ir ki reggel ota"),
    )
    made = [make.ticket(title, text=text, team=helpdesk, customer=make.person()) for title, text in told]
    read_radar()
    return made


def numbers(found: list[similar.Alike]) -> list[str]:
    return [each.ticket.number for each in found if each.ticket]


def test_the_reports_of_one_fault_find_each_other_with_and_without_accents(vpn: list[Ticket], anna: User) -> None:
    for ticket in vpn:
        others = {other.number for other in vpn} - {ticket.number}
        assert set(numbers(similar.find_alike(ticket, by=anna))[:2]) == others, ticket.title


def test_the_reason_is_the_words_that_both_have_as_this_one_writes_them(vpn: list[Ticket], anna: User) -> None:
    found = similar.find_alike(vpn[0], by=anna)[0]
    assert "VPN" in found.words
    assert set(found.words) <= set(
        f"{vpn[0].title} {'Reggel óta hibát ír ki a VPN kliens, otthonról nem érem el a szervert.'}".replace(",", "")
        .replace(".", "")
        .split()
    )


def test_english_reports_do_not_look_alike_for_their_small_words(helpdesk: Team, anna: User) -> None:
    fill(helpdesk)
    ticket = make.ticket("The scanner is not on the list", text="It is not there when I open it.", team=helpdesk)
    read_radar()
    assert all(each.grade == Grade.LOW for each in similar.find_alike(ticket, by=anna))


def test_an_agent_sees_only_tickets_that_he_works_on(vpn: list[Ticket], anna: User, ben: User, network: Team) -> None:
    mine = make.ticket("VPN kliens nem csatlakozik otthonról", text="Hibát ír ki.", team=network)
    read_radar()
    assert similar.find_alike(mine, by=ben) == []
    assert mine.number not in numbers(similar.find_alike(vpn[0], by=anna))


def test_a_customer_sees_nothing(vpn: list[Ticket], carla: User) -> None:
    assert similar.find_alike(vpn[0], by=carla) == []
    assert similar.find_alike_to_words("Nem csatlakozik a VPN", by=carla) == []


def test_a_group_stands_for_its_reports(vpn: list[Ticket], anna: User, helpdesk: Team) -> None:
    group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=vpn[:2])
    found = similar.find_alike(vpn[2], by=anna)
    assert found[0].group == group
    assert found[0].members == 2
    assert not {vpn[0].number, vpn[1].number} & set(numbers(found))
    acts.join_alike_group(vpn[2], group, by=anna)
    assert group not in [each.group for each in similar.find_alike(vpn[2], by=anna)], "it is in it already"


def test_a_group_he_may_open_is_named_without_the_words_of_a_report_he_may_not(
    vpn: list[Ticket], anna: User, ben: User, helpdesk: Team, network: Team
) -> None:
    group = groups.open_group("VPN", team=network, by=anna, tickets=vpn[:2])
    mine = make.ticket("Nem csatlakozik a VPN kliens", text="Otthonról.", team=network)
    read_radar()
    found = similar.find_alike(mine, by=ben)
    assert [(each.group, each.ticket, each.words) for each in found] == [(group, None, ())]
    hidden = groups.edit_group(group, by=anna, title="VPN", description="", team=helpdesk, owner=None, tags=())
    assert hidden.team == helpdesk
    assert similar.find_alike(mine, by=ben) == [], "neither the group nor its reports are his"


def test_what_somebody_rejected_is_not_proposed_again(vpn: list[Ticket], anna: User) -> None:
    acts.reject_alike(vpn[0], vpn[1], by=anna)
    assert vpn[1].number not in numbers(similar.find_alike(vpn[0], by=anna))
    assert vpn[0].number not in numbers(similar.find_alike(vpn[1], by=anna))
    acts.accept_alike(vpn[1], vpn[0])
    assert vpn[1].number in numbers(similar.find_alike(vpn[0], by=anna))


def test_what_is_being_typed_finds_the_same(vpn: list[Ticket], anna: User) -> None:
    assert set(numbers(similar.find_alike_to_words("VPN nem csatlakozik", by=anna))) >= {vpn[0].number, vpn[1].number}
    assert similar.find_alike_to_words("", by=anna) == []


def test_a_ticket_that_was_not_read_yet_is_asked_by_its_text(vpn: list[Ticket], anna: User, helpdesk: Team) -> None:
    late = make.ticket("VPN kliens hiba", text="Nem csatlakozik.", team=helpdesk)
    assert not RadarText.objects.filter(pk=late.pk).exists()
    assert vpn[1].number in numbers(similar.find_alike(late, by=anna))


def test_a_new_title_is_read_anew_and_counts_once(vpn: list[Ticket], anna: User) -> None:
    before = RadarTotals.objects.get()
    lifecycle.rename_ticket(vpn[0], title="Kávégép", by=anna)
    assert RadarPending.objects.get().is_arrival is False
    read_radar()
    assert RadarTotals.objects.get().tickets == before.tickets
    assert RadarTerm.objects.filter(word__startswith="kavege").get().tickets == 1
    assert not RadarPending.objects.exists()


def test_words_of_what_was_erased_are_forgotten(helpdesk: Team, anna: User, root: User, carla: User) -> None:
    from tickets import erasure

    ticket = make.ticket("Adatok", text="Titkosnevű Béla lakcíme", team=helpdesk, customer=carla)
    read_radar()
    assert RadarTerm.objects.filter(word__startswith="titkosnev").exists()
    asked = erasure.ask_erasure(ticket.messages.get(), reason="GDPR", by=anna)
    erasure.approve_erasure(asked, by=root)
    read_radar()
    assert not RadarTerm.objects.filter(word__startswith="titkosnev").exists()


def test_old_tickets_are_read_by_the_rebuild_without_counting_twice(vpn: list[Ticket], anna: User) -> None:
    count = RadarTotals.objects.get().tickets
    assert list(rebuild.rebuild(only_missing=True)) == []
    assert list(rebuild.rebuild(batch=5))[-1] == count
    assert RadarTotals.objects.get().tickets == count
    assert len(numbers(similar.find_alike(vpn[0], by=anna))) >= 2


def test_the_cost_does_not_grow_with_what_is_found(vpn: list[Ticket], anna: User, helpdesk: Team) -> None:
    with CaptureQueriesContext(connection) as few:
        similar.find_alike(vpn[0], by=anna)
    for n in range(6):
        make.ticket(f"A VPN nem csatlakozik {n}", text="A kliens hibát ír ki.", team=helpdesk, customer=make.person())
    read_radar()
    with CaptureQueriesContext(connection) as many:
        similar.find_alike(vpn[0], by=anna)
    assert len(many) <= len(few) <= 16


def test_of_a_common_word_the_latest_postings_alone_are_read(vpn: list[Ticket]) -> None:
    terms = [one.term for one in asking.ask_of_ticket(vpn[0]).asked][:10]
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO tickets_radarposting SELECT term, ticket, 0.5
                FROM unnest(%s::int[]) AS term, generate_series(1000000, 1003000) AS ticket""",
            [terms],
        )
        before = _read(cursor)
        cursor.execute(asking.HITS, [terms, [1.0] * len(terms), 0, 200, 0, asking.CANDIDATES])
        assert len(cursor.fetchall()) == 200
        assert _read(cursor) - before <= 200 * len(terms)


def _read(cursor: CursorWrapper) -> int:
    cursor.execute(
        "SELECT pg_stat_get_xact_tuples_returned(oid) FROM pg_class WHERE relname = 'tickets_radarposting_pkey'"
    )
    return int(cursor.fetchone()[0])


def test_words_for_likeness_take_more_than_one_word() -> None:
    assert grade(0.9, 1) == Grade.LOW
    assert grade(0.9, 2) == Grade.FAIR
    assert grade(0.9, 4) == Grade.HIGH
    assert likeness(2.0, 2.0) <= 0.5, "a title of one word says too little to be all the same"
    assert rarity(10, 10) < rarity(1, 10) < rarity(1, 1000)


def test_what_came_later_is_found_for_a_group_unless_closed_grouped_or_hidden(
    vpn: list[Ticket], anna: User, ben: User, helpdesk: Team, network: Team
) -> None:
    group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=vpn[:1])
    assert set(numbers(similar.find_alike_to_group(group, by=anna))) == {vpn[1].number, vpn[2].number}
    assert similar.find_alike_to_group(group, by=ben) == []
    lifecycle.change_status(vpn[1], to=Status.objects.get(code="solved"), by=anna)
    assert numbers(similar.find_alike_to_group(group, by=anna)) == [vpn[2].number]
    groups.open_group("Other", team=helpdesk, by=anna, tickets=vpn[2:])
    assert similar.find_alike_to_group(group, by=anna) == []
