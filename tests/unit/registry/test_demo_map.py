"""The generated district: the numbers of S0, and a net without gap or overlap on every level."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime

import pytest
import shapely
from shapely.geometry import shape

from services.registry.demo import cast, divisions, force, geometry, names, place
from services.registry.demo.ids import fixed
from services.registry.domain import areas, coverage, net, posts
from shared.areas import Level, at_level, inside

AT = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def generated() -> geometry.Map:
    return geometry.generate(divisions.communities())


@pytest.fixture(scope="module")
def serving(generated: geometry.Map) -> force.Force:
    codes = [code for code, _ in divisions.communities()]
    return force.build(generated, communities=codes, at=AT)


def test_the_divisions_are_those_of_lixia() -> None:
    assert len(divisions.subdistricts()) == 13
    assert len(divisions.communities()) == 139


def test_there_are_860_basic_and_354_dedicated_grids(generated: geometry.Map) -> None:
    kinds = Counter(grid.kind for grid in generated.grids)

    assert kinds == {net.Kind.BASIC: 860, net.Kind.DEDICATED: 354}
    assert len({grid.code for grid in generated.grids}) == 1_214


def test_every_subdistricts_net_is_clear(generated: geometry.Map) -> None:
    for subdistrict, name in divisions.subdistricts():
        report = coverage.check(
            generated.grids_of(subdistrict),
            outline=generated.outlines[subdistrict],
            communities=[code for code, _ in divisions.communities() if inside(code, subdistrict)],
            guidance=areas.DEFAULT_GUIDANCE,
        )
        assert report.clear, (name, report.problems[:3])


def test_the_areas_cover_the_district_on_every_level(generated: geometry.Map) -> None:
    grids = [coverage.polygon(grid.outline) for grid in generated.grids]
    communities = defaultdict(list)
    for grid, body in zip(generated.grids, grids, strict=True):
        communities[grid.community].append(body)
    unions = [shapely.coverage_union_all(bodies) for bodies in communities.values()]
    subdistricts = [shape(generated.outlines[code]) for code, _ in divisions.subdistricts()]

    for level in (grids, unions, subdistricts):
        assert shapely.coverage_is_valid(level)
        assert {body.geom_type for body in level} == {"Polygon"}
        assert shapely.coverage_union_all(level).equals(shape(generated.outlines[divisions.DISTRICT]))


def test_the_map_is_the_same_every_time(generated: geometry.Map) -> None:
    assert geometry.generate.__wrapped__(divisions.communities()) == generated


def test_codes_count_basic_grids_first_and_leave_no_number_out(generated: geometry.Map) -> None:
    by_community = defaultdict(list)
    for grid in generated.grids:
        by_community[grid.community].append(grid)
    for grids in by_community.values():
        assert [int(grid.code[12:]) for grid in grids] == list(range(1, len(grids) + 1))
        kinds = [grid.kind for grid in grids]
        assert kinds == sorted(kinds)
        assert kinds[0] is net.Kind.BASIC
        assert len({grid.name for grid in grids}) == len(grids)


def test_the_demo_place_lies_in_the_first_grid_of_the_community(generated: geometry.Map) -> None:
    assert coverage.locate(place.demo_place(), generated.grids).code == place.GRID


def test_the_force_has_the_numbers_of_s0(serving: force.Force) -> None:
    kinds = Counter(post.kind for post in serving.held)

    assert len({post.person_id for post in serving.held}) == 7_548
    assert kinds[posts.Kind.FULL_TIME_WORKER] == 910
    assert kinds[posts.Kind.LEAD] == kinds[posts.Kind.INFORMATION_OFFICER] == 1_214
    assert kinds[posts.Kind.GUIDE] == 13 + 139
    assert kinds[posts.Kind.DEPARTMENT_WORKER] == 13 * 139


def test_every_basic_grid_has_a_lead_and_a_full_time_worker(
    generated: geometry.Map, serving: force.Force
) -> None:
    filled = {(post.area, post.kind) for post in serving.held}

    for grid in generated.grids:
        assert (grid.code, posts.Kind.LEAD) in filled
        if grid.kind is net.Kind.BASIC:
            assert (grid.code, posts.Kind.FULL_TIME_WORKER) in filled


def test_everybody_holds_what_the_rules_allow(serving: force.Force) -> None:
    by_person: dict[str, list[posts.Post]] = defaultdict(list)
    for post in serving.held:
        assert post.person_id is not None
        by_person[post.person_id].append(post)
    for held in by_person.values():
        base = {post.area for post in held if posts.RULES[post.kind].is_base}
        assert len(base) <= 1
    professionals = [len(held) for held in by_person.values() if held[0].kind is posts.Kind.DEPARTMENT_WORKER]
    assert max(professionals) == 2


def test_the_cast_holds_the_posts_of_the_story(serving: force.Force) -> None:
    holder = {(post.area, post.kind, post.department_id): post.person_id for post in serving.held}

    assert holder[place.GRID, posts.Kind.FULL_TIME_WORKER, None] == fixed("worker")
    assert holder[place.GRID, posts.Kind.LEAD, None] == fixed("lead")
    called = (place.COMMUNITY, posts.Kind.DEPARTMENT_WORKER, "370102-ecology")
    assert holder[called] == fixed("responder.ecology")
    assert not {person.id for person, _ in serving.holders} & {one.person.id for one in cast.everybody()}


def test_nobodys_number_can_ring(serving: force.Force) -> None:
    phones = [numbers.phone for _, numbers in serving.holders] + [post.duty_phone for post in serving.held]
    phones += [one.numbers.phone for one in cast.everybody()]

    assert all(phone is not None and phone.startswith("0531-0") for phone in phones)
    assert len(set(phones)) == len(phones)


def test_the_story_community_lies_in_wendong() -> None:
    names_by_code = dict(divisions.divisions())

    assert names_by_code[place.COMMUNITY] == "和平路社区居民委员会"
    assert at_level(place.COMMUNITY, Level.SUBDISTRICT) == place.SUBDISTRICT


@pytest.mark.parametrize(
    ("number", "written"), [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (23, "二十三"), (99, "九十九")]
)
def test_numbers_are_written_in_chinese(number: int, written: str) -> None:
    assert names.numeral(number) == written
