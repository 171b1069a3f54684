"""Addresses of pictures that work without a key for a while, as `media_url` has to."""

import hmac
import time
from typing import Any
from urllib.parse import urlencode

from services.cases.store import attachments as store
from shared import db, http, personal

_VALID_SECONDS = 7 * 24 * 3600
# All addresses made on a day are the same, so that clients may keep the picture.
_DAY_SECONDS = 24 * 3600


def address(issuer: str, attachment_id: str) -> str:
    expires = (int(time.time()) // _DAY_SECONDS + 1) * _DAY_SECONDS + _VALID_SECONDS
    query = urlencode({"expires": expires, "signature": _signature(attachment_id, expires)})
    return f"{issuer}/open311/v2/media/{attachment_id}?{query}"


def stored_as(tx: db.Tx, attachment_id: str, *, expires: int, signature: str) -> str:
    """The key of the picture an address names. Raises NotYours for one that was not made here, or long ago."""
    right = hmac.compare_digest(signature.encode(), _signature(attachment_id, expires).encode())
    found: Any = store.photo(tx, attachment_id) if right and time.time() < expires else None
    if found is None:
        raise http.NotYours()
    key: str = found.stored_as
    return key


def _signature(attachment_id: str, expires: int) -> str:
    return personal.signature("open311 media", f"{attachment_id} {expires}")
