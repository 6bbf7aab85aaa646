"""One's own page: language, zone, keys, API tokens, addresses."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.models import EmailAddress
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from ticketdesk.accounts import AccountAdapter
from tickets import api_tokens
from tickets.models import ApiToken, User
from tickets.people import add_address, find_person

Enter = Callable[[User], Client]
PROFILE = "/profile/"


def test_the_page_opens_for_customers_and_agents(as_user: Enter, carla: User, anna: User) -> None:
    assert as_user(carla).get(PROFILE).status_code == 200
    assert "API" not in as_user(carla).get(PROFILE).content.decode()
    assert "API" in as_user(anna).get(PROFILE).content.decode()


def test_language_and_zone_are_kept_and_used_at_once(as_user: Enter, carla: User) -> None:
    client = as_user(carla)
    answer = client.post(PROFILE, {"language": "en", "time_zone": "America/New_York"}, follow=True)
    carla.refresh_from_db()
    assert (carla.language, carla.time_zone) == ("en", "America/New_York")
    assert '<html lang="en">' in answer.content.decode()
    assert "Saved." in answer.content.decode()


def test_a_zone_that_does_not_exist_is_refused(as_user: Enter, carla: User) -> None:
    answer = as_user(carla).post(PROFILE, {"language": "hu", "time_zone": "Moon/Crater"})
    assert answer.status_code == 422
    carla.refresh_from_db()
    assert carla.time_zone == "Europe/Budapest"


def test_the_language_button_changes_the_setting_of_signed_in_people(as_user: Enter, carla: User) -> None:
    client = as_user(carla)
    answer = client.post(reverse("set_language"), {"language": "en", "next": PROFILE}, follow=True)
    carla.refresh_from_db()
    assert carla.language == "en"
    assert '<html lang="en">' in answer.content.decode()


def test_a_strangers_language_is_a_cookie(client: Client, db: None) -> None:
    answer = client.post(reverse("set_language"), {"language": "en", "next": "/account/login/"}, follow=True)
    assert '<html lang="en">' in answer.content.decode()


def test_single_letters_can_be_switched_off_and_stay_so_everywhere(as_user: Enter, anna: User) -> None:
    client = as_user(anna)
    given = {"language": "en", "time_zone": "Europe/Budapest"}
    assert 'data-single-keys="off"' in client.post(PROFILE, given, follow=True).content.decode()
    assert 'data-single-keys="off"' in as_user(anna).get(PROFILE).content.decode()  # another browser
    assert (
        'data-single-keys="off"'
        not in client.post(PROFILE, given | {"single_keys": "on"}, follow=True).content.decode()
    )


def test_a_token_is_shown_once_and_revoked(as_user: Enter, anna: User) -> None:
    client = as_user(anna)
    answer = client.post(reverse("tickets:add_token"), {"name": "Szkript"})
    token = ApiToken.objects.get()
    secret = answer.context["secret"]
    assert secret in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert api_tokens.find_token(secret) == token
    assert secret not in client.get(PROFILE).content.decode()
    client.post(reverse("tickets:revoke_token", args=[token.pk]))
    assert api_tokens.find_token(secret) is None


def test_a_token_needs_a_name(as_user: Enter, anna: User) -> None:
    answer = as_user(anna).post(reverse("tickets:add_token"), {"name": " "})
    assert answer.status_code == 422
    assert ApiToken.objects.count() == 0


def test_nobody_revokes_anothers_token(as_user: Enter, anna: User, ben: User) -> None:
    token, secret = api_tokens.create_token(anna, name="Enyém")
    assert as_user(ben).post(reverse("tickets:revoke_token", args=[token.pk])).status_code == 404
    assert api_tokens.find_token(secret) == token


def as_browser(user: User) -> HttpRequest:
    request = HttpRequest()
    request.user = user
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    return request


def test_a_confirmed_address_is_the_persons_for_mail_too(carla: User) -> None:
    address = EmailAddress(user=carla, email="new@duna.example", primary=False)
    assert AccountAdapter().confirm_email(as_browser(carla), address)
    carla.refresh_from_db()
    assert carla.email == "new@duna.example"
    assert find_person("new@duna.example") == carla
    assert find_person("carla@duna.example") == carla


def test_somebody_elses_address_is_not_taken_over(carla: User, karl: User) -> None:
    add_address(karl, "second@tisza.example")
    address = EmailAddress(user=carla, email="second@tisza.example", primary=False)
    assert not AccountAdapter().confirm_email(as_browser(carla), address)
    carla.refresh_from_db()
    assert carla.email == "carla@duna.example"
    assert find_person("second@tisza.example") == karl
