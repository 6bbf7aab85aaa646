"""What an agent does at his desk with a contact: takes it, holds it, hands it on, says who it is and how it ended."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contactcenter import callbacks, contacts, results, routing, unmet, wrap_ups
from contactcenter.models import Contact, Offer, Queue
from contactcenter.web.desk import CentreRequest, answered, for_centre, refuse, result_context
from contactcenter.web.desk_forms import CallerForm, ResultForm
from tickets import linking
from tickets.desk import NewPerson
from tickets.errors import Refused
from tickets.web.responses import first_error, go_back, is_htmx

MORE_SECONDS = 30
TICKETS_FOUND = 8


# --- the offer -------------------------------------------------------------------------------------------------------


@require_POST
@for_centre
def answer_offer(request: CentreRequest, offer_id: int, answer: str) -> HttpResponse:
    """Taken, or let pass. Taken twice, from two of his pages, is once."""
    offer = get_object_or_404(Offer, pk=offer_id, agent=request.agent)
    if answer not in ("accept", "reject"):
        raise Http404
    try:
        if answer == "reject":
            routing.reject_offer(offer, by=request.user)
        elif offer.state != Offer.State.ACCEPTED:
            routing.accept_offer(offer, by=request.user)
    except Refused as refusal:
        return refuse(request, refusal)
    if answer == "accept" and not is_htmx(request):
        return go_back(request, reverse("contactcenter:desk"))
    return answered(request)


# --- on the line -----------------------------------------------------------------------------------------------------


@require_POST
@for_centre
def act_on_contact(request: CentreRequest, contact_id: int, step: str) -> HttpResponse:
    """On hold, off it, ended, handed on; of a call back: reached or not."""
    contact = get_object_or_404(Contact, pk=contact_id, agent=request.agent)
    acts: dict[str, Callable[[], object]] = {
        "hold": lambda: contacts.hold_contact(contact, by=request.user),
        "resume": lambda: contacts.resume_contact(contact, by=request.user),
        "hang-up": lambda: contacts.hang_up(contact, by=request.user),
        "transfer": lambda: contacts.transfer_contact(contact, to=_queue(request), by=request.user),
        "reach": lambda: callbacks.reach_person(contact, by=request.user),
        "miss": lambda: callbacks.miss_person(contact, by=request.user),
    }
    if step not in acts:
        raise Http404
    try:
        acts[step]()
    except Refused as refusal:
        return refuse(request, refusal)
    return answered(request)


@require_POST
@for_centre
def act_on_unmet(request: CentreRequest, contact_id: int, turn: str) -> HttpResponse:
    """Calls somebody who waited for nothing, or says that nobody has to."""
    contact = get_object_or_404(unmet.unmet_for(request.agent), pk=contact_id)
    acts: dict[str, Callable[[], object]] = {
        "take": lambda: unmet.take_unmet(contact, agent=request.agent, by=request.user),
        "call-off": lambda: unmet.call_off(contact, by=request.user),
    }
    if turn not in acts:
        raise Http404
    try:
        acts[turn]()
    except Refused as refusal:
        return refuse(request, refusal)
    return answered(request)


def _queue(request: CentreRequest) -> Queue:
    given = request.POST.get("queue", "")
    key = int(given) if given.isascii() and given.isdigit() and len(given) < 16 else 0
    queue = Queue.objects.filter(pk=key, is_active=True).first()
    if queue is None:
        raise Refused(_("Choose a queue."), field="queue")
    return queue


@require_POST
@for_centre
def name_caller(request: CentreRequest, contact_id: int) -> HttpResponse:
    """Says who is on the line: somebody known, or a new person with the number he calls from."""
    contact = get_object_or_404(Contact, pk=contact_id, agent=request.agent)
    form = CallerForm(request.POST)
    if not form.is_valid():
        return refuse(request, Refused(first_error(form.errors)))
    try:
        customer = form.cleaned_data["customer"]
        new = NewPerson(form.cleaned_data["new_name"], form.cleaned_data["new_email"], contact.number)
        customer = results.name_caller(contact, customer=customer, new_person=new, by=request.user)
    except Refused as refusal:
        return refuse(request, refusal)
    return answered(request, said=_("Noted: %(name)s.") % {"name": customer})


# --- what came of it -------------------------------------------------------------------------------------------------


@require_POST
@for_centre
def more_time(request: CentreRequest) -> HttpResponse:
    """Half a minute more to wrap up."""
    try:
        wrap_ups.more_time(request.agent, seconds=MORE_SECONDS, by=request.user)
    except Refused as refusal:
        return refuse(request, refusal)
    return answered(request)


@require_http_methods(["GET", "POST"])
@for_centre
def wrap_up(request: CentreRequest, contact_id: int) -> HttpResponse:
    """What came of a contact: at the desk while it is in hand, on a page of its own when its time ran out."""
    mine = Contact.objects.filter(work_intervals__agent=request.agent, pk=contact_id).distinct()
    contact = get_object_or_404(
        mine.select_related("customer__organisation", "queue__team", "ticket", "wrap_up__ticket")
    )
    if request.method == "GET":
        return _page(request, contact)
    form = ResultForm(request.POST)
    if "open_ticket" in request.POST:
        return _open_ticket(request, contact, form)
    if not form.is_valid():
        return _again(request, contact, form)
    try:
        is_next = results.tell_result(contact, request.agent, form.result, by=request.user)
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _again(request, contact, form)
    response = answered(request, said="" if is_next else _("Saved."))
    response["HX-Trigger"] = "desk-wrapped"
    return response


def _open_ticket(request: CentreRequest, contact: Contact, form: ResultForm) -> HttpResponse:
    """A new ticket in one click; the form stays as it was, with the ticket in it."""
    try:
        ticket = results.open_ticket(contact, request.agent, notes=request.POST.get("notes", ""), by=request.user)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _again(request, contact, form)
    typed = request.POST.copy()
    typed["number"] = ticket.number
    typed.pop("is_without", None)
    contact.ticket = ticket
    said = _("Ticket %(number)s opened.") % {"number": ticket.number}
    filled = ResultForm(initial={name: typed.get(name) for name in ResultForm.base_fields})
    if is_htmx(request) and not _is_page(request):
        return answered(request, said=said, form=filled)
    return _page(request, contact, filled, said=said)


def _again(request: CentreRequest, contact: Contact, form: ResultForm) -> HttpResponse:
    """With what was typed, and what is wrong with it."""
    if is_htmx(request) and not _is_page(request):
        return answered(request, form=form, status=422)
    return _page(request, contact, form)


def _page(request: CentreRequest, contact: Contact, form: ResultForm | None = None, *, said: str = "") -> HttpResponse:
    context = result_context(request, contact, form) | {"said": said, "is_page": True}
    status = 422 if form is not None and form.is_bound and form.errors else 200
    return render(request, "contactcenter/desk_wrap_up.html", context, status=status)


def _is_page(request: CentreRequest) -> bool:
    return "is_page" in request.POST


@require_GET
@for_centre
def find_ticket(request: CentreRequest) -> HttpResponse:
    """What the typed digits or words may mean."""
    words = request.GET.get("number", "")
    found = linking.find_tickets(words, by=request.user).select_related("status").order_by("-opened_at")
    return render(request, "contactcenter/_desk_tickets_found.html", {"found": found[:TICKETS_FOUND]})
