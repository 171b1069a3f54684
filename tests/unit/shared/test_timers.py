"""Timers: errors are counted and survived, left work is done at once, stopping waits for the run."""

import threading
import time

from shared import health, metrics, timers
from tests.support.waiting import eventually


def started(loop: timers.Loop) -> threading.Thread:
    thread = threading.Thread(target=loop.run, daemon=True)
    thread.start()
    return thread


def stopped(loop: timers.Loop, thread: threading.Thread) -> None:
    loop.stop()
    thread.join(timeout=5)
    assert not thread.is_alive()


def test_a_failing_job_is_counted_and_tried_again() -> None:
    calls: list[int] = []

    def job() -> int:
        calls.append(1)
        raise RuntimeError("always")

    loop = timers.Loop("test_failing", 0.01, job)
    thread = started(loop)

    eventually(lambda: len(calls) >= 3)
    stopped(loop, thread)

    assert metrics.timer_runs_total.labels("test_failing", "failed")._value.get() == len(calls)


def test_a_failing_job_is_tried_ever_more_rarely() -> None:
    times: list[float] = []

    def job() -> int:
        times.append(time.monotonic())
        raise RuntimeError("always")

    loop = timers.Loop("test_rarely", 0.02, job)
    thread = started(loop)

    eventually(lambda: len(times) >= 5)
    stopped(loop, thread)

    assert times[4] - times[3] > 3 * (times[1] - times[0])


def test_while_work_is_left_it_runs_again_at_once() -> None:
    left = [5]

    def job() -> int:
        left[0] -= 1
        return left[0]

    loop = timers.Loop("test_left", 3600.0, job)
    thread = started(loop)

    eventually(lambda: left[0] == 0, within_seconds=5)
    stopped(loop, thread)


def test_a_job_with_work_for_ever_lets_itself_be_stopped() -> None:
    loop = timers.Loop("test_forever", 0.01, lambda: 1)
    thread = started(loop)

    eventually(lambda: metrics.timer_runs_total.labels("test_forever", "done")._value.get() > 100)
    stopped(loop, thread)


def test_stopping_waits_for_the_run_under_way() -> None:
    reached, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def job() -> None:
        reached.set()
        go_on.wait(5)
        done.set()

    loop = timers.Loop("test_stop", 0.01, job)
    thread = started(loop)
    assert reached.wait(5)
    loop.stop()
    go_on.set()
    thread.join(timeout=5)

    assert done.is_set()
    assert "timer test_stop" not in health.process.beats


def test_a_waiting_timer_is_alive() -> None:
    loop = timers.Loop("test_waiting", 3600.0, lambda: 0)
    thread = started(loop)

    eventually(lambda: "timer test_waiting" in health.process.beats)
    stopped(loop, thread)
