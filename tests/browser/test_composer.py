"""Writing on a ticket: two drafts that never mix, nothing typed is ever lost, two tabs, several readers."""

from __future__ import annotations

from playwright.sync_api import APIResponse, Page, Route, expect

from tests.browser.conftest import SignIn, said
from tests.browser.letters import newcomer
from tests.browser.test_walk import entry, opened_by_mail, write_note
from tests.house import House


def reply_box(page: Page) -> object:
    return page.locator("textarea[name=text]")


def test_drafts_of_reply_and_note_are_separate_and_survive_a_reload(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("dora"), "Dora Draft", "Two drafts")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    page.locator("textarea[name=text]").fill("For the customer")
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    expect(page.locator("textarea[name=text]")).to_be_hidden()
    expect(page.locator("textarea[name=note]")).to_have_value("")
    page.locator("textarea[name=note]").fill("For us alone")

    page.reload()
    expect(page.locator("textarea[name=note]")).to_have_value("For us alone")  # on the side where she was
    expect(page.locator("textarea[name=text]")).to_be_hidden()
    page.locator("[data-compose=reply]").click()
    expect(page.locator("textarea[name=text]")).to_have_value("For the customer")

    # saving the note leaves the reply's draft where it is, also after another reload
    page.locator("[data-compose=note]").click()
    page.locator("button.if-note[type=submit]").click()
    expect(entry(page, "For us alone")).to_have_attribute("data-kind", "note")
    page.reload()
    page.locator("[data-compose=reply]").click()
    expect(page.locator("textarea[name=text]")).to_have_value("For the customer")
    expect(page.locator("textarea[name=note]")).to_have_value("")


def test_control_enter_sends_what_is_shown_and_nothing_else(house: House, sign_in: SignIn) -> None:
    customer = newcomer("dina")
    number = opened_by_mail(house, customer, "Dina Draft", "Send by keys")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    page.locator("textarea[name=text]").fill("A draft that must not leave")
    page.locator("[data-compose=note]").click()
    page.locator("textarea[name=note]").fill("Said among us")
    page.keyboard.press("Control+Enter")
    expect(entry(page, "Said among us")).to_have_attribute("data-kind", "note")
    page.locator("[data-compose=reply]").click()
    expect(page.locator("textarea[name=text]")).to_have_value("A draft that must not leave")
    page.locator("textarea[name=text]").fill("This one leaves")
    page.keyboard.press("Control+Enter")
    expect(entry(page, "This one leaves")).to_have_attribute("data-kind", "reply")
    mails = house.sink.wait_for(customer, count=2)
    assert "This one leaves" in mails[1].as_string()
    assert "must not leave" not in "".join(mail.as_string() for mail in mails)


def test_a_refused_reply_keeps_what_was_typed(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("rufus"), "Rufus Refused", "A wrong copy")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    page.locator("textarea[name=text]").fill("A long and careful answer.")
    page.locator("details.cc summary").click()
    page.locator("input[name=cc]").fill("this is no address")
    page.locator(".send-to button").click()
    expect(page.locator("#write-error")).to_be_visible()
    expect(page.locator("#write-error")).to_be_focused()
    expect(page.locator("textarea[name=text]")).to_have_value("A long and careful answer.")
    expect(page.locator("input[name=cc]")).to_have_value("this is no address")
    page.locator("input[name=cc]").fill("")
    page.locator(".send-to button").click()
    expect(entry(page, "A long and careful answer.")).to_have_attribute("data-kind", "reply")
    expect(page.locator("#write-error")).to_have_count(0)


def test_an_empty_reply_is_refused_in_words(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("emma"), "Emma Empty", "Nothing to say")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    page.locator(".send-to button").click()
    expect(page.locator("#write-error")).to_be_visible()
    assert len(house.sink.wait_for("emma.")) == 1


def test_two_tabs_and_two_agents_see_one_truth(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("tessa"), "Tessa Tab", "Two tabs")
    here = sign_in("anna")
    there = here.context.new_page()
    other = sign_in("root")
    for page in (here, there, other):
        page.goto(f"/ticket/{number}/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Two tabs")
    there.locator("textarea[name=text]").fill("I am still typing here")
    write_note(here, "Seen by all")
    expect(entry(there, "Seen by all")).to_be_visible(timeout=15_000)
    expect(entry(other, "Seen by all")).to_be_visible(timeout=15_000)
    expect(there.locator("textarea[name=text]")).to_have_value("I am still typing here")
    other.locator("button[data-key=e]").click()
    expect(here.locator("#_ticket_head .status")).to_have_attribute("data-status", "solved", timeout=15_000)
    expect(there.locator("textarea[name=text]")).to_have_value("I am still typing here")


def test_an_act_and_a_live_hint_that_cross_both_reach_the_page(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("cross"), "Cora Cross", "Crossing answers")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/status/", lambda route: held.append((route, route.fetch())))
    page.locator("button[data-key=e]").click()
    with page.expect_response(
        lambda got: f"/ticket/{number}/props/" in got.url
    ):  # the hint of this very act comes before its answer
        pass
    expect(page.locator("#_ticket_head .status")).to_have_attribute("data-status", "solved")
    page.locator("#_ticket_head .status").evaluate("(status) => { status.dataset.status = 'stale'; }")
    [(route, answer)] = held
    route.fulfill(response=answer)
    expect(page.locator("#_ticket_head .status")).to_have_attribute("data-status", "solved")


def test_a_chosen_file_can_be_left_out_again(house: House, sign_in: SignIn) -> None:
    customer = newcomer("fiona")
    number = opened_by_mail(house, customer, "Fiona File", "Files")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    page.locator("textarea[name=text]").fill("One of two files.")
    for name in ("wrong.txt", "right.txt"):
        page.locator("#write-files").set_input_files(
            {"name": name, "mimeType": "text/plain", "buffer": f"{name}\n".encode()}
        )
    expect(page.locator("[data-file-list] li")).to_have_count(2)
    page.get_by_role("button", name=f"{said('Remove')}: wrong.txt").click()
    expect(page.locator("[data-file-list] li")).to_have_count(1)
    page.locator(".send-to button").click()
    expect(entry(page, "One of two files.")).to_be_visible()
    mail = house.sink.wait_for(customer, count=2)[1]
    assert [part.get_filename() for part in mail.iter_attachments()] == ["right.txt"]


def test_a_promise_is_shown_beside_the_ticket_and_to_the_customer(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("petra"), "Petra Promise", "When will you answer")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    page.locator("[data-compose=note]").click()
    page.locator("textarea[name=note]").fill("I take this over.")
    page.locator("select[name=by_when]").select_option("other")
    page.locator("input[name=by_when_other]").fill("2031-05-06T07:30")
    page.keyboard.press("Control+Enter")
    if entry(page, "I take this over.").count() == 0:
        page.locator("button.if-note[type=submit]").click()
    expect(entry(page, "I take this over.")).to_be_visible()
    expect(page.locator(f"#_props_{number}")).to_contain_text("07:30")
