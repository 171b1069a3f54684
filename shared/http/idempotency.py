"""Idempotency-Key: the same request sent again gets the first answer, and nothing happens twice.

The key is held by a try-lock rather than by a unique row: a plain insert would make the second request
wait for the first instead of answering that it is in flight.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from shared import db, errors

KEEP_HOURS = 48

queries = db.load(__file__)


class RequestInFlight(errors.Conflict):
    """A request with this Idempotency-Key is being handled now; ask again for its answer."""


class KeyReused(errors.Invalid):
    """This Idempotency-Key was used for another request, or under other rights of yours; use a fresh one."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """A client's key in its scope, with the fingerprint of the request it stands for."""

    actor: str
    route: str
    key: str
    fingerprint: bytes


def fingerprint(method: str, path: str, body: bytes, if_match: int | None, *, authority: str) -> bytes:
    """What a request is told from others by; `authority` is what its caller may do.

    A kept answer shows what was seen under the rights of then: whoever lost them must not see it again.
    """
    digest = hashlib.sha256()
    for part in (method.encode(), path.encode(), str(if_match).encode(), body, authority.encode()):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def claim(tx: db.Tx, key: Key) -> Response | None:
    """Holds the key until the transaction ends, or answers what was answered before.

    Raises RequestInFlight (409) or KeyReused (422).
    """
    lock = queries.try_lock(tx, scope=json.dumps([key.actor, key.route, key.key]))
    if not lock["is_mine"]:
        raise RequestInFlight()
    # A second statement, so that it sees what the holder before us committed.
    stored = queries.stored_answer(tx, actor=key.actor, route=key.route, key=key.key)
    if stored is None:
        return None
    if bytes(stored["fingerprint"]) != key.fingerprint:
        raise KeyReused()
    answer = Response(bytes(stored["body"]), status=stored["status"])
    for name, value in stored["headers"].items():
        answer.headers[name] = value
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def keep(tx: db.Tx, key: Key, answer: Response) -> None:
    """Stores a 2xx answer under the key, in the transaction that made it."""
    headers: dict[str, Any] = {
        name: answer.headers[name] for name in ("Content-Type", "ETag", "Location") if name in answer.headers
    }
    queries.store_answer(
        tx,
        actor=key.actor,
        route=key.route,
        key=key.key,
        fingerprint=key.fingerprint,
        status=answer.status_code,
        headers=json.dumps(headers),
        body=answer.get_data(),
    )


def prune(tx: db.Tx, *, most: int = 1000) -> int:
    """Drops answers older than 48 hours; answers how many."""
    dropped: int = queries.prune_answers(tx, keep_hours=KEEP_HOURS, most=most)
    return dropped
