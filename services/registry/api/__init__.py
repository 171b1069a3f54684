"""The registry's HTTP API: one class, put together from the use cases of each concept."""

from services.registry.api.areas import AreasApi
from services.registry.api.households import HouseholdsApi
from services.registry.api.identity import IdentityApi
from services.registry.api.nets import NetsApi
from services.registry.api.people import PeopleApi
from services.registry.api.posts import PostsApi
from shared.http.operations import operations


class Api(AreasApi, NetsApi, PostsApi, PeopleApi, HouseholdsApi, IdentityApi, operations("registry")):  # type: ignore[misc]
    """Areas, nets, posts, people, households, and signing in."""

    name = "registry"
