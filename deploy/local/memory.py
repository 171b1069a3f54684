"""What a platform remembers between starts: ports, passwords and where its data lies."""

from __future__ import annotations

import json
import pathlib
import secrets
import threading
from collections.abc import Collection
from typing import Any

STATE = "state.json"
SECRETS = "secrets.json"


class Memory:
    """Two files in the platform's folder: the state anybody may read, and secrets for the owner only."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        # Servers are prepared side by side, and each asks for passwords.
        self._lock = threading.RLock()
        self.state: dict[str, Any] = _read(folder / STATE)
        self._secrets: dict[str, str] = _read(folder / SECRETS)

    def secret(self, name: str) -> str:
        """The secret of this name; made at random when first asked for, the same ever after."""
        with self._lock:
            if name not in self._secrets:
                self.keep_secret(name, secrets.token_urlsafe(18))
            return self._secrets[name]

    def known_secret(self, name: str) -> str | None:
        return self._secrets.get(name)

    def keep_secret(self, name: str, value: str) -> None:
        with self._lock:
            self._secrets[name] = value
            _write(self.folder / SECRETS, self._secrets, mode=0o600)

    def ports(self, owner: str) -> dict[str, int]:
        """The ports `owner` had at the last start."""
        found: dict[str, int] = self.state.get("ports", {}).get(owner, {})
        return found

    def keep_ports(self, owner: str, **ports: int | None) -> None:
        held = {name: port for name, port in ports.items() if port is not None}
        with self._lock:
            self.state.setdefault("ports", {})[owner] = held

    def forget_ports(self, kind: str, *, but: Collection[str]) -> None:
        """Forgets who has a port of this kind, except those named: a process of an earlier release may be gone."""
        held: dict[str, dict[str, int]] = self.state.get("ports", {})
        self.state["ports"] = {
            name: ports for name, ports in held.items() if kind not in ports or name in but
        }

    def save(self) -> None:
        with self._lock:
            _write(self.folder / STATE, self.state, mode=0o644)


def _read(path: pathlib.Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        # Missing or torn by a crash: ports are drawn anew.
        return {}
    return content if isinstance(content, dict) else {}


def _write(path: pathlib.Path, content: dict[str, Any], *, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.touch(mode=mode)
    new.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")
    new.replace(path)
