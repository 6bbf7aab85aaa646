"""Notes on a person: agents let each other know, customers never see it, and every version is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from tests import make
from tests.calling import Caller
from tickets import person_notes
from tickets.errors import Refused
from tickets.models import PersonNote, PersonNoteErasure, Team, User

pytestmark = pytest.mark.django_db
AsUser = Callable[[User], Client]


def test_a_note_stands_on_the_person_and_on_the_card_of_his_tickets(
    as_user: AsUser, helpdesk: Team, anna: User, carla: User
) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    client = as_user(anna)
    answer = client.post(f"/people/{carla.pk}/notes/", {"text": "Előbb <hívni>."}, follow=True)
    assert "Előbb &lt;hívni&gt;." in answer.content.decode()
    assert "Előbb &lt;hívni&gt;." in client.get(f"/ticket/{ticket.number}/").content.decode()


def test_the_customer_sees_it_nowhere(as_user: AsUser, helpdesk: Team, anna: User, carla: User) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    note = person_notes.note_person(carla, text="Nehéz eset", by=anna)
    client = as_user(carla)
    for path in ("/requests/", f"/requests/{ticket.number}/", "/account/", f"/ticket/{ticket.number}/"):
        assert "Nehéz eset" not in client.get(path, follow=True).content.decode()
    assert client.get(f"/people/{carla.pk}/notes/{note.pk}/").status_code == 403


def test_what_it_said_before_stays_readable(as_user: AsUser, anna: User, ben: User, carla: User) -> None:
    first = person_notes.note_person(carla, text="Reggel hívni", by=anna)
    second = person_notes.reword_note(first, text="Este hívni", by=ben)
    assert person_notes.notes_of(carla) == [second]
    page = as_user(anna).get(f"/people/{carla.pk}/notes/{second.pk}/").content.decode()
    assert "Este hívni" in page
    assert "Reggel hívni" in page
    gone = person_notes.withdraw_note(second, by=anna)
    assert person_notes.notes_of(carla) == []
    assert [each.text for each in person_notes.versions_of(gone)] == ["", "Este hívni", "Reggel hívni"]


def test_the_second_to_reword_it_is_told_what_the_first_made_of_it(anna: User, ben: User, carla: User) -> None:
    note = person_notes.note_person(carla, text="Reggel", by=anna)
    person_notes.reword_note(note, text="Este", by=anna)
    with pytest.raises(Refused, match="Este"):
        person_notes.reword_note(note, text="Délben", by=ben)
    with pytest.raises(Refused, match="Este"):
        person_notes.withdraw_note(note, by=ben)
    assert [each.text for each in person_notes.notes_of(carla)] == ["Este"]


def test_one_that_was_taken_away_is_not_reworded(as_user: AsUser, anna: User, carla: User) -> None:
    note = person_notes.note_person(carla, text="Reggel", by=anna)
    client, url = as_user(anna), f"/people/{carla.pk}/notes/{note.pk}/"
    assert client.post(url, {}).status_code == 422, "an empty form says what is missing"
    assert client.post(url, {"withdraw": "1"}).status_code == 302
    assert client.post(url, {"text": "Este"}).status_code == 422
    gone = PersonNote.objects.get(text="")
    with pytest.raises(Refused):
        person_notes.reword_note(gone, text="Este", by=anna)


@pytest.mark.parametrize("text", ["", " \n ", "\x00", "x" * 2_001])
def test_nothing_and_too_much_are_refused(as_user: AsUser, anna: User, carla: User, text: str) -> None:
    with pytest.raises(Refused):
        person_notes.note_person(carla, text=text, by=anna)
    as_user(anna).post(f"/people/{carla.pk}/notes/", {"text": text})
    assert not PersonNote.objects.exists()


def test_a_note_of_one_person_is_not_found_under_another(as_user: AsUser, anna: User, carla: User, karl: User) -> None:
    note = person_notes.note_person(carla, text="Reggel", by=anna)
    assert as_user(anna).get(f"/people/{karl.pk}/notes/{note.pk}/").status_code == 404


@pytest.mark.parametrize("statement", ["DELETE FROM tickets_personnote", "UPDATE tickets_personnote SET text = 'x'"])
def test_the_database_lets_nothing_of_it_disappear(anna: User, carla: User, statement: str) -> None:
    person_notes.note_person(carla, text="Reggel", by=anna)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


# --- the erasure that law demands ------------------------------------------------------------------------------------


@pytest.fixture
def second() -> User:
    return make.person("Második Admin", roles=["agent", "admin"])


def test_two_people_erase_a_note_in_all_its_versions_and_the_hashes_stay(
    anna: User, root: User, second: User, carla: User
) -> None:
    first = person_notes.note_person(carla, text="Beteg volt", by=anna)
    other = person_notes.note_person(carla, text="Reggel hívni", by=anna)
    asked = person_notes.ask_note_erasure(first, reason="GDPR 17.", by=root)
    assert person_notes.notes_of(carla) == [other, first], "asking erases nothing"
    newest = person_notes.reword_note(first, text="Sokat volt beteg", by=anna)
    before = dict(PersonNote.objects.values_list("pk", "content_hash"))
    assert len({bytes(each) for each in before.values()}) == 3
    assert all(len(each) == 32 for each in before.values())
    with pytest.raises(Refused):
        person_notes.ask_note_erasure(newest, reason="GDPR 17.", by=second)
    with pytest.raises(Refused):
        person_notes.approve_note_erasure(asked, by=root)
    person_notes.approve_note_erasure(asked, by=second)
    assert person_notes.approve_note_erasure(asked, by=root).approved_by == second, "approved once"
    assert [each.text for each in person_notes.versions_of(PersonNote.objects.get(pk=newest.pk))] == ["", ""]
    assert person_notes.notes_of(carla) == [other]
    assert dict(PersonNote.objects.values_list("pk", "content_hash")) == before
    with pytest.raises(Refused):
        person_notes.reword_note(newest, text="Újra", by=anna)


def test_the_page_of_a_note_tells_of_its_erasure(
    as_user: AsUser, anna: User, root: User, second: User, carla: User
) -> None:
    note = person_notes.note_person(carla, text="Beteg volt", by=anna)
    url = f"/people/{carla.pk}/notes/{note.pk}/"
    assert as_user(anna).post(f"{url}erase/", {"reason": "x"}).status_code == 403
    assert as_user(root).post(f"{url}erase/", {"reason": ""}).status_code == 422
    assert as_user(root).post(f"{url}erase/", {"reason": "GDPR 17."}).status_code == 302
    assert "Beteg volt" in as_user(anna).get(url).content.decode()
    assert f"{url}erase/approve/" not in as_user(root).get(url).content.decode()
    assert url in as_user(second).get("/setup/erasures/").content.decode()
    assert f"{url}erase/approve/" in as_user(second).get(url).content.decode()
    assert as_user(second).post(f"{url}erase/approve/").status_code == 302
    page = as_user(anna).get(url).content.decode()
    assert "Beteg volt" not in page
    for told in ("GDPR 17.", root.name, second.name, PersonNote.objects.get(pk=note.pk).fingerprint):
        assert told in page
    assert "GDPR 17." in as_user(root).get("/setup/erasures/").content.decode()


def test_the_database_blanks_only_what_two_people_agreed_on(
    anna: User, root: User, second: User, carla: User, karl: User
) -> None:
    note = person_notes.note_person(carla, text="Reggel", by=anna)
    other = person_notes.note_person(carla, text="Este", by=anna)
    asked = person_notes.ask_note_erasure(note, reason="GDPR 17.", by=root)
    with pytest.raises(DatabaseError), transaction.atomic():
        PersonNote.objects.filter(pk=note.pk).update(text="", erasure=asked)
    person_notes.approve_note_erasure(asked, by=second)
    for changes in ({"text": "", "erasure": asked}, {"text": "x", "erasure": asked}, {"person": karl}):
        with pytest.raises(DatabaseError), transaction.atomic():
            PersonNote.objects.filter(pk=other.pk).update(**changes)
    with pytest.raises(DatabaseError), transaction.atomic():
        PersonNoteErasure.objects.update(reason="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        PersonNoteErasure.objects.all().delete()


# --- over the API ----------------------------------------------------------------------------------------------------


def test_agents_read_and_add_notes_over_the_api(anna: User, carla: User) -> None:
    call = Caller(anna)
    made = call("POST", f"/people/{carla.pk}/notes", 201, text="Előbb hívni")
    assert call("GET", f"/people/{carla.pk}/notes") == [made]
    assert (made["text"], made["author"]) == ("Előbb hívni", anna.name)
    call("POST", f"/people/{carla.pk}/notes", 422, text=" ")
    call("GET", "/people/999999/notes", 404)
    Caller(carla)("GET", f"/people/{carla.pk}/notes", 403)
    Caller(carla)("POST", f"/people/{carla.pk}/notes", 403, text="x")
    assert PersonNote.objects.count() == 1
