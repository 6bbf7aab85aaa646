"""The webhook: calls come in, are answered and end; whatever is wrong is kept, told and harms nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.utils import Error
from django.test import Client

from contactcenter.models import Agent, CallEvent, Contact, Exchange, Outcome, Queue, Voicemail, Work
from contactcenter.telephony import exchanges, receiving
from contactcenter.web import doors_webhook
from tests import make
from tests.contactcenter import centre
from tickets.models import Message, Team, User

pytestmark = pytest.mark.django_db


class Line:
    """An exchange's own end: it posts events and reads the answers."""

    def __init__(self) -> None:
        self.exchange, self.token, self.secret = exchanges.add_exchange("PBX", kind=Exchange.Kind.WEBHOOK, by=None)
        self.client = Client()

    def say(self, event: str, call: str = "c1", **more: object) -> Any:
        return self.client.post(
            f"/centre/telephony/hook/{self.token}/",
            json.dumps({"event": event, "callId": call, **more}),
            content_type="application/json",
        )

    def contact(self, call: str = "c1") -> Contact:
        return Contact.objects.get(provider="pbx", provider_call_id=call)


@pytest.fixture
def line(db: None) -> Line:
    cache.clear()
    return Line()


@pytest.fixture
def queue(helpdesk: Team) -> Queue:
    return centre.queue("Support", team=helpdesk, wrap_up_seconds=30, short_abandon=0)


def agent(queue: Queue, extension: str) -> Agent:
    made = centre.agent(team=queue.team, serves=queue)
    made.extension = extension
    made.save(update_fields=["extension"])
    return made


def test_a_call_is_queued_rung_answered_held_and_ended(line: Line, queue: Queue) -> None:
    anna = agent(queue, "101")
    carla = make.person("Carla")
    User.objects.filter(pk=carla.pk).update(phone="06 30/555-0100")
    steps: list[tuple[str, dict[str, Any], str, str]] = [
        ("newCall", {"from": "+36305550100", "to": "+3615550000", "direction": "in"}, Contact.State.NEW, Work.IDLE),
        ("queued", {"queue": "support"}, Contact.State.QUEUED, Work.IDLE),
        ("ringing", {"user": "PJSIP/101-0000000a"}, Contact.State.OFFERED, Work.OFFERED),
        ("answer", {"user": "101"}, Contact.State.CONNECTED, Work.CONNECTED),
        ("hold", {}, Contact.State.HELD, Work.HELD),
        ("resumed", {}, Contact.State.CONNECTED, Work.CONNECTED),
        ("hangup", {"cause": "normalClearing"}, Contact.State.WRAP_UP, Work.WRAP_UP),
    ]
    for number, (event, more, state, work) in enumerate(steps, 1):
        answer = line.say(event, seq=number, **more)
        assert (answer.status_code, answer.json()["verdict"]) == (200, "applied"), answer.content
        assert (line.contact().state, centre.fresh(anna).work) == (state, work), event
    contact = line.contact()
    assert (contact.customer_id, contact.outcome, contact.segments.get().agent_id) == (
        carla.pk, Outcome.ANSWERED, anna.pk,
    )  # fmt: skip


def test_our_routing_leaves_calls_alone_whose_exchange_chooses(line: Line, queue: Queue) -> None:
    anna = agent(queue, "101")
    line.say("queued", queue="Support")
    from contactcenter import routing

    assert routing.dispatch() == 0
    assert centre.fresh(anna).work == Work.IDLE


def test_everything_twice_and_mixed_up_ends_alike(line: Line, queue: Queue) -> None:
    anna = agent(queue, "101")
    said: list[tuple[str, dict[str, Any]]] = [
        ("queued", {"queue": "Support", "seq": 2}),
        ("answer", {"user": "101", "seq": 3}),
        ("newCall", {"from": "+36305550100", "seq": 1}),
    ]
    for event, more in [*said, *said]:
        line.say(event, **more)
    assert line.contact().state == Contact.State.CONNECTED
    assert line.contact().segments.get().agent_id == anna.pk
    assert [one.verdict for one in CallEvent.objects.order_by("id")] == ["applied"] * 3 + ["duplicate"] * 3


def test_whoever_answers_has_it_though_it_rang_at_somebody_elses(line: Line, queue: Queue) -> None:
    anna, ben = agent(queue, "101"), agent(queue, "102")
    line.say("queued", queue="Support", seq=1)
    line.say("ringing", user="101", seq=2)
    line.say("ringing", user="102", seq=3)
    assert (centre.fresh(anna).work, centre.fresh(ben).work) == (Work.OFFERED, Work.IDLE)
    line.say("answer", user="102", seq=4)
    assert (centre.fresh(anna).work, centre.fresh(ben).work) == (Work.IDLE, Work.CONNECTED)
    assert line.contact().agent_id == ben.pk


