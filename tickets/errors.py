"""The one exception of the rooms: a refusal said in a sentence fit for the user."""

from __future__ import annotations

from django.utils.functional import Promise as LazyText


class Refused(Exception):
    """A rule said no. `sentence` is translated and is shown as it stands; nothing was changed.

    `field` names the form field that the sentence belongs to, if one does.
    """

    def __init__(self, sentence: str | LazyText, *, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field

    def __str__(self) -> str:
        return str(self.sentence)


class NotAllowed(Refused):
    """The person may see the thing but not do this with it (403 at a web door)."""
