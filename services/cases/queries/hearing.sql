-- name: hearing_rules()^
-- The rules in force.
SELECT version, tries, hours_between_tries, call_from, call_until, claim_minutes, check_hours, call_back_hours,
       tell_hours, answer_days, refute_days, rate_set, deferral_days, listing_days
FROM hearing_rules ORDER BY version DESC LIMIT 1;

-- name: add_hearing_rules(version, tries, hours_between_tries, call_from, call_until, claim_minutes, check_hours, call_back_hours, tell_hours, answer_days, refute_days, rate_set, deferral_days, listing_days, set_by)!
-- The next version of the rules.
INSERT INTO hearing_rules (version, tries, hours_between_tries, call_from, call_until, claim_minutes, check_hours,
    call_back_hours, tell_hours, answer_days, refute_days, rate_set, deferral_days, listing_days, set_by)
VALUES (:version, :tries, :hours_between_tries, :call_from, :call_until, :claim_minutes, :check_hours,
    :call_back_hours, :tell_hours, :answer_days, :refute_days, :rate_set, :deferral_days, :listing_days, :set_by);

-- name: open_hearings(hearings)!
-- Opens hearings (a JSON list), each once per run; dispatch's limit to call back goes before our own.
INSERT INTO hearings (hearing_id, case_id, run, kind, area, opened_at, due_at, ready_at)
SELECT h.hearing_id, h.case_id, h.run, h.kind, h.area, h.opened_at,
    CASE WHEN h.kind = 'call_back' AND c.call_back_due_at > h.opened_at THEN c.call_back_due_at ELSE h.due_at END,
    h.ready_at
FROM jsonb_to_recordset(:hearings::jsonb) AS h (
    hearing_id uuid, case_id uuid, run integer, kind text, area text, opened_at timestamptz, due_at timestamptz,
    ready_at timestamptz)
JOIN cases c USING (case_id)
ON CONFLICT ON CONSTRAINT hearings_run_key DO NOTHING;

-- name: end_hearings(case_ids, kept, at)!
-- Ends what a matter needs no more; `kept` are the kinds it still needs, one text per matter, joined by blanks.
-- What is told of another matter does not hang on this one. How many matters there are is kept from the planner, so that
-- it plans once and not anew for every list.
UPDATE hearings h SET is_open = false, ended_at = :at, claimed_by = NULL, claimed_until = NULL
FROM unnest((SELECT :case_ids::uuid[]), :kept::text[]) AS m (case_id, kept)
WHERE h.case_id = m.case_id AND h.is_open AND h.about_case_id IS NULL
  AND NOT (h.kind = ANY(string_to_array(m.kept, ' ')));

-- name: tell_merged(case_ids, runs, ats, dues, readies, unasked)!
-- Whoever reported a matter merged into one of these, through however many merges, is told its result, each once.
WITH RECURSIVE ended AS (
    SELECT e.case_id, e.run, e.at, e.due_at, e.ready_at
    -- Planned once, as above.
    FROM unnest((SELECT :case_ids::uuid[]), :runs::integer[], :ats::timestamptz[], :dues::timestamptz[],
        :readies::timestamptz[]) AS e (case_id, run, at, due_at, ready_at)
),
family AS (
    SELECT e.case_id AS about, c.case_id, 1 AS hops FROM ended e JOIN cases c ON c.merged_into = e.case_id
    UNION ALL
    SELECT f.about, c.case_id, f.hops + 1 FROM family f JOIN cases c ON c.merged_into = f.case_id WHERE f.hops < 50
)
INSERT INTO hearings (hearing_id, case_id, about_case_id, run, kind, area, opened_at, due_at, ready_at)
SELECT gen_random_uuid(), c.case_id, e.case_id, e.run, 'tell', c.area, e.at, e.due_at, e.ready_at
FROM ended e
JOIN family f ON f.about = e.case_id
JOIN cases c ON c.case_id = f.case_id
WHERE COALESCE(c.has_reporter, c.reporter_id IS NOT NULL OR c.channel <> ALL(:unasked::text[]))
ON CONFLICT ON CONSTRAINT hearings_run_key DO NOTHING;

