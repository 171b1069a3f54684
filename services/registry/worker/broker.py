"""RabbitMQ's management API: accounts, their rights and limits. Every call is bounded in time and repeatable."""

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from shared import errors

TIMEOUT_SECONDS = 5.0
LARGEST_ANSWER_BYTES = 1_000_000
MOST_CONNECTIONS = 5
MOST_CHANNELS = 20


class BrokerUnavailable(errors.Unavailable):
    """The broker's management API does not answer or refuses."""


@dataclass(frozen=True)
class Management:
    """The management API of one broker, for one virtual host.

    `url` holds the administrator's name and password: `http://name:password@host:15672`.
    """

    url: str
    vhost: str

    def put_account(self, name: str, *, password_hash: str) -> None:
        """An account that may read the one stream of its own name, and do nothing else.

        It makes no queue and publishes nothing: one that could make a queue could fill it until the broker refuses
        the platform's own publishes, and a stream has no rights per routing key.
        """
        self._call(
            "PUT",
            f"users/{_quoted(name)}",
            {
                "password_hash": password_hash,
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": "",
            },
        )
        only_it = f"^{name.replace('.', chr(92) + '.')}$"
        self._call(
            "PUT",
            f"permissions/{_quoted(self.vhost)}/{_quoted(name)}",
            {"configure": "^$", "write": "^$", "read": only_it},
        )
        for limit, value in (("max-connections", MOST_CONNECTIONS), ("max-channels", MOST_CHANNELS)):
            self._call("PUT", f"user-limits/{_quoted(name)}/{limit}", {"value": value})

    def delete_account(self, name: str) -> None:
        """Takes an account away; the broker cuts its connections."""
        self._call("DELETE", f"users/{_quoted(name)}", accept=(404,))

    def delete_queue(self, name: str) -> None:
        self._call("DELETE", f"queues/{_quoted(self.vhost)}/{_quoted(name)}", accept=(404,))

    def _call(self, method: str, path: str, body: Any = None, *, accept: tuple[int, ...] = ()) -> None:
        parts = urllib.parse.urlsplit(self.url)
        name, password = (urllib.parse.unquote(text or "") for text in (parts.username, parts.password))
        address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}/api/{path}"
        credentials = base64.b64encode(f"{name}:{password}".encode()).decode()
        request = urllib.request.Request(
            address,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Basic {credentials}"},
        )
        # The broker is a neighbour: no proxy stands between.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                answer.read(LARGEST_ANSWER_BYTES)
        except urllib.error.HTTPError as error:
            with error:
                reason = error.read(500).decode(errors="replace")
            if error.code not in accept:
                raise BrokerUnavailable(f"{method} {path}: {error.code} {reason}") from error
        except OSError as error:
            raise BrokerUnavailable(f"{method} {path}: {error}") from error


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="")
