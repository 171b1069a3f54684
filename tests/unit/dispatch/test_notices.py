"""Notices: who is told, in what words, when they may go out, and how they are signed."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.dispatch import notifier
from services.dispatch.domain import notices as domain
from services.dispatch.domain.notices import Facts, Happened, Kind
from shared import config

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


def facts(**changes: Any) -> Facts:
    made = Facts(
        case_id="c1",
        order_id="o1",
        task_id="t1",
        area="370102007003001",
        urgency="ordinary",
        category="env.cooking_fumes",
        department_name="市场监管局",
        on_duty=("duty1", "duty2"),
        members=("m1", "m2"),
        supervisors=("s1", "s2"),
        subdistrict=("street",),
        handlers=("worker", "lead"),
        operators=("operator",),
        asked_by="asker",
        caller_id="caller",
    )
    return dataclasses.replace(made, **changes)


WORKED_ON = {
    "handler_id": "handler",
    "signed_by": "responder",
    "assigned_by": "leader",
    "returned_by": "asker",
}


OF_MATTER: dict[str, Any] = {"task_id": None, "order_id": None}


def happened(kind: Kind, **numbers: str) -> Happened:
    filled = {
        "clock": "sign",
        "due_at": "11月23日 12:00",
        "rectify_by": "11月24日 12:00",
        "repetition": "2",
        "upheld": "false",
        "approved": "true",
        "times": "1",
        "position": "2",
        "score": "5",
        "rater": "caller",
    }
    return Happened(kind=kind, occurrence="1", person_id="next", numbers={**filled, **numbers})


@pytest.mark.parametrize(
    ("kind", "of", "people"),
    [
        (Kind.TASK_SENT, facts(), ["duty1"]),
        (Kind.TASK_SENT, facts(on_duty=()), ["m1", "m2"]),
        (Kind.TASK_PASSED_ON, facts(), ["next"]),
        (Kind.TASK_ASSIGNED, facts(**WORKED_ON), ["next"]),
        (Kind.REPLY_TO_REVIEW, facts(**WORKED_ON), ["leader"]),
        (Kind.REPLY_SENT_BACK, facts(**WORKED_ON), ["handler"]),
        (Kind.TASK_RETURNED, facts(), ["s1", "s2"]),
        (Kind.RETURN_RULED, facts(**WORKED_ON), ["asker", "caller"]),
        (Kind.YELLOW_CARD, facts(**WORKED_ON), ["handler", "responder"]),
        (Kind.RED_CARD, facts(), ["duty1"]),
        (Kind.YELLOW_CARD, facts(**OF_MATTER), ["worker", "lead"]),
        (Kind.RED_CARD, facts(**OF_MATTER), ["worker", "lead", "street"]),
        (Kind.SUPERVISION_ORDERED, facts(**OF_MATTER), ["worker", "lead", "street", "s1"]),
        # Nobody is responsible, or nobody dispatch knows of: it goes up instead of to nobody.
        (Kind.TASK_SENT, facts(on_duty=(), members=()), ["s1", "s2"]),
        (Kind.RED_CARD, facts(on_duty=(), members=()), ["s1", "s2"]),
        (Kind.YELLOW_CARD, facts(**OF_MATTER, handlers=()), ["street"]),
        (Kind.YELLOW_CARD, facts(**OF_MATTER, handlers=(), subdistrict=()), ["s1", "s2"]),
        (Kind.RED_CARD, facts(**OF_MATTER, handlers=(), subdistrict=()), ["s1", "s2"]),
        (Kind.TASK_UNANSWERED, facts(), ["s1", "s2", "caller"]),
        (Kind.EXTENSION_ASKED, facts(), ["s1", "s2"]),
        (Kind.EXTENSION_DECIDED, facts(), ["asker"]),
        (Kind.ASSESSED, facts(**WORKED_ON), ["handler", "responder"]),
        (Kind.ASSESSED, facts(), ["m1", "m2"]),
        (Kind.ASSESSMENT_APPEALED, facts(), ["s1", "s2"]),
        (Kind.ASSESSMENT_RULED, facts(**WORKED_ON), ["handler", "responder", "caller"]),
        (Kind.SUPERVISION_ORDERED, facts(**WORKED_ON), ["handler", "responder", "s1"]),
        (Kind.ORDER_FINISHED, facts(), ["caller"]),
        (Kind.RATED, facts(**WORKED_ON), ["handler", "responder"]),
    ],
)
def test_each_is_told_what_concerns_them(kind: Kind, of: Facts, people: list[str]) -> None:
    told = domain.notices_of(happened(kind), of, at=NOON)

    assert [notice.person_id for notice in told] == people
    assert all(notice.title and "370102007003001" in notice.words for notice in told)


def test_who_calls_back_hears_of_the_limit_to_call_back() -> None:
    told = domain.notices_of(happened(Kind.RED_CARD, clock="call_back"), facts(**OF_MATTER), at=NOON)

    assert [notice.person_id for notice in told] == ["operator", "street"]


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({"upheld": "false"}, "退单不成立，请继续办理。"),
        ({"upheld": "true"}, "退单成立，已改派。"),
        ({"upheld": "true", "not_needed": "duplicate_order"}, "退单成立，任务撤销。"),
        (
            {"upheld": "true", "not_needed": "streets_own", "order_ended": "true"},
            "退单成立，事项退回街道办理。",
        ),
    ],
)
def test_a_ruling_says_what_became_of_the_task(numbers: dict[str, str], said: str) -> None:
    assert domain.words(happened(Kind.RETURN_RULED, **numbers), facts()).endswith(said)


def test_the_caller_learns_how_they_were_rated() -> None:
    told = domain.notices_of(happened(Kind.RATED, rater="responder"), facts(**WORKED_ON), at=NOON)

    assert [notice.person_id for notice in told] == ["caller"]


def test_one_person_in_two_parts_is_told_once() -> None:
    of = facts(handler_id="p", signed_by="p")

    assert len(domain.notices_of(happened(Kind.YELLOW_CARD), of, at=NOON)) == 1


def test_words_are_codes_numbers_and_times() -> None:
    words = domain.words(happened(Kind.RED_CARD), facts(item_name="餐饮油烟扰民"))

    assert words == "网格 370102007003001，餐饮油烟扰民，一般，市场监管局。签收时限已于 11月23日 12:00 到期。"


def beijing(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=domain.BEIJING).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "goes_out_at"),
    [
        (beijing(20, 59), beijing(20, 59)),
        (beijing(21), beijing(8) + timedelta(days=1)),
        (beijing(23, 59), beijing(8) + timedelta(days=1)),
        (beijing(0), beijing(8)),
        (beijing(7, 59), beijing(8)),
        (beijing(8), beijing(8)),
    ],
)
def test_no_reminder_goes_out_at_night(at: datetime, goes_out_at: datetime) -> None:
    assert domain.due_at(urgency="ordinary", is_called=False, at=at) == goes_out_at


@pytest.mark.parametrize(
    ("kind", "of", "waits"),
    [
        (Kind.RED_CARD, facts(), True),
        (Kind.RED_CARD, facts(urgency="emergency"), False),
        (Kind.TASK_SENT, facts(), False),
        (Kind.TASK_PASSED_ON, facts(), False),
        # Nobody is on duty: the whole department is not woken for what can wait.
        (Kind.TASK_SENT, facts(on_duty=()), True),
        (Kind.TASK_SENT, facts(on_duty=(), members=()), True),
        (Kind.TASK_SENT, facts(on_duty=(), urgency="emergency"), False),
    ],
)
def test_at_night_only_emergencies_go_out_and_calls_to_whoever_is_on_duty(
    kind: Kind, of: Facts, waits: bool
) -> None:
    told = domain.notices_of(happened(kind), of, at=beijing(3))

    assert {notice.due_at for notice in told} == {beijing(8) if waits else beijing(3)}


def test_tries_come_ever_later_and_end() -> None:
    waits = []
    tries = 1
    while (at := domain.retry_at(tries, NOON)) is not None:
        waits.append((at - NOON).total_seconds())
        tries += 1

    assert waits == sorted(domain.BACKOFF_SECONDS)
    assert tries == len(domain.BACKOFF_SECONDS) + 1


def test_messages_are_signed_as_standard_webhooks_are() -> None:
    # The example of the specification's own libraries.
    channel = notifier.Notifier("https://example.cn", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    made = channel.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("ftp://example.cn", "whsec_" + "A" * 32),
        ("https://example.cn", "short"),
        ("https://example.cn", "whsec_AAAA"),
    ],
)
def test_a_channel_that_cannot_work_is_refused_at_the_start(url: str, secret: str) -> None:
    with pytest.raises(config.ConfigError):
        notifier.Notifier(url, secret)
