"""Files in a bucket of an S3-compatible store: Amazon's, MinIO, Ceph, OSS and OBS in their S3 form."""

import io
import urllib.parse
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

import minio
import urllib3
from minio.error import MinioException, S3Error

from shared import config, logs
from shared.files import FileMissing, FilesUnavailable

log = logs.get(__name__)

P = ParamSpec("P")
T = TypeVar("T")

_CONNECT_SECONDS = 2.0
# Shorter than a request may take, retries included.
_ANSWER_SECONDS = 8.0
_TRIES = 2
_CONNECTIONS = 8
_MISSING = {"NoSuchKey", "NoSuchObject"}


class Bucket:
    """The bucket must exist. Under eventlet the sockets are green: waiting for the store stalls nobody."""

    def __init__(self, settings: config.Bucket) -> None:
        endpoint = urllib.parse.urlsplit(settings.endpoint)
        self._bucket = settings.name
        self._client = minio.Minio(
            endpoint.netloc,
            access_key=settings.access_key,
            secret_key=settings.secret_key,
            secure=endpoint.scheme == "https",
            # Given, or the library asks the store for it before anything else.
            region=settings.region,
            http_client=urllib3.PoolManager(
                timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_ANSWER_SECONDS),
                maxsize=_CONNECTIONS,
                retries=urllib3.Retry(
                    total=_TRIES, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504)
                ),
            ),
        )

    def put(self, key: str, content: bytes, *, media_type: str) -> None:
        _asking(
            self._client.put_object,
            self._bucket,
            key,
            io.BytesIO(content),
            len(content),
            content_type=media_type,
        )

    def get(self, key: str) -> bytes:
        return _asking(self._read, key)

    def delete(self, key: str) -> None:
        _asking(self._client.remove_object, self._bucket, key)

    def keys(self, prefix: str) -> Iterator[str]:
        yield from _asking(self._listed, f"{prefix}/")

    def _read(self, key: str) -> bytes:
        answer = self._client.get_object(self._bucket, key)
        try:
            return bytes(answer.read())
        finally:
            answer.close()
            answer.release_conn()

    def _listed(self, prefix: str) -> list[str]:
        found = self._client.list_objects(self._bucket, prefix=prefix, recursive=True)
        return [one.object_name for one in found if one.object_name]


def _asking(work: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    try:
        return work(*arguments, **options)
    except S3Error as error:
        if error.code in _MISSING:
            raise FileMissing() from error
        log.warning("file_store_refused", error=error.code)
        raise FilesUnavailable() from error
    except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
        log.warning("file_store_unreachable", error=type(error).__name__)
        raise FilesUnavailable() from error
