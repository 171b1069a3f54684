"""Writes the broker's definitions to standard output: one account per service, each held to its own names.

Read at every start of the node (`load_definitions`), so a changed password or a new service needs only a restart.
Environment: `<SERVICE>_AMQP_PASSWORD` for every service; `RABBITMQ_ADMIN_PASSWORD` for the account `platform`, with
which the registry makes integrators' streams; `RABBITMQ_VHOST` (default `yiwang`).

Standard library only: it runs inside the broker's image and on operators' machines.
"""

import base64
import hashlib
import json
import os
import secrets
import sys
from collections.abc import Mapping
from typing import Any

EXCHANGE = "yiwang.events"
SUFFIX = "_AMQP_PASSWORD"
# Every process declares the whole topology before it publishes or consumes, so each may make and bind any part of it.
TOPOLOGY = r"^(yiwang\..+|[a-z]+\.(inbox|rebuild))$"


def definitions(environment: Mapping[str, str]) -> dict[str, Any]:
    """The definitions document. Raises KeyError without the administrator's password, ValueError without services."""
    vhost = environment.get("RABBITMQ_VHOST", "yiwang")
    passwords = {
        name.removesuffix(SUFFIX).lower(): value
        for name, value in sorted(environment.items())
        if name.endswith(SUFFIX) and value
    }
    if not passwords:
        raise ValueError(f"no <SERVICE>{SUFFIX} is set: the services could not sign in")
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    return {
        "vhosts": [{"name": vhost}],
        "users": [
            _user("platform", environment["RABBITMQ_ADMIN_PASSWORD"], tags=["administrator"]),
            *(_user(service, password, tags=[]) for service, password in passwords.items()),
        ],
        "permissions": [
            {"user": "platform", "vhost": vhost, **everything},
            *({"user": service, "vhost": vhost, **_resources(service)} for service in passwords),
        ],
        "topic_permissions": [
            # The one rule that keeps events honest: nobody can speak in another service's name.
            {"user": service, "vhost": vhost, "exchange": EXCHANGE, "write": rf"^{service}\.", "read": ".*"}
            for service in passwords
        ],
    }


def _resources(service: str) -> dict[str, str]:
    """What a service may declare, write to and read from, as regular expressions over resource names."""
    made, written = TOPOLOGY, TOPOLOGY
    # Binding a queue needs to read the exchange; messages are read from one's own queues only.
    read = [r"yiwang\.events", rf"{service}\.(inbox|rebuild)"]
    if service == "registry":
        # It makes the streams of integrators and copies what happened before into them from the log. A message
        # reaches one queue alone through the default exchange.
        made = made.replace("(", r"(integrator\..+|", 1)
        written = written.replace("(", r"(integrator\..+|amq\.default|", 1)
        read += [r"yiwang\.log", r"integrator\..+"]
    return {"configure": made, "write": written, "read": f"^({'|'.join(read)})$"}


def _user(name: str, password: str, *, tags: list[str]) -> dict[str, Any]:
    # RabbitMQ's own format: base64 of a 4-byte salt followed by SHA-256 of salt and password.
    salt = secrets.token_bytes(4)
    digest = hashlib.sha256(salt + password.encode()).digest()
    return {
        "name": name,
        "password_hash": base64.b64encode(salt + digest).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": tags,
    }


if __name__ == "__main__":
    json.dump(definitions(os.environ), sys.stdout, indent=2)
