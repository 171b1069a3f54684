"""Appeals against single rows of a month's table: the organisation objects, a supervisor decides."""

from typing import Any

from services.dispatch.domain import appeal as domain
from services.dispatch.domain import errors, indicators
from services.dispatch.domain.appeal import Appeal
from services.dispatch.schemas import appeals as schemas
from services.dispatch.store import appeals as store
from services.dispatch.store import rankings
from shared import auth, db, http, ids
from shared.auth import Role
from shared.bus import outbox
from shared.contracts import dispatch as contracts
from shared.errors import NotFound
from shared.http import Page, Request, get, post

# Departments appeal by their responders, subdistricts by their callers.
ORGANISATIONS = frozenset({Role.RESPONDER, Role.CALLER})
SUPERVISORS = frozenset({Role.SUPERVISOR})


class AppealsApi:
    """Appeals against rows of tables."""

    @post(
        "/dispatch/rankings/<uuid:ranking_id>/appeals",
        roles=ORGANISATIONS,
        body=schemas.AskAppeal,
        answers=schemas.AppealView,
        status=201,
        errors=(
            errors.WindowClosed,
            errors.AssessmentByItself,
            errors.RowInFavour,
            errors.RowAppealedAlready,
        ),
    )
    def appeal_row(self, tx: db.Tx, request: Request, /, ranking_id: str) -> dict[str, Any]:
        """Object to one row of one's own organisation, once, until the month's window closes."""
        body, actor = request.body, request.actor
        table = rankings.read(tx, ranking_id, actor).ranking
        indicator = indicators.named(table.rules.kind, body["indicator"])
        organisation_id = body["organisation_id"]
        if indicator is None or not _is_own(actor, table.rules.kind, organisation_id):
            raise NotFound()
        window = store.hold(tx, ranking_id)
        subject = str(body["subject"])
        points = store.points_of(
            tx, ranking_id, organisation_id=organisation_id, indicator=indicator, subject=subject
        )
        domain.check(indicator, points=points, **window)
        made = Appeal(
            appeal_id=ids.new(),
            ranking_id=ranking_id,
            area=table.area,
            kind=table.rules.kind,
            month=table.period.month,
            organisation_id=organisation_id,
            indicator=indicator.name,
            subject=subject,
            points=points,
            ground=body["ground"],
            words=body["words"],
            asked_by=actor.person_id,
            asked_at=window["at"],
        )
        store.add(tx, made)
        outbox.add(tx, [contracts.RankingAppealed(**_ids(made), ground=made.ground)])
        return store.view(tx, made.appeal_id, actor)

    @get(
        "/dispatch/ranking-appeals",
        roles=ORGANISATIONS | SUPERVISORS,
        query=schemas.AppealFilter,
        answers=schemas.AppealView,
        page=True,
    )
    def list_ranking_appeals(self, tx: db.Tx, request: Request, /) -> Page:
        """List appeals, newest first: of one's own organisation, or for supervisors of their areas."""
        cursor = request.cursor(length=1)
        rows = store.listed(
            tx,
            request.actor,
            **{name: request.query[name] for name in ("state", "month", "organisation_id")},
            before=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["appeal_id"])])

    @get(
        "/dispatch/ranking-appeals/<uuid:appeal_id>",
        roles=ORGANISATIONS | SUPERVISORS,
        answers=schemas.AppealView,
    )
    def read_ranking_appeal(self, tx: db.Tx, request: Request, /, appeal_id: str) -> dict[str, Any]:
        """Read an appeal with its ruling."""
        return store.view(tx, appeal_id, request.actor)

    @post(
        "/dispatch/ranking-appeals/<uuid:appeal_id>/ruling",
        roles=SUPERVISORS,
        body=schemas.RuleRow,
        answers=schemas.AppealView,
        errors=(errors.AppealDecided, errors.OwnAppeal),
    )
    def rule_ranking_appeal(self, tx: db.Tx, request: Request, /, appeal_id: str) -> dict[str, Any]:
        """Decide an appeal: upheld, the row counts no longer, in a frozen month as the table's next version.

        The table is computed again within a minute or two.
        """
        actor = request.actor
        asked, at = store.lock(tx, appeal_id, store.reach(actor)["scopes"])
        if asked.organisation_id == actor.department or asked.asked_by == actor.person_id:
            raise errors.OwnAppeal()
        ruled = domain.rule(asked, by_person=actor.person_id, at=at, **request.body)
        store.save(tx, ruled)
        outbox.add(tx, [contracts.RankingAppealRuled(**_ids(ruled), upheld=request.body["upheld"])])
        return store.view(tx, appeal_id, actor)


def _is_own(actor: auth.Actor, kind: indicators.Kind, organisation_id: str) -> bool:
    if kind == "departments":
        return actor.has(Role.RESPONDER) and actor.department == organisation_id
    return actor.has(Role.CALLER) and actor.sees(organisation_id)


def _ids(appeal: Appeal) -> dict[str, Any]:
    return {
        "ranking_id": appeal.ranking_id,
        "appeal_id": appeal.appeal_id,
        "area": appeal.area,
        "month": appeal.month,
        "subject_kind": appeal.kind,
        "organisation_id": appeal.organisation_id,
        "indicator": appeal.indicator,
    }
