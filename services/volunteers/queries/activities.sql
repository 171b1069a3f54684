-- name: insert_activity(activity_id, team_id, area, title, description, starts_at, ends_at, capacity, required_skills, code, state, taken, version)!
-- Plans an activity.
INSERT INTO activities (
    activity_id, team_id, area, title, description, starts_at, ends_at, capacity, required_skills, code, state, taken,
    version
) VALUES (
    :activity_id, :team_id, :area, :title, :description, :starts_at, :ends_at, :capacity, :required_skills, :code,
    :state, :taken, :version
);

-- name: lock_run_activity(activity_id, scopes, person_id)^
-- Locks an activity the caller runs: as lead of its team or as staff of its area; with the moment after the lock.
SELECT a.*, t.area AS team_area, clock_timestamp() AS at
FROM activities a JOIN teams t USING (team_id)
WHERE a.activity_id = :activity_id AND (t.lead_id = :person_id OR a.area ^@ ANY(:scopes))
FOR UPDATE OF a;

-- name: lock_open_activity(activity_id)^
-- Locks an activity that was published, for somebody who wants a place or has one.
SELECT a.*, clock_timestamp() AS at FROM activities a
WHERE a.activity_id = :activity_id AND a.state <> 'planned'
FOR UPDATE;

-- name: share_open_activity(activity_id)^
-- Keeps a published activity from changing while one of its participations is decided.
SELECT a.* FROM activities a
WHERE a.activity_id = :activity_id AND a.state <> 'planned'
FOR SHARE;

-- name: share_run_activity(participation_id, scopes, person_id)^
-- The same for the activity of a participation the caller decides about, as lead of its team or staff of its area.
SELECT a.*
FROM activities a JOIN teams t USING (team_id)
WHERE a.activity_id = (SELECT p.activity_id FROM participations p WHERE p.participation_id = :participation_id)
  AND (t.lead_id = :person_id OR a.area ^@ ANY(:scopes))
FOR SHARE OF a;

-- name: save_activity(activity_id, area, title, description, starts_at, ends_at, capacity, required_skills, state, taken, version)!
-- Writes what may change of an activity; the caller holds the lock.
UPDATE activities SET
    area = :area, title = :title, description = :description, starts_at = :starts_at, ends_at = :ends_at,
    capacity = :capacity, required_skills = :required_skills, state = :state, taken = :taken, version = :version
WHERE activity_id = :activity_id;

-- name: get_activity(activity_id, scopes, lead_id, person_id)^
-- An activity as the caller may see it: published ones everybody, plans those who run it; with the caller's own part.
SELECT a.*, t.name AS team_name, (t.lead_id = :lead_id OR a.area ^@ ANY(:scopes)) AS runs_it,
       (SELECT count(*) FROM participations p WHERE p.activity_id = a.activity_id AND p.part = 'waiting') AS waiting,
       own.participation_id, own.part
FROM activities a
JOIN teams t USING (team_id)
LEFT JOIN participations own
    ON own.activity_id = a.activity_id AND own.person_id = :person_id AND own.part <> 'cancelled'
WHERE a.activity_id = :activity_id
  AND (a.state <> 'planned' OR t.lead_id = :lead_id OR a.area ^@ ANY(:scopes));

-- name: list_open(area, at, after_start, after, most)
-- Published activities that are not over, soonest first. Those are few; many that are long over were never settled.
WITH ahead AS MATERIALIZED (
    SELECT a.* FROM activities a
    WHERE a.state = 'published' AND a.ends_at > :at
      AND (:area::text IS NULL OR (a.area >= :area::text AND a.area < :area::text || ':'))
)
SELECT a.*, t.name AS team_name
FROM ahead a JOIN teams t USING (team_id)
WHERE :after::uuid IS NULL OR (a.starts_at, a.activity_id) > (:after_start::timestamptz, :after::uuid)
ORDER BY a.starts_at, a.activity_id LIMIT :most;

