"""Files in a folder of this machine, or of a volume that all processes of a service share."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from shared import aside
from shared.files import FileMissing, FilesUnavailable

# A shared volume may answer slowly; no other request waits for it.
_aside = aside.Aside(most_at_once=4)
_KEY = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")
# A key like any other, so that what a crash leaves behind is swept away as an orphan.
_UNFINISHED = "part-"


class Disk:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, content: bytes, *, media_type: str) -> None:
        try:
            _aside.run(_write, self._place(key), content)
        except OSError as error:
            raise FilesUnavailable() from error

    def get(self, key: str) -> bytes:
        try:
            return _aside.run(self._place(key).read_bytes)
        except FileNotFoundError as error:
            raise FileMissing() from error
        except OSError as error:
            raise FilesUnavailable() from error

    def delete(self, key: str) -> None:
        try:
            _aside.run(self._place(key).unlink, missing_ok=True)
        except OSError as error:
            raise FilesUnavailable() from error

    def keys(self, prefix: str) -> Iterator[str]:
        try:
            names = sorted(_aside.run(os.listdir, self._place(prefix)))
        except FileNotFoundError:
            return
        except OSError as error:
            raise FilesUnavailable() from error
        yield from (f"{prefix}/{name}" for name in names)

    def _place(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"not a key: {key!r}")
        return self._folder / key


def _write(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(prefix=_UNFINISHED, dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            # The database is about to say that this file exists: it must outlive a power cut like the row does.
            os.fsync(file.fileno())
        Path(unfinished).replace(place)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(unfinished).unlink()
        raise
