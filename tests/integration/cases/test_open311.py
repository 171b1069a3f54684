"""GeoReport v2 as clients of the standard use it: JSON and XML give the same, and nothing of residents leaks."""

from __future__ import annotations

import urllib.parse
from datetime import timedelta
from typing import Any

import pytest

from shared import clock, ids
from tests.support import district, photos
from tests.support.georeport import GeoReport

LAT, LONG = str(district.IN_GRID["latitude"]), str(district.IN_GRID["longitude"])
ROAD = {"service_code": "city.damaged_road", "lat": LAT, "long": LONG}
JURISDICTION = "lixia.example"


@pytest.fixture(scope="module")
def admin(world: Any) -> Any:
    return world.api.client(roles=["admin"], areas=[district.DISTRICT])


@pytest.fixture(scope="module")
def api_key(admin: Any) -> str:
    return make_key(admin)


def make_key(admin: Any, **changes: Any) -> str:
    wanted = {"name": "城市通", "areas": [district.DISTRICT], "posts_per_minute": 6000, **changes}
    made = admin.post("/cases/open311/keys", json=wanted)
    assert made.status_code == 201, made.text
    key: str = made.json()["api_key"]
    return key


@pytest.fixture(scope="module")
def jurisdiction(admin: Any) -> Any:
    """Sets the jurisdiction up: `jurisdiction(takes_anonymous=True)`; without arguments as it usually is."""
    name = f"{ids.new()[-12:]}.example"
    usual = {"area": district.DISTRICT, "name": "历下区", "contact": "0531-12345"}
    made = admin.post("/cases/open311/jurisdictions", json={**usual, "jurisdiction_id": name})
    assert made.status_code == 201, made.text

    def change(**changes: Any) -> str:
        changed = admin.put(f"/cases/open311/jurisdictions/{name}", json={**usual, **changes})
        assert changed.status_code == 200, changed.text
        return name

    return change


@pytest.fixture(params=["json", "xml"])
def client(world: Any, api_key: str, request: pytest.FixtureRequest) -> GeoReport:
    """An integrator's client."""
    return GeoReport(f"{world.api.url}/open311/v2", request.param, api_key=api_key)


@pytest.fixture(params=["json", "xml"])
def public(world: Any, request: pytest.FixtureRequest) -> GeoReport:
    """Anybody's client."""
    return GeoReport(f"{world.api.url}/open311/v2", request.param)


def case_of(world: Any, number: str) -> dict[str, Any]:
    (row,) = world.rows("SELECT * FROM cases WHERE number = %(n)s", n=number)
    return dict(row)


# --- discovery and services


def test_the_service_is_discovered(world: Any, public: GeoReport) -> None:
    for root in (f"{world.api.url}/open311", f"{world.api.url}/open311/v2"):
        found = GeoReport(root, public.form).get("discovery")

        (endpoint,) = found["endpoints"]
        assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
        assert endpoint["url"].endswith("/open311/v2")
        assert endpoint["formats"] == ["text/xml", "application/json"]
        assert endpoint["type"] == "production"
        assert found["contact"]
        assert found["key_service"].startswith("http")
        assert found["changeset"].endswith("+08:00")


def test_services_are_the_catalogue(public: GeoReport) -> None:
    services = {service["service_code"]: service for service in public.services()}

    road = services["city.damaged_road"]
    assert (road["service_name"], road["type"], road["group"]) == ("道路破损", "realtime", "城市管理")
    assert str(road["metadata"]).lower() == "false"
    assert road["description"]
    assert str(services["livelihood.water_power_heat"]["metadata"]).lower() == "true"


def test_a_definition_lists_what_is_asked(public: GeoReport) -> None:
    found = public.definition("livelihood.water_power_heat")

    assert found["service_code"] == "livelihood.water_power_heat"
    supply, since = found["attributes"]
    assert (supply["code"], supply["datatype"], str(supply["order"])) == ("SUPPLY", "singlevaluelist", "1")
    assert str(supply["required"]).lower() == "true"
    assert {"key": "water", "name": "水"} in supply["values"]
    assert (since["datatype"], since["values"] or []) == ("datetime", [])


def test_what_does_not_exist_is_told_in_the_standards_form(public: GeoReport) -> None:
    assert public.errors(public.ask("services/city.flying_carpet"))[0] == 404
    assert public.errors(public.ask("services", jurisdiction_id="nowhere.example"))[0] == 404
    assert public.errors(public.ask("requests/000000000000"))[0] == 404
    assert public.errors(public.ask("tokens/12345"))[0] == 404
    assert public.errors(public.ask(f"tokens/{ids.new()}"))[0] == 404
    assert public.errors(public.ask("requests", api_key="wrong"))[0] == 403


# --- posting


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


# --- what is shown


