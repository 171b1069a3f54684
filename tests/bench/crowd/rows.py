"""Matters as lines for COPY, by database and table."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from services.cases.domain import timeline
from shared import areas
from tests.bench.crowd.matters import Matter, Order

# table (columns) → lines
Lines = dict[str, list[str]]

# Sent events are kept for a week.
_SENT_DAYS = 7
_ANNOUNCED = (
    "reported",
    "triaged",
    "whistled",
    "resolved",
    "checked",
    "called_back",
    "closed",
    "declined",
    "withdrawn",
    "merged",
)
_CASE_COLUMNS = (
    "case_id, number, area, state, category, channel, urgency, mechanism, scope_class, level, sla_class, words,"
    " longitude, latitude, address, reporter_id, is_confidential, first_inquiry_by, first_handler_by, run, hold,"
    " review_on, open_orders, departments, calls_made, met, settled, satisfaction, merged_into, reported_at,"
    " resolved_at, closed_at, version, timeline_length, timeline_hash, due_at"
)
_CLOCK_COLUMNS = (
    "clock_id, owner_id, task_id, case_id, area, department_id, name, run, state, limit_amount, limit_unit,"
    " started_at, due_at, yellow_at, provisional, paused_at, stopped_at, next_step, next_step_at"
)
_OUTBOX = "outbox (id, subject, sequence, type, routing_key, area, time, data, sent_at)"
_SEQUENCES = "outbox_sequences (subject, last)"
# clock → (amount, unit, length)
_LIMITS = {
    "finish": (5, "working_days", timedelta(days=7)),
    "call_back": (3, "working_days", timedelta(days=5)),
    "sign": (2, "working_hours", timedelta(hours=3)),
    "arrive": (1, "working_days", timedelta(days=1)),
}


def of_cases(matters: Iterable[Matter], now: datetime) -> Lines:
    lines: Lines = {}
    put = _putter(lines)
    for matter in matters:
        hash_ = timeline.START
        for position, entry in enumerate(matter.entries, 1):
            hash_ = timeline.link(hash_, matter.case_id, position, entry)
            put(
                "timeline (case_id, position, action, person_id, role, area, at, detail, hash)",
                matter.case_id,
                position,
                entry.action,
                entry.by.person_id,
                entry.by.role,
                entry.area,
                entry.at.isoformat(),
                _json(entry.detail),
                f"\\\\x{hash_.hex()}",
            )
        order = matter.order
        departments = [task.department_id for task in order.tasks] if order else []
        called = matter.state == "closed"
        put(
            f"cases ({_CASE_COLUMNS})",
            matter.case_id,
            matter.number,
            matter.area,
            matter.state,
            matter.kind["code"],
            matter.channel,
            matter.kind["urgency"],
            matter.kind["mechanism"],
            matter.kind["scope_class"],
            "grid",
            matter.kind["sla_class"],
            matter.words,
            matter.longitude,
            matter.latitude,
            "文化东路",
            matter.reporter_id,
            "f",
            matter.first_inquiry_by,
            matter.handler_id,
            1,
            "listed" if matter.is_listed else None,
            (now + timedelta(days=30)).date().isoformat() if matter.is_listed else None,
            1 if order and order.ended_at is None else 0,
            f"{{{','.join(sorted(departments))}}}",
            1 if called else 0,
            "t" if called else None,
            "t" if called else None,
            "satisfied" if called else None,
            matter.merged_into,
            matter.reported_at.isoformat(),
            _moment(matter.at("resolved")),
            _moment(matter.entries[-1].at if matter.state in ("closed", "declined", "withdrawn") else None),
            len(matter.entries),
            len(matter.entries),
            f"\\\\x{hash_.hex()}",
            _moment(matter.reported_at + _LIMITS["finish"][2] if matter.ended_at is None else None),
        )
        if order:
            state = "open" if order.ended_at is None else "finished"
            put(
                "orders (order_id, case_id, run, kind, departments, state, whistled_at)",
                order.order_id,
                matter.case_id,
                1,
                "grid_calls_offices",
                f"{{{','.join(departments)}}}",
                state,
                order.opened_at.isoformat(),
            )
            for n, task in enumerate(order.tasks):
                put(
                    "tasks (task_id, order_id, case_id, department_id, is_main, state, changed_at)",
                    task.task_id,
                    order.order_id,
                    matter.case_id,
                    task.department_id,
                    "t" if n == 0 else "f",
                    "sent" if order.ended_at is None else "finished",
                    (order.ended_at or order.opened_at).isoformat(),
                )
        _queued(put, matter, now)
        told = [entry for entry in matter.entries if entry.action in _ANNOUNCED]
        put(_SEQUENCES, matter.case_id, len(told))
        for sequence, entry in enumerate(told, 1):
            _sent(put, "cases", f"case_{entry.action}", matter, matter.case_id, sequence, entry.at, now)
    return lines


def _queued(put: Callable[..., None], matter: Matter, now: datetime) -> None:
    """What waits to be checked, called back and told, or did; what was answered and what was put off."""
    resolved_at, checked_at = matter.at("resolved"), matter.at("checked")
    began = {"check": resolved_at, "tell": resolved_at, "call_back": checked_at}
    ended = {"check": checked_at, "tell": matter.at("called_back"), "call_back": matter.at("called_back")}
    for kind, at in began.items():
        if at is not None:
            put(
                "hearings (hearing_id, case_id, run, kind, area, is_open, opened_at, due_at, ready_at, ended_at)",
                _id_of(matter, kind),
                matter.case_id,
                1,
                kind,
                matter.area,
                "t" if ended[kind] is None else "f",
                at.isoformat(),
                (at + timedelta(days=2)).isoformat(),
                at.isoformat(),
                _moment(ended[kind]),
            )
    if ended["call_back"] is not None:
        put(
            "answers (case_id, answered_at, run, met, settled, satisfaction)",
            matter.case_id,
            ended["call_back"].isoformat(),
            1,
            "t",
            "t",
            "satisfied",
        )
    if matter.is_listed:
        put(
            "holds (hold_id, case_id, area, hold, reason, review_on, state, asked_at)",
            _id_of(matter, "hold"),
            matter.case_id,
            matter.area,
            "listed",
            "须与改造一并解决",
            (now + timedelta(days=30)).date().isoformat(),
            "active",
            matter.entries[-1].at.isoformat(),
        )


def _id_of(matter: Matter, what: str) -> str:
    """The same id for the same thing of a matter."""
    return str(uuid.uuid5(uuid.UUID(matter.case_id), what))


def of_dispatch(matters: Iterable[Matter], now: datetime) -> Lines:
    lines: Lines = {}
    put = _putter(lines)
    for matter in matters:
        put(
            "watched_cases (case_id, area, category, sla_class, urgency, reported_at, run)",
            matter.case_id,
            matter.area,
            matter.kind["code"],
            matter.kind["sla_class"],
            matter.kind["urgency"],
            matter.reported_at.isoformat(),
            1,
        )
        ended_at, resolved_at = matter.ended_at, matter.at("resolved")
        finish, call_back = matter.clock_ids
        _clock(put, finish, matter, None, None, "finish", matter.reported_at, ended_at, now)
        if resolved_at:
            _clock(
                put, call_back, matter, None, None, "call_back", resolved_at, matter.at("called_back"), now
            )
        events = 1 + (ended_at is not None) + 2 * (resolved_at is not None)
        put(_SEQUENCES, matter.case_id, events)
        for sequence in range(1, events + 1):
            _sent(put, "dispatch", "clock_set", matter, matter.case_id, sequence, matter.entries[-1].at, now)
        if matter.order:
            _order(put, matter, matter.order, now)
        _facts(put, matter)
    return lines


def _facts(put: Callable[..., None], matter: Matter) -> None:
    """What rankings count: the handling, what the reporter said, each department's turn."""
    resolved_at = matter.at("resolved")
    ended_at = resolved_at or matter.ended_at
    due_at = matter.reported_at + _LIMITS["finish"][2]
    put(
        "handlings (case_id, run, area, began_at, due_at, resolved_at, is_late, is_void, ended_at)",
        matter.case_id,
        1,
        matter.area,
        matter.reported_at.isoformat(),
        due_at.isoformat(),
        _moment(resolved_at),
        None if resolved_at is None else "t" if resolved_at > due_at else "f",
        "t" if matter.state in ("declined", "withdrawn", "merged") else "f",
        _moment(ended_at) or "infinity",
    )
    called_back_at = matter.at("called_back")
    if called_back_at:
        # One in sixteen is not satisfied, one in four was not met.
        luck = int(matter.case_id[-2:], 16)
        put(
            "answers (case_id, area, run, answered_at, changed_at, met, settled, satisfaction)",
            matter.case_id,
            matter.area,
            1,
            called_back_at.isoformat(),
            called_back_at.isoformat(),
            "f" if luck % 4 == 0 else "t",
            "t",
            "neutral" if luck % 16 == 1 else "satisfied",
        )
    order = matter.order
    for n, task in enumerate(order.tasks if order else ()):
        assert order is not None
        ended = _moment(order.ended_at)
        sign_due, finish_due = (order.opened_at + _LIMITS[name][2] for name in ("sign", "finish"))
        put(
            "task_facts (task_id, run, order_id, case_id, case_run, area, department_id, is_main, sent_at, sign_due_at,"
            " signed_at, is_sign_late, finish_due_at, finished_at, is_finish_late, ended_at)",
            task.task_id,
            1,
            order.order_id,
            matter.case_id,
            1,
            matter.area,
            task.department_id,
            "t" if n == 0 else "f",
            order.opened_at.isoformat(),
            sign_due.isoformat(),
            ended,
            None if order.ended_at is None else "t" if order.ended_at > sign_due else "f",
            finish_due.isoformat(),
            ended,
            None if order.ended_at is None else "t" if order.ended_at > finish_due else "f",
            ended or "infinity",
        )


