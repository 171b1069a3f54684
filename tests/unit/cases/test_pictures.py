"""Photos lose the camera's notes, keep their look, and cannot be made to fill the memory."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from services.cases import pictures
from services.cases.domain import errors, media
from tests.support import photos

FORMS = [("JPEG", media.JPEG), ("PNG", media.PNG), ("WEBP", media.WEBP)]


@pytest.mark.parametrize(("form", "kind"), FORMS)
def test_place_owner_and_comments_are_gone_and_the_picture_is_the_same(form: str, kind: media.Media) -> None:
    sent = photos.photo(form)
    assert photos.TAKEN_WITH.encode() in sent

    picture = pictures.cleaned(sent, kind)

    for kept in (picture.content, picture.thumbnail):
        assert photos.TAKEN_WITH.encode() not in kept
        assert not photos.opened(kept).getexif()
        assert b"Exif" not in kept
    image = photos.opened(picture.content)
    assert (image.format, image.size) == (form, (640, 480))
    assert (picture.width, picture.height) == (640, 480)
    red, _, blue = image.convert("RGB").getpixel((600, 400))
    assert red > 180
    assert blue < 60


def test_what_is_hung_on_behind_a_photo_is_gone() -> None:
    picture = pictures.cleaned(photos.photo() + b"<script>alert(1)</script>", media.JPEG)

    assert b"script" not in picture.content


def test_a_photo_held_upright_is_kept_upright() -> None:
    # 6: to be turned a quarter to the right when shown.
    picture = pictures.cleaned(photos.photo(size=(640, 480), turned=6), media.JPEG)

    assert (picture.width, picture.height) == (480, 640)
    # The blue corner was at the top left; turned, it is at the top right.
    blue = photos.opened(picture.content).getpixel((470, 10))
    assert blue[2] > 150


def test_a_large_photo_is_made_as_small_as_is_useful() -> None:
    picture = pictures.cleaned(photos.photo(size=(4000, 3000)), media.JPEG)

    assert (picture.width, picture.height) == (2560, 1920)
    assert max(photos.opened(picture.thumbnail).size) == 360


def test_a_small_photo_is_not_blown_up() -> None:
    picture = pictures.cleaned(photos.photo(size=(40, 30)), media.JPEG)

    assert (picture.width, picture.height) == (40, 30)
    assert photos.opened(picture.thumbnail).size == (40, 30)


def test_what_shines_through_stays_so_and_is_white_in_the_small_one() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(file, "PNG")

    picture = pictures.cleaned(file.getvalue(), media.PNG)

    assert photos.opened(picture.content).getpixel((5, 5))[3] == 0
    assert min(photos.opened(picture.thumbnail).getpixel((5, 5))) > 250


@pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "I;16", "CMYK", "RGB"])
def test_pictures_of_every_kind_of_colour_are_kept_or_refused(mode: str) -> None:
    file = io.BytesIO()
    form, kind = ("JPEG", media.JPEG) if mode == "CMYK" else ("PNG", media.PNG)
    Image.new(mode, (60, 40)).save(file, form)

    picture = pictures.cleaned(file.getvalue(), kind)

    assert photos.opened(picture.content).size == (60, 40)


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is huge."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_a_bomb_is_refused_before_it_is_opened() -> None:
    with pytest.raises(errors.TooManyPixels):
        pictures.cleaned(png_claiming(60_000, 60_000), media.PNG)
    with pytest.raises(errors.TooManyPixels):
        pictures.cleaned(png_claiming(4001, 4000), media.PNG)
    # At the limit it is looked at, and found cut off.
    with pytest.raises(errors.BrokenPhoto):
        pictures.cleaned(png_claiming(4000, 4000), media.PNG)


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": b"Exif\0\0MM\0*"}])
def test_a_webp_is_measured_before_it_is_opened(options: dict[str, Any]) -> None:
    file = io.BytesIO()
    Image.new("RGB", (321, 123)).save(file, "WEBP", **options)

    assert pictures._webp_size(file.getvalue()) == (321, 123)


def test_a_webp_that_claims_to_be_huge_is_refused() -> None:
    canvas = b"\0\0\0\0" + (16_777_215).to_bytes(3, "little") + (255).to_bytes(3, "little")
    chunk = b"VP8X" + len(canvas).to_bytes(4, "little") + canvas

    with pytest.raises(errors.TooManyPixels):
        pictures.cleaned(b"RIFF" + (4 + len(chunk)).to_bytes(4, "little") + b"WEBP" + chunk, media.WEBP)


def test_a_photo_the_decoder_must_hold_whole_has_the_lower_limit() -> None:
    size = (4100, 4000)

    with pytest.raises(errors.TooManyPixels):
        pictures.cleaned(photos.photo(size=size, progressive=True), media.JPEG)
    assert pictures.cleaned(photos.photo(size=size), media.JPEG).width == 2560


@pytest.mark.parametrize(("form", "kind"), FORMS)
def test_a_cut_off_photo_is_refused(form: str, kind: media.Media) -> None:
    sent = photos.photo(form, size=(900, 900))

    with pytest.raises(errors.BrokenPhoto):
        pictures.cleaned(sent[: len(sent) // 2], kind)


def test_a_photo_in_the_clothes_of_another_kind_is_refused() -> None:
    with pytest.raises(errors.BrokenPhoto):
        pictures.cleaned(photos.photo("PNG"), media.JPEG)


@settings(max_examples=60)
@given(st.sampled_from(FORMS), st.integers(0, 2000), st.binary(min_size=1, max_size=8))
def test_a_damaged_photo_is_kept_or_refused(form: tuple[str, media.Media], at: int, damage: bytes) -> None:
    sent = bytearray(photos.photo(form[0], size=(64, 48)))
    sent[at % len(sent) : at % len(sent) + len(damage)] = damage

    try:
        picture = pictures.cleaned(bytes(sent), form[1])
    except (errors.BrokenPhoto, errors.TooManyPixels):
        return
    assert photos.TAKEN_WITH.encode() not in picture.content
