"""One answer to each of many tickets: a tag's standing answer, in each customer's language, with his name and number.

What is written to customers can't be taken back, so it goes to few at once. Whoever has more makes a group of them:
its broadcasts can be previewed, released by a second person and stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tickets import answer_templates, conversation, permissions
from tickets.bulk import acts
from tickets.bulk.act import Act
from tickets.errors import Refused
from tickets.mail import outgoing
from tickets.models import AnswerTemplate, BulkItem, Status, Tag, Ticket, User
from tickets.models.tickets import TicketQuerySet


class AnswerAll(Act):
    """The texts are those of the dry run, whatever becomes of the standing answer meanwhile."""

    code = "answer"
    most = 100

    def __init__(self, tag: Tag | None, texts: Mapping[str, str] | None = None) -> None:
        if tag is None:
            raise Refused(_("There is no such tag."))
        self.tag = tag
        self.template = AnswerTemplate(texts=dict(texts or answer_templates.standing_texts(tag)))
        if not any(self.template.texts.values()):
            raise Refused(_("“%(tag)s” has no standing answer yet.") % {"tag": tag})

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> AnswerAll:
        return cls(Tag.objects.filter(pk=values["tag"]).first(), values["texts"])

    @property
    def title(self) -> str:
        return _("Send the standing answer of “%(tag)s”") % {"tag": self.tag}

    @property
    def values(self) -> dict[str, Any]:
        return {"tag": self.tag.pk, "texts": self.template.texts}

    @property
    def preview(self) -> list[tuple[str, str]]:
        return [(language, text) for language, text in self.template.texts.items() if text]

    def submit_words(self, n: int) -> str:
        return ngettext("Answer %(n)s ticket", "Answer %(n)s tickets", n) % {"n": n}

    def too_many(self) -> str:
        return _("At most %(most)s tickets are answered at once like this. Make a group of them and write to it.") % {
            "most": self.most
        }

    def may(self, by: User, ticket: Ticket) -> bool:
        return permissions.can_reply(by, ticket)

    def is_so(self, ticket: Ticket, by: User) -> bool:
        """The same answer went there already, and the customer has not written since."""
        judged = ticket if hasattr(ticket, "is_told") else self._told(Ticket.objects.all()).get(pk=ticket.pk)
        return bool(judged.is_told)  # type: ignore[attr-defined]  # by `_told`

    def check(self, ticket: Ticket, by: User) -> None:
        if not ticket.is_open:
            raise Refused(_("The ticket is closed."))
        if ticket.status.type == Status.Type.MERGED:
            raise Refused(_("This ticket was merged into another one; write there instead."))
        if ticket.customer is None or not ticket.customer.email:
            raise Refused(_("The customer has no e-mail address."))

    def perform(self, ticket: Ticket, by: User) -> object:
        if not outgoing.default_recipients(ticket):
            raise Refused(_("The customer has no e-mail address."))
        language = answer_templates.language_of(ticket)
        text = answer_templates.fill(self.template, ticket, by, language)
        answer_templates.refuse_placeholders(text)
        return conversation.reply_to_customer(ticket, text=text, by=by)

    def for_judging(self, tickets: TicketQuerySet, by: User) -> TicketQuerySet:
        return self._told(super().for_judging(tickets, by)).select_related(
            "kind", "status", "priority", "team", "owner", "customer"
        )

    def _told(self, tickets: TicketQuerySet) -> TicketQuerySet:
        sent = BulkItem.objects.filter(
            ticket=OuterRef("pk"), state=BulkItem.State.DONE, run__act=self.code, run__values__tag=self.tag.pk
        )
        since = sent.filter(run__created_at__gt=OuterRef("customer_wrote_at"))
        return tickets.annotate(is_told=Q(Exists(since)) | (Q(customer_wrote_at__isnull=True) & Q(Exists(sent))))


ACTS: dict[str, type[Act]] = {**acts.ACTS, AnswerAll.code: AnswerAll}
