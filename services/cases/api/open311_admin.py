"""Setting up Open311: jurisdictions, keys of integrators, and what is asked beside the words."""

import secrets
from collections.abc import Iterable
from typing import Any

from services.cases.domain import errors
from services.cases.domain import open311 as domain
from services.cases.schemas import open311 as schemas
from services.cases.store import catalogue
from services.cases.store import open311 as store
from services.cases.store.sql import queries
from shared import auth, db, http, ids
from shared.auth import Role
from shared.http import Page, Request, get, post, put

ADMIN = frozenset({Role.ADMIN})
_KEY_BYTES = 32


class Open311AdminApi:
    """What admins decide about Open311 in their areas."""

    @get(
        "/cases/open311/jurisdictions",
        roles=ADMIN,
        query=http.PageQuery,
        answers=schemas.JurisdictionView,
        page=True,
    )
    def list_jurisdictions(self, tx: db.Tx, request: Request, /) -> Page:
        """List the jurisdictions of the caller's areas."""
        cursor = request.cursor(length=1)
        rows = queries.jurisdictions(
            tx,
            scopes=request.actor.scopes,
            after=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [row["jurisdiction_id"]])

    @post(
        "/cases/open311/jurisdictions",
        roles=ADMIN,
        body=schemas.NewJurisdiction,
        answers=schemas.JurisdictionView,
        status=201,
        errors=(domain.BeyondOwnAreas, db.AlreadyExists),
    )
    def add_jurisdiction(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Serve another jurisdiction. Until the first there is one without a name: keys only, all of the deployment."""
        _require_own(request.actor, [request.body["area"]])
        row = {
            **request.body,
            "anonymous_id": ids.new(),
            "changed_by": request.actor.person_id,
            "changed_at": db.now(tx),
        }
        queries.insert_jurisdiction(tx, **row)
        return {**row, "version": 1}

    @put(
        "/cases/open311/jurisdictions/<string:jurisdiction_id>",
        roles=ADMIN,
        body=schemas.JurisdictionEdit,
        answers=schemas.JurisdictionView,
        errors=(domain.JurisdictionUnknown, domain.BeyondOwnAreas, db.AlreadyExists),
    )
    def change_jurisdiction(self, tx: db.Tx, request: Request, /, jurisdiction_id: str) -> dict[str, Any]:
        """Change what a jurisdiction takes and shows; what is not said has its usual value."""
        before = queries.lock_jurisdiction(tx, jurisdiction_id=jurisdiction_id)
        if before is None or not request.actor.sees(before["area"]):
            raise domain.JurisdictionUnknown()
        request.match(before["version"])
        _require_own(request.actor, [request.body["area"]])
        row = {
            **request.body,
            "jurisdiction_id": jurisdiction_id,
            "changed_by": request.actor.person_id,
            "changed_at": before["at"],
            "version": before["version"] + 1,
        }
        queries.save_jurisdiction(tx, **row)
        return row

    @get("/cases/open311/keys", roles=ADMIN, query=http.PageQuery, answers=schemas.KeyView, page=True)
    def list_api_keys(self, tx: db.Tx, request: Request, /) -> Page:
        """List the keys of the caller's areas, newest first."""
        cursor = request.cursor(length=1)
        rows = queries.api_keys(
            tx,
            scopes=request.actor.scopes,
            before=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["key_id"])])

    @post(
        "/cases/open311/keys",
        roles=ADMIN,
        body=schemas.NewKey,
        answers=schemas.MadeKey,
        status=201,
        errors=(domain.BeyondOwnAreas,),
        # A kept answer would be a plain copy of the key.
        replays=False,
    )
    def make_api_key(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Give an integrator a key; it is shown once."""
        areas = auth.widest(request.body["areas"])
        _require_own(request.actor, areas)
        api_key = secrets.token_urlsafe(_KEY_BYTES)
        row = {
            "key_id": ids.new(),
            "name": request.body["name"],
            "areas": areas,
            "posts_per_minute": request.body["posts_per_minute"],
            "made_by": request.actor.person_id,
            "made_at": db.now(tx),
        }
        queries.insert_api_key(tx, **row, key_hash=store.hashed(api_key))
        return {**row, "api_key": api_key, "revoked_by": None, "revoked_at": None}

    @post("/cases/open311/keys/<uuid:key_id>/revoke", roles=ADMIN, answers=schemas.KeyView)
    def revoke_api_key(self, tx: db.Tx, request: Request, /, key_id: str) -> dict[str, Any]:
        """Take a key back; what was posted with it stays."""
        row: dict[str, Any] | None = queries.lock_api_key(tx, key_id=key_id, scopes=request.actor.scopes)
        if row is None:
            raise http.NotYours()
        if row["revoked_at"] is None:
            row |= {"revoked_by": request.actor.person_id, "revoked_at": row["at"]}
            queries.revoke_api_key(
                tx, key_id=key_id, revoked_by=row["revoked_by"], revoked_at=row["revoked_at"]
            )
        return row

    @get(
        "/cases/open311/questions/<string:code>",
        roles=ADMIN,
        answers=schemas.Questions,
        errors=(errors.UnknownCategory,),
    )
    def read_questions(self, tx: db.Tx, request: Request, /, code: str) -> dict[str, Any]:
        """What is asked of whoever reports a matter by Open311."""
        catalogue.newest(tx, code)
        return {"questions": queries.questions_of(tx, category=code) or []}

    @put(
        "/cases/open311/questions/<string:code>",
        roles=ADMIN,
        body=schemas.Questions,
        answers=schemas.Questions,
        errors=(errors.UnknownCategory,),
    )
    def set_questions(self, tx: db.Tx, request: Request, /, code: str) -> dict[str, Any]:
        """Ask something else of whoever reports a matter by Open311; an empty list asks nothing."""
        catalogue.newest(tx, code)
        asked = [schemas.QuestionEdit().dump(question) for question in request.body["questions"]]
        store.set_questions(tx, code, asked, by=request.actor.person_id)
        return {"questions": asked}


def _require_own(actor: auth.Actor, areas: Iterable[str]) -> None:
    if not all(actor.sees(area) for area in areas):
        raise domain.BeyondOwnAreas()
