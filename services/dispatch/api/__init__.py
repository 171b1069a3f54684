"""The dispatch API: one class, put together from the use cases of each concept."""

from services.dispatch.api.orders import OrdersApi
from shared.http.operations import operations


class Api(OrdersApi, operations("dispatch")):  # type: ignore[misc]
    """Orders, tasks, clocks and ratings."""

    name = "dispatch"