def _order(put: Callable[..., None], matter: Matter, order: Order, now: datetime) -> None:
    put(
        "orders (order_id, case_id, area, kind, category, sla_class, urgency, longitude, latitude, caller_id, state,"
        " opened_at, finished_at, version)",
        order.order_id,
        matter.case_id,
        matter.area,
        "grid_calls_offices",
        matter.kind["code"],
        matter.kind["sla_class"],
        matter.kind["urgency"],
        matter.longitude,
        matter.latitude,
        matter.handler_id,
        "open" if order.ended_at is None else "finished",
        order.opened_at.isoformat(),
        _moment(order.ended_at),
        1 if order.ended_at is None else 6,
    )
    ended = _moment(order.ended_at)
    for n, task in enumerate(order.tasks):
        put(
            "tasks (task_id, order_id, area, department_id, is_main, state, run, handler_id, arrived_longitude,"
            " arrived_latitude, arrived_metres, reply_words, sent_at, signed_at, arrived_at, replied_at, finished_at)",
            task.task_id,
            order.order_id,
            matter.area,
            task.department_id,
            "t" if n == 0 else "f",
            "sent" if ended is None else "finished",
            1,
            matter.handler_id,
            None if ended is None else matter.longitude,
            None if ended is None else matter.latitude,
            None if ended is None else 0,
            None if ended is None else "已现场检查，净化设施恢复运行。",
            order.opened_at.isoformat(),
            ended,
            ended,
            ended,
            ended,
        )
        for clock_id, name in zip(task.clock_ids, ("sign", "arrive", "finish"), strict=True):
            owner = (order.order_id, task.task_id, task.department_id)
            _clock(
                put, clock_id, matter, owner, task.department_id, name, order.opened_at, order.ended_at, now
            )
    tasks = len(order.tasks)
    put(_SEQUENCES, order.order_id, 1 + 4 * tasks + (0 if ended is None else 8 * tasks + 1))


