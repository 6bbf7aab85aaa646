"""The index as the database keeps it: forms of words, rows beside every act, and what is gone from it."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import make
from tickets import erasure, lifecycle, people, tagging
from tickets.models import Message, SearchRow, Team, Ticket, User
from tickets.models.search import WORD_INDEXES
from tickets.search import rebuild, rows
from tickets.search.finding import find
from tickets.search.parsing import Term
from tickets.search.words import words_in

pytestmark = pytest.mark.django_db


def ask(sql: str, *params: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row = cursor.fetchone()
    assert row is not None
    return row[0]


def matches(text: str, word: str) -> bool:
    return bool(ask("SELECT search_vector(%s, 'C') @@ search_ask(%s, '', false)", text, word))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("árvíztűrő tükörfúrógép", "arvizturo"),
        ("árvíztűrőkkel", "arvizturo"),
        ("ÁRVÍZTŰRŐ", "árvíztűrő"),
        ("arvizturo", "árvíztűrő"),
        (unicodedata.normalize("NFD", "árvíztűrő"), "árvíztűrő"),
        ("árvíz\u00adtűrő", "árvíztűrő"),
        ("A nyomtatóról beszéltünk", "nyomtató"),
        ("A nyomtatóról beszéltünk", "nyomtatorol"),
        ("nyomtató", "nyomtatorol"),
        ("számlák", "szamla"),
        ("hálózatok", "halozat"),
        ("hálózat", "hálózatok"),
        ("two invoices", "invoice"),
        ("the printers are", "printer"),
        ("„Idézett” szó…", "idézett"),
        ("anna@duna.example", "anna@duna.example"),
        ("vpn-kapcsolat/hiba", "kapcsolat"),
        ("2026112610000012 szám", "2026112610000012"),
        ("Žluťoučký kůň", "zlutoucky"),
        ("Straße Łódź", "łódź"),
    ],
)
def test_a_word_is_found_in_its_forms_with_or_without_accents(text: str, word: str) -> None:
    assert matches(text, word)


@pytest.mark.parametrize(("text", "word"), [("nem nyomtat", "nyomtat nem"), ("vpn", "wlan"), ("", "x"), ("kor", "kép")])
def test_other_words_are_not_found(text: str, word: str) -> None:
    assert not matches(text, word)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=60))
def test_python_and_the_database_agree_on_what_is_a_word(text: str) -> None:
    clean = ask("SELECT search_clean(%s)", text).split()
    composed = unicodedata.normalize("NFC", text) if any("\u0300" <= letter <= "\u036f" for letter in text) else text
    assert len([word for word in words_in(composed) if ask("SELECT search_clean(%s)", word.text).strip()]) == len(clean)
    ask("SELECT search_vector(%s, 'C')", text)
    ask("SELECT search_ask(%s, 'AC', true)", text)
    ask("SELECT search_ask_receiver(%s)", text)
    ask("SELECT search_ask_each(%s, 'B')", text)
    ask("SELECT search_ask_person(%s)", text)
    ask("SELECT search_threes(%s)", text)


def test_a_monstrous_message_is_taken_and_its_beginning_found(helpdesk: Team, root: User) -> None:
    monster = "kezdet " + " ".join(f"szó{n:x}őű{n * 7919:x}" for n in range(60_000))
    ticket = make.ticket(team=helpdesk, text=monster)
    assert [hit.ticket for hit in find(root, "kezdet").hits] == [ticket]


@pytest.fixture
def ticket(helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("Lassú a hálózat", team=helpdesk, customer=carla, text="Reggel óta csigalassú.")


def found(user: User, text: str) -> list[str]:
    return [hit.ticket.number for hit in find(user, text).hits]


def test_every_writer_is_followed(ticket: Ticket, carla: User, anna: User, root: User) -> None:
    assert found(root, "csigalassú") == [ticket.number]
    assert found(root, "szűcs") == [ticket.number], "the customer's name"
    lifecycle.rename_ticket(ticket, title="Döglött router", by=anna)
    assert found(root, "router") == [ticket.number]
    assert found(root, "subject:lassú") == [ticket.number], "as the mail's subject was"
    tag = tagging.tag_ticket(ticket, "Eszközcsere", by=anna)
    assert found(root, "eszkozcsere") == [ticket.number]
    Ticket.objects.filter(pk=ticket.pk).update(title="Zebracsíkos")
    assert found(root, "zebracsíkos") == [ticket.number], "whoever writes it"
    tagging.untag_ticket(ticket, tag, by=anna)
    assert found(root, "eszkozcsere") == []


def test_new_names_are_followed(ticket: Ticket, carla: User, anna: User, root: User) -> None:
    tag = tagging.tag_ticket(ticket, "Régi címke", by=anna)
    User.objects.filter(pk=carla.pk).update(name="Bárány Boglárka")
    assert found(root, "boglarka") == [ticket.number]
    tag.name = "Vadonatúj"
    tag.save()
    assert found(root, "vadonatuj") == [ticket.number]
    assert carla.organisation is not None
    people.change_organisation(carla.organisation, name="Csibész Kft.", shares_tickets=False, is_active=True)
    Ticket.objects.filter(pk=ticket.pk).update(organisation=carla.organisation)
    assert found(root, "csibesz") == [ticket.number]


def test_a_moved_ticket_is_found_by_its_new_team_alone(
    ticket: Ticket, network: Team, anna: User, ben: User, root: User
) -> None:
    assert (found(anna, "csigalassú"), found(ben, "csigalassú")) == ([ticket.number], [])
    lifecycle.move_ticket(ticket, to=network, by=root)
    assert (found(anna, "csigalassú"), found(ben, "csigalassú")) == ([], [ticket.number])


def test_what_is_erased_leaves_the_index_in_the_same_commit(ticket: Ticket, carla: User, root: User) -> None:
    message = make.message(ticket, "Személyi szám: kétszázhat", author=carla, attachments={"igazolvany.png": b"x"})
    assert found(root, "kétszázhat") == found(root, "file:igazolvany") == [ticket.number]
    asked = erasure.ask_erasure(message, reason="GDPR", by=root)
    erasure.approve_erasure(asked, by=make.person("Második", roles=["agent", "admin"]))
    assert found(root, "kétszázhat") == found(root, "igazolvany") == []
    assert not SearchRow.objects.filter(message=message).exists()
    list(rebuild.rebuild())
    assert not SearchRow.objects.filter(message=message).exists(), "nor does it come back"


def test_a_write_that_is_undone_leaves_nothing(ticket: Ticket, carla: User) -> None:
    from django.db import transaction

    before = SearchRow.objects.count()
    with transaction.atomic():
        make.message(ticket, "Mégsem", author=carla)
        transaction.set_rollback(True)
    assert SearchRow.objects.count() == before


def test_the_index_is_written_anew_as_it_was(ticket: Ticket, carla: User, anna: User, root: User) -> None:
    make.message(ticket, "Melléklet", author=carla, attachments={"számla.pdf": b"x"})
    make.note(ticket, "Belső", author=anna)
    other = make.ticket("Másik", team=ticket.team, text="csigalassú")

    def content() -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT kind, ticket_id, message_id, attachment_id, at, ts_filter(vector, '{a,b,c,d}')"
                " FROM tickets_searchrow ORDER BY 2, 3 NULLS FIRST, 4 NULLS FIRST"
            )
            return list(cursor.fetchall())

    before = content()
    SearchRow.objects.filter(ticket=other).delete()
    assert [step.tickets for step in rebuild.rebuild(only_missing=True)] == [1]
    assert content() == before
    assert [step.tickets for step in rebuild.rebuild(batch=1)] == [1, 2]
    assert content() == before
    assert set(found(root, "csigalassú")) == {ticket.number, other.number}


NOW = 1_764_000_000  # seconds
YEAR = 31_557_600


@pytest.mark.parametrize("years", [0.001, 0.3, 3, 30])
@pytest.mark.parametrize("count", [5_000, 400_000, 4_000_000, 60_000_000])
def test_the_steps_are_all_rows_each_once(years: float, count: int) -> None:
    oldest, newest = int(NOW - years * YEAR) << 24, NOW << 24
    near = newest - (newest - oldest) * rows.FIRST_ROWS // count
    parts = rows.steps(newest, near, oldest, count)
    if not parts[0].marks:
        assert parts == [rows.Step((), newest + 1)]
        return
    bits = {letters: bits for bits, letters in rows.LOTS.items()}
    end = parts[0].below
    for part in parts:
        assert part.below == end, "one ends where the next begins"
        for mark in part.marks:
            length, number = 1 << bits[mark[:2]], int(mark[2:])
            assert (number + 1) * length == end
            end -= length
        assert len(part.marks) <= 40
        shortest = min(rows.LOTS)
        if (part.below - end) >> shortest > 1:
            assert (part.below - end) * count // (newest - oldest) < 3 * rows.LARGEST, "none is without an end"
    assert parts[0].below > newest
    assert end <= oldest
    assert len(parts) < 12 + 2 * count // rows.LARGEST


def test_few_rows_are_one_step() -> None:
    assert rows.steps(NOW << 24, None, NOW - YEAR << 24) == [rows.Step((), (NOW << 24) + 1)]


def many_notes(ticket: Ticket, author: User, text: str, count: int, *, first: int = 0) -> None:
    """Straight into the table; the triggers see them."""
    Message.objects.bulk_create(
        Message(
            ticket=ticket,
            kind=Message.Kind.NOTE,
            sender=Message.Sender.AGENT,
            author=author,
            body=text,
            visible_to_customer=False,
            mail_id=f"many.{first + n}",
            created_at=timezone.now() - timedelta(hours=first + n),
        )
        for n in range(count)
    )


def test_an_old_ticket_that_is_written_late_does_not_count_as_new(
    helpdesk: Team, anna: User, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More rows than are ranked: those of the last weeks are, however late the old ones were written."""
    monkeypatch.setattr(rows, "MOST_ROWS", 30)
    monkeypatch.setattr(rows, "FIRST_ROWS", 20)
    new = make.ticket("Új", team=helpdesk)
    old = make.ticket("Régi", team=helpdesk)
    many_notes(new, anna, "mosolygó", 40)
    many_notes(old, anna, "mosolygó", 40, first=20_000)
    assert {found.ticket_id for found in candidates("mosolygó", root)} == {new.pk}
    list(rebuild.rebuild(batch=1))
    assert {found.ticket_id for found in candidates("mosolygó", root)} == {new.pk}
    numbered = SearchRow.objects.order_by("-id").values_list("at", flat=True)
    seconds = [at.replace(microsecond=0) for at in numbered]
    assert seconds == sorted(seconds, reverse=True)


