"""What strangers write is shown as they wrote it, everywhere, and never runs: names, titles, mails, files, labels.

Each text carries a mark of its own; a script that ran would leave it in `window.owned`, and what the CSP refuses or the
console complains of fails the test as well (`conftest.sign_in`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn, credentials
from tests.house import House

# Ways to get from text into a page, in short enough pieces for a name; {n} is the mark.
TEXTS = (
    "<script>window.owned={n}</script>",
    '"><img src=x: onerror=window.owned={n}>',
    "'-(window.owned={n})-'",
    "</title><svg onload=window.owned={n}>",
    "</script><script>window.owned={n}//",
    "{{{{7*7}}}}{{% now %}}${{window.owned={n}}}",
    "<a href=javascript:window.owned={n}>x</a>",
    "&lt;script&gt;window.owned={n}&lt;/script&gt;",
    "--><body onpageshow=window.owned={n}>",
    "\u202e<details open ontoggle=window.owned={n}>",
)
# What mails bring besides: each is taken out or shown as text, and none of them loads anything.
HTML = """
<p>Visible words.</p>
<script>parent.owned=top.owned=1</script><img src="cid:none" onerror="top.owned=2">
<svg><animate onbegin="top.owned=3"></svg>
<math><mtext><table><mglyph><style><!--</style><img title="--><img src=x: onerror=top.owned=4>">
<iframe srcdoc="<script>top.owned=5</script>"></iframe>
<object data="data:text/html,<script>top.owned=6</script>"></object>
<a href="jav&#x09;ascript:top.owned=7" id="link">link</a>
<form action="https://evil.example/"><input name="attributes"></form>
<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/">
<link rel="stylesheet" href="https://evil.example/x.css"><style>@import "https://evil.example/y.css"; p {
background: url(https://evil.example/z.png) }</style><p style="background:url('https://evil.example/p.png')">styled</p>
<img srcset="https://evil.example/1.png 1x" src="https://evil.example/2.png"><video poster="https://evil.example/3.png">
<div id="body" name="documentElement">clobber</div><noscript><p title="</noscript><img src=x: onerror=top.owned=8>">
"""
PLANT = """
from tests import make
from tickets import groups, live, person_notes, tagging
from tickets.models import *
texts, html = {texts!r}, {html!r}
anna = User.objects.get(email={email!r})
team = Team.objects.get(name="Helpdesk")
kovacs = User.objects.get(email__startswith="kovacs.anna@")
who = make.person(texts[1][:100], "scripts@evil.example", organisation=make.organisation(texts[0]))
ticket = make.ticket(texts[3], team=team, customer=who, text=" ".join(texts))
own = make.ticket(texts[4], team=team, customer=kovacs, text=" ".join(texts))
for each in (ticket, own):
    make.message(each, " ".join(texts), author=each.customer, kind=Message.Kind.MAIL, html=html,
        attachments={{texts[1].replace("/", "") + ".png": b"x", texts[2] + ".svg": b"<svg onload='top.owned=9'/>"}})
make.note(ticket, "\\n".join(texts), author=anna)
tagging.tag_ticket(ticket, texts[1].replace(",", ""), by=anna)
group = groups.open_group(texts[4], team=team, by=anna, tickets=[ticket])
person_notes.note_person(who, text="\\n".join(texts), by=anna)
template = AnswerTemplate.objects.create(name=texts[5], texts={{"hu": "\\n".join(texts)}})
view = SavedView.objects.create(team=team, name=texts[2], created_by=anna)
live.flush()
print("PLANTED", ticket.number, own.number, who.pk, group.pk, template.pk, view.pk)
"""
CLEAR = """
from tickets.models import *
AnswerTemplate.objects.filter(pk={template}).update(is_active=False)
SavedView.objects.filter(pk={view}).delete()
"""


@pytest.fixture(scope="module")
def planted(house: House) -> Iterator[dict[str, str]]:
    """The evil texts in every place; the lists of others are cleared of them afterwards."""
    texts = [text.format(n=100 + n) for n, text in enumerate(TEXTS)]
    done = house.manage("shell", "-v0", "-c", PLANT.format(texts=texts, html=HTML, email=credentials("anna")[0]))
    found = re.search(r"PLANTED (\S+) (\S+) (\d+) (\d+) (\d+) (\d+)", done.stdout)
    assert found, done.stdout + done.stderr
    keys = ("number", "own", "person", "group", "template", "view")
    values = dict(zip(keys, found.groups(), strict=True))
    yield values
    cleared = house.manage("shell", "-v0", "-c", CLEAR.format(**values))
    assert cleared.returncode == 0, cleared.stderr


def stays_clean(page: Page) -> None:
    """Nothing ran. A mail's frame runs no script at all, so what tried to reach out of it would show here, too."""
    assert page.evaluate("() => window.owned") is None, page.url


@pytest.mark.parametrize("who", ["root", "anna", "kovacs.anna"])
def test_it_is_shown_and_never_runs(who: str, planted: dict[str, str], sign_in: SignIn) -> None:
    number, own = planted["number"], planted["own"]
    agents = [
        "/inbox/all/?q=onerror", "/inbox/teams/", "/inbox/all/?group=tag", "/inbox/all/?group=group",
        f"/ticket/{number}/", f"/ticket/{own}/", f"/ticket/{number}/history/", "/search/?q=onerror", "/search/?q=owned",
        f"/people/{planted['person']}/", f"/groups/{planted['group']}/", "/groups/", "/tags/", "/notices/", "/new/",
        f"/groups/{planted['group']}/broadcasts/new/",
    ]  # fmt: skip
    setup = ["/setup/templates/", "/setup/people/?q=onerror", "/setup/organisations/", "/setup/history/"]
    portal = ["/portal/", "/portal/requests/", f"/portal/requests/{own}/"]
    page = sign_in(who)
    page.on("dialog", lambda dialog: pytest.fail(f"{page.url} asks: {dialog.message}"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "evil.example/" in request.url else None)
    for path in {"root": agents + setup, "anna": agents, "kovacs.anna": portal}[who]:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        page.wait_for_load_state("networkidle") if "broadcast" in path else page.wait_for_timeout(120)
        stays_clean(page)
    if who == "kovacs.anna":
        expect(page.get_by_role("heading", level=1)).to_have_text(TEXTS[4].format(n=104))
    else:
        page.goto(f"/ticket/{number}/")
        expect(page.get_by_role("heading", level=1)).to_contain_text(TEXTS[3].format(n=103))
        page.locator(".html-view > summary").first.click()  # the frame loads when it is seen
        expect(page.frame_locator("iframe.mail-frame").first.locator("body")).to_contain_text("Visible words.")
        page.keyboard.press("Control+k")
        page.keyboard.type("onerror")
        expect(page.locator("[role=listbox] [role=option]").first).to_be_visible()
        stays_clean(page)
    assert asked == [], "nothing is loaded from elsewhere unasked"
