"""The catalogue's versions, and the table people edit it in."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases import seed
from services.cases.domain import catalogue, catalogue_table, errors
from services.cases.domain.catalogue import Matter
from services.cases.schemas.catalogue import MatterRow
from services.registry import demo_users

FUMES = Matter(
    code="env.cooking_fumes",
    version=3,
    name="油烟扰民",
    theme="environment",
    mechanism="coordination",
    scope_class="regional",
    level="grid",
    sla_class="five_days",
    urgency="ordinary",
    main_department_kind="market_supervision",
    supporting_department_kinds=("urban_management", "ecology"),
    required_documents=("现场照片",),
    filing_standard="油烟直排",
    closing_standard="达标排放",
)


def test_a_change_is_the_next_version_and_leaves_the_one_before() -> None:
    changed = catalogue.change(FUMES, {"name": "餐饮油烟"})

    assert (changed.version, changed.name, changed.code) == (4, "餐饮油烟", FUMES.code)
    assert (FUMES.version, FUMES.name) == (3, "油烟扰民")


def test_what_is_said_already_makes_no_version() -> None:
    with pytest.raises(errors.NothingChanged):
        catalogue.change(FUMES, {"name": FUMES.name})


def test_a_retired_matter_is_retired_once_and_in_use_again_when_changed() -> None:
    retired = catalogue.retire(FUMES)

    with pytest.raises(errors.NothingChanged):
        catalogue.retire(retired)
    back = catalogue.change(retired, {})
    assert (retired.version, retired.is_active) == (4, False)
    assert (back.version, back.is_active) == (5, True)


def test_a_list_adds_changes_and_retires_and_leaves_the_rest() -> None:
    others = {code: replace(FUMES, code=code) for code in ("a.kept", "b.changed", "c.retired", "d.unnamed")}
    wanted = [
        replace(others["a.kept"], version=1),
        replace(others["b.changed"], name="改名"),
        replace(others["c.retired"], is_active=False),
        replace(FUMES, code="e.new", version=9),
    ]

    revision = catalogue.revise(others, wanted)

    assert [(one.code, one.version) for one in revision.added] == [("e.new", 1)]
    assert [(one.code, one.version) for one in revision.changed] == [("b.changed", 4)]
    assert [(one.code, one.version, one.is_active) for one in revision.retired] == [("c.retired", 4, False)]
    assert revision.unchanged == 1


def test_each_new_version_is_announced_for_the_area_served() -> None:
    revision = catalogue.Revision(added=(FUMES,), retired=(replace(FUMES, code="a.b", is_active=False),))

    assert [
        (one.category, one.area, one.catalogue_version, one.active) for one in revision.events("370102")
    ] == [
        ("env.cooking_fumes", "370102", 3, True),
        ("a.b", "370102", 3, False),
    ]


# --- the table


def read(text: str) -> list[dict[str, Any]]:
    return [row.fields for row in catalogue_table.read(text)]


def matter_of(row: dict[str, Any], version: int) -> Matter:
    loaded = MatterRow().load(row)
    return Matter(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in loaded.items()},
        version=version,
    )


def test_a_table_has_chinese_titles_and_labels() -> None:
    titles, row = csv.reader(io.StringIO(catalogue_table.write([FUMES])))

    shown = dict(zip(titles, row, strict=True))
    assert shown["处置机制"] == "协调性"
    assert shown["主责部门"] == "市场监管"
    assert shown["协办部门"] == "城管、生态环境"
    assert shown["在用"] == "是"


def test_the_delivered_catalogue_is_read_back_from_its_table_as_it_was() -> None:
    matters = seed.delivered()

    rows = read("\ufeff" + catalogue_table.write(matters))

    assert [matter_of(row, 1) for row in rows] == matters


TEXT = st.text(min_size=1, max_size=40).filter(lambda text: text.strip() == text and "\x00" not in text)


@given(name=TEXT, standard=TEXT, active=st.booleans())
def test_whatever_a_matter_says_survives_the_table(name: str, standard: str, active: bool) -> None:
    matter = replace(FUMES, name=name, filing_standard=standard, is_active=active)

    (row,) = read(catalogue_table.write([matter]))

    assert (row["name"], row["filing_standard"], row["is_active"]) == (name, standard, active)


@pytest.mark.parametrize("name", ["=1+1", "+86", "-x", "@a", "＝1", "'=1", "''=1"])
def test_no_cell_is_a_formula(name: str) -> None:
    text = catalogue_table.write([replace(FUMES, name=name)])

    assert f",'{name}," in text
    assert read(text)[0]["name"] == name


def test_codes_are_understood_where_labels_are() -> None:
    text = (
        catalogue_table.write([FUMES])
        .replace("协调性", "coordination")
        .replace("城管、", "urban_management，")
    )

    assert matter_of(read(text)[0], 3) == FUMES


def test_empty_lines_are_no_matters() -> None:
    text = catalogue_table.write([FUMES])

    assert len(read(f"{text}\r\n,,,,,,,,,,,,,\r\n")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "编码,名称\r\na,b",
        catalogue_table.write([FUMES]).replace("处置机制", "机制"),
        catalogue_table.write([FUMES]).replace("处置机制", "类别"),
        '"未完',
    ],
)
def test_what_is_no_such_table_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(errors.NotACatalogue):
        read(text)


def test_rows_are_numbered_as_a_spreadsheet_does_and_a_short_one_says_so() -> None:
    several = replace(FUMES, filing_standard="一行\n两行")
    empty = "," * (len(catalogue_table.TITLES) - 1)
    text = catalogue_table.write([several]) + f"{empty}\r\nenv.x,短\r\n"

    rows = catalogue_table.read(text)

    assert [(row.number, row.fault) for row in rows] == [
        (2, None),
        (4, f"2 cells where the table has {len(catalogue_table.TITLES)} columns."),
    ]


def test_a_table_has_its_limit() -> None:
    row = catalogue_table.write([FUMES]).splitlines()[1]
    titles = catalogue_table.write([])

    assert len(read(titles + f"{row}\r\n" * catalogue_table.MOST_ROWS)) == catalogue_table.MOST_ROWS
    with pytest.raises(errors.NotACatalogue):
        read(titles + f"{row}\r\n" * (catalogue_table.MOST_ROWS + 1))


# --- what is delivered


def test_the_delivered_catalogue_covers_every_theme_and_every_department() -> None:
    matters = seed.delivered()

    assert len(matters) >= 60
    assert {matter.theme for matter in matters} == set(catalogue_table.LABELS["theme"])
    assert {matter.mechanism for matter in matters} == set(catalogue_table.LABELS["mechanism"])
    assert {matter.scope_class for matter in matters} == set(catalogue_table.LABELS["scope_class"])
    known = set(demo_users._DEPARTMENTS)
    assert {matter.main_department_kind for matter in matters} == known
    assert all(set(matter.supporting_department_kinds) <= known for matter in matters)


def test_every_delivered_matter_is_one_an_admin_could_have_added() -> None:
    for matter in seed.delivered():
        row = {name: getattr(matter, name) for name in catalogue_table.COLUMNS}
        assert (
            matter_of(
                {
                    **row,
                    "supporting_department_kinds": list(matter.supporting_department_kinds),
                    "required_documents": list(matter.required_documents),
                },
                1,
            )
            == matter
        )


def test_a_delivered_approval_names_the_documents_it_gathers_and_nothing_else_does() -> None:
    for matter in seed.delivered():
        assert bool(matter.required_documents) == (matter.mechanism == "approval"), matter.code


def test_every_delivered_label_is_known() -> None:
    for matter in seed.delivered():
        for field in ("theme", "mechanism", "scope_class", "level", "sla_class", "urgency"):
            assert getattr(matter, field) in catalogue_table.LABELS[field], (matter.code, field)
