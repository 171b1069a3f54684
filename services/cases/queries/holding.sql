-- name: limits_of(case_id)^
-- What dispatch said of the matter's limit to finish.
SELECT due_at, extensions, extensions_refused FROM cases WHERE case_id = :case_id;

-- name: add_hold(hold_id, case_id, area, hold, reason, review_on, state, asked_by, asked_at)!
-- A request to put a matter off.
INSERT INTO holds (hold_id, case_id, area, hold, reason, review_on, state, asked_by, asked_at)
VALUES (:hold_id, :case_id, :area, :hold, :reason, :review_on, :state, :asked_by, :asked_at);

-- name: lock_hold(case_id, state)^
-- Locks the matter's request in a state.
SELECT hold_id, case_id, hold, reason, review_on, state, asked_by, asked_at, decided_by, decided_at, renewals,
       missed_at
FROM holds WHERE case_id = :case_id AND state = :state FOR UPDATE;

-- name: save_hold(hold_id, review_on, state, decided_by, decided_at, renewals, missed_at)!
-- Writes what a decision or a review changes.
UPDATE holds SET review_on = :review_on, state = :state, decided_by = :decided_by, decided_at = :decided_at,
    renewals = :renewals, missed_at = :missed_at
WHERE hold_id = :hold_id;

-- name: end_holds(case_ids, are_over)!
-- The matter is handled again, or is over: what was active ends, and where it is over what was asked lapses.
UPDATE holds h SET state = 'ended'
FROM unnest(:case_ids::uuid[], :are_over::boolean[]) AS m (case_id, is_over)
WHERE h.case_id = m.case_id AND (h.state = 'active' OR (h.state = 'asked' AND m.is_over));

-- name: list_holds(scopes, hold, state, due_on, after_on, after_id, most)
-- Requests and holds of the caller's areas, first to be reviewed first.
SELECT h.hold_id, h.case_id, h.area, h.hold, h.reason, h.review_on, h.state, h.asked_by, h.asked_at, h.decided_by,
    h.decided_at, h.renewals, h.missed_at, c.number, c.category, c.words, c.level, c.due_at
FROM (
    SELECT * FROM holds o
    WHERE o.state IN ('asked', 'active') AND (:state::text IS NULL OR o.state = :state::text)
      AND o.area ^@ ANY(:scopes::text[]) AND o.area >= (:scopes::text[])[1]
      AND o.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
      AND (:hold::text IS NULL OR o.hold = :hold::text)
      AND (:due_on::date IS NULL OR o.review_on <= :due_on::date)
      AND (:after_on::date IS NULL OR (o.review_on, o.hold_id) > (:after_on::date, :after_id::uuid))
    ORDER BY o.review_on, o.hold_id LIMIT :most
) h JOIN cases c USING (case_id) ORDER BY h.review_on, h.hold_id;

-- name: count_holds(scopes, hold, state, due_on, most)$
-- How many the list holds, counted up to `most`.
SELECT count(*) FROM (
    SELECT 1 FROM holds o
    WHERE o.state IN ('asked', 'active') AND (:state::text IS NULL OR o.state = :state::text)
      AND o.area ^@ ANY(:scopes::text[]) AND o.area >= (:scopes::text[])[1]
      AND o.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
      AND (:hold::text IS NULL OR o.hold = :hold::text)
      AND (:due_on::date IS NULL OR o.review_on <= :due_on::date)
    LIMIT :most
) counted;

-- name: missed_reviews(today, most)
-- Holds whose review date is past and that nobody was told of, oldest first.
SELECT case_id FROM holds
WHERE state = 'active' AND review_on < :today AND missed_at IS NULL
ORDER BY review_on, hold_id LIMIT :most;
