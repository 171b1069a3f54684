"""The ladder of organisations: proposed after a frozen table, opened, followed and closed by people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.dispatch import tabling
from services.dispatch.store import rankings
from shared import clock, ids
from tests.integration.dispatch.conftest import Running
from tests.integration.dispatch.months import (
    AFTER,
    FROZEN,
    Past,
    assess,
    at,
    october,
    office,
    past,
    published,
)
from tests.support import district

__all__ = ["office", "past", "published"]

NEXT_WEEK = (clock.now() + timedelta(days=7)).astimezone(clock.BEIJING).date().isoformat()


def proposals(past: Past) -> dict[tuple[str, str], Any]:
    rows = past.rows("SELECT * FROM supervision_proposals ORDER BY month")
    return {(row["month"], row["organisation_id"]): row for row in rows}


# --- what a table suggests


def test_a_frozen_table_proposes_and_a_draft_does_not(past: Past) -> None:
    past.set_rules(negative_attitudes=2)
    made = october(past)
    for task_id in (made["t1"], made["t2"]):
        assess(past, task_id, 50, "10-16 10:00", negative=True)

    past.keep(AFTER)
    assert proposals(past) == {}
    past.keep(FROZEN)

    # Market supervision has 67.5 + 10·100/200 = 72.5, before urban management's 70; one of its two answers was
    # satisfied, below 60 %. 文东街道 has 30·5/6 + 30·4/6 + 10·2/3 + 15 + 15·2/3 = 76.67;
    # 东关街道 (30 + 30·1/2) of 60 = 75.
    found = {key: row["grounds"] for key, row in proposals(past).items()}
    assert found == {
        ("2026-10", district.URBAN): ["low_rank"],
        ("2026-10", district.MARKET): ["negative_attitude", "low_satisfaction"],
        ("2026-10", district.ELSEWHERE): ["low_rank"],
    }
    told = past.rows("SELECT data FROM outbox WHERE type = 'yiwang.dispatch.joint_supervision_proposed.v1'")
    assert {row["data"]["organisation_id"] for row in told} == {key[1] for key in found}
    assert past.rows("SELECT 1 FROM joint_supervisions") == []


def test_low_months_in_a_row_become_a_long_run(past: Past) -> None:
    past.set_rules(long_run_months=2, least_matters=1)
    for month in ("10", "11"):
        for department, finished in (
            (district.MARKET, f"{month}-13 10:00"),
            (district.URBAN, f"{month}-25 10:00"),
        ):
            case = past.matter(f"{month}-12 08:30")
            task_id = past.call(case, department, f"{month}-12 09:00")[department]
            past.finish(task_id, signed=f"{month}-12 09:30", finished=finished)
        past.keep(at(f"{month}-30 23:59") + timedelta(days=1, minutes=2))
        past.keep(at(f"{month}-30 23:59") + timedelta(days=10))

    found = {key: row["grounds"] for key, row in proposals(past).items() if row["kind"] == "departments"}
    assert found == {
        ("2026-10", district.URBAN): ["low_rank"],
        ("2026-11", district.URBAN): ["low_rank", "long_run_low_rank"],
    }


def test_a_correction_proposes_anew_what_nobody_decided(past: Past) -> None:
    past.set_rules()
    october(past)
    past.keep(AFTER)
    past.keep(FROZEN)
    (old,) = past.tables()
    with past.database.transaction() as tx:
        tx.execute(
            "UPDATE supervision_proposals SET state = 'dismissed' WHERE organisation_id = %s",
            [district.MARKET],
        )
        locked, _ = rankings.lock(tx, str(old["ranking_id"]), [district.DISTRICT])
        tabling.correct(tx, locked, reason="误录", by_person=ids.new(), at=at("11-08 10:00"))

    rows = past.rows("SELECT * FROM supervision_proposals WHERE kind = 'departments' ORDER BY proposal_id")
    found = [(row["organisation_id"], row["state"]) for row in rows]
    assert sorted(found[:2]) == [(district.MARKET, "dismissed"), (district.URBAN, "superseded")]
    assert found[2:] == [(district.URBAN, "proposed")]


# --- what people make of it


@pytest.fixture
def proposal(published: Past, office: Running) -> Any:
    """A proposal about urban management nobody has decided; each test has one of its own."""
    proposal_id = ids.new()
    with office.database.transaction() as tx:
        # The key holds one per table and organisation: earlier ones move out of the way.
        tx.execute(
            "UPDATE supervision_proposals SET organisation_id = organisation_id || '-' || proposal_id"
            " WHERE organisation_id = %s",
            [district.URBAN],
        )
        tx.execute(
            "INSERT INTO supervision_proposals (proposal_id, ranking_id, area, month, kind, organisation_id, grounds,"
            " proposed_at) SELECT %s, ranking_id, area, month, kind, %s, ARRAY['low_rank', 'long_run_low_rank'], now()"
            " FROM rankings WHERE kind = 'departments' AND month = '2026-10' LIMIT 1",
            [proposal_id, district.URBAN],
        )
    return proposal_id


def test_a_person_opens_follows_and_closes_joint_supervision(proposal: str, office: Running) -> None:
    supervisor, urban = office.supervisor, office.responder(district.URBAN)
    path = f"/dispatch/supervision-proposals/{proposal}"

    early = supervisor.post(
        f"{path}/open",
        json={"words": "整改", "rectify_on": clock.now().astimezone(clock.BEIJING).date().isoformat()},
    )
    opened = supervisor.post(f"{path}/open", json={"words": "整改", "rectify_on": NEXT_WEEK})
    again = supervisor.post(f"{path}/open", json={"words": "整改", "rectify_on": NEXT_WEEK})
    dismissed = supervisor.post(f"{path}/dismiss", json={"words": "x"})

    assert (early.status_code, early.json()["code"]) == (422, "rectify_later")
    assert opened.status_code == 201, opened.text
    joint = opened.json()
    assert (joint["organisation_id"], joint["state"], joint["rectify_on"]) == (
        district.URBAN,
        "open",
        NEXT_WEEK,
    )
    assert [answer.json()["code"] for answer in (again, dismissed)] == ["proposal_decided"] * 2
    mine = f"/dispatch/joint-supervisions/{joint['supervision_id']}"

    moved = urban.post(f"{mine}/progress", json={"words": "改", "rectify_on": NEXT_WEEK})
    reported = urban.post(f"{mine}/progress", json={"words": "已整改一半"})
    closed = supervisor.post(f"{mine}/close", json={"is_rectified": True, "words": "验收"})
    late = urban.post(f"{mine}/progress", json={"words": "x"})

    assert (moved.status_code, moved.json()["code"]) == (403, "only_supervisors")
    assert [(one["words"], one["by_department"]) for one in reported.json()["progress"]] == [
        ("已整改一半", district.URBAN)
    ]
    assert (closed.json()["state"], closed.json()["is_rectified"]) == ("closed", True)
    assert (late.status_code, late.json()["code"]) == (409, "supervision_closed")
    assert office.events(joint["supervision_id"]) == ["joint_supervision_opened", "joint_supervision_closed"]
    assert office.responder(district.MARKET).get(mine).status_code == 404
    listed = urban.get("/dispatch/joint-supervisions").json()["items"]
    assert joint["supervision_id"] in {one["supervision_id"] for one in listed}


def test_long_run_low_ranks_are_passed_on_by_a_person_and_what_followed_is_recorded(
    proposal: str, office: Running
) -> None:
    supervisor = office.supervisor
    path = f"/dispatch/supervision-proposals/{proposal}/refer"

    referred = supervisor.post(path, json={"passed_to": "discipline", "words": "连续排名靠后"})
    again = supervisor.post(path, json={"passed_to": "discipline", "words": "x"})
    referral_id = referred.json()["referral_id"]
    acts = f"/dispatch/referrals/{referral_id}/acts"
    held = {"act": "interview", "held_on": NEXT_WEEK, "words": "已约谈"}
    interview, twice = supervisor.post(acts, json=held), supervisor.post(acts, json=held)
    notice = supervisor.post(acts, json={**held, "act": "notice", "words": "已通报"})

    assert (referred.status_code, again.status_code) == (201, 409)
    assert (interview.json()["interviewed_on"], interview.json()["noticed_on"]) == (NEXT_WEEK, None)
    assert (twice.status_code, twice.json()["code"]) == (409, "recorded_already")
    assert notice.json()["notice_words"] == "已通报"
    assert office.events(referral_id) == ["organisation_referred"]
    assert referral_id in {
        one["referral_id"] for one in supervisor.get("/dispatch/referrals").json()["items"]
    }


def test_only_a_long_run_is_passed_on(proposal: str, office: Running) -> None:
    with office.database.transaction() as tx:
        tx.execute(
            "UPDATE supervision_proposals SET grounds = ARRAY['low_rank'] WHERE proposal_id = %s", [proposal]
        )

    answer = office.supervisor.post(
        f"/dispatch/supervision-proposals/{proposal}/refer", json={"passed_to": "organisation", "words": "x"}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "not_long_run")


def test_a_proposal_may_be_dismissed_with_a_reason(proposal: str, office: Running) -> None:
    path = f"/dispatch/supervision-proposals/{proposal}/dismiss"

    bare = office.supervisor.post(path, json={})
    done = office.supervisor.post(path, json={"words": "已说明"})

    assert bare.status_code == 422
    assert (done.json()["state"], done.json()["decided_words"]) == ("dismissed", "已说明")
    shown = office.supervisor.get("/dispatch/supervision-proposals", params={"state": "dismissed"}).json()
    assert proposal in {one["proposal_id"] for one in shown["items"]}
