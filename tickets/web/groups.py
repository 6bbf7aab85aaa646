"""Groups of reports of one fault: the list, the live page of one, and what is done with it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tickets import (
    group_closing,
    group_figures,
    group_lists,
    group_words,
    groups,
    linking,
    live,
    notices,
    permissions,
    telling,
)
from tickets.access import load_group
from tickets.bulk import acts, runs
from tickets.errors import Refused
from tickets.models import GroupClosing, Right, Tag, Team, Ticket, TicketGroup, User
from tickets.templatetags.ui import in_words
from tickets.web.bulk import show_plan
from tickets.web.inbox import Pager, Tab
from tickets.web.responses import AgentRequest, for_agents, go_back, is_htmx
from tickets.web.ticket_page import number_in

TABS: tuple[tuple[str, str | LazyText], ...] = (
    ("all", gettext_lazy("All")),
    ("open", gettext_lazy("Open tickets")),
    ("closed", gettext_lazy("Closed tickets")),
)


class GroupForm(forms.Form):
    """What a group says of itself."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    team = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Team"), empty_label=None)
    owner = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("Owner"), required=False, empty_label=gettext_lazy("nobody")
    )
    tags = forms.CharField(
        label=gettext_lazy("Tags"), max_length=500, required=False, help_text=gettext_lazy("Separated by commas.")
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("For colleagues: what is known, what helps meanwhile."),
    )

    def __init__(self, *args: Any, reader: User, group: TicketGroup | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = {team.pk for team in permissions.teams_with(reader, Right.NOTE)} | (
            {group.team_id} if group else set()
        )
        self.fields["team"].queryset = Team.objects.filter(pk__in=offered).order_by("name")  # type: ignore[attr-defined]
        agents = User.objects.filter(is_active=True, roles__overlap=["agent", "admin"]).order_by("name")
        self.fields["owner"].queryset = agents  # type: ignore[attr-defined]

    def clean_tags(self) -> list[Tag]:
        names = [name for name in (part.strip() for part in self.cleaned_data["tags"].split(",")) if name]
        known = {tag.name.lower(): tag for tag in Tag.objects.filter(name__in=[*names, *map(str.lower, names)])}
        missing = [name for name in names if name.lower() not in known]
        if missing:
            raise forms.ValidationError(_("There is no tag “%(tag)s”.") % {"tag": missing[0]})
        return list(dict.fromkeys(known[name.lower()] for name in names))


class OutageForm(forms.Form):
    """What the portal says of the fault, by language, and whether it does so now."""

    is_shown = forms.BooleanField(label=gettext_lazy("Shown in the portal"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, name in settings.LANGUAGES:
            self.fields[f"text_{code}"] = forms.CharField(
                label=_("What customers read (%(language)s)") % {"language": _(str(name))},
                max_length=2000,
                required=False,
                widget=forms.Textarea(attrs={"rows": 3}),
            )


class TicketNumberForm(forms.Form):
    number = forms.CharField(label=gettext_lazy("Ticket number"), max_length=30)


class NewFromTagForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Title of the group"), max_length=200)
    team = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Team"), empty_label=None)

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = [team.pk for team in permissions.teams_with(reader, Right.NOTE)]
        self.fields["team"].queryset = Team.objects.filter(pk__in=teams).order_by("name")  # type: ignore[attr-defined]


# --- reading ---------------------------------------------------------------------------------------------------------


@require_GET
@for_agents
def group_list(request: AgentRequest) -> HttpResponse:
    """Open or closed groups, the last changed first, by words of the title and by team."""
    is_open = request.GET.get("state") != "closed"
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    team = number_in(request, "team") or None
    lines, following = group_lists.list_groups(
        request.user, is_open=is_open, words=words, team=team, before=request.GET.get("before", "")
    )
    query = request.GET.copy()
    query.pop("before", None)
    query["before"] = following
    context = {
        "lines": lines,
        "is_open": is_open,
        "words": words,
        "team": team,
        "teams": group_lists.teams_of(request.user),
        "page": Pager("", "", f"?{query.urlencode()}" if following else ""),
        "is_first": not request.GET.get("before"),
        "may_open": bool(permissions.has_right_somewhere(request.user, Right.NOTE)),
    }
    return render(request, "tickets/groups.html", context)


@require_GET
@for_agents
def group(request: AgentRequest, group_id: int) -> HttpResponse:
    """One group: who reports, when, in whose words, who works on it. Its parts read themselves again."""
    found = load_group(request.user, group_id)
    notices.mark_seen(request.user, group=found)
    return render(request, "tickets/group.html", group_context(request, found))


def group_context(request: AgentRequest, found: TicketGroup) -> dict[str, Any]:
    """A fixed number of queries, however many members there are."""
    user = request.user
    figures = group_figures.read_figures(found, reader=user)
    shown = request.GET.get("show", "all")
    shown = shown if shown in group_figures.SHOWN else "all"
    members = group_figures.read_members(found, reader=user, shown=shown, after=request.GET.get("after", ""))
    here = reverse("tickets:group", args=[found.pk])
    followed_up = group_figures.count_followed_up(found)
    tabs = [*TABS, ("followed", _("Wrote after the closing"))] if followed_up or shown == "followed" else list(TABS)
    arrivals = group_figures.read_arrivals(found, figures)
    return {
        "group": found,
        "tags": list(found.tags.all()),
        "figures": figures,
        "arrivals": arrivals,
        "chart_words": chart_words(arrivals) if arrivals else {},
        "organisations": group_figures.read_organisations(found, figures, reader=user),
        "places": group_figures.read_places(found, reader=user),
        "words": group_figures.read_words(found, reader=user),
        "workers": group_figures.read_workers(found, reader=user),
        "members": members,
        "tabs": [Tab(label, f"{here}?show={key}#members", "", key == shown) for key, label in tabs],
        "page": Pager("", "", f"{here}?show={shown}&after={members.next}#members" if members.next else ""),
        "is_first": not request.GET.get("after"),
        "history": group_words.tell(found, reader=user),
        "followed_up": followed_up,
        "closing": GroupClosing.objects.exclude(state=GroupClosing.State.PLANNED).filter(group=found).first(),
        "last_event": group_figures.last_event(found),
        "hint": f"{live.problem_hint(found.pk)}-changed",
        "may_lead": permissions.can_lead_group(user, found),
        "is_watching": telling.is_watching_group(found, user),
        "is_muted": telling.is_muted(user, group=found),
        "outage": [(name, found.outage[code]) for code, name in settings.LANGUAGES if found.outage.get(code)],
    }


def chart_words(arrivals: group_figures.Arrivals) -> dict[str, str]:
    """What stands at the chart's ends, and of its peak."""
    moments = {"start": arrivals.bars[0].at, "end": arrivals.ends_at, "peak": arrivals.peak_at}
    return {key: in_words(moment, time=True) for key, moment in moments.items() if moment is not None}


@require_GET
@for_agents
def group_history(request: AgentRequest, group_id: int) -> HttpResponse:
    """All of the group's own history, a page at a time."""
    found = load_group(request.user, group_id)
    history = group_words.tell(found, reader=request.user, before=number_in(request, "before"))
    return render(request, "tickets/group_history.html", {"group": found, "history": history})


# --- acts ------------------------------------------------------------------------------------------------------------


def answer_form(
    request: AgentRequest,
    form: forms.Form,
    *,
    title: str | LazyText,
    submit: str | LazyText,
    cancel_url: str,
    template: str = "tickets/dialog.html",
    **context: Any,
) -> HttpResponse:
    """A form in the page's dialog, or as a page of its own without script."""
    context |= {"form": form, "title": title, "submit": submit, "action": request.path, "cancel_url": cancel_url}
    return render(request, template, context, status=422 if form.errors else 200)


def led_to(request: AgentRequest, url: str, said: str | LazyText) -> HttpResponseBase:
    """The page goes there, with a passing word; out of a dialog too."""
    answer = go_back(request, url, said=said)
    if not is_htmx(request):
        return answer
    to_page = HttpResponse(status=204)
    to_page["HX-Redirect"] = url
    return to_page


@require_http_methods(["GET", "POST"])
@for_agents
def new_group(request: AgentRequest) -> HttpResponseBase:
    """A group without any ticket yet."""
    form = GroupForm(request.POST or None, reader=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            permissions.require(permissions.can_open_group(request.user, form.cleaned_data["team"]))
            made = groups.open_group(by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return led_to(request, reverse("tickets:group", args=[made.pk]), _("Group opened."))
    back = reverse("tickets:groups")
    return answer_form(request, form, title=_("New group"), submit=_("Open the group"), cancel_url=back)


@require_http_methods(["GET", "POST"])
@for_agents
def edit_group(request: AgentRequest, group_id: int) -> HttpResponseBase:
    found = load_group(request.user, group_id, to="lead")
    here = reverse("tickets:group", args=[found.pk])
    now = {name: getattr(found, name) for name in ("title", "description", "team", "owner")}
    now["tags"] = ", ".join(tag.name for tag in found.tags.all())
    form = GroupForm(request.POST or None, reader=request.user, group=found, initial=now)
    if request.method == "POST" and form.is_valid():
        try:
            groups.edit_group(found, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return led_to(request, here, _("Saved."))
    return answer_form(request, form, title=_("Edit the group"), submit=_("Save"), cancel_url=here)


@require_http_methods(["GET", "POST"])
@for_agents
def group_outage(request: AgentRequest, group_id: int) -> HttpResponseBase:
    """What the portal says of the fault."""
    found = load_group(request.user, group_id, to="lead")
    here = reverse("tickets:group", args=[found.pk])
    now = {f"text_{code}": found.outage.get(code, "") for code, _name in settings.LANGUAGES}
    form = OutageForm(request.POST or None, initial=now | {"is_shown": found.is_outage_shown})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        texts = {code: given[f"text_{code}"] for code, _name in settings.LANGUAGES}
        try:
            groups.set_outage(found, by=request.user, texts=texts, is_shown=given["is_shown"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            said = _("The portal shows it now.") if given["is_shown"] else _("Saved; the portal does not show it.")
            return led_to(request, here, said)
    return answer_form(
        request,
        form,
        title=_("Known outage in the portal"),
        submit=_("Save"),
        cancel_url=here,
        template="tickets/group_outage.html",
    )


@require_http_methods(["GET", "POST"])
@for_agents
def add_to_group(request: AgentRequest, group_id: int) -> HttpResponseBase:
    """Puts a ticket into the group, by its number."""
    found = load_group(request.user, group_id)
    here = reverse("tickets:group", args=[found.pk])
    form = TicketNumberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ticket = linking.ticket_of_number(form.cleaned_data["number"], by=request.user)
            permissions.require(permissions.can_group(request.user, ticket))
            groups.join_group(found, ticket=ticket, by=request.user, how=groups.How.TYPED)
        except Refused as refusal:
            form.add_error("number", str(refusal))
        else:
            return led_to(request, here, _("Ticket %(number)s added.") % {"number": ticket.number})
    return answer_form(
        request,
        form,
        title=_("Add a ticket to the group"),
        submit=_("Add"),
        cancel_url=here,
        template="tickets/group_add.html",
        group=found,
    )


@require_GET
@for_agents
def find_for_group(request: AgentRequest, group_id: int) -> HttpResponse:
    """What the typed digits or words may mean: open tickets that are not in the group."""
    found = load_group(request.user, group_id)
    tickets = linking.find_tickets(request.GET.get("number", ""), by=request.user)
    inside = group_figures.members_of(found, reader=request.user)
    fitting = list(tickets.exclude(pk__in=inside).select_related("status").order_by("-opened_at")[: linking.MOST_FOUND])
    return render(request, "tickets/_link_choices.html", {"found": fitting})


@require_POST
@for_agents
def reopen_group(request: AgentRequest, group_id: int) -> HttpResponseBase:
    found = load_group(request.user, group_id, to="lead")
    here = reverse("tickets:group", args=[found.pk])
    try:
        group_closing.reopen_group(found, by=request.user)
    except Refused as refusal:
        return go_back(request, here, said=str(refusal), tone="warn")
    return go_back(request, here, said=_("The group is open again."))


@require_http_methods(["GET", "POST"])
@for_agents
def group_from_tag(request: AgentRequest, tag_id: int) -> HttpResponseBase:
    """The open tickets with a tag become a group: its title first, then the dry run as of any act on many tickets."""
    tag = get_object_or_404(Tag, pk=tag_id)
    tickets = Ticket.objects.worked_by(request.user).open().filter(pk__in=tag.tickets.values("pk"))
    form = NewFromTagForm(request.POST or None, reader=request.user, initial={"title": tag.name, "team": tag.team_id})
    back = reverse("tickets:inbox_view", args=[f"tag-{tag.pk}"])
    if request.method == "POST" and form.is_valid():
        try:
            permissions.require(permissions.can_open_group(request.user, form.cleaned_data["team"]))
            act = acts.PutInGroup(**form.cleaned_data, how=groups.How.TAG)
            run = runs.plan_run(act, tickets, by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return show_plan(request, run, act, back)
    n = tickets.count()
    return answer_form(
        request,
        form,
        title=_("Group the tickets with the tag “%(tag)s”") % {"tag": tag.name},
        submit=ngettext("Go on with %(n)s ticket", "Go on with %(n)s tickets", n) % {"n": n},
        cancel_url=back,
    )