-- name: drop_tellings(case_ids, at)!
-- The result did not hold: reporters of merged matters who were not told yet are not told any more.
UPDATE hearings SET is_open = false, ended_at = :at, claimed_by = NULL, claimed_until = NULL
WHERE about_case_id = ANY(:case_ids::uuid[]) AND is_open;

-- name: has_merged_reporter(case_id, unasked)$
-- Whether somebody reported a matter that was merged into this one, through however many merges.
WITH RECURSIVE family AS (
    SELECT c.case_id, 1 AS hops FROM cases c WHERE c.merged_into = :case_id
    UNION ALL
    SELECT c.case_id, f.hops + 1 FROM family f JOIN cases c ON c.merged_into = f.case_id WHERE f.hops < 50
)
SELECT EXISTS (
    SELECT 1 FROM family JOIN cases c USING (case_id)
    WHERE COALESCE(c.has_reporter, c.reporter_id IS NOT NULL OR c.channel <> ALL(:unasked::text[])));

-- name: end_hearing(hearing_id, at)!
-- Ends one that was done.
UPDATE hearings SET is_open = false, ended_at = :at, claimed_by = NULL, claimed_until = NULL
WHERE hearing_id = :hearing_id;

-- name: case_of_hearing(hearing_id)$
-- The matter a hearing belongs to.
SELECT case_id FROM hearings WHERE hearing_id = :hearing_id;

-- name: lock_hearing(hearing_id)^
-- Locks a hearing; the caller holds its matter.
SELECT hearing_id, case_id, about_case_id, run, kind, area, is_open, due_at, ready_at, claimed_by, claimed_until,
    attempts
FROM hearings WHERE hearing_id = :hearing_id FOR UPDATE;

-- name: lock_hearing_of(case_id, kind)^
-- Locks a matter's open hearing of a kind.
SELECT hearing_id, case_id, about_case_id, run, kind, area, is_open, due_at, ready_at, claimed_by, claimed_until,
    attempts
FROM hearings WHERE case_id = :case_id AND kind = :kind AND is_open AND about_case_id IS NULL FOR UPDATE;

-- name: save_hearing(hearing_id, ready_at, claimed_by, claimed_until, attempts)!
-- Writes what a claim or a try changes.
UPDATE hearings SET ready_at = :ready_at, claimed_by = :claimed_by, claimed_until = :claimed_until,
    attempts = :attempts
WHERE hearing_id = :hearing_id;

-- name: add_attempt(hearing_id, number, person_id, role, at, outcome, words, next_at)!
-- One fruitless try.
INSERT INTO hearing_attempts (hearing_id, number, person_id, role, at, outcome, words, next_at)
VALUES (:hearing_id, :number, :person_id, :role, :at, :outcome, :words, :next_at);

-- name: attempts_of(hearing_id)
-- The tries of a hearing, in order; never more than a few dozen.
SELECT number, person_id, role, at, outcome, words, next_at
FROM hearing_attempts WHERE hearing_id = :hearing_id ORDER BY number LIMIT 200;

-- name: hearing_view(hearing_id)^
-- A hearing with what whoever does it needs to know of its matter.
SELECT h.hearing_id, h.case_id, h.run, h.kind, h.area, h.is_open, h.opened_at, h.due_at, h.ready_at, h.attempts,
    CASE WHEN h.claimed_until > clock_timestamp() THEN h.claimed_by END AS claimed_by,
    CASE WHEN h.claimed_until > clock_timestamp() THEN h.claimed_until END AS claimed_until,
    h.due_at < clock_timestamp() AS is_overdue,
    c.number, c.category, c.words, c.address, c.urgency, c.is_confidential, h.about_case_id,
    a.number AS about_number, a.state AS about_state
FROM hearings h JOIN cases c USING (case_id) JOIN cases a ON a.case_id = COALESCE(h.about_case_id, h.case_id)
WHERE h.hearing_id = :hearing_id;

