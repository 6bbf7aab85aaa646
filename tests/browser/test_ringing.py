"""What rings is heard: once for all tabs, as loud as the agent wants it, or not at all."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.test_desk import CALL, SOON, Act, Open, act  # noqa: F401  # a fixture
from tests.browser.test_live import open_live  # noqa: F401  # a fixture

# A machine without ears: what would sound is counted.
COUNT = """() => {
    window.tones = [];
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) {
        window.tones.push(this.frequency.value);
        return start.apply(this, when);
    };
}"""
ENDED = "contacts.hang_up(Contact.objects.get(queue=queue, ended_at=None), by=None)"


def heard(page: Page) -> int:
    return int(page.evaluate("() => window.tones.length"))


def listening(open_live: Open, path: str, who: str | Page = "ben") -> Page:  # noqa: F811
    """A page that was touched once, as a browser wants it before it gives a sound."""
    page = open_live(who, path)
    page.evaluate(COUNT)
    page.locator("main").click(position={"x": 2, "y": 2})
    return page


def test_an_offer_sounds_in_one_tab_until_it_is_over(act: Act, open_live: Open) -> None:  # noqa: F811
    desk = listening(open_live, "/centre/desk/")
    other = listening(open_live, "/inbox/", desk.context.new_page())
    act(CALL)
    desk.wait_for_function("() => document.querySelector('#_desk_ring [data-rings]')", timeout=SOON)
    other.wait_for_function("() => document.querySelector('#_desk_ring [data-rings]')", timeout=SOON)
    desk.wait_for_timeout(3000)  # longer than from one ring to the next
    assert sorted([heard(desk) > 2, heard(other) > 2]) == [False, True]
    assert 0 in (heard(desk), heard(other))
    act(ENDED)
    for page in (desk, other):
        expect(page.locator("#_desk_ring [data-rings]")).to_have_count(0, timeout=SOON)
    before = heard(desk) + heard(other)
    desk.wait_for_timeout(3000)
    assert heard(desk) + heard(other) == before


def test_the_switch_is_kept_and_a_sample_can_be_heard(act: Act, open_live: Open) -> None:  # noqa: F811
    desk = listening(open_live, "/centre/desk/")
    desk.locator("#desk-menu summary").click()
    desk.locator("#desk-sound-try").click()
    assert heard(desk) == 2
    desk.locator("#desk-sound").uncheck()
    expect(desk.locator("#desk-volume")).to_be_disabled()
    desk.reload()
    desk.evaluate(COUNT)
    desk.locator("main").click(position={"x": 2, "y": 2})
    expect(desk.locator("#desk-sound")).not_to_be_checked()
    act(CALL)
    expect(desk.locator(".offer h2")).to_be_visible(timeout=SOON)
    desk.wait_for_timeout(500)
    assert heard(desk) == 0
