"""Rows of clocks, of what they fired and of the limits they run under, and the values of the domain."""

import json
import threading
import typing
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.dispatch.domain import presets
from services.dispatch.domain.clock import (
    Clock,
    ClockState,
    EndedRun,
    Extended,
    Move,
    Outcome,
    Pause,
    Step,
    Supervision,
    Ticking,
)
from services.dispatch.domain.limits import CLOCKS, Preset, Rules, Stage
from services.dispatch.store.sql import queries
from shared import clock, db, ids, metrics
from shared.calendar import Day, Limit, Unit, WorkingCalendar

# (clock, run, step, repetition)
FiredStep = tuple[str, int, str, int]

# Counters begin at nothing rather than with their first event, or a rate would miss it.
for _name in CLOCKS:
    for _step in typing.get_args(Step):
        metrics.clock_steps_total.labels(_name, _step)
    for _outcome in typing.get_args(Outcome):
        metrics.clock_runs_total.labels(_name, _outcome)

_NOTHING_IN_FORCE = Preset(name="", version=0, stages={})


class RulesInForce:
    """The calendar and limits of this process, read again when they changed; a transaction looks once."""

    def __init__(self) -> None:
        self._version: str | None = None
        self._rules: Rules | None = None
        self._lock = threading.Lock()

    def read(self, tx: db.Tx) -> Rules:
        version = db.once(tx, queries.rules_version)
        with self._lock:
            if self._rules is None or version != self._version:
                self._rules, self._version = load_rules(tx), version
            return self._rules


def load_rules(tx: db.Tx) -> Rules:
    """The calendar and every version of every preset."""
    versions: dict[tuple[str, int], Preset] = {}
    in_force = _NOTHING_IN_FORCE
    for row in queries.preset_documents(tx):
        preset = presets.read(row["preset"], row["version"], row["document"])
        versions[preset.name, preset.version] = preset
        if row["is_in_force"]:
            in_force = preset
    return Rules(preset=in_force, versions=versions, calendar=load_calendar(tx))


def load_calendar(tx: db.Tx) -> WorkingCalendar:
    return WorkingCalendar(
        days={
            row["day"]: Day(working=row["is_working"], note=row["note"]) for row in queries.calendar_days(tx)
        },
        years=frozenset(row["year"] for row in queries.calendar_years(tx)),
    )


def clocks_of(tx: db.Tx, owner_ids: Iterable[str]) -> dict[tuple[str, str | None, str], Clock]:
    """The clocks of locked owners, by (owner, task, name)."""
    found = [clock_of(row) for row in queries.clocks_of(tx, owner_ids=sorted(set(owner_ids)))]
    return {(clock.owner_id, clock.task_id, clock.name): clock for clock in found}


def due_clocks(tx: db.Tx, owner_ids: Iterable[str]) -> list[Clock]:
    """The clocks of locked owners that have a step due, oldest first."""
    return [clock_of(row) for row in queries.due_clocks(tx, owner_ids=sorted(set(owner_ids)))]


def save_clocks(tx: db.Tx, ticking: Iterable[Ticking]) -> None:
    """Writes clocks after what happened to them; the last word on each counts, and every run that ended is kept."""
    happened = list(ticking)
    newest = {(t.clock.owner_id, t.clock.task_id, t.clock.name): t.clock for t in happened}
    if newest:
        queries.save_clocks(tx, clocks=json.dumps([_clock_columns(clock) for clock in newest.values()]))
    ended = [t.ended for t in happened if t.ended]
    if ended:
        queries.keep_runs(tx, runs=json.dumps([_run_columns(one) for one in ended]))
        for one in ended:
            metrics.clock_runs_total.labels(one.clock.name, one.outcome).inc()
    settled = {t.ended.clock.clock_id: t.ended.ended_at for t in happened if t.ended and t.settles}
    if settled:
        queries.settle_supervisions(tx, clock_ids=list(settled), settled_ats=list(settled.values()))


def save_fired(tx: db.Tx, fired: Sequence[Ticking]) -> None:
    """Writes what climbing steps changed."""
    queries.save_steps(
        tx,
        clock_ids=[t.clock.clock_id for t in fired],
        next_steps=[t.clock.next_step for t in fired],
        next_step_ats=[t.clock.next_step_at for t in fired],
        repetitions=[t.clock.repetition for t in fired],
    )


