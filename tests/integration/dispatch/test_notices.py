"""Notices: made of the service's own events, read by their people, sent through the outward channel."""

from __future__ import annotations

import base64
import http.server
import json
import socketserver
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from services.dispatch import notifier
from services.dispatch.worker import telling
from shared import clock, ids
from tests.integration.dispatch.conftest import Running
from tests.support import clients, district

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


class People:
    """A department at work, and what its people are told."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.leader, self.handler, self.caller, self.boss = (ids.new() for _ in range(4))
        self.responder = running.responder(district.HEALTH, person_id=self.leader)
        self.worker = running.responder(district.HEALTH, person_id=self.handler)
        self.supervisor = running.api.client(
            roles=["supervisor"], areas=[district.DISTRICT], person_id=self.boss
        )

    def tell(self) -> None:
        with self.running.database.transaction() as tx:
            while self.running.feed.worker.tell(tx):
                pass

    def inbox(self, client: clients.Client, **query: Any) -> list[dict[str, Any]]:
        answer = client.get("/dispatch/notices", params={"limit": 200, **query})
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def kinds(self, client: clients.Client, task_id: str) -> list[str]:
        """What a person was told of a task, oldest first."""
        return [one["kind"] for one in self.inbox(client) if one["task_id"] == task_id][::-1]


@pytest.fixture
def people(running: Running) -> People:
    return People(running)


def sent(people: People, **changes: Any) -> tuple[str, str]:
    whistle = people.running.whistle(district.HEALTH, caller_id=people.caller, **changes)
    people.tell()
    return whistle.order_id, people.running.tasks(whistle.order_id)[district.HEALTH]


def test_each_step_tells_those_it_concerns_once(people: People) -> None:
    running = people.running
    people.inbox(people.responder)
    people.inbox(people.supervisor)

    _, task_id = sent(people)
    running.step(people.responder, task_id, "return", ground="not_our_duty", words="非我职责")
    running.step(running.supervisor, task_id, "ruling", upheld=False)
    running.step(people.responder, task_id, "sign")
    running.step(people.responder, task_id, "assign", handler_id=people.handler)
    running.step(people.worker, task_id, "reply", words="已办")
    people.tell()
    running.step(people.responder, task_id, "review", approved=False, words="请补充")
    running.step(people.worker, task_id, "reply", words="已办，附照片")
    running.step(people.responder, task_id, "review", approved=True)
    running.step(people.responder, task_id, "finish")
    people.tell()
    people.tell()

    assert people.kinds(people.responder, task_id) == [
        "task_sent", "return_ruled", "reply_to_review", "reply_to_review",
    ]  # fmt: skip
    assert people.kinds(people.worker, task_id) == ["task_assigned", "reply_sent_back"]
    assert people.kinds(people.supervisor, task_id) == ["task_returned"]
    caller = running.api.client(roles=["caller"], areas=[district.SUBDISTRICT], person_id=people.caller)
    assert [one["kind"] for one in people.inbox(caller)] == ["order_finished", "return_ruled"]


def test_cards_reach_who_works_on_the_task(people: People) -> None:
    order_id, task_id = sent(people)
    people.running.step(people.responder, task_id, "sign")
    people.running.step(people.responder, task_id, "assign", handler_id=people.handler)
    with people.running.database.transaction() as tx:
        tx.execute(
            "UPDATE clocks SET next_step_at = now() - interval '1 second' WHERE owner_id = %s AND name = 'finish'",
            (order_id,),
        )

    people.running.fire()
    people.tell()

    for client in (people.responder, people.worker):
        assert "yellow_card" in people.kinds(client, task_id)


def test_the_limits_of_a_matter_nobody_whistled_for_reach_those_nearest_to_it(people: People) -> None:
    lead, officer, far, operator = (
        people.running.api.client(roles=[role], areas=[area], person_id=ids.new())
        for role, area in (
            ("grid_lead", district.NEXT_GRID),
            ("community_officer", district.SUBDISTRICT),
            ("grid_worker", district.GRID_ELSEWHERE),
            ("operator", district.DISTRICT),
        )
    )
    for client in (lead, officer, far, operator):
        people.inbox(client)
    case = people.running.report(area=district.NEXT_GRID)
    with people.running.database.transaction() as tx:
        tx.execute(
            "UPDATE clocks SET next_step_at = now() - interval '1 second' WHERE owner_id = %s AND name = 'finish'",
            (case.case_id,),
        )

    people.running.fire()
    people.tell()

    told = [[one["kind"] for one in people.inbox(client)] for client in (lead, officer, far, operator)]
    assert told == [["yellow_card"], [], [], []]


def test_who_decides_on_more_time_is_told_and_so_is_who_asked(people: People) -> None:
    people.inbox(people.supervisor)
    _, task_id = sent(people)
    people.running.step(people.responder, task_id, "sign")
    asked = people.running.step(people.responder, task_id, "extensions", words="需要吊车")
    people.tell()
    answer = people.supervisor.post(
        f"/dispatch/extensions/{asked['extension_id']}/decision", json={"approved": False, "words": "抓紧"}
    )
    people.tell()

    assert answer.status_code == 200, answer.text
    assert "extension_asked" in people.kinds(people.supervisor, task_id)
    assert people.kinds(people.responder, task_id)[-1] == "extension_decided"
    assert people.inbox(people.responder)[0]["words"].endswith("不同意延长办结时限。")


def test_a_handler_named_again_is_told_again(people: People) -> None:
    _, task_id = sent(people)
    people.running.step(people.responder, task_id, "sign")
    for handler in (people.handler, ids.new(), people.handler):
        people.running.step(people.responder, task_id, "assign", handler_id=handler)
    people.tell()

    assert people.kinds(people.worker, task_id) == ["task_assigned", "task_assigned"]


def test_a_person_reads_own_notices_one_by_one_or_all(people: People) -> None:
    people.inbox(people.responder)
    sent(people)
    sent(people)
    newest, older = people.inbox(people.responder)

    read = people.responder.post(f"/dispatch/notices/{older['notice_id']}/read")
    strange = people.worker.post(f"/dispatch/notices/{newest['notice_id']}/read")
    unread = people.inbox(people.responder, unread="true")
    counted = people.responder.get("/dispatch/notices/count").json()
    none = people.responder.post("/dispatch/notices/read-all", json={})

    assert read.json()["read_at"] is not None
    assert strange.status_code == 404
    assert [one["notice_id"] for one in unread] == [newest["notice_id"]]
    assert (counted, none.json()) == ({"unread": 1, "capped": False}, {"unread": 0, "capped": False})


def test_a_notice_is_announced_and_says_nothing_of_people(people: People) -> None:
    people.inbox(people.responder)
    _, task_id = sent(people)

    notice = people.inbox(people.responder)[0]
    rows = people.running.rows("SELECT data FROM outbox WHERE subject = %(n)s", n=notice["notice_id"])

    assert notice["words"] == f"网格 {district.GRID}，餐饮油烟扰民，一般，health。"
    assert [(row["data"]["task_id"], row["data"]["person_id"]) for row in rows] == [(task_id, people.leader)]


# --- outward


class Channel:
    """Somebody else's gateway: keeps what it is sent, and answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        # Persons whose messages are refused for now.
        self.refused: set[str] = set()
        channel = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                channel.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                is_refused = json.loads(body)["data"]["person_id"] in channel.refused
                self.send_response(503 if is_refused else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        # Not an HTTPServer, which asks the name service who it is.
        self.server = socketserver.TCPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"


@pytest.fixture
def channel() -> Iterator[Channel]:
    made = Channel()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


def send(people: People, through: notifier.Notifier | None) -> None:
    with people.running.database.transaction() as tx:
        telling.send(tx, through)


def deliveries(people: People) -> list[tuple[str, int, str | None]]:
    rows = people.running.rows(
        "SELECT d.state, d.tries, d.last_error FROM notice_deliveries d JOIN notices n USING (notice_id)"
        " WHERE n.person_id = %(p)s ORDER BY d.notice_id",
        p=people.leader,
    )
    return [(row["state"], row["tries"], row["last_error"]) for row in rows]


def hurry(people: People) -> None:
    with people.running.database.transaction() as tx:
        tx.execute("UPDATE notice_deliveries SET next_try_at = now() WHERE state = 'waiting'")


def test_without_a_channel_what_would_go_out_is_kept(people: People) -> None:
    people.inbox(people.responder)
    sent(people)

    hurry(people)
    send(people, None)

    assert deliveries(people) == [("stored", 0, None)]


def test_a_notice_goes_out_signed_and_is_tried_again_under_the_same_id(
    people: People, channel: Channel
) -> None:
    through = notifier.Notifier(channel.url, SECRET)
    hurry(people)
    send(people, None)
    people.inbox(people.responder)
    sent(people)
    channel.refused = {people.leader}

    hurry(people)
    send(people, through)
    failed = deliveries(people)
    channel.refused = set()
    send(people, through)
    hurry(people)
    send(people, through)

    assert failed == [("waiting", 1, "HTTP 503")]
    assert deliveries(people) == [("sent", 2, None)]
    mine = [got for got in channel.got if people.leader in got[1].decode()]
    assert len({headers["webhook-id"] for headers, _ in mine}) == 1
    assert len(mine) == 2
    headers, body = mine[-1]
    assert headers["webhook-signature"] == through.signature(
        headers["webhook-id"], int(headers["webhook-timestamp"]), body
    )
    assert json.loads(body)["data"]["person_id"] == people.leader


def test_a_try_that_comes_late_does_not_wake_anybody(people: People, channel: Channel) -> None:
    through = notifier.Notifier(channel.url, SECRET)
    hurry(people)
    send(people, None)
    people.inbox(people.supervisor)
    _, task_id = sent(people)
    people.running.step(people.responder, task_id, "return", ground="not_our_duty", words="非我职责")
    people.tell()
    hurry(people)
    night = datetime(2026, 11, 23, 22, 30, tzinfo=clock.BEIJING)

    with people.running.database.transaction() as tx:
        telling.send(tx, through, at=night)

    (row,) = people.running.rows(
        "SELECT d.state, d.tries, d.next_try_at FROM notice_deliveries d JOIN notices n USING (notice_id)"
        " WHERE n.person_id = %(p)s AND n.task_id = %(t)s",
        p=people.boss,
        t=task_id,
    )
    assert (row["state"], row["tries"]) == ("waiting", 0)
    assert row["next_try_at"] == datetime(2026, 11, 24, 8, tzinfo=clock.BEIJING)
    assert not any(people.boss in body.decode() for _, body in channel.got)


def test_a_notice_given_up_is_shown_to_admins_of_its_area_and_sent_again_on_request(people: People) -> None:
    hurry(people)
    send(people, None)
    people.inbox(people.responder)
    sent(people)
    nobody = notifier.Notifier("http://127.0.0.1:1/", SECRET)
    for _ in range(8):
        hurry(people)
        send(people, nobody)
    admin = people.running.api.client(roles=["admin"], areas=[district.DISTRICT])
    elsewhere = people.running.api.client(roles=["admin"], areas=["370103"])

    dead = [
        one
        for one in admin.get("/dispatch/notices/outward").json()["items"]
        if one["person_id"] == people.leader
    ]
    path = f"/dispatch/notices/outward/{dead[0]['notice_id']}/retry"

    assert [(one["state"], one["tries"], one["last_error"]) for one in dead] == [("dead", 8, "URLError")]
    assert elsewhere.post(path).status_code == 404
    assert admin.post(path).json()["state"] == "waiting"
    hurry(people)
    send(people, None)
