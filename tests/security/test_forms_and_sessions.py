"""Forms of other sites, sessions and addresses that lead away: nobody acts in another's name."""

from __future__ import annotations

import contextlib
import re

import pytest
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse

from tests import make
from tests.permission_table import TABLE
from tests.test_permissions import ADDRESSES
from tickets.models import Team, Ticket, User

pytestmark = pytest.mark.django_db
EVIL = ("https://evil.example/", "//evil.example/", "/\\evil.example/", "http:///evil.example", "javascript:alert(1)")
# Machines post here: a signed link (RFC 8058) or a secret in the address is their proof, no session counts.
BY_PROOF = {
    "tickets:stop_notices",
    "tickets:portal_broadcasts",
    "contactcenter:telephony_hook",
    "contactcenter:telephony_voicemail",
}


def takes_posts(name: str) -> bool:
    """With a session: the API knows none, and some have a proof of their own."""
    return not (TABLE[name][1].startswith(("404", "405")) or name.startswith("api-1:") or name in BY_PROOF)


def test_whoever_is_exempt_from_the_token_has_a_proof_of_its_own() -> None:
    exempt = set()
    for name in TABLE:
        if name.startswith("api-1:"):
            continue
        if getattr(resolve(_some_address(name)).func, "csrf_exempt", False):
            exempt.add(name)
    assert exempt == BY_PROOF


def _some_address(name: str) -> str:
    """An address of this name, whatever it is of."""
    for word in ("1", "mine", "watch", "accept", "kind"):
        for numbers in (set(), {key for key in ADDRESSES[name] if key == "number" or key.endswith("_id")}):
            with contextlib.suppress(NoReverseMatch):
                return reverse(name, kwargs={key: "1" if key in numbers else word for key in ADDRESSES[name]})
    raise LookupError(name)


@pytest.mark.parametrize("name", sorted(name for name in TABLE if takes_posts(name)))
def test_a_form_of_another_site_is_refused(name: str, root: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(_some_address(name), {"x": "1"}).status_code == 403


def test_the_api_knows_no_session(client: Client, root: User, helpdesk: Team, carla: User) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    client.force_login(root)
    assert client.get(f"/api/v1/tickets/{ticket.number}").status_code == 401


def test_a_session_gets_a_new_key_when_somebody_signs_in(client: Client, anna: User) -> None:
    """A key that was planted before the sign-in is worth nothing afterwards."""
    client.get("/account/login/")
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    client.post("/account/login/", {"login": anna.email, "password": make.PASSWORD})
    after = client.session.session_key
    assert client.session.get("_auth_user_id") == str(anna.pk)
    assert after != before
    stranger = Client()
    stranger.cookies["ticketdesk_session"] = str(before)
    assert stranger.get("/inbox/").status_code == 302


def test_a_changed_password_ends_the_other_sessions(client: Client, anna: User) -> None:
    client.force_login(anna)
    assert client.get("/inbox/all/").status_code == 200
    anna.set_password("another-long-password-1")
    anna.save()
    assert client.get("/inbox/all/").status_code == 302


@pytest.mark.parametrize("away", EVIL)
def test_no_address_of_ours_leads_away(away: str, client: Client, anna: User, carla: User, helpdesk: Team) -> None:
    answer = client.post(f"/account/login/?next={away}", {"login": anna.email, "password": make.PASSWORD, "next": away})
    assert answer.status_code == 302
    assert "evil" not in answer["Location"]
    assert not answer["Location"].startswith("javascript")
    language = client.post("/i18n/setlang/", {"language": "en", "next": away})
    assert language.status_code == 302
    assert "evil" not in language["Location"]
    ticket = make.ticket(team=helpdesk, customer=carla)
    back = client.post(reverse("tickets:watch", args=[ticket.number]), {"next": away})
    assert back.status_code == 302
    assert "evil" not in back["Location"]
    assert not back["Location"].startswith("javascript")


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "localhost@evil.example"])
def test_another_name_in_the_host_header_is_refused(client: Client, host: str) -> None:
    assert client.get("/account/login/", headers={"Host": host}).status_code == 400


class TestWhatEveryAnswerCarries:
    @pytest.mark.parametrize("path", ["/account/login/", "/nowhere/", "/static/css/layers.css", "/health/live"])
    def test_the_headers(self, client: Client, path: str) -> None:
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"

    @pytest.mark.parametrize("path", ["/account/login/", "/nowhere/"])
    def test_pages_are_in_no_frame_and_load_nothing_from_elsewhere(self, client: Client, path: str) -> None:
        answer = client.get(path)
        policy = answer["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
        assert answer["X-Frame-Options"] == "DENY"

    def test_cookies_are_out_of_reach_of_scripts_and_other_sites(self, client: Client, anna: User) -> None:
        client.post("/account/login/", {"login": anna.email, "password": make.PASSWORD})
        for name in ("ticketdesk_session", "ticketdesk_csrf"):
            assert client.cookies[name]["httponly"] is True, name
            assert client.cookies[name]["samesite"] == "Lax", name


class TestWhoExistsIsNotTold:
    """The same answer for an address that we know and for one that we don't."""

    def test_at_the_sign_in(self, client: Client, anna: User) -> None:
        known = client.post("/account/login/", {"login": anna.email, "password": "wrong"})
        other = client.post("/account/login/", {"login": "nobody@desk.example", "password": "wrong"})
        assert _without_tokens(known.content, str(anna.email)) == _without_tokens(other.content, "nobody@desk.example")

    @pytest.mark.parametrize("path", ["/account/password/reset/", "/account/login/code/"])
    def test_when_a_code_or_a_new_password_is_asked_for(self, client: Client, anna: User, path: str) -> None:
        known = client.post(path, {"email": anna.email})
        other = Client().post(path, {"email": "nobody@desk.example"})
        assert (known.status_code, known.get("Location")) == (other.status_code, other.get("Location"))
        assert known.status_code == 302

    def test_a_ticket_that_is_not_there_looks_like_one_of_others(
        self, client: Client, karl: User, helpdesk: Team, carla: User
    ) -> None:
        ticket = make.ticket(team=helpdesk, customer=carla)
        client.force_login(karl)
        unseen = client.get(f"/portal/requests/{ticket.number}/")
        missing = client.get("/portal/requests/2020010110000019/")
        assert unseen.status_code == missing.status_code == 404
        assert Ticket.objects.filter(number="2020010110000019").count() == 0


def _without_tokens(content: bytes, address: str) -> str:
    text = content.decode().replace(address, "…")
    return re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": |nonce=)"[^"]*"', "", text)


def test_guessing_a_password_is_slowed_down(client: Client, anna: User) -> None:
    """After some wrong ones even the right one is refused for a while."""
    for _n in range(12):
        client.post("/account/login/", {"login": anna.email, "password": "wrong"})
    answer = client.post("/account/login/", {"login": anna.email, "password": make.PASSWORD})
    assert "_auth_user_id" not in client.session
    assert answer.status_code in (200, 429)
