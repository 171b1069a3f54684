"""Monthly tables, their rules and the rows they were counted from."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.dispatch.domain import indicators, ranking
from services.dispatch.domain.indicators import Kind, Rules
from services.dispatch.domain.ranking import Count, Line, Period, Ranking
from services.dispatch.store.sql import queries
from shared import auth, db, errors

# What a reporter says counts as satisfied.
SATISFIED = ["very_satisfied", "satisfied"]
READERS = frozenset({auth.Role.SUPERVISOR, auth.Role.CALLER, auth.Role.ADMIN})


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Tables of the caller's areas, or of the department's district."""

    scopes: list[str] = field(default_factory=list)
    department: str | None = None


def reach(actor: auth.Actor) -> Reach:
    """What the caller may read: supervisors and callers by area, responders as their department."""
    return Reach(
        scopes=actor.scopes if actor.has(*READERS) else [],
        department=actor.department if actor.has(auth.Role.RESPONDER) else None,
    )


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A table with what the caller may see of it."""

    ranking: Ranking
    # All of it with all rows, because the caller's area holds the table's.
    covers: bool
    # The whole table, and rows of the organisations in the caller's own area.
    is_inside: bool
    reach: Reach

    def lines(self) -> tuple[Line, ...]:
        """A department sees of a draft only its own line; a frozen table is published."""
        if self.covers or self.is_inside or self.ranking.is_frozen:
            return self.ranking.lines
        return tuple(line for line in self.ranking.lines if line.organisation_id == self.reach.department)

    def opens(self, organisation_id: str) -> bool:
        """Whether the caller may open an organisation's rows."""
        if self.covers:
            return True
        if self.ranking.rules.kind == "departments":
            return organisation_id == self.reach.department
        return any(organisation_id.startswith(scope) for scope in self.reach.scopes)


# --- Rules ---


def rules_of(tx: db.Tx, *, area: str, kind: Kind, month: str) -> tuple[int, Rules]:
    """Version and rules in force for a month; version 0 are the delivered ones."""
    row = queries.rules_for_month(tx, area=area, kind=kind, month=month)
    return (row["version"], indicators.of_body(row["body"])) if row else (0, indicators.delivered(kind))


def rules_at(tx: db.Tx, *, area: str, kind: Kind, at: datetime) -> Rules:
    """The rules of the month whose period holds a moment."""
    month = ranking.month_of(at)
    _, rules = rules_of(tx, area=area, kind=kind, month=month)
    if at < ranking.period(month, cut_off_day=rules.cut_off_day).end:
        return rules
    return rules_of(tx, area=area, kind=kind, month=ranking.following(month))[1]


def add_rules(
    tx: db.Tx, *, area: str, rules: Rules, from_month: str, by_person: str, at: datetime
) -> dict[str, Any]:
    """Keeps the next version of an area's rules."""
    body = indicators.to_body(rules)
    row = queries.insert_rules(
        tx,
        area=area,
        kind=rules.kind,
        from_month=from_month,
        body=json.dumps(body),
        by_person=by_person,
        made_at=at,
    )
    return {**body, "area": area, "version": row["version"], "from_month": from_month, "made_at": at}


def rules_versions(tx: db.Tx, *, area: str, kind: Kind) -> list[dict[str, Any]]:
    """An area's rules, newest first, ending with the delivered ones."""
    rows = queries.list_rules(tx, area=area, kind=kind)
    kept = [{**indicators.to_body(indicators.of_body(row["body"])), **row} for row in rows]
    first = {**indicators.to_body(indicators.delivered(kind)), "area": area, "version": 0}
    return [*kept, {**first, "from_month": None, "made_at": None}]


# --- Counting ---


def count(tx: db.Tx, table: Ranking) -> tuple[Line, ...]:
    """Counts a draft's rows anew and keeps them; every organisation of the area has a line, also without rows."""
    queries.give_memory(tx)
    queries.forget_rows(tx, ranking_id=table.ranking_id)
    period, rules = table.period, table.rules
    inputs: dict[str, Any] = {
        "ranking_id": table.ranking_id,
        "lo": table.area,
        "hi": f"{table.area}:",
        "starts": period.start,
        "ends": period.end,
    }
    counted_in = {**inputs, "month": period.month}
    if rules.kind == "departments":
        inputs = {**counted_in, "unranked": sorted(indicators.UNRANKED)}
        queries.count_departments(tx, **inputs, share=rules.share, satisfied=SATISFIED)
        queries.count_assessments(tx, **inputs)
    else:
        queries.count_calls(tx, **inputs)
        queries.count_handlings(tx, **counted_in)
        queries.count_answers(tx, **counted_in, satisfied=SATISFIED)
    queries.leave_out_appealed(
        tx, ranking_id=table.ranking_id, area=table.area, kind=rules.kind, month=period.month
    )
    rows = queries.counted(tx, ranking_id=table.ranking_id)
    return _lines(rows, _names(tx, table, rows))


def recount(tx: db.Tx, table: Ranking) -> tuple[Line, ...]:
    """The lines that a table's kept rows give, whatever became of the facts since."""
    rows = queries.recount(tx, ranking_id=table.ranking_id)
    return _lines(rows, {line.organisation_id: line.name for line in table.lines})


def negative_attitudes(tx: db.Tx, table: Ranking) -> dict[str, int]:
    """Organisation → assessments of the period with a negative attitude."""
    rows = queries.negative_attitudes(
        tx,
        month=table.period.month,
        lo=table.area,
        hi=f"{table.area}:",
        starts=table.period.start,
        ends=table.period.end,
    )
    return {row["organisation_id"]: row["times"] for row in rows}


# --- Tables ---


