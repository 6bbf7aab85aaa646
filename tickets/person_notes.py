"""Notes on a person: what agents let each other know of a customer. Internal, and every version is kept.

Only the erasure that law demands blanks one: in all its versions, by two people, and the hashes stay.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets.errors import Refused
from tickets.models import PersonNote, PersonNoteErasure, User

LONGEST = 2_000  # characters
MOST_SHOWN = 50


def notes_of(person: User) -> list[PersonNote]:
    """Those that stand, the newest first; with their authors. For agents alone. One query."""
    return list(PersonNote.objects.standing().filter(person=person).select_related("author", "replaces")[:MOST_SHOWN])


def versions_of(note: PersonNote) -> list[PersonNote]:
    """The note and what it was before, the newest first."""
    earlier = PersonNote.objects.filter(person=note.person_id, pk__lt=note.pk).select_related("author", "erasure")
    by_id = {each.pk: each for each in earlier}
    found = [note]
    while (before := by_id.get(found[-1].replaces_id or 0)) is not None:
        found.append(before)
    return found


def note_person(person: User, *, text: str, by: User) -> PersonNote:
    """A new note on this person."""
    text = _clean(text)
    if not text:
        raise Refused(_("Write something."))
    with transaction.atomic():
        return PersonNote.objects.create(person=person, text=text, author=by)


def reword_note(note: PersonNote, *, text: str, by: User) -> PersonNote:
    """The same note in other words; what it said stays readable. Raises Refused if somebody was faster."""
    text = _clean(text)
    if not text:
        raise Refused(_("Write something, or take the note away."))
    return _replace(note, text, by)


def withdraw_note(note: PersonNote, *, by: User) -> PersonNote:
    """Takes the note off the person; it is kept, with who took it away and when."""
    return _replace(note, "", by)


def _replace(note: PersonNote, text: str, by: User) -> PersonNote:
    with transaction.atomic():
        note = _lock(note)
        later = PersonNote.objects.filter(replaces=note).select_related("author").first()
        if later is not None and later.text:
            words = _("%(name)s has reworded this note meanwhile: “%(text)s”")
            raise Refused(words % {"name": later.author.name, "text": later.text[:200]})
        if later is not None or not note.text:
            raise Refused(_("This note was taken away meanwhile."))
        if text == note.text:
            return note
        return PersonNote.objects.create(person=note.person, text=text, author=by, replaces=note)


# --- the erasure that law demands ------------------------------------------------------------------------------------


def ask_note_erasure(note: PersonNote, *, reason: str, by: User) -> PersonNoteErasure:
    """The first person asks, with the reason. Nothing is erased yet."""
    reason = " ".join(reason.replace("\x00", "").split())
    if not reason:
        raise Refused(_("Say why the law demands it."), field="reason")
    with transaction.atomic():
        note = _lock(note)
        if erasure_of(note) is not None:
            raise Refused(_("The erasure of this note was already asked for."))
        return PersonNoteErasure.objects.create(note=note, reason=reason[:300], asked_by=by)


def approve_note_erasure(erasure: PersonNoteErasure, *, by: User) -> PersonNoteErasure:
    """The second person approves, and all versions of the note go blank. Twice is once."""
    with transaction.atomic():
        note = _lock(erasure.note)
        erasure = PersonNoteErasure.objects.select_for_update(no_key=True).get(pk=erasure.pk)
        if erasure.approved_by_id is not None:
            return erasure
        if erasure.asked_by_id == by.pk:
            raise Refused(_("An erasure takes two people: someone else has to approve it."))
        erasure.approved_by = by
        erasure.approved_at = timezone.now()
        erasure.save(update_fields=["approved_by", "approved_at"])
        PersonNote.objects.filter(pk__in=_all_versions(note)).update(text="", erasure=erasure)
    return erasure


def erasure_of(note: PersonNote) -> PersonNoteErasure | None:
    """What was asked for any version of the note, with who asked and who approved."""
    asked = PersonNoteErasure.objects.select_related("asked_by", "approved_by", "note")
    return asked.filter(note__in=_all_versions(note)).first()


def _all_versions(note: PersonNote) -> list[int]:
    """The ids of what the note was before, of itself, and of what was made of it since."""
    pairs = PersonNote.objects.filter(person=note.person_id).order_by("pk").values_list("pk", "replaces")
    before: dict[int, int | None] = dict(pairs)
    versions = [note.pk]
    while (earlier := before[versions[-1]]) is not None:
        versions.append(earlier)
    later = {earlier: pk for pk, earlier in before.items() if earlier is not None}
    newest = note.pk
    while newest in later:
        newest = later[newest]
        versions.append(newest)
    return versions


def _lock(note: PersonNote) -> PersonNote:
    """The note as it stands, under the lock of its person: notes themselves are never changed."""
    User.objects.select_for_update(no_key=True).get(pk=note.person_id)
    return PersonNote.objects.select_related("person").get(pk=note.pk)


def _clean(text: str) -> str:
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(text) > LONGEST:
        raise Refused(_("A note on a person has at most %(most)s characters.") % {"most": LONGEST})
    return text
