"""Who is told of what, in which words, and when (domain.md §4; no reminders at night).

A notice is made of codes, numbers and times only: it may go out by SMS or WeCom, so residents' words, names and
addresses never stand in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, timezone
from enum import StrEnum

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
QUIET_FROM, QUIET_UNTIL = time(21), time(8)
MOST_RECIPIENTS = 50
# Tries of an outward delivery: after each failure this long, then it is dead until somebody retries it.
BACKOFF_SECONDS = (30, 120, 600, 1_800, 7_200, 21_600, 86_400)


class Kind(StrEnum):
    TASK_SENT = "task_sent"
    TASK_PASSED_ON = "task_passed_on"
    TASK_UNANSWERED = "task_unanswered"
    TASK_ASSIGNED = "task_assigned"
    REPLY_TO_REVIEW = "reply_to_review"
    REPLY_SENT_BACK = "reply_sent_back"
    TASK_RETURNED = "task_returned"
    RETURN_RULED = "return_ruled"
    YELLOW_CARD = "yellow_card"
    RED_CARD = "red_card"
    SUPERVISION_ORDERED = "supervision_ordered"
    EXTENSION_ASKED = "extension_asked"
    EXTENSION_DECIDED = "extension_decided"
    ORDER_FINISHED = "order_finished"
    RATED = "rated"
    ASSESSED = "assessed"
    ASSESSMENT_APPEALED = "assessment_appealed"
    ASSESSMENT_RULED = "assessment_ruled"


# A call goes out at any hour to whoever is on duty, who is asked to come. Everything else waits for the morning.
CALLS = frozenset({Kind.TASK_SENT, Kind.TASK_PASSED_ON})

_CLOCKS = {"sign": "签收", "arrive": "到场", "finish": "办结", "call_back": "回访", "elapsed": "全程"}
_URGENCIES = {"ordinary": "一般", "urgent": "紧急", "emergency": "突发"}
_TITLES = {
    Kind.TASK_SENT: "新任务待签收",
    Kind.TASK_PASSED_ON: "任务顺延，请签收",
    Kind.TASK_UNANSWERED: "任务无人签收",
    Kind.TASK_ASSIGNED: "任务已指派给您",
    Kind.REPLY_TO_REVIEW: "答复待审核",
    Kind.REPLY_SENT_BACK: "答复被退回",
    Kind.TASK_RETURNED: "退单待裁定",
    Kind.RETURN_RULED: "退单已裁定",
    Kind.YELLOW_CARD: "黄牌提醒",
    Kind.RED_CARD: "红牌：已超时",
    Kind.SUPERVISION_ORDERED: "督办单",
    Kind.EXTENSION_ASKED: "延期申请待裁定",
    Kind.EXTENSION_DECIDED: "延期申请已裁定",
    Kind.ORDER_FINISHED: "任务单已办结",
    Kind.RATED: "收到评价",
    Kind.ASSESSED: "收到一事一考评分",
    Kind.ASSESSMENT_APPEALED: "评分申诉待裁定",
    Kind.ASSESSMENT_RULED: "评分申诉已裁定",
}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a task, or of a matter nobody whistled, when somebody must be told of it."""

    case_id: str
    area: str
    urgency: str
    category: str
    order_id: str | None = None
    task_id: str | None = None
    run: int = 1
    department_id: str | None = None
    department_name: str | None = None
    item_name: str | None = None
    handler_id: str | None = None
    signed_by: str | None = None
    assigned_by: str | None = None
    # Who last asked to give the task back.
    returned_by: str | None = None
    caller_id: str | None = None
    # Who asked for more time.
    asked_by: str | None = None
    # On duty for the department now, the first in line first.
    on_duty: tuple[str, ...] = ()
    # Everybody dispatch has met of the department.
    members: tuple[str, ...] = ()
    # Those on duty for the district's desk, then supervisors of the area dispatch has met.
    supervisors: tuple[str, ...] = ()
    # The first on duty for the subdistrict.
    subdistrict: tuple[str, ...] = ()
    # Those nearest to a matter nobody whistled for, of the people dispatch has met: who handles it, who calls back.
    handlers: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Notice:
    person_id: str
    kind: Kind
    # Says what it is about: the same person is told once.
    cause: str
    facts: Facts
    title: str
    words: str
    # When it may go out.
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One of the service's own events, as far as notices need it."""

    kind: Kind
    # What tells this occurrence from others of its kind: a run, a clock, a number.
    occurrence: str = ""
    # Who is asked, where the event itself says so.
    person_id: str | None = None
    numbers: Mapping[str, str] = field(default_factory=dict)


def notices_of(happened: Happened, facts: Facts, *, at: datetime) -> tuple[Notice, ...]:
    """The notices an event makes, one per person."""
    cause = ":".join((happened.kind, facts.task_id or facts.order_id or facts.case_id, happened.occurrence))
    people = dict.fromkeys(person for person in recipients(happened, facts) if person)
    return tuple(
        Notice(
            person_id=person,
            kind=happened.kind,
            cause=cause,
            facts=facts,
            title=_TITLES[happened.kind],
            words=words(happened, facts),
            due_at=due_at(urgency=facts.urgency, is_called=_is_called(person, happened.kind, facts), at=at),
        )
        for person in list(people)[:MOST_RECIPIENTS]
    )


