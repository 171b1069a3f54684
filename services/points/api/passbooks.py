"""Passbooks, their statements and adjustments by hand."""

from typing import Any

from services.points import schemas
from services.points.api import authority
from services.points.domain import ledger, passbooks
from services.points.domain.ledger import Purpose, Transfer
from services.points.store import ledger as ledger_store
from services.points.store import passbooks as store
from services.points.store import shops
from shared import auth, db, http, ids
from shared.auth import Role
from shared.http import get, post

_MOST_SEQUENCE = 2**63 - 1


class PassbooksApi:
    """Use cases around passbooks."""

    @get(
        "/points/passbooks/mine",
        roles=auth.ANYONE,
        answers=schemas.PassbookView,
        errors=(passbooks.PassbookUnknown,),
    )
    def my_passbook(self, tx: db.Tx, request: http.Request) -> dict[str, Any]:
        """Read the passbook of my household."""
        return store.view(tx, household_id=authority.household_of(request.actor))

    @get(
        "/points/passbooks/by-number/<string:number>",
        roles=authority.KEEPERS,
        answers=schemas.CounterPassbookView,
        errors=(passbooks.BookNumberWrong, passbooks.PassbookUnknown),
    )
    def passbook_by_number(self, tx: db.Tx, request: http.Request, number: str) -> dict[str, Any]:
        """Find a passbook by its printed number, at the counter of a shop of its scheme."""
        # A number begins with its scheme's area; who has nothing to do with that learns nothing about it.
        schemes = shops.schemes_of(tx, request.actor.shops) if request.actor.has(Role.SHOPKEEPER) else set()
        if not schemes and not authority.administers(request.actor, number[:9]):
            raise passbooks.PassbookUnknown()
        book = store.view(tx, number=passbooks.checked_number(number))
        if book["scheme_id"] not in schemes and not authority.administers(request.actor, book["scheme_area"]):
            raise passbooks.PassbookUnknown()
        return book

    @get(
        "/points/passbooks/<uuid:passbook_id>",
        roles=auth.ANYONE,
        answers=schemas.PassbookView,
        errors=(passbooks.PassbookUnknown,),
    )
    def passbook(self, tx: db.Tx, request: http.Request, passbook_id: str) -> dict[str, Any]:
        """Read a passbook of my household or, as admin, of my area."""
        return authority.visible_book(tx, request.actor, passbook_id)

    @get(
        "/points/passbooks/<uuid:passbook_id>/statement",
        roles=auth.ANYONE,
        query=http.PageQuery,
        answers=schemas.StatementLine,
        page=True,
        errors=(passbooks.PassbookUnknown,),
    )
    def statement(self, tx: db.Tx, request: http.Request, passbook_id: str) -> http.Page:
        """Read what moved in a passbook, newest first, with the balance after each line."""
        book = authority.visible_book(tx, request.actor, passbook_id)
        lines = ledger_store.statement(
            tx, book["household_id"], before=_sequence_before(request), limit=request.limit + 1
        )
        return authority.page(lines, request.limit, "sequence")

    @post(
        "/points/passbooks/<uuid:passbook_id>/adjustments",
        roles=authority.ADMINS,
        body=schemas.Adjustment,
        answers=schemas.PassbookView,
        status=201,
        errors=(passbooks.PassbookUnknown, passbooks.OwnBook, ledger.InsufficientPoints),
    )
    def adjust(self, tx: db.Tx, request: http.Request, passbook_id: str) -> dict[str, Any]:
        """Give or take points by hand, with a reason."""
        book = authority.visible_book(tx, request.actor, passbook_id)
        if not authority.administers(request.actor, book["scheme_area"]):
            # One's own book is visible, and an admin of another area still no admin of it.
            raise passbooks.PassbookUnknown()
        if book["household_id"] == request.actor.household:
            raise passbooks.OwnBook()
        store.lock_book(tx, book["household_id"])
        transfer = Transfer(
            id=ids.new(),
            scheme_id=book["scheme_id"],
            purpose=Purpose.ADJUST,
            at=db.now(tx),
            household_id=book["household_id"],
            reason=request.body["reason"],
            made_by=request.actor.person_id,
            legs=ledger.adjusting(
                scheme_id=book["scheme_id"],
                household_id=book["household_id"],
                points=request.body["points"],
            ),
        )
        ledger_store.post(tx, [transfer])
        return store.view(tx, passbook_id=passbook_id)


def _sequence_before(request: http.Request) -> int | None:
    cursor = request.cursor(length=1)
    if cursor is None:
        return None
    if type(cursor[0]) is not int or not 0 <= cursor[0] <= _MOST_SEQUENCE:
        raise authority.bad_cursor()
    return cursor[0]
