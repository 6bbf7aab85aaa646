"""The agents' side navigation: its sections, with counts that cost one query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise as LazyText
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets import lists, notices, permissions
from tickets.models import Burst, User

PageLink = tuple[str, str | LazyText, str, bool]  # URL name, words, icon, for administrators only

# Pages outside the inbox. Shown once their pages exist.
WORK_PAGES: tuple[PageLink, ...] = (
    ("tickets:groups", gettext_lazy("Groups"), "group", False),
    ("tickets:tags", gettext_lazy("Tags"), "tag", False),
    ("tickets:quarantine", gettext_lazy("Quarantined mail"), "alert", False),
)
SYSTEM_PAGES: tuple[PageLink, ...] = (("tickets:setup", gettext_lazy("Set-up"), "gear", True),)
NAV_VIEWS = tuple(view.key for view in lists.VIEWS.values() if view.in_nav)
COUNTED = (*NAV_VIEWS, lists.QUARANTINE)
COUNTED_PAGES = {"tickets:quarantine": (lists.QUARANTINE, "bad")}  # count and tone


@dataclass(frozen=True, slots=True, eq=False)
class PagesOfApp:
    """A section of links that another app brings. `membership`: the rows that let this person see them, if any do.

    `top`: draws what stands in the top bar of whoever has such rows; asked for nobody else.
    `keys`: lines of the list of keys, for whoever has the links: keys ("J K"), what they do, a selector of what they
    need on the page, and whether they are single letters, which one may switch off.
    """

    key: str
    title: str | LazyText
    pages: tuple[PageLink, ...]
    membership: Callable[[User], QuerySet[Any]]
    top: Callable[[HttpRequest], str] | None = None
    keys: tuple[tuple[str, str | LazyText, str, bool], ...] = ()


_pages_of_apps: list[PagesOfApp] = []


def register_pages(pages: PagesOfApp) -> None:
    """Once, while the app gets ready: its links stand in the side navigation of whom `membership` has rows for, and of
    administrators. Asked along with the counts, so no page pays a query for it. The palette offers the same ones."""
    _pages_of_apps.append(pages)


def pages_for(user: User) -> list[PageLink]:
    """All that stands under the inbox in this agent's navigation, without counts. One query for each app with pages."""
    of_apps = [app.pages for app in _pages_of_apps if user.is_admin or app.membership(user).exists()]
    pages = [page for section in (WORK_PAGES, *of_apps, SYSTEM_PAGES) for page in section]
    return [page for page in pages if not page[3] or permissions.can_set_up(user)]


def url_of_view(view: lists.View) -> str:
    """Where a view of the inbox is read: promises have a page of their own."""
    return reverse("tickets:promises") if view.key == "promised" else reverse("tickets:inbox_view", args=[view.key])


@dataclass(slots=True)
class Item:
    """One link. `count` is None where nothing is counted."""

    url: str
    label: str | LazyText
    icon: str
    key: str = ""
    count: str | None = None
    tone: str = ""
    is_current: bool = False


@dataclass(slots=True)
class Section:
    title: str | LazyText
    links: list[Item] = field(default_factory=list)
    at_end: bool = False

    @property
    def items(self) -> list[Item]:
        return self.links


@dataclass(slots=True)
class Nav:
    sections: list[Section]
    counts: dict[str, int]
    tops: list[Callable[[], str]] = field(default_factory=list)  # called by the template that shows them
    key_sections: tuple[PagesOfApp, ...] = ()  # the apps whose keys he may press


def nav(request: HttpRequest) -> dict[str, Any]:
    """The context processor: `nav` and `live_url`. Nothing is read until a template asks for it."""
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_active:
        return {}
    context: dict[str, Any] = {"live_url": "/live/"}
    if user.is_agent:
        context["nav"] = SimpleLazyObject(lambda: build_nav(request, user))
    return context


def build_nav(request: HttpRequest, user: User) -> Nav:
    """The sections this agent has, with the counts of the views."""
    counts = standing_counts(request, user)
    current = getattr(request, "current_view", "")
    inbox = Section(_("Inbox"))
    for view in lists.VIEWS.values():
        inbox.links.append(
            Item(
                url=url_of_view(view),
                label=view.label,
                icon=view.icon,
                key=view.key if view.in_nav else "",
                count=shown_count(counts[view.key]) if view.in_nav else None,
                tone=view.tone,
                is_current=current == view.key,
            )
        )
    sections = [inbox]
    apps = [app for app in _pages_of_apps if counts.get(app.key) or user.is_admin]
    of_apps = [(app.title, app.pages, False) for app in apps]
    for title, pages, at_end in (
        (_("Work"), WORK_PAGES, False),
        *of_apps,
        (_("System"), SYSTEM_PAGES, True),
    ):
        links = [link for page in pages if (link := _link(user, counts, *page))]
        if links:
            sections.append(Section(title, links, at_end))
    mark_current(request.path, [link for section in sections[1:] for link in section.links])
    tops: list[Callable[[], str]] = [
        partial(app.top, request) for app in _pages_of_apps if app.top is not None and counts.get(app.key)
    ]
    return Nav(sections, counts, tops, tuple(app for app in apps if app.keys))


UNSEEN, BURSTS = "unseen", "bursts"


def standing_questions(user: User) -> list[lists.Worded]:
    """What every page of an agent counts: the views, the quarantine, what is behind the bell; bursts, if any; and
    whether he belongs to the apps that bring pages."""

    def build() -> dict[str, QuerySet[Any]]:
        proposed = Burst.objects.proposed().worked_by(user).values("pk")[:1]
        of_apps = {app.key: app.membership(user).values("pk")[:1] for app in _pages_of_apps}
        return lists.views_of(user, COUNTED) | {UNSEEN: notices.unseen_things(user), BURSTS: proposed} | of_apps

    return lists.kept_words("standing", user, build)


def standing_counts(request: HttpRequest, user: User) -> dict[str, int]:
    """Their answers, asked once for a page: when its navigation or bell is drawn, or along with a list's own counts."""
    known: dict[str, int] | None = getattr(request, "standing_counts", None)
    if known is None:
        known = keep_counts(request, lists.ask(standing_questions(user)))
    return known


def keep_counts(request: HttpRequest, counts: dict[str, int]) -> dict[str, int]:
    """For the rest of the request."""
    kept = dict.fromkeys((*COUNTED, UNSEEN, BURSTS), 0) | counts
    request.standing_counts = kept  # type: ignore[attr-defined]  # only this module reads it
    return kept


def mark_current(path: str, links: list[Item]) -> None:
    """The link whose page, or nearest page above it, is being read."""
    above = [link for link in links if path.startswith(link.url)]
    if above:
        max(above, key=lambda link: len(link.url)).is_current = True


def shown_count(count: int) -> str:
    """A count as it is written; empty for none, "999+" from the cap on."""
    if count >= lists.MOST_COUNTED:
        return f"{lists.MOST_COUNTED - 1}+"
    return str(count) if count else ""


def _link(
    user: User, counts: dict[str, int], name: str, label: str | LazyText, icon: str, for_admins: bool
) -> Item | None:
    if for_admins and not permissions.can_set_up(user):
        return None
    key, tone = COUNTED_PAGES.get(name, ("", ""))
    try:
        return Item(reverse(name), label, icon, key, shown_count(counts[key]) if key else None, tone)
    except NoReverseMatch:
        return None
