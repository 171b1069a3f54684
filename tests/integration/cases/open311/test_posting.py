"""Reports of clients become matters, wrong ones are refused in the standard's form."""

from __future__ import annotations

import urllib.parse
from typing import Any

import pytest

from tests.integration.cases.open311.conftest import LAT, LONG, ROAD, case_of, make_key
from tests.support import district, photos
from tests.support.georeport import GeoReport


def test_a_report_becomes_a_matter_and_is_followed(world: Any, client: GeoReport) -> None:
    number = client.posted(
        **ROAD,
        description="路面有一个大坑\n很深",
        address_string="文化东路 30 号",
        first_name="小明",
        last_name="王",
        phone="13800138000",
        email="wang@example.org",
        device_id="d",
        account_id="a",
    )

    case = case_of(world, number)
    assert (case["channel"], case["area"], case["state"]) == ("open311", district.GRID, "received")
    assert case["words"] == "路面有一个大坑\n很深"
    assert case["reporter_id"] is None
    assert world.events(str(case["case_id"])) == ["case_reported"]
    assert world.data(str(case["case_id"]), "case_reported")["channel"] == "open311"

    shown = client.request(number)
    assert (shown["service_request_id"], shown["status"], shown["status_notes"]) == (number, "open", "已受理")
    assert (shown["description"], shown["address"]) == ("路面有一个大坑\n很深", "文化东路 30 号")
    assert (float(shown["lat"]), float(shown["long"])) == (float(LAT), float(LONG))
    assert shown["agency_responsible"] == "文东街道"
    assert shown["service_notice"].startswith("结案标准：")
    assert shown["requested_datetime"].endswith("+08:00")
    assert shown["media_url"] is None
    assert "13800138000" not in str(shown)

    world.step(world.lead, str(case["case_id"]), "decline", ground="court", words="张三已起诉")
    closed = client.request(number)
    assert (closed["status"], closed["status_notes"]) == ("closed", "不予受理")
    assert closed["updated_datetime"] >= shown["updated_datetime"]
    assert "张三" not in str(closed)


def test_names_and_phones_are_kept_encrypted_and_nothing_else_of_a_person(
    world: Any, client: GeoReport
) -> None:
    number = client.posted(
        **ROAD,
        description="x",
        first_name="小明",
        last_name="王",
        phone="13800138001",
        email="wang@example.org",
    )

    case_id = str(case_of(world, number)["case_id"])
    shown = world.read(case_id, world.lead)
    assert "wang@example.org" not in str(shown)
    assert "13800138001" not in str(shown)
    assert shown["caller"] == {"name_masked": "王**", "phone_masked": "138****8001"}
    for table in ("cases", "timeline", "outbox", "open311_requests"):
        rows = world.rows(f"SELECT t::text AS line FROM {table} t")
        assert not [row for row in rows if "13800138001" in row["line"] or "wang@example" in row["line"]]


def test_answers_to_what_is_asked_are_read_with_the_words(world: Any, client: GeoReport) -> None:
    number = client.posted(
        service_code="livelihood.water_power_heat",
        lat=LAT,
        long=LONG,
        description="整栋楼",
        **{"attribute[SUPPLY]": "water", "attribute[COLOUR]": "red"},
    )

    assert case_of(world, number)["words"] == "整栋楼\n中断的是哪一项：水"


def test_several_values_come_as_clients_write_them(world: Any, client: GeoReport) -> None:
    number = client.posted(
        service_code="city.illegal_parking",
        lat=LAT,
        long=LONG,
        **{"attribute[KINDS][]": ["lane", "pavement"]},
    )

    assert case_of(world, number)["words"] == "机动车违停\n停在何处：车道、人行道"


def test_photos_of_a_multipart_form_are_attached_and_shown(world: Any, client: GeoReport) -> None:
    number = client.posted(
        **ROAD,
        description="坑",
        files=[("media", ("a.jpg", photos.photo())), ("media", ("b.png", photos.photo("PNG")))],
    )

    case_id = str(case_of(world, number)["case_id"])
    assert len(world.lead.get(f"/cases/{case_id}/attachments").json()["items"]) == 2
    address = urllib.parse.urlsplit(client.request(number)["media_url"])
    picture = client.http.get(f"{world.api.url}{address.path}?{address.query}", timeout=15)
    assert picture.status_code == 200
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert photos.TAKEN_WITH.encode() not in picture.content
    query = dict(urllib.parse.parse_qsl(address.query))
    forged = {**query, "expires": str(int(query["expires"]) + 1)}
    for wrong in (forged, {**query, "signature": "0" * 64}, {**query, "expires": "1"}):
        refused = client.http.get(f"{world.api.url}{address.path}", params=wrong, timeout=15)
        assert refused.status_code == 404
    assert world.supervisor.post(f"/cases/{case_id}/timeline/verify").json()["whole"]


