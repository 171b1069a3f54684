"""Files on a disk and in an S3-compatible store: the same promises."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator

import pytest

from shared import config, files
from shared.files.bucket import Bucket
from shared.files.disk import Disk
from tests.support import buckets


@pytest.fixture(params=["disk", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[files.Store]:
    if request.param == "disk":
        yield Disk(tmp_path / "files")
        return
    with buckets.running() as server:
        yield Bucket(settings(server.url))


def settings(url: str) -> config.Bucket:
    return config.Bucket(
        endpoint=url,
        name=buckets.BUCKET,
        region="us-east-1",
        access_key=buckets.ACCESS_KEY,
        secret_key=buckets.SECRET_KEY,
    )


def test_a_file_is_read_as_it_was_written(store: files.Store) -> None:
    content = bytes(range(256)) * 5000

    store.put("attachments/2026/11/21/a", content, media_type="image/jpeg")

    assert store.get("attachments/2026/11/21/a") == content


def test_a_file_that_is_not_there_is_missing(store: files.Store) -> None:
    with pytest.raises(files.FileMissing):
        store.get("attachments/2026/11/21/nothing")


def test_a_deleted_file_is_gone_and_deleting_it_again_is_fine(store: files.Store) -> None:
    store.put("a/b", b"x", media_type="text/plain")

    store.delete("a/b")
    store.delete("a/b")

    with pytest.raises(files.FileMissing):
        store.get("a/b")


def test_a_folder_lists_its_own_files_only(store: files.Store) -> None:
    for key in ("a/2026/1", "a/2026/2.small", "a/20261/3"):
        store.put(key, b"x", media_type="text/plain")

    assert list(store.keys("a/2026")) == ["a/2026/1", "a/2026/2.small"]
    assert list(store.keys("a/1999")) == []


@pytest.mark.parametrize("key", ["../a", "/etc/passwd", "a/../b", "", "a//b", "A", ".hidden"])
def test_a_key_never_leaves_the_folder(tmp_path: pathlib.Path, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        Disk(tmp_path).put(key, b"x", media_type="text/plain")


def test_a_disk_that_cannot_be_written_is_unavailable(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a").write_text("a file where a folder must be")

    with pytest.raises(files.FilesUnavailable):
        Disk(tmp_path).put("a/b", b"x", media_type="text/plain")


def test_a_crash_while_writing_leaves_no_half_file_under_the_key(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_: int) -> None:
        raise OSError("power is gone")

    monkeypatch.setattr(os, "fsync", crash)

    with pytest.raises(files.FilesUnavailable):
        Disk(tmp_path).put("a/b", b"x", media_type="text/plain")
    assert list((tmp_path / "a").iterdir()) == []


def test_the_bucket_gets_the_media_type_and_a_signature() -> None:
    with buckets.running() as server:
        Bucket(settings(server.url)).put("a/b", b"x", media_type="image/webp")

        assert server.files == {"a/b": (b"x", "image/webp")}


@pytest.mark.parametrize("refusal", [(403, "AccessDenied"), (404, "NoSuchBucket"), (500, "InternalError")])
def test_a_bucket_that_refuses_is_unavailable(refusal: tuple[int, str]) -> None:
    with buckets.running() as server:
        server.refusing = refusal

        with pytest.raises(files.FilesUnavailable):
            Bucket(settings(server.url)).get("a/b")


def test_a_bucket_that_is_down_is_unavailable_soon() -> None:
    with buckets.running() as server:
        gone = server.url

    with pytest.raises(files.FilesUnavailable):
        Bucket(settings(gone)).get("a/b")
