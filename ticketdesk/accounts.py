"""How people sign in: nobody signs up by himself, and mails speak the person's language."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.contrib import messages
from django.http import HttpRequest
from django.utils import translation

from tickets.errors import Refused
from tickets.people import add_address, find_person


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Sign-up is closed: an admin makes agents, a customer's first mail makes the customer."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send in the language of the person it is for, falling back to the page's."""
        context = {"user": find_person(email), **context}  # the mail with a sign-in code comes without its person
        language = getattr(context["user"], "language", "") or translation.get_language()
        with translation.override(language):
            super().send_mail(template_prefix, email, context)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """An address that was proved becomes the person's for mail too, unless it is somebody else's."""
        try:
            add_address(email_address.user, email_address.email, by=email_address.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return False
        return bool(super().confirm_email(request, email_address))
