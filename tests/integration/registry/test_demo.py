"""The demo district: loaded at once, whole, and by the numbers of S0."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.registry import demo
from services.registry.demo import divisions, geometry, place
from services.registry.demo.ids import fixed
from shared import db, personal
from tests.support import clients


@pytest.fixture
def district(database: Callable[[str], db.Database]) -> db.Database:
    personal.use(personal.Vault({"test": b"k" * 32}, b"i" * 32))
    made = database("registry")
    demo.load(made)
    return made


def _count(database: db.Database, sql: str) -> int:
    with database.transaction(read_only=True) as tx:
        row = tx.execute(sql).fetchone()
    assert row is not None
    return int(row["count"])


def test_loading_gives_the_district_of_s0_with_its_events_once(district: db.Database) -> None:
    assert _count(district, "SELECT count(*) FROM areas WHERE level = 'subdistrict'") == 13
    assert _count(district, "SELECT count(*) FROM areas WHERE level = 'community'") == 139
    assert _count(district, "SELECT count(*) FROM net_grids WHERE kind = 'basic'") == 860
    assert _count(district, "SELECT count(*) FROM net_grids WHERE kind = 'dedicated'") == 354
    assert _count(district, "SELECT count(DISTINCT person_id) FROM posts") == 7_548
    assert _count(district, "SELECT count(*) FROM posts WHERE kind = 'full_time_worker'") == 910
    assert _count(district, "SELECT count(*) FROM departments WHERE area = '370102'") == 13
    assert _count(district, "SELECT count(*) FROM departments WHERE kind = 'party_members'") == 1

    events = "SELECT count(*) FROM outbox WHERE type LIKE '%%.{}.v1'"
    assert _count(district, events.format("net_published")) == 13
    assert _count(district, events.format("department_changed")) == 14
    assert _count(district, events.format("household_changed")) == 2
    assert _count(district, events.format("kinship_confirmed")) == 1
    assert _count(district, events.format("post_assigned")) == _count(district, "SELECT count(*) FROM posts")

    written = _count(district, "SELECT count(*) FROM outbox")
    demo.load(district)
    assert _count(district, "SELECT count(*) FROM outbox") == written


def test_no_number_of_the_people_is_readable_in_the_tables(lixia: clients.Api) -> None:
    with lixia.database.transaction(read_only=True) as tx:
        row = tx.execute("SELECT phone FROM people WHERE id = %s", [fixed("resident")]).fetchone()
    assert row is not None
    assert b"0531" not in bytes(row["phone"])


def test_the_place_of_the_story_lies_in_the_first_grid_of_its_community() -> None:
    longitude, latitude = demo.demo_place()

    assert 117.04 < longitude < 117.08
    assert 36.63 < latitude < 36.67
    assert (divisions.DISTRICT, "历下区") in divisions.divisions()


def test_the_story_finds_its_place_and_its_people_through_the_public_api(lixia: clients.Api) -> None:
    stranger = lixia.stranger()
    community = stranger.get("/registry/grids", params={"inside": place.COMMUNITY, "limit": 1}).json()[
        "items"
    ]
    centre = stranger.get(f"/registry/grids/{community[0]['code']}").json()["centre"]

    asked = stranger.get("/registry/where", params=centre).json()

    assert asked["grid"]["code"] == place.GRID
    assert asked["grid"]["subdistrict"]["name"] == "文东街道"
    assert asked["grid"]["community"]["name"] == "和平路社区"
    assert asked["grid"]["source"] == "generated"
    kinds = [contact["kind"] for contact in asked["contacts"]]
    assert kinds[:2] == ["full_time_worker", "lead"]
    assert kinds.count("department_worker") == 13
    assert asked["contacts"][0]["duty_name"] == "李俊"
    assert fixed("worker") not in str(asked)
    assert all(contact["duty_phone"].startswith("0531-0") for contact in asked["contacts"])


def test_every_grid_is_listed_once_over_the_pages(lixia: clients.Api) -> None:
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(20):
        parameters = {"inside": divisions.DISTRICT, "limit": "200"} | ({"cursor": cursor} if cursor else {})
        page = lixia.stranger().get("/registry/grids", params=parameters).json()
        seen += [grid["code"] for grid in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert len(seen) == 1_214
    assert seen == sorted(set(seen))


def test_a_map_of_a_subdistrict_says_that_it_is_generated(lixia: clients.Api) -> None:
    answer = lixia.stranger().get("/registry/grids.geojson", params={"inside": place.SUBDISTRICT})

    assert answer.headers["Content-Type"] == "application/geo+json"
    features = answer.json()["features"]
    assert len(features) == 119
    assert {feature["properties"]["source"] for feature in features} == {"generated"}
    outline = lixia.stranger().get(f"/registry/areas/{place.SUBDISTRICT}/outline").json()
    assert outline["properties"]["source"] == "generated"


def test_points_all_over_the_district_fall_into_exactly_one_grid_each(lixia: clients.Api) -> None:
    generated = geometry.generate(divisions.communities())
    stranger = lixia.stranger()
    for grid in generated.grids[::60]:
        # The centre, and a corner that up to three grids share.
        corner = grid.outline[0][0]
        for longitude, latitude in (grid.centre, corner):
            answer = stranger.get("/registry/where", params={"longitude": longitude, "latitude": latitude})
            assert answer.status_code == 200, answer.text
        assert (
            stranger.get(
                "/registry/where", params={"longitude": grid.centre[0], "latitude": grid.centre[1]}
            ).json()["grid"]["code"]
            == grid.code
        )
