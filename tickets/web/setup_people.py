"""Set-up of people and their organisations."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tickets import departures, people
from tickets.errors import Refused
from tickets.models import Organisation, Role, Ticket, User
from tickets.web.responses import AgentRequest
from tickets.web.setup import FormPage, for_admins, show_form, take_form
from tickets.web.setup_forms import (
    AddressForm,
    ChangeOrganisationForm,
    InvitePersonForm,
    OrganisationForm,
    PersonForm,
)
from tickets.web.setup_history import history_panel
from tickets.web.setup_rights import person_matrix

MOST_SHOWN = 100


@require_GET
@for_admins
def setup_people(request: AgentRequest) -> HttpResponse:
    """People by name, address, phone or organisation; `role` narrows, deactivated ones only when asked for."""
    words, role = request.GET.get("q", "").strip()[:200], request.GET.get("role", "")
    found = User.objects.select_related("organisation").filter(is_active=role != "inactive")
    if words:
        match = Q(name__icontains=words) | Q(addresses__email__icontains=words) | Q(phone__icontains=words)
        found = found.filter(match | Q(organisation__name__icontains=words)).distinct()
    if role in Role.values:
        found = found.filter(roles__contains=[role])
    rows = list(found.order_by("name", "pk")[: MOST_SHOWN + 1])
    context = {
        "people": rows[:MOST_SHOWN],
        "is_cut": len(rows) > MOST_SHOWN,
        "words": words,
        "role": role,
        "roles": [("", _("Everybody")), *Role.choices, ("inactive", _("Deactivated"))],
    }
    return render(request, "tickets/setup/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_add_person(request: AgentRequest) -> HttpResponse:
    page = FormPage(_("New person"), _("Add the person"), reverse("tickets:setup_people"), _("People"))
    if request.method != "POST":
        start = {"language": request.user.language, "time_zone": request.user.time_zone, "roles": [Role.CUSTOMER]}
        return show_form(request, page, InvitePersonForm(initial=start))
    form = InvitePersonForm(request.POST)
    return take_form(
        request,
        page,
        form,
        people.invite_person,
        said=_("The person is there, and signs in by a code sent to his mail."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_person(request: AgentRequest, person_id: int) -> HttpResponse:
    """One person: data and roles, addresses, teams."""
    person = get_object_or_404(User, pk=person_id)
    if request.method != "POST":
        now = {name: getattr(person, name) for name in PersonForm.base_fields}
        return show_form(request, _page(person), PersonForm(initial=now), context=_context(person))
    act = partial(people.change_person, person)
    form = PersonForm(request.POST)
    return take_form(request, _page(person), form, act, to=request.path, context=_context(person))


@require_POST
@for_admins
def setup_add_address(request: AgentRequest, person_id: int) -> HttpResponse:
    """Mail from this address is the person's from now on."""
    person = get_object_or_404(User, pk=person_id)
    form = AddressForm(request.POST)
    if form.is_valid():
        try:
            people.add_address(person, form.cleaned_data["email"], by=request.user)
        except Refused as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, _("The address is added."))
            return redirect("tickets:setup_person", person.pk)
    now = {name: getattr(person, name) for name in PersonForm.base_fields}
    context = _context(person) | {"address_form": form}
    return show_form(request, _page(person), PersonForm(initial=now), status=422, context=context)


@require_POST
@for_admins
def setup_primary_address(request: AgentRequest, person_id: int) -> HttpResponse:
    """The address for signing in and for answers."""
    person = get_object_or_404(User, pk=person_id)
    try:
        people.make_primary(person, request.POST.get("email", ""), by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(email)s is the primary address.") % {"email": person.email})
    return redirect("tickets:setup_person", person.pk)


@require_POST
@for_admins
def setup_deactivate(request: AgentRequest, person_id: int) -> HttpResponse:
    """He can no longer sign in; his open work goes back to the teams."""
    person = get_object_or_404(User, pk=person_id)
    try:
        count = departures.deactivate_person(person, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        back = ngettext("%(n)s ticket went back to its team.", "%(n)s tickets went back to their teams.", count)
        said = _("%(name)s can no longer sign in.") % {"name": person}
        messages.success(request, f"{said} {back % {'n': count}}" if count else said)
    return redirect("tickets:setup_person", person.pk)


@require_POST
@for_admins
def setup_reactivate(request: AgentRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    people.reactivate_person(person, by=request.user)
    messages.success(request, _("%(name)s may sign in again.") % {"name": person})
    return redirect("tickets:setup_person", person.pk)


@require_GET
@for_admins
def setup_organisations(request: AgentRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:200]
    rows = Organisation.objects.annotate(
        people=Count("members", filter=Q(members__is_active=True), distinct=True),
        open_tickets=Count("tickets", filter=Q(tickets__closed_at__isnull=True), distinct=True),
    )
    if words:
        rows = rows.filter(name__icontains=words)
    context = {"organisations": rows.order_by("-is_active", "name")[:MOST_SHOWN], "words": words}
    return render(request, "tickets/setup/organisations.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_add_organisation(request: AgentRequest) -> HttpResponse:
    page = FormPage(
        _("New organisation"), _("Add the organisation"), reverse("tickets:setup_organisations"), _("Organisations")
    )
    if request.method != "POST":
        return show_form(request, page, OrganisationForm())
    return take_form(
        request, page, OrganisationForm(request.POST), people.add_organisation, said=_("The organisation is there.")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_organisation(request: AgentRequest, organisation_id: int) -> HttpResponse:
    row = get_object_or_404(Organisation, pk=organisation_id)
    page = FormPage(row.name, _("Save"), reverse("tickets:setup_organisations"), _("Organisations"))
    if request.method != "POST":
        now = {name: getattr(row, name) for name in ChangeOrganisationForm.base_fields}
        return show_form(request, page, ChangeOrganisationForm(initial=now), context=history_panel(row))
    form = ChangeOrganisationForm(request.POST)
    act = partial(people.change_organisation, row)
    return take_form(request, page, form, act, context=history_panel(row))


def _page(person: User) -> FormPage:
    return FormPage(str(person), _("Save"), reverse("tickets:setup_people"), _("People"), "tickets/setup/person.html")


def _context(person: User) -> dict[str, object]:
    return {
        "person": person,
        "addresses": person.addresses.all(),
        "bounced": people.bounced_addresses([address.email for address in person.addresses.all()]),
        "address_form": AddressForm(),
        "matrix": person_matrix(person) if person.is_agent else None,
        "owned": Ticket.objects.open().filter(owner=person).count(),
    } | history_panel(person)
