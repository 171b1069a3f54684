"""What a file is, told from its bytes alone."""

from __future__ import annotations

import contextlib
import io
import time
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.domain import errors, media
from tests.support import photos


def office(part: str, *more: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name in ("[Content_Types].xml", part, *more):
            made.writestr(name, "<x/>")
    return file.getvalue()


def open_document(kind: str, *more: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("mimetype", kind)
        for name in ("content.xml", *more):
            made.writestr(name, "<x/>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (photos.photo("JPEG"), media.JPEG),
        (photos.photo("PNG"), media.PNG),
        (photos.photo("WEBP"), media.WEBP),
        (photos.PDF, media.PDF),
        (office("word/document.xml"), media.DOCX),
        (office("xl/workbook.xml"), media.XLSX),
        (office("ppt/presentation.xml"), media.PPTX),
        (open_document(media.ODT.media_type), media.ODT),
        (open_document(media.ODS.media_type), media.ODS),
    ],
)
def test_each_kind_taken_is_known_by_its_bytes(content: bytes, kind: media.Media) -> None:
    assert media.sniffed(content) is kind


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + bytes(40),
        b"MZ" + bytes(100),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        b"PK\x03\x04" + bytes(100),
        b"RIFF\x00\x00\x00\x00WAVE",
        b" %PDF-1.7",
        office("other/thing.xml"),
        open_document("application/epub+zip"),
    ],
)
def test_what_is_none_of_them_is_refused(content: bytes) -> None:
    with pytest.raises(errors.UnknownMedia):
        media.sniffed(content)


@pytest.mark.parametrize(
    "content",
    [
        office("word/document.xml", "word/vbaProject.bin"),
        office("xl/workbook.xml", "xl/embeddings/tool.EXE"),
        open_document(media.ODS.media_type, "Basic/Standard/Module1.xml"),
    ],
)
def test_a_document_that_brings_a_program_is_refused(content: bytes) -> None:
    with pytest.raises(errors.MacrosInside):
        media.sniffed(content)


def test_an_archive_of_very_many_parts_is_refused() -> None:
    with pytest.raises(errors.UnknownMedia):
        media.sniffed(office("word/document.xml", *(f"word/{number}" for number in range(5_000))))


def test_nothing_is_refused_as_nothing() -> None:
    with pytest.raises(errors.EmptyFile):
        media.sniffed(b"")


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"RIFF0000WEBP", b"\xff\xd8\xff"]))
def test_junk_is_a_kind_or_refused_and_never_anything_else(junk: bytes, start: bytes) -> None:
    with contextlib.suppress(errors.UnknownMedia, errors.EmptyFile, errors.MacrosInside):
        assert media.sniffed(start + junk) in media.ALL


def test_an_archive_with_an_endless_list_of_parts_is_refused_before_it_is_read() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name in (
            "[Content_Types].xml",
            "word/document.xml",
            *(f"{n:06}".ljust(60, "x") for n in range(20_000)),
        ):
            made.writestr(name, b"")
    content = file.getvalue()

    began = time.process_time()
    with pytest.raises(errors.UnknownMedia):
        media.sniffed(content)

    # Reading its list takes a good part of a second, and everybody else waits for it.
    assert time.process_time() - began < 0.05
