"""The builder of filters and saved views in a real browser: by keys, live, in groups, on a phone, without script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, SignIn
from tests.browser.test_accessibility import violations

TEAMS = "/inbox/teams/"


def field(page: Page, path: str) -> Any:
    return page.locator(f"[id='field-{path}']")


def choose(page: Page, path: str, name: str, op: str = "") -> None:
    """Field and operator of a row; each brings the inputs that fit."""
    field(page, path).select_option(name)
    page.locator(f"[name='was.{path}'][value^='{name} ']").wait_for(state="attached")
    if op:
        page.locator(f"[id='op-{path}']").focus()
        page.locator(f"[id='op-{path}']").select_option(op)
        expect(page.locator(f"[id='op-{path}']")).to_have_value(op)


def test_f_builds_a_filter_with_a_live_sentence_and_count(sign_in: SignIn) -> None:
    page = sign_in("anna")
    page.goto(TEAMS)
    page.keyboard.press("f")
    dialog = page.locator("#dialog[open]")
    expect(field(page, "0.0")).to_be_focused()
    choose(page, "0.0", "title", "contains")
    expect(page.locator("[id='op-0.0']")).to_be_focused()  # it keeps the focus when its row is brought again
    page.keyboard.press("Tab")
    page.keyboard.type("NYOMTATO")
    said = page.locator("#_condition_preview")
    expect(said).to_contain_text("„NYOMTATO”")
    count = re.search(r"\d+", said.inner_text())
    assert count is not None
    assert int(count[0]) > 0
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/teams/?f=title:contains:NYOMTATO")
    expect(dialog).to_have_count(0)
    expect(page.locator(".tickets tbody tr")).to_have_count(int(count[0]))
    expect(page.locator(".chip").first).to_contain_text("NYOMTATO")
    page.locator(".chip-off").click()
    page.wait_for_url(lambda url: url.endswith(TEAMS))


def test_tags_are_found_by_typing_and_taken_by_keys(sign_in: SignIn) -> None:
    page = sign_in("anna")
    page.goto(TEAMS)
    page.keyboard.press("f")
    choose(page, "0.0", "tag", "in")
    search = page.locator("[id='find-0.0']")
    search.focus()
    page.keyboard.type("nyomtato")
    expect(page.locator(".condition-choices .check").first).to_contain_text("nyomtató")
    page.keyboard.press("Enter")
    expect(page.locator(".condition-choices :checked")).to_have_count(1)
    expect(page.locator("#_condition_preview")).to_contain_text("nyomtató")
    search.fill("")
    expect(page.locator(".condition-choices input").nth(3)).to_be_visible()
    expect(page.locator(".condition-choices :checked")).to_have_count(1)  # what is chosen stays
    search.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator(".condition-choices :checked")).to_have_count(2)
    page.locator("#dialog footer [type=submit]").click()
    page.wait_for_url(re.compile(r"f=tag:in:\d+,\d+"))


def test_groups_stand_in_groups_and_rows_go_again(sign_in: SignIn) -> None:
    page = sign_in("anna")
    page.goto("/inbox/all/?f=open:is:yes")
    page.keyboard.press("f")
    page.locator("button[value='group.0']").click()
    expect(field(page, "0.1.0")).to_be_focused()
    choose(page, "0.1.0", "owner", "empty")
    page.locator("[id='how-0.1']").select_option("none")
    expect(page.locator("#_condition_preview")).to_contain_text("Egyik sem")
    page.locator("[id='add-0.1']").click()
    expect(field(page, "0.1.1")).to_be_focused()
    page.locator("button[value='drop.0.1.1']").click()
    expect(field(page, "0.1.1")).to_have_count(0)
    expect(page.locator("#_condition_preview")).to_contain_text("Egyik sem: Felelős: nincs")
    page.locator("#dialog footer [type=submit]").click()
    page.wait_for_url("**where=**")
    expect(page.locator(".chip")).to_have_count(3)  # two filters, and the button for more


def test_an_unfinished_row_is_told_in_the_dialog(sign_in: SignIn) -> None:
    page = sign_in("anna")
    page.goto(TEAMS)
    page.keyboard.press("f")
    choose(page, "0.0", "title", "contains")
    page.locator("#add-0").click()
    expect(field(page, "0.1")).to_be_focused()
    page.locator("#dialog footer [type=submit]").click()
    expect(page.locator("#dialog [role=alert]")).to_be_visible()
    expect(field(page, "0.0")).to_have_value("title")


def test_a_view_is_saved_renamed_and_removed(sign_in: SignIn) -> None:
    page = sign_in("anna")
    page.goto("/inbox/teams/?f=priority:at_least:3")
    page.locator("#_view_tabs a[href*='/saved/add/']").click()
    page.locator("#dialog[open] input[name=name]").fill("Magas a böngészőből")
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/saved/*/")
    expect(page.locator("h1")).to_have_text("Magas a böngészőből")
    tab = page.locator("#_view_tabs [aria-current=page]")
    expect(tab).to_contain_text("Magas a böngészőből")
    rows = page.locator(".tickets tbody tr").count()
    expect(tab.locator(".count")).to_have_text(str(rows))

    page.goto("/inbox/saved/")
    item = page.locator(".saved-views li", has_text="Magas a böngészőből")
    item.locator("a[href$='/name/']").click()
    page.locator("#dialog[open] input[name=name]").fill("Sürgős a böngészőből")
    page.keyboard.press("Enter")
    item = page.locator(".saved-views li", has_text="Sürgős a böngészőből")
    item.locator("form[action$='/remove/'] button").click()
    expect(item).to_have_count(0)


def test_the_builder_works_without_script(sign_in: SignIn) -> None:
    page = sign_in("anna", java_script_enabled=False)
    page.goto(TEAMS)
    page.locator(".chip-add").click()
    field(page, "0.0").select_option("title")
    page.locator("button[value=update]").click()
    page.locator("[id='value-0.0']").fill("nyomtat")
    page.locator("[id='add-0']").click()
    field(page, "0.1").select_option("customer")
    page.locator("button[value=update]").click()
    page.locator("[id='op-0.1']").select_option("not_empty")
    page.locator(".dialog-page footer [type=submit]").click()
    page.wait_for_url("**/inbox/teams/?f=title:contains:nyomtat;customer:not_empty")
    expect(page.locator(".tickets tbody tr").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_open_builder_fits_a_phone_and_pleases_the_accessibility_checker(sign_in: SignIn, scheme: str) -> None:
    page = sign_in("anna", viewport=PHONE, color_scheme=scheme, bypass_csp=True)
    page.goto("/inbox/teams/?f=tag:not_empty;opened:last:7d;status:in:new,open;priority:at_least:2;customer:is:1")
    page.locator(".chip-add").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog.locator(".condition-row")).to_have_count(5)
    assert dialog.evaluate("(element) => element.scrollWidth - element.clientWidth") <= 0
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    assert violations(page, within="#dialog") == []
