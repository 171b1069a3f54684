"""Files that are too large for the database: on a disk, or in an S3-compatible store, as the deployment says.

    files.store().put("attachments/2026/11/21/…", content, media_type="image/jpeg")

A file is written once under a key of its own and never changed. The database knows which files there are: what it
does not know is an orphan, which its owner sweeps away.
"""

from collections.abc import Iterator
from typing import Protocol

from shared import config, errors


class FileMissing(errors.NotFound):
    """The file is not there any more."""


class FilesUnavailable(errors.Unavailable):
    """The store of files cannot be reached now. Nothing was changed; try again shortly."""


class Store(Protocol):
    """Where files lie. Keys are like paths: lower-case letters, digits and `/ . _ -`."""

    def put(self, key: str, content: bytes, *, media_type: str) -> None:
        """Writes a file whole or not at all. Raises FilesUnavailable."""

    def get(self, key: str) -> bytes:
        """A file's content. Raises FileMissing or FilesUnavailable."""

    def delete(self, key: str) -> None:
        """Removes a file; one that is gone already is fine. Raises FilesUnavailable."""

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys of the files in a folder, with its own name. Raises FilesUnavailable."""


_store: Store | None = None
_settings: config.Files | None = None


def configure(settings: config.Files) -> None:
    """Says where the process's files lie; called once at start. The store is made when it is first used."""
    global _settings
    _settings = settings


def use(store: Store | None) -> None:
    """Sets the process's store, in place of the configured one."""
    global _store
    _store = store


def store() -> Store:
    """The process's store."""
    if _store is None:
        if _settings is None:
            raise RuntimeError("nothing says where files lie")
        use(_of(_settings))
    assert _store is not None
    return _store


def _of(settings: config.Files) -> Store:
    if settings.bucket is not None:
        # Its library is large: only who uses it loads it.
        from shared.files.bucket import Bucket

        return Bucket(settings.bucket)
    from shared.files.disk import Disk

    return Disk(settings.folder)
