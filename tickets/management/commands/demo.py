"""`manage.py demo`: fills an empty database with lifelike people and tickets, and prints how to look around."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from tickets import demo
from tickets.models import Ticket


class Command(BaseCommand):
    help = "Plants the demo on an empty database; does nothing where there are tickets."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--again", action="store_true", help="Asks for a second demo; refused, since nothing is ever removed."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if Ticket.objects.exists():
            self.stdout.write(
                "There are tickets already, and none can be removed: for a new demo start with an empty VAR_DIR."
                if options["again"]
                else "There are tickets already; the demo stays as it is."
            )
            return
        made = demo.plant()
        self.stdout.write(f"Planted {made} tickets. Sign in at {settings.SITE_URL}/account/login/ as")
        for role, email, password in demo.logins():
            self.stdout.write(f"  {role:<22} {email:<36} {password}")