-- name: list_run(scopes, lead_id, area, state, after_start, after, most)
-- Activities the caller runs, in any state, soonest first: of the areas, and of the teams the caller leads.
WITH run AS (
    SELECT a.activity_id
    FROM unnest(:scopes::text[]) AS scope (prefix)
    JOIN activities a ON a.area >= scope.prefix AND a.area < scope.prefix || ':'
    WHERE (:area::text IS NULL OR (a.area >= :area::text AND a.area < :area::text || ':'))
      AND (:state::text IS NULL OR a.state = :state::text)
      AND (:after::uuid IS NULL OR (a.starts_at, a.activity_id) > (:after_start::timestamptz, :after::uuid))
    UNION
    SELECT a.activity_id
    FROM teams t JOIN activities a USING (team_id)
    WHERE t.lead_id = :lead_id::uuid
      AND (:area::text IS NULL OR (a.area >= :area::text AND a.area < :area::text || ':'))
      AND (:state::text IS NULL OR a.state = :state::text)
      AND (:after::uuid IS NULL OR (a.starts_at, a.activity_id) > (:after_start::timestamptz, :after::uuid))
)
SELECT a.*, t.name AS team_name
FROM run JOIN activities a USING (activity_id) JOIN teams t USING (team_id)
ORDER BY a.starts_at, a.activity_id LIMIT :most;

-- name: insert_participation(participation_id, activity_id, area, person_id, part, signed_up_at, checked_in_at, checked_out_at, minutes, confirmed_at, version, household_id)!
-- Somebody signs up.
INSERT INTO participations (
    participation_id, activity_id, area, person_id, part, signed_up_at, checked_in_at, checked_out_at, minutes,
    confirmed_at, version, household_id
) VALUES (
    :participation_id, :activity_id, :area, :person_id, :part, :signed_up_at, :checked_in_at, :checked_out_at,
    :minutes, :confirmed_at, :version, :household_id
);

-- name: lock_own_participation(activity_id, person_id)^
-- Locks a person's live participation in an activity.
SELECT p.* FROM participations p
WHERE p.activity_id = :activity_id AND p.person_id = :person_id AND p.part <> 'cancelled'
FOR UPDATE;

-- name: lock_participation(participation_id)^
-- Locks a participation whose activity the caller was found to run.
SELECT p.* FROM participations p WHERE p.participation_id = :participation_id FOR UPDATE;

-- name: lock_undecided(activity_id)
-- Locks every participation of an activity that is not decided yet.
SELECT p.* FROM participations p
WHERE p.activity_id = :activity_id AND p.part IN ('waiting', 'signed_up', 'checked_in', 'checked_out')
ORDER BY p.participation_id FOR UPDATE;

-- name: lock_next_waiting(activity_id)^
-- Locks who has waited longest; the caller holds the activity's lock.
SELECT p.* FROM participations p
WHERE p.activity_id = :activity_id AND p.part = 'waiting'
ORDER BY p.signed_up_at, p.participation_id LIMIT 1 FOR UPDATE;

-- name: save_participation(participation_id, part, checked_in_at, checked_out_at, minutes, confirmed_at, version)!
-- Writes what may change of a participation; the caller holds the lock.
UPDATE participations SET
    part = :part, checked_in_at = :checked_in_at, checked_out_at = :checked_out_at, minutes = :minutes,
    confirmed_at = :confirmed_at, version = :version
WHERE participation_id = :participation_id;

-- name: list_participations(activity_id, part, after, most)
-- Who takes part in an activity, in the order of signing up.
SELECT p.* FROM participations p
WHERE p.activity_id = :activity_id
  AND (:part::text IS NULL OR p.part = :part::text)
  AND (:after::uuid IS NULL OR p.participation_id > :after::uuid)
ORDER BY p.participation_id LIMIT :most;

-- name: list_own_participations(person_id, before, most)
-- A person's own participations, newest first.
SELECT p.*, a.title, a.starts_at, a.ends_at
FROM participations p JOIN activities a USING (activity_id)
WHERE p.person_id = :person_id AND (:before::uuid IS NULL OR p.participation_id < :before::uuid)
ORDER BY p.participation_id DESC LIMIT :most;

-- name: runs_activity(activity_id, scopes, person_id)$
-- Whether the caller runs an activity, as lead of its team or as staff of its area.
SELECT true FROM activities a JOIN teams t USING (team_id)
WHERE a.activity_id = :activity_id AND (t.lead_id = :person_id OR a.area ^@ ANY(:scopes));
