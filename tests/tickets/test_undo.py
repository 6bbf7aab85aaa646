"""A reply can be taken back for some seconds; then it is said exactly once, or comes back with a reason."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests import make
from tickets import conversation, desk, drafts, lifecycle, people, promises, undo
from tickets.errors import Refused
from tickets.meanwhile import HeldBack, newest_line
from tickets.models import (
    Draft,
    Event,
    Mailbox,
    Message,
    Notice,
    OutboundMail,
    Right,
    Status,
    Team,
    Ticket,
    User,
)
from tickets.writing import NewFile

ENGLISH = {"text": "Try now."}


@pytest.fixture
def ticket(mailbox: Mailbox, helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("VPN", team=helpdesk, customer=carla)


def send(ticket: Ticket, text: str = "Try now.", *, by: User, **more: Any) -> Draft | Message | None:
    given = {name: more.pop(name) for name in ("then", "promise", "cc", "pending_until", "to") if name in more}
    answer = undo.Answer(text=text, **given)
    return undo.send_answer(ticket, answer, by=by, fields={"text": text}, **more)


def let_time_pass() -> None:
    Draft.objects.filter(send_at__isnull=False).update(send_at=timezone.now() - timedelta(seconds=1))


def replies(ticket: Ticket) -> list[str]:
    return list(ticket.messages.filter(sender="agent", kind="mail").values_list("body", flat=True))


def test_a_reply_waits_and_is_said_when_its_seconds_are_over(ticket: Ticket, anna: User) -> None:
    before = Event.objects.count()
    draft = send(ticket, by=anna, files=[NewFile("a.txt", b"a")])
    assert isinstance(draft, Draft)
    assert draft.send_at is not None
    assert 7 < (draft.send_at - timezone.now()).total_seconds() <= 8
    assert Event.objects.count() == before  # the rehearsal left nothing behind
    assert not OutboundMail.objects.exists()
    assert undo.send_due_drafts() == 0
    let_time_pass()
    assert undo.send_due_drafts() == 1
    assert undo.send_due_drafts() == 0
    assert replies(ticket) == ["Try now."]
    message = ticket.messages.get(body="Try now.")
    assert [file.name for file in message.attachments.all()] == ["a.txt"]
    assert OutboundMail.objects.get().message == message
    assert not Draft.objects.exists()


def test_with_no_seconds_it_is_said_at_once(ticket: Ticket, anna: User) -> None:
    anna = people.change_undo_seconds(anna, 0)
    drafts.add_file(ticket, "reply", by=anna, name="a.txt", content=b"a")
    assert isinstance(send(ticket, by=anna), Message)
    assert replies(ticket) == ["Try now."]
    assert not Draft.objects.exists()


def test_the_writers_own_pages_hear_in_the_shape_of_every_hint(
    ticket: Ticket,
    anna: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[list[Any]]],
) -> None:
    heard: list[dict[str, Any]] = []
    monkeypatch.setattr("tickets.live.send", lambda groups, message: heard.append(message))
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.assign_ticket(ticket, to=anna, by=anna)
        send(ticket, by=anna)
    shapes = {frozenset(message) for message in heard if message["type"] == "ticket.changed"}
    assert len(shapes) == 1
    assert ["draft"] in [message.get("verbs") for message in heard]


def test_only_the_offered_seconds_can_be_chosen(anna: User) -> None:
    with pytest.raises(Refused):
        people.change_undo_seconds(anna, 7)


def test_what_was_decided_on_sending_is_done(ticket: Ticket, anna: User, root: User) -> None:
    waiting = Status.objects.get(code="waiting")
    until, by_when = timezone.now() + timedelta(days=2), timezone.now() + timedelta(hours=2)
    promise = desk.NewPromise(anna, by_when)
    send(ticket, by=anna, then=waiting, pending_until=until, promise=promise, cc=[("Boss", "boss@duna.example")])
    let_time_pass()
    undo.send_due_drafts()
    ticket.refresh_from_db()
    assert (ticket.status.code, ticket.pending_until) == ("waiting", until)
    open_promise = promises.open_promise(ticket)
    assert open_promise is not None
    assert (open_promise.who, open_promise.by_when) == (anna, by_when)
    assert OutboundMail.objects.get().cc == [["Boss", "boss@duna.example"]]


@pytest.mark.parametrize(
    "answer",
    [
        {"text": "   "},
        {"then": "waiting"},
        {"then": "waiting", "pending_until": -1},
        {"then": "solved", "promise": 1},
    ],
)
def test_what_would_be_refused_is_refused_at_once(answer: dict[str, Any], ticket: Ticket, anna: User) -> None:
    given: dict[str, Any] = {}
    if "then" in answer:
        given["then"] = Status.objects.get(code=answer["then"])
    if "pending_until" in answer:
        given["pending_until"] = timezone.now() + timedelta(days=answer["pending_until"])
    if "promise" in answer:
        given["promise"] = desk.NewPromise(anna, timezone.now() + timedelta(days=1))
    with pytest.raises(Refused):
        send(ticket, answer.get("text", "Try now."), by=anna, **given)
    assert not Draft.objects.exists()


def test_a_form_sent_twice_sends_once(ticket: Ticket, anna: User) -> None:
    key = uuid.uuid4()
    assert send(ticket, by=anna, key=key) is not None
    assert send(ticket, by=anna, key=key) is None
    let_time_pass()
    undo.send_due_drafts()
    assert send(ticket, by=anna, key=key) is None
    assert replies(ticket) == ["Try now."]


def test_taken_back_it_is_a_draft_again(ticket: Ticket, anna: User) -> None:
    drafts.save_draft(ticket, "reply", ENGLISH, by=anna)
    draft = send(ticket, by=anna, files=[NewFile("a.txt", b"a")])
    assert isinstance(draft, Draft)
    back = undo.undo_send(draft, by=anna)
    assert (back.fields, back.send_at, [file.name for file in back.files.all()]) == (ENGLISH, None, ["a.txt"])
    let_time_pass()
    undo.send_due_drafts()
    assert replies(ticket) == []
    with pytest.raises(Refused):
        undo.undo_send(draft, by=anna)


def test_what_was_begun_meanwhile_is_set_aside_when_it_comes_back(ticket: Ticket, anna: User) -> None:
    draft = send(ticket, by=anna)
    assert isinstance(draft, Draft)
    drafts.save_draft(ticket, "reply", {"text": "And another thing"}, by=anna, tab="a")
    drafts.add_file(ticket, "reply", by=anna, name="new.txt", content=b"new")
    back = undo.undo_send(draft, by=anna)
    assert Draft.objects.count() == 1
    assert back.fields == ENGLISH
    assert [other["fields"]["text"] for other in back.others.values()] == ["And another thing"]
    assert [file.name for file in back.files.all()] == ["new.txt"]


def test_nobody_takes_back_what_is_anothers(ticket: Ticket, anna: User, root: User) -> None:
    draft = send(ticket, by=anna)
    assert isinstance(draft, Draft)
    with pytest.raises(Refused):
        undo.undo_send(draft, by=root)


# --- when its time comes ---------------------------------------------------------------------------------------------


def lose_the_right(ticket: Ticket, anna: User, root: User) -> None:
    people.give_rights(anna, team=ticket.team, rights=[Right.READ])


def leave(ticket: Ticket, anna: User, root: User) -> None:
    User.objects.filter(pk=anna.pk).update(is_active=False)


def merge(ticket: Ticket, anna: User, root: User) -> None:
    lifecycle.set_status(ticket, to=Status.objects.get(type=Status.Type.MERGED), by=root)


def change_the_customer(ticket: Ticket, anna: User, root: User) -> None:
    lifecycle.change_customer(ticket, to=make.person("New"), by=root)


def lose_the_address(ticket: Ticket, anna: User, root: User) -> None:
    assert ticket.customer is not None
    ticket.customer.addresses.all().delete()
    people.add_address(ticket.customer, "elsewhere@duna.example")
    User.objects.filter(pk=ticket.customer.pk).update(email="elsewhere@duna.example")


def answer_meanwhile(ticket: Ticket, anna: User, root: User) -> None:
    conversation.reply_to_customer(ticket, text="Root was faster.", by=root)


@pytest.mark.parametrize(
    "obstacle", [lose_the_right, leave, merge, change_the_customer, lose_the_address, answer_meanwhile]
)
def test_what_speaks_against_it_then_brings_it_back_with_a_sentence(
    obstacle: Callable[[Ticket, User, User], None], ticket: Ticket, anna: User, root: User
) -> None:
    send(ticket, by=anna, files=[NewFile("a.txt", b"a")])
    from django.db import transaction

    with transaction.atomic():
        obstacle(ticket, anna, root)
    let_time_pass()
    assert undo.send_due_drafts() == 1
    assert "Try now." not in replies(ticket)
    draft = Draft.objects.get()
    assert draft.send_at is None
    assert draft.refusal
    assert draft.fields == ENGLISH
    assert [file.name for file in draft.files.all()] == ["a.txt"]
    anna.refresh_from_db()
    told = [(notice.user, notice.ticket) for notice in Notice.objects.filter(kind=Notice.Kind.SEND_REFUSED)]
    assert told == ([(anna, ticket)] if anna.is_active else []), "who left is told nothing"


def test_a_fault_of_ours_holds_up_no_other_draft_and_ends_with_giving_it_back(
    ticket: Ticket, anna: User, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make.ticket("Other", team=ticket.team, customer=ticket.customer)
    send(ticket, "breaks", by=anna)
    send(other, "goes", by=root)
    real = desk.send_reply

    def break_one(ticket: Ticket, **options: Any) -> Message:
        if options["text"] == "breaks":
            raise RuntimeError("storage")
        return real(ticket, **options)

    monkeypatch.setattr(desk, "send_reply", break_one)
    for _try in range(undo.MOST_FAULTS):
        let_time_pass()
        undo.send_due_drafts()
    assert replies(other) == ["goes"]
    draft = Draft.objects.get()
    assert draft.refusal
    assert draft.send_at is None
    assert draft.fields == {"text": "breaks"}


# --- looking around before it goes -----------------------------------------------------------------------------------


def test_an_answer_of_a_colleague_holds_it_back_once(ticket: Ticket, anna: User, root: User) -> None:
    seen = newest_line(ticket)
    conversation.reply_to_customer(ticket, text="Root was here.", by=root)
    with pytest.raises(HeldBack) as held:
        send(ticket, by=anna, based_on=seen)
    assert "Rendszergazda" in str(held.value)
    assert [line.event.message.body for line in held.value.lines if line.event.message] == ["Root was here."]
    assert send(ticket, by=anna, based_on=held.value.seq) is not None


@pytest.mark.parametrize("what", ["customer", "closed", "owner", "note", "own", "priority"])
def test_what_bears_on_an_answer_holds_it_back_and_nothing_else(
    what: str, ticket: Ticket, anna: User, root: User, carla: User
) -> None:
    seen = newest_line(ticket)
    match what:
        case "customer":
            make.message(ticket, "It works again!", author=carla)
        case "closed":
            lifecycle.change_status(ticket, to=Status.objects.get(code="solved"), by=root)
        case "owner":
            lifecycle.assign_ticket(ticket, to=root, by=root)
        case "note":
            conversation.add_note(ticket, text="Just a note", by=root)
        case "own":
            lifecycle.assign_ticket(ticket, to=anna, by=anna)
        case "priority":
            from tickets.models import Priority

            lifecycle.change_priority(ticket, to=Priority.objects.get(code="high"), by=root)
    if what in ("note", "own", "priority"):
        assert send(ticket, by=anna, based_on=seen) is not None
        return
    with pytest.raises(HeldBack):
        send(ticket, by=anna, based_on=seen)
    assert send(ticket, by=anna, based_on=seen, anyway=True) is not None


def test_a_colleagues_answer_on_its_way_holds_back_the_second(ticket: Ticket, anna: User, root: User) -> None:
    seen = newest_line(ticket)
    send(ticket, "First", by=root, based_on=seen)
    with pytest.raises(HeldBack, match="Rendszergazda"):
        send(ticket, by=anna, based_on=seen)


@pytest.mark.parametrize("seconds", [0, 30])
def test_the_same_text_from_another_tab_is_held_back(seconds: int, ticket: Ticket, anna: User) -> None:
    """On its way or said already; who wants it twice sends again."""
    User.objects.filter(pk=anna.pk).update(undo_seconds=seconds)
    anna.refresh_from_db()
    send(ticket, "Holnap  megjavítjuk.", by=anna)
    with pytest.raises(HeldBack):
        send(ticket, "Holnap\r\nmegjavítjuk.", by=anna)
    assert send(ticket, "Holnap megjavítjuk, ígérjük.", by=anna) is not None
    assert send(ticket, "Holnap megjavítjuk.", by=anna, anyway=True) is not None


def test_a_placeholder_left_in_the_text_holds_it_back(ticket: Ticket, anna: User) -> None:
    with pytest.raises(HeldBack, match="visit_time"):
        send(ticket, "We come {visit_time}.", by=anna)
    assert send(ticket, "We come {visit_time}.", by=anna, anyway=True) is not None


# --- races -----------------------------------------------------------------------------------------------------------


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Runs the acts side by side, each with a connection of its own; gives back what each returned or raised."""
    start = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            start.wait(10)
            results[place] = act()
        except Refused as refusal:
            results[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(4))
