"""The addresses of the contact centre, each part's own."""

from __future__ import annotations

from contactcenter.web import advice_urls, board_urls, desk_urls, door_urls, setup_urls

app_name = "contactcenter"
urlpatterns = [
    *desk_urls.urlpatterns,
    *board_urls.urlpatterns,
    *advice_urls.urlpatterns,
    *setup_urls.urlpatterns,
    *door_urls.urlpatterns,
]
