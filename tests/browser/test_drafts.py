"""Drafts that survive everything: devices, sessions, tabs, a server that is away; files that go up at once."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import SignIn, credentials, said
from tests.browser.letters import newcomer
from tests.browser.test_walk import entry, opened_by_mail
from tests.house import House

TEXT = "textarea[name=text]"
SAVED = re.compile(r"\d\d:\d\d")


def typed(page: Page, text: str) -> None:
    page.locator(TEXT).fill(text)


def kept_by_the_server(page: Page, text: str) -> None:
    """Types, and waits for the server's word."""
    with page.expect_response("**/drafts/save/") as answer:
        typed(page, text)
    assert answer.value.status == 200


def test_a_draft_is_there_on_another_device(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("devi"), "Devi Device", "Two devices")
    here, there = sign_in("anna"), sign_in("anna")
    here.goto(f"/ticket/{number}/")
    kept_by_the_server(here, "Begun at the desk")
    expect(here.locator("[data-draft-saved=reply]")).to_have_text(SAVED)
    there.goto(f"/ticket/{number}/")
    expect(there.locator(TEXT)).to_have_value("Begun at the desk")
    there.goto("/drafts/")
    expect(there.locator("main")).to_contain_text("Begun at the desk")
    there.get_by_role("link", name="Two devices").first.click()
    expect(there.locator(TEXT)).to_have_value("Begun at the desk")


def test_what_was_typed_last_is_kept_although_the_page_was_left_at_once(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("lea"), "Lea Leaves", "Leaving at once")
    here, there = sign_in("anna"), sign_in("anna")
    here.goto(f"/ticket/{number}/")
    typed(here, "Typed a moment before leaving")
    here.goto("/inbox/")
    there.goto("/drafts/")
    expect(there.locator("main")).to_contain_text("Typed a moment before leaving")


def test_two_tabs_lose_nothing_and_the_person_chooses(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("tabea"), "Tabea Tab", "Two tabs, one draft")
    first = sign_in("anna")
    second = first.context.new_page()
    for page in (first, second):
        page.goto(f"/ticket/{number}/")
    kept_by_the_server(first, "From the first tab")
    typed(second, "From the second tab")
    newer = second.locator("[data-draft-newer]")
    expect(newer).to_be_visible()
    newer.locator("[data-draft-show]").click()
    expect(second.locator(TEXT)).to_have_value("From the first tab")

    # the second tab's own text stands beside it, and can come back
    second.locator(".set-aside summary").click()
    expect(second.locator(".set-aside")).to_contain_text("From the second tab")
    second.locator("[data-draft-put]").first.click()
    expect(second.locator(TEXT)).to_have_value("From the second tab")
    expect(second.locator(".set-aside")).to_contain_text("From the first tab")

    # and the first, which types on, is told in its turn
    typed(first, "From the first tab, and more")
    expect(first.locator("[data-draft-newer]")).to_be_visible()
    first.locator("[data-draft-keep]").click()
    expect(first.locator("[data-draft-newer]")).to_have_count(0)
    second.reload()
    expect(second.locator(TEXT)).to_have_value("From the first tab, and more")


def test_a_server_that_is_away_loses_nothing_and_sends_nothing_twice(
    house: House, sign_in: SignIn, complaints: list[str]
) -> None:
    customer = newcomer("wally")
    number = opened_by_mail(house, customer, "Wally Away", "The server is away")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    page.route("**/drafts/save/", lambda route: route.abort())
    typed(page, "Kept on this device.")
    expect(page.locator("[data-draft-saved=reply]")).to_have_text(said("Kept on this device"))
    page.reload()
    expect(page.locator(TEXT)).to_have_value("Kept on this device.")
    page.unroute("**/drafts/save/")

    # the first sending arrives, but its answer does not
    lost: list[int] = []

    def lose_the_answer(route: Route) -> None:
        if not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/write/", lose_the_answer)
    page.locator(".send-to button").click()
    away = page.locator("[data-unreachable]")
    expect(away).to_be_visible()
    assert lost == [200]
    expect(page.locator(TEXT)).to_have_value("Kept on this device.")
    away.get_by_role("button").click()
    expect(page.locator(TEXT)).to_have_value("")
    mails = house.sink.wait_for(customer, count=2)
    expect(entry(page, "Kept on this device.")).to_have_count(1)
    assert len(mails) == 2
    expected(complaints, "htmx:sendError", "afterRequest")


