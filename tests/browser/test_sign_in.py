"""Ways in: the pages that something has to stand before, and the second step from setting it up to dropping it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time

from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn, credentials
from tests.browser.letters import newcomer
from tests.browser.test_accessibility import violations
from tests.browser.test_pages import ENGLISH, LAYOUT, OWN_WORDS, check_frame
from tests.browser.test_walk import opened_by_mail, sign_in_by_code
from tests.house import House


def code_of(secret: str) -> str:
    """What an authenticator app shows now, RFC 6238."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1)
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def look_at(page: Page, path: str, language: str = "hu") -> None:
    """It is the page that was meant, whole, in its language, and fit for everyone."""
    assert page.url.split("?")[0].endswith(path), page.url
    check_frame(page, language)
    if language == "hu":
        assert [text for text in page.evaluate(OWN_WORDS) if ENGLISH.search(text)] == []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == [], scheme
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(LAYOUT) == []
    page.set_viewport_size({"width": 1440, "height": 900})


def enter_password(page: Page, who: str) -> None:
    email, password = credentials(who)
    page.goto("/account/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")


def test_a_wrong_password_is_refused_in_words_and_the_address_stays(sign_in: SignIn) -> None:
    page = sign_in(None, bypass_csp=True, locale="hu")
    page.goto("/account/login/")
    page.locator("input[name=login]").fill("anna@ticketdesk.example")
    page.locator("input[name=password]").fill("wrong")
    page.locator("input[name=password]").press("Enter")
    page.locator(".error-summary").wait_for()
    look_at(page, "/account/login/")
    expect(page.locator("input[name=login]")).to_have_value("anna@ticketdesk.example")


def test_a_customer_comes_in_by_a_code_and_sets_a_password(house: House, sign_in: SignIn) -> None:
    customer = newcomer("quentin")
    opened_by_mail(house, customer, "Quentin Quick", "Let me in, please")
    page = sign_in(None, bypass_csp=True, locale="en")
    page.goto("/account/login/code/")
    page.locator("input[name=email]").fill(customer)
    page.locator("input[name=email]").press("Enter")
    page.wait_for_url("**/account/login/code/confirm/")
    look_at(page, "/account/login/code/confirm/", page.locator("html").get_attribute("lang") or "")
    page.locator("input[name=code]").fill("WRONG1")
    page.locator("input[name=code]").press("Enter")
    page.locator(".error-summary").wait_for()

    page = sign_in_by_code(house, sign_in, customer, bypass_csp=True)
    page.goto("/account/password/set/")
    look_at(page, "/account/password/set/", "en")


def test_the_second_step_from_setting_it_up_to_dropping_it(sign_in: SignIn) -> None:
    page = sign_in(None, bypass_csp=True, locale="hu")
    enter_password(page, "ivan")
    page.wait_for_url("**/inbox/**")
    page.goto("/account/2fa/webauthn/add/")
    page.wait_for_url("**/account/reauthenticate/**")  # who is at the keyboard has to say so once more
    look_at(page, "/account/reauthenticate/")
    page.locator("input[name=password]").fill(credentials("ivan")[1])
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url("**/account/2fa/webauthn/add/**")
    look_at(page, "/account/2fa/webauthn/add/")
    page.goto("/account/2fa/totp/activate/")
    look_at(page, "/account/2fa/totp/activate/")
    secret = page.locator("#authenticator_secret").input_value()
    page.locator("input[name=code]").fill(code_of(secret))
    page.locator("input[name=code]").press("Enter")
    page.wait_for_url("**/recovery-codes/**")
    look_at(page, "/account/2fa/recovery-codes/")
    spare = page.locator("textarea#recovery_codes").input_value().split()
    assert len(spare) == 10
    for path in ("recovery-codes/generate/", "reauthenticate/", "totp/deactivate/", ""):
        page.goto(f"/account/2fa/{path}")
        look_at(page, f"/account/2fa/{path}")

    settled = page  # where he has said who he is
    page = sign_in(None, bypass_csp=True, locale="hu")
    enter_password(page, "ivan")
    page.wait_for_url("**/account/2fa/authenticate/")
    look_at(page, "/account/2fa/authenticate/")
    page.locator("input[name=code]").fill("000000")
    page.locator("input[name=code]").press("Enter")
    page.locator(".error-summary").wait_for()
    page.locator("input[name=code]").fill(spare[0])
    page.locator("input[name=code]").press("Enter")
    page.wait_for_url("**/inbox/**")

    settled.goto("/account/2fa/totp/deactivate/")
    settled.locator("main form[action*=deactivate] button[type=submit]").click()
    settled.wait_for_url("**/account/2fa/")
    page = sign_in(None)
    enter_password(page, "ivan")
    page.wait_for_url("**/inbox/**")
