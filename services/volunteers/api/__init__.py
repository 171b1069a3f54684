"""The volunteers API: one method per use case, each load → decide → save → announce."""

from services.volunteers.api.activities import Activities
from services.volunteers.api.orders import Orders
from services.volunteers.api.participations import Participations
from services.volunteers.api.teams import Teams
from shared.http.operations import operations


class Api(Teams, Activities, Participations, Orders, operations("volunteers")):  # type: ignore[misc]
    name = "volunteers"
