"""Set-up of statuses, priorities and kinds: added, renamed in each language, put in order, retired; never deleted.

What the product itself refers to by its code may be renamed, but not retired.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tickets.configuration import Act, record_change, save_setting, snapshot
from tickets.errors import Refused
from tickets.models import Event, Kind, Priority, Status, Ticket, User

T = TypeVar("T", Kind, Priority, Status)
Term = Kind | Priority | Status

LONGEST_NAME = 60
# The codes that the product's own acts and the portal's form name.
NEEDED: dict[type[Term], frozenset[str]] = {
    Status: frozenset({"new", "open", "solved", "merged"}),
    Priority: frozenset({"low", "normal", "high"}),
    Kind: frozenset({"question", "incident", "request"}),
}
# Types of which one status at least has to be in use.
NEEDED_TYPES = (
    Status.Type.NEW,
    Status.Type.OPEN,
    Status.Type.PENDING_REMINDER,
    Status.Type.CLOSED_SUCCESSFUL,
    Status.Type.MERGED,
)


def add_status(
    *,
    names: Mapping[str, str],
    status_type: str,
    waits_for: str,
    closes_to: Status | None = None,
    by: User | None = None,
) -> Status:
    """A new status at the end of the list. Refused for a name that is taken or an auto close without a target."""
    status = Status(type=status_type, waits_for=waits_for, closes_to=_target(status_type, closes_to))
    return _add(status, names, by=by)


def change_status_setting(
    status: Status,
    *,
    names: Mapping[str, str],
    waits_for: str,
    is_active: bool,
    status_type: str = "",
    closes_to: Status | None = None,
    by: User | None = None,
) -> Status:
    """Its names, whose turn it is, what it closes to; the type only while no ticket ever had it."""
    with transaction.atomic():
        status = Status.objects.select_for_update(no_key=True, of=("self",)).get(pk=status.pk)
        before = snapshot(status)
        if status_type and status_type != status.type:
            _require_unused(status)
            status.type = status_type
        status.waits_for = waits_for
        status.closes_to = _target(status.type, closes_to)
        return _change(status, names, is_active=is_active, before=before, by=by)


def add_priority(*, names: Mapping[str, str], level: int, by: User | None = None) -> Priority:
    """A new priority; the level, 1 to 4, says how soon it is worked."""
    return _add(Priority(level=level), names, by=by)


def change_priority_setting(
    priority: Priority, *, names: Mapping[str, str], level: int, is_active: bool, by: User | None = None
) -> Priority:
    with transaction.atomic():
        priority = Priority.objects.select_for_update(no_key=True).get(pk=priority.pk)
        before = snapshot(priority)
        priority.level = level
        return _change(priority, names, is_active=is_active, before=before, by=by)


def add_kind(*, names: Mapping[str, str], by: User | None = None) -> Kind:
    """A new kind of ticket."""
    return _add(Kind(), names, by=by)


def change_kind_setting(kind: Kind, *, names: Mapping[str, str], is_active: bool, by: User | None = None) -> Kind:
    with transaction.atomic():
        kind = Kind.objects.select_for_update(no_key=True).get(pk=kind.pk)
        return _change(kind, names, is_active=is_active, before=snapshot(kind), by=by)


def move_term(term: Term, *, up: bool, by: User | None = None) -> None:
    """One place up or down in its list; at the end of the list nothing happens. Priorities move within their level."""
    table = type(term)
    with transaction.atomic():
        rows: list[Any] = list(table.objects.select_for_update(no_key=True, of=("self",)).order_by("position", "pk"))
        if isinstance(term, Priority):
            rows.sort(key=lambda row: -row.level)
        here = next(place for place, row in enumerate(rows) if row.pk == term.pk)
        there = here - 1 if up else here + 1
        if not 0 <= there < len(rows) or (isinstance(term, Priority) and rows[here].level != rows[there].level):
            return
        before = {row.pk: snapshot(row) for row in rows}
        rows[here], rows[there] = rows[there], rows[here]
        for place, row in enumerate(rows):
            if row.position == place:
                continue
            row.position = place
            row.save(update_fields=["position"])
            record_change(row, act=Act.CHANGED, before=before[row.pk], after=snapshot(row), by=by)


def open_tickets_with(term: Term) -> int:
    """How many open tickets have it."""
    return Ticket.objects.open().filter(**{_column(term): term.pk}).count()


def count_open_tickets(table: type[Term]) -> dict[int, int]:
    """How many open tickets have each row of the table, by its id; one query."""
    column = table.__name__.lower()
    return dict(Ticket.objects.open().order_by().values_list(column).annotate(n=Count("pk")))


def is_needed(term: Term) -> bool:
    """Whether the product itself refers to it, so that it can't be retired."""
    return term.code in NEEDED[type(term)]


