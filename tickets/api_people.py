"""The REST door of what agents know of people: notes on a person. Mounted by `ticketdesk.api`."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema, Status

from tickets import permissions, person_notes
from tickets.api import person
from tickets.api_shapes import Taken
from tickets.models import PersonNote, User

router = Router(tags=["people"])


class PersonNoteOut(Schema):
    """What an agent noted of a person, as it stands now."""

    id: int
    text: str
    author: str
    written_at: datetime


class NewPersonNote(Taken):
    text: str = Field(min_length=1, max_length=person_notes.LONGEST)


@router.get("/people/{int:person_id}/notes", response=list[PersonNoteOut])
def person_notes_of(request: HttpRequest, person_id: int) -> list[PersonNoteOut]:
    """The notes that stand, the newest first. For agents; the person never sees them."""
    return [_out(note) for note in person_notes.notes_of(_about(request, person_id))]


@router.post("/people/{int:person_id}/notes", response={201: PersonNoteOut})
def add_person_note(request: HttpRequest, person_id: int, body: NewPersonNote) -> Status[PersonNoteOut]:
    """A new note. Earlier ones stay as they are."""
    about = _about(request, person_id)
    return Status(201, _out(person_notes.note_person(about, text=body.text, by=person(request))))


def _about(request: HttpRequest, person_id: int) -> User:
    permissions.require(person(request).is_agent)
    found = User.objects.filter(pk=person_id).first()
    if found is None:
        raise Http404(_("There is no such person."))
    return found


def _out(note: PersonNote) -> PersonNoteOut:
    return PersonNoteOut(id=note.pk, text=note.text, author=note.author.name, written_at=note.written_at)
