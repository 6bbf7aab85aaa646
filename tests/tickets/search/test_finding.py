"""What a search finds, by words and by field words, in what order, and for whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import make
from tickets import lifecycle, promises, tagging
from tickets.models import Organisation, Right, Team, Ticket, User
from tickets.search.finding import find

pytestmark = pytest.mark.django_db


def found(user: User, text: str, *, inside: bool = True) -> list[str]:
    """The titles, best first."""
    answer = find(user, text, inside=inside)
    assert answer.complaints == []
    return [hit.ticket.title for hit in answer.hits]


@pytest.fixture
def desk(helpdesk: Team, network: Team, anna: User, ben: User, carla: User, karl: User) -> dict[str, Ticket]:
    """A dozen tickets of two teams; anna works in the help desk and ben in the network's team."""
    tickets = {
        "printer": make.ticket("Nyomtató áll", team=helpdesk, customer=carla, text="A nyomtató nem húzza be a papírt."),
        "toner": make.ticket("Festék kell", team=helpdesk, customer=carla, text="A papírt behúzza, a nyomtató üres."),
        "vpn": make.ticket("VPN akadozik", team=helpdesk, customer=karl, text="The tunnel drops hourly.", owner=anna),
        "invoice": make.ticket("Számla hibás", team=helpdesk, customer=karl, text="Rossz összeg.", priority="urgent"),
        "switch": make.ticket("Kapcsoló zörög", team=network, customer=carla, text="A kapcsoló zörög a teremben."),
    }
    tagging.tag_ticket(tickets["vpn"], "távmunka", by=anna)
    make.note(tickets["invoice"], "A könyvelő szerint zebra.", author=anna)
    make.message(tickets["toner"], "Itt a kép.", author=carla, attachments={"rajz-kakukk.pdf": b"%PDF"})
    return tickets


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("nyomtato", {"Nyomtató áll", "Festék kell"}),
        ('"húzza be a papírt"', {"Nyomtató áll"}),
        ('"nyomtató üres"', {"Festék kell"}),
        ("nyomtató -üres", {"Nyomtató áll"}),
        ('papírt -"húzza be"', {"Festék kell"}),
        ("zebra OR alagút", {"Számla hibás"}),
        ("zebra OR tunnel", {"Számla hibás", "VPN akadozik"}),
        ("nyomt* papír", {"Nyomtató áll", "Festék kell"}),
        ("kakukk", {"Festék kell"}),
        ("Ellis", {"VPN akadozik", "Számla hibás"}),
        ("távmunka", {"VPN akadozik"}),
        ("team:Ügyfélszolgálat számla", {"Számla hibás"}),
        ("csapat:ügyfélszolgálat papírt", {"Nyomtató áll", "Festék kell"}),
        ("tag:távmunka", {"VPN akadozik"}),
        ("címke:tavmunka", {"VPN akadozik"}),
        ("from:karl", {"VPN akadozik", "Számla hibás"}),
        ("feladó:carla@duna.example", {"Nyomtató áll", "Festék kell"}),
        ("customer:karl", {"VPN akadozik", "Számla hibás"}),
        ('org:"Tisza Logisztika"', {"VPN akadozik", "Számla hibás"}),
        ("owner:me", {"VPN akadozik"}),
        ("felelős:senki papírt", {"Nyomtató áll", "Festék kell"}),
        ("priority:urgent", {"Számla hibás"}),
        ("is:unassigned -priority:urgent", {"Nyomtató áll", "Festék kell"}),
        ("has:file", {"Festék kell"}),
        ("file:rajz", {"Festék kell"}),
        ("subject:számla", {"Számla hibás"}),
        ("tárgy:papírt", set()),
    ],
)
def test_words_phrases_exclusions_and_field_words(
    desk: dict[str, Ticket], anna: User, text: str, titles: set[str]
) -> None:
    assert set(found(anna, text)) == titles


def test_days_before_and_after(desk: dict[str, Ticket], anna: User) -> None:
    today = timezone.localdate()
    tomorrow = today + timedelta(days=1)
    both = {"Nyomtató áll", "Festék kell"}
    assert set(found(anna, f"before:{tomorrow} papírt")) == set(found(anna, f"after:{today} papírt")) == both
    assert found(anna, "előtte:ma papírt") == found(anna, f"utána:{tomorrow} papírt") == []


def test_a_number_whole_in_part_and_with_a_slip(desk: dict[str, Ticket], anna: User, ben: User) -> None:
    number = desk["vpn"].number
    assert found(anna, number) == ["VPN akadozik"]
    assert desk["vpn"] in find(anna, number[-7:]).numbers
    slip = number[:-3] + str((int(number[-3]) + 1) % 10) + number[-2:]
    assert desk["vpn"] in find(anna, slip).numbers
    assert found(ben, number) == []
    assert find(ben, number[-7:]).numbers == []


def test_a_title_counts_more_than_what_was_said_and_a_note_least(helpdesk: Team, anna: User, carla: User) -> None:
    noted = make.ticket("Egyik", team=helpdesk, customer=carla, text="Valami.")
    make.note(noted, "A flamingó miatt.", author=anna)
    make.ticket("Másik", team=helpdesk, customer=carla, text="Áll a flamingó.")
    make.ticket("Flamingó", team=helpdesk, customer=carla, text="Valami.")
    make.ticket("Harmadik", team=helpdesk, customer=carla, text="Valami.")
    assert found(anna, "flamingó") == ["Flamingó", "Másik", "Egyik"]


class TestNobodyFindsWhatHeDoesNotSee:
    def test_another_teams(self, desk: dict[str, Ticket], anna: User, ben: User) -> None:
        assert found(anna, "zörög") == []
        assert found(ben, "zörög") == ["Kapcsoló zörög"]
        assert (
            found(ben, "papírt") == found(ben, "zebra") == found(ben, "from:karl") == found(ben, "tag:távmunka") == []
        )

    def test_what_he_owns_or_promised_elsewhere_he_finds(
        self, desk: dict[str, Ticket], network: Team, anna: User, ben: User, root: User
    ) -> None:
        make.agent("Néző Nóra", "nora@desk.example", team=network, rights=[Right.READ])
        Ticket.objects.filter(pk=desk["switch"].pk).update(responsible=anna)
        assert found(anna, "zörög") == ["Kapcsoló zörög"]
        promises.promise_answer(desk["printer"], who=ben, by_when=timezone.now() + timedelta(days=1), by=anna)
        assert found(ben, "papírt") == ["Nyomtató áll"]

    def test_a_ticket_that_was_moved(self, desk: dict[str, Ticket], network: Team, anna: User, ben: User) -> None:
        lifecycle.move_ticket(desk["printer"], to=network, by=anna)
        assert found(anna, "papírt") == ["Festék kell"]
        assert found(ben, "papírt") == ["Nyomtató áll"]

    def test_a_customer_finds_his_own_words_and_no_notes(
        self, desk: dict[str, Ticket], carla: User, karl: User, duna: Organisation
    ) -> None:
        assert set(found(carla, "papírt", inside=False)) == {"Nyomtató áll", "Festék kell"}
        assert found(karl, "papírt", inside=False) == []
        assert found(karl, "zebra", inside=False) == []  # said of his ticket, among agents
        assert found(karl, "távmunka", inside=False) == []  # as is a tag
