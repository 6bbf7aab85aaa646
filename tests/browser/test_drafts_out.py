"""A session that ends in the middle of a form without HTMX, and a page read again at once: nothing typed is lost."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.letters import newcomer
from tests.browser.test_drafts import TEXT, expected, fill_in, log_in
from tests.browser.test_walk import opened_by_mail
from tests.house import House


def end_session(house: House, page: Page) -> None:
    [session] = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "ticketdesk_session"]
    code = f"from django.contrib.sessions.models import Session; Session.objects.get(pk={session!r}).delete()"
    gone = house.manage("shell", "-c", code)
    assert gone.returncode == 0, gone.stderr


def send_without_a_session(house: House, page: Page, who: str) -> None:
    """Presses the button after the session has ended, and signs in where that leads."""
    end_session(house, page)
    page.locator("main form[data-draft] button[type=submit].btn-primary").click()
    page.wait_for_url("**/account/login/**")
    fill_in(page, who)
    page.wait_for_url(lambda url: "/account/" not in url)


def test_a_customers_answer(house: House, sign_in: SignIn, complaints: list[str]) -> None:
    page = sign_in(None)
    log_in(page, "kovacs.anna")
    page.goto("/portal/requests/")
    page.locator("main a[href*='/portal/requests/2']").first.click()
    address = page.url
    page.locator(TEXT).fill("Written while the session ended.")
    send_without_a_session(house, page, "kovacs.anna")
    assert page.url == address
    expect(page.locator(TEXT)).to_have_value("Written while the session ended.")
    page.locator("main form[data-draft] button[type=submit].btn-primary").click()
    expect(page.locator("main article", has_text="Written while the session ended.")).to_be_visible()
    page.reload()
    expect(page.locator(TEXT)).to_have_value("")


def test_a_customers_new_request(house: House, sign_in: SignIn, complaints: list[str]) -> None:
    page = sign_in(None)
    log_in(page, "kovacs.anna")
    page.goto("/portal/new/")
    page.locator("input[name=title]").fill("Half a request")
    page.locator(TEXT).fill("And its details.")
    send_without_a_session(house, page, "kovacs.anna")
    expect(page.locator("input[name=title]")).to_have_value("Half a request")
    expect(page.locator(TEXT)).to_have_value("And its details.")
    page.locator("main form[data-draft] button[type=submit].btn-primary").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Half a request")
    page.goto("/portal/new/")
    expect(page.locator("input[name=title]")).to_have_value("")
    expect(page.locator(TEXT)).to_have_value("")


def test_an_agents_new_ticket(house: House, sign_in: SignIn, complaints: list[str]) -> None:
    page = sign_in(None)
    log_in(page, "anna")
    page.goto("/new/")
    page.locator("input[name=title]").fill("Half a ticket")
    end_session(house, page)
    page.locator(TEXT).fill("Typed after the end.")
    page.locator("form.split button[type=submit].btn-primary").click()
    page.wait_for_url("**/account/login/**")
    fill_in(page, "anna")
    page.wait_for_url("**/new/")
    expect(page.locator(TEXT)).to_have_value("Typed after the end.")
    expect(page.locator("input[name=title]")).to_have_value("Half a ticket")
    expected(complaints, "401")
    with page.expect_response("**/drafts/save/"):
        page.locator(TEXT).fill("")
    page.locator("input[name=title]").fill("")


def test_a_page_read_again_at_once_knows_its_own_words(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("ria"), "Ria Reload", "Read again at once")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    with page.expect_response("**/drafts/save/"):
        page.locator(TEXT).fill("First words")
    for n in range(3):
        page.locator(TEXT).press_sequentially(f" and {n}", delay=5)
        page.reload()
        expect(page.locator(TEXT)).to_have_value("First words" + "".join(f" and {m}" for m in range(n + 1)))
    page.wait_for_timeout(1500)  # until it has been kept by the page that stands now
    expect(page.locator("[data-draft-notice=reply]")).to_be_empty()
    other = page.context.new_page()  # another tab is still another writer
    other.goto(f"/ticket/{number}/")
    with page.expect_response("**/drafts/save/"):
        page.locator(TEXT).fill("From the first tab")
    other.locator(TEXT).fill("From the second tab")
    expect(other.locator("[data-draft-newer]")).to_be_visible()
