"""Drafts: what somebody is writing, kept until it is said. One for each person, ticket and kind.

Several open pages may write the same draft: each names the version it has seen, and a page that has not seen the
newest does not overwrite it. Its text is set aside, and the person chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from tickets.errors import Refused
from tickets.files import open_blob, safe_name, store_blob
from tickets.models import Draft, DraftFile, Message, SentForm, Ticket, User
from tickets.writing import LONGEST_TEXT, MOST_FILE_BYTES, MOST_FILES, NewFile

T = TypeVar("T")

MOST_FIELDS = 60
MOST_SET_ASIDE = 5
KEYS_KEPT = timedelta(days=14)  # longer than any browser tries to send a form again
# What makes a draft worth keeping; the other fields of a form have values before anybody types.
WORDS = ("text", "note", "title", "person_q", "new_name", "new_email", "new_phone", "tags")

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """An open page that writes a draft: its mark, and the version that it has seen."""

    version: int
    tab: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a save. `draft` is None when there is nothing left to keep; `is_newer`: another page was ahead."""

    draft: Draft | None
    is_newer: bool = False
    is_sent: bool = False


# --- reading ---------------------------------------------------------------------------------------------------------


def drafts_on(ticket: Ticket | None, *, by: User) -> list[Draft]:
    """The person's drafts on this ticket (None: for a new one), those on their way too, with their files."""
    files = Prefetch("files", DraftFile.objects.select_related("blob"))
    return list(Draft.objects.filter(user=by, ticket=ticket).prefetch_related(files).order_by("pk"))


def draft_on(ticket: Ticket | None, kind: str, *, by: User) -> Draft | None:
    """The one that is being written."""
    return next((each for each in drafts_on(ticket, by=by) if each.kind == kind and each.send_at is None), None)


def drafts_of(person: User) -> list[Draft]:
    """All that the person has begun, newest first."""
    files = Prefetch("files", DraftFile.objects.select_related("blob"))
    return list(Draft.objects.filter(user=person).select_related("ticket__status").prefetch_related(files)[:200])


def kind_of_forward(message: Message | None) -> str:
    """Each message that is passed on has a draft of its own, and so has the whole conversation."""
    return f"{Draft.Kind.FORWARD}-{message.pk}" if message is not None else str(Draft.Kind.FORWARD)


def forwarded_by(kind: str) -> int | None:
    """The message that a draft of this kind passes on; None for the conversation."""
    _kind, _dash, number = kind.partition("-")
    return int(number) if number.isascii() and number.isdigit() else None


def label_of(draft: Draft) -> str:
    """What kind of draft it is, in words."""
    return str(Draft.Kind(draft.kind.partition("-")[0]).label)


def words_of(fields: Fields) -> str:
    """What was typed, for a list: the text, else whatever else there is."""
    return next((str(fields[name]) for name in WORDS if str(fields.get(name, "")).strip()), "")


# --- keeping ---------------------------------------------------------------------------------------------------------


def save_draft(
    ticket: Ticket | None,
    kind: str,
    fields: Fields,
    *,
    by: User,
    version: int = 0,
    tab: str = "",
    key: UUID | None = None,
    based_on: int = 0,
    take_over: bool = False,
    drop: str = "",
) -> Kept:
    """Keeps what was typed so far.

    A page that has not seen the newest version gets it back, and its own text is set aside; with `take_over` it is
    the other way round. `drop` names a text set aside that is no longer wanted. A form that was sent already (`key`)
    keeps nothing: its last saving was overtaken by the sending.
    """
    fields = clean_fields(fields)
    with transaction.atomic():
        lock_person(by)
        if key is not None and SentForm.objects.filter(user=by, key=key).exists():
            return Kept(None, is_sent=True)
        draft = _typed(ticket, kind, by)
        if draft is None:
            if not words_of(fields):
                return Kept(None)
            draft = Draft(user=by, ticket=ticket, kind=kind, version=version, based_on=based_on)
        elif draft.version != version and draft.tab != tab and not take_over and dict(fields) != draft.fields:
            _set_aside(draft, tab, fields)
            draft.save(update_fields=["others"])
            return Kept(draft, is_newer=True)
        draft.others.pop(drop, None)
        if take_over and dict(fields) != draft.fields:
            _set_aside(draft, f"{draft.tab[:28]}.{draft.version}", draft.fields)
        if not words_of(fields) and not draft.others and not (draft.pk and draft.files.exists()):
            if draft.pk:
                draft.delete()
            return Kept(None)
        _write(draft, fields, tab=tab)
        if based_on > draft.based_on:
            draft.based_on = based_on
        draft.save()
    return Kept(draft)


