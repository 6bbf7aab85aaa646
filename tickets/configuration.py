"""The history of the set-up: `record_change` writes one line for each change of a setting, in the act's transaction.

Values are kept in words fit to be read years later (names beside ids), secrets only as "changed", passwords never.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.errors import Refused
from tickets.models import (
    Address,
    AnswerTemplate,
    ArrivalRule,
    AutoReplyText,
    ConfigurationChange,
    ImapSource,
    Kind,
    Mailbox,
    Membership,
    Organisation,
    Priority,
    Signature,
    Status,
    Tag,
    Team,
    User,
)

Row = TypeVar("Row", bound=models.Model)
Act = ConfigurationChange.Act
Snapshot = Mapping[str, Any]

CHANGED_SECRET = "changed"  # noqa: S105 (the word that stands for a secret)


@dataclass(frozen=True, slots=True)
class Thing:
    """A table of settings: what one row is called, and which of its fields are settings."""

    model: type[models.Model]
    words: str | LazyText
    fields: tuple[str, ...]
    secrets: tuple[str, ...] = ()
    # Fields that hold something for each language code; each is compared by itself.
    by_language: tuple[str, ...] = ()
    # Fields that the row's name says already, so that nobody needs to read them again.
    named: tuple[str, ...] = ()
    # Of another app's thing: the name of its set-up page, which takes the row's key.
    page: str = ""


TERM = ("position", "is_active")
THINGS: dict[str, Thing] = {
    "team": Thing(Team, _("Team"), ("name", "description", "closed_follow_up", "absent_owner", "is_active")),
    "membership": Thing(Membership, _("Rights in a team"), ("team", "user", "rights"), named=("team", "user")),
    "signature": Thing(Signature, _("Signature"), ("team", "language", "text"), named=("team", "language")),
    "user": Thing(
        User,
        _("Person"),
        ("name", "email", "phone", "job_title", "place", "organisation", "roles", "language", "time_zone", "is_active"),
    ),
    "address": Thing(Address, _("Address of a person"), ("user", "email"), named=("email",)),
    "organisation": Thing(Organisation, _("Organisation"), ("name", "shares_tickets", "is_active")),
    "mailbox": Thing(
        Mailbox,
        _("Mailbox"),
        ("address", "name", "team", "is_default", "sends_auto_reply", "trusts_headers", "is_active"),
    ),
    "autoreplytext": Thing(
        AutoReplyText, _("Automatic reply"), ("mailbox", "language", "text"), named=("mailbox", "language")
    ),
    "imapsource": Thing(
        ImapSource,
        _("IMAP source"),
        (
            "host",
            "port",
            "security",
            "sign_in",
            "user_name",
            "token_url",
            "client_id",
            "scope",
            "folder",
            "after",
            "move_to",
            "mailbox",
            "is_active",
        ),
        secrets=("secret", "refresh_secret"),
    ),
    "status": Thing(Status, _("Status"), ("type", "waits_for", "closes_to", *TERM), by_language=("names",)),
    "priority": Thing(Priority, pgettext_lazy("of a ticket", "Priority"), ("level", *TERM), by_language=("names",)),
    "kind": Thing(Kind, _("Kind"), TERM, by_language=("names",)),
    "answertemplate": Thing(
        AnswerTemplate, _("Template"), ("name", "team", "position", "is_active"), by_language=("texts",)
    ),
    "tag": Thing(
        Tag,
        _("Tag"),
        ("name", "description", "colour", "team", "owner", "synonym_of", "answer_template", "is_active"),
        by_language=("answer",),
    ),
    "arrivalrule": Thing(
        ArrivalRule, _("Rule on arrival"), ("name", "condition", "tags", "group", "position", "is_active")
    ),
}


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of `model` belong to the row of `whole` that their `field` names."""

    whole: type[models.Model]
    model: type[models.Model]
    field: str


PARTS = [
    Part(Team, Membership, "team"),
    Part(Team, Signature, "team"),
    Part(User, Membership, "user"),
    Part(User, Address, "user"),
    Part(Mailbox, AutoReplyText, "mailbox"),
    Part(Tag, Tag, "synonym_of"),
    Part(Mailbox, ImapSource, "mailbox"),
]


def register_things(things: Mapping[str, Thing]) -> None:
    """Once, while another app gets ready: its settings stand in the same history. A key is its model's name."""
    THINGS.update(things)


def thing_of(row: models.Model) -> str:
    """The key in THINGS of a row of the set-up."""
    return type(row).__name__.lower()


