"""What happens when a net takes effect: posts and households of grids that went are seen to."""

from collections.abc import Sequence

from services.registry.domain import coverage, households, net, posts
from services.registry.store import households as household_store
from services.registry.store import nets as store
from services.registry.store import posts as post_store
from shared import db, logs
from shared.bus import outbox
from shared.contracts.base import Event

log = logs.get(__name__)

_GRID_WENT = "the grid was merged away or re-drawn"


def settle_one(tx: db.Tx) -> int:
    """Sees to the posts and households of one net that took effect; answers how many nets it saw to.

    Posts on grids that the net no longer has are vacated and closed. Households whose place now lies in another grid
    move there; one without a known place moves only when its grid went, to the grid that took in that grid's middle.
    """
    for one in store.lock_unsettled(tx, most=1):
        grids = store.grids_of(tx, one.id)
        closed = _close_posts(tx, one)
        moved = _move_households(tx, one, grids)
        store.mark_settled(tx, one.id)
        log.info("net_settled", net_id=one.id, area=one.area, posts_closed=closed, households_moved=moved)
        return 1
    return 0


def _close_posts(tx: db.Tx, one: net.Net) -> int:
    events: list[Event] = []
    gone = post_store.lock_on_gone_grids(tx, net_id=one.id, area=one.area)
    at = db.now(tx)
    for post in gone:
        left = post
        if post.person_id is not None:
            left, vacated = posts.vacate(post)
            post_store.end_tenure(tx, post.id, at=at, reason=_GRID_WENT)
            events += vacated
        post_store.save(tx, posts.close(left, at=at))
    outbox.add(tx, events)
    return len(gone)


def _move_households(tx: db.Tx, one: net.Net, grids: Sequence[net.Grid]) -> int:
    present = household_store.lock_all_of(tx, one.area)
    kept = {grid.code for grid in grids}
    centres = {
        code: gone.centre
        for code in {household.area[:15] for household in present} - kept
        if (gone := store.last_outline(tx, code, before=one.net_version or 0)) is not None
    }
    places = [household.place or centres.get(household.area[:15]) for household in present]
    targets = coverage.locate_all(places, grids)
    events: list[Event] = []
    for household, target in zip(present, targets, strict=True):
        if target is not None and target != household.area[:15]:
            moved, changed = households.change(household, area=target)
            household_store.save(tx, moved, before=household)
            events += changed
    outbox.add(tx, events)
    return len(events)
