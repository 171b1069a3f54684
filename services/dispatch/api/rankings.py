"""Monthly tables: read, opened to their rows, exported, corrected; and the rules they are made by."""

from dataclasses import replace
from typing import Any

from services.dispatch import tabling
from services.dispatch.domain import errors, indicators, ranking
from services.dispatch.domain.indicators import Kind
from services.dispatch.domain.ranking import Line, Ranking
from services.dispatch.schemas import rankings as schemas
from services.dispatch.store import rankings as store
from services.dispatch.store.sql import queries
from shared import areas, db, http, tables
from shared.auth import Role
from shared.errors import NotFound
from shared.http import Page, Request, get, post

READERS = frozenset({Role.SUPERVISOR, Role.CALLER, Role.RESPONDER, Role.ADMIN})
SUPERVISORS = frozenset({Role.SUPERVISOR})
ADMINS = frozenset({Role.ADMIN})
TITLES = {"departments": "部门月度排名", "subdistricts": "街道月度排名"}


class RankingsApi:
    """Monthly tables and their rules."""

    @get(
        "/dispatch/rankings",
        roles=READERS,
        query=schemas.RankingFilter,
        answers=schemas.RankingSummary,
        page=True,
    )
    def list_rankings(self, tx: db.Tx, request: Request, /) -> Page:
        """List monthly tables, newest first, with all their versions."""
        cursor = request.cursor(length=1)
        rows = store.listed(
            tx,
            request.actor,
            **{name: request.query[name] for name in ("area", "kind", "month", "state")},
            before=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["ranking_id"])])

    @get("/dispatch/rankings/<uuid:ranking_id>", roles=READERS, answers=schemas.RankingView)
    def read_ranking(self, tx: db.Tx, request: Request, /, ranking_id: str) -> dict[str, Any]:
        """Read a table; of a draft a department sees its own line only."""
        seen = store.read(tx, ranking_id, request.actor)
        return _view(seen.ranking, seen.lines())

    @get(
        "/dispatch/rankings/<uuid:ranking_id>/rows",
        roles=READERS,
        query=schemas.RowsQuery,
        answers=schemas.RowView,
        page=True,
    )
    def list_ranking_rows(self, tx: db.Tx, request: Request, /, ranking_id: str) -> Page:
        """List the tasks or matters a figure was counted from, each with what it adds."""
        seen = store.read(tx, ranking_id, request.actor)
        organisation_id = request.query["organisation_id"]
        if not seen.opens(organisation_id):
            raise NotFound()
        cursor = request.cursor(length=1)
        rows = store.evidence(
            tx,
            seen.ranking,
            organisation_id=organisation_id,
            indicator=request.query["indicator"],
            after=_position(cursor),
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [row["position"]])

    @get(
        "/dispatch/rankings/<uuid:ranking_id>/table",
        roles=READERS,
        query=http.TableQuery,
        media_type=http.TABLES,
    )
    def export_ranking(self, tx: db.Tx, request: Request, /, ranking_id: str) -> http.Download:
        """Download a table as CSV or XLSX."""
        seen = store.read(tx, ranking_id, request.actor)
        table = seen.ranking
        name = f"{TITLES[table.rules.kind]} {table.period.month} 第{table.version}版"
        if not table.is_frozen:
            name += "（草表）"
        view = _view(table, seen.lines())
        return http.table(request, name=name, columns=_columns(table), rows=view["lines"])

    @get(
        "/dispatch/rankings/<uuid:ranking_id>/verification",
        roles=SUPERVISORS,
        answers=schemas.Verification,
    )
    def verify_ranking(self, tx: db.Tx, request: Request, /, ranking_id: str) -> dict[str, Any]:
        """Compute a table again from the rows it was counted from, and compare."""
        table = store.read(tx, ranking_id, request.actor).ranking
        again = ranking.computed(
            replace(table, frozen_at=None), store.recount(tx, table), at=table.computed_at
        )
        return {
            "ranking_id": ranking_id,
            "fingerprint": table.fingerprint,
            "recomputed": again.fingerprint,
            "holds": again.fingerprint == table.fingerprint and again.lines == table.lines,
        }

    @post(
        "/dispatch/rankings/<uuid:ranking_id>/corrections",
        roles=SUPERVISORS,
        body=schemas.Correct,
        answers=schemas.RankingView,
        status=201,
        errors=(errors.NotFrozen, errors.NotTheNewest),
    )
    def correct_ranking(self, tx: db.Tx, request: Request, /, ranking_id: str) -> dict[str, Any]:
        """Correct a frozen table: its next version, from what is known now, with the reason."""
        table, at = store.lock(tx, ranking_id, store.reach(request.actor).scopes)
        if not table.is_frozen:
            raise errors.NotFrozen()
        if not queries.is_newest_ranking(
            tx, area=table.area, kind=table.rules.kind, month=table.period.month, version=table.version
        ):
            raise errors.NotTheNewest()
        made = tabling.correct(
            tx, table, reason=request.body["reason"], by_person=request.actor.person_id, at=at
        )
        return _view(made, made.lines)

    @get("/dispatch/ranking-rules", roles=READERS, query=schemas.RulesQuery, answers=schemas.RulesVersions)
    def list_ranking_rules(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Read the rules a district's tables are made by: every version, newest first, the delivered ones last."""
        kind: Kind = request.query["kind"]
        return {"items": store.rules_versions(tx, area=request.query["area"], kind=kind)}

    @post(
        "/dispatch/ranking-rules",
        roles=ADMINS,
        body=schemas.NewRules,
        answers=schemas.RulesView,
        status=201,
        errors=(errors.WeightsWrong, errors.CriteriaWrong, errors.MonthDrafted, errors.NotADistrict),
    )
    def set_ranking_rules(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Set a district's rules from a month on that has no table yet, as their next version."""
        body = dict(request.body)
        area, from_month = body.pop("area"), body.pop("from_month")
        if not request.actor.sees(area):
            raise http.NotYours()
        if areas.level(area) is not areas.Level.DISTRICT:
            raise errors.NotADistrict()
        given = {name: value for name, value in body.items() if value is not None}
        rules = indicators.check(replace(indicators.delivered(body["kind"]), **given))
        newest = queries.newest_ranking(tx, area=area, kind=rules.kind)
        if newest is not None and from_month <= newest["month"]:
            raise errors.MonthDrafted(newest=newest["month"])
        return store.add_rules(
            tx,
            area=area,
            rules=rules,
            from_month=from_month,
            by_person=request.actor.person_id,
            at=db.now(tx),
        )


def _view(table: Ranking, lines: tuple[Line, ...]) -> dict[str, Any]:
    """A table as people read it."""
    rules, period = table.rules, table.period
    shown = indicators.indicators(rules.kind)
    return {
        "ranking_id": table.ranking_id,
        "area": table.area,
        "kind": rules.kind,
        "month": period.month,
        "version": table.version,
        "state": "frozen" if table.is_frozen else "draft",
        "period_start": period.start,
        "period_end": period.end,
        "appeals_until": table.appeals_until,
        "rules_version": table.rules_version,
        "fingerprint": table.fingerprint,
        "computed_at": table.computed_at,
        "frozen_at": table.frozen_at,
        "reason": table.reason,
        "least_matters": rules.least_matters,
        "indicators": [{**vars(one), "weight": rules.weights.get(one.name, 0)} for one in shown],
        "lines": [_line(table, line) for line in lines],
    }


def _line(table: Ranking, line: Line) -> dict[str, Any]:
    return {
        "organisation_id": line.organisation_id,
        "name": line.name,
        "rank": line.rank,
        "score": line.score,
        "matters": line.matters,
        "figures": [
            {
                "indicator": one.name,
                "numerator": line.counts[one.name].numerator,
                "denominator": line.counts[one.name].denominator,
                "percent": ranking.percent(one, line.counts[one.name]),
            }
            for one in indicators.indicators(table.rules.kind)
            if one.name in line.counts
        ],
    }


def _columns(table: Ranking) -> list[tables.Column]:
    """Rank, name, score, then each indicator with what it was counted from."""
    columns = [
        tables.Column("名次", lambda row: row["rank"] or "不参与排名", width=10),
        tables.Column("单位", "name", width=28),
        tables.Column("得分", "score", width=10),
        tables.Column("计入事项", "matters", width=10),
    ]
    for one in indicators.indicators(table.rules.kind):
        unit = "分" if one.most > 1 else "%"
        weight = table.rules.weights.get(one.name, 0)
        columns += [
            tables.Column(f"{one.title}（{unit}，权重{weight}）", _figure(one.name, "percent"), width=22),
            tables.Column(f"{one.title}·分子", _figure(one.name, "numerator"), width=16),
            tables.Column(f"{one.title}·分母", _figure(one.name, "denominator"), width=16),
        ]
    return columns


def _figure(indicator: str, part: str) -> Any:
    def value(row: tables.Row) -> Any:
        return next((one[part] for one in row["figures"] if one["indicator"] == indicator), None)

    return value


def _position(cursor: list[Any] | None) -> int:
    """Where a page of rows begins; what no page can begin at is refused like any other wrong cursor."""
    if cursor is None:
        return 0
    found = http.whole_number(cursor[0])
    return found if 0 <= found < 2**31 - 1000 else 2**31 - 1000