def test_everybody_sees_category_state_and_grid_of_public_matters_and_no_more(
    world: Any, public: GeoReport
) -> None:
    filed = world.report(category="city.damaged_road", words="王小明家门口有坑", address="文化东路 30 号")

    shown = public.request(filed["number"])

    assert (shown["service_code"], shown["status"]) == ("city.damaged_road", "open")
    assert shown["description"] is None
    assert shown["media_url"] is None
    assert shown["address"] == "第1网格, 和平路第三社区, 文东街道"
    assert (float(shown["lat"]), float(shown["long"])) == (36.605, 117.005)
    assert "王小明" not in str(shown)
    assert "30 号" not in str(shown)


def test_the_place_shown_to_everybody_says_nothing_of_where_in_the_grid(
    world: Any, public: GeoReport
) -> None:
    filed = world.report(category="env.noise", place={"longitude": 117.0012, "latitude": 36.6087})

    shown = public.request(filed["number"])

    assert (float(shown["lat"]), float(shown["long"])) == (36.605, 117.005)


@pytest.mark.parametrize(
    "changes",
    [
        {"category": "dispute.neighbours"},
        {"category": "livelihood.low_income"},
        {"category": "env.noise", "is_confidential": True},
    ],
)
def test_peoples_own_business_is_shown_to_nobody(
    world: Any, public: GeoReport, client: GeoReport, changes: dict[str, Any]
) -> None:
    filed = world.report(**changes)

    for asking in (public, client):
        assert asking.errors(asking.ask(f"requests/{filed['number']}"))[0] == 404
        assert asking.errors(asking.ask(f"tokens/{filed['case_id']}"))[0] == 404
        assert asking.requests(service_request_id=filed["number"]) == []
        numbers = [one["service_request_id"] for one in asking.requests()]
        assert filed["number"] not in numbers


def test_what_is_published_is_the_jurisdictions_choice(
    world: Any, public: GeoReport, jurisdiction: Any
) -> None:
    filed = world.report(category="city.damaged_road", words="有坑", address="文化东路 30 号")
    quarrel = world.report(category="dispute.neighbours", words="吵")
    public.usual["jurisdiction_id"] = jurisdiction(published_themes=["disputes"])
    assert public.errors(public.ask(f"requests/{filed['number']}"))[0] == 404
    assert public.request(quarrel["number"])["description"] is None

    jurisdiction(shows_details=True)
    shown = public.request(filed["number"])

    assert (shown["description"], shown["address"]) == ("有坑", "文化东路 30 号")


def test_a_jurisdiction_shows_its_own_area_only(world: Any, admin: Any, public: GeoReport) -> None:
    filed = world.report(category="city.damaged_road")
    name = f"{ids.new()[-12:]}.example"
    made = admin.post(
        "/cases/open311/jurisdictions",
        json={"jurisdiction_id": name, "area": district.ELSEWHERE, "name": "东关街道"},
    )
    assert made.status_code == 201, made.text

    public.usual["jurisdiction_id"] = name

    assert public.errors(public.ask(f"requests/{filed['number']}"))[0] == 404


def test_one_key_does_not_open_what_was_posted_with_another(
    world: Any, admin: Any, client: GeoReport
) -> None:
    number = client.posted(service_code="dispute.neighbours", lat=LAT, long=LONG, description="楼上漏水")
    other = GeoReport(client.endpoint, client.form, api_key=make_key(admin))

    assert client.request(number)["description"] == "楼上漏水"
    assert other.errors(other.ask(f"requests/{number}"))[0] == 404


def test_a_token_of_events_gives_the_number(world: Any, client: GeoReport) -> None:
    number = client.posted(**ROAD)
    case_id = str(case_of(world, number)["case_id"])

    assert client.token(case_id) == [{"service_request_id": number, "token": case_id}]


# --- lists


@pytest.fixture(scope="module")
def history(world: Any, admin: Any) -> tuple[str, list[str]]:
    """A key and five requests posted with it: four, three, two, one and no hundred days ago; the first is closed."""
    key = make_key(admin)
    client = GeoReport(f"{world.api.url}/open311/v2", api_key=key)
    numbers = []
    for days in (400, 300, 20, 10, 0):
        code = "env.noise" if days == 10 else "city.damaged_road"
        number = client.posted(**{**ROAD, "service_code": code})
        at = clock.now() - timedelta(days=days, minutes=1)
        with world.database.transaction() as tx:
            tx.execute(b"UPDATE cases SET reported_at = %(a)s WHERE number = %(n)s", {"a": at, "n": number})
        numbers.append(number)
    world.step(world.lead, str(case_of(world, numbers[2])["case_id"]), "decline", ground="court", words="x")
    return key, numbers


