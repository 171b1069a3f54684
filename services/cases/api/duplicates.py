"""Duplicates are suggested before filing, and to whoever decides about merging."""

from datetime import timedelta
from typing import Any

from services.cases.domain import duplicates as domain
from services.cases.schemas import duplicates as schemas
from services.cases.store import matters as store
from services.cases.store.sql import queries
from shared import auth, db
from shared.auth import Role
from shared.contracts.cases import Place
from shared.http import Request, get, post

DECIDERS = frozenset(
    {
        Role.GRID_WORKER,
        Role.GRID_LEAD,
        Role.COMMUNITY_OFFICER,
        Role.DISPATCHER,
        Role.OPERATOR,
        Role.SUPERVISOR,
    }
)
# The newest so many are looked at; more in one place and month are the same few matters anyway.
MOST_LOOKED_AT = 500


class DuplicatesApi:
    """Matters that may be the same one."""

    @post("/cases/duplicates", roles=auth.ANYONE, body=schemas.Resembling, answers=schemas.Duplicates)
    def suggest_duplicates(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Suggest matters that a report about to be made may repeat, the likeliest first.

        They are near, recent, and of the same category or told in similar words. Everybody sees number, category,
        state and distance; which matter it is and its words only those who may read it.
        """
        body = request.body
        return _suggested(
            tx,
            request.actor,
            place=Place(**body["place"]),
            category=body["category"],
            words=body["words"],
            within_metres=body["within_metres"],
            days=body["days"],
        )

    @get(
        "/cases/<uuid:case_id>/duplicates",
        roles=DECIDERS,
        query=schemas.ResemblingQuery,
        answers=schemas.Duplicates,
    )
    def list_duplicates(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Suggest matters that a filed one may be merged into, the likeliest first."""
        case = store.view(tx, case_id, request.actor)
        return _suggested(
            tx,
            request.actor,
            place=Place(**case["place"]),
            category=case["category"],
            words=case["words"],
            except_id=case_id,
            **request.query,
        )


def _suggested(
    tx: db.Tx,
    actor: auth.Actor,
    *,
    place: Place,
    category: str | None,
    words: str | None,
    within_metres: int,
    days: int,
    except_id: str | None = None,
) -> dict[str, Any]:
    scopes = store.of_areas(actor).scopes
    west, south, east, north = domain.box(place, within_metres)
    rows = queries.near(
        tx,
        since=db.now(tx) - timedelta(days=days),
        west=west,
        south=south,
        east=east,
        north=north,
        # That somebody asked for confidence about this place is itself told to staff only.
        sees_confidential=bool(scopes),
        except_id=except_id,
        most=MOST_LOOKED_AT,
    )
    by_id = {str(row["case_id"]): row for row in rows}
    found = domain.suggest(
        [_candidate(row) for row in rows],
        place=place,
        within_metres=within_metres,
        category=category,
        words=words,
    )
    return {"items": [_shown(one, by_id[one.case_id], actor, scopes) for one in found]}


def _candidate(row: dict[str, Any]) -> domain.Candidate:
    return domain.Candidate(
        case_id=str(row["case_id"]),
        category=row["category"],
        words=row["words"],
        place=Place(longitude=row["longitude"], latitude=row["latitude"]),
        reported_at=row["reported_at"],
    )


def _shown(
    suggestion: domain.Suggestion, row: dict[str, Any], actor: auth.Actor, scopes: list[str]
) -> dict[str, Any]:
    """A suggestion as far as this caller may know it."""
    is_readable = str(row["reporter_id"]) == actor.person_id or any(
        row["area"].startswith(scope) for scope in scopes
    )
    return {
        **row,
        **vars(suggestion),
        "case_id": row["case_id"] if is_readable else None,
        "words": row["words"] if is_readable else None,
    }
