"""What a file is, told from its bytes: neither its name nor what the sender calls it is believed."""

import io
import zipfile
from dataclasses import dataclass
from enum import StrEnum

from services.cases.domain import errors


class Kind(StrEnum):
    PHOTO = "photo"
    DOCUMENT = "document"


@dataclass(frozen=True, kw_only=True)
class Media:
    media_type: str
    # Ending of its name when it is kept.
    ending: str
    kind: Kind


JPEG = Media(media_type="image/jpeg", ending="jpg", kind=Kind.PHOTO)
PNG = Media(media_type="image/png", ending="png", kind=Kind.PHOTO)
WEBP = Media(media_type="image/webp", ending="webp", kind=Kind.PHOTO)
PDF = Media(media_type="application/pdf", ending="pdf", kind=Kind.DOCUMENT)
_OFFICE = "application/vnd.openxmlformats-officedocument"
DOCX = Media(media_type=f"{_OFFICE}.wordprocessingml.document", ending="docx", kind=Kind.DOCUMENT)
XLSX = Media(media_type=f"{_OFFICE}.spreadsheetml.sheet", ending="xlsx", kind=Kind.DOCUMENT)
PPTX = Media(media_type=f"{_OFFICE}.presentationml.presentation", ending="pptx", kind=Kind.DOCUMENT)
ODT = Media(media_type="application/vnd.oasis.opendocument.text", ending="odt", kind=Kind.DOCUMENT)
ODS = Media(media_type="application/vnd.oasis.opendocument.spreadsheet", ending="ods", kind=Kind.DOCUMENT)
ALL = (JPEG, PNG, WEBP, PDF, DOCX, XLSX, PPTX, ODT, ODS)
BY_TYPE = {media.media_type: media for media in ALL}

# A document of an office program holds dozens of parts; one of thousands is made to be expensive.
_MOST_PARTS = 5_000
# Its list of parts is read whole before any is counted; the longest names take so much each.
_LONGEST_LIST_BYTES = _MOST_PARTS * 200
# How far from the end of an archive its last record may begin: behind it stands a comment.
_END_BYTES = 22
_LONGEST_COMMENT_BYTES = 65_535
_LONGEST_MIMETYPE_BYTES = 100
_OFFICE_PARTS = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX, "ppt/presentation.xml": PPTX}
_OPEN_DOCUMENTS = {ODT.media_type: ODT, ODS.media_type: ODS}


def sniffed(content: bytes) -> Media:
    """What the bytes are. Raises EmptyFile, UnknownMedia, or MacrosInside for a document that brings a program."""
    if not content:
        raise errors.EmptyFile()
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return WEBP
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"PK\x03\x04"):
        return _packed(content)
    raise errors.UnknownMedia()


def _packed(content: bytes) -> Media:
    """Which office document a ZIP archive is; only its list of parts is read, nothing is unpacked but one name."""
    if _list_bytes(content) > _LONGEST_LIST_BYTES:
        raise errors.UnknownMedia()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = {part.filename for part in archive.infolist()[: _MOST_PARTS + 1]}
            if len(names) > _MOST_PARTS:
                raise errors.UnknownMedia()
            declared = ""
            if "mimetype" in names and archive.getinfo("mimetype").file_size <= _LONGEST_MIMETYPE_BYTES:
                declared = archive.read("mimetype").decode("ascii", "replace")
    except (zipfile.BadZipFile, NotImplementedError, ValueError, RuntimeError, EOFError, OSError) as error:
        raise errors.UnknownMedia() from error
    if any(name.lower().endswith(("vbaproject.bin", ".exe", ".dll", ".js")) for name in names) or any(
        name.startswith(("Basic/", "Scripts/")) for name in names
    ):
        raise errors.MacrosInside()
    if declared in _OPEN_DOCUMENTS:
        return _OPEN_DOCUMENTS[declared]
    for part, media in _OFFICE_PARTS.items():
        if part in names and "[Content_Types].xml" in names:
            return media
    raise errors.UnknownMedia()


def _list_bytes(content: bytes) -> int:
    """How long an archive's list of parts is, as its last record says; nothing of it is read for that."""
    end = content.rfind(b"PK\x05\x06", max(0, len(content) - _END_BYTES - _LONGEST_COMMENT_BYTES))
    if end < 0:
        return 0
    if content[max(0, end - 20) : end].startswith(b"PK\x06\x07"):
        # What says it again in eight bytes is for archives of gigabytes; no document is one.
        return _LONGEST_LIST_BYTES + 1
    return int.from_bytes(content[end + 12 : end + 16], "little")