def test_an_end_waits_for_what_its_number_says_is_missing(line: Line, queue: Queue) -> None:
    agent(queue, "101")
    with centre.clock_at() as clock:
        line.say("queued", queue="Support", seq=1)
        answer = line.say("hangup", seq=3)
        assert (answer.status_code, answer.json()["verdict"]) == (202, "waiting")
        line.say("answer", user="101", seq=2)
        assert receiving.apply_waiting() == 0
        clock.on(seconds=6)
        assert receiving.apply_waiting() == 1
    assert line.contact().outcome == Outcome.ANSWERED


def test_an_end_whose_missing_word_never_comes_ends_it_all_the_same(line: Line, queue: Queue) -> None:
    with centre.clock_at() as clock:
        line.say("queued", queue="Support", seq=1)
        line.say("hangup", seq=3, cause="cancel")
        clock.on(seconds=6)
        receiving.apply_waiting()
        assert line.contact().outcome == Outcome.ABANDONED
        late = line.say("answer", user="101", seq=2)
    assert late.json()["reason"] == "after_the_end"
    assert CallEvent.objects.get(seq=2).verdict == CallEvent.Verdict.LATE


def test_a_lost_end_is_made_up_for_when_the_agent_answers_again(line: Line, queue: Queue) -> None:
    anna = agent(queue, "101")
    for call in ("c1", "c2"):
        line.say("queued", call, queue="Support")
        line.say("answer", call, user="101")
    assert (line.contact("c1").outcome, line.contact("c2").state) == (Outcome.ANSWERED, Contact.State.CONNECTED)
    assert line.contact("c2").agent_id == anna.pk


def test_a_lost_end_is_made_up_for_after_long_silence(line: Line, queue: Queue) -> None:
    with centre.clock_at() as clock:
        line.say("queued", queue="Support")
        clock.on(hours=1)
        assert receiving.end_silent_calls() == 0
        clock.on(hours=1, seconds=1)
        assert receiving.end_silent_calls() == 1
    assert line.contact().is_over


def test_a_transfer_to_a_queue_and_to_somebody(line: Line, queue: Queue, helpdesk: Team) -> None:
    billing = centre.queue("Billing", team=helpdesk)
    anna, ben = agent(queue, "101"), agent(billing, "102")
    line.say("queued", queue="Support", seq=1)
    line.say("answer", user="101", seq=2)
    line.say("transfer", queue="Billing", seq=3)
    assert (line.contact().state, line.contact().queue_id) == (Contact.State.QUEUED, billing.pk)
    assert centre.fresh(anna).work == Work.WRAP_UP
    line.say("transfer", user="102", seq=4)
    assert (line.contact().state, line.contact().agent_id) == (Contact.State.CONNECTED, ben.pk)


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [("cancel", Outcome.ABANDONED), ("timeout", Outcome.TIMED_OUT), ("noAgents", Outcome.NO_AGENTS)],
)
def test_a_wait_that_ends_has_its_reason(line: Line, queue: Queue, cause: str, outcome: Outcome) -> None:
    line.say("queued", queue="Support", **{"from": "+36305550100"})
    line.say("hangup", cause=cause)
    assert line.contact().outcome == outcome


def test_only_an_end_is_heard_and_the_call_is_known(line: Line, queue: Queue) -> None:
    assert line.say("hangup", "never", cause="cancel").status_code == 200
    assert line.contact("never").outcome == Outcome.ABANDONED


def test_an_unknown_queue_and_an_unknown_agent_are_told(line: Line, queue: Queue) -> None:
    refused = line.say("queued", queue="Nowhere")
    assert (refused.status_code, refused.json()["reason"]) == (422, "unknown_queue")
    exchanges.map_queue(line.exchange, name="nowhere", queue=queue)
    answer = line.say("answer", user="999")
    assert answer.json()["reason"] == "unknown_agent"
    assert (line.contact().outcome, line.contact().queue_id) == (Outcome.ANSWERED, queue.pk)


