"""The app's registration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.http import HttpRequest

    from tickets.demo.play import Stage


class ContactCenterConfig(AppConfig):
    name = "contactcenter"
    verbose_name = _("Contact centre")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what is recorded, and stand in the agents' side navigation."""
        import contactcenter.receivers  # noqa: F401  # importing connects
        from contactcenter import setting_up
        from contactcenter.models import Agent
        from contactcenter.web import door_ways
        from tickets import configuration, demo
        from tickets.web import nav, portal_ways

        configuration.register_things(setting_up.THINGS)
        demo.register_part(_plant)
        portal_ways.register_ways(door_ways.ways)
        nav.register_pages(
            nav.PagesOfApp(
                "contact-centre",
                self.verbose_name,
                (
                    ("contactcenter:desk", _("My desk"), "headset", False),
                    ("contactcenter:board", _("Wallboard"), "wall", False),
                    ("contactcenter:advice", _("Advice"), "bulb", False),
                    ("contactcenter:reports", _("Reports"), "chart", False),
                    ("contactcenter:setup", _("Queues and agents"), "gear", True),
                    ("contactcenter:telephony", _("Telephony"), "phone", True),
                ),
                lambda user: Agent.objects.working().filter(user=user),
                _top_bar,
                (
                    ("Enter", _("Take the contact that rings"), "[data-press=Enter]", False),
                    ("Esc", _("Give it back"), "[data-press=Escape]", False),
                    ("H", _("Hold, take off hold"), "#desk-hold", True),
                    ("T", _("Transfer"), "#desk-transfer", True),
                    ("1 2 3", _("Choose the result"), "[data-digit]", True),
                    ("W", _("Wall view"), "[data-wall]", True),
                ),
            )
        )


def _top_bar(request: HttpRequest) -> str:
    from contactcenter.web.desk import top_bar  # pages need the models, which are not there yet at the start

    return top_bar(request)


def _plant(stage: Stage) -> None:
    from contactcenter.demo import plant_centre  # read when it is wanted alone

    plant_centre(stage)
