"""Advice and reports in a browser: a suggestion is dismissed by keyboard, another is taken, a report is asked for."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import SignIn
from tests.browser.test_radar import look
from tests.house import House

MAKE = """
from django.utils import timezone
from contactcenter import activities, states
from contactcenter.models import Agent, Queue
from tests.contactcenter import centre
from tickets.models import Team, User
team = Team.objects.get(name="Helpdesk")
line = Queue.objects.filter(name="{queue}").first() or centre.queue("{queue}", team=team)
user = User.objects.get(email__startswith="ivan@")
agent = Agent.objects.filter(user=user).first() or states.add_agent(user, home_team=team, by=None)
agent = activities.sign_in(centre.fresh(agent), by=None)
agent = activities.set_activity(agent, to=states.activity("background"), by=None)
centre.advice(line, ask=agent, at_risk=2)
"""


def advise(house: House, queue: str) -> None:
    done = house.manage("shell", "-v", "0", "-c", MAKE.format(queue=queue))
    assert done.returncode == 0, done.stderr


def test_a_suggestion_is_dismissed_by_keyboard_and_another_taken(house: House, english: None, sign_in: SignIn) -> None:
    page = sign_in("cora", bypass_csp=True)
    advise(house, "Próbasor")
    page.goto("/centre/advice/")
    box = page.locator(".suggest", has_text="Próbasor")
    expect(box).to_contain_text("2 tickets at risk")
    look(page, "standing advice")
    box.locator("summary").focus()
    page.keyboard.press("Enter")
    box.get_by_role("button", name="Not this colleague").focus()
    page.keyboard.press("Enter")
    expect(box).to_have_count(0)

    advise(house, "Próbasor 2")
    page.goto("/centre/advice/")
    row = page.get_by_role("row", name="Próbasor")
    expect(row.first).to_contain_text("not this colleague")
    other = page.locator(".suggest", has_text="Próbasor 2")
    other.get_by_role("button", name="Pull in").click()
    expect(other).to_have_count(0)
    page.goto("/centre/advice/")
    page.get_by_role("link", name="to Próbasor 2").click()
    expect(page.get_by_text("Decided again from these inputs: the same")).to_be_visible()
    look(page, "what advice was made of")


def test_a_report_keeps_what_was_asked_in_its_address(english: None, sign_in: SignIn) -> None:
    page = sign_in("cora", bypass_csp=True)
    page.goto("/centre/reports/")
    page.get_by_label("By", exact=True).select_option("15")
    page.get_by_role("button", name="Show").click()
    assert "step=15" in page.url
    look(page, "a report")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Raw counts as CSV").click()
    assert saved.value.suggested_filename.startswith("queues-")
    page.get_by_role("link", name="Planned and actual").click()
    look(page, "planned and actual")
