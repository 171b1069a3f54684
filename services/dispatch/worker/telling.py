"""Telling people: own events become notices, notices go out."""

import time
from datetime import datetime, timedelta
from typing import Any

from services.dispatch import notifier
from services.dispatch.domain import notices as domain
from services.dispatch.domain.limits import Rules
from services.dispatch.domain.notices import Happened, Kind
from services.dispatch.store import duty as people
from services.dispatch.store import notices as store
from services.dispatch.store.notices import Heard
from services.dispatch.store.sql import queries
from services.dispatch.worker import duty
from shared import clock, db
from shared.bus import outbox
from shared.contracts import dispatch

# Tries of one run of the timer: it must end long before its connection is cut.
_MOST_TRIES, _RUN_SECONDS = 50, 15.0
KEPT_FOR = timedelta(days=180)
_SHOWN = "%m月%d日 %H:%M"


def tell(tx: db.Tx, rules: Rules, *, most: int) -> int:
    """Makes notices of own events; answers how many events were heard."""
    heard = store.take_heard(tx, most=most)
    if not heard:
        return 0
    known = store.Knowledge(tx, heard)
    duty.ask_first(tx, [one.data["task_id"] for one in heard if one.type == "task_sent"], known, rules)
    at = db.now(tx)
    made: list[domain.Notice] = []
    for one in heard:
        happened, facts = _happened(one), known.facts(one.data)
        if happened is not None and facts is not None:
            made += domain.notices_of(happened, facts, at=at)
    fresh = store.add(tx, made, at=at)
    outbox.add(
        tx,
        [
            dispatch.NoticeGiven(
                notice_id=notice_id,
                area=notice.facts.area,
                person_id=notice.person_id,
                kind=notice.kind.value,
                case_id=notice.facts.case_id,
                order_id=notice.facts.order_id,
                task_id=notice.facts.task_id,
                due_at=notice.due_at,
            )
            for notice_id, notice in fresh
        ],
    )
    return len(heard)


def send(tx: db.Tx, through: notifier.Notifier | None, *, at: datetime | None = None) -> int:
    """Sends notices whose time has come; without a channel they are kept. Answers how many were handled.

    At least once: a crash between the answer and the commit sends a notice again, under the same id. A try that comes
    late (the channel or this worker was down) does not wake anybody either.

    Args:
        at: now, unless told otherwise.
    """
    if through is None:
        stored: int = queries.store_deliveries(tx, most=1_000)
        return stored
    until = time.monotonic() + _RUN_SECONDS
    handled = 0
    for row in queries.due_deliveries(tx, most=_MOST_TRIES):
        if time.monotonic() > until:
            break
        if not _postponed(tx, row, at or clock.now()):
            _try(tx, row, through)
        handled += 1
    return handled


def prune(tx: db.Tx) -> None:
    """Drops notices older than the time they are kept, and people not met for long."""
    queries.prune_notices(tx, before=clock.now() - KEPT_FOR, most=5_000)
    queries.forget_people(tx, before=people.today() - people.KNOWN_FOR)


def _postponed(tx: db.Tx, row: dict[str, Any], at: datetime) -> bool:
    """Whether a notice waits for the morning."""
    due_at = domain.due_at(urgency=row["urgency"], is_called=row["kind"] in domain.CALLS, at=at)
    if due_at <= at:
        return False
    _save(tx, row, state="waiting", tries=row["tries"], next_try_at=due_at, last_error=row["last_error"])
    return True


def _try(tx: db.Tx, row: dict[str, Any], through: notifier.Notifier) -> None:
    tries = row["tries"] + 1
    problem = through.send(str(row["notice_id"]), _message(row))
    retry_at = domain.retry_at(tries, clock.now()) if problem else None
    state = "waiting" if retry_at else "dead" if problem else "sent"
    _save(tx, row, state=state, tries=tries, next_try_at=retry_at, last_error=problem)


def _save(tx: db.Tx, row: dict[str, Any], **after: Any) -> None:
    queries.save_delivery(tx, notice_id=row["notice_id"], **after)


