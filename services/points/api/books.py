"""Do the books agree?"""

import itertools
from typing import Any

from services.points import schemas
from services.points.api import authority
from services.points.store import ledger, reconciliation, shops
from shared import db, http
from shared.http import get


class BooksApi:
    """Use cases of those who watch over the ledger."""

    @get("/points/trial-balance", roles=authority.AUDITORS, answers=schemas.TrialBalanceView)
    def trial_balance(self, tx: db.Tx, request: http.Request) -> dict[str, Any]:
        """Add up the accounts of each scheme of my area; each adds up to zero."""
        rows = ledger.trial_balance(tx, request.actor.scopes)
        schemes = []
        for scheme_id, group in itertools.groupby(rows, key=lambda row: row["scheme_id"]):
            accounts = list(group)
            schemes.append(
                {
                    "scheme_id": scheme_id,
                    "area": accounts[0]["area"],
                    "name": accounts[0]["name"],
                    "total": sum(account["balance"] for account in accounts),
                    "accounts": accounts,
                }
            )
        return {"schemes": schemes}

    @get(
        "/points/schemes/<uuid:scheme_id>/reconciliation",
        roles=authority.AUDITORS,
        answers=schemas.ReconciliationView,
        errors=(shops.SchemeUnknown,),
    )
    def reconcile(self, tx: db.Tx, request: http.Request, scheme_id: str) -> dict[str, Any]:
        """Compare ledger, orders, stock and awards of a scheme of my area; any difference is named."""
        if not request.actor.sees(shops.scheme(tx, scheme_id)["area"]):
            raise shops.SchemeUnknown()
        found = reconciliation.differences(tx, scheme_id)
        return {"agrees": not found, "differences": found}