def candidates(text: str, user: User) -> list[rows.Candidate]:
    scope = rows.Scope(Ticket.objects.worked_by(user))
    return rows.candidates(rows.ask_words([(Term(text),)]), scope)


def test_rows_from_before_they_were_numbered_by_time_are_found_too(
    ticket: Ticket, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "FIRST_ROWS", 1)
    other = make.ticket("Másik", team=ticket.team, text="csigalassú")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_searchrow SET id = id & 16777215 WHERE ticket_id = %s", [ticket.pk])
    assert set(found(root, "csigalassú")) == {ticket.number, other.number}
    assert [step.tickets for step in rebuild.rebuild(only_missing=True)] == [1]
    assert not SearchRow.objects.filter(pk__lt=rows.BY_TIME).exists()
    assert set(found(root, "csigalassú")) == {ticket.number, other.number}


def test_what_is_missing_of_a_ticket_that_has_a_row_is_written_too(ticket: Ticket, carla: User, root: User) -> None:
    message = make.message(ticket, "Szavazógép", author=carla, attachments={"hiányzó.pdf": b"x"})
    SearchRow.objects.filter(message=message, attachment=None).delete()
    assert found(root, "szavazógép") == []
    assert [step.tickets for step in rebuild.rebuild(only_missing=True)] == [1]
    assert found(root, "szavazógép") == [ticket.number]
    SearchRow.objects.filter(message=message).exclude(attachment=None).delete()
    assert [step.tickets for step in rebuild.rebuild(only_missing=True)] == [1]
    assert found(root, "file:hiányzó") == [ticket.number]
    assert list(rebuild.rebuild(only_missing=True)) == [], "nothing is missing any more"


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=12),
        max_size=8,
    )
)
def test_a_text_holds_the_forms_of_each_of_its_words_at_its_place(parts: list[str]) -> None:
    text = " ".join(parts)
    kept = ask("SELECT coalesce(array_agg(lexeme), '{}') FROM unnest(search_vector(%s, 'C'))", text)
    expected = ask(
        "SELECT coalesce(array_agg(form), '{}') FROM unnest(to_tsvector('simple', search_clean(%s))),"
        " unnest(search_forms(lexeme)) AS form WHERE form <> ''",
        text,
    )
    assert set(kept) == set(expected)


@pytest.mark.django_db(transaction=True)
def test_an_empty_index_is_filled_before_its_words_are_indexed(ticket: Ticket, root: User) -> None:
    SearchRow.objects.all().delete()
    steps = rebuild.rebuild(only_missing=True, jobs=2)
    next(steps)
    assert not indexes(), "not while it is filled"
    steps.close()  # a fill that is stopped
    assert list(rebuild.rebuild(only_missing=True)) == []
    assert indexes() == {index.name: True for index in WORD_INDEXES}
    assert found(root, "csigalassú") == [ticket.number]


def indexes() -> dict[str, bool]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE c.relname IN ('search_row_vector', 'search_row_title')"
        )
        return dict(cursor.fetchall())


def test_messages_of_a_stranger_are_found_inside_before_they_are_accepted(ticket: Ticket, root: User) -> None:
    make.message(ticket, "Idegen szava", kind=Message.Kind.MAIL, visible=False, is_unconfirmed=True)
    assert found(root, "idegen") == [ticket.number]
