"""Notes on a person: written on his page, reworded or taken away on a page of their own."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from tickets import permissions, person_notes
from tickets.errors import Refused
from tickets.models import PersonNote, User
from tickets.web.forms import EraseForm
from tickets.web.responses import AgentRequest, first_error, for_agents


class PersonNoteForm(forms.Form):
    """One text."""

    text = forms.CharField(
        label=gettext_lazy("Note"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=person_notes.LONGEST,
        help_text=gettext_lazy("For agents only; the customer never sees it."),
    )


@require_POST
@for_agents
def note_person(request: AgentRequest, person_id: int) -> HttpResponse:
    """A new note; what is wrong with it is said on the person's page."""
    person = get_object_or_404(User, pk=person_id)
    form = PersonNoteForm(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form.errors))
        return redirect("tickets:person", person.pk)
    try:
        person_notes.note_person(person, text=form.cleaned_data["text"], by=request.user)
        messages.success(request, _("Note added."))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("tickets:person", person.pk)


@require_http_methods(["GET", "POST"])
@for_agents
def person_note(request: AgentRequest, person_id: int, note_id: int) -> HttpResponse:
    """One note and its history; reworded or taken away here."""
    note = get_object_or_404(PersonNote.objects.select_related("person", "author"), pk=note_id, person=person_id)
    form = PersonNoteForm(request.POST if request.method == "POST" else None, initial={"text": note.text})
    if request.method == "POST":
        try:
            if "withdraw" in request.POST:
                person_notes.withdraw_note(note, by=request.user)
                messages.success(request, _("Note taken away. It is kept in the history of the note."))
                return redirect("tickets:person", person_id)
            if form.is_valid():
                person_notes.reword_note(note, text=form.cleaned_data["text"], by=request.user)
                messages.success(request, _("Note reworded."))
                return redirect("tickets:person", person_id)
        except Refused as refused:
            form.add_error(None, str(refused))
    return _page(request, note, form)


@require_POST
@for_agents
def ask_note_erasure(request: AgentRequest, person_id: int, note_id: int) -> HttpResponse:
    """The first of two administrators asks for the erasure that law demands."""
    _refuse_all_but_administrators(request.user)
    note = get_object_or_404(PersonNote.objects.select_related("person", "author"), pk=note_id, person=person_id)
    asking = EraseForm(request.POST, auto_id="erase_%s")
    if asking.is_valid():
        try:
            person_notes.ask_note_erasure(note, reason=asking.cleaned_data["reason"], by=request.user)
            messages.success(request, _("Erasure asked for. A second administrator has to approve it."))
            return redirect("tickets:person_note", person_id, note_id)
        except Refused as refused:
            asking.add_error(None, str(refused))
    return _page(request, note, PersonNoteForm(initial={"text": note.text}), asking)


@require_POST
@for_agents
def approve_note_erasure(request: AgentRequest, person_id: int, note_id: int) -> HttpResponse:
    """The second one approves, and the note goes blank in all its versions."""
    _refuse_all_but_administrators(request.user)
    note = get_object_or_404(PersonNote, pk=note_id, person=person_id)
    asked = person_notes.erasure_of(note)
    if asked is None:
        raise Http404
    try:
        person_notes.approve_note_erasure(asked, by=request.user)
        messages.success(request, _("The content was erased."))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("tickets:person_note", person_id, note_id)


def _refuse_all_but_administrators(user: User) -> None:
    if not permissions.can_set_up(user):
        raise PermissionDenied(_("Only administrators may do this."))


def _page(
    request: AgentRequest, note: PersonNote, form: PersonNoteForm, asking: EraseForm | None = None
) -> HttpResponse:
    """The note, its versions, and what was asked of it in the name of the law."""
    context = {
        "form": form,
        "note": note,
        "person": note.person,
        "versions": person_notes.versions_of(note),
        "erasure": person_notes.erasure_of(note),
        "asking": asking or EraseForm(auto_id="erase_%s"),
        "may_erase": permissions.can_set_up(request.user),
    }
    wrong = form.errors or (asking is not None and asking.errors)
    return render(request, "tickets/person_note.html", context, status=422 if wrong else 200)
