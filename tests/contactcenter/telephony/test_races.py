"""Events of one call that come at the same moment, by several connections."""

from __future__ import annotations

import pytest

from contactcenter.models import CallEvent, Contact, Exchange, Work
from contactcenter.telephony import exchanges, receiving
from contactcenter.telephony.events import Event, Kind
from tests.contactcenter import centre
from tests.tickets.test_group_races import at_once
from tickets.models import Team

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("round_", range(3))
def test_a_call_is_in_the_line_once_and_with_one_agent(round_: int, helpdesk: Team) -> None:
    queue = centre.queue("Support", team=helpdesk)
    agent = centre.agent(team=helpdesk, serves=queue)
    agent.extension = "101"
    agent.save(update_fields=["extension"])
    exchange, _token, _secret = exchanges.add_exchange("PBX", kind=Exchange.Kind.WEBHOOK, by=None)
    queued = Event(kind=Kind.QUEUED, call_id="c", seq=1, queue="Support", caller="+36305550100")
    ringing = Event(kind=Kind.RINGING, call_id="c", seq=2, user="101")
    answered = Event(kind=Kind.ANSWERED, call_id="c", seq=3, user="101")
    at_once(*(lambda event=event: receiving.receive(exchange, event) for event in (queued, ringing, answered, queued)))
    contact = Contact.objects.get()
    assert (contact.state, contact.agent_id) == (Contact.State.CONNECTED, agent.pk)
    assert contact.segments.count() == 1
    assert centre.fresh(agent).work == Work.CONNECTED
    verdicts = sorted(CallEvent.objects.values_list("verdict", flat=True))
    assert verdicts == ["applied", "applied", "applied", "duplicate"]
