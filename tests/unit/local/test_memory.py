"""What a platform remembers."""

import json
import pathlib
from concurrent.futures import ThreadPoolExecutor

from deploy.local.memory import Memory


def test_a_secret_is_the_same_ever_after(tmp_path: pathlib.Path) -> None:
    secret = Memory(tmp_path).secret("database.cases")

    assert len(secret) >= 20
    assert Memory(tmp_path).secret("database.cases") == secret
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


def test_secrets_asked_for_at_once_are_all_kept(tmp_path: pathlib.Path) -> None:
    memory = Memory(tmp_path)
    names = [f"secret.{number}" for number in range(60)]

    with ThreadPoolExecutor(8) as threads:
        made = dict(zip(names, threads.map(memory.secret, names), strict=True))

    assert json.loads((tmp_path / "secrets.json").read_text()) == made


def test_ports_of_processes_that_are_gone_are_forgotten(tmp_path: pathlib.Path) -> None:
    memory = Memory(tmp_path)
    memory.keep_ports("cases-api", http=1, admin=2)
    memory.keep_ports("gone-api", http=3, admin=4)
    memory.keep_ports("nginx", main=5)

    memory.forget_ports("admin", but=["cases-api"])
    memory.save()

    again = Memory(tmp_path)
    assert again.ports("cases-api") == {"http": 1, "admin": 2}
    assert again.ports("gone-api") == {}
    assert again.ports("nginx") == {"main": 5}


def test_a_file_torn_by_a_crash_is_as_good_as_none(tmp_path: pathlib.Path) -> None:
    (tmp_path / "state.json").write_text('{"ports": {"ngi')

    assert Memory(tmp_path).ports("nginx") == {}
