"""The keys of ui.md, and what a page does without a mouse or without script."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn, credentials
from tests.browser.letters import newcomer
from tests.browser.sitemap import ENGLISH_ADMIN
from tests.browser.test_walk import entry, opened_by_mail
from tests.house import House

LIST = "/inbox/all/"


def cursor_at(page: Page) -> int:
    """Which row has the cursor; -1 for none."""
    rows = page.locator(".tickets tbody tr[id]")
    return next((at for at in range(rows.count()) if rows.nth(at).get_attribute("data-cursor") is not None), -1)


def test_j_and_k_move_the_cursor_and_stop_at_the_ends(sign_in: SignIn) -> None:
    page = sign_in("anna")
    page.goto(LIST)
    seen = []
    for key in ("j", "j", "j", "k", "k", "k"):
        page.keyboard.press(key)
        seen.append(cursor_at(page))
    assert seen == [0, 1, 2, 1, 0, 0]
    focused = page.evaluate("() => document.activeElement.closest('tr').id")
    assert focused == page.locator(".tickets tbody tr[id]").first.get_attribute("id")


def test_x_selects_the_row_and_escape_lets_go(sign_in: SignIn) -> None:
    page = sign_in("anna")
    page.goto(LIST)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator(".tickets tbody :checked")).to_have_count(2)
    expect(page.locator("[data-selected-count]").first).to_have_text("2")
    expect(page.locator(".bulk")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".tickets tbody :checked")).to_have_count(0)
    expect(page.locator(".bulk")).to_be_hidden()


@pytest.mark.parametrize("key", ["o", "Enter"])
def test_o_and_enter_open_the_row_and_u_leads_back_to_it(sign_in: SignIn, key: str) -> None:
    page = sign_in("anna")
    page.goto(LIST)
    page.keyboard.press("j")
    page.keyboard.press("j")
    number = page.locator(".tickets tr[data-cursor] .c-num").inner_text().strip()
    page.keyboard.press(key)
    page.wait_for_url(f"**/ticket/{number}/**")
    page.keyboard.press("u")
    page.wait_for_url(f"**{LIST}")
    expect(page.locator(".tickets tr[data-cursor] .c-num")).to_contain_text(number)


def test_r_and_m_go_to_the_reply_and_the_note_but_are_letters_while_typing(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("mara"), "Mara Marmara", "Letters and keys")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    page.keyboard.press("m")
    expect(page.locator("textarea[name=note]")).to_be_focused()
    page.keyboard.type("marmara")
    expect(page.locator("textarea[name=note]")).to_have_value("marmara")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator("textarea[name=text]")).to_be_focused()
    expect(page.locator("textarea[name=text]")).to_have_value("")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_url("**/new/")
    expect(page.locator("input[name=person_q]")).to_be_focused()


def test_control_k_searches_from_anywhere(sign_in: SignIn, samples: dict[str, Any]) -> None:
    page = sign_in("anna")
    page.goto(f"/ticket/{samples['busy']}/")
    page.locator(".composer textarea:visible").first.click()
    page.keyboard.press("Control+k")
    expect(page.locator("dialog.palette input")).to_be_focused()
    page.keyboard.type(samples["closed"])
    expect(page.locator("dialog.palette [role=option]").first).to_contain_text(samples["closed"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/ticket/{samples['closed']}/**")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert samples["closed"] in page.content()


def test_the_list_of_keys_opens_by_a_question_mark_and_gives_the_focus_back(sign_in: SignIn) -> None:
    page = sign_in("anna")
    page.goto(LIST)
    page.keyboard.press("j")
    before = page.evaluate("() => document.activeElement.id")
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    page.keyboard.press("j")
    assert cursor_at(page) == 0, "keys do not reach through a dialog"
    page.keyboard.press("Escape")
    expect(page.locator("dialog#keys")).to_be_hidden()
    assert page.evaluate("() => document.activeElement.id") == before


def test_a_fetched_dialog_starts_at_its_first_field_and_gives_the_focus_back(
    sign_in: SignIn, samples: dict[str, Any]
) -> None:
    page = sign_in("anna")
    page.goto(f"/ticket/{samples['busy']}/")
    opener = page.locator("#_ticket_head a[hx-target='#dialog']").first
    opener.focus()
    opener.press("Enter")
    expect(page.locator("dialog#dialog")).to_be_visible()
    assert page.evaluate("() => document.activeElement.matches('#dialog :is(input, select, textarea)')")
    page.keyboard.press("Escape")
    expect(page.locator("dialog#dialog")).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_menu_opens_by_its_key_walks_by_arrows_and_closes_by_escape(sign_in: SignIn, samples: dict[str, Any]) -> None:
    page = sign_in("anna")
    page.goto(f"/ticket/{samples['busy']}/")
    page.keyboard.press("s")
    menu = page.locator("details.menu[open] .menu-list")
    expect(menu.locator("button").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(menu.locator("button").nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("details.menu[open]")).to_have_count(0)
    expect(page.locator("summary[data-key=s]")).to_be_focused()


def test_the_skip_link_is_first_and_leads_to_the_content(sign_in: SignIn) -> None:
    page = sign_in("anna")
    page.goto(LIST)
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_the_chosen_theme_stays(sign_in: SignIn) -> None:
    page = sign_in("anna", color_scheme="light")
    page.goto(LIST)
    before = background(page)
    page.locator("[data-theme-toggle]").click()
    dark = background(page)
    assert dark != before
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert background(page) == dark
    page.goto("/profile/")
    page.locator("[data-theme-toggle]").click()
    page.goto(LIST)
    assert background(page) == before


def background(page: Page) -> str:
    return str(page.evaluate("() => getComputedStyle(document.body).backgroundColor"))


# --- going, searching, walking ---------------------------------------------------------------------------------------

GOALS = {
    "i": "/inbox/",
    "m": "/inbox/mine/",
    "t": "/inbox/teams/",
    "u": "/inbox/unassigned/",
    "d": "/inbox/due/",
    "p": "/promises/",
    "e": "/inbox/pending/",
    "w": "/inbox/watched/",
    "c": "/inbox/closed/",
    "a": "/inbox/all/",
    "g": "/groups/",
    "q": "/setup/quarantine/",
    "h": "/profile/",
    "s": "/setup/",
}


def test_g_and_a_letter_go_to_each_place(sign_in: SignIn) -> None:
    page = sign_in("root")
    page.goto("/tags/")
    said = page.evaluate("() => [...document.querySelectorAll('[data-go]')].map((each) => each.dataset.go)")
    assert sorted(said) == sorted(GOALS), "the list of keys says all of them"
    for letter, address in GOALS.items():
        page.goto("/tags/")
        page.keyboard.press("g")
        page.keyboard.press(letter)
        page.wait_for_url(f"**{address}")
    anna = sign_in("anna")
    anna.goto("/tags/")
    anna.keyboard.press("g")
    anna.keyboard.press("s")
    anna.keyboard.press("g")
    anna.keyboard.press("h")
    anna.wait_for_url("**/profile/")  # S led her nowhere


def test_brackets_lead_to_the_next_ticket_of_the_list_and_back(sign_in: SignIn) -> None:
    page = sign_in("anna")
    page.goto(LIST)
    first, second = page.locator(".tickets tr[data-number]").evaluate_all(
        "(rows) => rows.slice(0, 2).map((row) => row.dataset.number)"
    )
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url(f"**/ticket/{first}/**")
    page.keyboard.press("]")
    page.wait_for_url(f"**/ticket/{second}/**")
    page.keyboard.press("[")
    page.wait_for_url(f"**/ticket/{first}/**")


def test_a_slash_searches_and_while_writing_offers_templates(sign_in: SignIn, samples: dict[str, Any]) -> None:
    page = sign_in("anna")
    page.goto(LIST)
    page.keyboard.press("/")
    expect(page.locator("dialog.palette input")).to_be_focused()
    page.keyboard.press("Escape")
    page.goto("/search/?q=nyomtat")
    page.keyboard.press("/")
    expect(page.locator("main input[name=q]")).to_be_focused()
    page.goto(f"/ticket/{samples['busy']}/")
    page.keyboard.press("/")
    expect(page.locator("dialog.palette input")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator("textarea[name=text]")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator(".suggest, [role=listbox]").locator("visible=true").first).to_be_visible()
    expect(page.locator("dialog.palette")).to_be_hidden()


@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("anna", "/promises/"),
        ("anna", "/notices/"),
        ("anna", "/tags/"),
        ("root", "/setup/teams/"),
        ("anna", "/groups/"),
    ],
)
def test_j_k_and_o_walk_every_list(sign_in: SignIn, who: str, address: str) -> None:
    page = sign_in(who)
    page.goto(address)
    rows = page.locator("[data-rows] > :has(a)")
    assert rows.count() > 1
    for key, at in (("j", 0), ("j", 1), ("k", 0), ("j", 1)):
        page.keyboard.press(key)
        expect(rows.nth(at)).to_have_attribute("data-cursor", "")
        expect(page.locator("[data-cursor]")).to_have_count(1)
    led_to = rows.nth(1).locator("a").first.get_attribute("href")
    assert led_to is not None
    page.keyboard.press("o")
    page.wait_for_url(f"**{led_to.partition('#')[0]}**")
    page.go_back()
    expect(page.locator("[data-cursor]")).to_have_count(1)


def test_drafts_are_walked_too(house: House, sign_in: SignIn) -> None:
    page = sign_in("anna")
    for n in range(2):
        number = opened_by_mail(house, newcomer("walk"), "Walter Walk", f"A draft to walk over {n}")
        page.goto(f"/ticket/{number}/")
        page.keyboard.press("m")
        with page.expect_response("**/drafts/save/"):
            page.keyboard.type("Begun and left.")
    page.goto("/drafts/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".draft-lines > li").nth(1)).to_have_attribute("data-cursor", "")


# --- the list of keys ------------------------------------------------------------------------------------------------


def keys_that_work(page: Page) -> list[str]:
    """What the list of keys offers on this page: "keys: what they do"."""
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    lines = page.locator("dialog#keys .key-list > div:not([data-off])").evaluate_all(
        "(lines) => lines.map((line) => [...line.querySelectorAll('kbd')].map((key) => key.textContent).join(' ')"
        " + ': ' + line.querySelector('dt').firstChild.textContent.trim())"
    )
    page.keyboard.press("Escape")
    return list(lines)


@pytest.mark.usefixtures("english")
def test_the_list_of_keys_says_what_each_does_on_this_page(sign_in: SignIn, samples: dict[str, Any]) -> None:
    page = sign_in(ENGLISH_ADMIN)
    page.goto(LIST)
    in_list = keys_that_work(page)
    for line in ("J K: Down, up", "Shift A: Select the page, then the whole view", "/: Search", "O Enter: Open"):
        assert line in in_list
    assert not [line for line in in_list if "With a selection" in line or "Template" in line]
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert "A S P T G: With a selection: assign, status, priority, tag, group" in keys_that_work(page)

    page.goto(f"/ticket/{samples['busy']}/")
    on_ticket = keys_that_work(page)
    for line in ("E: Solved", "G: Add to a group", "P: Priority", ".: More acts", "U: Back to the list"):
        assert line in on_ticket
    assert "/: Template, at the beginning of a line" in on_ticket
    assert "E: Close the group" not in on_ticket

    page.goto(f"/groups/{samples['group']}/")
    on_group = keys_that_work(page)
    assert [line for line in on_group if line[:2] in ("E:", "G:")] == ["G: Add a ticket", "E: Close the group"]
    page.goto("/centre/board/")
    assert "W: Wall view" in keys_that_work(page)
    assert "H: Hold, take off hold" not in keys_that_work(page)


# --- without script -------------------------------------------------------------------------------------------------


def test_an_agent_can_work_without_script(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("peter"), "Peter Plain", "No script here")
    page = sign_in(None, java_script_enabled=False)
    page.goto("/account/login/")
    email, password = credentials("ben")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url("**/inbox/**")
    expect(page.locator(".tickets tbody tr").first).to_be_visible()

    email, password = credentials("anna")
    page = sign_in("anna", java_script_enabled=False)
    page.goto("/inbox/unassigned/")
    page.get_by_role("link", name="No script here").first.click()
    expect(entry(page, "No script here. Can you help me")).to_be_visible()
    page.locator("textarea[name=text]").fill("We answer without script as well.")
    page.locator(".send-to button").click()
    expect(entry(page, "We answer without script as well.")).to_be_visible()
    page.locator("[data-compose=note]").click()
    page.locator("textarea[name=note]").fill("Only for us.")
    page.locator("button.if-note[type=submit]").click()
    expect(entry(page, "Only for us.")).to_have_attribute("data-kind", "note")
    page.locator("summary[data-key=s]").click()
    page.locator(f"#_props_{number} button[name=to][value=waiting]").click()
    expect(page.locator("#_ticket_head .status")).to_have_attribute("data-status", "wait")


def test_a_customer_can_use_the_portal_without_script(house: House, sign_in: SignIn) -> None:
    page = sign_in("kovacs.anna", java_script_enabled=False)
    page.goto("/portal/")
    page.locator("input[name=title]").fill("Nem nyomtat a nyomtató")
    page.locator(".hero button[type=submit]").click()
    expect(page.locator("input[name=title]")).to_have_value("Nem nyomtat a nyomtató")
    for name in ("kind", "hindrance"):
        page.locator(f"input[name={name}]").first.check(force=True)
    page.locator("textarea[name=text]").fill("Reggel óta csak villog.")
    page.locator("main form button[type=submit]").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nem nyomtat a nyomtató")
    page.locator("textarea[name=text]").fill("Azóta piros is.")
    page.locator("#answer button[type=submit]").first.click()
    expect(page.locator("article", has_text="Azóta piros is.")).to_be_visible()
