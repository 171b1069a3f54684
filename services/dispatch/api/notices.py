"""Everybody's own inbox, and for admins the notices that did not go out."""

from typing import Any

from services.dispatch.schemas import notices as schemas
from services.dispatch.store import duty
from services.dispatch.store import notices as store
from services.dispatch.store.sql import queries
from shared import auth, db, http
from shared.auth import Role
from shared.http import Page, Request, get, post

ADMINS = frozenset({Role.ADMIN})


class NoticesApi:
    """Who is told of what."""

    @get(
        "/dispatch/notices",
        roles=auth.STAFF,
        query=schemas.NoticeFilter,
        answers=schemas.NoticeView,
        page=True,
        writes=True,
    )
    def list_notices(self, tx: db.Tx, request: Request, /) -> Page:
        """List one's own notices, newest first.

        Whoever asks is known from then on: their department's and area's notices reach them.
        """
        duty.learn(tx, request.actor)
        cursor = request.cursor(length=1)
        rows = queries.list_notices(
            tx,
            person_id=request.actor.person_id,
            unread=request.query["unread"],
            before=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["notice_id"])])

    @get("/dispatch/notices/count", roles=auth.STAFF, answers=schemas.CountView, writes=True)
    def count_notices(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Count one's unread notices."""
        duty.learn(tx, request.actor)
        most = store.COUNTED_UP_TO
        unread = queries.count_unread(tx, person_id=request.actor.person_id, most=most)
        return {"unread": unread, "capped": unread >= most}

    @post("/dispatch/notices/<uuid:notice_id>/read", roles=auth.STAFF, answers=schemas.NoticeView)
    def read_notice(self, tx: db.Tx, request: Request, /, notice_id: str) -> dict[str, Any]:
        """Mark a notice of one's own as read."""
        return store.read(tx, notice_id, request.actor)

    @post("/dispatch/notices/read-all", roles=auth.STAFF, body=schemas.ReadAll, answers=schemas.CountView)
    def read_all_notices(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Mark one's notices as read, all or up to one; answers how many are left unread."""
        up_to = request.body["up_to"]
        most = store.COUNTED_UP_TO
        person = request.actor.person_id
        queries.read_all(tx, person_id=person, up_to=str(up_to) if up_to else None, most=most)
        unread = queries.count_unread(tx, person_id=person, most=most)
        return {"unread": unread, "capped": unread >= most}

    @get(
        "/dispatch/notices/outward",
        roles=ADMINS,
        query=schemas.DeliveryFilter,
        answers=schemas.DeliveryView,
        page=True,
    )
    def list_deliveries(self, tx: db.Tx, request: Request, /) -> Page:
        """List notices on their way out of the platform by how that went, newest first; those given up by default."""
        cursor = request.cursor(length=1)
        rows = queries.list_deliveries(
            tx,
            scopes=request.actor.scopes,
            state=request.query["state"],
            before=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["notice_id"])])

    @post("/dispatch/notices/outward/<uuid:notice_id>/retry", roles=ADMINS, answers=schemas.DeliveryView)
    def retry_delivery(self, tx: db.Tx, request: Request, /, notice_id: str) -> dict[str, Any]:
        """Send a notice that was given up, or kept for want of a channel."""
        return store.retry(tx, notice_id, request.actor)
