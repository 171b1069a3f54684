"""The outward channel of notices (SMS, WeCom, …): a configured HTTP address, messages signed as Standard Webhooks are.

    YIWANG_NOTIFIER_URL       where notices are posted; without it they are kept here (local mode, or no channel yet)
    YIWANG_NOTIFIER_SECRET    `whsec_…`, base64; the receiver checks `webhook-signature` with it

The receiver knows who the person is and how to reach them: a message has the person's id, and words made of codes,
numbers and times. It may come twice under the same `webhook-id`.
"""

import base64
import binascii
import hashlib
import hmac
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from shared import config

SECONDS = 5.0
_PREFIX = "whsec_"
_LEAST_BYTES = 24


class Notifier:
    """Posts messages to one address."""

    def __init__(self, url: str, secret: str) -> None:
        """Raises ConfigError for an address or secret that cannot be used."""
        if not url.startswith(("http://", "https://")):
            raise config.ConfigError("YIWANG_NOTIFIER_URL must be an http or https address")
        try:
            self._key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error as error:
            raise config.ConfigError("YIWANG_NOTIFIER_SECRET must be base64") from error
        if len(self._key) < _LEAST_BYTES:
            raise config.ConfigError(f"YIWANG_NOTIFIER_SECRET must be at least {_LEAST_BYTES} bytes")
        self._url = url
        # Redirects are not followed: the message was signed for this address.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay())

    def send(self, message_id: str, message: Mapping[str, Any]) -> str | None:
        """Posts a message; answers what went wrong, or None when it was taken (2xx)."""
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        at = int(time.time())
        request = urllib.request.Request(
            self._url,
            data=body,
            method="POST",
            headers={
                "Content-Type": "application/json",
                "webhook-id": message_id,
                "webhook-timestamp": str(at),
                "webhook-signature": self.signature(message_id, at, body),
            },
        )
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                status = int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return f"HTTP {error.code}"
        except (OSError, http.client.HTTPException, ValueError) as error:
            return type(error).__name__
        return None if 200 <= status < 300 else f"HTTP {status}"

    def signature(self, message_id: str, at: int, body: bytes) -> str:
        """The `webhook-signature` of a message (Standard Webhooks, symmetric)."""
        signed = b".".join((message_id.encode(), str(at).encode(), body))
        return "v1," + base64.b64encode(hmac.new(self._key, signed, hashlib.sha256).digest()).decode()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def from_environment() -> Notifier | None:
    """The configured channel, or None. Raises ConfigError."""
    environment = config.Environment()
    url = environment.text("YIWANG_NOTIFIER_URL", "") if environment else ""
    return Notifier(url, environment.secret("YIWANG_NOTIFIER_SECRET", None)) if url else None
