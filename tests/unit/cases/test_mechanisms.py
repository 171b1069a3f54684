"""The mechanisms' own rules, each at its boundary."""

from __future__ import annotations

from typing import Any

import pytest

from services.cases.domain import documents, errors, mechanisms
from services.cases.domain import steps as domain
from services.cases.domain.case import OPEN, Case, State
from services.cases.domain.documents import Document, DocumentState
from tests.unit.cases.test_case import NOW, OFFICER, RESIDENT, WORKER, actions, matter, names


def approval(state: State = State.TRIAGED, missing: int = 1, **changes: Any) -> Case:
    return matter(state, mechanism="approval", documents_missing=missing, **changes)


# --- what is raised at once


@pytest.mark.parametrize("level", ["subdistrict", "district"])
def test_what_is_up_there_already_is_not_raised(level: Any) -> None:
    assert domain.report_up(matter(mechanism="emergency", level=level), by=WORKER, at=NOW) is None


@pytest.mark.parametrize("scope", ["overall", "major"])
def test_the_class_of_a_matter_raises_it_only_once_somebody_classed_it(scope: Any) -> None:
    received = matter(State.RECEIVED, scope_class=scope)

    assert domain.report_up(received, by=WORKER, at=NOW) is None
    triaged = domain.triage(received, by=WORKER, at=NOW)
    assert (triaged.case.level, names(triaged)) == ("subdistrict", ["case_triaged", "case_escalated"])


def test_whistling_a_received_overall_matter_takes_it_on_raises_it_and_whistles() -> None:
    change = domain.whistle(
        matter(scope_class="overall"),
        order_id="o",
        kind="grid_calls_offices",
        departments=("370102-ecology",),
        already_called=frozenset(),
        by=WORKER,
        at=NOW,
    )

    assert actions(change) == ["triaged", "escalated", "whistled"]


def test_what_was_settled_on_the_spot_needs_no_alarm() -> None:
    with pytest.raises(errors.NotOnTheSpot):
        list(mechanisms.on_filing(matter(mechanism="emergency"), settled={"words": "x"}, by=WORKER, at=NOW))
    (settled,) = mechanisms.on_filing(matter(mechanism="general"), settled={"words": "x"}, by=WORKER, at=NOW)
    assert (settled.case.state, actions(settled)) == (State.RESOLVED, ["triaged", "resolved"])
    assert list(mechanisms.on_filing(matter(), settled=None, by=WORKER, at=NOW)) == []


# --- documents


@pytest.mark.parametrize("missing", [0, 1])
def test_an_approval_is_resolved_when_nothing_is_missing(missing: int) -> None:
    case = approval(missing=missing)

    if missing:
        with pytest.raises(errors.DocumentsMissing):
            domain.resolve(case, words="x", by=OFFICER, at=NOW)
    else:
        assert domain.resolve(case, words="x", by=OFFICER, at=NOW).case.state is State.RESOLVED


@pytest.mark.parametrize(("missing", "state"), [(0, State.RESOLVED), (1, State.HANDLING)])
def test_the_last_order_resolves_an_approval_only_when_nothing_is_missing(missing: int, state: State) -> None:
    case = approval(State.HANDLING, missing, open_orders=1)

    assert domain.order_finished(case, order_id="o", at=NOW).case.state is state


PAPER = Document(position=1, name="身份证")


@pytest.mark.parametrize("to", [DocumentState.RECEIVED, DocumentState.WAIVED])
def test_a_document_comes_in_once_and_may_be_given_back(to: DocumentState) -> None:
    document, change = documents.settle(approval(), PAPER, to, words="", by=WORKER, at=NOW)

    assert (document.state, change.case.documents_missing) == (to, 0)
    with pytest.raises(errors.DocumentNotMissing):
        documents.settle(change.case, document, to, words="", by=WORKER, at=NOW)
    back, again = documents.settle(
        change.case, document, DocumentState.MISSING, words="过期", by=WORKER, at=NOW
    )
    assert (back.state, again.case.documents_missing) == (DocumentState.MISSING, 1)
    with pytest.raises(errors.DocumentMissing):
        documents.settle(again.case, back, DocumentState.MISSING, words="", by=WORKER, at=NOW)


@pytest.mark.parametrize("state", State)
def test_documents_are_gathered_while_the_matter_is_open(state: State) -> None:
    if state in OPEN:
        _, change = documents.require(approval(state), position=2, name="户口簿", by=WORKER, at=NOW)
        assert change.case.documents_missing == 2
    else:
        with pytest.raises(errors.NotInThisState):
            documents.require(approval(state), position=2, name="户口簿", by=WORKER, at=NOW)


def test_only_approvals_gather() -> None:
    with pytest.raises(errors.NotAnApproval):
        documents.require(matter(State.TRIAGED), position=1, name="户口簿", by=WORKER, at=NOW)


@pytest.mark.parametrize(
    ("level", "to", "after"),
    [
        ("grid", "community", "community"),
        ("grid", "subdistrict", "subdistrict"),
        ("district", "community", "district"),
    ],
)
def test_a_submission_climbs_and_never_descends(level: Any, to: Any, after: str) -> None:
    change = documents.submit(approval(missing=0, level=level), to_level=to, words="", by=WORKER, at=NOW)

    assert (change.case.state, change.case.level) == (State.HANDLING, after)
    assert ("escalated" in actions(change)) is (level != after)


@pytest.mark.parametrize(
    ("case", "refusal"),
    [
        (approval(missing=1), errors.DocumentsMissing),
        (approval(State.RECEIVED, missing=0), errors.NotInThisState),
        (matter(State.TRIAGED), errors.NotAnApproval),
    ],
)
def test_what_is_not_complete_is_not_submitted(case: Case, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        documents.submit(case, to_level="community", words="", by=WORKER, at=NOW)


# --- discussion, withdrawal


@pytest.mark.parametrize(("level", "after"), [("grid", "community"), ("subdistrict", "subdistrict")])
def test_what_the_community_discussed_is_the_communitys(level: Any, after: str) -> None:
    change = mechanisms.discuss(matter(State.TRIAGED, level=level), words="议定", by=WORKER, at=NOW)

    assert change.case.level == after


def test_what_others_reported_too_is_not_withdrawn() -> None:
    with pytest.raises(errors.OthersReported):
        domain.withdraw(matter(), words="x", has_merged=True, by=RESIDENT, at=NOW)
