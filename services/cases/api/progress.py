"""How long matters may stand still before they show up under the tab `stalled`."""

from typing import Any

from services.cases.schemas import progress as schemas
from services.cases.store import progress as store
from shared import auth, db
from shared.auth import Role
from shared.http import Request, get, put


class ProgressApi:
    """Limits of a standstill."""

    @get("/cases/progress-limits", roles=auth.STAFF, answers=schemas.Limits)
    def read_progress_limits(self, tx: db.Tx, _request: Request, /) -> dict[str, Any]:
        """Read how long a matter may stay in a state, an order unopened, a task unanswered, a grid unmanned."""
        return {"limits": store.limits(tx)}

    @put(
        "/cases/progress-limits",
        roles=frozenset({Role.ADMIN}),
        body=schemas.Hours,
        answers=schemas.Limits,
    )
    def set_progress_limits(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Change some of these limits; matters are looked at anew within a minute."""
        store.set_limits(tx, request.body["hours"], by=request.actor.person_id)
        return {"limits": store.limits(tx)}