def is_used(status: Status) -> bool:
    """Whether a ticket has the status now; what the history says is only asked when the type is to change."""
    return Ticket.objects.filter(status=status).exists()


def _add(term: T, names: Mapping[str, str], *, by: User | None) -> T:
    table = type(term)
    term.names = _clean_names(term, names)
    with transaction.atomic():
        # Two people adding at once: the second waits, and then sees the first one's code and place.
        taken = list(table.objects.select_for_update(no_key=True, of=("self",)).values_list("code", "position"))
        term.code = _free_code(term.names, {code for code, _position in taken})
        term.position = 1 + max((position for _code, position in taken), default=-1)
        return save_setting(term, before={}, by=by)


def _change(term: T, names: Mapping[str, str], *, is_active: bool, before: Mapping[str, Any], by: User | None) -> T:
    term.names = _clean_names(term, names)
    if term.is_active and not is_active:
        _require_dispensable(term)
    term.is_active = is_active
    return save_setting(term, before=before, by=by)


def _clean_names(term: Term, names: Mapping[str, str]) -> dict[str, str]:
    """A name in each language, trimmed; one that another row has would leave people guessing."""
    cleaned = {language: " ".join(text.replace("\x00", "").split()) for language, text in names.items()}
    for language, _name in settings.LANGUAGES:
        text = cleaned.get(language, "")
        if not text:
            raise Refused(_("Give it a name in each language."), field=f"name_{language}")
        if len(text) > LONGEST_NAME:
            raise Refused(
                _("A name has at most %(count)s characters.") % {"count": LONGEST_NAME}, field=f"name_{language}"
            )
        for other in type(term).objects.exclude(pk=term.pk):
            if str(other.names.get(language, "")).casefold() == text.casefold():
                raise Refused(_("There is one of this name already."), field=f"name_{language}")
    return cleaned


def _free_code(names: Mapping[str, str], taken: set[str]) -> str:
    base = slugify(names.get("en", ""))[:34] or "term"
    return next(code for code in (base, *(f"{base}-{n}" for n in range(2, 1000))) if code not in taken)


def _target(status_type: str, closes_to: Status | None) -> Status | None:
    """What an auto close turns into: a closed status that is in use; all other types have none."""
    if status_type != Status.Type.PENDING_CLOSE:
        return None
    if closes_to is None:
        raise Refused(_("Say which status the auto close turns into."), field="closes_to")
    if not closes_to.is_active or closes_to.type not in (
        Status.Type.CLOSED_SUCCESSFUL,
        Status.Type.CLOSED_UNSUCCESSFUL,
    ):
        raise Refused(_("An auto close turns into a closed status that is in use."), field="closes_to")
    return closes_to


def _require_unused(status: Status) -> None:
    if is_needed(status) or is_used(status) or Event.objects.filter(status=status).exists():
        raise Refused(
            _("Tickets have had this status: its type can't change any more. Add another status instead."),
            field="status_type",
        )


def _require_dispensable(term: Term) -> None:
    if is_needed(term):
        raise Refused(_("The product itself uses this one: it can be renamed, but not retired."), field="is_active")
    if not isinstance(term, Status):
        return
    others = Status.objects.filter(is_active=True).exclude(pk=term.pk)
    if term.type in NEEDED_TYPES and not others.filter(type=term.type).exists():
        raise Refused(_("One status of this type has to be in use."), field="is_active")
    turning = [str(other) for other in others.filter(closes_to=term)]
    if turning:
        said = ngettext(
            "%(names)s turns into this one: give it another target first.",
            "%(names)s turn into this one: give them another target first.",
            len(turning),
        )
        raise Refused(said % {"names": ", ".join(turning)}, field="is_active")


def _column(term: Term) -> str:
    return type(term).__name__.lower()
