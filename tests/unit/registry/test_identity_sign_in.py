"""Lock-out and refresh tokens, each at its boundary."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.registry.domain import identity_lockout as lockout
from services.registry.domain import identity_sessions as sessions

AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FRESH = sessions.RefreshToken(
    session_id="s",
    user_id="u",
    salt=b"salt",
    issued_at=AT,
    used_at=None,
    session_expires_at=AT + sessions.LONGEST,
    session_ended_at=None,
)


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, None), (4, None), (5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 900), (10_000, 900)],
)
def test_an_account_waits_longer_with_each_failure_up_to_a_quarter_of_an_hour(
    failures: int, seconds: int | None
) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)

    assert lockout.wait_after(failures, lockout.ACCOUNT) == expected


def test_an_address_may_fail_more_often_and_then_waits_up_to_an_hour() -> None:
    assert lockout.wait_after(49, lockout.ADDRESS) is None
    assert lockout.wait_after(50, lockout.ADDRESS) == timedelta(seconds=30)
    assert lockout.wait_after(10_000, lockout.ADDRESS) == timedelta(hours=1)


def test_an_unused_token_rotates_until_it_lay_idle_too_long() -> None:
    assert sessions.judge(FRESH, at=AT + sessions.IDLE) is sessions.Verdict.ROTATE
    assert sessions.judge(FRESH, at=AT + sessions.IDLE + SECOND) is sessions.Verdict.ENDED


def test_a_used_token_is_followed_within_its_grace_and_theft_after_it() -> None:
    used = replace(FRESH, used_at=AT)

    assert sessions.judge(used, at=AT + sessions.GRACE) is sessions.Verdict.FOLLOW
    assert sessions.judge(used, at=AT + sessions.GRACE + SECOND) is sessions.Verdict.REUSED


def test_a_session_ends_at_its_longest_and_when_it_was_ended() -> None:
    late = replace(FRESH, issued_at=AT + sessions.LONGEST - SECOND)

    assert sessions.judge(late, at=AT + sessions.LONGEST - SECOND) is sessions.Verdict.ROTATE
    assert sessions.judge(late, at=AT + sessions.LONGEST) is sessions.Verdict.ENDED
    assert sessions.judge(replace(FRESH, session_ended_at=AT), at=AT) is sessions.Verdict.ENDED


def test_a_used_token_of_an_ended_session_is_no_new_alarm() -> None:
    assert sessions.judge(replace(FRESH, used_at=AT, session_ended_at=AT), at=AT + 2 * sessions.GRACE) is (
        sessions.Verdict.ENDED
    )


def test_the_successor_needs_both_the_token_and_the_salt() -> None:
    successor = sessions.successor(b"token", b"salt")

    assert successor == sessions.successor(b"token", b"salt")
    assert len(successor) == sessions.TOKEN_BYTES
    assert (
        len({successor, sessions.successor(b"token", b"pepper"), sessions.successor(b"other", b"salt")}) == 3
    )
    assert sessions.fingerprint(b"token") not in (b"token", successor)