def _message(row: dict[str, Any]) -> dict[str, Any]:
    """What an outward channel gets: whom to tell, and the words."""
    named = ("person_id", "order_id", "task_id", "case_id")
    return {
        "type": "yiwang.dispatch.notice",
        "timestamp": clock.rfc3339(row["made_at"]),
        "data": {
            **{name: str(row[name]) if row[name] is not None else None for name in named},
            **{name: row[name] for name in ("kind", "area", "urgency", "title", "words")},
            "notice_id": str(row["notice_id"]),
        },
    }


def _happened(one: Heard) -> Happened | None:
    """What an event means for people; None for one nobody is told of."""
    data = one.data
    match one.type:
        case "task_sent":
            return Happened(kind=Kind.TASK_SENT, occurrence=str(data["sent_at"]))
        case "task_passed_on":
            position = str(data["position"])
            return Happened(
                kind=Kind.TASK_PASSED_ON,
                occurrence=f"{data['passed_on_at']}",
                person_id=data["person_id"],
                numbers={"position": position},
            )
        case "task_unanswered":
            return Happened(kind=Kind.TASK_UNANSWERED, occurrence=str(data["unanswered_at"]))
        case "task_assigned":
            # Who was named then; by now it may be somebody else.
            named = str(data["handler_id"])
            return Happened(kind=Kind.TASK_ASSIGNED, occurrence=_moment(one), person_id=named)
        case "task_replied" if not data["reviewed"]:
            return Happened(kind=Kind.REPLY_TO_REVIEW, occurrence=str(data["replied_at"]))
        case "task_reply_sent_back":
            times = str(data["times"])
            return Happened(kind=Kind.REPLY_SENT_BACK, occurrence=_moment(one), numbers={"times": times})
        case "task_returned":
            return Happened(kind=Kind.TASK_RETURNED, occurrence=_moment(one))
        case "task_redirected":
            ruling = {
                name: str(data.get(name) or "").lower() for name in ("upheld", "not_needed", "order_ended")
            }
            return Happened(kind=Kind.RETURN_RULED, occurrence=_moment(one), numbers=ruling)
        case "card_shown":
            return _card(one)
        case "supervision_ordered":
            return Happened(
                kind=Kind.SUPERVISION_ORDERED,
                occurrence=f"{data['clock']}.{data['run']}.{data['repetition']}",
                numbers={
                    "clock": data["clock"],
                    "repetition": str(data["repetition"]),
                    "rectify_by": _shown(data["rectify_by"]),
                },
            )
        case "extension_requested" | "extension_decided":
            return _extension(one)
        case "order_finished":
            return Happened(kind=Kind.ORDER_FINISHED)
        case "assessment_given" | "assessment_appealed" | "assessment_ruled":
            return _assessment(one)
        case "rating_given":
            return Happened(
                kind=Kind.RATED,
                occurrence=data["rater"],
                numbers={"rater": data["rater"], "score": str(data["score"])},
            )
    return None


def _card(one: Heard) -> Happened:
    data = one.data
    return Happened(
        kind=Kind.YELLOW_CARD if data["colour"] == "yellow" else Kind.RED_CARD,
        occurrence=f"{data['clock']}.{data['run']}",
        numbers={"clock": data["clock"], "due_at": _shown(data["due_at"])},
    )


def _extension(one: Heard) -> Happened:
    is_asked = one.type == "extension_requested"
    return Happened(
        kind=Kind.EXTENSION_ASKED if is_asked else Kind.EXTENSION_DECIDED,
        occurrence=str(one.data["extension_id"]),
        numbers={"clock": one.data["clock"], "approved": str(one.data.get("approved")).lower()},
    )


def _assessment(one: Heard) -> Happened:
    kinds = {
        "assessment_given": Kind.ASSESSED,
        "assessment_appealed": Kind.ASSESSMENT_APPEALED,
        "assessment_ruled": Kind.ASSESSMENT_RULED,
    }
    score = one.data.get("score")
    return Happened(
        kind=kinds[one.type], occurrence=_moment(one), numbers={"score": "" if score is None else str(score)}
    )


def _moment(one: Heard) -> str:
    return clock.rfc3339(one.time)


def _shown(moment: str) -> str:
    """A moment as people read it, in Beijing."""
    return datetime.fromisoformat(moment).astimezone(clock.BEIJING).strftime(_SHOWN)
