"""The public keys of one token issuer: fetched, remembered on disk, refreshed with bounds.

A service must go on checking tokens while the issuer is down or the service restarts, so the last good key set is
kept on disk. A token signed with a key nobody has heard of makes us ask the issuer, but at most once per
`RETRY_SECONDS`: junk tokens must not become a load on the issuer.
"""

import http.client
import json
import os
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import jwt

from shared import errors

# The issuer publishes a new key this long, and more, before it first signs with it.
REFRESH_SECONDS = 300.0
RETRY_SECONDS = 5.0
FETCH_TIMEOUT_SECONDS = 3.0
LARGEST_DOCUMENT_BYTES = 65_536
MOST_KEYS = 32


class KeysUnavailable(errors.Unavailable):
    """The issuer's signing keys cannot be fetched now, so no token can be checked. Try again shortly."""


class JsonWebKeys:
    """One issuer's keys by key id, for one fixed algorithm."""

    def __init__(
        self, url: str | None, *, algorithm: str, cache_path: Path | None = None, through_proxy: bool = False
    ) -> None:
        """Keys fetched from `url`; without one only those given to `replace` count.

        Args:
            cache_path: where the last good set is kept.
            through_proxy: obey the `*_proxy` variables of the environment.
        """
        self._url = url
        self._algorithm = algorithm
        self._cache_path = cache_path
        handlers = () if through_proxy else (urllib.request.ProxyHandler({}),)
        self._opener = urllib.request.build_opener(*handlers)
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        # Native threads and greenlets alike: only one of them fetches.
        self._fetching = threading.Lock()
        self._generation = 0
        self._read_cache()

    @classmethod
    def fixed(cls, document: object, *, algorithm: str) -> "JsonWebKeys":
        """Keys that are known and never fetched: the issuer's own. Raises ValueError when none fits."""
        keys = cls(None, algorithm=algorithm)
        keys.replace(document)
        return keys

    @property
    def generation(self) -> int:
        """Rises whenever a key is withdrawn; whoever remembers verified tokens must forget them then."""
        return self._generation

    def find(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key of that id, or None when the issuer does not have it.

        A token without a key id is checked with the only key of a set of one. Raises KeysUnavailable when no key
        set was ever fetched.
        """
        key = self._pick(key_id)
        if key is None:
            self._refresh(wait=True)
            key = self._pick(key_id)
        elif self._is_stale():
            # Somebody already refreshing is good enough: this token can be checked with what we have.
            self._refresh(wait=False)
            key = self._pick(key_id)
        if not self._keys:
            raise KeysUnavailable()
        return key

    def replace(self, document: object) -> None:
        """Takes a key set (RFC 7517) as the issuer's present one. Keys of another algorithm are left out."""
        keys = parse(document, self._algorithm)
        if not set(self._keys) <= set(keys):
            self._generation += 1
        self._keys = keys
        self._fetched_at = time.monotonic()

    def _pick(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _is_stale(self) -> bool:
        return self._fetched_at is None or time.monotonic() - self._fetched_at > REFRESH_SECONDS

    def _tried_lately(self) -> bool:
        return self._tried_at is not None and time.monotonic() - self._tried_at < RETRY_SECONDS

    def _refresh(self, *, wait: bool) -> None:
        if self._url is None:
            return
        before = self._fetched_at
        if not self._fetching.acquire(blocking=wait):
            return
        try:
            if self._fetched_at != before or self._tried_lately():
                return
            self._tried_at = time.monotonic()
            try:
                document = self._fetch()
                self.replace(document)
            except (OSError, ValueError, http.client.HTTPException):
                # The keys we have stay good; without any, `find` says so.
                return
            self._write_cache(document)
        finally:
            self._fetching.release()

    def _fetch(self) -> object:
        assert self._url is not None
        request = urllib.request.Request(self._url, headers={"Accept": "application/json"})
        with self._opener.open(request, timeout=FETCH_TIMEOUT_SECONDS) as answer:
            body = answer.read(LARGEST_DOCUMENT_BYTES + 1)
        if len(body) > LARGEST_DOCUMENT_BYTES:
            raise ValueError("the key set is too large")
        return json.loads(body)

    def _read_cache(self) -> None:
        if self._cache_path is None:
            return
        try:
            cached = json.loads(self._cache_path.read_bytes())
            if cached["url"] == self._url:
                self.replace(cached["document"])
        except (OSError, ValueError, KeyError, TypeError):
            # No cache, or one that is torn: the issuer will be asked.
            return
        # What lay on disk may be old: ask the issuer at the first token, and use this if it does not answer.
        self._fetched_at = None

    def _write_cache(self, document: object) -> None:
        if self._cache_path is None:
            return
        try:
            self._cache_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self._cache_path.parent, prefix=self._cache_path.name)
            with os.fdopen(handle, "w") as file:
                json.dump({"url": self._url, "document": document}, file)
            Path(name).replace(self._cache_path)
        except OSError:
            # A read-only disk costs only the next start its head start.
            return


def parse(document: object, algorithm: str) -> dict[str | None, jwt.PyJWK]:
    """The keys of a key set that fit the algorithm, by key id. Raises ValueError when none does."""
    entries = document.get("keys") if isinstance(document, dict) else None
    if not entries or not isinstance(entries, list):
        raise ValueError("not a key set")
    keys: dict[str | None, jwt.PyJWK] = {}
    for entry in entries[:MOST_KEYS]:
        if (
            not isinstance(entry, dict)
            or entry.get("alg", algorithm) != algorithm
            or entry.get("use", "sig") != "sig"
        ):
            continue
        try:
            keys[entry.get("kid")] = jwt.PyJWK.from_dict(entry, algorithm)
        except jwt.PyJWTError:
            # A key of a kind we do not use; the set may hold others.
            continue
    if not keys:
        raise ValueError(f"the key set holds no {algorithm} key")
    return keys
