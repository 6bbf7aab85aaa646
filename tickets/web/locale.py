"""Signed-in people read pages in their own language and time zone, whatever the browser says."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone, translation

from tickets.models import User


class PersonLocaleMiddleware:
    """Stands after AuthenticationMiddleware; strangers keep what LocaleMiddleware chose."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        timezone.deactivate()  # threads are used again for the next person
        if isinstance(request.user, User):
            activate_for(request.user)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


def activate_for(user: User) -> None:
    """From here on texts and times are this person's."""
    translation.activate(user.language)
    try:
        timezone.activate(user.time_zone)
    except ZoneInfoNotFoundError:  # a zone that this machine's database no longer knows
        timezone.deactivate()