def test_a_clock_that_differs_is_told_and_harms_nothing(line: Line, queue: Queue) -> None:
    with centre.clock_at() as clock:
        ahead = clock.moment.timestamp() + 7200
        answer = line.say("queued", queue="Support", ts=ahead)
        assert answer.json()["reason"] == "clock_differs"
        line.exchange.refresh_from_db()
        assert line.exchange.skew == pytest.approx(7200)
        assert line.contact().queued_at == clock.moment


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\x00\xff\xfe junk", "application/octet-stream"),
        (b"[1, 2]", "application/json"),
        (b"{" * 5000, "application/json"),
        (b'{"event": "answer"}', "application/json"),
        (b"x" * 70_000, "application/json"),
        (b"event=nothing&callId=1", "application/x-www-form-urlencoded"),
    ],
)
def test_junk_is_kept_and_answered(line: Line, body: bytes, kind: str) -> None:
    answer = line.client.post(f"/centre/telephony/hook/{line.token}/", body, content_type=kind)
    assert answer.status_code in (413, 422)
    assert answer["Content-Type"] == "application/problem+json"
    assert CallEvent.objects.get().verdict == CallEvent.Verdict.REFUSED
    assert Contact.objects.count() == 0


def test_a_form_will_do(line: Line, queue: Queue) -> None:
    answer = line.client.post(
        f"/centre/telephony/hook/{line.token}/", {"event": "queued", "callId": "f1", "queue": "Support"}
    )
    assert answer.json()["verdict"] == "applied"
    assert line.contact("f1").state == Contact.State.QUEUED


def test_a_wrong_token_opens_nothing_and_a_stopped_exchange_neither(line: Line) -> None:
    assert line.client.post("/centre/telephony/hook/wrong/", {"event": "queued"}).status_code == 404
    exchanges.set_active(line.exchange, is_active=False)
    assert line.say("queued").status_code == 404
    assert CallEvent.objects.count() == 0


def test_a_signature_is_checked_where_there_is_one(line: Line, queue: Queue) -> None:
    Exchange.objects.update(must_sign=True)
    body = json.dumps({"event": "queued", "callId": "s1", "queue": "Support"}).encode()

    def post(signature: str | None) -> int:
        headers = {} if signature is None else {"X-Signature": signature}
        return line.client.post(
            f"/centre/telephony/hook/{line.token}/", body, content_type="application/json", headers=headers
        ).status_code

    good = hmac.new(line.secret.encode(), body, hashlib.sha256).hexdigest()
    assert [post(None), post("sha256=" + "0" * 64), post("é")] == [403, 403, 403]
    assert Contact.objects.count() == 0
    assert [post(good), post(f"sha256={good}")] == [200, 200]


def test_a_storm_is_braked(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors_webhook, "EVENTS_PER_MINUTE", 2)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)  # the three fall into one minute
    codes = [line.say("newCall", f"c{number}").status_code for number in range(3)]
    assert codes == [200, 200, 429]


def test_events_stay_as_they_came(line: Line, queue: Queue) -> None:
    line.say("queued", queue="Support")
    event = CallEvent.objects.get()
    for act in (
        lambda: event.delete(),
        lambda: CallEvent.objects.update(raw="x"),
        lambda: CallEvent.objects.update(verdict="late"),
    ):
        with pytest.raises(Error), transaction.atomic():
            act()


def test_a_message_left_becomes_a_ticket_once(line: Line, queue: Queue, mailbox: object, root: User) -> None:
    line.say("queued", queue="Support", **{"from": "+36305550100"})
    line.say("hangup", cause="voicemail")
    answers = []
    for _time in range(2):
        answer = line.client.post(
            f"/centre/telephony/hook/{line.token}/voicemail/",
            {
                "id": "vm1",
                "from": "+36305550100",
                "callId": "c1",
                "audio": SimpleUploadedFile("message.wav", b"RIFF0000WAVE", content_type="audio/wav"),
            },
        )
        assert answer.status_code == 201, answer.content
        answers.append(answer.json()["ticket"])
    kept = Voicemail.objects.get()
    message = Message.objects.get(ticket=kept.ticket)
    assert (answers, kept.ticket.team_id) == ([kept.ticket.number] * 2, queue.team_id)
    assert message.attachments.get().name == "message.wav"
    assert line.contact().outcome == Outcome.TO_VOICEMAIL
    assert line.contact().ticket_id == kept.ticket_id


def test_a_message_is_refused_with_a_reason(line: Line, queue: Queue) -> None:
    def post(**more: Any) -> Any:
        return line.client.post(f"/centre/telephony/hook/{line.token}/voicemail/", more)

    assert post().status_code == 422
    program = SimpleUploadedFile("x.exe", b"MZ", content_type="application/x-msdownload")
    assert post(id="1", audio=program).json()["field"] == "audio"
    assert Voicemail.objects.count() == 0
