"""Making monthly tables: drafted when a period is over, computed again while appeals run, frozen when they end.

Each step is one transaction and happens once: the key of (area, kind, month, version) and the row's lock see to
that, whatever timers, replicas or restarts do. What is due and was missed is made up for, month by month.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.dispatch.domain import errors, joint_supervision, ranking
from services.dispatch.domain.indicators import KINDS, Kind
from services.dispatch.domain.ranking import Period, Ranking
from services.dispatch.store import joint_supervisions as proposals
from services.dispatch.store import rankings as store
from services.dispatch.store.sql import queries
from shared import db, ids
from shared.bus import outbox
from shared.contracts import dispatch as contracts

# How old the figures of a draft may get.
FRESH = timedelta(hours=1)


def keep(tx: db.Tx, *, at: datetime) -> int:
    """Does the one thing that is due first: freezes, drafts, or refreshes a table. 0 when nothing is."""
    if not queries.claim_rankings(tx):
        # Somebody else looks after them just now.
        return 0
    return int(
        _freeze_due(tx, at=at)
        or _draft_due(tx, at=at)
        or _refresh_stale(tx, at=at)
        or _correct_ruled(tx, at=at)
    )


def correct(tx: db.Tx, table: Ranking, *, reason: str, by_person: str, at: datetime) -> Ranking:
    """The next version of a frozen table, from what is known now, frozen at once. The caller holds its lock."""
    made = ranking.correction(table, ranking_id=ids.new(), reason=reason, by_person=by_person, at=at)
    if not store.insert(tx, made):
        # Somebody corrected it just now.
        raise errors.NotTheNewest()
    proposals.supersede(tx, table.ranking_id)
    return _freeze(tx, made, at=at)


def _freeze_due(tx: db.Tx, *, at: datetime) -> bool:
    row = queries.lock_due_ranking(tx, at=at)
    if row is None:
        return False
    _freeze(tx, store.of_row(row), at=at)
    return True


def _draft_due(tx: db.Tx, *, at: datetime) -> bool:
    for row in queries.ranked_areas(tx):
        for kind in KINDS:
            due = _next_period(tx, row["area"], kind, at=at)
            if due is not None and _draft(tx, row["area"], kind, due, at=at):
                return True
    return False


def _refresh_stale(tx: db.Tx, *, at: datetime) -> bool:
    row = queries.lock_stale_ranking(tx, before=at - FRESH)
    if row is None:
        return False
    table = store.of_row(row)
    store.save(tx, ranking.computed(table, store.count(tx, table), at=at))
    return True


def _correct_ruled(tx: db.Tx, *, at: datetime) -> bool:
    """A frozen table without the rows whose appeals were upheld since, as its next version."""
    row = queries.lock_ruled_ranking(tx)
    if row is None:
        return False
    reason = f"申诉成立，{row['appeals']} 条记录不再计入"
    correct(tx, store.of_row(row), reason=reason, by_person=str(row["ruled_by"]), at=at)
    return True


def _next_period(tx: db.Tx, area: str, kind: Kind, *, at: datetime) -> Period | None:
    """The month to draft, once its period is over: the one after the newest table, or the first with a past."""
    newest = queries.newest_ranking(tx, area=area, kind=kind)
    if newest is not None:
        month = ranking.following(newest["month"])
        _, rules = store.rules_of(tx, area=area, kind=kind, month=month)
        due = ranking.period(month, cut_off_day=rules.cut_off_day, previous_end=newest["period_end"])
        return due if due.end <= at else None
    _, rules = store.rules_of(tx, area=area, kind=kind, month=ranking.month_of(at))
    due = ranking.period(
        ranking.newest_ended(at, cut_off_day=rules.cut_off_day), cut_off_day=rules.cut_off_day
    )
    return due if queries.has_past(tx, lo=area, hi=f"{area}:", ends=due.end) else None


def _draft(tx: db.Tx, area: str, kind: Kind, period: Period, *, at: datetime) -> bool:
    version, rules = store.rules_of(tx, area=area, kind=kind, month=period.month)
    table = ranking.drafted(
        ranking_id=ids.new(), area=area, period=period, rules=rules, rules_version=version, at=at
    )
    if not store.insert(tx, table):
        return False
    store.save(tx, ranking.computed(table, store.count(tx, table), at=at))
    drafted = contracts.RankingDrafted(
        ranking_id=table.ranking_id,
        area=area,
        month=period.month,
        subject_kind=kind,
        appeals_until=table.appeals_until,
    )
    outbox.add(tx, [drafted])
    return True


def _freeze(tx: db.Tx, table: Ranking, *, at: datetime) -> Ranking:
    """Computes a table for the last time, and proposes what it suggests."""
    done, event = ranking.frozen(ranking.computed(table, store.count(tx, table), at=at), at=at)
    store.save(tx, done)
    outbox.add(tx, [event])
    _propose(tx, done, at=at)
    return done


def _propose(tx: db.Tx, table: Ranking, *, at: datetime) -> None:
    """Proposes joint supervision; opening it is a person's act."""
    found = joint_supervision.propose(
        table.rules,
        table.lines,
        negative=store.negative_attitudes(tx, table),
        low_before=_low_before(tx, table),
    )
    made = proposals.add(tx, table, found, at=at)
    outbox.add(
        tx,
        [
            contracts.JointSupervisionProposed(
                proposal_id=proposal_id,
                ranking_id=table.ranking_id,
                area=table.area,
                organisation_id=one.organisation_id,
                grounds=one.grounds,
            )
            for proposal_id, one in made
        ],
    )


def _low_before(tx: db.Tx, table: Ranking) -> Sequence[frozenset[str]]:
    """Who was among the low ranks in the months before, the newest first; a month without a table ends every run."""
    wanted = table.rules.long_run_months - 1
    tables = store.earlier(tx, table, most=wanted) if wanted > 0 else {}
    low: list[frozenset[str]] = []
    month = ranking.preceding(table.period.month)
    while len(low) < wanted and month in tables:
        low.append(joint_supervision.low_ranked(tables[month].rules, tables[month].lines))
        month = ranking.preceding(month)
    return low
