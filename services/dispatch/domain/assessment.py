"""One matter, one assessment 一事一考 (S2): the subdistrict assesses each response of a department, once.

standing → appealed → upheld (void, or other scores) or rejected (stands)
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.dispatch.domain import errors


class State(StrEnum):
    STANDING = "standing"
    APPEALED = "appealed"
    # The appeal was right: it counts nowhere.
    VOID = "void"


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What a subdistrict thinks of a department's response to one matter."""

    task_id: str
    order_id: str
    case_id: str
    area: str
    department_id: str
    # Criterion → points.
    points: Mapping[str, int]
    # The department was negative 态度消极: enough of these and joint supervision is proposed.
    is_negative: bool
    words: str
    by_person: str
    # The first time: its month is the one it counts in, however often it is corrected.
    assessed_at: datetime
    changed_at: datetime
    state: State = State.STANDING
    # An appeal is decided once; `ruled_at` says that it was.
    appeal_words: str | None = None
    appealed_at: datetime | None = None
    ruling_words: str | None = None
    ruled_at: datetime | None = None
    version: int = 1

    @property
    def score(self) -> int:
        """0 to 100."""
        return sum(self.points.values())


@dataclass(frozen=True, kw_only=True)
class Window:
    """What the month an assessment counts in still allows."""

    is_frozen: bool = False
    # None while the month's table is not drafted yet.
    appeals_until: datetime | None = None


def check_points(points: Mapping[str, int], criteria: Mapping[str, int]) -> None:
    """Raises PointsWrong unless every criterion of the rules has points within its most."""
    if set(points) != set(criteria) or any(not 0 <= points[name] <= most for name, most in criteria.items()):
        raise errors.PointsWrong(criteria=dict(criteria))


def correct(
    assessment: Assessment,
    *,
    points: Mapping[str, int],
    is_negative: bool,
    words: str,
    by_person: str,
    window: Window,
    at: datetime,
) -> Assessment:
    """The subdistrict thinks better of it; the earlier version stays in the history.

    Raises MonthFrozen after the freeze and AlreadyRuled once a supervisor decided an appeal.
    """
    if window.is_frozen:
        raise errors.MonthFrozen()
    if assessment.ruled_at is not None:
        raise errors.AlreadyRuled()
    return replace(
        assessment,
        points=points,
        is_negative=is_negative,
        words=words,
        by_person=by_person,
        changed_at=at,
        version=assessment.version + 1,
    )


def appeal(assessment: Assessment, *, words: str, window: Window, at: datetime) -> Assessment:
    """The department objects, once, while the window is open. Raises WindowClosed, AppealedAlready."""
    if window.is_frozen or (window.appeals_until is not None and at >= window.appeals_until):
        raise errors.WindowClosed()
    if assessment.appealed_at is not None:
        raise errors.AppealedAlready()
    return replace(
        assessment,
        state=State.APPEALED,
        appeal_words=words,
        appealed_at=at,
        version=assessment.version + 1,
    )


def rule(
    assessment: Assessment,
    *,
    upheld: bool,
    points: Mapping[str, int] | None,
    words: str,
    at: datetime,
) -> Assessment:
    """A supervisor decides an appeal: upheld makes it void or gives it other points, rejected lets it stand.

    A month frozen meanwhile stays as it is until somebody corrects it. Raises NotAppealed.
    """
    if assessment.state is not State.APPEALED:
        raise errors.NotAppealed()
    is_void = upheld and points is None
    return replace(
        assessment,
        state=State.VOID if is_void else State.STANDING,
        points=points if upheld and points is not None else assessment.points,
        # Whoever was wronged in the points was not negative either, unless the subdistrict says so again.
        is_negative=assessment.is_negative and not upheld,
        ruling_words=words,
        ruled_at=at,
        changed_at=at,
        version=assessment.version + 1,
    )
