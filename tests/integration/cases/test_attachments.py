"""Photos and documents of a matter: taken from whoever may see it, shown to nobody else, never lost silently."""

from __future__ import annotations

import hashlib
import pathlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.cases import attaching
from services.cases.domain import attachments as rules
from services.cases.worker import Worker
from shared import clock, files, ids
from shared.files.disk import Disk
from tests.support import buckets, clients, district, photos


@pytest.fixture
def case_id(world: Any) -> str:
    return str(world.report()["case_id"])


def send(client: clients.Client, case_id: str, content: bytes | None = None, **query: Any) -> dict[str, Any]:
    answer = client.post(
        f"/cases/{case_id}/attachments",
        data=photos.photo() if content is None else content,
        params=query,
        headers={"Content-Type": "application/octet-stream"},
    )
    assert answer.status_code == 201, answer.text
    attached: dict[str, Any] = answer.json()
    return attached


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# --- attaching


def test_a_photo_is_attached_cleaned_and_opened_again(world: Any, case_id: str) -> None:
    sent = photos.photo(size=(3000, 2000))

    attached = send(world.worker, case_id, sent, name="现场.jpg")

    opened = world.worker.get(f"/cases/{case_id}/attachments/{attached['attachment_id']}")
    small = world.worker.get(f"/cases/{case_id}/attachments/{attached['attachment_id']}/thumbnail")
    assert (attached["kind"], attached["media_type"], attached["name"]) == ("photo", "image/jpeg", "现场.jpg")
    assert (attached["width"], attached["height"]) == (2560, 1707)
    assert attached["received_sha256"] == hashlib.sha256(sent).hexdigest()
    assert attached["sha256"] == hashlib.sha256(opened.content).hexdigest()
    assert attached["size_bytes"] == len(opened.content)
    assert opened.headers["Content-Type"] == "image/jpeg"
    assert opened.headers["X-Content-Type-Options"] == "nosniff"
    assert "inline" in opened.headers["Content-Disposition"]
    assert photos.TAKEN_WITH.encode() not in opened.content
    assert photos.TAKEN_WITH.encode() not in small.content
    assert max(photos.opened(small.content).size) == 360


def test_a_form_is_taken_as_mini_programmes_send_it(world: Any, case_id: str) -> None:
    resident = world.api.client(roles=["resident"], person_id=ids.new())
    own = world.report(resident)["case_id"]

    answer = resident.post(
        f"/cases/{own}/attachments",
        files={"file": ("photos/楼道\x07.png", photos.photo("PNG"), "text/html")},
        data={"name": ""},
    )

    assert answer.status_code == 201, answer.text
    assert (answer.json()["media_type"], answer.json()["name"]) == ("image/png", "楼道.png")
    assert answer.json()["attached_as"] == "resident"


def test_a_document_is_kept_as_it_came_and_never_shown_as_a_page(world: Any, case_id: str) -> None:
    attached = send(world.worker, case_id, photos.PDF, name="整改通知.pdf")

    opened = world.worker.get(f"/cases/{case_id}/attachments/{attached['attachment_id']}")
    assert opened.content == photos.PDF
    assert opened.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E6%95%B4")
    assert "sandbox" in opened.headers["Content-Security-Policy"]
    assert told(world.worker.get(f"/cases/{case_id}/attachments/{attached['attachment_id']}/thumbnail")) == (
        404,
        "not_yours",
    )


