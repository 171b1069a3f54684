-- name: insert_team(team_id, name, kind, area, lead_id, is_active, version)!
-- Founds a team.
INSERT INTO teams (team_id, name, kind, area, lead_id, is_active, version)
VALUES (:team_id, :name, :kind, :area, :lead_id, :is_active, :version);

-- name: lock_team(team_id, scopes, person_id)^
-- Locks a team the caller runs: as its lead or as staff of its area.
SELECT team_id, name, kind, area, lead_id, is_active, version FROM teams
WHERE team_id = :team_id AND (lead_id = :person_id OR area ^@ ANY(:scopes))
FOR UPDATE;

-- name: get_team(team_id)^
-- A team, for anybody, with its size.
SELECT t.team_id, t.name, t.kind, t.area, t.lead_id, t.is_active, t.version,
       (SELECT count(*) FROM members m WHERE m.team_id = t.team_id) AS members
FROM teams t WHERE t.team_id = :team_id;

-- name: share_team(team_id)^
-- A team somebody is about to join, kept from changing until then.
SELECT team_id, name, kind, area, lead_id, is_active, version FROM teams WHERE team_id = :team_id FOR SHARE;

-- name: save_team(team_id, name, lead_id, is_active, version)!
-- Writes what may change of a team; the caller holds the lock.
UPDATE teams SET name = :name, lead_id = :lead_id, is_active = :is_active, version = :version
WHERE team_id = :team_id;

-- name: list_teams(area, kind, after, most)
-- Active teams, of an area when given, by id.
SELECT t.team_id, t.name, t.kind, t.area, t.lead_id, t.is_active, t.version,
       (SELECT count(*) FROM members m WHERE m.team_id = t.team_id) AS members
FROM teams t
WHERE t.is_active
  AND (:area::text IS NULL OR (t.area >= :area::text AND t.area < :area::text || ':'))
  AND (:kind::text IS NULL OR t.kind = :kind::text)
  AND (:after::uuid IS NULL OR t.team_id > :after::uuid)
ORDER BY t.team_id LIMIT :most;

-- name: insert_member(team_id, person_id, at)!
-- A volunteer joins; joining twice is joining once.
INSERT INTO members (team_id, person_id, joined_at) VALUES (:team_id, :person_id, :at)
ON CONFLICT ON CONSTRAINT members_pkey DO NOTHING;

-- name: delete_member(team_id, person_id)!
-- A volunteer leaves.
DELETE FROM members WHERE team_id = :team_id AND person_id = :person_id;

-- name: list_members(team_id, after, most)
-- Who belongs to a team.
SELECT m.person_id, v.skills, m.joined_at FROM members m JOIN volunteers v USING (person_id)
WHERE m.team_id = :team_id AND (:after::uuid IS NULL OR m.person_id > :after::uuid)
ORDER BY m.person_id LIMIT :most;

-- name: register(person_id, areas, skills)^
-- Registers a volunteer or changes the registration.
INSERT INTO volunteers AS v (person_id, areas, skills, registered_at, version)
VALUES (:person_id, :areas, :skills, clock_timestamp(), 1)
ON CONFLICT ON CONSTRAINT volunteers_pkey DO UPDATE
SET areas = excluded.areas, skills = excluded.skills, version = v.version + 1
RETURNING person_id, areas, skills, registered_at, version;

-- name: get_volunteer(person_id)^
-- A registration.
SELECT person_id, areas, skills, registered_at, version FROM volunteers WHERE person_id = :person_id;

-- name: served(person_id)^
-- What a volunteer has served: confirmed activities and orders.
SELECT COALESCE(sum(minutes), 0)::bigint AS minutes, COALESCE(sum(times), 0)::bigint AS times FROM (
    SELECT sum(minutes) AS minutes, count(*) AS times FROM participations
    WHERE person_id = :person_id AND part = 'confirmed'
    UNION ALL
    SELECT sum(minutes), count(*) FROM service_orders
    WHERE volunteer_id = :person_id AND state = 'confirmed'
) AS served;

-- name: led_areas(person_id)
-- The areas of the active teams a person leads.
SELECT area FROM teams WHERE lead_id = :person_id AND is_active;

-- name: runs_team(team_id, scopes, person_id)$
-- Whether the caller runs a team, as its lead or as staff of its area.
SELECT true FROM teams WHERE team_id = :team_id AND (lead_id = :person_id OR area ^@ ANY(:scopes));
