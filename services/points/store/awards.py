"""Rules, what causes earned, and what waits for a household."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.points.domain.rules import Basis, Claim, Earned, Rule
from services.points.store.statements import sql
from shared import db

# (rule, cause): fires once.
Firing = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Credited:
    """An award that gave points and was not taken back."""

    rule: str
    cause: str
    household_id: str
    # Nobody once the person was forgotten.
    person_id: str | None
    scheme_id: str
    rule_version: int
    points: int
    transfer_id: str


def rules_of(tx: db.Tx, scheme_ids: Iterable[str]) -> dict[str, dict[str, list[Rule]]]:
    """Scheme → rule code → its versions."""
    found: dict[str, dict[str, list[Rule]]] = defaultdict(lambda: defaultdict(list))
    for row in sql.rules_of(tx, scheme_ids=sorted(set(scheme_ids))):
        rule = rule_of(row)
        found[rule.scheme_id][rule.code].append(rule)
    return found


def rule_of(row: Mapping[str, Any]) -> Rule:
    return Rule(**{**row, "basis": Basis(row["basis"])})


def add_rule_version(tx: db.Tx, **rule: Any) -> Rule:
    """The next version of a rule. The scheme is locked by the caller."""
    return rule_of(sql.add_rule_version(tx, **rule))


def spent(tx: db.Tx, claims: Sequence[Claim]) -> set[Firing]:
    """Those of the claims that have fired already or wait to."""
    rows = sql.spent_causes(tx, rules=[c.rule for c in claims], causes=[c.cause for c in claims])
    return {(row["rule"], row["cause"]) for row in rows}


def earned(tx: db.Tx, claims: Sequence[Claim]) -> Earned:
    """What the claims' persons have earned on the claims' days."""
    rows = sql.earned_on_days(tx, person_ids=[c.person_id for c in claims], days=[c.day for c in claims])
    return {(row["rule"], row["person_id"], row["day"]): row["points"] for row in rows}


def add(tx: db.Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Records that causes fired. Raises AlreadyExists for one that has."""
    if rows:
        sql.add_awards(tx, rows)


def wait(tx: db.Tx, claims: Sequence[Claim]) -> None:
    """Keeps claims until their persons' households are known."""
    if claims:
        sql.add_waiting(tx, [dataclasses.asdict(claim) for claim in claims])


def take_waiting(tx: db.Tx, person_ids: Iterable[str]) -> list[Claim]:
    """The waiting claims of persons, oldest first; they no longer wait."""
    rows = sql.take_waiting(tx, person_ids=sorted(set(person_ids)))
    return sorted((Claim(**row) for row in rows), key=lambda claim: (claim.occurred_at, claim.cause))


def waiting_at_home(tx: db.Tx, *, limit: int) -> list[str]:
    """Persons whose claims wait though their household is known."""
    return [row["person_id"] for row in sql.waiting_persons_at_home(tx, limit=limit)]


def drop_waiting(tx: db.Tx, causes: Sequence[str]) -> None:
    sql.drop_waiting(tx, causes=list(causes))


def forget_waiting(tx: db.Tx, *, days: int, most: int) -> int:
    """Forgets claims nobody's household was found for; answers how many."""
    forgotten: int = sql.forget_waiting(tx, days=days, most=most)
    return forgotten


def households_of_causes(tx: db.Tx, causes: Sequence[str]) -> list[str]:
    """Households credited for causes."""
    return [row["household_id"] for row in sql.households_of_causes(tx, causes=list(causes))]


def to_reverse(tx: db.Tx, causes: Sequence[str]) -> list[Credited]:
    """What causes earned and still stands. The households' books are locked by the caller."""
    return [Credited(**row) for row in sql.awards_to_reverse(tx, causes=list(causes))]


def mark_reversed(tx: db.Tx, reversals: Sequence[tuple[Credited, str]]) -> None:
    """Notes for each award the transfer that took it back."""
    sql.mark_reversed(
        tx,
        rules=[credited.rule for credited, _ in reversals],
        causes=[credited.cause for credited, _ in reversals],
        transfer_ids=[transfer_id for _, transfer_id in reversals],
    )


def forget(tx: db.Tx, causes: Sequence[str]) -> None:
    """Takes person and matter from whatever causes earned; points stay. The households' books are locked by the caller.

    Every place that keeps a person with a cause is here. Whoever adds another adds it.
    """
    named = list(causes)
    sql.note_forgotten(tx, causes=named)
    sql.forget_transfers(tx, causes=named)
    sql.drop_awards(tx, causes=named)
    sql.forget_awards(tx, causes=named)
    sql.drop_waiting(tx, causes=named)
