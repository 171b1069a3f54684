"""What Open311 shows of the platform, and to whom (docs/decisions/0015-what-open311-shows.md)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.cases import georeport, open311_media
from services.cases.api import reporting
from services.cases.domain import catalogue_table
from services.cases.domain import open311 as domain
from services.cases.domain.case import State
from services.cases.domain.open311 import Jurisdiction
from services.cases.schemas import open311 as schemas
from services.cases.store.sql import queries
from shared import clock, db
from shared.http import Raw, Request

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"


def discovered(tx: db.Tx, request: Request, form: str, served: Jurisdiction) -> Raw:
    """Where the service is, as Open311 Service Discovery has it."""
    issuer = request.runtime.config.issuer
    changeset = _told_at(queries.open311_changed_at(tx))
    shown = {
        "changeset": changeset,
        "contact": served.contact or f"一网 {issuer}",
        "key_service": f"{issuer}/docs/integrators.md",
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": f"{issuer}/open311/v2",
                "changeset": changeset,
                "type": "production",
                "formats": [georeport.XML, georeport.JSON],
            }
        ],
    }
    return georeport.written(form, "discovery", schemas.Discovery().dump(shown))


def service(row: Mapping[str, Any]) -> dict[str, Any]:
    """A matter of the catalogue as a service."""
    group = catalogue_table.LABELS["theme"].get(row["theme"], row["theme"])
    return {
        "service_code": row["code"],
        "service_name": row["name"],
        "description": row["filing_standard"],
        "metadata": row["asks"],
        "type": "realtime",
        "keywords": f"{row['name']}, {group}",
        "group": group,
    }


def listed(tx: db.Tx, request: Request, form: str, served: Jurisdiction, rows: list[dict[str, Any]]) -> Raw:
    """Requests as the caller may see them."""
    issuer = request.runtime.config.issuer
    shown = [_request(tx, row, served, issuer=issuer) for row in rows]
    return georeport.written(form, "service_requests", schemas.RequestView().dump(shown, many=True))


def _request(tx: db.Tx, row: Mapping[str, Any], served: Jurisdiction, *, issuer: str) -> dict[str, Any]:
    state = State(row["state"])
    sees_details = row["is_own"] or served.shows_details
    return {
        "service_request_id": row["number"],
        "status": domain.status_of(state),
        "status_notes": domain.notes_of(state, row["hold"]),
        "service_name": row["category_name"],
        "service_code": row["category"],
        "agency_responsible": row["department_names"] or row["subdistrict_name"],
        "service_notice": notice_of(row),
        "requested_datetime": _told_at(row["reported_at"]),
        "updated_datetime": _told_at(row["closed_at"] or row["updated_at"]),
        "expected_datetime": _told_at(row["due_at"]),
        # What everybody may know of the place, and what may be posted as one.
        "address_id": row["area"],
        "zipcode": None,
        **(_details(row, issuer) if sees_details else _outline(tx, row)),
    }


def _details(row: Mapping[str, Any], issuer: str) -> dict[str, Any]:
    own_media = row["media_url"] if row["is_own"] else None
    photo = open311_media.address(issuer, str(row["photo_id"])) if row["photo_id"] else None
    return {
        "description": row["words"],
        "address": row["address"] or _names(row),
        "lat": row["latitude"],
        "long": row["longitude"],
        "media_url": photo or own_media,
    }


def _outline(tx: db.Tx, row: Mapping[str, Any]) -> dict[str, Any]:
    """What everybody may know: the grid, which is a few hundred households, and not the house."""
    place = reporting.places.middle_of(tx, row["area"])
    return {
        "description": None,
        "address": _names(row),
        "lat": place.latitude if place else None,
        "long": place.longitude if place else None,
        "media_url": None,
    }


def _names(row: Mapping[str, Any]) -> str:
    """From the most specific to the most general, as the standard has it."""
    names = (row["grid_name"], row["community_name"], row["subdistrict_name"])
    return ", ".join(name for name in names if name)


def notice_of(matter: Mapping[str, Any]) -> str:
    """What whoever reports is told beside the number: when a matter counts as settled."""
    notice: str = f"结案标准：{matter['closing_standard']}"
    return f"{domain.IN_DANGER}{notice}" if matter["mechanism"] == "emergency" else notice


def _told_at(at: datetime | None) -> str | None:
    """A moment in W3C form with the offset of Beijing, to the second."""
    return None if at is None else at.astimezone(clock.BEIJING).isoformat(timespec="seconds")
