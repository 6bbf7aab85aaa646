"""The addresses of advice and reports, under `/centre/advice/` and `/centre/reports/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from contactcenter.web import advice, reports, reports_adherence

urlpatterns: list[URLPattern] = [
    path("centre/advice/", advice.page, name="advice"),
    path("centre/advice/<int:advice_id>/", advice.why, name="advice_why"),
    path("centre/advice/<int:advice_id>/take/", advice.take, name="take_advice"),
    path("centre/advice/<int:advice_id>/dismiss/", advice.dismiss, name="dismiss_advice"),
    path("centre/reports/", reports.page, name="reports"),
    path("centre/reports/table.csv", reports.file, name="report_file"),
    path("centre/reports/adherence/", reports_adherence.page, name="adherence"),
    path("centre/reports/adherence/adherence.csv", reports_adherence.file, name="adherence_file"),
]
