"""Addresses of the customers' portal and of everybody's own account."""

from __future__ import annotations

from django.urls import URLPattern, path

from tickets.web import account, broadcast_opt_out, portal

urlpatterns: list[URLPattern] = [
    path("portal/", portal.home, name="portal"),
    path("portal/", portal.home, name="portal_home"),
    path("portal/requests/", portal.requests, name="portal_requests"),
    path("portal/new/", portal.new, name="portal_new"),
    path("portal/new/outages/", portal.outages, name="portal_outages"),
    path("portal/requests/<slug:number>/", portal.ticket, name="portal_ticket"),
    path("portal/requests/<slug:number>/answer/", portal.answer, name="portal_answer"),
    path("portal/requests/<slug:number>/confirm/", portal.confirm, name="portal_confirm"),
    path("portal/outages/<int:group_id>/", portal.report_outage, name="report_outage"),
    path("portal/broadcasts/<str:signed>/", broadcast_opt_out.portal_broadcasts, name="portal_broadcasts"),
    # one's own account, for agents and customers alike
    path("profile/", account.profile, name="profile"),
    path("profile/tokens/add/", account.add_token, name="add_token"),
    path("profile/tokens/<int:token_id>/revoke/", account.revoke_token, name="revoke_token"),
]