def _clock(
    put: Callable[..., None],
    clock_id: str,
    matter: Matter,
    owner: tuple[str, str, str] | None,
    department_id: str | None,
    name: str,
    started_at: datetime,
    stopped_at: datetime | None,
    now: datetime,
) -> None:
    amount, unit, length = _LIMITS[name]
    due_at = started_at + length
    yellow_at = due_at - length / 5
    # A limit that ends while we measure would show its card just then; cards that are over were shown.
    if stopped_at is None and not matter.is_listed and due_at < now + timedelta(hours=3):
        step, step_at = None, None
    elif stopped_at is None and not matter.is_listed:
        step = "red" if yellow_at < now + timedelta(hours=3) else "yellow"
        step_at = due_at if step == "red" else yellow_at
    else:
        step, step_at = None, None
    state = "stopped" if stopped_at else "paused" if matter.is_listed else "running"
    put(
        f"clocks ({_CLOCK_COLUMNS})",
        clock_id,
        owner[0] if owner else matter.case_id,
        owner[1] if owner else None,
        matter.case_id,
        matter.area,
        department_id,
        name,
        1,
        state,
        amount,
        unit,
        started_at.isoformat(),
        due_at.isoformat(),
        yellow_at.isoformat(),
        "f",
        matter.entries[-1].at.isoformat() if state == "paused" else None,
        _moment(stopped_at),
        step,
        _moment(step_at),
    )


def _sent(
    put: Callable[..., None],
    service: str,
    event: str,
    matter: Matter,
    subject: str,
    sequence: int,
    at: datetime,
    now: datetime,
) -> None:
    """An event of the past week, which is still in the outbox."""
    if at < now - timedelta(days=_SENT_DAYS):
        return
    # The subject's own tail makes the id unique and repeatable.
    millis = int(at.timestamp() * 1000)
    event_id = f"{millis >> 16:08x}-{millis & 0xFFFF:04x}-7{sequence:03x}-{subject[19:]}"
    data = {"case_id": matter.case_id, "area": matter.area, "number": matter.number, "at": at.isoformat()}
    put(
        _OUTBOX,
        event_id,
        subject,
        sequence,
        f"yiwang.{service}.{event}.v1",
        f"{service}.{event}.v1.{areas.dotted(matter.area)}",
        matter.area,
        at.isoformat(),
        _json(data),
        (at + timedelta(milliseconds=30)).isoformat(),
    )


def _putter(lines: Lines) -> Callable[..., None]:
    def put(table: str, *values: Any) -> None:
        line = "\t".join("\\N" if value is None else str(value) for value in values)
        lines.setdefault(table, []).append(line)

    return put


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _json(value: Any) -> str:
    # COPY reads backslashes; nothing here has any.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
