"""Photos and documents as phones and offices send them."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from PIL import Image, PngImagePlugin

# Where the photo was taken, and by what: none of it may be found in what is kept.
TAKEN_WITH = "Phone of Wang Xiaoming"
_MAKE, _SOFTWARE, _GPS, _ORIENTATION = 271, 305, 34853, 274


def photo(
    form: str = "JPEG", size: tuple[int, int] = (640, 480), *, turned: int | None = None, **options: Any
) -> bytes:
    """A photo with the camera's notes: its place, its owner, and perhaps how it was held (1 to 8)."""
    image = Image.new("RGB", size, (200, 30, 30))
    image.paste((30, 30, 200), (0, 0, size[0] // 2, size[1] // 2))
    exif = Image.Exif()
    exif[_MAKE] = TAKEN_WITH
    exif[_SOFTWARE] = TAKEN_WITH
    exif[_GPS] = {1: "N", 2: (36.0, 36.0, 18.0), 3: "E", 4: (117.0, 0.0, 18.0)}
    if turned:
        exif[_ORIENTATION] = turned
    if form == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Comment", TAKEN_WITH)
        options["pnginfo"] = notes
    file = io.BytesIO()
    image.save(file, form, exif=exif, **options)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def archive(**parts: bytes) -> bytes:
    """A ZIP archive; `__` stands for a slash and `___` for a dot in the names of its parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in parts.items():
            made.writestr(name.replace("___", ".").replace("__", "/"), content)
    return file.getvalue()


def docx(**more: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("word/document.xml", "<w:document/>")
        for name, content in more.items():
            made.writestr(name.replace("___", ".").replace("__", "/"), content)
    return file.getvalue()


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