-- name: list_hearings(scopes, kind, person_id, is_ready, after_at, after_id, most)
-- Open hearings of the caller's areas, first due first.
SELECT h.hearing_id, h.case_id, h.run, h.kind, h.area, h.is_open, h.opened_at, h.due_at, h.ready_at, h.attempts,
    CASE WHEN h.claimed_until > clock_timestamp() THEN h.claimed_by END AS claimed_by,
    CASE WHEN h.claimed_until > clock_timestamp() THEN h.claimed_until END AS claimed_until,
    h.due_at < clock_timestamp() AS is_overdue,
    c.number, c.category, c.words, c.address, c.urgency, c.is_confidential, h.about_case_id,
    a.number AS about_number, a.state AS about_state
FROM (
    SELECT * FROM hearings o
    WHERE o.is_open AND o.area ^@ ANY(:scopes::text[]) AND o.area >= (:scopes::text[])[1]
      AND o.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
      AND (:kind::text IS NULL OR o.kind = :kind::text)
      AND (:person_id::uuid IS NULL OR (o.claimed_by = :person_id::uuid AND o.claimed_until > clock_timestamp()))
      AND (NOT :is_ready::boolean OR (o.ready_at <= clock_timestamp() AND (
           o.claimed_until IS NULL OR o.claimed_until <= clock_timestamp())))
      AND (:after_at::timestamptz IS NULL OR (o.due_at, o.hearing_id) > (:after_at::timestamptz, :after_id::uuid))
    ORDER BY o.due_at, o.hearing_id LIMIT :most
) h JOIN cases c USING (case_id) JOIN cases a ON a.case_id = COALESCE(h.about_case_id, h.case_id)
ORDER BY h.due_at, h.hearing_id;

-- name: count_hearings(scopes, kind, person_id, is_ready, most)$
-- How many the list holds, counted up to `most`.
SELECT count(*) FROM (
    SELECT 1 FROM hearings o
    WHERE o.is_open AND o.area ^@ ANY(:scopes::text[]) AND o.area >= (:scopes::text[])[1]
      AND o.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
      AND (:kind::text IS NULL OR o.kind = :kind::text)
      AND (:person_id::uuid IS NULL OR (o.claimed_by = :person_id::uuid AND o.claimed_until > clock_timestamp()))
      AND (NOT :is_ready::boolean OR (o.ready_at <= clock_timestamp() AND (
           o.claimed_until IS NULL OR o.claimed_until <= clock_timestamp())))
    LIMIT :most
) counted;

-- name: unqueued(most)
-- Matters that wait to be heard and are in no queue: resolved before there was one, or by an older release.
SELECT c.case_id FROM cases c
WHERE c.state IN ('resolved', 'checked') AND NOT EXISTS (
    SELECT 1 FROM hearings h WHERE h.case_id = c.case_id AND h.run = c.run
      AND h.kind = CASE c.state WHEN 'resolved' THEN 'check' ELSE 'call_back' END)
ORDER BY c.case_id LIMIT :most;

-- name: overtaken(most)
-- Open hearings of matters that went another way, or lie in another area now.
SELECT h.case_id FROM hearings h JOIN cases c USING (case_id)
WHERE h.is_open AND (h.area <> c.area OR h.about_case_id IS NULL AND (
      h.run <> c.run OR c.state NOT IN ('resolved', 'checked') AND (h.kind <> 'tell' OR c.state <> 'declined')
      OR h.kind = 'check' AND c.state = 'checked'))
ORDER BY h.case_id LIMIT :most;

-- name: move_hearings(case_ids)!
-- Hearings follow their matters into another grid.
UPDATE hearings h SET area = c.area FROM cases c
WHERE h.case_id = c.case_id AND h.case_id = ANY(:case_ids) AND h.is_open AND h.area <> c.area;

-- name: lock_passing(case_ids)
-- Locks matters a timer found, leaving out those somebody works on just now.
SELECT c.*, clock_timestamp() AS at FROM cases c WHERE c.case_id = ANY(:case_ids)
ORDER BY c.case_id FOR UPDATE SKIP LOCKED;

