"""Settings of a process, read once from the environment; a secret may also be a mounted file (`NAME_FILE`).

Outside local mode nothing has a default that would be a secret, and a missing setting stops the start
with a sentence that names it.
"""

import json
import tempfile
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from environs import Env, EnvError


class ConfigError(Exception):
    """The environment lacks a setting or holds a wrong one; the message names it."""


class Mode(StrEnum):
    # A developer's machine or a test: demo users exist, keys are made on the spot.
    LOCAL = "local"
    PRODUCTION = "production"


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """An S3-compatible store of files."""

    # https://host[:port]
    endpoint: str
    name: str
    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Files:
    """Where files lie: in the bucket where there is one, else in the folder."""

    folder: Path
    bucket: Bucket | None
    # The largest photo or document taken.
    limit_bytes: int


@dataclass(frozen=True, kw_only=True)
class Config:
    """What one process of one service runs with."""

    service: str
    mode: Mode
    database_url: str = field(repr=False)
    # Empty for a process that never speaks to the broker.
    amqp_url: str = field(repr=False)
    http_host: str
    http_port: int
    admin_host: str
    admin_port: int
    # Requests handled at once, and with it the size of the database pool.
    concurrency: int
    body_limit_bytes: int
    # A use case that takes longer is abandoned and rolled back. The database's own limits end slow statements
    # before that; this one is for a link that swallows everything, which no keepalive notices behind a proxy.
    longest_request_seconds: int
    # How long what prepares a database waits for it.
    database_patience_seconds: int
    issuer: str
    jwks_url: str
    state_dir: Path
    log_level: str
    # key id → 32 bytes; the first one encrypts, all decrypt. Empty for a process that reads no personal data.
    personal_keys: Mapping[str, bytes] = field(repr=False)
    personal_index_key: bytes = field(repr=False)
    files: Files

    @property
    def is_local(self) -> bool:
        return self.mode is Mode.LOCAL


# Used in local mode only, so that a developer's database can be read by every process.
_LOCAL_PERSONAL_KEY = b"yiwang local mode, no secret....".ljust(32, b".")[:32]


def load(service: str, *, needs_broker: bool = False, needs_personal_keys: bool = False) -> Config:
    """Reads the environment for a process of a service. Raises ConfigError with what is missing or wrong.

    A secret the process does not need is not asked for and, when given all the same, not read.
    """
    environment = Environment()
    mode = environment.mode()
    local = mode is Mode.LOCAL
    suffix = service.upper()
    host = "127.0.0.1" if local else "0.0.0.0"
    state_dir = Path(
        environment.text("YIWANG_STATE_DIR", f"{tempfile.gettempdir()}/yiwang-{service}" if local else None)
    )
    return Config(
        service=service,
        mode=mode,
        database_url=environment.secret(
            f"DATABASE_URL_{suffix}", environment.secret("DATABASE_URL", "") or None
        ),
        amqp_url=environment.secret(f"AMQP_URL_{suffix}", environment.secret("AMQP_URL", "") or None)
        if needs_broker
        else "",
        http_host=environment.text("HTTP_HOST", host),
        http_port=environment.number("HTTP_PORT", 8000, most=65_535),
        admin_host=environment.text("ADMIN_HOST", host),
        admin_port=environment.number("ADMIN_PORT", 9000, most=65_535),
        concurrency=environment.number("YIWANG_CONCURRENCY", 12, most=500),
        body_limit_bytes=environment.number("YIWANG_BODY_LIMIT_BYTES", 1_048_576, most=1_073_741_824),
        longest_request_seconds=environment.number("YIWANG_LONGEST_REQUEST_SECONDS", 30, most=600),
        database_patience_seconds=environment.number("YIWANG_DATABASE_PATIENCE_SECONDS", 60, most=3600),
        issuer=environment.text("YIWANG_ISSUER", "http://127.0.0.1:8080" if local else None),
        jwks_url=environment.text(
            "YIWANG_JWKS_URL", "http://127.0.0.1:8080/.well-known/jwks.json" if local else None
        ),
        state_dir=state_dir,
        log_level=environment.text("LOG_LEVEL", "INFO").upper(),
        personal_keys=environment.keys("YIWANG_PII_KEYS", {"local": _LOCAL_PERSONAL_KEY} if local else None)
        if needs_personal_keys
        else {},
        personal_index_key=environment.key("YIWANG_PII_INDEX_KEY", _LOCAL_PERSONAL_KEY if local else None)
        if needs_personal_keys
        else b"",
        files=Files(
            folder=Path(environment.text("YIWANG_FILES_DIR", str(state_dir / "files"))),
            bucket=_bucket(environment),
            limit_bytes=environment.number("YIWANG_FILE_LIMIT_BYTES", 10_485_760, most=104_857_600),
        ),
    )


