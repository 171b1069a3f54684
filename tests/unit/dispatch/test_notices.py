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
        caller_id="caller",
    )
    return dataclasses.replace(made, **changes)


WORKED_ON = {
    "handler_id": "handler",
    "signed_by": "responder",
    "assigned_by": "leader",
    "returned_by": "asker",
}


def happened(kind: Kind, **numbers: str) -> Happened:
    filled = {
        "clock": "sign",
        "due_at": "11月23日 12:00",
        "rectify_by": "11月24日 12:00",
        "repetition": "2",
        "upheld": "false",
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
        (Kind.TASK_ASSIGNED, facts(**WORKED_ON), ["handler"]),
        (Kind.REPLY_TO_REVIEW, facts(**WORKED_ON), ["leader"]),
        (Kind.REPLY_SENT_BACK, facts(**WORKED_ON), ["handler"]),
        (Kind.TASK_RETURNED, facts(), ["s1", "s2"]),
        (Kind.RETURN_RULED, facts(**WORKED_ON), ["asker", "caller"]),
        (Kind.YELLOW_CARD, facts(**WORKED_ON), ["handler", "responder"]),
        (Kind.RED_CARD, facts(), ["duty1"]),
        (Kind.RED_CARD, facts(task_id=None, order_id=None), ["street"]),
        (Kind.SUPERVISION_ORDERED, facts(**WORKED_ON), ["handler", "responder", "s1"]),
        (Kind.ORDER_FINISHED, facts(), ["caller"]),
        (Kind.RATED, facts(**WORKED_ON), ["handler", "responder"]),
    ],
)
def test_each_is_told_what_concerns_them(kind: Kind, of: Facts, people: list[str]) -> None:
    told = domain.notices_of(happened(kind), of, at=NOON)

    assert [notice.person_id for notice in told] == people
    assert all(notice.title and "370102007003001" in notice.words for notice in told)


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
    assert domain.due_at(Kind.YELLOW_CARD, urgency="ordinary", at=at) == goes_out_at


@pytest.mark.parametrize(("kind", "urgency"), [(Kind.RED_CARD, "emergency"), (Kind.TASK_SENT, "ordinary")])
def test_emergencies_and_calls_to_whoever_is_on_duty_go_out_at_any_hour(kind: Kind, urgency: str) -> None:
    assert domain.due_at(kind, urgency=urgency, at=beijing(3)) == beijing(3)


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
