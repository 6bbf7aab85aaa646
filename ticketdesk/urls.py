"""All addresses of the site: each part brings its own, this page only mounts them."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import include, path
from django.views.generic import RedirectView

from ticketdesk import api, health
from tickets.web import account

# Administrators come in by the one sign-in, second step included, and find no table whose rows could be deleted.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
for table in (Group, EmailAddress, Authenticator):
    if admin.site.is_registered(table):
        admin.site.unregister(table)

handler500 = "ticketdesk.outage.server_error"

urlpatterns = [
    path("", include("tickets.web.urls")),
    path("", include("contactcenter.web.urls")),
    # An address says who a mail is from: administrators give and change it. allauth's own page would let anybody take
    # somebody else's as his sign-in without a proof.
    path("account/email/", RedirectView.as_view(pattern_name="tickets:profile"), name="account_email"),
    path("account/", include("allauth.urls")),
    path("api/v1/", api.api.urls),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("metrics", health.metrics, name="metrics"),
    path("django-admin/", admin.site.urls),
    path("i18n/setlang/", account.set_language, name="set_language"),
]
