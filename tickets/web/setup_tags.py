"""Set-up of tags: what they mean, their other words and colours, who looks after them, what is answered; joining."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tickets import tag_joining, tag_setup
from tickets.errors import Refused
from tickets.models import Tag
from tickets.tag_setup import TagCount
from tickets.tagging import the_tag
from tickets.web.responses import AgentRequest
from tickets.web.setup import FormPage, for_admins, show_form, take_form
from tickets.web.setup_history import history_panel
from tickets.web.setup_text_forms import ChangeTagForm, JoinTagForm, TagForm, by_language, into_fields

SHOWN = 60


@require_GET
@for_admins
def setup_tags(request: AgentRequest) -> HttpResponse:
    """By name, a page at a time; `q` finds words of the name or the description."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    after = request.GET.get("after", "").replace("\x00", "")[:60]
    rows = Tag.objects.filter(synonym_of__isnull=True).select_related("team", "owner").prefetch_related("synonyms")
    rows = rows.order_by("name", "pk")
    if words:
        other = Tag.objects.filter(synonym_of__isnull=False, name__icontains=words).values("synonym_of")
        rows = rows.filter(Q(name__icontains=words) | Q(description__icontains=words) | Q(pk__in=other))
    if after:
        rows = rows.filter(name__gt=after)
    found = list(rows[: SHOWN + 1])
    counts = tag_setup.count_tickets(found[:SHOWN])
    context = {
        "tags": [(tag, counts.get(tag.pk, TagCount())) for tag in found[:SHOWN]],
        "more": found[SHOWN - 1].name if len(found) > SHOWN else "",
        "words": words,
    }
    return render(request, "tickets/setup/tags.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_add_tag(request: AgentRequest) -> HttpResponse:
    page = FormPage(_("New tag"), _("Add the tag"), reverse("tickets:setup_tags"), _("Tags"))
    if request.method != "POST":
        return show_form(request, page, TagForm())
    return take_form(request, page, TagForm(request.POST), _taking_texts(tag_setup.add_tag))


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_tag(request: AgentRequest, tag_id: int) -> HttpResponse:
    row = get_object_or_404(Tag.objects.select_related("team", "synonym_of"), pk=tag_id)
    if row.synonym_of is not None:
        return redirect("tickets:setup_tag", row.synonym_of.pk)
    page = FormPage(row.name, _("Save"), reverse("tickets:setup_tags"), _("Tags"), "tickets/setup/tag.html")
    context = _context(row)
    if request.method != "POST":
        return show_form(request, page, ChangeTagForm(initial=_now(row)), context=context)
    act = _taking_texts(partial(tag_setup.change_tag, row))
    return take_form(request, page, ChangeTagForm(request.POST), act, to=request.path, context=context)


@require_POST
@for_admins
def setup_join_tag(request: AgentRequest, tag_id: int) -> HttpResponse:
    """Its tickets go over to another tag; this one stays as another word for that."""
    row = get_object_or_404(Tag.objects.select_related("team"), pk=tag_id)
    page = FormPage(row.name, _("Save"), reverse("tickets:setup_tags"), _("Tags"), "tickets/setup/tag.html")
    form = JoinTagForm(request.POST)
    if form.is_valid():
        try:
            into = tag_joining.join_tag(row, into=the_tag(form.cleaned_data["into"]), by=request.user)
        except Refused as refusal:
            form.add_error("into", str(refusal))
        else:
            messages.success(request, _("“%(tag)s” is another word for “%(into)s” now.") % {"tag": row, "into": into})
            return redirect("tickets:setup_tag", into.pk)
    context = _context(row) | {"join": form}
    return show_form(request, page, ChangeTagForm(initial=_now(row)), status=422, context=context)


def _context(row: Tag) -> dict[str, Any]:
    count = tag_setup.count_tickets([row]).get(row.pk, TagCount())
    moving = tag_joining.waiting_to_move(row)
    return {"tag": row, "count": count, "join": JoinTagForm(), "still_moving": moving} | history_panel(row)


def _now(row: Tag) -> dict[str, Any]:
    names = [name for name in ChangeTagForm.base_fields if name != "synonyms"]
    words = ", ".join(word.name for word in row.synonyms.order_by("name"))
    return {name: getattr(row, name) for name in names} | {"synonyms": words} | into_fields(row.answer)


def _taking_texts(room: Callable[..., Tag]) -> Callable[..., Tag]:
    """The room wants one mapping for the answer in all languages."""

    def act(**values: Any) -> Tag:
        rest = {name: value for name, value in values.items() if not name.startswith("text_")}
        return room(answer=by_language(values), **rest)

    return act
