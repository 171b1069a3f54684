-- name: add_dispute(dispute_id, case_id, area, state, mediators, departments, opened_by, opened_at)!
-- A dispute is taken to the desk.
INSERT INTO disputes (dispute_id, case_id, area, state, mediators, departments, opened_by, opened_at)
VALUES (:dispute_id, :case_id, :area, :state, :mediators::uuid[], :departments::text[], :opened_by, :opened_at);

-- name: add_party(party_id, dispute_id, side, name, phone)!
-- A party, sealed.
INSERT INTO dispute_parties (party_id, dispute_id, side, name, phone)
VALUES (:party_id, :dispute_id, :side, :name, :phone);

-- name: case_of_dispute(dispute_id)$
-- The matter of a dispute.
SELECT case_id FROM disputes WHERE dispute_id = :dispute_id;

-- name: lock_dispute(dispute_id, scopes, person_id)^
-- Locks a dispute of the caller's areas or that they mediate, with the moment after the lock.
SELECT d.*, clock_timestamp() AS at FROM disputes d
WHERE d.dispute_id = :dispute_id AND (d.area ^@ ANY(:scopes) OR :person_id = ANY(d.mediators))
FOR UPDATE;

-- name: save_dispute(dispute_id, state, agreement, perform_by, ended_at, version)!
-- Writes what a step changes; an agreement once written stays.
UPDATE disputes SET state = :state, agreement = COALESCE(:agreement, agreement), perform_by = :perform_by,
    ended_at = :ended_at, version = :version
WHERE dispute_id = :dispute_id;

-- name: seat_dispute(dispute_id, mediators, departments, version)!
-- Others sit at the desk.
UPDATE disputes SET mediators = :mediators::uuid[], departments = :departments::text[], version = :version
WHERE dispute_id = :dispute_id;

-- name: get_dispute(dispute_id, scopes, person_id, department)^
-- A dispute of the caller's areas, that they mediate, or whose desk their department sits at.
SELECT d.*, (d.area ^@ ANY(:scopes) OR :person_id = ANY(d.mediators)) AS is_theirs, c.number, c.state AS case_state
FROM disputes d JOIN cases c USING (case_id)
WHERE d.dispute_id = :dispute_id
  AND (d.area ^@ ANY(:scopes) OR :person_id = ANY(d.mediators) OR :department::text = ANY(d.departments));

-- name: parties_of(dispute_id)
-- The parties, sealed.
SELECT party_id, side, name, phone FROM dispute_parties WHERE dispute_id = :dispute_id ORDER BY side, party_id;

-- name: sessions_of(dispute_id)
-- The sessions in their order.
SELECT session_id, dispute_id, starts_at, is_online, room, state, record, ended_at
FROM mediation_sessions WHERE dispute_id = :dispute_id ORDER BY starts_at, session_id LIMIT 500;

-- name: list_disputes(scopes, area, person_id, department, state, after_at, after_id, most)
-- Disputes within the caller's reach, in an area where one is named, in the order they came to the desk.
WITH within_reach AS (
    (SELECT d.dispute_id, d.opened_at FROM disputes d
     WHERE d.area ^@ ANY(:scopes::text[]) AND d.area >= (:scopes::text[])[1]
       AND d.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
       AND (:state::text IS NULL OR d.state = :state::text)
       AND (:after_at::timestamptz IS NULL OR (d.opened_at, d.dispute_id) > (:after_at::timestamptz, :after_id::uuid))
     ORDER BY d.opened_at, d.dispute_id LIMIT :most)
    UNION
    (SELECT d.dispute_id, d.opened_at FROM disputes d
     WHERE d.mediators @> ARRAY[:person_id::uuid] AND (:area::text IS NULL OR d.area ^@ :area::text)
       AND (:state::text IS NULL OR d.state = :state::text)
       AND (:after_at::timestamptz IS NULL OR (d.opened_at, d.dispute_id) > (:after_at::timestamptz, :after_id::uuid))
     ORDER BY d.opened_at, d.dispute_id LIMIT :most)
    UNION
    (SELECT d.dispute_id, d.opened_at FROM disputes d
     WHERE d.departments @> ARRAY[:department::text] AND (:area::text IS NULL OR d.area ^@ :area::text)
       AND (:state::text IS NULL OR d.state = :state::text)
       AND (:after_at::timestamptz IS NULL OR (d.opened_at, d.dispute_id) > (:after_at::timestamptz, :after_id::uuid))
     ORDER BY d.opened_at, d.dispute_id LIMIT :most)
)
SELECT d.dispute_id, d.case_id, d.area, d.state, d.mediators, d.departments, d.opened_by, d.opened_at,
    d.perform_by, d.ended_at, d.version, c.number, c.state AS case_state
FROM (SELECT dispute_id FROM within_reach ORDER BY opened_at, dispute_id LIMIT :most) r
JOIN disputes d USING (dispute_id) JOIN cases c USING (case_id) ORDER BY d.opened_at, d.dispute_id;

-- name: add_session(session_id, dispute_id, starts_at, is_online, room, state)!
-- A session is arranged.
INSERT INTO mediation_sessions (session_id, dispute_id, starts_at, is_online, room, state)
VALUES (:session_id, :dispute_id, :starts_at, :is_online, :room, :state);

-- name: lock_session(dispute_id, session_id)^
-- A session; the caller holds the dispute.
SELECT session_id, dispute_id, starts_at, is_online, room, state, ended_at
FROM mediation_sessions WHERE dispute_id = :dispute_id AND session_id = :session_id FOR UPDATE;

-- name: save_session(session_id, state, record, ended_at)!
-- Writes what became of a session.
UPDATE mediation_sessions SET state = :state, record = :record, ended_at = :ended_at WHERE session_id = :session_id;

-- name: sessions_held(dispute_id)$
-- How many sessions took place.
SELECT count(*) FROM mediation_sessions WHERE dispute_id = :dispute_id AND state = 'held';

-- name: lock_disputes_to_erase(ended_before, most)
-- Disputes that ended long ago and still know their parties, locked; an agreement is kept until it is performed.
SELECT dispute_id FROM disputes
WHERE ended_at < :ended_before AND erased_at IS NULL AND COALESCE(perform_by, ended_at) < :ended_before
ORDER BY ended_at, dispute_id LIMIT :most FOR UPDATE SKIP LOCKED;

-- name: erase_parties(dispute_ids, nothing)!
-- Forgets who the parties were.
UPDATE dispute_parties SET name = :nothing, phone = NULL WHERE dispute_id = ANY(:dispute_ids::uuid[]);

-- name: erase_records(dispute_ids)!
-- Forgets what parties said of each other.
UPDATE mediation_sessions SET record = NULL WHERE dispute_id = ANY(:dispute_ids::uuid[]);

-- name: disputes_erased(dispute_ids)!
-- Their parties are forgotten; what they agreed on with it, for it names them.
UPDATE disputes SET agreement = NULL, erased_at = clock_timestamp() WHERE dispute_id = ANY(:dispute_ids::uuid[]);
