"""What each service's account on the broker may do (design.md §4)."""

import base64
import hashlib
import re
from typing import Any

import pytest

from deploy.images.rabbitmq import definitions

PASSWORDS = {
    "CASES_AMQP_PASSWORD": "of-cases",
    "REGISTRY_AMQP_PASSWORD": "of-registry",
    "RABBITMQ_ADMIN_PASSWORD": "of-the-platform",
}


def of(kind: str, user: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        entry
        for entry in definitions.definitions(PASSWORDS)[kind]
        if entry["name" if kind == "users" else "user"] == user
    )
    return found


def may(user: str, what: str, name: str) -> bool:
    return re.search(of("permissions", user)[what], name) is not None


def test_a_service_speaks_in_its_own_name_only() -> None:
    rule = of("topic_permissions", "cases")["write"]

    assert re.search(rule, "cases.case_reported.v1.37.01")
    assert not re.search(rule, "points.points_earned.v1.37.01")
    assert not re.search(rule, "casesx.case_reported.v1")


@pytest.mark.parametrize("name", ["yiwang.events", "yiwang.log", "points.inbox", "cases.rebuild"])
def test_a_service_declares_the_whole_topology(name: str) -> None:
    assert may("cases", "configure", name)
    assert may("cases", "write", name)


def test_a_service_reads_its_own_queues_only() -> None:
    assert may("cases", "read", "cases.inbox")
    assert may("cases", "read", "yiwang.events")
    for foreign in ("points.inbox", "yiwang.log", "integrator.demo", "casesXinbox"):
        assert not may("cases", "read", foreign)


def test_only_the_registry_makes_integrators_streams_and_fills_them_from_the_log() -> None:
    for what, name in (
        ("configure", "integrator.demo"),
        ("write", "integrator.demo"),
        ("write", "amq.default"),
    ):
        assert may("registry", what, name)
        assert not may("cases", what, name)
    assert may("registry", "read", "yiwang.log")


def test_only_the_platform_account_administers() -> None:
    assert of("users", "platform")["tags"] == ["administrator"]
    assert of("users", "cases")["tags"] == []


def test_passwords_are_stored_as_the_broker_hashes_them() -> None:
    stored = base64.b64decode(of("users", "cases")["password_hash"])

    assert stored[4:] == hashlib.sha256(stored[:4] + b"of-cases").digest()


def test_without_an_account_the_broker_does_not_start() -> None:
    with pytest.raises(ValueError, match="_AMQP_PASSWORD"):
        definitions.definitions({"RABBITMQ_ADMIN_PASSWORD": "x"})
    with pytest.raises(KeyError):
        definitions.definitions({"CASES_AMQP_PASSWORD": "x"})
