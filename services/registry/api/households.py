"""Households and kinship."""

from collections.abc import Iterable
from typing import Any

from services.registry.api.areas import area_cursor
from services.registry.api.authority import CONFIRMERS, RECORDERS, scopes_of, within
from services.registry.domain import areas as area_rules
from services.registry.domain import households, kinship
from services.registry.domain import people as domain
from services.registry.schemas import people as schemas
from services.registry.store import households as household_store
from services.registry.store import kinships as kinship_store
from services.registry.store import nets as net_store
from services.registry.store import people as store
from services.registry.store.sql import narrowed
from shared import auth, db, http, ids
from shared.auth import Role
from shared.bus import outbox
from shared.http import delete, get, patch, post


class HouseholdsApi:
    """Use cases around households. Recorders see those of their area, residents their own."""

    @get(
        "/registry/households",
        roles=RECORDERS,
        query=schemas.HouseholdQuery,
        answers=schemas.HouseholdView,
        page=True,
    )
    def list_households(self, tx: db.Tx, request: http.Request) -> http.Page:
        """Households in the caller's area; with `book_number`, the one with that points book."""
        found = household_store.page(
            tx,
            scopes=narrowed(request.actor.scopes, request.query["inside"]),
            book_number=request.query["book_number"],
            active=request.query["active"],
            after=area_cursor(request),
            most=request.limit + 1,
        )
        return http.page(found, limit=request.limit, key=lambda one: [one.area, one.id])

    @get(
        "/registry/households/<uuid:household_id>",
        roles=auth.ANYONE,
        answers=schemas.HouseholdView,
        errors=(households.HouseholdUnknown,),
    )
    def get_household(self, tx: db.Tx, request: http.Request, household_id: str) -> households.Household:
        """One household: in the caller's area, or the caller's own."""
        return household_store.get(
            tx, household_id, scopes=scopes_of(request), self_id=request.actor.person_id
        )

    @post(
        "/registry/households",
        roles=RECORDERS,
        body=schemas.NewHousehold,
        answers=schemas.HouseholdView,
        status=201,
        errors=(
            area_rules.AreaUnknown,
            net_store.GridUnknown,
            households.HouseholdMisplaced,
            households.BookNumberTaken,
            households.MemberElsewhere,
            households.AlreadyMember,
            domain.PersonUnknown,
        ),
    )
    def register_household(self, tx: db.Tx, request: http.Request) -> households.Household:
        """Registers a household with its head and members."""
        body = request.body
        net_store.grid_in_force(tx, within(request, body["area"]), at=db.now(tx))
        members = [
            households.Member(person_id=str(member["person_id"]), relation=member["relation"])
            for member in body["members"]
        ]
        household, events = households.register(
            id=ids.new(),
            area=body["area"],
            book_number=body["book_number"],
            address=body["address"],
            place=_point(body["place"]),
            head_id=str(body["head_id"]),
            members=members,
        )
        _lock_members(tx, request, household.member_ids)
        household_store.add(tx, household)
        outbox.add(tx, events)
        request.answer_headers["Location"] = f"/api/registry/households/{household.id}"
        return household

    @patch(
        "/registry/households/<uuid:household_id>",
        roles=RECORDERS,
        body=schemas.HouseholdChange,
        answers=schemas.HouseholdView,
        if_match=True,
        errors=(
            households.HouseholdUnknown,
            households.HouseholdDissolved,
            households.HouseholdMisplaced,
            households.BookNumberTaken,
            households.NotMember,
            area_rules.AreaUnknown,
            net_store.GridUnknown,
        ),
    )
    def change_household(self, tx: db.Tx, request: http.Request, household_id: str) -> households.Household:
        """Moves a household, corrects its particulars or names another head."""
        body = request.body
        before = household_store.lock(tx, household_id, scopes=request.actor.scopes)
        request.match(before.version)
        if "area" in body:
            net_store.grid_in_force(tx, within(request, body["area"]), at=db.now(tx))
        household, events = households.change(
            before,
            area=body.get("area"),
            address=body.get("address"),
            book_number=body.get("book_number"),
            place=_point(body.get("place")),
            head_id=str(body["head_id"]) if "head_id" in body else None,
        )
        household_store.save(tx, household, before=before)
        outbox.add(tx, events)
        return household

    @post(
        "/registry/households/<uuid:household_id>/members",
        roles=RECORDERS,
        body=schemas.MemberIn,
        answers=schemas.HouseholdView,
        if_match=True,
        errors=(
            households.HouseholdUnknown,
            households.HouseholdDissolved,
            households.AlreadyMember,
            households.MemberElsewhere,
            households.TooManyMembers,
            domain.PersonUnknown,
        ),
    )
    def add_member(self, tx: db.Tx, request: http.Request, household_id: str) -> households.Household:
        """A person joins a household."""
        before = household_store.lock(tx, household_id, scopes=request.actor.scopes)
        request.match(before.version)
        member = households.Member(
            person_id=str(request.body["person_id"]), relation=request.body["relation"]
        )
        _lock_members(tx, request, [member.person_id])
        household, events = households.join(before, member)
        household_store.save(tx, household, before=before)
        outbox.add(tx, events)
        return household

    @delete(
        "/registry/households/<uuid:household_id>/members/<uuid:person_id>",
        roles=RECORDERS,
        answers=schemas.HouseholdView,
        if_match=True,
        errors=(
            households.HouseholdUnknown,
            households.HouseholdDissolved,
            households.NotMember,
            households.HeadStays,
        ),
    )
    def remove_member(
        self, tx: db.Tx, request: http.Request, household_id: str, person_id: str
    ) -> households.Household:
        """A member leaves a household."""
        before = household_store.lock(tx, household_id, scopes=request.actor.scopes)
        request.match(before.version)
        household, events = households.leave(before, person_id)
        household_store.save(tx, household, before=before)
        outbox.add(tx, events)
        return household

    @post(
        "/registry/households/<uuid:household_id>/dissolve",
        roles=RECORDERS,
        answers=schemas.HouseholdView,
        if_match=True,
        errors=(households.HouseholdUnknown, households.HouseholdDissolved),
    )
    def dissolve_household(self, tx: db.Tx, request: http.Request, household_id: str) -> households.Household:
        """Ends a household; its members may join others."""
        before = household_store.lock(tx, household_id, scopes=request.actor.scopes)
        request.match(before.version)
        household, events = households.dissolve(before)
        household_store.save(tx, household, before=before)
        outbox.add(tx, events)
        return household

    @get(
        "/registry/kinships",
        roles=RECORDERS,
        query=schemas.KinshipQuery,
        answers=schemas.KinshipView,
        page=True,
    )
    def list_kinships(self, tx: db.Tx, request: http.Request) -> http.Page:
        """Kinships in the caller's area."""
        state = request.query["state"]
        found = kinship_store.page(
            tx,
            scopes=narrowed(request.actor.scopes, request.query["inside"]),
            state=state.value if state else None,
            after=area_cursor(request),
            most=request.limit + 1,
        )
        return http.page(found, limit=request.limit, key=lambda one: [one.area, one.id])

    @get(
        "/registry/people/<uuid:person_id>/kinships",
        roles=auth.ANYONE,
        answers=schemas.KinshipList,
        errors=(domain.PersonUnknown,),
    )
    def list_kinships_of_person(self, tx: db.Tx, request: http.Request, person_id: str) -> dict[str, Any]:
        """The kinships of somebody in the caller's area, or of the caller."""
        store.get(tx, person_id, scopes=scopes_of(request), self_id=request.actor.person_id)
        return {"items": kinship_store.of_person(tx, person_id)}

    @get(
        "/registry/kinships/<uuid:kinship_id>",
        roles=auth.ANYONE,
        answers=schemas.KinshipView,
        errors=(kinship.KinshipUnknown,),
    )
    def get_kinship(self, tx: db.Tx, request: http.Request, kinship_id: str) -> kinship.Kinship:
        """One kinship: in the caller's area, or the caller's own."""
        return kinship_store.get(tx, kinship_id, scopes=scopes_of(request), self_id=request.actor.person_id)

    @post(
        "/registry/kinships",
        roles=RECORDERS | {Role.RESIDENT},
        body=schemas.NewKinship,
        answers=schemas.KinshipView,
        status=201,
        errors=(domain.PersonUnknown, kinship.KinshipRegistered),
    )
    def register_kinship(self, tx: db.Tx, request: http.Request) -> kinship.Kinship:
        """States that two persons are close relatives; it counts once an officer has confirmed it.

        Residents state their own; staff that of a person in their area. The relative may live anywhere.
        """
        person = store.get(
            tx,
            str(request.body["person_id"]),
            scopes=scopes_of(request),
            self_id=request.actor.person_id,
        )
        stated = kinship.register(
            id=ids.new(),
            area=person.area,
            person_id=person.id,
            relative_id=str(request.body["relative_id"]),
            relation=request.body["relation"],
            by=request.actor.person_id,
            at=db.now(tx),
        )
        kinship_store.add(tx, stated)
        request.answer_headers["Location"] = f"/api/registry/kinships/{stated.id}"
        return stated

    @post(
        "/registry/kinships/<uuid:kinship_id>/confirm",
        roles=CONFIRMERS,
        answers=schemas.KinshipView,
        if_match=True,
        errors=(kinship.KinshipUnknown, kinship.KinshipDecided, kinship.OwnKinship),
    )
    def confirm_kinship(self, tx: db.Tx, request: http.Request, kinship_id: str) -> kinship.Kinship:
        """An officer has seen proof; not the one who registered it, and not a relative."""
        stated = kinship_store.lock(tx, kinship_id, scopes=request.actor.scopes)
        request.match(stated.version)
        confirmed, events = kinship.confirm(stated, by=request.actor.person_id, at=db.now(tx))
        kinship_store.save(tx, confirmed)
        outbox.add(tx, events)
        return confirmed

    @post(
        "/registry/kinships/<uuid:kinship_id>/decline",
        roles=CONFIRMERS,
        answers=schemas.KinshipView,
        if_match=True,
        errors=(kinship.KinshipUnknown, kinship.KinshipDecided, kinship.OwnKinship),
    )
    def decline_kinship(self, tx: db.Tx, request: http.Request, kinship_id: str) -> kinship.Kinship:
        """There is no proof."""
        stated = kinship_store.lock(tx, kinship_id, scopes=request.actor.scopes)
        request.match(stated.version)
        declined = kinship.decline(stated, by=request.actor.person_id, at=db.now(tx))
        kinship_store.save(tx, declined)
        return declined


def _point(place: dict[str, float] | None) -> tuple[float, float] | None:
    return (place["longitude"], place["latitude"]) if place else None


def _lock_members(tx: db.Tx, request: http.Request, person_ids: Iterable[str]) -> None:
    """Holds the people who are to belong to a household. Raises PersonUnknown for one outside the caller's area."""
    wanted = set(person_ids)
    if set(store.lock_all(tx, wanted, scopes=request.actor.scopes)) != wanted:
        raise domain.PersonUnknown()