def insert(tx: db.Tx, table: Ranking) -> bool:
    """Begins a table; False when somebody began it before."""
    written: int = queries.insert_ranking(
        tx,
        ranking_id=table.ranking_id,
        area=table.area,
        kind=table.rules.kind,
        month=table.period.month,
        version=table.version,
        period_start=table.period.start,
        period_end=table.period.end,
        appeals_until=table.appeals_until,
        rules_version=table.rules_version,
        rules=json.dumps(indicators.to_body(table.rules)),
        computed_at=table.computed_at,
        reason=table.reason,
        by_person=table.by_person,
    )
    return written > 0


def save(tx: db.Tx, table: Ranking) -> None:
    """Writes what was computed, and that it is frozen."""
    queries.save_ranking(
        tx,
        ranking_id=table.ranking_id,
        state="frozen" if table.is_frozen else "draft",
        lines=json.dumps([_line_body(line) for line in table.lines], ensure_ascii=False),
        fingerprint=table.fingerprint,
        computed_at=table.computed_at,
        frozen_at=table.frozen_at,
    )


def lock(tx: db.Tx, ranking_id: str, scopes: Sequence[str]) -> tuple[Ranking, datetime]:
    """A table of the caller's areas, locked, and the moment after the lock. Raises NotFound."""
    row = queries.lock_ranking(tx, ranking_id=ranking_id, scopes=list(scopes))
    if row is None:
        raise errors.NotFound()
    return of_row(row), row["at"]


def read(tx: db.Tx, ranking_id: str, actor: auth.Actor) -> Seen:
    """A table the caller may read. Raises NotFound."""
    mine = reach(actor)
    row = queries.get_ranking(tx, ranking_id=ranking_id, **vars(mine))
    if row is None:
        raise errors.NotFound()
    return Seen(ranking=of_row(row), covers=row["covers"], is_inside=row["is_inside"], reach=mine)


def listed(tx: db.Tx, actor: auth.Actor, **filters: Any) -> list[dict[str, Any]]:
    """Tables the caller may read, newest first."""
    rows: list[dict[str, Any]] = queries.list_rankings(tx, **vars(reach(actor)), **filters)
    return rows


def evidence(
    tx: db.Tx, table: Ranking, *, organisation_id: str, indicator: str, after: int, most: int
) -> list[dict[str, Any]]:
    """A page of the rows a figure was counted from. Raises NotFound for an indicator the table does not have."""
    known = indicators.named(table.rules.kind, indicator)
    if known is None:
        raise errors.NotFound()
    query = queries.rows_of_tasks if known.rows == "tasks" else queries.rows_of_cases
    rows: list[dict[str, Any]] = query(
        tx,
        ranking_id=table.ranking_id,
        organisation_id=organisation_id,
        indicator=indicator,
        after=after,
        most=most,
    )
    return rows


def earlier(tx: db.Tx, table: Ranking, *, most: int) -> dict[str, Ranking]:
    """The frozen tables of the months before, by month."""
    rows = queries.recent_tables(
        tx, area=table.area, kind=table.rules.kind, month=table.period.month, most=most
    )
    return {row["month"]: of_row(row) for row in rows}


# --- Rows ---


def of_row(row: Mapping[str, Any]) -> Ranking:
    return Ranking(
        ranking_id=str(row["ranking_id"]),
        area=row["area"],
        period=Period(month=row["month"], start=row["period_start"], end=row["period_end"]),
        version=row["version"],
        rules=indicators.of_body(row["rules"]),
        rules_version=row["rules_version"],
        appeals_until=row["appeals_until"],
        computed_at=row["computed_at"],
        lines=tuple(_line_of(body) for body in row["lines"]),
        fingerprint=row["fingerprint"],
        frozen_at=row["frozen_at"],
        reason=row["reason"],
        by_person=None if row["by_person"] is None else str(row["by_person"]),
    )


def _names(tx: db.Tx, table: Ranking, rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Everybody of the area and whoever else has rows, by id."""
    departments = table.rules.kind == "departments"
    if departments:
        found = queries.departments_ranked(tx, area=table.area, unranked=sorted(indicators.UNRANKED))
    else:
        found = queries.subdistricts_ranked(tx, area=table.area)
    names = {row["organisation_id"]: row["name"] for row in found}
    strangers = sorted({row["organisation_id"] for row in rows} - names.keys())
    if strangers and departments:
        found = queries.departments_named(tx, department_ids=strangers)
        names |= {row["organisation_id"]: row["name"] for row in found}
    return {**{stranger: stranger for stranger in strangers}, **names}


def _lines(rows: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> tuple[Line, ...]:
    counts: dict[str, dict[str, Count]] = {organisation_id: {} for organisation_id in names}
    for row in rows:
        counts.setdefault(row["organisation_id"], {})[row["indicator"]] = Count(
            numerator=int(row["numerator"]), denominator=int(row["denominator"]), digest=row["digest"]
        )
    return tuple(
        Line(organisation_id=organisation_id, name=names.get(organisation_id, organisation_id), counts=found)
        for organisation_id, found in sorted(counts.items())
    )


def _line_body(line: Line) -> dict[str, Any]:
    return {
        "organisation_id": line.organisation_id,
        "name": line.name,
        "score": None if line.score is None else str(line.score),
        "rank": line.rank,
        "counts": {name: [c.numerator, c.denominator, c.digest] for name, c in line.counts.items()},
    }


def _line_of(body: Mapping[str, Any]) -> Line:
    return Line(
        organisation_id=body["organisation_id"],
        name=body["name"],
        score=None if body["score"] is None else Decimal(body["score"]),
        rank=body["rank"],
        counts={
            name: Count(numerator=numerator, denominator=denominator, digest=digest)
            for name, (numerator, denominator, digest) in body["counts"].items()
        },
    )
