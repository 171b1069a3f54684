"""Who may be named: people registry gave work or a post in the area, as the copies of its events say."""

from collections.abc import Iterable, Mapping

from services.cases.domain import errors
from services.cases.store.sql import queries
from shared import auth, db
from shared.errors import FieldError

_DISTRICT_DIGITS = 6


def require(
    tx: db.Tx,
    named: Mapping[str, str],
    *,
    area: str,
    actor: auth.Actor,
    roles: Iterable[auth.Role] | None = None,
) -> None:
    """Raises UnknownPeople unless everybody named works in the area. Whoever asks is known by their token.

    Args:
        named: pointer into the body → person.
        roles: one of these is needed; without, a post in the area is enough.
    """
    asked = {pointer: person_id for pointer, person_id in named.items() if person_id != actor.person_id}
    if not asked:
        return
    rows = queries.people_of_area(
        tx,
        person_ids=sorted(set(asked.values())),
        area=area,
        roles=None if roles is None else sorted(roles),
    )
    known = {str(row["person_id"]) for row in rows}
    unknown = [pointer for pointer, person_id in asked.items() if person_id not in known]
    if unknown:
        raise errors.UnknownPeople(
            fields=tuple(
                FieldError(pointer=pointer, code="unknown_person", detail=_SENTENCE) for pointer in unknown
            )
        )


_SENTENCE = "Nobody with this id works in the area."


def district(area: str) -> str:
    """The district of an area: some people are lent within it."""
    return area[:_DISTRICT_DIGITS]