-- name: set_call_back_due(case_ids, due_ats)!
-- Copies dispatch's limit to call back, to the matter and to its call-back where that is open.
WITH told AS (
    SELECT * FROM unnest(:case_ids::uuid[], :due_ats::timestamptz[]) AS d (case_id, due_at)
), moved AS (
    UPDATE cases c SET call_back_due_at = told.due_at FROM told WHERE c.case_id = told.case_id
)
UPDATE hearings h SET due_at = told.due_at FROM told
WHERE h.case_id = told.case_id AND h.kind = 'call_back' AND h.is_open AND told.due_at IS NOT NULL;

-- name: count_extension(case_id, is_approved)!
-- More time was granted or refused for the handling under way.
UPDATE cases SET extensions = extensions + :is_approved::boolean::integer,
    extensions_refused = extensions_refused + (NOT :is_approved::boolean)::integer
WHERE case_id = :case_id;

-- name: forget_extensions(case_ids)!
-- The limit to finish was stopped: the next one has had no extension.
UPDATE cases SET extensions = 0, extensions_refused = 0
WHERE case_id = ANY(:case_ids) AND (extensions > 0 OR extensions_refused > 0);

-- name: keep_answers(answers)!
-- Notes what reporters said (a JSON list, each matter once): it takes the place of an earlier answer, in the month of the
-- first.
INSERT INTO answers (case_id, answered_at, run, met, settled, satisfaction)
SELECT case_id, answered_at, run, met, settled, satisfaction
FROM jsonb_to_recordset(:answers::jsonb) AS n (
    case_id uuid, answered_at timestamptz, run integer, met boolean, settled boolean, satisfaction text)
ON CONFLICT ON CONSTRAINT answers_pkey DO UPDATE SET
    run = excluded.run, met = excluded.met, settled = excluded.settled, satisfaction = excluded.satisfaction;

-- name: keep_handlings(handlings)!
-- Notes what a step made known of handlings (a JSON list); what is known already stays.
INSERT INTO handlings AS h (case_id, run, began_at, resolved_at, resolved_by, checked_at, passed, calls, answered_at,
    met, settled, satisfaction, ended_at, ended_as)
SELECT n.case_id, n.run, COALESCE(n.began_at, CASE WHEN n.run = 1 THEN c.reported_at END), n.resolved_at,
    n.resolved_by, n.checked_at, n.passed, COALESCE(n.calls, 0), n.answered_at, n.met, n.settled, n.satisfaction,
    n.ended_at, n.ended_as
FROM jsonb_to_recordset(:handlings::jsonb) AS n (
    case_id uuid, run integer, began_at timestamptz, resolved_at timestamptz, resolved_by text,
    checked_at timestamptz, passed boolean, calls integer, answered_at timestamptz, met boolean, settled boolean,
    satisfaction text, ended_at timestamptz, ended_as text)
JOIN cases c USING (case_id)
ON CONFLICT ON CONSTRAINT handlings_pkey DO UPDATE SET
    began_at = COALESCE(h.began_at, excluded.began_at),
    resolved_at = COALESCE(excluded.resolved_at, h.resolved_at),
    resolved_by = COALESCE(excluded.resolved_by, h.resolved_by),
    checked_at = COALESCE(excluded.checked_at, h.checked_at),
    passed = COALESCE(excluded.passed, h.passed),
    calls = h.calls + excluded.calls,
    answered_at = COALESCE(excluded.answered_at, h.answered_at),
    met = CASE WHEN excluded.answered_at IS NULL THEN h.met ELSE excluded.met END,
    settled = COALESCE(excluded.settled, h.settled),
    satisfaction = COALESCE(excluded.satisfaction, h.satisfaction),
    -- One that was closed and refuted later stays as it was closed.
    ended_at = COALESCE(h.ended_at, excluded.ended_at),
    ended_as = COALESCE(h.ended_as, excluded.ended_as);

-- name: handlings_of(case_id)
-- Every handling of a matter, in order.
SELECT run, began_at, resolved_at, resolved_by, checked_at, passed, calls, answered_at, met, settled, satisfaction,
    ended_at, ended_as,
    round(extract(epoch FROM resolved_at - began_at))::bigint AS handling_seconds
FROM handlings WHERE case_id = :case_id ORDER BY run LIMIT 200;
