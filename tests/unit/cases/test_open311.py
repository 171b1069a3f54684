"""What a matter is to GeoReport v2."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases import georeport
from services.cases.domain import open311
from services.cases.domain.case import State
from services.cases.domain.open311 import Question
from shared import errors

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
DAY = timedelta(days=1)
SUPPLY = Question(
    code="SUPPLY",
    datatype="singlevaluelist",
    description="中断的是哪一项",
    required=True,
    values=(("water", "水"), ("power", "电")),
)
SINCE = Question(code="SINCE", datatype="datetime", description="从何时起")
LIGHTS = Question(code="LIGHTS", datatype="number", description="灯数")
WHERE = Question(
    code="WHERE", datatype="multivaluelist", description="何处", values=(("lane", "车道"), ("path", "人行道"))
)
NOTE = Question(code="NOTE", datatype="string", description="请勿靠近", variable=False, required=True)


# --- states


@pytest.mark.parametrize("state", list(State))
def test_only_what_is_over_is_closed_and_every_state_has_a_note(state: State) -> None:
    over = {State.CLOSED, State.DECLINED, State.MERGED, State.WITHDRAWN}

    assert open311.status_of(state) == ("closed" if state in over else "open")
    assert open311.notes_of(state, None)


def test_statuses_asked_for_are_states() -> None:
    assert open311.states_of([]) is None
    assert open311.states_of(["open", "closed"]) is None
    assert set(open311.states_of(["closed"]) or ()) == open311.CLOSED
    assert not set(open311.states_of(["open"]) or ()) & open311.CLOSED


def test_a_matter_on_hold_says_so() -> None:
    assert "缓办" in open311.notes_of(State.HANDLING, "deferred")
    assert "挂账" in open311.notes_of(State.HANDLING, "listed")


# --- moments


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-11-21T08:00:00Z", NOW),
        ("2026-11-21T16:00:00+08:00", NOW),
        # A plus sign that nobody escaped.
        ("2026-11-21T16:00:00 08:00", NOW),
        ("2026-11-21T03:00:00-05:00", NOW),
        ("2026-11-21T16:00:00", NOW),
        ("2026-11-21", datetime(2026, 11, 20, 16, tzinfo=UTC)),
    ],
)
def test_moments_are_read_as_clients_write_them(text: str, found: datetime) -> None:
    assert open311.moment(text) == found


@given(st.text(max_size=30))
def test_junk_is_no_moment(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert open311.moment(text).tzinfo is not None


def test_without_a_range_the_last_ninety_days_are_searched() -> None:
    assert open311.span(None, None, now=NOW) == (NOW - 90 * DAY, NOW)


def test_with_one_end_of_a_range_ninety_days_from_there_are() -> None:
    assert open311.span(NOW - 100 * DAY, None, now=NOW) == (NOW - 100 * DAY, NOW - 10 * DAY)
    assert open311.span(NOW - 10 * DAY, None, now=NOW) == (NOW - 10 * DAY, NOW)
    assert open311.span(None, NOW - 10 * DAY, now=NOW) == (NOW - 100 * DAY, NOW - 10 * DAY)


def test_a_range_spans_ninety_days_at_most() -> None:
    assert open311.span(NOW - 90 * DAY, NOW, now=NOW) == (NOW - 90 * DAY, NOW)
    with pytest.raises(open311.SpanTooLong):
        open311.span(NOW - 90 * DAY - timedelta(seconds=1), NOW, now=NOW)


# --- answers


def test_answers_to_what_was_asked_are_kept_and_others_left_out() -> None:
    given_ = {"SUPPLY": ["water"], "SINCE": ["2026-11-21"], "WHERE": ["lane", "path"], "COLOUR": ["red"]}

    answers = open311.answered([SUPPLY, SINCE, LIGHTS, WHERE, NOTE], given_)

    assert answers == {"SUPPLY": ["water"], "SINCE": ["2026-11-21"], "WHERE": ["lane", "path"]}


@pytest.mark.parametrize(
    ("asked", "given_"),
    [
        (SUPPLY, {}),
        (SUPPLY, {"SUPPLY": [" "]}),
        (SUPPLY, {"SUPPLY": ["gas"]}),
        (SUPPLY, {"SUPPLY": ["water", "power"]}),
        (WHERE, {"WHERE": ["lane", "roof"]}),
        (SINCE, {"SINCE": ["yesterday"]}),
        (LIGHTS, {"LIGHTS": ["many"]}),
        (LIGHTS, {"LIGHTS": ["nan"]}),
        (Question(code="A", datatype="string", description="a"), {"A": ["x\ny"]}),
        (Question(code="A", datatype="text", description="a"), {"A": ["x" * 501]}),
    ],
)
def test_a_wrong_answer_is_named(asked: Question, given_: dict[str, list[str]]) -> None:
    with pytest.raises(open311.AnswersWrong) as refused:
        open311.answered([asked], given_)

    assert [field.pointer for field in refused.value.fields] == [f"/attribute[{asked.code}]"]


def test_who_handles_the_matter_reads_the_answers_in_its_words() -> None:
    words = open311.words_of("整栋楼", [SUPPLY, WHERE], {"SUPPLY": ["water"], "WHERE": ["lane", "path"]})

    assert words == "整栋楼\n中断的是哪一项：水\n何处：车道、人行道"
    assert len(open311.words_of("x" * 4000, [SUPPLY], {"SUPPLY": ["water"]})) == 4000


# --- writing


def test_what_xml_cannot_hold_is_left_out() -> None:
    body = georeport.written("xml", "service_requests", [{"description": "a\x0b<b>&\ufffe油"}]).body

    assert body.endswith(
        "<service_requests><request><description>a&lt;b&gt;&amp;油</description></request></service_requests>".encode()
    )


def test_errors_have_the_statuses_of_the_standard() -> None:
    told = {kind: georeport.status_of(kind) for kind in (errors.Invalid, errors.Conflict, errors.TooLarge)}

    assert set(told.values()) == {400}
    assert georeport.status_of(open311.KeyMissing) == 403
    assert georeport.status_of(open311.ServiceUnknown) == 404
    assert georeport.status_of(errors.TooMany) == 429
