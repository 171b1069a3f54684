"""Parts of a whole platform are killed under load; afterwards every change has had its effect exactly once."""

from __future__ import annotations

import random
import time

import pytest

from deploy.local import platform as local
from tests.support import conservation
from tests.support.load import Load
from tests.support.waiting import eventually

VICTIMS = [
    (service, role) for service in ("cases", "dispatch", "points") for role in ("api", "worker", "relay")
]
DRAIN_SECONDS = 90.0


def test_processes_killed_at_random_points_lose_and_double_nothing(platform: local.Platform) -> None:
    _kill_under_load(platform, kills=12, seed=20261120)


@pytest.mark.long
def test_a_hundred_processes_killed_at_random_points_lose_and_double_nothing(
    platform: local.Platform,
) -> None:
    _kill_under_load(platform, kills=120, seed=7)


def test_a_killed_broker_stops_no_write_and_everything_drains_afterwards(platform: local.Platform) -> None:
    assert platform.rabbitmq is not None
    with Load(platform, seed=2) as load:
        _until_done(load, 5)
        platform.rabbitmq.kill()
        answered_before = load.done
        _until_done(load, answered_before + 10)
        platform.rabbitmq.start()
        _until_done(load, load.done + 5)

    assert load.problems == []
    _adds_up(platform)


def test_a_disk_alarm_of_the_broker_stops_no_write(platform: local.Platform) -> None:
    assert platform.rabbitmq is not None
    with Load(platform, seed=3) as load:
        platform.rabbitmq.raise_disk_alarm()
        try:
            _until_done(load, load.done + 10)
        finally:
            platform.rabbitmq.clear_disk_alarm()

    assert load.problems == []
    _adds_up(platform)


def test_an_immediate_stop_of_the_database_loses_nothing_that_was_answered(platform: local.Platform) -> None:
    assert platform.postgresql is not None
    with Load(platform, seed=4) as load:
        _until_done(load, 5)
        platform.postgresql.stop_immediately()
        platform.postgresql.start()
        _until_done(load, load.done + 10)

    assert load.problems == []
    _adds_up(platform)


def test_rolling_restarts_with_a_standby_worker_keep_order(platform: local.Platform) -> None:
    standby = platform.add("dispatch", "worker")
    try:
        with Load(platform, seed=5) as load:
            for role in ("worker", "relay", "api"):
                for service in ("cases", "dispatch"):
                    platform.restart(platform.process(service, role))
                    _until_done(load, load.done + 2)
    finally:
        platform.hold(standby)
        platform.processes.remove(standby)

    assert load.problems == []
    _adds_up(platform)


def _kill_under_load(platform: local.Platform, *, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    with Load(platform, seed=seed) as load:
        for _ in range(kills):
            _until_done(load, load.done + chance.randint(1, 3))
            platform.process(*chance.choice(VICTIMS)).kill()

    assert load.problems == []
    _adds_up(platform)


def _until_done(load: Load, matters: int) -> None:
    eventually(
        lambda: load.done >= matters or load.problems,
        within_seconds=120.0,
        what=f"{matters} matters done",
    )


def _adds_up(platform: local.Platform) -> None:
    """Everything is ready again, drains by itself, and adds up."""
    eventually(lambda: not platform.check(), within_seconds=60.0, what="every process is ready again")
    began = time.monotonic()
    found: list[str] = ["not looked at yet"]
    with conservation.connections(platform) as databases:
        while found and time.monotonic() - began < DRAIN_SECONDS:
            found = conservation.differences(databases)
    assert found == []
