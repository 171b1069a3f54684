"""dispatch hears who reported a matter and keeps nothing of it, so it has nothing to forget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared import clock, ids
from shared.contracts.cases import CaseTriaged
from tests.support import searching

if TYPE_CHECKING:
    from tests.integration.dispatch.conftest import World


def test_no_table_keeps_who_reported_a_matter(world: World) -> None:
    reporter = ids.new()
    case = world.report(reporter_id=reporter)
    world.give(
        CaseTriaged(
            case_id=case.case_id,
            area=case.area,
            category=case.category,
            level="grid",
            scope_class="general",
            mechanism="general",
            urgency="urgent",
            triaged_at=clock.now(),
            reporter_id=reporter,
        )
    )
    world.whistle(case=case)

    assert searching.tables_naming(world.database, case.case_id) >= {"watched_cases", "clocks"}
    assert searching.tables_naming(world.database, reporter) == set()
