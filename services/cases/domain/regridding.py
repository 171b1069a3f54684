"""A matter that is not over moves to the grid its place lies in once grids are re-drawn (domain.md §2)."""

from datetime import datetime

from services.cases.domain.case import PLATFORM, Case, Change, change
from shared.contracts.cases import CaseMoved


def move(case: Case, *, to: str, at: datetime) -> Change:
    """The matter in another grid; its path stays readable on the timeline. The caller holds its lock."""
    event = CaseMoved(case_id=case.case_id, area=to, from_area=case.area, moved_at=at)
    return change(case, "moved_to_grid", PLATFORM, at, event, detail={"from": case.area, "to": to}, area=to)
