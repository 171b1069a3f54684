"""People, their numbers, and who read them."""

from typing import Any

from services.registry.api.areas import area_cursor
from services.registry.api.authority import ADMINS, AUDITORS, RECORDERS, scopes_of, within
from services.registry.domain import areas as area_rules
from services.registry.domain import people as domain
from services.registry.schemas import people as schemas
from services.registry.store import people as store
from services.registry.store.sql import narrowed
from shared import auth, db, http, ids
from shared.http import get, patch, post

_MOST_FOUND = 50


class PeopleApi:
    """Use cases around people. Recorders see those of their area, residents themselves."""

    @get(
        "/registry/people", roles=RECORDERS, query=schemas.PersonQuery, answers=schemas.PersonView, page=True
    )
    def list_people(self, tx: db.Tx, request: http.Request) -> http.Page:
        """People in the caller's area, numbers masked."""
        found = store.page(
            tx,
            scopes=narrowed(request.actor.scopes, request.query["inside"]),
            after=area_cursor(request),
            most=request.limit + 1,
        )
        return http.page(found, limit=request.limit, key=lambda person: [person.area, person.id])

    @post(
        "/registry/people/search",
        roles=RECORDERS,
        body=schemas.PersonSearch,
        answers=schemas.PersonList,
        errors=(domain.NumberInvalid,),
    )
    def search_people(self, tx: db.Tx, request: http.Request) -> dict[str, Any]:
        """Finds people in the caller's area by exact name, phone or identity number."""
        numbers = domain.numbers(phone=request.body["phone"], identity_number=request.body["identity_number"])
        found = store.find(
            tx,
            name=request.body["name"],
            numbers=numbers,
            scopes=request.actor.scopes,
            most=_MOST_FOUND,
        )
        return {"items": found}

    @get(
        "/registry/people/<uuid:person_id>",
        roles=auth.ANYONE,
        answers=schemas.PersonView,
        errors=(domain.PersonUnknown,),
    )
    def get_person(self, tx: db.Tx, request: http.Request, person_id: str) -> domain.Person:
        """One person, numbers masked: somebody in the caller's area, or the caller."""
        return store.get(tx, person_id, scopes=scopes_of(request), self_id=request.actor.person_id)

    @post(
        "/registry/people",
        roles=RECORDERS,
        body=schemas.NewPerson,
        answers=schemas.PersonView,
        status=201,
        errors=(area_rules.AreaUnknown, domain.NumberInvalid, domain.PersonRegistered),
    )
    def register_person(self, tx: db.Tx, request: http.Request) -> domain.Person:
        """Registers a person. A number that somebody outside the caller's area has tells nothing of them."""
        body = request.body
        person = domain.Person(
            id=ids.new(),
            area=within(request, body["area"]),
            name=body["name"],
            permanent_resident=body["permanent_resident"],
        )
        numbers = domain.numbers(phone=body["phone"], identity_number=body["identity_number"])
        request.answer_headers["Location"] = f"/api/registry/people/{person.id}"
        return store.add(tx, person, numbers, scopes=request.actor.scopes)

    @patch(
        "/registry/people/<uuid:person_id>",
        roles=RECORDERS,
        body=schemas.PersonChange,
        answers=schemas.PersonView,
        if_match=True,
        errors=(
            domain.PersonUnknown,
            area_rules.AreaUnknown,
            domain.NumberInvalid,
            domain.PersonRegistered,
        ),
    )
    def change_person(self, tx: db.Tx, request: http.Request, person_id: str) -> domain.Person:
        """Corrects a person's particulars."""
        body = request.body
        person = store.lock(tx, person_id, scopes=request.actor.scopes)
        request.match(person.version)
        numbers = domain.numbers(phone=body.get("phone"), identity_number=body.get("identity_number"))
        changed = domain.change(
            person,
            name=body.get("name"),
            area=within(request, body["area"]) if "area" in body else None,
            permanent_resident=body.get("permanent_resident"),
        )
        if "identity_number" in body and body["identity_number"] is None:
            store.clear_number(tx, person_id)
        return store.save(tx, changed, numbers, scopes=request.actor.scopes)

    @get(
        "/registry/people/shared-numbers",
        roles=ADMINS,
        query=http.PageQuery,
        answers=schemas.SharedNumberView,
        page=True,
    )
    def list_shared_numbers(self, tx: db.Tx, request: http.Request) -> http.Page:
        """People of the caller's area registered with one identity number: one moved, or a number is wrong."""
        cursor = request.cursor(length=1)
        found = store.sharing_numbers(
            tx,
            scopes=request.actor.scopes,
            after=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(found, limit=request.limit, key=lambda group: [group["id"]])

    @post(
        "/registry/people/<uuid:person_id>/unmask",
        roles=RECORDERS,
        body=schemas.Unmask,
        answers=schemas.UnmaskedView,
        errors=(domain.PersonUnknown, domain.ReasonMissing),
        # A kept answer would be a plain copy of the numbers.
        replays=False,
    )
    def unmask_person(self, tx: db.Tx, request: http.Request, person_id: str) -> domain.Numbers:
        """Shows plain numbers to somebody who says why; who, when, what and why are kept."""
        return store.unmask(
            tx,
            person_id,
            request.body["fields_"],
            reason=domain.reason_given(request.body["reason"]),
            by=request.actor.person_id,
            scopes=request.actor.scopes,
        )

    @get(
        "/registry/people/<uuid:person_id>/unmaskings",
        roles=AUDITORS,
        query=http.PageQuery,
        answers=schemas.UnmaskingView,
        page=True,
        errors=(domain.PersonUnknown,),
    )
    def list_unmaskings(self, tx: db.Tx, request: http.Request, person_id: str) -> http.Page:
        """Who read a person's plain numbers and why, newest first."""
        store.get(tx, person_id, scopes=request.actor.scopes)
        cursor = request.cursor(length=1)
        found = store.unmaskings(
            tx, person_id, after=str(cursor[0]) if cursor else None, most=request.limit + 1
        )
        return http.page(found, limit=request.limit, key=lambda one: [one.id])
