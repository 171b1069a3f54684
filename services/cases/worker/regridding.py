"""Open matters follow the grids when a re-drawn net takes effect."""

from collections.abc import Iterable

from services.cases.domain import errors, regridding
from services.cases.places import Places
from services.cases.store import regridding as store
from shared import db
from shared.bus import outbox

# Matters moved in one run of the timer; full runs follow each other at once.
_AT_ONCE = 200
# A report located by the net before may still be on its way to its commit for so long.
_SETTLES_AFTER_SECONDS = 60.0


def settle_nets(tx: db.Tx, places: Places) -> int:
    """Moves what a net that took effect put into other grids; answers how many matters, and 1 for the net itself.

    By the nets in force now: one that was followed by another before it was settled moves nothing to grids that went.
    What somebody else holds at this moment is moved by a later run.
    """
    net = store.due(tx, settles_after_seconds=_SETTLES_AFTER_SECONDS)
    if net is None:
        return 0
    # A net may arrive after it took effect, within the second for which the index is believed.
    places.look_again()
    targets = _misplaced(tx, places, store.live(tx, net[0]))
    if not targets:
        store.settled(tx, net)
        return 1
    changes = [
        regridding.move(case, to=targets[case.case_id], at=at)
        for case, at in store.lock(tx, list(targets)[:_AT_ONCE])
        # Its place never changes; whoever was faster moved it by the same net.
        if case.area != targets[case.case_id]
    ]
    if changes:
        store.move(tx, changes)
    outbox.add(tx, [event for change in changes for event in change.events])
    return len(changes)


def _misplaced(tx: db.Tx, places: Places, matters: Iterable[store.Located]) -> dict[str, str]:
    """Matter → the grid its place lies in, where it is in another one. What lies in no grid stays where it is."""
    targets: dict[str, str] = {}
    for matter in matters:
        try:
            grid = places.locate(tx, matter.place).code
        except errors.OutsideEveryGrid:
            continue
        # A micro-grid is inside its grid.
        if not matter.area.startswith(grid):
            targets[matter.case_id] = grid
    return targets
