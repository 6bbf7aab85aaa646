"""The demo's groups: two of this morning's outages, one answered to all, and one that was closed last week.

Beside them a wave of alike reports that waits for somebody's decision.
"""

from __future__ import annotations

from datetime import timedelta

from tickets import group_closing, groups
from tickets.broadcasts import drain, sending
from tickets.broadcasts.plan import Order
from tickets.demo import letters
from tickets.demo.clock import stopped_at
from tickets.demo.play import STEPS, Stage
from tickets.demo.script import Write
from tickets.demo.stories_outage import ANSWER, ANSWERED, TEXTS
from tickets.models import Broadcast, Delivery, GroupClosing, Tag, Ticket
from tickets.similar.drain import read_radar

OUTAGE_TEXTS = {
    "hu": "A VPN-kapcsolat ma reggel óta nem jön létre (619-es hiba, „nem megbízható tanúsítvány”). A hibát "
    "megtaláltuk, a tanúsítványt cseréljük.",
    "en": "The VPN can't be reached since this morning (error 619, “untrusted certificate”). We have found the cause "
    "and are replacing the certificate.",
}


def plant_groups(stage: Stage) -> None:
    """Tickets of the stories come together, as an agent would have done it."""
    ivan, anna = stage.people["ivan"], stage.people["anna"]
    vpn = list(Ticket.objects.open().filter(tags__name="vpn").order_by("pk"))
    with stopped_at(stage.now - timedelta(minutes=35)):
        outage = groups.open_group(
            "VPN leállás: lejárt tanúsítvány, 619-es hiba",
            team=stage.teams["helpdesk"],
            by=anna,
            owner=ivan,
            tickets=vpn,
            description="A VPN-kiszolgáló tanúsítványa éjfélkor lejárt. Új tanúsítvány kérve; addig a webes "
            "levelezés és a távoli asztal átjárója használható.",
            tags=list(Tag.objects.filter(name="vpn")),
        )
    with stopped_at(stage.now - timedelta(minutes=20)):
        groups.set_outage(outage, by=ivan, texts=OUTAGE_TEXTS, is_shown=True)
    slow = list(Ticket.objects.filter(tags__name="hálózat", closed_at__isnull=False).order_by("pk"))
    with stopped_at(stage.now - timedelta(days=6, hours=4)):
        closed = groups.open_group("Lassú a hálózat a telephelyeken", team=slow[0].team, by=ivan, tickets=slow)
        plan = group_closing.plan_closing(closed, by=ivan)
    with stopped_at(stage.now - timedelta(days=6, hours=1)):
        group_closing.choose_for_all(plan, choice=GroupClosing.Choice.LEAVE, by=ivan)
        group_closing.close_group(plan, by=ivan)
    _answer_to_all(stage)
    with stopped_at(stage.now - timedelta(minutes=5)):
        while read_radar():
            pass


def _answer_to_all(stage: Stage) -> None:
    """An hour ago: one mail comes back, one reporter has written again, one has joined since."""
    dora = stage.people["dora"]
    reports = list(Ticket.objects.filter(title__in=[story.title for story in ANSWERED]).order_by("opened_at"))
    with stopped_at(stage.now - timedelta(minutes=75)):
        group = groups.open_group(
            "Dokumentumtár nem érhető el (503)", team=stage.teams["helpdesk"], by=dora, owner=dora, tickets=reports[:-1]
        )
    with stopped_at(stage.now - timedelta(minutes=60)):
        broadcast = sending.send_broadcast(group, Order(kind=Broadcast.Kind.REPLY, texts=TEXTS), by=dora)
        sending.send_now(broadcast, by=dora)
        drain.deliver_broadcasts()
    with stopped_at(stage.now - timedelta(minutes=58)):
        letters.bring_back(Delivery.objects.get(broadcast=broadcast, person=stage.people["simon.gabor"]).message)
    with stopped_at(stage.now - timedelta(minutes=49)):
        STEPS[Write](stage, reports[0], stage.people["pinter.zsofia"], Write(0, "pinter.zsofia", ANSWER))
    with stopped_at(stage.now - timedelta(minutes=44)):
        groups.join_group(group, ticket=reports[-1], by=dora, how=groups.How.TYPED)
        drain.deliver_broadcasts()
