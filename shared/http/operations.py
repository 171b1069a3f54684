"""Routes every service has for its operators: events set aside, to be looked at, tried again or dropped."""

from typing import Any

from marshmallow import fields, validate

from shared import auth, db
from shared.bus import parked
from shared.http.endpoint import Page, Request, page
from shared.http.routes import delete, get, post
from shared.http.schemas import MOST_ITEMS, PageQuery, Schema, whole_number

OPERATORS = frozenset({auth.Role.ADMIN})


class ParkedQuery(PageQuery):
    state = fields.String(load_default=None, validate=validate.OneOf(parked.STATES))


class ParkedView(Schema):
    key = fields.Integer()
    state = fields.String(validate=validate.OneOf(parked.STATES))
    source = fields.String(allow_none=True)
    subject = fields.String(allow_none=True)
    event_id = fields.String(allow_none=True)
    type = fields.String(allow_none=True)
    area = fields.String(allow_none=True)
    copy = fields.Boolean()
    reason = fields.String()
    tries = fields.Integer()
    retry_at = fields.AwareDateTime(allow_none=True)
    parked_at = fields.AwareDateTime()
    body_bytes = fields.Integer()


def operations(service: str) -> type:
    """The base class that gives a service's `Api` its operators' routes under `/<service>/parked`."""

    class Operations:
        @get(f"/{service}/parked", roles=OPERATORS, query=ParkedQuery, answers=ParkedView, page=True)
        def list_parked(self, tx: db.Tx, request: Request, /) -> Page:
            """List events of my area that could not be applied, oldest first."""
            cursor = request.cursor(length=1)
            after = whole_number(cursor[0]) if cursor else None
            limit = min(request.limit, MOST_ITEMS - 1)
            scopes = parked.scopes_of(request.actor)
            rows: list[Any] = [*parked.page(tx, request.query["state"], after, limit + 1, scopes=scopes)]
            return page(rows, limit=limit, key=lambda row: [row.key])

        @post(
            f"/{service}/parked/<int(max=9223372036854775807):key>/redrive",
            roles=OPERATORS,
            errors=(parked.NoSuchParked, parked.StillUndecodable, parked.ArrivedOtherwise),
        )
        def redrive_parked(self, tx: db.Tx, request: Request, /, key: str) -> None:
            """Try a parked event again from now, with all its tries."""
            parked.redrive(tx, int(key), request.actor.person_id, scopes=parked.scopes_of(request.actor))

        @delete(
            f"/{service}/parked/<int(max=9223372036854775807):key>",
            roles=OPERATORS,
            errors=(parked.NoSuchParked,),
        )
        def drop_parked(self, tx: db.Tx, request: Request, /, key: str) -> None:
            """Give a parked event up; the audit keeps it."""
            parked.drop(tx, int(key), request.actor.person_id, scopes=parked.scopes_of(request.actor))

    return Operations
