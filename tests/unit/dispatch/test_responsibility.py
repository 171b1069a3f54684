"""The responsibility list: whom it names, versions, its file; and what may be a ground of return."""

from __future__ import annotations

import csv
import dataclasses
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.domain import errors, listfile, returns
from services.dispatch.domain import responsibility as domain
from services.dispatch.domain.responsibility import Department, Ground, Item, ListState, ResponsibilityList

DELIVERED = Path("services/dispatch/data/responsibility.csv")
TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
DISTRICT, SUBDISTRICT = "370102", "370102007"


def item(code: str = "HJ01", *, main: str = "market_supervision", **changes: Any) -> Item:
    made = Item(
        code=code,
        name="餐饮油烟扰民",
        theme="环境保护",
        main=main,
        supporting=("ecology",),
        subdistrict_duty="巡查、上报、协助执法",
        law="《大气污染防治法》第八十一条",
        procedure="核查→整改",
        categories=("env.cooking_fumes",),
    )
    return dataclasses.replace(made, **changes)


def a_list(**changes: Any) -> ResponsibilityList:
    made = ResponsibilityList(
        list_id="l1",
        area=DISTRICT,
        number=3,
        state=ListState.DRAFT,
        effective_on=None,
        last_resort="urban_management",
        version=4,
    )
    return dataclasses.replace(made, **changes)


def department(kind: str, area: str = DISTRICT) -> Department:
    return Department(department_id=f"{area}-{kind}", area=area, kind=kind, name=kind)


def proposed(*items: Item, category: str = "env.cooking_fumes", **options: Any) -> domain.Proposal:
    tell = {
        "kind": "subdistrict_calls_departments",
        "serving": [department(kind) for kind in ("market_supervision", "ecology", "urban_management")],
        **options,
    }
    return domain.propose(a_list(), items, category=category, **tell)


# --- whom it names


def test_the_list_names_main_and_supporting_departments_with_item_and_law() -> None:
    made = proposed(item())

    assert made.item == item()
    assert made.main is not None
    assert made.main.department == department("market_supervision")
    assert [one.unit for one in made.supporting] == ["ecology"]
    assert not made.is_last_resort
    assert "HJ01" in made.explanation
    assert "《大气污染防治法》第八十一条" in made.explanation


def test_what_no_item_covers_goes_to_the_district_and_the_answer_says_so() -> None:
    made = proposed(item(), category="city.unheard_of")

    assert made.is_last_resort
    assert made.item is None
    assert made.main is not None
    assert made.main.department == department("urban_management")
    assert "兜底" in made.explanation


def test_a_matter_of_the_subdistrict_itself_names_nobody_to_whistle() -> None:
    made = proposed(item(main="subdistrict"))

    assert made.is_subdistricts
    assert made.main is None


def test_a_unit_without_a_department_in_the_area_is_named_all_the_same() -> None:
    made = proposed(item(), serving=[department("ecology")])

    assert made.main is not None
    assert (made.main.label, made.main.department) == ("市场监管", None)


def test_an_item_that_names_a_matter_exactly_goes_before_one_that_covers_its_theme() -> None:
    whole, exact = item("A1", categories=("env.*",)), item("B1", categories=("env.cooking_fumes",))

    made = proposed(whole, exact)

    assert made.item == exact
    assert made.alternatives == (whole,)
    assert not item(categories=("env.*",)).covers("environment")


def test_grids_call_the_office_nearest_to_them_and_subdistricts_that_of_the_district() -> None:
    serving = [department("market_supervision", area) for area in ("3701", DISTRICT, SUBDISTRICT)]

    calls = {
        kind: proposed(item(), kind=kind, serving=serving).main
        for kind in ("grid_calls_offices", "subdistrict_calls_departments")
    }

    assert {
        kind: called.department.area for kind, called in calls.items() if called and called.department
    } == {
        "grid_calls_offices": SUBDISTRICT,
        "subdistrict_calls_departments": DISTRICT,
    }


@pytest.mark.parametrize(
    ("unit", "role", "code"),
    [
        ("market_supervision", "main", "A1"),
        ("ecology", "supporting", "A1"),
        ("housing", "main", "B1"),
        ("health", "unlisted", "A1"),
    ],
)
def test_a_department_keeps_the_item_it_was_called_on(unit: str, role: str, code: str) -> None:
    items = (item("A1"), item("B1", main="housing", supporting=()))

    ground = domain.ground_of(a_list(), items, category="env.cooking_fumes", unit=unit)

    assert (ground.role, ground.item_code, ground.list_number) == (role, code, 3)


@pytest.mark.parametrize(
    ("ground", "to", "reason"),
    [
        (None, "health", "not_covered"),
        (Ground(list_area="", list_number=1, role="last_resort"), "health", "not_covered"),
        (
            domain.ground_of(a_list(), (item(),), category="env.cooking_fumes", unit="health"),
            "health",
            "differs",
        ),
        (
            domain.ground_of(a_list(), (item(),), category="env.cooking_fumes", unit="ecology"),
            "ecology",
            None,
        ),
    ],
)
def test_a_ruling_is_proposed_for_the_list_where_the_list_says_otherwise_or_nothing(
    ground: Ground | None, to: str, reason: str | None
) -> None:
    assert domain.wants_amendment(ground, to_unit=to) == reason


# --- versions


