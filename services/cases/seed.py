"""The delivered catalogue 事项目录: what a deployment starts with; its own edits are never overwritten."""

import csv
import json
from pathlib import Path
from typing import Any

from services.cases.domain import catalogue as domain
from services.cases.domain.catalogue import Matter
from services.cases.store import catalogue as store
from services.cases.store.sql import queries
from shared import db
from shared.bus import outbox

CATALOGUE = Path(__file__).parent / "data" / "catalogue.csv"
QUESTIONS = Path(__file__).parent / "data" / "open311_questions.json"
_MANY = ("supporting_department_kinds", "required_documents")


def load(database: db.Database) -> None:
    """Adds the delivered matters whose codes the deployment has never had; run again, it adds nothing."""
    matters = delivered()
    with database.transaction() as tx:
        store.lock(tx)
        known = {row["code"] for row in queries.known_codes(tx)}
        new = [matter for matter in matters if matter.code not in known]
        store.add_versions(tx, new, by=None)
        for matter in matters:
            if matter.code in known:
                queries.complete_delivered(
                    tx,
                    code=matter.code,
                    level=matter.level,
                    required_documents=list(matter.required_documents),
                )
        for category, questions in asked().items():
            queries.seed_questions(tx, category=category, questions=json.dumps(questions, ensure_ascii=False))
        area = queries.deployment_area(tx)
        # A new deployment serves no area yet and nobody listens; others are told what came with the release.
        if area is not None:
            outbox.add(tx, [domain.announced(matter, area) for matter in new])


def asked() -> dict[str, Any]:
    """What Open311 asks of whoever reports a matter, by its code."""
    questions: dict[str, Any] = json.loads(QUESTIONS.read_text(encoding="utf-8"))
    return questions


def delivered() -> list[Matter]:
    """The catalogue of this release."""
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return [_matter(row) for row in csv.DictReader(file)]


def _matter(row: dict[str, Any]) -> Matter:
    fields: dict[str, Any] = {
        name: tuple(value.split()) if name in _MANY else value for name, value in row.items()
    }
    return Matter(**{**fields, "main_department_kind": fields["main_department_kind"] or None})
