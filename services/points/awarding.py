"""Crediting and taking back: what the worker does when something that earns points happened or fell away."""

from collections.abc import Iterable, Sequence
from typing import Any

from services.points.domain import ledger, rules
from services.points.domain.ledger import AccountKey, Kind, Purpose, Transfer
from services.points.domain.passbooks import Passbook
from services.points.domain.rules import Award, Claim
from services.points.store import awards, passbooks, shops
from services.points.store import ledger as ledger_store
from shared import db, ids
from shared.bus import outbox
from shared.contracts.points import PointsEarned, PointsReversed


def award(tx: db.Tx, claims: Iterable[Claim]) -> None:
    """Credits claims, each (rule, cause) once, whatever is delivered again.

    A claim of a person whose household is not known yet waits until it is (`household_known`). Where the
    household's subdistrict has no scheme, or has it switched off, nothing is earned.
    """
    fresh = _fresh(tx, claims)
    homes = passbooks.households_of(tx, {person for claim in fresh for person in _persons(claim)})
    awards.wait(tx, [claim for claim in fresh if claim.person_id not in homes])
    housed = [claim for claim in fresh if claim.person_id in homes]
    if not housed:
        return
    earning = {homes[claim.person_id] for claim in housed}
    passbooks.open_books(tx, earning)
    books = passbooks.lock_books(tx, earning)
    # Asked again under the books' locks: another writer may have credited the same cause meanwhile.
    spent = awards.spent(tx, housed)
    by_scheme: dict[str, list[Claim]] = {}
    for claim in housed:
        book = books.get(homes[claim.person_id])
        if book is not None and (claim.rule, claim.cause) not in spent:
            by_scheme.setdefault(book.scheme_id, []).append(claim)
    versions = awards.rules_of(tx, shops.active_schemes(tx, by_scheme))
    earned = awards.earned(tx, housed)
    credited = [
        (books[homes[made.claim.person_id]], made)
        for scheme_id, group in by_scheme.items()
        for made in rules.decide(group, versions.get(scheme_id, {}), earned, homes)
    ]
    _credit(tx, credited)


def household_known(tx: db.Tx, person_ids: Iterable[str]) -> None:
    """Credits what waited for these persons' household."""
    award(tx, awards.take_waiting(tx, person_ids))


def take_back(tx: db.Tx, causes: Sequence[str]) -> None:
    """Reverses everything these causes earned, by new entries; what waits for them is forgotten."""
    awards.drop_waiting(tx, causes)
    books = passbooks.lock_books(tx, awards.households_of_causes(tx, causes))
    standing = awards.to_reverse(tx, causes)
    if not standing:
        return
    keys = {AccountKey(Kind.HOUSEHOLD, credited.household_id) for credited in standing}
    keys |= {AccountKey(Kind.ARREARS, credited.household_id) for credited in standing}
    keys |= {AccountKey(Kind.ISSUANCE, credited.scheme_id) for credited in standing}
    available = {key: account.balance for key, account in ledger_store.lock(tx, keys).items()}
    at = db.now(tx)
    transfers, events = [], []
    for credited in standing:
        spendable = AccountKey(Kind.HOUSEHOLD, credited.household_id)
        transfer = Transfer(
            id=ids.new(),
            scheme_id=credited.scheme_id,
            purpose=Purpose.REVERSE,
            at=at,
            household_id=credited.household_id,
            person_id=credited.person_id,
            rule=credited.rule,
            rule_version=credited.rule_version,
            cause=credited.cause,
            reverses=credited.transfer_id,
            legs=ledger.taking_back(
                scheme_id=credited.scheme_id,
                household_id=credited.household_id,
                points=credited.points,
                available=available[spendable],
            ),
        )
        available[spendable] -= min(credited.points, available[spendable])
        transfers.append(transfer)
        events.append(
            PointsReversed(
                household_id=credited.household_id,
                area=books[credited.household_id].area,
                transfer_id=transfer.id,
                reverses_transfer_id=credited.transfer_id,
                rule=credited.rule,
                cause=credited.cause,
                points=credited.points,
            )
        )
    ledger_store.post(tx, transfers)
    awards.mark_reversed(tx, [(c, t.id) for c, t in zip(standing, transfers, strict=True)])
    outbox.add(tx, events)


def forget(tx: db.Tx, causes: Sequence[str]) -> None:
    """Forgets for whom and for which matter these causes earned. The points, their time and their rule stay."""
    passbooks.lock_books(tx, awards.households_of_causes(tx, causes))
    awards.forget(tx, causes)


def _persons(claim: Claim) -> list[str]:
    return [claim.person_id] if claim.vouched_by is None else [claim.person_id, claim.vouched_by]


def _fresh(tx: db.Tx, claims: Iterable[Claim]) -> list[Claim]:
    """Claims that have not fired, the first of each (rule, cause)."""
    by_firing: dict[awards.Firing, Claim] = {}
    for claim in claims:
        by_firing.setdefault((claim.rule, claim.cause), claim)
    spent = awards.spent(tx, list(by_firing.values())) if by_firing else set()
    return [claim for firing, claim in by_firing.items() if firing not in spent]


def _credit(tx: db.Tx, credited: Sequence[tuple[Passbook, Award]]) -> None:
    paid = [(book, made) for book, made in credited if made.points]
    keys = {AccountKey(Kind.ISSUANCE, book.scheme_id) for book, _ in paid}
    keys |= {
        AccountKey(kind, book.household_id) for book, _ in paid for kind in (Kind.HOUSEHOLD, Kind.ARREARS)
    }
    owed = {
        key.owner_id: -a.balance for key, a in ledger_store.lock(tx, keys).items() if key.kind is Kind.ARREARS
    }
    at = db.now(tx)
    transfers: dict[awards.Firing, Transfer] = {}
    events = []
    for book, made in paid:
        claim = made.claim
        transfer = Transfer(
            id=ids.new(),
            scheme_id=book.scheme_id,
            purpose=Purpose.EARN,
            at=at,
            household_id=book.household_id,
            person_id=claim.person_id,
            rule=claim.rule,
            rule_version=made.rule_version,
            cause=claim.cause,
            legs=ledger.issuing(
                scheme_id=book.scheme_id,
                household_id=book.household_id,
                points=made.points,
                owed=owed[book.household_id],
            ),
        )
        owed[book.household_id] -= min(made.points, owed[book.household_id])
        transfers[claim.rule, claim.cause] = transfer
        events.append(
            PointsEarned(
                household_id=book.household_id,
                area=book.area,
                transfer_id=transfer.id,
                person_id=claim.person_id,
                rule=claim.rule,
                cause=claim.cause,
                points=made.points,
            )
        )
    ledger_store.post(tx, list(transfers.values()))
    awards.add(tx, [_award_row(book, made, transfers) for book, made in credited])
    outbox.add(tx, events)


def _award_row(book: Passbook, made: Award, transfers: dict[awards.Firing, Transfer]) -> dict[str, Any]:
    claim = made.claim
    transfer = transfers.get((claim.rule, claim.cause))
    return {
        "rule": claim.rule,
        "cause": claim.cause,
        "household_id": book.household_id,
        "person_id": claim.person_id,
        "scheme_id": book.scheme_id,
        "rule_version": made.rule_version,
        "occurred_at": claim.occurred_at,
        "day": claim.day,
        "points": made.points,
        "transfer_id": transfer.id if transfer else None,
    }
