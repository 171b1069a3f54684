"""The registry's worker: what comes round by itself."""

from services.registry.store import identity_sessions
from services.registry.worker import integrators, nets, staff
from shared import db
from shared.http import idempotency
from shared.timers import every


class Worker:
    """Timers of the registry. It subscribes to nothing: it is where the platform's facts begin."""

    name = "registry"

    @every(seconds=1.0)
    def reconcile_integrators(self, tx: db.Tx) -> int:
        """Brings one outside system's stream and account on the broker to what its row says."""
        return integrators.reconcile_one(tx)

    @every(seconds=600.0)
    def prune_sessions(self, tx: db.Tx) -> int:
        """Drops sessions and failed sign-ins nobody needs any more."""
        return identity_sessions.prune(tx)

    @every(seconds=60.0)
    def prune_answers(self, tx: db.Tx) -> int:
        """Drops answers kept under old Idempotency-Keys: they hold names and masked numbers."""
        return idempotency.prune(tx)

    @every(seconds=2.0)
    def settle_nets(self, tx: db.Tx) -> int:
        """Sees to the posts and households of a net that took effect."""
        return nets.settle_one(tx)

    @every(seconds=1.0)
    def announce_staff(self, tx: db.Tx) -> int:
        """Tells the other services who works where."""
        return staff.announce_changed(tx)
