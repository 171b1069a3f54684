"""Order-style service 点单: order, offer, take, serve, confirm."""

from typing import Any

from services.volunteers import schemas
from services.volunteers.api.teams import PEOPLE, RUNNERS
from services.volunteers.domain import errors, orders
from services.volunteers.domain.orders import ServiceOrder
from services.volunteers.store import orders as store
from services.volunteers.store import teams as team_store
from services.volunteers.store.orders import As
from services.volunteers.store.sql import MANAGERS
from shared import auth, db, http, ids
from shared import errors as shared_errors
from shared.bus import outbox
from shared.http import Page, Request, get, post


class Orders:
    @get("/volunteers/menu", roles=auth.PUBLIC, answers=schemas.MenuView)
    def read_menu(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Read what services can be ordered."""
        return {"services": store.menu(tx)}

    @post(
        "/volunteers/orders",
        roles=PEOPLE,
        body=schemas.NewOrder,
        answers=schemas.OrderView,
        status=201,
        errors=(errors.UnknownService, errors.NoArea, errors.OutsideYourArea),
    )
    def order_service(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Order a service, for oneself or, as staff, for a resident."""
        body, actor = request.body, request.actor
        if store.menu_item(tx, body["service"]) is None:
            raise errors.UnknownService(service=body["service"])
        resident_id, area = _for_whom(actor, body)
        is_own = resident_id == actor.person_id
        order, events = orders.order(
            ServiceOrder(
                service_order_id=ids.new(),
                area=area,
                service=body["service"],
                resident_id=resident_id,
                words=body["words"],
                ordered_at=db.now(tx),
                household_id=actor.household if is_own else None,
            )
        )
        store.insert(tx, [order])
        outbox.add(tx, events)
        request.answer_headers["Location"] = f"/api/volunteers/orders/{order.service_order_id}"
        return store.view(tx, order.service_order_id, actor)

    @get(
        "/volunteers/orders",
        roles=PEOPLE,
        query=schemas.OrderFilter,
        answers=schemas.OrderView,
        page=True,
    )
    def list_orders(self, tx: db.Tx, request: Request, /) -> Page:
        """List orders one has to do with, newest first."""
        cursor = request.cursor(length=1)
        rows = store.listed(
            tx,
            request.actor,
            role=As(request.query["role"]),
            state=request.query["state"],
            before=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["service_order_id"])])

    @get("/volunteers/orders/<uuid:order_id>", roles=PEOPLE, answers=schemas.OrderView)
    def read_order(self, tx: db.Tx, request: Request, /, order_id: str) -> dict[str, Any]:
        """Read an order one has to do with."""
        return store.view(tx, order_id, request.actor)

    @post(
        "/volunteers/orders/<uuid:order_id>/offer",
        roles=RUNNERS,
        body=schemas.Offer,
        answers=schemas.OrderView,
        errors=(errors.NotInThisState, errors.TeamClosed),
    )
    def offer_order(self, tx: db.Tx, request: Request, /, order_id: str) -> dict[str, Any]:
        """Offer an open order to a team one runs; only its members may take it then."""
        team = team_store.lock_run(tx, str(request.body["team_id"]), request.actor)
        if not team.is_active:
            raise errors.TeamClosed()
        order, _ = store.lock(tx, order_id, request.actor, As.RUNNER)
        request.match(order.version)
        return _saved(tx, request, orders.offer(order, team_id=team.team_id))

    @post(
        "/volunteers/orders/<uuid:order_id>/take",
        roles=PEOPLE,
        answers=schemas.OrderView,
        errors=(errors.NotRegistered, errors.NotInThisState, errors.OwnOrder),
    )
    def take_order(self, tx: db.Tx, request: Request, /, order_id: str) -> dict[str, Any]:
        """Take an open order of one's areas, or one offered to one's team."""
        team_store.registered(tx, request.actor.person_id)
        order, at = store.lock(tx, order_id, request.actor, As.TAKER)
        request.match(order.version)
        taken = orders.take(
            order, volunteer_id=request.actor.person_id, household_id=request.actor.household, at=at
        )
        return _saved(tx, request, taken)

    @post(
        "/volunteers/orders/<uuid:order_id>/give-back",
        roles=PEOPLE,
        answers=schemas.OrderView,
        errors=(errors.NotInThisState,),
    )
    def give_back_order(self, tx: db.Tx, request: Request, /, order_id: str) -> dict[str, Any]:
        """Give back an order one took and cannot serve."""
        order, _ = store.lock(tx, order_id, request.actor, As.VOLUNTEER)
        request.match(order.version)
        given_back = orders.give_back(order)
        store.save(tx, given_back)
        # Read before it is theirs no longer: having taken it may have been the only relation.
        return {**vars(given_back), "service_name": store.service_name(tx, order.service)}

    @post(
        "/volunteers/orders/<uuid:order_id>/serve",
        roles=PEOPLE,
        body=schemas.Served,
        answers=schemas.OrderView,
        errors=(errors.NotInThisState,),
    )
    def serve_order(self, tx: db.Tx, request: Request, /, order_id: str) -> dict[str, Any]:
        """Say that an order one took was served, and how long it took."""
        order, at = store.lock(tx, order_id, request.actor, As.VOLUNTEER)
        request.match(order.version)
        return _saved(tx, request, orders.serve(order, minutes=request.body["minutes"], at=at))

    @post(
        "/volunteers/orders/<uuid:order_id>/confirm",
        roles=PEOPLE,
        body=schemas.Rated,
        answers=schemas.OrderView,
        errors=(errors.NotInThisState,),
    )
    def confirm_order(self, tx: db.Tx, request: Request, /, order_id: str) -> dict[str, Any]:
        """Confirm and rate a service one received; the volunteer's time counts from here."""
        order, at = store.lock(tx, order_id, request.actor, As.RESIDENT)
        request.match(order.version)
        confirmed, events = orders.confirm(order, at=at, **request.body)
        outbox.add(tx, events)
        return _saved(tx, request, confirmed)

    @post(
        "/volunteers/orders/<uuid:order_id>/cancel",
        roles=PEOPLE,
        answers=schemas.OrderView,
        errors=(errors.NotInThisState, errors.DrawnOrder),
    )
    def cancel_order(self, tx: db.Tx, request: Request, /, order_id: str) -> dict[str, Any]:
        """Cancel an order of one's own before it is served."""
        order, _ = store.lock(tx, order_id, request.actor, As.RESIDENT)
        request.match(order.version)
        return _saved(tx, request, orders.cancel(order))


def _for_whom(actor: auth.Actor, body: dict[str, Any]) -> tuple[str, str]:
    """The resident and the area of a new order. Raises NoArea, OutsideYourArea, Forbidden."""
    area = body["area"] or actor.home
    if area is None:
        raise errors.NoArea()
    if body["resident_id"] is None or str(body["resident_id"]) == actor.person_id:
        return actor.person_id, area
    if not actor.has(*MANAGERS):
        raise shared_errors.Forbidden()
    if not actor.sees(area):
        raise errors.OutsideYourArea()
    return str(body["resident_id"]), area


def _saved(tx: db.Tx, request: Request, order: ServiceOrder) -> dict[str, Any]:
    store.save(tx, order)
    return store.view(tx, order.service_order_id, request.actor)
