"""Settings: what is missing stops the start with its name, and no secret has a default outside local mode."""

from __future__ import annotations

import base64
import importlib
import json
import pathlib
from typing import Any

import pytest

from shared import config, contracts

KEY = base64.b64encode(bytes(range(32))).decode()
PRODUCTION = {
    "DATABASE_URL": "postgresql://database.test/cases",
    "AMQP_URL": "amqp://broker.test",
    "YIWANG_ISSUER": "https://yiwang.test",
    "YIWANG_JWKS_URL": "https://yiwang.test/.well-known/jwks.json",
    "YIWANG_STATE_DIR": "/var/lib/yiwang",
    "YIWANG_PII_KEYS": json.dumps({"k1": KEY}),
    "YIWANG_PII_INDEX_KEY": KEY,
}
LOCAL = {"YIWANG_MODE": "local", "DATABASE_URL": "postgresql://database.test/cases"}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Loads the configuration of `cases` from exactly these settings."""

    def load(**settings: str) -> config.Config:
        for name in (
            *PRODUCTION,
            "YIWANG_MODE",
            "HTTP_PORT",
            "HTTP_HOST",
            "DATABASE_URL_CASES",
            "AMQP_URL_CASES",
        ):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(f"{name}_FILE", raising=False)
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        return config.load("cases", needs_personal_keys=True)

    return load


def test_a_process_that_is_told_nothing_runs_as_in_production(load: Any) -> None:
    settings = load(**PRODUCTION)

    assert (settings.mode, settings.is_local) == (config.Mode.PRODUCTION, False)
    assert settings.http_host == settings.admin_host == "0.0.0.0"
    assert (settings.http_port, settings.admin_port) == (8000, 9000)
    assert settings.personal_keys == {"k1": bytes(range(32))}


@pytest.mark.parametrize("missing", sorted(set(PRODUCTION) - {"AMQP_URL"}))
def test_outside_local_mode_nothing_is_assumed(load: Any, missing: str) -> None:
    with pytest.raises(config.ConfigError, match=missing):
        load(**{name: value for name, value in PRODUCTION.items() if name != missing})


def test_no_secret_of_production_is_the_one_of_local_mode(load: Any) -> None:
    assumed = load(**LOCAL)

    for name in ("YIWANG_PII_KEYS", "YIWANG_PII_INDEX_KEY"):
        with pytest.raises(config.ConfigError, match=name):
            load(**{**PRODUCTION, name: ""})
    assert assumed.personal_index_key != load(**PRODUCTION).personal_index_key


def test_local_mode_listens_on_the_loopback_address_only(load: Any) -> None:
    settings = load(**LOCAL)

    assert settings.http_host == settings.admin_host == "127.0.0.1"


def test_a_services_own_setting_goes_before_the_common_one(load: Any) -> None:
    settings = load(**PRODUCTION, DATABASE_URL_CASES="postgresql://own.test/cases")

    assert settings.database_url == "postgresql://own.test/cases"


def test_a_secret_may_be_a_mounted_file(load: Any, tmp_path: pathlib.Path) -> None:
    mounted = tmp_path / "key"
    mounted.write_text(f"{KEY}\n")
    others = {name: value for name, value in PRODUCTION.items() if name != "YIWANG_PII_INDEX_KEY"}

    settings = load(**others, YIWANG_PII_INDEX_KEY_FILE=str(mounted))

    assert settings.personal_index_key == bytes(range(32))


def test_a_file_that_is_not_there_is_named(load: Any) -> None:
    with pytest.raises(config.ConfigError, match="DATABASE_URL_CASES_FILE: cannot read /nowhere"):
        load(**PRODUCTION, DATABASE_URL_CASES_FILE="/nowhere")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("YIWANG_MODE", "staging"),
        ("HTTP_PORT", "eighty"),
        ("HTTP_PORT", "0"),
        ("HTTP_PORT", "65536"),
        ("YIWANG_CONCURRENCY", "0"),
        ("YIWANG_BODY_LIMIT_BYTES", "-1"),
        ("YIWANG_PII_INDEX_KEY", "not base64!"),
        ("YIWANG_PII_INDEX_KEY", base64.b64encode(bytes(31)).decode()),
        ("YIWANG_PII_KEYS", "[]"),
        ("YIWANG_PII_KEYS", "{}"),
        ("YIWANG_PII_KEYS", '{"k1": 7}'),
        ("YIWANG_PII_KEYS", "nonsense"),
    ],
)
def test_a_wrong_setting_is_named(load: Any, name: str, value: str) -> None:
    with pytest.raises(config.ConfigError, match=name):
        load(**{**PRODUCTION, name: value})


def test_no_secret_shows_when_the_configuration_is_printed(load: Any) -> None:
    shown = repr(load(**{**PRODUCTION, "DATABASE_URL": "postgresql://cases:hunter2@database.test/cases"}))

    assert "hunter2" not in shown
    assert repr(bytes(range(32))) not in shown


def test_a_process_reads_no_secret_it_does_not_need(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("YIWANG_PII_KEYS", "not read, so not found wrong")
    monkeypatch.setenv("AMQP_URL_FILE", "/nowhere")

    settings = config.load("cases")

    assert (settings.amqp_url, settings.personal_keys, settings.personal_index_key) == ("", {}, b"")
    with pytest.raises(config.ConfigError, match="AMQP_URL"):
        config.load("cases", needs_broker=True)
    with pytest.raises(config.ConfigError, match="YIWANG_PII_KEYS"):
        config.load("cases", needs_personal_keys=True)


@pytest.mark.parametrize("service", contracts.SERVICES)
def test_a_service_that_keeps_personal_data_says_so(service: str) -> None:
    package = importlib.import_module(f"services.{service}")
    sources = pathlib.Path(next(iter(package.__path__))).rglob("*.py")

    uses_the_vault = any("personal.encrypt(" in path.read_text("utf-8") for path in sources)

    assert getattr(package, "KEEPS_PERSONAL_DATA", False) or not uses_the_vault


# --- files


def test_files_lie_beside_the_state_unless_a_folder_is_named(load: Any) -> None:
    assert load(**PRODUCTION).files.folder == pathlib.Path("/var/lib/yiwang/files")
    assert load(**PRODUCTION, YIWANG_FILES_DIR="/files").files.folder == pathlib.Path("/files")
    assert load(**PRODUCTION).files.bucket is None


def test_a_bucket_needs_its_name_and_keys(load: Any, tmp_path: pathlib.Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    given = {
        "YIWANG_FILES_S3_ENDPOINT": "https://s3.test:9000",
        "YIWANG_FILES_S3_BUCKET": "yiwang",
        "YIWANG_FILES_S3_ACCESS_KEY": "a",
        "YIWANG_FILES_S3_SECRET_KEY_FILE": str(secret),
    }

    bucket = load(**PRODUCTION, **given).files.bucket

    assert (bucket.endpoint, bucket.name, bucket.secret_key) == ("https://s3.test:9000", "yiwang", "s3cret")
    assert "s3cret" not in repr(bucket)
    for name in ("YIWANG_FILES_S3_BUCKET", "YIWANG_FILES_S3_ACCESS_KEY", "YIWANG_FILES_S3_SECRET_KEY_FILE"):
        with pytest.raises(config.ConfigError, match=name.removesuffix("_FILE")):
            load(**PRODUCTION, **{**given, name: ""})


@pytest.mark.parametrize("endpoint", ["s3.test", "ftp://s3.test", "https://", "https://s3.test/bucket"])
def test_an_endpoint_that_is_no_address_stops_the_start(load: Any, endpoint: str) -> None:
    with pytest.raises(config.ConfigError, match="YIWANG_FILES_S3_ENDPOINT"):
        load(**PRODUCTION, YIWANG_FILES_S3_ENDPOINT=endpoint)