def snapshot(row: models.Model) -> dict[str, Any]:
    """The row's settings as plain values; of a row that another one names, its name and id."""
    thing = THINGS[thing_of(row)]
    found: dict[str, Any] = {}
    for field in thing.fields:
        value = getattr(row, field)
        if isinstance(value, models.Manager):
            value = [str(each) for each in value.all()]
        elif isinstance(value, models.Model):
            value = {"id": value.pk, "name": str(value)}
        elif isinstance(value, list | tuple):
            value = [str(each) for each in value]
        elif isinstance(value, str):
            value = str(value)  # the code of a choice, without its class
        found[field] = value
    for field in thing.by_language:
        found |= {f"{field}.{language}": text for language, text in getattr(row, field).items()}
    for field in thing.secrets:
        found[field] = bytes(getattr(row, field))
    return found


def record_change(
    row: models.Model, *, act: str, before: Snapshot, after: Snapshot, by: User | None
) -> ConfigurationChange | None:
    """Writes one line about a setting, to be called in the transaction of the act; none when nothing differs.

    `before` and `after` are snapshots; an empty one means that the thing did not exist then. `by` is None for the
    product itself.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("record_change() belongs inside the transaction of the act it records")
    thing = thing_of(row)
    changes = _differences(before, after, THINGS[thing].secrets)
    if not changes and act == Act.CHANGED:
        return None
    return ConfigurationChange.objects.create(
        by=by, act=act, thing=thing, thing_id=row.pk, name=str(row)[:200], changes=changes
    )


def save_setting(row: Row, *, before: Snapshot, by: User | None) -> Row:
    """Saves a row of the set-up once its fields and constraints hold, and records it: the common end of most rooms.

    `before` is the snapshot taken under the row's lock, {} for a new row. Raises Refused with the constraint's words.
    """
    with transaction.atomic():
        save_checked(row)
        record_change(row, act=Act.CHANGED if before else Act.ADDED, before=before, after=snapshot(row), by=by)
    return row


def save_checked(row: Row) -> Row:
    """Saves a row of the set-up once its fields and constraints hold. Raises Refused with the constraint's words."""
    try:
        row.full_clean()
    except ValidationError as error:
        field, said = next(iter(error.message_dict.items()))
        raise Refused(said[0], field="" if field == NON_FIELD_ERRORS else field) from error
    row.save()
    return row


def mark() -> int:
    """Where the history stands now, for `lines_since`."""
    return ConfigurationChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def lines_since(line: int, *, by: User) -> list[ConfigurationChange]:
    """What this person has changed since the history stood there."""
    return list(ConfigurationChange.objects.filter(pk__gt=line, by=by).order_by("pk"))


def lines_about(row: models.Model) -> models.QuerySet[ConfigurationChange]:
    """The history of one thing with what belongs to it (a team's rights and signatures ...), the latest first."""
    about = Q(thing=thing_of(row), thing_id=row.pk)
    for part in PARTS:
        if part.whole is type(row):
            own = part.model.objects.filter(**{part.field: row.pk}).values("pk")  # type: ignore[attr-defined]
            about |= Q(thing=part.model.__name__.lower(), thing_id__in=own)
    return ConfigurationChange.objects.filter(about).select_related("by").order_by("-pk")


def line_of_right(membership: Membership, rights: frozenset[str]) -> ConfigurationChange | None:
    """The line by which the membership last came to hold one of these rights; None when it is older than the history.

    Reads from the latest line back, as long as the right was there.
    """
    found = None
    lines = ConfigurationChange.objects.filter(thing="membership", thing_id=membership.pk).select_related("by")
    for line in lines.order_by("-pk"):
        before, after = line.changes.get("rights", [None, None])
        if not rights & set(after or ()):
            continue
        found = line
        if not rights & set(before or ()):
            break
    return found


def _differences(before: Snapshot, after: Snapshot, secrets: tuple[str, ...]) -> dict[str, Any]:
    """{"field": [before, after]} of the fields that differ; of a secret only that it was changed."""
    changes: dict[str, Any] = {}
    for field in dict.fromkeys([*before, *after]):
        was, now = before.get(field), after.get(field)
        if was == now or (was in EMPTY and now in EMPTY):
            continue
        changes[field] = CHANGED_SECRET if field in secrets else [was, now]
    return changes


EMPTY: tuple[Any, ...] = (None, "", [], b"")
