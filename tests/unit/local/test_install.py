"""What gets installed on a machine, and how."""

import os
import pathlib
import subprocess

import pytest

from deploy.local import install


def test_everything_is_asked_for_on_a_bare_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.setattr(install, "_has", lambda program: False)
    monkeypatch.setattr(install, "_has_rabbitmq", lambda: False)
    monkeypatch.setattr(install, "_has_postgresql", lambda: False)
    monkeypatch.setattr(install, "_has_venv", lambda: False)
    monkeypatch.setattr(install, "_has_chinese_fonts", lambda: False)

    up, test = install.missing_packages("up"), install.missing_packages("test")

    assert {"rabbitmq-server", "postgresql", "nginx-light"} <= set(up)
    assert any(package.endswith("-venv") for package in up)
    assert set(up) < set(test)
    assert {"kubernetes-client", "docker-compose", "prometheus", "chromium", "fonts-noto-cjk"} <= set(test)


def test_nothing_is_asked_for_where_everything_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_has_rabbitmq", "_has_postgresql", "_has_venv", "_has_compose", "_has_chinese_fonts"):
        monkeypatch.setattr(install, name, lambda: True)
    monkeypatch.setattr(install, "_has", lambda program: True)

    assert install.missing_packages("test") == []


def test_without_root_and_sudo_it_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(install, "_has", lambda program: program == "apt-get")

    with pytest.raises(install.Refused) as refusal:
        install._install_packages(["rabbitmq-server", "nginx-light"], "up")

    assert "run `sudo apt-get install --no-install-recommends rabbitmq-server nginx-light` first" in str(
        refusal.value
    )


def test_on_another_system_it_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "_has", lambda program: False)

    with pytest.raises(install.Refused, match=r"rabbitmq-server .*this machine's package manager"):
        install._install_packages(["rabbitmq-server"], "up")


@pytest.mark.parametrize("apt_ends_with", [0, 100])
def test_services_are_kept_from_starting_only_while_packages_are_installed(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, apt_ends_with: int
) -> None:
    policy, seen = tmp_path / "policy-rc.d", tmp_path / "seen"
    _stand_in_for_apt(tmp_path, f'cat {policy} >>{seen}; echo "$@" >>{seen}; exit {apt_ends_with}')

    done = _run_apt_script(tmp_path, policy)

    assert (done.returncode == 0) == (apt_ends_with == 0)
    assert "exit 101" in seen.read_text()
    assert "install -q -y --no-install-recommends" in seen.read_text() or apt_ends_with
    assert not policy.exists()


def test_a_policy_of_the_machine_is_left_alone(tmp_path: pathlib.Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    _stand_in_for_apt(tmp_path, "exit 0")

    _run_apt_script(tmp_path, policy)

    assert policy.read_text() == "#!/bin/sh\nexit 0\n"


def test_package_lists_that_cannot_be_refreshed_do_not_stop_the_installation(tmp_path: pathlib.Path) -> None:
    seen = tmp_path / "seen"
    _stand_in_for_apt(tmp_path, f'echo "$1" >>{seen}; [ "$1" != update ]')

    done = _run_apt_script(tmp_path, tmp_path / "policy-rc.d")

    assert done.returncode == 0
    assert seen.read_text().split() == ["update", "install"]


def test_the_larger_requirements_contain_the_smaller() -> None:
    smaller, larger = (
        install._pins(install.ROOT / name) for name in ("requirements.txt", "requirements-dev.txt")
    )

    assert len(smaller) > 20
    assert smaller <= larger


def _stand_in_for_apt(folder: pathlib.Path, script: str) -> None:
    program = folder / "apt-get"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def _run_apt_script(folder: pathlib.Path, policy: pathlib.Path) -> subprocess.CompletedProcess[bytes]:
    script = install.apt_command(["some-package"])[-1].replace(install.POLICY, str(policy))
    return subprocess.run(
        ["sh", "-c", script], env={"PATH": f"{folder}:{os.environ['PATH']}"}, capture_output=True, check=False
    )