@pytest.mark.parametrize(
    ("effective_on", "latest", "fits"),
    [
        (TODAY, None, True),
        (TODAY - timedelta(days=1), None, False),
        (TODAY + timedelta(days=30), TODAY + timedelta(days=30), True),
        (TODAY + timedelta(days=29), TODAY + timedelta(days=30), False),
    ],
)
def test_a_version_comes_into_force_neither_in_the_past_nor_before_an_earlier_one(
    effective_on: date, latest: date | None, fits: bool
) -> None:
    def publish() -> ResponsibilityList:
        return domain.publish(a_list(), effective_on=effective_on, today=TODAY, latest=latest, items=1)

    if fits:
        assert (publish().state, publish().effective_on, publish().version) == ("published", effective_on, 5)
    else:
        with pytest.raises(domain.EffectiveTooEarly):
            publish()


def test_what_is_published_stays_as_it_is() -> None:
    published = a_list(state=ListState.PUBLISHED, effective_on=TODAY)

    for change in (
        lambda: domain.edited(published),
        lambda: domain.with_last_resort(published, "health"),
        lambda: domain.publish(published, effective_on=TODAY, today=TODAY, latest=None, items=1),
    ):
        with pytest.raises(domain.NotADraft):
            change()
    with pytest.raises(domain.EmptyList):
        domain.publish(a_list(), effective_on=TODAY, today=TODAY, latest=None, items=0)


# --- the file


def test_the_delivered_list_has_at_least_104_items_and_leaves_three_to_the_subdistrict() -> None:
    items = listfile.read(DELIVERED.read_text(encoding="utf-8"))

    assert len(items) >= 104
    assert sum(one.main == "subdistrict" for one in items) == 3
    assert {one.main for one in items} == set(domain.UNITS)
    assert all(one.law.startswith("《") and one.procedure and one.categories for one in items)


TEXT = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), blacklist_characters="'"),
    min_size=1,
    max_size=30,
)


@given(
    st.lists(
        st.builds(
            Item,
            code=st.from_regex(listfile.CODE_PATTERN, fullmatch=True).map(str.strip),
            name=TEXT,
            theme=TEXT,
            main=st.sampled_from(["housing", "subdistrict"]),
            supporting=st.sampled_from([(), ("health",), ("health", "justice")]),
            subdistrict_duty=st.just("") | TEXT,
            law=TEXT,
            procedure=TEXT,
            categories=st.sampled_from([(), ("env.*",), ("env.noise", "city.dogs")]),
        ),
        max_size=5,
        unique_by=lambda one: one.code,
    )
)
def test_what_is_exported_is_read_back_the_same(items: list[Item]) -> None:
    assert list(listfile.read(listfile.written(items))) == items


def test_a_cell_that_a_spreadsheet_would_run_is_written_as_text() -> None:
    text = listfile.written([item(name="=cmd|' /c calc'!A1")])

    assert "'=cmd" in text
    assert listfile.read(text)[0].name == "=cmd|' /c calc'!A1"


def test_every_wrong_cell_is_named_by_line_and_title() -> None:
    good = listfile.written([item()]).splitlines()
    lines = [
        good[0],
        good[1],
        good[1],
        "X 1,,主题,没有局,生态环境 月球局,,法,流程,Env noise",
        "只有三列,a,b",
        "X2,名,主题,住建,住建,,法,流程,",
    ]

    with pytest.raises(listfile.RowsWrong) as wrong:
        listfile.read("\ufeff" + "\n".join(lines))

    assert [(one.pointer, one.code) for one in wrong.value.fields] == [
        ("/3/编号", "repeated"),
        ("/4/事项", "missing"),
        ("/4/编号", "invalid"),
        ("/4/主体责任单位", "unknown_unit"),
        ("/4/配合单位", "unknown_unit"),
        ("/4/对应事项目录", "invalid"),
        ("/5", "cells"),
        ("/6/配合单位", "invalid"),
    ]


@pytest.mark.parametrize("text", ["", "a,b\n", '"open', "编号,事项\n"])
def test_a_file_that_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(listfile.RowsWrong):
        listfile.read(text)


# --- grounds of return


def listed(main: str) -> Ground:
    return domain.ground_of(a_list(), (item(main=main),), category="env.cooking_fumes", unit=main)


@pytest.mark.parametrize(
    ("ground", "on", "fits"),
    [
        ("not_our_duty", None, True),
        ("local_jurisdiction", listed("market_supervision"), False),
        ("local_jurisdiction", None, False),
        ("local_jurisdiction", listed("subdistrict"), True),
    ],
)
def test_local_jurisdiction_is_a_ground_only_for_the_streets_own_items(
    ground: str, on: Ground | None, fits: bool
) -> None:
    if fits:
        returns.check(ground, listed=on, until=NOW, at=NOW)
    else:
        with pytest.raises(errors.LocalJurisdictionIsNoGround):
            returns.check(ground, listed=on, until=NOW, at=NOW)


def test_a_task_is_returned_in_time_or_not_at_all() -> None:
    returns.check("not_our_duty", listed=None, until=NOW, at=NOW)

    with pytest.raises(errors.ReturnTooLate):
        returns.check("not_our_duty", listed=None, until=NOW, at=NOW + timedelta(microseconds=1))


def test_what_the_list_makes_the_streets_own_is_announced_as_not_the_departments_duty() -> None:
    assert returns.announced("local_jurisdiction") == "not_our_duty"
    assert returns.announced("duplicate_order") == "duplicate_order"


def test_every_matter_of_the_delivered_catalogue_has_an_item_with_the_same_main_department() -> None:
    items = listfile.read(DELIVERED.read_text(encoding="utf-8"))
    with Path("services/cases/data/catalogue.csv").open(encoding="utf-8", newline="") as file:
        matters = {row["code"]: row["main_department_kind"] for row in csv.DictReader(file)}

    named = {code: [item.main for item in domain.covering(items, code)][:1] for code in matters}

    assert named == {code: [main] for code, main in matters.items()}
