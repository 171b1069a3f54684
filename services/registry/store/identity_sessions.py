"""Sessions, their refresh tokens, and failed sign-ins."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from services.registry.domain import identity, identity_lockout, identity_sessions
from services.registry.store.sql import queries
from shared import db, ids

# Housekeeping deletes this much at a time.
_MOST_PRUNED = 1_000
# A session is kept this long after its end, so that a token used twice is still recognised.
_SESSION_KEPT_DAYS = 7


def begin_attempt(tx: db.Tx, limits: Mapping[tuple[str, str], identity_lockout.Limits]) -> None:
    """Counts a sign-in attempt as failed before it is checked, and commits that.

    Counted first, many guesses sent at once cannot slip in between; committed, no error of the request undoes it.

    Args:
        limits: (kind, key) → its limits; kinds are account, address, client.

    Raises SignInBlocked when one of them is refused now; the attempt is not counted then.
    """
    blocked_seconds = 0.0
    # Always in the same order: two attempts that lock the same rows must not wait for each other.
    for (kind, key), limit in sorted(limits.items()):
        row = queries.identity_count_failure(
            tx, kind=kind, key=key, forgotten_after=identity_lockout.FORGOTTEN_AFTER
        )
        blocked_seconds = max(blocked_seconds, row["blocked_seconds"])
        wait = identity_lockout.wait_after(row["failures"], limit)
        if wait:
            queries.identity_block(tx, kind=kind, key=key, wait=wait)
    if blocked_seconds > 0:
        tx.rollback()
        raise identity.SignInBlocked(retry_after_seconds=int(blocked_seconds) + 1)
    tx.commit()


def forgive(tx: db.Tx, limits: Mapping[tuple[str, str], identity_lockout.Limits]) -> None:
    """The attempt succeeded: the account starts afresh, the address is as before.

    An address is not forgiven by one success, or its owner could guess on with an account of their own in between.
    """
    for kind, key in sorted(limits):
        if kind == "address":
            queries.identity_uncount(tx, kind=kind, key=key)
        else:
            queries.identity_forgive(tx, kind=kind, key=key)


def forgive_account(tx: db.Tx, username: str) -> None:
    """An admin vouches for the account: its failures are forgotten."""
    queries.identity_forgive(tx, kind="account", key=username)


def prune(tx: db.Tx) -> int:
    """Drops failures and sessions nobody needs any more; answers how many."""
    failures: int = queries.identity_prune_failures(
        tx, forgotten_after=identity_lockout.FORGOTTEN_AFTER * 2, most=_MOST_PRUNED
    )
    sessions: int = queries.identity_prune_sessions(tx, days=_SESSION_KEPT_DAYS, most=_MOST_PRUNED)
    return failures + sessions


def begin_session(tx: db.Tx, user_id: str, *, token: bytes, salt: bytes) -> str:
    """Starts a session with its first refresh token; answers the session's id."""
    session_id = ids.new()
    queries.identity_add_session(
        tx, session_id=session_id, user_id=user_id, days=identity_sessions.LONGEST // timedelta(days=1)
    )
    add_refresh_token(tx, session_id, token=token, salt=salt)
    return session_id


def add_refresh_token(tx: db.Tx, session_id: str, *, token: bytes, salt: bytes) -> None:
    queries.identity_add_refresh_token(
        tx, token_hash=identity_sessions.fingerprint(token), session_id=session_id, salt=salt
    )


def lock_session_of(tx: db.Tx, token: bytes) -> None:
    """Locks the session of a refresh token, so that its family moves on one by one."""
    queries.identity_lock_session_of(tx, token_hash=identity_sessions.fingerprint(token))


def refresh_token(tx: db.Tx, token: bytes) -> identity_sessions.RefreshToken | None:
    row = queries.identity_refresh_token(tx, token_hash=identity_sessions.fingerprint(token))
    if row is None:
        return None
    return identity_sessions.RefreshToken(
        session_id=str(row["session_id"]),
        user_id=str(row["user_id"]),
        salt=bytes(row["salt"]),
        issued_at=row["issued_at"],
        used_at=row["used_at"],
        session_expires_at=row["session_expires_at"],
        session_ended_at=row["session_ended_at"],
    )


def use_refresh_token(tx: db.Tx, token: bytes, *, at: datetime) -> None:
    queries.identity_use_refresh_token(tx, token_hash=identity_sessions.fingerprint(token), at=at)


def end_session(tx: db.Tx, session_id: str, *, reason: str) -> None:
    queries.identity_end_session(tx, session_id=session_id, reason=reason)


def end_sessions_of(tx: db.Tx, user_id: str, *, reason: str) -> None:
    queries.identity_end_sessions_of(tx, user_id=user_id, reason=reason)


def commit(tx: db.Tx) -> None:
    """Makes what was done so far stand although the request will answer an error: the one case is a token's reuse."""
    tx.commit()
