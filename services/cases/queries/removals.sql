-- name: add_removal(removal_id, case_id, area, department_id, month, ground, words, state, asked_by, asked_at)!
-- A department asks.
INSERT INTO removals (removal_id, case_id, area, department_id, month, ground, words, state, asked_by, asked_at)
VALUES (:removal_id, :case_id, :area, :department_id, :month, :ground, :words, :state, :asked_by, :asked_at);

-- name: case_of_removal(removal_id)$
-- The matter a request is about.
SELECT case_id FROM removals WHERE removal_id = :removal_id;

-- name: lock_removal(removal_id)^
-- Locks a request; the caller holds its matter.
SELECT removal_id, case_id, department_id, month, ground, words, state, asked_by, asked_at, decided_by, decided_at,
       decision_words
FROM removals WHERE removal_id = :removal_id FOR UPDATE;

-- name: save_removal(removal_id, state, decided_by, decided_at, decision_words)!
-- Writes the decision.
UPDATE removals SET state = :state, decided_by = :decided_by, decided_at = :decided_at,
    decision_words = :decision_words
WHERE removal_id = :removal_id;

-- name: list_removals(scopes, area, department, state, month, after_at, after_id, most)
-- Requests of the caller's areas or department, in an area where one is named, oldest first.
WITH within_reach AS (
    (SELECT r.removal_id, r.asked_at FROM removals r
     WHERE r.area ^@ ANY(:scopes::text[]) AND r.area >= (:scopes::text[])[1]
       AND r.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
       AND (:state::text IS NULL OR r.state = :state::text) AND (:month::text IS NULL OR r.month = :month::text)
       AND (:after_at::timestamptz IS NULL OR (r.asked_at, r.removal_id) > (:after_at::timestamptz, :after_id::uuid))
     ORDER BY r.asked_at, r.removal_id LIMIT :most)
    UNION
    (SELECT r.removal_id, r.asked_at FROM removals r
     WHERE r.department_id = :department::text AND (:area::text IS NULL OR r.area ^@ :area::text)
       AND (:state::text IS NULL OR r.state = :state::text) AND (:month::text IS NULL OR r.month = :month::text)
       AND (:after_at::timestamptz IS NULL OR (r.asked_at, r.removal_id) > (:after_at::timestamptz, :after_id::uuid))
     ORDER BY r.asked_at, r.removal_id LIMIT :most)
)
SELECT r.removal_id, r.case_id, c.number, r.area, r.department_id, r.month, r.ground, r.words, r.state, r.asked_by,
    r.asked_at, r.decided_by, r.decided_at, r.decision_words
FROM (SELECT removal_id FROM within_reach ORDER BY asked_at, removal_id LIMIT :most) w
JOIN removals r USING (removal_id) JOIN cases c USING (case_id) ORDER BY r.asked_at, r.removal_id;

-- name: freeze_month(area, month)!
-- A month's ranking of an area was frozen.
INSERT INTO frozen_months (area, month) VALUES (:area, :month) ON CONFLICT DO NOTHING;

-- name: is_frozen(area, month)$
-- Whether a ranking that covers the area is frozen for the month.
SELECT EXISTS (SELECT 1 FROM frozen_months f WHERE f.month = :month AND :area ^@ f.area);
