"""Real telephones: a SIP exchange parks the callers, the product says whose phone rings, SIP phones answer."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from contactcenter.models import CallEvent, Contact, Exchange, Offer, Outcome, Queue, Work, WorkInterval
from contactcenter.telephony import exchanges
from tests.contactcenter import centre
from tests.contactcenter.telephony import sip_exchange
from tests.contactcenter.telephony.sip_exchange import Bridge, callers
from tickets.models import Team

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        None in (sip_exchange.KAMAILIO, sip_exchange.SIPP, sip_exchange.MODULES),
        reason="no SIP exchange on this machine (apt-get install kamailio kamailio-extra-modules sip-tester)",
    ),
]


@pytest.fixture
def queue(helpdesk: Team) -> Queue:
    return centre.queue("support", team=helpdesk, wrap_up_seconds=0, short_abandon=0)


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[tuple[int, socket.socket]]:
    with sip_exchange.exchange(tmp_path) as found:
        yield found


class Hook:
    """The product's webhook, asked over HTTP as an exchange asks it; an event that is said again has its old `seq`."""

    def __init__(self) -> None:
        made, self.token, _secret = exchanges.add_exchange("SIP", kind=Exchange.Kind.WEBHOOK, by=None)
        made.distributes = False
        made.save(update_fields=["distributes"])
        self._said: dict[str, list[str]] = {}
        self._client = Client()

    def post(self, event: str, call: str, **more: str) -> Any:
        said = self._said.setdefault(call, [])
        if event not in said:
            said.append(event)
        body = {"event": event, "callId": call, "seq": said.index(event) + 1, **more}
        answer = self._client.post(
            f"/centre/telephony/hook/{self.token}/", json.dumps(body), content_type="application/json"
        )
        assert answer.status_code == 200, answer.content
        return answer


def test_six_callers_are_answered_by_two_phones_one_after_the_other(
    queue: Queue, exchange: tuple[int, socket.socket], tmp_path: Path
) -> None:
    port, asking = exchange
    calls = Contact.objects.filter(channel=Contact.Channel.CALL).order_by("pk")
    with ExitStack() as running:
        phones = {}
        for extension in ("101", "102"):
            agent = centre.agent(team=queue.team, serves=queue)
            agent.extension = extension
            agent.save(update_fields=["extension"])
            phones[extension] = running.enter_context(sip_exchange.phone(tmp_path))
        bridge = Bridge(asking, Hook().post, phones)
        calling = running.enter_context(callers("talks", to="support", port=port, count=6, folder=tmp_path))
        bridge.run_until(lambda: calling.poll() is not None)
        bridge.run_until(lambda: not calls.filter(ended_at=None).exists())
        assert calling.returncode == 0, (tmp_path / "talks.log").read_text()
    assert [call.outcome for call in calls] == [Outcome.ANSWERED] * 6
    assert {call.number for call in calls} == {f"3630555010{n}" for n in range(1, 7)}
    assert {call.agent.extension for call in calls if call.agent} == {"101", "102"}
    assert Offer.objects.filter(state=Offer.State.ACCEPTED).count() == 6
    assert not CallEvent.objects.filter(verdict=CallEvent.Verdict.REFUSED).exists()
    # Nobody talked to two at once: the database refuses it, and all six talks are there.
    assert WorkInterval.objects.filter(work=Work.CONNECTED).count() == 6


def test_who_gives_up_while_he_waits_is_abandoned_and_called_back(
    queue: Queue, exchange: tuple[int, socket.socket], tmp_path: Path
) -> None:
    port, asking = exchange
    calls = Contact.objects.filter(channel=Contact.Channel.CALL).order_by("pk")
    bridge = Bridge(asking, Hook().post, {})
    with callers("gives_up", to="support", port=port, count=3, folder=tmp_path) as calling:
        bridge.run_until(lambda: calling.poll() is not None)
        bridge.run_until(lambda: calls.filter(ended_at__isnull=False).count() == 3)
        assert calling.returncode == 0, (tmp_path / "gives_up.log").read_text()
    assert [call.outcome for call in calls] == [Outcome.ABANDONED] * 3
    assert all(call.ended_at and call.queued_at and call.ended_at > call.queued_at for call in calls)
    assert Contact.objects.filter(channel=Contact.Channel.CALLBACK, callback_of__in=calls).count() == 3