def test_a_picture_kept_elsewhere_is_never_fetched_but_given_back(client: GeoReport) -> None:
    number = client.posted(**ROAD, media_url="https://photos.example/1.jpg")

    assert client.request(number)["media_url"] == "https://photos.example/1.jpg"
    # Whoever handles it sees where it lies.
    assert client.request(number)["description"].endswith("图片：https://photos.example/1.jpg")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"service_code": ""}, "service_code"),
        ({"lat": ""}, "lat and long"),
        ({"lat": "north"}, "lat"),
        ({"lat": "91"}, "lat"),
        ({"lat": "36.6", "long": "116.5"}, "grid"),
        ({"description": "x" * 4001}, "description"),
        ({"media_url": "javascript:alert(1)"}, "media_url"),
        ({"service_code": "livelihood.water_power_heat"}, "attribute[SUPPLY]"),
        ({"service_code": ["city.damaged_road", "env.noise"]}, "service_code"),
        ({"description": "a\0b"}, "NUL"),
    ],
)
def test_a_wrong_report_is_refused_with_the_reason(
    client: GeoReport, changes: dict[str, Any], said: str
) -> None:
    status, told = client.errors(client.post(**{**ROAD, **changes}))

    assert status == 400
    assert said in " ".join(told)


def test_a_service_that_does_not_exist_is_not_found(client: GeoReport) -> None:
    assert client.errors(client.post(**{**ROAD, "service_code": "city.flying_carpet"}))[0] == 404


def test_a_photo_that_is_none_refuses_the_whole_report(world: Any, client: GeoReport) -> None:
    before = world.rows("SELECT count(*) AS n FROM cases")[0]["n"]

    status, told = client.errors(client.post(**ROAD, files={"media": ("a.jpg", b"<html>")}))

    assert status == 400
    assert "JPEG" in told[0]
    assert world.rows("SELECT count(*) AS n FROM cases")[0]["n"] == before


def test_what_is_no_form_is_refused(client: GeoReport) -> None:
    answer = client.http.post(f"{client.endpoint}/requests.{client.form}", json=ROAD, timeout=15)

    assert client.errors(answer)[0] == 400


@pytest.mark.parametrize(
    ("given", "grid"),
    [
        ({"address_id": district.GRID}, district.GRID),
        ({"address_string": "文东街道和平路第三社区第2网格 8 号"}, district.NEXT_GRID),
        ({"address_string": "随便", "address_id": district.GRID_ELSEWHERE}, district.GRID_ELSEWHERE),
    ],
)
def test_an_address_that_names_a_grid_stands_for_a_point(
    world: Any, client: GeoReport, given: dict[str, str], grid: str
) -> None:
    number = client.posted(service_code="city.damaged_road", **given)

    assert case_of(world, number)["area"] == grid
    assert client.request(number)["address_id"] == grid


# Two communities of this name have a first grid.
@pytest.mark.parametrize("address", ["和平路第三社区第1网格", "和平路第三社区", "月球 1 号"])
def test_an_address_that_names_no_one_grid_is_refused(client: GeoReport, address: str) -> None:
    status, told = client.errors(client.post(service_code="city.damaged_road", address_string=address))

    assert (status, "lat and long" in told[0]) == (400, True)


def test_a_fixmystreet_server_reports_as_it_does_everywhere(world: Any, client: GeoReport) -> None:
    """What its client sends: urlencoded, several `media_url`, attributes of its own, names of any length."""
    photos_ = ["https://fms.example/photo/1.0.jpeg", "https://fms.example/photo/1.1.jpeg"]
    fields = [
        ("jurisdiction_id", ""), ("api_key", client.usual["api_key"]), ("service_code", "city.damaged_road"),
        ("lat", "36.605"), ("long", "117.005"), ("email", "a@example.org"), ("phone", ""),
        ("first_name", "Ann"), ("last_name", "x" * 300), ("account_id", ""), ("address_id", "#NOTPINPOINTED#"),
        ("description", "title: 坑\n\ndetail: 很深\n\nSubmitted via FixMyStreet"),
        *[("media_url", url) for url in photos_],
        ("attribute[easting]", "1"), ("attribute[northing]", "2"), ("attribute[fixmystreet_id]", "7"),
    ]  # fmt: skip
    answer = client.http.post(
        # Its endpoint is written with a slash at the end.
        f"{client.endpoint}/" + f"requests.{client.form}",
        data=urllib.parse.urlencode(fields).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        timeout=15,
    )

    (made,) = client.read(answer)
    case = case_of(world, made["service_request_id"])
    assert case["words"].endswith(f"图片：{photos_[0]}\n图片：{photos_[1]}")
    assert client.request(made["service_request_id"])["media_url"] == photos_[0]