@pytest.mark.parametrize(
    ("content", "media_type", "refused"),
    [
        (b"<html>", "image/jpeg", (415, "unknown_media")),
        (b"GIF89a" + bytes(50), "image/gif", (415, "unknown_media")),
        (photos.docx(word__vbaProject___bin=b"x"), "application/msword", (415, "macros_inside")),
        (photos.photo()[:300], "image/jpeg", (422, "broken_photo")),
        (b"", "image/jpeg", (422, "empty_file")),
        (photos.PDF + bytes(10_485_760), "application/pdf", (413, "file_too_large")),
        (bytes(10_485_760 + 65_537), "application/pdf", (413, "too_large")),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_reason(
    world: Any, case_id: str, content: bytes, media_type: str, refused: tuple[int, str]
) -> None:
    answer = world.worker.post(
        f"/cases/{case_id}/attachments", data=content, headers={"Content-Type": media_type}
    )

    assert told(answer) == refused
    assert world.worker.get(f"/cases/{case_id}/attachments").json()["items"] == []


@pytest.mark.parametrize(
    ("options", "refused"),
    [
        ({"data": {"name": "x"}}, (422, "invalid")),
        ({"files": {"picture": ("a.jpg", b"x")}}, (422, "invalid")),
        ({"files": [("file", ("a.jpg", b"x")), ("file", ("b.jpg", b"y"))]}, (422, "invalid")),
        ({"data": b"--x", "headers": {"Content-Type": "multipart/form-data"}}, (400, "bad_form")),
        (
            {"data": b"--x\r\njunk", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
            (400, "bad_form"),
        ),
    ],
)
def test_a_form_that_brings_no_file_is_refused(
    world: Any, case_id: str, options: dict[str, Any], refused: tuple[int, str]
) -> None:
    answer = world.worker.post(f"/cases/{case_id}/attachments", **options)

    assert told(answer) == refused


def test_a_phone_that_sends_again_attaches_once(world: Any, case_id: str) -> None:
    attachment_id = ids.new()

    first = send(world.worker, case_id, attachment_id=attachment_id)
    again = send(world.worker, case_id, attachment_id=attachment_id)
    elsewhere = world.lead.post(
        f"/cases/{case_id}/attachments", data=photos.photo(), params={"attachment_id": attachment_id}
    )

    assert again == first
    assert told(elsewhere) == (409, "already_exists")
    assert len(world.worker.get(f"/cases/{case_id}/attachments").json()["items"]) == 1


def test_a_form_sent_again_under_its_key_gets_the_first_answer(world: Any, case_id: str) -> None:
    key, sent = ids.new(), photos.photo()

    # Each form has a boundary of its own.
    answers = [
        world.worker.post(
            f"/cases/{case_id}/attachments",
            files={"file": ("a.jpg", sent)},
            headers={"Idempotency-Key": key},
        )
        for _ in range(2)
    ]
    other = world.worker.post(
        f"/cases/{case_id}/attachments",
        files={"file": ("a.jpg", photos.PDF)},
        headers={"Idempotency-Key": key},
    )

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert told(other) == (422, "key_reused")


def test_a_photo_does_not_make_the_steps_of_others_stale(world: Any, case_id: str) -> None:
    read = world.worker.get(f"/cases/{case_id}")
    send(world.resident, case_id)

    taken = world.worker.post(f"/cases/{case_id}/take", headers={"If-Match": read.headers["ETag"]})

    assert taken.status_code == 200, taken.text


def test_nothing_is_added_to_a_matter_that_is_over(world: Any, case_id: str) -> None:
    world.step(world.lead, case_id, "decline", ground="court", words="已起诉")

    answer = world.worker.post(f"/cases/{case_id}/attachments", data=photos.photo())

    assert told(answer) == (409, "not_in_this_state")


def test_a_matter_has_a_limit_of_attachments(world: Any, case_id: str) -> None:
    with world.database.transaction() as tx:
        for number in range(rules.MOST_PER_CASE - 1):
            tx.execute(
                b"INSERT INTO attachments (attachment_id, case_id, kind, media_type, name, size_bytes, sha256,"
                b" received_sha256, stored_as, attached_as, attached_at) VALUES (gen_random_uuid(), %(c)s,"
                b" 'document', 'application/pdf', '', 1, '', '', %(k)s, 'grid_worker', now())",
                {"c": case_id, "k": f"{case_id}/{number}"},
            )
    last = send(world.worker, case_id)

    refused = world.worker.post(f"/cases/{case_id}/attachments", data=photos.photo())
    world.worker.post(
        f"/cases/{case_id}/attachments/{last['attachment_id']}/remove", json={"reason": "拍错了"}
    )

    assert told(refused) == (409, "enough_attached")
    assert send(world.worker, case_id)["kind"] == "photo"


# --- who sees


def test_only_who_may_see_the_matter_may_see_its_photos(world: Any, case_id: str) -> None:
    attached = send(world.worker, case_id)
    world.whistle(case_id, district.MARKET)
    path = f"/cases/{case_id}/attachments/{attached['attachment_id']}"

    for insider in (
        world.lead,
        world.officer,
        world.supervisor,
        world.resident,
        world.responder(district.MARKET),
    ):
        assert insider.get(path).status_code == 200
        assert insider.get(f"{path}/thumbnail").status_code == 200
        assert len(insider.get(f"/cases/{case_id}/attachments").json()["items"]) == 1
    for outsider in (world.elsewhere, world.api.client(), world.responder(district.HEALTH)):
        for address in (path, f"{path}/thumbnail", f"/cases/{case_id}/attachments"):
            assert told(outsider.get(address)) == (404, "not_found")
        assert outsider.post(f"/cases/{case_id}/attachments", data=photos.photo()).status_code == 404
        assert outsider.post(f"{path}/remove", json={"reason": "x"}).status_code == 404
    assert world.api.stranger().get(path).status_code == 401


def test_a_photo_is_not_reached_through_another_matter(world: Any, case_id: str) -> None:
    attached = send(world.worker, case_id)
    other = world.report(world.resident)["case_id"]

    assert told(world.worker.get(f"/cases/{other}/attachments/{attached['attachment_id']}")) == (
        404,
        "not_found",
    )


def test_a_confidential_reporter_is_not_named_by_their_photos(world: Any) -> None:
    reporter = world.api.client(roles=["resident"], person_id=ids.new())
    case_id = world.report(reporter, is_confidential=True)["case_id"]
    attached = send(reporter, case_id, name="王小明拍.jpg")
    world.whistle(case_id, district.MARKET)
    department = world.responder(district.MARKET)

    seen = department.get(f"/cases/{case_id}/attachments").json()["items"][0]
    opened = department.get(f"/cases/{case_id}/attachments/{attached['attachment_id']}")

    assert (seen["attached_by"], seen["name"]) == (None, "")
    assert "%E7%8E%8B" not in opened.headers["Content-Disposition"]
    known = world.lead.get(f"/cases/{case_id}/attachments").json()["items"][0]
    assert known["name"] == "王小明拍.jpg"


# --- evidence


def test_the_timeline_keeps_what_was_attached_and_what_was_removed(world: Any, case_id: str) -> None:
    attached = send(world.worker, case_id)
    path = f"/cases/{case_id}/attachments/{attached['attachment_id']}"

    removed = world.worker.post(f"{path}/remove", json={"reason": "拍错了楼"})

    assert removed.status_code == 200, removed.text
    assert removed.json()["removal_reason"] == "拍错了楼"
    entries = world.supervisor.get(f"/cases/{case_id}/timeline").json()["items"]
    assert [entry["action"] for entry in entries] == ["reported", "attached", "attachment_removed"]
    assert entries[1]["detail"]["sha256"] == attached["sha256"]
    assert entries[1]["detail"]["received_sha256"] == attached["received_sha256"]
    assert entries[2]["detail"] == {
        "attachment_id": attached["attachment_id"],
        "sha256": attached["sha256"],
        "reason": "拍错了楼",
    }
    assert world.supervisor.post(f"/cases/{case_id}/timeline/verify").json()["whole"]
    assert told(world.worker.get(path)) == (404, "not_yours")
    assert len(world.worker.get(f"/cases/{case_id}/attachments").json()["items"]) == 1
    # Removing it again changes nothing.
    assert world.worker.post(f"{path}/remove", json={"reason": "x"}).json() == removed.json()


def test_only_who_attached_it_or_decides_may_remove_it(world: Any, case_id: str) -> None:
    attached = send(world.worker, case_id)
    path = f"/cases/{case_id}/attachments/{attached['attachment_id']}/remove"
    world.whistle(case_id, district.MARKET)

    for other in (world.resident, world.caller, world.responder(district.MARKET)):
        assert told(other.post(path, json={"reason": "x"})) == (403, "not_your_attachment")
    assert world.lead.post(path, json={"reason": "含有他人面部"}).status_code == 200


# --- the store


@pytest.fixture
def store(world: Any, servers: Any) -> files.Store:
    """The store the API under test writes to."""
    found = Disk(pathlib.Path(servers.settings("cases")["YIWANG_STATE_DIR"]) / "files")
    files.use(found)
    return found


def stored_as(world: Any, attachment_id: str) -> str:
    rows = world.rows("SELECT stored_as FROM attachments WHERE attachment_id = %(a)s", a=attachment_id)
    return str(rows[0]["stored_as"])


def test_the_file_of_a_removed_attachment_goes_and_others_stay(
    world: Any, case_id: str, store: files.Store
) -> None:
    gone, kept = send(world.worker, case_id), send(world.worker, case_id)
    world.worker.post(
        f"/cases/{case_id}/attachments/{gone['attachment_id']}/remove", json={"reason": "拍错了"}
    )

    with world.database.transaction() as tx:
        Worker().erase_removed_files(tx)

    key = stored_as(world, gone["attachment_id"])
    for name in (key, f"{key}.small"):
        with pytest.raises(files.FileMissing):
            store.get(name)
    assert hashlib.sha256(store.get(stored_as(world, kept["attachment_id"]))).hexdigest() == kept["sha256"]
    with world.database.transaction() as tx:
        assert Worker().erase_removed_files(tx) == 0


def test_files_no_row_knows_are_swept_when_their_day_is_over(
    world: Any, case_id: str, store: files.Store
) -> None:
    attached = send(world.worker, case_id)
    today = clock.now().date()
    day = today - timedelta(days=3)
    known = f"{attaching.folder_of(day)}/{ids.new()}"
    orphan = f"{attaching.folder_of(day)}/{ids.new()}"
    young = f"{attaching.folder_of(today)}/{ids.new()}"
    for key in (known, f"{known}.small", orphan, f"{orphan}.small", young):
        store.put(key, b"x", media_type="image/jpeg")
    with world.database.transaction() as tx:
        tx.execute(
            b"UPDATE attachments SET stored_as = %(k)s WHERE attachment_id = %(a)s",
            {"k": known, "a": attached["attachment_id"]},
        )
        tx.execute(b"DELETE FROM attachment_sweeps")
        tx.execute(
            b"INSERT INTO attachment_sweeps (swept_through) VALUES (%(d)s)", {"d": day - timedelta(days=1)}
        )

    for _ in range(5):
        with world.database.transaction() as tx:
            left = Worker().sweep_orphan_files(tx)
    assert left == 0

    assert list(store.keys(attaching.folder_of(day))) == [known, f"{known}.small"]
    assert store.get(young) == b"x"


def test_a_refused_file_leaves_neither_row_nor_file(world: Any, case_id: str, store: files.Store) -> None:
    world.step(world.lead, case_id, "decline", ground="court", words="已起诉")
    today = attaching.folder_of(clock.now().date())
    before = set(store.keys(today))

    refused = world.worker.post(f"/cases/{case_id}/attachments", data=photos.photo())

    assert told(refused) == (409, "not_in_this_state")
    assert world.rows("SELECT 1 FROM attachments WHERE case_id = %(c)s", c=case_id) == []
    assert set(store.keys(today)) == before


def test_a_file_lost_from_the_store_is_not_found_and_no_mistake(
    world: Any, case_id: str, store: files.Store
) -> None:
    attached = send(world.worker, case_id)
    store.delete(stored_as(world, attached["attachment_id"]))

    answer = world.worker.get(f"/cases/{case_id}/attachments/{attached['attachment_id']}")

    assert told(answer) == (404, "file_missing")


def test_a_process_that_uses_a_bucket_keeps_photos_there(
    world: Any, case_id: str, process: Callable[..., Any]
) -> None:
    with buckets.running() as bucket:
        api = process(
            "cases",
            "api",
            database_url=world.database.url,
            amqp_url="",
            YIWANG_FILES_S3_ENDPOINT=bucket.url,
            YIWANG_FILES_S3_BUCKET=buckets.BUCKET,
            YIWANG_FILES_S3_ACCESS_KEY=buckets.ACCESS_KEY,
            YIWANG_FILES_S3_SECRET_KEY=buckets.SECRET_KEY,
        )
        worker = clients.Client(api.url, world.api.token(roles=["grid_worker"], areas=[district.GRID]))

        attached = send(worker, case_id)
        opened = worker.get(f"/cases/{case_id}/attachments/{attached['attachment_id']}")

        assert hashlib.sha256(opened.content).hexdigest() == attached["sha256"]
        assert sorted(kind for _, kind in bucket.files.values()) == ["image/jpeg", "image/jpeg"]
        bucket.refusing = (403, "AccessDenied")
        refused = worker.post(f"/cases/{case_id}/attachments", data=photos.photo())
        assert told(refused) == (503, "files_unavailable")
        assert worker.get(f"/cases/{case_id}").status_code == 200


# --- steps


def test_a_step_names_the_photos_that_show_it_and_the_timeline_keeps_their_hashes(
    world: Any, case_id: str
) -> None:
    photo = send(world.worker, case_id)
    named = [photo["attachment_id"]]
    world.step(world.worker, case_id, "triage")

    world.step(world.officer, case_id, "resolve", words="已清洗", attachment_ids=named)
    world.step(world.worker, case_id, "check", passed=True, attachment_ids=named * 2)

    entries = world.supervisor.get(f"/cases/{case_id}/timeline").json()["items"]
    shown = {entry["action"]: entry["detail"].get("attachments") for entry in entries}
    evidence = [{"attachment_id": photo["attachment_id"], "sha256": photo["sha256"]}]
    assert (shown["resolved"], shown["checked"]) == (evidence, evidence)
    assert world.supervisor.post(f"/cases/{case_id}/timeline/verify").json()["whole"]


def test_a_step_names_only_photos_of_its_matter_that_are_there(world: Any, case_id: str) -> None:
    other = send(world.worker, world.report()["case_id"])
    removed = send(world.worker, case_id)
    world.worker.post(
        f"/cases/{case_id}/attachments/{removed['attachment_id']}/remove", json={"reason": "拍错了"}
    )
    world.step(world.worker, case_id, "triage")

    for wrong in (other["attachment_id"], removed["attachment_id"], ids.new()):
        answer = world.worker.post(
            f"/cases/{case_id}/resolve", json={"words": "已清洗", "attachment_ids": [wrong]}
        )
        assert told(answer) == (422, "unknown_attachment")
