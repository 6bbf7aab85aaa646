"""Where a call stands: the same picture comes out, whatever came in whichever order and however often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactcenter.telephony.events import Cause, Event, Kind, Picture, Stage, event_of, picture_of
from contactcenter.telephony.webhook import Junk, read_event

NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)


def event(kind: str, seq: int | None = None, **values: object) -> Event:
    return Event(kind=Kind(kind), call_id="c1", seq=seq, **values)  # type: ignore[arg-type]


WHOLE = [
    event("new", 1, caller="+36305550100", callee="+3615550000"),
    event("queued", 2, queue="support"),
    event("ringing", 3, user="101"),
    event("ringing", 4, user="102"),
    event("answered", 5, user="102"),
    event("hold", 6),
    event("resumed", 7),
    event("transfer", 8, queue="billing"),
    event("ringing", 9, user="103"),
    event("answered", 10, user="103"),
    event("hangup", 11, cause=Cause.NORMAL),
]


def test_a_call_is_followed_step_by_step() -> None:
    stages = [picture_of(WHOLE[: number + 1]).stage for number in range(len(WHOLE))]
    assert stages == [
        Stage.NEW, Stage.QUEUED, Stage.RINGING, Stage.RINGING, Stage.CONNECTED, Stage.HELD, Stage.CONNECTED,
        Stage.QUEUED, Stage.RINGING, Stage.CONNECTED, Stage.OVER,
    ]  # fmt: skip
    end = picture_of(WHOLE)
    assert (end.queue, end.answered_by, end.queued_times, end.number) == ("billing", "103", 2, "+36305550100")


@given(st.permutations(WHOLE), st.lists(st.sampled_from(WHOLE), max_size=6))
def test_order_and_repetition_change_nothing(shuffled: list[Event], again: list[Event]) -> None:
    assert picture_of([*shuffled, *again]) == picture_of(WHOLE)


@given(st.permutations(range(len(WHOLE))), st.lists(st.integers(0, len(WHOLE) - 1), max_size=4))
def test_the_same_by_times_of_whole_seconds_and_a_clock_that_is_hours_away(order: list[int], again: list[int]) -> None:
    # Two events a second: within it the kinds' own order decides.
    timed = [
        Event(
            kind=one.kind, call_id="c1", ts=NOON - timedelta(hours=9) + timedelta(seconds=number // 2),
            user=one.user, queue=one.queue, cause=one.cause, caller=one.caller, callee=one.callee,
        )
        for number, one in enumerate(WHOLE[:5])
    ]  # fmt: skip
    seen = [timed[number] for number in [*order, *again] if number < len(timed)]
    assert picture_of(seen) == picture_of(timed)


def test_nothing_follows_the_end() -> None:
    late = event("answered", 4, user="101")
    assert picture_of([event("queued", 1, queue="a"), event("hangup", 2), late]).stage == Stage.OVER


def test_a_missing_number_is_seen() -> None:
    assert picture_of([WHOLE[0], WHOLE[2]]).misses_some
    assert not picture_of(WHOLE[:3]).misses_some
    assert not picture_of([event("queued"), event("hangup")]).misses_some


@pytest.mark.parametrize("kind", ["hold", "resumed", "transfer"])
def test_words_without_a_conversation_change_nothing(kind: str) -> None:
    assert picture_of([event(kind)]) == Picture()


def test_what_is_kept_reads_back() -> None:
    for one in WHOLE:
        assert event_of(one.said(), call_id="c1", ts=None, seq=one.seq) == one


def test_the_fields_words_are_read() -> None:
    read = read_event({
        "event": "newCall", "from": "+36305550100", "to": "+3615550000", "direction": "in", "callId": 77,
        "user[]": "x", "ts": "1795600000", "seq": "1", "queue": "Support",
    })  # fmt: skip
    assert (read.kind, read.call_id, read.caller, read.seq) == (Kind.NEW, "77", "+36305550100", 1)
    assert read.ts == datetime.fromtimestamp(1795600000, tz=UTC)
    answer = read_event({"event": "answer", "callId": "77", "user": "Anna", "answeringNumber": "101"})
    assert (answer.kind, answer.user) == (Kind.ANSWERED, "101")
    assert read_event({"event": "hangup", "callId": "77", "cause": "noAnswer"}).cause == Cause.NO_ANSWER
    assert read_event({"event": "hangup", "callId": "77", "cause": "martians"}).cause == Cause.NORMAL
    iso = read_event({"event": "hold", "callId": "77", "ts": "2026-11-25T12:00:00+01:00"})
    assert iso.ts == NOON
    assert read_event({"event": "hold", "callId": "77", "ts": 1795600000123}).ts is not None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "unknown_event"),
        ({"event": "explode", "callId": "1"}, "unknown_event"),
        ({"event": "answer"}, "no_call_id"),
        ({"event": "answer", "callId": "1", "direction": "up"}, "unknown_direction"),
        ({"event": "answer", "callId": {"a": 1}}, "no_text"),
        ({"event": "answer", "callId": "1" * 201}, "too_long"),
        ({"event": "answer", "callId": "1", "seq": "x"}, "no_number"),
        ({"event": "answer", "callId": "1", "seq": 0}, "no_number"),
        ({"event": "answer", "callId": "1", "ts": "yesterday"}, "no_time"),
        ({"event": "answer", "callId": "1", "ts": "9e99"}, "no_time"),
    ],
)
def test_junk_is_told_by_its_name(fields: dict[str, object], code: str) -> None:
    with pytest.raises(Junk) as junk:
        read_event(fields)
    assert junk.value.code == code
