"""Drafting and publishing a net."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.registry.domain import net

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
COMMUNITY = "370102007001"
NAMES = {"370102007": "文东街道", COMMUNITY: "和平路社区居民委员会"}
DRAFT = net.Net(id="n1", area="370102007", created_at=AT)
CLEAR = net.Report()
SQUARE = (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)),)


def grid(code: str = COMMUNITY + "001", **fields: object) -> net.Grid:
    values = {"name": "第一网格", "kind": net.Kind.BASIC, "outline": SQUARE, "centre": (0.5, 0.5)} | fields
    return net.Grid(code=code, **values)  # type: ignore[arg-type]


def publish(
    draft: net.Net = DRAFT,
    *,
    report: net.Report = CLEAR,
    previous: net.Net | None = None,
    effective_at: datetime | None = None,
) -> tuple[net.Net, net.Net | None, list[net.NetPublished]]:
    return net.publish(
        draft,
        [grid()],
        report=report,
        previous=previous,
        names=NAMES,
        effective_at=effective_at,
        by="p1",
        at=AT,
    )


def test_the_first_net_takes_effect_at_once_and_carries_short_names() -> None:
    published, previous, (event,) = publish()

    assert (published.state, published.net_version, published.effective_at) == (net.State.PUBLISHED, 1, AT)
    assert previous is None
    assert event.area == event.subject == "370102007"
    assert event.grids[0].community_name == "和平路社区"
    assert event.grids[0].outline == SQUARE


def test_the_next_net_ends_the_one_before_at_its_own_beginning() -> None:
    first, _, _ = publish(replace(DRAFT, id="n0"), effective_at=AT - timedelta(minutes=1))

    second, ended, (event,) = publish(previous=first, effective_at=AT + timedelta(days=3))

    assert ended is not None
    assert ended.superseded_at == second.effective_at == AT + timedelta(days=3)
    assert event.net_version == 2


def test_a_net_does_not_begin_before_or_with_the_one_before() -> None:
    first, _, _ = publish(effective_at=AT + timedelta(days=3))

    for effective_at in (AT, AT + timedelta(days=3)):
        with pytest.raises(net.NetOrder):
            publish(replace(DRAFT, id="n2"), previous=first, effective_at=effective_at)


@pytest.mark.parametrize("seconds", [-301, 730 * 86_400 + 1])
def test_a_net_begins_neither_in_the_past_nor_in_the_far_future(seconds: int) -> None:
    with pytest.raises(net.EffectiveAtInvalid):
        publish(effective_at=AT + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-300, 730 * 86_400])
def test_the_span_in_which_a_net_may_begin_is_closed(seconds: int) -> None:
    published, _, _ = publish(effective_at=AT + timedelta(seconds=seconds))

    assert published.effective_at == AT + timedelta(seconds=seconds)


def test_a_net_with_a_problem_is_refused_with_the_problem() -> None:
    problem = net.Problem(finding=net.Finding.GAP, detail="blank", geometry={"type": "Polygon"})

    with pytest.raises(net.NetNotClear) as refused:
        publish(report=net.Report(problems=(problem,)))

    assert refused.value.arguments["problems"][0]["geometry"] == {"type": "Polygon"}


def test_a_net_that_is_no_draft_any_more_stays_as_it_is() -> None:
    published, _, _ = publish()
    discarded = net.discard(DRAFT)

    for closed in (published, discarded):
        for change in (net.redrawn, net.discard, publish):
            with pytest.raises(net.NetClosed):
                change(closed)


def test_basic_grids_are_numbered_before_dedicated_ones_and_kept_codes_stay() -> None:
    grids = [
        grid(COMMUNITY, kind=net.Kind.DEDICATED, site=net.Site.PARK, name="公园"),
        grid(COMMUNITY, name="新"),
        grid(COMMUNITY + "002", name="旧"),
    ]

    numbered = net.numbered(grids, used=[COMMUNITY + "004"])

    assert [(one.code[-3:], one.name) for one in numbered] == [("002", "旧"), ("005", "新"), ("006", "公园")]
