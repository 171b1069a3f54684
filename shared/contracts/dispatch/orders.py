"""Orders and their tasks, from the whistle to the last department's finish, and how both sides rate each other.

All events of an order and its tasks carry the order as subject, so `order_finished` cannot overtake
`task_finished`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.contracts.base import Event, event
from shared.contracts.cases import Place, WhistleKind


@dataclass(frozen=True, kw_only=True)
class TaskCalled:
    task_id: str
    department_id: str
    is_main: bool


@event(publisher="dispatch", subject="order_id", consumers=("cases",))
class OrderOpened(Event):
    """A whistle was blown and heard: one task per department called."""

    order_id: str
    case_id: str
    area: str
    kind: WhistleKind
    tasks: tuple[TaskCalled, ...]
    opened_at: datetime


@event(publisher="dispatch", subject="order_id")
class TaskSent(Event):
    """A department has a task to sign for."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    is_main: bool
    sent_at: datetime


@event(publisher="dispatch", subject="order_id", consumers=("cases",))
class TaskSigned(Event):
    """The department answers for the task from now on (签收)."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    signed_at: datetime


@event(publisher="dispatch", subject="order_id")
class TaskAssigned(Event):
    """The department named its handler 承办人 (二次派单)."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    handler_id: str


@event(publisher="dispatch", subject="order_id", consumers=("cases",))
class TaskArrived(Event):
    """The department's people are on site (到场)."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    place: Place
    arrived_at: datetime


@event(publisher="dispatch", subject="order_id", consumers=("cases",))
class TaskReplied(Event):
    """The handler replied; `reviewed` says that the department approved it. The words are read from `dispatch`."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    reviewed: bool
    replied_at: datetime


@event(publisher="dispatch", subject="order_id")
class TaskReplySentBack(Event):
    """The department did not approve its handler's reply; `times` counts how often for this task."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    times: int


@event(publisher="dispatch", subject="order_id")
class TaskPassedOn(Event):
    """Nobody signed in time: the task went to the next in line of the duty roster. `position` counts from 2."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    position: int
    person_id: str
    passed_on_at: datetime


@event(publisher="dispatch", subject="order_id")
class TaskUnanswered(Event):
    """Nobody is left to ask: nobody is on the department's roster now, or those who are did not sign. Once per turn."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    unanswered_at: datetime


@event(publisher="dispatch", subject="order_id", consumers=("cases",))
class TaskFinished(Event):
    """The department's part is done (办结)."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    finished_at: datetime


ReturnGround = Literal["not_our_duty", "outside_our_area", "needs_other_main", "duplicate_order"]


@event(publisher="dispatch", subject="order_id", consumers=("cases",))
class TaskReturned(Event):
    """The department asks to give the task back (退单) on a listed ground; a supervisor decides. Its clocks run on."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    ground: ReturnGround


# Why a task whose return was upheld is sent to nobody else: another order has it, or it is the street's own.
NotNeeded = Literal["duplicate_order", "streets_own"]


@event(publisher="dispatch", subject="order_id", consumers=("cases",))
class TaskRedirected(Event):
    """A return was decided: upheld moves the task to another department, rejected gives it back.

    `not_needed`: upheld and sent to nobody (`to_department_id` is the one that had it); the rest of the order goes on.
    `order_ended`: it was the order's last open task and none was finished, so the matter is back with its street.
    """

    order_id: str
    task_id: str
    case_id: str
    area: str
    from_department_id: str
    to_department_id: str
    upheld: bool
    not_needed: NotNeeded | None = None
    order_ended: bool = False


@event(publisher="dispatch", subject="order_id", consumers=("cases",))
class OrderFinished(Event):
    """Every task of the order is finished."""

    order_id: str
    case_id: str
    area: str
    finished_at: datetime


@event(publisher="dispatch", subject="order_id")
class RatingGiven(Event):
    """One side of a task rated the other (互评). `score` is 1 to 5; the words are read from `dispatch`."""

    order_id: str
    task_id: str
    case_id: str
    area: str
    department_id: str
    rater: Literal["caller", "responder"]
    score: int
