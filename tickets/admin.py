"""Django's own administration: a look into the tables for administrators. Nothing is deleted here, ever.

Everything is read-only: settings change on the set-up pages, whose rooms write the history of the set-up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from tickets import models as tables

if TYPE_CHECKING:
    Base = admin.ModelAdmin[models.Model]
else:
    Base = admin.ModelAdmin  # takes no subscript at run time

# Secrets and whole mails have no place on these pages.
HIDDEN = frozenset({"password", "secret", "digest", "raw", "html"})

# As the addresses of the set-up pages call them.
SETUP_NAMES: dict[type[models.Model], str] = {
    tables.Kind: "kind",
    tables.Priority: "priority",
    tables.Status: "status",
}
HEAVY = frozenset({"raw", "html"})


def names_of(table: type[models.Model]) -> list[str]:
    return [field.name for field in table._meta.fields]  # noqa: SLF001 (Django documents it)


class Look(Base):
    """Read-only: nothing is added, changed or deleted."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        return [name for name in names_of(self.model) if name not in HIDDEN]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[models.Model]:
        """Without the heavy columns, and with what `__str__` may name."""
        return super().get_queryset(request).defer(*HEAVY.intersection(names_of(self.model)))


class Vocabulary(Look):
    """Kinds, priorities, statuses, each with a link to the set-up page where it is changed."""

    list_display = ("code", "label", "position", "is_active", "set_up")

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        return [*super().get_fields(request, obj), "set_up"]

    @admin.display(description=_("changed on"))
    def set_up(self, term: models.Model) -> str:
        url = reverse("tickets:setup_term", args=[SETUP_NAMES[type(term)], term.pk])
        return format_html('<a href="{}">{}</a>', url, _("Set-up page"))


def look(*shown: str, search: tuple[str, ...] = (), filters: tuple[Any, ...] = (), ordering: str = "-pk") -> type[Look]:
    """A read-only page of a table with these columns."""
    return type(
        "TableLook",
        (Look,),
        {"list_display": shown, "search_fields": search, "list_filter": filters, "ordering": (ordering,)},
    )


for vocabulary in SETUP_NAMES:
    admin.site.register(vocabulary, Vocabulary)

PAGES: dict[type[models.Model], type[Look]] = {
    tables.Ticket: look("number", "title", "opened_at", "closed_at", search=("=number", "title")),
    tables.Message: look("pk", "kind", "sender", "created_at", "visible_to_customer", filters=("kind", "sender")),
    tables.Attachment: look("pk", "name", "media_type", "created_at"),
    tables.Event: look("ticket_id", "seq", "verb", "recorded_at", filters=("verb",)),
    tables.Promise: look("pk", "ticket_id", "by_when", "state", filters=("state",)),
    tables.Tag: look("name", "created_at", search=("name",), ordering="name"),
    tables.User: look("name", "email", "is_active", search=("name", "email"), filters=("is_active",), ordering="name"),
    tables.Address: look("email", "user_id", search=("email",), ordering="email"),
    tables.Organisation: look("name", "shares_tickets", "is_active", search=("name",), ordering="name"),
    tables.Team: look("name", "is_active", ordering="name"),
    tables.Membership: look("team_id", "user_id", "rights"),
    tables.Signature: look("team_id", "language"),
    tables.Mailbox: look("address", "is_default", "is_active", ordering="address"),
    tables.ImapSource: look("host", "user_name", "folder", "is_active", "fetched_at", "last_error", ordering="host"),
    tables.InboundMail: look("pk", "state", "reason", "received_at", "size", filters=("state", "door")),
    tables.OutboundMail: look("pk", "state", "purpose", "subject", "created_at", filters=("state", "purpose")),
    tables.AddressState: look("email", "bounced_at", "bounce_status", search=("email",), ordering="email"),
    tables.Erasure: look("pk", "message_id", "asked_by_id", "approved_by_id", "approved_at"),
    tables.Seal: look("pk", "made_at", "ticket_count", "head_count"),
    tables.JobRun: look("name", "started_at", "succeeded_at", "failed_at", "last_error", ordering="name"),
    tables.ApiToken: look("name", "hint", "user_id", "created_at", "used_at", "revoked_at"),
}
for table, page in PAGES.items():
    admin.site.register(table, page)
admin.site.disable_action("delete_selected")
