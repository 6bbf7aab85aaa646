"""The addresses of an agent's desk, under `/centre/desk/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from contactcenter.web import desk, desk_acts, desk_contacts

urlpatterns: list[URLPattern] = [
    path("centre/desk/", desk.page, name="desk"),
    path("centre/desk/parts/", desk.parts, name="desk_parts"),
    path("centre/desk/state/", desk.state, name="desk_state"),
    path("centre/desk/alive/", desk.alive, name="desk_alive"),
    path("centre/desk/activity/", desk_acts.set_activity, name="desk_activity"),
    path("centre/desk/focus/", desk_acts.set_focus, name="desk_focus"),
    path("centre/desk/recall/", desk_acts.answer_recall, name="desk_recall"),
    path("centre/desk/loans/<int:loan_id>/<slug:answer>/", desk_acts.answer_loan, name="desk_loan"),
    path("centre/desk/work/<slug:turn>/", desk_acts.work, name="desk_work"),
    path("centre/desk/offers/<int:offer_id>/<slug:answer>/", desk_contacts.answer_offer, name="desk_offer"),
    path("centre/desk/more-time/", desk_contacts.more_time, name="desk_more_time"),
    path("centre/desk/tickets/", desk_contacts.find_ticket, name="desk_find_ticket"),
    path("centre/desk/contacts/<int:contact_id>/person/", desk_contacts.name_caller, name="desk_person"),
    path("centre/desk/contacts/<int:contact_id>/result/", desk_contacts.wrap_up, name="desk_wrap_up"),
    path("centre/desk/unmet/<int:contact_id>/<slug:turn>/", desk_contacts.act_on_unmet, name="desk_unmet"),
    path("centre/desk/contacts/<int:contact_id>/<slug:step>/", desk_contacts.act_on_contact, name="desk_contact"),
]
