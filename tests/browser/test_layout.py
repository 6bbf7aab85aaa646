"""How pages hold together: nothing that jumps, little to load, no motion for those who want none."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import SignIn
from tests.browser.letters import newcomer
from tests.browser.sitemap import ENGLISH_AGENT
from tests.browser.test_walk import opened_by_mail
from tests.house import House

# --- nothing jumps --------------------------------------------------------------------------------------------------

# All shifts count, also those shortly after a key, which the browser would forgive.
WATCH_SHIFTS = """() => {
  window.shifts = 0;
  window.shifted = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      window.shifts += entry.hadRecentInput ? 0 : entry.value;
      for (const source of entry.sources) window.shifted.push(`${entry.value.toFixed(4)} ${entry.hadRecentInput} `
        + `${source.node?.parentElement?.className}>${source.node?.className || source.node?.nodeName}`);
    }
  }).observe({type: 'layout-shift', buffered: true});
}"""
MOST_SHIFT = 0.02


def shift_of(page: Page) -> tuple[float, list[str]]:
    page.wait_for_timeout(700)  # what a late answer would still move
    return float(page.evaluate("() => window.shifts")), list(page.evaluate("() => window.shifted"))


@pytest.fixture
def forgiving(complaints: list[str]) -> Iterator[None]:
    """A browser without a line says so in its console."""
    yield
    complaints.clear()


@pytest.mark.usefixtures("forgiving")
def test_nothing_jumps_in_the_inbox(sign_in: SignIn) -> None:
    page = sign_in("anna")
    page.goto("/inbox/teams/")
    page.evaluate(WATCH_SHIFTS)
    for key in ("j", "j", "x", "j", "x", "Escape", "f", "Escape", "?", "Escape"):
        page.keyboard.press(key)
        page.wait_for_timeout(60)
    page.evaluate("() => document.body.dispatchEvent(new CustomEvent('inbox-changed'))")
    page.wait_for_timeout(1500)
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden(timeout=15_000)
    total, sources = shift_of(page)
    assert total < MOST_SHIFT, sources


def test_nothing_jumps_on_a_ticket(house: House, sign_in: SignIn) -> None:
    number = opened_by_mail(house, newcomer("still"), "Still Standing", "Nothing jumps")
    page, other = sign_in("anna"), sign_in("root")
    page.goto(f"/ticket/{number}/")
    page.evaluate(WATCH_SHIFTS)
    other.goto(f"/ticket/{number}/")
    expect(page.locator(f"#_presence_{number}")).to_contain_text("Róbert", timeout=15_000)
    other.keyboard.press("m")
    other.keyboard.type("x")
    expect(page.locator(f"#_typing_{number}")).to_contain_text("Róbert")
    for key in ("s", "Escape", "a", "Escape", "p", "Escape", ".", "Escape", "m", "Escape", "r", "Escape"):
        page.keyboard.press(key)
        page.wait_for_timeout(60)
    page.keyboard.press("p")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("#toasts .toast").first.wait_for()
    other.close()
    expect(page.locator(f"#_presence_{number}")).to_be_empty()
    total, sources = shift_of(page)
    assert total < MOST_SHIFT, sources


SHIFTS_OF_THE_COMPOSER = """() => {
  window.inComposer = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue; // what a key moved
      for (const source of entry.sources) {
        if (source.node?.parentElement?.closest('.composer')) {
          window.inComposer.push(`${entry.value.toFixed(4)} ${source.node.className || source.node.nodeName}`);
        }
      }
    }
  }).observe({type: 'layout-shift', buffered: true});
}"""


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_the_composer_stands_still_while_the_page_loads_and_when_it_is_opened(
    house: House, sign_in: SignIn, width: int
) -> None:
    """Its readers are drawn as the script draws them."""
    number = opened_by_mail(house, newcomer("rests"), "Rest Easy", "The composer rests")
    page = sign_in("anna", viewport={"width": width, "height": 900})
    page.goto(f"/ticket/{number}/")
    page.evaluate(SHIFTS_OF_THE_COMPOSER)
    expect(page.locator(".readers[data-started] [data-chips=to] .tag")).to_have_count(1)
    for key in ("r", "Escape", "m"):
        page.keyboard.press(key)
        page.wait_for_timeout(600)
    assert page.evaluate("() => window.inComposer") == []


def test_a_pending_time_stands_on_one_line_under_the_status(sign_in: SignIn, house: House) -> None:
    number = opened_by_mail(house, newcomer("until"), "Until Tomorrow", "Waiting in one line")
    for who, width in ((ENGLISH_AGENT, 1440), ("anna", 1024)):
        page = sign_in(who, viewport={"width": width, "height": 900})
        page.goto(f"/ticket/{number}/")
        if who == ENGLISH_AGENT:
            page.locator("summary[data-key=s]").click()
            page.locator(f"#_props_{number} button[name=to][value=waiting]").click()
        time = page.locator(".prop[data-key=s] time")
        expect(time).to_be_visible()
        lines = time.evaluate("(each) => each.getClientRects().length")
        box = page.locator(".prop[data-key=s]").bounding_box()
        assert lines == 1
        assert box is not None
        assert box["height"] < 48, "the status, and the time below it at most"


def test_the_group_in_a_row_leaves_the_room_to_the_title_and_ends_in_dots(sign_in: SignIn) -> None:
    page = sign_in("root")
    page.goto("/inbox/all/?f=group:not_empty")
    chips = page.locator(".tickets .tag-group > span")
    expect(chips.first).to_be_visible()
    drawn = chips.evaluate_all("(all) => all.map((each) => getComputedStyle(each).display)")
    assert set(drawn) == {"block"}, "an inline-flex box would be cut in the middle of a letter"
    room = page.locator(".tickets td:has(.tag-group)").evaluate_all(
        "(cells) => cells.map((cell) => cell.querySelector('.tag-group').offsetWidth / cell.offsetWidth)"
    )
    assert max(room) < 0.46
    page.goto("/inbox/all/?by=group")
    expect(page.locator(".tickets .group-row").first).to_be_visible()
    expect(page.locator(".tickets .tag-group")).to_have_count(0)


@pytest.mark.parametrize("who", ["anna", ENGLISH_AGENT])
def test_a_phone_s_bars_have_room_for_what_they_say(sign_in: SignIn, who: str) -> None:
    page = sign_in(who, viewport={"width": 390, "height": 844})
    page.goto("/inbox/all/")
    search = page.locator(".topbar .search").bounding_box()
    assert search is not None
    assert search["width"] < 48 or search["width"] > 120, "a button, or a field that shows its words"
    page.locator(".tickets tbody input[name=ticket]").first.check()
    top = page.locator("[data-clear-selection]").bounding_box()
    count = page.locator(".bulk > b").bounding_box()
    assert top is not None
    assert count is not None
    assert abs((top["y"] + top["height"] / 2) - (count["y"] + count["height"] / 2)) < 12, "the cross beside the count"


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_both_sides_of_the_composer_are_equally_tall(sign_in: SignIn, samples: dict[str, Any], width: int) -> None:
    page = sign_in("anna", viewport={"width": width, "height": 900})
    page.goto(f"/ticket/{samples['busy']}/")
    composer = page.locator("form.composer")
    composer.scroll_into_view_if_needed()
    heights = []
    for side in ("note", "reply", "note"):
        composer.locator(f"label[data-compose={side}]").click()
        expect(composer.locator(f"textarea.if-{side}")).to_be_visible()
        expect(composer.locator(f"button.if-{'reply' if side == 'note' else 'note'}")).to_be_hidden()
        box = composer.bounding_box()
        assert box is not None
        heights.append(round(box["height"], 1))
    assert len(set(heights)) == 1, heights


# --- little to load -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/inbox/", "/ticket/{busy}/", "/setup/"])
def test_a_first_visit_loads_less_than_150_kilobytes(sign_in: SignIn, samples: dict[str, Any], address: str) -> None:
    """As the wire has it where the product stands in the world: compressed, by the proxy or beforehand."""
    page = sign_in("root")
    answers: list[Response] = []
    page.on("response", lambda got: answers.append(got))
    page.goto(address.format_map(samples), wait_until="networkidle")
    sizes = {each.url: len(gzip.compress(each.body(), 6)) for each in answers if each.status == 200}
    assert len(sizes) > 20
    assert sum(sizes.values()) < 150_000, sorted((-size, url) for url, size in sizes.items())
    print(f"\n{address}: {sum(sizes.values()) / 1000:.0f} kB in {len(sizes)} parts")


# --- motion ---------------------------------------------------------------------------------------------------------


def test_nothing_moves_for_those_who_want_no_motion(sign_in: SignIn, samples: dict[str, Any]) -> None:
    page = sign_in("anna", reduced_motion="reduce")
    page.goto(f"/ticket/{samples['busy']}/")
    page.evaluate(
        "() => { const line = document.querySelector('.presence-line');"
        " line.innerHTML = '<span class=\"typing\"><i></i><i></i><i></i></span>'; }"
    )
    page.keyboard.press("s")
    running = page.evaluate(
        "() => document.getAnimations().filter((each) => each.effect.getComputedTiming().duration > 1"
        " && each.playState === 'running').map((each) => each.animationName || each.transitionProperty)"
    )
    assert running == []
