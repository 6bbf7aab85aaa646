"""Broadcasts in the browser: the dry run while one writes, sending, the ledger, without script, and opting out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, SignIn, said
from tests.browser.test_accessibility import violations
from tests.house import House

NEW_GROUP = """
from tickets import groups
from tickets.models import *
desk = Team.objects.get(name="Helpdesk")
free = Ticket.objects.filter(team=desk, closed_at=None, merged_into=None, customer__email__isnull=False)
free = free.exclude(customer__email__in=AddressState.objects.exclude(bounced_at=None).values("email"))
free = free.exclude(group_memberships__left_at=None, group_memberships__isnull=False).order_by("pk")
taken = free.distinct()[:{count}]
group = groups.open_group({title!r}, team=desk, by=User.objects.get(email__startswith="anna@"), tickets=taken)
print("GROUP", group.pk)
"""


TRIGGERS = "parts => parts.map(part => part.closest('main') ? part.getAttribute('hx-trigger') : '')"
LATER = """
from tickets import groups
from tickets.models import *
group = TicketGroup.objects.get(pk={group})
free = Ticket.objects.filter(team=group.team, closed_at=None, merged_into=None, customer__email__isnull=False)
free = free.exclude(customer__email__in=AddressState.objects.exclude(bounced_at=None).values("email"))
free = free.exclude(group_memberships__left_at=None, group_memberships__isnull=False)
told = Delivery.objects.filter(broadcast__group=group).values("person")
ticket = free.exclude(customer__in=told).order_by("pk").first()
groups.join_group(group, ticket=ticket, by=None, how=GroupMembership.How.TYPED)
from tickets import live
live.flush()
print("TICKET", ticket.number)
"""


def new_group(house: House, title: str, count: int = 2) -> int:
    """A group of a few tickets of the demo that are in none yet."""
    found = house.manage("shell", "-v", "0", "-c", NEW_GROUP.format(title=title, count=count))
    number = re.search(r"GROUP (\d+)", found.stdout)
    assert number, found.stdout + found.stderr
    return int(number[1])


def write(page: Page, group: int, text: str) -> None:
    page.goto(f"/groups/{group}/broadcasts/new/")
    page.locator("[name=text_hu]").fill(text)


def is_narrow_enough(page: Page) -> bool:
    return bool(page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"))


def test_from_the_dry_run_to_the_ledger_and_the_mail(house: House, sign_in: SignIn) -> None:
    group = new_group(house, "Nem indul a bérprogram")
    page = sign_in("anna")
    write(page, group, "Kedves {first_name}! A bérprogram áll, dolgozunk rajta. A jegy száma: {number}")
    page.locator("[name=text_en]").fill("Dear {first_name}, payroll is down; we are on it. {number}")
    page.locator("[name=text_en]").blur()
    plan = page.locator("#_broadcast_plan")
    expect(plan.locator("button[value=send]")).to_be_visible()
    expect(plan.locator(".letter")).not_to_contain_text("{")
    plan.locator("button[value=send]").click()
    page.wait_for_url(re.compile(rf"/groups/{group}/broadcasts/$"))
    assert "every " not in "".join(page.locator("[hx-trigger]").evaluate_all(TRIGGERS)), "nothing polls"
    page.locator("details summary", has_text=said("Text")).click()
    expect(page.locator("[id^=_broadcast_] header button", has_text=said("Stop"))).to_be_visible()
    page.get_by_role("button", name=said("Send now")).click()
    # It reads itself: nobody presses anything any more.
    expect(page.locator(".badge[data-tone=ok]", has_text=said("sent", "delivery"))).to_be_visible(timeout=40_000)
    expect(page.locator("details .letter").first).to_be_visible()  # what was opened stays open
    page.get_by_role("link", name=said("Ledger of deliveries")).click()
    row = page.locator("tbody tr").first
    expect(row.locator(".badge[data-tone=ok]")).to_be_visible()
    address = row.locator("td").nth(3).inner_text().strip()
    row.locator("a").first.click()
    expect(page.locator("article.entry[data-kind=broadcast]").last).to_be_visible()

    mail = house.sink.wait_for(address)[-1]
    text = mail.get_content()
    link = re.search(r"http://\S+/portal/broadcasts/\S+", text)
    assert link, text
    stranger = sign_in(None)
    stranger.goto(link[0])
    stranger.locator("main form button").click()
    expect(stranger.locator("button[value=come_back]")).to_be_visible()
    stranger.locator("button[value=come_back]").click()
    expect(stranger.locator("button[value=opt_out]")).to_be_visible()


def test_what_is_being_written_survives_a_reload_and_goes_when_it_is_sent(house: House, sign_in: SignIn) -> None:
    group = new_group(house, "Elakadt piszkozat", count=1)
    page = sign_in("anna")
    write(page, group, "Kedves {first_name}! Dolgozunk rajta.")
    page.locator("[name=text_hu]").blur()
    plan = page.locator("#_broadcast_plan")
    expect(plan.locator("button[value=send]")).to_be_visible()  # a dry run is no sending
    page.goto(f"/groups/{group}/")
    page.go_back()
    page.reload()
    expect(page.locator("[name=text_hu]")).to_have_value("Kedves {first_name}! Dolgozunk rajta.")
    page.locator("[name=text_hu]").blur()
    plan.locator("button[value=send]").click()
    page.wait_for_url(re.compile(rf"/groups/{group}/broadcasts/$"))
    page.goto(f"/groups/{group}/broadcasts/new/")
    expect(page.locator("[name=text_hu]")).to_have_value("")


def test_the_ledger_and_the_group_s_page_follow_by_themselves(house: House, sign_in: SignIn) -> None:
    group = new_group(house, "Nem megy a kapu", count=1)
    page = sign_in("anna")
    write(page, group, "Dolgozunk rajta. {number}")
    page.locator("[name=text_hu]").blur()
    page.locator("#_broadcast_plan button[value=send]").click()
    page.wait_for_url(re.compile(rf"/groups/{group}/broadcasts/$"))
    ledger, overview = page.context.new_page(), page.context.new_page()
    ledger.goto(str(page.get_by_role("link", name=said("Ledger of deliveries")).get_attribute("href")))
    overview.goto(f"/groups/{group}/")
    ok = ".badge[data-tone=ok]"
    expect(ledger.locator("tbody tr")).to_have_count(1)
    expect(overview.locator("[id^=_broadcast_] progress")).to_be_visible()
    page.get_by_role("button", name=said("Send now")).click()
    expect(ledger.locator(f"tbody {ok}")).to_have_count(1, timeout=40_000)
    expect(overview.locator(ok, has_text=said("sent", "delivery"))).to_be_visible(timeout=40_000)
    later = house.manage("shell", "-v", "0", "-c", LATER.format(group=group))
    assert "TICKET" in later.stdout, later.stderr
    expect(ledger.locator(f"tbody {ok}")).to_have_count(2, timeout=40_000)
    expect(overview.locator(ok, has_text=said("sent", "delivery"))).to_contain_text("2", timeout=40_000)


def test_without_script_it_is_checked_sent_and_stopped(house: House, sign_in: SignIn) -> None:
    group = new_group(house, "Nem jön meg a fax")
    page = sign_in("anna", java_script_enabled=False)
    write(page, group, "A faxot javítjuk. {nothing}")
    page.locator("button[value=check]").click()
    expect(page.locator("#fault")).to_contain_text("{nothing}")
    page.locator("[name=text_hu]").fill("A faxot javítjuk.")
    page.locator("button[value=check]").click()
    expect(page.locator(".letter")).to_contain_text("A faxot javítjuk.")
    page.locator("button[value=send]").click()
    page.get_by_role("button", name=said("Stop")).click()
    expect(page.locator(".badge[data-tone=bad]", has_text=said("stopped"))).to_be_visible()


def test_the_kind_decides_what_is_asked(sign_in: SignIn, samples: dict[str, Any]) -> None:
    page = sign_in("anna")
    page.goto(f"/groups/{samples['group']}/broadcasts/new/")
    expect(page.locator("[name=text_hu]")).to_be_visible()
    page.locator("[name=kind][value=note]").check()
    expect(page.locator("[name=note]")).to_be_visible()
    expect(page.locator("[name=text_hu]")).to_be_hidden()
    page.locator("[name=kind][value=status]").check()
    expect(page.locator("[name=note]")).to_be_hidden()
    page.locator("[name=status]").select_option("waiting")
    expect(page.locator("[name=pending_until]")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_anybody_can_read_and_use_the_pages(sign_in: SignIn, samples: dict[str, Any], theme: str) -> None:
    found: dict[str, list[str]] = {}
    options = {"bypass_csp": True, "color_scheme": theme}
    agent, stranger = sign_in("anna", **options), sign_in(None, **options)
    agents = [
        f"/groups/{samples['group']}/broadcasts/",
        f"/groups/{samples['group']}/broadcasts/new/",
        f"/broadcasts/{samples['broadcast']}/",
    ]
    pages = [*((agent, address) for address in agents), (stranger, f"/portal/broadcasts/{samples['opting_out']}/")]
    for page, address in pages:
        page.goto(address)
        if address.endswith("/new/"):
            page.locator("[name=text_hu]").fill("Kedves {first_name}! Dolgozunk rajta.")
            page.locator("button[value=check]").click()
            expect(page.locator("button[value=check]")).to_be_visible()
        for width in ({"width": 1440, "height": 900}, {"width": 1024, "height": 768}, PHONE):
            page.set_viewport_size(width)  # type: ignore[arg-type]  # a size
            assert is_narrow_enough(page), f"{address} at {width}"
            if broken := violations(page):
                found[f"{address} at {width['width']}"] = broken
    assert found == {}