def test_an_expired_session_in_the_middle_of_a_reply_loses_nothing(
    house: House, sign_in: SignIn, complaints: list[str]
) -> None:
    customer = newcomer("xenia")
    number = opened_by_mail(house, customer, "Xenia Expired", "The session ends")
    page = sign_in(None)
    log_in(page, "anna")
    page.goto(f"/ticket/{number}/")
    typed(page, "Written before the session ended, sent after.")
    [session] = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "ticketdesk_session"]
    gone = house.manage(
        "shell",
        "-c",
        f"from django.contrib.sessions.models import Session; Session.objects.get(pk={session!r}).delete()",
    )
    assert gone.returncode == 0, gone.stderr
    page.locator(".send-to button").click()
    dialog = page.locator("#sign-in")
    expect(dialog).to_be_visible()
    expect(page.locator(TEXT)).to_have_value("Written before the session ended, sent after.")
    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name=said("Sign in")).click()
    fill_in(opened.value, "anna")
    expect(dialog).to_be_hidden()
    expect(entry(page, "Written before the session ended, sent after.")).to_be_visible()
    expect(page.locator(TEXT)).to_have_value("")
    assert "Written before the session ended" in house.sink.wait_for(customer, count=2)[1].as_string()
    expected(complaints, "Error Code 401")


def expected(complaints: list[str], *words: str) -> None:
    """HTMX writes to the console what the test has brought about."""
    complaints[:] = [line for line in complaints if not any(word in line for word in words)]


def log_in(page: Page, who: str) -> None:
    page.goto("/account/login/")
    fill_in(page, who)
    page.wait_for_url(lambda url: "/account/" not in url)


def fill_in(page: Page, who: str) -> None:
    email, password = credentials(who)
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")


# --- files and long texts --------------------------------------------------------------------------------------------


def test_files_go_up_at_once_each_by_itself_and_are_there_after_a_reload(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("hundred"), "Hundred Files", "A hundred files")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    files = [{"name": f"{n:03}.txt", "mimeType": "text/plain", "buffer": b"%d" % n} for n in range(103)]
    files.insert(5, {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""})
    page.locator("#write-files").set_input_files(files)  # type: ignore[arg-type]
    expect(page.locator("[data-draft-file]")).to_have_count(100, timeout=60_000)
    refused = page.locator("[data-file-list] .refused")
    expect(refused.filter(has_text="empty.txt")).to_be_visible()
    assert refused.count() >= 3
    page.reload()
    expect(page.locator("[data-draft-file]")).to_have_count(100)


def test_a_pasted_picture_becomes_a_file(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("pia"), "Pia Paste", "A pasted picture")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    page.locator(TEXT).click()
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array([137, 80, 78, 71])], "image.png", { type: "image/png" }));
            document.activeElement.dispatchEvent(
                new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.locator("[data-draft-file]")).to_contain_text(re.compile(r"\d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.png"))


def test_more_than_a_message_holds_is_offered_as_a_file(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("hugo"), "Hugo Huge", "A huge paste")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    typed(page, "See below.")
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", "x".repeat(600000));
            document.querySelector("textarea[name=text]").dispatchEvent(
                new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    banner = page.locator("[data-too-long]")
    expect(banner).to_be_visible()
    expect(page.locator(TEXT)).to_have_value("See below.")
    banner.locator("[data-attach-text]").click()
    expect(page.locator("[data-draft-file]")).to_contain_text("text.txt")
    expect(banner).to_be_hidden()


# --- other forms -----------------------------------------------------------------------------------------------------


def test_a_phone_record_keeps_its_draft_when_the_dialog_closes(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("phil"), "Phil Phone", "By phone")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    open_dialog = page.get_by_role("link", name=said("Record a call"))
    open_dialog.click()
    with page.expect_response("**/drafts/save/"):
        page.locator("#dialog textarea").fill("She calls from the train")
    page.locator("#dialog [data-close]").first.click()
    open_dialog.click()
    expect(page.locator("#dialog textarea")).to_have_value("She calls from the train")
    page.locator("#dialog button[type=submit]").click()
    expect(entry(page, "She calls from the train")).to_have_attribute("data-kind", "call")
    open_dialog.click()
    expect(page.locator("#dialog textarea")).to_have_value("")


def test_a_new_ticket_survives_a_refusal_and_another_device_and_shows_what_is_known(
    house: House, sign_in: SignIn
) -> None:
    customer = newcomer("nora")
    number = opened_by_mail(house, customer, "Nora Known", "Known already")
    page = sign_in("anna")
    page.goto("/new/")
    page.locator("input[name=person_q]").fill(customer)
    page.get_by_role("radio", name=customer).check()
    expect(page.locator("#_known_tickets")).to_contain_text(number)
    with page.expect_response("**/drafts/save/"):
        page.locator("textarea[name=text]").fill("He says it is the same again")
    page.locator("input[name=title]").fill("   ")
    page.locator("form.split button[type=submit].btn-primary").click()
    expect(page.locator(".error-summary")).to_be_visible()  # no title
    expect(page.locator("textarea[name=text]")).to_have_value("He says it is the same again")
    other = sign_in("anna")
    other.goto("/new/")
    expect(other.locator("textarea[name=text]")).to_have_value("He says it is the same again")
    expect(other.locator("#_known_tickets")).to_contain_text(number)
    title = other.locator("input[name=title]")
    title.fill("The same again")
    other.locator("form.split button[type=submit].btn-primary").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("The same again")
    other.goto("/new/")
    expect(other.locator("textarea[name=text]")).to_have_value("")
