"""Checks the composed platform against our own rules: `docker-compose config | python -m deploy.compose.validate`.

Prints every finding; exits 1 if there is one.
"""

import sys
from collections.abc import Iterator
from typing import Any

import yaml

from shared import contracts

ROLES = ("migrate", "api", "worker", "relay", "demo")
# The only ones that outsiders talk to.
PUBLISHED = {"nginx", "rabbitmq"}
ONCE = ("migrate", "demo")
# Who is given which secret; nobody else is. Names end like these.
BROKER = ("-worker", "-relay")
PERSONAL_DATA = tuple(
    f"{service}-{role}" for service in ("registry", "cases") for role in ("api", "worker", "demo")
)
SECRETS = {
    "AMQP_URL": BROKER,
    "YIWANG_PII_KEYS": PERSONAL_DATA,
    "YIWANG_PII_INDEX_KEY": PERSONAL_DATA,
    "REGISTRY_SIGNING_KEY": ("registry-api",),
    "RABBITMQ_MANAGEMENT_URL": ("registry-worker",),
}


def findings(document: dict[str, Any]) -> Iterator[str]:
    """Everything wrong with a rendered compose document, one sentence each."""
    services: dict[str, Any] = document["services"]
    wanted = {f"{service}-{role}" for service in contracts.SERVICES for role in ROLES}
    wanted |= {"postgres", "rabbitmq", "nginx"}
    if wanted != services.keys():
        yield f"these differ from what there should be: {sorted(wanted ^ services.keys())}"
    for name, service in services.items():
        for rule in _rules(name, service):
            yield f"{name}: {rule}"


def _rules(name: str, service: dict[str, Any]) -> Iterator[str]:
    once = name.endswith(ONCE)
    if not service.get("read_only"):
        yield "its root file system can be written"
    if service.get("cap_drop") != ["ALL"] or "no-new-privileges:true" not in service.get("security_opt", ()):
        yield "it keeps privileges"
    if not (service.get("mem_limit") and service.get("cpus")):
        yield "it has no limit of memory or processor"
    if once:
        if service.get("restart") != "no":
            yield "a one-shot would be started again and again"
    elif service.get("restart") != "unless-stopped":
        yield "it does not come back after a crash"
    elif not service.get("healthcheck", {}).get("test"):
        yield "it has no health check"
    for secret, users in SECRETS.items():
        if (secret in service.get("environment", {})) != name.endswith(users):
            yield f"it is given {secret} without need, or lacks it"
    if name not in PUBLISHED and service.get("ports"):
        yield "it is reachable from outside"
    for port in service.get("ports", ()):
        address = port if isinstance(port, str) else f"{port.get('host_ip', '')}:{port.get('published')}"
        if not address.startswith("127.0.0.1:"):
            yield f"it listens on every address of the machine ({address})"


def main() -> int:
    found = list(findings(yaml.safe_load(sys.stdin)))
    for finding in found:
        print(f"  {finding}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
