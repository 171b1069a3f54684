"""Sessions: how refresh tokens take each other's place, and when one that comes back means theft.

Each refresh token is used once and replaced by its successor. A browser with several tabs may send the same token
from each at nearly the same moment, so for `GRACE` a used one still leads to the newest of its line. Later than that
somebody else holds a copy, and the whole family ends: the thief's and, with a new sign-in, the owner's.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared import errors

GRACE = timedelta(seconds=30)
# A sign-in lasts this long however often it is refreshed, and this long without being refreshed.
LONGEST = timedelta(days=30)
IDLE = timedelta(days=7)
# How far a used token is followed within its grace: more refreshes than that in half a minute are no browser's.
MOST_SUCCESSORS = 8
TOKEN_BYTES = 32


class SessionEnded(errors.Unauthenticated):
    """You are signed out; sign in again."""


class RefreshReused(errors.Unauthenticated):
    """This refresh token was used before, so its sign-in was ended for safety; sign in again."""


class Verdict(StrEnum):
    # The token is unused: mark it used, give its successor.
    ROTATE = "rotate"
    # Used a moment ago: its successor stands for it.
    FOLLOW = "follow"
    # Used long ago: somebody has a copy. End the family.
    REUSED = "reused"
    # The session or the token is over.
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class RefreshToken:
    """A refresh token as stored, with its session's end."""

    session_id: str
    user_id: str
    salt: bytes
    issued_at: datetime
    used_at: datetime | None
    session_expires_at: datetime
    session_ended_at: datetime | None


def judge(token: RefreshToken, *, at: datetime) -> Verdict:
    """What a presented refresh token means at this moment."""
    if token.session_ended_at is not None or at >= token.session_expires_at:
        return Verdict.ENDED
    if token.used_at is not None:
        return Verdict.FOLLOW if at - token.used_at <= GRACE else Verdict.REUSED
    return Verdict.ENDED if at - token.issued_at > IDLE else Verdict.ROTATE


def successor(token: bytes, salt: bytes) -> bytes:
    """The one token that follows: made from the token itself and the stored salt, and from neither alone."""
    return hmac.new(token, b"yiwang refresh successor" + salt, hashlib.sha256).digest()


def fingerprint(token: bytes) -> bytes:
    """What is stored of a token. It is random and long, so a plain hash cannot be turned back."""
    return hashlib.sha256(token).digest()