def test_undo_against_send_has_exactly_one_winner(turn: int) -> None:
    team = make.team(address=make.SUPPORT, is_default=True)
    anna, carla = make.agent("Anna", team=team), make.person("Carla")
    ticket = make.ticket(team=team, customer=carla)
    draft = send(ticket, by=anna)
    assert isinstance(draft, Draft)
    let_time_pass()
    undone, sent, again = at_once(lambda: undo.undo_send(draft, by=anna), undo.send_due_drafts, undo.send_due_drafts)
    if isinstance(undone, Draft):
        assert replies(ticket) == []
        assert Draft.objects.get().fields == ENGLISH
        assert (sent, again) == (0, 0)
    else:
        assert isinstance(undone, Refused)
        assert replies(ticket) == ["Try now."]
        assert not Draft.objects.exists()
        assert sorted([sent, again]) == [0, 1]  # type: ignore[type-var]


@pytest.mark.django_db(transaction=True)
def test_two_agents_who_send_at_the_same_moment_do_not_answer_twice_unawares() -> None:
    team = make.team(address=make.SUPPORT, is_default=True)
    anna, ben, carla = make.agent("Anna", team=team), make.agent("Ben", team=team), make.person("Carla")
    ticket = make.ticket(team=team, customer=carla)
    seen = newest_line(ticket)
    results = at_once(
        lambda: send(ticket, "Anna's", by=anna, based_on=seen), lambda: send(ticket, "Ben's", by=ben, based_on=seen)
    )
    assert sorted(type(result).__name__ for result in results) == ["Draft", "HeldBack"]


@pytest.mark.django_db(transaction=True)
def test_a_saving_beside_the_sending_leaves_no_draft_behind() -> None:
    team = make.team(address=make.SUPPORT, is_default=True)
    anna, carla = make.agent("Anna", team=team), make.person("Carla")
    people.change_undo_seconds(anna, 0)
    ticket = make.ticket(team=team, customer=carla)
    key = uuid.uuid4()
    at_once(
        lambda: send(ticket, by=User.objects.get(pk=anna.pk), key=key),
        lambda: drafts.save_draft(ticket, "reply", ENGLISH, by=anna, key=key),
    )
    assert replies(ticket) == ["Try now."]
    assert not Draft.objects.exists()
