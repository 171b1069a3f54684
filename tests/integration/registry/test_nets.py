"""Boundary nets over HTTP: drafted, checked, published, and asked where one is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from shapely.geometry import shape

from services.registry.worker import nets as worker
from tests.integration.registry.conftest import Town


def test_a_whole_net_goes_live_and_is_announced_with_its_boundaries(town: Town) -> None:
    net = town.draft(town.quarters())

    published = town.publish(net)

    assert published.status_code == 200, published.text
    assert published.json()["state"] == "published"
    assert published.json()["net_version"] == 1
    (event,) = town.events("net_published")
    assert event["area"] == town.subdistrict
    assert event["area_name"] == "试验街道"
    assert {grid["community_name"] for grid in event["grids"]} == {"北社区", "南社区"}
    assert [grid["code"][-6:] for grid in event["grids"]] == ["001001", "001002", "002001", "002002"]
    assert all(len(grid["outline"][0]) == 5 for grid in event["grids"])


def test_grids_are_numbered_from_west_to_east_and_north_to_south(town: Town) -> None:
    town.settled()

    def code_at(x: float, y: float) -> str:
        answer = town.api.stranger().get("/registry/where", params=town.place(x, y))
        return str(answer.json()["grid"]["code"])[-6:]

    assert code_at(0.25, 0.75) == "001001"
    assert code_at(0.75, 0.75) == "001002"
    assert code_at(0.25, 0.25) == "002001"
    assert code_at(0.75, 0.25) == "002002"


def test_an_overlap_and_a_gap_are_refused_with_their_polygons(town: Town) -> None:
    north, south = town.communities
    net = town.draft(
        [
            town.grid(north, town.part(0, 0.5, 0.6, 1)),
            town.grid(north, town.part(0.5, 0.5, 1, 1)),
            town.grid(south, town.part(0, 0, 0.9, 0.5)),
        ]
    )

    refused = town.publish(net)

    assert refused.status_code == 422
    assert refused.json()["code"] == "net_not_clear"
    problems = {problem["finding"]: problem for problem in refused.json()["arguments"]["problems"]}
    assert set(problems) == {"overlap", "gap"}
    assert problems["overlap"]["grids"] == [f"{north}001", f"{north}002"]
    assert shape(problems["overlap"]["geometry"]).equals(shape(town.part(0.5, 0.5, 0.6, 1)))
    assert shape(problems["gap"]["geometry"]).equals(shape(town.part(0.9, 0, 1, 0.5)))
    assert town.events("net_published") == []

    check = town.admin.get(f"/registry/nets/{net['id']}/check").json()
    assert check["clear"] is False
    assert len(check["problems"]) == 2


def test_a_grid_outside_the_size_guidance_is_flagged_and_not_refused(town: Town) -> None:
    quarters = town.quarters()
    quarters[0]["households"] = 501
    net = town.draft(quarters)

    check = town.admin.get(f"/registry/nets/{net['id']}/check").json()
    published = town.publish(net)

    assert check["clear"] is True
    assert [warning["flags"] for warning in check["warnings"]] == [["many_households"]]
    assert published.status_code == 200
    flagged = town.api.stranger().get("/registry/where", params=town.place(0.75, 0.75)).json()
    assert flagged["grid"]["size_flags"] == ["many_households"]


def test_the_guidance_nearest_above_a_grid_counts(town: Town) -> None:
    town.settled()
    path = f"/registry/areas/{town.subdistrict}/size-guidance"
    assert town.admin.get(path).headers["ETag"] == '"0"'

    body = {"households_min": 150, "households_max": 200}
    set_here = town.admin.put(path, json=body, headers={"If-Match": '"0"'})

    assert set_here.status_code == 200
    assert town.admin.put(path, json=body, headers={"If-Match": '"0"'}).status_code == 412
    grids = town.admin.get("/registry/grids", params={"inside": town.subdistrict}).json()["items"]
    assert [grid["size_flags"] for grid in grids] == [["many_households"]] * 4


def test_a_future_net_waits_for_its_moment_and_both_are_readable(town: Town) -> None:
    town.settled()
    later = datetime.now(UTC) + timedelta(days=30)
    quarters = town.quarters()
    north = town.communities[0]
    merged = [town.grid(f"{north}001", town.part(0, 0.5, 1, 1), name="合并网格"), *quarters[2:]]
    for grid, number in zip(merged[1:], (1, 2), strict=True):
        grid["code"] = f"{town.communities[1]}{number:03d}"

    published = town.publish(town.draft(merged), effective_at=later.isoformat())

    assert published.status_code == 200, published.text
    assert published.json()["net_version"] == 2
    stranger = town.api.stranger()
    place = town.place(0.75, 0.75)
    today = stranger.get("/registry/where", params=place)
    then = stranger.get("/registry/where", params=place | {"at": (later + timedelta(days=1)).isoformat()})
    assert today.json()["grid"]["code"] == f"{north}002"
    assert then.json()["grid"]["code"] == f"{north}001"
    history = stranger.get(f"/registry/grids/{north}001/history").json()["items"]
    assert [period["net_version"] for period in history] == [2, 1]
    assert history[1]["superseded_at"] == history[0]["effective_at"]


def test_a_net_cannot_begin_before_one_that_is_published_already(town: Town) -> None:
    town.settled()
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    assert town.publish(town.draft(_kept(town)), effective_at=later).status_code == 200

    refused = town.publish(town.draft(_kept(town)))

    assert refused.status_code == 409
    assert refused.json()["code"] == "net_order"


def _kept(town: Town) -> list[dict[str, object]]:
    """The four quarters with the codes they have."""
    north, south = town.communities
    codes = [f"{north}002", f"{north}001", f"{south}001", f"{south}002"]
    return [grid | {"code": code} for grid, code in zip(town.quarters(), codes, strict=True)]


def test_a_number_is_never_given_twice(town: Town) -> None:
    town.settled()

    redrawn = town.draft(town.quarters())

    grids = town.admin.get(f"/registry/nets/{redrawn['id']}/grids").json()["features"]
    assert [grid["id"][-3:] for grid in grids] == ["003", "004", "003", "004"]


@pytest.mark.parametrize("effective_in", [timedelta(hours=-1), timedelta(days=800)])
def test_a_net_begins_now_or_soon(town: Town, effective_in: timedelta) -> None:
    net = town.draft(town.quarters())

    refused = town.publish(net, effective_at=(datetime.now(UTC) + effective_in).isoformat())

    assert refused.status_code == 422
    assert refused.json()["code"] == "effective_at_invalid"


def test_a_point_on_a_common_border_belongs_to_one_grid_for_everybody(town: Town) -> None:
    town.settled()

    middle = town.api.stranger().get("/registry/where", params=town.place(0.5, 0.5))

    assert middle.json()["grid"]["code"] == f"{town.communities[0]}001"


def test_a_point_outside_every_grid_is_not_found(town: Town) -> None:
    town.settled()

    outside = town.api.stranger().get("/registry/where", params=town.place(-0.01, 0.5))

    assert outside.status_code == 404
    assert outside.json()["code"] == "place_outside"


def test_editing_needs_the_version_that_was_read(town: Town) -> None:
    net = town.draft(town.quarters())
    path = f"/registry/nets/{net['id']}"

    assert town.admin.post(f"{path}/publish", json={}).status_code == 428
    redrawn = town.admin.put(f"{path}/grids", json={"grids": town.quarters()}, headers={"If-Match": '"1"'})
    assert redrawn.status_code == 200
    assert redrawn.headers["ETag"] == '"2"'
    stale = town.publish(net)
    assert stale.status_code == 412


def test_a_published_net_is_not_edited(town: Town) -> None:
    published = town.publish(town.draft(town.quarters())).json()

    edited = town.admin.put(
        f"/registry/nets/{published['id']}/grids",
        json={"grids": town.quarters()},
        headers={"If-Match": f'"{published["version"]}"'},
    )

    assert edited.status_code == 409
    assert edited.json()["code"] == "net_closed"


def test_a_draft_is_seen_and_changed_by_administrators_of_its_area_only(town: Town) -> None:
    net = town.draft(town.quarters())
    path = f"/registry/nets/{net['id']}"
    foreign = town.api.client(roles=["admin"], areas=["370102"])

    assert town.api.stranger().get(path).status_code == 404
    assert foreign.get(path).status_code == 404
    assert foreign.post(f"{path}/publish", json={}, headers={"If-Match": '"1"'}).status_code == 404
    assert town.client("grid_worker").get(path).status_code == 404
    assert town.client("grid_worker").post(f"{path}/discard", headers={"If-Match": '"1"'}).status_code == 403
    assert town.admin.get(path).status_code == 200


def test_a_draft_of_another_area_cannot_be_begun(town: Town) -> None:
    foreign = town.api.client(roles=["admin"], areas=["370102"])

    refused = foreign.post("/registry/nets", json={"area": town.subdistrict, "grids": []})

    assert refused.status_code == 404


def test_a_copy_of_the_net_in_force_is_a_clear_draft(town: Town) -> None:
    town.settled()

    copied = town.admin.post("/registry/nets", json={"area": town.subdistrict}).json()

    assert town.admin.get(f"/registry/nets/{copied['id']}/check").json()["clear"] is True
    assert town.admin.get(f"/registry/nets/{copied['id']}/grids").json()["features"][0]["id"].endswith("001")


def test_when_a_net_takes_effect_posts_of_gone_grids_end_and_households_move(town: Town) -> None:
    town.settled()
    north, south = town.communities
    person = town.person()
    resident = town.person(area=f"{north}002")
    made = town.admin.post(
        "/registry/posts",
        json={"area": f"{north}002", "kind": "lead", "duty_name": "李四", "duty_phone": "0531-00000001"},
    ).json()
    assigned = town.admin.post(
        f"/registry/posts/{made['id']}/assign",
        json={"person_id": person["id"]},
        headers={"If-Match": '"1"'},
    )
    assert assigned.status_code == 200, assigned.text
    household = town.admin.post(
        "/registry/households",
        json={
            "area": f"{north}002",
            "book_number": "T-1",
            "address": "试验路1号",
            "place": town.place(0.75, 0.75),
            "head_id": resident["id"],
        },
    ).json()
    merged = [
        town.grid(f"{north}001", town.part(0, 0.5, 1, 1)),
        town.grid(f"{south}001", town.part(0, 0, 0.5, 0.5)),
        town.grid(f"{south}002", town.part(0.5, 0, 1, 0.5)),
    ]
    # The town's first net is settled too, at the same time or before.
    assert town.publish(town.draft(merged)).status_code == 200

    settled = 1
    while settled:
        with town.api.database.transaction() as tx:
            settled = worker.settle_one(tx)

    assert town.admin.get(f"/registry/households/{household['id']}").json()["area"] == f"{north}001"
    assert town.events("household_changed")[-1]["area"] == f"{north}001"
    closed = town.admin.get(f"/registry/posts/{made['id']}").json()
    assert closed["person_id"] is None
    assert closed["closed_at"] is not None
    assert [event["post_id"] for event in town.events("post_vacated")] == [made["id"]]


def test_outlines_under_a_live_net_do_not_move(town: Town) -> None:
    town.settled()
    whole = town.part(0, 0, 1, 1)

    refused = town.admin.put(
        f"/registry/areas/{town.district}/outlines",
        json={"outline": whole, "children": [{"code": town.subdistrict, "outline": whole}]},
        headers={"If-Match": '"2"'},
    )

    assert refused.status_code == 409
    assert refused.json()["code"] == "outline_in_use"


def test_a_communitys_outline_is_that_of_its_grids(town: Town) -> None:
    town.settled()

    outline = town.api.stranger().get(f"/registry/areas/{town.communities[0]}/outline")

    assert outline.headers["Content-Type"] == "application/geo+json"
    assert shape(outline.json()["geometry"]).equals(shape(town.part(0, 0.5, 1, 1)))