def recipients(happened: Happened, facts: Facts) -> Sequence[str | None]:
    """Who is told, the most concerned first. What nobody else would hear of goes to the supervisors."""
    responsible = (facts.handler_id, facts.signed_by)
    asked = facts.on_duty[:1] or facts.members or facts.supervisors
    match happened.kind:
        case Kind.TASK_SENT:
            return asked
        case Kind.TASK_PASSED_ON | Kind.TASK_ASSIGNED:
            return (happened.person_id,)
        case Kind.REPLY_SENT_BACK:
            return (facts.handler_id,)
        case Kind.REPLY_TO_REVIEW:
            return (facts.assigned_by,)
        case Kind.TASK_UNANSWERED:
            return (*facts.supervisors, facts.caller_id)
        case Kind.TASK_RETURNED | Kind.EXTENSION_ASKED | Kind.ASSESSMENT_APPEALED:
            return facts.supervisors
        case Kind.EXTENSION_DECIDED:
            return (facts.asked_by,)
        case Kind.RETURN_RULED:
            return (facts.returned_by, facts.caller_id)
        case Kind.YELLOW_CARD | Kind.RED_CARD | Kind.SUPERVISION_ORDERED:
            concerned = (
                (responsible if any(responsible) else asked) if facts.task_id else _near(happened, facts)
            )
            above = facts.supervisors[:1] if happened.kind is Kind.SUPERVISION_ORDERED else ()
            return (*concerned, *above)
        case Kind.ORDER_FINISHED:
            return (facts.caller_id,)
        case Kind.RATED:
            return responsible if happened.numbers.get("rater") == "caller" else (facts.caller_id,)
        case Kind.ASSESSED:
            return responsible if any(responsible) else facts.members
        case Kind.ASSESSMENT_RULED:
            return (*(responsible if any(responsible) else facts.members), facts.caller_id)


def _near(happened: Happened, facts: Facts) -> Sequence[str]:
    """Who hears of the limits of a matter nobody whistled for; once it is overdue its subdistrict's desk does too."""
    people = facts.operators if happened.numbers.get("clock") == "call_back" else facts.handlers
    if happened.kind is Kind.YELLOW_CARD:
        return people or facts.subdistrict or facts.supervisors
    return (*people, *facts.subdistrict) or facts.supervisors


def _is_called(person: str, kind: Kind, facts: Facts) -> bool:
    """Whether a person is on duty and asked to come. Who is told because nobody is on duty sleeps at night."""
    return kind is Kind.TASK_PASSED_ON or (kind in CALLS and person in facts.on_duty)


def words(happened: Happened, facts: Facts) -> str:
    """What a notice says: codes, numbers and times."""
    numbers = happened.numbers
    about = f"网格 {facts.area}，{facts.item_name or facts.category}，{_URGENCIES.get(facts.urgency, facts.urgency)}"
    if facts.department_name:
        about += f"，{facts.department_name}"
    clock = _CLOCKS.get(numbers.get("clock", ""), "")
    match happened.kind:
        case Kind.YELLOW_CARD:
            return f"{about}。{clock}时限将于 {numbers['due_at']} 到期。"
        case Kind.RED_CARD:
            return f"{about}。{clock}时限已于 {numbers['due_at']} 到期。"
        case Kind.SUPERVISION_ORDERED:
            return f"{about}。第 {numbers['repetition']} 次督办，请于 {numbers['rectify_by']} 前整改。"
        case Kind.RETURN_RULED:
            return f"{about}。{_ruling(numbers)}"
        case Kind.REPLY_SENT_BACK:
            return f"{about}。第 {numbers['times']} 次退回，请修改后重新答复。"
        case Kind.TASK_PASSED_ON:
            return f"{about}。前一顺位未签收，现由您签收（第 {numbers['position']} 顺位）。"
        case Kind.TASK_UNANSWERED:
            return f"{about}。无人值守或值班人员均未签收，请督促。"
        case Kind.EXTENSION_ASKED:
            return f"{about}。申请延长{clock}时限。"
        case Kind.EXTENSION_DECIDED:
            return f"{about}。{'同意' if numbers['approved'] == 'true' else '不同意'}延长{clock}时限。"
        case Kind.ASSESSED:
            return f"{about}。一事一考得 {numbers['score']} 分。"
        case Kind.ASSESSMENT_RULED:
            return f"{about}。{'评分作废。' if numbers['score'] == '' else '以 ' + numbers['score'] + ' 分为准。'}"
        case Kind.RATED:
            return f"{about}。对方评分 {numbers['score']} 分。"
        case _:
            return f"{about}。"


def _ruling(numbers: Mapping[str, str]) -> str:
    if numbers["upheld"] != "true":
        return "退单不成立，请继续办理。"
    if not numbers.get("not_needed"):
        return "退单成立，已改派。"
    return "退单成立，事项退回街道办理。" if numbers.get("order_ended") == "true" else "退单成立，任务撤销。"


def due_at(*, urgency: str, is_called: bool, at: datetime) -> datetime:
    """When a notice may go out: at night only calls and emergencies, the rest at eight in the morning."""
    local = at.astimezone(BEIJING)
    is_night = local.time() >= QUIET_FROM or local.time() < QUIET_UNTIL
    if not is_night or is_called or urgency == "emergency":
        return at
    day = local.date() + timedelta(days=1) if local.time() >= QUIET_FROM else local.date()
    return datetime.combine(day, QUIET_UNTIL, BEIJING).astimezone(at.tzinfo)


def retry_at(tries: int, at: datetime) -> datetime | None:
    """When to try again after so many failures; None when it is given up."""
    if tries > len(BACKOFF_SECONDS):
        return None
    return at + timedelta(seconds=BACKOFF_SECONDS[tries - 1])
