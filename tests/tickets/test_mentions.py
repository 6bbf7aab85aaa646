"""@Name in a note: whom it names, who hears of it, and that a text stays a text."""

from __future__ import annotations

import pytest

from tests import make
from tickets import conversation, desk, mentions
from tickets.models import Event, Mention, Message, Notice, Role, Team, Ticket, User
from tickets.templatetags.people import with_mentions

NAMES = ("Varga Anna", "Szalai Ben", "Nagy Iván", "Nagy Ilona", "Szalai Benedek", "Kiss-Tóth Éva", "Tóth Dóra", "Li Ön")


def people() -> list[User]:
    return [User(pk=number, name=name, email=f"p{number}@desk.example") for number, name in enumerate(NAMES, 1)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Varga Anna nézd meg", ["Varga Anna"]),
        ("szia @anna, és @SZALAI BEN!", ["Varga Anna", "Szalai Ben"]),
        ("@Nagy Ivan ékezet nélkül", ["Nagy Iván"]),
        ("@tóth dora meg @toth dóra", ["Tóth Dóra", "Tóth Dóra"]),
        ("@Szalai Benedek, nem a másik", ["Szalai Benedek"]),
        ("@Bened", ["Szalai Benedek"]),
        ("@Ben-nek szóltam", ["Szalai Ben"]),
        ("@Nagy Iv", ["Nagy Iván"]),
        ("@Nagy mindkettő lehetne", []),
        ("@Szalai B", []),
        ("@V", []),
        ("@Kiss-Tóth Éva", ["Kiss-Tóth Éva"]),
        ("@p2@desk.example kérlek", ["Szalai Ben"]),
        ("írjon ide: anna@varga.example", []),
        ("@@anna", []),
        ("@", []),
        ("@\n Anna", []),
        ("(@Anna)", ["Varga Anna"]),
        ("@Ismeretlen Ember", []),
        ("@Anna\nSzalai Ben", ["Varga Anna"]),
    ],
)
def test_the_longest_name_that_fits_one_person_counts(text: str, named: list[str]) -> None:
    known = people()
    addresses = {str(person.email): person for person in known}
    assert [span.user.name for span in mentions.find_mentions(text, known, addresses)] == named


def test_a_note_of_many_ats_is_read_quickly_and_names_few() -> None:
    text = "@anna " * 20_000
    assert len(mentions.find_mentions(text, people())) == mentions.MOST_MENTIONS


def test_a_named_colleague_hears_of_it_once(helpdesk: Team, anna: User, cora: User) -> None:
    ticket = make.ticket(team=helpdesk)
    note = conversation.add_note(ticket, text="@Kende Cora és még egyszer @cora, én: @Varga Anna", by=anna)
    assert list(Mention.objects.filter(message=note).values_list("user", flat=True)) == [cora.pk]
    event = Event.objects.get(ticket=ticket, verb="mentioned")
    assert (event.data, event.message, event.by) == ({"person": cora.pk}, note, anna)
    notice = Notice.objects.get(kind=Notice.Kind.MENTIONED)
    assert (notice.user, notice.event) == (cora, event)


def test_who_cannot_see_the_ticket_is_not_told_and_that_is_said(helpdesk: Team, anna: User, ben: User) -> None:
    ticket = make.ticket(team=helpdesk)
    conversation.add_note(ticket, text="@Szalai Ben ehhez ért", by=anna)
    assert Event.objects.get(ticket=ticket, verb="mentioned").data == {"person": ben.pk, "untold": True}
    assert not Notice.objects.filter(user=ben).exists()
    assert not Ticket.objects.worked_by(ben).exists()


def test_a_promise_asked_with_the_note_lets_the_colleague_in(helpdesk: Team, anna: User, ben: User) -> None:
    from datetime import timedelta

    from django.utils import timezone

    ticket = make.ticket(team=helpdesk)
    asked = desk.NewPromise(who=ben, by_when=timezone.now() + timedelta(hours=1))
    desk.save_note(ticket, text="@Szalai Ben ehhez ért", by=anna, promise=asked)
    assert "untold" not in Event.objects.get(ticket=ticket, verb="mentioned").data


def test_customers_and_those_who_left_are_nobody_to_name(helpdesk: Team, anna: User, carla: User) -> None:
    make.person("Régi Kolléga", roles=[Role.AGENT])
    User.objects.filter(name="Régi Kolléga").update(is_active=False)
    ticket = make.ticket(team=helpdesk)
    conversation.add_note(ticket, text=f"@{carla.name} @Régi Kolléga @{carla.email}", by=anna)
    assert not Mention.objects.exists()


def test_a_mention_is_set_off_and_everything_else_stays_escaped() -> None:
    note = Message(body="")
    note.mentioned = [User(pk=1, name="<i>Ben</i> Ő", email="b@desk.example")]  # type: ignore[attr-defined]
    html = with_mentions("a <b>x</b> @b@desk.example\n\nhttps://world.example/?a=1&b=2 \ue0000\ue001 <script>", note)
    assert "<b>x</b>" not in html
    assert "<script" not in html
    assert 'title="&lt;i&gt;Ben&lt;/i&gt; Ő"' in html
    assert '<b class="mention"' in html
    assert html.count("mention") == 1
    assert 'href="https://world.example/?a=1&amp;b=2"' in html


def test_colleagues_are_found_by_the_beginning_of_any_word(helpdesk: Team, anna: User, ben: User, cora: User) -> None:
    assert mentions.find_colleagues("szal") == [ben]
    assert mentions.find_colleagues("BEN") == [ben]
    assert mentions.find_colleagues("anna@") == [anna]
    assert mentions.find_colleagues("cora kende") == [cora]
    assert mentions.find_colleagues("zzz") == []
    assert len(mentions.find_colleagues("")) == 3
    assert mentions.find_colleagues("", sooner=[ben.pk])[0] == ben
    assert mentions.find_colleagues("", but=ben) == [cora, anna]
