import pathlib
from collections.abc import Iterator

import pytest

from tests.support import run
from tests.support.bus import rig as rigs


@pytest.fixture
def rig(servers: run.TestRun, tmp_path: pathlib.Path) -> Iterator[rigs.Rig]:
    """A bus of its own: fresh database, fresh virtual host."""
    with rigs.made(servers, tmp_path) as made:
        yield made
