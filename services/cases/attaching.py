"""From bytes that somebody sent to a file in the store: looked at, cleaned, written; and away again."""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from services.cases import pictures
from services.cases.domain import errors, media
from services.cases.domain.attachments import LONGEST_NAME
from shared import files, ids

FOLDER = "attachments"
_SMALL = ".small"


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A file as it will be kept."""

    kind: media.Media
    content: bytes = field(repr=False)
    small: bytes | None = field(repr=False)
    width: int | None
    height: int | None
    received_sha256: bytes

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.content).digest()


def prepared(content: bytes, *, limit_bytes: int) -> Ready:
    """Looks at what was sent and cleans it. Raises FileTooLarge, UnknownMedia, BrokenPhoto and their like."""
    if len(content) > limit_bytes:
        raise errors.FileTooLarge(limit_bytes=limit_bytes)
    kind = media.sniffed(content)
    received = hashlib.sha256(content).digest()
    if kind.kind is media.Kind.DOCUMENT:
        return Ready(
            kind=kind, content=content, small=None, width=None, height=None, received_sha256=received
        )
    picture = pictures.cleaned(content, kind)
    return Ready(
        kind=kind,
        content=picture.content,
        small=picture.thumbnail,
        width=picture.width,
        height=picture.height,
        received_sha256=received,
    )


def kept(ready: Ready, *, at: datetime) -> str:
    """Writes the file, and the small one of a photo; answers its key.

    Called before the row is written: if that fails, the file is an orphan, which is swept away. The other way round
    a row without a file would be evidence lost.
    """
    key = f"{folder_of(at.date())}/{ids.new()}"
    store = files.store()
    store.put(key, ready.content, media_type=ready.kind.media_type)
    if ready.small is not None:
        store.put(key + _SMALL, ready.small, media_type=media.JPEG.media_type)
    return key


@contextlib.contextmanager
def kept_if_done(ready: Ready, *, at: datetime) -> Iterator[str]:
    """The key of the file while its row is written. Where that is refused, the file goes at once; where the process
    dies in between, it is swept away as an orphan."""
    key = kept(ready, at=at)
    try:
        yield key
    except BaseException:
        with contextlib.suppress(files.FilesUnavailable):
            erase(key, ready.kind.kind)
        raise


def content_of(key: str) -> bytes:
    return files.store().get(key)


def small_of(key: str) -> bytes:
    return files.store().get(key + _SMALL)


def erase(key: str, kind: media.Kind) -> None:
    """Takes a file and its small one from the store."""
    store = files.store()
    store.delete(key)
    if kind is media.Kind.PHOTO:
        store.delete(key + _SMALL)


def folder_of(day: date) -> str:
    """Where the files of a day (UTC) lie."""
    return f"{FOLDER}/{day:%Y/%m/%d}"


def keys_of(day: date) -> list[str]:
    """Files of a day, without the small ones."""
    return [key for key in _all(day) if not key.endswith(_SMALL)]


def drop_orphans(day: date, known: Iterable[str]) -> int:
    """Deletes the files of a day that no row knows; answers how many."""
    wanted = set(known)
    orphans = [key for key in _all(day) if key.removesuffix(_SMALL) not in wanted]
    for key in orphans:
        files.store().delete(key)
    return len(orphans)


def _all(day: date) -> list[str]:
    return list(files.store().keys(folder_of(day)))


def plain_name(name: str) -> str:
    """A file's name without folders and unprintable characters, cut to what is kept."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in last if character.isprintable()).strip()[:LONGEST_NAME]
