"""Outside systems: what one may receive, and the bindings on the broker that give it just that (domain.md §7).

An integrator names event types and areas. The platform makes a stream `integrator.<name>` bound to exactly those
(type × area), and an account that may read this stream and do nothing else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from services.registry.domain import identity
from shared import areas, errors

MOST_EVENT_TYPES = 100
MOST_AREAS = 50
# type × area; each is a row in the broker's routing table.
MOST_BINDINGS = 1_000


class IntegratorUnknown(errors.NotFound):
    """There is no such integrator in your area."""


class IntegratorNameTaken(errors.Conflict):
    """An integrator of this name exists or existed; choose another."""


class IntegratorRevoked(errors.Conflict):
    """This integrator was revoked; register a new one."""


@dataclass(frozen=True, kw_only=True)
class Integrator:
    """An outside system as registered."""

    integrator_id: str
    # The client id; also names the stream and the broker account.
    name: str
    # What people call it.
    title: str
    # `yiwang.cases.case_reported.v1`
    event_types: tuple[str, ...]
    areas: tuple[str, ...]
    # pending → ready → revoking → revoked
    state: str = "pending"
    # Why the worker could not bring it about yet.
    trouble: str | None = None
    version: int = 1

    @property
    def stream(self) -> str:
        """The name of its stream, and of its account on the broker."""
        return f"integrator.{self.name}"

    @property
    def is_alive(self) -> bool:
        return self.state in ("pending", "ready")


def register(integrator: Integrator, *, scopes: Sequence[str], known_types: Iterable[str]) -> Integrator:
    """An integrator as it may be stored, registered by an admin of these areas. Raises Invalid or Forbidden."""
    unknown = sorted(set(integrator.event_types) - set(known_types))
    if unknown:
        raise errors.invalid("/event_types", "unknown_event", f"There is no event {unknown[0]}.")
    _check_inside(integrator, scopes)
    made = replace(
        integrator,
        event_types=tuple(sorted(set(integrator.event_types))),
        areas=tuple(_widest(integrator.areas)),
    )
    if len(made.event_types) * len(made.areas) > MOST_BINDINGS:
        raise errors.invalid("/areas", "too_many", f"Event types times areas may be {MOST_BINDINGS} at most.")
    return made


def revoke(integrator: Integrator, *, scopes: Sequence[str]) -> Integrator:
    """The integrator being taken off the broker; its client credentials are void from now on.

    Raises IntegratorRevoked when it is gone already, or BeyondOwnScope.
    """
    _check_inside(integrator, scopes)
    if not integrator.is_alive:
        raise IntegratorRevoked()
    return replace(integrator, state="revoking", version=integrator.version + 1)


def bindings(integrator: Integrator) -> list[str]:
    """The routing keys its stream is bound with: `cases.case_reported.v1.37.01.02.007.#`."""
    return sorted(
        f"{event_type.removeprefix('yiwang.')}.{areas.dotted(area)}.#"
        for event_type in integrator.event_types
        for area in integrator.areas
    )


def receives(integrator: Integrator, routing_key: str) -> bool:
    """True when a message with this routing key is the integrator's; what its bindings say, for copied history."""
    return any(
        routing_key == prefix or routing_key.startswith(f"{prefix}.")
        for prefix in (binding.removesuffix(".#") for binding in bindings(integrator))
    )


def _check_inside(integrator: Integrator, scopes: Sequence[str]) -> None:
    if not all(any(areas.inside(code, scope) for scope in scopes) for code in integrator.areas):
        raise identity.BeyondOwnScope("You can open or close events of your own area only.")


def _widest(codes: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for code in sorted(set(codes)):
        if not kept or not areas.inside(code, kept[-1]):
            kept.append(code)
    return kept
