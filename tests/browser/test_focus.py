"""Whatever is done, by keyboard alone: focus is somewhere sensible afterwards, never lost to the page's beginning."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn, said
from tests.browser.letters import newcomer
from tests.browser.test_walk import entry, opened_by_mail
from tests.house import House

WHERE = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return 'lost';
  const box = at.getBoundingClientRect();
  if (!at.checkVisibility() || (!box.width && !box.height)) return 'on something hidden';
  const name = at.dataset.key || at.getAttribute('name') || at.getAttribute('aria-label') || at.textContent.trim();
  return `${at.closest('section[id], header[id], form[id], tr[id]')?.id || at.id || '?'} ${name.slice(0, 40)}`;
}"""


@pytest.fixture
def page(house: House, sign_in: SignIn) -> Page:
    """Anna on a new ticket."""
    number = opened_by_mail(house, newcomer("fiona"), "Fiona Focus", "Where is my focus")
    page = sign_in("anna")
    page.goto(f"/ticket/{number}/")
    return page


def where(page: Page) -> str:
    """Where the focus is, once the page has come to rest."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function("() => !document.querySelector('.htmx-request, .htmx-settling, .htmx-swapping')")
    page.wait_for_timeout(100)
    return str(page.evaluate(WHERE))


def number_of(page: Page) -> str:
    return str(page.locator("[data-ticket]").first.get_attribute("data-ticket"))


@pytest.mark.parametrize(("key", "presses"), [("s", "ArrowDown"), ("a", "Enter"), ("p", "ArrowDown")])
def test_a_menu_of_the_properties_gives_the_focus_to_its_own_new_button(page: Page, key: str, presses: str) -> None:
    page.keyboard.press(key)
    if presses == "ArrowDown":
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("#toasts .toast").first.wait_for()
    assert where(page) == f"_props_{number_of(page)} {key}"
    page.keyboard.press(key)  # and works again at once
    expect(page.locator("details.menu[open]")).to_have_count(1)


def test_a_tag_that_is_added_and_removed(page: Page) -> None:
    props = f"_props_{number_of(page)}"
    page.keyboard.press("t")
    page.keyboard.type("fókusz")
    page.keyboard.press("Enter")
    expect(page.locator(f"#{props} .tag", has_text="fókusz")).to_be_visible()
    assert where(page) == f"{props} t"
    remove = page.locator(f"#{props} .tag", has_text="fókusz").locator("button")
    remove.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#{props} .tag", has_text="fókusz")).to_have_count(0)
    assert where(page).startswith(props)


def test_a_refused_act_leads_to_its_reason(page: Page) -> None:
    page.keyboard.press("t")
    page.keyboard.press("Enter")
    page.locator(".banner[role=alert][data-autofocus]").wait_for()
    assert page.evaluate("() => document.activeElement.matches('[data-autofocus]')")


def test_the_button_solved_is_gone_after_it_was_pressed(page: Page) -> None:
    page.keyboard.press("e")
    expect(page.locator("#_ticket_head .status")).to_have_attribute("data-status", "solved")
    assert where(page) not in ("lost", "on something hidden")


def test_a_dialog_whose_opener_was_swapped_gives_the_focus_to_its_menu(page: Page) -> None:
    page.keyboard.press(".")
    page.keyboard.press("Enter")  # change the title
    page.locator("dialog#dialog[open]").wait_for()
    page.keyboard.press("Control+a")
    page.keyboard.type("A better title")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("A better title")
    expect(page.locator("dialog#dialog")).to_be_hidden()
    assert where(page) == "_ticket_head ."


def test_a_dialog_that_is_left_gives_the_focus_back(page: Page) -> None:
    page.keyboard.press(".")
    page.keyboard.press("Enter")
    page.locator("dialog#dialog[open]").wait_for()
    page.keyboard.press("Escape")
    assert where(page) == "_ticket_head ."


def test_sending_keeps_the_focus_in_the_composer(page: Page) -> None:
    page.keyboard.press("m")
    page.keyboard.type("A note by keyboard alone.")
    page.keyboard.press("Control+Enter")
    expect(entry(page, "A note by keyboard alone.")).to_be_visible()
    assert where(page).startswith(f"_composer_{number_of(page)}")


def test_a_live_change_does_not_take_the_focus(page: Page, sign_in: SignIn) -> None:
    page.locator(f"#_props_{number_of(page)} summary[data-key=p]").focus()
    other = sign_in("root")
    other.goto(f"/ticket/{number_of(page)}/")
    other.keyboard.press("e")
    expect(page.locator("#_ticket_head .status")).to_have_attribute("data-status", "solved", timeout=15_000)
    assert where(page) == f"_props_{number_of(page)} p"


def test_the_proof_gives_the_focus_to_its_result(page: Page) -> None:
    page.locator("[id^=_seal_] button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[id^=_seal_]")).to_contain_text(said("The history is intact"))
    assert where(page).startswith("_seal_")


# --- the inbox --------------------------------------------------------------------------------------------------------


def test_a_row_that_vanishes_hands_the_focus_to_the_next(house: House, sign_in: SignIn) -> None:
    for name in ("fred", "frida", "franz"):
        opened_by_mail(house, newcomer(name), name.title(), f"Row of {name}")
    page = sign_in("anna")
    page.goto("/inbox/unassigned/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    rows = page.locator(".tickets tbody tr[id]")
    going, following = rows.nth(1).get_attribute("id"), rows.nth(2).get_attribute("id")
    other = sign_in("root")
    other.goto(f"/ticket/{str(going).removeprefix('t')}/")
    other.keyboard.press("a")
    other.keyboard.press("Enter")
    expect(page.locator(f"#{going}")).to_have_count(0, timeout=15_000)
    assert page.evaluate("() => document.activeElement.closest('tr').id") == following
    assert page.locator("tr[data-cursor]").get_attribute("id") == following
    page.keyboard.press("k")
    assert page.locator("tr[data-cursor]").get_attribute("id") == rows.nth(0).get_attribute("id")


@pytest.mark.parametrize("act", ["take", "status", "tag"])
def test_after_a_bulk_act_the_focus_is_in_the_list(house: House, sign_in: SignIn, act: str) -> None:
    opened_by_mail(house, newcomer("fritz"), "Fritz", "Bulk of Fritz")
    page = sign_in("anna")
    page.goto("/inbox/unassigned/")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator(".bulk")).to_be_visible()
    if act == "take":
        page.keyboard.press("a")
        page.locator(".bulk button[value=take]").press("Enter")
    elif act == "status":
        page.keyboard.press("s")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
    else:
        page.keyboard.press("t")
        page.keyboard.type("tömeges")
        page.keyboard.press("Enter")
    dialog = page.locator("#dialog[open]")
    dialog.get_by_role("button", name=re.compile("módosítása")).click()  # the dry run
    expect(dialog.locator(".bulk-result footer [data-close]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert where(page) not in ("lost", "on something hidden")


def test_a_closed_toast_gives_the_focus_back(page: Page) -> None:
    page.keyboard.press("s")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    close = page.locator("#toasts [data-toast-close]").first
    close.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts .toast")).to_have_count(0)
    assert where(page) == f"_props_{number_of(page)} s"


# --- nothing sticky lies over what has the focus --------------------------------------------------------------------

COVERED = """() => {
  const at = document.activeElement;
  const box = at.getBoundingClientRect();
  if (!box.width || at.closest('dialog')) return null;
  const over = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  if (!over || at.contains(over) || over.contains(at)) return null;
  const label = at.closest('label');
  if (label && label.contains(over)) return null;
  return `${at.outerHTML.slice(0, 80)} under ${over.outerHTML.slice(0, 80)}`;
}"""


@pytest.mark.parametrize("address", ["/inbox/all/", "/ticket/{busy}/"])
@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_no_sticky_bar_lies_over_what_has_the_focus(
    sign_in: SignIn, samples: dict[str, Any], address: str, key: str
) -> None:
    page = sign_in("anna", viewport={"width": 1280, "height": 720})
    page.goto(address.format_map(samples))
    found = []
    for _step in range(120):
        page.keyboard.press(key)
        if covered := page.evaluate(COVERED):
            found.append(covered)
    assert found == []


def test_who_leaves_a_text_is_not_put_back_by_a_part_that_comes_at_that_moment(page: Page) -> None:
    """The focus was once brought back between Escape and the next key, which was then typed into the text."""
    page.locator("textarea[name=text]").focus()
    page.evaluate(
        """() => {
            document.body.dispatchEvent(new Event("close")); // as a dialog does: whoever lost the focus gets it back
            document.activeElement.blur();
        }"""
    )
    page.wait_for_timeout(100)  # the timers of both have run
    assert page.evaluate("document.activeElement === document.body")