def clean_fields(fields: Fields) -> dict[str, str]:
    """Texts without NUL, as many and as long as a form has. Raises Refused for a text that no message could hold."""
    cleaned = {name[:60]: str(value).replace("\x00", "") for name, value in list(fields.items())[:MOST_FIELDS]}
    for name, value in cleaned.items():
        if len(value) > LONGEST_TEXT:
            raise Refused(
                _("The text is too long: %(length)s characters, at most %(most)s fit. Attach it as a file instead.")
                % {"length": len(value), "most": LONGEST_TEXT},
                field=name,
            )
    return cleaned


def discard_draft(draft: Draft, *, by: User) -> None:
    """The person doesn't want it any more. What is on its way has to be undone first."""
    with transaction.atomic():
        lock_person(by)
        row = Draft.objects.select_for_update().filter(pk=draft.pk, user=by, send_at__isnull=True).first()
        if row is None:
            raise Refused(_("This draft is no longer here."))
        row.delete()


def tidy_drafts() -> int:
    """Forgets the keys of forms sent long ago. Returns how many."""
    gone, _rows = SentForm.objects.filter(created_at__lt=timezone.now() - KEYS_KEPT).delete()
    return gone


# --- files -----------------------------------------------------------------------------------------------------------


def add_file(
    ticket: Ticket | None, kind: str, *, by: User, name: str, content: bytes, media_type: str = ""
) -> DraftFile:
    """Puts a file on the draft. Raises Refused, naming the file, when it does not fit any more."""
    name = safe_name(name)
    check_file(name, len(content))
    with transaction.atomic():
        lock_person(by)
        draft = _typed(ticket, kind, by)
        if draft is None:
            draft = Draft.objects.create(user=by, ticket=ticket, kind=kind, fields={})
        files = list(draft.files.select_related("blob"))
        if len(files) >= MOST_FILES:
            raise Refused(
                _("%(name)s was left out: at most %(most)s files fit on one message.")
                % {"name": name, "most": MOST_FILES},
                field="files",
            )
        if sum(file.blob.size for file in files) + len(content) > MOST_FILE_BYTES:
            raise Refused(
                _("%(name)s was left out: all files together may have %(most)s MB at most.")
                % {"name": name, "most": MOST_FILE_BYTES // 1_000_000},
                field="files",
            )
        return DraftFile.objects.create(
            draft=draft,
            blob=store_blob(content),
            name=name,
            media_type=media_type[:150] or "application/octet-stream",
        )


def check_file(name: str, size: int) -> None:
    """Raises Refused for a file that is too large or empty by itself."""
    if size > MOST_FILE_BYTES:
        raise Refused(
            _("%(name)s was left out: it has %(size)s MB, and %(most)s MB is the most.")
            % {"name": name, "size": -(-size // 1_000_000), "most": MOST_FILE_BYTES // 1_000_000},
            field="files",
        )
    if not size:
        raise Refused(_("%(name)s was left out: it is empty.") % {"name": name}, field="files")


def remove_file(file: DraftFile, *, by: User) -> None:
    """Takes a file off a draft that is still being written; an empty draft goes with its last file."""
    with transaction.atomic():
        lock_person(by)
        draft = Draft.objects.select_for_update().filter(pk=file.draft_id, user=by, send_at__isnull=True).first()
        if draft is None:
            raise Refused(_("This draft is no longer here."))
        draft.files.filter(pk=file.pk).delete()
        if not words_of(draft.fields) and not draft.others and not draft.files.exists():
            draft.delete()


def read_files(draft: Draft | None) -> list[NewFile]:
    """The files with their contents. Raises Refused when the storage has lost one."""
    found = []
    for file in draft.files.select_related("blob") if draft is not None and draft.pk else ():
        try:
            with open_blob(file.blob) as content:
                found.append(NewFile(file.name, content.read(), file.media_type))
        except FileNotFoundError as error:
            raise Refused(
                _("The file %(name)s is no longer there. Take it off and attach it again.") % {"name": file.name},
                field="files",
            ) from error
    return found


# --- saying it -------------------------------------------------------------------------------------------------------


def say_once(
    ticket: Ticket | None,
    kind: str,
    act: Callable[[list[NewFile]], T],
    *,
    by: User,
    key: UUID | None,
    page: Page | None = None,
    files: Collection[NewFile] = (),
) -> T | None:
    """Does the act with the draft's files and the given ones, and removes the draft, all in one transaction.

    None when this very form (`key`) has done its work before: the answer to it got lost on the way.
    """
    with transaction.atomic():
        lock_person(by)
        if not use_key(by, key):
            return None
        draft = _typed(ticket, kind, by)
        made = act([*read_files(draft), *files])
        if draft is not None:
            set_aside_unseen(draft, page)
            settle(draft)
    return made


def lock_person(person: User) -> None:
    """Savings and sendings of one person go one after the other, on whatever page. Call within a transaction."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)


def use_key(by: User, key: UUID | None) -> bool:
    """Whether this form may do its work: False when it has before. The caller holds the person's lock."""
    if key is None:
        return True
    _row, is_new = SentForm.objects.get_or_create(user=by, key=key)
    return is_new


def set_aside_unseen(draft: Draft, page: Page | None) -> None:
    """What another page wrote after the one that sends had looked is not said, so it is kept beside."""
    if page is not None and draft.version != page.version and draft.tab != page.tab:
        _set_aside(draft, f"{draft.tab[:28]}.{draft.version}", draft.fields)


def settle(draft: Draft) -> None:
    """What was written is said: the draft goes. Texts of other pages that were set aside stay."""
    if not draft.others:
        draft.delete()
        return
    draft.files.all().delete()
    _write(draft, {}, tab="")
    draft.orders = {}
    draft.refusal = ""
    draft.save()


def bring_back(draft: Draft, *, refusal: str = "") -> Draft:
    """A reply that was on its way is a draft again. The caller holds its row.

    Where another one was begun meanwhile, that text is set aside and its files come along.
    """
    lock_person(draft.user)
    newer = _typed(draft.ticket, draft.kind, draft.user)
    if newer is not None:
        others = dict(newer.others)
        draft.files.update(draft=newer)
        fields, orders = draft.fields, draft.orders
        begun, tab = newer.fields, newer.tab
        draft.delete()
        draft = newer
        draft.others, draft.orders = others, orders
        _set_aside(draft, tab, begun)
        _write(draft, fields, tab="")
    else:
        draft.send_at = None
        _write(draft, draft.fields, tab="")
    draft.refusal = refusal[:500]
    draft.save()
    return draft


def _typed(ticket: Ticket | None, kind: str, by: User) -> Draft | None:
    """The draft being written, locked."""
    rows: QuerySet[Draft] = Draft.objects.select_for_update()
    return rows.filter(user=by, ticket=ticket, kind=kind, send_at__isnull=True).first()


def _write(draft: Draft, fields: Fields, *, tab: str) -> None:
    draft.fields = dict(fields)
    draft.tab = tab[:40]
    draft.version += 1
    draft.saved_at = timezone.now()


def _set_aside(draft: Draft, tab: str, fields: Fields, at: datetime | None = None) -> None:
    """Keeps a text beside the draft; the oldest of too many gives way."""
    if not words_of(fields):
        return
    others: dict[str, Any] = dict(draft.others)
    others[tab or "before"] = {"fields": dict(fields), "at": (at or timezone.now()).isoformat()}
    newest = sorted(others.items(), key=lambda other: str(other[1]["at"]), reverse=True)
    draft.others = dict(newest[:MOST_SET_ASIDE])


def take_drafts_along(ticket: Ticket, *, to: Ticket, seen: int) -> None:
    """The ticket only points at another one from now on: what people were writing on it goes on there.

    A reply on its way comes back first, for its writer to look at again. `seen`: the other ticket's newest line. One
    that is being sent at this moment is left to its sender, who takes it along when it is refused.
    """
    rows = Draft.objects.select_for_update(of=("self",), skip_locked=True).select_related("user", "ticket")
    for draft in rows.filter(ticket=ticket).order_by("pk"):
        take_draft_along(draft, to=to, seen=seen)


def take_draft_along(draft: Draft, *, to: Ticket, seen: int) -> Draft:
    """The same for one; the caller holds its row. Where one is being written there, this text is set aside."""
    if draft.send_at is not None:
        with translation.override(draft.user.language):
            sentence = _("The ticket was merged into %(number)s meanwhile.") % {"number": to.number}
            draft = bring_back(draft, refusal=sentence)
    there = _typed(to, draft.kind, draft.user)
    if there is None:
        draft.ticket, draft.based_on = to, seen
        draft.version += 1
        draft.save(update_fields=["ticket", "based_on", "version"])
        return draft
    draft.files.update(draft=there)
    for tab, other in draft.others.items():
        _set_aside(there, tab, other["fields"], at=parse_datetime(str(other["at"])))
    _set_aside(there, draft.tab or "merged", draft.fields)
    there.refusal = there.refusal or draft.refusal
    there.save()
    draft.delete()
    return there
