"""Who was told of something."""

from datetime import datetime

from shared.contracts.base import Event, event


@event(publisher="dispatch", subject="notice_id")
class NoticeGiven(Event):
    """A person was told of something in their inbox; outward channels may carry it from `due_at` on.

    What it says is read from `dispatch`. `kind` is open: more kinds may come.
    """

    notice_id: str
    area: str
    person_id: str
    kind: str
    case_id: str
    due_at: datetime
    order_id: str | None = None
    task_id: str | None = None
