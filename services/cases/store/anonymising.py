"""Every place where cases keeps who reported a matter. Whoever adds another adds it to `forget`."""

import json
import secrets
from datetime import datetime

from services.cases.domain import anonymising as domain
from services.cases.domain import timeline
from services.cases.domain.case import Case
from services.cases.store import matters
from services.cases.store import timeline as timelines
from services.cases.store.sql import queries
from shared import db
from shared.contracts.cases import ReporterAnonymised


def due(tx: db.Tx, *, before: datetime, most: int) -> list[tuple[Case, datetime]]:
    """Matters that ended before a moment and still know their reporter, locked, the longest ended first."""
    found = [row["case_id"] for row in queries.cases_to_anonymise(tx, before=before, most=most)]
    rows = queries.lock_to_anonymise(tx, case_ids=found, before=before) if found else []
    return [(matters.case_of(row), row["at"]) for row in rows]


def forget(tx: db.Tx, case: Case, *, at: datetime) -> ReporterAnonymised:
    """Takes the reporter from wherever a locked matter names them."""
    entries = [
        timelines.stored_of(row)
        for row in queries.timelines(tx, case_ids=[case.case_id])
        if row["position"] is not None
    ]
    forgotten = domain.forget(case, entries, at=at, salt=lambda: secrets.token_bytes(timeline.SALT_BYTES))
    rewritten = [timelines.row_of(case.case_id, one) for one in forgotten.rewritten]
    with db.together(tx):
        queries.rewrite_entries(tx, entries=json.dumps(rewritten, ensure_ascii=False))
        queries.add_entries(
            tx, entries=json.dumps([timelines.row_of(case.case_id, forgotten.added)], ensure_ascii=False)
        )
        queries.anonymise_case(
            tx,
            case_id=case.case_id,
            reporter_id=case.reporter_id,
            version=forgotten.case.version,
            timeline_length=forgotten.case.timeline_length,
            timeline_hash=forgotten.case.timeline_hash,
            at=at,
        )
        queries.forget_attached_by(tx, case_id=case.case_id, person_id=case.reporter_id)
        queries.forget_heard(tx, case_id=case.case_id, person_id=case.reporter_id)
        queries.forget_claims(tx, case_id=case.case_id, person_id=case.reporter_id)
    return forgotten.event
