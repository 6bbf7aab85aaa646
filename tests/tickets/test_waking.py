"""Hints to the worker: after the commit, one at a time, and never in the way of the act."""

from __future__ import annotations

from typing import Any

import pytest
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from tickets import waking

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hints that reached the broker."""
    names: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **more: names.append(name))
    return names


def test_a_hint_goes_out_after_the_commit_and_not_after_a_rollback(sent: list[str]) -> None:
    with transaction.atomic():
        waking.wake(waking.SEND_DUE_MAIL)
        assert sent == []
    assert sent == [waking.SEND_DUE_MAIL]
    waking.woken(waking.SEND_DUE_MAIL)
    with transaction.atomic():
        waking.wake(waking.SEND_DUE_MAIL)
        transaction.set_rollback(True)
    assert sent == [waking.SEND_DUE_MAIL]


def test_while_a_hint_waits_no_other_is_sent_and_once_it_is_taken_the_next_one_is(sent: list[str]) -> None:
    for _ in range(5):
        waking.wake(waking.SEND_DUE_MAIL)
    waking.wake(waking.PROCESS_INBOUND_MAIL)
    assert sent == [waking.SEND_DUE_MAIL, waking.PROCESS_INBOUND_MAIL]
    waking.woken(waking.SEND_DUE_MAIL)
    waking.wake(waking.SEND_DUE_MAIL)
    assert sent[2:] == [waking.SEND_DUE_MAIL]


def test_a_broker_that_is_away_disturbs_nobody_and_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def fail(name: str, **more: Any) -> None:
        tries.append(name)
        raise OperationalError("away")

    monkeypatch.setattr(waking, "_broker_away_until", 0.0)
    monkeypatch.setattr(current_app, "send_task", fail)
    waking.wake(waking.SEND_DUE_MAIL)
    waking.wake(waking.PROCESS_INBOUND_MAIL)
    assert tries == [waking.SEND_DUE_MAIL]
