"""Photos as they are kept: decoded and written anew, so that nothing of the camera's notes remains.

Place, time, device, owner, comments and whatever was hung on behind the picture are gone; so is what only looks like
a picture. The turn the camera noted is applied first. Done in a native thread, one photo at a time: a photo takes up
to 120 MB while it is opened.
"""

import io
from dataclasses import dataclass

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from services.cases.domain import errors, media
from shared import aside

# What is kept is at most so long: enough to read a number plate across the street.
LONGEST_SIDE = 2560
THUMBNAIL_SIDE = 360
# A JPEG is opened at the scale that is needed; everything else must be opened whole, at four bytes a pixel.
MOST_PIXELS = 64_000_000
MOST_PIXELS_WHOLE = 16_000_000
_QUALITY = 88
_THUMBNAIL_QUALITY = 75
_OPENED_AS = {media.JPEG: "JPEG", media.PNG: "PNG", media.WEBP: "WEBP"}

_one_at_a_time = aside.Aside(most_at_once=1)
# A cut-off photo is refused, not filled up with grey.
ImageFile.LOAD_TRUNCATED_IMAGES = False
# Ours are checked before anything is decoded; Pillow's own would warn at other sizes.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A photo as it is kept, with a small one for lists (always a JPEG)."""

    content: bytes
    thumbnail: bytes
    width: int
    height: int


def cleaned(content: bytes, kind: media.Media) -> Picture:
    """The photo without its notes and not larger than needed. Raises TooManyPixels, BrokenPhoto."""
    return _one_at_a_time.run(_cleaned, content, kind)


def _cleaned(content: bytes, kind: media.Media) -> Picture:
    try:
        if kind is media.WEBP:
            # Its decoder takes the memory for the whole picture when it is opened.
            _check_size(*_webp_size(content), most=MOST_PIXELS_WHOLE)
        with Image.open(io.BytesIO(content), formats=(_OPENED_AS[kind],)) as opened:
            # A progressive JPEG is held whole by the decoder, whatever scale is asked for.
            by_scale = kind is media.JPEG and not opened.info.get("progressive")
            _check_size(opened.width, opened.height, most=MOST_PIXELS if by_scale else MOST_PIXELS_WHOLE)
            if kind is media.JPEG:
                opened.draft(opened.mode, (LONGEST_SIDE, LONGEST_SIDE))
            opened.load()
            return _kept(opened, kind)
    except errors.TooManyPixels:
        raise
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        IndexError,
        KeyError,
        TypeError,
        OverflowError,
        MemoryError,
    ) as error:
        # Whatever a made-up file makes the decoders stumble over.
        raise errors.BrokenPhoto() from error


def _check_size(width: int, height: int, *, most: int) -> None:
    if width * height > most:
        raise errors.TooManyPixels(width=width, height=height, most_pixels=most)


def _webp_size(content: bytes) -> tuple[int, int]:
    """What the first chunk of a WebP says of its size (RFC 9649)."""
    chunk, start = content[12:16], content[20:30].ljust(10, b"\0")
    if chunk == b"VP8X":
        return 1 + int.from_bytes(start[4:7], "little"), 1 + int.from_bytes(start[7:10], "little")
    if chunk == b"VP8L":
        bits = int.from_bytes(start[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(start[6:8], "little") & 0x3FFF, int.from_bytes(start[8:10], "little") & 0x3FFF


def _kept(opened: Image.Image, kind: media.Media) -> Picture:
    # Smaller first: turning takes a copy.
    opened.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    turned = ImageOps.exif_transpose(opened)
    mode = "RGBA" if kind is not media.JPEG and _has_holes(turned) else "RGB"
    plain = Image.new(mode, turned.size)
    plain.paste(turned.convert(mode))
    small = plain.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    return Picture(
        content=_written(plain, kind),
        thumbnail=_written(_on_white(small), media.JPEG, quality=_THUMBNAIL_QUALITY),
        width=plain.width,
        height=plain.height,
    )


def _has_holes(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _written(image: Image.Image, kind: media.Media, *, quality: int = _QUALITY) -> bytes:
    file = io.BytesIO()
    if kind is media.PNG:
        image.save(file, "PNG", optimize=False)
    elif kind is media.WEBP:
        image.save(file, "WEBP", quality=quality, method=2)
    else:
        image.save(file, "JPEG", quality=quality, progressive=False)
    return file.getvalue()
