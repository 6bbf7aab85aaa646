"""The timetable names real tasks, and a broker that is away holds nobody up."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from kombu.exceptions import OperationalError

from ticketdesk.celery import TIMETABLE, app, broker_url


def test_every_line_of_the_timetable_names_a_task() -> None:
    app.loader.import_default_modules()
    assert sorted(set(TIMETABLE) - set(app.tasks)) == []


def test_a_run_nobody_takes_is_let_go() -> None:
    assert {entry["options"]["expires"] == entry["schedule"] for entry in app.conf.beat_schedule.values()} == {True}


def test_tasks_survive_a_killed_worker_and_carry_nothing_executable() -> None:
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.accept_content == ["json"]
    assert app.conf.broker_transport_options["visibility_timeout"] > app.conf.task_time_limit


def test_waking_a_task_fails_quickly_when_the_broker_is_away(tmp_path: Path) -> None:
    with app.connection_for_write(f"redis+socket://{tmp_path}/nobody.sock") as away:
        began = time.monotonic()
        with pytest.raises(OperationalError):
            app.send_task(next(iter(TIMETABLE)), connection=away, retry=False)
        assert time.monotonic() - began < 3


def test_the_address_of_a_socket_is_spelled_for_kombu() -> None:
    assert broker_url("unix:///run/redis.sock?db=3") == "redis+socket:///run/redis.sock?virtual_host=3"
    assert broker_url("unix:///run/redis.sock") == "redis+socket:///run/redis.sock?virtual_host=0"
    assert broker_url("redis://host:6379/1") == "redis://host:6379/1"