def shown(client: GeoReport, numbers: list[str], **query: Any) -> list[int]:
    """Which of the requests are listed, by their place, in the order of the answer."""
    found = [one["service_request_id"] for one in client.requests(**query)]
    return [numbers.index(number) for number in found if number in numbers]


def day(days_ago: int) -> str:
    return clock.rfc3339(clock.now() - timedelta(days=days_ago))


def test_a_list_is_filtered_as_the_standard_says(client: GeoReport, history: tuple[str, list[str]]) -> None:
    key, numbers = history
    client.usual = {"api_key": key}

    assert shown(client, numbers) == [4, 3, 2]
    assert shown(client, numbers, status="open") == [4, 3]
    assert shown(client, numbers, status="closed") == [2]
    assert shown(client, numbers, status="open,closed") == [4, 3, 2]
    assert shown(client, numbers, status=["open", "closed"]) == [4, 3, 2]
    assert shown(client, numbers, service_code="env.noise") == [3]
    assert shown(client, numbers, service_code="env.noise,city.damaged_road") == [4, 3, 2]
    assert shown(client, numbers, start_date=day(15)) == [4, 3]
    assert shown(client, numbers, end_date=day(15)) == [2]
    assert shown(client, numbers, start_date=day(310), end_date=day(290)) == [1]
    assert shown(client, numbers, start_date=day(410)) == [0]
    # Empty is the same as not given, and what nobody knows is let be.
    assert shown(client, numbers, status="", service_code="", colour="red", q=["a", "b"]) == [4, 3, 2]


def test_named_requests_override_every_filter(client: GeoReport, history: tuple[str, list[str]]) -> None:
    key, numbers = history
    client.usual = {"api_key": key}

    assert shown(client, numbers, service_request_id=f"{numbers[0]},{numbers[3]},none", status="closed") == [
        3,
        0,
    ]
    assert shown(client, numbers, service_request_id=[numbers[0], numbers[1]]) == [1, 0]


def test_pages_follow_each_other(client: GeoReport, history: tuple[str, list[str]]) -> None:
    key, _ = history
    client.usual = {"api_key": key, "service_code": "city.damaged_road,env.noise"}

    first = client.requests(page_size=2)
    second = client.requests(page_size=2, page=2)
    everything = client.requests()

    assert [one["service_request_id"] for one in first + second] == [
        one["service_request_id"] for one in everything[:4]
    ]
    assert client.requests(page_size=1000, page=50) == []


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-04-01T00:00:01Z"},
        {"start_date": "yesterday"},
        {"status": "reopened"},
        {"page": "0"},
        {"page_size": "1001"},
        {"page": "1000", "page_size": "1000"},
    ],
)
def test_a_wrong_filter_is_refused(public: GeoReport, query: dict[str, str]) -> None:
    assert public.errors(public.ask("requests", **query))[0] == 400


# --- setting it up


def test_an_admin_decides_in_their_own_areas_only(world: Any, admin: Any, jurisdiction: Any) -> None:
    name = jurisdiction()
    other = world.api.client(roles=["admin"], areas=["370103"])
    described = {"area": district.DISTRICT, "name": "x"}

    assert other.put(f"/cases/open311/jurisdictions/{name}", json=described).status_code == 404
    assert (
        other.post(
            "/cases/open311/jurisdictions", json={**described, "jurisdiction_id": "x.example"}
        ).status_code
        == 403
    )
    assert (
        admin.put(f"/cases/open311/jurisdictions/{name}", json={**described, "area": "370103"}).status_code
        == 403
    )
    wanted = {"name": "x", "areas": [district.DISTRICT, "370103"]}
    assert admin.post("/cases/open311/keys", json=wanted).status_code == 403
    assert name not in other.get("/cases/open311/jurisdictions").text
    assert (
        admin.post("/cases/open311/jurisdictions", json={**described, "jurisdiction_id": name}).status_code
        == 409
    )


def test_questions_are_the_deployments_to_change(world: Any, admin: Any, public: GeoReport) -> None:
    asked = {
        "code": "DEPTH",
        "datatype": "number",
        "description": "坑深（厘米）",
        "required": True,
    }
    path = "/cases/open311/questions/city.road_cleaning"

    changed = admin.put(path, json={"questions": [asked]})

    assert changed.status_code == 200, changed.text
    assert public.definition("city.road_cleaning")["attributes"][0]["code"] == "DEPTH"
    assert admin.get(path).json()["questions"][0]["code"] == "DEPTH"
    assert admin.put(path, json={"questions": [asked, asked]}).status_code == 422
    assert admin.put(path, json={"questions": [{**asked, "datatype": "singlevaluelist"}]}).status_code == 422
    assert admin.put("/cases/open311/questions/no.such", json={"questions": []}).status_code == 404
    assert admin.put(path, json={"questions": []}).json() == {"questions": []}
