"""Asterisk's lines and words: cut anywhere, with every trap; and which seats follow from our states."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactcenter.telephony.ami.members import Member, Seats, changes
from contactcenter.telephony.ami.protocol import LONGEST_LINE, Junk, Reader, packet
from contactcenter.telephony.ami.translating import Translator
from contactcenter.telephony.events import Cause, Event, Kind

GREETING = b"Asterisk Call Manager/9.0.0\r\n"
TWO = b"Event: A\r\nX: 1\r\nX: 2\r\n\r\nEvent: B\r\nY: a: b\r\n\r\n"


@given(st.lists(st.integers(1, 80), max_size=20))
def test_messages_are_whole_wherever_the_network_cuts(cuts: list[int]) -> None:
    reader, rest, messages = Reader(), GREETING + TWO, []
    for cut in cuts:
        messages += reader.feed(rest[:cut])
        rest = rest[cut:]
    messages += reader.feed(rest)
    assert messages == [{"Event": "A", "X": "2"}, {"Event": "B", "Y": "a: b"}]


@pytest.mark.parametrize(
    "junk",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\xff\xfe\x00\x01\n",
        GREETING + b"x" * (LONGEST_LINE + 1),
        GREETING + b"A: b\r\n" * 600,
    ],
)
def test_what_is_no_asterisk_is_noticed(junk: bytes) -> None:
    with pytest.raises(Junk):
        Reader().feed(junk)


def test_lines_without_a_name_are_counted_and_left_out() -> None:
    reader = Reader()
    assert reader.feed(GREETING + b"Event: A\r\nnonsense\r\n\xff\xff\r\n\r\n") == [{"Event": "A"}]
    assert reader.skipped == 2


def test_a_value_cannot_begin_a_field_of_its_own() -> None:
    assert packet("QueueAdd", [("MemberName", "Anna\r\nAction: Command")]) == (
        b"Action: QueueAdd\r\nMemberName: Anna  Action: Command\r\n\r\n"
    )


# --- words -----------------------------------------------------------------------------------------------------------


def told(*events: tuple[str, dict[str, str]]) -> list[Event]:
    translator = Translator()
    return [each for event, more in events for each in translator.feed({"Event": event, "Uniqueid": "1.1", **more})]


JOIN = ("QueueCallerJoin", {"Queue": "support", "CallerIDNum": "+36305550100", "Linkedid": "1.1"})
LEAVE = ("QueueCallerLeave", {"Queue": "support"})
ABANDON = ("QueueCallerAbandon", {"Queue": "support"})
CONNECT = ("AgentConnect", {"Queue": "support", "Interface": "PJSIP/101", "DestUniqueid": "1.2"})
HANGUP: tuple[str, dict[str, str]] = ("Hangup", {})


def status(value: str) -> tuple[str, dict[str, str]]:
    return "VarSet", {"Variable": "QUEUESTATUS", "Value": value}


@pytest.mark.parametrize(
    ("events", "cause"),
    [
        ([JOIN, ABANDON, LEAVE, HANGUP], Cause.CANCEL),
        ([JOIN, LEAVE, ABANDON, HANGUP], Cause.CANCEL),
        ([JOIN, ABANDON, LEAVE, status("TIMEOUT"), HANGUP], Cause.TIMEOUT),
        ([JOIN, ABANDON, LEAVE, status("LEAVEEMPTY"), HANGUP], Cause.NO_AGENTS),
        ([JOIN, ABANDON, LEAVE, status("WITHDRAW"), HANGUP], Cause.WITHDRAWN),
        ([JOIN, LEAVE, HANGUP], Cause.EXIT_KEY),
        ([JOIN, HANGUP], Cause.CANCEL),
        ([JOIN, LEAVE, CONNECT, HANGUP], Cause.NORMAL),
        ([JOIN, LEAVE, CONNECT, ("AgentComplete", {}), HANGUP], Cause.NORMAL),
        ([JOIN, LEAVE, CONNECT, ("Hangup", {"Uniqueid": "1.2"}), ("AgentComplete", {}), HANGUP], Cause.NORMAL),
    ],
)
def test_each_way_out_of_a_queue_is_told_once_and_by_its_name(
    events: list[tuple[str, dict[str, str]]], cause: Cause
) -> None:
    ends = [one for one in told(*events) if one.kind == Kind.HANGUP]
    assert [one.cause for one in ends] == [cause]


def test_an_abandon_and_a_leave_alone_are_no_end() -> None:
    assert [one.kind for one in told(JOIN, ABANDON, LEAVE)] == [Kind.QUEUED]


def test_the_leave_before_the_answer_is_none() -> None:
    assert [one.kind for one in told(JOIN, LEAVE, CONNECT)] == [Kind.QUEUED, Kind.ANSWERED]


def test_who_comes_back_into_a_queue_is_another_call() -> None:
    again = told(JOIN, ABANDON, LEAVE, status("TIMEOUT"), ("QueueCallerJoin", {"Queue": "sales"}), HANGUP)
    assert [(one.kind, one.call_id) for one in again] == [
        (Kind.QUEUED, "1.1"), (Kind.HANGUP, "1.1"), (Kind.QUEUED, "1.1#2"), (Kind.HANGUP, "1.1#2"),
    ]  # fmt: skip


def test_holding_is_told_by_the_agents_own_channel() -> None:
    hold, unhold = ("Hold", {"Uniqueid": "1.2"}), ("Unhold", {"Uniqueid": "1.2"})
    assert [one.kind for one in told(JOIN, CONNECT, hold, unhold)][2:] == [Kind.HOLD, Kind.RESUMED]
    assert told(hold) == []


def test_a_withheld_number_is_none() -> None:
    assert told(("QueueCallerJoin", {"Queue": "a", "CallerIDNum": "<unknown>"}))[0].caller == ""


def test_what_was_missed_is_made_up_for() -> None:
    translator = Translator()
    waits, talks = {"Uniqueid": "w", "Queue": "a"}, {"Uniqueid": "t", "BridgeId": "b", "Channel": "PJSIP/trunk-1"}
    agents = {"Uniqueid": "x", "BridgeId": "b", "Channel": "PJSIP/101-0000000a"}
    events = translator.catch_up([waits], [talks, agents], ["gone", "gone2#2", "t", "w"])
    assert {(one.kind, one.call_id, one.user) for one in events} == {
        (Kind.HANGUP, "gone", ""), (Kind.HANGUP, "gone2#2", ""), (Kind.ANSWERED, "t", "PJSIP/101-0000000a"),
        (Kind.QUEUED, "w", ""),
    }  # fmt: skip


def test_news_outlives_an_older_snapshot() -> None:
    translator = Translator()
    translator.begin_snapshot()
    translator.feed({"Event": "QueueCallerJoin", "Uniqueid": "n", "Queue": "a"})
    assert translator.catch_up([], [], ["n"]) == []


# --- seats -----------------------------------------------------------------------------------------------------------


def test_lists_and_events_name_the_phone_differently_and_mean_the_same() -> None:
    seats = Seats()
    seats.feed({"Event": "QueueMember", "Queue": "a", "Name": "Anna", "Location": "PJSIP/101", "Paused": "1"})
    assert seats.members["a", "PJSIP/101"] == Member(is_paused=True, name="Anna")
    seats.feed({"Event": "QueueMemberStatus", "Queue": "a", "MemberName": "Anna", "Interface": "PJSIP/101"})
    assert seats.members["a", "PJSIP/101"] == Member(name="Anna")
    seats.feed({"Event": "QueueMemberRemoved", "Queue": "a", "Interface": "PJSIP/101"})
    assert seats.members == {}


def test_only_what_differs_is_asked_and_strangers_are_left_alone() -> None:
    want = {
        ("Support", "PJSIP/101"): Member(1, True, "Anna", "break"),
        ("support", "PJSIP/102"): Member(),
        ("nowhere", "PJSIP/102"): Member(),
    }
    have = {
        ("support", "PJSIP/102"): Member(penalty=2, is_paused=True),
        ("sales", "PJSIP/102"): Member(),
        ("sales", "PJSIP/101"): Member(is_dynamic=False),
        ("sales", "PJSIP/999"): Member(),
    }
    actions = changes(want, have, queues={"support", "sales"}, ours={"PJSIP/101", "PJSIP/102"})
    assert [one.decode().split("\r\n")[:3] for one in actions] == [
        ["Action: QueueAdd", "Queue: support", "Interface: PJSIP/101"],
        ["Action: QueuePenalty", "Queue: support", "Interface: PJSIP/102"],
        ["Action: QueuePause", "Queue: support", "Interface: PJSIP/102"],
        ["Action: QueuePause", "Queue: sales", "Interface: PJSIP/101"],
        ["Action: QueueRemove", "Queue: sales", "Interface: PJSIP/102"],
    ]
    assert changes({}, {}, queues=set(), ours=set()) == []
