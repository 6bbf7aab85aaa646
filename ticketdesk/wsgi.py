"""HTTP by threads; `ticketdesk.asgi` mounts it, and any WSGI server can serve it alone (without live pages)."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketdesk.settings")

application = get_wsgi_application()
