"""What the four handling mechanisms do beside the common steps (domain.md §3, 处置机制).

- general 一般性: settled on the spot and then recorded, in one step.
- coordination 协调性: taken back to the community for discussion.
- emergency 突发性: reported upward at once while the community already acts.
- approval 审批性: documents are gathered, it is submitted and followed to the end (`documents.py`).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from services.cases.domain import errors, steps
from services.cases.domain.case import OPEN, PLATFORM, By, Case, Change, change


def documents_of(matter: Mapping[str, Any]) -> int:
    """How many documents a matter of the catalogue gathers first."""
    return len(matter["required_documents"] or ()) if matter["mechanism"] == "approval" else 0


def on_filing(case: Case, *, settled: Mapping[str, Any] | None, by: By, at: datetime) -> Iterator[Change]:
    """What follows from the mechanism when a matter was just filed, each change upon the one before.

    Args:
        settled: what settled it on the spot, where it was.
    """
    raised = steps.report_up(case, by=PLATFORM, at=at)
    if settled is not None:
        yield settle(case, words=settled["words"], by=by, at=at)
    elif raised is not None:
        yield raised


def settle(case: Case, *, words: str, by: By, at: datetime) -> Change:
    """A general matter was settled on the spot 当场办结 and is recorded now. Raises NotOnTheSpot."""
    if case.mechanism != "general":
        raise errors.NotOnTheSpot(mechanism=case.mechanism)
    return steps.triage(case, by=by, at=at).then(
        lambda triaged: steps.resolve(triaged, words=words, by=by, at=at, on_the_spot=True)
    )


def discuss(case: Case, *, words: str, by: By, at: datetime) -> Change:
    """The community discussed a coordination matter; one still with the grid is the community's from then on."""
    if case.state not in OPEN:
        raise errors.NotInThisState(state=case.state, allowed=sorted(OPEN))
    discussed = change(case, "discussed", by=by, at=at, detail={"words": words})
    if case.level != "grid":
        return discussed
    return discussed.then(
        lambda one: steps.climb(one, to_level="community", reason="协调性事项，社区协商", by=by, at=at)
    )
