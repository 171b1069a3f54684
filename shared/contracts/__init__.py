"""The events of the platform, declared once; one file or folder per publishing service."""

from shared.contracts import cases, dispatch, points, registry, volunteers
from shared.contracts.base import Event, EventInvalid, all_events, by_type, consumed_by, schema_of

# The Python services, in the order in which they are shown to people.
SERVICES = ("registry", "cases", "dispatch", "volunteers", "points")

__all__ = [
    "SERVICES",
    "Event",
    "EventInvalid",
    "all_events",
    "by_type",
    "cases",
    "consumed_by",
    "dispatch",
    "points",
    "registry",
    "schema_of",
    "volunteers",
]
