"""The notice board."""

from datetime import datetime

from shared.contracts.base import Event, event


@event(publisher="cases", subject="notice_id")
class NoticePublished(Event):
    """A matter of general concern stands on the notice board 民情告示栏 of its area; `cases` has its words."""

    notice_id: str
    area: str
    published_at: datetime
    case_id: str | None = None


@event(publisher="cases", subject="notice_id")
class NoticeProgressed(Event):
    """The notice says how far its matter is."""

    notice_id: str
    area: str
    progressed_at: datetime


@event(publisher="cases", subject="notice_id")
class NoticeEnded(Event):
    """The notice was taken from the board."""

    notice_id: str
    area: str
    ended_at: datetime
