"""HTTP: passbooks, orders, shops, schemes and the books (`README.md` lists the routes)."""

from services.points.api.books import BooksApi
from services.points.api.orders import OrdersApi
from services.points.api.passbooks import PassbooksApi
from services.points.api.schemes import SchemesApi
from services.points.api.shops import ShopsApi
from shared.http.operations import operations


class Api(PassbooksApi, OrdersApi, ShopsApi, SchemesApi, BooksApi, operations("points")):  # type: ignore[misc]
    """The points API."""

    name = "points"