def note_steps(tx: db.Tx, fired: Iterable[Ticking]) -> set[FiredStep]:
    """Notes fired steps; answers those that had not fired before."""
    steps = [
        {
            "clock_id": t.clock.clock_id,
            "run": t.clock.run,
            "step": t.fired,
            "repetition": repetition_of(t),
            "due_at": clock.rfc3339(t.clock.due_at),
        }
        for t in fired
    ]
    rows = queries.note_steps(tx, steps=json.dumps(steps))
    return {(str(row["clock_id"]), row["run"], row["step"], row["repetition"]) for row in rows}


def repetition_of(ticking: Ticking) -> int:
    """Which of the repetitions of its step was climbed; cards have one."""
    return ticking.supervision.repetition if ticking.supervision else 1


def add_supervisions(tx: db.Tx, orders: Sequence[Supervision]) -> None:
    """Writes supervision orders; what was ordered before is left alone."""
    if orders:
        queries.add_supervisions(tx, orders=json.dumps([_supervision_columns(one) for one in orders]))


# --- Rows ---


def clock_of(row: Mapping[str, Any]) -> Clock:
    return Clock(
        clock_id=str(row["clock_id"]),
        owner_id=str(row["owner_id"]),
        task_id=_text(row["task_id"]),
        case_id=str(row["case_id"]),
        area=row["area"],
        department_id=row["department_id"],
        name=row["name"],
        run=row["run"],
        state=ClockState(row["state"]),
        limit=Limit(row["limit_amount"], Unit(row["limit_unit"])),
        started_at=row["started_at"],
        due_at=row["due_at"],
        yellow_at=row["yellow_at"],
        provisional=row["provisional"],
        category=row["category"],
        sla_class=row["sla_class"],
        urgency=row["urgency"],
        preset=row["preset"],
        preset_version=row["preset_version"],
        stages=tuple(Stage(one["name"], Limit(one["amount"], Unit(one["unit"]))) for one in row["stages"]),
        stage=row["stage"],
        moves=tuple(_move_of(one) for one in row["moves"]),
        extensions=row["extensions"],
        repetition=row["repetition"],
        paused_at=row["paused_at"],
        stopped_at=row["stopped_at"],
        next_step=row["next_step"],
        next_step_at=row["next_step_at"],
    )


def _clock_columns(ticking: Clock) -> dict[str, Any]:
    columns = dict(vars(ticking))
    limit: Limit = columns.pop("limit")
    moments = {name: clock.rfc3339(value) for name, value in columns.items() if isinstance(value, datetime)}
    return {
        **columns,
        **moments,
        "limit_amount": limit.amount,
        "limit_unit": limit.unit,
        "stages": [
            {"name": one.name, "amount": one.limit.amount, "unit": one.limit.unit} for one in ticking.stages
        ],
        "moves": [_move_columns(one) for one in ticking.moves],
    }


def _move_of(row: Mapping[str, Any]) -> Move:
    if "unit" in row:
        return Extended(Limit(row["amount"], Unit(row["unit"])))
    return Pause(datetime.fromisoformat(row["began_at"]), datetime.fromisoformat(row["ended_at"]))


def _move_columns(move: Move) -> dict[str, Any]:
    if isinstance(move, Extended):
        return {"amount": move.by.amount, "unit": move.by.unit}
    return {"began_at": clock.rfc3339(move.began_at), "ended_at": clock.rfc3339(move.ended_at)}


def _run_columns(ended: EndedRun) -> dict[str, Any]:
    was = ended.clock
    return {
        "clock_id": was.clock_id,
        "run": was.run,
        "owner_id": was.owner_id,
        "task_id": was.task_id,
        "case_id": was.case_id,
        "area": was.area,
        "department_id": was.department_id,
        "name": was.name,
        "category": was.category,
        "sla_class": was.sla_class,
        "started_at": clock.rfc3339(was.started_at),
        "due_at": clock.rfc3339(was.due_at),
        "ended_at": clock.rfc3339(ended.ended_at),
        "outcome": ended.outcome,
        "overdue_seconds": ended.overdue_seconds,
    }


def _supervision_columns(order: Supervision) -> dict[str, Any]:
    of = order.clock
    return {
        "supervision_id": ids.new(),
        "clock_id": of.clock_id,
        "run": of.run,
        "repetition": order.repetition,
        "owner_id": of.owner_id,
        "task_id": of.task_id,
        "case_id": of.case_id,
        "area": of.area,
        "department_id": of.department_id,
        "clock": of.name,
        "due_at": clock.rfc3339(of.due_at),
        "ordered_at": clock.rfc3339(order.ordered_at),
        "rectify_by": clock.rfc3339(order.rectify_by),
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
