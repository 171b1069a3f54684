"""Copies (read models) of what another service owns, kept from its events.

A copy is applied by `sequence`: an older or equal event is ignored, so it ends right in whatever order and
however often events come. A deletion leaves a tombstone (the row with its sequence and `deleted_at`), so
that a late older event cannot bring the thing back. The pattern of the store's query:

    INSERT INTO department_copies AS held (id, sequence, name, deleted_at)
    SELECT … FROM unnest(:ids::uuid[], :sequences::bigint[], …)
    ON CONFLICT (id) DO UPDATE
    SET sequence = EXCLUDED.sequence, name = EXCLUDED.name, deleted_at = EXCLUDED.deleted_at
    WHERE held.sequence < EXCLUDED.sequence

Mark the handler `@subscribe(DepartmentChanged, copy=True)`. Such handlers, and only they, will also take
the republished present state from `<service>.rebuild`, past the inbox: what they do must depend on nothing
but the events' data and sequence.
"""

from collections.abc import Iterable, Mapping

from shared.bus.envelope import E, Received


def newest(events: Iterable[Received[E]]) -> list[Received[E]]:
    """For each subject its event with the highest sequence, by subject (an order in which rows may be locked)."""
    best: dict[str, Received[E]] = {}
    for event in events:
        if event.subject not in best or best[event.subject].sequence < event.sequence:
            best[event.subject] = event
    return [best[subject] for subject in sorted(best)]


def fresh(events: Iterable[Received[E]], held: Mapping[str, int]) -> list[Received[E]]:
    """The newest events that say more than what is held.

    Args:
        held: subject → sequence of the copy, tombstones included, read with the rows locked.
    """
    return [event for event in newest(events) if event.sequence > held.get(event.subject, 0)]
