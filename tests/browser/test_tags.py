"""Tags as lists to be worked, in a real browser: figures, completion by keys, one answer to all, rules and joining."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, SignIn, said
from tests.browser.test_accessibility import COLOURS, violations

PAGES = ("/tags/", "/tags/{answered_tag}/", "/setup/tags/{tag}/", "/setup/arrival/", "/setup/arrival/{rule}/")


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("address", PAGES)
def test_each_page_of_tags_is_for_everybody_in_both_themes(
    sign_in: SignIn, samples: dict[str, Any], address: str
) -> None:
    page = sign_in("root", bypass_csp=True)
    page.goto(address.format(**samples))
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, COLOURS) == [], "in the dark"
    page.emulate_media(color_scheme="light")
    for width in (1024, PHONE["width"]):
        page.set_viewport_size({"width": width, "height": 900})
        assert fits(page), width
    small = page.evaluate("""() => [...document.querySelectorAll("main a, main button, main input, main summary")]
      .filter((each) => each.checkVisibility() && !each.closest("p, small, td, th, li, dd, .vh"))
      .filter((each) => { const box = each.getBoundingClientRect(); return box.width < 24 || box.height < 24; })
      .filter((each) => !(each.labels && each.labels.length)).map((each) => each.outerHTML.slice(0, 90))""")
    assert small == []


def test_the_tags_lead_to_the_list_of_one(sign_in: SignIn) -> None:
    page = sign_in("anna")
    page.goto("/tags/")
    page.locator("#tags-q").fill("tavmunka")  # another word, without accents
    page.keyboard.press("Enter")
    row = page.locator(".tag-table tbody tr")
    expect(row).to_have_count(1)
    count = row.locator("td.n").inner_text()
    row.get_by_role("link", name="vpn").click()
    page.wait_for_url("**/tags/*/")
    expect(page.locator("h1")).to_have_text("vpn")
    expect(page.locator(".tag-facts .big")).to_have_text(count)
    expect(page.locator(".tickets tbody tr")).to_have_count(int(count))
    page.keyboard.press("u")
    page.wait_for_url("**/tags/")


def test_a_tag_is_completed_by_keys_on_the_ticket_and_another_word_gives_it(
    sign_in: SignIn, samples: dict[str, Any]
) -> None:
    page = sign_in("anna", bypass_csp=True)
    page.goto(f"/ticket/{samples['busy']}/")
    tag = page.locator("[id^=_props] .tag", has_text="szerződés")
    expect(tag).to_have_count(0)
    page.keyboard.press("t")
    page.locator("#props-tag").press_sequentially("szerzod")
    option = page.locator(".suggestion[aria-selected=true]")
    expect(option).to_contain_text("szerződés")
    assert violations(page, within="details.menu[open]") == []
    page.keyboard.press("Enter")
    expect(tag).to_have_count(1)
    page.keyboard.press("t")
    page.locator("#props-tag").press_sequentially("printe")
    expect(page.locator(".suggestion").first).to_contain_text("printer → nyomtató")
    page.keyboard.press("Escape")
    page.locator("#props-tag").fill("printer")
    page.locator("#props-tag").press("Escape")
    page.keyboard.press("Escape")
    tag.get_by_role("button").click()
    expect(tag).to_have_count(0)


def test_what_is_typed_new_stays_possible(sign_in: SignIn) -> None:
    page = sign_in("anna")
    page.goto("/new/")
    field = page.locator("#id_tags")
    field.fill("")  # a draft may hold what was typed before
    field.press_sequentially("nyomt")
    options = page.locator(".suggestion")
    expect(options.first).to_contain_text("nyomtató")
    page.keyboard.press("Enter")
    expect(field).to_have_value("nyomtató, ")
    field.press_sequentially("vp")
    expect(options.last).to_contain_text(said("new tag"))
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(field).to_have_value("nyomtató, vp, ")
    expect(field).to_be_focused()


def test_the_dry_run_of_one_answer_to_all_says_who_gets_what(sign_in: SignIn, samples: dict[str, Any]) -> None:
    page = sign_in("ben", bypass_csp=True)
    page.goto(f"/tags/{samples['answered_tag']}/")
    page.get_by_role("button", name=said("Answer all…")).click()
    dialog = page.locator("#dialog[open]")
    expect(dialog).to_contain_text("{customer}")
    expect(dialog.get_by_role("button", name="megválaszolása")).to_be_focused()
    assert violations(page, within="#dialog") == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_rule_is_built_tried_and_saved(sign_in: SignIn) -> None:
    page = sign_in("root", bypass_csp=True)
    page.goto("/setup/arrival/add/")
    page.locator("#id_name").fill("Toner a tárgyban")
    page.locator("[id='field-0.0']").select_option("title")
    page.locator("[name='was.0.0'][value^='title ']").wait_for(state="attached")
    page.locator("[id='value-0.0']").fill("toner")
    page.locator("#id_tags").press_sequentially("nyomtat")
    expect(page.locator(".suggestion").first).to_contain_text("nyomtató")
    page.keyboard.press("Enter")
    page.get_by_role("button", name=said("Try it on past tickets")).click()
    expect(page.locator("#_arrival_trial li").first).to_contain_text("oner")
    assert violations(page) == []
    page.locator("form[data-conditions] button.btn-primary").click()
    page.wait_for_url("**/setup/arrival/")
    row = page.locator("tr", has_text="Toner a tárgyban")
    row.get_by_role("button", name=said("Switch off")).click()
    expect(row.get_by_role("button", name=said("Switch on"))).to_be_focused()
    row.locator("button[name=up]").click()
    expect(row.locator("button[name=up]")).to_be_focused()


def test_a_rule_is_built_without_script(sign_in: SignIn) -> None:
    page = sign_in("root", java_script_enabled=False)
    page.goto("/setup/arrival/add/")
    page.locator("#id_name").fill("Script nélkül")
    page.locator("[id='field-0.0']").select_option("title")
    page.locator("button[name=do][value=update]").click()
    page.locator("[id='value-0.0']").fill("nyomtat")
    page.locator("#id_tags").fill("printer")
    page.locator("button[name=do][value=try]").click()
    expect(page.locator("#_arrival_trial li").first).to_be_visible()
    expect(page.locator("#id_name")).to_have_value("Script nélkül")
    page.locator("form[data-conditions] button.btn-primary").click()
    page.wait_for_url("**/setup/arrival/")
    expect(page.locator("tr", has_text="Script nélkül")).to_contain_text("nyomtató")


def test_a_tag_is_joined_into_another(sign_in: SignIn) -> None:
    page = sign_in("root")
    page.goto("/setup/tags/add/")
    page.locator("#id_name").fill("tűzfal")
    page.locator("main button.btn-primary").click()
    page.goto("/setup/tags/?q=tűzfal")
    page.locator("a.tag", has_text="tűzfal").click()
    page.locator("#id_into").press_sequentially("halozat")
    expect(page.locator(".suggestion").first).to_contain_text("hálózat")
    page.keyboard.press("Enter")
    expect(page.locator("#id_into")).to_have_value("hálózat")
    page.get_by_role("button", name=said("Join"), exact=True).click()
    expect(page.locator("h1")).to_have_text("hálózat")
    expect(page.locator("#id_synonyms")).to_have_value("network, tűzfal")