def _bucket(environment: "Environment") -> Bucket | None:
    endpoint = environment.text("YIWANG_FILES_S3_ENDPOINT", "")
    if not endpoint:
        return None
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
        raise ConfigError("YIWANG_FILES_S3_ENDPOINT must be https://host or https://host:port")
    return Bucket(
        endpoint=endpoint,
        name=environment.text("YIWANG_FILES_S3_BUCKET", None),
        region=environment.text("YIWANG_FILES_S3_REGION", "us-east-1"),
        access_key=environment.secret("YIWANG_FILES_S3_ACCESS_KEY", None),
        secret_key=environment.secret("YIWANG_FILES_S3_SECRET_KEY", None),
    )


class Environment:
    """Typed reading of environment variables; every error names its variable."""

    def __init__(self) -> None:
        self._env = Env()

    def text(self, name: str, default: str | None) -> str:
        """A setting, or its default; None as default means that it must be given."""
        value = self._env.str(name, default=None) or default
        if value is None:
            raise ConfigError(f"set {name}")
        return value

    def secret(self, name: str, default: str | None) -> str:
        """Like `text`, and from the file that `NAME_FILE` points to where that is set."""
        path = self._env.str(f"{name}_FILE", default=None)
        if not path:
            value = self._env.str(name, default=None) or default
            if value is None:
                raise ConfigError(f"set {name} or {name}_FILE")
            return value
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(f"{name}_FILE: cannot read {path}: {error.strerror}") from error

    def number(self, name: str, default: int, *, most: int) -> int:
        """A whole number from 1 to `most`."""
        try:
            number = self._env.int(name, default=default)
        except EnvError as error:
            raise ConfigError(f"{name} must be a whole number") from error
        if not 1 <= number <= most:
            raise ConfigError(f"{name} must be 1 to {most}, not {number}")
        return number

    def mode(self) -> Mode:
        text = self.text("YIWANG_MODE", Mode.PRODUCTION)
        try:
            return Mode(text)
        except ValueError as error:
            raise ConfigError(f"YIWANG_MODE must be one of {', '.join(Mode)}") from error

    def key(self, name: str, default: bytes | None) -> bytes:
        """32 bytes in base64."""
        text = self.secret(name, "" if default else None)
        return _key(name, text) if text else default or b""

    def keys(self, name: str, default: Mapping[str, bytes] | None) -> Mapping[str, bytes]:
        """A JSON object of key id → 32 bytes in base64."""
        text = self.secret(name, "" if default else None)
        if not text:
            return default or {}
        try:
            encoded = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"{name} must be a JSON object of key id to base64") from error
        if not isinstance(encoded, dict) or not encoded:
            raise ConfigError(f"{name} must be a JSON object of key id to base64")
        return {key_id: _key(name, value) for key_id, value in encoded.items()}


def _key(name: str, text: str) -> bytes:
    try:
        key = b64decode(text, validate=True)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{name} must be base64") from error
    if len(key) != 32:
        raise ConfigError(f"{name} must be 32 bytes long, not {len(key)}")
    return key
