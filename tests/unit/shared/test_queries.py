"""Named queries: the files of a service's folder share one space of names."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

FOLDERS = sorted((Path(__file__).resolve().parents[3] / "services").glob("*/queries"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_no_query_takes_the_name_of_another(folder: Path) -> None:
    named = Counter(
        name
        for file in sorted(folder.glob("*.sql"))
        for name in re.findall(r"^-- name: (\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    )

    assert [name for name, times in named.items() if times > 1] == []
