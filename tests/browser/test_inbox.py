"""Lists in a real browser: order and pages, columns, by tag, and acts on many with a dry run and a result."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, SignIn, said
from tests.browser.letters import newcomer
from tests.browser.test_accessibility import violations
from tests.browser.test_walk import opened_by_mail
from tests.house import House

TEAMS = "/inbox/teams/"


def numbers(page: Page) -> list[str]:
    """The tickets of the page, in order."""
    rows = page.locator(".tickets tbody tr[data-number]")
    return [str(row.get_attribute("data-number")) for row in rows.all()]


def titles(page: Page) -> list[str]:
    links = page.locator(".tickets tbody .c-title a[id^='open-']")
    return [str(title) for title in links.evaluate_all("links => links.map(link => link.lastChild.textContent.trim())")]


def alphabetical(title: str) -> str:
    """As a Hungarian reader sorts."""
    plain = title.lower().translate(str.maketrans("áéíóőúű", "aeioöuü", "„“”\"'«»("))
    return plain.replace("ö", "o~").replace("ü", "u~")


def box(page: Page, number: str) -> Locator:
    return page.locator(f"#select-{number}")


def chosen(page: Page) -> Locator:
    return page.locator("[data-selected-count]").first


def act(page: Page, key: str, button: str) -> Locator:
    """Opens the menu of this key in the bar and presses the button; the dialog with the dry run."""
    page.keyboard.press(key)
    page.locator(f".bulk {button}").click()
    dialog = page.locator("#dialog[open]")
    dialog.locator(".dry-run").wait_for()
    return dialog


def go(dialog: Locator) -> None:
    """From the dry run to the result."""
    dialog.locator("footer button[type=submit]").click()
    dialog.locator(".bulk-result").wait_for()


@pytest.fixture
def three(house: House) -> list[str]:
    """Three new tickets that nobody has taken."""
    mark = uuid.uuid4().hex[:6]
    return [opened_by_mail(house, newcomer("bulk"), "Bulk Sender", f"Bulk {n} {mark}") for n in range(3)]


@pytest.fixture
def usual_columns(sign_in: SignIn) -> Iterator[None]:
    """However the test leaves them."""
    yield
    page = sign_in("anna")
    page.goto("/inbox/columns/teams/")
    page.locator("button[value=reset]").click()
    page.wait_for_url("**/inbox/teams/")


# --- order and pages -------------------------------------------------------------------------------------------------


def test_every_head_sorts_both_ways_and_pages_follow_the_order(sign_in: SignIn) -> None:
    page = sign_in("anna")
    page.goto(TEAMS)
    page.locator("#sort-title").click()
    page.wait_for_url("**sort=title")
    head = page.locator("th.c-title")
    expect(head).to_have_attribute("aria-sort", "ascending")
    first = titles(page)
    page.locator(".pager a[rel=next]").click()
    page.wait_for_url("**after=**")
    both = first + titles(page)
    assert both == sorted(both, key=alphabetical)
    assert len(both) > len(first) == 40
    page.locator(".pager a[rel=prev]").click()
    page.wait_for_url("**before=**")
    assert titles(page) == first

    page.locator("#sort-title").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**sort=-title")
    expect(head).to_have_attribute("aria-sort", "descending")
    turned = titles(page)
    assert turned == sorted(turned, key=alphabetical, reverse=True)
    assert alphabetical(turned[0]) >= alphabetical(both[-1])
    for column in ("priority", "number", "customer", "status", "due", "owner", "changed"):
        page.locator(f"#sort-{column}").click()
        expect(page.locator("th[aria-sort]")).to_have_count(1)
        expect(page.locator("th[aria-sort] a")).to_have_id(f"sort-{column}")


def test_the_order_works_without_script(sign_in: SignIn) -> None:
    page = sign_in("anna", java_script_enabled=False)
    page.goto(TEAMS)
    page.locator("#sort-title").click()
    page.wait_for_url("**sort=title")
    page.locator(".pager a[rel=next]").click()
    page.wait_for_url("**after=**")
    expect(page.locator("th.c-title")).to_have_attribute("aria-sort", "ascending")


# --- columns ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("usual_columns")
def test_columns_are_chosen_ordered_kept_and_reset(sign_in: SignIn) -> None:
    page = sign_in("anna")
    page.goto(TEAMS)
    usual = page.locator(".tickets thead a.sort").count()
    page.locator(".columns-open").click()
    dialog = page.locator("#dialog[open]")
    dialog.locator("#show-team").check()
    dialog.locator("#show-due").uncheck()
    for _n in range(3):
        up = dialog.locator("#up-team")
        up.press("Enter")
        expect(up).to_be_focused()
    dialog.locator("button[value=save]").click()
    expect(page.locator("#sort-team")).to_be_visible()
    heads = page.locator(".tickets thead a.sort")
    expect(heads).to_have_count(usual)
    keys = [str(head.get_attribute("id")) for head in heads.all()]
    assert "sort-due" not in keys
    assert keys.index("sort-team") < keys.index("sort-changed")
    page.reload()
    assert [head.get_attribute("id") for head in heads.all()] == keys
    page.locator(".columns-open").click()
    dialog.locator("button[value=reset]").click()
    expect(page.locator("#sort-due")).to_be_visible()
    expect(page.locator("#sort-team")).to_have_count(0)


@pytest.mark.usefixtures("usual_columns")
def test_columns_moved_and_saved_in_one_breath(sign_in: SignIn) -> None:
    """A "Save" pressed while the moved lines were on their way from the server was once lost with the old form."""
    page = sign_in("anna")
    page.goto(TEAMS)
    page.locator(".columns-open").click()
    page.locator("#dialog[open] #show-team").check()
    page.evaluate(
        """() => {
            const press = (selector) => document.querySelector(`#dialog ${selector}`).click();
            for (let n = 0; n < 30; n++) press("#up-team");
            press("button[value=save]");
        }"""
    )
    expect(page.locator(".tickets thead a.sort").first).to_have_id("sort-team")


def test_a_part_that_has_just_come_works_at_once(sign_in: SignIn) -> None:
    """A quick second press once came before HTMX had read the new form, and loaded the whole page instead."""
    page = sign_in("anna")
    page.goto(TEAMS)
    page.evaluate(
        """() => document.addEventListener("htmx:afterSwap", () => setTimeout(
            () => document.querySelector("#dialog [id^='add-']").click()
        ), { once: true })"""
    )
    page.locator(".c-filter, [data-key=f]").first.click()
    expect(page.locator("#dialog[open] [id^='field-']")).to_have_count(2)  # one more condition, in the dialog
    assert page.url.endswith(TEAMS)


# --- by tag ----------------------------------------------------------------------------------------------------------


def test_by_tag_each_problem_is_one_list(sign_in: SignIn) -> None:
    page = sign_in("anna", bypass_csp=True)
    page.goto(TEAMS)
    page.locator(".segmented a").nth(1).click()
    page.wait_for_url("**by=tag")
    groups = page.locator(".group-row")
    expect(groups.first).to_contain_text("levelezés")
    count = int(re.findall(r"\d+", groups.first.locator(".badge").first.inner_text())[0])
    assert 0 < page.locator("tbody").first.locator("tr[data-number]").count() <= count
    assert violations(page) == []

    groups.first.locator("input[name=in_group]").check()
    expect(chosen(page)).to_have_text(str(count))
    dialog = act(page, "p", "button[value=urgent]")
    expect(dialog.locator(".dry-run")).to_contain_text(str(count))
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    groups.first.locator("a.btn").click()
    page.wait_for_url("**group=**")
    assert len(numbers(page)) == count
    expect(page.get_by_role("heading", level=1)).to_contain_text("levelezés")


# --- acts on many ----------------------------------------------------------------------------------------------------


def test_a_selection_is_tried_done_read_again_and_undone(sign_in: SignIn, three: list[str]) -> None:
    page = sign_in("anna", bypass_csp=True)
    page.goto("/inbox/unassigned/")
    for number in three:
        box(page, number).check()
    expect(chosen(page)).to_have_text("3")
    expect(page.locator("#selection-said")).to_have_text("3 jegy kijelölve")
    dialog = act(page, "a", "button[value=take]")
    expect(dialog.locator(".dry-run")).to_contain_text("3 jegyből 3 változik")
    assert violations(page) == []
    go(dialog)
    expect(dialog.locator(".bulk-result tbody tr")).to_have_count(3)
    for number in three:
        expect(dialog.locator("tbody tr", has_text=number)).to_contain_text(said("done"))
    expect(page.locator(f"#t{three[0]}")).to_have_count(0)  # nobody's no more
    expect(page.locator(".bulk")).to_be_hidden()

    dialog.get_by_role("link", name=said("Keep as a page")).click()
    page.wait_for_url(re.compile(r"/inbox/bulk/\d+/$"))
    page.reload()
    for number in three:
        expect(page.locator(".bulk-result tbody tr", has_text=number)).to_be_visible()
    page.get_by_role("button", name=said("Undo")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(said("Undo: %(act)s").split(":")[0])
    page.goto("/inbox/unassigned/")
    expect(page.locator(f"#t{three[0]}")).to_be_visible()


def test_a_whole_view_is_changed_with_what_is_on_other_pages(sign_in: SignIn, three: list[str]) -> None:
    page = sign_in("anna")
    page.goto("/inbox/unassigned/")
    for number in three:
        box(page, number).check()
    tag = f"tömeges {uuid.uuid4().hex[:6]}"
    page.keyboard.press("t")
    page.keyboard.type(tag)
    page.keyboard.press("Enter")
    dialog = page.locator("#dialog[open]")
    dialog.locator(".dry-run").wait_for()
    go(dialog)
    page.keyboard.press("Escape")

    page.goto(f"/inbox/all/?tag={tag}")
    assert set(numbers(page)) == set(three)
    box(page, three[0]).check()
    page.locator(".bulk-whole input").check()
    expect(chosen(page)).to_have_text("3")
    dialog = act(page, "p", "button[value=urgent]")
    expect(dialog.locator(".dry-run")).to_contain_text("3 jegyből 3 változik")
    go(dialog)
    page.keyboard.press("Escape")
    expect(page.locator(".tickets [data-prio=urgent]")).to_have_count(3)

    # the same again: nothing would change, and there is no button for it
    page.keyboard.press("Shift+A")
    dialog = act(page, "p", "button[value=urgent]")
    expect(dialog.locator(".dry-run")).to_contain_text(said("Nothing would change."))
    expect(dialog.locator("footer button[type=submit]")).to_have_count(0)


def test_acts_on_many_work_without_script(sign_in: SignIn, three: list[str]) -> None:
    page = sign_in("anna", java_script_enabled=False)
    page.goto("/inbox/unassigned/")
    for number in three[:2]:
        box(page, number).check()
    page.locator(".bulk summary[data-key=a]").click()
    page.locator(".bulk button[value=take]").click()
    expect(page.locator(".dry-run")).to_contain_text("2 jegyből 2 változik")
    page.locator("main footer button[type=submit]").click()
    page.wait_for_url(re.compile(r"/inbox/bulk/\d+/$"))
    expect(page.locator(".bulk-result tbody tr")).to_have_count(2)


# --- the selection ---------------------------------------------------------------------------------------------------


def test_the_selection_survives_a_live_refresh_and_pages(house: House, sign_in: SignIn, three: list[str]) -> None:
    page = sign_in("anna")
    page.goto("/inbox/teams/?sort=-opened")
    box(page, three[0]).check()
    box(page, three[1]).check()
    newer = opened_by_mail(house, newcomer("later"), "Later", "Came while somebody chose")
    expect(page.locator(f"#t{newer}")).to_be_visible(timeout=20_000)
    expect(box(page, three[0])).to_be_checked()
    expect(box(page, newer)).not_to_be_checked()
    expect(chosen(page)).to_have_text("2")

    page.locator(".pager a[rel=next]").click()
    page.wait_for_url("**after=**")
    expect(page.locator(".bulk")).to_be_visible()
    expect(chosen(page)).to_have_text("2")
    page.locator(".tickets tbody input[name=ticket]").first.check()
    expect(chosen(page)).to_have_text("3")
    dialog = act(page, "p", "button[value=high]")
    expect(dialog.locator(".dry-run")).to_contain_text("3 jegyből")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.goto("/inbox/teams/?sort=-opened")
    expect(box(page, three[1])).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.locator(".tickets tbody :checked")).to_have_count(0)
    page.reload()
    expect(page.locator(".bulk")).to_be_hidden()


def test_ranges_and_all_by_keys_and_by_mouse(sign_in: SignIn) -> None:
    page = sign_in("anna")
    page.goto(TEAMS)
    boxes = page.locator(".tickets tbody input[name=ticket]")
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])
    expect(chosen(page)).to_have_text("4")
    page.keyboard.press("Escape")
    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    expect(chosen(page)).to_have_text("3")
    page.keyboard.press("Shift+A")
    on_page = boxes.count()
    expect(chosen(page)).to_have_text(str(on_page))
    page.keyboard.press("Shift+A")
    expect(page.locator(".bulk-whole input")).to_be_checked()
    expect(page.locator("#selection-said")).to_have_text(said("All tickets of this view are selected"))
    boxes.nth(2).uncheck()
    expect(page.locator(".bulk-whole input")).not_to_be_checked()
    expect(chosen(page)).to_have_text(str(on_page - 1))
    page.locator("[data-clear-selection]").click()
    expect(page.locator(".bulk")).to_be_hidden()


# --- on a phone ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [TEAMS, "/inbox/teams/?by=tag"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_list_fits_a_phone(sign_in: SignIn, address: str, scheme: str) -> None:
    page = sign_in("anna", viewport=PHONE, color_scheme=scheme, bypass_csp=True)
    page.goto(address)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.locator(".tickets tbody input[name=ticket]").first.check()
    bar = page.locator(".bulk")
    expect(bar).to_be_visible()
    shape = bar.bounding_box()
    assert shape is not None
    assert shape["x"] >= 0
    assert shape["x"] + shape["width"] <= PHONE["width"]
    # As long as the page is, so that the bar at the bottom lies over nothing.
    page.set_viewport_size({"width": PHONE["width"], "height": page.evaluate("document.body.scrollHeight") * 2})
    assert violations(page) == []