def test_key_and_jurisdiction_may_stand_in_the_address(
    client: GeoReport, jurisdiction: Any, api_key: str
) -> None:
    bare = GeoReport(client.endpoint, client.form)
    query = urllib.parse.urlencode({"api_key": api_key, "jurisdiction_id": jurisdiction()})

    answer = bare.http.post(f"{bare.endpoint}/requests.{bare.form}?{query}", data=ROAD, timeout=15)

    assert bare.read(answer)[0]["service_request_id"]


def test_without_a_key_nothing_is_taken_unless_the_jurisdiction_wants_it(
    world: Any, public: GeoReport, jurisdiction: Any
) -> None:
    name = jurisdiction()
    assert public.errors(public.post(**ROAD))[0] == 403
    assert public.errors(public.post(**ROAD, jurisdiction_id=name))[0] == 403
    assert public.errors(public.post(**ROAD, api_key="wrong"))[0] == 403

    jurisdiction(takes_anonymous=True)
    number = public.posted(**ROAD, jurisdiction_id=name, description="无名")
    private = public.posted(
        service_code="dispute.neighbours", lat=LAT, long=LONG, description="吵", jurisdiction_id=name
    )
    world.rows("SELECT 1")
    public.usual["jurisdiction_id"] = name

    assert case_of(world, number)["words"] == "无名"
    assert public.request(number)["status"] == "open"
    # Whoever posted it must be able to follow it, though quarrels are not published.
    assert public.request(private)["description"] is None


def test_without_a_key_there_is_a_limit_a_minute(world: Any, public: GeoReport, jurisdiction: Any) -> None:
    name = jurisdiction(takes_anonymous=True)
    with world.database.transaction() as tx:
        tx.execute(b"UPDATE open311_uses SET count = 10 WHERE who LIKE 'network %%'")
        tx.execute(
            b"INSERT INTO open311_uses VALUES ('network 127.0.0.1', date_trunc('minute', now()), 10),"
            b" ('network 127.0.0.1', date_trunc('minute', now()) + interval '1 minute', 10) ON CONFLICT DO NOTHING"
        )

    answer = public.post(**ROAD, jurisdiction_id=name)

    assert public.errors(answer)[0] == 429
    assert answer.headers["Retry-After"] == "60"
    with world.database.transaction() as tx:
        tx.execute(b"DELETE FROM open311_uses")


def test_a_key_has_its_own_limit_a_minute(world: Any, admin: Any) -> None:
    client = GeoReport(f"{world.api.url}/open311/v2", api_key=make_key(admin, posts_per_minute=2))

    answers = [client.post(**ROAD) for _ in range(5)]

    # Five quick posts may lie on both sides of a full minute.
    statuses = [answer.status_code for answer in answers]
    assert statuses[:2] == [200, 200]
    assert 429 in statuses


def test_a_key_reports_in_its_areas_only(world: Any, admin: Any, jurisdiction: Any) -> None:
    key = make_key(admin, areas=[district.ELSEWHERE])
    client = GeoReport(f"{world.api.url}/open311/v2", api_key=key)
    elsewhere = {"lat": str(district.IN_GRID_ELSEWHERE["latitude"])} | {
        "long": str(district.IN_GRID_ELSEWHERE["longitude"])
    }

    assert client.errors(client.post(**ROAD))[0] == 400
    assert client.posted(**{**ROAD, **elsewhere})


def test_a_revoked_key_opens_nothing(world: Any, admin: Any) -> None:
    made = admin.post("/cases/open311/keys", json={"name": "x", "areas": [district.DISTRICT]}).json()
    client = GeoReport(f"{world.api.url}/open311/v2", api_key=made["api_key"])
    assert client.requests() is not None

    revoked = admin.post(f"/cases/open311/keys/{made['key_id']}/revoke")

    assert revoked.json()["revoked_at"]
    assert client.errors(client.ask("requests"))[0] == 403
    assert client.errors(client.post(**ROAD))[0] == 403
    assert made["api_key"] not in admin.get("/cases/open311/keys").text
