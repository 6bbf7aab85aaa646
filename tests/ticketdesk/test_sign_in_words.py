"""What the sign-in library says: in our own Hungarian, on every page and in every mail of it that we use."""

from __future__ import annotations

import re
from pathlib import Path

import allauth
import polib
import pytest
from django.core import mail
from django.template.loader import get_template
from django.test import Client
from django.utils import translation

from ticketdesk.borrowed_texts import COUNTED, TEXTS
from tickets.models import User

LIBRARY = Path(allauth.__file__).parent
PAGES = sorted(
    str(path.relative_to(LIBRARY / "templates"))
    for folder in ("account", "mfa")
    for path in (LIBRARY / "templates" / folder).rglob("*.*")
)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_and_mail_of_the_library_can_be_loaded(page: str) -> None:
    get_template(page)


def test_what_we_translate_is_what_the_library_says() -> None:
    said = {entry.msgid for entry in polib.pofile(str(LIBRARY / "locale" / "hu" / "LC_MESSAGES" / "django.po"))}
    assert [text for text in TEXTS if text not in said] == []


def test_our_translation_comes_before_the_librarys() -> None:
    with translation.override("hu"):
        assert translation.gettext("Please type your current password.") == "A jelenlegi jelszó nem jó."
        assert str(COUNTED[0] % {"unused_count": 1, "total_count": 10}) == "Használható helyreállító kód: 1 / 10."


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [("hu", "Belépési kód", "A belépési kódja:"), ("en", "Your code to sign in", "Your code to sign in:")],
)
def test_the_sign_in_code_comes_in_the_persons_language(
    language: str, subject: str, words: str, carla: User, client: Client
) -> None:
    carla.language = language
    carla.save(update_fields=["language"])
    client.post("/account/login/code/", {"email": carla.email})
    sent = mail.outbox[-1]
    assert (sent.to, sent.subject) == ([carla.email], subject)
    assert words in sent.body
    assert re.search(r"^[A-Z0-9]{3,}-?[A-Z0-9]{3,}$", str(sent.body), re.MULTILINE), sent.body
