"""The addresses of the agents' pages, the portal and the set-up pages."""

from __future__ import annotations

from tickets.web import agent_urls, portal_urls, setup_urls

app_name = "tickets"
urlpatterns = [*agent_urls.urlpatterns, *portal_urls.urlpatterns, *setup_urls.urlpatterns]
