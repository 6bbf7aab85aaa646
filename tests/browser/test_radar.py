"""The radar at work: a wave of alike reports, the ticket's panel, and known faults in the forms."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, SignIn
from tests.browser.test_accessibility import COLOURS, violations
from tests.house import House

REPORTS = [
    ["Megállt a kávédaráló szinkron", "Reggel óta a kávédaráló szinkron hibát ír ki, megállt."],
    ["Kávédaráló szinkron megállt", "A kávédaráló szinkron hibát ír ki reggel óta."],
    ["A kávédaráló szinkron megállt", "Hibát ír ki a kávédaráló szinkron."],
    ["kavedaralo szinkron megallt", "hibat ir ki a kavedaralo szinkron reggel ota"],
]
MAKE = """
import json
from tickets import conversation, live, teams
from tickets.models import Channel, Ticket, User
from tickets.similar.drain import read_radar
people = list(User.objects.filter(is_active=True, roles=["customer"]).order_by("pk"))
for (title, text), person in zip(json.loads({reports!r}), people):
    conversation.open_request(title=title, text=text, team=teams.default_team(), channel=Channel.WEB, by=person,
        customer=person)
read_radar()
live.flush()
"""
OUTAGE = """
from tickets import groups, live
from tickets.models import TicketGroup, User
group = TicketGroup.objects.filter(title__icontains="kávédaráló").latest("pk")
by = User.objects.get(email__startswith="root@")
texts = {"hu": "A daráló áll, délig javítjuk.", "en": "The grinder is down."}
groups.set_outage(group, by=by, texts=texts, is_shown=True)
"""


def shell(house: House, code: str) -> None:
    done = house.manage("shell", "-v", "0", "-c", code)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wave(house: House) -> None:
    shell(house, MAKE.format(reports=json.dumps(REPORTS)))


def fits(page: Page) -> bool:
    wide: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return wide


def look(page: Page, name: str) -> None:
    """No violation in either theme, nothing wider than the page at any width."""
    size = page.viewport_size
    for width in (1440, 1024, PHONE["width"]):
        page.set_viewport_size({"width": width, "height": 2400})  # so that nothing lies under the bar at its foot
        assert fits(page), f"{name} at {width}"
    assert violations(page) == [], name
    page.emulate_media(color_scheme="dark")
    assert violations(page, COLOURS) == [], f"{name} in the dark"
    page.emulate_media(color_scheme="light")
    if size:
        page.set_viewport_size(size)


def test_from_a_wave_to_a_group_to_the_portal(house: House, sign_in: SignIn, wave: None) -> None:
    page = sign_in("root", bypass_csp=True)
    page.goto("/inbox/all/")
    strip = page.locator("#_bursts")
    burst = strip.locator(".burst", has_text="daráló")  # tests before this one may have made waves of their own
    expect(burst).to_have_count(1)
    expect(burst).to_contain_text("4 hasonló bejelentés")
    look(page, "burst")

    burst.locator("summary").click()
    burst.locator(".burst-reports a").first.click()
    panel = page.locator("section.alike")
    expect(panel.locator(".alike-list li").first).to_be_visible()
    look(page, "panel")
    button = panel.locator("[data-needs-tick-button]")
    expect(button).to_be_disabled()
    box = panel.locator("input[name=ticket]").first
    target = panel.locator("label.tick").first.bounding_box()
    assert target is not None
    assert min(target["width"], target["height"]) >= 24
    box.check()
    expect(button).to_be_enabled()
    box.uncheck()
    expect(button).to_be_disabled()

    # Another page shows the strip; what is decided here goes from there by itself.
    other = sign_in("root")
    other.goto("/inbox/all/")
    elsewhere = other.locator(".burst", has_text="daráló")
    expect(elsewhere).to_have_count(1)
    page.locator("section.alike .burst input[name=title]").fill("A kávédaráló szinkron áll")
    page.locator("section.alike .burst button.btn-primary").click()
    expect(page.locator("section.alike .alike-own")).to_contain_text("A kávédaráló szinkron áll")
    expect(elsewhere).to_have_count(0)
    look(page, "grouped")

    shell(house, OUTAGE)
    page.goto("/new/")
    page.locator("#id_title").fill("Megállt a kávédaráló szinkron")
    expect(page.locator("#_alike_typed")).to_contain_text("A daráló áll")
    expect(page.locator("#_alike_typed")).to_contain_text("A kávédaráló szinkron áll")
    look(page, "new")

    customer = sign_in("kovacs.anna", bypass_csp=True)
    customer.goto("/portal/new/")
    expect(customer.locator("#_outages")).to_contain_text("A daráló áll, délig javítjuk.")
    customer.locator("#id_title").press_sequentially("megallt a kavedaralo szinkron")
    expect(customer.locator("#_outages .banner[data-tone=bad]")).to_have_count(1)
    assert "Megállt a kávédaráló" not in (customer.locator("main").text_content() or "")
    look(customer, "portal")


def test_a_new_report_shows_on_the_open_page_of_an_alike_one(house: House, sign_in: SignIn, wave: None) -> None:
    one = [["Kék lámpa villog a szerverszobában", "A kék lámpa villog a szerverszobában, sípol is."]]
    shell(house, MAKE.format(reports=json.dumps(one)))
    page = sign_in("root")
    page.goto("/inbox/all/?q=szerverszobában")
    page.locator(".tickets tbody a").first.click()
    panel = page.locator("section.alike")
    expect(panel.locator("h2")).to_be_visible()
    expect(panel.locator("a.link", has_text="Mi hasonlít rá")).to_have_count(0)  # it has been read
    expect(panel).not_to_contain_text("Villog a kék lámpa")
    another = [["Villog a kék lámpa a szerverszobában", "Sípol és villog a kék lámpa."]]
    shell(house, MAKE.format(reports=json.dumps(another)))
    expect(panel).to_contain_text("Villog a kék lámpa")
    panel.locator("li", has_text="Villog a kék lámpa").locator("button[name=reject]").click()
    expect(panel).not_to_contain_text("Villog a kék lámpa")


def test_without_script_the_panel_is_a_page_and_its_buttons_work(house: House, sign_in: SignIn, wave: None) -> None:
    two: list[Any] = [
        ["Elfogyott a zöld tinta a plotterben", "A plotter zöld tintája elfogyott, nem rajzol."],
        ["A plotterben elfogyott a zöld tinta", "Nem rajzol a plotter, zöld tinta nincs."],
    ]
    shell(house, MAKE.format(reports=json.dumps(two)))
    page = sign_in("root", java_script_enabled=False)
    page.goto("/inbox/all/?q=plotter")
    page.locator(".tickets tbody a").first.click()
    page.locator("section.alike a.link").click()
    page.locator("button[name=group]").click()
    expect(page.locator(".banner[data-tone=bad]")).to_be_visible()
    page.locator("input[name=ticket]").first.check()
    page.locator("button[name=group]").click()
    page.locator("section.alike a.link").click()
    expect(page.locator(".alike-own")).to_contain_text("zöld tinta")
